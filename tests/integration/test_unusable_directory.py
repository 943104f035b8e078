# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change directory that cannot be written: one sentence, an exit code, and nothing done."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

HOST = "XAAPP03"
RAW = ("Traceback", "Errno", "Unexpected", "Error:")


@pytest.fixture(scope="module")
def planned(start_lab: Callable[..., Any]) -> Any:
    lab = start_lab(HOST)
    run = lab.playbook("plan")
    assert run.code == 0, run.output
    return lab


@pytest.fixture(scope="module")
def read_only(planned: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The change directory on a file system that is mounted read-only."""
    folder = tmp_path_factory.mktemp("read-only")
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here (it takes root)")
    try:
        shutil.copytree(planned.change_dir, folder / "change")
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        yield folder / "change"
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def told(lab: Any, name: str, change_dir: str) -> Any:
    run = lab.playbook(name, "-e", f"legacyops_change_dir={change_dir}", *MORE.get(name, ()))
    assert run.code != 0, run.output
    assert not [raw for raw in RAW if raw in run.output], run.output
    return run


MORE = {
    "stop": ("-e", "legacyops_stop_reason=enough"),
    "close": ("-e", "legacyops_closed_by=Sato", "-e", "legacyops_close_unfinished=true"),
    "approve": ("-e", "legacyops_approved_by=Sato", "-e", "legacyops_approved_digest=DIGEST"),
}


PLAYBOOKS = ("assess", "plan", "apply", "audit", "report", "runbook", "stop")


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_a_read_only_directory_is_told(planned: Any, read_only: Path, name: str) -> None:
    run = told(planned, name, str(read_only))
    assert "Read-only file system" in run.output
    assert planned.ledger("violation") == []
    assert not any(planned.counters()[HOST].get(key) for key in ("installations", "restarts"))


FOLDERS = {"nobody": "~nosuchuser/x", "proc": "/proc/legacyops", "long": "/tmp/" + "x" * 300}
# Each folder by what makes it, and by what only reads it; the rest for long (make soak).
SAMPLE = {("nobody", "assess"), ("nobody", "apply"), ("proc", "plan"), ("proc", "audit"),
          ("long", "report"), ("long", "runbook"), ("long", "stop")}  # fmt: skip


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        pytest.param(
            FOLDERS[folder], name, id=f"{folder}-{name}",
            marks=[] if (folder, name) in SAMPLE else pytest.mark.soak,
        )
        for folder in FOLDERS
        for name in PLAYBOOKS
    ],
)  # fmt: skip
def test_a_folder_that_cannot_be_is_told(planned: Any, folder: str, name: str) -> None:
    told(planned, name, folder)
