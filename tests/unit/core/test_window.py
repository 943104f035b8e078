# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The window of a change: what it lets begin, and what it never abandons."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import window as windows
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.records import Step
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.window import WindowError
from entry_double import entry
from hypothesis import given
from hypothesis import strategies as st
from step_double import planned

START = datetime(2026, 11, 28, 13, 0, tzinfo=UTC)
HOUR = 3600
WINDOW = windows.window_of(
    {"start": "2026-11-28T22:00:00+09:00", "end": "2026-11-29T02:00:00+09:00"}
)


def step(name: str, longest: int, *, resting: bool = False, expected: int = 60) -> Step:
    seconds = {"expected": expected, "longest": longest}
    return planned(name, "node_info", resting_point=resting, seconds=seconds)


# Two stretches: one hour and a half to the first resting point, one hour to the end.
STEPS = [
    step("01-a", HOUR // 2),
    step("02-b", HOUR, resting=True),
    step("03-c", HOUR // 2),
    step("04-d", HOUR // 2),
]


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def result(name: str, status: str = "ok") -> dict[str, Any]:
    return entry("result", step=name, status=status)


def intent(name: str) -> dict[str, Any]:
    return entry("intent", step=name)


def test_a_window_knows_its_time_zone():
    assert WINDOW.start == START
    named = {"start": "2026-11-28 22:00", "end": "2026-11-29 02:00", "time_zone": "Asia/Tokyo"}
    assert windows.window_of(named).start == START
    assert windows.window_of(named).end == WINDOW.end
    assert windows.window_of(WINDOW.to_dict()) == WINDOW


def test_the_hour_that_comes_twice_wants_its_offset():
    """At the end of summer time 02:30 is two moments, at its beginning none."""
    zone = {"time_zone": "Europe/Berlin"}
    autumn = {"start": "2026-10-25 01:00", "end": "2026-10-25 02:30", **zone}
    spring = {"start": "2026-03-29 02:30", "end": "2026-03-29 06:00", **zone}
    for wrong in (autumn, spring):
        with pytest.raises(WindowError, match="comes twice, or never"):
            windows.window_of(wrong)
    told = windows.window_of({**autumn, "end": "2026-10-25T02:30+01:00"})
    assert told == windows.window_of(
        {"start": "2026-10-25T01:00+02:00", "end": "2026-10-25T01:30Z"}
    )
    assert told.to_dict()["start"] == "2026-10-25T01:00:00+02:00"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"start": "2026-11-28T22:00:00"}, "start has no time zone"),
        ({"end": "2026-11-28T22:00:00+09:00"}, "end is not after its start"),
        ({"end": "tomorrow"}, "end must be a date and time"),
        ({"end": None}, "end must be a date and time"),
        ({"time_zone": "Asia/Edo"}, "'Asia/Edo' is not known"),
        ({"time_zone": "../../etc/passwd"}, "is not known"),
        ({"warn_minutes": -1}, "warn_minutes must be"),
        ({"warn_minutes": True}, "warn_minutes must be"),
        ({"from": "x"}, "from is unknown"),
    ],
)
def test_a_window_that_cannot_be_meant_is_one_sentence(change, said):
    with pytest.raises(WindowError, match=said):
        windows.window_of({**WINDOW.to_dict(), **change})
    with pytest.raises(WindowError, match="must have start and end"):
        windows.window_of("tonight")


@pytest.mark.parametrize(
    ("hours", "state", "may"),
    [
        (-0.1, "not_yet", False),
        (0, "open", True),
        (2.5, "open", True),
        (2.51, "too_late", False),
        (4, "over", False),
        (90, "over", False),
    ],
)
def test_a_procedure_begins_only_if_the_next_resting_point_can_be_reached(hours, state, may):
    found = windows.judge(WINDOW, at(hours), STEPS, at_rest=True)
    assert (found.state, found.may_go_on) == (state, may)
    assert found.needed == HOUR + HOUR // 2
    assert found.resting_point == "02-b"


def test_past_the_resting_point_the_way_to_the_end_counts():
    found = windows.judge(WINDOW, at(2.9), STEPS[2:], at_rest=True)
    assert found.may_go_on
    assert found.resting_point is None
    assert not windows.judge(WINDOW, at(3.1), STEPS[2:], at_rest=True).may_go_on


def test_expected_durations_can_be_what_counts():
    late = at(3.9)
    assert not windows.judge(WINDOW, late, STEPS, at_rest=True).may_go_on
    assert windows.judge(WINDOW, late, STEPS, at_rest=True, estimate="expected").may_go_on


@given(st.floats(-48, 48), st.integers(0, 3))
def test_between_resting_points_no_system_is_abandoned(hours, left):
    found = windows.judge(WINDOW, at(hours), STEPS[left:], at_rest=False)
    assert found.may_go_on
    asks = found.text is not None and "ask for a longer window" in found.text["en"]
    assert asks == (found.state != "open")


def test_it_warns_before_the_end_and_not_before_that():
    assert windows.judge(WINDOW, at(1), STEPS[3:], at_rest=True).text is None
    soon = windows.judge(WINDOW, at(3.6), STEPS[3:], at_rest=False)
    assert soon.text is not None
    assert "in 24 min" in soon.text["en"]
    assert "あと 24 分" in soon.text["ja"]
    nothing_left = windows.judge(WINDOW, at(5), [], at_rest=True)
    assert nothing_left.may_go_on
    assert nothing_left.text is None


@pytest.mark.parametrize(
    ("entries", "rests"),
    [
        ([], True),
        ([entry("begin")], True),
        ([intent("01-a")], False),
        ([intent("01-a"), result("01-a")], False),
        ([intent("01-a"), result("01-a", "failed")], False),
        ([intent("02-b"), result("02-b")], True),
        ([intent("02-b"), result("02-b", "failed")], False),
        ([intent("01-a"), result("01-a"), result("02-b", "skipped")], True),
        ([result("01-a")], True),
        ([intent("02-b"), result("02-b"), intent("03-c")], False),
    ],
)
def test_where_a_host_stands_by_its_journal(entries, rests):
    assert windows.at_resting_point(STEPS, entries) is rests
