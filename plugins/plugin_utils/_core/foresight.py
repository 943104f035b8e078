# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Can a plan be carried out? Its own steps, walked through the conditions that can be foreseen.

What a step changes by its nature (its action's touches) is unknown from then on, and so is what
changes by itself. So what certainly fails after that fails in the window too, however well the
steps before went: nothing in the plan changes it. Before the first step that changes anything, what
was read is what that step will find, unless somebody settles it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from .actions import Path, action_of, touched
from .checks import Verdict, all_hold, any_fails, check_of, evaluate, value_of
from .conditions import refusal
from .context import NO_CHANGE, Context
from .kinds import kind_of
from .model import Ref
from .observation import Observation
from .records import Finding, Step

# What moves by itself once something was done.
_MOVES: Final = ("jobs", "installer", "ima", "sessions", "chains", "clock")

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Refusal:
    """A step that would be refused. for_ever: also if all before it goes well; else, as of now."""

    step: Step
    verdicts: list[Verdict]
    for_ever: bool


def refusals(
    steps: Sequence[Step],
    observation: Observation,
    settings: Settings,
    context: Context = NO_CHANGE,
) -> list[Refusal]:
    """Return the first step that would be refused as things are, and the first that ever would.

    settings: those of the host, which say what a person is asked for at the time: what is unknown
    of it is no refusal.
    """
    found: list[Refusal] = []
    seen, acted, fetched = observation, False, False
    for step in steps:
        if _not_needed(step, seen, context):
            continue
        certain = not step.conditional and all_hold(step.only_if, seen, context)
        if certain and (acted or not found):
            verdicts = (_unmet(ref, seen, context, settings, acted) for ref in step.interlocks)
            unmet = [v for v in verdicts if v is not None and not (fetched and _of_a_file(v))]
            if unmet:
                found.append(Refusal(step, unmet, for_ever=acted))
                if acted:
                    return found
        seen, acted = _after(step, seen, settings), acted or action_of(step).changes
        fetched = fetched or action_of(step).fetches
    return found


def _of_a_file(verdict: Verdict) -> bool:
    """Return whether what is unknown is of a file, which a step before may bring."""
    ref = verdict.ref
    return verdict.holds is None and "files" in check_of(ref).reads(ref.get("with", {}))


def _not_needed(step: Step, seen: Observation, context: Context) -> bool:
    done = bool(step.done_when) and all_hold(step.done_when, seen, context)
    return done or any_fails(step.only_if, seen, context)


def _unmet(
    ref: Ref, seen: Observation, context: Context, settings: Settings, acted: bool
) -> Verdict | None:
    """Return the verdict on an interlock that would refuse; None: it holds, or nobody can tell."""
    if check_of(ref).within_change or check_of(ref).probes:
        return None
    verdict = evaluate(ref, seen, context)
    unknown = verdict.holds is None or value_of(verdict).unproven
    if verdict.holds is True or (unknown and (acted or _is_asked(ref, settings))):
        return None
    return verdict


def _is_asked(ref: Ref, settings: Settings) -> bool:
    """Return whether a person is asked for what a check reads, when the step comes."""
    kind, parts = kind_of(settings), check_of(ref).reads(ref.get("with", {})).get("nodes", ())
    return kind.is_asked(kind.form(settings), parts)


def _after(step: Step, seen: Observation, settings: Settings) -> Observation:
    """Return what can still be known when a step has gone well."""
    kind = kind_of(settings)
    moves = (*_MOVES, *kind.moves)
    data = {key: value for key, value in seen.data.items() if key not in moves}
    for path in touched(step):
        data = _without(data, path)
    if action_of(step).changes:
        data = kind.after(step, seen.data, data)
    elif not action_of(step).waits:  # what was read stays
        data = {**{key: seen.data[key] for key in moves if key in seen.data}, **data}
    for ref in step.expect:
        data = _expected(ref, data)
    return replace(seen, data=data)


def _expected(ref: Ref, data: dict[str, Any]) -> dict[str, Any]:
    """Return data with what a step is expected to bring about, where that is one thing."""
    value = check_of(ref).value(ref.get("is"))
    if value is None or value.shows is None:
        return data
    shown = value.shows(ref.get("with", {})).items()
    return {**data, **{part: {**(data.get(part) or {}), **members} for part, members in shown}}


def _without(value: Any, path: Path) -> Any:
    """Return a copy of data without a place; * is any member."""
    if not isinstance(value, Mapping) or not path:
        return value
    first, rest = path[0], path[1:]
    kept = {}
    for key, member in value.items():
        if first not in ("*", key):
            kept[key] = member
        elif rest:
            kept[key] = _without(member, rest)
    return kept


def foreseen(found: Iterable[Refusal], settings: Settings) -> list[Finding]:
    """Return the findings on a plan: a blocker where it can never be carried out."""
    order = kind_of(settings).order_setting
    return [_finding(refused, order) for refused in found]


def _finding(refused: Refusal, order: str) -> Finding:
    """Return the finding on a step. order: the setting that gives the order of steps, or empty."""
    step = refused.step
    evidence = [f"{step.id}: {refusal([verdict])['en']}" for verdict in refused.verdicts]
    if refused.for_ever:
        return Finding(
            id="cannot_be_carried_out",
            item=None,
            clause=list(step.clause),
            severity="blocker",
            title={
                "en": f"The plan would stop in its middle: step {step.id} would be refused",
                "ja": f"計画は途中で停止する: 手順 {step.id} は実施できない",
            },
            evidence=evidence,
            remedy={
                "en": "No step before it changes that. Settle it, or correct the inventory"
                f"{order and f' (the order of {order})'}, and plan again.",
                "ja": "前の手順では解消されません。原因を解消するか、インベントリ"
                f"{order and f'({order} の順序)'}を訂正し、計画を作り直してください。",
            },
        )
    return Finding(
        id="refused_as_things_are",
        item=None,
        clause=list(step.clause),
        severity="warning",
        title={
            "en": f"As things are, step {step.id} would be refused",
            "ja": f"現状では手順 {step.id} は実施できない",
        },
        evidence=evidence,
        remedy={
            "en": "No step before it changes that. See that it holds before the window, and assess "
            "again.",
            "ja": "前の手順では解消されません。作業時間帯の前に条件を満たし、"
            "再度 assess を実行してください。",
        },
    )
