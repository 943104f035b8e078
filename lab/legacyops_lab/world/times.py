"""Times as Windows and the collection's results write them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol


class ClockLike(Protocol):
    """What the world needs of the lab's clock (see `legacyops_lab.clock.Clock`)."""

    def now(self) -> datetime:
        """Return the simulated time, UTC."""

    async def sleep(self, simulated_seconds: float, /) -> None:
        """Sleep this many simulated seconds."""


def iso(moment: datetime) -> str:
    """Return `2026-11-22T05:00:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse(text: str) -> datetime:
    """Return the UTC time of an ISO 8601 text that ends in Z or an offset."""
    return datetime.fromisoformat(text).astimezone(UTC)
