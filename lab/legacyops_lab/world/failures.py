"""How a script fails."""

from __future__ import annotations

from typing import Any


class ScriptError(Exception):
    """A script's orderly failure.

    `kind` is script_error, refused, hash_mismatch or not_found; `code` an unsigned HRESULT.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        *,
        type_name: str = "System.Management.Automation.RuntimeException",
        code: int | None = None,
    ) -> None:
        """Keep what the result will show."""
        super().__init__(message)
        self.kind = kind
        self.type_name = type_name
        self.code = code

    def record(self) -> dict[str, Any]:
        """Return the error as results show it; the lab knows no real line."""
        return {
            "kind": self.kind,
            "message": str(self),
            "line": 1,
            "type": self.type_name,
            "code": self.code,
        }
