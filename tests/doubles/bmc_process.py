# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's two BMCs in a process of their own: pyghmi's two sides share no process.

Started as a program it takes one JSON list a line from stdin and answers each with one line.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

PASSWORD = "Lab-Passw0rd!"


class Boards:
    """Both CoServers' BMCs: ``ports``, and what a test does to the machines behind them."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.ports: dict[str, int] = self._read()

    def _read(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def do(self, *words: Any, **arguments: Any) -> Any:
        assert self._process.stdin is not None
        print(json.dumps([words, arguments]), file=self._process.stdin, flush=True)
        return self._read()

    def inject(self, fault: str, coserver: str, /, **arguments: Any) -> None:
        self.do("inject", fault, coserver, **arguments)

    def power(self, node: str) -> str:
        return str(self.do("node", node)["power"])

    def mend(self) -> None:
        """Both machines on, and nothing wrong with their boards."""
        for coserver in self.ports:
            self.inject("bmc_wired_to", coserver, node=coserver)
            self.inject("bmc_recovers", coserver)
            if self.power(coserver) == "off":
                self.do("act", "power_on", coserver)


@contextmanager
def boards() -> Iterator[Boards]:
    """Both BMCs of a system that runs, for the block."""
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).resolve())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Boards(process)
    finally:
        process.kill()
        process.wait()


class _Clock:
    """Simulated time that moves by command."""

    moment = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    async def sleep(self, simulated_seconds: float) -> None:
        raise NotImplementedError


def _main() -> None:
    from legacyops_lab.ft import FtSystem
    from legacyops_lab.ft.bmc import CoServerBmc

    clock = _Clock()
    system = FtSystem("ft-test", {"model": "test", "type": "windows_2003"}, clock)
    nodes = ("coserver1", "coserver2")
    boards = {node: CoServerBmc(system, node, "127.0.0.1", 0) for node in nodes}
    print(json.dumps({node: board.port for node, board in boards.items()}), flush=True)
    for line in sys.stdin:
        (verb, *words), arguments = json.loads(line)
        if verb == "pass":
            clock.moment += timedelta(seconds=words[0])
            answer = None
        elif verb == "device":
            answer = boards[words[0]].get_boot_device()
        elif verb == "uuid":
            answer = str(boards[words[0]].guid)
        else:
            answer = getattr(system, verb)(*words, **arguments)
        print(json.dumps(answer, default=str), flush=True)


if __name__ == "__main__":
    _main()
