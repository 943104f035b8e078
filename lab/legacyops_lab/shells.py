"""The remote shells of one host, their commands and the quotas of WinRM 2.0."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, fields
from typing import Any

from legacyops_lab import wsman

log = logging.getLogger(__name__)

CTRL_C_EXIT = -1073741510  # STATUS_CONTROL_C_EXIT
Write = Callable[[str, bytes], None]
Pieces = list[tuple[str, bytes]]
Run = Callable[[str, bool, AsyncIterator[bytes], Write], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Quotas:
    """WinRM's limits; the defaults are those of WinRM 2.0 (times in milliseconds)."""

    max_envelope_kb: int = 150
    max_timeout_ms: int = 60_000
    max_shells_per_user: int = 5
    max_processes_per_shell: int = 15
    max_operations_per_user: int = 15
    idle_timeout_ms: int = 180_000

    @classmethod
    def of(cls, settings: dict[str, Any]) -> Quotas:
        """Return the quotas that an estate's `winrm.quotas` mapping describes."""
        known = {item.name for item in fields(cls)}
        return cls(**{name: int(value) for name, value in settings.items() if name in known})

    @property
    def max_envelope(self) -> int:
        """The largest envelope in bytes."""
        return self.max_envelope_kb * 1024


class Command:
    """One process of a shell: its input, its output not yet fetched, its exit code."""

    def __init__(self, line: str, *, hold_half: bool = False) -> None:
        self.id = wsman.new_id()
        self.line = line
        self.exit_code: int | None = None
        self.aborted = False
        self.connection_lost = False
        self.task: asyncio.Task[None] | None = None
        self._hold_half = hold_half
        self._stdin: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._stdin_closed = False
        self._pieces: Pieces = []
        self._news = asyncio.Event()

    def start(self, run: Run, skip_cmd_shell: bool) -> None:
        """Start running: `run` is the host's `execute`."""
        self.task = asyncio.create_task(self._run(run, skip_cmd_shell))

    async def _run(self, run: Run, skip_cmd_shell: bool) -> None:
        try:
            self.exit_code = await run(self.line, skip_cmd_shell, self._input(), self._write)
        except asyncio.CancelledError:
            self.aborted = self.exit_code is None
            raise
        except ConnectionAbortedError:
            self.connection_lost = True
        except Exception:
            log.exception("the world failed in %r", self.line[:200])
            self.exit_code = -1
        finally:
            self._cut_in_half()
            self._news.set()

    def _cut_in_half(self) -> None:
        if self._hold_half:
            whole = b"".join(data for name, data in self._pieces if name == "stdout")
            self._pieces = [("stdout", whole[: len(whole) // 2])]
            self._hold_half = False

    async def _input(self) -> AsyncIterator[bytes]:
        while (piece := await self._stdin.get()) is not None:
            yield piece

    def _write(self, name: str, data: bytes) -> None:
        if data:
            self._pieces.append((name, data))
            if not self._hold_half:
                self._news.set()

    def send(self, data: bytes, end: bool) -> None:
        """Give stdin more bytes; `end` closes it. What nobody can read any more is lost."""
        if self._stdin_closed or not self.running:
            return
        if data:
            self._stdin.put_nowait(data)
        if end:
            self._stdin_closed = True
            self._stdin.put_nowait(None)

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self.task is not None and not self.task.done()

    async def receive(
        self, timeout: float, limit: int
    ) -> tuple[list[tuple[str, bytes]], int | None]:
        """Wait for output, at most `timeout` seconds; return at most `limit` bytes of it.

        The exit code comes with the last piece. Raises FaultError (timed out, aborted) and
        ConnectionAbortedError when the world cut the line.
        """
        try:
            async with asyncio.timeout(timeout):
                await self._news.wait()
        except TimeoutError:
            raise wsman.timed_out() from None
        if self.connection_lost:
            raise ConnectionAbortedError
        if self.aborted:
            raise wsman.operation_aborted()
        pieces = self._take(limit)
        if self._pieces or self.exit_code is None:
            if not self._pieces:
                self._news.clear()
            return pieces, None
        return pieces, self.exit_code

    def _take(self, limit: int) -> Pieces:
        taken: dict[str, list[bytes]] = {}
        while self._pieces and limit > 0:
            name, data = self._pieces.pop(0)
            if len(data) > limit:
                self._pieces.insert(0, (name, data[limit:]))
            taken.setdefault(name, []).append(data[:limit])
            limit -= len(data)
        return [(name, b"".join(parts)) for name, parts in taken.items()]

    def interrupt(self) -> None:
        """Ctrl+C: the process ends with its well-known exit code."""
        if self.running and self.task is not None:
            self.task.cancel()
            self.exit_code = CTRL_C_EXIT

    def terminate(self) -> None:
        """End the process at once."""
        if self.running and self.task is not None:
            self.aborted = True
            self.task.cancel()
            self._news.set()


@dataclass(slots=True)
class Shell:
    """A remote shell: belongs to a user, dies when it is idle for too long."""

    user: str
    idle_timeout: float
    id: str = field(default_factory=wsman.new_id)
    commands: dict[str, Command] = field(default_factory=dict)
    operations: int = 0
    receiving: int = 0
    touched: float = field(default_factory=time.monotonic)

    def idle(self, now: float) -> bool:
        """Whether nobody asked for anything during the idle timeout (real seconds)."""
        return not self.receiving and now - self.touched > self.idle_timeout

    def kill(self) -> None:
        """End every process of the shell."""
        for command in self.commands.values():
            command.terminate()


class ShellTable:
    """The shells of one host."""

    def __init__(self, quotas: Quotas) -> None:
        self.quotas = quotas
        self.shells: dict[str, Shell] = {}

    def create(self, user: str, idle_timeout: float) -> Shell:
        """Open a shell; raise the fault of MaxShellsPerUser."""
        limit = self.quotas.max_shells_per_user
        if sum(shell.user == user for shell in self.shells.values()) >= limit:
            raise wsman.too_many_shells(limit)
        shell = Shell(user, idle_timeout)
        self.shells[shell.id] = shell
        return shell

    def find(self, shell_id: str, user: str) -> Shell:
        """Return a shell of this user; raise the fault of a shell that is not there."""
        shell = self.shells.get(shell_id)
        if shell is None or shell.user != user:
            raise wsman.shell_not_found(shell_id)
        shell.touched = time.monotonic()
        return shell

    def add(self, shell: Shell, command: Command) -> None:
        """Count a command in; raise the faults of the quotas on commands.

        [MS-WSMV] 3.1.4.12, note: a Terminate does not lower MaxConcurrentOperationsPerUser
        of a text-based shell. Only deleting the shell does.
        """
        limit = self.quotas.max_operations_per_user
        mine = (other for other in self.shells.values() if other.user == shell.user)
        if sum(other.operations for other in mine) >= limit:
            raise wsman.too_many_operations(limit)
        alive = sum(other.running for other in shell.commands.values())
        if alive >= self.quotas.max_processes_per_shell:
            raise wsman.too_many_processes()
        shell.operations += 1
        shell.commands[command.id] = command

    def delete(self, shell: Shell) -> None:
        """Close a shell and end its processes."""
        self.shells.pop(shell.id, None)
        shell.kill()

    def delete_all(self) -> None:
        """Close every shell: the host went down or the line was cut."""
        for shell in list(self.shells.values()):
            self.delete(shell)

    def sweep(self, now: float) -> None:
        """Close the shells that are idle for too long."""
        for shell in [shell for shell in self.shells.values() if shell.idle(now)]:
            self.delete(shell)
