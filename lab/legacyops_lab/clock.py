"""The lab's clock: simulated time that may run faster than the wall clock.

There is one clock a world. Everything that takes time in the simulation (an
installer, a restart, a service that starts) asks this clock, never `time`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class Clock:
    """Simulated UTC time.

    `speed` is how many simulated seconds pass in one real second (> 0).
    `start` is the simulated time at construction; None takes the real time.
    `monotonic` may be replaced in tests: a function that returns real seconds.
    """

    def __init__(
        self,
        speed: float = 1.0,
        start: datetime | None = None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raise ValueError for a speed of 0 or less, or a start without time zone."""
        if speed <= 0:
            raise ValueError(f"speed must be above 0, not {speed}")
        if start is not None and start.tzinfo is None:
            raise ValueError("start needs a time zone")
        self.speed = speed
        self._monotonic = monotonic
        self._start = (start or datetime.now(UTC)).astimezone(UTC)
        self._origin = monotonic()

    def now(self) -> datetime:
        """Return the simulated time in UTC."""
        return self._start + timedelta(seconds=self.elapsed())

    def elapsed(self) -> float:
        """Return the simulated seconds since construction."""
        return (self._monotonic() - self._origin) * self.speed

    def real(self, simulated_seconds: float) -> float:
        """Return how many real seconds this many simulated seconds take."""
        return simulated_seconds / self.speed

    async def sleep(self, simulated_seconds: float) -> None:
        """Sleep this many simulated seconds (0 or less only yields to others)."""
        await asyncio.sleep(max(0.0, self.real(simulated_seconds)))
