# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run whose terminal goes away, or whose worker is killed alone, ends by itself.

ansible-core waits for ever there: for a result that nobody takes, or that nobody sends.
"""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.journal import (
    file_lines,
    verify,
)
from test_kills import slay
from twins import PATCH, Change, Twins, estate, running

pytestmark = pytest.mark.slow

# More than an apply of the lab ever takes, on a busy machine; a run that hangs hangs for ever.
LONGEST_SECONDS = 400
AT_ONCE = 2
# Much more than the 8 KiB that Python keeps before it writes to a pipe.
VERBOSE = "-vvv"


@pytest.fixture(scope="module")
def lab(
    tmp_path_factory: pytest.TempPathFactory, ansible_environment: dict[str, str]
) -> Iterator[Twins]:
    environment = {**ansible_environment, "PYTHONUNBUFFERED": ""}
    folder = tmp_path_factory.mktemp("hangs")
    with running(folder, environment, estate(list(STORIES))) as lab:
        yield lab


@dataclass(frozen=True)
class Ended:
    """A run that has ended."""

    change: Change
    code: int
    output: str


def ended(process: subprocess.Popen[Any], change: Change) -> int:
    """Raises AssertionError: it hangs."""
    try:
        return process.wait(LONGEST_SECONDS)
    except subprocess.TimeoutExpired:
        slay(process, with_workers=True)
        raise AssertionError(f"{change.host}: the run hangs") from None


def read_nothing(lab: Twins, change: Change) -> Ended:
    """``apply | head -n 1``: the reader is gone when the first bytes were written."""
    log = lab.state / f"{change.host}.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [*change.command, VERBOSE], env=lab.environment, cwd=lab.state,
            stdout=subprocess.PIPE, stderr=errors, start_new_session=True,
        )  # fmt: skip
        assert process.stdout is not None
        process.stdout.read(1)
        process.stdout.close()
        code = ended(process, change)
    return Ended(change, code, log.read_text(encoding="utf-8"))


def lose_terminal(lab: Twins, change: Change) -> Ended:
    """``apply`` on a terminal that is closed, hang-ups ignored: every write fails from then on.

    Not before its first action: until then nothing of the collection runs, and ansible-core ends.
    """
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        ["sh", "-c", "trap '' HUP; exec \"$@\"", "sh", *change.command, VERBOSE],
        env=lab.environment, cwd=lab.state,
        stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal, start_new_session=True,
    )  # fmt: skip
    os.close(terminal)
    told = b""
    while b"To continue" not in told:
        told += os.read(controller, 1024)
    os.close(controller)
    return Ended(change, ended(process, change), "")


def fill_disk(lab: Twins, change: Change) -> Ended:
    """``apply > log`` on a disk that is full."""
    with Path("/dev/full").open("wb") as full:
        process = subprocess.Popen(
            [*change.command, VERBOSE], env=lab.environment, cwd=lab.state,
            stdout=full, stderr=full, start_new_session=True,
        )  # fmt: skip
        return Ended(change, ended(process, change), "")


def kill_worker(lab: Twins, change: Change) -> Ended:
    """SIGKILL for the worker alone, as by the OOM killer, once it acts."""
    log = lab.state / f"{change.host}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            change.command, env=lab.environment, cwd=lab.state, stdout=output,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        for step in ("import_root", "install_hotfix", "restart_server"):
            entry = awaited(partial(intent, change, step), process)
            os.kill(entry["by"]["process"], signal.SIGKILL)
        code = ended(process, change)
    return Ended(change, code, log.read_text(encoding="utf-8"))


def intent(change: Change, step: str) -> dict[str, Any] | None:
    named = (e for e in change.journal() if e["kind"] == "intent")
    return next((e for e in named if e["step"].partition("-")[2] == step), None)


def awaited(condition: Callable[[], Any], process: subprocess.Popen[Any]) -> Any:
    end = time.monotonic() + LONGEST_SECONDS
    while not (found := condition()):
        assert process.poll() is None, "the run has ended before it came to that"
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.005)
    return found


STORIES = {
    "headless": read_nothing,
    "hangup": lose_terminal,
    "full": fill_disk,
    "workerless": kill_worker,
}


@pytest.fixture(scope="module")
def stories(lab: Twins) -> Iterator[dict[str, Future[Ended]]]:
    changes = {name: lab.change(name) for name in STORIES}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {name: pool.submit(STORIES[name], lab, changes[name]) for name in STORIES}


@pytest.mark.parametrize("name", STORIES)
def test_it_goes_on_to_healthy(lab: Twins, stories: dict[str, Future[Ended]], name: str) -> None:
    story = stories[name].result()
    assert story.code == 0, story.output[-3000:]
    assert story.change.state()["status"] == "done"
    host = lab.status()[name]
    assert host["healthy"], host
    assert (host["installer_starts"], host["restarts"]) == ({PATCH: 1}, 1)
    assert verify(file_lines(story.change.journal_file.read_bytes())).ok


def test_the_lab_saw_nothing_wrong(lab: Twins, stories: dict[str, Future[Ended]]) -> None:
    wait(stories.values())
    assert lab.violations() == []


def test_who_still_reads_is_told(stories: dict[str, Future[Ended]]) -> None:
    told = stories["headless"].result().output
    assert "Nobody takes the output any more (Broken pipe). The run goes on" in told


def test_the_journal_tells_of_each_lost_worker(stories: dict[str, Future[Ended]]) -> None:
    story = stories["workerless"].result()
    lost = [entry for entry in story.change.journal() if entry.get("reason") == "worker_lost"]
    assert [e["left_step"].partition("-")[2] for e in lost] == [
        "import_root",
        "install_hotfix",
        "restart_server",
    ]
    told = " ".join(story.output.split())  # older releases wrap their warnings
    assert told.count("is gone without a result (exit code -9)") == 3
