# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Report and runbook of real runs on the lab, and the form of results read back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
import yaml

pytestmark = pytest.mark.slow

TEST = "XATEST01"


@pytest.fixture(scope="module")
def lab(start_lab: Callable[..., Any]) -> Any:
    """A lab of one host on which a whole change was carried out, JUnit files beside it."""
    lab = start_lab(TEST, speed=120)
    junit = {"ANSIBLE_CALLBACKS_ENABLED": "ansible.builtin.junit",
             "JUNIT_OUTPUT_DIR": str(lab.state / "junit")}  # fmt: skip
    assert lab.playbook("plan").code == 0
    assert lab.playbook("runbook", "-e", "legacyops_report_language=ja").code == 0
    environment = lab.environment
    lab.environment = {**environment, **junit}
    applied = lab.playbook("apply")
    lab.environment = environment
    assert applied.code == 0, applied.output
    lab.playbook("audit")
    return lab


def form_of(lab: Any) -> Path:
    (path,) = lab.change_dir.glob("runbook-results-*.yml")
    return Path(path)


def report(lab: Any, language: str = "en") -> Any:
    run = lab.playbook("report", "-e", f"legacyops_report_language={language}")
    assert run.code == 0, run.output
    return run


def test_the_report_tells_what_the_journal_has(lab: Any, repository: Path) -> None:
    run = report(lab)
    assert str(lab.change_dir / "report-en.html") in run.output
    told = lab.read("report.json")
    schema = json.loads((repository / "docs" / "report.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(told)
    record = told["hosts"][TEST]
    assert record["status"] == "done"
    assert [step["id"] for step in record["steps"]] == [
        step.id for step in lab.read("plan.json")["hosts"][TEST]["steps"]
    ]
    installed = next(s for s in record["steps"] if s["id"].endswith("-install_hotfix"))
    results = [e for e in lab.journal(TEST) if e["kind"] == "result"]
    assert installed["ended"] in [e["utc"] for e in results if e["step"] == installed["id"]]
    assert installed["facts"]["exit_code"] in (0, 3010)
    assert record["service"]["back"]
    assert record["findings"]["after"] is not None
    assert told["hashes"][-1]["value"] == lab.journal(TEST)[-1]["hash"]


def test_the_page_is_there_in_the_language_asked_for(lab: Any) -> None:
    report(lab, "ja")
    page = (lab.change_dir / "report-ja.html").read_text(encoding="utf-8")
    assert '<html lang="ja">' in page
    assert "信頼されたルート証明機関" in page
    assert TEST in page


def test_the_same_report_again_is_no_change(lab: Any) -> None:
    report(lab)
    assert report(lab).changed == set()


def test_check_mode_writes_nothing(lab: Any) -> None:
    before = lab.files()
    for name in ("report", "runbook"):
        assert lab.playbook(name, "--check", "-e", "legacyops_report_language=en").code == 0
    assert lab.files() == before


def test_no_host_is_contacted(lab: Any) -> None:
    before = lab.counters()
    report(lab)
    lab.playbook("runbook")
    assert lab.counters() == before


def test_an_altered_journal_stands_in_red(lab: Any) -> None:
    path = lab.change_dir / "journal" / f"{TEST}.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b'"status":"ok"', b'"status":"OK"', 1))
    report(lab)
    path.write_bytes(whole)
    told = lab.read("report.json")
    assert "journal" in [each["kind"] for each in told["deviations"]]
    assert told["outcome"] == "completed_with_deviations"


def test_the_form_is_read_back_once(lab: Any) -> None:
    form_path = form_of(lab)
    form = yaml.safe_load(form_path.read_text(encoding="utf-8"))
    row = form["hosts"][TEST]["steps"][0]
    row.update(result="done", worker="佐藤", checker="Suzuki", ended="2026-11-22 22:05")
    form["hosts"][TEST]["acceptance"] = {
        "result": "accepted", "by": "田中", "at": "2026-11-23 09:00", "note": "Orders open.",
    }  # fmt: skip
    filled = lab.state / "filled.json"
    filled.write_text(json.dumps(form), encoding="utf-8")
    arguments = ("-e", f"legacyops_runbook_results={filled}")
    assert lab.playbook("runbook", "--check", *arguments).changed == {TEST}
    assert [e for e in lab.journal(TEST) if e["kind"] == "transcribed"] == []
    assert lab.playbook("runbook", *arguments).changed == {TEST}
    assert lab.playbook("runbook", *arguments).changed == set()
    (entry,) = [e for e in lab.journal(TEST) if e["kind"] == "transcribed"]
    assert (entry["transcribed_step"], entry["name"]) == (row["step"], "佐藤")
    report(lab)
    record = lab.read("report.json")["hosts"][TEST]
    assert record["acceptance"]["by"] == "田中"
    assert "佐藤" in record["steps"][0]["people"]


def test_a_form_with_a_mistake_is_refused_as_a_whole(lab: Any) -> None:
    form = yaml.safe_load((form_of(lab)).read_text(encoding="utf-8"))
    steps = form["hosts"][TEST]["steps"]
    steps[0].update(result="failed", worker="Someone", ended="2026-11-22 22:05")
    steps[1].update(result="done", ended="2026-11-22 22:05")
    bad = lab.state / "bad.json"
    bad.write_text(json.dumps(form), encoding="utf-8")
    before = lab.files()
    run = lab.playbook("runbook", "-e", f"legacyops_runbook_results={bad}")
    assert run.code == 2
    assert f"{steps[1]['step']}: worker must say who" in " ".join(run.output.split())
    assert lab.files() == before


def test_what_is_transcribed_does_not_decide_what_remains(lab: Any) -> None:
    """The observation decides: another run after a transcription changes nothing."""
    before = lab.snapshot()
    assert lab.playbook("apply").code == 0
    assert lab.snapshot() == before


def test_the_runbook_quotes_the_notice(lab: Any) -> None:
    page = (lab.change_dir / "runbook-ja.html").read_text(encoding="utf-8")
    assert "Hotfixをインストールします。" in page
    assert "作業者" in page
    assert "確認者" in page


@pytest.mark.parametrize("name", ["report", "runbook"])
def test_without_a_plan_it_says_what_to_do(lab: Any, name: str, tmp_path: Path) -> None:
    run = lab.playbook(name, "-e", f"legacyops_change_dir={tmp_path}")
    assert run.code == 2
    assert "Run legacyops.hotfix.plan" in run.output
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_time_zone_is_named(lab: Any) -> None:
    run = lab.playbook("report", "-e", "legacyops_time_zone=Mars/Olympus")
    assert run.code == 2
    assert "Asia/Tokyo" in run.output


def test_junit_has_a_case_for_each_step(lab: Any) -> None:
    report(lab)
    cases = ElementTree.parse(lab.change_dir / "report.junit.xml").getroot().findall(".//testcase")
    steps = [step.id for step in lab.read("plan.json")["hosts"][TEST]["steps"]]
    assert [case.get("name", "").partition(":")[0] for case in cases] == steps
    assert not [case for case in cases if case.find("failure") is not None]


def test_ansibles_own_junit_callback_tells_each_task_and_in_it_each_step(lab: Any) -> None:
    (file,) = (lab.state / "junit").glob("*.xml")
    cases = ElementTree.parse(file).getroot().findall(".//testcase")
    (carried_out,) = [c for c in cases if "Carry out step by step" in c.get("name", "")]
    output = carried_out.findtext("system-out") or ""
    steps = [step.id for step in lab.read("plan.json")["hosts"][TEST]["steps"]]
    assert all(step in output for step in steps)
    assert not [case for case in cases if case.find("failure") is not None]


def test_nothing_of_the_run_is_secret_in_the_pages(lab: Any) -> None:
    inventory = (lab.state / "inventory.yml").read_text(encoding="utf-8")
    passwords = set(re.findall(r"password: ['\"]?([^'\"\n]+)", inventory))
    assert passwords
    for path in lab.change_dir.glob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not [secret for secret in passwords if secret in text]
