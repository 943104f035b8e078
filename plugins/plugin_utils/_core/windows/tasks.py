# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task of the Task Scheduler tells of the program that it runs.

A record is what observe and job.ps1 return of a task: {exists, state, last_result, last_run}.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

TaskState = Literal["none", "registered", "running", "finished"]

# SCHED_S_TASK_RUNNING; queued and running in TASK_STATE.
RUNNING: Final = 0x41301
_BUSY_STATES: Final = (2, 4)
# SCHED_S_TASK_HAS_NOT_RUN. Before Windows Server 2016 a task that never ran answers 1 instead
# (dahall/TaskScheduler#733, outputs of Windows 7, 2008 R2 and 2012 R2), which is an exit code too:
# only the time of its last run tells the two apart.
NEVER_RAN: Final = frozenset({0x41303, 1})


def task_state(record: Mapping[str, Any]) -> TaskState | None:
    """Return what has become of a task, None where it was not read whole.

    registered: it never ran. Right after it was told to run, the Task Scheduler may still say so
    for a moment (Azure/AgentBaker#8970).
    """
    state, result = record.get("state"), record.get("last_result")
    if record.get("exists") is False:
        return "none"
    if state in _BUSY_STATES or result == RUNNING:
        return "running"
    if state is None or result is None:
        return None
    if record.get("last_run") is None and result in NEVER_RAN:
        return "registered"
    return "finished"
