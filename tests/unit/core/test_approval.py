# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The site's rules for changes, and when an approval counts."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import approval as approvals
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.model import CoreError
from step_double import planned

DIGEST = "sha256:" + "a" * 64
WINDOW = {"start": "2026-11-28T22:00:00+09:00", "end": "2026-11-29T02:00:00+09:00"}
GIVEN = approvals.Approval("CHG1", DIGEST, "Sato", "2026-11-28T09:00:00+09:00")
RULES = approvals.control_of({})


def refusal(approval=GIVEN, change="CHG1", digest=DIGEST, operator="ito", **rules):
    """Return the reason of a refusal, or None."""
    control = approvals.control_of(rules)
    found = approvals.refused_approval(approval, change, digest, [operator], control)
    return found and found[0]


def test_an_approval_counts_for_its_plan_and_change_only():
    assert refusal() is None
    assert refusal(None) == "not_approved"
    assert refusal(digest="sha256:" + "b" * 64) == "not_approved"
    assert refusal(change="CHG2") == "not_approved"


@pytest.mark.parametrize("operator", ["Sato", "sato", " SA TO"])
def test_separated_duties_need_two_people(operator):
    assert refusal(operator=operator) is None
    assert refusal(operator=operator, separate_duties=True) == "same_person"
    assert refusal(operator="ito", separate_duties=True) is None


def test_a_lab_s_approval_is_told_not_to_count_where_two_have_to_answer():
    control = approvals.control_of({"separate_duties": True})
    _reason, said = approvals.refused_approval(None, "CHG1", DIGEST, ["ito"], control)
    assert "legacyops_approve_plan does not count" in said


def test_naming_an_operator_does_not_hide_the_account():
    control = approvals.control_of({"separate_duties": True})
    found = approvals.refused_approval(GIVEN, "CHG1", DIGEST, ["Ito", "sato"], control)
    assert found
    assert found[0] == "same_person"


def test_what_is_signed_is_canonical_and_read_back_the_same():
    approval = replace(GIVEN, window=WINDOW, comment="夜間作業")
    data = approval.signed_bytes()
    assert data == approval.signed_bytes()
    assert b"\n" not in data
    assert b": " not in data
    assert approvals.approval_of(json.loads(data)) == approval


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"approved_by": " "}, "has no approved_by"),
        ({"approved_by": "\u200b\u3000"}, "has no approved_by"),
        ({"approved_at": ""}, "has no approved_at"),
        ({"approved_at": "2026-11-28T09:00:00"}, "with its time zone"),
        ({"approved_at": "yesterday"}, "must be a date and time"),
        ({"digest": "abc"}, "not one of a plan"),
        ({"window": {"start": "x"}}, "must be a date and time"),
        ({"format": 2}, "not one of format 1"),
        ({"more": 1}, "not one of format 1"),
    ],
)
def test_an_approval_that_cannot_be_meant_is_one_sentence(change, said):
    with pytest.raises(CoreError, match=said):
        approvals.approval_of({**GIVEN.document(), **change})


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"separate_duties": "yes"}, "legacyops_separate_duties is 'yes'"),
        ({"signature_required": 1}, "legacyops_signature_required"),
        ({"window_estimate": "hope"}, "one of longest, expected"),
        ({"window": {"start": 1}}, "legacyops_window"),
        ({"second_name_for": "power"}, "must be a list"),
        ({"second_name_for": ["pray"]}, "'pray', which is no action"),
        ({"emergency_reason": ["x"]}, "must be a text"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_one_sentence(settings, said):
    with pytest.raises(CoreError, match=said):
        approvals.control_of(settings)


def test_the_change_is_named_as_the_site_names_its_changes():
    rules = approvals.control_of({"change_id_pattern": r"CHG\d{4}"})
    assert approvals.refused_change_id("CHG0042", rules) is None
    assert approvals.refused_change_id("xCHG00421", rules)[0] == "bad_change_id"
    assert approvals.refused_change_id("anything", RULES) is None
    with pytest.raises(CoreError, match="no regular expression"):
        approvals.refused_change_id("x", approvals.control_of({"change_id_pattern": "("}))


def test_the_approved_window_is_the_window():
    approved = replace(GIVEN, window=WINDOW)
    same = approvals.control_of({"window": {**WINDOW, "warn_minutes": 5}})
    other = approvals.control_of({"window": {**WINDOW, "end": "2026-11-30T02:00:00+09:00"}})
    assert approvals.window_for(GIVEN, RULES) is None
    assert approvals.window_for(None, same) == same.window
    assert approvals.window_for(approved, RULES).to_dict()["end"] == WINDOW["end"]
    assert approvals.window_for(approved, same).end == same.window.end
    with pytest.raises(CoreError, match="not the window that Sato approved"):
        approvals.window_for(approved, other)


def test_a_change_has_a_window_unless_the_site_says_otherwise():
    assert approvals.refused_window(None, RULES)[0] == "no_window"
    assert approvals.refused_window(None, approvals.control_of({"window_required": False})) is None


@pytest.mark.parametrize(
    ("action", "arguments", "two"),
    [
        ("power", {"state": "off"}, True),
        ("power", {"state": "on"}, False),
        ("virtual_server", {"state": "enabled"}, True),
        ("update_exe", {}, False),
    ],
)
def test_which_steps_two_people_answer_for(action, arguments, two):
    rules = approvals.control_of({"second_name_for": ["power", "virtual_server"]})
    step = planned("01-x", action, arguments=arguments)
    assert rules.needs_second_name(step) is two
    assert not RULES.needs_second_name(step)
