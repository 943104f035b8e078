"""Faults of the line, not of the host: cut connections and halved output.

Faults of the host (hang, late_restart, disk_full, truncate …) are the world's. A host's
`execute` may also raise ConnectionAbortedError itself: the line is cut just the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from legacyops_lab.clock import Clock
from legacyops_lab.shells import Run, Write

WIRE_FAULTS = ("drop_connection", "half_output")


@dataclass(slots=True)
class CommandPlan:
    """What goes wrong with one command."""

    half_output: bool = False
    drop: bool = False
    drop_after: float | None = None

    def wrap(self, run: Run, clock: Clock) -> Run:
        """Return `run`; where the line is to drop, it ends with ConnectionAbortedError.

        It dies `drop_after` simulated seconds after its start; with None it runs to its
        end, and only the answer is lost.
        """
        if not self.drop:
            return run
        delay = None if self.drop_after is None else clock.real(self.drop_after)

        async def run_and_drop(
            line: str, skip_cmd_shell: bool, stdin: AsyncIterator[bytes], write: Write
        ) -> int:
            running = asyncio.ensure_future(run(line, skip_cmd_shell, stdin, write))
            try:
                await asyncio.wait([running], timeout=delay)
            finally:
                running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            raise ConnectionAbortedError

        return run_and_drop


@dataclass(slots=True)
class _Fault:
    name: str
    skip: int
    times: int
    after: float | None


@dataclass(slots=True)
class WireFaults:
    """The faults that wait for the next commands of one host."""

    waiting: list[_Fault] = field(default_factory=list)

    def add(self, name: str, arguments: dict[str, Any]) -> None:
        """Let a fault hit coming commands.

        Arguments: `skip` commands that are spared first (0), `times` commands that are hit
        (1), and for drop_connection `after` simulated seconds from the command's start
        (without it the command runs to its end and only its answer is lost).
        Raises ValueError for an unknown fault or argument.
        """
        if name not in WIRE_FAULTS:
            raise ValueError(f"unknown fault of the line: {name}")
        unknown = set(arguments) - {"skip", "times", "after"}
        if unknown:
            raise ValueError(f"{name} has no argument {', '.join(sorted(unknown))}")
        skip, times = int(arguments.get("skip", 0)), int(arguments.get("times", 1))
        after = float(arguments["after"]) if "after" in arguments else None
        self.waiting.append(_Fault(name, skip, times, after))

    def take(self) -> CommandPlan:
        """Return what goes wrong with the command that starts now."""
        plan = CommandPlan()
        for fault in list(self.waiting):
            if fault.skip:
                fault.skip -= 1
                continue
            plan.half_output |= fault.name == "half_output"
            if fault.name == "drop_connection":
                plan.drop, plan.drop_after = True, fault.after
            fault.times -= 1
            if fault.times <= 0:
                self.waiting.remove(fault)
        return plan
