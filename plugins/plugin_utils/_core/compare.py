# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is the world still the one that was approved? The plan beside a fresh observation.

Facts are compared, not opinions: what the plan's observation read, the settings, the advisory.
Before the first step nothing may differ, but what was unknown may have become known. After it
only that may differ which a step that was begun changes by its nature; whether it changed rightly,
the step's own expectation and the next interlocks decide.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from .actions import Path, action_of, touched
from .advisory import Advisory
from .context import NO_CHANGE, Context
from .digest import canonical
from .entry import Entry
from .model import Text
from .observation import Observation, facts, quote
from .plan import HostPlan, plan_host, planned_settings
from .records import Step

Kind = Literal["identical", "later", "known", "different"]
_LONGEST: Final = 300
# By which of its members an item of a list is known again: the first that it has.
_IDENTITY: Final = (("id",), ("patch_code", "product_code"), ("sha256",), ("name",))
# Where null is what was read, and not that nothing could be read.
_NULL_IS_A_VALUE: Final = frozenset({("root_update", "policy_value")})

# What a place in the facts is called. The first that fits.
_CALLED: Final[tuple[tuple[Path, Text], ...]] = (
    (("hosts",), {"en": "server", "ja": "サーバー"}),
    (("advisory",), {"en": "advisory", "ja": "アドバイザリー"}),
    (("settings",), {"en": "setting", "ja": "設定"}),
    (("steps",), {"en": "step", "ja": "手順"}),
    (("blocked",), {"en": "blocker", "ja": "阻害要因"}),
    (("patches",), {"en": "installed hotfix", "ja": "適用済み Hotfix"}),
    (("files",), {"en": "package or file", "ja": "パッケージまたはファイル"}),
    (("stores",), {"en": "certificate", "ja": "証明書"}),
    (("nodes", "*", "fix_level"), {"en": "fix level", "ja": "修正レベル"}),
    (("nodes", "*", "updates"), {"en": "installed update", "ja": "適用済み更新プログラム"}),
    (("windows_updates",), {"en": "installed update", "ja": "適用済み更新プログラム"}),
    (("nodes", "*", "later_updates"), {"en": "installed update", "ja": "適用済み更新プログラム"}),
    ((), {"en": "state", "ja": "状態"}),
)


@dataclass(frozen=True)
class Difference:
    """One thing that is not as planned. planned, now: JSON values; None: it is not there."""

    path: Path
    planned: Any
    now: Any

    @property
    def called(self) -> Text:
        """What kind of thing it is."""
        return next(text for pattern, text in _CALLED if _within(self.path, pattern))

    def to_dict(self) -> dict[str, Any]:
        """Return the difference as JSON types, what came from a host made inert."""
        return {
            "what": dict(self.called),
            "path": ".".join(quote(part, _LONGEST) for part in self.path),
            "planned": _shown(self.planned),
            "now": _shown(self.now),
        }


@dataclass(frozen=True)
class Comparison:
    """What came of it. known: what was unknown and is known now."""

    kind: Kind
    differences: list[Difference]
    known: list[Difference]

    def diff(self) -> str:
        """Return the differences as a diff, without colours."""
        return diff_text(self.differences)


def diff_text(differences: Iterable[Difference]) -> str:
    """Return differences as a diff: what was planned with -, what is there now with +."""
    lines = []
    for difference in differences:
        told = difference.to_dict()
        lines.append(f"@@ {told['what']['en']}: {told['path']} @@")
        lines += [f"-{told['planned']}"] if difference.planned is not None else []
        lines += [f"+{told['now']}"] if difference.now is not None else []
    return "\n".join(lines)


def compare_hosts(plan: Mapping[str, Any], hosts: Collection[str]) -> list[Difference]:
    """Return the servers of a run that the plan does not know."""
    return [
        Difference(("hosts", host), None, "in the inventory, not in the plan")
        for host in sorted(set(hosts) - set(plan["hosts"]))
    ]


def compare_host(
    plan: Mapping[str, Any],
    host: str,
    advisory: Advisory,
    settings: Mapping[str, Any],
    observation: Observation,
    begun: Collection[str] = (),
    context: Context = NO_CHANGE,
) -> Comparison:
    """Compare a host's whole plan with what there is now: before its first step in a run.

    begun: ids of the steps that were begun under this plan (begun_steps).
    """
    found = compare_facts(plan, host, observation, begun)
    part = plan["hosts"][host]
    differences = [*_terms(plan, part, advisory, settings), *found.differences]
    if begun or differences:
        return _result(differences, found.known, later=bool(begun))
    # Nothing differs that was read: what interlocks and branches read besides must not either.
    fresh = plan_host(advisory, settings, observation, context)
    steps, fewer = _steps(part, fresh)
    return _result(steps, found.known, later=fewer)


def compare_facts(
    plan: Mapping[str, Any], host: str, observation: Observation, begun: Collection[str] = ()
) -> Comparison:
    """Compare what was read for the plan with what is read now: before each step.

    Parts that the observation does not have are not compared. begun: compare_host.
    """
    part = plan["hosts"][host]
    differences, known = _split(_differences((), part["facts"], facts(observation)))
    acted = [step for step in part["steps"] if step.id in begun]
    packages = {path.casefold() for step in part["steps"] for path in _packages(step)}
    unexplained = [each for each in differences if not _explained(each, acted, packages)]
    return _result(unexplained, known, later=bool(begun))


def begun_steps(entries: Iterable[Entry], plan_digest: str) -> set[str]:
    """Return the ids of the steps that were begun under a plan, by a host's journal."""
    return {
        str(entry.step) for entry in entries if entry.kind == "intent" and entry.plan == plan_digest
    }


def _result(differences: list[Difference], known: list[Difference], *, later: bool) -> Comparison:
    kind: Kind = "identical"
    if differences:
        kind = "different"
    elif known:
        kind = "known"
    elif later:
        kind = "later"
    return Comparison(kind, differences, known)


# --- Terms: advisory, settings, steps -------------------------------------------------------


def _terms(
    plan: Mapping[str, Any],
    part: Mapping[str, Any],
    advisory: Advisory,
    settings: Mapping[str, Any],
) -> list[Difference]:
    """Return how advisory and settings differ from those of the plan."""
    planned = next(entry for entry in plan["advisories"] if entry["id"] == part["advisory"])
    pairs = [
        (("advisory", advisory.id), planned, advisory.identity()),
        (("settings",), part["settings"], planned_settings(advisory, settings)),
    ]
    # Here null is a value: nobody set it.
    return _certain(each for path, was, now in pairs for each in _differences(path, was, now))


def _steps(part: Mapping[str, Any], fresh: HostPlan) -> tuple[list[Difference], bool]:
    """Return how a fresh plan goes beyond the planned one, and whether it has fewer steps.

    Fewer steps are a later point, or an alternative, of the same plan: each one left out was
    judged needless, and what remains was approved.
    """
    if fresh.blocked:
        return [Difference(("blocked",), None, fresh.blocked)], False
    planned = {step.id: step for step in part["steps"]}
    differences = []
    for step in fresh.steps:
        was = planned.get(step.id)
        if was is None:
            differences.append(Difference(("steps", step.id), None, step.title["en"]))
        elif not _same_step(was, step):
            place = ("steps", step.id)
            differences += _certain(_differences(place, _content(was), _content(step)))
    return differences, len(fresh.steps) < len(planned)


def _content(step: Step) -> dict[str, Any]:
    """Return a step without what hangs on which other steps remain."""
    hanging = ("conditional", "only_with", "again_after", "standby_for")
    return {key: value for key, value in step.to_json().items() if key not in hanging}


def _same_step(one: Step, other: Step) -> bool:
    return canonical(_content(one)) == canonical(_content(other))


# --- Facts ----------------------------------------------------------------------------------


def _differences(path: Path, planned: Any, now: Any) -> list[Difference]:
    """Return every difference below a place."""
    if isinstance(planned, Mapping) and isinstance(now, Mapping):
        pairs: list[tuple[str, Any, Any]] = [
            (str(key), planned.get(key), now.get(key))
            for key in sorted(planned.keys() | now.keys(), key=str)
        ]
    elif isinstance(planned, list) and isinstance(now, list):
        was, is_now = _by_identity(planned), _by_identity(now)
        pairs = []
        for key in sorted(was.keys() | is_now.keys()):
            if key in was and key in is_now:
                pairs.append((key, was[key], is_now[key]))
            else:  # both lists are known: what is not in one of them is not there
                pairs.append((key, was.get(key, _Absent), is_now.get(key, _Absent)))
    else:
        return [] if _same(planned, now) else [Difference(path, planned, now)]
    return [each for key, a, b in pairs for each in _differences((*path, key), a, b)]


class _Absent:
    """Certainly not there; unlike None, which is unknown."""


def _same(one: Any, other: Any) -> bool:
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _by_identity(items: Sequence[Any]) -> dict[str, Any]:
    """Return the items of a list by what they are known by; the order means nothing."""
    return {_identity(item): item for item in items}


def _identity(item: Any) -> str:
    for keys in _IDENTITY if isinstance(item, Mapping) else ():
        if item.get(keys[0]):
            return "/".join(str(item.get(key) or "") for key in keys)
    return json.dumps(item, sort_keys=True, default=str)


def _certain(found: Iterable[Difference]) -> list[Difference]:
    """Return differences with None for what is not there."""
    return [
        Difference(
            each.path,
            None if each.planned is _Absent else each.planned,
            None if each.now is _Absent else each.now,
        )
        for each in found
    ]


def _split(found: Iterable[Difference]) -> tuple[list[Difference], list[Difference]]:
    """Return what differs, and what became known. What became unknown is neither."""
    differences, known = [], []
    for each in found:
        unknown = each.path not in _NULL_IS_A_VALUE
        if unknown and each.planned is None:
            known.append(each)
        elif not (unknown and each.now is None):
            differences.append(each)
    return _certain(differences), known


def _packages(step: Step) -> list[str]:
    """Return the package files that a step names: no installation changes them."""
    arguments = step.arguments
    return [str(arguments[name]) for name in ("package", "path") if arguments.get(name)]


def _explained(difference: Difference, acted: Iterable[Step], packages: Collection[str]) -> bool:
    """Return whether a step that was begun changes this by its nature."""
    path = difference.path
    is_package = path[0] == "files" and len(path) > 1 and path[1].casefold() in packages
    for step in acted:
        if is_package and not action_of(step).fetches:
            continue
        if any(_within(path, pattern) for pattern in touched(step)):
            return True
    return False


def _within(path: Path, pattern: Path) -> bool:
    """Return whether a place lies at or below a pattern."""
    return len(path) >= len(pattern) and all(
        wanted == "*" or part.casefold() == wanted.casefold() or _is_patch(part, wanted)
        for part, wanted in zip(path, pattern, strict=False)
    )


def _is_patch(part: str, wanted: str) -> bool:
    """Return whether an item known by several names begins with the one that is meant."""
    return wanted.startswith("{") and part.casefold().startswith(wanted.casefold())


def _shown(value: Any) -> str | None:
    if value is None:
        return None
    text = value  # sorted: how a host orders its members is no difference
    if not isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return quote(text, _LONGEST)
