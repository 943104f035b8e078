# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host is, and what is asked of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.advisory import (
    load,
    select_advisories,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.kinds import kind_of
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.model import CoreError
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.plan import plan_host
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.settings import (
    effective,
    validate_settings,
)
from notice_double import Notice


def of_kind(advisory, kind):
    return replace(advisory, data={**advisory.data, "kind": kind})


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        ({}, "xenapp"),
        ({"kind": "xenapp"}, "xenapp"),
        ({"kind": "windows"}, "windows"),
        ({"kind": "windows", "ft_system": {"model": "X"}}, "ft_system"),
    ],
)
def test_a_host_is_what_its_inventory_says_and_else_a_xenapp_server(settings, kind):
    assert kind_of(settings).name == kind
    assert kind_of(effective(settings)).name == kind if "ft_system" not in settings else True


def test_a_windows_host_is_asked_for_nothing_of_xenapp():
    assert validate_settings({"kind": "windows", "product": "x"}) == []
    assert len(validate_settings({"kind": "windows"})) == 1  # which product
    wrong = validate_settings({"kind": "xenapp", "product": "x"})
    assert any("data_store_backup" in sentence for sentence in wrong)
    assert any("legacyops_kind is" in s for s in validate_settings({"kind": "server"}))


def test_a_notice_is_about_hosts_of_its_kind(ctx130025):
    found = {"ctx130025": ctx130025}
    settings = {"product": "xenapp_5.0_x64"}
    assert select_advisories(found, settings) == [ctx130025]
    with pytest.raises(CoreError, match="hosts of the kind xenapp, and this one is of the kind wi"):
        select_advisories(found, {**settings, "kind": "windows"})
    # A XenApp server is a Windows server, too.
    other = of_kind(ctx130025, "windows")
    for kind in ("windows", "xenapp"):
        assert select_advisories({"ctx130025": other}, {**settings, "kind": kind}) == [other]


def test_nobody_is_asked_to_spare_a_windows_host(kit, tmp_path):
    notice = Notice(tmp_path)
    notice.change("id: example\n", "id: example\nkind: windows\n")
    notice.change("serving: {logons: enabled}\n", "")
    notice.change("  logons: {ask: logons}\n", "")
    assert [fault.text for fault in notice.faults()] == []
    advisory = load(tmp_path)
    for kind, asked in (("xenapp", True), ("windows", False)):
        settings = {**kit.settings(product="example_1.0"), "kind": kind}
        plan = plan_host(advisory, settings, kit.observation())
        (step,) = plan.steps
        assert any(ref["check"] == "capacity_percent" for ref in step.interlocks) is asked
        assert plan.server().in_silo is asked


def test_an_action_of_xenapp_is_none_of_a_windows_notice(tmp_path):
    notice = Notice(tmp_path)
    notice.change("id: example\n", "id: example\nkind: windows\n")
    said = [fault.text for fault in notice.faults()]
    assert any("check logons is for a host of the kind xenapp" in text for text in said)
