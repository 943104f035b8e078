# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings: what an observation means, by an advisory's rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from .actions import is_setting
from .advisory import EVENTS_SCOPE, PRODUCT_SCOPE, Advisory, inputs
from .checks import Verdict, check_of, evaluate, evaluate_all
from .context import NO_CHANGE, Context
from .kinds import items_of
from .model import WANTED, Ref, Text
from .observation import TABLE, Observation
from .records import Finding

Scope = Mapping[str, Any]


def scope_of(advisory: Advisory, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return what {setting: …} may name: a server's effective settings and its product's facts."""
    full = advisory.effective(settings)
    facts = advisory.data["applies_to"]["products"].get(advisory.product(full), {})
    own = inputs.values(advisory.data, full)
    return {**full, **own, PRODUCT_SCOPE: facts, EVENTS_SCOPE: advisory.data.get(EVENTS_SCOPE, [])}


def acts(advisory: Advisory, settings: Mapping[str, Any]) -> bool:
    """Return whether the notice asks for anything to be done on a host's product."""
    return bool(scope_of(advisory, settings)[PRODUCT_SCOPE].get("action") != "none")


def each(loop: str, scope: Scope) -> Iterator[dict[str, Any]]:
    """Yield the scope once for each item that for_each repeats over, bound under its name."""
    own = scope.get(inputs.LOOPS_SCOPE, {})
    for item in own[loop] if loop in own else items_of(loop, scope):
        yield {**scope, loop: item}


def resolve(value: Any, scope: Scope) -> Any:
    """Return a value of an advisory with each {setting: NAME.SUB} replaced; missing is None."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return [resolve(member, scope) for member in value]
    if not isinstance(value, TABLE):
        return value
    if not is_setting(value):
        return {key: resolve(member, scope) for key, member in value.items()}
    found: Any = scope
    for name in str(value["setting"]).split("."):
        found = found.get(name) if isinstance(found, TABLE) else None
    return found


def filled(
    advisory: Advisory, refs: Sequence[Mapping[str, Any]], scope: Scope, part: str = ""
) -> list[Ref]:
    """Return conditions of an advisory as references to registered checks, settings filled in.

    part: the part of the notice that is carried out; only its clauses are named.
    """
    found = []
    for ref in refs:
        question = advisory.data["questions"][ref["ask"]]
        full: dict[str, Any] = {"check": question["check"]}
        arguments = resolve(question.get("with", {}), scope)
        if arguments:
            full["with"] = arguments
        full.update({k: resolve(v, scope) for k, v in ref.items() if k in WANTED})
        full["name"] = _called(advisory, ref["ask"], scope)
        if "guard" in ref:
            full["guard"] = ref["guard"]
        cited = ref.get("clause") or question.get("clause", [])
        clauses = [mark for mark in cited if part.startswith(mark.partition("-")[0]) or not part]
        if clauses:
            full["clause"] = clauses
        found.append(full)
    return found  # type: ignore[return-value]


def _called(advisory: Advisory, name: str, scope: Scope) -> str:
    """Return the name of a question on a host: with the item that it is about, if it is."""
    asked, _space, about = name.partition(" ")
    if about.startswith("$"):
        return f"{asked} {resolve({'setting': about[1:]}, scope)}"
    for loop in advisory.loops[name] & scope.keys():
        return f"{name} {scope[loop]['id']}"
    return name


def finding_refs(advisory: Advisory, settings: Mapping[str, Any]) -> list[Ref]:
    """Return every reference that find() evaluates."""
    scope = scope_of(advisory, settings)
    refs = [c["condition"] for c in advisory.data["applies_to"]["conditions"]]
    found = filled(advisory, refs, scope)
    for rule in advisory.data["findings"]:
        for inner in _scopes(rule, scope):
            found += filled(advisory, rule["when"], inner)
    for branch in advisory.data.get("branches", []):
        found += filled(advisory, branch["when"], scope)
    return found


SEVERITIES: Final = ("blocker", "warning", "info", "good")
UNREACHABLE: Final = "unreachable"  # the source of an observation that nothing could be read for


def unreadable(why: str, remedy: Text | None = None) -> Finding:
    """Return the finding of a host that could not be read: nothing is known, so nothing is done."""
    return Finding(
        id=UNREACHABLE,
        item=None,
        clause=[],
        severity="blocker",
        title={"en": "The host could not be read", "ja": "ホストを読み取れませんでした"},
        evidence=[why],
        remedy=remedy
        or {
            "en": "Make it answer, and assess again.",
            "ja": "応答するようにしてから、再度 assess を実行してください。",
        },
    )


def find(
    advisory: Advisory,
    settings: Mapping[str, Any],
    observation: Observation,
    context: Context = NO_CHANGE,
) -> list[Finding]:
    """Return the findings of one server, blockers first, else in the advisory's order."""
    if observation.source == UNREACHABLE:  # whatever the notice would make of it
        return [unreadable(observation.error("system") or "nothing was read")]
    scope = scope_of(advisory, settings)
    found = [*_fit(advisory, scope, observation, context)]
    for rule in advisory.data["findings"]:
        for inner in _scopes(rule, scope):
            refs = filled(advisory, rule["when"], inner)
            verdicts = evaluate_all(refs, observation, context)
            if all(verdict.holds is True for verdict in verdicts):
                found.append(_finding(rule, inner, _evidence(refs, verdicts)))
    if "branches" in advisory.data:
        branch, verdicts = choose(advisory, scope, observation, context)
        # Why no case fits is clear where something else blocks already.
        if branch is not None or all(finding.severity != "blocker" for finding in found):
            found += _branch_findings(branch, verdicts)
    return sorted(found, key=lambda finding: SEVERITIES.index(finding.severity))


def _evidence(refs: Sequence[Ref], verdicts: Sequence[Verdict]) -> list[str]:
    """Return what was seen. A setting is none of that, unless it is all there is."""
    seen = [v.evidence for ref, v in zip(refs, verdicts, strict=True) if not _is_setting(ref)]
    return seen or [verdict.evidence for verdict in verdicts]


def _is_setting(ref: Ref) -> bool:
    return check_of(ref).about == "setting"


def _scopes(rule: Mapping[str, Any], scope: Scope) -> list[Scope]:
    return list(each(rule["for_each"], scope)) if "for_each" in rule else [scope]


def _finding(rule: Mapping[str, Any], scope: Scope, evidence: list[str]) -> Finding:
    item = scope.get(rule["for_each"]) if "for_each" in rule else None
    return Finding(
        id=rule["id"],
        item=str(item["id"]) if item else None,
        clause=list(rule.get("clause", [])),
        severity=rule["severity"],
        title=rule["title"],
        evidence=list(dict.fromkeys(evidence)),
        remedy=rule["remedy"],
    )


def _fit(
    advisory: Advisory, scope: Scope, observation: Observation, context: Context
) -> Iterator[Finding]:
    """Yield a blocker for each condition of applies_to that does not hold or is unknown."""
    for condition in advisory.data["applies_to"]["conditions"]:
        [ref] = filled(advisory, [condition["condition"]], scope)
        verdict = evaluate(ref, observation, context)
        if verdict.holds is True:
            continue
        unknown = verdict.holds is None
        title: Text = {
            "en": ("Not known whether it fits: " if unknown else "Does not fit: ")
            + condition["title"]["en"],
            "ja": ("対象か不明: " if unknown else "対象外: ") + condition["title"]["ja"],
        }
        yield Finding(
            id=condition["id"] + ("_unknown" if unknown else "_does_not_fit"),
            item=None,
            clause=list(condition.get("clause", [])),
            severity="blocker",
            title=title,
            evidence=[verdict.evidence],
            remedy=condition["remedy"],
        )


def choose(
    advisory: Advisory, scope: Scope, observation: Observation, context: Context
) -> tuple[Mapping[str, Any] | None, list[Verdict]]:
    """Return the branch of an advisory that an observation leads to, and why.

    The first branch whose conditions all hold. One that cannot be ruled out because something
    is unknown ends the choice: (None, the verdicts that are unknown). (None, []): none fits.
    """
    for branch in advisory.data["branches"]:
        verdicts = []
        for ref in filled(advisory, branch["when"], scope):
            verdicts.append(evaluate(ref, observation, context))
            if verdicts[-1].holds is False:
                break
        if any(verdict.holds is False for verdict in verdicts):
            continue
        unknown = [verdict for verdict in verdicts if verdict.holds is None]
        return (None, unknown) if unknown else (branch, verdicts)
    return None, []


def _branch_findings(
    branch: Mapping[str, Any] | None, verdicts: Sequence[Verdict]
) -> Iterator[Finding]:
    """Yield which branch of the notice was chosen; a blocker where none could be."""
    evidence = list(dict.fromkeys(verdict.evidence for verdict in verdicts))
    if branch is not None:
        yield Finding(
            id=f"branch_{branch['id']}",
            item=None,
            clause=list(branch.get("clause", [])),
            severity=branch["severity"],
            title=branch["title"],
            evidence=evidence,
            remedy=branch["remedy"],
        )
        return
    unknown = bool(verdicts)
    yield Finding(
        id="branch_unknown" if unknown else "no_branch",
        item=None,
        clause=[],
        severity="blocker",
        title={
            "en": "Not known which of the notice's cases this is"
            if unknown
            else "None of the notice's cases fits",
            "ja": "本資料のどの場合に該当するか不明"
            if unknown
            else "本資料のどの場合にも該当しない",
        },
        evidence=evidence,
        remedy={
            "en": "Make readable, or say, what the evidence calls unknown, and assess again."
            if unknown
            else "Ask the vendor. Nothing is done on this system.",
            "ja": "根拠にある不明な項目を確認して、再度 assess を実行してください。"
            if unknown
            else "ベンダーに確認してください。このシステムには何も行いません。",
        },
    )
