# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be done with a step right now, and which steps of a plan remain: the rules, in words.

**One step** (decide), on a fresh observation within its change. The first rule that fits:

1. Joined: it is under way (resume_when holds). It runs already: no interlock is asked.
2. Collected: it has ended (collect_when holds), and by the journal a run began it and none has
   taken its result. As above. A result that was taken is history: from then on rule 7 decides.
3. Done: done_when holds. Skipped.
4. With a person: an earlier run has asked a person to do it, and what does not hold now is only
   what the act itself makes unknown or untrue for a while (a check that settles). That is no reason
   to leave it out, or to refuse it. Joined: the person is asked on, or, where the end was reported,
   only what it brings about is waited for. What nothing shows is not asked for twice.
5. Not needed: one of only_if certainly does not hold. Skipped.
6. Awaited: an earlier run began it, and what does not hold settles, as in rule 4. It is waited for,
   until what the step brings about is there, or another rule fits.
7. Refused: one of only_if or of the interlocks does not hold, or is unknown.
8. Free to act.

**Which steps remain** (needed). "To do": done_when does not hold, and only_if may. "Begun": rules
1, 2 and 4. A relation that a step does not have counts as "one remains" for only_with, as "none
remains" for the others. Only what stays counts as remaining for what comes after it.

============  ============  ============  ============  =========
the step is   only_with     again_after   standby_for   so it
============  ============  ============  ============  =========
ruled out     one remains   one remains   one remains   goes
begun         none remains  none remains  none remains  stays
to do         one remains   none remains  none remains  stays
to do         none remains  one remains   none remains  goes
to do         none remains  one remains   one remains   stands by
not to do     one remains   one remains   none remains  stays
not to do     one remains   none remains  none remains  goes
not to do     one remains   none remains  one remains   stands by
not to do     none remains  one remains   none remains  goes
not to do     none remains  one remains   one remains   stands by
============  ============  ============  ============  =========

Ruled out is what a setting says for good. again_after: while such an earlier step remains, it may
yet undo what is done. only_with: the step is nothing by itself. standby_for (by name): the step is
there in case that one turns out to need it, and is carried out only if it is needed then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

from .actions import action_of, is_on_its_way
from .checks import (
    Verdict,
    all_hold,
    any_fails,
    check_of,
    evaluate_all,
    unmet,
    value_of,
)
from .conditions import refusal
from .context import Context
from .entry import Entry
from .model import Ref
from .observation import Observation
from .order import PlanError
from .records import Step

Plan = Mapping[str, Any]


@dataclass(frozen=True)
class Decision:
    """What is to be done with a step right now, and why.

    verdicts: on the conditions that decided. only_waits: the act is over; what it brings about is
    waited for, and nothing is done or asked again.
    """

    action: Literal["act", "skip", "resume", "wait", "refuse"]
    reason: str
    verdicts: list[Verdict]
    only_waits: bool = False


def decide(step: Step, observation: Observation, context: Context) -> Decision:
    """Return what is to be done with a step, by the rules above."""

    def judged(refs: Iterable[Ref]) -> list[Verdict]:
        return evaluate_all(refs, observation, context)

    if _is_under_way(step, observation, context):  # 1
        verdicts = judged(step.resume_when)
        return Decision("resume", f"under way: {_evidence(verdicts)}", verdicts)
    if _is_to_collect(step, observation, context):  # 2
        verdicts = judged(step.collect_when)
        return Decision("resume", f"ended meanwhile: {_evidence(verdicts)}", verdicts)
    if _is_done(step, observation, context):  # 3
        verdicts = judged(step.done_when)
        return Decision("skip", f"nothing to do: {_evidence(verdicts)}", verdicts)
    verdicts = judged(step.only_if)
    idle = any(verdict.holds is False for verdict in verdicts)
    if not idle:
        verdicts += judged(step.interlocks)
    missing = unmet(verdicts)
    begun = was_begun(step, context.journal) and all(check_of(v.ref).settles for v in missing)
    confirmed = begun and _was_confirmed(step, context.journal)
    asked = step.by == "operator" and bool(missing)
    if begun and (asked or (confirmed and _nothing_shows(step))):  # 4
        return Decision("resume", "a person has it", verdicts, only_waits=confirmed)
    if idle:  # 5
        return Decision("skip", f"not needed: {_evidence(verdicts)}", verdicts)
    if missing:  # 6, 7
        return Decision("wait" if begun else "refuse", refusal(verdicts)["en"], verdicts)
    return Decision("act", "all interlocks hold", verdicts)  # 8


def unproven(step: Step, observation: Observation, context: Context) -> list[Verdict]:
    """Return what the step should have brought about and is not observed; none: it is proven."""
    return unmet(evaluate_all(step.expect, observation, context))


def is_final(missing: Sequence[Verdict], context: Context) -> bool:
    """Return whether something is wrong that was not so before the step, and stays so.

    Where that is so, waiting makes nothing right. context: of the step.
    """
    wrong = [verdict for verdict in missing if value_of(verdict).course == "final"]
    if not wrong or context.before is None:
        return False
    before = evaluate_all([verdict.ref for verdict in wrong], context.before, context)
    return any(was.value != now.value for was, now in zip(before, wrong, strict=True))


# --- What the journal tells of a step -------------------------------------------------------


def was_begun(step: Step, journal: Sequence[Entry]) -> bool:
    """Return whether a run has begun a step, and none has taken its result."""
    kinds = [
        entry.kind
        for entry in journal
        if entry.step == step.id and entry.kind in ("intent", "result")
    ]
    return kinds[-1:] == ["intent"]


def _was_confirmed(step: Step, journal: Sequence[Entry]) -> bool:
    """Return whether a person has said since the act was begun that it is over."""
    mine = [entry for entry in journal if entry.step == step.id]
    since = max((n for n, entry in enumerate(mine) if entry.kind == "intent"), default=0)
    told = [entry.confirmation for entry in mine[since:] if entry.confirmation]
    return any(each["step"] == step.id and not is_on_its_way(step, each["saw"]) for each in told)


def _nothing_shows(step: Step) -> bool:
    """Return whether nothing but a person's word shows that a step was done: a logon."""
    return action_of(step).word_alone(step.arguments)


def _is_told_done(step: Step, journal: Sequence[Entry]) -> bool:
    """Return whether a person has done what nothing shows, and no step has undone it since."""
    done = False
    for entry in journal:
        if entry.kind == "result" and entry.step == step.id:
            done = entry.status == "ok"
        elif entry.kind == "intent" and entry.step in step.again_after:
            done = False
    return done and _nothing_shows(step)


# --- What a step's own conditions say -------------------------------------------------------


def _is_under_way(step: Step, observation: Observation, context: Context) -> bool:
    return bool(step.resume_when) and all_hold(step.resume_when, observation, context)


def _is_to_collect(step: Step, observation: Observation, context: Context) -> bool:
    began = bool(step.collect_when) and was_begun(step, context.journal)
    return began and all_hold(step.collect_when, observation, context)


def _is_done(step: Step, observation: Observation, context: Context) -> bool:
    return bool(step.done_when) and all_hold(step.done_when, observation, context)


def _evidence(verdicts: Iterable[Verdict]) -> str:
    return "; ".join(dict.fromkeys(verdict.evidence for verdict in verdicts))


# --- Which steps remain ---------------------------------------------------------------------


def remaining(plan: Plan, host: str, observation: Observation, context: Context) -> list[Step]:
    """Return the steps of a host's plan that remain. Raises PlanError: it is not in the plan.

    The observation decides; the journal only tells what none shows: that an installation asked for
    a restart, that a step's result was not taken, that a person has done what leaves no trace.
    """
    left = remaining_ids(plan, host, observation, context)
    planned: list[Step] = _part(plan, host)["steps"]
    return [_with(step, None, left[step.id]) for step in planned if step.id in left]


def remaining_ids(
    plan: Plan, host: str, observation: Observation, context: Context
) -> dict[str, bool]:
    """Return the ids of the steps of a host's plan that remain, and whether each is conditional."""
    planned: list[Step] = _part(plan, host)["steps"]
    mine = [entry for entry in context.journal if entry.plan == plan.get("digest")]
    left = [step for step in planned if not _is_told_done(step, mine)]
    # What came with other steps when the plan was made stands on its own from then on.
    return _remaining(left, observation, context, alone=True)


def needed(steps: Sequence[Step], observation: Observation, context: Context) -> list[Step]:
    """Return the steps that remain to be done, by the table above."""
    left = _remaining(steps, observation, context, alone=False)
    return [_with(step, step.only_with, left[step.id]) for step in steps if step.id in left]


def _remaining(
    steps: Sequence[Step], observation: Observation, context: Context, *, alone: bool
) -> dict[str, bool]:
    """Return the ids of the steps that remain, and whether each is conditional: the table above.

    alone: only_with counts for nothing.
    """
    stay: dict[str, bool] = {}
    stand_by: dict[str, Step] = {}
    names = set()
    for step in steps:
        now = _standing(step, observation, context)
        if now.ruled_out:
            continue
        again = any(other in stay for other in step.again_after)
        with_others = None if alone else step.only_with
        wanted = with_others is None or any(other in stay for other in with_others)
        if now.begun or (
            wanted and (again or not (now.idle or _is_done(step, observation, context)))
        ):
            stay[step.id] = now.conditional
            names.add(step.name)
        elif step.standby_for:
            stand_by[step.id] = step
    called = (i for i, step in stand_by.items() if names.intersection(step.standby_for))
    return {**stay, **dict.fromkeys(called, True)}


def _with(step: Step, only_with: list[str] | None, conditional: bool) -> Step:
    if (step.only_with, step.conditional) == (only_with, conditional):
        return step
    return replace(step, only_with=only_with, conditional=conditional)


class _Standing(NamedTuple):
    """What a step's own conditions say of whether it remains, done_when aside.

    idle: one of only_if certainly does not hold. conditional: not all of them do.
    """

    ruled_out: bool = False
    begun: bool = False
    idle: bool = False
    conditional: bool = False


def _standing(step: Step, observation: Observation, context: Context) -> _Standing:
    settings = [ref for ref in step.only_if if check_of(ref).about == "setting"]
    if any_fails(settings, observation, context):
        return _Standing(ruled_out=True)
    verdicts = evaluate_all(step.only_if, observation, context)
    return _Standing(
        begun=_is_begun(step, observation, context),
        idle=any(verdict.holds is False for verdict in verdicts),
        conditional=bool(unmet(verdicts)),
    )


def _is_begun(step: Step, observation: Observation, context: Context) -> bool:
    """Return whether a step is under way, has a result to take, or is with a person."""
    if _is_under_way(step, observation, context) or _is_to_collect(step, observation, context):
        return True
    # What was said of the machine before counts no more then: no reason to leave the step out.
    asked = step.by == "operator" and was_begun(step, context.journal)
    return asked and not _is_done(step, observation, context)


def return_step(plan: Plan, host: str) -> Step | None:
    """Return the step that gives a server back to its users, or None."""
    steps: list[Step] = _part(plan, host)["steps"]
    return next((step for step in reversed(steps) if step.returns_to_service), None)


def _part(plan: Plan, host: str) -> Mapping[str, Any]:
    part = plan["hosts"].get(host)
    if not isinstance(part, Mapping):
        raise PlanError(f"{host} is not in the plan; make a new plan that has it.")
    return part
