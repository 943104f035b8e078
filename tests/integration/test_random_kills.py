# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SIGKILL at random moments, each followed by the command that the run has printed.

FT systems side by side, and a farm; whenever all is healthy a fresh lab begins anew, until all
kills were given: a few, or fifty (make soak). LEGACYOPS_SEED repeats a run's random numbers (not
the machine's pace).
"""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.journal import (
    file_lines,
    verify,
)
from conftest import Lab, running
from ft_lab import FtLab, demo_systems, ft_lab
from test_kills import slay

pytestmark = pytest.mark.slow

FEW_SYSTEMS, ALL_SYSTEMS = ("ft03", "ft04"), ("ft01", "ft02", "ft03", "ft04")
FARM = ("XATEST01", "XADC01", "XADC02")
SECONDS = (1.0, 12.0)  # after a run's start
LONGEST_RUN_SECONDS = 600
# Runs of one lab that may end otherwise than killed or well.
FAILED_RUNS_AT_MOST = 4
SEED = int(os.environ.get("LEGACYOPS_SEED") or random.SystemRandom().randrange(10**6))


@dataclass
class Story:
    """One lab, from its start until everything on it is healthy."""

    lab: Lab
    codes: list[int] = field(default_factory=list)

    def tell(self, chance: random.Random, kills: int) -> int:
        """Run, kill and continue until a run ends well; how many were killed."""
        given, command = 0, None
        while not self.codes or self.codes[-1] != 0:
            if self.codes.count(-signal.SIGKILL) + FAILED_RUNS_AT_MOST < len(self.codes):
                break
            process = self.start(command)
            if given < kills:
                given += self.kill(process, chance)
            self.wait(process)
            self.codes.append(process.returncode)
            command = self.printed() or command
        return given

    def start(self, command: str | None) -> subprocess.Popen[bytes]:
        words = ["bash", "-c", command] if command else self.lab.arguments("apply")
        with self.log.open("ab") as output:
            return subprocess.Popen(
                words, env=self.lab.environment, cwd=self.lab.state, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    @property
    def log(self) -> Path:
        return self.lab.state / "runs.log"

    def kill(self, process: subprocess.Popen[bytes], chance: random.Random) -> bool:
        """Kill the run at a random moment; whether it was a kill that ended it.

        A change's first run has the time to print how to continue: there is no other command.
        """
        while process.poll() is None and self.printed() is None:
            self.help()
        end = time.monotonic() + chance.uniform(*SECONDS)
        with_workers = chance.random() < 0.5
        while process.poll() is None and time.monotonic() < end:
            self.help()
        slay(process, with_workers=with_workers)
        return process.returncode == -signal.SIGKILL

    def wait(self, process: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + LONGEST_RUN_SECONDS
        while process.poll() is None:
            self.help()
            if time.monotonic() > end:
                slay(process, with_workers=True)
                pytest.fail(f"seed {SEED}: a run hangs: {self.log.read_text()[-3000:]}")

    def help(self) -> None:
        """A person answers what waits."""
        if not (isinstance(self.lab, FtLab) and self.lab.person().answer_all()):
            time.sleep(0.1)

    def printed(self) -> str | None:
        """The last command that a run printed for continuing."""
        if not self.log.exists():
            return None
        text = self.log.read_text(encoding="utf-8", errors="replace")
        found = re.findall(r"run again:\n  (cd .+) && (.+)", text)
        return " && exec ".join(found[-1]) if found else None


@contextmanager
def farm(folder: Path, environment: dict[str, str]) -> Iterator[Lab]:
    with running(folder, environment, FARM, 60, {}) as lab:
        assert lab.playbook("plan").code == 0
        yield lab


def ft(names: tuple[str, ...]) -> Callable[..., AbstractContextManager[Lab]]:
    """These systems of the demonstration's."""

    @contextmanager
    def site(folder: Path, environment: dict[str, str]) -> Iterator[Lab]:
        systems = {name: demo_systems()[name] for name in names}
        with ft_lab(folder, environment, systems, speed=200) as lab:
            assert lab.playbook("plan").code == 0
            yield lab

    return site


@pytest.mark.parametrize(
    ("site", "wanted"),
    [
        pytest.param(ft(FEW_SYSTEMS), 6, id="few-ft"),
        pytest.param(farm, 3, id="few-farm"),
        pytest.param(ft(ALL_SYSTEMS), 40, id="ft", marks=pytest.mark.soak),
        pytest.param(farm, 10, id="farm", marks=pytest.mark.soak),
    ],
)
def test_killed_at_random_it_ends_healthy(
    tmp_path: Path, ansible_environment: dict[str, str], capsys: Any, site: Any, wanted: int
) -> None:
    chance = random.Random(SEED)
    given = labs = 0
    with capsys.disabled():
        print(f"\nLEGACYOPS_SEED={SEED}: {wanted} kills")
    while given < wanted:
        labs += 1
        with site(tmp_path / f"lab{labs}", ansible_environment) as lab:
            story = Story(lab)
            given += story.tell(chance, wanted - given)
            judge(story)
            with capsys.disabled():
                print(f"lab {labs}: exit codes {story.codes}")
    assert given == wanted


def judge(story: Story) -> None:
    lab, codes = story.lab, story.codes
    assert codes[-1] == 0, (SEED, codes, story.log.read_text()[-3000:])
    # Killed, ended well, or a host that failed (2) or was not reached (4) beside an orphan.
    assert set(codes[:-1]) <= {-signal.SIGKILL, 2, 4}, (SEED, codes)
    assert lab.ledger("violation") == [], SEED
    status = lab.status()
    for name, part in lab.read("plan.json")["hosts"].items():
        assert status[name]["healthy"], (SEED, name, status[name])
        if part["steps"]:
            assert verify(journal(lab, name)).ok, (SEED, name)
    for name, host in status.items():
        assert most(host.get("installer_starts") or {}) <= 1, (SEED, name)


def journal(lab: Lab, name: str) -> list[str]:
    path = lab.change_dir / "journal" / f"{name}.jsonl"
    return file_lines(path.read_bytes())


def most(starts: Any) -> int:
    """The highest number in a table, however deep."""
    if isinstance(starts, dict):
        return max((most(each) for each in starts.values()), default=0)
    return int(starts)
