# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two controllers on one FT system: one works, the other is told who holds it."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Run
from ft_lab import FtLab, demo_systems, ft_lab
from test_kills import slay

pytestmark = pytest.mark.slow

HOST = "ft03"


@pytest.fixture(scope="module")
def one(
    tmp_path_factory: pytest.TempPathFactory, ansible_environment: dict[str, str]
) -> Iterator[FtLab]:
    systems = {HOST: demo_systems()[HOST]}
    with ft_lab(tmp_path_factory.mktemp("two"), ansible_environment, systems) as lab:
        yield lab


@pytest.fixture(scope="module")
def other(one: FtLab) -> FtLab:
    """Another controller: the same inventory, another change and directory, another home."""
    environment = {**one.environment, "XDG_STATE_HOME": str(one.state / "other-home")}
    other = FtLab(one.state, environment)
    other.change_dir = one.state / "other-change"
    return other


def of_change(lab: FtLab, name: str, *extra: str) -> Run:
    return lab.playbook(name, "-e", "legacyops_change_id=CHG0099", *extra)


def owner(lab: FtLab, **arguments: str) -> subprocess.CompletedProcess[str]:
    given = {"change_id": "CHG0099", "change_dir": str(lab.change_dir), **arguments}
    words = ["ansible", HOST, "-i", "inventory.yml", "-m", "legacyops.hotfix.owner"]
    return subprocess.run(
        [*words, "-a", json.dumps(given)], env=lab.environment, cwd=lab.state,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_one_works_and_the_other_is_told(one: FtLab, other: FtLab) -> None:
    assert one.playbook("plan").code == 0
    assert of_change(other, "plan").code == 0
    process = one.start("apply")
    try:
        while not (one.change_dir / "journal" / f"{HOST}.jsonl").exists():
            assert process.poll() is None
            time.sleep(0.05)
        refused = of_change(other, "apply")
        assert process.poll() is None, "the first one ended too early to prove anything"
    finally:
        output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output[-3000:]
    assert refused.code == 2
    assert '"reason": "owned"' in refused.output
    assert "Change CHG0042, run " in refused.output
    assert not (other.change_dir / "journal" / f"{HOST}.jsonl").exists()
    assert one.status()[HOST]["healthy"]
    assert one.ledger("violation") == []


def test_what_ended_is_free_again(one: FtLab, other: FtLab) -> None:
    assert '"free": true' in owner(other).stdout


def test_a_dead_runs_hold_is_broken_by_name_and_on_record(
    tmp_path: Path, ansible_environment: dict[str, str]
) -> None:
    with ft_lab(tmp_path / "lab", ansible_environment, {HOST: demo_systems()[HOST]}) as lab:
        assert lab.playbook("plan").code == 0
        process = lab.start("apply")
        try:
            while not lab.intents(HOST):
                assert process.poll() is None
                time.sleep(0.05)
        finally:
            slay(process, with_workers=True)
        other = FtLab(lab.state, lab.environment)
        other.change_dir = lab.state / "other-change"
        run = json.loads(owner(other).stdout.partition("=>")[2])["owner"]["run"]
        wrong = owner(other, state="broken", run="another", name="Sato", reason="it is dead")
        assert f"is held by run {run}, not by run another" in wrong.stdout
        broken = owner(other, state="broken", run=run, name="Sato", reason="its controller burnt")
        assert '"free": true' in broken.stdout, broken.stdout
        (entry,) = other.journal(HOST)
        assert (entry["kind"], entry["record"]["broken_by"]) == ("owner_broken", "Sato")
        assert entry["record"]["reason"] == "its controller burnt"
