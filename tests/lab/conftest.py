"""A small lab on loopback addresses of its own, in a thread beside the test."""

from __future__ import annotations

import asyncio
import random
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from fake_world import FakeHost, FakeWorld
from legacyops_lab.clock import Clock
from legacyops_lab.server import LabServer


class RunningLab:
    """A LabServer in an event loop of its own thread."""

    def __init__(self, world: FakeWorld, secrets: Path, winrm: dict[str, Any]) -> None:
        self.world = world
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.server = LabServer(world, Clock(), secrets, lambda name: winrm)
        self.call(self.server.start())

    def call(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    def do(self, function: Callable[..., Any], *arguments: Any) -> Any:
        async def run() -> Any:
            return function(*arguments)

        return self.call(run())

    def stop(self) -> None:
        self.call(self.server.stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)


@pytest.fixture
def start_lab(tmp_path: Path) -> Iterator[Callable[..., tuple[RunningLab, FakeHost]]]:
    """Return a function that starts a lab with one host."""
    labs: list[RunningLab] = []

    def start(*, basic: bool = False, **winrm: Any) -> tuple[RunningLab, FakeHost]:
        address = "127." + ".".join(str(random.randint(1, 254)) for _ in range(3))
        host = FakeHost("XA01", address, basic=basic)
        labs.append(RunningLab(FakeWorld(host), tmp_path / f"secrets{len(labs)}", winrm))
        return labs[-1], host

    yield start
    for lab in labs:
        lab.stop()
