"""The process that is the lab: world, endpoints and control socket until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from pathlib import Path
from typing import Any

from legacyops_lab import control, estate, inventory
from legacyops_lab.clock import Clock
from legacyops_lab.files import read_json, write_json
from legacyops_lab.server import LabServer
from legacyops_lab.world import World

log = logging.getLogger(__name__)


class Lab:
    """A running lab and what it answers on its control socket."""

    def __init__(self, estate_data: dict[str, Any], state: Path, speed: float) -> None:
        self.estate = estate_data
        self.state = state
        self.clock = Clock(speed)
        self.world = World(estate_data, self.clock, state=read_json(state / "resume.json"))
        hosts = estate_data["hosts"]
        self.server = LabServer(
            self.world, self.clock, state / "accounts", lambda name: hosts[name]["winrm"]
        )
        self.stopping = asyncio.Event()

    def keep(self) -> dict[str, Any]:
        """Write the world's state to files; return the snapshot."""
        snapshot: dict[str, Any] = self.world.snapshot()
        write_json(self.state / "state.json", snapshot)
        write_json(self.state / "resume.json", self.world.state())
        return snapshot

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
            case "down":
                self.stopping.set()
                return None
        raise ValueError(f"unknown command {name}")

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
        return {"hosts": hosts, "total": total}


async def run(estate_file: Path, state: Path, speed: float | None) -> None:
    """Run a lab until `down`, SIGTERM or SIGINT. Raises EstateError or OSError at the start."""
    data = estate.load(estate_file)
    before = read_json(state / "lab.json") or {}
    estate.assign_addresses(data, before.get("addresses", {}))
    lab = Lab(data, state, speed or data["estate"].get("speed", 1))
    await lab.server.start()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, lab.stopping.set)
    path = control.socket_path(state)
    line = await control.serve(path, lab.command)
    (state / "inventory.yml").write_text(inventory.as_yaml(data), "utf-8")
    (state / "lab.pid").write_text(f"{os.getpid()}\n", "utf-8")
    addresses = {name: host["address"] for name, host in data["hosts"].items()}
    write_json(
        state / "lab.json",
        {"addresses": addresses, "control": str(path), "estate": str(estate_file.resolve())},
    )
    log.info("%d hosts are up, speed %s", len(addresses), lab.clock.speed)
    try:
        await lab.stopping.wait()
    finally:
        line.close()
        await lab.server.stop()
        lab.keep()
        path.unlink(missing_ok=True)
        (state / "lab.pid").unlink(missing_ok=True)


def main(estate_file: Path, state: Path, speed: float | None) -> None:
    """Run a lab in this process."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("spnego").setLevel(logging.WARNING)
    asyncio.run(run(estate_file, state, speed))
