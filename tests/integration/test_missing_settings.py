# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A playbook without the settings that it cannot do without: one sentence names them all, once."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

CHANGE = "legacyops_change_id"
NEEDED = {
    "apply": [CHANGE],
    "approve": [CHANGE, "legacyops_approved_digest", "legacyops_approved_by"],
    "close": [CHANGE, "legacyops_closed_by"],
    "confirm": [CHANGE, "legacyops_confirm_step", "legacyops_confirm_name"],
    "plan": [CHANGE],
    "report": [CHANGE],
    "runbook": [CHANGE],
    "status": [CHANGE],
    "stop": [CHANGE, "legacyops_stop_reason"],
}
# These do without, or have a default of their own.
NOTHING_NEEDED = {"advisory", "assess", "audit"}
Play = Callable[..., str]
HOSTS = ("xa01", "xa02", "xa03")


@pytest.fixture
def play(tmp_path: Path, ansible_environment: dict[str, str]) -> Play:
    inventory = tmp_path / "hosts"
    inventory.write_text("".join(f"{host} ansible_host=192.0.2.1\n" for host in HOSTS))

    def run(playbook: str, *more: str) -> str:
        words = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(inventory)]
        ran = subprocess.run(
            [*words, f"legacyops.hotfix.{playbook}", *more],
            env=ansible_environment, cwd=tmp_path, capture_output=True, text=True, timeout=300,
            check=False,
        )  # fmt: skip
        assert ran.returncode == 2, ran.stdout + ran.stderr
        assert [path.name for path in tmp_path.iterdir()] == ["hosts"]
        return ran.stdout + ran.stderr

    return run


def told(output: str) -> str:
    """The message of the one failed task of the one host that speaks for all."""
    [message] = re.findall(
        r'^fatal: \[xa01\]: FAILED! => \{.*"msg": "(.*)"\}$', output, re.MULTILINE
    )
    assert output.count("fatal: ") == 1
    return str(message)


@pytest.mark.parametrize("playbook", NEEDED)
def test_what_is_missing_is_asked_for_at_once_and_once(playbook: str, play: Play) -> None:
    output = play(playbook)
    message = told(output)
    assert re.findall(r"legacyops_\w+", message) == NEEDED[playbook]
    assert message.count(". ") == 0
    assert len(output.splitlines()) <= 20, output


def test_an_empty_one_is_missing_and_a_given_one_is_not(play: Play) -> None:
    output = play("stop", "-e", "legacyops_change_id=", "-e", "legacyops_stop_reason=calls")
    assert re.findall(r"legacyops_\w+", told(output)) == [CHANGE]


def test_with_all_of_them_it_goes_on(play: Play) -> None:
    assert "There is no plan" in told(play("report", "-e", "legacyops_change_id=CHG1"))


def test_what_several_hosts_lack_is_told_once(play: Play) -> None:
    """Without reading the hosts again: only the plan asks."""
    role = ["-e", json.dumps({"legacyops_farm_role": "boss", "legacyops_change_id": "CHG1"})]
    message = told(play("plan", "--skip-tags", "assess", *role))
    assert message.startswith("xa01: The inventory has 2 mistakes: (1) all 3 hosts: legacyops_")
    assert " (2) all 3 hosts: legacyops_" in message
    assert message.count("legacyops_product is not given") == 1
    assert message.count("legacyops_farm_role is 'boss'") == 1


def test_no_playbook_is_forgotten(repository: Path) -> None:
    names = {path.stem for path in (repository / "playbooks").glob("*.yml")}
    assert names == NEEDED.keys() | NOTHING_NEEDED
