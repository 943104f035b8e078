# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Placeholder."""
from __future__ import annotations
import typing as t


class Relay:
    def __init__(self, *a: t.Any) -> None: ...
    def __getattr__(self, name: str) -> t.Any: ...
