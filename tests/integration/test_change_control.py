# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan is approved, and applied only to the world that it was approved for.

What changes between plan and apply is another lab with the same change directory: to the
collection that is the same farm, later.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

# The hotfix is in, and only the root is missing: its plan is short. Its sibling adds a server.
HOST, SIBLING = "XAAPP03", "XAAPP01"
PATCH = {"patch_code": "{6F1C9A52-3B7D-4E0A-9C41-0A5D3E7B1101}", "display_name": "planned"}
MORE = {"patch_code": "{99999999-9999-9999-9999-999999999999}", "display_name": "one more"}


@pytest.fixture(scope="module")
def planned(start_lab: Callable[..., Any]) -> Any:
    """A lab with a plan for its host."""
    lab = start_lab(HOST)
    run = lab.playbook("plan")
    assert run.code == 0, run.output
    return lab


@pytest.fixture
def later(planned: Any, start_lab: Callable[..., Any], tmp_path: Path) -> Callable[..., Any]:
    """The same farm later, with a copy of the change directory."""

    def start(*hosts: str, **xenapp: Any) -> Any:
        lab = start_lab(*(hosts or (HOST,)), **xenapp)
        lab.change_dir = tmp_path / "change"
        lab.change_dir.mkdir()
        shutil.copy(planned.change_dir / "plan.json", lab.change_dir)
        shutil.copytree(planned.change_dir / "plan", lab.change_dir / "plan")
        return lab

    return start


def extra(**settings: Any) -> tuple[str, str]:
    return "-e", json.dumps({f"legacyops_{name}": value for name, value in settings.items()})


def untouched(lab: Any) -> bool:
    """Whether nothing was done on the host."""
    return all(entry["kind"] != "intent" for entry in lab.journal(HOST))


def test_time_alone_stops_nothing(later: Callable[..., Any]) -> None:
    lab = later()
    run = lab.playbook("apply")
    assert run.code == 0, run.output
    begin = lab.journal(HOST)[0]
    assert (begin["kind"], begin["compared"]) == ("begin", "identical")
    again = lab.playbook("apply")
    assert again.code == 0, again.output
    assert not again.changed


def test_one_more_installed_hotfix_stops_the_run_and_is_named(later: Callable[..., Any]) -> None:
    lab = later(patches=[PATCH, MORE])
    assert lab.playbook("apply", "--check").code == 2
    run = lab.playbook("apply")
    assert run.code == 2
    assert "@@ installed hotfix: patches.{99999999-9999-9999-9999-999999999999}" in run.output
    assert untouched(lab)
    assert lab.read("state", f"{HOST}.json")["status"] == "not_begun"
    assert lab.ledger("violation") == []


def test_a_changed_package_stops_the_run_and_is_named(later: Callable[..., Any]) -> None:
    package = {
        **PATCH,
        "path": "C:\\Hotfix\\XAE500W2K8X64R01.msp",
        "name": "XAE500W2K8X64R01",
        "products": ["xenapp_5.0_x64"],
        "content": "tampered",
    }
    del package["display_name"]
    lab = later(packages=[package])
    run = lab.playbook("apply")
    assert run.code == 2
    assert r"@@ package or file: files.C:\Hotfix\XAE500W2K8X64R01.msp.sha256 @@" in run.output
    assert untouched(lab)


def first_step_by_hand(lab: Any) -> subprocess.CompletedProcess[str]:
    step = lab.read("plan.json")["hosts"][HOST]["steps"][0].id
    arguments = {
        "step": step,
        "change_id": "CHG0042",
        "change_dir": str(lab.change_dir),
        "approve_plan": True,
    }
    words = ["ansible", HOST, "-i", str(lab.state / "inventory.yml")]
    return subprocess.run(
        [*words, "-m", "legacyops.hotfix.step", "-a", json.dumps(arguments)],
        env=lab.environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_a_step_by_hand_is_stopped_as_well(later: Callable[..., Any]) -> None:
    lab = later(patches=[PATCH, MORE])
    run = first_step_by_hand(lab)
    assert run.returncode != 0
    assert '"reason": "plan_differs"' in run.stdout
    assert "@@ installed hotfix: patches.{99999999-9999-9999-9999-999999999999}" in run.stdout
    assert untouched(lab)
    assert lab.read("state", f"{HOST}.json")["status"] == "not_begun"


def test_an_additional_server_stops_the_run_and_is_named(later: Callable[..., Any]) -> None:
    lab = later(HOST, SIBLING)
    run = lab.playbook("apply")
    assert run.code == 2
    assert f"@@ server: hosts.{SIBLING} @@" in run.output
    assert not (lab.change_dir / "journal").exists()
    assert lab.playbook("apply", "--check", "--limit", HOST).code == 0


def test_an_emergency_goes_on_and_is_on_record(later: Callable[..., Any]) -> None:
    lab = later(patches=[PATCH, MORE])
    run = lab.playbook("apply", *extra(emergency_reason="IMA must run by six"))
    assert run.code == 0, run.output
    assert "EMERGENCY (IMA must run by six): goes on all the same" in run.output
    deviations = [entry for entry in lab.journal(HOST) if entry["kind"] == "deviation"]
    assert [entry["reason"] for entry in deviations] == ["IMA must run by six"]
    assert deviations[0]["differences"][0]["what"]["en"] == "installed hotfix"


def window(begins_in: int, lasts: int) -> dict[str, Any]:
    """A window in minutes from now."""
    start = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=begins_in)
    end = start + dt.timedelta(minutes=lasts)
    return {"start": start.isoformat(), "end": end.isoformat()}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((60, 600), "The window opens at"),
        ((-600, 60), "The window ended at"),
        ((-60, 64), "Nothing is begun"),  # four minutes are left, and seven are needed
    ],
)
def test_nothing_begins_out_of_the_window(planned: Any, given: tuple[int, int], said: str) -> None:
    when = extra(window=window(*given))
    run = planned.playbook("apply", *when)
    assert run.code == 2
    assert said in run.output
    if "Nothing" in said:  # each host has its own time to the next resting point
        assert planned.read("result.json")["outcomes"][HOST]["reason"] == "window"
    else:  # one sentence for all
        assert run.output.count('"reason": "window"') == run.output.count("fatal: ") == 1
    checked = planned.playbook("apply", "--check", *when)
    assert checked.code == 2
    assert said in checked.output
    assert "Change CHG0042 (check mode):" in checked.output
    assert not (planned.change_dir / "journal").exists()
    state = planned.change_dir / "state" / f"{HOST}.json"
    assert not state.exists() or json.loads(state.read_text())["status"] == "not_begun"


def test_a_change_with_unfinished_hosts_closes_knowingly_and_stays_closed(
    later: Callable[..., Any],
) -> None:
    lab = later()
    plain = lab.playbook("close", *extra(closed_by="Sato"))
    assert plain.code == 2
    assert f"{HOST} (not begun, " in plain.output
    assert not (lab.change_dir / "closed.json").exists()
    silent = lab.playbook("close", *extra(closed_by="Sato", close_unfinished=True))
    assert silent.code == 2
    assert "what becomes of them" in silent.output
    assert first_step_by_hand(lab).returncode == 0
    assert "CHG0042" in lab.snapshot()["hosts"][HOST]["owners"][""]
    given = {"closed_by": "Sato", "close_unfinished": True, "closing_comment": "Next month."}
    closed = lab.playbook("close", *extra(**given))
    assert closed.code == 0, closed.output
    entry = lab.journal(HOST)[-1]
    assert (entry["kind"], entry["left_as"]) == ("closed_unfinished", "under_way")
    assert entry["message"] == "Next month."
    assert lab.snapshot()["hosts"][HOST]["owners"] == {}, "it lets go of what it leaves"

    before = lab.files()
    for playbook in ("plan", "assess", "approve", "apply", "stop"):
        rules = {"approved_digest": "x", "approved_by": "Ito", "stop_reason": "x"}
        run = lab.playbook(playbook, *extra(**rules))
        assert (run.code, "is closed" in run.output) == (2, True), (playbook, run.output)
    # Only locks and the run's own files beside them may have come.
    assert {name: content for name, content in lab.files().items() if name in before} == before


@pytest.mark.needs("ssh-keygen")
def test_approve_sign_apply_close_verify(later: Callable[..., Any], tmp_path: Path) -> None:
    lab = later()
    key, signers = tmp_path / "key", tmp_path / "allowed_signers"
    words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(key)]
    subprocess.run(words, check=True, timeout=60)
    signers.write_text(f"Sato {key.with_suffix('.pub').read_text()}", encoding="ascii")
    rules = {
        "approve_plan": False,
        "change_id_pattern": "CHG[0-9]{4}",
        "signature_required": True,
        "separate_duties": True,
        "operator": "Ito",
        "allowed_signers": str(signers),
        "window": window(-60, 60 * 24 * 7),
        "signing_key": str(key),
    }
    digest = lab.read("plan.json")["digest"]
    approval = {"approved_digest": digest, "approved_by": "Sato"}

    unapproved = lab.playbook("apply", *extra(**rules))
    assert "is not approved" in unapproved.output
    other = lab.playbook("approve", *extra(**{**rules, **approval, "approved_digest": "sha256:0"}))
    assert "approve what you have seen" in other.output
    assert lab.playbook("approve", *extra(**rules, **approval)).code == 0
    assert not lab.playbook("approve", *extra(**rules, **approval)).changed

    assert "same_person" in lab.playbook("apply", *extra(**{**rules, "operator": "sato"})).output
    round_it = extra(**{**rules, "operator": "SA\u200bto", "approve_plan": True})
    assert "same_person" in lab.playbook("apply", *round_it).output
    run = lab.playbook("apply", *extra(**rules))
    assert run.code == 0, run.output
    begin = lab.journal(HOST)[0]
    assert begin["signed"] is True
    assert begin["operator"] == "Ito"
    assert begin["approval"]["approved_by"] == "Sato"

    closed = lab.playbook("close", *extra(**rules, closed_by="Sato"))
    assert closed.code == 0, closed.output
    assert "Keep this digest elsewhere: sha256:" in closed.output
    assert "is closed" in lab.playbook("apply", *extra(**rules)).output
    journal = lab.change_dir / "journal" / f"{HOST}.jsonl"
    journal.write_bytes(journal.read_bytes() + b"\n")
    tampered = lab.playbook("close", *extra(**rules, closed_by="Sato"))
    assert tampered.code == 2
    assert "Not as it was written" in tampered.output
