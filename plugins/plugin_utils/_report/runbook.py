# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The runbook: the plan as a checklist on paper, for the night on which the computers fail.

Each step says where, what, what should be seen, what to do otherwise, how long, the way back and
whom to call. The clauses' words are the notice's own. A person counts the steps from 1 on; what
names a step everywhere else is its id, whose number (that of the plan) stands beside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from .._core.actions import answers_to, effect_of
from .._core.checks import check_of
from .._core.conditions import conditions
from .._core.kind import Kind
from .._core.kinds import kind_of, title
from .._core.model import Text
from .._core.records import Finding, Step
from .._core.window import to_rest
from .expected import expected, starts, waits
from .history import machine
from .texts import same, text, tidy, when

Record = dict[str, Any]
FORMAT: Final = 1
_NO_TIME: Final = datetime.fromtimestamp(0, UTC)
# Blank rows of the owner's check where the inventory lists none.
_BLANK_CHECKS: Final = 4


@dataclass(frozen=True)
class Place:
    """What the inventory says besides the plan; all of it may be missing.

    chassis: {label, serial}; of a system of several machines by the machine.
    contacts: role → whom to call.
    acceptance: what the owner of the applications checks, one text each.
    """

    chassis: Mapping[str, Any] = field(default_factory=dict)
    contacts: Mapping[str, Any] = field(default_factory=dict)
    acceptance: Sequence[Any] = ()


def build_runbook(
    change: str,
    plan: Mapping[str, Any],
    advisories: Mapping[str, Any],
    places: Mapping[str, Place],
    approval: Mapping[str, Any] | None = None,
    window: Mapping[str, str] | None = None,
) -> Record:
    """Return the runbook of a plan as JSON; every text is inert.

    advisories: id → {title, clauses}, as in Sources.
    approval: the approval's file; of another plan, or None: there is a line to sign on.
    window: start and end, ISO 8601; None: there is a line to write on.
    """
    approved = approval if approval and approval.get("digest") == plan["digest"] else {}
    queued = [host for wave in plan["waves"] for host in wave]
    begin = starts(plan, (window and when(window["start"])) or _NO_TIME)
    waves = {host: number for number, wave in enumerate(plan["waves"], 1) for host in wave}
    runbook = {
        "format": FORMAT,
        "change": change,
        "plan": plan["digest"],
        "form": form_name(plan),
        "planned": plan["created"],
        "approved_by": approved.get("approved_by"),
        "approved_at": approved.get("approved_at"),
        "window": None if window is None else {key: window[key] for key in ("start", "end")},
        "advisories": [
            {**each, "title": same(advisories.get(each["id"], {}).get("title", each["id"]))}
            for each in plan["advisories"]
        ],
        "systems": [
            {
                "host": host,
                "wave": waves[host],
                "expected": expected(plan["hosts"][host]["steps"], begin[host]),
                **_system(plan["hosts"][host], advisories, places.get(host, Place())),
            }
            for host in queued
        ],
        "left_alone": [
            {"host": host, "why": same(entry["blocked"])}
            for host, entry in sorted(plan["hosts"].items())
            if entry["blocked"]
        ],
    }  # fmt: skip
    tidied: Record = tidy(runbook)
    return tidied


def form_name(plan: Mapping[str, Any]) -> str:
    """Return the file name of a plan's results form; that of another plan is another file."""
    return f"runbook-results-{plan['digest'].partition(':')[2][:8]}.yml"


def _system(entry: Mapping[str, Any], advisories: Mapping[str, Any], place: Place) -> Record:
    clauses = advisories.get(entry["advisory"], {}).get("clauses", {})
    kind = kind_of(entry["settings"])
    form = kind.form(entry["settings"]) or {}
    contacts = {**(form.get("contacts") or {}), **place.contacts}
    checks = [same(each) for each in place.acceptance]
    steps = entry["steps"]
    quoted: dict[str, int] = {}
    return {
        "kind": kind.name,
        "machines": bool(kind.machines),
        "cases": [each for each in found(entry["findings"]) if each["case"]],
        "start": [each for each in found(entry["findings"]) if not each["case"]],
        "persons": sum(step.by == "operator" for step in steps),
        "seconds": _in_all(steps),
        "model": form.get("model"),
        "contacts": {str(role): str(who) for role, who in contacts.items()},
        "units": _units(kind, form, place.chassis),
        "steps": [
            {
                "n": n,
                **_step(step, form, place, contacts),
                "words": list(_words(step, n, clauses, quoted)),
                "otherwise": _otherwise(step, kind),
                "rest": _rest(steps, n),
            }
            for n, step in enumerate(steps, 1)
        ],
        "acceptance": checks or [text("", "")] * _BLANK_CHECKS,
    }


def found(findings: Sequence[Finding]) -> list[Record]:
    """Return what was found before the plan; case: it says which of the notice's cases this is."""
    return [
        {
            "case": each.is_case,
            "severity": each.severity,
            "title": each.title,
            "item": each.item,
            "clause": each.clause,
        }
        for each in findings
    ]


def _in_all(steps: Sequence[Step]) -> Record:
    return {key: sum(step.seconds[key] for step in steps) for key in ("expected", "longest")}


def _rest(steps: Sequence[Step], n: int) -> Record:
    """Return how long it is from the n-th step's beginning until stopping is safe, and where."""
    stretch = to_rest(steps[n - 1 :])
    return {"n": n - 1 + len(stretch), **_in_all(stretch)}


def _words(
    step: Step, n: int, clauses: Mapping[str, Any], quoted: dict[str, int]
) -> Iterator[Record]:
    """Yield the clauses of a step, each with its words where it is cited first.

    quoted: clause → the step that it was quoted at, on this system. at: that step, later on.
    """
    ours = {str(each["clause"]): each for each in step.instruction if each["clause"]}
    for clause in step.clause:
        words = clauses.get(clause) or ours.get(clause)
        if words is not None:
            at = quoted.setdefault(clause, n)
            yield {"clause": clause, "at": at if at != n else None, **same(words)}


def _otherwise(step: Step, kind: Kind) -> str | None:
    """Return what a person must not do where a step shows something else; None: nothing special.

    Whoever presses the button in a step cannot be told to leave it alone.
    """
    if step.interruptible:
        return None
    if not kind.machines:
        return "wait_for_it"
    presses = effect_of(step) in ("switches_on", "switches_off")
    return "keep_the_power" if presses else "do_not_touch"


def _look_first(step: Step) -> list[Text]:
    """Return what a person can see of a step's interlocks, at a screen or at Endurance's board."""
    return conditions(ref for ref in step.interlocks if check_of(ref).seen_at)


def _units(kind: Kind, form: Mapping[str, Any], chassis: Mapping[str, Any]) -> list[Record]:
    """Return the machines that a person stands in front of, with what is written on them."""
    if not kind.machines:
        return [{"node": None, "name": None, "computer": None, **_marks(chassis)}]
    return [
        {
            "node": node,
            "name": title(node),
            "computer": (form.get(node) or {}).get("name"),
            **_marks(chassis.get(node)),
        }
        for node in kind.machines
    ]


def _marks(chassis: Any) -> Record:
    marks = chassis if isinstance(chassis, Mapping) else {}
    return {key: str(marks[key]) if marks.get(key) else None for key in ("label", "serial")}


def _step(
    step: Step,
    form: Mapping[str, Any],
    place: Place,
    contacts: Mapping[str, Any],
) -> Record:
    node = step.node
    chassis = place.chassis if not form else place.chassis.get(str(node), {})
    told = [each for each in step.instruction if each["clause"] is None]
    return {
        "id": step.id,
        "number": step.id.partition("-")[0],
        "item": step.item,
        "clause": list(step.clause),
        "our_reading": step.our_reading,
        "title": step.title,
        "reason": step.reason,
        "changes": step.changes,
        "machine": machine(step),
        "computer": (form.get(node) or {}).get("name") if node else None,
        **_marks(chassis),
        "by": step.by,
        "person": step.by == "operator",
        "waits": waits(step),
        "only_if": conditions(step.only_if) if step.conditional else [],
        "told": [{"en": each["en"], "ja": each["ja"]} for each in told],
        "look_first": _look_first(step),
        "files": _files(step.arguments),
        "expect": conditions(step.expect),
        "seconds": step.seconds,
        "rollback": step.rollback,
        "point_of_no_return": step.point_of_no_return,
        "resting_point": step.resting_point,
        "contact": step.contact or contacts.get("operator"),
        "may_be_seen": list(answers_to(step).choices),
    }


def _files(arguments: Mapping[str, Any]) -> list[Record]:
    """Return the file that a step needs, with the hash that it must have."""
    path = arguments.get("package") or arguments.get("path") or arguments.get("source")
    return [{"path": path, "sha256": arguments["sha256"]}] if arguments.get("sha256") else []
