# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook status, asked from beside at every moment of a change: begun, killed, resumed,
stopped, failed, waiting for a person, answered and done.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.confirmations import (
    Confirmations,
)
from ft_lab import FtLab, ft_lab
from test_ft_operator import HOST, system
from twins import Change, Twins, estate, running

pytestmark = pytest.mark.slow

USER = {"xenapp": {"sessions": [{"user": "suzuki", "minutes": None}]}}
LONGEST_SECONDS = 120


@pytest.fixture(scope="module")
def lab(
    tmp_path_factory: pytest.TempPathFactory, ansible_environment: dict[str, str]
) -> Iterator[Twins]:
    data = estate(["killed", "broken", "fine"], killed=USER)
    with running(tmp_path_factory.mktemp("status"), ansible_environment, data) as lab:
        yield lab


def until(what: Callable[[], Any]) -> Any:
    """What is there at last."""
    end = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < end:
        found = what()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("it did not come true")


@contextmanager
def going(lab: Twins | FtLab, words: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A run that goes on meanwhile, in a session of its own."""
    process = subprocess.Popen(
        words, env=lab.environment, cwd=lab.state, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=60)


def asked(lab: Twins, change: Change) -> tuple[dict[str, Any], dict[str, Any]]:
    """What status says of all, and of the change's host; it contacts nobody."""
    more = ["--limit", change.host, "-e", "legacyops_status_files=true"]
    done = lab.run(lab.words("status", change.folder, *more))
    assert done.returncode == 0, done.stdout
    return read(change.folder, change.host, done.stdout)


def read(folder: Path, host: str, output: str) -> tuple[dict[str, Any], dict[str, Any]]:
    told = json.loads((folder / "status.json").read_text(encoding="utf-8"))
    table = (folder / "status.csv").read_text(encoding="utf-8-sig")
    [own] = [each for each in told["hosts"] if each["host"] == host]
    assert f"\n{host},{own['status']}," in table
    assert f"Change {told['change']}: " in output
    return told, own


def waits_for_users(change: Change, runs: int) -> Callable[[], bool]:
    """Whether so many runs have come to the step that waits for the users."""

    def look() -> bool:
        if not change.journal_file.exists():
            return False
        entries = change.journal()
        begins = [n for n, entry in enumerate(entries) if entry["kind"] == "begin"]
        return len(begins) == runs and any(
            entry["kind"] == "intent" and "wait_for_sessions" in entry["step"]
            for entry in entries[begins[-1] :]
        )

    return look


def test_a_run_that_is_killed_resumed_and_interrupted(lab: Twins) -> None:
    change = lab.change("killed")
    told, host = asked(lab, change)
    assert (host["status"], told["runs"]) == ("not_begun", [])
    assert host["text"]["en"] == "No run has come to it."

    with going(lab, change.command) as run:
        until(waits_for_users(change, 1))
        told, host = asked(lab, change)
        assert host["status"] == "under_way"
        assert "wait_for_sessions" in host["step"]
        assert host["since"] < host["expected_end"] < host["latest_end"]
        assert [each["process"] for each in told["runs"]] == [run.pid]
        assert not host["rests"]
        assert 0 < host["to_rest"]["expected"] <= host["to_rest"]["longest"]
        since = host["since"]
    told, host = asked(lab, change)
    assert (host["status"], host["since"], told["runs"]) == ("interrupted", since, [])
    assert "wait_for_sessions" in host["step"]

    with going(lab, change.command) as run:
        until(waits_for_users(change, 2))
        told, host = asked(lab, change)
        assert (host["status"], host["since"]) == ("under_way", since)
        assert [each["process"] for each in told["runs"]] == [run.pid]
        run.send_signal(signal.SIGINT)
        run.wait(timeout=LONGEST_SECONDS)
        until(lambda: change.state().get("reason") == "interrupted")
    told, host = asked(lab, change)
    assert (host["status"], host["reason"]) == ("interrupted", "interrupted")
    assert told["runs"] == []


def test_a_change_that_is_stopped_says_so_of_who_has_not_begun(lab: Twins) -> None:
    change = lab.change("fine")
    (change.folder / "STOP").write_text("The manager called")
    told, host = asked(lab, change)
    assert told["stopped"] == "The manager called"
    assert "the change is stopped (The manager called)" in host["text"]["en"]
    (change.folder / "STOP").unlink()

    assert lab.run(change.command).returncode == 0
    told, host = asked(lab, change)
    assert (host["status"], host["steps_left"], host["step"]) == ("done", 0, None)


def test_a_host_that_failed(lab: Twins) -> None:
    change = lab.change("broken")
    lab.inject("broken", "ima_start_fails", because="data_store")
    assert lab.run(change.command).returncode == 2
    before = lab.ask("counters")["hosts"]
    told, host = asked(lab, change)
    assert lab.ask("counters")["hosts"] == before, "it contacts no host"
    assert (host["status"], host["reason"]) == ("failed", change.state()["reason"])
    assert host["step"] == change.state()["step"]
    assert host["text"]["en"] == change.state()["message"]
    assert told["counts"]["failed"] == 1


@pytest.fixture(scope="module")
def by_hand(
    tmp_path_factory: pytest.TempPathFactory, ansible_environment: dict[str, str]
) -> Iterator[FtLab]:
    folder = tmp_path_factory.mktemp("status-ft")
    with ft_lab(folder / "lab", ansible_environment, {HOST: system(folder)}, speed=60) as lab:
        yield lab


def test_a_system_that_waits_for_a_person(by_hand: FtLab) -> None:
    lab, desk = by_hand, Confirmations(by_hand.change_dir)

    def status() -> tuple[dict[str, Any], dict[str, Any]]:
        done = lab.playbook("status", "-e", "legacyops_status_files=true")
        assert done.code == 0, done.output
        return read(lab.change_dir, HOST, done.output)

    assert lab.playbook("plan").code == 0
    with going(lab, lab.arguments("apply")):
        [question] = until(lambda: desk.waiting(HOST))
        told, host = status()
        assert (host["status"], host["since"]) == ("waiting", question.since)
        assert question.step.startswith(host["step"])
        assert host["waits_for"]["questions"] == [question.step]
        assert len(told["runs"]) == 1
    told, host = status()
    assert (host["status"], told["runs"]) == ("waiting", [])
    saw = question.choices[0] if question.choices else None
    second = "Suzuki" if question.second_name else None
    desk.confirm(HOST, question.step, name="Sato", second_name=second, saw=saw)
    _told, host = status()
    assert host["status"] == "interrupted"
    assert host["text"]["en"] == "It is answered. Run the same command again."
