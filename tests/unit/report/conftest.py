# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change of an FT system, planned by the core and carried out on the lab's physics.

No clock, no wire: each step's own expected duration passes. The journal has what the step action
would have written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import journal, plan
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.advisory import (
    Advisory,
    bundled_folder,
    load_advisories,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.checks import evaluate_all
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.context import Context
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.decision import (
    decide,
    unproven,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.entry import Entry, entry_of
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.observation import Observation
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.records import Finding, Step
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._report.sources import Sources
from legacyops_lab.ft import estate
from legacyops_model.ft.site import (
    HOST,
    State,
    form,
    let_pass,
    moves,
    next_event,
    observe,
    remembered,
    within,
)

ESTATES = Path(__file__).parents[3] / "lab" / "estates" / "ft" / "systems.yml"
CHANGE = "CHG-1"
HOSTILE = "<script>alert(1)</script>\u202e\x1b[2J{{ lookup('pipe', 'id') }}" + "A" * 100_000
APPROVAL = {"change": CHANGE, "approved_by": "Suzuki", "approved_at": "2026-11-22T04:50:00Z",
            "comment": "", "window": None, "format": 1}  # fmt: skip
START = datetime.fromisoformat("2026-11-22T05:00:00+00:00")


@dataclass
class Night:
    """One change of one system: its plan, its journal, and the simulated system itself."""

    plan: dict[str, Any]
    state: State
    observation: Any
    at: datetime = START
    journal: list[dict[str, Any]] = field(default_factory=list)
    approved: bool = True
    window: dict[str, Any] | None = None

    @property
    def steps(self) -> list[Step]:
        steps: list[Step] = self.plan["hosts"][HOST]["steps"]
        return steps

    @property
    def entries(self) -> list[Entry]:
        return [entry_of(each) for each in self.journal]

    @property
    def utc(self) -> str:
        return self.at.strftime("%Y-%m-%dT%H:%M:%SZ")

    def note(self, kind: str, **body: Any) -> None:
        """Append an entry as the journal file would."""
        last = self.entries[-1] if self.journal else None
        by = {"user": "sato", "controller": "controller", "process": 1}
        about = {"host": HOST, "change": CHANGE, "plan": self.plan["digest"]}
        body = {"kind": kind, "utc": self.utc, "by": by, **about, **body}
        self.journal.append(journal.append_entry(last, body))

    def run(self, until: str | None = None) -> Night:
        """Carry the remaining steps out, up to the first of a name, which is left alone."""
        self.note(
            "begin",
            change=CHANGE,
            command="ansible-playbook …",
            remaining=[],
            operator="sato",
            approval={**APPROVAL, "digest": self.plan["digest"]} if self.approved else None,
            signed=False,
            window=self.window,
        )
        for step in self.steps:
            if step.name == until:
                return self
            self.carry_out(step)
            self.at += timedelta(seconds=20)
        self.note("end", change=CHANGE)
        return self

    def carry_out(self, step: Step) -> None:
        self.state = remembered(self.state)
        before = self.state
        decision = decide(step, *_inside(self.state))
        if decision.action == "skip":
            self.note("result", step=step.id, status="skipped", why=decision.reason)
            return
        guards = [
            {"ref": v.ref, "holds": v.holds, "evidence": v.evidence} for v in decision.verdicts
        ]
        if decision.action == "refuse":
            raise AssertionError(f"{step.id}: {decision.reason}")
        self.note("intent", step=step.id, joins=False, interlocks=guards)
        for after in moves(self.state, step):
            self.state = after
        self._wait(step, before)
        self.at += timedelta(seconds=step.seconds["expected"])
        seen = _inside(self.state, before)
        assert all(v.holds for v in evaluate_all(step.expect, *seen)), step.id
        self.note(
            "result",
            step=step.id,
            status="ok",
            result={"changed": step.action != "endurance_info"},
            expected=step.expect,
        )

    def _wait(self, step: Step, before: State) -> None:
        while unproven(step, *_inside(self.state, before)):
            soon = next_event(self.state.system)
            assert soon is not None, step.id
            self.state = let_pass(self.state, soon)

    def sources(self, **changed: Any) -> Sources:
        """What the report is made of."""
        done = any(entry.kind == "end" for entry in self.entries)
        status = {"status": "done" if done else "under_way", "plan": self.plan["digest"]}
        parts: dict[str, Any] = {
            "change": CHANGE,
            "plan": self.plan,
            "made": "2026-11-22T12:00:00Z",
            "journals": {HOST: journal.verify(map(journal.to_line, self.journal))}
            if self.journal
            else {},
            "observations": {HOST: self.observation},
            "seen": {HOST: replace(observe(remembered(self.state)), taken=self.utc)},
            "states": {HOST: status} if self.journal else {},
        }
        return Sources(**{**parts, **changed})


def _inside(state: State, before: State | None = None) -> tuple[Observation, Context]:
    """Return what a step decides by; a plain observation, which remembers no earlier readings."""
    view = within(remembered(state), before)
    return Observation(view.host, view.taken, view.source, view.data), view.context


@pytest.fixture(scope="session")
def advisory() -> Advisory:
    """Return the advisory on FT systems."""
    return load_advisories([bundled_folder()])["kb890859_tx200ft"]


@pytest.fixture(scope="session")
def night(advisory: Advisory) -> Callable[..., Night]:
    """Return a maker of nights: a system of the lab by name, planned and not begun."""

    def make(name: str = "ft-failed1", **changed: Any) -> Night:
        description = estate.load(ESTATES)[name]
        state = State(estate.first_state(description))
        windows = description["type"].removeprefix("windows_")
        settings = {"ft_system": form(description["model"], windows=windows, **changed)}
        observation = replace(observe(remembered(state)), taken="2026-11-22T04:30:00Z")
        host = plan.plan_host(advisory, settings, observation)
        made = plan.make_plan([host], {}, change=CHANGE, created="2026-11-22T04:40:00Z")
        return Night(made, state, observation)

    return make


@pytest.fixture(scope="session")
def words(advisory: Advisory) -> dict[str, Any]:
    """Return what is quoted of the advisory, as Sources has it."""
    return {
        advisory.id: {"title": advisory.data["title"], "clauses": advisory.data["clauses"]},
    }


@pytest.fixture(scope="session")
def hostile() -> str:
    """Return a text that would like to run, to turn, to repaint and to fill."""
    return HOSTILE


@pytest.fixture(scope="session")
def hostile_sources(night: Callable[..., Night]) -> Sources:
    """Return a night in which everything that a host or a person can say is hostile."""
    told = night().run(until="virtual_server1_enable")
    guard = [{"ref": {"check": HOSTILE, "is": HOSTILE}, "holds": None, "evidence": HOSTILE}]
    told.note(
        "result",
        step=told.steps[0].id,
        status="failed",
        reason=HOSTILE,
        message=HOSTILE,
        interlocks=guard,
        result={"msg": HOSTILE, "explanation": {"en": HOSTILE}},
    )
    two = {"en": HOSTILE, "ja": HOSTILE}
    finding = Finding(id=HOSTILE, item=HOSTILE, clause=[HOSTILE], severity="warning",
                      title=two, evidence=[HOSTILE], remedy=two)  # fmt: skip
    confirmation = {"host": HOST, "step": HOSTILE, "name": HOSTILE, "second_name": HOSTILE,
                    "saw": HOSTILE, "note": HOSTILE, "utc": HOSTILE}  # fmt: skip
    said = [{"source": HOSTILE, "components": {HOSTILE: {"state": HOSTILE}}}]
    seen = replace(told.observation, data={**told.observation.data, "endurance": said})
    return told.sources(
        change=HOSTILE,
        audits={HOST: [finding]},
        confirmations=[confirmation],
        observations={HOST: seen},
        stopped=HOSTILE,
    )
