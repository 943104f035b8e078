# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change's files: what is whose, where a host stands, and that closed is closed."""

from __future__ import annotations

import getpass
from pathlib import Path

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.change import Change
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.directory import (
    ChangeDirectory,
    ChangeError,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.journal import (
    JournalFile,
    writer,
)

DIGEST = "sha256:" + "a" * 64
STEPS = [
    {"id": "01-off", "resting_point": False},
    {"id": "02-on", "resting_point": True},
    {"id": "03-more", "resting_point": False},
]


@pytest.fixture
def change(tmp_path: Path) -> Change:
    plan = {
        "change": "CHG1",
        "digest": DIGEST,
        "waves": [["ft01"]],
        "hosts": {"ft01": {"steps": STEPS, "settings": {}, "blocked": None}},
    }
    return Change(ChangeDirectory(tmp_path / "change", "CHG1"), "CHG1", plan, {}, {})


INTENT_1, OK_1 = ("intent", "01-off", None), ("result", "01-off", "ok")
INTENT_2, OK_2 = ("intent", "02-on", None), ("result", "02-on", "ok")
REFUSED_3 = ("result", "03-more", "refused")
FAILED_3 = ("result", "03-more", "failed")


@pytest.mark.parametrize(
    ("entries", "rests"),
    [
        ([], True),
        ([("result", "01-off", "refused")], True),
        ([INTENT_1], False),
        ([INTENT_1, OK_1], False),
        ([INTENT_1, OK_1, ("result", "02-on", "refused")], False),
        ([INTENT_1, OK_1, INTENT_2, OK_2], True),
        ([INTENT_1, OK_1, INTENT_2, OK_2, REFUSED_3], True),
        ([INTENT_1, OK_1, INTENT_2, OK_2, ("intent", "03-more", None), FAILED_3], False),
    ],
)
def test_a_host_rests_before_its_first_step_and_at_resting_points_only(
    change: Change, entries: list[tuple[str, str, str | None]], rests: bool
) -> None:
    journal = change.journal("ft01")
    journal.append("intent", step="01-off", plan="sha256:of another plan")
    for kind, step, status in entries:
        journal.append(kind, step=step, status=status, plan=DIGEST)
    assert change.rests("ft01") is rests


def test_a_directory_holds_one_change(change: Change) -> None:
    change.directory.write(change.directory.plan, change.plan)
    with pytest.raises(ChangeError, match="is the plan of change CHG1, not of CHG2"):
        Change.load(change.directory, "CHG2", {})


def test_a_closed_change_takes_no_entry(change: Change) -> None:
    change.journal("ft01").append("begin")
    change.directory.write(change.directory.closed, {})
    with pytest.raises(ChangeError, match="is closed"):
        change.journal("ft01").append("owner_broken")
    assert len(change.journal("ft01").entries()) == 1


def test_who_writes_is_not_what_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "somebody-else")
    assert getpass.getuser() == "somebody-else"
    assert writer()["user"] != "somebody-else"
    assert JournalFile(ChangeDirectory(tmp_path, "C1"), "x").append("begin")["by"] == writer()
