# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan as a file: what stands in many places of a plan stands in plan.json once.

In memory a step has all that is to be known of it (records.Step). In the file a condition names its
question (``{"ask": "power NODE", "is": "off"}``), which stands once a host, under questions;
the interlocks that all of its steps begin with stand under every_step; what a step has by default
is left out. Whatever else is there more than once, a clause's words or a certificate, say, stands
under shared, and ``{"shared": NAME}`` in its places. ``loaded(written(plan))`` is the plan again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from ..actions import ACTIONS
from ..model import CONDITIONS, WANTED
from ..records import Finding, Step

_DEFAULTS: Final[dict[str, Any]] = {
    "item": None,
    "clause": [],
    "node": None,
    "by": None,
    "contact": None,
    "instruction": [],
    "without_brakes": {},
    "conditional": False,
    "only_with": None,
    "again_after": [],
    "standby_for": [],
    "resting_point": False,
    "point_of_no_return": False,
    "on_refusal": "stop",
    "on_failure": "stop",
    "returns_to_service": False,
    **{key: [] for key in CONDITIONS},
}
_SHARED: Final = "shared"
_WORTH_SHARING: Final = 80  # characters

Json = Any
Object = dict[str, Any]


def written(plan: Mapping[str, Json]) -> Object:
    """Return a plan as it is written to its file."""
    hosts = {host: _host_written(part) for host, part in plan["hosts"].items()}
    return _Sharing({**plan, "hosts": hosts}).document()


def loaded(document: Mapping[str, Json]) -> Object:
    """Return the plan of a file. Raises what indexing does where the file is no plan."""
    shared = document[_SHARED]
    plan: Object = {
        key: _without_marks(value, shared) for key, value in document.items() if key != _SHARED
    }
    plan["hosts"] = {host: _host_loaded(host, part) for host, part in plan["hosts"].items()}
    return plan


# --- Hosts and steps --------------------------------------------------------------------------


def _host_written(part: Mapping[str, Json]) -> Object:
    questions: Object = {}
    serving = [_condition_written(ref, questions) for ref in part["serving"]]
    steps = [_step_written(step, questions) for step in part["steps"]]
    every = _common([step["interlocks"] for step in steps])
    for step in steps:
        step["interlocks"] = step["interlocks"][len(every) :]
    return {
        **part,
        "findings": [finding.to_json() for finding in part["findings"]],
        "serving": serving,
        "questions": questions,
        "every_step": every,
        "steps": [_without_defaults(step) for step in steps],
    }


def _host_loaded(host: str, part: Mapping[str, Json]) -> Object:
    plain = {key: value for key, value in part.items() if key not in ("questions", "every_step")}
    questions = part["questions"]
    every = {"interlocks": part["every_step"]}
    steps = []
    for step in part["steps"]:
        full = {**_defaults(step["action"]), **step, "host": host}
        for key in CONDITIONS:
            refs = [*every.get(key, []), *full[key]]
            full[key] = [_condition_loaded(ref, questions) for ref in refs]
        steps.append(Step.from_json(full))
    serving = [_condition_loaded(ref, questions) for ref in part["serving"]]
    findings = [Finding.from_json(finding) for finding in part["findings"]]
    return {**plain, "findings": findings, "serving": serving, "steps": steps}


def _step_written(step: Step, questions: Object) -> Object:
    full = {key: value for key, value in step.to_json().items() if key != "host"}
    for key in CONDITIONS:
        full[key] = [_condition_written(ref, questions) for ref in full[key]]
    return full


def _common(lists: Sequence[Sequence[Json]]) -> list[Json]:
    """Return what all of the lists begin with."""
    shortest = min(lists, key=len, default=[])
    for number, member in enumerate(shortest):
        if any(other[number] != member for other in lists):
            return list(shortest[:number])
    return list(shortest)


def _defaults(name: str) -> Object:
    action = ACTIONS.get(name)  # an unknown one is refused by whoever reads the plan
    return {**_DEFAULTS, "interruptible": action is None or action.interruptible}


def _without_defaults(step: Mapping[str, Json]) -> Object:
    defaults = _defaults(step["action"])
    kept = {k: v for k, v in step.items() if k not in defaults or v != defaults[k]}
    return {**{key: kept[key] for key in ("id", "name", "action")}, **kept}


# --- Conditions -------------------------------------------------------------------------------


def _condition_written(ref: Mapping[str, Json], questions: Object) -> Object:
    """Return a condition that names its question, which is noted under a name of its own."""
    question = {key: ref[key] for key in ("check", "with") if key in ref}
    called, number = str(ref.get("name", ref["check"])), 1
    name = called
    while _asked(questions.get(name, question)) != question:
        number += 1
        name = f"{called} {number}"
    known = questions.setdefault(name, {**question, **_clause(ref)})
    kept = {key: ref[key] for key in (*WANTED, "guard") if key in ref}
    if _clause(ref) != _clause(known):
        kept["clause"] = ref.get("clause", [])
    return {"ask": name, **kept}


def _condition_loaded(ref: Mapping[str, Json], questions: Mapping[str, Json]) -> Object:
    question = questions[ref["ask"]]
    kept = {key: ref[key] for key in (*WANTED, "guard") if key in ref}
    clause = _clause({**question, **ref})
    return {**_asked(question), "name": ref["ask"], **kept, **clause}


def _asked(question: Mapping[str, Json]) -> Object:
    return {key: question[key] for key in ("check", "with") if key in question}


def _clause(ref: Mapping[str, Json]) -> Object:
    return {"clause": ref["clause"]} if ref.get("clause") else {}


# --- What is there more than once ---------------------------------------------------------------


class _Sharing:
    """Puts what a document has more than once, and is long, under shared."""

    def __init__(self, whole: Mapping[str, Json]) -> None:
        self.whole = whole
        self.times: Counter[str] = Counter()
        self.names: dict[str, str] = {}
        self.shared: Object = {}

    def document(self) -> Object:
        """Return the document; the same content gives the same, whatever the order of its keys."""
        self._count(self.whole)
        document = {key: self._marked(value, key) for key, value in self.whole.items()}
        return {**document, _SHARED: self.shared}

    def _count(self, value: Json) -> None:
        key = _key(value)
        if key is not None:
            self.times[key] += 1
            if self.times[key] > 1:
                return
        for _name, member in _members(value):
            self._count(member)

    def _marked(self, value: Json, called: str) -> Json:
        """Return a value, or the mark of one that is shared. called: after what it is named."""
        key = _key(value)
        if not _is_mark(value) and (key is None or self.times[key] == 1):
            return self._inside(value, called)
        key = key or json.dumps(value, sort_keys=True)
        if key not in self.names:
            number, name = 1, called
            while name in self.shared:
                number += 1
                name = f"{called} {number}"
            self.names[key] = name
            self.shared[name] = None
            self.shared[name] = self._inside(value, called)
        return {_SHARED: self.names[key]}

    def _inside(self, value: Json, called: str) -> Json:
        if isinstance(value, Mapping):
            marked = {name: self._marked(member, name) for name, member in _members(value)}
            return {name: marked[name] for name in value}
        if isinstance(value, list):
            return [self._marked(member, called) for member in value]
        return value


def _key(value: Json) -> str | None:
    """Return what tells a value from others; None: it is not worth being shared."""
    if not isinstance(value, dict | list):
        return None
    key = json.dumps(value, sort_keys=True)
    return key if len(key) >= _WORTH_SHARING else None


def _members(value: Json) -> Iterable[tuple[str, Json]]:
    if isinstance(value, Mapping):
        return [(name, value[name]) for name in sorted(value)]
    return [("", member) for member in value] if isinstance(value, list) else []


def _is_mark(value: Json) -> bool:
    return isinstance(value, Mapping) and set(value) == {_SHARED}


def _without_marks(value: Json, shared: Mapping[str, Json]) -> Json:
    """Return a value with what its marks stand for, anew in each place."""
    if _is_mark(value):
        value = shared[value[_SHARED]]
    if isinstance(value, Mapping):
        return {name: _without_marks(member, shared) for name, member in value.items()}
    if isinstance(value, list):
        return [_without_marks(member, shared) for member in value]
    return value
