# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mistakes in an inventory: one clear sentence each."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.settings import (
    effective,
    validate_settings,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.settings import (
    settings_of,
)


def hotfix(kit: Any, **changed: Any) -> dict[str, Any]:
    """Return settings whose one hotfix is changed."""
    return kit.settings(hotfixes=[{**kit.settings()["hotfixes"][0], **changed}])


def test_valid_settings_have_no_fault(kit):
    assert validate_settings(kit.settings()) == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"product": None}, "legacyops_product is not given"),
        ({"silo": 3}, "legacyops_silo must be a name"),
        ({"hotfixes": []}, "legacyops_hotfixes is empty"),
        ({"hotfixes": "XAJ001"}, "legacyops_hotfixes is empty"),
        ({"hotfixes": [7]}, "Entry 1 of legacyops_hotfixes"),
        ({"data_store_backup": None}, "legacyops_data_store_backup is not given"),
        ({"data_store_backup": {"taken": "x", "by": ""}}, "legacyops_data_store_backup"),
        ({"farm_role": "boss"}, "legacyops_farm_role is 'boss'"),
        ({"drain_method": "shout"}, "legacyops_drain_method is 'shout'"),
        ({"single_server_silo": True}, "legacyops_single_server_silo is True"),
        ({"forced_logoff": "yes"}, "legacyops_forced_logoff is 'yes'"),
        ({"data_store_host": True}, "legacyops_data_store_position is not given"),
        ({"minimum_capacity_percent": 101}, "legacyops_minimum_capacity_percent is 101"),
        ({"minimum_capacity_percent": True}, "legacyops_minimum_capacity_percent is True"),
        ({"minimum_free_mb": 0}, "legacyops_minimum_free_mb is 0"),
        ({"clock_tolerance_seconds": 0}, "legacyops_clock_tolerance_seconds is 0"),
        ({"failure_budget": -1}, "legacyops_failure_budget is -1"),
        ({"batches": [1, "a third"]}, "legacyops_batches has 'a third'"),
        ({"soak_minutes": -5}, "legacyops_soak_minutes is -5"),
        ({"deadlines": 5}, "legacyops_deadlines must name its deadlines"),
        ({"deadlines": {"install_seconds": 0}}, "legacyops_deadlines.install_seconds must be"),
        ({"deadlines": {"ima_seconds": 300}}, "is too short"),
        ({"deadlines": {"lunch_seconds": 60}}, "legacyops_deadlines.lunch_seconds is unknown"),
        ({"ima_modules": r"C:\a.dll"}, "legacyops_ima_modules must be a list"),
        ({"ima_modules": ["a.dll"]}, "is not absolute"),
        ({"root_sha256": "9ACF"}, "legacyops_root_sha256 must be"),
    ],
)
def test_a_wrong_setting(kit, changed, words):
    wrong = validate_settings(kit.settings(**changed))
    assert any(words in sentence for sentence in wrong), wrong


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"id": ""}, "id is missing"),
        ({"sha256": "AB" * 31}, "sha256 must be the 64"),
        ({"sha256": None}, "sha256 must be the 64"),
        ({"patch_code": "1-2-3"}, "patch_code must be a GUID"),
        ({"package": ""}, "is missing"),
        ({"package": "a.msp"}, "is not absolute"),
        ({"package": r"\\srv\share\a.msp"}, "is a network path"),
        ({"package": "//srv/share/a.msp"}, "is a network path"),
        ({"package": r"C:\*.msp"}, "must be one file"),
        ({"package": r"C:\a.exe"}, "must be a Windows Installer patch"),
        ({"package": 'C:\\a" /qn.msp'}, "holds characters"),
        ({"package": r"C:\x\..\a.msp"}, "holds characters"),
        ({"source": 5}, "source must be"),
        ({"colour": "red"}, "colour is unknown"),
    ],
)
def test_a_wrong_hotfix(kit, changed, words):
    wrong = validate_settings(hotfix(kit, **changed))
    assert len(wrong) == 1
    assert words in wrong[0]
    assert wrong[0].startswith("Hotfix ")


def test_two_hotfixes_with_one_patch_code(kit):
    one = kit.settings()["hotfixes"][0]
    two = {**one, "id": "XAJ002", "package": r"C:\two.msp", "patch_code": kit.PATCH.lower()}
    wrong = validate_settings(kit.settings(hotfixes=[one, two]))
    assert wrong == ["Hotfixes XAJ001 and XAJ002 have the same patch_code: correct one."]


def test_defaults_are_under_the_advisorys_and_the_servers():
    full = effective({"deadlines": {"ima_seconds": 900}, "remedy": None}, {"remedy": "import_root"})
    assert full["remedy"] == "import_root"
    assert full["deadlines"]["ima_seconds"] == 900
    assert full["deadlines"]["install_seconds"] == 3600


def given(**values: Any) -> dict[str, Any]:
    """Return settings as Ansible gives them."""
    return settings_of({f"legacyops_{name}": value for name, value in values.items()})


def test_a_number_of_the_command_line_is_text(kit):
    settings = given(**kit.settings(poll_seconds="1", failure_budget="2"))
    assert validate_settings(settings) == []
    assert effective(settings)["failure_budget"] == 2
    assert len(validate_settings(given(**kit.settings(failure_budget="two")))) == 1
    assert len(validate_settings(given(**kit.settings(failure_budget="9" * 5000)))) == 1
