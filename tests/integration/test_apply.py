# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What apply refuses, where it stops, and how it goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from patience import until

pytestmark = pytest.mark.slow

# Alone in their silos, so one after the other without waiting for anybody.
TEST, MEMBER = "XATEST01", "XAFUND01"


@pytest.fixture
def lab(start_lab: Callable[..., Any]) -> Iterator[Any]:
    """A lab of two hosts with a plan: the test server, then a member."""
    lab = start_lab(TEST, MEMBER, speed=120, install={"minutes": 12})
    planned = lab.playbook("plan")
    assert planned.code == 0, planned.output
    assert lab.read("plan.json")["waves"] == [[TEST], [MEMBER]]
    yield lab
    lab.command("down")


def status(lab: Any, host: str) -> str:
    path = lab.change_dir / "state" / f"{host}.json"
    return str(json.loads(path.read_text(encoding="utf-8"))["status"]) if path.exists() else "none"


def test_nothing_is_applied_without_approval(lab: Any) -> None:
    before = lab.snapshot()
    run = lab.playbook("apply", "-e", '{"legacyops_approve_plan": false}')
    assert run.code == 2
    assert "is not approved. Its digest is sha256:" in run.output
    assert lab.snapshot() == before


def test_the_approved_digest_is_an_approval(lab: Any) -> None:
    digest = lab.read("plan.json")["digest"]
    approval = {
        "legacyops_approve_plan": False,
        "legacyops_approved_digest": digest,
        "legacyops_approved_by": "Sato",
        "legacyops_approved_at": "2026-11-28T09:00:00+09:00",
        "legacyops_window_required": False,
    }
    assert lab.playbook("apply", "--check", "-e", json.dumps(approval)).code == 0


@pytest.mark.parametrize("of_the_run", [True, False])
def test_an_altered_plan_is_refused(lab: Any, of_the_run: bool) -> None:
    """Head or part, also a part of a host that is not in the run; but not where all is well."""
    head = lab.change_dir / "plan.json"
    (part,) = lab.change_dir.glob(f"plan/*/hosts/{TEST}.json")
    limit = ["--limit", TEST if of_the_run else MEMBER]
    for path, said in (
        (head, "The plan was altered after it was made"),
        (part, f"The part of {TEST} is missing, was altered after the plan was made"),
    ):
        whole = path.read_text(encoding="utf-8")
        value = json.loads(whole)
        value["waves" if path == head else "steps"].pop(0)
        path.write_text(json.dumps(value), encoding="utf-8")
        run = lab.playbook("apply", *limit)
        assert run.code == 2
        assert said in run.output
        assert not (lab.change_dir / "journal").exists()
        path.write_text(whole, encoding="utf-8")
    part.unlink()
    assert "is missing" in lab.playbook("apply", *limit).output
    assert not (lab.change_dir / "journal").exists()


def test_nothing_begins_while_stop_is_there(lab: Any) -> None:
    before = lab.snapshot()
    (lab.change_dir / "STOP").write_text("The manager called.\n", encoding="utf-8")
    run = lab.playbook("apply")
    assert run.code == 2
    assert "the change is stopped (The manager called)" in run.output
    told = lab.read("result.json")["outcomes"]
    assert {each["reason"] for each in told.values()} == {"stopped"}
    assert lab.snapshot() == before


def test_a_later_wave_is_not_begun_out_of_turn(lab: Any) -> None:
    before = lab.snapshot()
    run = lab.playbook("apply", "--limit", MEMBER)
    assert run.code == 2
    assert f"wave 2 waits for {TEST}" in run.output
    assert lab.snapshot() == before


def test_a_failed_host_spends_the_budget_and_is_gone_on_with(lab: Any) -> None:
    lab.command("inject", TEST, "hang")
    run = lab.playbook("apply", "-e", "ansible_winrm_connection_timeout=3")
    assert run.code == 2
    assert status(lab, TEST) == "failed"
    assert status(lab, MEMBER) == "not_begun"
    told = lab.read("result.json")["outcomes"]
    assert (told[TEST]["status"], told[MEMBER]["reason"]) == ("unreachable", "failure_budget")
    assert f"{TEST} failed, and the failure budget is 0" in run.output


def test_a_wrong_password_is_named(lab: Any) -> None:
    run = lab.playbook("assess", "-e", "ansible_password=Canary-wrong")
    assert run.code == 2, run.output  # nothing was read
    assert {f["id"] for f in lab.read("findings", f"{TEST}.json")["findings"]} == {"unreachable"}
    assert "rejects the credentials" in run.output
    assert "Canary-wrong" not in run.output


def test_an_unreachable_host_is_left_alone_by_the_plan(start_lab: Callable[..., Any]) -> None:
    lab = start_lab(TEST)
    run = lab.playbook("plan", "-e", "ansible_port=1")
    assert run.code == 2, run.output
    assert "No host could be read" in run.output
    assert lab.read("plan.json")["waves"] == []
    assert lab.read("plan.json")["hosts"][TEST]["blocked"]


def test_a_step_called_by_hand_meets_the_same_interlocks(lab: Any) -> None:
    before = lab.snapshot()
    steps = lab.read("plan.json")["hosts"][TEST]["steps"]
    install = next(step.id for step in steps if step.action == "msp_patch")
    arguments = {
        "step": install,
        "change_id": "CHG0042",
        "change_dir": str(lab.change_dir),
        "approve_plan": True,
    }
    words = ["ansible", TEST, "-i", str(lab.state / "inventory.yml")]
    run = subprocess.run(
        [*words, "-m", "legacyops.hotfix.step", "-a", json.dumps(arguments)],
        env=lab.environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert run.returncode == 2, run.stdout + run.stderr
    assert "comes first" in run.stdout
    assert lab.snapshot() == before


@pytest.mark.parametrize("whole_group", [False, True], ids=["parent-alone", "with-workers"])
def test_a_killed_run_is_continued(lab: Any, whole_group: bool) -> None:
    """SIGKILL while the installer runs: the next run joins it, and nothing is done twice."""
    process = subprocess.Popen(
        lab.arguments("apply"), env=lab.environment, cwd=lab.state, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    until(lambda: installs(lab), 60)
    time.sleep(1)
    if whole_group:
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()
    run = lab.playbook("apply")
    assert run.code == 0, run.output
    assert {status(lab, host) for host in (TEST, MEMBER)} == {"done"}
    assert lab.ledger("violation") == []


def installs(lab: Any) -> bool:
    """Whether the test server's installation has been begun."""
    path = lab.change_dir / "journal" / f"{TEST}.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return any('"kind":"intent"' in line and "install_hotfix" in line for line in lines)


@pytest.mark.parametrize("rollback_fails", [False, True], ids=["rolled-back", "rollback-fails"])
def test_a_failed_installation_leaves_logons_off(lab: Any, rollback_fails: bool) -> None:
    """The root vanishes while the installer runs: 26005, as the notice tells it."""
    untouched = lab.snapshot()["hosts"][MEMBER]
    lab.command("inject", TEST, "root_vanishes")
    if rollback_fails:
        lab.command("inject", TEST, "rollback_fails")
    run = lab.playbook("apply")
    output = run.output
    assert run.code == 2, output
    assert "ima_not_started" in output, output
    assert "New logons are off and stay off" in output
    assert status(lab, TEST) == "failed"
    assert lab.snapshot()["hosts"][MEMBER] == untouched
    assert (lab.change_dir / "STOP").exists() == rollback_fails
    assert ("An operator must reconfigure the system" in output) == rollback_fails


@pytest.mark.parametrize("fault", ["drop_connection", "half_output"])
def test_a_lost_answer_is_no_failed_installation(lab: Any, fault: str) -> None:
    """Whatever happens to the line while the installer runs: it is found again."""
    with subprocess.Popen(
        lab.arguments("apply"), env=lab.environment, cwd=lab.state,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as process:  # fmt: skip
        until(lambda: installs(lab), 60)
        time.sleep(1)
        lab.command("inject", TEST, fault)
        output, _nothing = process.communicate(timeout=300)
    assert process.returncode == 0, output
    assert lab.ledger("violation") == []
