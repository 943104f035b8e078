# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings, plan and summary as a person wants to read them on a terminal.

Text that came from a host is shown harmless: control characters and those that turn the
reading direction are replaced, so that no event text can repaint the terminal.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

WIDTH = 96
COLOURS = {
    "blocker": "red",
    "warning": "yellow",
    "info": "normal",
    "good": "green",
    "not_begun": "normal",
    "under_way": "yellow",
    "done": "green",
    "failed": "red",
    "waiting": "yellow",
}
# A line breaks between words, and within a word this wide: Japanese sentences have no spaces.
LONG_WORD = 24
ORDER = ("blocker", "warning", "info", "good")

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
        yield from spaced if breakable else [spaced]


def clauses(value: Any) -> str:
    """The notice's clauses in brackets, or nothing."""
    names = [value] if isinstance(value, str) else list(value or [])
    return f" [{harmless(', '.join(str(name) for name in names))}]" if names else ""


def findings_text(
    host: str,
    about: str,
    findings: Iterable[Mapping[str, Any]],
    language: str = "en",
    paint: Paint = unpainted,
) -> str:
    """What was found on one host, worst first, each with evidence and remedy."""
    lines = ["", f"{harmless(host)}  {harmless(about)}".rstrip()]
    ordered = sorted(findings, key=lambda finding: ORDER.index(finding["severity"]))
    for finding in ordered:
        severity = str(finding["severity"])
        title = in_language(finding["title"], language) + clauses(finding.get("clause"))
        head, *rest = wrapped(title, f"  {severity.upper():<8} ", " " * 11)
        lines += [paint(head, COLOURS[severity]), *rest]
        if severity == "good":
            continue
        for number, seen in enumerate(finding.get("evidence", [])):
            label = " " * 17 if number else " " * 11 + "seen: "
            lines += wrapped(harmless(seen), label, " " * 17)
        if finding.get("remedy"):
            remedy = in_language(finding["remedy"], language)
            lines += wrapped(remedy, " " * 11 + "do:   ", " " * 17)
    if not ordered:
        lines.append("  nothing found")
    return "\n".join(lines)


def plan_text(plan: Mapping[str, Any], language: str = "en", paint: Paint = unpainted) -> str:
    """The whole plan: waves in order, each host's steps with clause, reason and effect."""
    hosts: Mapping[str, Any] = plan["hosts"]
    queued = {host for wave in plan["waves"] for host in wave}
    blocked = {host: entry for host, entry in hosts.items() if entry.get("blocked")}
    nothing = [
        host
        for host, entry in hosts.items()
        if not entry.get("blocked") and not entry.get("steps") and host not in queued
    ]
    notices = ", ".join(f"{entry['id']} {entry['version']}" for entry in plan["advisories"])
    lines = ["", f"PLAN  {harmless(notices)}", f"      {harmless(plan['digest'])}"]
    explained: set[str] = set()
    for number, wave in enumerate(plan["waves"], start=1):
        lines += ["", f"Wave {number} of {len(plan['waves'])}"]
        for alike in _alike(wave, hosts):
            lines += ["", *wrapped(harmless(", ".join(alike)), "  ")]
            for step in hosts[alike[0]]["steps"]:
                lines += _step_lines(step, language, explained)
    if blocked:
        lines += ["", "Left alone, because something has to be mended first:"]
        for host, entry in sorted(blocked.items()):
            reason = in_language(entry["blocked"], language)
            head, *rest = wrapped(reason, f"  {harmless(host)}: ", "    ")
            lines += [paint(head, "red"), *rest]
    if nothing:
        lines += ["", "Nothing to do:"]
        lines += wrapped(harmless(", ".join(sorted(nothing))), "  ")
    return "\n".join(lines)


def _alike(wave: Iterable[str], hosts: Mapping[str, Any]) -> list[list[str]]:
    """The hosts of a wave, those with the same steps together."""
    groups: dict[str, list[str]] = {}
    for host in wave:
        steps = [(step["id"], step["conditional"]) for step in hosts[host]["steps"]]
        groups.setdefault(repr(steps), []).append(host)
    return list(groups.values())


def _step_lines(step: Mapping[str, Any], language: str, explained: set[str]) -> list[str]:
    """One step; why, effect and duration only where it appears for the first time."""
    title = in_language(step["title"], language) + clauses(step["clause"])
    if step["conditional"]:
        title += " (if needed)"
    lines = wrapped(title, f"    {harmless(step['id'])}  ", " " * 8)
    if step["name"] in explained:
        return lines
    explained.add(step["name"])
    for label, key in (("why:  ", "reason"), ("does: ", "changes")):
        lines += wrapped(in_language(step[key], language), " " * 8 + label, " " * 14)
    expected, longest = step["seconds"]["expected"], step["seconds"]["longest"]
    lines.append(f"        time: about {duration(expected)}, at most {duration(longest)}")
    return lines


def diff_lines(host: str, diff: str, paint: Paint = unpainted) -> str:
    """A diff in colours, under the name of the host."""
    colours = {"-": "red", "+": "green", "@": "cyan"}
    lines = [paint(harmless(line), colours.get(line[:1], "normal")) for line in diff.splitlines()]
    return "\n".join([f"[{harmless(host)}] not as planned:", *lines])


def duration(seconds: float) -> str:
    """A duration for people: ``40 s``, ``6 min``, ``1 h 30 min``."""
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    minutes = round(whole / 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def summary_text(rows: Iterable[tuple[str, str, str]], paint: Paint = unpainted) -> str:
    """One line a host: name, status, a sentence."""
    every = [(harmless(host), status, harmless(text)) for host, status, text in rows]
    longest = max([len(host) for host, _status, _text in every] or [0])
    lines = [""]
    for host, status, text in every:
        shown = status.replace("_", " ")
        head, *rest = wrapped(text, f"  {host:<{longest}}  {shown:<10} ", " " * (longest + 15))
        lines += [paint(head, COLOURS.get(status, "red")), *rest]
    return "\n".join(lines)
