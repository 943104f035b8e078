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

from .model import CoreError, Severity, Text

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
    return (dict,) if is_typeddict(hint) else (get_origin(hint) or hint,)


def _check_names(cls: type[Record], value: Mapping[str, Any], form: _Form) -> None:
    missing = sorted(form.needed - value.keys())
    if missing:
        raise RecordError(f"{cls.WHAT} has no {missing[0]}.")
    unknown = sorted(str(name) for name in value if name not in form.types)
    if unknown:
        raise RecordError(f"{cls.WHAT} has an unknown {unknown[0]}.")


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
