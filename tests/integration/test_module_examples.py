# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every EXAMPLE in the documentation of the primitive modules runs as it stands."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
HOST = "XAAPP01"
MODULES = (
    "node_info",
    "root_certificate",
    "root_update_policy",
    "staged_package",
    "logon_mode",
    "msp_patch",
    "ima_service",
    "restart",
)


def examples(module: str) -> str:
    """The text of a module's EXAMPLES."""
    path = REPOSITORY / "plugins" / "modules" / f"{module}.py"
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "EXAMPLES":
            return str(ast.literal_eval(node.value))
    raise AssertionError(f"{module} has no EXAMPLES")


@pytest.fixture(scope="module")
def lab(start_lab: Callable[..., Any]) -> Any:
    return start_lab(HOST)


@pytest.mark.slow
@pytest.mark.parametrize("module", MODULES)
def test_examples_run(lab: Any, module: str, tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "readme.txt").write_text("Read me first.\n", encoding="utf-8")
    tasks = yaml.safe_load(examples(module))
    # Those of an FT system's nodes: test_node_modules.
    tasks = [task for task in tasks if "node" not in (task.get(f"legacyops.hotfix.{module}") or {})]
    play = {"hosts": HOST, "gather_facts": False, "tasks": tasks}
    playbook = tmp_path / "examples.yml"
    playbook.write_text(yaml.safe_dump([play], allow_unicode=True), encoding="utf-8")
    words = [
        str(Path(sys.executable).parent / "ansible-playbook"),
        str(playbook),
        *("-i", str(lab.state / "inventory.yml"), "-e", "legacyops_poll_seconds=1"),
    ]
    run = subprocess.run(
        words, env=lab.environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
