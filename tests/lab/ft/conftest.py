"""FT systems of the lab's estate, the notice's steps, and a clock that needs no time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fake_clock import FakeClock
from legacyops_lab.ft import estate, levels
from legacyops_lab.ft.physics import Action, act, advance, next_event, rest
from legacyops_lab.ft.state import System, healthy, windows

REPOSITORY = Path(__file__).resolve().parents[3]
SYSTEMS = estate.load(REPOSITORY / "lab" / "estates" / "ft" / "systems.yml")
CO1, CO2, FT = "coserver1", "coserver2", "ftvirtual"
REMEDY = {"windows_2003": levels.number("V1.0L20"), "windows_2000": levels.number("V1.0L40")}
START = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock that stands still."""
    return FakeClock(START)


def begin(name: str) -> System:
    """Return a system of the estate in its first state, nothing under way."""
    return rest(estate.first_state(SYSTEMS[name]))


def until(system: System, holds: Callable[[System], bool]) -> System:
    """Let time pass until something holds; AssertionError if it never will."""
    while not holds(system):
        step = next_event(system)
        assert step is not None, "nothing more will happen"
        system = advance(system, step)
    return system


class At:
    """A step that waits: for the POST of a CoServer, or until nothing more happens."""

    def __init__(self, node: str, phase: str) -> None:
        self.node, self.phase = node, phase


Step = Action | At
DONE = At("", "")


def carry_out(system: System, steps: Iterable[Step]) -> System:
    """Carry steps out, each as soon as the one before it allows."""
    for step in steps:
        if isinstance(step, Action):
            system = act(system, step)
        elif step is DONE:
            system = rest(system)
        else:
            system = until(system, lambda s, a=step: windows(s, a.node).phase == a.phase)
    return system


def clean_coserver(node: str) -> list[Step]:
    """①–⑥ on one CoServer, which is off; afterwards both are."""
    return [
        Action("power_on", node),
        At(node, "up"),
        Action("uninstall_kb", node),
        At(node, "post"),
        Action("power_off", node),
    ]


def prevention(kind: str, kb_on: Iterable[str] = (FT, CO1, CO2)) -> list[Step]:
    """⑲ and section 4: the fix on every node, each with a restart; then the KB."""
    steps: list[Step] = []
    for node in (FT, CO1, CO2):
        steps += [Action("install_fix", node, level=REMEDY[kind]), DONE]
    for node in kb_on:
        steps += [Action("install_kb", node), DONE]
    return steps


def both_off(system: System) -> System:
    """Bring a failed system to where ① begins: gracefully where a node allows that."""
    for node in (CO1, CO2):
        system = until(system, lambda s, n=node: windows(s, n).phase in ("up", "stuck"))
        if windows(system, node).usable:
            system = until(act(system, Action("shutdown", node)), lambda s, n=node: _off(s, n))
        else:
            system = act(system, Action("power_off", node))
    return system


def _off(system: System, node: str) -> bool:
    return windows(system, node).phase == "off"


def recovery_2003() -> list[Step]:
    """①–⑱ of the Windows 2003 type, from both CoServers off."""
    return [
        *clean_coserver(CO1),
        *clean_coserver(CO2),
        Action("power_on", CO1),
        Action("power_on", CO2),
        DONE,
        Action("enable", CO1),
        DONE,
        Action("uninstall_kb", FT),
        DONE,
        Action("enable", CO2),
        DONE,
    ]


def recovery_2000() -> list[Step]:
    """失敗-①–⑩ of the Windows 2000 type, from both CoServers off."""
    return [
        *clean_coserver(CO1),
        *clean_coserver(CO2),
        Action("power_on", CO1),
        Action("power_on", CO2),
        DONE,
        Action("logon", CO1),
        DONE,
    ]


def is_well(system: System) -> bool:
    """Whether the system is healthy and nothing wrong was done."""
    return healthy(system) and not system.violations


def keys(system: System) -> list[str]:
    """Return the keys of the ledger's violations."""
    return [entry.key for entry in system.violations]


def spec(**parts: Any) -> System:
    """Return the first state of a system that is described here."""
    return estate.first_state({"model": "test", "type": "windows_2003", **parts})
