# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An observation: what was read on a host, when, and from where. Unknown is a value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from .digest import digest
from .model import CoreError

Request = dict[str, Any]

# A mapping, for isinstance. A dict is found at once; to ask the ABC takes many times as long, and
# planning asks a million times.
TABLE: Final = (dict, Mapping)


class Unknown:
    """The value of what could not be read. Equal to nothing but itself; never true."""

    _only: Unknown | None = None

    def __new__(cls) -> Unknown:
        """Return the one instance."""
        if cls._only is None:
            cls._only = super().__new__(cls)
        return cls._only

    def __repr__(self) -> str:
        """Return the word used in evidence."""
        return "unknown"

    def __bool__(self) -> bool:
        """Unknown is never good."""
        return False


UNKNOWN: Final = Unknown()


def quote(value: object, limit: int = 200) -> str:
    """Return text from a host, made inert for terminals and reports, at most `limit` long."""
    text = str(value)
    if not text.isprintable():
        text = "".join(c if c.isprintable() else "?" for c in text)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def path_pattern(path: str) -> re.Pattern[str]:
    """Return a pattern for a Windows path in which * and ? stay within one folder's name."""
    parts = {"*": r"[^\\]*", "?": r"[^\\]"}
    return re.compile("".join(parts.get(c, re.escape(c)) for c in path), re.IGNORECASE)


@dataclass(frozen=True)
class Observation:
    """What was read on one host.

    host: inventory name. taken: ISO 8601 UTC by the controller's clock. source: how it was
    read ("winrm", a file). data: what the script observe returned.
    """

    host: str
    taken: str
    source: str
    data: Mapping[str, Any]

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Observation:
        """Return the observation written by to_dict. Raises CoreError where it is none."""
        texts = {name: value.get(name) for name in ("host", "taken", "source")}
        for name, text in texts.items():
            if not isinstance(text, str):
                raise CoreError(f"A recorded observation has no {name}: assess the host again.")
        data = value.get("data")
        return cls(
            **texts,  # type: ignore[arg-type]
            data=data if isinstance(data, Mapping) else {},
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the observation as JSON types."""
        return {
            "host": self.host,
            "taken": self.taken,
            "source": self.source,
            "data": dict(self.data),
        }

    def part(self, name: str) -> Any:
        """Return a part of the data, or UNKNOWN if it was not asked for or not readable."""
        value = self.data.get(name)
        return UNKNOWN if value is None else value

    def system(self, node: str | None = None) -> Any:
        """Return the record of the Windows that was read, of a node where there are several."""
        if node is None:
            return self.part("system")
        nodes = self.data.get("nodes")
        record = nodes.get(node) if isinstance(nodes, Mapping) else None
        return record.get("system") if isinstance(record, Mapping) else None

    def error(self, part: str) -> str | None:
        """Return why a part could not be read, or None."""
        errors = self.data.get("errors")
        text = errors.get(part) if isinstance(errors, Mapping) else None
        return None if text is None else quote(text)

    def why_unknown(self, part: str) -> str:
        """Return the evidence for a part that is unknown."""
        if self.error(part):
            return f"{part}: {self.error(part)}"
        if self.data.get(part) is None:
            return f"{part} was not read"
        return f"{part}: part of it could not be read"

    def files(self, path: str) -> dict[str, Any] | Unknown:
        """Return the records of the files that a path (* and ? allowed) was found as."""
        files = self.part("files")
        if not isinstance(files, Mapping):
            return UNKNOWN
        pattern = path_pattern(path)
        found = {
            name: record
            for name, record in files.items()
            if name.casefold() == path.casefold() or pattern.fullmatch(name)
        }
        return found or UNKNOWN


def merge_requests(requests: Iterable[Mapping[str, Any]]) -> Request:
    """Return one request (parameters of the script observe) that covers all of them."""
    lists: dict[str, set[str]] = {
        name: set()
        for name in (
            "want", "services", "service_modules", "service_chains", "chains", "jobs",
            "windows_updates",
        )
    }  # fmt: skip
    files: dict[str, dict[str, Any]] = {}
    values: dict[tuple[str, str], dict[str, str]] = {}
    nodes: set[str] = set()
    updates: dict[str, Any] = {}
    for request in requests:
        nodes.update(request.get("nodes", ()))
        updates.update({update["id"]: update for update in request.get("updates", ())})
        for name, members in lists.items():
            members.update(request.get(name, ()))
        for entry in request.get("registry", ()):
            values[entry["key"].casefold(), entry["name"].casefold()] = entry
        for file in request.get("files", ()):
            known = files.setdefault(
                file["path"].casefold(), {"path": file["path"], "hash": False, "signature": False}
            )
            known["hash"] = known["hash"] or bool(file.get("hash"))
            known["signature"] = known["signature"] or bool(file.get("signature"))
            if file.get("version"):
                known["version"] = True
    merged: Request = {name: sorted(members) for name, members in lists.items()}
    for name in ("windows_updates",):  # only what asks for them has them
        if not merged[name]:
            del merged[name]
    if values:
        merged["registry"] = [values[name] for name in sorted(values)]
    merged["files"] = [files[path] for path in sorted(files)]
    if nodes:  # only a system of several nodes has them
        merged["nodes"] = sorted(nodes)
        merged["updates"] = [updates[name] for name in sorted(updates)]
    return merged


# What changes by itself, and what no plan is bound to: each interlock that reads it does so afresh,
# and a plan that would look different because of it is noticed by its steps (compare).
_VOLATILE: Final[list[tuple[str, ...]]] = [
    ("clock",),
    ("errors",),
    ("owner",),
    ("stores", "auth_root"),  # Windows itself fetches roots into it
    ("root_update_events",),
    ("installer",),
    ("ima",),
    ("disk",),
    ("jobs",),
    ("system", "last_boot"),
    ("system", "clock_utc"),
    ("system", "start_record"),
    ("system", "first_record"),
    ("system", "last_record"),
    ("sessions", "list"),
    ("services", "*", "process_id"),
    ("services", "*", "exit_code"),
    ("chains", "*", "verification_time"),
]


def changes_by_itself(*paths: tuple[str, ...]) -> None:
    """Register places of a kind of system that change by themselves; * is any member."""
    _VOLATILE.extend(paths)


def _without(value: Any, paths: Sequence[tuple[str, ...]]) -> Any:
    """Return a copy of value without the members that the paths name (* = any key)."""
    if not isinstance(value, Mapping):
        return value
    kept = {}
    for key, member in value.items():
        deeper = [path[1:] for path in paths if path[0] in (key, "*")]
        if () not in deeper:
            kept[key] = _without(member, deeper) if deeper else member
    return kept


def facts(observation: Observation) -> dict[str, Any]:
    """Return what was read, without what changes by itself (times, sessions, power, events)."""
    data: dict[str, Any] = _without(observation.data, _VOLATILE)
    pending = data.get("pending_restart")
    if isinstance(pending, Mapping) and isinstance(pending.get("file_renames"), int):
        # Whether files wait for a restart matters; how many changes by itself.
        data["pending_restart"] = {**pending, "file_renames": pending["file_renames"] > 0}
    return data


def observation_digest(observation: Observation) -> str:
    """Return the digest of the facts that were observed."""
    return digest({"host": observation.host, "data": facts(observation)})
