# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The review of a notice for a terminal of 80 columns: both languages side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, Final

from .._report.labels import word
from .._report.lines import broken, wide
from .layout import harmless, in_language

WIDTH: Final = 79  # a terminal of 80 columns may wrap a line that fills it
_COLUMN: Final = (WIDTH - 3) // 2
_INDENT: Final = 4


def review_text(review: Mapping[str, Any], language: str) -> str:
    """Return a review (see _report.review) as text; language: of the headings."""
    lines = [*broken(in_language(review["title"], language), WIDTH), ""]
    about = f"{review['source']['vendor']}: {review['source']['document']}"
    lines += broken(harmless(f"{about} ({review['id']} {review['version']})"), WIDTH)
    lines += ["", *broken(word("review_how", language), WIDTH)]
    for clause in review["clauses"]:
        lines += ["", _ruled(clause["mark"])]
        lines += _beside(clause["words"])
        if not clause["made"]:
            lines += broken(f"  ! {word('uncited', language)}", WIDTH)
        for each in clause["made"]:
            lines += _made(each, language)
    lines += ["", _ruled(word("additions", language))]
    lines += broken(word("additions_note", language), WIDTH)
    for each in review["additions"]:
        lines += _made(each, language)
    for procedure in review["procedures"]:
        lines += ["", *_procedure(procedure, language)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _ruled(text: str) -> str:
    said = f"-- {harmless(text)} "
    return said + "-" * (WIDTH - wide(said))


def _beside(texts: Mapping[str, str], indent: int = 0) -> list[str]:
    """Return the Japanese and the English text side by side; what is the same once."""
    if texts["ja"] == texts["en"]:
        return _lines(texts["ja"], WIDTH - indent, indent)
    columns = _COLUMN - indent
    pairs = zip_longest(
        broken(harmless(texts["ja"]), columns), broken(harmless(texts["en"]), _COLUMN), fillvalue=""
    )
    margin = " " * indent
    return [f"{margin}{ja}{' ' * (columns - wide(ja))} | {en}" for ja, en in pairs]


def _lines(text: str, columns: int, indent: int) -> list[str]:
    return [" " * indent + line for line in broken(harmless(text), columns)]


def _made(each: Mapping[str, Any], language: str) -> list[str]:
    kind, where = word(f"kind_{each['kind']}", language), ""
    if each["in"] and each["kind"] != "guard":
        where = f" ({', '.join(each['in'])})"
    lines = _lines(f"> {kind} {each['name']}{where}", WIDTH - 2, 2)
    return [*lines, *_beside(each["title"], _INDENT), *_beside(each["text"], _INDENT)]


def _procedure(procedure: Mapping[str, Any], language: str) -> Iterator[str]:
    """Yield a procedure, step by step, with its node and its marks."""
    lanes = {lane["name"]: lane["title"] for lane in procedure["lanes"]}
    yield _ruled(f"{in_language(procedure['title'], language)}")
    loop = None
    for step in procedure["steps"]:
        if step["loop"] != loop:
            loop = step["loop"]
            yield f"  {word('for_each', language)} {loop}:" if loop else ""
        where = in_language(lanes.get(step["lane"], ""), language)
        marks = ", ".join(step["clause"]) or word("ours", language)
        indent = 6 if loop else 4
        head = [step["number"], where, in_language(step["title"], language), f"[{marks}]"]
        first, *rest = broken(harmless(" ".join(filter(None, head))), WIDTH - indent)
        yield " " * (indent - 2) + first
        yield from (" " * (indent + 2) + line for line in rest)
        for key in ("only_if", "interlocks", "expect"):
            yield from _guards(step["guards"][key], word(f"asks_{key}", language), language, indent)
        if step["point_of_no_return"]:
            yield from _lines(f"!! {word('point_of_no_return', language)}", WIDTH - indent, indent)
        if step["resting_point"]:
            yield from _lines(f"== {word('resting_point', language)}", WIDTH - indent, indent)


def _guards(
    guards: Sequence[Mapping[str, Any]], label: str, language: str, indent: int
) -> Iterator[str]:
    said = [in_language(each, language) for guard in guards for each in guard["words"]]
    if said:
        text = f"{label}: {('; ' if language == 'en' else '、').join(dict.fromkeys(said))}"
        yield from _lines(text, WIDTH - indent - 2, indent + 2)
