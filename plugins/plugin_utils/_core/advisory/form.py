# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The form of a file of an advisory: what its schema refuses, each fault with its remedy.

What is wrong is told and taken out, so that the rest of the file can be judged in the same run.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Final

# ansible-test imports every plugin file without third-party libraries. Not imported where it is
# used: then each of Ansible's workers would import it anew, instead of inheriting it.
try:
    import jsonschema
except ImportError:  # pragma: no cover
    jsonschema = None  # type: ignore[assignment]

from ..formats import nearest, shown
from ..model import CoreError
from .read import Fault, Place, Source

_TYPES: Final = {
    "object": "a table",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "boolean": "true or false",
}
_UNKNOWN_KEY: Final = ("additionalProperties", "unevaluatedProperties")
_JSON: Final[tuple[tuple[type, str], ...]] = (
    (bool, "boolean"), (int, "integer"), (str, "string"), (list, "array"), (dict, "object"),
)  # fmt: skip
# Keys of a step that can be taken out without it being another step.
_OF_A_STEP: Final = ("steps", "acts")


@dataclass(frozen=True)
class Form:
    """A file of which only what has the right form is left.

    taken_out: its places that were not right. mentioned: every word of them, so that what they
    name is not taken for unused.
    """

    source: Source
    faults: list[Fault]
    taken_out: frozenset[Place]
    mentioned: frozenset[str]

    def lost(self, *, parts: bool = False) -> frozenset[tuple[str, str]]:
        """Return what was taken out as (SECTION, NAME), a whole section as (SECTION, "").

        parts: what only a part of was taken out, too.
        """
        whole = (place for place in self.taken_out if place and (parts or len(place) < 3))
        return frozenset((str(p[0]), str(p[1]) if len(p) > 1 else "") for p in whole)


@cache
def _schema(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def judged(source: Source, schema_file: Path) -> Form:
    """Return the faults of a file's form, and what of it can be judged further."""
    if jsonschema is None:
        raise CoreError("The Python library jsonschema is missing: install it beside Ansible.")
    schema = _schema(schema_file)
    errors = list(_errors(source.data, schema))
    mistyped = {place: near for place, _text, near in errors if near}
    found = {place: text for place, text, near in errors if near}
    if mistyped:
        source = _corrected(source, mistyped)
        errors = list(_errors(source.data, schema))
    for place, text, _near in errors:
        found.setdefault(place, text)
    faults = [source.fault(map(_key, p), f"{_where(p)}{text}") for p, text in found.items()]
    cut = frozenset(_cut(place) for place in found if place not in mistyped)
    words: set[str] = set()
    for place in cut:
        words |= _words_in(_at(source.data, place))
    data = _without(source.data, (), cut)
    data = data if isinstance(data, Mapping) else {}
    required = (*schema["required"], *schema.get("else", {}).get("required", ()))
    for name in required:  # what is missing is told; the rest is judged without it
        data = {name: {}, **data} if name not in data else data
    return Form(replace(source, data=data), faults, cut, frozenset(words))


def _errors(data: Any, schema: Mapping[str, Any]) -> Iterator[tuple[Place, str, str]]:
    """Yield place and text of each fault; of a mistyped key also the one that was meant."""
    for error in jsonschema.Draft202012Validator(schema).iter_errors(data):
        yield from _faults_of(error, schema)


def _corrected(source: Source, mistyped: Mapping[Place, str]) -> Source:
    """Return a file with the keys that were meant, so that what they hold is judged, too."""
    lines = dict(source.lines)
    for place, line in source.lines.items():
        new = tuple(mistyped.get(place[: n + 1], part) for n, part in enumerate(place))
        lines.setdefault(new, line)
    return replace(source, data=_renamed(source.data, (), mistyped), lines=lines)


def _renamed(value: Any, place: Place, names: Mapping[Place, str]) -> Any:
    if isinstance(value, Mapping):
        here = {key: (*place, key) for key in value}
        return {names.get(here[k], k): _renamed(v, here[k], names) for k, v in value.items()}
    if isinstance(value, list):
        return [_renamed(v, (*place, n), names) for n, v in enumerate(value)]
    return value


def _key(part: Any) -> str | int:
    return part if isinstance(part, int) else str(part)


def _where(place: Place) -> str:
    return f"{'.'.join(map(str, place))}: " if place else ""


def _cut(place: Place) -> Place:
    """Return what is taken out because of a fault: the whole of what has a name, or one key."""
    if place and place[0] == "clauses":  # of a clause only its name is used
        return ("clauses", "") if len(place) == 2 else place
    if len(place) > 2 and place[0] in _OF_A_STEP and place[2] != "action":
        return place[:3]
    return place[:2]


def _at(data: Any, place: Place) -> Any:
    for part in place:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _words_in(value: Any) -> set[str]:
    """Return every word of a value, keys included."""
    if isinstance(value, Mapping):
        return set().union(*({*str(k).split(), *_words_in(v)} for k, v in value.items()))
    if isinstance(value, list):
        return set().union(*map(_words_in, value))
    return set(str(value).split())


def _without(value: Any, place: Place, cut: frozenset[Place]) -> Any:
    """Return a value without some places. Nothing is changed: aliases share their anchors'."""
    if not isinstance(value, Mapping):
        return value
    if len(place) > 2:
        return value
    kept = {str(k): v for k, v in value.items() if (*place, k) not in cut}
    return {k: _without(v, (*place, k), cut) for k, v in kept.items()}


# --- What a schema's error means to an author -----------------------------------------------------


def _faults_of(error: Any, schema: Mapping[str, Any]) -> Iterator[tuple[Place, str, str]]:
    """Yield place and text of what one error of the schema says, and the key that was meant."""
    keyword, value, rule = error.validator, error.instance, error.schema
    place: Place = tuple(error.absolute_path)
    if "propertyNames" in list(error.absolute_schema_path)[-3:]:
        yield (
            (*place, value),
            "is no name; write lower-case letters, digits and _, a letter first",
            "",
        )
    elif keyword in _UNKNOWN_KEY:
        known = _known_keys(rule, schema)
        for key in value:
            if key not in known:
                near = [k for k in get_close_matches(str(key), sorted(known), 1) if k not in value]
                text = f"there is no such key here; {nearest(key, known)}"
                yield (*place, key), text, near[0] if near else ""
    elif keyword == "required":
        for key in error.validator_value:
            if key not in value:
                yield (*place, key), "is missing; write it", ""
    elif keyword in ("anyOf", "oneOf"):
        yield from _of_alternatives(error, schema)
    else:
        yield place, _said(keyword, value, error), ""


def _known_keys(rule: Mapping[str, Any], schema: Mapping[str, Any]) -> set[str]:
    """Return the keys that a rule knows, those of the rule that it refers to included."""
    known = set(rule.get("properties", {}))
    if "$ref" in rule:
        known |= _known_keys(schema["$defs"][rule["$ref"].rpartition("/")[2]], schema)
    return known


def _of_alternatives(error: Any, schema: Mapping[str, Any]) -> Iterator[tuple[Place, str, str]]:
    """Yield what is wrong by the alternative that was meant: the one for this type of value."""
    value, rule, place = error.instance, error.schema, tuple(error.absolute_path)
    names = [tuple(each.get("required", ())) for each in error.validator_value]
    if all(len(name) == 1 for name in names):
        known = [name[0] for name in names]
        if isinstance(value, Mapping) and not value.keys() - _known_keys(rule, schema):
            yield place, f"must have one of {', '.join(known)}; write one", ""
        return
    branches: dict[Any, list[Any]] = {}
    for inner in error.context:
        branches.setdefault(inner.schema_path[0], []).append(inner)
    meant = [
        each
        for each in branches.values()
        if not any(i.validator == "type" and not i.relative_path for i in each)
    ]
    if meant:  # the one that goes wrong deepest
        for inner in max(meant, key=lambda each: min(len(i.relative_path) for i in each)):
            yield from _faults_of(inner, schema)
        return
    known_as = rule.get("description", "something else")
    yield place, f"{_shown(value)}; it must be: {known_as.rstrip('.')}", ""


def _shown(value: Any) -> str:
    if value is None:
        return "is empty"
    if isinstance(value, bool):
        return f"is {str(value).lower()} to YAML (a word in quotes is a text)"
    return f"is {shown(value)}"


def _said(keyword: str, value: Any, error: Any) -> str:
    wanted = error.validator_value
    if keyword == "type":
        types = [wanted] if isinstance(wanted, str) else wanted
        if "string" in types and isinstance(value, bool | int | float):
            return f'{_shown(value)}, and no text; put it in quotes ("{_plain(value)}")'
        return f"{_shown(value)}; it must be {' or '.join(_TYPES[each] for each in types)}"
    if keyword == "const":
        digits = unicodedata.normalize("NFKC", str(value)) == str(wanted) != value
        how = ", without quotes, in ASCII digits" if digits else ""
        return f"is {shown(value)}; it must be {wanted}{how}"
    if keyword == "enum":
        return f"{_shown(value)}; {nearest(value, wanted)}"
    texts = {
        "pattern": f"{_shown(value)}; it must be a name (lower-case letters, digits and _)",
        "minItems": f"has {len(value) if isinstance(value, list) else 0} members; "
        f"it must have {wanted}",
        "maxItems": f"has more members than {wanted}; leave only {wanted}",
        "minProperties": "is empty; write what belongs there, or leave the line out",
        "maxProperties": f"has more keys than {wanted}; leave only {wanted}",
        "minLength": f"is shorter than {wanted} characters; write it",
        "minimum": f"{_shown(value)}; it must be at least {wanted}",
        "not": f"{_shown(value)}, which may not stand here",
    }
    return texts.get(keyword, str(error.message))


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
