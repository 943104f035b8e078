# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The recovery ① to ⑲ with Ctrl-C or SIGTERM once in each kind of step, and run again at once."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ft_lab import FtLab, demo_systems, ft_lab
from test_ft_kills import HOST, Story
from test_kills import slay

pytestmark = pytest.mark.slow

SIGNALS = (signal.SIGINT, signal.SIGTERM)
# A wait is left at once; an act is finished first, and a look at three nodes takes its time.
LEAVES_WITHIN_SECONDS = 180


class Interrupted(Story):
    """All runs of one change, each interrupted at the first step of a kind."""

    def __init__(self, lab: FtLab) -> None:
        super().__init__(lab, lambda step: step.action)
        self.last_entries: list[dict[str, Any]] = []

    def end(self, process: subprocess.Popen[bytes]) -> None:
        process.send_signal(SIGNALS[len(self.killed) % 2])
        try:
            process.wait(timeout=LEAVES_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            slay(process, with_workers=True)
            raise
        end = time.monotonic() + LEAVES_WITHIN_SECONDS
        while self.lab.journal(HOST)[-1]["kind"] == "intent" and time.monotonic() < end:
            time.sleep(0.1)  # its worker, which has a session of its own
        self.last_entries.append(self.lab.journal(HOST)[-1])


@pytest.fixture(scope="module")
def story(
    tmp_path_factory: pytest.TempPathFactory, ansible_environment: dict[str, str]
) -> Iterator[Interrupted]:
    systems = {HOST: demo_systems()[HOST]}
    folder: Path = tmp_path_factory.mktemp("ft-interrupted")
    with ft_lab(folder, ansible_environment, systems) as lab:
        assert lab.playbook("plan").code == 0
        story = Interrupted(lab)
        story.tell()
        yield story


def test_it_ends_healthy(story: Interrupted) -> None:
    assert story.codes[-1] == 0, (story.codes, story.killed)
    assert story.lab.status()[HOST]["healthy"]
    assert story.lab.ledger("violation") == []


def test_each_kind_of_step_was_interrupted(story: Interrupted) -> None:
    kinds = {story.sorts[step] for step in story.killed}
    assert kinds >= {"power", "update_exe", "restart", "virtual_server", "endurance_info"}


def test_each_run_left_its_step_on_record(story: Interrupted) -> None:
    """What could be finished is finished; of everything else the journal says that it was left."""
    told = [(entry["kind"], entry.get("reason")) for entry in story.last_entries]
    assert set(told) <= {("left", "interrupted"), ("result", None)}, told
    assert told.count(("left", "interrupted")) > len(told) // 2, told


def test_no_installer_ran_twice(story: Interrupted) -> None:
    starts = story.lab.status()[HOST]["installer_starts"]
    assert {number for each in starts.values() for number in each.values()} == {1}
