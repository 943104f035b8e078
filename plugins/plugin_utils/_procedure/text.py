# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings, plan and summary as a person wants to read them on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .._core.kinds import kind_of
from .._core.records import Finding, Step
from .._core.window import Window
from .approved import approved, approved_lines
from .kinds import system_lines
from .layout import (
    WIDTH,
    Paint,
    brakes_off,
    clauses,
    duration,
    harmless,
    in_language,
    padded,
    unpainted,
    wide,
    wrapped,
)

__all__ = [
    "COLOURS",
    "ORDER",
    "WIDTH",
    "Paint",
    "clauses",
    "duration",
    "findings_text",
    "harmless",
    "in_language",
    "plan_text",
    "summary_text",
    "unpainted",
    "wide",
    "wrapped",
]

COLOURS = {
    "blocker": "red",
    "warning": "yellow",
    "info": "normal",
    "good": "green",
    "not_begun": "normal",
    "under_way": "yellow",
    "done": "green",
    "possible": "green",
    "left_alone": "red",
    "failed": "red",
    "waiting": "yellow",
}
ORDER = ("blocker", "warning", "info", "good")


def findings_text(
    host: str,
    about: str,
    findings: Iterable[Finding],
    language: str = "en",
    paint: Paint = unpainted,
) -> str:
    """What was found on one host, worst first, each with evidence and remedy."""
    lines = ["", f"{harmless(host)}  {harmless(about)}".rstrip()]
    ordered = sorted(findings, key=lambda finding: ORDER.index(finding.severity))
    for finding in ordered:
        severity = finding.severity
        title = called(finding, language)
        head, *rest = wrapped(title, f"  {severity.upper():<8} ", " " * 11)
        lines += [paint(head, COLOURS[severity]), *rest]
        if severity == "good":
            continue
        for number, seen in enumerate(finding.evidence):
            label = " " * 17 if number else " " * 11 + "seen: "
            lines += wrapped(harmless(seen), label, " " * 17)
        remedy = in_language(finding.remedy, language)
        lines += wrapped(remedy, " " * 11 + "do:   ", " " * 17)
    if not ordered:
        lines.append("  nothing found")
    return "\n".join(lines)


def plan_text(
    plan: Mapping[str, Any],
    language: str = "en",
    paint: Paint = unpainted,
    *,
    confirm: Sequence[str] = ("ansible-playbook", "legacyops.hotfix.confirm"),
    window: Window | None = None,
) -> str:
    """The whole plan: waves in order, each host's steps with clause, reason and effect; then what
    is approved with it, and who is left alone or has nothing to do.

    confirm: the words of the command that confirms a step, but for host, step and name.
    """
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
    listed: dict[str, str] = {}  # the host whose steps were listed, by how they were
    told = approved(plan, window)
    for number, wave in enumerate(plan["waves"], start=1):
        lines += ["", f"Wave {number} of {len(plan['waves'])}: {_took(told['waves'][number - 1])}"]
        for alike in _alike(wave, hosts):
            systems = [system_lines(h, hosts[h], confirm, language, paint) for h in alike]
            if systems[0] is not None:
                lines += [line for each in systems for line in ("", *(each or ()))]
                continue
            lines += ["", *wrapped(harmless(", ".join(alike)), "  ")]
            steps = hosts[alike[0]]["steps"]
            first = listed.setdefault(_as_listed(steps), alike[0])
            if first != alike[0]:
                told_there = f"the steps of {first}: {steps[0].id} to {steps[-1].id}"
                lines += wrapped(harmless(told_there), "    ", " " * 8)
                continue
            for step in steps:
                lines += _step_lines(step, language, explained)
    if queued:
        lines += ["", "What is approved with it:", *approved_lines(told, window, language)]
    if blocked:
        lines += ["", "Left alone, because something has to be mended first:"]
        for host, entry in sorted(blocked.items()):
            head, *rest = wrapped(_why_alone(entry, language), f"  {harmless(host)}: ", "    ")
            lines += [paint(head, "red"), *rest]
    if nothing:
        lines += ["", "Nothing to do:"]
        others = []
        for host in sorted(nothing):
            why, severity = _why_nothing(hosts[host], language)
            if not why:
                others.append(host)
                continue
            head, *rest = wrapped(why, f"  {harmless(host)}: ", "    ")
            lines += [paint(head, COLOURS[severity]), *rest]
        lines += wrapped(harmless(", ".join(others)), "  ") if others else []
    return "\n".join(lines)


def _took(seconds: Mapping[str, int]) -> str:
    return f"about {duration(seconds['expected'])}, at most {duration(seconds['longest'])}"


def _why_alone(entry: Mapping[str, Any], language: str) -> str:
    """Why nothing is done on a host, by what a person has to mend."""
    blockers = [finding for finding in entry["findings"] if finding.severity == "blocker"]
    if not blockers:
        return in_language(entry["blocked"], language)
    return ("。" if language == "ja" else "; ").join(called(each, language) for each in blockers)


def _why_nothing(entry: Mapping[str, Any], language: str) -> tuple[str, str]:
    """What has to be said of a host on which nothing is to be done, and how grave it is.

    What is amiss there; of a system, in any case which of the notice's cases it is.
    """
    findings: list[Finding] = entry["findings"]
    warnings = [finding for finding in findings if finding.severity == "warning"]
    if warnings:
        return "; ".join(called(each, language) for each in warnings), "warning"
    if findings and kind_of(entry["settings"]).nodes:
        return called(findings[0], language), findings[0].severity
    return "", "good"


def called(each: Finding | Step, language: str) -> str:
    """Return the title of a finding or a step, the item of a loop that it is about, its clauses."""
    item = f" ({harmless(each.item)})" if each.item else ""
    return in_language(each.title, language) + item + clauses(each.clause)


def _alike(wave: Iterable[str], hosts: Mapping[str, Any]) -> list[list[str]]:
    """The hosts of a wave, those with the same steps together."""
    groups: dict[str, list[str]] = {}
    for host in wave:
        groups.setdefault(_as_listed(hosts[host]["steps"]), []).append(host)
    return list(groups.values())


def _as_listed(steps: Iterable[Step]) -> str:
    """What of steps is seen in a list that leaves out their reasons: alike where this is."""
    return repr([(step.id, step.item, step.conditional) for step in steps])


def _step_lines(step: Step, language: str, explained: set[str]) -> list[str]:
    """One step; why, effect and duration only where it appears for the first time."""
    title = called(step, language)
    if step.conditional:
        title += " (if needed)"
    lines = wrapped(title, f"    {harmless(step.id)}  ", " " * 8)
    if step.name in explained:
        return lines
    explained.add(step.name)
    for label, told in (("why:  ", step.reason), ("does: ", step.changes)):
        lines += wrapped(in_language(told, language), " " * 8 + label, " " * 14)
    for words in brakes_off(step, language):
        lines += wrapped(words, " " * 8, " " * 14)
    expected, longest = step.seconds["expected"], step.seconds["longest"]
    lines.append(f"        time: about {duration(expected)}, at most {duration(longest)}")
    return lines


def diff_lines(host: str, diff: str, paint: Paint = unpainted) -> str:
    """A diff in colours, under the name of the host."""
    colours = {"-": "red", "+": "green", "@": "cyan"}
    lines = [paint(harmless(line), colours.get(line[:1], "normal")) for line in diff.splitlines()]
    return "\n".join([f"[{harmless(host)}] not as planned:", *lines])


def summary_text(rows: Iterable[tuple[str, str, str]], paint: Paint = unpainted) -> str:
    """One line a host: name, status, a sentence; a long sentence once for all that have it."""
    every = [(harmless(host), status, harmless(text)) for host, status, text in rows]
    longest = max([wide(host) for host, _status, _text in every] or [0])
    alike: dict[tuple[str, str], list[str]] = {}
    for host, status, text in every:
        alike.setdefault((status, text), []).append(host)
    lines = [""]
    for (status, text), hosts in alike.items():
        shown = f"{status.replace('_', ' '):<10} "
        fits = longest + wide(shown) + wide(text) + 4 <= WIDTH
        named = [[host] for host in hosts] if fits or len(hosts) == 1 else [hosts]
        for names in named:
            start, indent = f"  {padded(names[0], longest)}  {shown}", " " * (longest + 15)
            rest: list[str] = []
            if len(names) > 1:
                first, *rest = wrapped(", ".join(names), "  ", "  ")
                start, indent = f"    {shown}", " " * 15
                lines += [first, *rest]
            head, *rest = wrapped(text, start, indent)
            lines += [paint(head, COLOURS.get(status, "red")), *rest]
    return "\n".join(lines)
