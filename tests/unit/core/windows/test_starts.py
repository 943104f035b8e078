# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A new start is proven by signs that no step of a clock can make."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.windows.starts import (
    mark_of,
    position,
    started_since,
)
from hypothesis import given
from hypothesis import strategies as st
from start_signs import start

DAY = 86_400
STEPS = st.integers(-10 * DAY, 10 * DAY)
UP = st.integers(0, 400 * DAY)


def logless(first: int, last: int, number: int = 1, **more: Any) -> dict[str, Any]:
    """A System log without a start record: it has been written over, or cleared."""
    signs = {"start_record": None, "first_record": first, "last_record": last}
    return {**start(number, **more), **signs}


@given(before=UP, later=UP, step=STEPS, another=STEPS)
def test_no_step_of_the_clock_is_a_start(before, later, step, another):
    mark = mark_of(start(1, up=before, clock=step))
    now = start(1, up=before + later, clock=another)
    assert started_since(mark, now).proven is False


@given(before=st.integers(3600, 400 * DAY), up=st.integers(0, 3000), step=STEPS, another=STEPS)
def test_no_step_of_the_clock_hides_a_start(before, up, step, another):
    """Not where it is looked at before it has been up for as long as the start before it."""
    mark = mark_of(start(1, up=before, clock=step))
    assert started_since(mark, start(2, up=up, clock=another)).proven is True


@given(before=UP, up=UP, step=STEPS, another=STEPS)
def test_a_start_is_never_told_to_be_none(before, up, step, another):
    mark = mark_of(start(1, up=before, clock=step))
    assert started_since(mark, start(2, up=up, clock=another)).proven is not False


def test_what_public_reports_and_an_operator_saw():
    """LastBootUpTime moved by half a second, and by the two seconds of a synchronisation."""
    mark = {
        "start_record": 7,
        "last_boot": "2005-04-13T01:15:00Z",
        "clock_utc": "2005-04-20T00:00:00Z",
    }
    now = {
        "start_record": 7,
        "last_boot": "2005-04-13T01:15:02Z",
        "clock_utc": "2005-04-20T00:10:02Z",
    }
    assert started_since(mark, now).proven is False


@pytest.mark.parametrize(
    ("now", "says"),
    [
        (start(1, up=900, clock=9 * 3600), "still that of record 4060"),
        # An event log service that was restarted writes a record too; Windows was not.
        ({**start(1, up=900), "start_record": 4100}, "nothing else shows"),
        ({**start(2), "start_record": 12}, "was cleared"),
        ({**start(2), "start_record": None}, "could not be read"),
        (logless(1, 2, 2), "cleared or written over"),
        (logless(4500, 9000, 2), "cleared or written over"),
        (None, "could not be read"),
        ({"starts_told": 1}, "not both"),
    ],
)
def test_one_sign_alone_proves_nothing(now, says):
    found = started_since(start(1), now)
    assert found.proven is (False if "still" in says else None)
    assert says in found.evidence


@pytest.mark.parametrize("mark", [None, {}, {"last_boot": "2026-11-22T05:00:00Z"}])
def test_without_a_mark_nothing_is_known(mark):
    assert started_since(mark, start(2)).proven is None


def test_a_log_that_was_written_over_still_tells():
    """The start of 400 days ago is in no log any more; where the log ends, the next one begins."""
    mark = mark_of(logless(100, 4070, up=400 * DAY))
    assert position(mark) == 4070
    assert started_since(mark, start(2)).proven is True
    assert started_since(mark, logless(150, 4075, up=401 * DAY, clock=7200)).proven is False
    assert started_since(mark, logless(4200, 9000, up=401 * DAY)).proven is None


def test_a_person_tells_of_starts():
    assert started_since({"starts_told": 0}, {"starts_told": 1}).proven is True
    assert started_since({"starts_told": 1}, {"starts_told": 1}).proven is False
    assert started_since({"starts_told": 1}, start(2)).proven is None


def test_only_what_tells_of_the_start_is_kept():
    assert mark_of({**start(1), "caption": "x", "first_record": None}) == start(1)
    assert mark_of(None) is mark_of({"caption": "x"}) is None
