# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What no schema can say of an advisory: arguments, values and settings that nothing knows.

Asked of the expanded form; each fault stands at the place in it that is wrong.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

from .. import settings as settings_module
from ..actions import ACTIONS, is_setting, takes_out, wrong_arguments
from ..brakes import loosened
from ..checks import CHECKS
from ..formats import nearest
from ..kind import Kind
from ..kinds import KINDS, kind_named
from . import inputs
from .read import Place

# The settings that the planner binds beside the inventory's: the server's product as the
# advisory describes it, the advisory's groups of events, and within for_each the item at hand.
PRODUCT_SCOPE: Final = "product_facts"
EVENTS_SCOPE: Final = "event_groups"
CONDITIONS: Final = (
    "only_if",
    "done_when",
    "resume_when",
    "collect_when",
    "interlocks",
    "expect",
)

Data = Mapping[str, Any]
Wrong = tuple[Place, str]


def faults_of(data: Data, mentioned: Collection[str] = ()) -> Iterator[Wrong]:
    """Yield what is wrong with the expanded form of an advisory, and where in it.

    mentioned: what is used, if only by what could not be judged.
    """
    for name, text in settings_module.wrong_defaults(data["defaults"]):
        yield ("defaults", name), f"default {name}: {text}"
    for name, question in data["questions"].items():
        yield from _question_faults(data, ("questions", name), question)
    yield from _input_faults(data)
    yield from _event_faults(data)
    yield from _default_faults(data)
    for number, condition in enumerate(data["applies_to"]["conditions"]):
        place: Place = ("applies_to", "conditions", number)
        yield from _condition_faults(data, place, [condition["condition"]], loops=())
    for kind in ("findings", "branches"):
        for number, rule in enumerate(data.get(kind, [])):
            loops = [rule["for_each"]] if "for_each" in rule else []
            yield from _loop_faults(data, (kind, number), loops)
            yield from _condition_faults(data, (kind, number, "when"), rule["when"], loops=loops)
    for number, branch in enumerate(data.get("branches", [])):
        procedure = branch.get("procedure")
        if procedure is not None and procedure not in data["procedures"]:
            hint = nearest(procedure, data["procedures"])
            yield ("branches", number), f"there is no procedure {procedure}; {hint}"
    yield from _condition_faults(data, ("serving",), data.get("serving", []), loops=())
    for name, step in data["steps"].items():
        yield from _step_faults(data, ("steps", name), step)
    yield from _procedure_faults(data, mentioned)


def kind_of_notice(data: Data) -> Kind:
    """Return the kind of host that a notice is about.

    Of one that does not say: the first that fits, one of nodes where it has models or subjects.
    """
    if data["kind"]:
        return kind_named(data["kind"])
    models = any("models" in facts for facts in data["applies_to"]["products"].values())
    nodes = models or bool(data["subjects"])
    return next(kind for kind in KINDS if bool(kind.nodes) == nodes)


def _question_faults(data: Data, place: Place, question: Data) -> Iterator[Wrong]:
    check, given = CHECKS[question["check"]], question.get("with", {})
    for argument in sorted(given.keys() - check.arguments.keys()):
        text = f"check {check.name} has no argument {argument}"
        yield (*place, "with", argument), f"{text}; {nearest(argument, check.arguments)}"
    for argument in check.needed(given):
        if given.get(argument) is None:
            yield place, f"check {check.name} needs the argument {argument}; give it"
    yield from _setting_faults(data, place, given, loops=_loops(data))


def _default_faults(data: Data) -> Iterator[Wrong]:
    """Yield the defaults that are no settings, and that nothing of the advisory uses."""
    used = {name.split(".")[0] for _place, name in _setting_names((), [data])}
    for name in data["defaults"]:
        if name not in used and name not in settings_module.KNOWN_SETTINGS:
            hint = nearest(name, settings_module.KNOWN_SETTINGS)
            yield ("defaults", name), f"default {name} is no setting, and nothing uses it; {hint}"


def _input_faults(data: Data) -> Iterator[Wrong]:
    """Yield inputs whose names mean something already, that nothing uses, of a wrong default."""
    used = {name.split(".")[0] for _place, name in _setting_names((), [data])}
    taken = {*settings_module.KNOWN_SETTINGS, *data["defaults"], PRODUCT_SCOPE, EVENTS_SCOPE}
    for name, given in data["inputs"].items():
        place, each = ("inputs", name), given.get("each", "")
        if name in taken or each in {*taken, *settings_module.LOOPS, *data["inputs"]}:
            word = name if name in taken else each
            yield place, f"{word} means something already; give the input another name"
        elif not used & {name, each}:
            yield place, f"input {name} is used nowhere; use it or remove it"
        values = given.get("values")
        if values and "default" in given and given["default"] not in values:
            hint = nearest(given["default"], values)
            yield (*place, "default"), f"default is none of its values; {hint}"


def _loops(data: Data) -> dict[str, frozenset[str]]:
    """Return what for_each may repeat over: by the inventory's settings, and by the inputs."""
    return {**settings_module.LOOPS, **inputs.loops(data)}


def _loop_faults(data: Data, place: Place, loops: Iterable[str]) -> Iterator[Wrong]:
    known = _loops(data)
    for loop in loops:
        if loop not in known:
            hint = nearest(loop, known)
            yield place, f"for_each repeats over no {loop}; {hint}"


def _event_faults(data: Data) -> Iterator[Wrong]:
    names = [group["id"] for group in data["event_groups"]]
    for number, group in enumerate(data["event_groups"]):
        for other in group["includes"]:
            if other not in names:
                place: Place = ("event_groups", number, "includes")
                yield place, f"there is no group of events {other}; {nearest(other, names)}"


# --- Conditions -----------------------------------------------------------------------------


def _condition_faults(
    data: Data, place: Place, conditions: Sequence[Data], *, loops: Collection[str]
) -> Iterator[Wrong]:
    for number, condition in enumerate(conditions):
        here = (*place, number)
        for loop in sorted(loops_of(data["questions"][condition["ask"]], data) - set(loops)):
            text = f"{condition['ask']} is about one {loop}"
            yield here, f"{text}; ask it only within for_each: {loop}"
        yield from _value_faults(data, here, condition)
        yield from _setting_faults(data, here, condition, loops=loops)


def _value_faults(data: Data, place: Place, condition: Data) -> Iterator[Wrong]:
    """Yield the values that the check of a question never has."""
    question = data["questions"][condition["ask"]]
    check = CHECKS[question["check"]]
    known = check.allowed(_resolved(data, question.get("with", {})))
    wanted = condition.get("is_one_of", [condition["is"]] if "is" in condition else [])
    if not check.limits and check.about != "setting" and condition.keys() & {"at_least", "at_most"}:
        hint = f"say one of {listed(known)}" if known else "say which value it must have"
        yield place, f"{check.name} is a word, and no number; {hint}"
    if check.limits and isinstance(wanted, list):
        for value in wanted:
            if not is_setting(value) and (isinstance(value, bool) or not isinstance(value, int)):
                yield place, f"{check.name} is a number, never {value}; say at_least or at_most"
    if known is None or not isinstance(wanted, list):
        return
    for value in wanted:
        if isinstance(value, bool):
            yield place, f"{value} is true or false to YAML; put the word in quotes"
        elif not is_setting(value) and value not in known:
            text = f"{check.name} is never {value}"
            quotes = f'put it in quotes ("{value}")' if str(value) in known else ""
            yield place, f"{text}; {quotes or nearest(value, known)}"


def _resolved(data: Data, value: Any) -> Any:
    """Return arguments with those settings filled in that the advisory itself gives."""
    if is_setting(value):
        found: Any = {**data["defaults"], EVENTS_SCOPE: data["event_groups"]}
        for name in value["setting"].split("."):
            found = found.get(name) if isinstance(found, Mapping) else None
        return found
    if isinstance(value, Mapping):
        return {key: _resolved(data, member) for key, member in value.items()}
    return value


def loops_of(value: Any, data: Data) -> set[str]:
    """Return the names of for_each whose item a value of a notice refers to."""
    firsts = {name.split(".")[0] for _place, name in _setting_names((), value)}
    return firsts & _loops(data).keys()


def _setting_names(place: Place, value: Any) -> Iterator[tuple[Place, str]]:
    if is_setting(value):
        yield place, str(value["setting"])
    elif isinstance(value, Mapping):
        for key, member in value.items():
            yield from _setting_names((*place, key), member)
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _setting_names((*place, index), member)


def _setting_faults(
    data: Data, place: Place, value: Any, *, loops: Collection[str]
) -> Iterator[Wrong]:
    known = settings_module.KNOWN_SETTINGS | set(data["defaults"]) | set(data["inputs"])
    known |= {PRODUCT_SCOPE, EVENTS_SCOPE}
    every = _loops(data)
    for where, name in _setting_names(place, value):
        first, _dot, second = name.partition(".")
        if first in every:
            keys = every[first]
            if first not in loops:
                yield where, f"setting {name} has a meaning only within for_each: {first}"
            elif second not in keys:
                yield where, f"a {first} has no {second}; {nearest(second, keys)}"
        elif first not in known:
            hint = nearest(first, known)
            yield where, f"there is no setting {first}; {hint} (or give it in defaults)"
        else:
            yield from _part_faults(data, where, name.split("."))


def _part_faults(data: Data, place: Place, path: Sequence[str]) -> Iterator[Wrong]:
    """Yield the member that neither a setting nor the advisory's own values have."""
    products = data["applies_to"]["products"].values()
    own: Any = {
        **data["defaults"],
        **{name: dict.fromkeys(inputs.members(given)) for name, given in data["inputs"].items()},
        PRODUCT_SCOPE: {k: v for each in products for k, v in each.items()},
    }
    for number, name in enumerate(path[1:], 1):
        own = own.get(path[number - 1]) if isinstance(own, Mapping) else None
        of_setting = settings_module.parts_of(path[:number])
        given = own.keys() if isinstance(own, Mapping) else None
        if of_setting is None and given is None:
            return
        known = {*(of_setting or ()), *(given or ())}
        if name not in known:
            yield place, f"{'.'.join(path[:number])} has no {name}; {nearest(name, known)}"
            return


# --- Steps and procedures ---------------------------------------------------------------------


def _step_faults(data: Data, place: Place, step: Data) -> Iterator[Wrong]:
    if not step["action"]:  # told already
        return
    if step["action"] not in ACTIONS:
        text = f"there is no action {step['action']}; {nearest(step['action'], ACTIONS)}"
        yield (*place, "action"), text
        return
    if "seconds" not in step:
        yield place, "the step has no time; give it [EXPECTED, LONGEST]"
    for text in wrong_arguments(step["action"], step["arguments"]):
        if "seconds" not in step and "argument deadline_seconds" in text:  # it comes of the time
            continue
        yield (*place, "arguments"), f"{text}; correct it"
    shared = kind_of_notice(data).shares_users
    if shared and takes_out(step["action"], step["arguments"]) and "serving" not in data:
        text = f"action {step['action']} takes a server out of service"
        yield place, f"{text}: say under serving what a server shows that takes users"
    if step["arguments"].get("forced_logoff") is True:
        text = "whether users are logged off is the site's to say"
        yield (*place, "arguments"), f"{text}; write $forced_logoff"


def _procedure_faults(data: Data, mentioned: Collection[str]) -> Iterator[Wrong]:
    remedy = data["defaults"].get("remedy")
    if "remedy" in mentioned:  # told already
        pass
    elif "branches" in data and remedy is not None:
        text = "defaults.remedy and branches both choose the procedure; keep one"
        yield ("defaults", "remedy"), text
    elif not data["procedures"]:  # told already
        pass
    elif "branches" not in data and str(remedy) not in data["procedures"]:
        text = f"defaults.remedy is {remedy}; name one of {listed(data['procedures'])}"
        yield ("defaults", "remedy"), text
    used = set()
    for name, procedure in data["procedures"].items():
        before: list[str] = []
        for place, step, loops in steps_of(("procedures", name), procedure):
            used.add(step)
            yield from _loop_faults(data, place, loops)
            if step not in data["steps"]:
                if step not in mentioned:
                    hint = nearest(step, data["steps"])
                    used.update(get_close_matches(step, data["steps"], 1))
                    yield place, f"there is no step {step}, and no sequence; {hint}"
            elif step in before:
                yield place, f"step {step} is there twice; name it once"
            else:
                yield from _used_step_faults(data, step, before, loops=loops)
            before.append(step)
    for name in data["steps"].keys() - used:
        # Where it stands is not known: whatever it could be told of there is left out.
        yield from _used_step_faults(data, name, list(data["steps"]), loops=_loops(data))
        if name not in mentioned:
            yield ("steps", name), f"step {name} is in no procedure; use it or remove it"


def steps_of(place: Place, procedure: Data) -> Iterator[tuple[Place, str, list[str]]]:
    """Yield place, name and what it is repeated over of each step of a procedure, in order."""
    for index, entry in enumerate(procedure["steps"]):
        where = (*place, "steps", index)
        if "step" in entry:
            yield where, entry["step"], []
        else:
            for inner, each in enumerate(entry["steps"]):
                yield (*where, "steps", inner), each["step"], [entry["for_each"]]


def _used_step_faults(
    data: Data, name: str, before: Sequence[str], *, loops: Collection[str]
) -> Iterator[Wrong]:
    step, place = data["steps"][name], ("steps", name)
    for key in ("only_with", "again_after", "standby_for"):
        for other in step.get(key, []):
            if other not in data["steps"]:
                yield (*place, key), f"there is no step {other}; {nearest(other, data['steps'])}"
            # A step of another procedure is no mistake; one that comes later is.
            elif key != "standby_for" and other not in before and _comes_later(data, name, other):
                yield (*place, key), f"{key} names {other}, which does not come before"
    for key in CONDITIONS:
        yield from _condition_faults(data, (*place, key), step.get(key, []), loops=loops)
        for number, condition in enumerate(step.get(key, [])):
            if "is_unknown" in condition:
                text = f"{condition['ask']} is asked for unknown; only a finding may do that"
                yield (*place, key, number), text
    yield from _brake_faults(data, (*place, "interlocks"), step.get("interlocks", []))
    for key in ("arguments", "seconds", "contact"):
        yield from _setting_faults(data, (*place, key), step.get(key), loops=loops)


def _brake_faults(data: Data, place: Place, conditions: Sequence[Data]) -> Iterator[Wrong]:
    """Yield the interlocks that say less than a brake, which is asked all the same."""
    for number, condition in enumerate(conditions):
        check = data["questions"][condition["ask"]]["check"]
        for brake, more in loosened(check, condition):
            text = f"{condition['ask']} accepts {', '.join(more)}"
            text += f", but the brake {brake.name} does not"
            hint = f"take it away with without_brakes: {{{brake.name}: TEXT}}, saying why"
            yield (*place, number), f"{text}; {hint}"


def _comes_later(data: Data, one: str, other: str) -> bool:
    for name, procedure in data["procedures"].items():
        names = [step for _place, step, _data in steps_of(("procedures", name), procedure)]
        if one in names and other in names and names.index(other) > names.index(one):
            return True
    return False


def listed(names: Iterable[str]) -> str:
    """Return names as they are listed for a person."""
    return ", ".join(sorted(names))
