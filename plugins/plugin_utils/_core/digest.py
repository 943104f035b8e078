# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Digests over canonical JSON (RFC 8785)."""

from __future__ import annotations

import hashlib
from typing import Any


def canonical(value: Any) -> bytes:
    """Return value as canonical JSON. Raises ValueError for what JSON cannot hold exactly."""
    # Imported here: ansible-test imports every plugin file without third-party libraries.
    import rfc8785

    data: bytes = rfc8785.dumps(value)
    return data


def digest(value: Any) -> str:
    """Return "sha256:" and the hexadecimal SHA-256 of value's canonical JSON."""
    return "sha256:" + hashlib.sha256(canonical(value)).hexdigest()
