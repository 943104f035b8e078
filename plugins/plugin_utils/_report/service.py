# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long users were without service, and a system without redundancy, as far as is proven.

Nobody measures a service here. What is known are moments at which it was seen to run, or not to:
each step's interlocks and what it expected are such moments. Between two of them it is only known
that it changed at some time, so there are two numbers: at least, and at most.

What service is, the values of checks say (Value.service): of an FT system the FTvirtual Server. For
a XenApp server it is that new logons are accepted. A farm's other servers go on meanwhile, and
sessions that are there go on too. What redundancy is they say, too (Value.redundancy), of an FT
system only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from .._core import kinds
from .._core.actions import action_of, effect_of
from .._core.checks import check_of, evaluate, redundancy_by, service_by, value_of
from .._core.context import NO_CHANGE
from .._core.entry import Entry
from .._core.model import Ref
from .._core.observation import Observation
from .._core.records import Step
from .texts import between

RUNS: Final = "runs"
DOWN: Final = "down"


@dataclass(frozen=True)
class Moment:
    """At this time service ran or did not; breaks: right after it, an act interrupts it."""

    utc: str
    state: str
    breaks: bool = False


def service(
    steps: Sequence[Step],
    entries: Sequence[Entry],
    first: Observation | None = None,
    last: Observation | None = None,
) -> dict[str, Any] | None:
    """Return the time without service within the change; None where nothing tells of it.

    first: what assess read.
    last: what was read last since the change began.


    Seconds count from the change's first run on. ``down_before``: service was away already when
    it was read first; that time is not counted. ``back``: service was there at the last look;
    None: nothing says so.
    """
    begins = [entry.utc for entry in entries if entry.kind == "begin"]
    moments = sorted(_moments(steps, entries), key=lambda moment: moment.utc)
    before, after = _observed(steps, first), _observed(steps, last)
    if before is not None and begins:
        moments.insert(0, Moment(begins[0], before))
    if after is not None and last is not None and moments and last.taken > moments[-1].utc:
        moments.append(Moment(last.taken, after))
    if not moments:
        return None
    periods = list(_periods(moments))
    return {
        "kind": "nodes" if any(step.node for step in steps) else "logons",
        "at_least_seconds": sum(period["at_least_seconds"] for period in periods),
        "at_most_seconds": sum(period["at_most_seconds"] for period in periods),
        "down_before": moments[0].state == DOWN,
        "back": moments[-1].state == RUNS and not moments[-1].breaks,
        "last_seen": moments[-1].utc,
        "periods": periods,
    }


def without_redundancy(steps: Sequence[Step], entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Return each stretch in which the redundancy was lost, or may have been, as service does."""
    moments = sorted(_of_redundancy(steps, entries), key=lambda moment: moment.utc)
    return list(_periods(moments))


def _of_redundancy(steps: Sequence[Step], entries: Sequence[Entry]) -> Iterator[Moment]:
    by_id = {step.id: step for step in steps}
    for entry in entries:
        step = by_id.get(str(entry.step))
        if step is None or entry.kind not in ("intent", "result"):
            continue
        states = _told(entry, redundancy_by)
        if len(states) == 1:
            state = RUNS if states == {"whole"} else DOWN
            stops = effect_of(step) in ("restarts", "shuts_down", "switches_off")
            yield Moment(entry.utc, state, stops and entry.kind == "intent" and state == RUNS)


def _told(entry: Entry, proves: Callable[[Ref], str]) -> set[str]:
    """Return what an entry's conditions that held prove; several words contradict each other."""
    told = [each["ref"] for each in entry.interlocks or [] if each["holds"] is True]
    told += (entry.expected or []) if entry.status == "ok" else []
    return {proves(ref) for ref in told} - {""}


def _observed(steps: Sequence[Step], observation: Observation | None) -> str | None:
    """Return whether service ran when it was observed, by a check of the steps that tells it."""
    refs = (ref for step in steps for key in ("interlocks", "expect", "only_if", "done_when")
            for ref in getattr(step, key) if check_of(ref).tells_service)  # fmt: skip
    ref = next(refs, None)
    if ref is None or observation is None:
        return None
    return value_of(evaluate(ref, observation, NO_CHANGE)).service or None


def _moments(steps: Sequence[Step], entries: Sequence[Entry]) -> Iterator[Moment]:
    by_id = {step.id: step for step in steps}
    for entry in entries:
        step = by_id.get(str(entry.step))
        if step is None or entry.kind not in ("intent", "result"):
            continue
        if action_of(step).logons(step.arguments):
            yield from _of_logons(step, entry)
            continue
        states = _told(entry, service_by)
        if len(states) == 1:  # what contradicts itself proves nothing
            state = states.pop()
            yield Moment(entry.utc, state, _interrupts(step, entry, state))


def _of_logons(step: Step, entry: Entry) -> Iterator[Moment]:
    """Yield that logons were accepted or refused, before and after a step that changes it."""
    accepts = action_of(step).logons(step.arguments) == "enabled"
    if entry.kind == "intent":
        yield Moment(entry.utc, DOWN if accepts else RUNS)
    elif entry.status == "ok":
        yield Moment(entry.utc, RUNS if accepts else DOWN)


def _interrupts(step: Step, entry: Entry, state: str) -> bool:
    """Return whether service goes away in the step that begins here."""
    acts = effect_of(step) in ("restarts", "shuts_down") and kinds.serves_users(step.node)
    return acts and entry.kind == "intent" and state == RUNS


def _periods(moments: Sequence[Moment]) -> Iterator[dict[str, Any]]:
    """Yield each stretch in which service was away, or may have been."""
    period: dict[str, Any] | None = None
    for before, after in pairwise(moments):
        away = before.state == DOWN or after.state == DOWN or before.breaks
        if not away:
            continue
        seconds = between(before.utc, after.utc) or 0
        if period is None:
            period = {"from": before.utc, "at_least_seconds": 0, "at_most_seconds": 0}
        period["at_most_seconds"] += seconds
        if before.state == after.state == DOWN:
            period["at_least_seconds"] += seconds
        period["to"] = after.utc
        if after.state == RUNS and not after.breaks:
            yield {**period, "ended": True}
            period = None
    if period is not None:
        yield {**period, "ended": False}
