# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a host's night is expected to go: its steps one after the other, as the plan estimates them.

The same that is told of a night that was is told of it: a journal in which each step's interlocks
held, and what it expects came true, is read by what reads the real one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from .._core.actions import action_of
from .._core.entry import Entry
from .._core.records import Step
from .service import service, without_redundancy

Record = dict[str, Any]


def waits(step: Step) -> bool:
    """Return whether a step is waiting: until something comes true, or for a person."""
    return action_of(step).waits or action_of(step).persons


def expected(steps: Sequence[Step], start: datetime) -> Record:
    """Return when each step is expected, and when service and redundancy are away meanwhile.

    Steps that may turn out not to be needed count, as in the plan's totals.
    """
    entries = list(_entries(steps, start))
    away = service(steps, entries)
    return {
        "steps": [
            {"id": intent.step, "from": intent.utc, "to": result.utc}
            for intent, result in zip(entries[::2], entries[1::2], strict=True)
        ],
        "away": _spans(away["periods"] if away else ()),
        "lost": _spans(without_redundancy(steps, entries)),
    }


def _spans(periods: Sequence[Mapping[str, Any]]) -> list[Record]:
    return [{"from": each["from"], "to": each["to"]} for each in periods]


def _entries(steps: Sequence[Step], start: datetime) -> Iterator[Entry]:
    """Yield an intent and a result of each step."""
    at = start
    for step in steps:
        held = [{"ref": ref, "holds": True, "evidence": ""} for ref in step.interlocks]
        yield _entry("intent", step, at, interlocks=held)
        at += timedelta(seconds=step.seconds["expected"])
        yield _entry("result", step, at, status="ok", expected=step.expect)


def _entry(kind: str, step: Step, at: datetime, **body: Any) -> Entry:
    utc = at.isoformat()
    return Entry(
        kind=kind, utc=utc, host=step.host, change="", seq=0, prev="", hash="", step=step.id, **body
    )


def starts(plan: Mapping[str, Any], start: datetime) -> dict[str, datetime]:
    """Return when each host is expected to begin: a wave after the longest of the one before."""
    found: dict[str, datetime] = {}
    for wave in plan["waves"]:
        found |= dict.fromkeys(wave, start)
        totals = [
            sum(step.seconds["expected"] for step in plan["hosts"][host]["steps"]) for host in wave
        ]
        start += timedelta(seconds=max(totals, default=0))
    return found
