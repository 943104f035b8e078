# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task of the Task Scheduler tells, by its age."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.windows.jobs import JobRecord


@pytest.mark.parametrize(
    ("state", "result", "run", "found"),
    [
        # Recorded outputs: a task that never ran, before and since Windows Server 2016.
        (3, 1, None, "waiting"),
        (3, 0x41303, None, "waiting"),
        (1, 1, None, "waiting"),
        # The same number is an exit code where it ran.
        (3, 1, "t", "finished"),
        (3, 0x41306, "t", "finished"),
        (3, 1603, None, "finished"),
        (3, 0, "t", "finished"),
        (4, 0x41301, "t", "running"),
        (4, 1, None, "running"),
        (2, 0x41303, None, "running"),
        (3, 0x41301, "t", "running"),
        (None, None, None, None),
        (3, None, None, None),
    ],
)
def test_a_task_is_what_its_record_says(state: Any, result: Any, run: Any, found: Any) -> None:
    record = {"exists": True, "state": state, "last_result": result, "last_run": run}
    assert JobRecord.of_task(record).state == found


def test_no_task_is_none() -> None:
    assert JobRecord.of_task({"exists": False, "state": None}).state == "none"
