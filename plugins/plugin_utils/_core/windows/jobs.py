# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A detached job of ours, in one form, whatever keeps it on its Windows.

That is the Task Scheduler (of_task: what observe and job.ps1 return, {exists, state, last_result,
last_run, start}), or the record in the registry of a Windows without PowerShell (of_record: what
the relay's scripts return).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

JobState = Literal["none", "waiting", "running", "finished"]

# SCHED_S_TASK_RUNNING; queued and running in TASK_STATE.
RUNNING: Final = 0x41301
_BUSY_STATES: Final = (2, 4)
# SCHED_S_TASK_HAS_NOT_RUN. Before Windows Server 2016 a task that never ran answers 1 instead
# (dahall/TaskScheduler#733, outputs of Windows 7, 2008 R2 and 2012 R2), which is an exit code too:
# only the time of its last run tells the two apart.
NEVER_RAN: Final = frozenset({0x41303, 1})


@dataclass(frozen=True)
class JobRecord:
    """What is known of a job.

    state: waiting: it has not begun. Right after it was told to run, the Task Scheduler may
        say so for a moment (Azure/AgentBaker#8970). None where it was not read whole.
    exit_code: unsigned, 32 bits; None before its end, and where Windows was restarted in the
        middle of it.
    started: ISO 8601 UTC by the clock of its Windows, as ``ended``; None where not known.
    start: mark of the start of Windows in which it was told to run (starts), or None.
    log: {exists, size, utf_16, matches, tail (base64)}, or None where it was not read.
    existed: whether it had been there before it was asked for.
    said: what its scheduler says, for people.
    """

    state: JobState | None
    exit_code: int | None = None
    started: str | None = None
    ended: str | None = None
    start: Mapping[str, Any] | None = None
    log: Mapping[str, Any] | None = None
    existed: bool = False
    said: str = ""

    @property
    def is_finished(self) -> bool:
        return self.state == "finished"

    @classmethod
    def of_task(cls, task: Mapping[str, Any]) -> JobRecord:
        """Read a record of the Task Scheduler; empty where it was not read."""
        state, result = _task_state(task), task.get("last_result")
        return cls(
            state,
            exit_code=int(result or 0) & 0xFFFFFFFF if state == "finished" else None,
            started=task.get("last_run"),
            start=task.get("start"),
            log=task.get("log"),
            existed=task.get("existed") is True,
            said="" if result is None else f"its last result is {result:#x}",
        )

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> JobRecord:
        """Read a record of the relay's scripts; empty where it was not read."""
        state = record.get("state")
        start = {"start_record": record.get("start_record"), "clock_utc": record.get("ended_utc")}
        return cls(
            state if state in ("none", "waiting", "running", "finished") else None,
            exit_code=record.get("exit_code"),
            started=record.get("started_utc"),
            ended=record.get("ended_utc"),
            start=start if None not in start.values() else None,
            log=record.get("log"),
            existed=record.get("existed") is True,
        )


def _task_state(task: Mapping[str, Any]) -> JobState | None:
    state, result = task.get("state"), task.get("last_result")
    if task.get("exists") is False or (task.get("existed") is False and not task.get("started")):
        return "none"
    if state in _BUSY_STATES or result == RUNNING:
        return "running"
    if state is None or result is None:
        return None
    if task.get("last_run") is None and result in NEVER_RAN:
        return "waiting"
    return "finished"
