# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of an FT system as a runbook: to be laid beside the notice, and ticked off.

A step that only a person can do is an instruction in the notice's own words, Japanese beside
English. Any other step says what it does and who does it.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final

from ..._core.actions import answers_to
from ..._core.checks import check_of
from ..._core.conditions import conditions
from ..._core.ft.system import NODES, TITLES
from ..._core.model import Ref
from ..._core.records import Finding, Step
from .. import asked
from ..asked import INDENT, LABEL, instruction_lines, labelled
from ..command import confirm_line
from ..layout import (
    WIDTH,
    Paint,
    brakes_off,
    clauses,
    duration,
    harmless,
    in_language,
    wide,
    wrapped,
)

_EN: Final = {
    **asked.EN,
    "if": "if",
    "does": "does",
    "see": "see",
    "then": "then",
    "time": "time",
    "undo": "undo",
    "case": "case",
    "note": "note",
    "call": "call",
    "all": "in all",
    "person": "BY HAND",
    "relay": "by the relay",
    "ipmi": "by its management board",
    "command": "by the site's command",
    "nobody": "by the collection",
    "ours": "(ours)",
    "only": "ONLY IF NEEDED",
    "no_return": "POINT OF NO RETURN: from here on the way leads only forward.",
    "resting": "RESTING POINT: stopping here is safe.",
    "next": "To the next resting point: about {expected}, at most {longest}.",
    "before": "Before the first step stopping is safe.",
    "last": "This is the end of the plan.",
    "took": "about {expected}, at most {longest}",
    "stay": "must not be interrupted",
    "steps": "{number} steps, {conditional} of them only if needed: {took}",
    "part": "== Part {part} of the notice ==",
    "unless": "{condition}; not where {done}",
}
_JA: Final = {
    **asked.JA,
    "if": "条件",
    "does": "内容",
    "see": "確認",
    "then": "結果",
    "time": "所要",
    "undo": "切り戻し",
    "case": "該当",
    "note": "注意",
    "call": "連絡先",
    "all": "全体",
    "person": "手作業",
    "relay": "中継サーバー経由",
    "ipmi": "管理ボード (IPMI)",
    "command": "サイトのコマンド",
    "nobody": "自動",
    "ours": "(独自)",
    "only": "必要な場合のみ",
    "no_return": "後戻り不可: ここから先は前に進むのみです。",
    "resting": "中断可: ここで中断しても安全です。",
    "next": "次の中断可能点まで: 約 {expected}、最長 {longest}。",
    "before": "最初の手順の前であれば中断しても安全です。",
    "last": "計画はここで終わりです。",
    "took": "約 {expected}、最長 {longest}",
    "stay": "途中で中断しないこと",
    "steps": "{number} 手順 (うち {conditional} は必要な場合のみ): {took}",
    "part": "== 本資料 {part} ==",
    "unless": "{condition} ({done}の場合を除く)",
}


def _words(language: str) -> Mapping[str, str]:
    return _JA if language == "ja" else _EN


def system_lines(
    host: str,
    entry: Mapping[str, Any],
    confirm: Sequence[str],
    language: str,
    paint: Paint,
) -> list[str]:
    """The steps of one FT system.

    entry: the system's part of the plan.
    confirm: the words of the command that confirms, but for host, step and name.
    """
    words = _words(language)
    steps: Sequence[Step] = entry["steps"]
    lines = _head(host, entry, language, words)
    lines += ["", *_rest(words["before"], steps, words, paint)]
    part = ""
    for number, step in enumerate(steps):
        if step.clause and _part_of(step) != part:
            part = _part_of(step)
            lines += ["", "  " + words["part"].format(part=harmless(part))]
        lines += ["", *_step(host, step, confirm, language, words, paint)]
        if step.resting_point:
            lines += ["", *_rest(words["resting"], steps[number + 1 :], words, paint)]
    return lines


def _part_of(step: Step) -> str:
    """The part of the notice that a step carries out: what stands before its marks."""
    return str(step.clause[-1]).partition("-")[0] if step.clause else ""


def _head(
    host: str,
    entry: Mapping[str, Any],
    language: str,
    words: Mapping[str, str],
) -> list[str]:
    form, steps = entry["settings"]["ft_system"], entry["steps"]
    lines = wrapped(f"{harmless(host)}  {harmless(form.get('model', ''))}", "  ")
    for node in NODES:
        mine = form.get(node, {})
        where = ", ".join(str(mine[key]) for key in ("address", "access") if mine.get(key))
        lines += wrapped(harmless(f"{title_of(node)} = {mine.get('name')} ({where})"), "    ")
    lines += _why(entry["findings"], language, words)
    number = sum(bool(step.conditional) for step in steps)
    all_of_it = words["steps"].format(
        number=len(steps), conditional=number, took=_took(steps, words["took"])
    )
    lines += labelled(words["all"], all_of_it, "    ")
    contacts = form.get("contacts") or {}
    called = ", ".join(f"{name}: {person}" for name, person in contacts.items())
    lines += labelled(words["call"], harmless(called), "    ")
    return lines


def _why(findings: Sequence[Finding], language: str, words: Mapping[str, str]) -> list[str]:
    """The notice's case, and what else is to be known; what was seen, once."""
    lines: list[str] = []
    told: set[str] = set()
    told_of = [finding for finding in findings if finding.severity in ("warning", "info")]
    for finding in sorted(told_of, key=lambda finding: not _is_case(finding)):
        text = in_language(finding.title, language) + clauses(finding.clause)
        lines += labelled(words["case" if _is_case(finding) else "note"], text, "    ")
        for seen in finding.evidence:
            if seen not in told:
                lines += labelled("", f"- {harmless(seen)}", "    ")
        told.update(finding.evidence)
    return lines


def _is_case(finding: Finding) -> bool:
    return finding.id.startswith("branch_")


def _took(steps: Sequence[Step], text: str) -> str:
    expected = sum(step.seconds["expected"] for step in steps if not step.conditional)
    longest = sum(step.seconds["longest"] for step in steps)
    return text.format(expected=_long(expected, text), longest=_long(longest, text))


def _long(seconds: float, text: str) -> str:
    """A duration in the language of the text that it stands in."""
    shown = duration(seconds)
    if text.isascii():
        return shown
    return shown.replace(" h", " 時間").replace(" min", " 分").replace(" s", " 秒")


def _rest(
    text: str, following: Sequence[Step], words: Mapping[str, str], paint: Paint
) -> list[str]:
    """A resting point, and how far it is to the next one."""
    leg: list[Step] = []
    for step in following:
        leg.append(step)
        if step.resting_point:
            break
    text += " " + (_took(leg, words["next"]) if leg else words["last"])
    return [paint(line, "green") for line in wrapped(text, "  ---- ", "       ")]


def _marks(step: Step, words: Mapping[str, str]) -> str:
    """The clauses as the notice prints them; those of another part with its name."""
    part = _part_of(step) + "-"
    names = " ".join(str(name).removeprefix(part) for name in step.clause)
    return harmless(names) or words["ours"]


def _step(
    host: str,
    step: Step,
    confirm: Sequence[str],
    language: str,
    words: Mapping[str, str],
    paint: Paint,
) -> list[str]:
    by_hand = step.by == "operator" and bool(step.instruction)
    target = step.node or step.arguments.get("name") or ""
    who = words["person"] if step.by == "operator" else words.get(str(step.by))
    marks = _marks(step, words)
    number = harmless(step.id.partition("-")[0])
    parts = [
        harmless(title_of(str(target), language)),
        who or words["nobody"],
        *([words["only"]] if step.conditional else []),
    ]
    head = f"  [ ] {marks}{' ' * max(2, 10 - wide(marks))}{number}  "
    colour = "yellow" if by_hand else "normal"
    lines = [paint(line, colour) for line in wrapped(" · ".join(parts), head, INDENT)]
    if step.conditional:
        lines += labelled(words["if"], _condition(step, words, language))
    if by_hand:
        lines += [*instruction_lines(step.instruction, words), *_expected(step, language, words)]
        lines += _confirmation(host, step, confirm, words)
    else:
        lines += labelled(words["does"], in_language(step.title, language))
        lines += _expected(step, language, words)
    lines += labelled(words["then"], in_language(step.changes, language))
    for text in brakes_off(step, language):
        lines += labelled(words["note"], text)
    time = _took([replace(step, conditional=False)], words["took"])
    if not step.interruptible:
        time += f"; {words['stay']}"
    lines += labelled(words["time"], time)
    lines += labelled(words["call"], harmless(step.contact or ""))
    if step.point_of_no_return:
        lines.append(paint(INDENT + words["no_return"], "red"))
    return [*lines, *labelled(words["undo"], in_language(step.rollback, language))]


def title_of(name: str, language: str = "en") -> str:
    """A node or Virtual Server as the notice writes it; the whole system where there is no name."""
    return TITLES.get(name) or name or ("全体" if language == "ja" else "the whole system")


def _condition(step: Step, words: Mapping[str, str], language: str) -> str:
    """What decides right before the step. That the fix is missing, the case says already."""
    refs = [ref for ref in step.only_if if not check_of(ref).said_by_case] or step.only_if
    condition, done = _all(refs, language), _all(step.done_when, language)
    if condition and done:
        return words["unless"].format(condition=condition, done=done)
    return condition or done


def _all(refs: Sequence[Ref], language: str) -> str:
    """Conditions that must all hold."""
    texts = [harmless(in_language(each, language)) for each in conditions(refs)]
    return (" かつ " if language == "ja" else ", and ").join(texts)


def _expected(step: Step, language: str, words: Mapping[str, str]) -> list[str]:
    """What is looked for afterwards."""
    texts = [harmless(in_language(each, language)) for each in conditions(step.expect)]
    return labelled(words["see"], "; ".join(texts))


def _confirmation(
    host: str, step: Step, confirm: Sequence[str], words: Mapping[str, str]
) -> list[str]:
    """The command that confirms, to be copied as it stands but for what is in capitals."""
    choices = answers_to(step).choices
    line = shlex.split(confirm_line(confirm, host, step.id, choices))
    quoted = [shlex.quote(harmless(word)) for word in line]
    first, *rest = _folded(quoted, WIDTH - len(INDENT) - LABEL - 4)
    lead = labelled(words["confirm"], "x")[0][:-1]
    lines = [lead + first, *(INDENT + " " * (LABEL + 2) + line for line in rest)]
    return [*lines, *labelled("", f"WHAT_YOU_SAW: {', '.join(choices)}" if choices else "")]


def _folded(line: Sequence[str], width: int) -> list[str]:
    """A command on several lines, each but the last continued as a shell reads it.

    An option and its value stay together.
    """
    pairs: list[str] = []
    for before, word in pairwise(["", *line]):
        if before.startswith("-"):
            pairs[-1] += f" {word}"
        else:
            pairs.append(word)
    lines = [pairs[0]]
    for pair in pairs[1:]:
        if len(lines[-1]) + len(pair) < width:
            lines[-1] += f" {pair}"
        else:
            lines[-1] += " \\"
            lines.append(pair)
    return lines
