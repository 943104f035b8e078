"""The HTTP side: one process, and for each host a listening socket of its own."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from aiohttp import web

from legacyops_lab.accounts import Accounts
from legacyops_lab.auth import (
    ENCRYPTED_TYPE,
    Authenticator,
    BadMessageError,
    ConnectionAuth,
    RefusedError,
    write_user_file,
)
from legacyops_lab.clock import Clock
from legacyops_lab.faults import WIRE_FAULTS, WireFaults
from legacyops_lab.https import OldTls, context, port_of, write_certificate
from legacyops_lab.service import Host, WsmanService
from legacyops_lab.shells import Quotas

log = logging.getLogger(__name__)

KEEP_ALIVE = 120.0  # seconds, as HTTP.sys
WATCH = 0.05  # seconds between two looks at whether a host went away
_SOAP = "application/soap+xml;charset=UTF-8"
_WIRE_OVERHEAD = 1024  # what encryption adds to an envelope


class World(Protocol):
    """What the wire needs of the simulated world."""

    hosts: dict[str, Any]

    def inject(self, host: str, fault: str, **arguments: Any) -> Any:
        """Let a fault happen to a host."""


class _Refuser(asyncio.Protocol):
    """Answers a connection to a host that is not there."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            transport.abort()


class HostServer:
    """The endpoint of one host."""

    def __init__(
        self, host: Host, winrm: dict[str, Any], clock: Clock, secrets: Path, accounts: Accounts
    ) -> None:
        self.host = host
        self.port = port_of(winrm)
        self._https: dict[str, Any] | None = winrm.get("https")
        self._certificate: Path | None = None
        if self._https is not None:
            wanted = self._https.get("certificate") or {}
            self._certificate = write_certificate(secrets, host.name, host.address, wanted)
        self._boots = getattr(host, "boots", 0)  # a restart may be over before anybody looks
        self.faults = WireFaults()
        quotas = Quotas.of(winrm.get("quotas") or {})
        self.service = WsmanService(host, quotas, clock, self.faults)
        user_file = secrets / f"{host.name}.users"
        write_user_file(user_file, host.name, host.users)
        self._accepts = Authenticator(
            host.name,
            host.users,
            user_file,
            accounts,
            basic=host.basic_allowed,
            unencrypted=bool(winrm.get("unencrypted", False)),
        )
        self._connections: WeakKeyDictionary[asyncio.Transport, ConnectionAuth] = (
            WeakKeyDictionary()
        )
        self._http: web.Server | None = None
        self._socket: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen; raises OSError where the address is taken."""
        self._http = web.Server(
            self._answer, keepalive_timeout=KEEP_ALIVE, access_log=None, handler_cancellation=True
        )
        loop = asyncio.get_running_loop()
        self._socket = await loop.create_server(
            self._connect,
            self.host.address,
            self.port,
            backlog=256,
            ssl=None if self._certificate is None or self._old_tls else context(self._certificate),
        )

    @property
    def _old_tls(self) -> bool:
        return self._https is not None and self._https.get("tls") == "1.0"

    async def stop(self) -> None:
        """Stop listening and cut what is open."""
        if self._socket is not None:
            self._socket.close()
        self.cut()
        if self._http is not None:
            await self._http.shutdown(0.1)

    def cut(self) -> None:
        """Cut every connection and end every shell."""
        for transport in list(self._connections):
            transport.abort()
        self.service.table.delete_all()

    def watch(self, now: float) -> None:
        """Cut the connections of a host that went away; close idle shells."""
        if self._connections or self.service.table.shells:
            self._reachable()
        self.service.table.sweep(now)

    def _reachable(self) -> bool:
        """Whether the host answers; what a restart or a hang has ended is cut first.

        So nothing that begins after a restart is taken for what was there before it.
        """
        reachable = self.host.reachable()
        boots = getattr(self.host, "boots", 0)
        if not reachable or boots != self._boots:
            self.cut()
        self._boots = boots
        return reachable

    def _connect(self) -> asyncio.BaseProtocol:
        if self._http is None or not self._reachable():
            return _Refuser()
        return OldTls() if self._old_tls else self._http()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        transport = request.transport
        if transport is None:
            return web.Response(status=400)
        connection = self._connections.get(transport)
        if connection is None:
            connection = self._connections[transport] = ConnectionAuth(self._accepts)
        try:
            return await self._respond(request, connection)
        except ConnectionAbortedError:
            transport.abort()
            return web.Response(status=500)

    async def _respond(
        self, request: web.BaseRequest, connection: ConnectionAuth
    ) -> web.StreamResponse:
        self.host.counters["http_requests"] += 1
        if request.path.rstrip("/").lower() != "/wsman":
            return web.Response(status=404)
        if request.method != "POST":
            return web.Response(status=405)
        body = await self._body(request)
        if body is None:
            response = web.Response(status=413)
            response.force_close()
            return response
        if not self._reachable() or request.transport is None or request.transport.is_closing():
            raise ConnectionAbortedError
        try:
            user, header = connection.authenticate(request.headers.get("Authorization"))
        except RefusedError as refused:
            response = web.Response(status=401)
            for challenge in refused.challenges:
                response.headers.add("WWW-Authenticate", challenge)
            return response
        response = await self._operate(request, connection, user, body)
        if header:
            response.headers["WWW-Authenticate"] = header
        return response

    async def _body(self, request: web.BaseRequest) -> bytes | None:
        """Return the request's body, or None where it is above the envelope quota."""
        limit = self.service.quotas.max_envelope + _WIRE_OVERHEAD
        pieces, size = [], 0
        async for piece in request.content.iter_any():
            size += len(piece)
            if size <= limit:
                pieces.append(piece)
        return b"".join(pieces) if size <= limit else None

    async def _operate(
        self, request: web.BaseRequest, connection: ConnectionAuth, user: str, body: bytes
    ) -> web.Response:
        if not body:
            return web.Response(status=200)
        encrypted = request.content_type == "multipart/encrypted"
        if not encrypted and not self._plain_allowed(request):
            return web.Response(status=500)
        try:
            envelope = connection.decrypt(body) if encrypted else body
            if len(envelope) > self.service.quotas.max_envelope:
                return web.Response(status=413)
            status, reply = await self.service.handle(envelope, user)
            if not encrypted:
                return web.Response(status=status, body=reply, headers={"Content-Type": _SOAP})
            headers = {"Content-Type": ENCRYPTED_TYPE}
            return web.Response(status=status, body=connection.encrypt(reply), headers=headers)
        except BadMessageError:
            return web.Response(status=400)

    def _plain_allowed(self, request: web.BaseRequest) -> bool:
        """Whether this host takes an unencrypted message sent like this one."""
        if self._https is not None:
            return True
        basic = request.headers.get("Authorization", "").lower().startswith("basic ")
        return self._accepts.unencrypted or basic


class LabServer:
    """All hosts of an estate."""

    def __init__(
        self,
        world: World,
        clock: Clock,
        secrets: Path,
        winrm_of: Callable[[str], dict[str, Any]] = lambda name: {},
        lockout: dict[str, Any] | None = None,
    ) -> None:
        """`secrets` is a directory for the hosts' account files and keys.

        `winrm_of` gives a host's settings, `lockout` is the estate's.
        """
        secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.world = world
        self.accounts = Accounts(lockout or {}, clock.now)
        self.hosts = {
            name: HostServer(
                host,
                winrm_of(name),
                clock,
                secrets,
                self.accounts,
            )
            for name, host in world.hosts.items()
        }
        self._watcher: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Open every host's socket; on an error none stays open."""
        try:
            for host in self.hosts.values():
                await host.start()
        except OSError:
            await self.stop()
            raise
        self._watcher = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Close everything."""
        if self._watcher is not None:
            self._watcher.cancel()
        for host in self.hosts.values():
            await host.stop()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(WATCH)
            now = time.monotonic()
            for host in self.hosts.values():
                try:
                    host.watch(now)
                except Exception:
                    log.exception("watching %s failed", host.host.name)

    def inject(self, host: str, fault: str, arguments: dict[str, Any]) -> None:
        """Let a fault happen: those of the line here, all others in the world; `recover` in both.

        Raises ValueError or KeyError for an unknown host, fault or argument.
        """
        endpoint = self.hosts.get(host)
        if endpoint is not None and fault in WIRE_FAULTS:
            endpoint.faults.add(fault, arguments)
            return
        if endpoint is not None and fault == "recover":
            endpoint.faults.waiting.clear()
        self.world.inject(host, fault, **arguments)
