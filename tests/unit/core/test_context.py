# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a decision needs besides the observation: how it is made of the plan and the states."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.context import (
    NO_CHANGE,
    Context,
    Place,
    context_of,
    silos_of,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.observation import Observation
from entry_double import entry
from start_signs import start
from step_double import planned

RESTART = planned("01-restart", "restart")
LOOK = planned("01-look", "node_info")


def of(host: str, statuses: dict[str, Any], **more: Any) -> Context:
    """The context of a host in a plan of a and b, in this order; b only looks."""
    common = {"settings": {"silo": "s", "failure_budget": 1}}
    plan: dict[str, Any] = {
        "waves": [["a"], ["b"]],
        "hosts": {
            "a": {**common, "steps": [RESTART], "facts": {"system": {"computer_name": "XA01"}}},
            "b": {**common, "steps": [LOOK]},
        },
        "outside": {"c": {"settings": {"silo": "s"}}},
    }
    for name, silo in silos_of(plan).items():
        plan["hosts"][name]["silo"] = silo
    states = {name: {"status": "not_begun"} for name in "ab"} | statuses
    given: dict[str, Any] = {"change": "C", "run": "r", "approved": True, "stopped": False, **more}
    return context_of(plan, host, states, given.pop("journal", ()), **given)


def test_it_holds_what_the_plan_says_of_the_host_and_the_change() -> None:
    context = of("a", {})
    assert (context.computer_name, context.failure_budget) == ("XA01", 1)
    assert of("b", {}).computer_name is None
    assert context.hosts["a"] == Place("not_begun", 0, silo="s")
    assert context.hosts["c"] == Place("outside", None, silo="s")
    assert context.window_open is None


@pytest.mark.parametrize(
    ("host", "of_whom", "state", "more", "status"),
    [
        ("b", "a", {"status": "failed"}, {}, "failed"),
        # It counts as failed again where this run fails it.
        ("b", "a", {"status": "failed", "retry": True}, {}, "waiting"),
        # In check mode nobody before has ended, which is taken for granted.
        ("b", "a", {"status": "under_way"}, {"predicted": True}, "done"),
        ("a", "b", {"status": "failed"}, {"predicted": True}, "failed"),
        # Who is under way and serves its users all the while is nobody's loss.
        ("a", "b", {"status": "under_way"}, {}, "not_begun"),
        ("b", "b", {"status": "under_way"}, {}, "under_way"),
        ("b", "a", {"status": "under_way"}, {}, "under_way"),
    ],
)
def test_how_others_stand(host: str, of_whom: str, state: Any, more: Any, status: str) -> None:
    assert of(host, {of_whom: state}, **more).hosts[of_whom].status == status


def test_whose_a_host_is_nobody_can_tell_outside_of_a_change() -> None:
    context = of("a", {})
    assert context.is_ours({"change": "C", "run": "r"}) is True
    assert context.is_ours({"change": "C", "run": "another"}) is False
    assert NO_CHANGE.is_ours({"change": None, "run": None}) is None


def test_the_journal_tells_what_restarts_are_owed() -> None:
    asked = {"required": True, "since": start(1), "signs": []}
    context = of("a", {}, journal=[entry("result", restart=asked)])
    assert context.restarts[""]["owed"] == start(1)
    assert NO_CHANGE.restarts == {}


def test_a_step_knows_how_it_was_before() -> None:
    before = Observation("a", "t", "test", {})
    assert of("a", {}).before is None
    assert of("a", {}).at_step(before, "2026").before is before
