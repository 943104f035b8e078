# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a text of an inventory may be (the `format` of its schema), and how values are shown."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import datetime
from difflib import get_close_matches
from typing import Any, Final

from .levels import level_of

_LONGEST_TEXT: Final = 500
_SHOWN: Final = 60
_HOST_NAME: Final = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(\.(?!-)[A-Za-z0-9_-]{1,63})*\.?")


def shown(value: Any) -> str:
    """Return a value as it may stand in a sentence: short, on one line, nothing that acts."""
    text = repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def key_name(key: Any) -> str:
    """Return a key as it may stand behind a setting's name."""
    text = str(key)
    return text if re.fullmatch(r"[\w-]{1,40}", text, re.ASCII) else shown(text)


def nearest(word: object, known: Iterable[object]) -> str:
    """Return what somebody may have meant: the nearest of the known words, or all of them."""
    words = sorted(map(str, known))
    close = get_close_matches(str(word), words, 1)
    if close:
        return f"did you mean {close[0]}?"
    return f"there are {', '.join(words)}" if words else "there are none"


def is_sha256(value: Any) -> bool:
    """Return whether a value is a SHA-256 in hexadecimal digits."""
    return bool(re.fullmatch(r"[0-9A-Fa-f]{64}", str(value), re.ASCII))


def is_blank(value: Any) -> bool:
    """Return whether nothing is given."""
    return value is None or value in ([], {}) or (isinstance(value, str) and not value.strip())


def line_fault(value: str) -> str | None:
    """Return why a text is no line of text, as the end of a sentence, or None."""
    if not value.strip():
        return "is empty: write it, or leave the line out."
    if any(unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") for char in value):
        return "holds a line break or characters that do not print: write one line of plain text."
    if len(value) > _LONGEST_TEXT:
        return f"is longer than {_LONGEST_TEXT} characters: shorten it."
    return None


def _address(value: str) -> str | None:
    fault, text = line_fault(value), value.strip()
    if fault:
        return fault
    try:
        ipaddress.ip_address(text)
    except ValueError:
        # Four numbers with dots are meant as an address, and 192.0.2.300 is none.
        if re.fullmatch(r"[\d.]+", text) or not _HOST_NAME.fullmatch(text):
            return f"is {shown(value)}: give an IP address or a host name."
    return None


def _pattern(value: str) -> str | None:
    try:
        re.compile(value)
    except (re.error, OverflowError, RecursionError) as error:
        return f"is no regular expression ({error}): correct it."
    return None


def moment(value: Any) -> datetime | None:
    """Return the date or time that a text names in ISO 8601, or None."""
    try:
        return datetime.fromisoformat(str(value).strip())
    except ValueError:
        return None


def _moment(value: str) -> str | None:
    if moment(value) is not None:
        return None
    return "is no date: write it as 2026-11-21T20:00:00+09:00 (or 2026-11-21)."


def _utc(value: str) -> str | None:
    return None if value.endswith("Z") and moment(value) is not None else "is no time in UTC."


def _level(value: str) -> str | None:
    return line_fault(value) or (None if level_of(value, "") else "names no level.")


# `format`: a text → the end of the sentence that refuses it, or None. A kind adds its own.
FORMATS: Final[dict[str, Callable[[str], str | None]]] = {
    "line": line_fault,
    "address": _address,
    "pattern": _pattern,
    "moment": _moment,
    "utc": _utc,
    "level": _level,
}
