# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a record of a file has in common: an immutable object that is made of JSON and back.

A record's class says which members there are and of which JSON type; from_json holds a file to
that. What the values mean, and whether the file is the one that was written, is judged by whoever
reads it (plan.read_plan, journal.verify).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from types import NoneType, UnionType
from typing import (
    Any,
    ClassVar,
    Final,
    Literal,
    Self,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from .model import CoreError, Json, Ref, Seconds, Severity, Text

_NAMES: Final = {
    str: "a text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "an object",
    NoneType: "null",
}


class RecordError(CoreError):
    """What was read is no such record; the sentence says which member is wrong, and how."""


class Record:
    """The base of frozen dataclasses whose members are the members of a JSON object.

    WHAT: what a person calls one. A member with a default may be missing in the file.
    """

    __slots__ = ()
    WHAT: ClassVar[str]

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """Return the record that a JSON value is. Raises RecordError."""
        if not isinstance(value, Mapping):
            raise RecordError(f"{cls.WHAT} is no object.")
        form = _form(cls)
        if value.keys() != form.types.keys():
            _check_names(cls, value, form)
        for name, member in value.items():
            if type(member) not in form.types[name] and form.types[name]:
                said = " or ".join(dict.fromkeys(_NAMES[kind] for kind in form.types[name]))
                raise RecordError(f"{cls.WHAT} has a wrong {name}: it must be {said}.")
        for name, words in form.words.items():
            if value[name] not in words:
                raise RecordError(
                    f"{cls.WHAT} has a wrong {name}: it must be one of {', '.join(words)}."
                )
        return cls(**value)

    def to_json(self) -> dict[str, Any]:
        """Return the record as a JSON object."""
        return {name: getattr(self, name) for name in _form(type(self)).types}


@dataclass(frozen=True, slots=True)
class _Form:
    """The members of a class of records: their JSON types (none: any), and the words allowed."""

    types: Mapping[str, tuple[type, ...]]
    words: Mapping[str, tuple[str, ...]]
    needed: frozenset[str]


_FORMS: Final[dict[type, _Form]] = {}


def _form(cls: type[Any]) -> _Form:
    if cls in _FORMS:
        return _FORMS[cls]
    hints, members = get_type_hints(cls), fields(cls)
    _FORMS[cls] = _Form(
        types={field.name: _types(hints[field.name]) for field in members},
        words={f.name: get_args(hints[f.name]) for f in members
               if get_origin(hints[f.name]) is Literal},
        needed=frozenset(f.name for f in members if f.default is MISSING),
    )  # fmt: skip
    return _FORMS[cls]


def _types(hint: Any) -> tuple[type, ...]:
    """Return the types that a member may have once JSON is read; none: any."""
    if hint is Any:
        return ()
    if isinstance(hint, UnionType):
        return tuple(kind for each in get_args(hint) for kind in _types(each))
    if get_origin(hint) is Literal:
        return (str,)
    if hint is float:  # JSON writes a whole one without its point
        return (float, int)
    return (dict,) if is_typeddict(hint) else (get_origin(hint) or hint,)


def _check_names(cls: type[Record], value: Mapping[str, Any], form: _Form) -> None:
    missing = sorted(form.needed - value.keys())
    if missing:
        raise RecordError(f"{cls.WHAT} has no {missing[0]}.")
    unknown = sorted(str(name) for name in value if name not in form.types)
    if unknown:
        raise RecordError(f"{cls.WHAT} has an unknown {unknown[0]!r:.80}.")


# --- The records of a plan ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding(Record):
    """What an observation means. A blocker: nothing is done before a person resolved it."""

    WHAT: ClassVar = "A finding"

    id: str
    item: str | None
    clause: list[str]
    severity: Severity
    title: Text
    evidence: list[str]
    remedy: Text

    @property
    def is_case(self) -> bool:
        """Return whether it says which of the notice's cases the host is in."""
        return self.id.startswith("branch_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Record):
    """One step of a plan: one action on one node (see docs/advisories.md for each member)."""

    WHAT: ClassVar = "A step"

    id: str  # "03-import_root", unique within the host
    name: str  # the step's name in the advisory
    item: str | None  # id of the item, where the step is repeated (for_each)
    clause: list[str]  # empty: our own addition, not in the notice
    title: Text
    reason: Text
    host: str
    action: str  # name of the module without the collection
    arguments: dict[str, Json]
    node: str | None  # of an FT system: the node that is acted on
    by: str | None  # operator, relay, or the driver that acts; None: the host's own connection
    contact: str | None  # whom to call
    instruction: list[dict[str, str | None]]  # {clause, en, ja}: what a person is told
    interlocks: list[Ref]  # all must hold on a fresh observation, or the step is refused
    done_when: list[Ref]  # all hold: nothing to do
    only_if: list[Ref]  # judged right before the step: one is false: skipped
    resume_when: list[Ref]  # all hold: the step is under way already; no interlocks, join it
    collect_when: list[Ref]  # all hold: it ended, and nobody took its result yet; as resume_when
    expect: list[Ref]  # all must hold on a fresh observation after the action
    without_brakes: dict[str, Text]  # brakes that its advisory takes away, and why
    conditional: bool  # only_if was not certain when the plan was made
    only_with: list[str] | None  # ids: planned only where one of these is
    again_after: list[str]  # ids: while one of these remains, done_when proves nothing
    standby_for: list[str]  # names: while one of these remains, this one is there if needed
    changes: Text
    departure: Text | None  # what it does otherwise than the notice says; the site chose it
    resting_point: bool  # after this step stopping is safe
    interruptible: bool
    seconds: Seconds
    rollback: Text
    point_of_no_return: bool  # from here on the way leads only forward
    on_refusal: str  # stop | return_to_service | leave_logons_off
    on_failure: str  # the same
    returns_to_service: bool  # what on_refusal and on_failure may lead to
    our_reading: bool = False  # the notice has it not so here: read into the clauses that it cites
