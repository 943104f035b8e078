# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Detached installers: never twice, never killed, found again."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io import windows
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.jobs import (
    Job,
    JobResult,
    decode_log,
    job_name,
    run_detached,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.waiting import (
    Progress,
    Stop,
    StoppedError,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.windows import WinrmWindows
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.wire import RemoteError

JOB = Job("msp-1", "msiexec.exe", ("/p", "x"))


class Scheduler:
    """A Task Scheduler as job.ps1 shows it; every call ends one unit of the job's work.

    lose: numbers of the calls whose answer is lost after they took effect.
    never: what it says of a task that has not run.
    begin: how many looks after Run() still find it Ready and never run.
    """

    host = "xa01"

    def __init__(
        self,
        work: int = 3,
        exit_code: int = 0,
        lose: tuple[int, ...] = (),
        never: int = 1,
        begin: int = 1,
    ) -> None:
        self.never = never
        self.begin = begin
        self.work = work
        self.exit_code = exit_code
        self.lose = lose
        self.calls: list[str] = []
        self.starts = 0
        self.exists = False

    def run(self, script: str, params: dict[str, Any], *, deadline: float) -> dict[str, Any]:
        assert script == "job"
        assert deadline > params["wait_seconds"] <= 50
        existed, started = self.exists, False
        self.calls.append(params["op"])
        if params["op"] == "start" and not self.starts:
            self.exists = started = True
            self.starts += 1
        elif self.starts and self.begin > 0:
            self.begin -= 1
        elif self.starts:
            self.work -= 1
        if len(self.calls) in self.lose:
            raise RemoteError("unreachable", "cut", "again")
        return {"existed": existed, "started": started, "log": None, **self.state()}

    def state(self) -> dict[str, Any]:
        if not self.exists:
            return {"state": None, "last_result": None, "last_run": None}
        if not self.starts or self.begin > 0:
            return {"state": 3, "last_result": self.never, "last_run": None}
        if self.work > 0:
            return {"state": 4, "last_result": 0x41301, "last_run": "t"}
        return {"state": 3, "last_result": self.exit_code, "last_run": "t"}

    def act(self, script: str, params: dict[str, Any], *, deadline: float) -> dict[str, Any]:
        return self.run(script, params, deadline=deadline)


def run(scheduler: Scheduler, deadline: float = 30.0, lines: list[str] | None = None) -> JobResult:
    say = (lines if lines is not None else []).append
    return detached(scheduler, deadline, Progress(say), Stop())


def detached(scheduler: Scheduler, deadline: float, progress: Progress, stop: Stop) -> JobResult:
    host = WinrmWindows(scheduler)  # type: ignore[arg-type]
    return run_detached(
        host, JOB, deadline=deadline, poll_seconds=0.01, progress=progress, stop=stop
    )


@pytest.fixture(autouse=True)
def _no_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stop, "sleep", lambda self, _seconds: self.check())


def test_a_job_is_started_once_and_waited_for() -> None:
    scheduler, lines = Scheduler(exit_code=3010), []
    result = run(scheduler, lines=lines)
    assert (result.exit_code, result.found, result.losses) == (3010, False, 0)
    assert scheduler.calls == ["start", "status", "status", "status", "status"]
    assert lines


@pytest.mark.parametrize("never", [1, 0x41303])
def test_ready_right_after_run_is_no_end(never: int) -> None:
    """Old Task Schedulers say 1 of a task that never ran, which is an exit code as well."""
    scheduler, lines = Scheduler(never=never, begin=4, exit_code=0), []
    assert run(scheduler, lines=lines).exit_code == 0
    assert scheduler.starts == 1
    assert lines[0].startswith("the Task Scheduler is about to start the installer")


def test_an_exit_code_of_1_is_one_where_it_ran() -> None:
    assert run(Scheduler(exit_code=1)).exit_code == 1


def test_a_job_that_never_begins_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows.Windows, "begin_seconds", 0.0)
    with pytest.raises(RemoteError, match=r"not begun .* \(its last result is 0x1\)") as caught:
        run(Scheduler(begin=10**9))
    assert caught.value.reason == "not_started"


@pytest.mark.parametrize("never", [1, 0x41303])
def test_a_job_that_was_registered_and_not_started_is_started(never: int) -> None:
    scheduler = Scheduler(never=never)
    scheduler.exists = True
    assert run(scheduler).exit_code == 0
    assert scheduler.starts == 1


def test_a_job_that_is_there_already_is_found_not_started() -> None:
    scheduler = Scheduler()
    scheduler.exists, scheduler.starts = True, 1
    result = run(scheduler)
    assert result.found
    assert scheduler.starts == 1


def test_a_finished_jobs_result_can_be_read_again_and_again() -> None:
    scheduler = Scheduler(work=0, exit_code=1603)
    scheduler.exists, scheduler.starts = True, 1
    assert [run(scheduler).exit_code for _ in range(3)] == [1603] * 3
    assert scheduler.starts == 1


@pytest.mark.parametrize("lost", [(1,), (1, 2, 3), (2,), (2, 3), (4,), (1, 4)])
def test_lost_connections_neither_start_it_twice_nor_lose_its_end(lost: tuple[int, ...]) -> None:
    scheduler = Scheduler(exit_code=0, lose=lost)
    result = run(scheduler)
    assert result.exit_code == 0
    assert result.losses == len(lost)
    assert scheduler.starts == 1
    assert not result.found


def test_the_deadline_leaves_it_running() -> None:
    scheduler = Scheduler(work=10**9)
    with pytest.raises(RemoteError) as caught:
        run(scheduler, deadline=0.05)
    assert caught.value.reason == "deadline"
    assert "goes on" in str(caught.value)
    assert set(scheduler.calls) == {"start", "status"}


def test_a_job_that_is_gone_is_not_still_running() -> None:
    scheduler = Scheduler(work=1000)
    answer = scheduler.run

    def removed_by_another(*args: Any, **more: Any) -> dict[str, Any]:
        if len(scheduler.calls) == 2:
            scheduler.exists, scheduler.starts = False, 0
        return answer(*args, **more)

    scheduler.run = removed_by_another  # type: ignore[method-assign]
    with pytest.raises(RemoteError, match="is gone: somebody removed it") as caught:
        run(scheduler)
    assert caught.value.reason == "job_gone"
    assert scheduler.calls == ["start", "status", "status"]


def test_a_refused_start_is_not_repeated() -> None:
    class Refusing(Scheduler):
        def run(self, script: str, params: dict[str, Any], *, deadline: float) -> dict[str, Any]:
            self.calls.append(params["op"])
            raise RemoteError("hash_mismatch", "x has SHA-256 y", "replace it")

    scheduler = Refusing()
    with pytest.raises(RemoteError, match="SHA-256"):
        run(scheduler)
    assert scheduler.calls == ["start"]


def test_wrong_credentials_are_not_tried_again() -> None:
    class Locked(Scheduler):
        def run(self, script: str, params: dict[str, Any], *, deadline: float) -> dict[str, Any]:
            self.calls.append(params["op"])
            raise RemoteError("authentication_refused", "no", "check")

    scheduler = Locked()
    with pytest.raises(RemoteError):
        run(scheduler)
    assert len(scheduler.calls) == 1


def test_a_stop_leaves_it_running() -> None:
    scheduler, stop = Scheduler(work=10**9), Stop()

    def say(_: str) -> None:
        stop._note(15, None)

    with pytest.raises(StoppedError, match="SIGTERM"):
        detached(scheduler, 30.0, Progress(say), stop)
    assert scheduler.starts == 1


def test_the_name_tells_jobs_apart_and_is_always_the_same() -> None:
    assert job_name("msp", "a", "b") == job_name("msp", "a", "b")
    assert len({job_name("msp", "a", "b"), job_name("msp", "ab"), job_name("msp", "b", "a")}) == 3


TEXT = "エラー26005。IMA サービスを起動できません\r\nMSI (s) rollback\r\n"


@pytest.mark.parametrize("skip", [0, 1, 2, 7])
def test_a_tail_of_a_utf_16_log_is_read_wherever_it_begins(skip: int) -> None:
    whole = b"\xff\xfe" + TEXT.encode("utf-16-le")
    tail = base64.b64encode(whole[skip:]).decode()
    log = decode_log({"exists": True, "size": len(whole), "utf_16": True, "tail": tail}, 932)
    assert log is not None
    assert log["tail"].endswith("IMA サービスを起動できません\nMSI (s) rollback\n")


@pytest.mark.parametrize("skip", [0, 2, 5])
def test_a_tail_of_nothing_but_kana_is_read_too(skip: int) -> None:
    text = "インストールニシッパイシマシタ。" * 20
    whole = b"\xff\xfe" + text.encode("utf-16-le")
    tail = base64.b64encode(whole[skip:]).decode()
    log = decode_log({"size": len(whole), "utf_16": True, "tail": tail}, 932)
    assert log is not None
    assert log["tail"].endswith("インストールニシッパイシマシタ。" * 19)


def test_a_log_in_the_oem_code_page() -> None:
    raw = TEXT.encode("cp932")
    log = decode_log({"size": len(raw), "tail": base64.b64encode(raw).decode()}, 932)
    assert log == {"size": len(raw), "tail": TEXT.replace("\r\n", "\n")}


@pytest.mark.parametrize("code_page", [None, 0, 99999])
def test_an_unknown_code_page_is_survived(code_page: int | None) -> None:
    tail = base64.b64encode(b"abc\xff").decode()
    assert decode_log({"size": 4, "tail": tail}, code_page) == {"size": 4, "tail": "abc\ufffd"}
    assert decode_log(None, code_page) is None
