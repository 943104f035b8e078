# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person is asked, on the terminal and in a message: our words, then the notice's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from .._core.records import Step
from .._io.confirmations import PersonsTask
from .layout import clauses, harmless, in_language, wide, wrapped

Instruction = Sequence[Mapping[str, Any]]
INDENT: Final = " " * 8
# Columns of a label and its colon.
LABEL: Final = 10
EN: Final = {
    "do": "do",
    "notice": "notice",
    "confirm": "confirm",
    "asks": "Step {step}{clauses} waits for a person.",
    "asked": "Step {step} waits for a person: {words} To confirm:",
    "the_notice": "The notice says: {words}",
}
JA: Final = {
    "do": "実施",
    "notice": "本資料",
    "confirm": "報告",
    "asks": "手順 {step}{clauses} は担当者の作業または確認を待っています。",
    "asked": "手順 {step} は担当者の作業または確認を待っています。{words} 報告:",
    "the_notice": "本資料: {words}",
}


def _words(language: str) -> Mapping[str, str]:
    return JA if language == "ja" else EN


def asked_text(
    host: str, step: Step, request: PersonsTask, confirm: Sequence[str], language: str
) -> str:
    """What a step asks a person for: our words, the notice's, both in both languages.

    confirm: the command that confirms, then what is to be known about it.
    """
    words = _words(language)
    head = words["asks"].format(step=request.step, clauses=clauses(step.clause))
    lines = [f"[{host}] {head}", *instruction_lines(request.instruction, words)]
    command, *more = confirm
    lines.append(f"{INDENT}{words['confirm']}: {harmless(command)}")
    for text in more:
        lines += wrapped(harmless(text), INDENT)
    return "\n".join(lines)


def asked_line(request: PersonsTask, language: str) -> str:
    """The same in a sentence or two, in one language, before the command that confirms."""
    words = _words(language)
    ours = [in_language(each, language) for each in request.instruction if not each.get("clause")]
    theirs = [in_language(each, language) for each in request.instruction if each.get("clause")]
    if theirs:
        ours.append(words["the_notice"].format(words=" ".join(theirs)))
    return words["asked"].format(step=request.step, words=" ".join(ours))


def instruction_lines(instruction: Instruction, words: Mapping[str, str]) -> list[str]:
    """What to do, then the notice's words for it, clause by clause; all in both languages."""
    lines: list[str] = []
    labels = {True: words["notice"], False: words["do"]}  # each once
    for piece in instruction:
        mark = str(piece.get("clause") or "").partition("-")[2]
        for language in ("ja", "en"):
            text = in_language({"en": piece.get(language)}, "en")
            lead = f"{harmless(mark)} " if mark and language == "ja" else ""
            lines += labelled(labels.pop(bool(piece.get("clause")), ""), lead + text)
    return lines


def labelled(label: str, text: str, indent: str = INDENT) -> list[str]:
    """A labelled paragraph; nothing where there is no text."""
    if not text:
        return []
    mark = f"{label}:" if label else ""
    head = indent + mark + " " * max(1, LABEL - wide(mark))
    return wrapped(text, head, indent + " " * LABEL)
