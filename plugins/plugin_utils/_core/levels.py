# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers that compare: a vendor's fix levels ("V1.0L20") and the versions of Windows' files."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

Level = tuple[int, int, int]
Version = tuple[int, int, int, int]

_LEVEL: Final = re.compile(r"(?<![0-9A-Za-z.])V(\d{1,3})\.(\d{1,3})L(\d{1,4})(?![0-9A-Za-z.])")
# The product line that a level belongs to: "V5 #001"; in Japanese a word may come between.
_LINE: Final = re.compile(
    r"(?<![0-9A-Za-z.])V(\d{1,3})(?![\d.])\s*[\u3040-\u9fff]*\s*(?:#(\d{1,4}))?"
)
_VERSION: Final = re.compile(r"\s*(\d{1,9})\.(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?![\d.])")
_LONGEST: Final = 500


def plain(text: str) -> str:
    """Return text with full-width letters and digits as ordinary ones."""
    return unicodedata.normalize("NFKC", text)


def level_of(text: str, line: str) -> Level | None:
    """Return the one level that a text names, or None.

    None too where the text names several levels, or a product line other than `line`: a level
    of another line proves nothing about this one.
    """
    if len(text) > _LONGEST:
        return None
    text = plain(text)
    levels = {tuple(map(int, found)) for found in _LEVEL.findall(text)}
    if len(levels) != 1 or not _names_line(_LEVEL.sub(" ", text), line):
        return None
    major, minor, level = levels.pop()
    return major, minor, level


def _names_line(text: str, line: str) -> bool:
    """Return whether a text names this product line and no other, or none at all."""
    wanted = _lines(plain(line))
    return _lines(text) in (set(), wanted)


def _lines(text: str) -> set[tuple[int, int | None]]:
    return {(int(number), int(fix) if fix else None) for number, fix in _LINE.findall(text)}


def version_of(text: str) -> Version | None:
    """Return a file's version of four numbers ("5.00.2195.7035 (built by: x)"), or None."""
    found = _VERSION.match(text) if len(text) <= _LONGEST else None
    if found is None:
        return None
    a, b, c, d = map(int, found.groups())
    return a, b, c, d
