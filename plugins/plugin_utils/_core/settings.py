# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings: the inventory's variables without the prefix legacyops_, their defaults and rules.

What each may be stands in the schema (_data/inventory.schema.yml); what it cannot say is two
settings against each other (each kind's inventory.py).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

from .kinds import KINDS, kind_of, meant
from .schema import default_of, judged, resolved, rules_of

Settings = Mapping[str, Any]

_RULES: Final = rules_of("hotfix", "rollout", *(kind.group for kind in KINDS))
KNOWN_SETTINGS: Final = frozenset(_RULES)
# None: what no source gives, the site must say.
DEFAULTS: Final[Mapping[str, Any]] = {name: default_of(rule) for name, rule in _RULES.items()}
# What for_each repeats over: the name an item is bound to, and its keys. Bound by the planner
# while it expands an advisory, not by the inventory.
LOOPS: Final[Mapping[str, frozenset[str]]] = {
    name: keys for kind in KINDS for name, keys in kind.loops.items()
}


def parts_of(path: Sequence[str]) -> Collection[str] | None:
    """Return the names that may stand behind those of a setting; None: any may.

    path: a setting and its members, as ("deadlines",). What a kind adds to a form is among them.
    """
    rule: Mapping[str, Any] = resolved(_RULES.get(path[0], {}))
    added: Any = next((k.completed({path[0]: {}}) for k in KINDS if k.setting == path[0]), {})
    for name in path[1:]:
        rule = resolved(rule.get("properties", {}).get(name, {}))
    for name in path:
        added = added.get(name) if isinstance(added, Mapping) else None
    known = {*rule.get("properties", {}), *(added if isinstance(added, Mapping) else ())}
    return known or None


def effective(settings: Settings, advisory_defaults: Settings | None = None) -> dict[str, Any]:
    """Return settings over the advisory's defaults over the core's; None does not override."""
    result = dict(DEFAULTS)
    for source in (advisory_defaults or {}, settings):
        for name, value in source.items():
            if value is None and name in result:
                continue
            if isinstance(value, Mapping) and isinstance(result.get(name), Mapping):
                value = {**result[name], **value}
            result[name] = value
    return kind_of(result).completed(result)


def validate_settings(
    settings: Settings, secrets: Settings | None = None, *, complete: bool = True
) -> list[str]:
    """Return what is wrong with a host's settings, one sentence each that says what to do.

    secrets: what the settings refer to and no plan holds (Kind.secrets), as far as it is to be
    compared. complete: what only a plan needs must be there too. Whether the product is one that
    an advisory knows is not judged here (select_advisories).
    """
    kind = meant(settings)
    wrong = judged(settings, kind.name, whole=complete)
    return wrong + kind.between_settings(settings, wrong, secrets or {})


# What holds users and hosts safe: an advisory's default may only be safer than the core's.
_SAFER: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "lower": operator.le,
    "higher": operator.ge,
}


def wrong_defaults(defaults: Settings) -> list[tuple[str, str]]:
    """Return what an advisory must not say in its defaults: the setting, and why.

    They are judged as if they stood in the inventory, and may not take away what protects.
    """
    wrong = []
    for name, value in defaults.items():
        rule = _RULES.get(name)
        if rule is None or value is None:
            continue
        faults = judged({name: value})
        if rule.get("site_only"):
            faults = ["is the site's to say; remove it"]
        elif not faults and "safer" in rule and not _SAFER[rule["safer"]](value, DEFAULTS[name]):
            faults = [f"may not be less safe than without it ({DEFAULTS[name]!r}); remove it"]
        wrong += [(name, fault) for fault in faults]
    return wrong
