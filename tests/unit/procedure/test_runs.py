# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a run of ansible-playbook still goes on, as far as that can be seen."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure import runs
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.directory import (
    ChangeDirectory,
)


@pytest.fixture
def noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """noted(process): the change directory in which a run of this process is noted."""

    def note(process: int) -> ChangeDirectory:
        directory = ChangeDirectory(tmp_path, "C1")
        monkeypatch.setattr(os, "getppid", lambda: process)
        runs.note_run(directory, "20261122T050000Z", ["xa01"])
        return directory

    return note


def alive(directory: ChangeDirectory) -> list[bool | None]:
    return [run.alive for run in runs.runs(directory)]


def test_a_process_that_is_there_goes_on_and_one_that_has_ended_does_not(noted: Any) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        directory = noted(process.pid)
        assert alive(directory) == [True]
    assert alive(directory) == [False]


def test_a_process_that_is_hidden_from_this_account_is_not_taken_for_gone(
    noted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """/proc with hidepid=2 shows an account its own processes only."""

    def denied(_process: int, _signal: int) -> None:
        raise PermissionError

    directory = noted(os.getpid())
    monkeypatch.setattr(runs, "_started", lambda _process: None)
    monkeypatch.setattr(os, "kill", denied)
    assert alive(directory) == [None]
