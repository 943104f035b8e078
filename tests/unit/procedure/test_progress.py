# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of systems under way: it hears what the actions really say."""

from __future__ import annotations

from datetime import datetime

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io import waiting
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.progress import (
    ProgressTable,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.text import wide
from hypothesis import given
from hypothesis import strategies as st

NOON = datetime(2026, 11, 22, 12, 0, 0)
STEP = "[ft01] step 3 of 19: CoServer1 の電源を切断する [③]"


@pytest.fixture
def table() -> ProgressTable:
    return ProgressTable()


def heard(table: ProgressTable, *lines: str) -> list[bool]:
    return [table.hear(line, NOON) for line in lines]


def test_a_step_and_what_it_awaits(table: ProgressTable) -> None:
    assert heard(table, STEP, "[ft01] waits for CoServer1 to be silent (90 s)") == [True, True]
    assert table.lines(120, 10) == [
        "ft01 | step 3 of 19 [③] CoServer1 の電源を切断する | "
        "waits for CoServer1 to be silent, since 11:58:30"
    ]


def test_it_hears_what_progress_says(table: ProgressTable, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(waiting.time, "monotonic", lambda: clock[0])
    lines: list[str] = []
    progress = waiting.Progress(lambda text: lines.append(f"[xa01] {text}"))
    clock[0] += 61
    progress("the installer runs")
    assert heard(table, *lines) == [True]
    assert table.lines(80, 10) == ["xa01 | the installer runs, since 11:58:59"]


def test_the_next_step_awaits_nothing_yet(table: ProgressTable) -> None:
    heard(table, STEP, "[ft01] waits (1 s)", "[ft01] step 4 of 19: Next [④]")
    assert table.lines(80, 10) == ["ft01 | step 4 of 19 [④] Next"]


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Look", "Look"),
        ("Look [a, b, c]", "[a +2] Look"),
        ("Look [a] (goes on where an earlier run left it)",
         "[a] Look (goes on where an earlier run left it)"),
    ],
)  # fmt: skip
def test_the_clause_stands_before_the_title(table: ProgressTable, said: str, shown: str) -> None:
    heard(table, f"[ft01] step 4 of 19: {said}")
    assert table.lines(80, 10) == [f"ft01 | step 4 of 19 {shown}"]
    assert table.ended("ft01") == f"step 4 of 19: {said}"


def test_other_lines_are_not_taken(table: ProgressTable) -> None:
    lines = ["TASK [x] ***", "", "[ft01] Step 03: failed. Remains: 04.", "[ft01]"]
    assert heard(table, *lines) == [False] * 4
    assert table.lines(80, 10) == []


def test_what_ended_is_told_once_and_shown_no_more(table: ProgressTable) -> None:
    heard(table, STEP)
    assert table.ended("ft01").startswith("step 3 of 19")
    assert table.ended("ft01") == ""
    assert table.lines(80, 10) == []


def test_a_host_cannot_move_the_cursor(table: ProgressTable) -> None:
    heard(table, "[ft01] waits for \x1b[2J\u202eevil (1 s)")
    assert "\x1b" not in table.lines(80, 10)[0]
    assert "\u202e" not in table.lines(80, 10)[0]


def test_more_systems_than_lines(table: ProgressTable) -> None:
    heard(table, *[f"[ft{n:02d}] step 1 of 2: Look" for n in range(30)])
    lines = table.lines(80, 10)
    assert len(lines) == 10
    assert lines[-1] == "... and 21 more"


def test_what_is_awaited_stays_readable_on_a_narrow_terminal(table: ProgressTable) -> None:
    heard(table, STEP, "[ft01] waits for CoServer1 to be silent (90 s)")
    (line,) = table.lines(80, 10)
    assert line.startswith("ft01 | step 3 of 19 [③]")
    assert line.endswith("waits for CoServer1 to be silent, since 11:58:30")


@given(st.text(max_size=60), st.text(max_size=200), st.text(max_size=200), st.integers(20, 200))
def test_no_line_is_ever_too_wide_for_the_terminal(host, title, awaits, columns):
    table = ProgressTable()
    heard(table, f"[{host}] step 1 of 2: {title}", f"[{host}] {awaits} (3 s)")
    assert all(wide(line) < columns for line in table.lines(columns, 10))
