"""The clock that simulated time runs on."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest
from legacyops_lab.clock import Clock


def test_time_runs_faster() -> None:
    real = [100.0]
    start = datetime(2026, 11, 22, 5, tzinfo=UTC)
    clock = Clock(60, start, monotonic=lambda: real[0])
    assert clock.now() == start
    real[0] += 2
    assert clock.now() == start + timedelta(minutes=2)
    assert clock.real(120) == 2


def test_sleep_takes_simulated_seconds() -> None:
    begin = time.monotonic()
    asyncio.run(Clock(1000).sleep(50))
    assert 0.05 <= time.monotonic() - begin < 1
    asyncio.run(Clock(1).sleep(-5))


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="speed"):
        Clock(0)
    with pytest.raises(ValueError, match="time zone"):
        Clock(1, datetime(2026, 1, 1))
