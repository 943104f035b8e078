# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of systems that an inventory host may be. The only way from the core's root to them.

Importing this module registers the checks and the actions of all kinds.
"""

from __future__ import annotations

from . import change_checks  # noqa: F401
from .ft import actions as ft_actions  # noqa: F401
from .ft import endurance_checks, machine_checks, update_checks  # noqa: F401
from .ft.system import TITLES
from .windows import actions as windows_actions  # noqa: F401
from .windows import checks as windows_checks  # noqa: F401
from .windows import trust  # noqa: F401
from .xenapp import actions as xenapp_actions  # noqa: F401
from .xenapp import checks as xenapp_checks  # noqa: F401


def title(name: str) -> str:
    """Return a part of a system by the name that its notice uses; another name as it is."""
    return TITLES.get(name, name)


def in_sentence(name: str, language: str) -> str:
    """Return the same as it stands in a sentence."""
    article = "the " if language == "en" and name == "ftvirtual" else ""
    return article + title(name)
