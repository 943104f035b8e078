# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits that can be left, and one worker a host."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io import waiting
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.locks import host_lock
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.waiting import (
    ChangeStoppedError,
    Progress,
    Stop,
    StoppedError,
    poll,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.wire import RemoteError

FORK = multiprocessing.get_context("fork")


def test_poll_returns_the_first_answer() -> None:
    answers = iter([None, None, "there"])
    stop = Stop()
    assert poll(lambda: next(answers), deadline=5, interval=0.01, stop=stop) == "there"


def test_poll_asks_once_even_without_time() -> None:
    assert poll(lambda: "there", deadline=0, interval=1, stop=Stop()) == "there"
    assert poll(lambda: None, deadline=0, interval=1, stop=Stop()) is None


def test_poll_backs_off(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(Stop, "sleep", lambda _, seconds: slept.append(seconds))
    answers = iter([None] * 5 + [1])
    poll(lambda: next(answers), deadline=900, interval=5, longest_interval=30, stop=Stop())
    assert slept == [5, 10, 20, 30, 30]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_wait_at_its_next_check(number: int) -> None:
    before = signal.getsignal(number)
    stop = Stop()
    with stop.listening():
        os.kill(os.getpid(), number)
        with pytest.raises(StoppedError):
            stop.sleep(20)
    assert signal.getsignal(number) is before


@pytest.mark.parametrize("inside", [False, True], ids=["before", "inside"])
def test_a_signal_counts_for_the_step_and_for_what_it_dispatches(inside: bool) -> None:
    """The dispatched action's wait must not outlive a signal that the step has taken."""
    step, dispatched = Stop(), Stop()
    with step.listening():
        if not inside:
            os.kill(os.getpid(), signal.SIGTERM)
        with dispatched.listening():
            if inside:
                os.kill(os.getpid(), signal.SIGTERM)
            with pytest.raises(StoppedError, match="SIGTERM"):
                dispatched.sleep(20)
        with pytest.raises(StoppedError, match="SIGTERM"):
            step.check()


def test_a_lost_parent_ends_a_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    stop = Stop()
    monkeypatch.setattr(os, "getppid", lambda: 1)
    with pytest.raises(StoppedError, match="gone"):
        stop.sleep(20)


def test_a_stopped_change_ends_a_wait_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(time, "sleep", lambda _seconds: told.append("The manager called."))
    stop = Stop(lambda: told[0] if told else None)
    stop.check()
    with pytest.raises(ChangeStoppedError, match=r"stopped \(The manager called\)"):
        stop.sleep(20)


def test_progress_repeats_itself_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(waiting.time, "monotonic", lambda: now[0])
    lines: list[str] = []
    progress = Progress(lines.append, interval=60)
    for second in range(0, 130, 10):
        now[0] = 100.0 + second
        progress("runs")
    progress("ended")
    assert lines == ["runs (0 s)", "runs (60 s)", "runs (120 s)", "ended (120 s)"]


def hold(path: Path, held: Event, release: Event) -> None:
    with host_lock(path, "xa01", wait_seconds=1, progress=Progress(print), stop=Stop()):
        held.set()
        release.wait(20)


def test_a_second_worker_waits_and_says_for_whom(tmp_path: Path) -> None:
    path, held, release = tmp_path / "xa01.lock", FORK.Event(), FORK.Event()
    other = FORK.Process(target=hold, args=(path, held, release))
    other.start()
    try:
        assert held.wait(10)
        lines: list[str] = []
        with (
            pytest.raises(RemoteError) as caught,
            host_lock(path, "xa01", wait_seconds=0, progress=Progress(lines.append), stop=Stop()),
        ):
            pytest.fail("two workers on one host")
        assert caught.value.reason == "locked"
        assert str(other.pid) in str(caught.value)

        def say(text: str) -> None:
            lines.append(text)
            release.set()

        with host_lock(path, "xa01", wait_seconds=10, progress=Progress(say), stop=Stop()):
            pass
        assert str(other.pid) in lines[0]
    finally:
        release.set()
        other.join()


def test_a_killed_workers_lock_is_free_at_once(tmp_path: Path) -> None:
    path, held, release = tmp_path / "xa01.lock", FORK.Event(), FORK.Event()
    other = FORK.Process(target=hold, args=(path, held, release))
    other.start()
    assert held.wait(10)
    other.kill()
    other.join()
    began = time.monotonic()
    with host_lock(path, "xa01", wait_seconds=5, progress=Progress(print), stop=Stop()):
        assert time.monotonic() - began < 2


def two_steps(noticed: Queue[str]) -> None:
    with Stop().listening():
        os.kill(os.getpid(), signal.SIGTERM)  # a step that comes to no check before its end
    with Stop().listening() as stop:
        try:
            stop.check()
        except StoppedError as error:
            noticed.put(str(error))
        else:
            noticed.put("goes on")


def test_a_signal_that_one_step_did_not_notice_ends_the_next_of_its_worker() -> None:
    noticed: Queue[str] = FORK.Queue()
    worker = FORK.Process(target=two_steps, args=(noticed,))
    worker.start()
    assert noticed.get(timeout=10) == "SIGTERM arrived"
    worker.join()


def orphan(noticed: Queue[str], parent_is_gone: Event) -> None:
    def step() -> None:
        parent_is_gone.wait(10)
        time.sleep(0.5)
        try:
            Stop().check()
        except StoppedError as error:
            noticed.put(str(error))
        else:
            noticed.put("goes on")

    FORK.Process(target=step).start()
    parent_is_gone.set()
    os._exit(0)


def test_a_step_that_begins_when_ansible_playbook_is_gone_notices_it() -> None:
    noticed: Queue[str] = FORK.Queue()
    FORK.Process(target=orphan, args=(noticed, FORK.Event())).start()
    assert noticed.get(timeout=10) == "ansible-playbook is gone"
