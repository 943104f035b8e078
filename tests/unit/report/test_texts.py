# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text that came from a host is inert in every document."""

from __future__ import annotations

import unicodedata

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._report.texts import (
    LONGEST,
    between,
    tidy,
    visible,
    when,
)
from hypothesis import given
from hypothesis import strategies as st

UNSEEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_nothing_invisible_is_left(text):
    left = {char for char in visible(text) if unicodedata.category(char) in UNSEEN}
    assert left <= {"\n"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J\x1b]0;owned\x07", "[U+001B][2J[U+001B]]0;owned[U+0007]"),
        ("exe.\u202etxt", "exe.[U+202E]txt"),
        ("a\r\nb\tc", "a\nb c"),
        ("両 CoServer ①", "両 CoServer ①"),
        ("\ud800", "[U+D800]"),
        ("\x9b31m", "[U+009B]31m"),
    ],
)
def test_what_it_becomes_can_be_read(text, shown):
    assert visible(text) == shown


def test_a_long_line_is_cut_and_says_how_long_it_was():
    cut = tidy("x" * 100_000)
    assert len(cut) < LONGEST + 30
    assert cut.endswith("… [100,000]")


def test_names_are_texts_as_well():
    assert tidy({"a\x1b": [("b\u202e", 1, None, True)]}) == {
        "a[U+001B]": [["b[U+202E]", 1, None, True]]
    }


@pytest.mark.parametrize("text", ["", None, "yesterday", "2026-11-22T05:00:00", 5])
def test_a_moment_that_is_none_is_unknown(text):
    assert when(text) is None
    assert between(text, "2026-11-22T05:00:00Z") is None


def test_seconds_between_two_moments():
    assert between("2026-11-22T05:00:00Z", "2026-11-22T14:01:00+09:00") == 60
