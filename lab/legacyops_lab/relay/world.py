"""An estate as a whole: hosts, relays, and the FT systems behind them, on one clock."""

from __future__ import annotations

from typing import Any

from ..ft import FtSystem
from ..ft.state import NODES
from ..windows import WindowsHost
from ..world import Host, World, commands, scripts
from ..world.host import Programs
from ..world.times import ClockLike
from . import act, observe
from .host import RelayHost

# What a relay's PowerShell is asked: as any Windows, and of the nodes behind it.
PROGRAMS = Programs(
    commands.run, {**scripts.HANDLERS, "ft/observe": observe.ft_observe, "ft/act": act.ft_act}
)


class EstateWorld(World):
    """A world with FT systems, `systems` by name; each lets time pass when it is asked."""

    def __init__(
        self, estate: dict[str, Any], clock: ClockLike, *, state: dict[str, Any] | None = None
    ) -> None:
        """Build the world, or go on with a result of `state`."""
        kept = (state or {}).get("ft_systems", {})
        described = estate.get("ft_systems", {})
        self.systems = {
            name: FtSystem(name, description, clock, state=kept.get(name))
            for name, description in described.items()
        }
        super().__init__(estate, clock, state=state)

    def make_host(self, name: str, spec: dict[str, Any], users: dict[str, str]) -> Host:
        """Return a host of the estate, a relay where it is one."""
        if spec.get("kind") == "relay":
            return RelayHost(self.course, name, spec, users, PROGRAMS, self.systems_of(name))
        if spec.get("kind") == "windows":
            return WindowsHost(self.course, self.hosts, name, spec, users, PROGRAMS)
        return super().make_host(name, spec, users)

    def systems_of(self, relay: str) -> list[FtSystem]:
        """Return the systems that a relay reaches."""
        return [s for s in self.systems.values() if s.description.get("relay") == relay]

    def inject(self, host: str, fault: str, **arguments: Any) -> None:
        """Let a fault happen to a host, or to SYSTEM.NODE of an FT system.

        ValueError for an unknown one, fault or argument.
        """
        if host in self.hosts:
            super().inject(host, fault, **arguments)
            return
        name, _, node = host.partition(".")
        if name not in self.systems:
            raise ValueError(f"there is no host {host}")
        if node not in NODES:
            raise ValueError(f"say which node of {name}: {', '.join(NODES)} ({name}.coserver1)")
        self.systems[name].inject(fault, node, **arguments)

    def ledger(self) -> list[dict[str, Any]]:
        """Return violations and outages of hosts and systems in order of time."""
        entries = super().ledger()
        for system in self.systems.values():
            entries += system.ledger()
        return sorted(entries, key=lambda entry: entry["utc"])

    def state(self) -> dict[str, Any]:
        """Return everything, with its times, as JSON data: for continuing later."""
        systems = {name: system.dump() for name, system in sorted(self.systems.items())}
        return {**super().state(), "ft_systems": systems}

    def snapshot(self) -> dict[str, Any]:
        """Return the state without what moves with time alone, as JSON data."""
        systems = {name: system.snapshot() for name, system in sorted(self.systems.items())}
        return {**super().snapshot(), "ft_systems": systems}

    def status(self) -> dict[str, Any]:
        """Return the true state of every host and system in a person's words."""
        systems = {name: system.status() for name, system in sorted(self.systems.items())}
        return {**super().status(), **systems}

    def status_of(self, host: Host) -> dict[str, Any]:
        """Return one host's true state."""
        if isinstance(host, RelayHost | WindowsHost):
            return host.told()
        return super().status_of(host)
