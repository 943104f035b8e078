# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conditions: QUESTION, or QUESTION SUBJECT, and the value that it must have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..checks import CHECKS
from ..formats import nearest
from .names import Names, Subject
from .read import At, Place

# The arguments by which a check can be about a subject.
UNKNOWN: Final = "unknown"
Condition = dict[str, Any]


def value(given: Any) -> Any:
    """Return a value of the logic with each $NAME.SUB as {setting: NAME.SUB}."""
    if isinstance(given, str) and given.startswith("$"):
        return {"setting": given[1:]}
    if isinstance(given, Mapping):
        return {key: value(member) for key, member in given.items()}
    if isinstance(given, list):
        return [value(member) for member in given]
    return given


def wanted(given: Any) -> Condition:
    """Return what a question's value must be, as a condition of the expanded form says it."""
    if given == UNKNOWN:
        return {"is_unknown": True}
    if isinstance(given, list):
        return {"is_one_of": given}
    if isinstance(given, Mapping):
        return {"is_one_of" if k == "one_of" else k: value(v) for k, v in given.items()}
    return {"is": value(given)}


class Conditions:
    """Writes conditions out, and gathers the questions that they ask."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.questions: dict[str, dict[str, Any]] = {}

    def of(self, at: At | None, subject: Subject, place: Place) -> list[Condition]:
        """Return the conditions of a mapping, or of a list of mappings and names of guards."""
        return self.added([], at, subject, place)

    def added(
        self, found: list[Condition], at: At | None, subject: Subject, place: Place
    ) -> list[Condition]:
        """Return conditions and, after them, those that they do not have yet."""
        for member in at.members() if at else ():
            for asked, condition in self._written_out(member, subject):
                if all(not _same(condition, other) for other in found):
                    self.names.came((*place, len(found)), asked)
                    found.append(condition)
        return found

    def _written_out(self, at: At, subject: Subject) -> list[tuple[At, Condition]]:
        """Return each condition of a mapping or of a named guard, and where it stands."""
        marks: Condition = {}
        if isinstance(at.value, str):
            guard = self.names.one("guards", at.value, at)
            if guard is None:
                return []
            cited = self.names.clauses(guard.get("clause"))
            marks = {"guard": at.value, **({"clause": cited} if cited else {})}
            at = guard
        conditions = []
        for key, asked in at.items():
            name = self._question(key, asked, subject) if key != "clause" else None
            if name is not None:
                conditions.append((asked, {"ask": name, **wanted(asked.value), **marks}))
        return conditions

    def _question(self, key: str, at: At, subject: Subject) -> str | None:
        """Return the name of a question with its subject, which is gathered."""
        name, _space, word = key.partition(" ")
        asked = self.names.one("questions", name, at)
        about = self.names.who(word, subject, at) if word else None
        if asked is None or (word and about is None):
            return None
        full = f"{name} {about}" if about else name
        if full not in self.questions:
            question = self._asked(asked, about, at)
            if question is None:
                return None
            self.questions[full] = question
            self.names.came(("questions", full), asked)
        return full

    def _asked(self, asked: At, about: str | None, at: At) -> dict[str, Any] | None:
        """Return a question about a subject: the check, its arguments, and its clauses."""
        check = CHECKS.get(asked.value["ask"])
        if check is None:
            text = f"there is no check {asked.value['ask']}; {nearest(asked.value['ask'], CHECKS)}"
            self.names.wrong(asked["ask"], text)
            return None
        given = {k: value(v) for k, v in asked.value.items() if k not in ("ask", "clause")}
        free = check.subject if check.subject not in given else ""
        if about is not None and not free:
            self.names.wrong(at, f"check {check.name} is about no subject; leave {about} out")
            return None
        # Of a system with several Windows, one must be named.
        several = check.running and any(self.names.all("subjects"))
        if about is None and free and (check.arguments[free] or several):
            self.names.wrong(at, f"check {check.name} is about a subject; say of what it is asked")
            return None
        if about is not None:
            given = {free: self._argument(about, free, at), **given}
        cited = self.names.clauses(asked.get("clause"))
        question = {"check": check.name, "with": given, "clause": cited}
        return {key: part for key, part in question.items() if part}

    def _argument(self, about: str, argument: str, at: At) -> Any:
        """Return a subject as an argument: a list where the check is about several at once."""
        if about.startswith("$"):
            return [value(about)] if argument == "nodes" else value(about)
        members = self.names.logic.value["subjects"].get(about)
        several = isinstance(members, list)
        if several and argument != "nodes":
            self.names.wrong(at, f"this question is about one subject, and {about} are several")
        if several:
            return list(members)
        return [about] if argument == "nodes" else about


def _same(one: Condition, other: Condition) -> bool:
    """Return whether two conditions ask the same, by whatever guard they came."""
    marks = ("guard", "clause")
    return {k: v for k, v in one.items() if k not in marks} == {
        k: v for k, v in other.items() if k not in marks
    }
