# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The night as a picture: what is expected beside what happened, in the report and the runbook."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ansible_collections.legacyops.hotfix.plugins.plugin_utils._report import render
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._report.expected import (
    expected,
    starts,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._report.report import build_report
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._report.runbook import build_runbook
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._report.timeline import (
    expected_timeline,
    timeline,
)
from legacyops_model.ft.site import HOST
from step_double import planned

NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)


def ends(told, name):
    """Return the moments at which the step of a name begins and ends by the plan."""
    return next((e["from"], e["to"]) for e in told["steps"] if e["id"].partition("-")[2] == name)


def test_service_and_redundancy_are_expected_back_where_the_notice_has_them_back(night):
    told = expected(night("ft-failed1").steps, NOW)
    (away, *short) = told["away"]
    assert away == {"from": NOW.isoformat(), "to": ends(told, "ftvirtual_runs")[1]}
    (lost, *_later) = told["lost"]
    assert lost == {"from": NOW.isoformat(), "to": ends(told, "all_dark_green")[1]}
    assert ends(told, "ftvirtual_restart")[0] in [each["from"] for each in short]


def test_a_healthy_system_is_without_redundancy_only_while_a_node_restarts(night):
    told = expected(night("ft-healthy").steps, NOW)
    assert told["lost"]
    restarts = [e["from"] for e in told["steps"] if "restart" in e["id"]]
    assert {each["from"] for each in told["lost"]} <= set(restarts)


def test_a_wave_begins_after_the_longest_of_the_one_before():
    def host(seconds):
        return {"steps": [planned("a", "soak", seconds={"expected": seconds, "longest": 900})]}

    plan = {"waves": [["a", "b"], ["c"]], "hosts": {"a": host(60), "b": host(300), "c": host(60)}}
    assert starts(plan, NOW) == {"a": NOW, "b": NOW, "c": NOW + timedelta(seconds=300)}


def test_planned_stands_beside_real_and_what_a_run_left_is_waiting(night):
    told = night("ft-failed1").run(until="virtual_server1_enable")
    step = next(each for each in told.steps if each.name == "virtual_server1_enable")
    told.note("intent", step=step.id, joins=False, interlocks=[])
    told.at += timedelta(minutes=1)
    told.note("left", left_step=step.id, reason="waiting_operator", message="Enable it.")
    told.at += timedelta(hours=3)
    told.note("result", step=step.id, status="ok", result={})
    report = build_report(told.sources())
    drawn = timeline(report)
    assert drawn is not None
    (row,) = drawn["rows"]
    title = step.title
    real = [each["kind"] for each in row["real"]["bars"] if each["title"] == title]
    assert real == ["act", "wait"]
    assert len(row["planned"]["bars"]) == len(told.steps)
    assert row["real"]["away"]
    assert row["real"]["lost"]
    page = render.report_page(report, "en", UTC)
    assert ">planned</text>" in page
    assert ">real</text>" in page
    assert page.count('class="lost"') >= 3  # planned, real, and what it means


def test_the_runbook_shows_what_is_expected_by_the_clock_or_from_its_beginning(night):
    plan = night("ft-failed1").plan
    runbook = build_runbook("CHG-1", plan, {}, {})
    drawn = expected_timeline(runbook)
    assert drawn is not None
    assert [row["host"] for row in drawn["rows"]] == [HOST]
    assert drawn["rows"][0]["real"] is None
    page = render.runbook_page(runbook, "en", UTC)
    assert ">+60 min</text>" in page
    window = {"start": "2026-11-28T13:00:00Z", "end": "2026-11-28T19:00:00Z"}
    page = render.runbook_page(build_runbook("CHG-1", plan, {}, {}, None, window), "en", UTC)
    assert ">14:00</text>" in page
