"""FT systems as data: estate file → descriptions → first state."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from . import levels
from .endurance import settle
from .notice import of_type
from .state import Half, Node, Rules, System, Windows

_PLAIN = ("kb", "other", "spuninst", "service_pack", "dirty", "hurt", "crashes", "phase")


def schema() -> dict[str, Any]:
    """Return the JSON schema of one system's description."""
    path = Path(__file__).with_name("ft.schema.json")
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return data


def load(path: Path) -> dict[str, dict[str, Any]]:
    """Return name → description of an estate file's `ft_systems`.

    Raises ValueError, its text beginning with the file and the system, for one that the
    schema refuses.
    """
    systems: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text("utf-8"))["ft_systems"]
    for name, description in systems.items():
        try:
            check(description)
        except ValueError as error:
            raise ValueError(f"{path}: {name}: {error}") from error
    return systems


def check(description: dict[str, Any]) -> None:
    """Raise ValueError for a description that the schema refuses."""
    error = best_match(Draft202012Validator(schema()).iter_errors(description))
    if error is not None:
        where = ".".join(str(part) for part in error.absolute_path)
        raise ValueError(f"{where or 'the description'}: {error.message}")


def described(description: dict[str, Any], node: Node) -> dict[str, Any]:
    """Return what a description says of a node's Windows."""
    part: dict[str, Any] = description.get(node, {})
    return part if node == "ftvirtual" else part.get("windows", {})


def rules_of(description: dict[str, Any]) -> Rules:
    """Return a system's rules."""
    kind = description["type"]
    chosen = {
        key: description[key]
        for key in ("symptom", "victim", "fix_needs_restart")
        if key in description
    }
    threshold = levels.number(of_type(kind)["harmless_from"])
    return Rules(kind=kind, harmless_from=threshold, **chosen, **description.get("seconds", {}))


def first_state(description: dict[str, Any]) -> System:
    """Return a system's state at the beginning."""
    rules = rules_of(description)
    system = System(
        one=_half(description.get("coserver1", {}), rules),
        two=_half(description.get("coserver2", {}), rules),
        ft=_windows(description.get("ftvirtual", {}), rules),
        stopped=description.get("shut_down", False),
        lost=description.get("lost", False),
        rules=rules,
    )
    return settle(system)


def _half(part: dict[str, Any], rules: Rules) -> Half:
    named = {key: part[key] for key in ("virtual", "member", "logged_on") if key in part}
    return Half(windows=_windows(part.get("windows", {}), rules), **named)


def _windows(part: dict[str, Any], rules: Rules) -> Windows:
    plain = {key: part[key] for key in _PLAIN if key in part}
    fix = levels.number(part.get("fix"))
    off = plain.get("phase") == "off"
    kernel = not off and (plain.get("kb", False) or plain.get("other", False))
    loaded = part.get("loaded", {})
    return Windows(
        **plain,
        fix=fix,
        kernel_loaded=loaded.get("kernel", kernel),
        fix_loaded=levels.number(loaded["fix"]) if "fix" in loaded else fix,
        left=rules.stop if plain.get("phase") == "stop" else 0,
    )
