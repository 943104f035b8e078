# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the actions have in common that run an installer: once, detached, found again by later runs.

A run that is cut off leaves the installer's job behind, running or ended. The next run joins what
runs, and takes the end of what has ended, before it starts anything.
"""

from __future__ import annotations

import re
import time
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from ..._action import ActionError, changed, file_record
from ..._core.observation import Observation
from ..._core.windows.explanations import ExitCode, explain_exit_code
from ..._core.windows.jobs import JobRecord
from ..._core.windows.starts import position
from ..._io.jobs import Job, JobResult, decode_log, run_detached
from ..._io.remote import Remote
from ..._io.windows import Look, Windows
from .action import WindowsAction

TAIL_BYTES = 24_000  # of an installer's log
_JAPANESE, _JAPANESE_PAGE, _WESTERN_PAGE = 1041, 932, 1252

Result = dict[str, Any]


class InstallAction(WindowsAction):
    """Runs an installer. What it looks at, and what keeps it from starting, its subclass says.

    keeps_failed: a failed installer's job stays, and is not run again without ``retry``.
    busy_seconds: how long another installation is waited for: most take seconds.
    """

    keeps_failed = False
    busy_seconds = 300.0
    job: Job
    before: Observation  # the first look

    @abstractmethod
    def job_of(self, args: Mapping[str, Any]) -> Job:
        """The one job that does what the arguments say."""

    @abstractmethod
    def request(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """What to read before the installer runs."""

    @abstractmethod
    def seen(self, windows: Windows) -> tuple[JobRecord, Look]:
        """What the first look tells of the job, and of the Windows."""

    @abstractmethod
    def is_there(self, args: Mapping[str, Any], record: JobRecord, joins: bool) -> bool:
        """Whether what was seen is as asked, and nothing is left to be joined.

        Raises ActionError: it could not be read.
        """

    @abstractmethod
    def may_start(self, windows: Windows, args: Mapping[str, Any]) -> None:
        """Raises ActionError: what was seen forbids a start."""

    def left_over(self, windows: Windows, record: JobRecord) -> Result:
        """What a job tells that a run has left behind which had no time to take its end."""
        return {}

    def prepare(self, windows: Windows, args: Mapping[str, Any]) -> None:
        """What a new start needs besides the job."""

    def await_idle(self, windows: Windows, args: Mapping[str, Any]) -> None:
        """Wait while another installation keeps this one from working; within a bound."""
        self.stop.sleep(self.poll_seconds(args))

    def verified(self, windows: Windows, args: Mapping[str, Any], result: Result) -> Result:
        """The result of an installer that ended well, after another look where one is needed.

        Raises ActionError: it is not as asked.
        """
        windows.delete(self.job.name)
        return result

    @abstractmethod
    def failed(
        self, windows: Windows, args: Mapping[str, Any], ended: JobResult, result: Result
    ) -> ActionError:
        """What a failed installer is called, and what has to be done before the next."""

    def meaning(self, code: int) -> ExitCode:
        """What the installer's exit code means."""
        return explain_exit_code(code)

    # --- The flow ---------------------------------------------------------------------------

    def proceed(self, remote: Remote, windows: Windows, args: dict[str, Any]) -> Result:
        self.job = self.job_of(args)
        self.before = windows.observe(self.request(args))
        record, look = self.seen(windows)
        if look.obstacle is not None and position(look.start) is None:
            raise look.obstacle
        self.page = _code_page(look.system)
        result: Result = {"job": self.job.name, "exit_code": None, "reboot_required": None}
        joins = self._joins(windows, record, args)
        if self.is_there(args, record, joins):
            return {**result, **self.left_over(windows, record)}
        words = ["absent", "installed"]
        before, after = words if self.job.operation == "install" else words[::-1]
        result = {**result, **changed(self.job.update, before, after)}
        if not joins:
            if look.obstacle is not None:
                raise look.obstacle
            self.may_start(windows, args)
            self.guard(remote, args)
        if self.check_mode:
            return result
        if not joins:
            if record.is_finished:
                windows.delete(self.job.name)
            self.prepare(windows, args)
        ended = self._run(windows, args)
        return {**result, **self._judged(windows, args, ended)}

    @staticmethod
    def _joins(windows: Windows, record: JobRecord, args: Mapping[str, Any]) -> bool:
        """Whether the job is there: it runs, will run by itself, or has ended."""
        if record.is_finished:
            return not args.get("retry")
        return record.state == "running" or (record.state == "waiting" and windows.expires)

    def _run(self, windows: Windows, args: Mapping[str, Any]) -> JobResult:
        """The installer's end; it is started again where another installation kept it from work."""
        end = time.monotonic() + self.busy_seconds
        while True:
            ended = run_detached(
                windows,
                self.job,
                deadline=args["deadline_seconds"],
                poll_seconds=self.poll_seconds(args),
                progress=self.progress(),
                stop=self.stop,
            )
            if not self._is_refused(ended) or time.monotonic() >= end:
                return ended
            windows.delete(self.job.name)  # it did nothing, and may be started again
            self.await_idle(windows, args)

    def _judged(self, windows: Windows, args: Mapping[str, Any], ended: JobResult) -> Result:
        """The result of an ended installer.

        Raises ActionError: it did nothing, or failed.
        """
        record = ended.record
        meaning = None if ended.exit_code is None else self.meaning(ended.exit_code)
        outcome = "failed" if meaning is None else meaning.outcome
        result: Result = {
            "exit_code": ended.exit_code,
            "explanation": {} if meaning is None else dict(meaning.text),
            "reboot_required": outcome == "restart",
            "found": ended.found,
            "started": record.started,
            "ended": record.ended,
            "start": record.start,
            "connection_losses": ended.losses,
            "log": decode_log(record.log, self.page),
            "elapsed": self.elapsed(),
        }
        facts = {**self.about, "job": self.job.name, **result}
        if self._is_refused(ended):
            windows.delete(self.job.name)
            raise ActionError(
                "installer_busy",
                f"Another installation runs{windows.where}; the installer of {self.job.update} did"
                f" nothing ({ended.exit_code}). Wait until it has ended, then run again.",
                **facts,
            )
        if outcome == "failed":
            if not self.keeps_failed:
                windows.delete(self.job.name)
            raise self.failed(windows, args, ended, {**facts, "changed": True})
        return self.verified(windows, args, result)

    def _is_refused(self, ended: JobResult) -> bool:
        """Whether the installer did nothing because another installation ran."""
        return ended.exit_code is not None and self.meaning(ended.exit_code).outcome == "busy"


class OwnInstall(InstallAction):
    """Runs an installer on the inventory host's own Windows."""

    keeps_failed = True

    def seen(self, windows: Windows) -> tuple[JobRecord, Look]:
        data = self.before.data
        record = (data.get("jobs") or {}).get(self.job.name) or {}
        return JobRecord.of_task(record), Look(True, data.get("system") or {})

    @staticmethod
    def refuse_path(package: str) -> None:
        """Raises ActionError: SYSTEM could not read the package there."""
        if not re.match(r"[A-Za-z]:\\", package) or set(package) & set('"*?'):
            raise ActionError(
                "bad_path",
                "package is no path of one file on the host's own disk."
                " Stage it first (legacyops.hotfix.staged_package); SYSTEM sees no shares.",
            )


def check_package(
    observation: Observation, package: str, pin: str, where: str, remedy: str
) -> None:
    """See to it that a package is the pinned one.

    Raises ActionError: it is not, or is not there.
    """
    record = file_record(observation, package)
    if record.get("exists") is not True:
        raise ActionError("not_found", f"{package} is not on the {where}. {remedy}")
    if record.get("sha256") != pin:
        raise ActionError(
            "hash_mismatch",
            f"{package} has SHA-256 {record.get('sha256') or 'unknown'}, pinned is {pin}."
            " Use the vendor's own file, or correct the pin.",
        )


def _code_page(system: Mapping[str, Any]) -> int:
    """The code page of a log that is not in UTF-16."""
    if system.get("oem_code_page"):
        return int(system["oem_code_page"])
    return _JAPANESE_PAGE if system.get("language") == _JAPANESE else _WESTERN_PAGE
