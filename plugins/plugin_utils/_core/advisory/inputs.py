# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a notice asks of a site by names of its own: legacyops_inputs.ID.NAME, $NAME in its logic.

Its type says what an input may be; the rule of each type stands in the inventory's schema, under
$defs. What is not given, and has no default, is None: a finding of the notice tells so (given).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ..formats import is_blank, nearest, shown
from ..schema import PREFIX, judged_as, resolved, schema

Data = Mapping[str, Any]

SETTING: Final = "inputs"
# Where a scope has the items of a notice's own loops: the loop's name → its items.
LOOPS_SCOPE: Final = "input_loops"
# Type → its rule. Of a list: the rule of an entry, which has an id.
RULES: Final = {"text": "line", "record": "backup", "package": "package", "packages": "packages"}
_LISTS: Final = ("packages",)


def members(given: Data) -> frozenset[str]:
    """Return the members of an input's value, of a list those of an entry; empty: it is a text."""
    rule = RULES.get(given["type"])
    found = resolved(schema()["$defs"][rule]) if rule else {}
    return frozenset(found.get("properties", ()))


def loops(data: Data) -> dict[str, frozenset[str]]:
    """Return what for_each may repeat over by a notice's own inputs: the item's name, its keys."""
    return {each["each"]: members(each) for each in data["inputs"].values() if "each" in each}


def values(data: Data, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the inputs of a notice are on a host, defaults included, and its loops."""
    table = _of_notice(data, settings)
    found: dict[str, Any] = {}
    items: dict[str, Sequence[Any]] = {}
    for name, each in data["inputs"].items():
        blank = is_blank(table.get(name))
        found[name] = each.get("default") if blank else table[name]
        if "each" in each:
            items[each["each"]] = found[name] or []
    return {**found, LOOPS_SCOPE: items}


def _of_notice(data: Data, settings: Mapping[str, Any]) -> Mapping[str, Any]:
    given = settings.get(SETTING)
    table = given.get(data["id"]) if isinstance(given, Mapping) else None
    return table if isinstance(table, Mapping) else {}


def mistakes(data: Data, settings: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with what a host's inventory gives to a notice, one sentence each."""
    place = f"{PREFIX}{SETTING}.{data['id']}"
    wrong = []
    for name, value in _of_notice(data, settings).items():
        each = data["inputs"].get(name)
        if each is None:
            wrong.append(f"{place}.{name} is unknown: {nearest(name, data['inputs'])}")
        elif not is_blank(value):
            wrong += _wrong(f"{place}.{name}", each, value)
    return wrong


def _wrong(place: str, each: Data, value: Any) -> Iterator[str]:
    if each["type"] == "choice":
        if value not in each["values"]:
            yield f"{place} is {shown(value)}: it must be one of {', '.join(each['values'])}."
    elif each["type"] not in _LISTS:
        yield from judged_as(place, value, RULES[each["type"]])
    elif not isinstance(value, list):
        yield f"{place} must be a list, each entry with id, package and sha256."
    else:
        yield from _wrong_entries(place, RULES[each["type"]], value)


def _wrong_entries(place: str, rule: str, entries: Sequence[Any]) -> Iterator[str]:
    seen: set[str] = set()
    for number, entry in enumerate(entries, 1):
        name = entry.get("id") if isinstance(entry, Mapping) else None
        yield from judged_as(f"{place} ({name or f'entry {number}'})", entry, rule)
        if name is not None and str(name) in seen:
            yield f"{place} names {shown(name)} twice: leave one."
        seen.add(str(name))


def unknown_notices(settings: Mapping[str, Any], known: Sequence[str]) -> list[str]:
    """Return the notices that a host's inputs name and that are not there, one sentence each."""
    given = settings.get(SETTING)
    names = given if isinstance(given, Mapping) else {}
    return [
        f"{PREFIX}{SETTING}.{name} is of no advisory: {nearest(name, known)}"
        for name in names
        if name not in known
    ]
