# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The author of a notice runs the playbook that lints it, without any host."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

OURS = Path(__file__).resolve().parents[2] / "advisories" / "ctx130025"
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def play(tmp_path: Path, ansible_environment: dict[str, str]) -> Run:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).parent / "ansible-playbook")]
        return subprocess.run(
            [*command, "legacyops.hotfix.advisory", *words], env=ansible_environment, cwd=tmp_path,
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip

    return run


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """An edition of ours, as a site's own."""
    folder = Path(shutil.copytree(OURS, tmp_path / "advisories" / "mine"))
    change(folder / "notice.yml", "id: ctx130025", "id: mine")
    return folder


def change(file: Path, old: str, new: str) -> int:
    """Replace what is there once; return its line."""
    before, found, after = file.read_text(encoding="utf-8").partition(old)
    assert found
    file.write_text(before + new + after, encoding="utf-8")
    return before.count("\n") + 1


def test_all_faults_are_printed_and_errors_fail(play: Run, mine: Path) -> None:
    key = change(
        mine / "logic.yml", "on_failure: return_to_service}\nacts", "on_failur: stop}\nacts"
    )
    value = change(mine / "logic.yml", "blocker: {ima: missing}", "blocker: {ima: mising}")
    clause = change(mine / "notice.yml", "clauses:\n", "clauses:\n  ⑲: {en: More., ja: 追加。}\n")
    run = play("-e", json.dumps({"legacyops_advisory_paths": [str(mine.parent)]}))
    output = run.stdout + run.stderr
    assert run.returncode != 0, output
    assert f"{mine}/logic.yml:{key}: error: every_step.on_failur: there is no such key" in output
    assert "did you mean on_failure?" in output
    assert f"{mine}/logic.yml:{value}: error: service_state is never mising; did you" in output
    assert f"{mine}/notice.yml:{clause + 1}: warning: nothing cites clause ⑲" in output
    assert "The advisories have 2 errors, 1 warning" in output
    assert "Traceback" not in output


def test_the_folders_of_the_inventory_are_those_linted(
    play: Run, mine: Path, tmp_path: Path
) -> None:
    host = {"legacyops_advisory_paths": [str(mine)], "ansible_host": "127.0.0.1"}
    inventory = tmp_path / "hosts.json"
    inventory.write_text(json.dumps({"all": {"hosts": {"xa01": host}}}), encoding="utf-8")
    run = play("-i", str(inventory))
    assert run.returncode == 0, run.stdout + run.stderr
    bundled = len(list(OURS.parent.glob("*/notice.yml")))
    assert f"{bundled + 1} advisories: 0 errors, 0 warnings." in run.stdout
    written = [f"review/review-{name}-{ln}.html" for name in ("mine",) for ln in ("en", "ja")]
    run = play("-i", str(inventory), "-e", "legacyops_advisory_review_dir=review", "--check")
    assert run.returncode == 0, run.stdout + run.stderr
    assert not (tmp_path / "review").exists()
    run = play("-i", str(inventory), "-e", "legacyops_advisory_review_dir=review")
    assert run.returncode == 0, run.stdout + run.stderr
    assert all("<svg" in (tmp_path / path).read_text(encoding="utf-8") for path in written)
    run = play()
    assert run.returncode == 0, run.stdout + run.stderr
    assert f"{bundled} advisories: 0 errors, 0 warnings." in run.stdout
