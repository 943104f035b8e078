# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the schema cannot say of a XenApp server's inventory: two settings against each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def between_settings(settings: Mapping[str, Any]) -> list[str]:
    """Return what is wrong between a server's settings, one sentence each."""
    wrong = []
    if settings.get("data_store_host") is True and settings.get("data_store_position") is None:
        wrong.append(
            "legacyops_data_store_position is not given: say whether the data store's host is "
            "patched first or last (no source gives a default)."
        )
    seen: dict[tuple[str, str], str] = {}
    hotfixes = settings.get("hotfixes")
    for hotfix in hotfixes if isinstance(hotfixes, list) else ():
        for key in ("id", "patch_code", "package") if isinstance(hotfix, Mapping) else ():
            value = str(hotfix.get(key) or "").casefold()
            if value and (key, value) in seen:
                both = f"{seen[key, value]} and {hotfix.get('id')}"
                wrong.append(f"Hotfixes {both} have the same {key}: correct one.")
            seen.setdefault((key, value), str(hotfix.get("id")))
    return wrong
