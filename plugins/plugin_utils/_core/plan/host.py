# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of one host: what was found, which procedure is taken, which steps remain."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, Literal

from ..actions import action_of, leaves_service
from ..advisory import Advisory, select_advisories
from ..checks import (
    evaluate_all,
    request_for,
)
from ..context import NO_CHANGE, Context
from ..decision import needed
from ..findings import (
    SEVERITIES,
    UNREACHABLE,
    filled,
    find,
    finding_refs,
    scope_of,
)
from ..foresight import foreseen, refusals
from ..kinds import KINDS, kind_of
from ..model import CoreError, Ref, Severity, Text
from ..observation import Observation, Request, facts, merge_requests, observation_digest
from ..order import Server
from ..records import Finding, Step
from ..settings import KNOWN_SETTINGS, effective
from .steps import (
    all_steps,
    chosen_procedure,
    possible_procedures,
    refs_of,
)

# Settings that say where and how a run works, not what is done.
NOT_PLANNED: Final = frozenset(
    ["change_id", "change_dir", "poll_seconds", *(s for kind in KINDS for s in kind.not_planned)]
)


# person: somebody has to mend something first. look: nothing to do, but something is amiss.
Standing = Literal["person", "todo", "look", "fine"]


@dataclass(frozen=True)
class HostPlan:
    """The plan of one server. blocked: why it has no steps, or None.

    request: returns what was read for it, and is read again to compare (only a plan file needs
    it, and it takes longer than all the rest). facts: what was found then. serving: what a
    server shows that takes users; serves: whether this one did.
    """

    host: str
    advisory: Mapping[str, str]
    settings: Mapping[str, Any]
    request: Callable[[], Request]
    facts: Mapping[str, Any]
    observation_digest: str
    findings: list[Finding]
    steps: list[Step]
    blocked: str | None
    serving: list[Ref]
    serves: bool

    @property
    def standing(self) -> Standing:
        """What the host needs now, in a word."""
        if self.blocked:
            return "person"
        if self.steps:
            return "todo"
        warned = any(finding.severity == "warning" for finding in self.findings)
        return "look" if warned else "fine"

    def to_dict(self) -> dict[str, Any]:
        """Return the server's part of the plan file."""
        return {
            "advisory": self.advisory["id"],
            "settings": dict(self.settings),
            "request": json.loads(json.dumps(self.request())),
            "facts": dict(self.facts),
            "observation_digest": self.observation_digest,
            "findings": self.findings,
            "steps": self.steps,
            "blocked": self.blocked,
            "serving": self.serving,
            "in_silo": self.server().in_silo,
        }

    def server(self) -> Server:
        """Return what the order of this server hangs on."""
        back = any(step.returns_to_service for step in self.steps)
        # A restart leaves logons as they were; whoever refuses them lets them in again by a step.
        drains = any(action_of(step).logons(step.arguments) for step in self.steps)
        return replace(
            server_of(self.host, self.settings),
            acts=bool(self.steps),
            out_of_service=leaves_service(self.steps),
            serves=self.serves,
            returns=back or (self.serves and not drains),
        )

    def left_alone(self, finding: Finding) -> HostPlan:
        """Return the plan of a server that nothing is done on, because of one more finding."""
        return replace(self, findings=[finding, *self.findings], steps=[], blocked=_called(finding))


def server_of(host: str, settings: Mapping[str, Any]) -> Server:
    """Return a server as its settings place it in its farm."""
    return Server(
        name=host,
        farm=settings.get("farm"),
        zone=settings.get("zone"),
        silo=settings.get("silo"),
        role=settings["farm_role"],
        data_store_host=settings["data_store_host"],
        data_store_position=settings.get("data_store_position"),
        minimum_capacity_percent=settings["minimum_capacity_percent"],
        single_server_silo=settings.get("single_server_silo"),
        in_silo=kind_of(settings).shares_users,
    )


def serving_refs(advisory: Advisory, settings: Mapping[str, Any]) -> list[Ref]:
    """Return what a server shows that takes users; none: the advisory does not say."""
    return filled(advisory, advisory.data.get("serving", []), scope_of(advisory, settings))


def serves(refs: Sequence[Ref], observation: Observation) -> tuple[bool, str]:
    """Return whether a server was seen to take users, and what speaks against it."""
    against = [
        v.evidence for v in evaluate_all(refs, observation, NO_CHANGE) if v.holds is not True
    ]
    if not refs:
        against = ["the notice does not say what serving is"]
    return not against, "; ".join(against)


def assess_request(
    advisory: Advisory, settings: Mapping[str, Any], *, probe: bool = False
) -> Request:
    """Return the observation that findings and plan need.

    probe: what the findings would ask of the host's own chains is asked; that may make it fetch
    a root. Without it the host builds no chain.
    """
    refs, scope = finding_refs(advisory, settings), scope_of(advisory, settings)
    refs += serving_refs(advisory, settings)
    steps: list[Ref] = []
    for procedure in possible_procedures(advisory, scope):
        for step in all_steps(advisory, procedure, scope, "-"):
            steps += refs_of(step)
    return merge_requests([request_for(refs, probe=probe), request_for(steps, probe=False)])


def plan_host(
    advisory: Advisory,
    settings: Mapping[str, Any],
    observation: Observation,
    context: Context = NO_CHANGE,
) -> HostPlan:
    """Return one server's findings and remaining steps. Raises PlanError for unknown remedies.

    The settings are taken as valid (validate_settings). context: of the change that compares an
    approved plan with what would be planned now.
    """
    findings = find(advisory, settings, observation, context)
    blockers = [finding for finding in findings if finding.severity == "blocker"]
    steps, scope = [], scope_of(advisory, settings)
    procedure = None if blockers else chosen_procedure(advisory, scope, observation, context)
    if procedure is not None:
        every = all_steps(advisory, procedure, scope, observation.host)
        steps = needed(every, observation, context)
        marks = foreseen(refusals(steps, observation, scope, context), scope)
        blockers = [finding for finding in marks if finding.severity == "blocker"]
        findings = sorted([*findings, *marks], key=lambda f: SEVERITIES.index(f.severity))
        steps = [] if blockers else steps
    return HostPlan(
        host=observation.host,
        advisory=advisory.identity(),
        settings=planned_settings(advisory, settings),
        request=partial(assess_request, advisory, settings),
        facts=json.loads(json.dumps(facts(observation))),
        observation_digest=observation_digest(observation),
        findings=findings,
        steps=[_plain(step) for step in steps],
        blocked="; ".join(map(_called, blockers)) or None,
        serving=json.loads(json.dumps(serving_refs(advisory, settings))),
        serves=serves(serving_refs(advisory, settings), observation)[0],
    )


def _plain(step: Step) -> Step:
    """Return a step in plain JSON types (Ansible's carry tags)."""
    return Step.from_json(json.loads(json.dumps(step.to_json())))


def plan_notices(
    advisories: Sequence[Advisory], settings: Mapping[str, Any], observation: Observation
) -> HostPlan:
    """Return one server's plan by all the notices that are about it.

    One of them may act. What another one calls a blocker blocks all the same; that it does not fit,
    has no case for this host, or cannot tell which, does not.
    """
    plans = [plan_host(advisory, settings, observation) for advisory in advisories]
    if len(plans) == 1 or observation.source == UNREACHABLE:
        return plans[0]
    acting = [plan for plan in plans if plan.steps]
    chosen = (acting or sorted(plans, key=_no_case))[0]
    findings = list(chosen.findings)
    for plan in plans:
        if plan is not chosen:
            findings += [_of_notice(plan, finding, acts=bool(acting)) for finding in plan.findings]
    findings.sort(key=lambda finding: SEVERITIES.index(finding.severity))
    blockers = [finding for finding in findings if finding.severity == "blocker"]
    if blockers:
        blocked = "; ".join(map(_called, blockers))
        return replace(chosen, findings=findings, steps=[], blocked=blocked)
    result = replace(chosen, findings=findings)
    return result if len(acting) < 2 else result.left_alone(_several(acting))


def notices_request(
    advisories: Sequence[Advisory], settings: Mapping[str, Any], *, probe: bool = False
) -> Request:
    """Return the observation that findings and plans of several notices need (assess_request)."""
    return merge_requests(
        assess_request(advisory, settings, probe=probe) for advisory in advisories
    )


def _no_case(plan: HostPlan) -> bool:
    """Return whether a notice has nothing to say to a host: it does not fit, or no case does."""
    blockers = [finding for finding in plan.findings if finding.severity == "blocker"]
    return bool(blockers) and all(_is_no_case(finding) for finding in blockers)


def _is_no_case(finding: Finding) -> bool:
    return finding.id == "no_branch" or finding.id.endswith("_does_not_fit")


def _of_notice(plan: HostPlan, finding: Finding, *, acts: bool) -> Finding:
    """Return the finding of a notice beside the chosen one, under its name. acts: that one does."""
    name = plan.advisory["id"]
    title: Text = {
        "en": f"{name}: {finding.title['en']}",
        "ja": f"{name}: {finding.title['ja']}",
    }
    severity: Severity = "info" if _is_no_case(finding) else finding.severity
    if acts and finding.id == "branch_unknown":
        severity = "warning"
    return replace(finding, title=title, severity=severity)


def _several(acting: Sequence[HostPlan]) -> Finding:
    names = " and ".join(plan.advisory["id"] for plan in acting)
    return Finding(
        id="several_notices",
        item=None,
        clause=[],
        severity="blocker",
        title={
            "en": f"More than one notice would act here: {names}",
            "ja": f"複数の資料が作業対象と判定: {names}",
        },
        evidence=[
            f"{plan.advisory['id']}: {len(plan.steps)} steps, the first is {plan.steps[0].id}"
            for plan in acting
        ],
        remedy={
            "en": "Make readable, or say, what tells their cases apart, and assess again; else ask "
            "the vendors in which order they are to be followed.",
            "ja": "どの資料に該当するか判別できる情報を読み取れるようにして、再度 assess するか、"
            "ベンダーに実施順序を確認してください。",
        },
    )


def planned_settings(advisory: Advisory, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that a plan is bound to, in plain JSON types (Ansible's carry tags)."""
    named = KNOWN_SETTINGS | set(advisory.data.get("defaults", {}))
    full = {
        name: value
        for name, value in advisory.effective(settings).items()
        if name in named and name not in NOT_PLANNED
    }
    plain: dict[str, Any] = json.loads(json.dumps(full))
    return plain


def _called(finding: Finding) -> str:
    item = f" ({finding.item})" if finding.item else ""
    return finding.title["en"] + item


@dataclass(frozen=True)
class Outside:
    """A server of the inventory that is not in the run: where it stands, and what serving is."""

    server: Server
    drain_method: str
    serving: list[Ref]

    def to_dict(self) -> dict[str, Any]:
        """Return its part of the plan file."""
        server = self.server
        settings = {"farm": server.farm, "silo": server.silo, "drain_method": self.drain_method}
        return {"settings": settings, "serving": json.loads(json.dumps(self.serving))}


def outside_of(
    host: str,
    settings: Mapping[str, Any],
    advisories: Mapping[str, Advisory],
    observation: Observation | None,
) -> Outside:
    """Return a server outside of the run, by its settings and what the change has read of it.

    observation: None: nothing. Who could not be read counts as serving: the step that would take
    another one out looks at it afresh.
    """
    try:
        advisory = select_advisories(advisories, settings)[0]
    except CoreError:  # of a product that no notice is about: nobody can say what serving is there
        full = effective(settings)
        server = replace(server_of(host, full), outside=True, acts=False, serves=False)
        return Outside(server, str(full["drain_method"]), [])
    full = advisory.effective(settings)
    refs = serving_refs(advisory, settings)
    server = replace(server_of(host, full), outside=True, acts=False)
    if observation is not None:
        plan = plan_host(advisory, settings, observation)
        settled = plan.blocked is None and not plan.steps
        server = replace(server, settled=settled, serves=plan.serves)
    return Outside(server, str(full["drain_method"]), refs)
