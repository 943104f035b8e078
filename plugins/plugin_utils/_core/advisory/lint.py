# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of an advisory makes no sense, though each word of it is known.

Errors could only surprise in the window: a step that is refused whatever is read, or never done.
Warnings may be meant. Asked of the expanded form, as in check.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ..actions import ACTIONS, is_setting
from ..checks import CHECKS, Check
from ..formats import is_sha256, nearest
from .check import CONDITIONS, EVENTS_SCOPE, Data, Wrong, kind_of_notice, steps_of
from .read import Place

# What is judged together: for a step to be begun, both must hold.
_TO_BEGIN: Final = ("only_if", "interlocks")
_WAITS: Final = ("only_with", "again_after", "standby_for")
# Before a change there is nothing that these could compare with.
_BEFORE_A_CHANGE: Final = ("done_when",)


def errors_of(data: Data) -> Iterator[Wrong]:
    """Yield what can never work as it is written, and where in the expanded form."""
    for place, conditions in _conjunctions(data):
        yield from _contradictions(data, place, conditions)
    yield from _branch_errors(data)
    yield from _event_errors(data)
    yield from _product_errors(data)
    for name, question in data["questions"].items():
        yield from _kind_errors(data, ("questions", name), CHECKS[question["check"]])
        given = question.get("with", {})
        yield from _value_errors(data, ("questions", name), given)
        yield from _node_errors(data, ("questions", name), [given.get("node"), given.get("nodes")])
    for name, step in data["steps"].items():
        yield from _step_errors(data, ("steps", name), name, step)
    yield from _circles(data)
    yield from _ways_out(data)


def warnings_of(data: Data) -> Iterator[Wrong]:
    """Yield what may be meant, and may be a mistake."""
    asked = (question.get("with", {}).values() for question in data["questions"].values())
    if data["event_groups"] and {"setting": EVENTS_SCOPE} not in [
        v for each in asked for v in each
    ]:
        yield (
            ("event_groups", 0),
            "no question asks for the notice's events; give one $event_groups",
        )
    for name, step in data["steps"].items():
        action = ACTIONS.get(step["action"])
        if action is None:
            continue
        place = ("steps", name)
        asks = step.keys() & {"interlocks", "only_if", "only_with"}
        if action.changes and not action.persons and not asks:
            text = f"step {name} changes something and asks nothing before"
            yield place, f"{text}; say under requires what must hold"
        if action.changes and not step.keys() & {"expect", "done_when"}:
            yield place, f"nothing shows that step {name} went well; give it expect or done_when"
        if action.persons and "instruction" not in step:
            text = f"a person carries out step {name}, and is told nothing but the clauses' words"
            yield place, f"{text}; write its instruction in words.yml"


# --- Conditions that no observation fulfils -------------------------------------------------------


def _conjunctions(data: Data) -> Iterator[tuple[Place, list[tuple[Place, Data]]]]:
    """Yield the conditions that must hold together, each with its place."""
    for kind in ("findings", "branches"):
        for number, rule in enumerate(data.get(kind, ())):
            yield (kind, number), _placed((kind, number, "when"), rule["when"])
    yield ("serving",), _placed(("serving",), data.get("serving", ()))
    for name, step in data["steps"].items():
        together = [each for key in _TO_BEGIN for each in _conditions_of(name, step, key)]
        yield ("steps", name), together
        for key in CONDITIONS:
            if key not in _TO_BEGIN:
                yield ("steps", name, key), _conditions_of(name, step, key)


def _conditions_of(name: str, step: Data, key: str) -> list[tuple[Place, Data]]:
    return _placed(("steps", name, key), step.get(key, ()))


def _placed(place: Place, conditions: Sequence[Data]) -> list[tuple[Place, Data]]:
    return [((*place, number), condition) for number, condition in enumerate(conditions)]


def _contradictions(
    data: Data, _place: Place, conditions: Sequence[tuple[Place, Data]]
) -> Iterator[Wrong]:
    """Yield the second of two conditions that no observation fulfils both."""
    for number, (place, condition) in enumerate(conditions):
        for _other_place, other in conditions[:number]:
            if _excludes(data, condition, other):
                text = f"{condition['ask']} must be {_said(other)} and {_said(condition)} at once"
                yield place, f"{text}, which never holds; keep one"
                break


def _same_question(data: Data, one: Data, other: Data) -> bool:
    questions = data["questions"]
    return _asked(questions[one["ask"]]) == _asked(questions[other["ask"]])


def _asked(question: Data) -> tuple[Any, Any]:
    return question["check"], question.get("with", {})


def _excludes(data: Data, one: Data, other: Data) -> bool:
    """Return whether no value of one question fulfils both conditions.

    A value that its check never has is told as such, and not once more here.
    """
    if not _same_question(data, one, other):
        return False
    question = data["questions"][one["ask"]]
    known = CHECKS[question["check"]].allowed(question.get("with", {}))
    given = [_values(condition) or frozenset() for condition in (one, other)]
    if known is not None and not known >= given[0] | given[1]:
        return False
    if ("is_unknown" in one) != ("is_unknown" in other):
        return True
    first, second = _values(one), _values(other)
    if first is not None and second is not None:
        return not first & second
    low = [c["at_least"] for c in (one, other) if isinstance(c.get("at_least"), int)]
    high = [c["at_most"] for c in (one, other) if isinstance(c.get("at_most"), int)]
    return bool(low and high and max(low) > min(high))


def _implies(one: Data, other: Data) -> bool:
    """Return whether whatever fulfils one condition fulfils the other."""
    first, second = _values(one), _values(other)
    return one == other or (first is not None and second is not None and first <= second)


def _values(condition: Data) -> frozenset[Any] | None:
    """Return the values that a condition accepts; None where a setting or a number decides."""
    wanted = condition.get("is_one_of", [condition["is"]] if "is" in condition else None)
    if not isinstance(wanted, list) or any(is_setting(each) for each in wanted):
        return None
    return frozenset(wanted)


def _said(condition: Data) -> str:
    values = _values(condition)
    if values is not None:
        return " or ".join(sorted(map(str, values)))
    if "is_unknown" in condition:
        return "unknown"
    given = (f"{key.replace('_', ' ')} {condition[key]}" for key in condition if key != "ask")
    return " and ".join(given)


def _follows(data: Data, from_: Sequence[Data], wanted: Sequence[Data]) -> bool:
    """Return whether conditions that hold make others hold."""
    return bool(wanted) and all(
        any(_same_question(data, own, other) and _implies(own, other) for own in from_)
        for other in wanted
    )


def _branch_errors(data: Data) -> Iterator[Wrong]:
    branches = data.get("branches", ())
    for number, branch in enumerate(branches):
        for earlier in branches[:number]:
            if _follows(data, branch["when"], earlier["when"]):
                text = f"branch {branch['id']} is never taken: {earlier['id']} comes first"
                yield ("branches", number), f"{text}, and holds wherever it does; change the order"
                break
    chosen = {branch.get("procedure") for branch in branches}
    for name in data["procedures"] if branches else ():
        if name not in chosen:
            yield ("procedures", name), f"no branch chooses procedure {name}; use it or remove it"


# --- Steps ----------------------------------------------------------------------------------------


def _step_errors(data: Data, place: Place, name: str, step: Data) -> Iterator[Wrong]:
    action = ACTIONS.get(step["action"])
    seconds = step.get("seconds", {})
    if _number(seconds.get("expected")) > (_number(seconds.get("longest")) or 10**9):
        yield (*place, "seconds"), "it is expected to take longer than at most; write [LESS, MORE]"
    yield from _end_errors(data, place, name, step)
    for key in _WAITS:
        if name in step.get(key, ()):
            yield (*place, key), f"{key} names the step itself; name another, or leave it out"
    if action is None:
        return
    arguments, here = step["arguments"], (*place, "arguments")
    kind = kind_of_notice(data)
    if not kind.is_of(action.kind):
        text = f"action {action.name} is for {_kind(action.kind)}, and the notice about {kind.name}"
        yield (*place, "action"), f"{text}; take another"
        return
    nodes = [arguments.get(key) for key, known in action.arguments.items() if known.node]
    yield from _node_errors(data, here, nodes)
    if action.persons and kind.nodes and not any(nodes):
        text = "nobody knows where the person is to be"
        yield here, f"{text}; give {action.name} its node"
    if action.persons and not kind.nodes and "done_when" not in step:
        text = "on a server nothing else shows that a person's step was done"
        yield place, f"{text}; give it done_when"


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _end_errors(data: Data, place: Place, name: str, step: Data) -> Iterator[Wrong]:
    """Yield why a step is never done, or never carried out."""
    done = step.get("done_when", [])
    for number, condition in enumerate(done):
        if CHECKS[data["questions"][condition["ask"]]["check"]].within_change:
            text = f"{condition['ask']} is known only in a change under way, so the step"
            yield (*place, "done_when", number), f"{text} is never done; ask something of the host"
    for number, condition in enumerate(step.get("expect", [])):
        for other in done:
            if _excludes(data, condition, other):
                text = f"done_when asks for {condition['ask']} {_said(other)}"
                text += f", and after the step it is {_said(condition)}: it is never done"
                yield (*place, "expect", number), f"{text}; make them agree"
    for key in _TO_BEGIN:
        given = step.get(key, [])
        if _follows(data, given, done):
            asked = {condition["ask"] for condition in done}
            number = next((n for n, c in enumerate(given) if c["ask"] in asked), 0)
            text = f"{_KEYS[key]} holds only where step {name} is done already"
            yield (*place, key, number), f"{text}, so it is never carried out; correct one of them"


_KEYS: Final = {"only_if": "only_if", "interlocks": "requires"}


def _circles(data: Data) -> Iterator[Wrong]:
    """Yield steps that stand by for each other: each would keep the other in every plan."""
    waits = {name: step.get("standby_for", ()) for name, step in data["steps"].items()}
    told: set[str] = set()
    for name in waits:
        way = _way(waits, name, name, ())
        if way and len(way) > 1 and not told & set(way):
            told |= set(way)
            text = f"these stand by for each other: {', '.join(way)}"
            yield ("steps", name, "standby_for"), f"{text}; end the circle"


def _way(
    waits: Mapping[str, Sequence[str]], here: str, wanted: str, before: tuple[str, ...]
) -> tuple[str, ...]:
    """Return a way along standby_for from a step to one; empty: there is none."""
    for other in waits.get(here, ()):
        if other == wanted:
            return (*before, here)
        if other not in before and other != here:
            way = _way(waits, other, wanted, (*before, here))
            if way:
                return way
    return ()


def _ways_out(data: Data) -> Iterator[Wrong]:
    """Yield the steps that return to service where no step does."""
    for procedure_name, procedure in data["procedures"].items():
        names = [n for _p, n, _l in steps_of(("procedures", procedure_name), procedure)]
        steps = {name: data["steps"][name] for name in names if name in data["steps"]}
        back = [name for name, step in steps.items() if step.get("returns_to_service")]
        if len(back) > 1:
            text = f"{' and '.join(back)} both return to service in procedure {procedure_name}"
            yield ("steps", back[1], "returns_to_service"), f"{text}; mark one"
        for name, step in steps.items():
            for key in ("on_refusal", "on_failure"):
                if step.get(key) == "return_to_service" and not back:
                    text = f"no step of procedure {procedure_name} is marked returns_to_service"
                    yield ("steps", name, key), f"{text}; mark one, or say stop"


# --- Kinds, nodes, values -------------------------------------------------------------------------


def _kind(name: str) -> str:
    return f"a host of the kind {name}"


def _kind_errors(data: Data, place: Place, check: Check) -> Iterator[Wrong]:
    kind = kind_of_notice(data)
    if not kind.is_of(check.kind):
        text = f"check {check.name} is for {_kind(check.kind)}, and the notice about {kind.name}"
        yield place, f"{text}; take another"


def _node_errors(data: Data, place: Place, given: Sequence[Any]) -> Iterator[Wrong]:
    """Yield the nodes that no host of the notice's kind has."""
    known = kind_of_notice(data).nodes
    for value in given:
        for node in value if isinstance(value, list) else [value]:
            if isinstance(node, str) and node not in known:
                yield place, f"there is no node {node}; {nearest(node, known)}"


def _value_errors(data: Data, place: Place, given: Mapping[str, Any]) -> Iterator[Wrong]:
    sha256 = given.get("sha256")
    if sha256 is not None and not is_setting(sha256) and not is_sha256(sha256):
        yield (*place, "with", "sha256"), "sha256 must be 64 hexadecimal digits; copy the file's"


def _event_errors(data: Data) -> Iterator[Wrong]:
    for number, group in enumerate(data["event_groups"]):
        if group["id"] in group["includes"]:
            yield ("event_groups", number), f"group {group['id']} includes itself; leave it out"


def _product_errors(data: Data) -> Iterator[Wrong]:
    """Yield facts that no product has, and models that are two products'."""
    products = data["applies_to"]["products"]
    seen: dict[str, str] = {}
    for name, facts in products.items():
        for model in facts.get("models", ()):
            other = seen.setdefault("".join(str(model).split()).casefold(), name)
            if other != name:
                yield ("products",), f"model {model} is of {other} and of {name}; keep one"
