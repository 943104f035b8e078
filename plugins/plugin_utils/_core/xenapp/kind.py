# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A XenApp server: one Windows by itself, which shares its users with the others of its silo."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from ..kind import Kind, Settings
from ..schema import rules_of
from .inventory import between_settings


class Server(Kind):
    """The kind of every host that is no system of several nodes."""

    name = "server"
    group = "server"
    loops: Mapping[str, frozenset[str]] = {
        "hotfix": frozenset(rules_of("hotfix")["hotfixes"]["items"]["properties"])
    }

    def between_settings(
        self, settings: Settings, _wrong: Collection[str], _secrets: Settings
    ) -> list[str]:
        return between_settings(settings)

    def items(self, scope: Settings) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        return {"hotfix": scope.get("hotfixes") or ()}

    def backups(self, settings: Settings) -> Iterator[tuple[str, Mapping[str, Any]]]:
        record = settings.get("data_store_backup")
        if isinstance(record, Mapping):
            yield "legacyops_data_store_backup", record
