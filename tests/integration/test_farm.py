# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job from beginning to end on the demonstration's farm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

pytestmark = pytest.mark.slow

LEFT_ALONE = {"XAAPP04", "XAAPP05"}
NOTHING_TO_DO = {"XAAPP06"}


@dataclass
class Story:
    """Every run of the main job, and what the lab and the change directory were after it."""

    lab: Any
    runs: dict[str, Any] = field(default_factory=dict)
    snapshots: dict[str, Any] = field(default_factory=dict)
    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    starts: dict[str, dict[str, int]] = field(default_factory=dict)

    def tell(self, name: str, *words: str) -> None:
        before = starts(self.lab)
        self.runs[name] = self.lab.playbook(*words)
        self.starts[name] = {host: n - before[host] for host, n in starts(self.lab).items()}
        self.snapshots[name] = self.lab.snapshot()
        self.files[name] = self.lab.files()


def starts(lab: Any) -> dict[str, int]:
    """PowerShell starts of each host so far."""
    return {host: counts["powershell_starts"] for host, counts in lab.counters().items()}


@pytest.fixture(scope="module")
def story(start_lab: Callable[..., Any]) -> Story:
    """Run everything once; the tests look at it from different sides."""
    lab = start_lab(speed=240)
    story = Story(lab)
    story.snapshots["before"] = lab.snapshot()
    story.tell("assess", "assess")
    story.tell("plan", "plan", "--skip-tags", "assess")
    story.tell("check", "apply", "--check", "--diff")
    story.tell("apply", "apply")
    story.tell("again", "apply")
    story.tell("audit", "audit")
    return story


@pytest.mark.parametrize("name", ["assess", "plan", "check"])
def test_what_only_reads_changes_nothing(story: Story, name: str) -> None:
    left_alone = 4 if name == "check" else 0
    assert story.runs[name].code == left_alone, story.runs[name].output
    assert story.snapshots[name] == story.snapshots["before"]


def test_assessing_a_host_costs_one_powershell_start(story: Story) -> None:
    assert set(story.starts["assess"].values()) == {1}


def test_planning_contacts_no_host(story: Story) -> None:
    assert set(story.starts["plan"].values()) == {0}


def test_check_mode_writes_nothing_into_the_change_directory(story: Story) -> None:
    assert story.files["check"] == story.files["plan"]


def test_every_queued_host_ends_healthy(story: Story) -> None:
    assert story.runs["apply"].code == 4, story.runs["apply"].output
    queued = {host for wave in story.lab.read("plan.json")["waves"] for host in wave}
    assert set(story.lab.read("plan.json")["hosts"]) - queued == LEFT_ALONE | NOTHING_TO_DO
    assert {story.lab.read("state", f"{host}.json")["status"] for host in queued} == {"done"}
    audited = {host: story.lab.read("audit", f"{host}.json")["counts"] for host in queued}
    assert all(counts["blocker"] == counts["warning"] == 0 for counts in audited.values()), audited


def test_the_exit_code_tells_of_those_that_are_left_alone(story: Story) -> None:
    """All that the plan could do is done, which is neither a success nor a failure."""
    ended = {host for host, counts in story.runs["apply"].recap.items() if counts["unreachable"]}
    assert ended == LEFT_ALONE
    assert not any(counts["failed"] for counts in story.runs["apply"].recap.values())
    result = story.lab.read("result.json")
    assert (result["outcome"], result["exit_code"]) == ("left_alone", 4)
    statuses = {host: each["status"] for host, each in result["outcomes"].items()}
    assert {host for host, status in statuses.items() if status == "left_alone"} == LEFT_ALONE
    assert "(check mode):" in story.runs["check"].output


def test_the_ledger_has_no_violation(story: Story) -> None:
    assert story.lab.ledger("violation") == []


def test_the_command_to_continue_is_printed_and_journalled(story: Story) -> None:
    begun = story.lab.journal("XATEST01")[0]
    assert begun["kind"] == "begin"
    assert "ansible-playbook legacyops.hotfix.apply" in begun["command"]
    assert begun["command"] in story.runs["apply"].output


def test_an_intent_stands_before_every_result(story: Story) -> None:
    for host in ("XATEST01", "XAAPP02", "XAFUND01"):
        acted = [entry for entry in story.lab.journal(host) if entry.get("result")]
        intents = {e["step"]: e["seq"] for e in story.lab.journal(host) if e["kind"] == "intent"}
        assert acted
        assert all(intents[entry["step"]] < entry["seq"] for entry in acted)


def test_applying_again_changes_nothing(story: Story) -> None:
    assert story.runs["again"].code == 4, story.runs["again"].output
    assert story.runs["again"].changed == set()
    assert story.snapshots["again"] == story.snapshots["apply"]


def test_the_audit_fails_where_a_person_is_needed_and_nowhere_else(story: Story) -> None:
    run = story.runs["audit"]
    assert run.code == 2, run.output
    assert {host for host, counts in run.recap.items() if counts["failed"]} == LEFT_ALONE
    assert story.snapshots["audit"] == story.snapshots["again"]
