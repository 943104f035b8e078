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

from .actions import Path, action_of, effect_of, touched
from .checks import Verdict, all_hold, any_fails, check_of, evaluate, value_of
from .conditions import refusal
from .context import NO_CHANGE, Context
from .ft.observed import answers, managed
from .ft.system import COSERVERS, NODES
from .model import Finding, Ref, Step
from .observation import Observation

# What moves by itself once something was done.
_MOVES: Final = ("endurance", "power", "jobs", "installer", "ima", "sessions", "chains", "clock")
_NODES_MOVE: Final = ("job", "events", "error", "errors")
# Effects after which a node is something else altogether.
_SWITCHES: Final = frozenset({"switches_on", "switches_off", "shuts_down"})


@dataclass(frozen=True)
class Refusal:
    """A step that would be refused. for_ever: also if all before it goes well; else, as of now."""

    step: Step
    verdicts: list[Verdict]
    for_ever: bool


def refusals(
    steps: Sequence[Step],
    observation: Observation,
    people: Mapping[str, Any] | None = None,
    context: Context = NO_CHANGE,
) -> list[Refusal]:
    """Return the first step that would be refused as things are, and the first that ever would.

    people: an FT system's form, which says what a person is asked for at the time: what is unknown
    of it is no refusal.
    """
    found: list[Refusal] = []
    seen, acted = observation, False
    for step in steps:
        if _not_needed(step, seen, context):
            continue
        certain = not step["conditional"] and all_hold(step["only_if"], seen, context)
        verdicts = (_unmet(ref, seen, context, people, acted) for ref in step["interlocks"])
        unmet = [verdict for verdict in verdicts if verdict is not None]
        if certain and unmet and (acted or not found):
            found.append(Refusal(step, unmet, for_ever=acted))
            if acted:
                return found
        seen, acted = _after(step, seen), acted or action_of(step).changes
    return found


def _not_needed(step: Step, seen: Observation, context: Context) -> bool:
    done = bool(step["done_when"]) and all_hold(step["done_when"], seen, context)
    return done or any_fails(step["only_if"], seen, context)


def _unmet(
    ref: Ref, seen: Observation, context: Context, people: Mapping[str, Any] | None, acted: bool
) -> Verdict | None:
    """Return the verdict on an interlock that would refuse; None: it holds, or nobody can tell."""
    if check_of(ref).within_change or check_of(ref).probes:
        return None
    verdict = evaluate(ref, seen, context)
    unknown = verdict.holds is None or value_of(verdict).unproven
    if verdict.holds is True or (unknown and (acted or _asked(ref, people))):
        return None
    return verdict


def _asked(ref: Ref, people: Mapping[str, Any] | None) -> bool:
    """Return whether a person is asked for what a check reads, when the step comes."""
    if people is None:
        return False
    asks = check_of(ref).reads(ref.get("with", {})).get("nodes", ())
    parts = [people.get(name) for name in (*asks, "endurance")]
    words = [part for part in parts if isinstance(part, Mapping)]
    return any("operator" in (part.get("access"), part.get("driver")) for part in words)


def _after(step: Step, seen: Observation) -> Observation:
    """Return what can still be known when a step has gone well."""
    data = {key: value for key, value in seen.data.items() if key not in _MOVES}
    for path in touched(step):
        data = _without(data, path)
    if not action_of(step).changes:  # what was read stays, but for what moves while it waits
        kept = {key: seen.data[key] for key in _MOVES if key in seen.data}
        data = data if action_of(step).waits else {**kept, **data}
    elif isinstance(data.get("nodes"), Mapping):
        data["nodes"] = {name: _node(step, name, data["nodes"][name]) for name in data["nodes"]}
        _keep_pending(step, seen, data["nodes"])
    for ref in step["expect"]:
        data = _expected(ref, data)
    return replace(seen, data=data)


def _keep_pending(step: Step, seen: Observation, nodes: dict[str, Any]) -> None:
    """A restart that is pending stays so, whatever else is done: only that node's own ends it.

    The FTvirtual Server's may come with that of a CoServer.
    """
    for name in NODES:
        before, after = seen.data["nodes"].get(name), nodes.get(name)
        own = name != step["target"] and name in COSERVERS
        if isinstance(before, Mapping) and before.get("restart_pending") is True and after:
            after["restart_pending"] = own or action_of(step).installs or None


def _node(step: Step, name: str, record: Any) -> dict[str, Any]:
    """Return a node's record after a step: one that is silent may come up, and is read anew.

    So may one whose WMI fails; what it is doing a person says at the time.
    """
    switched = effect_of(step) in _SWITCHES and name == step["target"]
    if not isinstance(record, Mapping) or switched:
        return {}
    if answers(record) is not None and not managed(record):
        return {}
    return {key: value for key, value in record.items() if key not in _NODES_MOVE}


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


def foreseen(found: Iterable[Refusal]) -> list[Finding]:
    """Return the findings on a plan: a blocker where it can never be carried out."""
    return [_finding(refused) for refused in found]


def _finding(refused: Refusal) -> Finding:
    step = refused.step
    evidence = [f"{step['id']}: {refusal([verdict])['en']}" for verdict in refused.verdicts]
    if refused.for_ever:
        return {
            "id": "cannot_be_carried_out",
            "item": None,
            "clause": list(step["clause"]),
            "severity": "blocker",
            "title": {
                "en": f"The plan would stop in its middle: step {step['id']} would be refused",
                "ja": f"計画は途中で停止する: 手順 {step['id']} は実施できない",
            },
            "evidence": evidence,
            "remedy": {
                "en": "No step before it changes that. Settle it, or correct the inventory (the "
                "order of legacyops_ft_system.fix.steps), and plan again.",
                "ja": "前の手順では解消されません。原因を解消するか、インベントリ"
                "(legacyops_ft_system.fix.steps の順序)を訂正し、計画を作り直してください。",
            },
        }
    return {
        "id": "refused_as_things_are",
        "item": None,
        "clause": list(step["clause"]),
        "severity": "warning",
        "title": {
            "en": f"As things are, step {step['id']} would be refused",
            "ja": f"現状では手順 {step['id']} は実施できない",
        },
        "evidence": evidence,
        "remedy": {
            "en": "No step before it changes that. See that it holds before the window, and assess "
            "again.",
            "ja": "前の手順では解消されません。作業時間帯の前に条件を満たし、"
            "再度 assess を実行してください。",
        },
    }
