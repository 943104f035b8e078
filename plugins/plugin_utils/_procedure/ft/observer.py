# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How an FT system is observed: by all means.

Its observation is put together from its relay (one PowerShell start for all nodes), the power and
Endurance drivers, the owner's record, and what people have said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ..._action import plain
from ..._core.entry import Entry
from ..._core.ft.observed import managed, remember
from ..._core.ft.reported import fold, wrong_words
from ..._core.ft.system import COSERVERS, CREDENTIALS, NODES, completed, stated_uuid
from ..._core.ft.system import SETTING as SYSTEM
from ..._core.observation import Observation, Request
from ..._core.records import Step
from ..._core.settings import DEFAULTS
from ..._io.confirmations import given
from ..._io.ft.endurance import endurance_driver
from ..._io.ft.power import (
    UNKNOWN,
    IpmiPower,
    Wiring,
    power_driver,
    wiring_by_uuid,
)
from ..._io.ft.relay import Relay
from ..._io.owner import OwnerRecords
from ..._io.remote import Remote, RemoteError
from ..._io.site_command import OperatorNeededError
from ..directory import ChangeDirectory, ChangeError
from ..journal import JournalFile, now
from ..owner import LocalRecords, Owner, parsed

REPORTED = "legacyops_ft_reported"
NEWEST_EVENTS = 500

Journal = Sequence[Entry]


class FtObserver:
    """An FT system.

    variables: its inventory variables.
    directory: the change directory; it remembers what silent nodes were last seen with.
    steps: of its plan, if there is one; confirmations mean something by them.
    journal: its entries, which tell when something was done.
    writes: False keeps nothing (check mode).
    """

    def __init__(
        self,
        remote: Remote,
        variables: Mapping[str, Any],
        directory: ChangeDirectory,
        *,
        steps: Sequence[Step] = (),
        journal: Callable[[], Journal] = tuple,
        writes: bool = True,
    ) -> None:
        self._host = remote.host
        self._variables, self._directory = variables, directory
        self._steps, self._journal, self._writes = steps, journal, writes
        self.form = completed(plain(variables[SYSTEM]))
        self.credentials = plain(variables.get(CREDENTIALS))
        self._given = plain(variables.get(REPORTED))
        wrong = wrong_words(self._given, now())
        if wrong:
            raise ChangeError(wrong[0])
        self.relay = Relay(remote, self.form, self.credentials) if self.uses_relay else None
        self._guids: dict[str, str | None] = {}
        self._shown: dict[str, Any] = {}  # of each CoServer: what this run's act has shown
        self.owner = Owner(self._owner_records(remote), self._host)

    @property
    def uses_relay(self) -> bool:
        return "relay" in self.form["used_access"]

    def _owner_records(self, remote: Remote) -> OwnerRecords | LocalRecords:
        folder = self._variables.get("legacyops_owner_dir")
        return OwnerRecords(remote) if self.relay else LocalRecords(str(folder) if folder else None)

    def observe(self, request: Request, since: str | None = None) -> Observation:
        words = self._words()
        data = self._read(request, since)
        data = {
            **data,
            "nodes": {name: self._node(name, data["nodes"], words["nodes"]) for name in NODES},
            "power": {name: self._power(name, words["power"]) for name in COSERVERS},
            "packages": words["packages"],
            "endurance": [*self._board(data["errors"]), *words["endurance"]],
        }
        source = "relay" if self.relay else "operator"
        fresh = remember(Observation(self._host, now(), source, data), self._last())
        power = {name: self._with_wiring(name, fresh) for name in fresh.data["power"]}
        fresh = replace(fresh, data={**fresh.data, "power": power})
        if self._writes:
            self._directory.write(self._memory, fresh.to_dict())
        return fresh

    def look_after_acts(self, request: Request) -> None:
        """What acts on a node says nothing of the system: it is read anew."""

    def wiring_shown(self, name: str, wiring: Any) -> None:
        """Take what an act has shown of a driver's wiring: the journal has it after the step."""
        self._shown[name] = wiring or {}

    def _words(self) -> dict[str, Any]:
        records = given(self._directory.root, self._host)
        return fold(self._reported(), self._steps, records, self._journal(), self.form, now())

    def _reported(self) -> dict[str, Any] | None:
        """What was said before there was a plan: given to this run, or to an earlier one."""
        path = self._directory.host_file("reported", self._host)
        earlier = self._directory.read(path)
        if self._given is None or (earlier and earlier["utc"] > self._given["utc"]):
            return earlier
        if self._writes and self._given != earlier:
            self._directory.write(path, self._given)
        return dict(self._given)

    def _read(self, request: Request, since: str | None) -> dict[str, Any]:
        """What the relay reads: nodes, itself, its files, the owner's record."""
        if self.relay is None:
            return {"nodes": {}, "owner": self.owner.read(), "errors": {}}
        updates = request.get("updates") or []
        tables = [table for update in updates for table in (update.get("files") or {}).values()]
        names = {name for table in tables for name in table}
        found = self.relay.observe(
            {
                "want": [
                    "events",
                    "files",
                    "fix_level",
                    "job",
                    "restart_pending",
                    "system",
                    "updates",
                ],
                "updates": [
                    {key: update.get(key) for key in ("id", "keys", "hotfix_key", "uninstaller")}
                    for update in updates
                ],
                "system_files": sorted(names),
                "events": {"since": since or self._events_since(), "newest": NEWEST_EVENTS},
                "preflight": True,
                "owner": self._host,
                "files": request.get("files") or [],
            }
        )
        owner = found.get("owner")
        return {
            "nodes": found["nodes"],
            "relay": found.get("relay"),
            "files": found.get("files"),
            "owner": None if owner is None else parsed(owner["text"]),
            "errors": dict(found.get("errors") or {}),
        }

    def _events_since(self) -> str:
        days = int(self._variables.get("legacyops_ft_events_days") or DEFAULTS["ft_events_days"])
        moment = datetime.now(UTC) - timedelta(days=days)
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

    def _node(self, name: str, read: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
        """A node by its access; a person may also say what the screen shows where WMI fails."""
        if self.form[name].get("access") == "operator":
            return {"reachable": None, **said.get(name, {"source": "operator"})}
        record = read.get(name)
        if not isinstance(record, Mapping):
            return {"reachable": None, "source": "wmi"}
        job = record.get("job")
        if isinstance(job, Mapping) and job.get("state") == "waiting":
            job = {**job, "state": "running"}  # it was started, and runs within minutes
        words = {} if managed(record) else said.get(name, {})
        accepted = {"renames": (self.form.get("accepted") or {}).get("renames")}
        return {**record, "job": job, "accepted": accepted, **words}

    def _power(self, name: str, said: Mapping[str, str]) -> dict[str, Any]:
        """What a CoServer's driver says; where it is an operator, what a person said."""
        driver = power_driver(self.form, name, self.credentials)
        reading = driver.status()
        state = None if reading.state == UNKNOWN else reading.state
        if driver.name == "operator":
            state = said.get(name)
        return {"driver": driver.name, "state": state, "evidence": reading.evidence}

    def _with_wiring(self, name: str, observation: Observation) -> dict[str, Any]:
        """A CoServer's power with what is known of its wiring, and why."""
        part = observation.data["power"][name]
        found = self._wiring(name, observation)
        if found is None:
            return {**part, "wiring": None}
        result = None if found.result == UNKNOWN else found.result
        return {**part, "wiring": result, "wiring_evidence": found.evidence}

    def _wiring(self, name: str, observation: Observation) -> Wiring | None:
        """What proves which machine a driver switches: a shutdown of this change, or UUIDs."""
        driver = power_driver(self.form, name, self.credentials)
        proofs = [
            (entry.result or {}).get("wiring", {})
            for entry in self._journal()
            if entry.kind == "result" and entry.node == name
        ]
        proofs.append(self._shown.get(name, {}))
        for result in ("wrong", "proven"):
            for proof in proofs:
                if proof.get("result") == result:
                    return Wiring(result, str(proof.get("evidence")))
        if not isinstance(driver, IpmiPower):
            return None
        if self._guids.get(name) is None:
            self._guids[name] = driver.guid()
        mine, peer = (self._uuid(n, observation) for n in (name, _peer(name)))
        return wiring_by_uuid(self._guids[name], mine, peer)

    def _uuid(self, name: str, observation: Observation) -> str | None:
        """A machine's UUID as its SMBIOS told it last, else as the inventory states it."""
        known = observation.data["power"][name].get("machine_uuid")
        return known or stated_uuid(self.form, name)

    def _board(self, errors: dict[str, str]) -> list[dict[str, Any]]:
        """What Endurance's driver reads; nothing where a person must look."""
        driver = endurance_driver(self.form, self.credentials)
        try:
            components, _evidence = driver.read()
        except OperatorNeededError:
            return []
        except RemoteError as error:
            errors["endurance"] = error.message
            return []
        return [{"source": driver.name, "components": components}]

    @property
    def _memory(self) -> Path:
        return self._directory.host_file("seen", self._host)

    def _last(self) -> Observation | None:
        record = self._directory.read(self._memory)
        return None if record is None else Observation.from_dict(record)


def _peer(name: str) -> str:
    return next(other for other in COSERVERS if other != name)


def observer_of(
    remote: Remote, variables: Mapping[str, Any], directory: ChangeDirectory, *, writes: bool
) -> FtObserver:
    """What observes a system.

    writes: False leaves the change directory as it is (check mode).
    """
    entry = directory.planned_for(remote.host) or {}
    journal = JournalFile(directory, remote.host)
    return FtObserver(
        remote,
        variables,
        directory,
        steps=entry.get("steps") or (),
        journal=journal.entries,
        writes=writes,
    )
