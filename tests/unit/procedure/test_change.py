# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts of a change may begin, where others have failed."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.plan import (
    PlanError,
    make_plan,
    read_plan,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure import directory as files
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.change import Change
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.directory import (
    ChangeDirectory,
)


@pytest.fixture
def change(tmp_path: Path) -> Change:
    """A change of three hosts in one wave; its budget is 0."""
    hosts = {name: {"settings": {"failure_budget": 0}, "steps": []} for name in "abc"}
    plan = {"digest": "sha256:d", "waves": [["a", "b", "c"]], "hosts": hosts}
    return Change(ChangeDirectory(tmp_path, "CHG1"), "CHG1", plan, {}, {})


def reason(change: Change, host: str) -> str | None:
    found = change.why_not_begin(host)
    return found and found[0]


def test_a_failed_host_that_is_tried_again_holds_nobody_up_but_for_its_begin(
    change: Change,
) -> None:
    change.set_state("a", "failed")
    assert reason(change, "b") == "failure_budget"
    change.try_again({"a", "b", "c"})
    assert reason(change, "b") is None
    assert change.waits_for("b") == ["a"]
    assert change.waits_for("a") == []
    change.set_state("a", "under_way")
    assert change.waits_for("b") == []


def test_what_fails_again_or_is_not_in_the_run_counts(change: Change) -> None:
    change.set_state("a", "failed")
    change.try_again({"a", "b"})
    change.set_state("a", "failed", reason="unreachable")
    assert reason(change, "b") == "failure_budget"
    assert change.waits_for("b") == []
    change.try_again({"a", "b"})
    change.try_again({"b"})
    assert reason(change, "b") == "failure_budget"


def test_two_that_failed_do_not_hold_each_other_up(change: Change) -> None:
    change.set_state("a", "failed")
    change.set_state("b", "failed")
    change.try_again({"a", "b", "c"})
    assert change.waits_for("a") == change.waits_for("b") == []
    assert change.waits_for("c") == ["a", "b"]


def test_the_plan_is_verified_once_for_all_who_ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The change and what observes its host read the same file; an altered one is judged anew."""
    judged = []
    monkeypatch.setattr(files, "read_plan", lambda d: judged.append(d) or read_plan(d))
    directory = ChangeDirectory(tmp_path, "CHG1")
    directory.write_plan(make_plan([], {}, change="CHG1", created="2026-11-30T00:00:00Z"))
    change = Change.load(directory, "CHG1", {})
    assert directory.planned() is change.plan
    assert len(judged) == 1
    document = directory.read(directory.plan)
    with pytest.raises(PlanError, match="altered"):
        directory.verified({**document, "created": "2026-11-30T00:00:01Z"})
    assert len(judged) == 2
