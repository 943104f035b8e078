# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Installers that run detached from the WinRM session, as jobs of the host's Task Scheduler.

A job's name is made from what it does, so a re-run finds the same job again. It is started at most
once in its life, never killed, and its answer is read as often as needed: a lost connection, a
killed controller or a passed deadline leave it running.
"""

from __future__ import annotations

import base64
import codecs
import hashlib
import time
import typing as t
from dataclasses import dataclass

from .._core.windows.tasks import task_state
from .failures import is_passing
from .remote import Remote
from .waiting import Progress, Stop, poll
from .wire import RemoteError

_LONGEST_HOST_WAIT = 50  # seconds that job.ps1 may poll within one start
# How long the Task Scheduler may take to begin a job that it was told to run.
BEGIN_SECONDS = 180.0
_ANSWER_SECONDS = 120.0  # for the answer itself, on top of the wait

Data = dict[str, t.Any]


@dataclass(frozen=True)
class Job:
    """What to run.

    :ivar arguments: the command line after the executable, quoted for Windows; no secrets.
    :ivar as_system: as SYSTEM (no network paths), otherwise as the connection's user.
    :ivar guard: files that are hashed once more right before the start: {path, sha256}.
    :ivar log: where the program writes its log, what to look for in it, and how much of its end
        to bring back: {path, patterns, tail_bytes}; None without a log.
    """

    name: str
    executable: str
    arguments: str
    as_system: bool = True
    guard: tuple[dict[str, str], ...] = ()
    log: dict[str, t.Any] | None = None


@dataclass(frozen=True)
class JobResult:
    """How it ended.

    :ivar found: the job had been there before this run asked for it.
    :ivar exit_code: the program's, as an unsigned 32-bit number.
    :ivar last_run: ISO 8601 UTC, by the host's clock.
    :ivar log: {exists, size, utf_16, matches, tail (base64)}, or None without a log.
    :ivar losses: how often the connection was lost meanwhile.
    :ivar start: mark of the start of Windows in which it was told to run (_core.starts), or None.
    """

    name: str
    found: bool
    exit_code: int
    last_run: str | None
    log: Data | None
    losses: int = 0
    start: Data | None = None


def job_name(kind: str, *parts: str) -> str:
    """The name of the job that does exactly this; the same on every host and in every run.

    :param kind: a short word for people, such as ``msp``.
    :param parts: everything that makes it a different job, such as hashes and arguments.
    """
    digest = hashlib.sha256("\x00".join(parts).encode()).hexdigest()
    return f"{kind}-{digest[:24]}"


def is_busy(state: Data) -> bool:
    """Whether a job (as observe or job.ps1 describe it) is queued or running."""
    return task_state(state) == "running"


def has_run(state: Data) -> bool:
    """Whether a job has run to its end."""
    return task_state(state) == "finished"


def run_detached(
    remote: Remote,
    job: Job,
    deadline: float,
    poll_seconds: float,
    progress: Progress,
    stop: Stop,
) -> JobResult:
    """Start the job unless it is there already, and wait for its end.

    :param deadline: seconds to wait; afterwards the job goes on by itself.
    :param poll_seconds: seconds between two looks, which the host waits out where it can.
    :raises RemoteError: reason ``deadline`` when it still runs, ``not_started`` when the Task
        Scheduler does not begin it, ``job_gone`` when somebody has removed it meanwhile; or why
        the host refused.
    :raises StoppedError: see waiting.Stop; the job goes on.
    """
    watch = _Watch(remote, job, poll_seconds, progress, stop)
    last = poll(watch.look, deadline=deadline, interval=0.5, stop=stop)
    if last is None:
        raise RemoteError(
            "deadline",
            f"{remote.host}: The installer has not ended within {deadline:g} seconds;"
            " it was not stopped and goes on.",
            f"Run again to wait for it (job {job.name}); never kill it.",
            {"job": job.name},
        )
    return JobResult(
        name=job.name,
        found=bool(watch.found),
        exit_code=int(last["last_result"]) & 0xFFFFFFFF,
        last_run=last.get("last_run"),
        log=last.get("log"),
        losses=watch.losses,
        start=last.get("start"),
    )


class _Watch:
    """Looks at one job until it has ended, through lost connections.

    ``start`` is asked until it has been answered once: job.ps1 starts a job only where it has
    never run, so asking again after a lost answer cannot start it twice.
    """

    def __init__(
        self, remote: Remote, job: Job, seconds: float, progress: Progress, stop: Stop
    ) -> None:
        self._remote = remote
        self._job = job
        self._seconds = seconds
        self._progress = progress
        self._stop = stop
        self._operation = "start"
        self._told: float | None = None  # when it was known that the job is to run
        self.found: bool | None = None
        self.losses = 0

    def look(self) -> Data | None:
        """The job's state once it has ended, otherwise None."""
        wait = min(int(self._seconds), _LONGEST_HOST_WAIT)
        try:
            data = self._remote.run("job", self._parameters(wait), deadline=wait + _ANSWER_SECONDS)
        except RemoteError as error:
            if not is_passing(error):
                raise
            self.losses += 1
            self._progress(f"connection lost ({error.reason}); the installer goes on, asks again")
            self._stop.sleep(self._seconds)
            return None
        if self.found is None:
            self.found = bool(data.get("existed")) and not self.losses
        if self._operation == "status" and data.get("existed") is False:
            raise self._gone()
        self._operation = "status"
        if has_run(data):
            return data
        if task_state(data) == "registered":
            self._await_begin(data)
        else:
            self._progress("the installer runs")
        if wait < 1:
            self._stop.sleep(self._seconds)
        return None

    def _await_begin(self, data: Data) -> None:
        """Give the Task Scheduler its time: it may say for a while that a job never ran.

        :raises RemoteError: it has had its time.
        """
        now = time.monotonic()
        self._told = now if self._told is None else self._told
        if now - self._told >= BEGIN_SECONDS:
            raise RemoteError(
                "not_started",
                f"{self._remote.host}: The Task Scheduler has not begun the job {self._job.name}"
                f" within {BEGIN_SECONDS:g} seconds (its last result is {data['last_result']:#x}).",
                "Look at the Task Scheduler's service and history on the host; running again"
                " starts the job.",
                {"job": self._job.name},
            )
        self._progress("the Task Scheduler is about to start the installer")

    def _gone(self) -> RemoteError:
        """What is not there any more does not run either: nobody waits for it."""
        return RemoteError(
            "job_gone",
            f"{self._remote.host}: The installer's job {self._job.name} is gone: somebody removed"
            " it, and how it ended is not known.",
            "Look at the installer's log and at what is installed, then run again.",
            {"job": self._job.name},
        )

    def _parameters(self, wait: int) -> Data:
        job = self._job
        return {
            "op": self._operation,
            "name": job.name,
            "executable": job.executable,
            "arguments": job.arguments,
            "as_system": job.as_system,
            "guard": list(job.guard),
            "wait_seconds": wait,
            "log": job.log,
        }


def delete_job(remote: Remote, name: str) -> None:
    """Remove an ended job from the Task Scheduler.

    :raises RemoteError: as Remote.run.
    """
    empty = {"executable": "", "arguments": "", "as_system": True, "guard": [], "log": None}
    remote.run("job", {"op": "delete", "name": name, "wait_seconds": 0, **empty})


def decode_log(log: Data | None, code_page: int | None) -> Data | None:
    """A job's log with its tail as text.

    Windows Installer writes UTF-16LE; other programs write the OEM code page. The mark at the
    file's beginning tells (utf_16), which is out of the tail's sight; and the tail may begin in the
    middle of a character.

    :param code_page: the host's OEM code page, such as 932.
    """
    if log is None:
        return None
    raw = base64.b64decode(log.get("tail") or "")
    if log.get("utf_16"):
        if (int(log.get("size") or 0) - len(raw)) % 2:
            raw = raw[1:]
        text = raw.decode("utf-16-le", "replace").removeprefix("\ufeff")
    else:
        text = raw.decode(_codec(code_page), "replace")
    return {**log, "tail": text.replace("\r\n", "\n")}


def _codec(code_page: int | None) -> str:
    try:
        return codecs.lookup(f"cp{code_page}").name
    except LookupError:
        return "utf-8"
