# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan as files: a small head, an index, a part a host, and what many parts have in common.

A step reads head and index, and the part of its own host only, so that it costs about the same
however large the farm is. The head has the digest of the index and that the digests of the parts,
so the head's own digest, which is what gets approved, is over all.

In memory a step has all that is to be known of it (records.Step). In the file a condition names its
question (``{"ask": "power NODE", "is": "off"}``), which stands once a host, under questions;
the interlocks that all of its steps begin with stand under every_step; what a step has by default
is left out. Whatever else a part has more than once, a clause's words or a certificate, say, stands
under its shared, and ``{"shared": NAME}`` in its places; what many parts have stands in the common
file, and ``{"common": NAME}`` in its places. ``loaded(written(plan))`` is the plan again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final

from ..actions import ACTIONS
from ..digest import digest
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
    "our_reading": False,
    **{key: [] for key in CONDITIONS},
}
_SHARED: Final = "shared"
_COMMON: Final = "common"
_MARKS: Final = ({_SHARED}, {_COMMON})
_PARTS: Final = "parts"
_INDEX: Final = "index"
_WORTH_SHARING: Final = 80  # characters
# Of the run, or of its farms but outside of it.
KINDS: Final = ("hosts", "outside")
# A part in so many has what is common, so that it never grows beyond the size of a few parts.
_MANY: Final = 4

Json = Any
Object = dict[str, Any]


def written(plan: Mapping[str, Json]) -> Object:
    """Return a plan as it is written: its head, and under parts what its other files hold.

    There parts has: index, common, and hosts and outside, each with a part a host.
    """
    hosts = {host: _host_written(part) for host, part in plan["hosts"].items()}
    outside = dict(plan.get("outside", {}))
    sharing = _Sharing([parts[host] for parts in (hosts, outside) for host in sorted(parts)])
    parts: Object = {
        "hosts": {host: sharing.part(hosts[host]) for host in sorted(hosts)},
        "outside": {host: sharing.part(outside[host]) for host in sorted(outside)},
    }
    parts[_COMMON] = sharing.common
    index = {
        kind: {host: digest(parts[kind][host]) for host in plan[kind]}
        for kind in KINDS
        if kind in plan
    }
    parts[_INDEX] = index
    head = {key: value for key, value in plan.items() if key not in KINDS}
    digests = {name: digest(parts[name]) for name in (_INDEX, _COMMON)}
    return {**head, **digests, _PARTS: parts}


def loaded(document: Mapping[str, Json]) -> Object:
    """Return the plan of a document. Raises what indexing does where the document is no plan."""
    parts = document[_PARTS]
    plan: Object = plain_head({**head_of(document), **parts[_INDEX]})
    for kind in KINDS:
        if kind in plan:
            every = parts[kind]
            plan[kind] = {
                host: part_loaded(kind, host, every[host], parts[_COMMON]) for host in plan[kind]
            }
    return plan


def head_of(document: Mapping[str, Json]) -> Object:
    """Return what of a document stands in the head's file."""
    return {key: value for key, value in document.items() if key != _PARTS}


def plain_head(head: Mapping[str, Json]) -> Object:
    """Return a head without the digests that only the reading of files needs."""
    return {key: value for key, value in head.items() if key not in (_INDEX, _COMMON)}


def part_loaded(kind: str, host: str, part: Mapping[str, Json], common: Json) -> Object:
    """Return one host's part of the plan. kind: hosts, or outside of the run."""
    shared = part[_SHARED]
    bare = {key: value for key, value in part.items() if key != _SHARED}
    plain: Object = _without_marks(bare, {_SHARED: shared, _COMMON: common})
    return _host_loaded(host, plain) if kind == "hosts" else plain


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
    """Puts what parts have more than once, and is long, under shared, or what many have apart."""

    def __init__(self, parts: Sequence[Json]) -> None:
        self._keys: dict[int, tuple[str, int]] = {}  # by id; the parts hold the values
        self._parts = parts
        having: Counter[str] = Counter()
        for part in parts:
            having.update(set(self._met(part, having)))
        least = max(2, -(-len(parts) // _MANY))
        self._many = {key for key, number in having.items() if number >= least}
        self._names: dict[str, str] = {}
        self.common: Object = {}

    def part(self, whole: Mapping[str, Json]) -> Object:
        """Return one of the parts; the same parts give the same, whatever their keys' order."""
        self._times: Counter[str] = Counter()
        for key in self._met(whole, {}):
            self._times[key] += 1
        self._own: Object = {}
        self._own_names: dict[str, str] = {}
        document = self._inside(whole, "", common=False)
        return {**document, _SHARED: self._own}

    def _met(self, value: Json, before: Mapping[str, int]) -> Iterator[str]:
        """Yield the keys of all that is worth sharing, but not of what is within a known one.

        before: how often what other parts have was met.
        """
        seen: set[str] = set()

        def walk(inner: Json) -> Iterator[str]:
            key = self._key(inner)
            if key is not None:
                yield key
                if key in seen or before.get(key):
                    return
                seen.add(key)
            for _name, member in _members(inner):
                yield from walk(member)

        for _name, member in _members(value):
            yield from walk(member)

    def _key(self, value: Json) -> str | None:
        """Return what tells a value from others; None: it is not worth being shared."""
        if not isinstance(value, dict | list):
            return None
        key, length = self._weighed(value)
        return key if length >= _WORTH_SHARING else None

    def _weighed(self, value: Json) -> tuple[str, int]:
        """Return what tells a value from others, and how long it is as JSON."""
        if not isinstance(value, dict | list):
            text = json.dumps(value)
            return text, len(text)
        known = self._keys.get(id(value))
        if known is not None:
            return known
        length, hashed = 2, blake2b(b"{" if isinstance(value, dict) else b"[", digest_size=16)
        for name, member in _members(value):
            key, inner = self._weighed(member)
            label = json.dumps(name) + ": " if isinstance(value, dict) else ""
            hashed.update(f"{label}{key}, ".encode())
            length += len(label) + inner + 2
        result = "#" + hashed.hexdigest(), length - 2 * bool(value)
        self._keys[id(value)] = result
        return result

    def _marked(self, value: Json, called: str, *, common: bool) -> Json:
        """Return a value, or the mark of one that stands elsewhere.

        called: after what it is named. common: the mark is for what many parts have.
        """
        key = self._key(value)
        if key is not None and key in self._many:
            common = True
        elif not _is_mark(value) and (key is None or self._times[key] < 2):
            return self._inside(value, called, common=common)
        names, table = (self._names, self.common) if common else (self._own_names, self._own)
        key = key or json.dumps(value, sort_keys=True)
        if key not in names:
            number, name = 1, called
            while name in table:
                number += 1
                name = f"{called} {number}"
            names[key] = name
            table[name] = None
            table[name] = self._inside(value, called, common=common)
        return {_COMMON if common else _SHARED: names[key]}

    def _inside(self, value: Json, called: str, *, common: bool) -> Json:
        if isinstance(value, Mapping):
            marked = {
                name: self._marked(member, name, common=common) for name, member in _members(value)
            }
            return {name: marked[name] for name in value}
        if isinstance(value, list):
            return [self._marked(member, called, common=common) for member in value]
        return value


def _members(value: Json) -> Iterable[tuple[str, Json]]:
    if isinstance(value, Mapping):
        return [(name, value[name]) for name in sorted(value)]
    return [("", member) for member in value] if isinstance(value, list) else []


def _is_mark(value: Json) -> bool:
    return isinstance(value, Mapping) and set(value) in _MARKS


def _without_marks(value: Json, elsewhere: Mapping[str, Mapping[str, Json]]) -> Json:
    """Return a value with what its marks stand for, anew in each place."""
    if _is_mark(value):
        ((table, name),) = value.items()
        value = elsewhere[table][name]
    if isinstance(value, Mapping):
        return {name: _without_marks(member, elsewhere) for name, member in value.items()}
    if isinstance(value, list):
        return [_without_marks(member, elsewhere) for member in value]
    return value
