# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A single server: one Windows by itself, which shares its users with nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..kind import Kind, Settings


class WindowsServer(Kind):
    """The kind of a host that its inventory calls windows; what it has, a XenApp server has too."""

    name = "windows"
    group = "windows"
    shares_users = False

    def backups(self, settings: Settings) -> Iterator[tuple[str, Mapping[str, Any]]]:
        given = settings.get("inputs")
        for notice, table in given.items() if isinstance(given, Mapping) else ():
            for name, record in table.items() if isinstance(table, Mapping) else ():
                if isinstance(record, Mapping) and "taken" in record:
                    yield f"legacyops_inputs.{notice}.{name}", record
