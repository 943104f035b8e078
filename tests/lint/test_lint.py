# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The linters that are quick."""

from __future__ import annotations

import pytest

LINTERS = {
    "ruff check": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "--diff", "."],
    "mypy": ["mypy"],
    "yamllint": ["yamllint", "--strict", "."],
    "antsibull-docs": [
        *["antsibull-docs", "lint-collection-docs", ".", "--plugin-docs", "--skip-rstcheck"],
    ],
    "antsibull-changelog": ["antsibull-changelog", "lint"],
}


@pytest.mark.parametrize("linter", LINTERS)
def test_linter_finds_nothing(finds_nothing, linter):
    finds_nothing(LINTERS[linter])
