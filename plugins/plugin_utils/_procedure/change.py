# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change: its verified plan, its approval, and where each of its hosts stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from .._core.advisory import Advisory
from .._core.approval import Control, Refusal, control_of
from .._core.compare import Comparison, begun_steps, compare_facts, compare_host
from .._core.context import (
    DONE,
    FAILED,
    NOT_BEGUN,
    UNDER_WAY,
    Context,
    concerned,
    context_of,
    failure_budget,
)
from .._core.decision import remaining
from .._core.entry import Entry
from .._core.model import Ref
from .._core.observation import Observation, quote
from .._core.plan import PlanError
from .._core.records import Step
from .._core.window import WindowState, at_resting_point, judge
from .._io.locks import is_held
from .approval import Standing, operator_of, standing
from .directory import NEW_PLAN, ChangeDirectory, ChangeError
from .journal import JournalFile, now
from .owner import known_run, run_of

# A run holds a host's lock within its steps; it comes from one to the next within this time.
_BETWEEN_STEPS = timedelta(seconds=60)


class Change:
    """One change with the plan that its directory holds.

    settings: the host's settings, whose rules for changes are kept.
    approval: approved_digest and approve_plan, as given to the module.
    """

    def __init__(
        self,
        directory: ChangeDirectory,
        change_id: str,
        plan: dict[str, Any],
        settings: Mapping[str, Any],
        approval: Mapping[str, Any],
    ) -> None:
        self.directory = directory
        self.id = change_id
        self.plan = plan
        self.settings = settings
        self._approval = approval
        # Tells this run of the playbook from every other; a host's first word in it says so.
        self.playbook_run: str | None = None

    @classmethod
    def load(
        cls,
        directory: ChangeDirectory,
        change_id: str,
        settings: Mapping[str, Any],
        *,
        whole: bool = False,
        **approval: Any,
    ) -> Change:
        """Read and verify the plan; the parameters are those of the class.

        whole: verify all of it now, and not each host's part when it is asked for.
        Raises ChangeError: there is no plan, or it is not as it was made.
        """
        try:
            plan = directory.whole_plan() if whole else directory.load_plan()
        except PlanError as problem:
            raise ChangeError(f"{directory.plan}: {problem} {NEW_PLAN}") from None
        if plan is None:
            raise ChangeError(
                f"There is no plan in {directory.root}. Run legacyops.hotfix.plan with the same "
                "change_id (and change_dir) first."
            )
        of_change(directory, plan, change_id)
        return cls(directory, change_id, plan, settings, approval)

    @cached_property
    def control(self) -> Control:
        """The site's rules for changes.

        Raises CoreError: one of them cannot be meant.
        """
        return control_of(self.settings)

    @cached_property
    def standing(self) -> Standing:
        """The approval and the window of the change.

        Raises CoreError: what is there cannot be meant.
        """
        return standing(self.directory, self.id, self.digest, self.control, **self._approval)

    @property
    def refused(self) -> Refusal | None:
        """Why nothing may be done in this change: a reason and a sentence; None if it may."""
        if self.directory.closed.exists():
            return "closed", (
                f"Change {self.id} is closed ({self.directory.closed}): nothing is done in it any "
                "more. Go on under a new change_id."
            )
        return self.standing.refused

    @property
    def approved(self) -> bool:
        return self.refused is None

    @property
    def operator(self) -> str:
        """Who carries the change out."""
        return operator_of(self.control)

    @property
    def digest(self) -> str:
        return str(self.plan["digest"])

    @property
    def queue(self) -> list[tuple[str, int]]:
        """The hosts that have something to do and their wave (from 0), in order."""
        return [(host, number) for number, wave in enumerate(self.plan["waves"]) for host in wave]

    def entry(self, host: str) -> dict[str, Any]:
        """The plan of one host.

        Raises ChangeError: the host is not in the plan, or the plan leaves it alone.
        """
        entry: dict[str, Any] | None = self.plan["hosts"].get(host)
        if entry is None:
            raise ChangeError(
                f"{host} is not in the plan of change {self.id}. Make a plan that covers it."
            )
        if entry.get("blocked"):
            raise ChangeError(f"The plan leaves {host} alone: {reason_of(entry['blocked'])}")
        return entry

    def step(self, host: str, step_id: str) -> Step:
        """One step of a host's plan.

        Raises ChangeError: there is no such step.
        """
        steps: list[Step] = self.entry(host)["steps"]
        for step in steps:
            if step.id == step_id:
                return step
        known = ", ".join(step.id for step in steps) or "none"
        raise ChangeError(f"The plan has no step {step_id} for {host}. Its steps: {known}.")

    def run(self, *, writes: bool = True) -> str:
        """The run that the change directory stands for, which holds its hosts.

        writes: False leaves the directory as it is (check mode).
        """
        return run_of(self.directory) if writes else known_run(self.directory)

    def journal(self, host: str) -> JournalFile:
        return JournalFile(self.directory, host)

    def state(self, host: str) -> dict[str, Any]:
        """Where the host stands in this plan; what an earlier plan left does not count as done.

        Nor do its words: why a run of another plan ended says nothing of this one.
        """
        state = self.directory.state(host)
        if state.get("plan") == self.digest:
            return state
        done = state["status"] == DONE
        return {"host": host, "status": NOT_BEGUN if done else state["status"]}

    def set_state(self, host: str, status: str, **more: Any) -> None:
        """Record where the host stands, in which run of ansible-playbook."""
        before = self.state(host).get("run")
        run = self.playbook_run or before
        value = {
            "host": host,
            "status": status,
            "plan": self.digest,
            "run": run,
            "utc": now(),
            **more,
        }
        self.directory.write_state(host, value)

    def context(self, observation: Observation, *, predicted: bool = False) -> Context:
        """What the decision about a host's next step needs besides its fresh observation.

        predicted: take for granted that all earlier waves have ended well, and that the
            host was taken if nobody has it (check mode, in which neither has happened).
        """
        host = observation.host
        self.entry(host)
        context = context_of(
            self.plan,
            host,
            self.states(host),
            self.journal(host).entries(),
            change=self.id,
            run=self.run(writes=not predicted),
            approved=self.approved,
            stopped=self.directory.stopped() is not None,
            predicted=predicted,
        )
        window = self.window_state(observation, context)
        if window is None:
            return context
        emergency = self.control.emergency_reason is not None
        return replace(context, window_open=window.may_go_on or emergency)

    def states(self, host: str) -> dict[str, dict[str, Any]]:
        """The states on which decisions about a host hang; no more files are read than these."""
        done = self.directory.done(self.digest)
        near, others = concerned(self.plan, host, self.directory.failed(), done)
        ended = {"status": DONE}
        states = {n: ended if n in done and n != host else self.state(n) for n in near}
        more = {name: self.state(name) for name in others if name in self.plan["hosts"]}
        return {**states, **more}

    def serving(self, host: str) -> list[Ref]:
        """What a host of the plan, or of its farm, shows that takes users; empty: not known."""
        refs: list[Ref] = self._entry(host).get("serving", [])
        return refs

    def drain_method(self, host: str) -> str | None:
        """How the site keeps users away from a host of the plan, or of its farm."""
        method: str | None = self._entry(host)["settings"].get("drain_method")
        return method

    def _entry(self, host: str) -> dict[str, Any]:
        kind = "hosts" if host in self.plan["hosts"] else "outside"
        entry: dict[str, Any] = self.plan[kind][host]
        return entry

    def window_state(self, observation: Observation, context: Context) -> WindowState | None:
        """What the window says of the host's next step; None where there is no window."""
        window = self.standing.window
        if window is None:
            return None
        host = observation.host
        return judge(
            window,
            datetime.now(UTC),
            remaining(self.plan, host, observation, context),
            at_rest=self.rests(host, context.journal),
            estimate=self.control.window_estimate,
        )

    def rests(self, host: str, entries: Iterable[Entry] | None = None) -> bool:
        """Whether the host is where stopping is safe: nothing begun, or at a resting point.

        A host that does not rest is under way, whatever keeps it from going on: it must not wait
        for others, nor be locked out by their failure.

        entries: its journal, if it has been read already.
        """
        every = self.journal(host).entries() if entries is None else entries
        here = [entry for entry in every if entry.plan == self.digest]
        return at_resting_point(self.entry(host)["steps"], here)

    def compared(
        self,
        observation: Observation,
        context: Context,
        advisories: Mapping[str, Advisory] | None = None,
    ) -> Comparison:
        """The plan beside what is there now.

        advisories: those there are now, to compare everything (before a host's first step
            in a run); None compares what was read (before each step).
        """
        host = observation.host
        begun = begun_steps(context.journal, self.digest)
        if advisories is None:
            return compare_facts(self.plan, host, observation, begun)
        name = self.entry(host)["advisory"]
        if name not in advisories:
            raise ChangeError(
                f"The advisory {name}, which the plan was made from, is not there any more. Give "
                "its folder (legacyops_advisory_paths), or make a new plan."
            )
        return compare_host(
            self.plan, host, advisories[name], self.settings, observation, begun, context
        )

    def deviate(self, host: str, what: str, **facts: Any) -> None:
        """Record what the run goes on in spite of, with the reason given; once for each plan."""
        body = {"what": what, "plan": self.digest, "reason": self.control.emergency_reason, **facts}
        journal = self.journal(host)
        known = (entry for entry in journal.entries() if entry.kind == "deviation")
        if not any({key: getattr(entry, key) for key in body} == body for entry in known):
            journal.append("deviation", operator=self.operator, **body)

    def why_not_begin(self, host: str) -> tuple[str, str] | None:
        """Why a host may not begin now: a reason for programs and a sentence; None if it may.

        A host that is under way may go on; the interlocks of its steps say how far. One that has
        failed may try again, but not while the change is stopped.
        """
        status = self.state(host)["status"]
        if status not in (NOT_BEGUN, FAILED):
            return None
        stopped = self.directory.stopped()
        if stopped is not None:
            begun = "Not begun" if status == NOT_BEGUN else "Left as it is"
            return "stopped", (
                f"{begun}: the change is stopped ({stopped.rstrip('.')}). When that is settled, "
                f"remove {self.directory.stop} and run the same command again."
            )
        if status == FAILED:
            return None
        failed = [name for name in self._failed(host) if not self.tries_again(name)]
        budget = failure_budget(self.plan, host)
        if len(failed) > budget:
            return "failure_budget", (
                f"Not begun: {', '.join(failed)} failed, and the failure budget is {budget}. "
                "Mend that first, then run the same command again."
            )
        return None

    def _failed(self, host: str) -> list[str]:
        """The other hosts that have failed."""
        marked = self.directory.failed() - {host}
        every = [name for name, _wave in self.queue if name in marked] if marked else []
        return [name for name in every if self.state(name)["status"] == FAILED]

    def waits_for(self, host: str) -> list[str]:
        """The failed hosts that this run tries again, and for whose begin others wait."""
        begun = self.state(host)["status"] != NOT_BEGUN
        return [] if begun else [name for name in self._failed(host) if self.tries_again(name)]

    def treated_elsewhere(self, host: str) -> list[str]:
        """The hosts of earlier waves that another run treats right now.

        A run that died holds no lock, and writes no state: nobody waits for its hosts.
        """
        waves = dict(self.queue)
        earlier = [name for name in self.states(host) if waves.get(name, 0) < waves.get(host, 0)]
        return [name for name in earlier if self._treated_elsewhere(name)]

    def _treated_elsewhere(self, host: str) -> bool:
        state = self.state(host)
        if state["status"] != UNDER_WAY or state.get("run") == self.playbook_run:
            return False
        if is_held(self.directory.host_file("locks", host)):
            return True
        since = state.get("utc")  # what an earlier plan left has none
        return since is not None and (
            datetime.now(UTC) - datetime.fromisoformat(since) < _BETWEEN_STEPS
        )

    def tries_again(self, host: str) -> bool:
        """Whether a failed host is tried again in this run and has not had its turn yet."""
        return self.state(host).get("retry") is True

    def try_again(self, hosts: Iterable[str]) -> None:
        """Note that a run of these hosts begins: those of them that had failed are tried again.

        A failure counts from its run on. So a host that was repaired holds nobody up who is
        treated beside it; where it fails again, or is not in the run, it counts.
        """
        self.directory.mark_all(self.digest, self.plan["hosts"])
        for name, _wave in self.queue:
            state = self.directory.state(name)
            if state["status"] == FAILED and self.tries_again(name) != (name in hosts):
                self.directory.write_state(name, {**state, "retry": name in hosts})


def of_change(directory: ChangeDirectory, plan: Mapping[str, Any], change_id: str) -> None:
    """Raises ChangeError: the plan is that of another change."""
    other = plan.get("change", change_id)
    if other != change_id:
        raise ChangeError(
            f"{directory.plan} is the plan of change {quote(other, 60)}, not of {change_id}: give "
            "the change_id it was made under, or another change_dir."
        )


def reason_of(blocked: Any) -> str:
    """Why the plan leaves a host alone, as one English sentence."""
    return str(blocked.get("en") or blocked) if isinstance(blocked, Mapping) else str(blocked)
