# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every module's documentation says what its action accepts: sanity does not compare the two."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"
COLLECTION = "ansible_collections.legacyops.hotfix.plugins"
NAMES = sorted(path.stem for path in (PLUGINS / "modules").glob("*.py"))
# What a specification may say besides; documentation has no word for it.
UNDOCUMENTED = {"no_log", "fallback", "removed_in_version"}
SHAPE = ("type", "elements", "required", "default", "choices", "aliases")


def constant(name: str, variable: str) -> Any:
    """A module's YAML block; modules are documentation only."""
    tree = ast.parse((PLUGINS / "modules" / f"{name}.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == variable:
            return yaml.safe_load(ast.literal_eval(node.value))
    raise AssertionError(f"{name} has no {variable}")


def documented(name: str) -> dict[str, Any]:
    """A module's options with those of its fragments; its own win."""
    doc = constant(name, "DOCUMENTATION")
    options: dict[str, Any] = {}
    for reference in doc.get("extends_documentation_fragment", []):
        fragment, _, variant = reference.removeprefix("legacyops.hotfix.").partition(".")
        module = importlib.import_module(f"{COLLECTION}.doc_fragments.{fragment}")
        text = getattr(module.ModuleDocFragment, (variant or "documentation").upper())
        options.update(yaml.safe_load(text).get("options", {}))
    return {**options, **doc.get("options", {})}


def action(name: str) -> ModuleType:
    return importlib.import_module(f"{COLLECTION}.action.{name}")


def shape(option: dict[str, Any]) -> dict[str, Any]:
    """What both say of an option, in one form."""
    found = {key: option[key] for key in SHAPE if option.get(key) not in (None, False, [])}
    # An empty list is a default all the same.
    if isinstance(option.get("default"), (bool, list)):
        found["default"] = option["default"]
    found.setdefault("type", "str")
    inner = option.get("options") or option.get("suboptions")
    if inner:
        found["options"] = {key: shape(value) for key, value in inner.items()}
    return found


@pytest.mark.parametrize("name", NAMES)
def test_documentation_and_specification_agree(name: str) -> None:
    specification = action(name).ARGUMENT_SPEC
    described = {key: shape(option) for key, option in documented(name).items()}
    accepted = {key: shape(option) for key, option in specification.items()}
    assert described == accepted


@pytest.mark.parametrize("name", NAMES)
def test_a_specification_says_nothing_that_is_not_compared(name: str) -> None:
    known = {*SHAPE, "options", *UNDOCUMENTED}
    for option in action(name).ARGUMENT_SPEC.values():
        assert set(option) <= known


@pytest.mark.parametrize("name", NAMES)
def test_secrets_are_not_logged(name: str) -> None:
    for key, option in action(name).ARGUMENT_SPEC.items():
        if "password" in key or "secret" in key:
            assert option.get("no_log") is True


@pytest.mark.parametrize("name", NAMES)
def test_each_action_is_a_hotfix_action_with_this_specification(name: str) -> None:
    base = importlib.import_module(f"{COLLECTION}.plugin_utils._action").HotfixAction
    module = action(name)
    assert issubclass(module.ActionModule, base)
    assert module.ActionModule.argument_spec is module.ARGUMENT_SPEC
    assert module.ActionModule._supports_async is False


@pytest.mark.parametrize("name", NAMES)
def test_every_returned_key_has_a_sample(name: str) -> None:
    def check(path: str, keys: dict[str, Any]) -> None:
        for key, value in keys.items():
            where = f"{path}{key}"
            assert {"description", "returned", "type"} <= set(value), where
            if "contains" in value:
                check(f"{where}.", value["contains"])
            else:
                assert "sample" in value, where

    check("", constant(name, "RETURN"))


@pytest.mark.parametrize("name", NAMES)
def test_examples_are_task_lists_with_full_names(name: str) -> None:
    tasks = constant(name, "EXAMPLES")
    assert any(f"legacyops.hotfix.{name}" in task for task in tasks)
    for task in tasks:
        modules = [key for key in task if "." in key]
        assert len(modules) == 1
        assert task["name"]
