# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two changes on one XenApp server: the server itself says whose it is, to every controller."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest
from conftest import Lab, Run
from test_kills import slay

pytestmark = pytest.mark.slow

HOST = "XAAPP01"
RECORD = ""  # the server's own


@pytest.fixture(scope="module")
def one(start_lab: Callable[..., Any]) -> Any:
    """A server of which a change has begun, whose controller is gone since."""
    lab = start_lab(HOST)
    rules = json.dumps({"legacyops_single_server_silo": "accept_outage"})
    assert lab.playbook("plan", "-e", rules).code == 0
    process = subprocess.Popen(
        lab.arguments("apply", "-e", rules), env=lab.environment, cwd=lab.state,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    journal = lab.change_dir / "journal" / f"{HOST}.jsonl"
    while not journal.exists() or not any(e["kind"] == "intent" for e in lab.journal(HOST)):
        assert process.poll() is None
        time.sleep(0.05)
    slay(process, with_workers=True)
    return lab


@pytest.fixture(scope="module")
def other(one: Any) -> Any:
    """Another controller: the same inventory, another change and directory."""
    lab = Lab(one.state, one.environment)
    lab.change_dir = one.state / "other-change"
    return lab


def of_change(lab: Lab, name: str, *extra: str) -> Run:
    rules = {"legacyops_change_id": "CHG0099", "legacyops_single_server_silo": "accept_outage"}
    return lab.playbook(name, "-e", json.dumps(rules), *extra)


def owner(lab: Lab, **arguments: str) -> subprocess.CompletedProcess[str]:
    given = {"change_id": "CHG0099", "change_dir": str(lab.change_dir), **arguments}
    words = ["ansible", HOST, "-i", "inventory.yml", "-m", "legacyops.hotfix.owner"]
    return subprocess.run(
        [*words, "-a", json.dumps(given)], env=lab.environment, cwd=lab.state,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def held(lab: Lab) -> Any:
    text = lab.snapshot()["hosts"][HOST]["owners"].get(RECORD)
    return text and json.loads(text)


def test_the_server_says_whose_it_is(one: Lab, other: Lab) -> None:
    assert held(one)["change"] == "CHG0042"
    assert of_change(other, "plan").code == 0
    refused = of_change(other, "apply")
    assert refused.code == 2
    assert '"reason": "owned"' in refused.output
    assert "Change CHG0042, run " in refused.output
    assert not (other.change_dir / "journal" / f"{HOST}.jsonl").exists()
    assert held(one)["change"] == "CHG0042"


def test_a_step_by_hand_is_refused_as_well(one: Lab, other: Lab) -> None:
    step = other.read("plan.json")["hosts"][HOST]["steps"][0].id
    given = {"step": step, "change_id": "CHG0099", "change_dir": str(other.change_dir)}
    words = ["ansible", HOST, "-i", "inventory.yml", "-m", "legacyops.hotfix.step"]
    run = subprocess.run(
        [*words, "-a", json.dumps({**given, "approve_plan": True})], env=other.environment,
        cwd=other.state, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert '"reason": "owned"' in run.stdout, run.stdout


def test_check_mode_tells_of_it_and_takes_nothing(one: Lab, other: Lab) -> None:
    checked = of_change(other, "apply", "--check")
    assert "holds it" in checked.output
    assert held(one)["change"] == "CHG0042"


def test_a_dead_hold_is_broken_by_name_and_on_record(one: Lab, other: Lab) -> None:
    run = json.loads(owner(other).stdout.partition("=>")[2])["owner"]["run"]
    freed = owner(other, state="freed")
    assert f'"run": "{run}"' in freed.stdout, "it lets go of one's own hold only"
    wrong = owner(other, state="broken", run="another", name="Sato", reason="it is dead")
    assert f"{HOST} is held by run {run}, not by run another" in wrong.stdout
    broken = owner(other, state="broken", run=run, name="Sato", reason="its controller burnt")
    assert '"free": true' in broken.stdout, broken.stdout
    assert held(one) is None
    entry = other.journal(HOST)[-1]
    assert (entry["kind"], entry["record"]["broken_by"]) == ("owner_broken", "Sato")


def test_its_own_change_takes_it_again_goes_on_and_lets_go(one: Lab, other: Lab) -> None:
    rules = json.dumps({"legacyops_single_server_silo": "accept_outage"})
    run = one.playbook("apply", "-e", rules)
    assert run.code == 0, run.output
    assert held(one) is None
    assert '"free": true' in owner(other).stdout
    # What the other change planned is not what is there any more: it begins nothing, holds nothing.
    late = of_change(other, "apply")
    assert held(one) is None, late.output
