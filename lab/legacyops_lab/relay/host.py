"""A relay: a Windows with PowerShell and WinRM, and nothing of Citrix."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ..ft import packages
from ..world.host import Host
from ..world.scripts import HANDLERS
from . import act, observe

if TYPE_CHECKING:
    from .world import EstateWorld

RELAY_FAULTS = ("smb1_missing", "ntlm_refused", "rpc_blocked", "clock_wrong")
WRONG_CLOCK_SECONDS = 3600
_NOTHING_OF_CITRIX: dict[str, Any] = {"ima": None, "modules": {"names": []}}


class RelayHost(Host):
    """A host of kind relay.

    `missing` is what it lacks towards old Windows, as RELAY_FAULTS.
    """

    world: EstateWorld

    def __init__(
        self, world: EstateWorld, name: str, spec: dict[str, Any], users: dict[str, str]
    ) -> None:
        """Read a host of kind relay; lay the packages of its systems on its disk."""
        given = spec.get("relay", {})
        skew = given.get("clock_skew_seconds", 0)
        frame = {**spec, "xenapp": {**_NOTHING_OF_CITRIX, "clock_skew_seconds": skew}}
        super().__init__(world, name, frame, users)
        self.product_name = ""
        self.handlers = {
            **HANDLERS,
            "ft_observe": observe.ft_observe,
            "ft_act": act.ft_act,
        }
        lacks = {"smb1_missing": "smb1", "ntlm_refused": "ntlm", "rpc_blocked": "rpc"}
        self.missing = {fault for fault, key in lacks.items() if not given.get(key, True)}
        for system in world.systems_of(name):
            for file in packages.of_system(system.description).values():
                if file is not None:
                    self.files.put(file)

    def now(self) -> datetime:
        """Return what the relay's own clock shows, UTC."""
        wrong = timedelta(seconds=WRONG_CLOCK_SECONDS if "clock_wrong" in self.missing else 0)
        return super().now() + wrong

    def serves(self) -> bool:
        """A relay has no users: it is never without service."""
        return True

    def acts(self) -> None:
        """Note nothing: many controllers work through one relay."""

    def inject(self, fault: str, arguments: dict[str, Any]) -> None:
        """Let a fault happen; `recover` also brings back what the relay lacks."""
        if fault in RELAY_FAULTS:
            self.missing.add(fault)
            return
        if fault == "recover":
            self.missing.clear()
        super().inject(fault, arguments)

    def told(self) -> dict[str, Any]:
        """Return its true state in a person's words."""
        return {
            "kind": "relay",
            "power": self.power,
            "reachable": self.reachable(),
            "systems": [system.name for system in self.world.systems_of(self.name)],
            "owners": dict(sorted(self.owners.items())),
            "restarts": self.boots,
            "faults": [*sorted(self.missing), *(entry["fault"] for entry in self.faults)],
            "counters": dict(self.counters),
            "unrecognised": self.unrecognised,
        }

    def dump(self) -> dict[str, Any]:
        """Return the whole state as JSON data."""
        return {**super().dump(), "missing": sorted(self.missing)}

    def load(self, data: dict[str, Any]) -> None:
        """Take `dump` back."""
        super().load(data)
        self.missing = set(data["missing"])
