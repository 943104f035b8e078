# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a report shows of one kind of system only: the only way from this floor's root to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .._core.kinds import kind_of
from .._core.observation import Observation
from .ft import endurance_board

_BOARDS: Final = {"ft_system": endurance_board.board}


def board(
    settings: Mapping[str, Any], first: Observation | None, last: Observation | None
) -> dict[str, Any] | None:
    """Return what a system's own console showed before and after; None: it has none."""
    shown = _BOARDS.get(kind_of(settings).name)
    return None if shown is None else shown(settings, first, last)
