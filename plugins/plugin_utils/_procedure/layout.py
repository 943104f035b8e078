# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines for a terminal: harmless, of one width, in the language asked for.

Text that came from a host is shown harmless: control characters and those that turn the
reading direction are replaced, so that no event text can repaint the terminal.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .._core.records import Step

# Right on a terminal of 80 columns, which may wrap a line that fills it.
WIDTH = 79
# A line breaks between words, and within a word this wide: Japanese sentences have no spaces.
LONG_WORD = 24
# What stays together of such a word: ASCII, brackets with what they open or close, 、 and 。.
_BREAKABLE = re.compile(r" ?[「『\u201c(\[]*(?:[!-~]+|.)[、。」』\u201d)\]]*")

Paint = Callable[[str, str], str]


def unpainted(text: str, _colour: str) -> str:
    """The painter for a place without colours."""
    return text


def harmless(text: Any) -> str:
    """The text on one line, without characters that a terminal would obey."""
    return "".join(
        " "
        if unicodedata.category(char) in ("Cc", "Zl", "Zp")
        else "\N{REPLACEMENT CHARACTER}"
        if unicodedata.category(char) == "Cf"
        else char
        for char in str(text)
    )


def in_language(value: Any, language: str) -> str:
    """A text given in several languages, in the one asked for, else in English."""
    if isinstance(value, Mapping):
        value = value.get(language) or value.get("en") or next(iter(value.values()), "")
    return harmless("" if value is None else value)


def wide(text: str) -> int:
    """Columns that the text takes; Japanese characters take two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def padded(text: str, columns: int) -> str:
    """The text with spaces up to so many columns."""
    return text + " " * (columns - wide(text))


def cut(text: str, columns: int) -> str:
    """The text, shortened to so many columns."""
    if wide(text) <= columns:
        return text
    kept = text
    while kept and wide(kept) > columns - 3:
        kept = kept[:-1]
    return f"{kept}..."


def wrapped(text: str, indent: str, hanging: str | None = None) -> list[str]:
    """Lines of at most :data:`WIDTH` columns, broken between words or within long wide ones."""
    hanging = indent if hanging is None else hanging
    lines = [indent]
    bare = True
    for piece in _pieces(text):
        if not bare and wide(lines[-1]) + wide(piece) > WIDTH:
            lines.append(hanging)
            bare = True
        lines[-1] += piece.lstrip() if bare else piece
        bare = False
    return [line.rstrip() for line in lines]


def _pieces(text: str) -> Iterator[str]:
    """What must stay on one line, each with the space before it."""
    for number, word in enumerate(text.split()):
        spaced = f" {word}" if number else word
        breakable = wide(word) > max(LONG_WORD, len(word))
        yield from _BREAKABLE.findall(spaced) if breakable else [spaced]


def clauses(value: Any) -> str:
    """The notice's clauses in brackets, or nothing."""
    names = [value] if isinstance(value, str) else list(value or [])
    return f" [{harmless(', '.join(str(name) for name in names))}]" if names else ""


def brakes_off(step: Step, language: str) -> list[str]:
    """Which brakes a step goes without, and why: one line for each reason."""
    reasons: dict[str, list[str]] = {}
    for name, why in step.without_brakes.items():
        reasons.setdefault(in_language(why, language), []).append(name)
    label = {"en": "without the brakes: {names}. {why}", "ja": "適用しない制限: {names}。{why}"}
    return [
        label.get(language, label["en"]).format(names=harmless(", ".join(names)), why=why)
        for why, names in reasons.items()
    ]


def duration(seconds: float) -> str:
    """A duration for people: ``40 s``, ``6 min``, ``1 h 30 min``."""
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    minutes = round(whole / 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02d} min"
