# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mutants of the advisory die: a sample, the clauses' expected states, and that the table is fresh.

All of them: make mutations.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.advisory import (
    Advisory,
    bundled_folder,
    load_advisories,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.brakes import BRAKES
from legacyops_model.ft.byhand import Judged, judged
from legacyops_model.ft.starts import KINDS
from mutants import Mutant, expect_mutants, interlock_mutants, order_mutants
from prooftable import rows

TABLE = Path(__file__).parents[2] / "docs" / "proof-of-order.md"


@pytest.fixture(scope="module")
def advisory() -> Advisory:
    """Return the advisory on FT systems."""
    return load_advisories([bundled_folder()])["kb890859_tx200ft"]


@pytest.fixture(scope="module", params=KINDS)
def judgement(advisory: Advisory, request: pytest.FixtureRequest) -> tuple[str, Judged]:
    """Return a type of system, and what carrying out any step in any state leads to."""
    return request.param, judged(advisory, request.param, thin=200)


def by_name(mutants: list[Mutant]) -> dict[tuple[str, str], Mutant]:
    return {(mutant.what[0], mutant.what[2]): mutant for mutant in mutants}


@pytest.mark.slow
def test_no_step_does_harm_by_hand(judgement):
    _kind, (_steps, found) = judgement
    assert {name: dict(harms) for name, harms in found.unsound.items() if harms} == {}


@pytest.mark.slow
def test_interlocks_die_or_are_explained(advisory, judgement):
    found = list(interlock_mutants(advisory, judgement[1]))
    assert [mutant.what for mutant in found if not mutant.dead and not mutant.why] == []
    dead = {key for key, mutant in by_name(found).items() if mutant.dead}
    assert {
        ("coserver1_uninstall", "power coserver2"),
        ("coserver2_uninstall", "power coserver1"),
        ("ftvirtual_kb", "fix_runs all"),
        ("coserver1_kb", "fix_runs all"),
        ("coserver1_kb_restart", "health"),
    } <= dead


# What is to be seen after a clause, by step and expectation.
CLAUSES = {
    "windows_2003": [
        ("coserver2_on_again", "service"),  # ⑧ the FTvirtual Server stays failed
        ("ftvirtual_runs", "runs_on"),  # ⑫ on one side only
        ("ftvirtual_restart", "not_restarted both"),  # ⑯
    ],
    "windows_2000": [
        ("ftvirtual_restart_running", "not_restarted both"),  # ③
        ("ftvirtual_dark_green", "icon ftvirtual"),  # ⑤
    ],
}


@pytest.mark.slow
def test_what_a_clause_promises_is_looked_for(advisory, judgement):
    kind, judged_ = judgement
    found = list(expect_mutants(advisory, judged_))
    assert [mutant.what for mutant in found if not mutant.dead and not mutant.why] == []
    dead = {key for key, mutant in by_name(found).items() if mutant.dead}
    assert set(CLAUSES[kind]) <= dead


def test_clause_5_looks_at_the_icon_alone(advisory):
    checks = [ref["ask"] for ref in advisory.data["steps"]["ftvirtual_dark_green"]["expect"]]
    assert checks == ["phase ftvirtual", "icon ftvirtual"]


@pytest.mark.slow
def test_a_sample_of_the_orders(advisory):
    found = list(order_mutants(advisory, only=29))
    assert len(found) > 5
    assert [mutant.what for mutant in found if not mutant.dead and not mutant.why] == []


def test_the_table_has_every_interlock_and_expectation(advisory):
    """Where this fails, the advisory has changed: make mutations."""
    steps = advisory.data["steps"]
    for title, key in (("interlock less", "interlocks"), ("expectation less", "expect")):
        told = {(name.split()[0], check) for name, check in rows(TABLE, title)}
        there = {(name, ref["ask"]) for name, step in steps.items() for ref in step.get(key, [])}
        if key == "interlocks":
            there |= {(name, brake) for name in steps for brake in BRAKES}
        assert told == there


def test_the_table_has_every_order(advisory):
    """Where this fails, the procedures have changed: make mutations."""
    told = set(rows(TABLE, "left out or moved"))
    left_out = {
        (name, f"without {entry['step']}")
        for name, procedure in advisory.data["procedures"].items()
        for entry in procedure["steps"]
        if "step" in entry
    }
    assert left_out <= told
