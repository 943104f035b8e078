# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What observes an inventory host, whatever it is."""

from __future__ import annotations

from typing import Protocol

from .._core.observation import Observation, Request
from .owner import Owner


class Observer(Protocol):
    """What observes a host, and its owner record."""

    owner: Owner

    def observe(self, request: Request, since: str | None = None) -> Observation:
        """Read what is asked for.

        since: of a system of nodes: events before this time (ISO 8601 UTC) are not read.
        Raises RemoteError: the host could not be read.
        """

    def look_after_acts(self, request: Request) -> None:
        """What to read after an act, in the same PowerShell start, where that can be."""
