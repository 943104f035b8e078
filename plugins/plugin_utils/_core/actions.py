# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registered actions: the modules that a step may name.

An action's record is the one place that knows it: its arguments, what it changes, who carries it
out, and what a person may answer to it. The records stand beside their kind; whoever imports the
core has all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from .formats import is_sha256, nearest
from .observation import TABLE
from .records import Step

Path = tuple[str, ...]
Arguments = Mapping[str, Any]


@dataclass(frozen=True)
class Argument:
    """An argument of an action: JSON type's name, whether it must be given, allowed values.

    what: it says what is done to what, so that steps are told apart by it; how (a deadline, a
    package, switches) is no such thing. node: it names the node that is acted on.
    """

    type: str
    required: bool = False
    choices: tuple[str, ...] = ()
    what: bool = False
    node: bool = False


@dataclass(frozen=True)
class Answers:
    """What a person may answer to a step, and which answers mean that it went well.

    Without choices the person's name is all that is asked for. about: what an answer tells of.
    on_its_way: answers which mean that it is not over yet.
    """

    about: Literal["", "screen", "board", "update", "package", "shutdown"] = ""
    choices: tuple[str, ...] = ()
    good: tuple[str, ...] = ()
    on_its_way: tuple[str, ...] = ()


Effect = Literal["", "restarts", "shuts_down", "switches_on", "switches_off"]


@dataclass(frozen=True)
class Action:
    """A registered action. What is a function is given the step's arguments.

    takes_out: the arguments with which it takes a server out of service; None: it never does.
    touches: the places of an observation that it changes by its nature; * is any member, {NAME} an
    argument. touches_of_node: the same where it is of a node, of an action that need not be.
    interruptible: whether waiting for it may be left at any time.
    looks: it only looks. waits: until something comes true by itself.
    fetches: it brings a file and changes nothing else. installs: it installs or removes something.
    kind: the kind of system that it is for (Kind.name); empty: any.
    effect: what it does to the Windows or the machine that it acts on.
    logons: what it makes of new logons, drained or enabled; empty: nothing.
    done_by: who or what carries it out, by the system's form and the arguments: relay, operator, or
    the name of a driver; None: the connection of the inventory host.
    answers: what a person may answer to it.
    persons: a person does the whole of it. word_alone: nothing but the word of whoever did it shows
    that it was done.
    two_people: a site that wants two people for this action wants them here.
    owes_restart: the Windows waits for a restart once it has changed something.
    """

    name: str
    doc: str
    arguments: Mapping[str, Argument]
    kind: str
    takes_out: Mapping[str, Any] | None
    touches: tuple[Path, ...]
    interruptible: bool
    looks: bool
    waits: bool
    fetches: bool
    installs: bool
    effect: Callable[[Arguments], Effect]
    logons: Callable[[Arguments], str]
    done_by: Callable[[Mapping[str, Any], Arguments], str | None]
    answers: Callable[[Arguments], Answers]
    persons: bool
    word_alone: Callable[[Arguments], bool]
    two_people: Callable[[Arguments], bool]
    owes_restart: Callable[[Arguments], bool]
    touches_of_node: tuple[Path, ...] = ()

    @property
    def changes(self) -> bool:
        """Return whether it changes the system itself."""
        return not self.looks and not self.fetches

    def node_of(self, arguments: Arguments) -> str | None:
        """Return the node that a step acts on; None: the host itself, or no node by itself."""
        named = [arguments[n] for n, a in self.arguments.items() if a.node and arguments.get(n)]
        return str(named[0]) if named else None


ACTIONS: Final[dict[str, Action]] = {}

_TYPES: Final[dict[str, type | tuple[type, ...]]] = {
    "text": str,
    "seconds": int,
    "flag": bool,
    "list": list,
    "sha256": str,
}
_ALLOWED: Final = {
    "text": "a text",
    "seconds": "a number of seconds",
    "flag": "true or false",
    "list": "a list",
    "sha256": "the 64 hexadecimal digits of a SHA-256",
}


def register(
    action: str,
    doc: str,
    /,
    *,
    kind: str = "",
    takes_out: Mapping[str, Any] | None = None,
    touches: tuple[Path, ...] = (),
    interruptible: bool = True,
    looks: bool = False,
    waits: bool = False,
    fetches: bool = False,
    installs: bool = False,
    effect: Effect | Callable[[Arguments], Effect] = "",
    logons: Callable[[Arguments], str] = lambda _: "",
    done_by: Callable[[Mapping[str, Any], Arguments], str | None] = lambda _form, _: None,
    answers: Callable[[Arguments], Answers] = lambda _: Answers(),
    persons: bool = False,
    word_alone: Callable[[Arguments], bool] = lambda _: False,
    two_people: Callable[[Arguments], bool] = lambda _: True,
    owes_restart: Callable[[Arguments], bool] = lambda _: False,
    **arguments: Argument,
) -> None:
    """Register an action (see Action); its arguments are given as NAME=Argument(…)."""
    ACTIONS[action] = Action(
        name=action,
        doc=doc,
        arguments=arguments,
        kind=kind,
        takes_out=takes_out,
        touches=touches,
        interruptible=interruptible,
        looks=looks,
        waits=waits,
        fetches=fetches,
        installs=installs,
        effect=effect if callable(effect) else lambda _: effect,
        logons=logons,
        done_by=done_by,
        answers=answers,
        persons=persons,
        word_alone=word_alone,
        two_people=two_people,
        owes_restart=owes_restart,
    )


def register_of_node(
    action: str,
    *,
    touches: tuple[Path, ...],
    done_by: Callable[[Mapping[str, Any], Arguments], str | None],
    answers: Callable[[Arguments], Answers],
) -> None:
    """Register what an action on a host's own Windows is besides, where it is on a node's."""
    of_host = ACTIONS[action]
    ACTIONS[action] = replace(
        of_host,
        touches_of_node=touches,
        done_by=lambda form, a: (done_by if a.get("node") else of_host.done_by)(form, a),
        answers=lambda a: (answers if a.get("node") else of_host.answers)(a),
    )


def action_of(step: Step) -> Action:
    """Return the record of a step's action."""
    return ACTIONS[step.action]


def effect_of(step: Step) -> Effect:
    """Return what a step does to the Windows or the machine that it acts on."""
    return action_of(step).effect(step.arguments)


def installed_by(step: Step) -> str | None:
    """Return the update or the patch code that a step installs; None: it installs none."""
    named = [step.arguments.get(name) for name in ("update", "patch_code")]
    return next((str(name) for name in named if name), None) if action_of(step).installs else None


def answers_to(step: Step) -> Answers:
    """Return what a person may answer to a step."""
    return action_of(step).answers(step.arguments)


def is_on_its_way(step: Step, saw: str | None) -> bool:
    """Return whether what a person has answered to a step means that it is not over yet."""
    return saw in answers_to(step).on_its_way


def same_act(step: Step, action: str, arguments: Arguments) -> bool:
    """Return whether a step does the same to the same as an action with arguments."""
    known, given = ACTIONS[action].arguments, step.arguments
    whats = [name for name, argument in known.items() if argument.what and name in given]
    return step.action == action and all(arguments.get(n) == given[n] for n in whats)


def takes_out(action: str, arguments: Arguments) -> bool:
    """Return whether an action takes a server out of service, as long as it serves."""
    demanded = ACTIONS[action].takes_out
    return demanded is not None and all(
        arguments.get(name) == value for name, value in demanded.items()
    )


def leaves_service(steps: Iterable[Step]) -> bool:
    """Return whether a plan's steps take their server out of service for a while."""
    return any(takes_out(step.action, step.arguments) or step.returns_to_service for step in steps)


def touched(step: Step) -> list[Path]:
    """Return the places of an observation that a step changes by its nature; * is any member."""
    arguments, action = step.arguments, action_of(step)
    of_node = arguments.get("node") and action.touches_of_node
    return [
        tuple(
            str(arguments.get(part[1:-1], part)) if part.startswith("{") else part for part in path
        )
        for path in (action.touches_of_node if of_node else action.touches)
    ]


def is_setting(value: Any) -> bool:
    """Return whether a value of an advisory stands for a setting: {setting: NAME}."""
    return isinstance(value, TABLE) and len(value) == 1 and "setting" in value


def wrong_arguments(action: str, arguments: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with the arguments of a registered action, one sentence each."""
    known, wrong = ACTIONS[action].arguments, []
    for name in sorted(arguments.keys() - known.keys()):
        wrong.append(f"action {action} has no argument {name}; {nearest(name, known)}")
    for name, argument in known.items():
        if argument.required and arguments.get(name) is None:
            wrong.append(f"action {action} needs the argument {name}")
        elif name in arguments and not _fits(arguments[name], argument):
            allowed = ", ".join(argument.choices) or _ALLOWED[argument.type]
            quotes = isinstance(arguments[name], bool) and argument.type != "flag"
            hint = " (true or false to YAML: put the word in quotes)" if quotes else ""
            wrong.append(f"argument {name} of action {action} must be {allowed}{hint}")
    return wrong


def _fits(value: Any, argument: Argument) -> bool:
    if value is None or is_setting(value):
        return True
    if isinstance(value, bool) and argument.type != "flag":
        return False
    if argument.type == "sha256" and not is_sha256(value):
        return False
    return isinstance(value, _TYPES[argument.type]) and (
        not argument.choices or value in argument.choices
    )
