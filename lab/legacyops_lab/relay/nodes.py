"""What a relay finds on the network: a node of an FT system, or silence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..ft import FtSystem
from ..ft.state import Node, windows
from ..world.failures import ScriptError
from ..world.texts import text
from .host import RelayHost

READ_SECONDS = 2.0


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
        """Whether its Windows answers at all; a damaged one (③) does too (HYP-FT-24)."""
        return windows(self.system.state, self.node).phase == "up"

    @property
    def wmi_fails(self) -> bool:
        """Whether WMI answers with an error; it does on a damaged Windows (③)."""
        return "wmi_dead" in self.faults or windows(self.system.state, self.node).hurt


def find(relay: RelayHost, given: dict[str, Any]) -> Reached | None:
    """Return the node at an address, if port 135 answers there; None for silence."""
    address = str(given["address"]).upper()
    for system in relay.systems:
        for node, names in system.addresses().items():
            if address and address in names:
                found = Reached(system, node)
                return found if found.alive and "rpc_closed" not in found.faults else None
    return None


def silence(seconds: Any) -> str:
    """Return what the scripts say of a node that port 135 does not answer for."""
    return f"no answer on TCP port 135 within {seconds} seconds"


def late(seconds: Any) -> str:
    """Return what the scripts say of a node whose child process was ended."""
    return f"no whole answer within {seconds} seconds"


def refusal(relay: RelayHost, reached: Reached, given: dict[str, Any]) -> tuple[str, str] | None:
    """Return kind and message of why WMI does not let the relay in; None where it does."""
    if "rpc_blocked" in relay.missing:
        return "node_unreachable", f"{text('rpc_unavailable', relay.language)} (0x800706BA)"
    if not _knows(relay, reached, given):
        return "access_denied", f"{text('access_denied', relay.language)} (0x80070005)"
    if reached.wmi_fails:
        return "wmi", "Provider load failure (0x80041013)"
    return None


def refusal_by_rpc(
    relay: RelayHost, reached: Reached, given: dict[str, Any]
) -> tuple[str, str] | None:
    """Return kind and message of why the second way is closed too; None where it is open."""
    if not _has_smb(relay, reached):
        return "refused", _no_share(relay, given, "IPC$")
    if not _knows(relay, reached, given):
        return "access_denied", f"{text('access_denied', relay.language)} (0x80070005)"
    if "rpc_dead" in reached.faults:
        return "node_unreachable", f"{text('rpc_unavailable', relay.language)} (0x800706BA)"
    return None


def _knows(relay: RelayHost, reached: Reached, given: dict[str, Any]) -> bool:
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


def open_share(relay: RelayHost, reached: Reached, given: dict[str, Any]) -> None:
    """Open the node's administrative share; ScriptError where that is not possible."""
    if not _has_smb(relay, reached):
        raise ScriptError("refused", _no_share(relay, given, "C$"))


def _has_smb(relay: RelayHost, reached: Reached) -> bool:
    """Whether relay and node have a version of SMB in common, and the way is open."""
    return "smb1_missing" not in relay.missing and "smb_closed" not in reached.faults


def _no_share(relay: RelayHost, given: dict[str, Any], name: str) -> str:
    why = f"{text('network_path', relay.language)} (0x80070035)"
    needed = "the relay needs the SMB 1 client, and the node its administrative share"
    return f"\\\\{given['address']}\\{name} cannot be opened ({why}); {needed}"
