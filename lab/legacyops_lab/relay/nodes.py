"""What a relay finds on the network: a node of an FT system, or silence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..ft import FtSystem
from ..ft.state import Node, windows
from ..world.failures import ScriptError
from ..world.texts import text

if TYPE_CHECKING:
    from .host import RelayHost

READ_SECONDS = 2.0
COM_EXCEPTION = "System.Runtime.InteropServices.COMException"
NO_RPC, E_ACCESSDENIED, NO_PATH = 0x800706BA, 0x80070005, 0x80070035


@dataclass(frozen=True)
class Reached:
    """A node as a relay was told to reach it."""

    system: FtSystem
    node: Node

    @property
    def faults(self) -> set[str]:
        """Return what is wrong with its network."""
        return self.system.node_faults[self.node]

    @property
    def alive(self) -> bool:
        """Whether its Windows answers at all. A damaged one (③) does not (HYP-FT-24)."""
        return windows(self.system.state, self.node).usable


def find(relay: RelayHost, given: dict[str, Any]) -> Reached | None:
    """Return the node at an address, if port 135 answers there; None for silence."""
    if "rpc_blocked" in relay.missing:
        return None
    address = str(given["address"]).upper()
    for system in relay.world.systems_of(relay.name):
        for node, names in system.addresses().items():
            if address in names:
                found = Reached(system, node)
                return found if found.alive and "rpc_closed" not in found.faults else None
    return None


def knows(relay: RelayHost, reached: Reached, given: dict[str, Any]) -> bool:
    """Whether the node lets these credentials in. Accounts: NAME, .\\NAME and COMPUTER\\NAME."""
    if "ntlm_refused" in relay.missing:
        return False
    domain, _, user = str(given.get("username") or "").rpartition("\\")
    computer = reached.system.computer_name(reached.node)
    if domain.upper() not in ("", ".", computer.upper()):
        return False
    users: dict[str, str] = reached.system.description.get("users", {})
    by_name = {name.lower(): password for name, password in users.items()}
    password = by_name.get(user.lower())
    return password is not None and password == given.get("password")


def enter(relay: RelayHost, given: dict[str, Any]) -> Reached:
    """Return a node that answers and lets the credentials in; ScriptError otherwise."""
    reached = find(relay, given)
    if reached is None:
        message = text("rpc_unavailable", relay.language)
        raise ScriptError("node_unreachable", message, type_name=COM_EXCEPTION, code=NO_RPC)
    if not knows(relay, reached, given):
        message = text("access_denied", relay.language)
        raise ScriptError("access_denied", message, type_name=COM_EXCEPTION, code=E_ACCESSDENIED)
    return reached


def open_share(relay: RelayHost, reached: Reached) -> None:
    """Open the node's administrative share; ScriptError where that is not possible."""
    if "smb1_missing" in relay.missing or "smb_closed" in reached.faults:
        message = text("network_path", relay.language)
        raise ScriptError("node_unreachable", message, type_name=COM_EXCEPTION, code=NO_PATH)
