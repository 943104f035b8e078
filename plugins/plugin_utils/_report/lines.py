# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text in lines of so many columns, where a Japanese character takes two."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

# A piece that stays together: ASCII, or a character with the brackets that it opens or closes.
_PIECE = re.compile(
    r"[「『\u201c(\[]*(?:[!-~]+|.)[、。」』ー々ゝぁぃぅぇぉっゃゅょァィゥェォッャュョ・：\u201d)\]]*"
)


def wide(text: str) -> int:
    """Return the columns that a text takes."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def broken(text: str, columns: int) -> list[str]:
    """Return a text in lines of at most so many columns; of no text, none."""
    lines: list[str] = []
    for piece in _pieces(text, columns):
        if lines and wide(lines[-1]) + wide(piece) <= columns:
            lines[-1] += piece
        else:
            lines.append(piece.lstrip())
    return lines


def _pieces(text: str, columns: int) -> Iterator[str]:
    """Yield what stays on one line, each with the space before it; too long a piece is cut."""
    for number, word in enumerate(text.split()):
        japanese = wide(word) > len(word)
        for index, piece in enumerate(_PIECE.findall(word) if japanese else [word]):
            spaced = f" {piece}" if number and not index else piece
            while wide(spaced) > columns:
                fits = (n for n in range(len(spaced), 1, -1) if wide(spaced[:n]) <= columns)
                cut = next(fits, 1)
                yield spaced[:cut]
                spaced = spaced[cut:]
            if spaced:
                yield spaced
