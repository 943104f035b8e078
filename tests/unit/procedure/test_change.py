# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts of a change may begin, where others have failed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.plan import (
    PlanError,
    make_plan,
    read_head,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.files import write_whole
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure import directory as files
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.change import Change
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.directory import (
    ChangeDirectory,
)
from filelock import FileLock

ALONE: dict[str, list[str]] = {"hosts": [], "stay": []}


@pytest.fixture
def change(tmp_path: Path) -> Change:
    """A change of three hosts in one wave; its budget is 0."""
    hosts = {
        name: {"settings": {"failure_budget": 0}, "steps": [], "silo": ALONE} for name in "abc"
    }
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


@pytest.fixture
def later(change: Change) -> Change:
    """The same change, in which b is of a later wave than a, as a run of its own carries it out."""
    change.plan["waves"] = [["a"], ["b", "c"]]
    change.playbook_run = "run 2"
    return change


def left(change: Change, **more: Any) -> None:
    """Leave host a under way, as a run does."""
    change.set_state("a", "under_way")
    change.directory.write_state("a", {**change.directory.state("a"), **more})


def test_who_is_treated_by_another_run_just_now_is_waited_for(later: Change) -> None:
    left(later, run="run 1")
    assert later.treated_elsewhere("b") == ["a"]
    left(later, run="run 2")
    assert later.treated_elsewhere("b") == []  # its own run knows when it ends
    left(later, run="run 1", utc="2026-11-22T05:00:00Z")
    assert later.treated_elsewhere("b") == []  # it died, or waits for a person
    lock = later.directory.host_file("locks", "a")
    lock.parent.mkdir()
    with FileLock(lock):
        assert later.treated_elsewhere("b") == ["a"]


def test_who_was_left_under_way_by_an_earlier_plan_is_not_waited_for(later: Change) -> None:
    left(later, run="run 1", plan="sha256:an earlier one")
    assert later.treated_elsewhere("b") == []


def test_two_that_failed_do_not_hold_each_other_up(change: Change) -> None:
    change.set_state("a", "failed")
    change.set_state("b", "failed")
    change.try_again({"a", "b", "c"})
    assert change.waits_for("a") == change.waits_for("b") == []
    assert change.waits_for("c") == ["a", "b"]


def test_the_head_is_verified_once_for_all_who_ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The change and what observes its host read the same file; an altered one is judged anew."""
    judged = []
    monkeypatch.setattr(files, "read_head", lambda *d: judged.append(d) or read_head(*d))
    directory = ChangeDirectory(tmp_path, "CHG1")
    directory.write_plan(make_plan([], {}, change="CHG1", created="2026-11-30T00:00:00Z"))
    change = Change.load(directory, "CHG1", {})
    assert directory.load_plan() is change.plan
    assert len(judged) == 1
    document = directory.read(directory.plan)
    directory.write(directory.plan, {**document, "created": "2026-11-30T00:00:01Z"})
    with pytest.raises(PlanError, match="altered"):
        directory.load_plan()
    assert len(judged) == 2


@pytest.fixture
def written(tmp_path: Path) -> ChangeDirectory:
    """A directory with a plan of nothing."""
    directory = ChangeDirectory(tmp_path, "CHG1")
    directory.write_plan(make_plan([], {}, change="CHG1", created="2026-11-30T00:00:00Z"))
    return directory


@pytest.mark.parametrize("last", range(5))
def test_who_is_killed_while_a_plan_is_written_leaves_the_one_before(
    written: ChangeDirectory, monkeypatch: pytest.MonkeyPatch, last: int
) -> None:
    """A new plan is there whole or not at all, at whichever file its writer ends."""
    before = written.whole_plan()
    after = make_plan([], {}, change="CHG1", created="2027-01-01T00:00:00Z")
    left = last

    def killed(path: Path, content: bytes, **more: bool) -> bool:
        nonlocal left
        if not left:
            raise KeyboardInterrupt
        left -= 1
        return write_whole(path, content, **more)

    monkeypatch.setattr(files, "write_whole", killed)
    monkeypatch.setattr(files.shutil, "rmtree", lambda *_a, **_m: None)
    with suppress(KeyboardInterrupt):
        written.write_plan(after)
    found = ChangeDirectory(written.root, "CHG1").whole_plan()
    assert found == (before if last < 3 else after)


def test_a_new_plan_leaves_no_parts_of_the_one_before(written: ChangeDirectory) -> None:
    written.write_plan(make_plan([], {}, change="CHG1", created="2027-01-01T00:00:00Z"))
    plan = written.whole_plan()
    assert plan is not None
    assert [path.name for path in (written.root / "plan").iterdir()] == [plan["digest"][7:19]]


class KilledError(Exception):
    """Where a worker ends."""


def states_of(change: Change, host: str) -> dict[str, str]:
    """What a decision about a host is told of the hosts that matter, by their status."""
    return {name: str(each["status"]) for name, each in change.states(host).items()}


@pytest.mark.parametrize("before", ["not_begun", "under_way", "failed", "done", "waiting"])
@pytest.mark.parametrize("after", ["under_way", "failed", "done", "waiting"])
@pytest.mark.parametrize("last", range(4))
def test_who_is_killed_while_a_state_is_written_hides_no_failure_and_feigns_no_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str, after: str, last: int
) -> None:
    """Whatever was written last, others are told what the state says."""
    hosts = {name: {"settings": {"failure_budget": 0}, "steps": [], "silo": ALONE} for name in "ab"}
    plan = {"digest": "sha256:d", "waves": [["a"], ["b"]], "hosts": hosts}
    change = Change(ChangeDirectory(tmp_path, "CHG1"), "CHG1", plan, {}, {})
    if before != "not_begun":
        change.set_state("a", before)
    left = last

    def until_killed(do: Callable[..., Any]) -> Callable[..., Any]:
        def act(*args: Any, **more: Any) -> Any:
            nonlocal left
            if not left:
                raise KilledError
            left -= 1
            return do(*args, **more)

        return act

    with monkeypatch.context() as patch, suppress(KilledError):
        patch.setattr(files, "write_whole", until_killed(write_whole))
        patch.setattr(Path, "touch", until_killed(Path.touch))
        patch.setattr(Path, "unlink", until_killed(Path.unlink))
        change.set_state("a", after)
    there = change.state("a")["status"]
    told = states_of(change, "b").get("a", "done")
    assert told == there
    assert (reason(change, "b") == "failure_budget") is (there == "failed")
    change.try_again({"b"})
    assert states_of(change, "b").get("a", "done") == there


def test_a_states_files_of_others_are_not_read_where_nothing_asks_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 40 hosts, a step reads its own, its silo's, the failed one and those still open."""
    hosts: dict[str, Any] = {
        f"h{n:02}": {"settings": {"failure_budget": 3}, "steps": []} for n in range(40)
    }
    waves = [sorted(hosts)[:20], sorted(hosts)[20:]]
    for host in hosts:
        hosts[host]["silo"] = {"hosts": [], "stay": []}
    hosts["h20"]["silo"] = {"hosts": ["h20", "h21"], "stay": []}
    plan = {"digest": "sha256:d", "waves": waves, "hosts": hosts}
    change = Change(ChangeDirectory(tmp_path, "CHG1"), "CHG1", plan, {}, {})
    for host in waves[0]:
        change.set_state(host, "done")
    change.set_state("h07", "failed")
    change.set_state("h09", "under_way")
    change.set_state("h30", "failed")
    read: list[str] = []
    whole = ChangeDirectory.state
    monkeypatch.setattr(ChangeDirectory, "state", lambda d, h: read.append(h) or whole(d, h))
    assert states_of(change, "h20") == {
        "h20": "not_begun", "h21": "not_begun", "h07": "failed", "h09": "under_way",
        "h30": "failed",
    }  # fmt: skip
    assert sorted(read) == ["h07", "h09", "h20", "h21", "h30"]


def test_the_mark_of_an_end_is_for_one_plan(change: Change) -> None:
    """A state of another plan is no end in this one, also where somebody puts the plan back."""
    change.set_state("a", "done")
    other = Change(change.directory, "CHG1", {**change.plan, "digest": "sha256:e"}, {}, {})
    assert states_of(other, "a")["a"] == "not_begun"
    other.set_state("b", "failed")
    assert reason(change, "c") == "failure_budget"
