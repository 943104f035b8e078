"""The WS-Management service of one host: turns requests into answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, Protocol

from legacyops_lab import wsman
from legacyops_lab.client import CLIENT
from legacyops_lab.clock import Clock
from legacyops_lab.faults import WireFaults
from legacyops_lab.shells import Command, Quotas, Shell, ShellTable

IDLE_FLOOR = 10.0  # real seconds: a fast clock must not outrun a client's own work


class Host(Protocol):
    """What the wire needs of a simulated host."""

    name: str
    address: str
    users: dict[str, str]
    basic_allowed: bool
    counters: Any

    def reachable(self) -> bool:
        """Whether the host is on the network."""

    async def execute(
        self,
        command: str,
        skip_cmd_shell: bool,
        stdin: AsyncIterator[bytes],
        write: Callable[[str, bytes], None],
    ) -> int:
        """Run one command line and return its exit code."""


class WsmanService:
    """Shells and commands of one host over WS-Management."""

    def __init__(self, host: Host, quotas: Quotas, clock: Clock, faults: WireFaults) -> None:
        self.host = host
        self.quotas = quotas
        self.table = ShellTable(quotas)
        self._clock = clock
        self._faults = faults
        self._operations = {
            wsman.CREATE: self._create,
            wsman.COMMAND: self._command,
            wsman.SEND: self._send,
            wsman.RECEIVE: self._receive,
            wsman.SIGNAL: self._signal,
            wsman.DELETE: self._delete,
        }

    async def handle(self, envelope: bytes, user: str) -> tuple[int, bytes]:
        """Return the HTTP status and the envelope that answer a request of `user`.

        Raises ConnectionAbortedError where the connection is to be cut instead.
        """
        message_id = ""
        try:
            request = wsman.parse(envelope)
            message_id = request.message_id
            if request.resource_uri.rstrip("/") not in (wsman.CMD_SHELL, wsman.SHELL):
                raise wsman.unknown_resource(request.resource_uri)
            operation = self._operations.get(request.action)
            if operation is None:
                raise wsman.unsupported_action(request.action)
            return 200, await operation(request, user)
        except wsman.FaultError as problem:
            return 500, wsman.fault(problem, message_id, self.host.name)

    async def _create(self, request: wsman.Request, user: str) -> bytes:
        most = self.quotas.idle_timeout_ms / 1000
        idle = min(wsman.idle_timeout(request) or most, most)
        shell = self.table.create(user, max(self._clock.real(idle), IDLE_FLOOR))
        self.host.counters["shells"] += 1
        address = f"http://{self.host.name}:5985/wsman"
        return wsman.answer(request, wsman.created(address, shell.id))

    async def _command(self, request: wsman.Request, user: str) -> bytes:
        shell = self.table.find(request.shell_id, user)
        plan = self._faults.take()
        command = Command(wsman.command_line(request), hold_half=plan.half_output)
        self.table.add(shell, command)
        CLIENT.set(shell.id)
        skip = request.options.get("WINRS_SKIP_CMD_SHELL", "").upper() in ("TRUE", "1")
        command.start(plan.wrap(self.host.execute, self._clock), skip)
        return wsman.answer(request, wsman.started(command.id))

    async def _send(self, request: wsman.Request, user: str) -> bytes:
        shell = self.table.find(request.shell_id, user)
        for piece in wsman.sent_input(request):
            _command_of(shell, piece.command_id).send(piece.data, piece.end)
        return wsman.answer(request, "<rsp:SendResponse/>")

    async def _receive(self, request: wsman.Request, user: str) -> bytes:
        shell = self.table.find(request.shell_id, user)
        command = _command_of(shell, wsman.received_command(request))
        most = self.quotas.max_timeout_ms / 1000
        timeout = most if request.timeout is None else min(request.timeout, most)
        shell.receiving += 1
        try:
            pieces, exit_code = await command.receive(timeout, self._room(request))
        finally:
            shell.receiving -= 1
        self.table.find(request.shell_id, user)
        return wsman.answer(request, wsman.output(command.id, pieces, exit_code))

    def _room(self, request: wsman.Request) -> int:
        """Return how many bytes of output fit into one answer, base64 included."""
        envelope = min(request.max_envelope or self.quotas.max_envelope, self.quotas.max_envelope)
        return max(1024, (envelope - 3072) * 3 // 4)

    async def _signal(self, request: wsman.Request, user: str) -> bytes:
        shell = self.table.find(request.shell_id, user)
        command_id, code = wsman.signal(request)
        command = _command_of(shell, command_id)
        if code == "terminate":
            command.terminate()
            shell.commands.pop(command.id)
        else:
            command.interrupt()
        return wsman.answer(request, "<rsp:SignalResponse/>")

    async def _delete(self, request: wsman.Request, user: str) -> bytes:
        self.table.delete(self.table.find(request.shell_id, user))
        return wsman.answer(request)


def _command_of(shell: Shell, command_id: str) -> Command:
    """Return a shell's command; raise the fault of an unknown one."""
    command = shell.commands.get(command_id)
    if command is None:
        raise wsman.command_not_found()
    return command
