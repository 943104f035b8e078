# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The conditions of an FT system's steps on the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..._core.ft.system import TITLES
from ..._report.conditions import phrase

# What nobody looks for: settings, and that the machine is the one of the inventory.
_UNSAID: Final = ("setting", "ft_identity")


def title_of(name: str, language: str = "en") -> str:
    """A node or Virtual Server as the notice writes it; the whole system where there is no name."""
    return TITLES.get(name) or name or ("全体" if language == "ja" else "the whole system")


def said(ref: Mapping[str, Any], language: str) -> str:
    """A condition in words; its technical form where there are none, empty where nobody looks."""
    return "" if ref["check"] in _UNSAID else phrase(ref)[language]  # type: ignore[arg-type]
