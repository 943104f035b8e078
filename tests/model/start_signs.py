# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Windows tells of its starts, for tests: one start after the other, a day apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

FIRST = datetime(2026, 11, 21, 4, 55, tzinfo=UTC)


@cache
def _signs(number: int, up: float, clock: float) -> tuple[tuple[str, Any], ...]:
    booted = FIRST + timedelta(days=number, seconds=clock)
    now = booted + timedelta(seconds=up)
    return (
        ("start_record", 4000 + 60 * number),
        ("last_boot", f"{booted:%Y-%m-%dT%H:%M:%SZ}"),
        ("clock_utc", f"{now:%Y-%m-%dT%H:%M:%SZ}"),
    )


def start(number: int, *, up: float = 300, clock: float = 0) -> dict[str, Any]:
    """The signs of a start.

    up: for how many seconds it has been up when it is read.
    clock: how many seconds its clock was set ahead since the first start (below 0: back).
    """
    return dict(_signs(number, up, clock))
