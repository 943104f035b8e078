"""The transition system of one FT system: `act`, `advance`, `possible`. Pure.

No clock, no I/O, no randomness: the same state and action give the same state.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from .endurance import settle
from .installers import install_fix, install_kb, uninstall
from .power import button_off, button_on, os_down
from .state import (
    NODES,
    RUNS,
    SIDES,
    Node,
    Side,
    System,
    blame,
    changed,
    half,
    node_of,
    other,
    put_half,
    side_of,
    take_fault,
    unclean,
    windows,
)
from .timers import fire, let_pass, next_event

Verb = Literal[
    "power_on",
    "power_off",
    "boot_setup",
    "shutdown",
    "restart",
    "uninstall_kb",
    "install_kb",
    "install_fix",
    "enable",
    "logon",
]
FAULTS = ("stays_down", "copy_slow", "enable_fails", "exit_code")
COSERVER_ONLY = ("power_on", "power_off", "boot_setup", "enable", "logon")


class Impossible(ValueError):  # noqa: N818 - it is an answer of the world, not an error of ours
    """Nothing happens: the world does not offer this now. The text says why."""


@dataclass(frozen=True)
class Action:
    """Something that somebody does.

    `node` of `enable` is the CoServer of that Virtual Server. `restart`: the installer
    restarts the node itself. `level`: the fix's level, 10020 for V1.0L20.
    """

    verb: Verb
    node: Node
    restart: bool = True
    level: int = 0

    def __str__(self) -> str:
        """Return a short text for people."""
        return f"{self.verb} {self.node}" + ("" if self.restart else " without restart")


def act(system: System, action: Action) -> System:
    """Return the system after an action and its immediate consequences; or raise Impossible."""
    reason = refusal(system, action)
    if reason:
        raise Impossible(f"{action}: {reason}")
    return settle(_perform(changed(system, news=()), action))


def advance(system: System, seconds: int) -> System:
    """Return the system after this many seconds (0 or more) in which nobody does anything."""
    if seconds < 0:
        raise ValueError(f"time does not run backwards: {seconds}")
    system = changed(system, news=())
    while (step := next_event(system)) is not None and step <= seconds:
        system = fire(let_pass(system, step))
        seconds -= step
    return let_pass(system, seconds)


def rest(system: System, limit: int = 10**7) -> System:
    """Return the system once nothing more will happen by itself, or after `limit` seconds."""
    system = changed(system, news=())
    while (step := next_event(system)) is not None and step <= limit:
        system = fire(let_pass(system, step))
        limit -= step
    return system


def inject(system: System, fault: str, node: Node) -> System:
    """Return the system in which the next fitting occasion goes wrong; ValueError if unknown."""
    if fault not in FAULTS:
        raise ValueError(f"unknown fault {fault}; known are {', '.join(FAULTS)}")
    return changed(system, faults=system.faults | {(fault, node)})


def possible(system: System, level: int = 10020) -> Iterator[Action]:
    """Yield the actions that the world offers now; `level` is that of the fix at hand."""
    for action in _all_actions(level):
        if refusal(system, action) is None:
            yield action


@lru_cache
def _all_actions(level: int) -> tuple[Action, ...]:
    return tuple(_every_action(level))


def _every_action(level: int) -> Iterator[Action]:
    for node in NODES:
        for verb in ("power_on", "power_off", "boot_setup", "shutdown", "restart", "enable"):
            yield Action(verb, node)
        for restart in (True, False):
            yield Action("uninstall_kb", node, restart)
            yield Action("install_kb", node, restart)
            yield Action("install_fix", node, restart, level)
        yield Action("logon", node)


def refusal(system: System, action: Action) -> str | None:
    """Return why the world does not offer an action now, None if it does."""
    if action.verb in COSERVER_ONLY and side_of(action.node) is None:
        return "only a CoServer has that"
    mine = windows(system, action.node)
    if action.verb in ("power_on", "power_off", "boot_setup"):
        return _refuse_button(system, action)
    if not mine.usable:
        return f"nobody can do anything on it now ({mine.phase})"
    if action.verb == "enable":
        return _refuse_enable(system, action.node)
    if action.verb == "logon":
        return None
    if mine.task:
        return "an installer is running"
    if action.verb == "uninstall_kb" and not mine.kb:
        return "KB890859 is not installed"
    return "KB890859 is installed" if action.verb == "install_kb" and mine.kb else None


def _refuse_button(system: System, action: Action) -> str | None:
    off = windows(system, action.node).phase == "off"
    if action.verb == "power_on" and not off:
        return "it is on"
    return "it is off" if action.verb == "power_off" and off else None


def _refuse_enable(system: System, node: Node) -> str | None:
    virtual = half(system, 1 if node == "coserver1" else 2).virtual
    return None if virtual in ("failed", "disabled") else f"it is {virtual}"


def _perform(system: System, action: Action) -> System:
    node = action.node
    match action.verb:
        case "shutdown":
            return os_down(system, node, "off")
        case "restart":
            return os_down(system, node, "restart")
        case "uninstall_kb":
            return uninstall(system, node, action.restart)
        case "install_kb":
            return install_kb(system, node, action.restart)
        case "install_fix":
            return install_fix(system, node, action.level, action.restart)
        case _:
            return _perform_on_coserver(system, action.verb, 1 if node == "coserver1" else 2)


def _perform_on_coserver(system: System, verb: Verb, side: Side) -> System:
    match verb:
        case "power_on":
            return button_on(system, side)
        case "power_off":
            return button_off(system, side)
        case "boot_setup":
            return put_half(system, side, setup=True)
        case "logon":
            return _log_on(system, side)
        case _:
            return _enable(system, side)


def _log_on(system: System, side: Side) -> System:
    """An interactive logon matters on a Windows 2000 type alone (失敗-⑨)."""
    if system.rules.kind != "windows_2000" or half(system, side).logged_on:
        return system
    return changed(put_half(system, side, logged_on=True), stopped=False)


def _enable(system: System, side: Side) -> System:
    """Enable a Virtual Server in Endurance Manager (⑪, ⑰).

    An unclean pair on a damaged volume spoils the member that it starts from (HYP-FT-13).
    """
    system = _blame_enable(system, side)
    if system.lost:
        return system
    system, fails = take_fault(system, "enable_fails", node_of(side))
    beside = half(system, other(side)).virtual in RUNS
    if fails or (not beside and half(system, side).member != "valid"):
        return system
    if not beside and system.ft.dirty and _pair_unclean(system):
        return put_half(system, side, member="stale")
    return changed(put_half(system, side, virtual="offline"), stopped=False)


def _pair_unclean(system: System) -> bool:
    return any(unclean(system, node_of(n)) for n in SIDES)


def _blame_enable(system: System, side: Side) -> System:
    """Enter what is wrong about enabling this Virtual Server now."""
    node = node_of(side)
    if half(system, other(side)).virtual in RUNS:
        if unclean(system, "ftvirtual"):
            return blame(system, "enable_second_unclean", node)
        return system
    if _pair_unclean(system):
        system = blame(system, "enable_unclean", node)
    if half(system, other(side)).windows.phase == "off":
        system = blame(system, "enable_peer_off", node)
    first = system.one
    usable = first.windows.usable and first.member == "valid"
    if side == 2 and usable and system.rules.kind == "windows_2003":
        system = blame(system, "enable_two_first", node)
    return system


__all__ = [
    "FAULTS",
    "Action",
    "Impossible",
    "act",
    "advance",
    "inject",
    "next_event",
    "possible",
    "refusal",
    "rest",
]
