# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Digests over canonical JSON (RFC 8785)."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, Final

# ansible-test imports every plugin file without third-party libraries.
try:
    import rfc8785
except ImportError:  # pragma: no cover
    rfc8785 = None  # type: ignore[assignment]

from .model import CoreError

# A name of a member with a character that RFC 8785 may sort otherwise than Python does.
_ODD_NAME: Final = re.compile(r'[\ue000-\U0010ffff](?:[^"\\]|\\.)*":')
_LARGEST: Final = 2**53 - 1


def canonical(value: Any) -> bytes:
    """Return value as canonical JSON. Raises CoreError for what JSON cannot hold exactly."""
    if rfc8785 is None:
        raise CoreError("The Python library rfc8785 is missing: install it beside Ansible.")
    data = _plain(value)
    if data is not None:
        return data
    try:
        data = rfc8785.dumps(value)
    except (ValueError, TypeError) as error:
        raise CoreError(f"The data cannot be written as canonical JSON: {error}.") from error
    return data


def _plain(value: Any) -> bytes | None:
    """Return the canonical JSON of what json writes just so, in a tenth of the time; else None.

    Fractions, large numbers, names that are no texts or sort otherwise are left to rfc8785.
    """
    try:
        text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        if not text.isascii() and _ODD_NAME.search(text):
            return None
        if (
            json.loads(text, parse_float=_refused, parse_constant=_refused, parse_int=_small)
            != value
        ):
            return None
        return text.encode("utf-8")
    except (TypeError, ValueError, RecursionError):
        return None


def _refused(_text: str) -> None:
    raise ValueError


def _small(text: str) -> int:
    number = int(text)
    if abs(number) > _LARGEST:
        raise ValueError
    return number


def digest(value: Any) -> str:
    """Return "sha256:" and the hexadecimal SHA-256 of value's canonical JSON."""
    return digest_of(canonical(value))


def digest_of(content: bytes) -> str:
    """Return "sha256:" and the hexadecimal SHA-256 of bytes."""
    return "sha256:" + hashlib.sha256(content).hexdigest()
