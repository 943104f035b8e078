# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is whom: one person writes a name in many ways."""

from __future__ import annotations

import unicodedata

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.people import (
    is_nobody,
    same_person,
)
from hypothesis import given
from hypothesis import strategies as st

SAME = [
    ("Sato", "SATO"),
    ("Sato", "sato "),
    ("Sato", "\u3000sato"),
    ("Sato", "\uff33\uff41\uff54\uff4f"),  # full width
    ("Sato", "Sa\u200bto"),  # zero width
    ("Sato", "\u202esato\u202c"),
    (unicodedata.normalize("NFC", "Jos\u00e9"), unicodedata.normalize("NFD", "Jos\u00e9")),
    ("\u30ac\u30f3\u30c0", "\uff76\uff9e\uff9d\uff80\uff9e"),  # half-width katakana
    ("stra\u00dfe", "STRASSE"),
    ("sato", "sato@example.com"),
    ("sato@EXAMPLE.com", "Sato@example.com"),
    ("sato", "EXAMPLE\\sato"),
    ("sato@example.com", "EXAMPLE\\Sato"),
    ("sato", "Taro Sato <sato@example.com>"),
    ("sato@example.com", "sato\uff20example.com"),
]
OTHERS = [
    ("Sato", "Ito"),
    ("sato@example.com", "sato@example.org"),
    ("EXAMPLE\\sato", "OTHER\\sato"),
    ("sato", "sato2"),
    ("sato@example.com", "ito@example.com"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_one_person_is_one_however_it_is_written(one, other):
    assert same_person(one, other)
    assert same_person(other, one)


@pytest.mark.parametrize(("one", "other"), OTHERS)
def test_two_people_are_two(one, other):
    assert not same_person(one, other)


@given(st.text())
def test_everybody_is_the_same_as_themselves(name):
    assert same_person(name, name.upper())
    assert same_person(name, f"\u200b{name} ")
    assert is_nobody(name) or not is_nobody(f" {name}")


@pytest.mark.parametrize("name", ["", " ", "\u200b", "\u3000\ufeff"])
def test_a_name_that_nobody_sees_is_nobody(name):
    assert is_nobody(name)
