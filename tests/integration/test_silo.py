# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A silo keeps servers that take users, also where some of its servers are dead.

The lab's ledger judges: a silo of two or more of which none takes users is a violation.
"""

from __future__ import annotations

import json
from typing import Any

import pytest


def fate(run: Any, lab: Any, host: str) -> str:
    """Where a host stands in the plan; its blocker, else its steps."""
    assert run.code == 0, run.output
    entry = lab.read("plan.json")["hosts"][host]
    return entry["blocked"] or ", ".join(step.name for step in entry["steps"])


def test_the_other_of_two_is_down_so_the_plan_drains_nobody(start_lab: Any) -> None:
    lab = start_lab("XAAPP01", "XAAPP06", speed=240)
    lab.command("inject", "XAAPP06", "ima_stops")
    assert "Its silo cannot spare it" in fate(lab.playbook("plan"), lab, "XAAPP01")
    lab.playbook("apply")
    assert lab.ledger("violation") == []


@pytest.mark.parametrize("fault", ["ima_stops", "logons_off", "hang"])
def test_who_stops_serving_after_the_plan_was_made_does_not_count(
    start_lab: Any, fault: str
) -> None:
    lab = start_lab("XAAPP01", "XAAPP06", speed=240)
    assert "drain_logons" in fate(lab.playbook("plan"), lab, "XAAPP01")
    lab.command("inject", "XAAPP06", fault)
    run = lab.playbook("apply", "--limit", "XAAPP01")
    assert run.code != 0
    assert "% of the silo serve" in run.output
    assert lab.ledger("violation") == []
    assert lab.status()["XAAPP01"]["logon_mode"] == 0
    refused = [entry for entry in lab.journal("XAAPP01") if entry.get("status") == "refused"]
    assert "XAAPP06" in json.dumps(refused[-1]["interlocks"])

    lab.command("inject", "XAAPP06", "recover")
    lab.command("inject", "XAAPP06", "ima_starts")
    lab.command("inject", "XAAPP06", "logons_on")


def test_a_limited_run_counts_the_farm_outside_of_it(start_lab: Any) -> None:
    lab = start_lab("XADC01", "XADC02", "XAAPP01", "XAAPP06", speed=240)
    # The silo has two servers, of which one is in the run; and the collectors come first.
    run = lab.playbook("plan", "--limit", "XAAPP01")
    assert run.code != 0
    assert "XAAPP01 would be patched before XADC01, XADC02" in run.output
    assert "the only server of silo" not in run.output
    run = lab.playbook("plan", "--limit", "XADC01")
    assert run.code == 0, run.output
    assert set(lab.read("plan.json")["outside"]) == {"XADC02", "XAAPP01", "XAAPP06"}
    assert lab.playbook("apply", "--limit", "XADC01").code == 0
    # What was read before its hotfix shows nothing; read again, it counts as patched.
    assert "patched before XADC01" in lab.playbook("plan", "--limit", "XADC02").output
    assert lab.playbook("assess", "--limit", "XADC01").code == 0
    assert lab.playbook("plan", "--limit", "XADC02").code == 0
    assert lab.playbook("apply", "--limit", "XADC02").code == 0
    assert lab.playbook("assess", "--limit", "XADC02").code == 0
    assert lab.playbook("plan", "--limit", "XAAPP01").code == 0
    assert lab.playbook("apply", "--limit", "XAAPP01").code == 0
    assert lab.ledger("violation") == []

    # In a workflow of AWX a job may be a slice.
    run = lab.playbook("plan", "-e", "awx_workflow_job_id=7")
    assert run.code != 0
    assert "legacyops_farm_members" in run.output
    members = ["XADC01", "XADC02", "XAAPP01", "XAAPP06"]
    for names, fits in ((members, True), ([*members, "XAAPP09"], False), (members[:2], False)):
        more = {"awx_workflow_job_id": 7, "legacyops_farm_members": names}
        run = lab.playbook("plan", "-e", json.dumps(more))
        assert (run.code == 0) is fits, run.output


def test_a_repaired_server_and_its_wave_mates_finish_in_one_further_run(start_lab: Any) -> None:
    hosts = ("XAAPP01", "XAAPP02", "XAAPP06", "XAAPP03")
    lab = start_lab(*hosts, speed=240)
    assert lab.playbook("plan").code == 0
    assert lab.read("plan.json")["waves"][0][:2] == ["XAAPP01", "XAAPP02"]
    lab.command("inject", "XAAPP01", "hang")
    run = lab.playbook("apply", "--forks", "1")
    assert run.code != 0
    assert "XAAPP01 failed, and the failure budget is 0" in run.output
    lab.command("inject", "XAAPP01", "recover")
    run = lab.playbook("apply")
    assert run.code == 0, run.output
    statuses = {host: lab.read("state", f"{host}.json")["status"] for host in hosts[:2]}
    assert set(statuses.values()) == {"done"}
    assert lab.ledger("violation") == []
