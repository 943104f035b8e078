# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An entry of the journal: which members it may have, and which its kind must have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from .formats import moment
from .model import Json
from .records import Record, RecordError

Object = dict[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Record):
    """One entry. A member that its kind does not have, or that has no value, is None."""

    WHAT: ClassVar = "the entry"

    kind: str  # begin, intent, result, left, …: what happened
    utc: str  # when it was written, ISO 8601 UTC
    host: str
    change: str
    seq: int  # its place in the chain, from 0 on
    prev: str  # the hash of the entry before
    hash: str
    local: str | None = None  # utc in the controller's own time
    by: Object | None = None  # account, controller and process that wrote it
    torn: str | None = None  # the digest of what a crash has left before it
    plan: str | None = None  # the digest of the plan that it is about
    # Of a run: begin, end, refused, deviation, soak, closed_unfinished.
    command: str | None = None
    operator: str | None = None
    remaining: list[str] | None = None
    compared: str | None = None  # how the host is, compared with the plan
    approval: Object | None = None
    signed: bool | None = None
    window: Object | None = None
    what: str | None = None  # in spite of what a run went on
    differences: list[Object] | None = None
    closed_by: str | None = None
    left_as: str | None = None
    rests: bool | None = None
    record: Object | None = None  # who held the host, and who broke that
    # Of a step: intent, result, left, confirmation.
    step: str | None = None
    left_step: str | None = None
    node: str | None = None
    status: str | None = None
    joins: bool | None = None  # what an earlier run has begun
    interlocks: list[Object] | None = None  # {ref, holds, evidence, value where it is another}
    expected: list[Object] | None = None  # references that held in the end
    unmet: list[Object] | None = None  # as interlocks
    observation: str | None = None  # the digest of what was read before
    start: Object | None = None  # the mark of the Windows start that it was done in
    signs: list[str] | None = None  # what Windows waited for already
    installs: str | None = None  # the update or patch code that it installs
    restart: Object | None = None  # what an installation tells of a restart
    result: Object | None = None  # of the step's module
    reason: str | None = None
    message: str | None = None
    why: str | None = None  # why nothing was done
    needs_reconfiguration: bool | None = None
    seconds: float | None = None
    confirmation: Object | None = None
    # Of a results form: transcribed, acceptance.
    transcribed_step: str | None = None
    name: str | None = None
    second_name: str | None = None
    began: str | None = None
    ended: str | None = None
    saw: str | None = None
    note: str | None = None
    form: str | None = None  # the form's digest
    accepted: bool | None = None
    accepted_by: str | None = None
    accepted_at: str | None = None


_NEEDED: Final[dict[str, tuple[str, ...]]] = {
    "intent": ("step",),
    "result": ("step", "status"),
    "begin": ("plan",),
    "confirmation": ("step", "confirmation"),
    "transcribed": ("transcribed_step", "status"),
    "acceptance": ("accepted", "accepted_by", "accepted_at"),
}


def entry_of(value: Any) -> Entry:
    """Return the entry that a line of the journal holds. Raises RecordError."""
    entry = Entry.from_json(value)
    if moment(entry.utc) is None:
        raise RecordError("the entry has a wrong utc: it must be a time.")
    for name in _NEEDED.get(entry.kind, ()):
        if getattr(entry, name) is None:
            raise RecordError(f"the entry has no {name}.")
    for ref in _refs(entry):
        whole = isinstance(ref, dict) and isinstance(ref.get("check"), str)
        if not whole or not isinstance(ref.get("with", {}), dict):
            raise RecordError("the entry names a condition that is none.")
    return entry


def _refs(entry: Entry) -> Iterator[Any]:
    """Yield each condition that an entry names."""
    yield from entry.expected or ()
    for told in [*(entry.interlocks or ()), *(entry.unmet or ())]:
        yield told.get("ref") if isinstance(told, dict) and "holds" in told else None
