# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stand-ins for a connection, and answers as a host gives them."""

from __future__ import annotations

import base64
import json
from types import SimpleNamespace
from typing import Any

BEGIN = "-----BEGIN LEGACYOPS RESULT-----"


def answer(payload: object, *, size: int | None = None, noise: str = "") -> str:
    """What a shipped script writes: base64 lines between the two marks."""
    raw = json.dumps(payload, ensure_ascii=False).encode()
    lines = base64.encodebytes(raw).decode().replace("\n", "\r\n")
    count = len(raw) if size is None else size
    return f"{noise}{BEGIN}\r\n{lines}-----END LEGACYOPS RESULT {count}-----\r\n"


def good(script: str, **data: Any) -> str:
    return answer({"ok": True, "script": script, "data": data})


def bad(script: str, kind: str, message: str, **more: Any) -> str:
    error = {"kind": kind, "message": message, "line": 12, "type": "System.Exception", "code": None}
    return answer({"ok": False, "script": script, "error": {**error, **more}})


class FakeConnection:
    """What of a connection plugin is used."""

    transport = "winrm"

    def __init__(self) -> None:
        self.closed = 0
        self.options = {"remote_addr": "192.0.2.1", "remote_password": "Canary-Pass-1"}
        self.protocol: object | None = object()
        self.shell_id: str | None = "A"
        self._connected = True

    def get_option(self, name: str) -> str:
        return self.options[name]

    def close(self) -> None:
        self.closed += 1


class FakeAction:
    """An action whose low-level commands are answered from a list; exceptions are raised."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.stdin: list[bytes] = []
        self.commands: list[str] = []
        self._connection = FakeConnection()
        self._task = SimpleNamespace(check_mode=False)

    def _low_level_execute_command(
        self, cmd: str, *, in_data: bytes, sudoable: bool
    ) -> dict[str, Any]:
        assert sudoable is False
        self.commands.append(cmd)
        self.stdin.append(in_data)
        reply = self.answers.pop(0)
        if callable(reply):
            reply = reply(self)
        if isinstance(reply, BaseException):
            raise reply
        if isinstance(reply, str):
            reply = {"stdout": reply}
        return {"rc": 0, "stdout": "", "stderr": "", **reply}
