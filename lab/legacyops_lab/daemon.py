"""The process that is the lab: world, endpoints, boards and control socket until it is stopped."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from legacyops_lab import estate, inventory, listener, persons
from legacyops_lab.boards import Boards
from legacyops_lab.clock import Clock
from legacyops_lab.files import read_json, write_json
from legacyops_lab.ft import FtSystem
from legacyops_lab.relay import EstateWorld
from legacyops_lab.server import LabServer

log = logging.getLogger(__name__)


class Lab:
    """A running lab and what it answers on its control socket."""

    def __init__(self, estate_data: dict[str, Any], state: Path, speed: float) -> None:
        self.estate = estate_data
        self.state = state
        kept = read_json(state / "resume.json")
        self.clock = Clock(speed, _begin(kept))
        self.world = EstateWorld(estate_data, self.clock, state=kept)
        self.boards = Boards()
        hosts = estate_data["hosts"]
        self.server = LabServer(
            self.world,
            self.clock,
            state / "accounts",
            lambda name: hosts[name]["winrm"],
            estate_data["estate"].get("lockout"),
        )
        self.stopping = asyncio.Event()

    def keep(self) -> dict[str, Any]:
        """Write the world's state to files; return the snapshot."""
        snapshot: dict[str, Any] = self.world.snapshot()
        write_json(self.state / "state.json", snapshot)
        clock = self.clock.now().isoformat()
        write_json(self.state / "resume.json", {**self.world.state(), "clock": clock})
        return snapshot

    async def start(self, ports: dict[str, int]) -> None:
        """Open every endpoint and board; OSError where an address is taken."""
        await self.server.start()
        try:
            self.boards.open(self.world.systems, ports)
        except OSError:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Close everything."""
        self.boards.close()
        await self.server.stop()

    async def command(self, name: str, arguments: dict[str, Any]) -> Any:
        """Answer a control command; ValueError or KeyError where it cannot be."""
        match name:
            case "status":
                return {"clock": self._time(), "hosts": self._status()}
            case "ledger":
                return self.world.ledger()
            case "counters":
                return self._counters()
            case "snapshot":
                return self.keep()
            case "inject":
                fault = arguments.pop("fault")
                return self.server.inject(arguments.pop("host"), fault, arguments)
            case "operator":
                system = self._system(arguments.pop("system"))
                return await persons.operate(system, arguments, self.clock.speed)
            case "endurance":
                system = self._system(arguments["system"])
                return await persons.endure(system, arguments["verb"], arguments.get("component"))
            case "down":
                self.stopping.set()
                return None
        raise ValueError(f"unknown command {name}")

    def _system(self, name: str) -> FtSystem:
        system = self.world.systems.get(name)
        if system is None:
            known = ", ".join(self.world.systems) or "none here"
            raise ValueError(f"there is no FT system {name}; there are {known}")
        return system

    def _time(self) -> dict[str, Any]:
        return {"utc": self.clock.now().isoformat(timespec="seconds"), "speed": self.clock.speed}

    def _status(self) -> dict[str, Any]:
        hosts = {name: dict(host) for name, host in self.world.status().items()}
        for name, host in self.server.hosts.items():
            waiting = [fault.name for fault in host.faults.waiting]
            hosts[name]["faults"] = [*hosts[name].get("faults", []), *waiting]
            hosts[name]["shells_open"] = len(host.service.table.shells)
        return hosts

    def _counters(self) -> dict[str, Any]:
        hosts = {name: dict(host.counters) for name, host in sorted(self.world.hosts.items())}
        total: dict[str, int] = {}
        for counters in hosts.values():
            for name, value in counters.items():
                total[name] = total.get(name, 0) + value
        return {"hosts": hosts, "total": total, "accounts": self.server.accounts.counts()}


def _begin(kept: dict[str, Any] | None) -> datetime:
    """Return the time at which a lab begins: simulated time never runs backwards."""
    now = datetime.now(UTC)
    return now if kept is None else max(now, datetime.fromisoformat(kept["clock"]))


async def run(estate_file: Path, state: Path, speed: float | None) -> None:
    """Run a lab until `down`, SIGTERM or SIGINT. Raises EstateError or OSError at the start."""
    data = estate.load(estate_file)
    before = read_json(state / "lab.json") or {}
    addresses = estate.assign_addresses(data, before.get("addresses", {}))
    lab = Lab(data, state, speed or data["estate"].get("speed", 1))
    await lab.start(before.get("ports", {}))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, lab.stopping.set)
    path = listener.socket_path(state)
    line = await listener.serve(path, lab.command)
    (state / "inventory.yml").write_text(inventory.as_yaml(data, state), "utf-8")
    running = {
        "addresses": addresses,
        "ports": lab.boards.ports,
        "control": str(path),
        "estate": str(estate_file.resolve()),
        "hosts": len(data["hosts"]),
        "ft_systems": len(data["ft_systems"]),
    }
    write_json(state / "lab.json", running)
    # Last of all: `up` takes it as the sign that everything else is there.
    (state / "lab.pid").write_text(f"{os.getpid()}\n", "utf-8")
    log.info("%d hosts are up, speed %s", running["hosts"], lab.clock.speed)
    try:
        await lab.stopping.wait()
    finally:
        line.close()
        await lab.stop()
        lab.keep()
        listener.forget(path, state)
        (state / "lab.pid").unlink(missing_ok=True)


def main(estate_file: Path, state: Path, speed: float | None) -> None:
    """Run a lab in this process."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("spnego").setLevel(logging.WARNING)
    asyncio.run(run(estate_file, state, speed))
