# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of an advisory's procedures, its settings filled in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ..actions import ACTIONS, same_act, takes_out
from ..advisory import Advisory, inputs
from ..brakes import braked
from ..checks import (
    check_of,
    request_for,
)
from ..context import Context
from ..findings import (
    Scope,
    choose,
    each,
    filled,
    resolve,
    scope_of,
)
from ..kinds import form_of, kind_of
from ..model import CONDITIONS, Ref, Text
from ..observation import Observation, Request, merge_requests
from ..order import PlanError
from ..records import Step
from ..settings import LOOPS


def possible_procedures(advisory: Advisory, scope: Scope) -> list[str]:
    """Return the procedures that an observation of a host may lead to."""
    if "branches" not in advisory.data:
        return [scope["remedy"]]
    names = [branch.get("procedure") for branch in advisory.data["branches"]]
    return list(dict.fromkeys(name for name in names if name))


def chosen_procedure(
    advisory: Advisory, scope: Scope, observation: Observation, context: Context
) -> str | None:
    """Return the procedure to take, by the settings or by the branch that is observed."""
    if "branches" not in advisory.data:
        return str(scope["remedy"])
    branch, _verdicts = choose(advisory, scope, observation, context)
    return (branch or {}).get("procedure")


def steps_like(
    advisory: Advisory, settings: Mapping[str, Any], action: str, arguments: Mapping[str, Any]
) -> list[Step]:
    """Return the steps of an advisory's procedures that do the same to the same.

    For a module that somebody calls by hand: their interlocks are what it must meet, too.
    arguments: those of the module; a step's deadline, package and switches don't tell it apart.
    """
    scope = scope_of(advisory, settings)
    found: dict[str, Step] = {}
    for procedure in possible_procedures(advisory, scope):
        for step in all_steps(advisory, procedure, scope, "-"):
            if same_act(step, action, arguments):
                found.setdefault(json.dumps(step.interlocks, sort_keys=True), step)
    return list(found.values())


def step_request(step: Step, *, probe: bool = True) -> Request:
    """Return the observation that a step's conditions need, before and after it.

    probe=False (check mode): without what makes the host build a chain.
    """
    return request_for(refs_of(step), probe=probe)


def part_request(part: Mapping[str, Any]) -> Request:
    """Return the observation that a host's part of the plan needs, by what it was made and is done.

    Without what makes the host build a chain: that is for the step which asks for it.
    """
    steps = (step_request(step, probe=False) for step in part["steps"])
    return merge_requests([part["request"], *steps])


def refs_of(step: Step) -> list[Ref]:
    return [ref for key in CONDITIONS for ref in getattr(step, key)]


Named = tuple[str, Scope, list[str], bool]  # name, scope, the clauses cited here, our reading


def all_steps(advisory: Advisory, procedure: str, scope: Scope, host: str) -> list[Step]:
    """Return every step of a procedure, whether needed or not, numbered in order."""
    procedures = advisory.data["procedures"]
    if procedure not in procedures:
        known = ", ".join(sorted(procedures))
        raise PlanError(f"legacyops_remedy is {procedure!r}; {advisory.id} has {known}.")
    named: list[Named] = []
    for entry in procedures[procedure]["steps"]:
        scopes = list(each(entry["for_each"], scope)) if "for_each" in entry else [scope]
        for inner in scopes:
            named += [
                (e["step"], inner, e["clause"], e.get("our_reading", False))
                for e in entry.get("steps", [entry])
            ]
    part = procedures[procedure]["part"]
    ids = [f"{number:02d}-{step}" for number, (step, *_about) in enumerate(named, 1)]
    return [
        _step(advisory, host, ids[i], named[i], list(zip(ids[:i], named[:i], strict=True)), part)
        for i in range(len(named))
    ]


def _step(
    advisory: Advisory,
    host: str,
    step_id: str,
    named: Named,
    before: list[tuple[str, Named]],
    part: str,
) -> Step:
    name, scope, cited, our_reading = named
    data = advisory.data["steps"][name]
    own = scope[inputs.LOOPS_SCOPE]
    item = next((scope[loop] for loop in (*LOOPS, *own) if loop in scope), None)
    # Packages of a list stand each for itself; the steps of an order hang together.
    loop = next((name for name in ("hotfix", *own) if name in scope), "")

    def earlier(names: Sequence[str]) -> list[str]:
        """Return the ids of earlier steps: of the same package where both are about one."""
        return [
            other_id
            for other_id, (other, other_scope, *_about) in before
            if other in names and (not loop or other_scope.get(loop) in (None, scope[loop]))
        ]

    refs = {key: filled(advisory, data.get(key, []), scope, part) for key in CONDITIONS}
    arguments = resolve(data.get("arguments", {}), scope)
    if kind_of(scope).shares_users and takes_out(data["action"], arguments):
        refs["interlocks"] += _spared(refs["interlocks"], scope)
    form = form_of(scope)
    without = data.get("without_brakes", {})
    refs["interlocks"] = braked(refs["interlocks"], without, scope)
    node = ACTIONS[data["action"]].node_of(arguments)
    return Step(
        id=step_id,
        name=name,
        item=str(item["id"]) if item else None,
        clause=list(cited),
        our_reading=our_reading,
        title=data["title"],
        reason=data["reason"],
        host=host,
        action=data["action"],
        arguments={k: v for k, v in arguments.items() if v is not None},
        node=node,
        by=ACTIONS[data["action"]].done_by(form or {}, arguments),
        contact=resolve(data.get("contact"), scope),
        instruction=_instruction(advisory, data, cited, str(node)),
        **refs,
        without_brakes=dict(without),
        conditional=False,
        only_with=earlier(data["only_with"]) if "only_with" in data else None,
        again_after=earlier(data.get("again_after", [])),
        standby_for=list(data.get("standby_for", [])),
        changes=data["changes"],
        departure=_departure(data.get("departures", {}), arguments),
        resting_point=data.get("resting_point", False),
        interruptible=ACTIONS[data["action"]].interruptible,
        seconds=resolve(data["seconds"], scope),
        rollback=data["rollback"],
        point_of_no_return=data.get("point_of_no_return", False),
        on_refusal=data.get("on_refusal", "stop"),
        on_failure=data.get("on_failure", "stop"),
        returns_to_service=data.get("returns_to_service", False),
    )


def _departure(texts: Mapping[str, Any], arguments: Mapping[str, Any]) -> Text | None:
    """Return what a step does otherwise than its notice says, as the site has chosen; or None."""
    found = (values.get(str(arguments.get(argument))) for argument, values in texts.items())
    return next((text for text in found if text is not None), None)


def _spared(interlocks: Sequence[Ref], scope: Scope) -> list[Ref]:
    """Return the interlock of a step that takes a server out, where its notice has none.

    The notice may ask for more: for that a server in mid-procedure goes back to its users.
    """
    if any(check_of(ref).silo for ref in interlocks):
        return []
    arguments = {"single_server_silo": scope["single_server_silo"], "only_if_serving": True}
    minimum = scope["minimum_capacity_percent"]
    name = "capacity_while_serving"
    return [{"check": "capacity_percent", "with": arguments, "at_least": minimum, "name": name}]


def _instruction(
    advisory: Advisory, data: Mapping[str, Any], cited: Sequence[str], node: str
) -> list[dict[str, Any]]:
    """Return what a person is told: what this step is and is not, then the notice's words.

    The notice's words may speak of more than the step, or of the other node: what is
    to be done, and on which machine, comes first. Empty where the step has no instruction: then
    nobody but the collection carries it out.
    """
    if "instruction" not in data:
        return []
    words = [{"clause": clause, **advisory.data["clauses"][clause]} for clause in cited]
    called = advisory.data["subjects"].get(node, {})
    ours = {
        language: text.replace("{me}", called.get(language, ""))
        for language, text in data["instruction"].items()
    }
    return [{"clause": None, **ours}, *words]
