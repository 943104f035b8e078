# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan playbook prints the runbook of a failed FT system, from what an assessment left."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import yaml
from legacyops_lab.ft import estate
from legacyops_model.ft import site as ftsite

SYSTEMS = Path(__file__).parents[2] / "lab" / "estates" / "ft" / "systems.yml"


def test_plan_prints_a_runbook(tmp_path: Path, ansible_environment: dict[str, str]) -> None:
    description = estate.load(SYSTEMS)["ft-failed1"]
    state = ftsite.State(estate.first_state(description))
    observed = replace(ftsite.observe(ftsite.remembered(state)), host="ft-1")
    change = tmp_path / "change"
    (change / "observations").mkdir(parents=True)
    (change / "observations" / "ft-1.json").write_text(
        json.dumps(observed.to_dict()), encoding="utf-8"
    )
    variables = {
        "ansible_host": "192.0.2.5",
        "ansible_connection": "winrm",
        "legacyops_ft_system": ftsite.form(description["model"], windows="2003"),
        "legacyops_ft_credentials": {"ft01": {"username": "hotfix", "password": "a canary"}},
    }
    inventory = tmp_path / "the hosts.yml"
    inventory.write_text(yaml.safe_dump({"ft": {"hosts": {"ft-1": variables}}}), encoding="utf-8")
    extra = {"legacyops_change_id": "CHG0042", "legacyops_change_dir": str(change)}
    playbook = str(Path(sys.executable).parent / "ansible-playbook")
    words = [playbook, "legacyops.hotfix.plan", "--skip-tags", "assess", "-i", str(inventory)]
    run = subprocess.run(
        [*words, "-e", json.dumps(extra)],
        env=ansible_environment, cwd=tmp_path, capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    for mark in "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲":
        assert mark in run.stdout
    assert "== Part 2003 of the notice ==" in run.stdout
    assert "BY HAND" in run.stdout
    assert "「有効化(E)」をクリックします" in "".join(run.stdout.split())
    assert f"-i '{inventory}'" in run.stdout
    plan = "".join(path.read_text(encoding="utf-8") for path in change.glob("plan/*/**/*.json"))
    assert plan
    assert "a canary" not in run.stdout + plan
    head = json.loads((change / "plan.json").read_text(encoding="utf-8"))
    assert head["digest"] in run.stdout
