"""A relay: a Windows with PowerShell and WinRM, and nothing of Citrix."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from ..ft import FtSystem, packages
from ..world.course import Course
from ..world.host import NOTHING_OF_CITRIX, Host, Programs

RELAY_FAULTS = ("smb1_missing", "ntlm_refused", "rpc_blocked", "clock_wrong")
WRONG_CLOCK_SECONDS = 3600


class RelayHost(Host):
    """A host of kind relay.

    `missing` is what it lacks towards old Windows, as RELAY_FAULTS.
    """

    def __init__(
        self,
        course: Course,
        name: str,
        spec: dict[str, Any],
        users: dict[str, str],
        programs: Programs,
        systems: list[FtSystem],
    ) -> None:
        """Read a host of kind relay; lay the packages of its systems on its disk.

        systems: those that it reaches.
        """
        given = spec.get("relay", {})
        skew = given.get("clock_skew_seconds", 0)
        frame = {**spec, "xenapp": {**NOTHING_OF_CITRIX, "clock_skew_seconds": skew}}
        super().__init__(course, {}, name, frame, users, programs)
        self.product_name = ""
        self.systems = systems
        lacks = {"smb1_missing": "smb1", "ntlm_refused": "ntlm", "rpc_blocked": "rpc"}
        self.missing = {fault for fault, key in lacks.items() if not given.get(key, True)}
        for system in systems:
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
            "systems": [system.name for system in self.systems],
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
