# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An entry of a journal, of which a test says only what it is about."""

from __future__ import annotations

from typing import Any

from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.entry import Entry
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.journal import FIRST


def body(kind: str, **parts: Any) -> dict[str, Any]:
    """Return what a run writes of an entry, before it is put into the chain."""
    return {"kind": kind, "utc": "2026-11-22T05:00:00Z", "host": "-", "change": "-", **parts}


def entry(kind: str, **parts: Any) -> Entry:
    """Return an entry outside of any chain."""
    return Entry(**{**body(kind, **parts), "seq": 0, "prev": FIRST, "hash": FIRST})
