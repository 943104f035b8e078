# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small model of one Windows Server 2008, and every way to carry the notice on SHA-2 out there.

The physics are here and are nobody's but the model's: an update is absent, staged, pending (in with
the next start) or in; KB4474419 needs KB4493730; what is signed with SHA-2 needs a start after
KB4474419, whatever that one's installer has said. What is decided comes from the collection's pure
core and its own notice. A run may die at any step: before the act had any effect, while its
installer goes on by itself, or after the job was tidied up and before the result was written; and
somebody may restart the host at any moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import plan as core
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.actions import installed_by
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.advisory import Advisory
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.checks import any_fails
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.context import Context
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.decision import (
    decide,
    remaining_ids,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.entry import Entry
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.observation import Observation
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.records import Step
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.windows.checks import (
    installer_job_name,
)
from entry_double import entry
from farms import kit
from start_signs import start

STACK, SUPPORT, LATER = "KB4493730", "KB4474419", "KB4507704"
FIRST, LAST = "KB4039648", "KB4519002"  # one that the site wants first, and a second later one
ORDER = (FIRST, STACK, SUPPORT, LATER, LAST)
OF_THE_NOTICE = (STACK, SUPPORT, LATER)
HOST, DIGEST = "xa01", "sha256:plan"
_NUMBERS = {"staged": 0x40, "pending": 0x60, "in": 0x70}


class Server(NamedTuple):
    """The truth about the server. jobs: of ours that have ended and are still there.

    updates: in their ORDER; the site wants the first and the last one only where they are not in.
    """

    updates: tuple[str, ...] = ("in", "absent", "absent", "absent", "in")
    sha2: bool = False
    boots: int = 0
    jobs: tuple[str, ...] = ()
    wrong: str = ""

    def state(self, update: str) -> str:
        return self.updates[ORDER.index(update)]

    @property
    def pending(self) -> bool:
        return "pending" in self.updates


class Told(NamedTuple):
    """An entry of the journal. boots: the start in which it was written."""

    kind: str
    step: str
    boots: int
    installs: str | None = None
    signs: bool = False
    status: str | None = None
    acted: bool = False
    required: bool | None = None


Journal = tuple[Told, ...]


class Way(NamedTuple):
    """Where a change stands."""

    server: Server
    journal: Journal = ()
    deaths: int = 0
    restarts: int = 0


@dataclass(frozen=True)
class Case:
    """A host as the change finds it. quiet: updates that end with 0 and show nothing that waits."""

    begin: Server
    quiet: frozenset[str] = frozenset()
    restart_between: str = "when_asked"

    def settings(self) -> dict[str, Any]:
        """Return the inventory's settings."""
        packages = {u: {"package": rf"C:\{u}.msu", "sha256": "AB" * 32} for u in ORDER}
        given = {
            "servicing_stack": packages[STACK],
            "sha2_support": packages[SUPPORT],
            "earlier_updates": self._wanted(FIRST),
            "later_updates": [{"id": LATER, **packages[LATER]}, *self._wanted(LAST)],
            "restart_between": self.restart_between,
            "backup": {"taken": "2026-11-21", "by": "Sato", "where": "x"},
        }
        product = {"kind": "windows", "product": "windows_server_2008_x64"}
        return {**product, "inputs": {"sha2_server_2008": given}}

    def _wanted(self, update: str) -> list[dict[str, str]]:
        if self.begin.state(update) == "in":
            return []
        return [{"id": update, "package": rf"C:\{update}.msu", "sha256": "AB" * 32}]


def observe(server: Server) -> Observation:
    """Return what is read of the server."""
    updates = {}
    for name in ORDER:
        state = server.state(name)
        packages = {} if state == "absent" else {f"Package_for_{name}~x~~6.0.1.0": _NUMBERS[state]}
        updates[name] = {"listed": state == "in", "packages": packages}
    signs = {"component_servicing": server.pending, "windows_update": server.pending}
    files = {rf"C:\{u}.msu": {"exists": True, "sha256": "AB" * 32, "size": 1000} for u in ORDER}
    task = {"exists": True, "state": 3, "last_result": 0, "last_run": "2026-11-22T05:00:00Z"}
    jobs = {
        installer_job_name(u): {**task, "start": _mark(server.boots)}
        if u in server.jobs
        else {"exists": False}
        for u in ORDER
    }
    system = {
        "computer_name": "W1", "version": "6.0.6002", "build": 6002, "service_pack": 2,
        "product_type": 3, "architecture": "x64", **_mark(server.boots),
    }  # fmt: skip
    data = {
        "system": system,
        "windows_updates": updates,
        "servicing_stack": {"versions": []},
        "pending_restart": {"file_renames": 0, **signs},
        "installer": {"in_progress": False},
        "owner": {"change": "CHG-1", "run": "controller:1"},
        "disk": {"system_drive": "C:", "free_bytes": 10**10},
        "files": files,
        "jobs": jobs,
    }
    return Observation(HOST, kit.NOW, "model", data)


def _mark(boots: int) -> dict[str, Any]:
    return start(1 + boots)


def entries(journal: Journal) -> list[Entry]:
    """Return the journal as the core reads it."""
    found = []
    for told in journal:
        mark, signs = _mark(told.boots), ["component_servicing"] if told.signs else []
        more: dict[str, Any] = {}
        if told.kind == "intent":
            more = {"installs": told.installs, "signs": signs, "joins": False}
        if told.kind == "result":
            more["status"] = told.status
            if told.acted:
                more["result"] = {"update_id": told.installs} if told.installs else {"x": 1}
            if told.required is not None:
                more["restart"] = {"required": told.required, "since": mark, "signs": signs}
        found.append(entry(told.kind, step=told.step, plan=DIGEST, start=mark, **more))
    return found


def context(journal: Journal) -> Context:
    """Return the context of a step within its change."""
    found: Context = kit.context(journal=entries(journal))
    return replace(found, computer_name="W1")


# --- The server's physics ---------------------------------------------------------------------


def installed(server: Server, update: str, quiet: frozenset[str]) -> Server:
    """Return the server after an installer has run to its end."""
    wrong = server.wrong
    if server.state(update) in ("pending", "in"):
        wrong = f"{update} was installed again"
    if update == SUPPORT and server.state(STACK) != "in":
        wrong = f"{SUPPORT} without {STACK}"
    if update in (LATER, LAST) and not server.sha2:
        wrong = f"{update} before SHA-2 is understood"
    states = dict(zip(ORDER, server.updates, strict=True))
    states[update] = "in" if update in quiet else "pending"
    return server._replace(updates=tuple(states[u] for u in ORDER), wrong=wrong)


def restarted(server: Server) -> Server:
    """Return the server after a start."""
    updates = tuple("in" if state == "pending" else state for state in server.updates)
    sha2 = server.sha2 or updates[ORDER.index(SUPPORT)] == "in"
    return server._replace(updates=updates, sha2=sha2, boots=server.boots + 1)


# --- A run ------------------------------------------------------------------------------------


@dataclass
class Walk:
    """Every way that a case may take. found: what went wrong, with the way there."""

    advisory: Advisory
    case: Case
    deaths: int = 2
    others: int = 1
    tells_what_it_installs: bool = True  # the journal's intents, as they do
    plan: Mapping[str, Any] = field(init=False)
    steps: Sequence[Step] = field(init=False)
    seen: set[Way] = field(default_factory=set)
    ends: set[Server] = field(default_factory=set)
    found: list[tuple[str, Journal]] = field(default_factory=list)

    def __post_init__(self) -> None:
        made = core.plan_host(self.advisory, self.case.settings(), observe(self.case.begin))
        assert made.blocked is None, made.blocked
        self.steps = made.steps
        self.plan = {"hosts": {HOST: {"steps": made.steps}}, "digest": DIGEST}

    def all(self) -> None:
        """Walk every way from the beginning on."""
        waiting = [Way(self.case.begin)]
        while waiting:
            way = waiting.pop()
            if way in self.seen:
                continue
            self.seen.add(way)
            waiting += self.runs(way)

    def runs(self, way: Way) -> Iterator[Way]:
        """Yield where a run leaves the host that begins now, wherever it dies."""
        given = list(remaining_ids(self.plan, HOST, observe(way.server), context(way.journal)))
        yield from self.goes_on(way, given, given, len(way.journal))

    def goes_on(self, way: Way, given: list[str], left: list[str], since: int) -> Iterator[Way]:
        """Yield where a run leaves the host that still has these steps before it."""
        if way.server.wrong:
            self.found.append((way.server.wrong, way.journal))
            return
        if way.restarts < self.others:
            elsewhere = way._replace(server=restarted(way.server), restarts=way.restarts + 1)
            yield from self.goes_on(elsewhere, given, left, since)
        if not left:
            self.ended(way)
            return
        step = next(step for step in self.steps if step.id == left[0])
        seen, now = observe(way.server), context(way.journal)
        todo = list(remaining_ids(self.plan, HOST, seen, now))
        if step.id not in todo:
            done = self.told(way, "result", step, status="ok")
            yield from self.goes_on(done, given, left[1:], since)
            return
        first = self.comes_first(way, step, todo, given, since)
        if first:
            self.found.append((f"{step.id}: {first} comes first", way.journal))
            return
        decision = decide(step, seen, now.at_step(seen, kit.NOW))
        if decision.action == "skip":
            skipped = self.told(way, "result", step, status="skipped")
            yield from self.goes_on(skipped, given, left[1:], since)
        elif decision.action in ("act", "resume"):
            for after, alive in self.acts(way, step):
                if alive:
                    yield from self.goes_on(after, given, left[1:], since)
                elif after.deaths <= self.deaths:
                    yield after
        else:
            self.found.append((f"{step.id}: {decision.action}: {decision.reason}", way.journal))

    def ended(self, way: Way) -> None:
        """Judge the end of a run that nothing has disturbed."""
        self.ends.add(way.server)
        if set(way.server.updates) != {"in"} or not way.server.sha2:
            self.found.append((f"it ended as {way.server}", way.journal))

    def comes_first(
        self, way: Way, step: Step, todo: list[str], given: list[str], since: int
    ) -> str | None:
        """Return the earlier step that a run would refuse this one for, as the step itself does."""
        turn = {t.step for t in way.journal[since:] if t.kind == "result"}
        seen, now = observe(way.server), context(way.journal)
        reached = {
            s.id
            for s in self.steps
            if s.id not in given and s.done_when and not any_fails(s.done_when, seen, now)
        }
        before = todo[: todo.index(step.id)]
        return next((name for name in before if name not in turn | reached), None)

    def acts(self, way: Way, step: Step) -> Iterator[tuple[Way, bool]]:
        """Yield what comes of an act, and whether the run lives on."""
        update = installed_by(step)
        named = update if self.tells_what_it_installs else None
        begun = self.told(way, "intent", step, installs=named, signs=way.server.pending)
        dead = begun._replace(deaths=way.deaths + 1)
        yield dead, False  # it had no effect
        if update is None:
            if step.action == "restart":
                begun = begun._replace(server=restarted(begun.server))
                yield dead._replace(server=begun.server), False
            yield self.told(begun, "result", step, status="ok", acted=True), True
            return
        server = begun.server
        again = update in server.jobs and server.state(update) in ("pending", "in")
        if not again:
            server = installed(server, update, self.case.quiet)
        asked = step.arguments.get("restart") == "always" or server.state(update) == "pending"
        yield dead._replace(server=server._replace(jobs=_with(server.jobs, update))), False
        tidy = server._replace(jobs=tuple(u for u in server.jobs if u != update))
        yield dead._replace(server=tidy), False  # before it wrote what came of it
        done = begun._replace(server=tidy)
        more = {"installs": update, "signs": way.server.pending, "required": asked}
        yield self.told(done, "result", step, status="ok", acted=True, **more), True

    @staticmethod
    def told(way: Way, kind: str, step: Step, **more: Any) -> Way:
        """Return a way with one more entry."""
        return way._replace(journal=(*way.journal, Told(kind, step.id, way.server.boots, **more)))


def _with(jobs: tuple[str, ...], update: str) -> tuple[str, ...]:
    return tuple(sorted({*jobs, update}))
