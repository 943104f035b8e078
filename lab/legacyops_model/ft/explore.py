# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every way that carrying out a plan may take on one FT system, crashes at every point included.

A node of the graph is a state and the steps that the run at hand still has before it; None: no
run is under way. From a node lead: the step it has come to, carried out as a whole; a crash
before, during and after it, with the next run at once or once nothing moves any more.
"""

from __future__ import annotations

import gc
from collections import Counter, deque
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.records import Step
from legacyops_lab.ft.state import System, blame, healthy, protected, windows

from ..events import Event
from .site import (
    HOST,
    ActionFailed,
    Plan,
    State,
    View,
    at_rest,
    decided,
    let_pass,
    moves,
    next_event,
    remembered,
    unproven,
    with_,
    within,
)

Todo = tuple[int, ...] | None
Place = tuple[State, Todo]
Found = tuple[str, list[Event]]


@dataclass
class Result:
    """What an exploration found; each entry of a list with the way that led there.

    violations: harm was done. untrue: the plan ended, and its goal is not reached. stuck: no way
    leads to the goal any more, and why the run stopped there.
    """

    places: int = 0
    transitions: int = 0
    decisions: Counter[str] = field(default_factory=Counter)
    violations: list[Found] = field(default_factory=list)
    untrue: list[Found] = field(default_factory=list)
    stuck: list[Found] = field(default_factory=list)
    good: int = 0

    @property
    def faults(self) -> list[Found]:
        """Return what must never be."""
        return self.violations + self.untrue


def reached(system: System, nodes: Collection[str]) -> bool:
    """Return whether a plan's goal is reached: healthy, the fix active, the update on nodes."""
    return (
        healthy(system)
        and protected(system)
        and all(windows(system, n).kb and not windows(system, n).restart_pending for n in nodes)  # type: ignore[arg-type]
    )


@contextmanager
def no_search_for_circles() -> Iterator[None]:
    """Have Python count references only: millions of objects stay, and there is no circle in them.

    To look for circles among them again and again took a quarter of the time.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class Explorer:
    """Explores one plan from one starting state."""

    def __init__(
        self,
        steps: Sequence[Step],
        goal: Collection[str],
        *,
        crashes: bool = True,
        by_hand: bool = False,
    ) -> None:
        """Take the steps of a plan. by_hand: somebody may also try any step at any time.

        goal: the nodes on which the update is in the end.
        """
        self.by_hand = by_hand
        self.goal = goal
        self.plan = Plan(steps)
        self.steps = self.plan.steps
        self.crashes = crashes
        self.result = Result()
        self.came: dict[Place, tuple[Place, Event] | None] = {}
        self.back: dict[Place, list[Place]] = {}
        self.why: dict[Place, str] = {}

    def run(self, start: State) -> Result:
        """Explore, and judge what was found."""
        with no_search_for_circles():
            self._explore(start)
        self.result.places = len(self.came)
        self._judge()
        return self.result

    def _explore(self, start: State) -> None:
        first: Place = (_calm(start), None)
        self.came[first], self.back[first] = None, []
        queue = deque([first])
        while queue:
            place = queue.popleft()
            for label, after in self._next(place):
                self.result.transitions += 1
                back = self.back.get(after)
                if back is not None:
                    back.append(place)
                    continue
                self.back[after] = [place]
                self.came[after] = (place, label)
                queue.append(after)

    def _next(self, place: Place) -> Iterator[tuple[Event, Place]]:
        state, todo = place
        if state.system.violations:
            return  # judged by itself; nothing after it counts
        if todo is None:
            state = remembered(state)
            yield Event("run_begins"), (state, self.plan.remaining(within(state)))
            if self.by_hand:
                yield from self._try_all(state)
            return
        if not todo:
            return
        state = remembered(state)  # what is read before a step goes into the change directory
        step, rest = self.steps[todo[0]], todo[1:]
        view = within(state)
        decision = decided(step, view)
        self.result.decisions[decision.action] += 1
        if decision.action == "skip":
            yield Event("skipped", step.id), (state, rest)
            return
        if decision.action == "refuse":
            self.why[place] = f"{step.id} refused: {decision.reason}"
            later = _calm(at_rest(state))
            if later != state:
                why = str(decision.reason)
                yield Event("refused_later", step.id, detail=why), (later, None)
            return
        if decision.action == "act":
            yield self._second_run(step, view, place)
        for label, after in self._carry_out(step, state, rest):
            if label.what == "failed":
                self.why[place] = str(label)
            yield label, after

    def _second_run(self, step: Step, view: View, place: Place) -> tuple[Event, Place]:
        """Have another run try the same step: it is told who holds the system."""
        if decided(step, view.held_by_another).action == "refuse":
            return Event("second_run_refused", step.id), place
        system = blame(place[0].system, "second_run", step.node or HOST)
        return Event("second_run", step.id), (with_(place[0], system=system), None)

    def _try_all(self, state: State) -> Iterator[tuple[Event, Place]]:
        """Try each step out of order, as somebody may who calls the modules by hand."""
        for step in self.steps:
            if decided(step, within(state)).action == "act":
                for label, (after, _todo) in self._carry_out(step, state, ()):
                    yield label._replace(by_hand=True), (after, None)

    def _carry_out(
        self, step: Step, state: State, rest: tuple[int, ...]
    ) -> Iterator[tuple[Event, Place]]:
        before, failed = state, None
        try:
            for after in moves(state, step):
                state = after
                yield from self._crash(step, state)
        except ActionFailed as error:
            failed = str(error)
        if step.action == "endurance_info":
            waited = 0
            while unproven(step, state, before):
                soon = next_event(state.system)
                waited += soon or 0
                if soon is None or waited > step.arguments["deadline_seconds"]:
                    break
                state = let_pass(state, soon)
                yield from self._crash(step, state)
        if failed is None:
            missing = unproven(step, state, before)
            failed = "; ".join(verdict.evidence for verdict in missing) or None
        calm = _calm(state)
        if failed is not None:
            yield Event("failed", step.id, detail=failed), (calm, None)
            yield Event("failed_later", step.id, detail=failed), (_calm(at_rest(state)), None)
        else:
            yield Event("done", step.id), (calm, rest)

    def _crash(self, step: Step, state: State) -> Iterator[tuple[Event, Place]]:
        if not self.crashes:
            return
        # Nothing is read between the crash and the next run.
        yield Event("crash", step.id), (_blind(state), None)
        yield Event("crash_later", step.id), (_blind(at_rest(state)), None)

    def _judge(self) -> None:
        """Find the violations, and the places from which no way leads to a good end."""
        good = set()
        for place in self.came:
            state, todo = place
            if state.system.violations:
                keys = ", ".join(f"{v.key} on {v.node}" for v in state.system.violations)
                self.result.violations.append((keys, self.way(place)))
            elif todo == ():
                if reached(state.system, self.goal):
                    good.add(place)
                else:
                    self.result.untrue.append(("the plan ended short of its goal", self.way(place)))
        self.result.good = len(good)
        queue = deque(good)
        while queue:
            for before in self.back[queue.popleft()]:
                if before not in good:
                    good.add(before)
                    queue.append(before)
        for place in self.came:
            if place in self.why and place not in good and not place[0].system.violations:
                self.result.stuck.append((self.why[place], self.way(place)))

    def way(self, place: Place) -> list[Event]:
        """Return what happened on the way that led to a place."""
        labels: list[Event] = []
        at = self.came[place]
        while at is not None:
            place, label = at
            labels.append(label)
            at = self.came[place]
        return labels[::-1]


def _blind(state: State) -> State:
    """Return a state as a crash leaves it: what happened since was not read."""
    return state if state.boots == (0, 0, 0) else with_(state, boots=(0, 0, 0))


def _calm(state: State) -> State:
    """Return a state as a step leaves it: read, and without the count of starts."""
    return _blind(remembered(state))
