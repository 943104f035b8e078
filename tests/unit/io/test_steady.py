# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ansible-playbook says is written at once, and what its workers inherit."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io import steady

# Importing an action is all that ansible-playbook does before it starts a worker for it.
PROGRAM = """
import os, signal
from ansible.utils.display import Display
from ansible_collections.legacyops.hotfix.plugins.action import node_info
for number in range(1000):
    Display().display(f"line {number}")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_run_has_written_its_last_line(
    tmp_path: Path, ansible_environment: dict[str, str]
) -> None:
    with (tmp_path / "log").open("w") as log:
        words = [sys.executable, "-c", PROGRAM]
        subprocess.run(words, env=ansible_environment, stdout=log, timeout=60, check=False)
    assert (tmp_path / "log").read_text().endswith("line 998\nline 999\n")


FROZEN = """
import gc
from ansible_collections.legacyops.hotfix.plugins.action import node_info
print(gc.get_freeze_count())
"""


def test_no_worker_looks_for_circles_in_what_it_inherits() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FROZEN], check=True, capture_output=True, text=True
    )
    assert int(done.stdout) > 10_000


# ansible-core 2.21 serves its workers by such a socket, and one of them outlives it here.
ORPHAN = """
import os, socket, sys, time
from ansible_collections.legacyops.hotfix.plugins.action import node_info
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
end, kept = os.pipe()
if os.fork():
    listener.close()
    os._exit(0)
os.close(kept)
os.read(end, 1)
for _ in range(100):  # the kernel may close the pipe of what has ended before its socket
    socket.socket(socket.AF_UNIX).connect(sys.argv[1])
    time.sleep(0.05)
"""


def test_who_outlives_ansible_playbook_does_not_ask_itself(tmp_path: Path) -> None:
    words = [sys.executable, "-c", ORPHAN, str(tmp_path / "socket")]
    done = subprocess.run(words, check=True, stderr=subprocess.PIPE, text=True, timeout=60)
    assert "ConnectionRefusedError" in done.stderr


class Strategy:
    """ansible-core's, as far as it waits."""

    def __init__(self, *workers: Any) -> None:
        self._workers = list(workers)


@pytest.fixture
def at_work() -> Iterator[Any]:
    worker = multiprocessing.get_context("fork").Process(target=time.sleep, args=(30,))
    worker.start()
    yield worker
    worker.kill()


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    taken: list[int] = []
    monkeypatch.setattr(steady, "wait", lambda busy, _seconds: taken.append(len(busy)))
    return taken


def test_it_sleeps_where_every_result_is_still_with_a_worker(at_work: Any, naps: list[int]) -> None:
    steady._nap(Strategy(at_work, None), 1)
    assert naps == [1]


def test_it_does_not_sleep_where_a_result_may_be_on_its_way(at_work: Any, naps: list[int]) -> None:
    ended = multiprocessing.get_context("fork").Process(target=int)
    ended.start()
    ended.join()
    steady._nap(Strategy(at_work, ended), 2)  # two results are awaited, one worker has ended
    steady._nap(Strategy(None), 0)
    assert naps == []


def test_the_end_of_a_worker_wakes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[Any] = []
    wait = steady.wait
    monkeypatch.setattr(steady, "wait", lambda busy, _seconds: woken.extend(wait(busy, 60)))
    worker = multiprocessing.get_context("fork").Process(target=time.sleep, args=(0.2,))
    worker.start()
    steady._nap(Strategy(worker), 1)
    assert woken == [worker.sentinel]
    worker.join()
    assert worker.exitcode == 0
