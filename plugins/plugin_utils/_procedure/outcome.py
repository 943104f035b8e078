# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a run of a change ended: each host's outcome in this run, and the exit code of it all.

ansible-playbook has two exit codes of its own for hosts: 2 where one failed, 4 where one could not
be reached. A run ends with 4 only where nothing else is amiss: all that the plan could do is done.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from .._core.context import DONE, FAILED, NOT_BEGUN, UNDER_WAY, WAITING
from .._core.records import Step
from .._io.failures import is_passing
from .._io.wire import RemoteError
from .change import Change, reason_of

LEFT_ALONE: Final = "left_alone"
UNREACHABLE: Final = "unreachable"
POSSIBLE: Final = "possible"  # check mode: the host would begin, or go on
REFUSED: Final = "refused"  # check mode: it would not
# Worst first; the exit code of a run is that of its worst host.
EXIT_CODES: Final[dict[str, int]] = {
    FAILED: 2,
    REFUSED: 2,
    WAITING: 2,
    UNDER_WAY: 2,
    NOT_BEGUN: 2,
    UNREACHABLE: 4,
    LEFT_ALONE: 4,
    POSSIBLE: 0,
    DONE: 0,
}


@dataclass(frozen=True)
class Outcome:
    """How a run left a host.

    status: a key of EXIT_CODES. reason: for programs, None where all is well. text: for people.
    """

    status: str
    reason: str | None
    text: str

    @property
    def code(self) -> int:
        return EXIT_CODES[self.status]

    def record(self) -> dict[str, Any]:
        """As it stands in the result of a run."""
        return {"status": self.status, "reason": self.reason, "text": self.text}


def outcome(change: Change, host: str, run: str) -> Outcome:
    """How a run left a host of the plan.

    run: this run; empty: whichever was the last.
    """
    planned = of_the_plan(change, host)
    if planned is not None:
        return planned
    state = change.state(host)
    status = str(state["status"])
    if status == DONE:
        return Outcome(status, None, "its plan is carried out")
    if run and state.get("run") != run:
        return Outcome(status, "not_reached", "This run did not come to it." + _go_on(change))
    reason = str(state.get("reason") or "not_done")
    if status == FAILED and is_passing(RemoteError(reason, "", "")):
        status = UNREACHABLE
    return Outcome(status, reason, message(change, host, state))


def checked(change: Change, host: str, found: Mapping[str, Any] | None) -> Outcome:
    """What check mode found of a host of the plan: whether it would begin, or go on.

    found: what its begin, or its failure, told (reason, msg, steps); None: nothing did.
    """
    planned = of_the_plan(change, host)
    if planned is not None:
        return planned
    if found is None:
        return Outcome(REFUSED, "not_reached", "Check mode did not come to it.")
    reason = found.get("reason")
    if reason:
        status = UNREACHABLE if is_passing(RemoteError(str(reason), "", "")) else REFUSED
        return Outcome(status, str(reason), str(found.get("msg") or ""))
    steps = found.get("steps")
    if not steps:
        return Outcome(DONE, None, "its plan is carried out")
    return Outcome(POSSIBLE, None, f"would be carried out: {', '.join(map(str, steps))}")


def of_the_plan(change: Change, host: str) -> Outcome | None:
    """The outcome of a host that the plan does not touch; None where it does."""
    entry = change.plan["hosts"][host]
    if entry.get("blocked"):
        return Outcome(LEFT_ALONE, "left_alone", reason_of(entry["blocked"]))
    if not entry["steps"]:
        return Outcome(DONE, None, "nothing had to be done")
    return None


def message(change: Change, host: str, state: Mapping[str, Any]) -> str:
    """What happened, what remains, what to do."""
    if state["status"] == NOT_BEGUN and not state.get("message"):
        why = change.why_not_begin(host)
        return why[1] if why else "Not begun. Run the same command again."
    text = str(state.get("message") or "The run ended before the plan was carried out.")
    remaining = list(state.get("remaining") or ())
    if remaining:
        steps: list[Step] = change.entry(host)["steps"]
        done = len(steps) - len(remaining)
        text += f" Done: {done} of {len(steps)} steps. Remains: {', '.join(remaining)}."
    return text + _go_on(change)


def _go_on(change: Change) -> str:
    stopped = change.directory.stopped() is not None
    first = f"When that is settled, remove {change.directory.stop}; to" if stopped else "To"
    return f" {first} continue, run the same command again."


def worst(outcomes: Iterable[Outcome]) -> str:
    """The status of the whole run: that of its worst host."""
    found = {each.status for each in outcomes}
    return next((status for status in EXIT_CODES if status in found), DONE)
