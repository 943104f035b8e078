# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a journal while its writer may be at it."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.journal import file_lines


def entries(file: Path) -> list[dict[str, Any]]:
    """Every complete entry; none where there is no file.

    A line that is being written, or that a kill cut off, is left out.
    """
    if not file.exists():
        return []
    state = file.stat()
    return list(_read(file, state.st_mtime_ns, state.st_size))


@lru_cache(maxsize=64)
def _read(file: Path, _changed: int, _size: int) -> list[dict[str, Any]]:
    """Read what a file holds; who looks fifty times a second reads it once a change."""
    lines = file_lines(file.read_bytes())
    return [entry for entry in map(_entry, lines) if entry is not None]


def _entry(line: str) -> dict[str, Any] | None:
    try:
        entry: dict[str, Any] = json.loads(line)
    except ValueError:
        return None
    return entry
