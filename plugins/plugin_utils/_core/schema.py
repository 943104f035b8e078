# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The schema of the inventory (_data/inventory.schema.yml), and how its rules refuse.

Each rule has its remedy beside it. A fault is one sentence that begins with the setting's name;
of one place only the first fault is told.
"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from .formats import FORMATS, is_blank, key_name, shown
from .model import CoreError

try:
    import jsonschema
    import jsonschema.validators
except ImportError:  # pragma: no cover - said where it is needed
    jsonschema = None  # type: ignore[assignment]

PREFIX: Final = "legacyops_"
YAML_ON_OFF: Final = 'YAML reads on, off, yes and no as true and false; write them in quotes ("on")'
# libyaml's loader is some ten times as fast; both are safe.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FILE: Final = Path(__file__).parent.parent / "_data" / "inventory.schema.yml"
_PLACEHOLDER: Final = re.compile(r"\{([a-z_]+)\}")

_NOT_GIVEN: Final = "is not given: add it."

Place = tuple[Any, ...]
# A host, a variable → its value as plain data; None where there is none, or it cannot be read.
Read = Callable[[str, str], Any]


@functools.cache
def schema() -> Mapping[str, Any]:
    """Return the whole schema."""
    whole: dict[str, Any] = yaml.load(_FILE.read_bytes(), _Loader)
    return whole


@functools.cache
def rules_of(*groups: str) -> Mapping[str, Mapping[str, Any]]:
    """Return the settings of these groups (none: of all), without their prefix: name → rule."""
    return {
        name.removeprefix(PREFIX): rule
        for name, rule in schema()["properties"].items()
        if rule["group"] in (groups or schema()["groups"])
    }


def resolved(rule: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a rule with what it refers to; its own words come first."""
    reference = rule.get("$ref")
    if reference is None:
        return rule
    return {**resolved(schema()["$defs"][reference.rpartition("/")[2]]), **rule}


def default_of(rule: Mapping[str, Any]) -> Any:
    """Return the default of a setting, of a table one of its members'; None where it has none."""
    parts = rule.get("properties", {})
    if parts and all("default" in part for part in parts.values()):
        return {name: part["default"] for name, part in parts.items()}
    return rule.get("default")


# --- What the schema's own words mean -----------------------------------------------------------


def _check_format(validator: Any, name: str, value: Any, rule: Any) -> Iterator[Any]:
    fault = FORMATS[name](value) if isinstance(value, str) else None
    if fault:
        yield jsonschema.ValidationError(fault)


def _check_pattern(validator: Any, pattern: str, value: Any, rule: Any) -> Iterator[Any]:
    """As the standard has it: `$` is the end of the text, not of its last line."""
    if isinstance(value, str) and not re.search(re.sub(r"(?<!\\)\$$", r"\\Z", pattern), value):
        yield jsonschema.ValidationError("")


def _check_placeholders(validator: Any, known: list[str], value: Any, rule: Any) -> Iterator[Any]:
    for name in _PLACEHOLDER.findall(value) if isinstance(value, str) else ():
        if name not in known:
            there = ", ".join("{" + each + "}" for each in known)
            yield jsonschema.ValidationError(
                f"has the placeholder {{{name}}}, which there is not: there is {there}."
            )


def _has_boolean_key(value: Any) -> bool:
    """Whether a key is what YAML made of on, off, yes or no."""
    return any(str(key).casefold() in ("true", "false") for key in value)


def _check_required(validator: Any, names: list[str], value: Any, rule: Any) -> Iterator[Any]:
    if not isinstance(value, Mapping) or _has_boolean_key(value):
        return
    for name in names:
        if is_blank(value.get(name)):
            incomplete = _says(rule, "incomplete")
            part = resolved(rule.get("properties", {}).get(name) or {})
            end = incomplete or _says(part, "missing") or _says(rule, "required") or _NOT_GIVEN
            yield jsonschema.ValidationError(
                end.replace("{key}", name), path=[] if incomplete else [name]
            )


def _check_unknown(validator: Any, rest: Any, value: Any, rule: Any) -> Iterator[Any]:
    if not isinstance(value, Mapping):
        return
    if rest is False and _has_boolean_key(value):
        yield jsonschema.ValidationError(f"has the key true or false: {YAML_ON_OFF}.")
        return
    known = rule.get("properties", {})
    ours = [
        key
        for key in value
        if key not in known
        and not any(re.search(each, str(key)) for each in rule.get("patternProperties", ()))
    ]
    for key in sorted(ours, key=str):
        if rest is not False:
            yield from validator.descend(value[key], rest, path=key)
            continue
        says = _says(rule, "additionalProperties") or f"is unknown: {_remedy(str(key), known)}"
        yield jsonschema.ValidationError(says, path=[key])


def _check_needed(whole: bool, kind: str) -> Callable[..., Iterator[Any]]:
    """Return the check of `properties`: as the standard has it, and what this kind needs is there.

    whole: also what only a plan needs.
    """

    def check(validator: Any, parts: Mapping[str, Any], value: Any, rule: Any) -> Iterator[Any]:
        for name, part in parts.items() if isinstance(value, Mapping) else ():
            needs = part.get("needed", {}) if isinstance(part, Mapping) else {}
            needed = kind in needs and (whole or needs[kind] == "always")
            blank = is_blank(value.get(name))
            if needed and blank:
                says = _says(part, "missing") or _NOT_GIVEN
                yield jsonschema.ValidationError(says, path=[name])
            elif name in value and not (needs and blank):
                yield from validator.descend(value[name], part, path=name, schema_path=name)

    return check


@functools.cache
def _validator(whole: bool, kind: str, definition: str = "", name: str = "") -> Any:
    """Return the judge of all settings, or (definition) of one value under a name of its own."""
    if jsonschema is None:
        raise CoreError("The Python library jsonschema is missing: install it beside Ansible.")
    checks = {
        "format": _check_format,
        "pattern": _check_pattern,
        "placeholders": _check_placeholders,
        "required": _check_required,
        "additionalProperties": _check_unknown,
        "properties": _check_needed(whole, kind),
    }
    standard = jsonschema.Draft202012Validator
    types = standard.TYPE_CHECKER.redefine(
        "integer", lambda _checker, value: isinstance(value, int) and not isinstance(value, bool)
    )
    extend: Any = jsonschema.validators.extend
    rule = schema()
    if definition:
        rule = {
            "$defs": schema()["$defs"],
            "properties": {name: {"$ref": f"#/$defs/{definition}"}},
        }
    return extend(standard, checks, type_checker=types)(rule)


# --- Judging ------------------------------------------------------------------------------------


def judged(settings: Mapping[str, Any], kind: str = "", *, whole: bool = False) -> list[str]:
    """Return what is wrong with settings, named without their prefix: one sentence each.

    kind: of the host, whose needs are to be met ("": of none). whole: also those of a plan.
    """
    given = {PREFIX + name: value for name, value in settings.items() if value is not None}
    return list(_told(_validator(whole, kind), given, _place))


def judged_as(name: str, value: Any, definition: str) -> list[str]:
    """Return what is wrong with one value by a rule of $defs: one sentence each, under a name."""

    def place(path: Place, _given: Mapping[str, Any]) -> str:
        return ".".join((name, *map(key_name, path[1:])))

    return list(_told(_validator(False, "", definition, name), {name: value}, place))


def _told(
    validator: Any, given: Mapping[str, Any], place: Callable[[Place, Mapping[str, Any]], str]
) -> Iterable[str]:
    # What is missing, or is not known at all, comes before what its place would have to be.
    first = ("required", "properties")
    errors = validator.iter_errors(given)
    found: dict[str, str] = {}
    refused: list[Place] = []  # tables that lack what makes them one: what is inside says no more
    for error in sorted(errors, key=lambda error: error.validator not in first):
        path = tuple(error.absolute_path)
        if any(path[: len(outer)] == outer != path for outer in refused):
            continue
        if error.validator == "required" and _says(error.schema, "incomplete"):
            refused.append(path)
        where = place(path, given)
        found.setdefault(where, f"{where} {_end(error)}")
    return found.values()


def _place(path: Place, given: Mapping[str, Any]) -> str:
    """A fault's place: its path. Of a list of tables its entry is named, else the list alone."""
    number = next((n for n, part in enumerate(path) if isinstance(part, int)), None)
    if number is None:
        return ".".join(map(key_name, path))
    outer, inner = path[:number], [part for part in path[number + 1 :] if isinstance(part, str)]
    where, rule = ".".join(map(key_name, outer)), schema()["properties"].get(outer[0], {})
    if len(outer) > 1 or "properties" not in rule.get("items", {}):
        return where
    entry = given[outer[0]][path[number]]
    if not isinstance(entry, Mapping) or "entry" not in rule:
        named = f"Entry {path[number] + 1} of {where}"
    else:
        name = key_name(entry["id"]) if entry.get("id") else f"number {path[number] + 1}"
        named = f"{rule['entry']} {name}"
    return f"{named}: {'.'.join(map(key_name, inner))}" if inner else named


def _says(rule: Mapping[str, Any], *keys: str) -> str | None:
    """What a rule says of a fault. Its one remedy is also that of what is missing."""
    says = rule.get("says")
    if isinstance(says, Mapping):
        return next((says[key] for key in keys if key in says), None)
    return says if "missing" in keys else None


_KINDS: Final = {
    bool: "boolean", int: "number", float: "number", type(None): "null", dict: "object"
}  # fmt: skip


def _end(error: Any) -> str:
    """The end of the sentence: what the rule says, or what holds for all of its kind."""
    rule, value, keyword = error.schema, error.instance, error.validator
    if keyword in ("required", "additionalProperties", "properties", "placeholders"):
        return str(error.message)
    kind = _KINDS.get(type(value))
    said = rule.get("says") if isinstance(rule, Mapping) else None
    if not isinstance(said, str):
        said = _says(rule, *([kind] if kind and keyword == "type" else []), keyword)
    said = said or _default_end(rule, value, keyword, kind, str(error.message))
    said = said.replace("{value}", shown(value))
    return f"{said.removesuffix('.')}; {YAML_ON_OFF}." if _is_trap(error) else said


def _is_trap(error: Any) -> bool:
    """Whether a word was asked for, and YAML has made true or false of it."""
    return error.validator == "enum" and isinstance(error.instance, bool)


def _default_end(rule: Any, value: Any, keyword: str, kind: str | None, message: str) -> str:
    if keyword == "format":
        return message
    if keyword in ("enum", "const"):
        words = ", ".join(str(each) for each in rule["enum"] if each is not None)
        return f"is {{value}}: it must be one of {words}."
    if rule.get("type") == "boolean":
        return "is {value}: it must be true or false."
    if "minimum" in rule:
        return f"is {{value}}: it must be {rule['minimum']} to {rule['maximum']}."
    if keyword == "type":
        first = rule["type"] if isinstance(rule["type"], str) else rule["type"][0]
        return _no_text(value, kind) if first == "string" else f"must be a {_TYPES[first]}."
    return "must be something else (no remedy is known)."


_TYPES: Final = {"object": "table", "array": "list", "integer": "whole number", "number": "number"}


def _no_text(value: Any, kind: str | None) -> str:
    if kind == "null":
        return "is empty: write it, or leave the line out."
    if kind == "boolean":
        return f"is {str(value).lower()}: {YAML_ON_OFF}."
    if kind == "number":
        return "is the number {value}: put it in quotes, or YAML alters it."
    return "must be one line of text."


def unknown_settings(variables: Iterable[str]) -> list[str]:
    """Return what is wrong with the names of a host's variables, one sentence for each.

    A setting that nobody reads would be taken for a control that is on.
    """
    known = schema()["properties"]
    ours = [name for name in sorted(variables) if name.startswith(PREFIX) and name not in known]
    return [f"{key_name(name)} is unknown: {_remedy(name, known)}" for name in ours]


def _remedy(key: str, known: Iterable[str]) -> str:
    """Name the nearest; what all of ours begin with makes nothing alike."""
    names = {name.removeprefix(PREFIX): name for name in known}
    near = difflib.get_close_matches(key.removeprefix(PREFIX), names, n=1)
    return f"write {names[near[0]]}, or remove it." if near else "remove it."
