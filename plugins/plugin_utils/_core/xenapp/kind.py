# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A XenApp server: one Windows by itself, which shares its users with the others of its silo."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from ..kind import Settings
from ..schema import rules_of
from ..windows.kind import WindowsServer
from .inventory import between_settings


class XenAppServer(WindowsServer):
    """The kind of a host whose inventory says nothing else."""

    name = "xenapp"
    also = ("windows",)
    group = "xenapp"
    shares_users = True
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
        yield from super().backups(settings)
        record = settings.get("data_store_backup")
        if isinstance(record, Mapping):
            yield "legacyops_data_store_backup", record
