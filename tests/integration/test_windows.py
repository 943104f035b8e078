# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The notice on SHA-2 code signing, carried out on servers that are nothing but one Windows."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from conftest import Lab, Run, running
from patience import until

pytestmark = pytest.mark.slow

SHA2 = Path(__file__).resolve().parents[2] / "lab" / "estates" / "sha2.yml"
LEFT_ALONE = {
    "W2K8DOUBT": {"support_unknown"},
    "W2K8PENDING": {"pending_restart"},
    "W2K8SP1": {"no_service_pack_2"},
    "W2K8X86": {"no_backup_for_stack", "no_backup_for_support"},
}
WHOLE = [
    "stage_later", "install_stack", "restart_stack", "install_support", "restart_support",
    "install_later", "restart_later",
]  # fmt: skip
STEPS = {
    **dict.fromkeys(("W2K8DENIED", "W2K8FRESH", "W2K8QUIET", "W2K8STAGED"), WHOLE),
    "W2K8EDITION": WHOLE[1:],
    "W2K8LATER": ["stage_later", "install_later", "restart_later"],
    "W2K8DONE": [],
}
FAILED = {"W2K8DENIED": "wusa ended with 5", "W2K8EDITION": "does not apply to this Windows"}
ALL_IN = {"KB4474419": "installed", "KB4507704": "installed"}


@dataclass
class Story:
    """A whole change: planned, approved, applied, audited."""

    lab: Lab
    planned: Run
    plan: dict[str, Any]
    applied: Run
    audited: Run
    again: Run
    truth: dict[str, Any]
    violations: list[dict[str, Any]]


@pytest.fixture(scope="module")
def story(
    tmp_path_factory: pytest.TempPathFactory, ansible_environment: dict[str, str]
) -> Iterator[Story]:
    state = tmp_path_factory.mktemp("sha2")
    with running(state, ansible_environment, None, 600, {}, farm=SHA2) as lab:
        planned = lab.playbook("plan")
        plan = lab.read("plan.json")
        given = {"legacyops_approve_plan": False, "legacyops_window_required": False}
        approval = {
            **given, "legacyops_approved_digest": plan["digest"], "legacyops_approved_by": "Sato",
        }  # fmt: skip
        approved = lab.playbook("approve", "-e", json.dumps(approval))
        assert approved.code == 0, approved.output
        applied = lab.playbook("apply", "-e", json.dumps(given))
        audited = lab.playbook("audit")
        well = "W2K8FRESH,W2K8QUIET,W2K8STAGED,W2K8LATER,W2K8DONE"
        again = lab.playbook("apply", "-e", json.dumps(given), "--limit", well)
        truth = lab.status()
        yield Story(
            lab, planned, plan, applied, audited, again, truth, lab.ledger("violation")
        )  # fmt: skip


def test_the_plan_has_what_each_state_needs_and_leaves_alone_what_must_be_mended(
    story: Story,
) -> None:
    assert story.planned.code == 0, story.planned.output
    hosts = story.plan["hosts"]
    steps = {n: [s.name for s in h["steps"]] for n, h in hosts.items() if n not in LEFT_ALONE}
    assert steps == STEPS
    for host, wanted in LEFT_ALONE.items():
        found = {f.id for f in hosts[host]["findings"] if f.severity == "blocker"}
        assert (found, hosts[host]["steps"]) == (wanted, [])


def test_nothing_of_xenapp_is_asked_for(story: Story) -> None:
    for word in ("data_store", "silo", "IMA", "hotfixes"):
        assert word not in story.planned.output
        assert word not in story.applied.output


def test_whoever_can_be_carried_through_is(story: Story) -> None:
    states = {host: story.lab.read("state", f"{host}.json") for host in STEPS if STEPS[host]}
    failed = {host: each["message"] for host, each in states.items() if each["status"] == "failed"}
    assert failed.keys() == FAILED.keys(), story.applied.output
    assert all(FAILED[host] in message for host, message in failed.items())
    for host in ("W2K8FRESH", "W2K8QUIET", "W2K8STAGED"):
        assert story.truth[host]["updates"] == {**ALL_IN, "KB4493730": "installed"}
        assert story.truth[host]["restarts"] == 2  # also where no sign asked for the first
    assert story.truth["W2K8LATER"]["updates"] == ALL_IN
    assert story.truth["W2K8LATER"]["restarts"] == 1
    untouched = [*LEFT_ALONE, "W2K8DONE", "W2K8DENIED"]
    assert all(story.truth[host]["restarts"] == 0 for host in untouched)
    assert story.violations == []


def test_the_journal_tells_exit_codes_and_states(story: Story) -> None:
    results = {
        entry["step"].partition("-")[2]: entry["result"]
        for entry in story.lab.journal("W2K8QUIET")
        if entry["kind"] == "result" and entry.get("result")
    }
    assert results["install_support"]["exit_code"] == 0
    assert results["install_support"]["reboot_required"] is True  # the notice says so
    assert results["install_later"]["exit_code"] == 3010
    assert results["install_later"]["state"] == "install_pending"


def test_an_audit_says_who_understands_sha2(story: Story) -> None:
    good = {
        host
        for host in story.plan["hosts"]
        for finding in story.lab.read("audit", f"{host}.json")["findings"]
        if finding["id"] == "sha2_supported"
    }
    assert good == {
        "W2K8FRESH", "W2K8QUIET", "W2K8STAGED", "W2K8LATER", "W2K8DONE", "W2K8EDITION",
    }  # fmt: skip
    failed = {host for host, counts in story.audited.recap.items() if counts["failed"]}
    assert failed == {*LEFT_ALONE, "W2K8DENIED", "W2K8EDITION"}


def test_runbook_and_report_are_those_of_a_plain_windows(story: Story) -> None:
    report = story.lab.playbook("report", "--limit", "W2K8FRESH")
    runbook = story.lab.playbook("runbook", "--limit", "W2K8FRESH")
    assert (report.code, runbook.code) == (0, 0), report.output + runbook.output
    schema = json.loads((SHA2.parents[2] / "docs" / "report.schema.json").read_text("utf-8"))
    found = story.lab.read("report.json")
    jsonschema.validate(found, schema)
    assert found["hosts"]["W2K8FRESH"]["about"] == {
        "kind": "windows", "product": "windows_server_2008_x64",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"sha2_server_2008": {"restart_between": "never"}}, "must be one of when_asked, always"),
        ({"sha2_server_2018": {}}, "is of no advisory: did you mean sha2_server_2008?"),
    ],
)
def test_inputs_that_cannot_be_meant_are_refused_before_a_host_is_asked(
    story: Story, given: dict[str, Any], said: str
) -> None:
    before = story.lab.counters()
    more = json.dumps({"legacyops_inputs": given})
    for name in ("assess", "plan"):
        run = story.lab.playbook(name, "-e", more, "--limit", "W2K8FRESH,W2K8QUIET")
        assert run.code != 0
        assert said in run.output
    assert story.lab.counters() == before


def test_a_second_run_changes_nothing(story: Story) -> None:
    assert story.again.code == 0, story.again.output
    assert story.again.changed == set()


@pytest.mark.parametrize("whom", ["alone", "with_workers"])
@pytest.mark.parametrize(
    ("step", "begun"),
    [("install_support", "installing"), ("restart_support", "going down")],
)
def test_a_run_that_is_killed_goes_on_where_it_was(
    tmp_path_factory: pytest.TempPathFactory,
    ansible_environment: dict[str, str],
    whom: str,
    step: str,
    begun: str,
) -> None:
    state = tmp_path_factory.mktemp("killed")
    with running(state, ansible_environment, ["W2K8QUIET"], 120, {}, farm=SHA2) as lab:
        assert lab.playbook("plan").code == 0
        process = subprocess.Popen(
            lab.arguments("apply"), env=lab.environment, cwd=lab.state, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until(lambda: _is_at(lab, step, begun), 120)
        if whom == "alone":
            process.kill()
        else:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        run = lab.playbook("apply")
        assert run.code == 0, run.output
        truth = lab.status()["W2K8QUIET"]
        assert truth["updates"] == {**ALL_IN, "KB4493730": "installed"}
        assert set(truth["installer_starts"].values()) == {1}
        assert truth["restarts"] == 2
        assert lab.ledger("violation") == []


def _is_at(lab: Lab, step: str, begun: str) -> bool:
    path = lab.change_dir / "journal" / "W2K8QUIET.jsonl"
    entries = lab.journal("W2K8QUIET") if path.exists() else []
    intents = [e["step"].partition("-")[2] for e in entries if e["kind"] == "intent"]
    truth = lab.status()["W2K8QUIET"]
    at_work = truth["installing"] if begun == "installing" else truth["power"] != "up"
    return step in intents and bool(at_work)
