# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every way that carrying out a plan may take on one FT system, crashes at every point included.

A node of the graph is a state and the steps that the run at hand still has before it; None: no
run is under way. From a node lead: the step it has come to, carried out as a whole; a crash
before, during and after it, with the next run at once or once nothing moves any more.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import plan as core
from ftsite import HOST, State, change, let_pass, moves, next_event, observe, remembered
from legacyops_lab.ft.state import healthy

Todo = tuple[int, ...] | None
Place = tuple[State, Todo]
LONG = 10**6


@dataclass
class Result:
    """What an exploration found. violations, stuck: each with the way that led there."""

    places: int = 0
    transitions: int = 0
    decisions: Counter[str] = field(default_factory=Counter)
    violations: list[tuple[str, list[str]]] = field(default_factory=list)
    stuck: list[tuple[str, list[str]]] = field(default_factory=list)
    ends: Counter[str] = field(default_factory=Counter)


class Explorer:
    """Explores one plan from one starting state."""

    def __init__(
        self, steps: Sequence[Mapping[str, Any]], *, crashes: bool = True, by_hand: bool = False
    ) -> None:
        """Take the steps of a plan. by_hand: somebody may also try any step at any time."""
        self.by_hand = by_hand
        self.steps = list(steps)
        self.plan = {"hosts": {HOST: {"steps": self.steps}}}
        self.number = {step["id"]: i for i, step in enumerate(self.steps)}
        self.crashes = crashes
        self.result = Result()
        self.came: dict[Place, tuple[Place, str] | None] = {}
        self.leads: dict[Place, list[Place]] = {}
        self.why: dict[Place, str] = {}

    def run(self, start: State) -> Result:
        """Explore, and judge what was found."""
        first: Place = (_calm(start), None)
        self.came[first] = None
        queue = deque([first])
        while queue:
            place = queue.popleft()
            out = self.leads[place] = []
            for label, after in self._next(place):
                self.result.transitions += 1
                out.append(after)
                if after not in self.came:
                    self.came[after] = (place, label)
                    queue.append(after)
        self.result.places = len(self.came)
        self._judge()
        return self.result

    def _next(self, place: Place) -> Iterator[tuple[str, Place]]:
        state, todo = place
        if state.system.violations:
            return  # judged by itself; nothing after it counts
        if todo is None:
            state = remembered(state)
            steps = core.remaining(self.plan, HOST, observe(state, change()))
            yield "a run begins", (state, tuple(self.number[step["id"]] for step in steps))
            if self.by_hand:
                yield from self._try_all(state)
            return
        if not todo:
            return
        state = remembered(state)  # what is read before a step goes into the change directory
        step, rest = self.steps[todo[0]], todo[1:]
        before = observe(state)
        inside = change(before)
        decision = core.step_decision(step, observe(state, inside))
        self.result.decisions[decision.action] += 1
        if decision.action == "skip":
            yield f"{step['id']} skipped", (state, rest)
            return
        if decision.action == "refuse":
            self.why[place] = f"{step['id']} refused: {decision.reason}"
            later = _calm(let_pass(state, LONG))
            if later != state:
                yield f"{step['id']} refused, later", (later, None)
            return
        for label, after in self._carry_out(step, state, inside, rest):
            if " failed: " in label:
                self.why[place] = label
            yield label, after

    def _try_all(self, state: State) -> Iterator[tuple[str, Place]]:
        """Try each step out of order, as somebody may who calls the modules by hand."""
        inside = change(observe(state))
        observation = observe(state, inside)
        for step in self.steps:
            if core.step_decision(step, observation).action == "act":
                for label, (after, _todo) in self._carry_out(step, state, inside, ()):
                    yield f"by hand {label}", (after, None)

    def _carry_out(
        self, step: Mapping[str, Any], state: State, inside: dict[str, Any], rest: tuple[int, ...]
    ) -> Iterator[tuple[str, Place]]:
        for after in moves(state, step):
            state = after
            yield from self._crash(step, state)
        if step["action"] == "endurance_info":
            waited = 0
            while core.step_unproven(step, observe(remembered(state), inside)):
                soon = next_event(state.system)
                waited += soon or 0
                if soon is None or waited > step["arguments"]["deadline_seconds"]:
                    break
                state = let_pass(state, soon)
                yield from self._crash(step, state)
        unproven = core.step_unproven(step, observe(remembered(state), inside))
        calm = _calm(state)
        if unproven:
            text = "; ".join(verdict.evidence for verdict in unproven)
            yield f"{step['id']} failed: {text}", (calm, None)
            yield f"{step['id']} failed, later", (_calm(let_pass(state, LONG)), None)
        else:
            yield f"{step['id']} done", (calm, rest)

    def _crash(self, step: Mapping[str, Any], state: State) -> Iterator[tuple[str, Place]]:
        if not self.crashes:
            return
        # Nothing is read between the crash and the next run.
        yield f"{step['id']} crash", (_blind(state), None)
        yield f"{step['id']} crash, later", (_blind(let_pass(state, LONG)), None)

    def _judge(self) -> None:
        """Find the violations, and the places from which no way leads to a good end."""
        good = set()
        back: dict[Place, list[Place]] = {}
        for place, outs in self.leads.items():
            state, todo = place
            for out in outs:
                back.setdefault(out, []).append(place)
            if state.system.violations:
                keys = ", ".join(f"{v.key} on {v.node}" for v in state.system.violations)
                self.result.violations.append((keys, self.way(place)))
            elif todo == ():
                end = "healthy" if healthy(let_pass(state, LONG).system) else "not healthy"
                self.result.ends[end] += 1
                if end == "healthy":
                    good.add(place)
        queue = deque(good)
        while queue:
            for before in back.get(queue.popleft(), ()):
                if before not in good:
                    good.add(before)
                    queue.append(before)
        for place, outs in self.leads.items():
            if place in good or place[0].system.violations:
                continue
            if place in self.why or not outs:
                self.result.stuck.append((self.why.get(place, "ended"), self.way(place)))

    def way(self, place: Place) -> list[str]:
        """Return the labels of the way that led to a place."""
        labels: list[str] = []
        at = self.came[place]
        while at is not None:
            place, label = at
            labels.append(label)
            at = self.came[place]
        return labels[::-1]


def _blind(state: State) -> State:
    """Return a state as a crash leaves it: what happened since was not read."""
    return replace(state, boots=(0, 0, 0))


def _calm(state: State) -> State:
    """Return a state as a step leaves it: read, and without the count of starts."""
    return replace(remembered(state), boots=(0, 0, 0))
