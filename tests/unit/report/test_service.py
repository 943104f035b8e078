# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time without service: never more certain than the journal is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.entry import Entry
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.records import Step
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._report.service import service
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._report.texts import between
from entry_double import entry
from legacyops_model.ft.site import HOST
from step_double import planned

SERVICE = {"check": "ft_service", "with": {}}


def step(name: str, action: str, target: str | None = None, **more: Any) -> Step:
    return planned(name, action, **{"node": target, "by": "relay", **more})


def at(minute: int, kind: str, name: str | None = None, **body: Any) -> Entry:
    return entry(kind, utc=f"2026-11-22T05:{minute:02d}:00Z", step=name, **body)


def seen(state: str) -> list[dict[str, Any]]:
    return [{"ref": {**SERVICE, "is": state}, "holds": True, "evidence": ""}]


def logons(state: str) -> Step:
    return step(state, "logon_mode", by=None, arguments={"state": state})


FARM = [logons("drained"), step("install", "msp_patch", by=None), logons("enabled")]


def test_a_servers_logons_are_away_from_their_refusal_to_their_return():
    told = service(
        FARM,
        [
            at(0, "begin"),
            at(1, "intent", "drained"),
            at(2, "result", "drained", status="ok"),
            at(20, "intent", "enabled"),
            at(21, "result", "enabled", status="ok"),
        ],
    )
    assert told is not None
    assert (told["at_least_seconds"], told["at_most_seconds"]) == (18 * 60, 20 * 60)
    assert told["back"]
    assert told["kind"] == "logons"


def test_logons_that_did_not_return_are_away_at_the_last_reading():
    told = service(FARM, [at(1, "intent", "drained"), at(2, "result", "drained", status="ok")])
    assert told is not None
    assert not told["back"]
    assert [period["ended"] for period in told["periods"]] == [False]


def test_a_failed_drain_proves_nothing():
    entries = [at(1, "intent", "drained"), at(2, "result", "drained", status="failed")]
    told = service(FARM, entries)
    assert told is not None
    assert told["at_most_seconds"] == 0


def test_a_restart_interrupts_for_an_unknown_part_of_its_time():
    steps = [step("restart", "restart", "ftvirtual")]
    up = {"check": "ft_phase", "with": {"node": "ftvirtual"}, "is": "up"}
    told = service(
        steps,
        [
            at(0, "intent", "restart", interlocks=[{"ref": up, "holds": True, "evidence": ""}]),
            at(10, "result", "restart", status="ok", expected=[up]),
        ],
    )
    assert told is not None
    assert (told["at_least_seconds"], told["at_most_seconds"]) == (0, 600)


def test_an_interlock_that_does_not_hold_says_nothing():
    refused = [{"ref": {**SERVICE, "is": "down"}, "holds": False, "evidence": ""}]
    assert service([step("a", "power")], [at(1, "intent", "a", interlocks=refused)]) is None


def test_what_contradicts_itself_says_nothing():
    both = [*seen("down"), *seen("runs")]
    assert service([step("a", "power")], [at(1, "intent", "a", interlocks=both)]) is None


def test_time_before_the_change_is_not_counted(night):
    failed = night("ft-failed1").run()
    told = service(failed.steps, failed.entries, failed.observation)
    assert told is not None
    assert told["down_before"]
    assert told["periods"][0]["from"] == failed.entries[0].utc


@pytest.mark.parametrize("name", ["ft-failed1", "ft-latent", "ft-healthy"])
def test_a_whole_night_has_bounds_around_the_truth(night, name):
    """The restarts of ⑲ interrupt a healthy system too, and in the end service is back."""
    told_of = night(name).run()
    told = service(told_of.steps, told_of.entries, told_of.observation)
    assert told is not None
    assert told["back"]
    assert 0 <= told["at_least_seconds"] <= told["at_most_seconds"]
    assert told["at_most_seconds"] > 0
    whole = between(told_of.entries[0].utc, told_of.entries[-1].utc)
    assert told["at_most_seconds"] < whole


def test_without_a_journal_nothing_is_told(night):
    planned = night("ft-failed1")
    blind = replace(planned.observation, data={})
    assert service(planned.steps, [], blind) is None


def test_what_was_seen_last_counts_once_the_change_began(night):
    left = night("ft-failed1").run(until="ftvirtual_runs")
    told = service(left.steps, left.entries, left.observation)
    assert told is not None
    assert not told["back"]
    after = left.sources().latest(HOST)
    later = replace(night("ft-healthy").observation, taken=after.taken)
    seen = service(left.steps, left.entries, left.observation, later)
    assert seen is not None
    assert seen["back"]
    assert seen["at_most_seconds"] > told["at_most_seconds"]
