# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The recovery ① to ⑲ with ansible-playbook killed at its steps, and run again at once.

Killed at the first step of each sort, and for long (make soak) at every step.

Every second kill leaves the workers alive: an orphan goes on with its step while the next run
begins. A run that ends because a person has to look first is run again, as the person would.
"""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Hashable, Iterator

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.records import Step
from ft_lab import FtLab, demo_systems, ft_lab
from test_kills import slay

pytestmark = pytest.mark.slow

HOST = "ft01"
# Long enough for the act itself to be under way at the machine.
ACTING_SECONDS = 0.4
LONGEST_SECONDS = 1500
# A step of the plan → what is equal for steps of one sort.
Sort = Callable[[Step], Hashable]


class Story:
    """All runs of one change, each killed at the first step of a sort that none was killed at.

    sort: what counts as the same step.
    """

    def __init__(self, lab: FtLab, sort: Sort) -> None:
        self.lab, self.person = lab, lab.person()
        steps = lab.read("plan.json")["hosts"][HOST]["steps"]
        self.sorts = {step.id: sort(step) for step in steps}
        self.killed: list[str] = []
        self.codes: list[int] = []

    def tell(self) -> Story:
        end = time.monotonic() + LONGEST_SECONDS
        while time.monotonic() < end:
            self.codes.append(self.run())
            if self.codes[-1] == 0:
                break
        return self

    def run(self) -> int:
        known = len(self.lab.journal(HOST))
        with (self.lab.state / f"run-{len(self.codes)}.log").open("w") as output:
            process = subprocess.Popen(
                self.lab.arguments("apply"), env=self.lab.environment, cwd=self.lab.state,
                stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        end = time.monotonic() + LONGEST_SECONDS
        while process.poll() is None and time.monotonic() < end:
            step = self.new_intent(known)
            if step is not None:
                time.sleep(ACTING_SECONDS)
                self.end(process)
                self.killed.append(step)
                break
            if not self.person.answer_all():
                time.sleep(0.02)
        if process.poll() is None:
            slay(process, with_workers=True)
            pytest.fail(f"a run hangs; killed so far: {self.killed}")
        return process.wait()

    def end(self, process: subprocess.Popen[bytes]) -> None:
        """End the run, which is in a step."""
        slay(process, with_workers=len(self.killed) % 2 == 0)

    def new_intent(self, known: int) -> str | None:
        """A step that this run has begun, and at whose sort no run was killed so far."""
        steps = [e["step"] for e in self.lab.journal(HOST)[known:] if e["kind"] == "intent"]
        known_sorts = {self.sorts[step] for step in self.killed}
        return next((step for step in steps if self.sorts[step] not in known_sorts), None)


def itself(step: Step) -> Hashable:
    return str(step.id)


def its_action(step: Step) -> Hashable:
    """The action and what it does, apart for a CoServer and the FTvirtual Server."""
    given = step.arguments
    does = (given.get(name) for name in ("state", "operation", "update"))
    return (step.action, *does, given.get("node") == "ftvirtual")


@pytest.fixture(scope="module", params=[its_action, pytest.param(itself, marks=pytest.mark.soak)])
def sort(request: pytest.FixtureRequest) -> Sort:
    chosen: Sort = request.param
    return chosen


@pytest.fixture(scope="module")
def lab(
    tmp_path_factory: pytest.TempPathFactory, ansible_environment: dict[str, str], sort: Sort
) -> Iterator[FtLab]:
    systems = {HOST: demo_systems()[HOST]}
    with ft_lab(tmp_path_factory.mktemp("ft-kills"), ansible_environment, systems) as lab:
        yield lab


@pytest.fixture(scope="module")
def story(lab: FtLab, sort: Sort) -> Story:
    assert lab.playbook("plan").code == 0
    return Story(lab, sort).tell()


def test_it_ends_healthy(lab: FtLab, story: Story) -> None:
    assert story.codes[-1] == 0, (story.codes, story.killed)
    assert lab.status()[HOST]["healthy"]
    assert lab.ledger("violation") == []


def test_it_was_killed_at_every_sort_of_step_that_acted(lab: FtLab, story: Story) -> None:
    acted = {e["step"] for e in lab.journal(HOST) if e["kind"] == "intent"}
    assert {story.sorts[step] for step in story.killed} == {story.sorts[step] for step in acted}
    assert story.codes.count(-signal.SIGKILL) == len(story.killed) > 8


def test_no_installer_ran_twice(lab: FtLab, story: Story) -> None:
    assert story.codes
    starts = lab.status()[HOST]["installer_starts"]
    once = {"uninstall KB890859": 1, "install fix": 1, "install KB890859": 1}
    assert starts == dict.fromkeys(("coserver1", "coserver2", "ftvirtual"), once)


def test_a_person_was_asked_for_nothing_that_was_not_needed(story: Story) -> None:
    """Only looks at a screen that a killed run left behind."""
    assert all(step.partition("-")[2].endswith("_look") for _h, step, _s in story.person.answered)
