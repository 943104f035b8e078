# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where what happened is not what was approved, or not what the notice says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from .._core.entry import Entry
from .history import step_names
from .labels import took
from .said import said
from .sources import Sources
from .texts import joined, same, text, when

Record = dict[str, Any]

_STEPS: Final = {
    "failed": text("The step failed.", "手順が失敗した。"),
    "refused": text("The step was refused; it did nothing.", "手順は拒否され、実行されなかった。"),
    "left": text(
        "The run left this step before its end was known.",
        "終了を確認する前に実行を離脱した。",
    ),
    "unfinished": text(
        "Begun, and how it ended is not on record.",
        "開始したが、終了の記録がない。",
    ),
}


# What a run itself put into the journal: (kind, what or status) → what it means.
_ENTRIES: Final = {
    ("deviation", "window"): text(
        "EMERGENCY: begun outside of the window.", "緊急: 作業時間帯の外で実施。"
    ),
    ("deviation", "plan_differs"): text(
        "EMERGENCY: carried out though the system was not as it was approved.",
        "緊急: 承認時と状態が異なるまま実施。",
    ),
    ("refused", None): text(
        "Not begun: the system was not as it was approved.",
        "承認時と状態が異なるため着手せず。",
    ),
    ("soak", "failed"): text("It did not stay healthy after its plan.", "計画終了後の監視で異常。"),
    ("owner_broken", None): text(
        "The hold of another run on the system was broken.", "他の実行による占有を解除。"
    ),
    ("closed_unfinished", None): text(
        "The change was closed before the plan of this system ended.",
        "このシステムの計画が終了する前に変更をクローズ。",
    ),
}


def deviations(sources: Sources, hosts: Mapping[str, Record]) -> list[Record]:
    """Return every deviation, those of the change first, then by host in the plan's order.

    Each: host, step, kind, utc, text and detail; ``planned``: it was approved with the plan.
    """
    found = [*_of_the_change(sources)]
    for host, record in hosts.items():
        found += [{**each, "host": host} for each in _of_a_host(sources, host, record)]
    return found


def _deviation(kind: str, words: Mapping[str, str], detail: Any = None, **more: Any) -> Record:
    blank: Record = {"host": None, "step": None, "utc": None, "planned": False}
    told = None if detail is None else same(detail)
    return {**blank, "kind": kind, "text": dict(words), "detail": told, **more}


def _of_the_change(sources: Sources) -> Iterator[Record]:
    if sources.stopped is not None:
        yield _deviation(
            "stopped", text("The change is stopped.", "変更は停止されている。"), sources.stopped
        )
    if _unapproved(sources):
        yield _deviation(
            "no_approval",
            text(
                "No approval by name is on record for this plan.",
                "この計画の承認者の記録がない。",
            ),
        )
    elif sources.approval and sources.approval.get("digest") != sources.plan["digest"]:
        yield _deviation(
            "other_approval",
            text("The approval on record is for another plan.", "記録された承認は別の計画のもの。"),
            sources.approval.get("digest"),
        )


def _unapproved(sources: Sources) -> bool:
    """Return whether a run went by no approval, or by none that is on file."""
    return any((each.approval or sources.approval) is None for each in sources.all_begins)


def approval_window(sources: Sources) -> Any:
    """Return the window that the last run went by; None where there was none."""
    last = sources.last_begin
    window = (last and last.window) or (sources.approval or {}).get("window") or {}
    start, end = (str(window.get(key) or "") for key in ("start", "end"))
    return {"start": start, "end": end} if start and end else None


def _of_a_host(sources: Sources, host: str, record: Record) -> Iterator[Record]:
    yield from _of_the_journal(sources, host)
    yield from _said_by_entries(sources, host)
    window, names = approval_window(sources), step_names(record["steps"])
    for step in record["steps"]:
        yield from _of_a_step(step)
        yield from _outside(step, window)
    for step in sources.steps(host):
        if step.departure is not None:
            yield _deviation("other_way", same(step.departure), step=step.id, planned=True)
    if record["status"] != "done" and record["begun"]:
        yield _deviation(
            "not_done",
            text("The plan is not carried out to its end.", "計画は最後まで実施されていない。"),
            joined((names[each] for each in record["remaining"]), "; ", "、"),
        )
    if record["acceptance"] and not record["acceptance"]["accepted"]:
        yield _deviation(
            "rejected",
            text("The owner did not accept the result.", "業務担当者の受入確認で不合格。"),
            record["acceptance"]["note"],
            utc=record["acceptance"]["at"],
        )


def _of_the_journal(sources: Sources, host: str) -> Iterator[Record]:
    report = sources.journals.get(host)
    for problem in report.problems if report else ():
        yield _deviation(
            "journal",
            text("The journal is not as it was written.", "ジャーナルが改変されている。"),
            problem,
        )
    torn = len(report.torn) if report else 0
    if torn:
        yield _deviation(
            "torn",
            text(
                "A line of the journal was cut short: a run was killed while it wrote.",
                "ジャーナルに途中で切れた行がある(書き込み中に実行が強制終了)。",
            ),
            f"{torn}",
        )
    others = {e.plan for e in sources.entries(host) if e.plan} - {sources.plan["digest"]}
    if others:
        yield _deviation(
            "earlier_plan",
            text(
                "This change also carried out steps of an earlier plan.",
                "この変更では以前の計画の手順も実施されている。",
            ),
            ", ".join(sorted(others)),
        )


def _said_by_entries(sources: Sources, host: str) -> Iterator[Record]:
    """Yield what a run itself journalled as a deviation, an emergency's override for one."""
    for entry in sources.entries(host):
        words = _ENTRIES.get((entry.kind, entry.what or entry.status))
        if words is not None:
            kind = f"emergency_{entry.what}" if entry.what is not None else entry.kind
            yield _deviation(kind, words, _why(entry), step=entry.step, utc=entry.utc)


def _why(entry: Entry) -> dict[str, str] | None:
    """Return the reason of an entry, who gave it, and what it is about."""
    record = entry.record or {}
    persons = record.get("reason") or (entry.reason if entry.kind == "deviation" else None)
    who = entry.operator or record.get("user")
    told = same(persons) if persons else said(entry)
    parts = [same(who)] * bool(who) + [told] * bool(told)
    parts += [
        same(f"{each['path']}: {each['planned']} → {each['now']}") for each in _differences(entry)
    ]
    return joined([part for part in parts if part], "\n", "\n") if parts else None


def _differences(entry: Entry) -> list[Mapping[str, Any]]:
    keys = {"path", "planned", "now"}
    return [
        each for each in entry.differences or [] if isinstance(each, Mapping) and keys <= set(each)
    ]


def _of_a_step(step: Record) -> Iterator[Record]:
    about = {"step": step["id"], "utc": step["ended"] or step["began"]}
    if step["outcome"] in _STEPS:
        yield _deviation(step["outcome"], _STEPS[step["outcome"]], step["message"], **about)
    if step["attempts"] > 1:
        yield _deviation(
            "again",
            text("The step was begun more than once.", "手順が複数回開始された。"),
            f"{step['attempts']}",
            **about,
        )
    if step["overdue"]:
        yield _deviation(
            "overdue",
            text("It took longer than the plan's longest duration.", "計画の最長時間を超過した。"),
            {
                language: f"{took(step['longest_try'], language)} > "
                f"{took(step['seconds']['longest'], language)}"
                for language in ("en", "ja")
            },
            **about,
        )


def _outside(step: Record, window: Any) -> Iterator[Record]:
    """Yield that a step ran outside of the change's window, where the plan has one."""
    if not isinstance(window, Mapping):
        return
    start, end = when(window.get("start")), when(window.get("end"))
    began, ended = when(step["began"]), when(step["ended"])
    if (start and began and began < start) or (end and ended and ended > end):
        yield _deviation(
            "window",
            text("The step ran outside of the window.", "手順が作業時間帯の外で実行された。"),
            step=step["id"],
            utc=step["began"],
        )


def in_red(found: Sequence[Record]) -> list[Record]:
    """Return the deviations that were not approved with the plan."""
    return [each for each in found if not each["planned"]]
