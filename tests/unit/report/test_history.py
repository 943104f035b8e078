# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the journal tells of a step, in every shape that a run can leave it."""

from __future__ import annotations

from typing import Any

import entry_double
import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.entry import Entry
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._report.history import step_history
from step_double import planned

STEP = planned(
    "06-install", "msp_patch", host="xa01", clause=["対策2-7"],
    title={"en": "Install", "ja": "適用"}, changes={"en": "Files.", "ja": "ファイル。"},
    seconds={"expected": 60, "longest": 300},
)  # fmt: skip


def entry(kind: str, minute: int, **body: Any) -> Entry:
    body = {"utc": f"2026-11-22T05:{minute:02d}:00Z", "step": STEP.id, **body}
    return entry_double.entry(kind, **body)


def told(*entries: Entry) -> dict[str, Any]:
    return step_history(STEP, entries)


INTENT = entry("intent", 1, joins=False, interlocks=[])
OK = entry("result", 3, status="ok", result={"changed": True, "exit_code": 3010})


@pytest.mark.parametrize(
    ("entries", "outcome"),
    [
        ([], "not_reached"),
        ([INTENT], "unfinished"),
        ([INTENT, OK], "done"),
        ([entry("result", 1, status="ok", why="Its goal is reached already.")], "already"),
        ([INTENT, OK, entry("result", 9, status="ok", why="reached already")], "done"),
        ([entry("result", 1, status="skipped", why="not needed")], "skipped"),
        ([INTENT, entry("result", 3, status="failed", reason="deadline")], "failed"),
        ([entry("result", 1, status="refused", reason="interlock")], "refused"),
        ([INTENT, entry("left", 3, step=None, left_step=STEP.id, reason="interrupted")], "left"),
        (
            [INTENT, entry("left", 3, step=None, left_step=STEP.id, reason="waiting_operator")],
            "waiting",
        ),
        ([INTENT, entry("result", 3, status="failed"), entry("intent", 5), OK], "done"),
        ([INTENT, OK, entry("intent", 5)], "unfinished"),
    ],
)
def test_outcome(entries, outcome):
    assert told(*entries)["outcome"] == outcome


def test_times_run_from_the_first_try_to_the_last_result():
    again = [entry("intent", 5, joins=True), entry("result", 8, status="ok", result={})]
    record = told(INTENT, entry("result", 3, status="failed", reason="timeout"), *again)
    assert record["began"] == "2026-11-22T05:01:00Z"
    assert record["seconds_taken"] == 7 * 60
    assert record["attempts"] == 2
    assert record["joined"]


def test_going_on_after_a_wait_is_no_second_try():
    wait = entry("left", 2, step=None, left_step=STEP.id, reason="waiting_operator")
    said = entry("confirmation", 3, confirmation={"name": "佐藤", "second_name": None})
    record = told(
        INTENT, wait, said, entry("intent", 4, joins=True), entry("result", 5, status="ok")
    )
    assert record["attempts"] == 1
    assert record["people"] == ["佐藤"]


def test_a_step_that_did_more_than_the_longest_time_is_overdue():
    assert not told(INTENT, OK)["overdue"]
    assert told(INTENT, entry("result", 7, status="ok", result={}))["overdue"]


def test_the_time_between_two_runs_is_nobodys():
    """A run was left, or killed; the next one, hours later, goes on with what goes on by itself."""
    on = [entry("intent", 40, joins=True), entry("result", 42, status="ok", result={})]
    left = entry("left", 3, step=None, left_step=STEP.id, reason="interrupted")
    for earlier in ([INTENT, left], [INTENT]):
        record = told(*earlier, *on)
        assert record["seconds_taken"] == 41 * 60
        assert record["longest_try"] == 120
        assert not record["overdue"]


def test_a_later_look_at_what_is_done_does_not_lengthen_it():
    assert told(INTENT, OK, entry("result", 30, status="ok", why="already"))["seconds_taken"] == 120


def test_an_end_that_nobody_wrote_is_unknown():
    record = told(INTENT)
    assert record["ended"] is None
    assert record["seconds_taken"] is None


def test_a_transcribed_row_counts_with_its_own_times_and_says_so():
    row = entry_double.entry(
        "transcribed",
        utc="2026-11-23T01:00:00Z",
        transcribed_step=STEP.id,
        status="done",
        name="佐藤",
        second_name="Suzuki",
        began="2026-11-22T06:00:00Z",
        ended="2026-11-22T06:05:00Z",
        note="by lamplight",
    )
    record = told(row)
    assert (record["outcome"], record["transcribed"]) == ("done", True)
    assert record["seconds_taken"] == 300
    assert record["people"] == ["佐藤", "Suzuki"]
    assert record["note"] == "by lamplight"


def test_paper_does_not_outdo_what_a_run_recorded():
    row = entry_double.entry("transcribed", utc="2026-11-23T01:00:00Z", transcribed_step=STEP.id,
                             status="failed", name="佐藤")  # fmt: skip
    record = told(INTENT, OK, row)
    assert (record["outcome"], record["transcribed"]) == ("done", False)
    assert record["people"] == ["佐藤"]


def test_interlocks_of_a_refusal_are_those_that_did_not_hold():
    held = {"ref": {"check": "turn", "is": "reached"}, "holds": True, "evidence": "wave 1"}
    unmet = {"ref": {"check": "sessions", "at_most": 0}, "holds": False, "evidence": "2 sessions"}
    record = told(
        entry("intent", 1, interlocks=[held]),
        entry("result", 2, status="refused", interlocks=[unmet]),
    )
    assert [(each["holds"], each["evidence"]) for each in record["interlocks"]] == [
        (False, "2 sessions")
    ]
    assert record["interlocks"][0]["asks"]["en"] == "nobody is logged on"


def test_facts_of_the_result_are_told():
    assert told(INTENT, OK)["facts"] == {"changed": True, "exit_code": 3010}
