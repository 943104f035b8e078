# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of bad inventories: one clear sentence each, and nothing of a secret in it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.inventory import (
    mistakes,
    told,
    told_of,
)
from bad_cases import CANARY, CASES, case_id, hostvars
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize("case", CASES, ids=case_id)
def test_one_clear_sentence(case: dict[str, Any]) -> None:
    wrong = mistakes("ft01", hostvars(case))
    assert len(wrong) == 1, wrong
    for words in case["says"]:
        assert words in wrong[0]
    assert wrong[0][-1] in ".…"
    assert re.search(r"legacyops_|ansible_host|address|name|command", wrong[0])  # where
    assert wrong[0].isprintable()
    assert len(wrong[0]) < 300
    assert CANARY not in wrong[0]


def test_the_table_is_long_enough_and_its_base_is_good() -> None:
    assert len({case_id(case) for case in CASES}) >= 40
    assert mistakes("ft01", hostvars({"second": {}})) == []


def test_a_first_assess_needs_no_packages() -> None:
    short = hostvars({"remove": ["windows_update", "vendor_fix", "contacts", "backups"]})
    assert mistakes("ft01", short, complete=False) == []
    assert len(mistakes("ft01", short)) == 3
    # What is there already is judged already.
    assert mistakes("ft01", hostvars({"set": {"windows_update.sha256": "12"}}), complete=False)


def test_other_systems_mistakes_are_theirs() -> None:
    variables = hostvars({"second": {"coserver2.name": "FT02-C1", "model": None}})
    assert mistakes("ft01", variables) == []
    model, names = mistakes("ft02", variables)
    assert "model is not given" in model
    assert "coserver1 and coserver2 have the same name ft02-c1" in names


def test_a_server_is_judged_by_what_is_given() -> None:
    variables = {"legacyops_product": "xenapp_5.0_x64", "legacyops_farm": "tokyo"}
    assert mistakes("xa01", {"xa01": variables}) == []
    assert len(mistakes("xa01", {"xa01": {}})) == 1
    variables["legacyops_minimum_capacity_percent"] = "fifty"
    assert mistakes("xa01", {"xa01": variables}) == [
        "legacyops_minimum_capacity_percent is 'fifty': it must be 0 to 100."
    ]


def test_no_credentials_at_all() -> None:
    variables = hostvars({})
    del variables["ft01"]["legacyops_ft_credentials"]
    assert all("legacyops_ft_credentials lacks" in each for each in mistakes("ft01", variables))


def test_what_several_hosts_have_is_told_once() -> None:
    many = [f"xa{number:02}" for number in range(1, 11)]
    assert told_of({"A is wrong.": many}, 10) == "all 10 hosts: A is wrong."
    assert told_of({"A is wrong.": ["xa01"]}, 1) == "xa01: A is wrong."
    assert told_of({"A is wrong.": many, "B too.": ["xa02", "xa03"]}, 11) == (
        "The inventory has 2 mistakes: (1) xa01, xa02, xa03, xa04, xa05, xa06, xa07, xa08 "
        "and 2 more: A is wrong. (2) xa02, xa03: B too."
    )


def test_several_mistakes_are_numbered() -> None:
    text = told(mistakes("ft01", hostvars({"set": {"model": "", "typo": 1}})))
    assert text.startswith("The inventory has 2 mistakes: (1) ")
    assert "(2) " in text


# What YAML may hold: also keys that are no text, and texts that a terminal would obey.
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=80)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SCALARS, inner, max_size=3),
    max_leaves=6,
)


@given(st.data())
def test_whatever_stands_in_an_inventory_is_told_in_sentences(drawn: st.DataObject) -> None:
    variables = hostvars({"second": {}})
    for _ in range(drawn.draw(st.integers(1, 3))):
        part: Any = variables["ft01"]
        while isinstance(part, dict) and part:
            key = drawn.draw(st.sampled_from(sorted(part, key=str)))
            if not isinstance(part[key], dict) or drawn.draw(st.booleans()):
                part[key if drawn.draw(st.booleans()) else drawn.draw(SCALARS)] = drawn.draw(VALUES)
                break
            part = part[key]
    for host in variables:
        for sentence in mistakes(host, variables):
            assert sentence.isprintable()
            assert len(sentence) < 1000
            assert CANARY not in sentence
