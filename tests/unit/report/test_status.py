# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a host stands at each moment of its plan, from what the change directory holds."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.entry import Entry
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.records import Step
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.window import Window
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.layout import WIDTH, wide
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.status import (
    status_csv,
    status_text,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._report.status import (
    STATUSES,
    Known,
    Moment,
    change_status,
    host_status,
)
from entry_double import entry
from step_double import planned

BEGAN = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
NAMES = ("01-drain", "02-install", "03-let_in")


def at(minutes: float = 0, **more: Any) -> Moment:
    return Moment(BEGAN + timedelta(minutes=minutes), **more)


def utc(minutes: float) -> str:
    return (BEGAN + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def steps() -> list[Step]:
    return [planned(name, "restart", resting_point=name == NAMES[-1]) for name in NAMES]


def began(*remaining: str, minutes: float = 0) -> Entry:
    return entry("begin", plan="p", remaining=list(remaining or NAMES), utc=utc(minutes))


def intent(name: str, minutes: float, *, joins: bool = False) -> Entry:
    return entry("intent", step=name, joins=joins, utc=utc(minutes))


def result(name: str, minutes: float, status: str = "ok") -> Entry:
    return entry("result", step=name, status=status, utc=utc(minutes))


IN_STEP_2 = [began(), intent(NAMES[0], 0), result(NAMES[0], 1), intent(NAMES[1], 2)]


def known(status: str, *entries: Entry, **more: Any) -> Known:
    state = {"status": status, **more.pop("state", {})}
    return Known("xa01", steps(), wave=0, state=state, entries=entries, **more)


def test_a_step_that_is_carried_out_has_its_times() -> None:
    host = host_status(known("under_way", *IN_STEP_2, alive=True), at(3))
    assert (host["status"], host["step"], host["number"]) == ("under_way", NAMES[1], 2)
    assert (host["since"], host["expected_end"], host["latest_end"]) == (utc(2), utc(3), utc(12))
    assert host["steps_left"] == 2
    assert not host["rests"]
    # Two steps of 60 s expected and 600 s at most, of which one minute is over.
    assert host["to_rest"] == {"resting_point": NAMES[2], "expected": 60, "longest": 1140}


def test_between_two_steps_the_next_one_is_named_and_has_no_times() -> None:
    host = host_status(known("under_way", *IN_STEP_2, result(NAMES[1], 4), alive=True), at(5))
    assert (host["step"], host["since"], host["expected_end"]) == (NAMES[2], None, None)


def test_a_run_that_is_gone_leaves_its_host_interrupted() -> None:
    host = host_status(known("under_way", *IN_STEP_2, alive=False), at(3))
    assert (host["status"], host["step"], host["since"]) == ("interrupted", NAMES[1], utc(2))
    assert "Run the same command again" in host["text"]["en"]
    still = host_status(known("under_way", *IN_STEP_2, alive=False, worker=4711), at(3))
    assert "process 4711 still ends the step" in still["text"]["en"]
    taken = host_status(known("under_way", *IN_STEP_2, alive=False, queued=True), at(3))
    assert "takes it up" in taken["text"]["en"]


def test_a_run_elsewhere_is_not_called_gone() -> None:
    assert host_status(known("under_way", *IN_STEP_2, alive=None), at(3))["status"] == "under_way"


def test_a_step_that_a_run_joins_has_gone_on_since_it_was_begun_first() -> None:
    again = [began(*NAMES[1:], minutes=20), intent(NAMES[1], 21, joins=True)]
    host = host_status(known("under_way", *IN_STEP_2, *again, alive=True), at(22))
    assert (host["step"], host["since"]) == (NAMES[1], utc(2))


def test_a_step_that_failed_before_is_counted_anew() -> None:
    again = [result(NAMES[1], 5, "failed"), began(*NAMES[1:], minutes=20), intent(NAMES[1], 21)]
    host = host_status(known("under_way", *IN_STEP_2, *again, alive=True), at(22))
    assert host["since"] == utc(21)


def test_what_waits_for_a_person_says_for_whom_and_since_when() -> None:
    asked = [{"step": f"{NAMES[1]}-seen", "since": utc(2), "second_name": True}]
    host = host_status(known("under_way", *IN_STEP_2, asked=asked, alive=True), at(9))
    assert (host["status"], host["step"], host["since"]) == ("waiting", NAMES[1], utc(2))
    assert host["waits_for"]["two_people"]
    gone = host_status(known("waiting", *IN_STEP_2, answered=True), at(9))
    assert gone["status"] == "waiting"
    assert "It is answered. Run the same command again." in gone["text"]["en"]


def test_what_failed_says_why_and_where() -> None:
    state = {
        "step": NAMES[1],
        "reason": "installer",
        "message": "It ended with 1603.",
        "utc": utc(4),
    }
    entries = [*IN_STEP_2, result(NAMES[1], 4, "failed")]
    host = host_status(known("failed", *entries, state=state), at(9))
    assert (host["status"], host["reason"]) == ("failed", "installer")
    assert (host["step"], host["text"]["en"]) == (NAMES[1], "It ended with 1603.")
    assert host["to_rest"]["longest"] > 0, "it is between two resting points"


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"refused": "The change is stopped."}, "The change is stopped."),
        ({"refused": ""}, None),
        ({"queued": True}, "Its turn has not come (wave 1 of 3)."),
        ({"state": {"message": "wave 1 waits"}}, "wave 1 waits"),
        ({}, "No run has come to it."),
    ],
)
def test_why_a_host_has_not_begun(more: dict[str, Any], says: str | None) -> None:
    host = host_status(known("not_begun", **more), at(waves=3))
    assert host["status"] == "not_begun"
    assert host["step"] is None
    assert (host["text"] and host["text"]["en"]) == says


def test_a_window_that_is_too_short_is_the_reason() -> None:
    window = Window(BEGAN, BEGAN + timedelta(minutes=10), timedelta(minutes=30))
    host = host_status(known("not_begun", queued=True), at(window=window))
    assert "is reckoned with 30 min" in host["text"]["en"]


def test_a_journal_that_was_altered_is_told_of_whatever_else() -> None:
    host = host_status(known("under_way", alive=True, damaged="line 3: altered"), at())
    assert "line 3: altered" in host["text"]["en"]


def every_status() -> dict[str, Any]:
    """A change with a host of each status, and texts that would break a terminal or a table."""
    of = {
        "failed": known("failed", *IN_STEP_2, state={"message": "=cmd|' /C calc'!A0 \x1b[2J" * 9}),
        "interrupted": known("under_way", *IN_STEP_2),
        "waiting": known("waiting", *IN_STEP_2, state={"message": "ask"}),
        "under_way": known("under_way", *IN_STEP_2, alive=True),
        "not_begun": known("not_begun"),
        "left_alone": Known("xa01", steps(), blocked="The package is not signed"),
        "done": known("done"),
        "nothing": Known("xa01", []),
    }
    assert tuple(of) == STATUSES
    told = change_status(list(of.values()), at(30, window=Window(BEGAN, BEGAN + timedelta(hours=5),
        timedelta(minutes=30))))  # fmt: skip
    assert [host["status"] for host in told["hosts"]] == list(STATUSES)
    run = {"controller": "relay1", "process": 1, "user": "sato", "since": utc(0), "seen": True}
    about = {"stopped": "a storm", "closed": False, "refused": None, "runs": [run]}
    return {"change": "CHG0042", **told, **about}


@pytest.mark.parametrize("language", ["en", "ja"])
def test_it_fits_a_terminal_and_obeys_nobody(language: str) -> None:
    text = status_text(every_status(), language)
    assert max(map(wide, text.splitlines())) <= WIDTH
    assert "\x1b" not in text
    assert ("4 h 30 min left" in text) == (language == "en")
    assert ("LATER THAN PLANNED" in " ".join(text.split())) == (language == "en")


def test_the_table_has_a_row_a_host_and_no_formula() -> None:
    rows = list(csv.DictReader(io.StringIO(status_csv(every_status()))))
    assert [row["status"] for row in rows] == list(STATUSES)
    assert rows[0]["text"].startswith("'=cmd")
    assert rows[3]["expected_end"] == utc(3)
