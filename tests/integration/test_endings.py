# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Workers, parents, groups and terminals are killed at random moments, and pipes break.

Every run ends by itself, its orphans too, and the next ones go on until all is healthy; then a
fresh lab begins anew. LEGACYOPS_SEED repeats a run's random numbers (not the machine's pace).
``make soak`` does it long.
"""

from __future__ import annotations

import fcntl
import os
import pty
import random
import select
import signal
import subprocess
import termios
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.journal import verify
from conftest import Lab
from patience import playbooks_of
from test_kills import send, slay
from test_random_kills import farm, journal, most

pytestmark = pytest.mark.slow

WORKER, PARENT, GROUP, TERMINAL, PIPE = "worker", "parent", "group", "terminal", "pipe"
KILLS = (WORKER, PARENT, GROUP, TERMINAL)
SECONDS = (2.0, 15.0)  # after a run's start
LONGEST_SECONDS = 600
# Runs in a row that nobody disturbs, until one ends well.
QUIET_RUNS_AT_MOST = 4
SEED = int(os.environ.get("LEGACYOPS_SEED") or random.SystemRandom().randrange(10**6))


class Apply:
    """A run of apply that somebody reads: by a terminal of its own, or by a pipe."""

    def __init__(self, lab: Lab, log: Path, *, terminal: bool) -> None:
        self.lab, self.log = lab, log
        self.gone = threading.Event()  # whoever reads goes away
        self.reads, writes = pty.openpty() if terminal else os.pipe()
        self.process = subprocess.Popen(
            lab.arguments("apply", "-v"), env=lab.environment, cwd=lab.state,
            stdin=writes if terminal else subprocess.DEVNULL, stdout=writes, stderr=writes,
            start_new_session=True, preexec_fn=_take_terminal if terminal else None,
        )  # fmt: skip
        os.close(writes)
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self) -> None:
        with self.log.open("ab") as log:
            while not self.gone.is_set():
                ready, _, _ = select.select([self.reads], [], [], 0.1)
                data = b""
                with suppress(OSError):  # a terminal that nobody writes to any more
                    data = os.read(self.reads, 65536) if ready else b""
                log.write(data)
                log.flush()
                if ready and not data:
                    break
        os.close(self.reads)

    def workers(self) -> list[int]:
        """Its worker processes."""
        found: list[int] = []
        for task in Path(f"/proc/{self.process.pid}/task").glob("*/children"):
            with suppress(OSError):
                found += map(int, task.read_text(encoding="ascii").split())
        return found

    def disturb(self, way: str, chance: random.Random) -> bool:
        """Do it to the run; whether there still was something to do it to."""
        if self.process.poll() is not None:
            return False
        if way == WORKER:
            while not (workers := self.workers()):
                if self.process.poll() is not None:
                    return False
            send(chance.choice(workers), signal.SIGKILL)
        elif way == PARENT:
            self.process.kill()
        elif way == GROUP:
            os.killpg(self.process.pid, signal.SIGKILL)
        else:
            self.gone.set()
            self.reader.join()
        return True

    def go_on(self, seconds: float) -> None:
        """Let it go on for a while, or until it ends."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)

    def ended(self) -> int:
        """Its exit code, once it and all that it has left behind are gone.

        Raises AssertionError: it hangs.
        """
        end = time.monotonic() + LONGEST_SECONDS
        while self.process.poll() is None or self._orphans():
            if time.monotonic() > end:
                for orphan in self._orphans():
                    send(orphan, signal.SIGKILL)
                slay(self.process, with_workers=True)
                raise AssertionError(f"seed {SEED}: it hangs: {self.log.read_text()[-3000:]}")
            time.sleep(0.1)
        self.gone.set()
        self.reader.join()
        return self.process.returncode

    def _orphans(self) -> list[int]:
        """Processes of this lab's playbooks; its own run is one as long as it is there."""
        return playbooks_of(self.lab.state)


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def told(folder: Path, environment: dict[str, str], chance: random.Random, ways: list[str]) -> int:
    """One lab from its start until all is healthy; how many of the ways were gone."""
    with farm(folder, environment) as lab:
        given = quiet = 0
        codes: list[int] = []
        while not codes or codes[-1] != 0:
            assert quiet < QUIET_RUNS_AT_MOST, (SEED, codes, (folder / "log").read_text()[-3000:])
            way = ways[given] if given < len(ways) else None
            run = Apply(lab, folder / "log", terminal=way == TERMINAL)
            if way is not None:
                run.go_on(chance.uniform(*SECONDS))
                given += run.disturb(way, chance)
            else:
                quiet += 1
            codes.append(run.ended())
        judge(lab)
        return given


def judge(lab: Lab) -> None:
    assert lab.ledger("violation") == [], SEED
    status = lab.status()
    for name, part in lab.read("plan.json")["hosts"].items():
        assert status[name]["healthy"], (SEED, name, status[name])
        assert most(status[name].get("installer_starts") or {}) <= 1, (SEED, name)
        if part["steps"]:
            assert verify(journal(lab, name)).ok, (SEED, name)


def every_run_ends(
    folder: Path, environment: dict[str, str], wanted: dict[str, int], capsys: Any
) -> None:
    chance = random.Random(SEED)
    ways = [way for way, number in wanted.items() for _ in range(number)]
    chance.shuffle(ways)
    with capsys.disabled():
        print(f"\nLEGACYOPS_SEED={SEED}: {dict(Counter(ways))}")
    labs = 0
    while ways:
        labs += 1
        place = folder / f"lab{labs}"
        place.mkdir()
        del ways[: told(place, environment, chance, ways)]
        with capsys.disabled():
            print(f"lab {labs} is healthy; {len(ways)} to come")


def test_every_run_ends_by_itself(
    tmp_path: Path, ansible_environment: dict[str, str], capsys: Any
) -> None:
    every_run_ends(tmp_path, ansible_environment, dict.fromkeys((*KILLS, PIPE), 1), capsys)


@pytest.mark.soak
def test_every_run_ends_by_itself_however_often(
    tmp_path: Path, ansible_environment: dict[str, str], capsys: Any
) -> None:
    """Thirty kills, most of them of workers alone, and ten broken pipes."""
    wanted = {WORKER: 12, PARENT: 6, GROUP: 6, TERMINAL: 6, PIPE: 10}
    every_run_ends(tmp_path, ansible_environment, wanted, capsys)
