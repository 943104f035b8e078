# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The FT procedures against the lab's physics: no way leads to harm, and all lead to health.

Explored: each starting state, each step carried out, cut short at every point, refused, and run
again at once or later. Prints what was explored (pytest -s).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import plan as core
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.advisory import (
    Advisory,
    bundled_folder,
    load_advisories,
)
from explore import Explorer, Result
from ftsite import NODES, Power, State, form, observe, remembered
from legacyops_lab.ft import estate
from legacyops_lab.ft.physics import inject

ESTATES = Path(__file__).parents[2] / "lab" / "estates" / "ft" / "systems.yml"
WAYS = ("at_post", "bios_setup", "shutdown")
EVENTS = {
    "windows_2003": [("coserver1", "kernel_driver", 1, 1), ("coserver2", "is_failed", 2, 2)],
    "windows_2000": [("coserver1", "system_failure", 1, 1), ("coserver2", "system_failure", 2, 2)],
}
PHASES: dict[str, dict[str, Any]] = {
    "up": {},
    "off": {"phase": "off"},
    "stop": {"phase": "stop", "crashes": 2, "dirty": True},
    "hurt": {"hurt": True, "dirty": True},
}


@pytest.fixture(scope="session")
def advisory() -> Advisory:
    """Return the advisory on FT systems."""
    return load_advisories([bundled_folder()])["kb890859_tx200ft"]


def begin(description: dict[str, Any], *, failed: bool, power: tuple[Power, Power]) -> State:
    """Return the state at the beginning, read once; a failed system has logged it."""
    state = State(estate.first_state(description), power=power)
    if failed:
        state = replace(state, events=frozenset(EVENTS[description["type"]]))
    return remembered(state)


def goal_of(description: dict[str, Any]) -> tuple[str, ...]:
    """Return where the notice wants the update in the end: ⑥ of its first case names one node."""
    starts = description.get("ftvirtual", {}).get("phase", "up") == "up"
    first_case = starts and description.get("ftvirtual", {}).get("kb", False)
    if description["type"] == "windows_2000" and first_case:
        return ("ftvirtual",)
    return NODES


def explore(
    advisory: Advisory,
    description: dict[str, Any],
    *,
    failed: bool,
    way: str = "at_post",
    driver: str = "operator",
    fault: tuple[str, str] | None = None,
    power: tuple[dict[str, Any], dict[str, Any]] = ({}, {}),
    **options: Any,
) -> Result | None:
    """Plan, and explore carrying it out; None where nothing is planned, or the plan is blocked.

    fault: of the system. power: what is special about each CoServer's driver.
    """
    boards = tuple(Power(driver, **special) for special in power)
    state = begin(description, failed=failed, power=boards)
    windows = description["type"].removeprefix("windows_")
    given = form(description["model"], driver, windows=windows, power_off=way)
    plan = core.plan_host(advisory, {"ft_system": given}, observe(state))
    if not plan.steps:
        return None
    state = replace(state, events=frozenset())
    if fault:
        state = replace(state, system=inject(state.system, *fault))
    return Explorer(plan.steps, goal_of(description), **options).run(state)


def check(
    results: dict[str, Result | None], capsys: pytest.CaptureFixture[str], *, heals: bool = True
) -> None:
    """Print what was explored, and demand that nothing was harmed and no end is untrue.

    heals: demand besides that from everywhere a way leads to the goal.
    """
    done = [result for result in results.values() if result is not None]
    with capsys.disabled():
        print(
            f"\n{len(done)} starting states, {sum(r.places for r in done)} states, "
            f"{sum(r.transitions for r in done)} transitions"
        )
    assert {name: r.faults[:3] for name, r in results.items() if r and r.faults} == {}
    if heals:
        assert {name: r.stuck[:3] for name, r in results.items() if r and r.stuck} == {}
        assert all(r.good for r in done)


@pytest.mark.parametrize("way", WAYS)
def test_the_labs_systems(advisory, capsys, way):
    systems = estate.load(ESTATES)
    results = {
        name: explore(advisory, description, failed="failed" in name, way=way)
        for name, description in systems.items()
    }
    check(results, capsys)
    assert [name for name, result in results.items() if result is None] == [
        "ft-fixed",
        "ft-low",
        "ft-s2",
        "ft-sp1",
    ]


def subsets(kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield failed systems: the update on each subset of the nodes, CoServers in each state."""
    couples = [("up", "up"), ("up", "off"), ("off", "up"), ("up", "stop"), ("up", "hurt")]
    couples += [("hurt", "up")]
    for kb in itertools.product((True, False), repeat=3):
        # A Windows 2000 type fails to start only where a CoServer has the update.
        if not any(kb if kind == "windows_2003" else kb[:2]):
            continue
        for one, two in couples:
            name = "".join("K" if each else "-" for each in kb) + f" {one} {two}"
            yield (
                name,
                {
                    "model": "PGT20124F",
                    "type": kind,
                    "victim": 1 if one == "hurt" else 2,
                    "coserver1": {"windows": {"kb": kb[0], **PHASES[one]}, "virtual": "failed"},
                    "coserver2": {"windows": {"kb": kb[1], **PHASES[two]}, "virtual": "failed"},
                    "ftvirtual": {"phase": "off", "kb": kb[2], "dirty": True},
                },
            )


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["windows_2003", "windows_2000"])
def test_the_update_on_any_nodes(advisory, capsys, kind):
    results = {name: explore(advisory, d, failed=True) for name, d in subsets(kind)}
    check(results, capsys)


FAULTS = list(
    itertools.product(
        ("stays_down", "copy_slow", "enable_fails", "exit_code"),
        ("coserver1", "coserver2", "ftvirtual"),
    )
)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ft-failed1", "ft-latent", "ft-w2000-dead-all"])
def test_one_fault(advisory, capsys, name):
    description = estate.load(ESTATES)[name]
    results = {
        " ".join(fault): explore(advisory, description, failed=True, fault=fault)
        for fault in FAULTS
    }
    check(results, capsys)


@pytest.mark.slow
def test_any_step_by_hand_at_any_time_does_no_harm(advisory, capsys):
    description = estate.load(ESTATES)["ft-failed1"]
    result = explore(advisory, description, failed=True, by_hand=True, crashes=False)
    assert result is not None
    with capsys.disabled():
        print(f"\n{result.places} states, {result.transitions} transitions")
    assert result.faults == []
