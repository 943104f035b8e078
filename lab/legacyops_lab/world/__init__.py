"""The simulated world: an estate of XenApp servers, and what is true about it.

It has no tasks of its own. Whoever asks it anything first lets happen what is due by
the clock; apart from the clock it is deterministic.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable
from typing import Any

from . import commands, scripts
from .certificates import catalogue
from .course import Course
from .host import Host, Programs
from .times import ClockLike

__all__ = ["Host", "World"]

_MOVES_WITH_TIME = frozenset(
    {
        "boot_time",
        "clock_utc",
        "counters",
        "due",
        "ids",
        "install_date",
        "last_boot",
        "last_run",
        "present",
        "skew",
        "utc",
    }
)
_BY_ITSELF = frozenset({"user_leaves", "user_comes", "clock_steps"})


class World:
    """All hosts of an estate.

    `state` continues a world: the result of `state()` exactly where it was, that of
    `snapshot()` with everything that was under way due at once.
    """

    def __init__(
        self, estate: dict[str, Any], clock: ClockLike, *, state: dict[str, Any] | None = None
    ) -> None:
        """Build the world; KeyError or ValueError for an estate that its schema refuses."""
        self.course = Course(clock)
        self.book = self.course.book
        users = estate.get("estate", {}).get("users", {})
        self.hosts: dict[str, Host] = {}
        for name, spec in estate.get("hosts", {}).items():
            known = {"catalogue": packages_of(estate)}
            self.hosts[name] = self.make_host(name, {**spec, **known}, users)
            self.course.happens[name] = self.hosts[name].happens
        if state is None:
            for host in self.hosts.values():
                host.begin()
        else:
            self._continue(copy.deepcopy(state))
        for host in self.hosts.values():
            host.changed()

    def make_host(self, name: str, spec: dict[str, Any], users: dict[str, str]) -> Host:
        """Return a host of the estate."""
        programs = Programs(commands.run, scripts.HANDLERS)
        return Host(self.course, self.hosts, name, spec, users, programs)

    def _continue(self, state: dict[str, Any]) -> None:
        """Take up a state; hosts that it does not know begin anew."""
        for name, host in self.hosts.items():
            if name in state["hosts"]:
                host.load(state["hosts"][name])
            else:
                host.begin()
        if "ledger" in state:
            self.book.load(state["ledger"])

    def advance(self) -> None:
        """Let everything that is due happen."""
        self.course.advance()

    def inject(self, host: str, fault: str, **arguments: Any) -> None:
        """Let a fault happen; KeyError for an unknown host, ValueError for a fault."""
        self.advance()
        self.hosts[host].inject(fault, arguments)

    def ledger(self) -> list[dict[str, Any]]:
        """Return violations and outages in order of time."""
        self.advance()
        return self.book.entries(self.course.clock.now())

    def state(self) -> dict[str, Any]:
        """Return everything, with its times, as JSON data: for continuing later."""
        self.advance()
        hosts = {name: host.dump() for name, host in sorted(self.hosts.items())}
        whole: dict[str, Any] = json.loads(json.dumps({"hosts": hosts, "ledger": self.book.dump()}))
        return whole

    def snapshot(self) -> dict[str, Any]:
        """Return the state without what moves with time alone, as JSON data.

        Left out are clock readings, counters and who is just on: the same before and
        after a run that only reads.
        """
        hosts = self.state()["hosts"]
        for host in hosts.values():
            host["agenda"] = [e for e in host["agenda"] if e["what"] not in _BY_ITSELF]
        return {"hosts": _without_times(hosts), "violations": self.book.violations()}

    def status(self) -> dict[str, Any]:
        """Return every host's true state in a person's words."""
        self.advance()
        return {name: self.status_of(host) for name, host in sorted(self.hosts.items())}

    def status_of(self, host: Host) -> dict[str, Any]:
        """Return one host's true state."""
        return _status(host)


def packages_of(estate: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the packages of Windows updates that there are in an estate, by name."""
    return {name: {**entry, "name": name} for name, entry in estate.get("updates", {}).items()}


def _without_times(value: Any) -> Any:
    """Return JSON data without the keys that move with time alone."""
    if isinstance(value, dict):
        return {k: _without_times(v) for k, v in value.items() if k not in _MOVES_WITH_TIME}
    if isinstance(value, list):
        return [_without_times(entry) for entry in value]
    return value


def _status(host: Host) -> dict[str, Any]:
    """Return one host's true state."""
    g5 = catalogue()["g5"].thumbprint
    bad = host.services.bad_modules(update=False)
    violations = [v for v in host.course.book.violations() if v["host"] == host.name]
    return {
        "power": host.power,
        "reachable": host.reachable(),
        "ima": host.services.ima.state,
        "next_start": "fails" if bad or host.needs_reconfiguration else "succeeds",
        "bad_modules": [path.rsplit("\\", 1)[1] for path in bad],
        "g5_root_in": sorted(s for s, found in host.trust.stores.items() if g5 in found),
        "patches": _names(host),
        "installer_starts": dict(sorted(host.installer.starts.items())),
        "installing": host.installer.in_progress,
        "needs_reconfiguration": host.needs_reconfiguration,
        "pending_restart": host.file_renames > 0,
        "logon_mode": host.sessions.mode,
        "users_on": len(host.sessions.present),
        "restarts": host.boots,
        "faults": [entry["fault"] for entry in host.faults],
        "counters": dict(host.counters),
        "violations": [entry["text"] for entry in violations],
        "unrecognised": host.unrecognised,
        "healthy": _healthy(host, bad),
    }


def _names(host: Host) -> list[str]:
    """Return the names of the installed hotfixes, the code where there is no name."""
    patches = host.installer.patches.items()
    return sorted(patch["display_name"] or code for code, patch in patches)


def _healthy(host: Host, bad: Iterable[str]) -> bool:
    """Whether IMA runs, would start again, and users may log on."""
    return host.accepts_users() and not list(bad) and not host.needs_reconfiguration
