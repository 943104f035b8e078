# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every branch of Fujitsu's notice through real ansible-playbook, WinRM and IPMI, side by side."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from conftest import Run
from ft_lab import FtLab, demo_systems, ft_lab

pytestmark = pytest.mark.slow

FAILED, HEALTHY, RUNNING, DEAD, S2 = "ft01", "ft02", "ft03", "ft04", "ft05"


@pytest.fixture(scope="module")
def lab(
    tmp_path_factory: pytest.TempPathFactory, ansible_environment: dict[str, str]
) -> Iterator[FtLab]:
    with ft_lab(tmp_path_factory.mktemp("ft"), ansible_environment, demo_systems()) as lab:
        yield lab


@pytest.fixture(scope="module")
def applied(lab: FtLab) -> Run:
    """All four systems are healed side by side, and a person does what only a person can."""
    assert lab.playbook("assess").code == 0
    assert lab.playbook("plan").code == 0
    return lab.apply()


def test_all_end_healthy(lab: FtLab, applied: Run) -> None:
    assert applied.code == 0, applied.output[-6000:]
    status = lab.status()
    hosts = (FAILED, HEALTHY, RUNNING, DEAD, S2)
    assert [name for name in hosts if not status[name]["healthy"]] == []
    assert lab.ledger("violation") == []


def test_the_supplements_exception_is_left_alone(lab: FtLab, applied: Run) -> None:
    plan = lab.read("plan.json")["hosts"][S2]
    assert plan["steps"] == []
    assert not (lab.change_dir / "journal" / f"{S2}.jsonl").exists()


def test_the_update_is_where_the_notice_wants_it(lab: FtLab, applied: Run) -> None:
    status = lab.status()
    nodes = ("coserver1", "coserver2", "ftvirtual")
    for name in (FAILED, HEALTHY, DEAD):
        assert [status[name][node]["kb"] for node in nodes] == [True, True, True], name
    # ⑥ of the running Windows 2000 type speaks of the FTvirtual Server alone.
    assert status[RUNNING]["ftvirtual"]["kb"] is True
    for name in (FAILED, HEALTHY, RUNNING, DEAD):
        assert all(status[name][node]["fix"] for node in nodes), name


def test_the_order_of_the_recovery(lab: FtLab, applied: Run) -> None:
    names = [step.partition("-")[2] for step in lab.done(FAILED)]
    order = [
        *["coserver2_off", "coserver1_uninstall", "coserver1_off"],
        *["coserver2_on", "coserver2_uninstall", "coserver2_off_again"],
        *["coserver1_on_again", "coserver2_on_again", "virtual_server1_enable", "ftvirtual_runs"],
        *["ftvirtual_uninstall", "ftvirtual_restart", "virtual_server2_enable", "all_dark_green"],
        *["ftvirtual_kb", "coserver1_kb", "coserver2_kb"],
    ]
    assert [name for name in names if name in order] == order


def test_again_changes_nothing(lab: FtLab, applied: Run) -> None:
    before = lab.snapshot()
    again = lab.playbook("apply")
    assert again.code == 0
    assert again.changed == set()
    assert lab.snapshot() == before


def test_the_audit_finds_nothing(lab: FtLab, applied: Run) -> None:
    run = lab.playbook("audit")
    assert run.code == 0, run.output[-4000:]
