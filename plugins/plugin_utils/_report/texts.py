# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Making text that came from outside harmless, and small things said in two languages."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

LONGEST: Final = 2000  # characters of one text in a document; the journal has the whole


def tidy(value: Any) -> Any:
    """Return a JSON value in which every text is inert and of a bearable length.

    Keys of objects are texts as well: host names, names of components.
    """
    if isinstance(value, str):
        return _clipped(visible(value))
    if isinstance(value, Mapping):
        return {visible(str(key)): tidy(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [tidy(item) for item in value]
    return value


def visible(text: str) -> str:
    """Return a text with each control and each invisible character as a mark that can be read.

    So nothing turns the reading direction, repaints a terminal or hides; a line end stays.
    """
    if text.isprintable():  # most are, and the marks are for what is not
        return text
    return "".join(_mark(char) for char in text.replace("\r\n", "\n"))


def _mark(char: str) -> str:
    if char == "\n" or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"):
        return char
    return " " if char == "\t" else f"[U+{ord(char):04X}]"


def _clipped(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]} … [{len(text):,}]"


def text(en: str, ja: str) -> dict[str, str]:
    """Return one text in both languages."""
    return {"en": en, "ja": ja}


def same(value: Any) -> dict[str, str]:
    """Return what reads the same in both languages, or is there in one only."""
    if isinstance(value, Mapping):
        en = value.get("en") or next(iter(value.values()), "")
        return {"en": str(en), "ja": str(value.get("ja") or en)}
    return {"en": str(value), "ja": str(value)}


def joined(texts: Iterable[Mapping[str, str]], en: str, ja: str) -> dict[str, str]:
    """Return texts in two languages as one, each language with its own separator."""
    every = list(texts)
    return {
        "en": en.join(each["en"] for each in every),
        "ja": ja.join(each["ja"] for each in every),
    }


def when(utc: Any) -> datetime | None:
    """Return a moment of ISO 8601 in UTC; None where there is none."""
    try:
        moment = datetime.fromisoformat(str(utc))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def between(first: Any, last: Any) -> int | None:
    """Return the whole seconds from one moment to another; None where one is unknown."""
    start, end = when(first), when(last)
    return round((end - start).total_seconds()) if start and end else None
