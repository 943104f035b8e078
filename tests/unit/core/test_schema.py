# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The schema of the inventory: for the judge, the page, an editor; and what else says the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import roles_page
import settings_page
import yaml
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.formats import FORMATS
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.ft.machine_checks import (
    SCREENS,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.ft.reported import BOARD
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.schema import (
    PREFIX,
    default_of,
    judged,
    resolved,
    rules_of,
    schema,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.settings import (
    validate_settings,
)
from hypothesis import given, settings
from hypothesis import strategies as st

SETTINGS = schema()["properties"]
OURS = {"group", "groups", "needed", "says", "safer", "site_only", "entry", "placeholders"}
STANDARD = {
    "$schema", "$id", "$defs", "$ref", "title", "description", "default", "type", "enum", "const",
    "properties", "patternProperties", "additionalProperties", "propertyNames", "required",
    "minProperties", "items", "prefixItems", "contains", "minItems", "minimum", "maximum",
    "minLength", "pattern", "format", "allOf", "not", "if", "then",
}  # fmt: skip


def rules(rule: Any) -> Iterator[dict[str, Any]]:
    """Every rule of the schema, the whole one first."""
    if not isinstance(rule, dict):
        return
    yield rule
    for key in ("properties", "patternProperties", "$defs"):
        for part in rule.get(key, {}).values():
            yield from rules(part)
    for key in ("additionalProperties", "propertyNames", "items", "contains", "not", "if", "then"):
        yield from rules(rule.get(key))
    for key in ("allOf", "prefixItems"):
        for part in rule.get(key, ()):
            yield from rules(part)


def test_it_is_a_json_schema_with_few_words_of_our_own():
    jsonschema.Draft202012Validator.check_schema(schema())
    for rule in rules(schema()):
        assert rule.keys() <= STANDARD | OURS, rule
        assert rule.get("format", "line") in FORMATS
        says = rule.get("says", {})
        assert isinstance(says, str) or all(isinstance(text, str) for text in says.values()), says


def test_every_setting_says_what_it_is_and_where_it_belongs():
    for name, rule in SETTINGS.items():
        assert name.startswith(PREFIX)
        assert rule["group"] in schema()["groups"], name
        assert rule["description"], name


def test_the_page_is_up_to_date():
    page = settings_page.PAGE.read_text(encoding="utf-8")
    assert page == settings_page.page(), "make docs writes it"
    assert sorted(name for name in SETTINGS if f"`{name}`" not in page) == []


@pytest.mark.parametrize("path", roles_page.FILES, ids=lambda path: path.parents[1].name)
def test_a_role_lists_every_setting(path):
    assert path.read_text(encoding="utf-8") == roles_page.content(path), "make docs writes it"
    text = path.read_text(encoding="utf-8")
    runs = {*rules_of("run"), *rules_of("result")}
    assert [
        name for name in SETTINGS if name.removeprefix(PREFIX) not in runs and name not in text
    ] == []


def test_what_people_may_have_seen_is_what_the_checks_know():
    node = schema()["$defs"]["seen_node"]["properties"]
    assert set(node["screen"]["enum"]) == {*SCREENS, None}
    assert set(rules_of("paper")["ft_reported"]["properties"]["board"]["enum"]) == {*BOARD, None}


def test_a_default_is_right_itself():
    for group in schema()["groups"]:
        for name, rule in rules_of(group).items():
            assert judged({name: default_of(rule)}) == []


# --- An editor knows the standard's words alone -----------------------------------------------


def underlined(document: Any) -> list[str]:
    errors = jsonschema.Draft202012Validator(schema()).iter_errors(document)
    return [".".join(map(str, e.absolute_path)) or e.message for e in errors
            if not str(e.instance).startswith("{{")]  # fmt: skip


def test_an_editor_takes_the_example(repository):
    files = list((repository / "inventories" / "example").glob("*_vars/*.yml"))
    assert len(files) >= 4
    for file in files:
        assert underlined(yaml.safe_load(file.read_text(encoding="utf-8"))) == [], file


def test_an_editor_underlines_what_would_be_refused(repository):
    file = repository / "inventories" / "example" / "host_vars" / "ft02.yml"
    variables = yaml.safe_load(file.read_text(encoding="utf-8"))
    variables["legacyops_ft_system"]["coserver1"]["power"]["adress"] = "198.51.100.31"
    variables["legacyops_ft_system"]["power_off"] = False
    variables["legacyops_polls_seconds"] = 5
    found = " ".join(underlined(variables))
    for place in ("coserver1.power", "power_off", "legacyops_polls_seconds"):
        assert place in found


# --- The roles say the same --------------------------------------------------------------------

ROLES = sorted((Path(__file__).parents[3] / "roles").iterdir())
TYPES = {"str": "string", "path": "string", "bool": "boolean", "dict": "object", "list": "array"}


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_a_roles_arguments_agree_with_the_settings(role):
    specs = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    defaults = yaml.safe_load((role / "defaults" / "main.yml").read_text(encoding="utf-8"))
    taken = re.compile(r"legacyops_\w+(?= \| default\((.*?)(?:, true)?\))")
    compared = 0
    for options in (entry["options"] for entry in specs["argument_specs"].values()):
        for name, option in options.items():
            if name.startswith(PREFIX):  # raw: judged by the schema itself
                assert name in SETTINGS
                assert option["type"] == "raw"
                continue
            short = PREFIX + name.removeprefix(f"{role.name}_")
            setting = short if short in SETTINGS else PREFIX + name
            if setting not in SETTINGS:
                assert name.endswith("_quiet"), f"{name} has no setting"
                continue
            rule = resolved(SETTINGS[setting])
            told = rule.get("enum") or rule.get("items", {}).get("enum")
            assert option.get("choices") == told, name
            assert TYPES[option["type"]] == rule.get("type", "string"), name
            given_default = taken.search(defaults[name])
            if given_default and setting != "legacyops_change_id":
                assert (yaml.safe_load(given_default[1]) or None) == (default_of(rule) or None), (
                    name
                )
            compared += 1
    assert compared > 3


# --- What is refused is refused with a remedy ---------------------------------------------------

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=5,
)


@pytest.mark.parametrize("name", sorted(name.removeprefix(PREFIX) for name in SETTINGS))
@settings(max_examples=max(12, settings.default.max_examples // 4))
@given(VALUES)
def test_whatever_a_setting_is_its_fault_has_a_remedy(name, value):
    for sentence in judged({name: value}):
        assert name in sentence or "Hotfix" in sentence
        assert "no remedy" not in sentence
        assert sentence.isprintable()
        assert re.search(r"[.…]$", sentence)


def test_all_faults_at_once(kit):
    form = kit.ft_form(power_off="pull", colour="red")
    form["coserver2"]["name"] = form["coserver1"]["name"]
    form["windows_update"]["sha256"] = "12"
    form["vendor_fix"]["steps"] = ["install ftvirtual"]
    wrong = validate_settings({"ft_system": form, "soak_minutes": -1, "farm_role": "boss"})
    for words in (
        "soak_minutes is -1", "farm_role is 'boss'", "colour is unknown",
        "windows_update.sha256 must be",
        "power_off is 'pull'", "have the same name", "leaves out coserver1, coserver2",
    ):  # fmt: skip
        assert sum(words in sentence for sentence in wrong) == 1, (words, wrong)


def test_no_key_is_hidden_by_a_method_of_a_table():
    """In a template `legacyops_ft_system.update` would be the method of that name, not the key."""
    hidden = {name for name in dir({}) if not name.startswith("_")}
    assert "update" in hidden

    def named(rule: Any) -> Iterator[str]:  # what stands in an entry of a list, nobody writes so
        for name, part in resolved(rule).get("properties", {}).items():
            yield name
            yield from named(part) if isinstance(part, dict) else ()

    keys = {key for rule in SETTINGS.values() for key in named(rule)}
    assert "vendor_fix" in keys
    assert not keys & hidden
