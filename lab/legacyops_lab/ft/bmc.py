"""A real BMC a CoServer: IPMI over LAN with pyghmi's server side.

pyghmi keeps global sockets and two threads a process, and finds a session by the client's
address and the server's port: so each BMC needs a port of its own. Import this module only
where BMCs are to run.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import uuid
from typing import Any

from pyghmi.ipmi import bmc as pyghmi_bmc
from pyghmi.ipmi.private import constants, session

from .faults import BmcFault
from .physics import Impossible, Verb
from .state import Node, side_of
from .system import FtSystem

HMAC_SHA1 = 1
NO_RESOURCES_FOR_A_SESSION = 0x01
INVALID_AUTHENTICATION_ALGORITHM = 0x11
NODE_BUSY = 0xC0
NOT_IN_THIS_STATE = 0xD5
_OPEN_SESSION = 16
_CHASSIS = 0
_LONGEST_WAIT = 0.1
_open: set[CoServerBmc] = set()
_pump: threading.Thread | None = None


class CoServerBmc(pyghmi_bmc.Bmc):  # type: ignore[misc]
    """The BMC of one CoServer: chassis status, power on and off, one-time boot into setup."""

    def __init__(self, system: FtSystem, node: Node, address: str, port: int) -> None:
        """Listen on a loopback address; port 0 takes a free one. OSError if it is taken."""
        if side_of(node) is None:
            raise ValueError(f"{node} has no BMC")
        given = system.description.get(node, {}).get("bmc") or {}
        users = given.get("users") or {"admin": "Lab-Passw0rd!"}
        self.guid = system.uuid(node)
        super().__init__(users, port=port, bmcuuid=self.guid, address=address)
        self.port = self.serversocket.getsockname()[1]
        self.system, self.node = system, node
        self._wired_to: Node = given.get("wired_to", node)
        self.boot_device = "default"
        _open.add(self)
        _wake_by_own_address()
        _start_pump()

    def close(self) -> None:
        """Stop answering.

        The socket stays, since pyghmi wakes its thread through any of them; and so do its entries
        in pyghmi's tables: that thread looks twice for each packet, does not expect one to go in
        between, and its death would silence every board of this process.
        """
        _open.discard(self)

    @property
    def silent(self) -> bool:
        """Return whether nothing is answered: closed, or by its fault."""
        return self not in _open or self.fault.silent

    @property
    def fault(self) -> BmcFault:
        """Return what is wrong with this BMC now."""
        return self.system.bmc_faults.get(self.node, BmcFault())

    @property
    def target(self) -> Node:
        """Return the CoServer that this BMC really switches."""
        return self.fault.wired_to or self._wired_to

    def sessionless_data(self, data: bytes, sockaddr: tuple[Any, ...]) -> None:
        """Answer what comes outside a session; refuse every authentication but HMAC-SHA1.

        pyghmi's server answers HMAC-SHA256 as if it could do it, and its own client fails
        then; after a refusal the client falls back. A full one has no session to give.
        """
        if self.silent:
            return
        status = self._refuses_session(data)
        if status:
            session._io_sendto(self.serversocket, _refusal(bytes(data), status), sockaddr)
            return
        super().sessionless_data(data, sockaddr)

    def _refuses_session(self, data: bytes) -> int:
        """Return the status that refuses an open session request; 0 for whatever else it is."""
        algorithm = _algorithm(data)
        if algorithm is None:
            return 0
        if algorithm != HMAC_SHA1:
            return INVALID_AUTHENTICATION_ALGORITHM
        full = self.system.bmc_refuses(self.node, "full")
        return NO_RESOURCES_FOR_A_SESSION if full else 0

    def handle_raw_request(self, request: dict[str, Any], peer: Any) -> None:
        """Answer a request of a session: late, not at all, or busy (HYP-FT-26) by its fault."""
        if self.silent:
            return
        if self.system.bmc_refuses(self.node, "busy"):
            peer.send_ipmi_response(code=NODE_BUSY)
            return
        late = self.fault.late
        if late and request["netfn"] == _CHASSIS:
            answer = super().handle_raw_request
            threading.Timer(late, answer, (request, peer)).start()
            return
        super().handle_raw_request(request, peer)

    def get_system_guid(self) -> uuid.UUID:
        """Return the UUID that the CoServer's SMBIOS shows too."""
        return self.guid

    def get_power_state(self) -> str:
        """Return on or off. It is on from POST to the end of a shutdown."""
        if self.fault.lies is not None:
            return self.fault.lies
        power: str = self.system.node(self.target)["power"]
        return power

    def power_off(self) -> int:
        """Cut the power at once."""
        return self._do("power_off")

    def power_on(self) -> int:
        """Switch on."""
        return self._do("power_on")

    def power_reset(self) -> int:
        """Cut and switch on."""
        return self._do("power_off") or self._do("power_on")

    def power_cycle(self) -> int:
        """Cut and switch on; refused while off, as IPMI says."""
        if self.system.node(self.target)["power"] == "off":
            return NOT_IN_THIS_STATE
        return self.power_reset()

    def power_shutdown(self) -> int:
        """Ask Windows to shut down (ACPI); what does not run does not listen."""
        self._do("shutdown")
        return 0

    def set_boot_device(self, bootdevice: str) -> None:
        """Take the device of the next start; `setup` ends it in the BIOS setup."""
        self.boot_device = bootdevice
        if bootdevice == "setup":
            self._do("boot_setup")

    def get_boot_device(self) -> str:
        """Return what was set; the BIOS has forgotten setup once it was there."""
        if self.boot_device == "setup" and self.system.node(self.target)["phase"] == "setup":
            self.boot_device = "default"
        return self.boot_device

    def _do(self, verb: Verb) -> int:
        """Do something to the CoServer; what changes nothing is done well (completion code 0)."""
        if self.fault.deaf:
            return 0
        with contextlib.suppress(Impossible):
            self.system.act(verb, self.target)
        return 0


def _algorithm(data: bytes) -> int | None:
    """Return what an RMCP+ open session request asks to authenticate with (table 13-9)."""
    if len(data) < 29 or data[4] != 6 or data[5] & 0x3F != _OPEN_SESSION:
        return None
    return data[28] & 0x3F


def _refusal(request: bytes, status: int) -> bytes:
    """Return the open session response that refuses (table 13-10): tag, status, session ID."""
    payload = bytes([request[16], status, 0, 0]) + request[20:24]
    kind = constants.payload_types["rmcpplusopenresponse"]
    head = b"\x06\x00\xff\x07" + bytes([6, kind]) + bytes(8)
    return head + struct.pack("<H", len(payload)) + payload


def _wake_by_own_address() -> None:
    """Let pyghmi wake its thread where the first socket listens.

    It sends to 127.0.0.1; with a board at another address, nothing that is opened later would be
    listened to before the first board happens to get a packet.
    """
    first = session.iosockets[0]
    if first.family == socket.AF_INET:
        session.myself = first.getsockname()[0]


def _pump_packets() -> None:
    """Answer for all BMCs of this process.

    pyghmi may miss a packet that comes between two waits, so no wait is long. It never ends: a
    thread that is about to end looks alive to whoever opens the next board.
    """
    while True:
        session.Session.wait_for_rsp(_LONGEST_WAIT)


def _start_pump() -> None:
    """Start the one thread in which all BMCs of this process answer.

    RuntimeError where pyghmi's own thread has died: nothing would be heard any more.
    """
    global _pump
    if session.iothread is not None and not session.iothread.is_alive():
        raise RuntimeError("pyghmi's thread has died: no board of this process hears anything")
    if _pump is None or not _pump.is_alive():
        _pump = threading.Thread(target=_pump_packets, name="bmc", daemon=True)
        _pump.start()
