# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds, service packs, installed updates, versions of files, registry values."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import checks
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.context import NO_CHANGE
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.observation import (
    UNKNOWN,
    Observation,
    merge_requests,
)

KB = "KB4474419"
NAME = f"Package_for_{KB}~31bf3856ad364e35~amd64~~6.0.1.4"
CHILD = f"Package_1_for_{KB}~31bf3856ad364e35~amd64~~6.0.1.4"


def reading(check: str, data: dict[str, Any], **arguments: Any) -> checks.Reading:
    seen = Observation("w1", "2026-11-22T05:00:00Z", "test", data)
    return checks.read({"check": check, "with": arguments}, seen, NO_CHANGE)


def update(listed: bool | None, *states: int | None, **more: Any) -> dict[str, Any]:
    packages = dict(zip((NAME, CHILD, f"{CHILD}x"), states, strict=False))
    return {"windows_updates": {KB: {"listed": listed, "packages": packages}}, **more}


@pytest.mark.parametrize(
    ("listed", "states", "value"),
    [
        (True, [0x70, 0x70], "installed"),
        (True, [0x80], "installed"),
        (True, [0x70, 0x40], "installed"),  # a package for what is not there
        (True, [0x70, 0x60], "install_pending"),
        (False, [0x60, 0x60], "install_pending"),
        (False, [0x50, 0x50], "superseded"),
        (True, [0x50], "superseded"),
        (False, [0x40], "staged"),
        (False, [], "absent"),
        (False, [0], "absent"),
        # Signs that disagree, or were not read
        (False, [0x70], UNKNOWN),
        (True, [], UNKNOWN),
        (True, [0x40], UNKNOWN),
        (None, [0x70], UNKNOWN),
        (True, [None], UNKNOWN),
        (True, [0x70, 0x20], UNKNOWN),
        (False, [0x65], UNKNOWN),  # partially installed
        (True, [0x70, 0x65], UNKNOWN),
    ],
)
def test_an_update_is_what_both_signs_say(listed, states, value):
    found = reading("update_installed", update(listed, *states), update=KB)
    assert found.value == value
    if states and listed is not None:
        assert NAME in found.evidence


def test_an_update_that_nobody_asked_for_is_unknown():
    assert reading("update_installed", update(True, 0x70), update="KB4493730").value is UNKNOWN
    failed = {"windows_updates": None, "errors": {"windows_updates": "WMI is dead"}}
    found = reading("update_installed", failed, update=KB)
    assert (found.value, "WMI is dead" in found.evidence) == (UNKNOWN, True)


@pytest.mark.parametrize(
    ("versions", "value"),
    [
        (["6.0.6002.18005"], "absent"),
        (["6.0.6002.18005", "6.0.6003.20484"], "superseded"),
        (["6.0.6003.21569"], "superseded"),
        ([], "absent"),
        (["nonsense"], "absent"),
        (None, UNKNOWN),
    ],
)
def test_a_later_servicing_stack_has_what_an_earlier_one_brings(versions, value):
    data = update(False, servicing_stack={"versions": versions})
    asked = {"update": KB, "contained_in_stack": "6.0.6003.20484"}
    assert reading("update_installed", data, **asked).value == value


def test_an_update_of_the_stack_that_is_in_needs_no_other_sign():
    asked = {"update": KB, "contained_in_stack": "6.0.6003.20484"}
    assert reading("update_installed", update(True, 0x70), **asked).value == "installed"


def test_a_stack_that_could_not_be_read_may_be_a_later_one():
    data = update(False, servicing_stack=None, errors={"servicing_stack": "denied"})
    asked = {"update": KB, "contained_in_stack": "6.0.6003.20484"}
    found = reading("update_installed", data, **asked)
    assert (found.value, "denied" in found.evidence) == (UNKNOWN, True)


@pytest.mark.parametrize(("build", "value"), [(6003, 6003), (None, UNKNOWN), (True, UNKNOWN)])
def test_build_and_service_pack_are_numbers(build, value):
    data = {"system": {"build": build, "service_pack": build}}
    assert reading("windows_build", data).value == value
    assert reading("service_pack", data).value == value


@pytest.mark.parametrize(
    ("record", "value"),
    [
        ({"exists": True, "version": "6.0.6002.18005"}, "reached"),
        ({"exists": True, "version": "6.0.6002.18004 (x)"}, "below"),
        ({"exists": True, "version": None}, UNKNOWN),
        ({"exists": False}, "missing"),
        ({"exists": None, "error": "denied"}, UNKNOWN),
    ],
)
def test_a_files_version(record, value):
    data = {"files": {r"C:\Windows\System32\x.dll": record}}
    asked = {"file": r"C:\Windows\System32\x.dll", "at_least": "6.0.6002.18005"}
    assert reading("file_version", data, **asked).value == value


@pytest.mark.parametrize(
    ("record", "value"),
    [
        ({"exists": True, "value": "1"}, "1"),
        ({"exists": False, "value": None}, "missing"),
        ({"exists": None, "error": "denied"}, UNKNOWN),
        ({"exists": True, "value": None}, UNKNOWN),
    ],
)
def test_a_registry_value(record, value):
    data = {"registry": {r"SOFTWARE\X\Y": record}}
    assert reading("registry_value", data, key=r"SOFTWARE\X", name="Y").value == value


def test_requests_are_merged_into_one_start():
    merged = merge_requests(
        checks.request_for([ref])
        for ref in (
            {"check": "update_installed", "with": {"update": KB}},
            {"check": "update_installed", "with": {"update": "KB4493730"}},
            {"check": "registry_value", "with": {"key": "SOFTWARE", "name": "A"}},
            {"check": "registry_value", "with": {"key": "software", "name": "a"}},
            {"check": "file_version", "with": {"file": "C:\\x.dll", "at_least": "1.0.0.0"}},
        )
    )
    assert merged["windows_updates"] == [KB, "KB4493730"]
    assert len(merged["registry"]) == 1
    assert merged["files"][0]["version"] is True
    assert "windows_updates" not in merge_requests([{"want": ["system"]}])  # nobody else pays
