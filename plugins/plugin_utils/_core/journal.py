# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal's format: JSON lines, each chained to the one before by its hash.

The journal helps, the observation decides: what is written here is never taken as the state of
a host. Writing the file is not done here.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from .digest import canonical, digest
from .entry import Entry, entry_of
from .model import CoreError
from .records import RecordError

FIRST: Final = "sha256:" + "0" * 64
CLOSING_FORMAT: Final = 1
_EXACT: Final = 2**53 - 1  # the largest integer of which JSON's numbers hold every smaller one
_LONE: Final = re.compile("[\ud800-\udfff]")
_RESERVED: Final = frozenset({"seq", "prev", "hash"})


class JournalError(CoreError):
    """An entry that cannot be written."""


@dataclass(frozen=True)
class JournalReport:
    """What verify found. torn: line numbers that a crash cut short (no fault by themselves).

    waste: the digest of what a crash has left after the last entry, or None. The next entry tells
    of it (torn), so that nothing else can pass for the work of a crash.
    """

    ok: bool
    entries: list[Entry]
    torn: list[int] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    head: str = FIRST
    waste: str | None = None


@dataclass(frozen=True)
class Closing:
    """The record that closes a change: the last word on each of its journals.

    journals: host → {head, entries, sha256}; sha256 is of the whole file, so nothing at all can
    be added to it either. closed_at: ISO 8601.
    """

    change: str
    plan: str
    closed_by: str
    closed_at: str
    comment: str
    journals: Mapping[str, Mapping[str, Any]]

    def document(self) -> dict[str, Any]:
        """Return the record as it is written, and signed."""
        return {
            "format": CLOSING_FORMAT,
            "change": self.change,
            "plan": self.plan,
            "closed_by": self.closed_by,
            "closed_at": self.closed_at,
            "comment": self.comment,
            "journals": {host: dict(each) for host, each in self.journals.items()},
        }

    def signed_bytes(self) -> bytes:
        """Return what a signature is over: the record as canonical JSON (RFC 8785)."""
        return canonical(self.document())

    def digest(self) -> str:
        """Return the digest that stands for the whole change, to be kept somewhere else."""
        return digest(self.document())


def closing_of(value: Mapping[str, Any]) -> Closing:
    """Return the closing that a record holds. Raises JournalError."""
    keys = set(Closing("", "", "", "", "", {}).document())
    journals = value.get("journals")
    if value.get("format") != CLOSING_FORMAT or set(value) != keys:
        raise JournalError(f"The record of the closing is not one of format {CLOSING_FORMAT}.")
    if not isinstance(journals, Mapping) or not all(
        isinstance(each, Mapping) and set(each) == {"head", "entries", "sha256"}
        for each in journals.values()
    ):
        raise JournalError("The record of the closing does not tell of its journals.")
    return Closing(**{key: value[key] for key in keys - {"format"}})


def sealed(content: bytes, report: JournalReport | None = None) -> dict[str, Any]:
    """Return what a closing records of a journal that is whole. Raises JournalError otherwise.

    report: what verify found, where it was asked with more than the file.
    """
    report = report or verify(file_lines(content))
    if not report.ok:
        raise JournalError(f"the journal is not as it was written ({report.problems[0]})")
    return {
        "head": report.head,
        "entries": len(report.entries),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def verify_sealed(content: bytes, seal: Mapping[str, Any]) -> JournalReport:
    """Return whether a closed journal is exactly what was closed."""
    report = verify(file_lines(content), str(seal["head"]))
    problems = list(report.problems)
    if hashlib.sha256(content).hexdigest() != seal["sha256"] and not problems:
        problems.append("the file is not the one that was closed: something was added to it")
    return JournalReport(not problems, report.entries, report.torn, problems, report.head)


def file_lines(content: bytes) -> list[str]:
    """Return the lines of a journal's file. Only a line feed ends one: texts hold other breaks."""
    lines = content.decode("utf-8", "replace").split("\n")
    return lines if lines[-1] else lines[:-1]


def storable(value: Any) -> Any:
    """Return a value as the journal can hold it: whatever a host says, it must be recorded.

    Lone surrogates become U+FFFD; numbers that JSON cannot hold exactly become text.
    """
    if isinstance(value, str):
        return _LONE.sub("\ufffd", value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value if abs(value) <= _EXACT else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {storable(str(key)): storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable(item) for item in value]
    return storable(str(value))


def append_entry(prev: Entry | None, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON of the entry that follows prev (None: the first one).

    Raises JournalError where it would be none that can be read again.
    """
    if _RESERVED & body.keys():
        raise JournalError(f"A journal entry must not set {', '.join(sorted(_RESERVED))} itself.")
    value = {
        **body,
        "seq": 0 if prev is None else prev.seq + 1,
        "prev": FIRST if prev is None else prev.hash,
    }
    value["hash"] = digest(value)
    try:
        entry_of(value)
    except RecordError as error:
        raise JournalError(f"This cannot be written into the journal: {error}") from error
    return value


def to_line(entry: Mapping[str, Any]) -> str:
    """Return an entry as one line of the file, with its line end."""
    return canonical(dict(entry)).decode("utf-8") + "\n"


def verify(
    lines: Iterable[str], head: str | None = None, of: Mapping[str, str] | None = None
) -> JournalReport:
    """Return whether a journal is whole: each entry unaltered, none missing, in order.

    Lines that are no complete entry are torn (the writer died) if they stand at the end, or if
    the next entry tells of them; otherwise they are a problem, as every break of the chain is.
    A cut tail is found only where head, a hash that was once the last entry's, is known from
    elsewhere.

    of: what each entry must say of itself: the host and the change that it is about.
    """
    entries: list[Entry] = []
    torn: list[int] = []
    problems: list[str] = []
    chain: list[Mapping[str, Any]] = []
    waste: list[str] = []
    for number, line in enumerate(lines, 1):
        value, entry, wrong = _read(line.removesuffix("\n"))
        if value is None:
            torn.append(number)
            waste.append(line)
            continue
        fault = wrong or _broken(value, chain, waste) or _foreign(value, of or {})
        if fault:
            problems.append(f"line {number}: {fault}")
        if entry is not None:
            entries.append(entry)
        chain.append(value)
        waste = []
    found = str(chain[-1]["hash"]) if chain else FIRST
    if head is not None and head != FIRST and all(value["hash"] != head for value in chain):
        problems.append(
            f"the last entry is {found}, but {head} is on record: entries are missing, or it is "
            "an older copy"
        )
    left = _waste_digest(waste) if waste else None
    return JournalReport(not problems, entries, torn, problems, found, left)


def _waste_digest(waste: Iterable[str]) -> str:
    text = "\n".join(line.removesuffix("\n") for line in waste)
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()}"


@lru_cache(maxsize=1024)
def _read(line: str) -> tuple[Mapping[str, Any] | None, Entry | None, str | None]:
    """Return a line's JSON, its entry, and what is wrong with the line by itself.

    No JSON: it is no complete entry. A journal is read again before each new entry.
    """
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None, None, None
    if not isinstance(value, dict) or not value.keys() >= _RESERVED:
        return None, None, None
    wrong = None if _unaltered(value, line) else "the entry was altered"
    try:
        return value, entry_of(value), wrong
    except RecordError as error:
        return value, None, wrong or str(error).removesuffix(".")


def _unaltered(value: Mapping[str, Any], line: str) -> bool:
    """Whether a line is what its own hash says."""
    try:
        expected = digest({k: v for k, v in value.items() if k != "hash"})
        written = to_line(value)
    except (CoreError, ValueError, RecursionError):
        return False
    # Only the canonical form is ours: nothing may hide in a key that is there twice.
    return bool(value["hash"] == expected and written == line + "\n")


def _broken(
    value: Mapping[str, Any], chain: Sequence[Mapping[str, Any]], waste: Sequence[str]
) -> str | None:
    """Return why an entry does not follow those before it, or None."""
    seq, prev = (chain[-1]["seq"], chain[-1]["hash"]) if chain else (-1, FIRST)
    if not isinstance(seq, int) or value["seq"] != seq + 1 or value["prev"] != prev:
        return "it does not follow the entry before; an entry is missing, added or moved"
    if value.get("torn") != (_waste_digest(waste) if waste else None):
        return "what stands before it is no entry, and not what a crash left there"
    return None


def _foreign(value: Mapping[str, Any], of: Mapping[str, str]) -> str | None:
    """Return why an entry is not of this host and change, or None."""
    for name, wanted in of.items():
        if value.get(name) != wanted:
            return f"it is of another {name} ({value.get(name)!r:.80}), not of {wanted}"
    return None


def restarts(entries: Iterable[Entry]) -> dict[str, dict[str, Any]]:
    """Return what the installations in a journal tell of restarts.

    Node of an FT system ("" for a server) → owed, the mark (see starts) of the start in which an
    installation last asked for a restart, None where none has; installed, that of the last
    installation; signs, what Windows had already waited for when it began; last, what was installed
    then; asked, by what was installed, the mark of the start in which that asked for a restart;
    begun, by the same, the mark of the start in which an installation was begun whose result no run
    has taken: whether it asked for one, nobody knows. Whether there was a start since is asked of
    an observation.
    """
    found: dict[str, dict[str, Any]] = {}
    begun: dict[str, dict[str, Any]] = {}
    for entry in entries:
        restart = entry.restart
        if entry.kind == "intent" and entry.installs:
            begun[str(entry.step)] = {entry.installs.upper(): dict(entry.start or {})}
        # That a run has found nothing to do any more, or was refused, takes no result.
        if entry.kind == "result" and (entry.result is not None or entry.status == "failed"):
            begun.pop(str(entry.step), None)
        if entry.kind != "result" or restart is None:
            continue
        since = dict(restart["since"] or {})
        mine = found.setdefault(entry.node or "", {"owed": None, "asked": {}})
        mine.update(installed=since, signs=list(restart["signs"]), last=_installed(entry))
        mine["asked"].pop(mine["last"], None)
        if restart["required"]:
            mine["owed"] = mine["asked"][mine["last"]] = since
    if begun:
        mine = found.setdefault("", {"owed": None, "asked": {}})
        mine["begun"] = {name: mark for each in begun.values() for name, mark in each.items()}
    return found


def _installed(entry: Entry) -> str:
    """Return what an installation has installed: an update's name, a patch code; empty: unknown."""
    result = entry.result or {}
    return str(result.get("update_id") or result.get("patch_code") or "").upper()
