# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Canonical JSON is that of the library, whichever way it was written."""

from __future__ import annotations

from typing import Any

import pytest
import rfc8785
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.digest import canonical
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.model import CoreError
from hypothesis import example, given
from hypothesis import strategies as st

TEXT = st.text(max_size=6) | st.text('"\\:\ue000\uffff\U00010000\u3042\x7f\n\u2028', max_size=6)
NUMBERS = st.integers() | st.integers(-3, 3) | st.floats(allow_nan=True, allow_infinity=True)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(TEXT | st.integers(0, 3) | st.booleans() | st.none(), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(VALUES)
@example({"\U00010000": 1, "\uffff": 2})
@example({'\U00010000"': 1, "\uffff": 2})
@example({'\ue000\\"': 1, '\U00010000\\"': 2})
@example({1: "a"})
@example([1.0, 2**53, 2**53 - 1, -0.0, 1e21])
@example("\ud800")
def test_what_the_library_says_or_nothing(value: Any) -> None:
    try:
        expected = rfc8785.dumps(value)
    except (ValueError, TypeError):
        with pytest.raises(CoreError):
            canonical(value)
    else:
        assert canonical(value) == expected
