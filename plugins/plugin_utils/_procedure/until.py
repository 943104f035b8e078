# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for what comes true later. Between two looks nothing is done.

What a step brings about may need minutes or hours (a start with chkdsk, a mirror copy); what keeps
it from beginning may end by itself; and an earlier run may have begun it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from .._core.checks import Verdict, passes, request_for, unmet
from .._core.conditions import refusal
from .._core.context import Context
from .._core.decision import Decision, decide, is_final, unproven
from .._core.observation import Observation, Request
from .._core.records import Step
from .._io.waiting import poll
from .layout import in_language
from .people import People

if TYPE_CHECKING:
    from .hooks import Hooks
    from .step import Result, StepAction

# How long what ends by itself (another installation) is waited for before a step.
PASSING_SECONDS = 600.0
# How long a board that has executed nothing, as it was busy, is asked again.
BUSY_SECONDS = 300.0


class Seen(NamedTuple):
    """One look at a host: what was read, and the context that it is judged in."""

    observation: Observation
    context: Context


class Until:
    """The waits of one step.

    look: looks at the host; what to read, where it is not all that the step needs.
    """

    def __init__(self, action: StepAction, step: Step, look: Callable[..., Seen]) -> None:
        self._action, self._step, self._look = action, step, look

    def free(
        self, seen: Seen, decision: Decision, decided: Callable[[Seen], tuple[Seen, Decision]]
    ) -> tuple[Seen, Decision]:
        """Wait while all that stands in the way ends by itself; within a bound."""
        progress = self._action.progress()

        def look() -> bool | None:
            nonlocal seen, decision
            missing = unmet(decision.verdicts)
            if decision.action != "refuse" or not all(map(passes, missing)):
                return True
            progress(self._waits(missing))
            seen, decision = decided(self._look())
            return None

        self._poll(look, PASSING_SECONDS)
        return seen, decision

    def begun(self, seen: Seen, refused: Decision) -> tuple[Seen, Decision]:
        """Wait for what an earlier run has begun: until it is there, or the step may act again.

        Where neither comes within the step's deadline, it is refused as it was at first.
        """
        progress = self._action.progress()

        def look() -> tuple[Seen, Decision] | None:
            now = self._look()
            if self._step.expect and not unproven(self._step, *now):
                why, verdicts = "an earlier run began it", refused.verdicts
                return now, Decision("resume", why, verdicts, only_waits=True)
            decision = decide(self._step, *now)
            if decision.action not in ("wait", "refuse"):
                return now, decision
            step = self._step.id
            progress(f"step {step} was begun by an earlier run; {decision.reason}")
            return None

        found: tuple[Seen, Decision] | None = self._poll(look, self._deadline())
        return found or (seen, refused)

    def started(self, seconds: float) -> bool:
        """Whether a node that this change has started shows what is expected, in this time."""
        request = request_for(self._step.expect)
        progress = self._action.progress()

        def look() -> bool | None:
            if not unproven(self._step, *self._look(request)):
                return True
            progress(f"{self._step.node} is silent after its start; waits")
            return None

        return seconds > 0 and bool(self._poll(look, seconds))

    def expected(self, hooks: Hooks, people: People, *after: Request) -> list[Verdict]:
        """Look until what the step expects is there, or cannot come any more; what is missing.

        A step of the server's own connection ends with its module, which has waited.

        after: what to read besides, where one look is all.
        """
        own = self._step.by is None  # its one look is the next step's first
        requests = [request_for(self._step.expect), *(after if own else ())]
        progress = self._action.progress()
        missing: list[Verdict] = []

        def look() -> bool | None:
            nonlocal missing
            seen = self._look(*requests)
            missing = unproven(self._step, *seen)
            if not missing or is_final(missing, seen.context):
                return True
            asked = hooks.look_for(self._step, missing)
            if asked is not None:
                people.look(asked)
                return None
            if hooks.only_people_tell(missing):
                return True
            progress(self._waits(missing))
            return None

        if own:
            look()  # one look: also an orphan takes the result of what it has done
        else:
            self._poll(look, self._deadline())
        return missing

    def taken(self, act: Callable[[], Result], guard: Callable[[], None]) -> Result:
        """The result of an act. A busy board has done nothing: all guards, and it is asked again.

        Raises ActionError: the guards do not hold any more.
        """
        progress = self._action.progress()
        result: Result = {}

        def attempt() -> bool | None:
            nonlocal result
            if result:
                progress(str(result.get("msg")))
                guard()
            result = act()
            return None if result.get("reason") == "power_busy" else True

        self._poll(attempt, BUSY_SECONDS)
        return result

    def _waits(self, missing: list[Verdict]) -> str:
        said = in_language(refusal(missing), self._action.language)
        return f"step {self._step.id} waits: {said}"

    def _deadline(self) -> float:
        return float(self._step.arguments.get("deadline_seconds", 0))

    def _poll(self, look: Callable[[], Any], seconds: float) -> Any:
        interval = self._action.poll_seconds({})
        return poll(look, deadline=seconds, interval=interval, stop=self._action.stop)
