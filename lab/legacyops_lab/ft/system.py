"""One FT system in the lab's time: the pure physics with a clock, a log and a ledger around it."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any, Literal, cast

from ..estate import machine_uuid
from ..world.ledger import Ledger
from ..world.times import ClockLike
from . import board, levels, physics, violations
from .estate import check, described, first_state, rules_of
from .faults import NODE_FAULTS, BmcFault, bmc_fault, first_bmc_faults
from .jobs import Jobs
from .log import Log
from .notice import of_type
from .physics import Action, Verb
from .state import (
    NODES,
    SIDES,
    Half,
    Node,
    System,
    Violation,
    Windows,
    half,
    healthy,
    side_of,
    windows,
)

FIRST_START_RECORD, RECORDS_A_START = 4000, 60
COLOURS = {"good": "dark green", "starting": "light green", "sync": "light green"}
COLOURS["waiting"] = "light green"


class FtSystem:
    """An FT system that goes on by the clock; whoever asks it anything first lets time pass.

    All methods may be called from any thread: the BMCs live in one of their own.
    """

    def __init__(
        self,
        name: str,
        description: dict[str, Any],
        clock: ClockLike,
        *,
        state: dict[str, Any] | None = None,
    ) -> None:
        """Begin at the description, or go on with the result of `dump`.

        Raises ValueError for a description that the schema refuses.
        """
        check(description)
        self.name = name
        self.description = description
        self.clock = clock
        self.bmc_faults = first_bmc_faults(description)
        self.node_faults: dict[Node, set[str]] = {
            node: set(described(self.description, node).get("faults", ())) for node in NODES
        }
        self._lock = threading.RLock()
        self.jobs = Jobs(description, self._lock)
        self._clients: list[str] = []
        self._at = clock.now()
        self._book = Ledger()
        self._log = Log(description.get("language", "ja"))
        self._system = first_state(description)
        # Before the lab began, each node had been up for a month.
        self._boots = {node: self._at - timedelta(days=30) for node in NODES}
        # The number of its record in the System log, which grows with each start.
        self.start_records: dict[Node, int] = dict.fromkeys(NODES, FIRST_START_RECORD)
        # File renames that something puts back at each start (H31).
        self.renames: dict[Node, int] = {
            node: described(self.description, node).get("renames_come_back", 0) for node in NODES
        }
        if state is None:
            self._log.begin(self._at - timedelta(hours=1), description)
        else:
            self._continue(state)
        self._take_over(self._system)

    @property
    def state(self) -> System:
        """Return the state as it is now."""
        with self._lock:
            self.advance()
            return self._system

    def advance(self) -> None:
        """Let everything happen that is due by the clock."""
        with self._lock:
            left = int((self.clock.now() - self._at).total_seconds())
            while True:
                self._run_jobs()
                if left <= 0:
                    return
                step = min(physics.next_event(self._system) or left, left)
                step = min(self.jobs.seconds_to_next(self._at) or step, step)
                self._at += timedelta(seconds=step)
                self._take_over(physics.advance(self._system, step))
                left -= step

    def _run_jobs(self) -> None:
        """Start the programs of the jobs that are due."""
        for job, action in self.jobs.run_due(self._at, self._system):
            try:
                self._take_over(physics.act(self._system, action))
            except physics.Impossible as error:
                self.jobs.refused(job, error, action.node, self._at)

    def act(
        self, verb: Verb, node: Node, *, restart: bool = True, level: str | None = None
    ) -> None:
        """Do something to the system; raise physics.Impossible where nothing happens.

        `level` is the fix's, e.g. V1.0L20; `restart`: the installer restarts the node itself.
        """
        with self._lock:
            self.advance()
            action = Action(verb, node, restart, levels.number(level))
            self._take_over(physics.act(self._system, action))

    def acted(self, client: str) -> None:
        """Note that a client of the relay changes something here.

        One that comes back after another has acted: the two are at work at the same time.
        """
        with self._lock:
            self.advance()
            if client in self._clients[:-1]:
                text = "two clients changed the system at the same time"
                self._book.violation(self._at, self.name, text)
            if client not in self._clients[-1:]:
                self._clients.append(client)

    def inject(self, fault: str, node: Node, /, **arguments: Any) -> None:
        """Let the next fitting occasion go wrong; ValueError for an unknown fault.

        stays_down, copy_slow, enable_fails, exit_code; and of the CoServer's BMC and of the node's
        network (faults.py). `recover` mends the node's network.
        """
        with self._lock:
            self.advance()
            if fault.startswith("bmc_"):
                self.bmc_faults[node] = bmc_fault(fault, arguments, self.bmc_faults.get(node))
            elif fault == "clock_step":
                self.jobs.skew[node] += float(arguments["seconds"])
            elif fault == "renames_come_back":
                self.renames[node] = int(arguments.get("count", 1))
            elif fault in NODE_FAULTS:
                self.node_faults[node].add(fault)
            elif fault == "recover":
                self.node_faults[node].clear()
            else:
                self._take_over(physics.inject(self._system, fault, node))

    def bmc_refuses(self, node: Node, why: Literal["busy", "full"]) -> bool:
        """Return whether a CoServer's BMC is too busy for this once, and count it."""
        with self._lock:
            fault = self.bmc_faults.get(node, BmcFault())
            left = fault.busy if why == "busy" else fault.full
            rest = left - 1 if left > 0 else left
            busy, full = (rest, fault.full) if why == "busy" else (fault.busy, rest)
            self.bmc_faults[node] = replace(fault, busy=busy, full=full)
            return left != 0

    async def wait_until(self, holds: Callable[[System], bool], seconds: float) -> bool:
        """Wait until something holds; return False when this many simulated seconds are over."""
        end = self.clock.now() + timedelta(seconds=seconds)
        while not holds(self.state):
            left = (end - self.clock.now()).total_seconds()
            if left <= 0:
                return False
            await self.clock.sleep(min(left, self.seconds_to_next()))
        return True

    def seconds_to_next(self) -> float:
        """Return the simulated seconds to the next event (at least a moment, at most an hour)."""
        with self._lock:
            self.advance()
            step = physics.next_event(self._system) or 3600
            step = min(step, self.jobs.seconds_to_next(self._at) or step)
            due = self._at + timedelta(seconds=step)
            return max((due - self.clock.now()).total_seconds(), 0.001)

    def events(self, node: Node | None = None) -> list[dict[str, Any]]:
        """Return System events {utc, node, text} in order of time, of one node or of all."""
        with self._lock:
            self.advance()
            return self._log.entries(node)

    def ledger(self) -> list[dict[str, Any]]:
        """Return violations and minutes without service or redundancy, as the world does."""
        with self._lock:
            self.advance()
            return self._book.entries(self.clock.now())

    def minutes(self) -> dict[str, float]:
        """Return the minutes without service and without redundancy in all."""
        system = self.state
        return {
            "without_service": round(system.without_service / 60, 1),
            "without_redundancy": round(system.without_redundancy / 60, 1),
        }

    def booted(self, node: Node) -> datetime:
        """Return when a node's Windows last began to start, as its own clock makes it."""
        with self._lock:
            self.advance()
            return self._boots[node] + self.jobs.ahead(node, self._at)

    def uuid(self, node: Node) -> uuid.UUID:
        """Return the UUID that the SMBIOS of a node and its BMC both show (HYP-FT-27)."""
        given = (self.description.get(node, {}).get("bmc") or {}).get("uuid")
        if given is not None:
            return uuid.UUID(given)
        return machine_uuid(self.name, node)

    def computer_name(self, node: Node) -> str:
        """Return what a node calls itself."""
        return str(described(self.description, node).get("computer_name", node)).upper()

    def addresses(self) -> dict[Node, set[str]]:
        """Return the names, in capitals, by which each node is found on the network."""
        return {
            node: {
                self.computer_name(node),
                str(described(self.description, node).get("address", "")).upper(),
            }
            for node in NODES
        }

    def node(self, node: Node) -> dict[str, Any]:
        """Return what is on one node, as somebody with full access would find it."""
        return _node(self.state, node)

    def status(self) -> dict[str, Any]:
        """Return the true state in a person's words."""
        system = self.state
        return {
            "model": self.description["model"],
            "type": system.rules.kind,
            **_parts(system),
            "screens": {node: board.screen(system, node) for node in NODES},
            "board": {name: board.word(c) for name, c in board.board(system).items()},
            "installer_starts": {node: dict(self.jobs.starts[node]) for node in NODES},
            "healthy": healthy(system),
            "data_lost": system.lost,
            "faults": self._all_faults(),
            "violations": [self._told(entry) for entry in system.violations],
            **self.minutes(),
        }

    def _all_faults(self) -> list[str]:
        """Return what is wrong beside the physics, and what waits to go wrong."""
        found = [f"{fault} {node}" for fault, node in self._system.faults]
        found += [f"{fault} {node}" for node in NODES for fault in self.node_faults[node]]
        boards = self.bmc_faults.items()
        found += [f"bmc {node}" for node, fault in boards if fault != BmcFault()]
        return sorted(found)

    def snapshot(self) -> dict[str, Any]:
        """Return the state as JSON data without what moves with time alone."""
        system = self.state
        return {
            "nodes": _parts(system),
            "data_lost": system.lost,
            "violations": self._book.violations(),
            "events": [[e["node"], e["text"]] for e in self.events()],
            "faults": self._all_faults(),
            **self.jobs.snapshot(),
        }

    def dump(self) -> dict[str, Any]:
        """Return everything with its times, as JSON data: for continuing later."""
        with self._lock:
            self.advance()
            system = asdict(self._system)
            del system["rules"], system["news"]
            system["faults"] = sorted(system["faults"])
            book, log = self._book.dump(), self._log.entries()
            return {
                "at": self._at.isoformat(),
                "system": system,
                "ledger": book,
                "events": log,
                "boots": {node: moment.isoformat() for node, moment in self._boots.items()},
                "start_records": dict(self.start_records),
                "renames": dict(self.renames),
                "skew": dict(self.jobs.skew),
                "jobs": self.jobs.dump(),
                "node_faults": {node: sorted(found) for node, found in self.node_faults.items()},
                "bmc_faults": {node: asdict(fault) for node, fault in self.bmc_faults.items()},
            }

    def _continue(self, state: dict[str, Any]) -> None:
        self._at = datetime.fromisoformat(state["at"])
        self._book.load(state["ledger"])
        self._log.load(state["events"])
        self._system = _system(state["system"], self.description)
        self._boots = {node: datetime.fromisoformat(state["boots"][node]) for node in NODES}
        self.start_records = {node: state["start_records"][node] for node in NODES}
        self.renames = {node: state["renames"][node] for node in NODES}
        self.jobs.skew = {node: state["skew"][node] for node in NODES}
        self.jobs.load(state["jobs"])
        self.node_faults = {node: set(state["node_faults"][node]) for node in NODES}
        self.bmc_faults = {n: BmcFault(**given) for n, given in state["bmc_faults"].items()}

    def _take_over(self, system: System) -> None:
        """Make this the state; write its news into the log and the ledger."""
        for entry in system.violations[len(self._system.violations) :]:
            self._book.violation(self._at, self.name, self._told(entry))
        for event in system.news:
            self._log.add(self._at, event)
        for node in NODES:
            now, was = windows(system, node).phase, windows(self._system, node).phase
            if now == "boot" != was:
                self._boots[node] = self._at
                self.start_records[node] += RECORDS_A_START
        self.jobs.watch(self._at, self._system, system)
        self._system = system
        up = system.ft.phase == "up"
        redundant = up and system.one.virtual == system.two.virtual == "good"
        self._book.watch(self._at, self.name, up, "no service", "outage")
        subject = f"{self.name} redundancy"
        self._book.watch(self._at, subject, redundant, "no redundancy", "degraded")

    def _told(self, entry: Violation) -> str:
        clause = violations.clause(entry.key, self._system.rules.kind)
        return f"{entry.node}: {violations.text(entry.key)} ({clause})"


def _parts(system: System) -> dict[str, Any]:
    """Return all nodes and Virtual Servers."""
    found: dict[str, Any] = {node: _node(system, node) for node in NODES}
    for n in SIDES:
        found[f"virtual_server{n}"] = _virtual(system, half(system, n))
    return found


def _virtual(system: System, mine: Half) -> dict[str, Any]:
    copying = mine.member == "copying"
    return {
        "state": mine.virtual,
        "colour": COLOURS.get(mine.virtual),
        "member": mine.member,
        "mirror_copy": copying,
        "runs_ftvirtual": mine.virtual == "good" and system.ft.phase == "up",
    }


def _node(system: System, node: Node) -> dict[str, Any]:
    mine = windows(system, node)
    return {
        "phase": mine.phase,
        "power": None if side_of(node) is None else ("off" if mine.phase == "off" else "on"),
        "wmi": mine.usable,
        "logon": mine.usable,
        "kb": mine.kb,
        "fix": levels.text(mine.fix),
        "uninstall_folder": mine.kb and mine.spuninst,
        "service_pack": mine.service_pack,
        "restart_pending": mine.restart_pending,
        "chkdsk_pending": mine.dirty,
        "installing": mine.task or None,
        "exit_code": mine.exit_code,
        "files": _files(system, mine),
    }


def _files(system: System, mine: Windows) -> dict[str, str]:
    """Return the kernel files' versions on the disk."""
    which = "other" if mine.other else "kb" if mine.kb else "before"
    files = of_type(system.rules.kind)["files"]
    return {name: versions[which] for name, versions in sorted(files.items())}


def _system(data: dict[str, Any], description: dict[str, Any]) -> System:
    """Return the state out of `dump`'s data."""
    halves = {
        key: Half(**{**data[key], "windows": Windows(**data[key]["windows"])})
        for key in ("one", "two")
    }
    faults = cast("frozenset[tuple[str, Node]]", frozenset(tuple(f) for f in data["faults"]))
    found = tuple(Violation(**entry) for entry in data["violations"])
    plain = {"ft": Windows(**data["ft"]), "faults": faults, "violations": found}
    return System(**{**data, **halves, **plain, "rules": rules_of(description)})
