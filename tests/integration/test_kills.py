# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-playbook is killed at every step of a server, and run again at once.

SIGKILL leaves nobody a chance to tidy up. Killed alone, ansible-playbook leaves an orphaned worker
that goes on with its step while the next run begins; killed with its workers, it leaves nobody.
Each server's runs are killed one after the other, in one of these ways and at one of these moments:
every step at each moment in one of the ways; in the other way too where there is time (make soak).

The servers are as unkind as public reports say: an old Task Scheduler, file renames that come back
at each start, and clocks that somebody steps at random points all the while.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.journal import (
    file_lines,
    verify,
)
from patience import playbooks_of, until
from twins import PATCH, STEPS, Change, Twins, estate, running

pytestmark = pytest.mark.slow

ALONE, WITH_WORKERS = "alone", "with-workers"
INTENT, ACTING, RESULT, LEFT, BEGIN = "intent", "acting", "result", "left", "begin"
# Long enough for the installer, or the restart, to be under way on the server.
ACTING_SECONDS = 1.0
AT_ONCE = 4
# A PowerShell start then takes three seconds: an orphan is at it when the next run begins.
SLOW = 1 / 3
# Which steps the runs for one server are killed at: not at neighbours, so that a whole step goes
# well in between. Nor at the restart before prove_modules: it is done with the installation.
HALVES = {
    "one": ("stage_package", "import_root", "wait_for_sessions", "prove_modules", "enable_logons"),
    "two": (
        "drain_logons",
        "prove_package_chain",
        "install_hotfix",
        "restart_server",
        "prove_ima",
    ),
}


@dataclass(frozen=True)
class Kill:
    """When a run is killed: as soon as its journal shows this of this step, or a little later."""

    step: str
    moment: str

    def is_it(self, entry: dict[str, Any]) -> bool:
        kind = INTENT if self.moment == ACTING else self.moment
        step = entry.get("step", "")
        return bool(entry["kind"] == kind and step.partition("-")[2] == self.step)


def scenarios() -> Iterator[tuple[str, str, list[Kill]]]:
    """Server, way to kill, and each kill."""
    for way in (ALONE, WITH_WORKERS):
        for moment in (INTENT, RESULT):
            for half, steps in HALVES.items():
                yield f"{way}-{moment}-{half}", way, [at(step, moment) for step in steps]
        acting = [Kill("install_hotfix", ACTING), Kill("restart_server", ACTING)]
        yield f"{way}-acting", way, [Kill("", BEGIN), *acting]


def at(step: str, moment: str) -> Kill:
    """The kill. The look before it proves the modules already: a result without an intent."""
    return Kill(step, RESULT if step == "prove_modules" else moment)


# Of LEGACYOPS_SEED: the same steps again, though not at the same moments of a run.
SEED = int(os.environ.get("LEGACYOPS_SEED") or random.SystemRandom().randrange(10**6))
UNKIND: dict[str, Any] = {
    "vars": {"legacyops_renames_accepted_by": "Sato"},
    "xenapp": {
        "task_scheduler": {"age": "before_2016", "begin_seconds": 20},
        "renames_come_back": 3,
        "clock_steps": {"every_seconds": 120, "up_to_seconds": 7200, "seed": SEED},
    },
}
SCENARIOS = {name: (way, kills) for name, way, kills in scenarios()}
# Every step, every moment and every way; what is left has each step's other way.
SAMPLE = (
    *(f"{ALONE}-{INTENT}-one", f"{ALONE}-{RESULT}-two", f"{ALONE}-acting"),
    *(f"{WITH_WORKERS}-{INTENT}-two", f"{WITH_WORKERS}-{RESULT}-one", f"{WITH_WORKERS}-acting"),
)
REST = tuple(name for name in SCENARIOS if name not in SAMPLE)


@dataclass
class Story:
    """What became of one server."""

    change: Change
    codes: list[int]
    output: str
    journal_at_death: list[list[dict[str, Any]]]


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(SAMPLE, id="sample"),
        pytest.param(REST, id="rest", marks=pytest.mark.soak),
    ],
)
def names(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """The servers' names, which are those of their scenarios."""
    chosen: tuple[str, ...] = request.param
    return chosen


@pytest.fixture(scope="module")
def lab(
    tmp_path_factory: pytest.TempPathFactory,
    ansible_environment: dict[str, str],
    names: tuple[str, ...],
) -> Iterator[Twins]:
    data = estate(list(names), **dict.fromkeys(names, UNKIND))
    with running(tmp_path_factory.mktemp("kills"), ansible_environment, data) as lab:
        yield lab


@pytest.fixture(scope="module")
def stories(lab: Twins, names: tuple[str, ...]) -> dict[str, Story]:
    """Kill everybody, several servers at a time: most of it is waiting."""
    changes = {name: lab.change(name) for name in names}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        futures = {name: pool.submit(tell, lab, changes[name], *SCENARIOS[name]) for name in names}
        return {name: future.result() for name, future in futures.items()}


def tell(lab: Twins, change: Change, way: str, kills: list[Kill]) -> Story:
    """Run, kill and run again until nobody is killed any more."""
    codes, journals = [], []
    for number, kill in enumerate(kills):
        log = lab.state / f"{change.host}-{number}.log"
        codes.append(run_and_kill(lab, change, way, kill, log))
        journals.append(change.journal())
    last = lab.run(change.command)
    return Story(change, [*codes, last.returncode], last.stdout, journals)


def run_and_kill(lab: Twins, change: Change, way: str, kill: Kill, log: Path) -> int:
    """Start a run and kill it; its exit code."""
    known = len(change.journal())
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            change.command, env=lab.environment, cwd=lab.state, start_new_session=True,
            stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        wait_for(lambda: any(map(kill.is_it, change.journal()[known:])), process, change)
        if kill.moment == ACTING:
            time.sleep(ACTING_SECONDS)
    finally:
        slay(process, with_workers=way == WITH_WORKERS)
    return process.returncode


def wait_for(
    condition: Callable[[], bool], process: subprocess.Popen[bytes], change: Change
) -> None:
    """Wait until the journal says it, or the run has ended."""
    size, end = -1, time.monotonic() + 300
    while process.poll() is None:
        assert time.monotonic() < end, f"{change.host}: it did not come to that"
        now = change.journal_file.stat().st_size if change.journal_file.exists() else 0
        if now != size and condition():
            return
        size = now
        time.sleep(0.005)


def slay(process: subprocess.Popen[Any], *, with_workers: bool) -> None:
    """SIGKILL; with workers: all are stopped first, so that none is born in between."""
    try:
        if with_workers and process.poll() is None:
            for each in stopped(process.pid):
                send(each, signal.SIGKILL)
    finally:
        process.kill()
        process.wait()


def stopped(process: int) -> list[int]:
    """Stop a process and every descendant, itself before its children; they, the last one first.

    Workers are in sessions of their own, so no group has them all.
    """
    send(process, signal.SIGSTOP)
    try:
        tasks = list(Path(f"/proc/{process}/task").iterdir())
        children = [int(c) for task in tasks for c in (task / "children").read_text().split()]
    except OSError:
        return []
    return [each for child in children for each in stopped(child)] + [process]


def send(process: int, number: int) -> None:
    with suppress(ProcessLookupError):  # ended by itself
        os.kill(process, number)


def test_the_plan_has_every_step(lab: Twins) -> None:
    assert sorted(step for steps in HALVES.values() for step in steps) == sorted(STEPS)
    for host, part in lab.plan()["hosts"].items():
        assert tuple(step.name for step in part["steps"]) == STEPS, host


def test_the_sample_has_every_step_moment_and_way() -> None:
    def of(names: Iterable[str]) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
        each = [(SCENARIOS[name][0], kill) for name in names for kill in SCENARIOS[name][1]]
        return {(k.step, k.moment) for _way, k in each}, {(way, k.moment) for way, k in each}

    assert of(SAMPLE) == of(SCENARIOS)


def test_each_ends_healthy(lab: Twins, stories: dict[str, Story]) -> None:
    status = lab.status()
    for name, story in stories.items():
        kills = len(SCENARIOS[name][1])
        assert story.codes == [-signal.SIGKILL] * kills + [0], (SEED, name, story.output)
        assert story.change.state()["status"] == "done", name
        assert status[name]["healthy"], status[name]
        assert status[name]["logon_mode"] == 0, name


def test_each_installer_ran_once_and_each_server_restarted_once(
    lab: Twins, stories: dict[str, Story]
) -> None:
    hosts = lab.status()
    assert {name: hosts[name]["installer_starts"] for name in stories} == {
        name: {PATCH: 1} for name in stories
    }
    assert {name: hosts[name]["restarts"] for name in stories} == dict.fromkeys(stories, 1)


def test_the_lab_saw_nothing_wrong(lab: Twins, stories: dict[str, Story]) -> None:
    """Above all not that two clients changed a server at the same time."""
    assert stories
    assert lab.violations() == []


def test_one_worker_after_the_other(stories: dict[str, Story]) -> None:
    """No worker's entries stand among another's: who writes holds the server's lock."""
    for name, story in stories.items():
        report = verify(file_lines(story.change.journal_file.read_bytes()))
        assert report.ok, (name, report.problems)
        processes = [(entry.by or {})["process"] for entry in report.entries]
        writers = [process for process, _ in groupby(processes)]
        assert len(writers) == len(set(writers)), (name, writers)


def test_an_orphan_went_on(stories: dict[str, Story]) -> None:
    """Otherwise there was nothing here that could have collided."""
    went_on: list[bool] = []
    for name, story in stories.items():
        way, kills = SCENARIOS[name]
        for kill, journal in zip(kills, story.journal_at_death, strict=True):
            if way == ALONE and kill.moment == INTENT:
                # Some have their result before the journal is read.
                begun = max(n for n, e in enumerate(journal) if kill.is_it(e))
                died, after = story.change.journal()[begun:][:2]
                assert after["kind"] in (RESULT, LEFT), (name, kill)
                assert died["by"]["process"] == after["by"]["process"], (name, kill)
                went_on.append(len(journal) == begun + 1)
    assert sum(went_on) > len(went_on) / 2


def test_no_orphan_stays(lab: Twins, stories: dict[str, Story]) -> None:
    """ansible-core's own end of a worker asks the process that it was forked from, for ever."""
    assert stories
    until(lambda: not playbooks_of(lab.state), 60)


def test_the_next_run_waits_for_an_orphan(
    tmp_path: Path, ansible_environment: dict[str, str]
) -> None:
    """On a slow server, where the next run would otherwise begin in the middle of the orphan's.

    The orphan stands still until the next run has met it, however long that takes to start.
    """
    with running(tmp_path, ansible_environment, estate(["slow"]), SLOW) as lab:
        change = lab.change("slow")
        run_and_kill(lab, change, ALONE, Kill("stage_package", ACTING), tmp_path / "first.log")
        orphan = change.journal()[-1]["by"]["process"]
        os.kill(orphan, signal.SIGSTOP)
        log = tmp_path / "second.log"
        with ThreadPoolExecutor(1) as pool:
            pool.submit(go_on_once_met, orphan, log)
            run_and_kill(lab, change, WITH_WORKERS, Kill("", BEGIN), log)
        begin, intent, result, second_begin = change.journal()
        assert f"process {orphan} " in log.read_text(encoding="utf-8")
        assert "still acts on this host" in log.read_text(encoding="utf-8")
        assert (begin["kind"], second_begin["kind"]) == (BEGIN, BEGIN)
        assert (intent["kind"], result["kind"], result["status"]) == (INTENT, RESULT, "ok")
        assert intent["by"]["process"] == result["by"]["process"] == orphan
        assert lab.violations() == []


def go_on_once_met(orphan: int, log: Path) -> None:
    """Let the orphan go on as soon as the log names it; in the end in any case."""
    try:
        until(lambda: log.exists() and f"process {orphan} " in log.read_text(encoding="utf-8"), 240)
    finally:
        send(orphan, signal.SIGCONT)
