# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a whole change: all hosts in their order; made, compared and verified."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from ..actions import ACTIONS, takes_out, wrong_arguments
from ..brakes import missing_brakes
from ..checks import (
    CHECKS,
)
from ..conditions import condition
from ..context import silos_of
from ..digest import digest
from ..model import CoreError
from ..order import PlanError, collects, leads, short_of, waves
from ..records import Finding, RecordError, Step
from ..settings import KNOWN_SETTINGS
from .file import KINDS, head_of, loaded, part_loaded, plain_head, written
from .host import (
    NOT_PLANNED,
    HostPlan,
    Outside,
)
from .steps import (
    refs_of,
)

FORMAT: Final = 5


def _behind_their_collectors(ordered: Sequence[HostPlan]) -> list[HostPlan]:
    """Leave servers alone that would be patched before a collector of theirs that is left alone.

    Whichever has the newest IMA wins the election of its zone.
    """
    blocked = [p for p in ordered if p.blocked and collects(p.server())]
    result = []
    for plan in ordered:
        first = [p.host for p in blocked if leads(p.server(), plan.server())]
        patches = any(takes_out(step.action, step.arguments) for step in plan.steps)
        result.append(plan.left_alone(_overtakes(first)) if first and patches else plan)
    return result


def _overtakes(first: Sequence[str]) -> Finding:
    return Finding(
        id="farm_order",
        item=None,
        clause=[],
        severity="blocker",
        title={
            "en": "It comes after a data collector of its zone that is left alone",
            "ja": "先に適用すべき同じゾーンのデータコレクターが対象から外れている",
        },
        evidence=[f"{', '.join(first)} must have the hotfixes first: the newest IMA wins the zone"],
        remedy={
            "en": "Resolve what blocks the collector, and plan again.",
            "ja": "データコレクターの阻害要因を解消し、計画を作り直してください。",
        },
    )


def _cannot_be_spared(why: str) -> Finding:
    return Finding(
        id="silo_capacity",
        item=None,
        clause=[],
        severity="blocker",
        title={
            "en": "Its silo cannot spare it: too few other servers take users",
            "ja": "サイロ内でサービス中の他のサーバーが不足しているため停止できない",
        },
        evidence=[why],
        remedy={
            "en": "Bring the others back into service, or lower "
            "legacyops_minimum_capacity_percent, and plan again.",
            "ja": "他のサーバーを復旧するか、legacyops_minimum_capacity_percent を下げてから、"
            "計画を作り直してください。",
        },
    )


def make_plan(
    host_plans: Sequence[HostPlan],
    settings_common: Mapping[str, Any],
    *,
    change: str,
    created: str,
    outside: Sequence[Outside] = (),
) -> dict[str, Any]:
    """Return the plan file of all servers. Raises PlanError where no order satisfies the site.

    change: the id of the change that it is the plan of. created: ISO 8601 UTC. outside: the servers
    of the inventory that are not in the run; those of its farms count for order and capacity.
    """
    names = [plan.host for plan in host_plans]
    if len(set(names)) != len(names):
        raise PlanError("A server is there twice; plan each one once.")
    by_id = {plan.advisory["id"]: dict(plan.advisory) for plan in host_plans}
    ordered = sorted(host_plans, key=lambda plan: plan.host)
    ordered = _behind_their_collectors(ordered)
    farms = {p.server().farm for p in ordered if p.server().in_silo}
    others = sorted((o for o in outside if o.server.farm in farms), key=lambda o: o.server.name)
    everybody = [plan.server() for plan in ordered] + [each.server for each in others]
    short = short_of(everybody)
    ordered = [
        p.left_alone(_cannot_be_spared(short[p.host])) if p.host in short else p for p in ordered
    ]
    everybody = [plan.server() for plan in ordered] + [each.server for each in others]
    common = {
        name: value
        for name, value in settings_common.items()
        if name in KNOWN_SETTINGS and name not in NOT_PLANNED
    }
    plan: dict[str, Any] = {
        "format": FORMAT,
        "change": change,
        "created": created,
        "advisories": [by_id[name] for name in sorted(by_id)],
        "settings_common": json.loads(json.dumps(common)),
        "waves": waves(everybody, _batches(ordered)),
        "hosts": {plan.host: plan.to_dict() for plan in ordered},
        "outside": {each.server.name: each.to_dict() for each in others},
    }
    for host, silo in silos_of(plan).items():
        plan["hosts"][host]["silo"] = silo
    document = written(plan)
    return {**loaded(document), "digest": _digest(document)}


def _batches(host_plans: Sequence[HostPlan]) -> list[int | str]:
    """Return the batches of the change. Raises PlanError where the hosts do not agree."""
    for name in ("batches", "soak_minutes"):
        if len({json.dumps(plan.settings[name]) for plan in host_plans}) > 1:
            raise PlanError(
                f"legacyops_{name} differs from host to host, but is one for the whole change: "
                "set it once, for all."
            )
    return list(host_plans[0].settings["batches"]) if host_plans else []


def plan_digest(plan: Mapping[str, Any]) -> str:
    """Return the digest of a plan: over its head, and so over all that is in its files."""
    return _digest(written(plan))


def _digest(document: Mapping[str, Any]) -> str:
    return digest({key: value for key, value in head_of(document).items() if key != "digest"})


def same_plan(one: Any, other: Any) -> bool:
    """Return whether a plan made anew says what the one before says.

    Not compared: when it was made, and what findings only inform of or give as evidence, which
    changes by itself (who is logged on). What matters of it is in the facts and in the steps.
    """
    return bool(_lasting(one) == _lasting(other))


def _lasting(plan: Any) -> Any:
    if not isinstance(plan, Mapping) or not isinstance(plan.get("hosts"), Mapping):
        return plan
    lasting = {key: value for key, value in plan.items() if key not in ("created", "digest")}
    lasting["hosts"] = {
        host: {
            **part,
            "findings": [
                replace(finding, evidence=[])
                for finding in part["findings"]
                if finding.severity in ("blocker", "warning")
            ],
        }
        for host, part in plan["hosts"].items()
    }
    return lasting


_AGAIN: Final = "make a new plan"
_WRONG: Final = (AttributeError, CoreError, KeyError, RecursionError, TypeError, ValueError)


def read_plan(document: Any) -> dict[str, Any]:
    """Return the plan of a document (file.written).

    Raises PlanError unless it is whole, unaltered and of a form we know.
    """
    parts = document.get("parts") if isinstance(document, Mapping) else None
    every: Mapping[str, Any] = parts if isinstance(parts, Mapping) else {}
    head = read_head(document, every.get("index"))
    with _of_its_form("The plan file"):
        plan = plain_head(head)
        for kind in KINDS:
            plan[kind] = {
                host: read_part(head, kind, host, every[kind][host], every["common"])
                for host in head[kind]
            }
        silos = {host: part["silo"] for host, part in plan["hosts"].items()}
        if silos != silos_of(plan) or written(plan) != document:
            raise PlanError(f"The plan was altered after it was made; {_AGAIN}.")
    return plan


def read_head(document: Any, index: Any, index_digest: str | None = None) -> dict[str, Any]:
    """Return the head of a plan with its index: all but the parts, of which it has the digests.

    index_digest: what the bytes that the index was read from have, if it was read from any. Raises
    PlanError unless both are unaltered and of a form we know.
    """
    if not isinstance(document, Mapping) or document.get("format") != FORMAT:
        raise PlanError(f"This is no plan file of format {FORMAT}; {_AGAIN}.")
    with _of_its_form("The plan file"):
        head = head_of(document)
        found = (_digest(head), index_digest or digest(index))
        if (head["digest"], head["index"]) != found:
            raise PlanError(f"The plan was altered after it was made; {_AGAIN}.")
        head |= index
        planned = [host for wave in head["waves"] for host in wave]
        if len(set(planned)) != len(planned) or not set(planned) <= head["hosts"].keys():
            raise PlanError(f"The plan's waves do not name each server with steps once; {_AGAIN}.")
    return head


def read_part(head: Mapping[str, Any], kind: str, host: str, part: Any, common: Any) -> Any:
    """Return one host's part of the plan that has this head.

    kind: hosts, or outside. common: what many parts have. Raises PlanError unless both are those
    of the plan, and the steps of a form we know.
    """
    with _of_its_form(f"The part of {host} in the plan"):
        if (head["common"], head[kind][host]) != (digest(common), digest(part)):
            raise PlanError(
                f"The part of {host} is missing, was altered after the plan was made, or is that "
                f"of another plan; {_AGAIN}."
            )
        full = part_loaded(kind, host, part, common)
        if kind == "hosts":
            _verify_host(head, host, full)
    return full


@contextmanager
def _of_its_form(what: str) -> Iterator[None]:
    """Raises PlanError: what is read within the block is not of its form."""
    try:
        yield
    except PlanError:
        raise
    except _WRONG as error:
        raise PlanError(f"{what} {_why(error)}") from error


def _why(error: Exception) -> str:
    """Return what is wrong with a file that is not of its form, as the end of a sentence."""
    if isinstance(error, RecordError):
        return f"is not of its form: {error} M{_AGAIN[1:]}."
    return f"is incomplete ({error!r}); {_AGAIN}."


def _verify_host(head: Mapping[str, Any], host: str, part: Mapping[str, Any]) -> None:
    if bool(part["steps"]) != any(host in wave for wave in head["waves"]):
        raise PlanError(f"The plan's waves do not name each server with steps once; {_AGAIN}.")
    for step in part["steps"]:
        _verify_step(host, step, part["settings"])


def _verify_step(host: str, step: Step, settings: Mapping[str, Any]) -> None:
    where = f"Step {step.id} of {host}"
    if step.host != host:
        raise PlanError(f"{where} is for {step.host}; make a new plan.")
    if step.action not in ACTIONS:
        raise PlanError(f"{where} has an unknown action; make a new plan.")
    wrong = wrong_arguments(step.action, step.arguments)
    if wrong:
        raise PlanError(f"{where}: {wrong[0]}; make a new plan.")
    for ref in refs_of(step):
        if ref["check"] not in CHECKS:
            raise PlanError(f"{where} has an unknown check {ref['check']}; make a new plan.")
    missing = missing_brakes(step.interlocks, step.without_brakes, settings)
    if missing:
        raise PlanError(
            f"{where} does not ask whether {condition(missing[0])['en']}, and gives no reason; "
            "make a new plan."
        )
