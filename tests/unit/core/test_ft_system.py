# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mistakes in the form of an FT system: one clear sentence each, before anything is touched."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import settings as settings_
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.advisory import (
    bundled_folder,
    load_advisories,
    select_advisory,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.ft_system import (
    completed,
    fix_steps,
    validate_ft_estate,
    validate_ft_system,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.model import CoreError
from hypothesis import given
from hypothesis import strategies as st

Form = dict[str, Any]


def put(path: str, value: Any) -> Callable[[Form], None]:
    """Return a change of the form: a value at a dotted path; ... removes it."""

    def change(form: Form) -> None:
        *outer, last = path.split(".")
        part = form
        for name in outer:
            part = part.setdefault(name, {})
        if value is ...:
            del part[last]
        else:
            part[last] = value

    return change


IPMI = {"driver": "ipmi", "address": "192.0.2.21", "credentials": "bmc"}

MISTAKES = [
    (put("model", ...), "ft_system.model is not given"),
    (put("model", " "), "ft_system.model is not given"),
    (put("typo", 1), "ft_system.typo is unknown: remove it."),
    (put("windows", 2003), 'must be one of "2000", "2003" (text)'),
    (put("windows", ["2003"]), 'must be one of "2000", "2003" (text)'),
    (put("power_off", "pull_the_plug"), "ft_system.power_off is 'pull_the_plug'"),
    (put("coserver2", ...), "ft_system.coserver2 is not given"),
    (put("coserver1", "ft01-c1"), "ft_system.coserver1 is not given"),
    (put("coserver1.name", ""), "coserver1.name must be the computer name"),
    (put("coserver1.name", "192.0.2.11"), "coserver1.name must be the computer name"),
    (put("coserver1.access", "winrm"), "must be relay or operator"),
    (put("coserver1.access", ...), "must be relay or operator"),
    (put("coserver1.address", ...), "coserver1.address is not given"),
    (put("coserver2.credentials", ...), "coserver2.credentials is not given"),
    (put("coserver2.credentials", {"password": "x"}), "passwords never stand in this form"),
    (put("coserver1.password", "x"), "coserver1.password is unknown"),
    (put("ftvirtual.power", IPMI), "the FTvirtual Server has no power of its own"),
    (put("coserver2.address", "192.0.2.11"), "coserver1 and coserver2 have the same address"),
    (put("ftvirtual.address", "192.0.2.12"), "coserver2 and ftvirtual have the same address"),
    (put("coserver2.name", "coserver1"), "coserver1 and coserver2 have the same name"),
    (put("coserver1.power", {"driver": "pdu"}), "must be one of operator, ipmi, command"),
    (put("coserver1.power", "ipmi"), "must be one of operator, ipmi, command"),
    (put("coserver1.power", {"driver": ["ipmi"]}), "must be one of operator, ipmi, command"),
    (put("coserver1.power", {"driver": "ipmi"}), "power.address is not given: driver ipmi needs"),
    (put("coserver1.power", {**IPMI, "on": ["x"]}), "power.on is unknown to driver ipmi"),
    (
        put("coserver1.power", {"driver": "command", "status": ["a"], "on": ["b"], "off": "c"}),
        "power.off must be a command as a list of words",
    ),
    (put("coserver1.power", {**IPMI, "address": "192.0.2.11"}), "is a node's own address"),
    (put("coserver1.power", IPMI), "power_off is at_post, but coserver1 has the power driver ipmi"),
    (put("endurance", {"driver": "snmp"}), "must be one of operator, command"),
    (put("endurance", {"driver": "command"}), "endurance.enable is not given"),
    (put("fix_level", ...), "ft_system.fix_level is not given: no source tells"),
    (put("fix_level", {"source": "guess"}), "must be one of operator, registry, file"),
    (put("fix_level", {"source": "registry", "key": "HKLM"}), "fix_level.value is not given"),
    (put("contacts.vendor", ...), "contacts.vendor is not given: say whom to call"),
    (put("backups.coserver3", {}), "backups.coserver3 is unknown"),
    (put("backups.coserver1", {"taken": "yesterday"}), "backups.coserver1 must say taken, by and"),
    (put("kb", ...), "ft_system.kb is not given"),
    (put("kb.sha256", "12"), "kb.sha256 must be the 64 hexadecimal digits"),
    (put("kb.package", r"\\share\kb.exe"), "must be an absolute path on the relay"),
    (put("kb.package", r"C:\a\..\kb.exe"), "must not hold '..'"),
    (put("kb.switches", ["/quiet", "/NoBackup"]), "/nobackup, which takes away the way back"),
    (put("kb.switches", "/quiet"), "kb.switches must be a list of words"),
    (put("fix.level", "latest"), "fix.level must be the package's level, as V1.0L20"),
    (put("fix.steps", ...), "fix.steps is not given: enter the order and the restarts"),
    (put("fix.steps", ["install all"]), 'each must be "install NODE" or "restart NODE"'),
    (put("fix.steps", ["install ftvirtual"]), "leaves out coserver1, coserver2"),
    (put("fix.steps", ["install ftvirtual"] * 2), "install_ftvirtual is there twice"),
    (put("accepted", {"everything": "Sato"}), "accepted.everything is unknown"),
]


@pytest.mark.parametrize(("change", "sentence"), MISTAKES, ids=[text for _, text in MISTAKES])
def test_a_mistake_is_named(kit, change, sentence):
    form = kit.ft_form()
    change(form)
    wrong = validate_ft_system(form)
    assert any(sentence in each for each in wrong), wrong
    assert all(each.endswith((".", "…)", "…")) for each in wrong)


def test_both_boards_at_one_address(kit):
    form = kit.ft_form(power_off="shutdown")
    form["coserver1"]["power"] = form["coserver2"]["power"] = dict(IPMI)
    assert any("a cut would hit the wrong one" in each for each in validate_ft_system(form))


def test_a_form_of_a_person_is_valid(kit):
    assert validate_ft_system(kit.ft_form(), ["ft01"]) == []
    form = kit.ft_form(power_off="bios_setup")
    form["coserver1"]["power"] = dict(IPMI)
    assert validate_ft_system(form, ["ft01", "bmc"]) == []
    # Only an operator, no network at all.
    form = kit.ft_form()
    for node in kit.FT_NODES:
        form[node] = {"name": node, "access": "operator"}
    assert validate_ft_system(form, []) == []


def test_credentials_that_are_nowhere(kit):
    wrong = validate_ft_system(kit.ft_form(), ["other"])
    assert len(wrong) == 3
    assert "coserver1.credentials is 'ft01', which legacyops_ft_credentials lacks" in wrong[0]


def test_a_node_in_two_systems(kit):
    one, two = kit.ft_form(), kit.ft_form()
    for node in kit.FT_NODES:
        two[node].update(name=f"B-{node}"[:15], address=f"198.51.100.{len(node)}{node[-1:]}")
    two["ftvirtual"]["address"] = "198.51.100.77"
    two["coserver1"]["address"], two["coserver2"]["address"] = "198.51.100.1", "198.51.100.2"
    assert validate_ft_estate({"ft01": one, "ft02": two}) == []
    two["coserver2"]["address"] = one["coserver1"]["address"]
    assert validate_ft_estate({"ft01": one, "ft02": two}) == [
        "address 192.0.2.11 is coserver1 of ft01 and coserver2 of ft02: a node belongs to one "
        "system; correct one."
    ]


def test_models(kit):
    advisories = load_advisories([bundled_folder()])
    chosen = select_advisory(advisories, {"ft_system": kit.ft_form(model="pgt20126f2 ")})
    assert chosen.product({"ft_system": kit.ft_form()}) == "tx200ft_f2"
    with pytest.raises(CoreError, match="model is 'RX300', which no advisory is about; they are"):
        select_advisory(advisories, {"ft_system": kit.ft_form(model="RX300")})


def test_the_settings_of_a_system_are_judged(kit):
    assert settings_.validate_settings({"ft_system": kit.ft_form()}) == []
    wrong = settings_.validate_settings(
        {"ft_system": kit.ft_form(), "ft_deadlines": {"start_seconds": 5, "typo": 1}}
    )
    assert wrong == [
        "legacyops_ft_deadlines.typo is unknown: remove it.",
        "legacyops_ft_deadlines.start_seconds must be 60 to 2592000 seconds.",
    ]


def test_the_readme_of_the_fix_is_kept_in_its_order(kit):
    form = kit.ft_form()
    form["fix"]["steps"] = ["install  coserver2", "restart coserver2", "install ftvirtual"]
    assert [item["id"] for item in fix_steps(form)] == [
        "install_coserver2",
        "restart_coserver2",
        "install_ftvirtual",
    ]
    del form["fix"]["switches"]
    assert completed(form)["fix"]["by"] == "operator"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


@given(st.data())
def test_no_form_breaks_it(kit, drawn):
    form = copy.deepcopy(kit.ft_form())
    for _ in range(drawn.draw(st.integers(1, 3))):
        part: Any = form
        while isinstance(part, dict) and part:
            key = drawn.draw(st.sampled_from(sorted(part)))
            if isinstance(part[key], dict) and drawn.draw(st.booleans()):
                part = part[key]
            else:
                part[key] = drawn.draw(JSON)
                break
    assert all(isinstance(each, str) for each in validate_ft_system(form, ["ft01"]))
    validate_ft_estate({"ft01": form, "ft02": form})
    fix_steps(form)
