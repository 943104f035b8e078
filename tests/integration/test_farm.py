# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job from beginning to end on the demonstration's farm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from integration_types import Lab, Run

pytestmark = pytest.mark.slow


@dataclass
class Story:
    """Every run of the main job, in order, and what the lab said in between."""

    lab: Lab
    runs: dict[str, Run]
    snapshots: dict[str, Any]
    starts: dict[str, dict[str, int]]


@pytest.fixture(scope="module")
def story(start_lab: Callable[..., Lab]) -> Story:
    """Run everything once; the tests look at it from different sides."""
    lab = start_lab()
    story = Story(lab, {}, {"before": lab.snapshot()}, {})
    for name, words in (
        ("assess", ("assess",)),
        ("plan", ("plan",)),
        ("check", ("apply", "--check", "--diff")),
        ("apply", ("apply",)),
        ("again", ("apply",)),
        ("audit", ("audit",)),
    ):
        before = starts(lab)
        story.runs[name] = lab.playbook(*words)
        story.starts[name] = {host: n - before[host] for host, n in starts(lab).items()}
        story.snapshots[name] = lab.snapshot()
    return story


def starts(lab: Lab) -> dict[str, int]:
    """PowerShell starts of each host so far."""
    return {host: counts["powershell_starts"] for host, counts in lab.counters().items()}


@pytest.mark.parametrize("name", ["assess", "plan", "check"])
def test_what_only_reads_changes_nothing(story: Story, name: str) -> None:
    run = story.runs[name]
    assert run.code == 0, run.output
    assert story.snapshots[name] == story.snapshots["before"]
