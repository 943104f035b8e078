# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The three files of an advisory, expanded to the one form that planner, model and docs see.

In it every condition is written out (``{"ask": "power NODE", "is": "off"}``, with the guard
that it came by), every question stands under its name and subject, and every step has all of its
words. Each part keeps the line that it came from, also where that is one of an act or a guard.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..actions import ACTIONS
from .conditions import Conditions, value
from .form import Form
from .names import Names, Subject
from .read import At, Fault, Place

SEVERITIES: Final = ("blocker", "warning", "info", "good")
_CONDITIONS: Final = ("only_if", "done_when", "resume_when", "collect_when")
_ADDED: Final = {"requires": "interlocks", "expect": "expect"}  # a step's come to its act's
_ELSEWHERE: Final = ("do", "me", "with", "action", *_CONDITIONS, *_ADDED)
_WORDS: Final = ("title", "reason", "changes", "rollback")  # besides them: instruction


@dataclass(frozen=True)
class Expansion:
    """The expanded form: data as JSON types; faults; names: what of the files it came from."""

    data: dict[str, Any]
    faults: list[Fault]
    names: Names

    def fault(self, place: Iterable[str | int], text: str) -> Fault:
        """Return a fault at a place of the data, with file and line of where that came from."""
        where = tuple(place)
        while where not in self.names.origins:
            where = where[:-1]
        return self.names.origins[where].fault(text)


def expand(notice: Form, words: Form, logic: Form) -> Expansion:
    """Return the expanded form of what is right of the three files."""
    forms = (notice, words, logic)
    files = [At(form.source, (), form.source.data) for form in forms]
    names = Names(
        files[0],
        files[1],
        files[2],
        lost=logic.lost(),
        lost_words=words.lost(parts=True),
        mentioned=frozenset().union(*(form.mentioned for form in forms)),
    )
    names.came((), names.logic)
    data = _Expander(names).data()
    names.find_unused()
    return Expansion(data, names.faults, names)


class _Expander:
    def __init__(self, names: Names) -> None:
        self.names = names
        self.conditions = Conditions(names)

    def data(self) -> dict[str, Any]:
        """Return the expanded form."""
        names, logic = self.names, self.names.logic
        data = {k: names.notice.value[k] for k in ("id", "version", "title", "source", "clauses")}
        data["kind"] = names.notice.value.get("kind", "")
        data["applies_to"] = {
            "products": names.notice.value["products"],
            "conditions": list(self._applies_if()),
        }
        data["defaults"] = names.notice.value.get("defaults", {})
        data["inputs"] = names.notice.value.get("inputs", {})
        for name in data["inputs"]:
            names.came(("inputs", name), names.notice["inputs"][name])
        for name in data["defaults"]:
            names.came(("defaults", name), names.notice["defaults"][name])
        for _name, at in names.all("subjects"):
            self._find_strangers(at)
        data["subjects"] = names.words.value.get("subjects", {})
        data["questions"] = self.conditions.questions
        data["event_groups"] = list(self._events())
        data["symptoms"] = list(self._symptoms())
        data["findings"] = list(self._rules("findings", logic.get("every_finding")))
        if "branches" in logic.value:
            data["branches"] = list(self._rules("branches"))
        if "serving" in logic.value:
            data["serving"] = self.conditions.of(logic["serving"], Subject(), ("serving",))
        data["steps"] = {name: self._step(name, at) for name, at in names.all("steps")}
        procedures = names.all("procedures")
        data["procedures"] = {name: self._procedure(name, at) for name, at in procedures}
        return data

    def _find_strangers(self, at: At) -> None:
        """Note as faults the peer or the members of a subject that are no subjects."""
        named = [at["peer"]] if isinstance(at.value, Mapping) and at.value else at.members()
        for member in named if at.value else ():
            self.names.one("subjects", str(member.value), member)

    def _applies_if(self) -> Iterator[dict[str, Any]]:
        for number, (name, at) in enumerate(self.names.all("applies_if")):
            place: Place = ("applies_to", "conditions", number)
            for condition in self.conditions.of(at["is"], Subject(), place):
                yield {
                    "id": name,
                    "clause": self.names.clauses(at.get("clause")),
                    **self.names.texts("conditions", name, ("title", "remedy"), at),
                    "condition": condition,
                }

    def _events(self) -> Iterator[dict[str, Any]]:
        groups = self.names.notice.get("events")
        for number, (name, at) in enumerate(groups.items() if groups else ()):
            self.names.came(("event_groups", number), at)
            clauses = self.names.clauses(at.get("clause"))
            yield {"id": name, "includes": [], **at.value, "clause": clauses}

    def _symptoms(self) -> Iterator[dict[str, Any]]:
        for name, at in self.names.all("symptoms"):
            clauses = self.names.clauses(at.get("clause"))
            words = self.names.texts("symptoms", name, ("title", "cause", "other_causes"), at)
            yield {"id": name, **at.value, "clause": clauses, **words}

    def _rules(self, kind: str, always: At | None = None) -> Iterator[dict[str, Any]]:
        """Yield the findings, or the branches. always: what each of them asks besides."""
        for number, (name, at) in enumerate(self.names.all(kind)):
            place: Place = (kind, number)
            self.names.came(place, at)
            (severity,) = (key for key in SEVERITIES if key in at.value)
            when = self.conditions.of(always, Subject(), (*place, "when"))
            when = self.conditions.added(when, at[severity], Subject(), (*place, "when"))
            kept = {key: at.value[key] for key in ("for_each", "procedure") if key in at.value}
            yield {
                "id": name,
                "clause": self.names.clauses(at.get("clause")),
                "severity": severity,
                **self.names.texts(kind, name, ("title", "remedy"), at),
                "when": when,
                **kept,
            }

    # --- Steps ----------------------------------------------------------------------------

    def _step(self, name: str, at: At) -> dict[str, Any]:
        """Return a step: what every step has, under its act's, under its own."""
        self.names.came(("steps", name), at)
        act, subject, layers = self._layers(at)
        whole = not act or len(layers) > bool(self.names.logic.get("every_step")) + 1
        step: dict[str, Any] = self._words(name, act, subject, at, whole=whole)
        for key in (*_CONDITIONS, *_ADDED):
            place: Place = ("steps", name, _ADDED.get(key, key))
            given = [layer[key] for layer in layers if key in layer.value]
            conditions: list[dict[str, Any]] = []
            for each in given if key in _ADDED else given[-1:]:
                self.conditions.added(conditions, each, subject, place)
            if given:
                step[_ADDED.get(key, key)] = conditions
        for layer in layers:
            for key, member in layer.items():
                if key not in _ELSEWHERE:
                    part = "seconds" if key == "time" else key
                    self.names.came(("steps", name, part), member)
                    step.update(self._kept(key, member))
        return {**step, **self._action(name, layers, step.get("seconds"), subject, whole=whole)}

    def _layers(self, at: At) -> tuple[str, Subject, list[At]]:
        """Return a step's act, what it is about, and where its keys stand: the last one counts."""
        act, _space, word = str(at.value.get("do", "")).partition(" ")
        word = word or str(at.value.get("me", ""))
        template = self.names.one("acts", act, at["do"]) if act else None
        layers = [self.names.logic.get("every_step"), template, at]
        return act, self.names.subject(word, at), [layer for layer in layers if layer]

    def _words(
        self, name: str, act: str, subject: Subject, at: At, *, whole: bool
    ) -> dict[str, Any]:
        """Return a step's texts: its own, or those of its act. whole: the act is known."""
        texts = [self.names.texts_of("acts", act), self.names.texts_of("steps", name)]
        said = dict(pair for each in texts if each for pair in each.items())
        found: dict[str, Any] = {}
        for key, text in said.items():
            fill = self._departures if key == "departures" else self.names.text
            found[key] = fill(text, subject)
        lost = self.names.has_lost_words("steps", name) or self.names.has_lost_words("acts", act)
        for key in _WORDS:
            if key not in found and whole and not lost:
                self.names.wrong(at, f"step {name} has no {key}; write it in words.yml under steps")
        return {**{key: {"en": name, "ja": name} for key in _WORDS}, **found}

    def _departures(self, at: At, subject: Subject) -> dict[str, Any]:
        """Return what is said of an argument's values that are not the notice's."""
        return {
            argument: {value: self.names.text(text, subject) for value, text in values.items()}
            for argument, values in at.items()
        }

    def _kept(self, key: str, at: At) -> dict[str, Any]:
        """Return what a key of a step is in the expanded form."""
        if key == "time":
            expected, longest = value(at.value)
            return {"seconds": {"expected": expected, "longest": longest}}
        if key == "without_brakes":
            return {key: {brake: self.names.text_named(text) for brake, text in at.items()}}
        return {key: value(at.value)}

    def _action(
        self,
        step: str,
        layers: list[At],
        seconds: Mapping[str, Any] | None,
        subject: Subject,
        *,
        whole: bool,
    ) -> dict[str, Any]:
        """Return a step's action and its arguments."""
        given = [layer["action"] for layer in layers if "action" in layer.value]
        if not given:
            if whole:
                text = "the step does nothing; give it an action, or do an act"
                self.names.wrong(layers[-1], text)
            return {"action": "", "arguments": {}}
        self.names.came(("steps", step, "action"), given[-1])
        self.names.came(("steps", step, "arguments"), given[-1])
        said = given[-1].value
        name, arguments = (said, {}) if isinstance(said, str) else next(iter(said.items()))
        arguments = {**arguments, **layers[-1].value.get("with", {})}
        words = {"me": subject.me, "peer": subject.peer}
        arguments = {
            k: value(words.get(v) or v if isinstance(v, str) else v) for k, v in arguments.items()
        }
        deadline = ACTIONS[name].arguments.get("deadline_seconds") if name in ACTIONS else None
        if deadline is not None and deadline.required and seconds:
            if "deadline_seconds" not in arguments:
                origin = self.names.origins[("steps", step, "seconds")]
                self.names.came(("steps", step, "arguments", "deadline_seconds"), origin)
            arguments.setdefault("deadline_seconds", seconds["longest"])
        return {"action": name, "arguments": arguments}

    # --- Procedures -----------------------------------------------------------------------

    def _procedure(self, name: str, at: At) -> dict[str, Any]:
        self.names.came(("procedures", name), at)
        part = str(at.value.get("part", ""))
        entries: list[dict[str, Any]] = []
        self._add_entries(entries, at["steps"], part, ("procedures", name, "steps"))
        each = {entry["step"]: entry for entry in _flat(entries)}
        for step, marks in at["marks"].items() if "marks" in at.value else ():
            if step in each:
                each[step]["clause"] = self.names.clauses(marks, part)
            else:
                self.names.wrong(marks, f"step {step} is not in this procedure")
        for read in at["our_reading"].members() if "our_reading" in at.value else ():
            if read.value in each:
                each[read.value]["our_reading"] = True
            else:
                self.names.wrong(read, f"step {read.value} is not in this procedure")
        title = self.names.texts_of("procedures", name)
        if title is None and not self.names.has_lost_words("procedures", name):
            self.names.wrong(at, f"{name} has no title; write it in words.yml under procedures")
        clauses = self.names.clauses(at.get("clause"))
        words = title.value if title else {}
        return {"title": words, "clause": clauses, "part": part, "steps": entries}

    def _add_entries(self, found: list[dict[str, Any]], at: At, part: str, place: Place) -> None:
        """Add the steps of a procedure, those of its sequences in their places."""
        for member in at.members():
            if isinstance(member.value, str):
                self._add_entry(found, member.value, member, None, part, place)
            elif "for_each" in member.value:
                here = (*place, len(found))
                inner: list[dict[str, Any]] = []
                self._add_entries(inner, member["steps"], part, (*here, "steps"))
                if any("for_each" in entry for entry in inner):
                    self.names.wrong(member, "for_each stands within for_each; write one")
                    inner = list(_flat(inner))
                self.names.came(here, member)
                found.append({"for_each": member.value["for_each"], "steps": inner})
            else:
                for name, marks in member.items():
                    self._add_entry(found, name, marks, marks, part, place)

    def _add_entry(
        self,
        found: list[dict[str, Any]],
        name: str,
        at: At,
        marks: At | None,
        part: str,
        place: Place,
    ) -> None:
        """Add a step, or the steps of a sequence, which then all have the marks given with it."""
        clauses = self.names.clauses(marks, part)
        if name not in (self.names.logic.value.get("sequences") or ()):
            self.names.came((*place, len(found)), at)
            found.append({"step": name, "clause": clauses})
            return
        before = len(found)
        sequence = self.names.one("sequences", name, at)
        if sequence:
            self._add_entries(found, sequence, part, place)
        for entry in _flat(found[before:]):
            entry["clause"] = clauses or entry["clause"]


def _flat(entries: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield each step of a procedure's entries, those that are repeated included."""
    for entry in entries:
        yield from entry.get("steps", [entry])
