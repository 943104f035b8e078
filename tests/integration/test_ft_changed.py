# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An FT system that is no longer what was approved: the run stops, and the diff names why.

A person at the machines changes something between plan and apply.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ft_lab import FtLab, demo_systems, ft_lab
from patience import until

pytestmark = pytest.mark.slow

# All healthy, without the KB and the fix: prevention.
OTHER_LEVEL, ONE_MORE, AS_IT_WAS = "other-level", "one-more", "as-it-was"


@pytest.fixture(scope="module")
def lab(
    tmp_path_factory: pytest.TempPathFactory, ansible_environment: dict[str, str]
) -> Iterator[FtLab]:
    systems = dict.fromkeys((OTHER_LEVEL, ONE_MORE, AS_IT_WAS), demo_systems()["ft02"])
    with ft_lab(tmp_path_factory.mktemp("changed"), ansible_environment, systems) as lab:
        run = lab.playbook("plan")
        assert run.code == 0, run.output
        person = lab.person()
        person.operator(OTHER_LEVEL, "install_fix", "coserver1", level="V1.0L10", restart=False)
        person.operator(ONE_MORE, "install_kb", "ftvirtual", restart=False)
        until(lambda: not installs(lab), 120)
        yield lab


def installs(lab: FtLab) -> bool:
    """Whether an installer that somebody has started still runs."""
    systems = lab.snapshot()["ft_systems"].values()
    return any(node.get("installing") for system in systems for node in system["nodes"].values())


@pytest.mark.parametrize(
    ("host", "named"),
    [
        (OTHER_LEVEL, "@@ fix level: nodes.coserver1.fix_level"),
        (ONE_MORE, "@@ installed update: nodes.ftvirtual.updates.KB890859"),
    ],
)
def test_it_stops_the_run_and_is_named(lab: FtLab, host: str, named: str) -> None:
    run = lab.playbook("apply", "--limit", host)
    assert run.code == 2
    assert named in run.output, run.output
    assert lab.intents(host) == []
    assert lab.read("state", f"{host}.json")["reason"] == "plan_differs"


def test_time_alone_stops_nothing(lab: FtLab) -> None:
    run = lab.playbook("apply", "--check", "--limit", AS_IT_WAS)
    assert run.code == 0, run.output
    assert "@@ " not in run.output
