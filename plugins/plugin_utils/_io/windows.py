# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One Windows, and what can be asked of it whatever way leads there.

The ways: its own WinRM (WinrmWindows), the relay of its system (NodeWindows, beside the relay), a
person (PersonsWindows). Nothing here decides, and nothing waits for what comes of an act.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._core.observation import Observation
from .._core.windows.jobs import JobRecord
from .._core.windows.starts import Mark, mark_of, position
from .failures import is_unclear
from .jobs import LONGEST_WAIT, Job
from .site_command import OperatorNeededError
from .wire import RemoteError

if TYPE_CHECKING:
    from .remote import Remote

_ANSWER_SECONDS = 120.0  # for the answer itself, on top of the wait
# How long the Task Scheduler may take to begin a job that it was told to run.
BEGIN_SECONDS = 180.0


@dataclass(frozen=True)
class Look:
    """What a Windows tells of itself.

    answers: False: certainly silent; None: not known.
    system: the signs of its last start and the like, as observations have them.
    obstacle: why it must not be acted on now; None where it may. Always there where the
        record of its last start was not read.
    renames: how many file renames wait; 0 where that was not asked.
    """

    answers: bool | None
    system: Mapping[str, Any] = field(default_factory=dict)
    obstacle: RemoteError | None = None
    renames: int = 0

    @property
    def start(self) -> Mark:
        """The mark of its last start; empty where it was not read."""
        return mark_of(self.system) or {}


class Windows(ABC):
    """One Windows.

    host: the inventory host, for messages.
    node: the node of the host's system, or empty: the host's own Windows.
    title: how a sentence begins that speaks of it; ``where``: how one goes on.
    begin_seconds: how long its scheduler may take to begin a job.
    expires: a job that it has not begun in time is taken out again.
    logons: how often its account may be refused while it restarts, before that is believed.
    """

    host: str
    node = ""
    title = "The host"
    where = ""
    begin_seconds = BEGIN_SECONDS
    expires = False
    logons = 1

    @abstractmethod
    def look(self, seconds: float | None = None) -> Look:
        """What it tells of itself now.

        seconds: after which an answer is not waited for any longer.
        Raises RemoteError: the way there fails. A silent Windows is an answer.
        """

    @abstractmethod
    def observe(self, request: Mapping[str, Any], seconds: float | None = None) -> Observation:
        """Read what is asked for, with one PowerShell start; a request as the way's script has it.

        Raises RemoteError: the way there fails.
        """

    @abstractmethod
    def start(self, job: Job, wait: int) -> JobRecord:
        """Start a job, once in its life; the record as far as it is known after ``wait`` seconds.

        Raises RemoteError: the way there fails, or it is refused.
        """

    @abstractmethod
    def ask_for(self, job: Job, wait: int) -> JobRecord:
        """The job's record as soon as it has ended, or after ``wait`` seconds (LONGEST_WAIT)."""

    @abstractmethod
    def delete(self, name: str) -> bool:
        """Forget a job that does not run; whether there was one."""

    @abstractmethod
    def _restart(self, start: int, reason: str) -> Mapping[str, Any]: ...

    @abstractmethod
    def _shut_down(self, start: int, power_off: bool) -> Mapping[str, Any]: ...

    def restart(self, start: Mark, reason: str) -> str:
        """Ask for a restart; what came of that, in words.

        start: its present start: it refuses where it was started anew since.
        reason: for its event log, where the way can tell it.
        Raises RemoteError: Windows refuses.
        """
        last = position(start) or 0
        return self._asked("restart", lambda: self._restart(last, reason))

    def shut_down(self, start: Mark, power_off: bool) -> str:
        """Ask for a shutdown; as ``restart``.

        power_off: False: it stops where it may be switched off.
        """
        last = position(start) or 0
        return self._asked("shutdown", lambda: self._shut_down(last, power_off))

    def _asked(self, what: str, act: Callable[[], Mapping[str, Any]]) -> str:
        """A lost answer is no failure: the next start will tell."""
        try:
            value = act().get("return_value")
        except RemoteError as error:
            if not is_unclear(error):
                raise
            return f"asked for the {what}; the answer was lost ({error.reason})"
        if value not in (0, None):
            raise RemoteError(
                "refused",
                f"{self.host}: Windows{self.where} refuses the {what} with code {value}.",
                "Look the code of Win32Shutdown up, or let a person do it.",
            )
        return f"asked for the {what}"


class WinrmWindows(Windows):
    """The inventory host's own Windows, through its own WinRM.

    A domain's account may be refused while its logon server is out of sight; more than three
    refusals would lock it.
    """

    logons = 3

    def __init__(self, remote: Remote) -> None:
        self._remote = remote
        self.host = remote.host

    def look(self, seconds: float | None = None) -> Look:
        observation = self.observe({"want": ["system", "pending_restart"]}, seconds)
        system = observation.data.get("system") or {}
        pending = observation.data.get("pending_restart") or {}
        obstacle = None
        if position(mark_of(system)) is None:
            obstacle = RemoteError(
                "unknown",
                f"{self.host}: When it was started last could not be read"
                f" ({observation.why_unknown('system')}).",
                "See that WMI runs there, and that its System log is written and can be read.",
            )
        return Look(True, system, obstacle, pending.get("file_renames") or 0)

    def observe(self, request: Mapping[str, Any], seconds: float | None = None) -> Observation:
        return self._remote.observe(request, deadline=seconds)

    def start(self, job: Job, wait: int) -> JobRecord:
        return self._job("start", job.name, wait, job)

    def ask_for(self, job: Job, wait: int) -> JobRecord:
        return self._job("status", job.name, wait, job)

    def delete(self, name: str) -> bool:
        return self._job("delete", name, 0, Job(name, "", ())).existed

    def _job(self, op: str, name: str, wait: int, job: Job) -> JobRecord:
        wait = min(wait, LONGEST_WAIT)
        asked = {
            "op": op,
            "name": name,
            "executable": job.executable,
            "arguments": " ".join(map(_quoted, job.arguments)),
            "as_system": job.as_system,
            "guard": [] if job.guard is None else [job.guard],
            "wait_seconds": wait,
            "log": job.log,
        }
        # Its end is looked at in the start that tells of it: what it has brought, and whether it
        # may be forgotten.
        run = self._remote.run if op == "start" else self._remote.act
        return JobRecord.of_task(run("job", asked, deadline=wait + _ANSWER_SECONDS))

    def _restart(self, start: int, reason: str) -> Mapping[str, Any]:
        try:
            return self._remote.run("restart", {"start_record": start, "reason": reason})
        finally:
            self._remote.reset()

    def _shut_down(self, start: int, power_off: bool) -> Mapping[str, Any]:
        raise RemoteError(
            "not_possible",
            f"{self.host}: Nobody could switch it on again over the network.",
            "Shut it down at its console.",
        )


def _quoted(word: str) -> str:
    """A word of a command line: what is no switch stands in quotes."""
    return word if re.fullmatch(r"[/-][^\s\"]*", word) else f'"{word}"'


class PersonsWindows(Windows):
    """A Windows that only a person reaches: whatever is asked of it is that person's task.

    instruction: the task, {"en": …, "ja": …}.
    """

    def __init__(self, host: str, instruction: Mapping[str, str]) -> None:
        self.host = host
        self._instruction = instruction

    def _task(self, *_: Any, **__: Any) -> Any:
        raise OperatorNeededError(self._instruction)

    # One body for all of them: their arguments do not matter.
    look = observe = start = ask_for = delete = _restart = _shut_down = _task
