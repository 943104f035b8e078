# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was found on many hosts: a headline, one line a host, and each finding once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from .._core.records import Finding
from .layout import (
    WIDTH,
    Paint,
    clauses,
    cut,
    harmless,
    in_language,
    padded,
    unpainted,
    wide,
    wrapped,
)

UNREACHABLE: Final = "unreachable"
MISTAKE: Final = "mistake"
LOST: Final = "lost"  # its task failed, whatever the reason
# Worst first: the words of the headline and of a host's line, and the colour.
_STANDINGS: Final[dict[str, tuple[dict[str, str], dict[str, str], str]]] = {
    LOST: (
        {"en": "{n} not read", "ja": "未読取{n}"},
        {"en": "not read", "ja": "未読取"},
        "red",
    ),
    MISTAKE: (
        {"en": "{n} with a mistake in the inventory", "ja": "インベントリに誤り{n}"},
        {"en": "mistake", "ja": "インベントリに誤り"},
        "red",
    ),
    "person": (
        {"en": "{n} need a person", "ja": "担当者の対応が必要{n}"},
        {"en": "person", "ja": "要対応"},
        "red",
    ),
    UNREACHABLE: (
        {"en": "{n} unreachable", "ja": "応答なし{n}"},
        {"en": "unreachable", "ja": "応答なし"},
        "red",
    ),
    "todo": (
        {"en": "{n} to do", "ja": "作業あり{n}"},
        {"en": "to do", "ja": "作業あり"},
        "yellow",
    ),
    "look": (
        {"en": "{n} to look at", "ja": "要確認{n}"},
        {"en": "look", "ja": "要確認"},
        "yellow",
    ),
    "fine": (
        {"en": "{n} fine", "ja": "問題なし{n}"},
        {"en": "fine", "ja": "問題なし"},
        "green",
    ),
}
_IN_HEADLINE: Final = ("todo", "person", MISTAKE, UNREACHABLE, LOST, "look", "fine")
_KINDS: Final = {  # one of them, and more
    False: {"en": ("{n} server", "{n} servers"), "ja": ("サーバー{n}台",) * 2},
    True: {"en": ("{n} FT system", "{n} FT systems"), "ja": ("FTシステム{n}式",) * 2},
}
_WORDS: Final[dict[str, dict[str, str]]] = {
    "all": {"en": "all {n}", "ja": "全{n}台"},
    "first": {"en": "A person first:", "ja": "先に担当者の対応が必要:"},
    "why": {"en": "Why it could not be read:", "ja": "読み取れなかった理由:"},
    "seen": {"en": "seen: ", "ja": "確認: "},
    "do": {"en": "do:   ", "ja": "対応: "},
    "more": {"en": " +{n}", "ja": " +{n}"},
}
_SEVERITIES: Final = ("blocker", "warning", "info", "good")
_COLOURS: Final = {"blocker": "red", "warning": "yellow", "info": "normal", "good": "green"}


@dataclass(frozen=True)
class Found:
    """What was found on one host.

    standing: a key of _STANDINGS. nodes: whether it is a system of several Windows.
    why: why it could not be read, or what is wrong in its inventory.
    """

    host: str
    standing: str
    nodes: bool = False
    findings: Sequence[Finding] = field(default_factory=list)
    why: str = ""


def overview_text(hosts: Sequence[Found], language: str = "en", paint: Paint = unpainted) -> str:
    """The headline, one line a host, and what only a person can mend."""
    lines = ["", headline(hosts, language), ""]
    ordered = sorted(hosts, key=lambda found: list(_STANDINGS).index(found.standing))
    longest = max([wide(harmless(found.host)) for found in hosts] or [0])
    words = {found.standing: _word(found.standing, language) for found in hosts}
    broad = max(map(wide, words.values()), default=0)
    for found in ordered:
        name = padded(harmless(found.host), longest)
        start = f"  {name}  {padded(words[found.standing], broad)}  "
        line = _cut_title(start, found, language).rstrip()
        lines.append(paint(line, _STANDINGS[found.standing][2]))
    blockers = [found for found in ordered if found.standing == "person"]
    if blockers:
        lines += ["", _said("first", language)]
        lines += _explained(blockers, language, paint, ("blocker",), seen=False)
    unread = [found for found in ordered if found.standing == UNREACHABLE]
    if unread:
        lines += ["", _said("why", language)]
        lines += _explained(unread, language, paint, ("blocker",), seen=True)
    return "\n".join(lines)


def details_text(hosts: Sequence[Found], language: str = "en", paint: Paint = unpainted) -> str:
    """Every finding, worst first, each once: on which hosts, what was seen, what to do."""
    return "\n".join(["", *_explained(hosts, language, paint, _SEVERITIES, seen=True)])


def headline(hosts: Sequence[Found], language: str = "en") -> str:
    """How many hosts there are, and how many of them need what."""
    kinds = Counter(found.nodes for found in hosts)
    parts = [
        words.get(language, words["en"])[kinds[nodes] != 1].format(n=kinds[nodes])
        for nodes, words in _KINDS.items()
        if kinds[nodes]
    ]
    counts = Counter(found.standing for found in hosts)
    told = [
        _in(_STANDINGS[name][0], language).format(n=counts[name])
        for name in _IN_HEADLINE
        if counts[name]
    ]
    joined = ("、" if language == "ja" else ", ").join(told)
    if counts["person"] == 1:
        joined = joined.replace("1 need a", "1 needs a")
    return f"{('、' if language == 'ja' else ' and ').join(parts)}: {joined}"


def _cut_title(start: str, found: Found, language: str) -> str:
    """One line: what is gravest, and how much more there is."""
    amiss = [f for f in found.findings if f.severity in ("blocker", "warning")]
    if found.why or not amiss:
        return cut(start + harmless(found.why), WIDTH)
    more = _said("more", language).format(n=len(amiss) - 1) if len(amiss) > 1 else ""
    return cut(start + _title(amiss[0], language), WIDTH - wide(more)) + more


def _title(finding: Finding, language: str) -> str:
    item = f" ({harmless(finding.item)})" if finding.item else ""
    return in_language(finding.title, language) + item


def _explained(
    hosts: Iterable[Found],
    language: str,
    paint: Paint,
    severities: Sequence[str],
    *,
    seen: bool,
) -> list[str]:
    """Each finding once, with the hosts that have it; seen: what was seen there, too."""
    hosts = list(hosts)
    every: dict[tuple[str, str, str], list[tuple[str, Finding]]] = {}
    for found in hosts:
        for finding in found.findings:
            key = (str(finding.severity), finding.id, _title(finding, language))
            every.setdefault(key, []).append((found.host, finding))
    lines: list[str] = []
    for severity in severities:
        for key, having in every.items():
            if key[0] == severity:
                lines += _finding_lines(having, len(hosts), language, paint, seen=seen)
    return lines


def _finding_lines(
    having: Sequence[tuple[str, Finding]], hosts: int, language: str, paint: Paint, *, seen: bool
) -> list[str]:
    """One finding, and on which hosts it is."""
    first = having[0][1]
    title = _title(first, language) + clauses(first.clause)
    head, *rest = wrapped(title, f"  {first.severity.upper():<8} ", " " * 11)
    lines = [paint(head, _COLOURS[first.severity]), *rest]
    names = [host for host, _finding in having]
    told = ", ".join(names)
    if len(names) == hosts > 1:
        told = _said("all", language).format(n=hosts)
    lines += wrapped(harmless(told), " " * 11)
    if first.severity == "good":
        return lines
    if seen:
        alike: dict[tuple[str, ...], list[str]] = {}
        for host, finding in having:
            alike.setdefault(tuple(finding.evidence), []).append(host)
        for evidence, where in alike.items():
            whose = "" if len(alike) == 1 else f"{', '.join(where)}: "
            text = whose + "; ".join(evidence)
            lines += wrapped(harmless(text), " " * 11 + _said("seen", language), " " * 17)
    remedies = dict.fromkeys(in_language(finding.remedy, language) for _host, finding in having)
    for remedy in remedies:
        lines += wrapped(remedy, " " * 11 + _said("do", language), " " * 17)
    return lines


def _word(standing: str, language: str) -> str:
    return _in(_STANDINGS[standing][1], language)


def _said(name: str, language: str) -> str:
    return _in(_WORDS[name], language)


def _in(words: Mapping[str, str], language: str) -> str:
    return words.get(language) or words["en"]
