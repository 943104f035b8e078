# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a run ended: of this run, not of an earlier one, and with an exit code that tells apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.change import Change
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.directory import (
    ChangeDirectory,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.outcome import (
    EXIT_CODES,
    Outcome,
    checked,
    outcome,
    worst,
)
from step_double import planned

STEPS = [planned("01-a", "node_info"), planned("02-b", "node_info", resting_point=True)]


def change_of(root: Path, run: str | None = "run2", digest: str = "sha256:now") -> Change:
    entry = {"steps": STEPS, "settings": {}, "blocked": None}
    plan = {
        "change": "CHG1",
        "digest": digest,
        "waves": [["xa01", "xa02"]],
        "hosts": {
            "xa01": entry,
            "xa02": entry,
            "xa03": {**entry, "steps": [], "blocked": {"en": "It could not be read."}},
            "xa04": {**entry, "steps": []},
        },
    }
    change = Change(ChangeDirectory(root, "CHG1"), "CHG1", plan, {}, {})
    change.playbook_run = run
    return change


@pytest.mark.parametrize(
    ("status", "reason", "told", "code"),
    [
        ("done", None, "done", 0),
        ("failed", "interlock", "failed", 2),
        ("failed", "unreachable", "unreachable", 4),
        ("failed", "timeout", "unreachable", 4),
        ("waiting", "waiting_operator", "waiting", 2),
        ("not_begun", "window", "not_begun", 2),
        ("under_way", "interrupted", "under_way", 2),
    ],
)
def test_what_a_host_ends_with(
    tmp_path: Path, status: str, reason: str | None, told: str, code: int
) -> None:
    change = change_of(tmp_path)
    more: dict[str, Any] = {"reason": reason, "message": "So it is."} if reason else {}
    change.set_state("xa01", status, **more)
    found = outcome(change, "xa01", "run2")
    assert (found.status, found.reason, found.code) == (told, reason, code)


def test_the_words_of_an_earlier_run_are_not_this_runs(tmp_path: Path) -> None:
    change_of(tmp_path, "run1").set_state("xa01", "failed", reason="window", message="It ended.")
    found = outcome(change_of(tmp_path), "xa01", "run2")
    assert (found.status, found.reason) == ("failed", "not_reached")
    assert "It ended" not in found.text


def test_the_words_of_another_plan_are_not_this_ones(tmp_path: Path) -> None:
    old = change_of(tmp_path, digest="sha256:before")
    old.set_state("xa01", "failed", reason="window", message="It ended.", remaining=["01-a"])
    change = change_of(tmp_path)
    assert change.state("xa01") == {"host": "xa01", "status": "failed"}
    old.set_state("xa01", "done")
    assert change.state("xa01") == {"host": "xa01", "status": "not_begun"}


def test_a_step_keeps_the_run_that_the_begin_told(tmp_path: Path) -> None:
    change_of(tmp_path, "run2").set_state("xa01", "under_way")
    change_of(tmp_path, None).set_state("xa01", "failed", reason="deadline", message="Too long.")
    assert outcome(change_of(tmp_path), "xa01", "run2").reason == "deadline"


def test_what_the_plan_leaves_alone_is_no_success(tmp_path: Path) -> None:
    change = change_of(tmp_path)
    assert outcome(change, "xa03", "run2").code == 4
    assert outcome(change, "xa04", "run2").code == 0
    assert checked(change, "xa03", None).status == "left_alone"


@pytest.mark.parametrize(
    ("found", "status", "code"),
    [
        (None, "refused", 2),
        ({"steps": ["01-a"]}, "possible", 0),
        ({"steps": []}, "done", 0),
        ({"steps": [], "reason": "window", "msg": "The window ended."}, "refused", 2),
        ({"reason": "plan_differs", "msg": "Not as approved."}, "refused", 2),
        ({"reason": "unreachable", "msg": "No connection."}, "unreachable", 4),
    ],
)
def test_check_mode_tells_it_too(
    tmp_path: Path, found: dict[str, Any] | None, status: str, code: int
) -> None:
    told = checked(change_of(tmp_path), "xa01", found)
    assert (told.status, told.code) == (status, code)
    assert not list(tmp_path.iterdir())


def test_the_worst_host_makes_the_exit_code() -> None:
    every = [Outcome(status, None, "") for status in EXIT_CODES]
    assert worst(every) == "failed"
    assert worst([]) == "done"
    assert EXIT_CODES[worst([Outcome("left_alone", None, ""), Outcome("done", None, "")])] == 4
    assert EXIT_CODES[worst([Outcome("left_alone", None, ""), Outcome("waiting", None, "")])] == 2
