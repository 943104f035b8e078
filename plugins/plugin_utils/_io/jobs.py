# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Installers that run detached from every session, as jobs of their Windows, however it is reached.

A job's name is made from what it does, so a re-run finds the same job again. It is started at most
once in its life, never killed, and its answer is read as often as needed: a lost connection, a
killed controller or a passed deadline leave it running.
"""

from __future__ import annotations

import base64
import codecs
import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._core.windows.jobs import JobRecord
from .failures import is_unclear
from .waiting import Progress, Stop, poll
from .wire import RemoteError

if TYPE_CHECKING:
    from .windows import Windows

Data = dict[str, Any]
# Seconds that a script may wait for a job within one start; so long a run that is to end may take.
LONGEST_WAIT = 120


@dataclass(frozen=True)
class Job:
    """What to run.

    name: the same in every run, so that a later one finds it.
    executable: its path there; may begin with a variable of Windows.
    arguments: its arguments, a word each; no secrets.
    operation: install or uninstall, and of what (update): kept with the job.
    as_system: as SYSTEM (no network paths), otherwise as the connection's user.
    guard: a file that is hashed once more right before the start: {path, sha256}, or None.
    log: where the program writes its log, what to look for in it, and how much of its end
        to bring back: {path, patterns, tail_bytes}; None without a log.
    """

    name: str
    executable: str
    arguments: tuple[str, ...]
    operation: str = "install"
    update: str = ""
    as_system: bool = True
    guard: Mapping[str, str] | None = None
    log: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class JobResult:
    """How it ended.

    found: the job had been there before this run asked for it.
    record: what is known of it.
    losses: how often no answer came meanwhile.
    """

    name: str
    found: bool
    record: JobRecord
    losses: int = 0

    @property
    def exit_code(self) -> int | None:
        """The program's, as an unsigned 32-bit number; None: Windows was restarted meanwhile."""
        return self.record.exit_code


def job_name(kind: str, *parts: str) -> str:
    """The name of the job that does exactly this; the same on every host and in every run.

    kind: a short word for people, such as ``msp``.
    parts: everything that makes it a different job, such as hashes and arguments.
    """
    digest = hashlib.sha256("\x00".join(parts).encode()).hexdigest()
    return f"{kind}-{digest[:24]}"


def run_detached(
    windows: Windows,
    job: Job,
    *,
    deadline: float,
    poll_seconds: float,
    progress: Progress,
    stop: Stop,
) -> JobResult:
    """Start the job unless it is there already, and wait for its end. It is never ended.

    deadline: seconds to wait; a job that runs then goes on by itself.
    poll_seconds: seconds until it is asked for again where no answer came. Otherwise the
        waiting is done over there, for as long as it may be: its end ends the wait.
    Raises RemoteError: reason ``deadline`` where it still runs, ``not_started`` where the
        scheduler does not begin it, ``job_gone`` where somebody has removed it meanwhile; or why
        it was refused.
    Raises StoppedError: see waiting.Stop; the job goes on.
    """
    watch = _Watch(windows, job, deadline, poll_seconds, progress, stop)
    last: JobRecord | None = poll(watch.look, deadline=deadline, interval=0.5, stop=stop)
    if last is None:
        raise watch.too_late(deadline)
    return JobResult(job.name, bool(watch.found), last, watch.losses)


class _Watch:
    """Looks at one job until it has ended, whatever is lost meanwhile.

    Its start is asked for until that has been answered once: a job is started only where it is not
    there, or has never run, so asking again after a lost answer cannot start it twice.
    """

    def __init__(
        self,
        windows: Windows,
        job: Job,
        deadline: float,
        seconds: float,
        progress: Progress,
        stop: Stop,
    ) -> None:
        self._end = time.monotonic() + deadline
        self._windows, self._job = windows, job
        self._seconds, self._progress, self._stop = seconds, progress, stop
        self._last: JobRecord | None = None
        self._told: float | None = None  # when it was known that the job is to run
        self.found: bool | None = None
        self.losses = 0

    def look(self) -> JobRecord | None:
        """The job's record once it has ended, otherwise None."""
        try:
            record = self._answer()
        except RemoteError as error:
            if not is_unclear(error):
                raise
            self.losses += 1
            self._progress(f"connection lost ({error.reason}); the installer goes on, asks again")
            self._stop.sleep(self._seconds)
            return None
        if record.state == "none":
            raise self._vanished()
        self._last = record
        if record.is_finished:
            return record
        if record.state == "waiting":
            self._await_begin(record)
        else:
            self._progress(f"the installer{self._windows.where} runs")
        if self._seconds < 1:
            self._stop.sleep(self._seconds)
        return None

    def _answer(self) -> JobRecord:
        left = max(0, min(int(self._end - time.monotonic()), LONGEST_WAIT))
        if self._last is not None:
            return self._windows.ask_for(self._job, left)
        record = self._windows.start(self._job, left)
        self.found = record.existed and not self.losses
        return record

    def _await_begin(self, record: JobRecord) -> None:
        """Give the scheduler its time.

        Raises RemoteError: it has had its time.
        """
        now = time.monotonic()
        self._told = now if self._told is None else self._told
        seconds = self._windows.begin_seconds
        if now - self._told >= seconds:
            raise RemoteError(
                "not_started",
                f"{self._windows.host}: The Task Scheduler has not begun the job {self._job.name}"
                f" within {seconds:g} seconds ({record.said}).",
                "Look at the Task Scheduler's service and history on the host; running again"
                " starts the job.",
                {"job": self._job.name},
            )
        self._progress(f"the Task Scheduler{self._windows.where} is about to start the installer")

    def too_late(self, seconds: float) -> RemoteError:
        """Why there is no result after the deadline."""
        waits = self._last is not None and self._last.state == "waiting"
        if waits and self._windows.expires and self._windows.delete(self._job.name):
            return self._not_started()
        return RemoteError(
            "deadline",
            f"{self._windows.host}: The installer{self._windows.where} has not ended within"
            f" {seconds:g} seconds; it was not stopped and goes on.",
            f"Run again to wait for it (job {self._job.name}); never kill it.",
            {"job": self._job.name},
        )

    def _vanished(self) -> RemoteError:
        """What is not there any more does not run either: nobody waits for it."""
        begun = self._last is not None and self._last.state == "running"
        if self._windows.expires and not begun:
            return self._not_started()
        return RemoteError(
            "job_gone",
            f"{self._windows.host}: The installer's job {self._job.name}{self._windows.where} is"
            " gone: somebody removed it, and how it ended is not known.",
            "Look at the installer's log and at what is installed, then run again.",
            {"job": self._job.name},
        )

    def _not_started(self) -> RemoteError:
        return RemoteError(
            "not_started",
            f"{self._windows.host}: The scheduler{self._windows.where} has not begun the installer"
            " in time; it was taken out again, and nothing has run.",
            "Check its Task Scheduler service and its clock, then run again.",
            {"job": self._job.name},
        )


def decode_log(log: Mapping[str, Any] | None, code_page: int | None) -> Data | None:
    """A job's log with its tail as text.

    Windows Installer writes UTF-16LE; other programs write the OEM code page. The mark at the
    file's beginning tells (utf_16), which is out of the tail's sight; and the tail may begin in the
    middle of a character.

    code_page: the host's OEM code page, such as 932.
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
