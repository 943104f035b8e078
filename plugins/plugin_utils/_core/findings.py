# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings: what an observation means, by an advisory's rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .actions import is_setting
from .advisory import HOTFIX_SCOPE, PRODUCT_SCOPE, Advisory
from .checks import evaluate
from .model import Finding, Ref, Text
from .observation import Observation

Scope = Mapping[str, Any]


def scope_of(advisory: Advisory, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return what {setting: …} may name: a server's effective settings and its product's facts."""
    full = advisory.effective(settings)
    facts = advisory.data["applies_to"]["products"].get(full.get("product"), {})
    return {**full, PRODUCT_SCOPE: facts}


def each_hotfix(scope: Scope) -> Iterator[dict[str, Any]]:
    """Yield the scope once for each hotfix of the settings, bound as hotfix."""
    for hotfix in scope.get("hotfixes") or ():
        yield {**scope, HOTFIX_SCOPE: hotfix}


def resolve(value: Any, scope: Scope) -> Any:
    """Return a value of an advisory with each {setting: NAME.SUB} replaced; missing is None."""
    if is_setting(value):
        found: Any = scope
        for name in str(value["setting"]).split("."):
            found = found.get(name) if isinstance(found, Mapping) else None
        return found
    if isinstance(value, Mapping):
        return {key: resolve(member, scope) for key, member in value.items()}
    if isinstance(value, list):
        return [resolve(member, scope) for member in value]
    return value


def expand(advisory: Advisory, refs: Sequence[Mapping[str, Any]], scope: Scope) -> list[Ref]:
    """Return references of an advisory as references to registered checks, settings filled in."""
    expanded = []
    for ref in refs:
        use = advisory.data["checks"][ref["check"]]
        full: dict[str, Any] = {"check": use["use"]}
        arguments = resolve(use.get("with", {}), scope)
        if arguments:
            full["with"] = arguments
        full.update({k: resolve(v, scope) for k, v in ref.items() if k != "check"})
        expanded.append(full)
    return expanded  # type: ignore[return-value]


def finding_refs(advisory: Advisory, settings: Mapping[str, Any]) -> list[Ref]:
    """Return every reference that find() evaluates."""
    scope = scope_of(advisory, settings)
    refs = [c["condition"] for c in advisory.data["applies_to"]["conditions"]]
    found = expand(advisory, refs, scope)
    for rule in advisory.data["findings"]:
        for each in _scopes(rule, scope):
            found += expand(advisory, rule["when"], each)
    return found


def find(
    advisory: Advisory, settings: Mapping[str, Any], observation: Observation
) -> list[Finding]:
    """Return the findings of one server, blockers first, else in the advisory's order."""
    scope = scope_of(advisory, settings)
    found = [*_fit(advisory, scope, observation)]
    for rule in advisory.data["findings"]:
        for each in _scopes(rule, scope):
            verdicts = [evaluate(ref, observation) for ref in expand(advisory, rule["when"], each)]
            if all(verdict.holds is True for verdict in verdicts):
                found.append(_finding(rule, each, [verdict.evidence for verdict in verdicts]))
    order = ("blocker", "warning", "info", "good")
    return sorted(found, key=lambda finding: order.index(finding["severity"]))


def _scopes(rule: Mapping[str, Any], scope: Scope) -> list[Scope]:
    return list(each_hotfix(scope)) if rule.get("for_each") == HOTFIX_SCOPE else [scope]


def _finding(rule: Mapping[str, Any], scope: Scope, evidence: list[str]) -> Finding:
    hotfix = scope.get(HOTFIX_SCOPE) if rule.get("for_each") else None
    return {
        "id": rule["id"],
        "item": str(hotfix["id"]) if hotfix else None,
        "clause": list(rule.get("clause", [])),
        "severity": rule["severity"],
        "title": rule["title"],
        "evidence": list(dict.fromkeys(evidence)),
        "remedy": rule["remedy"],
    }


def _fit(advisory: Advisory, scope: Scope, observation: Observation) -> Iterator[Finding]:
    """Yield a blocker for each condition of applies_to that does not hold or is unknown."""
    for condition in advisory.data["applies_to"]["conditions"]:
        verdict = evaluate(expand(advisory, [condition["condition"]], scope)[0], observation)
        if verdict.holds is True:
            continue
        unknown = verdict.holds is None
        title: Text = {
            "en": ("Not known whether it fits: " if unknown else "Does not fit: ")
            + condition["title"]["en"],
            "ja": ("対象か不明: " if unknown else "対象外: ") + condition["title"]["ja"],
        }
        yield {
            "id": condition["id"] + ("_unknown" if unknown else "_does_not_fit"),
            "item": None,
            "clause": list(condition.get("clause", [])),
            "severity": "blocker",
            "title": title,
            "evidence": [verdict.evidence],
            "remedy": condition["remedy"],
        }
