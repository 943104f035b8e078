# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every EXAMPLE in the documentation of the procedure modules runs as it stands, in their order."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.legacyops.hotfix.plugins.modules import (
    approve,
    assess,
    audit,
    change,
    journal,
    overview,
    plan,
    status,
    step,
)

# Only the root is missing here: its plan has the step that the examples name, and no wait.
HOST = "XAAPP03"


@pytest.mark.slow
def test_examples_run(start_lab: Callable[..., Any], tmp_path: Path) -> None:
    lab = start_lab(HOST)
    for module in (assess, overview, plan, approve, change, step, status, journal, audit):
        play = {"hosts": HOST, "gather_facts": False, "tasks": yaml.safe_load(module.EXAMPLES)}
        playbook = tmp_path / "examples.yml"
        playbook.write_text(yaml.safe_dump([play], allow_unicode=True), encoding="utf-8")
        words = [str(Path(sys.executable).parent / "ansible-playbook"), str(playbook)]
        run = subprocess.run(
            [*words, "-i", str(lab.state / "inventory.yml"), "-e", "legacyops_poll_seconds=1"],
            env=lab.environment, cwd=tmp_path, capture_output=True, text=True, timeout=300,
            check=False,
        )  # fmt: skip
        assert run.returncode == 0, run.stdout + run.stderr
    assert lab.ledger("violation") == []
