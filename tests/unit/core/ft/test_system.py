# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The form of an FT system. Its mistakes: tests/integration/bad_inventories/cases.yml."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import settings as settings_
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.advisory import (
    bundled_folder,
    load_advisories,
    select_advisories,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.ft.inventory import (
    between_systems,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.ft.system import (
    completed,
    fix_steps,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.model import CoreError
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.plan import (
    assess_request,
    plan_host,
)
from ft_doubles import kinds_of

Form = dict[str, Any]


def validate_ft_system(form: Any, credentials: Any = None, *, complete: bool = True) -> list[str]:
    secrets = {"ft_credentials": credentials}
    return settings_.validate_settings({"ft_system": form}, secrets, complete=complete)


IPMI = {"driver": "ipmi", "address": "192.0.2.21", "credentials": "bmc"}


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
    assert between_systems({"ft01": one, "ft02": two}) == []
    two["coserver2"]["address"] = one["coserver1"]["address"]
    assert between_systems({"ft01": one, "ft02": two}) == [
        "address 192.0.2.11 is coserver1 of ft01 and coserver2 of ft02: a node belongs to one "
        "system; correct one."
    ]


def test_boards_of_one_address_with_ports_of_their_own(kit):
    form = kit.ft_form(power_off="shutdown")
    form["coserver1"]["power"], form["coserver2"]["power"] = dict(IPMI), {**IPMI, "port": 6230}
    assert validate_ft_system(form) == []
    form["coserver1"]["power"]["port"] = 6230
    assert len(validate_ft_system(form)) == 1


def test_one_command_for_both_where_it_names_the_coserver(kit):
    form = kit.ft_form(power_off="shutdown")
    words = {verb: ["pdu", verb, "{name}"] for verb in ("status", "on", "off")}
    form["coserver1"]["power"] = form["coserver2"]["power"] = {"driver": "command", **words}
    assert validate_ft_system(form) == []


def test_what_is_left_out_is_the_operators_way(kit):
    form = completed(kit.ft_form(power_off=None, endurance=None))
    assert (form["power_off"], form["endurance"]) == ("at_post", {"driver": "operator"})


def test_models(kit):
    advisories = load_advisories([bundled_folder()])
    (chosen,) = select_advisories(advisories, {"ft_system": kit.ft_form(model="pgt20126f2 ")})
    assert chosen.product({"ft_system": kit.ft_form()}) == "tx200ft_f2"
    with pytest.raises(CoreError, match="model is 'RX300', which no advisory is about; they are"):
        select_advisories(advisories, {"ft_system": kit.ft_form(model="RX300")})


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
    form["vendor_fix"]["steps"] = ["install  coserver2", "restart coserver2", "install ftvirtual"]
    assert [item["id"] for item in fix_steps(form)] == [
        "install_coserver2",
        "restart_coserver2",
        "install_ftvirtual",
    ]
    del form["vendor_fix"]["switches"]
    assert completed(form)["vendor_fix"]["by"] == "operator"


def test_a_first_assess_needs_no_packages(kit, kb890859):
    form = kit.ft_form()
    for key in ("windows_update", "vendor_fix", "contacts", "backups", "accepted"):
        del form[key]
    assert validate_ft_system(form, complete=False) == []
    settings = {"ft_system": form}
    assert assess_request(kb890859, settings)["files"] == []
    found = plan_host(kb890859, settings, kit.ft_observation(kit.ft_failed()))
    assert "branch_recovery_2003" in {finding.id for finding in found.findings}
    assert "packages_unknown" in {finding.id for finding in found.findings}
    assert found.steps == []


def test_the_guide_has_every_key_and_a_form_that_is_good(repository):
    guide = (repository / "docs" / "ft-systems.md").read_text(encoding="utf-8")
    keys = {"model", "windows", "power_off", "contacts", "backups", "accepted"}
    keys |= {"windows_update", "vendor_fix"}
    keys |= {"name", "address", "access", "credentials", "package", "sha256", "source", "switches"}
    for of in ("power", "endurance", "fix_level"):
        keys |= {key for names in kinds_of(of).values() for key in names}
    assert sorted(key for key in keys if f"`{key}`" not in guide) == []
    first = guide.split("```yaml\n", 1)[1].split("```", 1)[0]
    host = yaml.safe_load(first)["ft"]["hosts"]["ft01"]
    form, credentials = host["legacyops_ft_system"], host["legacyops_ft_credentials"]
    assert validate_ft_system(form, credentials, complete=False) == []
    assert len(first.splitlines()) <= 15


def test_long_commands_are_compared_whole(kit):
    long = ["/opt/site/bin/endurance", "--configuration", "/etc/site/endurance/production.yml"]
    forms = {}
    for number, host in enumerate(("ft01", "ft02")):
        form = forms[host] = kit.ft_form()
        for node in kit.FT_NODES:
            form[node] |= {"name": f"{host}-{node}"[:15], "address": f"10.0.{number}.{len(node)}"}
            form[node]["address"] += node[-1:].replace("l", "3")
        form["endurance"] = {"driver": "command", "enable": [*long, host, "{component}"]}
    assert between_systems(forms) == []
    forms["ft02"]["endurance"] = forms["ft01"]["endurance"]
    assert len(between_systems(forms)) == 1


def test_switches_of_a_fix_are_its_own(kit):
    form = kit.ft_form()
    form["vendor_fix"]["switches"] = ["/n", "/extract:C:\\x"]
    assert validate_ft_system(form) == []
    form["vendor_fix"]["switches"] = ["-NoBackup"]
    assert len(validate_ft_system(form)) == 1
    form["vendor_fix"]["switches"], form["windows_update"]["switches"] = ["/q"], ["/n"]
    assert len(validate_ft_system(form)) == 1
