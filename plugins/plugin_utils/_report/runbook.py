# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The runbook: the plan as a checklist on paper, for the night on which the computers fail.

Each step says where, what, what should be seen, what to do otherwise, how long, the way back and
whom to call. The clauses' words are the notice's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from .._core.actions import answers_to
from .._core.conditions import conditions
from .._core.kind import Kind
from .._core.kinds import kind_of, title
from .._core.records import Step
from .history import machine
from .texts import same, text, tidy

Record = dict[str, Any]
FORMAT: Final = 1
# Blank rows of the owner's check where the inventory lists none.
_BLANK_CHECKS: Final = 4
# Of the form: the names of its lists.
_RESULTS: Final = ("done", "not_needed", "failed")


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
) -> Record:
    """Return the runbook of a plan as JSON; every text is inert.

    advisories: id → {title, clauses}, as in Sources.
    """
    queued = [host for wave in plan["waves"] for host in wave]
    waves = {host: number for number, wave in enumerate(plan["waves"], 1) for host in wave}
    runbook = {
        "format": FORMAT,
        "change": change,
        "plan": plan["digest"],
        "form": form_name(plan),
        "planned": plan["created"],
        "advisories": [
            {**each, "title": same(advisories.get(each["id"], {}).get("title", each["id"]))}
            for each in plan["advisories"]
        ],
        "systems": [
            {"host": host, "wave": waves[host], **_system(plan["hosts"][host], advisories,
                                                          places.get(host, Place()))}
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
    return {
        "kind": kind.name,
        "model": form.get("model"),
        "contacts": {str(role): str(who) for role, who in contacts.items()},
        "units": _units(kind, form, place.chassis),
        "steps": [_step(step, form, clauses, place, contacts) for step in entry["steps"]],
        "acceptance": checks or [text("", "")] * _BLANK_CHECKS,
    }


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
    clauses: Mapping[str, Any],
    place: Place,
    contacts: Mapping[str, Any],
) -> Record:
    node = step.node
    chassis = place.chassis if not form else place.chassis.get(str(node), {})
    words = [
        {"clause": clause, **same(clauses[clause])} for clause in step.clause if clause in clauses
    ]
    told = [each for each in step.instruction if each["clause"] is None]
    return {
        "id": step.id,
        "number": step.id.partition("-")[0],
        "item": step.item,
        "clause": list(step.clause),
        "title": step.title,
        "reason": step.reason,
        "changes": step.changes,
        "machine": machine(step),
        "computer": (form.get(node) or {}).get("name") if node else None,
        **_marks(chassis),
        "by": step.by,
        "person": step.by == "operator",
        "only_if": conditions(step.only_if) if step.conditional else [],
        "words": words or [{**each} for each in step.instruction if each["clause"]],
        "told": [{"en": each["en"], "ja": each["ja"]} for each in told],
        "files": _files(step.arguments),
        "expect": conditions(step.expect),
        "seconds": step.seconds,
        "interruptible": step.interruptible,
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
