# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan: from one server's observation to its steps, and from all servers to one plan file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from .actions import ACTIONS, action_of, leaves_service, same_act, takes_out, wrong_arguments
from .advisory import Advisory, select_advisories
from .brakes import braked, missing_brakes
from .checks import (
    CHECKS,
    check_of,
    evaluate_all,
    request_for,
)
from .conditions import condition
from .context import NO_CHANGE, Context
from .decision import needed
from .digest import digest
from .findings import (
    SEVERITIES,
    UNREACHABLE,
    Scope,
    choose,
    each,
    filled,
    find,
    finding_refs,
    resolve,
    scope_of,
)
from .foresight import foreseen, refusals
from .kinds import form_of, kind_of
from .model import CoreError, Finding, Ref, Severity, Step, Text
from .observation import Observation, Request, facts, merge_requests, observation_digest
from .order import PlanError, Server, collects, leads, short_of, waves
from .plan_file import loaded, written
from .settings import KNOWN_SETTINGS, LOOPS, effective

__all__ = [
    "HostPlan",
    "PlanError",
    "assess_request",
    "make_plan",
    "notices_request",
    "outside_of",
    "plan_digest",
    "plan_host",
    "plan_notices",
    "planned_settings",
    "read_plan",
    "same_plan",
    "serves",
    "serving_refs",
    "step_request",
    "steps_like",
    "verify_plan",
]

FORMAT: Final = 4
# Settings that say where and how a run works, not what is done.
_NOT_PLANNED: Final = frozenset({"change_id", "change_dir", "poll_seconds", "ft_events_days"})
_REFS: Final = (
    "interlocks",
    "done_when",
    "only_if",
    "resume_when",
    "collect_when",
    "expect",
)


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
        back = any(step["returns_to_service"] for step in self.steps)
        # A restart leaves logons as they were; whoever refuses them lets them in again by a step.
        drains = any(action_of(step).logons(step["arguments"]) for step in self.steps)
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
    for procedure in _possible_procedures(advisory, scope):
        for step in _all_steps(advisory, procedure, scope, "-"):
            steps += _refs(step)
    return merge_requests([request_for(refs, probe=probe), request_for(steps, probe=False)])


def _possible_procedures(advisory: Advisory, scope: Scope) -> list[str]:
    """Return the procedures that an observation of a host may lead to."""
    if "branches" not in advisory.data:
        return [scope["remedy"]]
    names = [branch.get("procedure") for branch in advisory.data["branches"]]
    return list(dict.fromkeys(name for name in names if name))


def _procedure(
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
    for procedure in _possible_procedures(advisory, scope):
        for step in _all_steps(advisory, procedure, scope, "-"):
            if same_act(step, action, arguments):
                found.setdefault(json.dumps(step["interlocks"], sort_keys=True), step)
    return list(found.values())


def step_request(step: Step, *, probe: bool = True) -> Request:
    """Return the observation that a step's conditions need, before and after it.

    probe=False (check mode): without what makes the host build a chain.
    """
    return request_for(_refs(step), probe=probe)


def _refs(step: Step) -> list[Ref]:
    return [ref for key in _REFS for ref in step[key]]


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
    blockers = [finding for finding in findings if finding["severity"] == "blocker"]
    steps, scope = [], scope_of(advisory, settings)
    procedure = None if blockers else _procedure(advisory, scope, observation, context)
    if procedure is not None:
        every = _all_steps(advisory, procedure, scope, observation.host)
        steps = needed(every, observation, context)
        marks = foreseen(refusals(steps, observation, scope, context), scope)
        blockers = [finding for finding in marks if finding["severity"] == "blocker"]
        findings = sorted([*findings, *marks], key=lambda f: SEVERITIES.index(f["severity"]))
        steps = [] if blockers else steps
    return HostPlan(
        host=observation.host,
        advisory=advisory.identity(),
        settings=planned_settings(advisory, settings),
        request=partial(assess_request, advisory, settings),
        facts=json.loads(json.dumps(facts(observation))),
        observation_digest=observation_digest(observation),
        findings=findings,
        steps=json.loads(json.dumps(steps)),
        blocked="; ".join(map(_called, blockers)) or None,
        serving=json.loads(json.dumps(serving_refs(advisory, settings))),
        serves=serves(serving_refs(advisory, settings), observation)[0],
    )


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
    findings.sort(key=lambda finding: SEVERITIES.index(finding["severity"]))
    blockers = [finding for finding in findings if finding["severity"] == "blocker"]
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
    blockers = [finding for finding in plan.findings if finding["severity"] == "blocker"]
    return bool(blockers) and all(_is_no_case(finding) for finding in blockers)


def _is_no_case(finding: Finding) -> bool:
    return finding["id"] == "no_branch" or finding["id"].endswith("_does_not_fit")


def _of_notice(plan: HostPlan, finding: Finding, *, acts: bool) -> Finding:
    """Return the finding of a notice beside the chosen one, under its name. acts: that one does."""
    name = plan.advisory["id"]
    title: Text = {
        "en": f"{name}: {finding['title']['en']}",
        "ja": f"{name}: {finding['title']['ja']}",
    }
    severity: Severity = "info" if _is_no_case(finding) else finding["severity"]
    if acts and finding["id"] == "branch_unknown":
        severity = "warning"
    return {**finding, "title": title, "severity": severity}


def _several(acting: Sequence[HostPlan]) -> Finding:
    names = " and ".join(plan.advisory["id"] for plan in acting)
    return {
        "id": "several_notices",
        "item": None,
        "clause": [],
        "severity": "blocker",
        "title": {
            "en": f"More than one notice would act here: {names}",
            "ja": f"複数の資料が作業対象と判定: {names}",
        },
        "evidence": [
            f"{plan.advisory['id']}: {len(plan.steps)} steps, the first is {plan.steps[0]['id']}"
            for plan in acting
        ],
        "remedy": {
            "en": "Make readable, or say, what tells their cases apart, and assess again; else ask "
            "the vendors in which order they are to be followed.",
            "ja": "どの資料に該当するか判別できる情報を読み取れるようにして、再度 assess するか、"
            "ベンダーに実施順序を確認してください。",
        },
    }


def planned_settings(advisory: Advisory, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that a plan is bound to, in plain JSON types (Ansible's carry tags)."""
    named = KNOWN_SETTINGS | set(advisory.data.get("defaults", {}))
    full = {
        name: value
        for name, value in advisory.effective(settings).items()
        if name in named and name not in _NOT_PLANNED
    }
    plain: dict[str, Any] = json.loads(json.dumps(full))
    return plain


def _called(finding: Finding) -> str:
    item = f" ({finding['item']})" if finding["item"] else ""
    return finding["title"]["en"] + item


Named = tuple[str, Scope, list[str]]  # name, scope, the clauses that it cites here


def _all_steps(advisory: Advisory, procedure: str, scope: Scope, node: str) -> list[Step]:
    """Return every step of a procedure, whether needed or not, numbered in order."""
    procedures = advisory.data["procedures"]
    if procedure not in procedures:
        known = ", ".join(sorted(procedures))
        raise PlanError(f"legacyops_remedy is {procedure!r}; {advisory.id} has {known}.")
    named: list[Named] = []
    for entry in procedures[procedure]["steps"]:
        scopes = list(each(entry["for_each"], scope)) if "for_each" in entry else [scope]
        for inner in scopes:
            named += [(e["step"], inner, e["clause"]) for e in entry.get("steps", [entry])]
    part = procedures[procedure]["part"]
    ids = [f"{number:02d}-{step}" for number, (step, _scope, _clause) in enumerate(named, 1)]
    return [
        _step(advisory, node, ids[i], named[i], list(zip(ids[:i], named[:i], strict=True)), part)
        for i in range(len(named))
    ]


def _step(
    advisory: Advisory,
    node: str,
    step_id: str,
    named: Named,
    before: list[tuple[str, Named]],
    part: str,
) -> Step:
    name, scope, cited = named
    data = advisory.data["steps"][name]
    hotfix = scope.get("hotfix")
    item = next((scope[loop] for loop in LOOPS if loop in scope), None)

    def earlier(names: Sequence[str]) -> list[str]:
        """Return the ids of earlier steps: of the same hotfix where both are about one."""
        return [
            other_id
            for other_id, (other, other_scope, _clause) in before
            if other in names and (not hotfix or other_scope.get("hotfix") in (None, hotfix))
        ]

    refs = {key: filled(advisory, data.get(key, []), scope, part) for key in _REFS}
    arguments = resolve(data.get("arguments", {}), scope)
    if takes_out({**data, "arguments": arguments}):
        refs["interlocks"] += _spared(refs["interlocks"], scope)
    form = form_of(scope)
    without = data.get("without_brakes", {})
    refs["interlocks"] = braked(refs["interlocks"], without, scope)
    target = ACTIONS[data["action"]].target(arguments)
    return {
        "id": step_id,
        "name": name,
        "item": str(item["id"]) if item else None,
        "clause": list(cited),
        "title": data["title"],
        "reason": data["reason"],
        "node": node,
        "action": data["action"],
        "arguments": {k: v for k, v in arguments.items() if v is not None},
        "target": target,
        "by": ACTIONS[data["action"]].done_by(form or {}, arguments),
        "contact": resolve(data.get("contact"), scope),
        "instruction": _instruction(advisory, data, cited, str(target)),
        **refs,  # type: ignore[typeddict-item]
        "without_brakes": dict(without),
        "conditional": False,
        "only_with": earlier(data["only_with"]) if "only_with" in data else None,
        "again_after": earlier(data.get("again_after", [])),
        "standby_for": list(data.get("standby_for", [])),
        "changes": data["changes"],
        "departure": _departure(data.get("departures", {}), arguments),
        "resting_point": data.get("resting_point", False),
        "interruptible": ACTIONS[data["action"]].interruptible,
        "seconds": resolve(data["seconds"], scope),
        "rollback": data["rollback"],
        "point_of_no_return": data.get("point_of_no_return", False),
        "on_refusal": data.get("on_refusal", "stop"),
        "on_failure": data.get("on_failure", "stop"),
        "returns_to_service": data.get("returns_to_service", False),
    }


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
    advisory: Advisory, data: Mapping[str, Any], cited: Sequence[str], target: str
) -> list[dict[str, Any]]:
    """Return what a person is told: what this step is and is not, then the notice's words.

    The notice's words may speak of more than the step, or of the other node: what is
    to be done, and on which machine, comes first. Empty where the step has no instruction: then
    nobody but the collection carries it out.
    """
    if "instruction" not in data:
        return []
    words = [{"clause": clause, **advisory.data["clauses"][clause]} for clause in cited]
    called = advisory.data["subjects"].get(target, {})
    ours = {
        language: text.replace("{me}", called.get(language, ""))
        for language, text in data["instruction"].items()
    }
    return [{"clause": None, **ours}, *words]


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


def _behind_their_collectors(ordered: Sequence[HostPlan]) -> list[HostPlan]:
    """Leave servers alone that would be patched before a collector of theirs that is left alone.

    Whichever has the newest IMA wins the election of its zone.
    """
    blocked = [p for p in ordered if p.blocked and collects(p.server())]
    result = []
    for plan in ordered:
        first = [p.host for p in blocked if leads(p.server(), plan.server())]
        patches = any(takes_out(step) for step in plan.steps)
        result.append(plan.left_alone(_overtakes(first)) if first and patches else plan)
    return result


def _overtakes(first: Sequence[str]) -> Finding:
    return {
        "id": "farm_order",
        "item": None,
        "clause": [],
        "severity": "blocker",
        "title": {
            "en": "It comes after a data collector of its zone that is left alone",
            "ja": "先に適用すべき同じゾーンのデータコレクターが対象から外れている",
        },
        "evidence": [
            f"{', '.join(first)} must have the hotfixes first: the newest IMA wins the zone"
        ],
        "remedy": {
            "en": "Resolve what blocks the collector, and plan again.",
            "ja": "データコレクターの阻害要因を解消し、計画を作り直してください。",
        },
    }


def _cannot_be_spared(why: str) -> Finding:
    return {
        "id": "silo_capacity",
        "item": None,
        "clause": [],
        "severity": "blocker",
        "title": {
            "en": "Its silo cannot spare it: too few other servers take users",
            "ja": "サイロ内でサービス中の他のサーバーが不足しているため停止できない",
        },
        "evidence": [why],
        "remedy": {
            "en": "Bring the others back into service, or lower "
            "legacyops_minimum_capacity_percent, and plan again.",
            "ja": "他のサーバーを復旧するか、legacyops_minimum_capacity_percent を下げてから、"
            "計画を作り直してください。",
        },
    }


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
        if name in KNOWN_SETTINGS and name not in _NOT_PLANNED
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
    plan = loaded(written(plan))
    return {**plan, "digest": plan_digest(plan)}


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
    """Return the digest of a plan: over all that is in its file."""
    return digest(written({key: value for key, value in plan.items() if key != "digest"}))


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
                {**finding, "evidence": []}
                for finding in part["findings"]
                if finding["severity"] in ("blocker", "warning")
            ],
        }
        for host, part in plan["hosts"].items()
    }
    return lasting


def read_plan(document: Any) -> dict[str, Any]:
    """Return the plan of a file. Raises PlanError unless it is whole and of a form we know.

    Whether it was altered, verify_plan tells.
    """
    if not isinstance(document, Mapping) or document.get("format") != FORMAT:
        raise PlanError(f"This is no plan file of format {FORMAT}; make a new plan.")
    try:
        plan = loaded(document)
        altered = written(plan) != document
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise PlanError(f"The plan file is incomplete ({error!r}); make a new plan.") from error
    if altered:
        raise PlanError("The plan was altered after it was made; make a new plan.")
    return plan


def verify_plan(plan: Any) -> None:
    """Raise PlanError unless a plan is whole, unaltered and of a form we know."""
    again = "make a new plan"
    if not isinstance(plan, Mapping) or plan.get("format") != FORMAT:
        raise PlanError(f"This is no plan file of format {FORMAT}; {again}.")
    try:
        if plan["digest"] != plan_digest(plan):
            raise PlanError(f"The plan was altered after it was made; {again}.")
        planned = [host for wave in plan["waves"] for host in wave]
        acting = [host for host, part in plan["hosts"].items() if part["steps"]]
        if sorted(planned) != sorted(acting):
            raise PlanError(f"The plan's waves do not name each server with steps once; {again}.")
        for host, part in plan["hosts"].items():
            for step in part["steps"]:
                _verify_step(host, step, part["settings"])
    except PlanError:
        raise
    except (AttributeError, CoreError, KeyError, TypeError, ValueError) as error:
        raise PlanError(f"The plan file is incomplete ({error!r}); {again}.") from error


def _verify_step(host: str, step: Step, settings: Mapping[str, Any]) -> None:
    where = f"Step {step['id']} of {host}"
    if step["node"] != host:
        raise PlanError(f"{where} is for {step['node']}; make a new plan.")
    if step["action"] not in ACTIONS:
        raise PlanError(f"{where} has an unknown action; make a new plan.")
    wrong = wrong_arguments(step["action"], step["arguments"])
    if wrong:
        raise PlanError(f"{where}: {wrong[0]}; make a new plan.")
    for ref in _refs(step):
        if ref["check"] not in CHECKS:
            raise PlanError(f"{where} has an unknown check {ref['check']}; make a new plan.")
    missing = missing_brakes(step["interlocks"], step["without_brakes"], settings)
    if missing:
        raise PlanError(
            f"{where} does not ask whether {condition(missing[0])['en']}, and gives no reason; "
            "make a new plan."
        )
