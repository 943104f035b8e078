# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a change stands at this moment, host by host: pure, from plan, states and journals.

The journal and the states tell what was begun and what has ended; whether anybody is at it now,
only the run's own process does. What is under way in a run that is gone is interrupted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from .._core.context import DONE, FAILED, NOT_BEGUN, UNDER_WAY, WAITING
from .._core.entry import Entry
from .._core.records import Step
from .._core.window import Window, at_resting_point, judge, to_rest
from .texts import same, text, when

Record = dict[str, Any]

LEFT_ALONE: Final = "left_alone"
NOTHING: Final = "nothing"
INTERRUPTED: Final = "interrupted"
# Gravest first.
STATUSES: Final = (
    FAILED, INTERRUPTED, WAITING, UNDER_WAY, NOT_BEGUN, LEFT_ALONE, DONE, NOTHING,
)  # fmt: skip
# A step that has ended with one of these remains no more.
_OVER: Final = frozenset({"ok", "skipped", "done", "already"})

_ANSWERED: Final = text(
    "It is answered. Run the same command again.",
    "回答済みです。同じコマンドを再実行してください。",
)


@dataclass(frozen=True)
class Known:
    """What the change directory holds on one host.

    wave: from 0; None: the plan does nothing there. state: its file, of this plan. entries: its
    journal, of this plan, oldest first. damaged: what is wrong with the journal. asked: what
    persons are asked for and nobody has answered (step, since, second_name). answered: whether an
    answer waits to be taken up. alive: whether the run that its state names goes on; None: that
    cannot be seen from here. worker: the process that still acts on it though its run is gone.
    queued: whether a run that goes on has it before it. refused: why it may not begin, as a
    sentence; empty: nothing may in this change, which is told once for all.
    """

    host: str
    steps: Sequence[Step]
    wave: int | None = None
    blocked: Any = None
    state: Mapping[str, Any] = field(default_factory=dict)
    entries: Sequence[Entry] = ()
    damaged: str | None = None
    asked: Sequence[Mapping[str, Any]] = ()
    answered: bool = False
    alive: bool | None = False
    worker: int | None = None
    queued: bool = False
    refused: str | None = None


@dataclass(frozen=True)
class Moment:
    """When and within what it is asked. estimate: the durations that the window reckons with."""

    now: datetime
    window: Window | None = None
    estimate: str = "longest"
    waves: int = 1


def change_status(every: Sequence[Known], at: Moment) -> Record:
    """Return where the change stands: counts, window, and each host."""
    hosts = [host_status(known, at) for known in every]
    counts = Counter(host["status"] for host in hosts)
    return {
        "utc": _utc(at.now),
        "counts": {status: counts[status] for status in STATUSES if counts[status]},
        "window": _window(at),
        "hosts": hosts,
    }


def host_status(known: Known, at: Moment) -> Record:
    """Return where one host stands.

    Returned: status (one of STATUSES), the step at hand with its place, title, clause, since when
        it goes on, when it is expected to end and when at the latest; waits_for, reason and text;
        rests, and the seconds to the next resting point (expected, longest).
    """
    status = _status(known)
    left = _remaining(known)
    step, since = _at_hand(known, left, status)
    rests = at_resting_point(known.steps, known.entries)
    active = status in (UNDER_WAY, INTERRUPTED, WAITING, FAILED)
    ends = _ends(step, since)
    elapsed = (at.now - since).total_seconds() if since else 0.0
    return {
        "host": known.host,
        "status": status,
        "wave": None if known.wave is None else known.wave + 1,
        "steps": len(known.steps),
        "steps_left": 0 if status in (DONE, NOTHING, LEFT_ALONE) else len(left),
        "step": step and step.id,
        "number": None if step is None else list(known.steps).index(step) + 1,
        "title": step and step.title,
        "clause": list(step.clause) if step else [],
        "since": _utc(since),
        "expected_end": _utc(ends[0]),
        "latest_end": _utc(ends[1]),
        "waits_for": _waits_for(known, step) if status == WAITING else None,
        "reason": known.state.get("reason") if active or status == NOT_BEGUN else None,
        "text": _text(known, status, at),
        "rests": rests,
        "to_rest": _to_rest(left, elapsed) if active and not rests else None,
    }


def _status(known: Known) -> str:
    """Return the one word: what was asked of a person goes before what a run says."""
    if known.blocked:
        return LEFT_ALONE
    if not known.steps:
        return NOTHING
    status = str(known.state.get("status", NOT_BEGUN))
    if status == DONE:
        return DONE
    if status == FAILED:
        return FAILED
    if known.asked or status == WAITING:
        return WAITING
    if status == UNDER_WAY and known.alive is False:
        return INTERRUPTED
    return status


def _remaining(known: Known) -> list[Step]:
    """Return the steps that the last run found to remain, less those that have ended since."""
    begins = [n for n, entry in enumerate(known.entries) if entry.kind == "begin"]
    first = begins[-1] if begins else 0
    named = known.entries[first].remaining if begins else None
    todo = {step.id for step in known.steps} if named is None else set(named)
    for entry in known.entries[first:]:
        if entry.kind in ("result", "transcribed") and entry.status in _OVER:
            todo.discard(str(entry.step or entry.transcribed_step))
    return [step for step in known.steps if step.id in todo]


def _at_hand(
    known: Known, left: Sequence[Step], status: str
) -> tuple[Step | None, datetime | None]:
    """Return the step that goes on, waits or failed, and since when; a host may be between two."""
    if status not in (UNDER_WAY, INTERRUPTED, WAITING, FAILED):
        return None, None
    by_id = {step.id: step for step in known.steps}
    for asked in known.asked:
        for name, step in by_id.items():
            if str(asked["step"]).startswith(name):  # a look at it has a suffix
                return step, when(str(asked["since"]))
    begun = _begun(known.entries)
    if begun is not None and begun[0] in by_id:
        return by_id[begun[0]], begun[1]
    named = by_id.get(str(known.state.get("step")))
    if named is not None and status != UNDER_WAY and named in left:
        return named, when(str(known.state.get("utc")))
    return (left[0] if left else None), None


def _begun(entries: Sequence[Entry]) -> tuple[str, datetime | None] | None:
    """Return the step that was begun and has no end yet, and since when: also from earlier runs."""
    since: dict[str, datetime | None] = {}
    last: str | None = None
    for entry in entries:
        if entry.kind == "intent" and entry.step:
            since.setdefault(entry.step, when(entry.utc))
            last = entry.step
        elif entry.kind in ("result", "transcribed"):
            step = str(entry.step or entry.transcribed_step)
            since.pop(step, None)
            last = None if last == step else last
    return None if last is None else (last, since[last])


def _ends(step: Step | None, since: datetime | None) -> tuple[datetime | None, datetime | None]:
    if step is None or since is None:
        return None, None
    expected, longest = (timedelta(seconds=step.seconds[k]) for k in ("expected", "longest"))
    return since + expected, since + longest


def _to_rest(left: Sequence[Step], elapsed: float) -> Record:
    """Return the seconds to the next resting point, less those that its first step has had."""
    found: Record = {"resting_point": None}
    steps = to_rest(left)
    for key in ("expected", "longest"):
        seconds = [step.seconds[key] for step in steps]
        found[key] = sum(seconds) - round(min(elapsed, seconds[0])) if seconds else 0
    if steps and steps[-1].resting_point:
        found["resting_point"] = steps[-1].id
    return found


def _waits_for(known: Known, step: Step | None) -> Record:
    """Return for whom the host waits, and with which questions."""
    return {
        "contact": step.contact if step else None,
        "questions": [str(asked["step"]) for asked in known.asked],
        "two_people": any(asked.get("second_name") for asked in known.asked),
        "answered": known.answered,
    }


def _text(known: Known, status: str, at: Moment) -> Any:
    """Return why it is so, or None where the step says all."""
    if known.damaged:
        return same(f"The journal is not as it was written: {known.damaged}.")
    message = known.state.get("message")
    if status == LEFT_ALONE:
        return known.blocked if isinstance(known.blocked, Mapping) else same(str(known.blocked))
    if status == NOT_BEGUN:
        return _why_not_begun(known, at)
    if status in (INTERRUPTED, WAITING) and known.answered and not known.asked:
        return None if known.alive else _ANSWERED
    if status == INTERRUPTED:
        gone = text(
            "Its run is gone. Run the same command again: it goes on by the real state.",
            "実行は失われました。同じコマンドを再実行すると、実際の状態から続行します。",
        )
        taken = text(
            "Its run is gone; the one that goes on takes it up in its turn.",
            "以前の実行は失われました。進行中の実行が順番に引き継ぎます。",
        )
        if known.worker is not None:
            return text(
                f"Its run is gone; process {known.worker} still ends the step that it was at.",
                f"実行は失われましたが、プロセス {known.worker} が手順を完了中です。",
            )
        return taken if known.queued else (same(str(message)) if message else gone)
    if status == FAILED and known.state.get("retry") and known.queued:
        return text("It is tried again in this run.", "今回の実行で再試行します。")
    return same(str(message)) if message and status in (FAILED, WAITING) else None


def _why_not_begun(known: Known, at: Moment) -> Any:
    if known.refused is not None:
        return same(known.refused) if known.refused else None
    if at.window is not None:
        state = judge(at.window, at.now, known.steps, at_rest=True, estimate=at.estimate)
        if not state.may_go_on and state.text is not None:
            return state.text
    if known.queued:
        wave = (known.wave or 0) + 1
        return text(
            f"Its turn has not come (wave {wave} of {at.waves}).",
            f"順番待ち（ウェーブ {wave}/{at.waves}）。",
        )
    message = known.state.get("message")
    if message:
        return same(str(message))
    return text("No run has come to it.", "まだ実行されていません。")


def _window(at: Moment) -> Record | None:
    if at.window is None:
        return None
    left = round((at.window.end - at.now).total_seconds())
    state = "not_yet" if at.now < at.window.start else "open" if left > 0 else "over"
    return {**at.window.to_dict(), "state": state, "left_seconds": max(left, 0)}


def _utc(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
