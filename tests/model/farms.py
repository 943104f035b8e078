# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small model of a farm, and every way that planning and applying may take on it.

The farm's physics are here, and are nobody's but the model's: a server takes users while it is up,
IMA runs and logons are on. What is decided comes from the collection's pure core and its own
advisory, run on what the model shows of each server. Any host of a plan may try its next step at
any moment, whatever its wave: only interlocks hold it back. In between servers hang, lose IMA, are
drained by hand and repaired, and steps fail.
"""

from __future__ import annotations

import importlib.util
import random
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import plan as core
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.advisory import Advisory
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.context import Context, Place
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.decision import (
    decide,
    remaining_ids,
    return_step,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.observation import Observation
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.records import Step
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.farm import (
    incomplete,
    outside,
    servers,
)

# The unit tests' server made of plain data.
_spec = importlib.util.spec_from_file_location(
    "kit", Path(__file__).parents[1] / "unit" / "core" / "conftest.py"
)
assert _spec
assert _spec.loader
kit: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(kit)

BLAMELESS = ("change_state", "turn", "capacity_percent", "failure_budget")
RUNS = 2  # how often a host is begun at most


class Server(NamedTuple):
    """The truth about one server, and where the change stands with it. todo: None: not in a run."""

    up: bool = True
    ima: bool = True
    logons: bool = True
    hotfix: bool = False
    users: bool = True
    status: str = "not_begun"
    todo: tuple[int, ...] | None = None
    runs: int = 0

    @property
    def serves(self) -> bool:
        """Return whether somebody who logs on now is served."""
        return self.up and self.ima and self.logons

    @property
    def shown(self) -> tuple[bool, ...]:
        """Return what an observation hangs on."""
        return (self.up, self.ima, self.logons, self.hotfix, self.users)


Farm = tuple[Server, ...]
_seen: dict[tuple[bool, ...], dict[str, Any]] = {}


def observe(name: str, server: Server) -> Observation:
    """Return what is read of a server; of one that hangs nothing."""
    if not server.up:
        return Observation(name, kit.NOW, "unreachable", {"errors": {"system": "no answer"}})
    if server.shown not in _seen:
        data = kit.data(installed=server.hotfix)
        data["services"]["IMAService"]["state"] = "Running" if server.ima else "Stopped"
        data["sessions"]["drain_mode"] = 0 if server.logons else 2
        if server.users:
            data["sessions"]["list"].append({"id": 9, "state": 0, "user": "u", "name": "ICA#9"})
        data["chains"] = {kit.PACKAGE: kit.chain()}
        _seen[server.shown] = data
    return Observation(name, kit.NOW, "model", _seen[server.shown])


@dataclass(frozen=True)
class Case:
    """A farm and a run. servers: (name, silo, role). limit: the run; inventory: what it sees."""

    servers: Sequence[tuple[str, str, str]]
    start: Farm
    minimum: int = 50
    budget: int = 0
    limit: Sequence[str] | None = None
    inventory: Sequence[str] | None = None
    members: bool = True
    events: int = 2

    @property
    def names(self) -> list[str]:
        return [name for name, _silo, _role in self.servers]

    def hostvars(self) -> dict[str, dict[str, Any]]:
        """Return the variables of the hosts that the run's inventory has."""
        seen = self.names if self.inventory is None else self.inventory
        declared = {"legacyops_farm_members": self.names} if self.members else {}
        found = {}
        for name, silo, role in self.servers:
            settings = kit.settings(
                silo=silo, farm="f", farm_role=role, minimum_capacity_percent=self.minimum,
                failure_budget=self.budget, single_server_silo="accept_outage",
            )  # fmt: skip
            if name in seen:
                found[name] = {f"legacyops_{k}": v for k, v in settings.items()} | declared
        return found


@dataclass
class Result:
    """What an exploration found; violations with the way that led there."""

    transitions: int = 0
    decisions: Counter[str] = field(default_factory=Counter)
    violations: list[tuple[str, list[str]]] = field(default_factory=list)
    refused: str | None = None
    finished: int = 0


class Explorer:
    """Explores one case. naive: believe what the change has not begun to serve (a wrong rule)."""

    def __init__(self, case: Case, advisory: Advisory, *, naive: bool = False) -> None:
        self.case, self.advisory, self.naive = case, advisory, naive
        self.names = case.names
        self.silo = {name: silo for name, silo, _role in case.servers}
        self.result = Result()
        self._decided: dict[Any, Any] = {}

    def run(self, most: int, seed: int) -> Result:
        """Explore at most so many transitions, in an order that the seed chooses."""
        try:
            self._make_plan()
        except core.PlanError as error:
            self.result.refused = str(error)
        if self.result.refused is not None:
            return self.result
        shuffled = random.Random(seed)
        first = (self.case.start, 0)
        came: dict[Any, tuple[Any, str] | None] = {first: None}
        queue = deque([first])
        while queue and self.result.transitions < most:
            place = queue.popleft() if shuffled.random() < 0.5 else queue.pop()
            for label, act, after in self._next(*place):
                self.result.transitions += 1
                if act:
                    self._judge(place, label, after, came)
                if after not in came:
                    came[after] = (place, label)
                    queue.append(after)
            servers = place[0]
            self.result.finished += all(
                servers[self.names.index(n)].status == "done" for w in self.plan["waves"] for n in w
            )
        return self.result

    def _make_plan(self) -> None:
        """Plan as the action does. What must not be planned sets result.refused."""
        hostvars = self.case.hostvars()
        settings = {
            n: {k.removeprefix("legacyops_"): v for k, v in h.items()} for n, h in hostvars.items()
        }
        run = {n: s for n, s in settings.items() if self.case.limit is None or n in self.case.limit}
        sliced = self.case.inventory is not None
        why = incomplete(run, servers(hostvars), {"awx_workflow_job_id": 7} if sliced else {})
        if why is not None:
            self.result.refused = why
            return
        now = dict(zip(self.names, self.case.start, strict=True))
        plans = [core.plan_host(self.advisory, s, observe(n, now[n])) for n, s in run.items()]
        others = [
            core.outside_of(name, theirs, {"ctx130025": self.advisory}, None)
            for name, theirs in outside(run, servers(hostvars)).items()
        ]
        self.plan = core.make_plan(plans, {}, change="C", created=kit.NOW, outside=others)
        self.wave = {n: i for i, wave in enumerate(self.plan["waves"]) for n in wave}
        self.steps = {n: self.plan["hosts"][n]["steps"] for n in self.wave}
        every = {**self.plan["outside"], **self.plan["hosts"]}
        self.refs = {name: entry["serving"] for name, entry in every.items()}

    def _context(self, servers: Farm) -> Context:
        """Return the context of a step that has just looked at its silo."""
        hosts = {}
        for other, server in zip(self.names, servers, strict=True):
            if other not in self.refs:
                continue
            seen = core.serves(self.refs[other], observe(other, server))[0]
            if self.naive:
                seen = server.status in ("not_begun", "done")
            hosts[other] = Place(
                server.status, self.wave.get(other), "f", self.silo[other], serving=seen
            )
        context: Context = kit.context(failure_budget=self.case.budget, hosts=hosts)
        return context

    def _next(self, servers: Farm, events: int) -> Iterator[tuple[str, bool, tuple[Farm, int]]]:
        """Yield each thing that may happen now: label, whether apply did it, what is then."""
        for number, name in enumerate(self.names):
            server = servers[number]
            for label, act, after in self._moves(name, server, servers):
                yield label, act, (_with(servers, number, after), events)
            if events < self.case.events:
                for label, after in _strokes(server):
                    yield f"{name} {label}", False, (_with(servers, number, after), events + 1)

    def _moves(
        self, name: str, server: Server, servers: Farm
    ) -> Iterator[tuple[str, bool, Server]]:
        """Yield what apply may do with one host."""
        if name not in self.wave:
            return
        if server.todo is None:
            if server.status != "done" and server.runs < RUNS:
                yield f"{name} begins", True, self._begun(name, server, servers)
            return
        if not server.todo:
            yield f"{name} ends", True, server._replace(status="done", todo=None)
            return
        if not server.up:
            yield f"{name} is left: no answer", True, server._replace(status="failed", todo=None)
            return
        step, rest = self.steps[name][server.todo[0]], server.todo[1:]
        action, blameless = self._decision(name, server.todo[0], servers)
        self.result.decisions[action] += 1
        if action == "skip":
            yield f"{name} {step.id} skipped", False, server._replace(todo=rest)
        elif action == "refuse":
            yield (
                f"{name} {step.id} refused",
                True,
                self._left(
                    name,
                    step.on_refusal,
                    server,
                    servers,
                    "not_begun" if blameless else "failed",
                ),
            )
        else:
            done = _carried_out(step, server)
            yield f"{name} {step.id} done", True, done._replace(todo=rest)
            for failed in _failures(step, server):
                yield (
                    f"{name} {step.id} fails",
                    True,
                    self._left(name, step.on_failure, failed, servers, "failed"),
                )

    def _begun(self, name: str, server: Server, servers: Farm) -> Server:
        tried = server._replace(runs=server.runs + 1)
        if not server.up:
            return tried._replace(status="failed")
        failed = sum(
            s.status == "failed" for n, s in zip(self.names, servers, strict=True) if n != name
        )
        if server.status == "not_begun" and failed > self.case.budget:
            return tried
        seen, context = observe(name, server), self._context(servers)
        ids = remaining_ids(self.plan, name, seen, context)
        todo = tuple(i for i, step in enumerate(self.steps[name]) if step.id in ids)
        return tried._replace(status="under_way", todo=todo)

    def _decision(self, name: str, number: int, servers: Farm) -> tuple[str, bool]:
        """Return what the core decides about a step, and whether a refusal is nobody's fault."""
        own = servers[self.names.index(name)]
        about = tuple((s.status, s.shown) for s in servers)
        key = (name, number, own.shown, about)
        if key not in self._decided:
            step = self.steps[name][number]
            found = decide(step, observe(name, own), self._context(servers))
            unmet = {v.ref["check"] for v in found.verdicts if v.holds is not True}
            self._decided[key] = (found.action, unmet <= set(BLAMELESS))
        return self._decided[key]  # type: ignore[no-any-return]

    def _left(self, name: str, policy: str, server: Server, servers: Farm, status: str) -> Server:
        """Return a host that was refused or failed, perhaps returned to its users."""
        back = return_step(self.plan, name)
        if policy == "return_to_service" and back is not None and not server.logons:
            now = _with(servers, self.names.index(name), server)
            seen, context = observe(name, server), self._context(now)
            if decide(back, seen, context).action == "act":
                server = _carried_out(back, server)
        if status == "not_begun" and not server.logons:
            status = "under_way"
        return server._replace(status=status, todo=None)

    def _judge(self, before: Any, label: str, after: Any, came: Mapping[Any, Any]) -> None:
        """A silo of two or more that had a serving server has one after whatever apply does."""
        for silo in set(self.silo.values()):
            mine = [i for i, name in enumerate(self.names) if self.silo[name] == silo]
            if len(mine) < 2:
                continue
            was = any(before[0][i].serves for i in mine)
            if was and not any(after[0][i].serves for i in mine) and "fails" not in label:
                self.result.violations.append((f"silo {silo}: {label}", _way(came, before)))


def _with(servers: Farm, number: int, server: Server) -> Farm:
    return (*servers[:number], server, *servers[number + 1 :])


def _strokes(server: Server) -> Iterator[tuple[str, Server]]:
    """Yield what may befall a server, or be done to it by hand, at any time."""
    if server.up:
        yield "hangs", server._replace(up=False)
    if server.ima:
        yield "loses IMA", server._replace(ima=False)
    if server.logons and server.todo is None:
        yield "is drained by hand", server._replace(logons=False, users=False)
    if not server.up or not server.ima:
        yield "is repaired", server._replace(up=True, ima=True)
    if server.up and server.ima and not server.logons and server.todo is None:
        yield "is opened by hand", server._replace(logons=True, users=True)


def _carried_out(step: Step, server: Server) -> Server:
    """Return a server after a step that went well."""
    arguments = step.arguments
    if step.action == "logon_mode":
        if arguments["state"] == "enabled":
            return server._replace(logons=True, users=True)
        return server._replace(
            logons=False, users=server.users and not arguments["wait_for_sessions"]
        )
    if step.action == "msp_patch":
        return server._replace(hotfix=True)
    if step.action in ("ima_service", "restart"):
        return server._replace(ima=True)
    return server


def _failures(step: Step, server: Server) -> Iterator[Server]:
    """Yield a server after a step that failed, in its ways."""
    if step.action == "msp_patch":
        yield server  # rolled back
        yield server._replace(ima=False)  # and the rollback failed
    elif step.action == "logon_mode" and step.arguments["state"] == "drained":
        yield server


def _way(came: Mapping[Any, Any], place: Any) -> list[str]:
    labels: list[str] = []
    while came[place] is not None:
        place, label = came[place]
        labels.append(label)
    return labels[::-1]
