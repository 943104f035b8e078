# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Digests over canonical JSON (RFC 8785)."""

from __future__ import annotations

import hashlib
from typing import Any

# ansible-test imports every plugin file without third-party libraries.
try:
    import rfc8785
except ImportError:  # pragma: no cover
    rfc8785 = None  # type: ignore[assignment]

from .model import CoreError


def canonical(value: Any) -> bytes:
    """Return value as canonical JSON. Raises CoreError for what JSON cannot hold exactly."""
    if rfc8785 is None:
        raise CoreError("The Python library rfc8785 is missing: install it beside Ansible.")
    try:
        data: bytes = rfc8785.dumps(value)
    except (ValueError, TypeError) as error:
        raise CoreError(f"The data cannot be written as canonical JSON: {error}.") from error
    return data


def digest(value: Any) -> str:
    """Return "sha256:" and the hexadecimal SHA-256 of value's canonical JSON."""
    return "sha256:" + hashlib.sha256(canonical(value)).hexdigest()
