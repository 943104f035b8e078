# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What exit codes and log lines mean."""

from __future__ import annotations

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.observation import UNKNOWN
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.windows import explanations

JAPANESE = "エラー26005。IMA サービスを起動できません(CTX_MF_IMA_StartIMAService State = 1)。"
ENGLISH = "Error 26005. Could not start IMA Service in CTX_IMA_StartIMAService State = 1"


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (0, "success"),
        (3010, "restart"),
        (1641, "restart"),
        (1618, "busy"),
        *((code, "failed") for code in (1603, 1612, 1620, 1625, 1633, 1642, 4711, -1)),
    ],
)
def test_exit_codes(code, outcome):
    explained = explanations.explain_exit_code(code)
    assert explained.outcome == outcome
    assert explained.text["en"]
    assert explained.text["ja"]


@pytest.mark.parametrize(
    "code", [1604, 1613, 1637, 1638, 1639, *range(1646, 1652), 0x41301, 0x41306]
)
def test_what_is_documented_is_told_in_words(code):
    explained = explanations.explain_exit_code(code)
    assert (explained.outcome, explained.name != "?") == ("failed", True)
    assert str(code) not in explained.text["en"]


@pytest.mark.parametrize("line", [JAPANESE, ENGLISH])
@pytest.mark.parametrize(
    ("chain", "proven"),
    [
        ("root_missing", True),
        ("disallowed", True),
        ("trusted", False),
        (UNKNOWN, False),
        (None, False),
    ],
)
def test_the_certificate_is_the_cause_only_where_the_chain_fails(ctx130025, line, chain, proven):
    (found,) = explanations.explain_log([ctx130025], ["x", line, line], chain)
    assert found.cause_proven is proven
    assert ("other causes" in found.text["en"]) is not proven
    assert found.clause == ["症状", "症状-26005"]


@pytest.mark.parametrize("line", ["Error 26005. Something else", "StartIMAService done", ""])
def test_half_of_the_symptom_is_none(ctx130025, line):
    assert explanations.explain_log([ctx130025], [line], "root_missing") == []


@pytest.mark.parametrize(
    ("code", "state", "patch", "expected"),
    [
        (1603, "Running", "not_installed", False),
        (1603, "Stopped", "not_installed", True),
        (1603, "missing", "not_installed", True),
        (1603, UNKNOWN, "not_installed", True),
        (1603, "Running", UNKNOWN, True),
        (1618, "Stopped", "not_installed", False),
        (0, "Stopped", "installed", False),
    ],
)
def test_a_rollback_that_failed_is_an_operators_task(code, state, patch, expected):
    assert explanations.needs_reconfiguration(code, state, patch) is expected


def test_nothing_pretends_to_repair():
    assert "never run" in explanations.NEEDS_RECONFIGURATION["en"]
