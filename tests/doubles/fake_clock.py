# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's clock, standing still."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta


class FakeClock:
    """Simulated time that only sleeping moves."""

    def __init__(self, start: datetime) -> None:
        self.moment = start

    def now(self) -> datetime:
        return self.moment

    async def sleep(self, simulated_seconds: float) -> None:
        self.moment += timedelta(seconds=max(simulated_seconds, 0))
        await asyncio.sleep(0)

    def pass_minutes(self, minutes: float) -> None:
        self.moment += timedelta(minutes=minutes)
