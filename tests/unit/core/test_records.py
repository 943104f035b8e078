# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A record of a file is what its class says, or one sentence says what is wrong with it."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.records import (
    Finding,
    RecordError,
    Step,
)
from step_double import planned

FINDING: dict[str, Any] = {
    "id": "root_missing",
    "item": None,
    "clause": ["4"],
    "severity": "warning",
    "title": {"en": "The root is missing", "ja": "ルート証明書がない"},
    "evidence": ["not in the store"],
    "remedy": {"en": "Import it.", "ja": "インポートしてください。"},
}


def test_a_record_is_its_json_again_and_does_not_change():
    finding = Finding.from_json(FINDING)
    assert finding.to_json() == FINDING
    assert list(finding.to_json()) == list(FINDING)
    with pytest.raises(dataclasses.FrozenInstanceError):
        finding.severity = "good"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (
            {"severity": "grave"},
            "a wrong severity: it must be one of blocker, warning, info, good.",
        ),
        ({"severity": ["good"]}, "a wrong severity: it must be a text."),
        ({"item": 3}, "a wrong item: it must be a text or null."),
        ({"evidence": "seen"}, "a wrong evidence: it must be a list."),
        ({"title": "The root"}, "a wrong title: it must be an object."),
        ({"color": "red"}, "an unknown 'color'."),
    ],
)
def test_what_is_no_such_record_is_said_in_a_sentence(changed, says):
    with pytest.raises(RecordError) as told:
        Finding.from_json({**FINDING, **changed})
    assert str(told.value) == f"A finding has {says}"


def test_nothing_may_be_missing():
    for name in FINDING:
        with pytest.raises(RecordError, match=f"A finding has no {name}\\."):
            Finding.from_json({key: value for key, value in FINDING.items() if key != name})
    for value in (None, [], "finding"):
        with pytest.raises(RecordError, match="A finding is no object"):
            Finding.from_json(value)


def test_a_step_is_what_the_plan_of_its_file_says():
    step = planned("03-install", "msp_patch", arguments={"sha256": "AB"}, only_with=["01"])
    assert Step.from_json(step.to_json()) == step
    for changed, says in (
        ({"conditional": 1}, "a wrong conditional: it must be true or false."),
        ({"only_with": "01"}, "a wrong only_with: it must be a list or null."),
        ({"seconds": [60, 600]}, "a wrong seconds: it must be an object."),
    ):
        with pytest.raises(RecordError, match=f"^A step has {says}$"):
            Step.from_json({**step.to_json(), **changed})
