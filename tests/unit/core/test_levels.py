# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fix levels and file versions compare as the notice means them."""

from __future__ import annotations

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.levels import (
    level_of,
    version_of,
)
from hypothesis import given
from hypothesis import strategies as st

V6, V5 = "V6 緊急修正", "V5 緊急修正#001"


@pytest.mark.parametrize(
    ("text", "line", "level"),
    [
        ("V1.0L10", V6, (1, 0, 10)),
        ("V6 緊急修正 V1.0L20", V6, (1, 0, 20)),
        (
            "PRIMERGY TX200FT(Windows2003 タイプ) Endurance ソフトウェア V6 緊急修正 V1.0L20",
            V6,
            (1, 0, 20),
        ),
        ("V5 緊急修正#001 V1.0L40", V5, (1, 0, 40)),
        ("V5 #001 V1.0L40", V5, (1, 0, 40)),
        ("Ｖ１．０Ｌ１０", V6, (1, 0, 10)),
        ("V6緊急修正V1.0L10", V6, (1, 0, 10)),
        # Another line proves nothing.
        ("V5 緊急修正#001 V1.0L40", V6, None),
        ("V6 緊急修正 V1.0L20", V5, None),
        ("V5 緊急修正#002 V1.0L40", V5, None),
        ("V5 緊急修正 V1.0L40", V5, None),
        # No level, several, or hostile texts.
        ("", V6, None),
        ("V6 緊急修正", V6, None),
        ("V1.0L10 V1.0L20", V6, None),
        ("V1.0", V6, None),
        ("V1.0L", V6, None),
        ("V1.0L10x", V6, None),
        ("XV1.0L10", V6, None),
        ("V1.0L99999999999", V6, None),
        ("V1.0L20" + " " * 10_000, V6, None),
        ("{{ lookup('pipe', 'id') }}", V6, None),
    ],
)
def test_level(text, line, level):
    assert level_of(text, line) == level


def test_levels_are_numbers_not_texts():
    low, high = level_of("V1.0L9", V6), level_of("V1.0L10", V6)
    assert low is not None
    assert high is not None
    assert low < high
    assert level_of("V1.0L100", V6) > high  # type: ignore[operator]
    assert level_of("V1.10L1", V6) > level_of("V1.9L99", V6)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("5.2.3790.280", (5, 2, 3790, 280)),
        ("5.00.2195.7035", (5, 0, 2195, 7035)),
        ("5.2.3790.280 (srv03_gdr.050301-1651)", (5, 2, 3790, 280)),
        ("5.2.3790", None),
        ("5.2.3790.280.1", None),
        ("v5.2.3790.280", None),
        ("", None),
    ],
)
def test_version(text, version):
    assert version_of(text) == version


@given(st.text(max_size=60))
def test_no_text_breaks_it(text):
    assert level_of(text, V6) is None or "V" in text.upper() or "Ｖ" in text
    version_of(text)
