# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the journal tells of each step of the plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from .._core.conditions import condition, conditions, found_by
from .._core.entry import Entry
from .._core.kinds import LOOKS, title
from .._core.records import Step
from .expected import waits
from .said import read, said, why
from .texts import between, same, text

Record = dict[str, Any]

# What of a module's result is worth a line of evidence, where it is there.
_FACTS: Final = (
    "changed", "exit_code", "elapsed", "evidence", "sha256", "job", "return_value",
    "connection_losses", "source", "healthy", "reason", "msg",
)  # fmt: skip
# The words of a result → of the report.
_ENDED: Final = {"ok": "done", "skipped": "skipped", "refused": "refused", "failed": "failed"}
# Steps with such an end are over: what remains is what has another.
OVER: Final = frozenset({"done", "already", "skipped"})


def step_history(step: Step, entries: Sequence[Entry]) -> Record:
    """Return one step of the plan with what happened to it, by a host's journal.

    entries: those of this plan, oldest first.
    """
    about = [entry for entry in entries if _step_of(entry) == step.id]
    mine = [entry for entry in about if entry.kind != "transcribed"]
    if _outcome(mine) not in OVER:  # what a run has recorded itself needs no paper
        mine = about
    intents = [entry for entry in mine if entry.kind == "intent"]
    results = [entry for entry in mine if entry.kind == "result"]
    outcome = _outcome(mine)
    began, ended = _span(mine, outcome)
    taken = between(began, ended)
    guards = intents[-1].interlocks or [] if intents else []
    if outcome == "refused":
        guards = results[-1].interlocks or []
    last = mine[-1] if mine else None
    return {
        **_planned(step),
        "outcome": outcome,
        "began": began,
        "ended": ended,
        "seconds_taken": taken,
        "longest_try": (tried := _longest_try(mine)),
        "overdue": tried is not None and tried > step.seconds["longest"],
        "pauses": _pauses(mine),
        "attempts": _attempts(mine),
        "joined": any(entry.joins for entry in intents),
        "transcribed": last is not None and last.kind == "transcribed",
        "reason": last and last.reason,
        "message": last and said(last),
        "why": why(mine[-1:]),
        "people": _people(about),
        "note": about[-1].note or None if about else None,
        "interlocks": [_interlock(each) for each in guards],
        "facts": _facts(results[-1].result if results else None),
    }


def _planned(step: Step) -> Record:
    """Return what the plan says of a step, as a report needs it."""
    return {
        "id": step.id,
        "number": step.id.partition("-")[0],
        "item": step.item,
        "clause": list(step.clause),
        "our_reading": step.our_reading,
        "title": step.title,
        "changes": step.changes,
        "machine": machine(step),
        "by": step.by,
        "waits": waits(step),
        "conditional": step.conditional,
        "resting_point": step.resting_point,
        "point_of_no_return": step.point_of_no_return,
        "seconds": step.seconds,
        "expect": conditions(step.expect),
    }


def step_names(steps: Iterable[Mapping[str, Any]]) -> dict[str, Record]:
    """Return what people call each step, and each look that it asks for besides, by its id."""
    found = {}
    for step in steps:
        item = f" ({step['item']})" if step["item"] else ""
        name = {key: f"{step['number']} {step['title'][key]}{item}" for key in ("en", "ja")}
        found[step["id"]] = name
        for look in LOOKS:
            found[step["id"] + look] = text(f"{name['en']} (a look)", f"{name['ja']}(目視)")
    return found


def machine(step: Step) -> str:
    """Return the machine that a step is about, by the name on it."""
    name = step.node or step.arguments.get("name")
    return title(str(name)) if name else str(step.host)


def _step_of(entry: Entry) -> Any:
    """Return the step that an entry is about; some name it otherwise, so as not to count."""
    return entry.step or entry.left_step or entry.transcribed_step


def _outcome(mine: Sequence[Entry]) -> str:
    """Return how a step stands; an intent without a result has an unknown end."""
    told = [entry for entry in mine if entry.kind in ("result", "left", "transcribed")]
    if not mine:
        return "not_reached"
    if not told or mine[-1].kind == "intent":
        return "unfinished"
    last = told[-1]
    if last.kind == "left":
        return "waiting" if last.reason == "waiting_operator" else "left"
    if last.kind == "transcribed":
        return str(last.status)
    if last.status == "ok" and last.why is not None:
        # Looked at again once it was done: it was this change that did it.
        did = any(e.kind == "result" and e.status == "ok" and e.why is None for e in told)
        return "done" if did else "already"
    return _ENDED.get(str(last.status), str(last.status))


def _attempts(mine: Sequence[Entry]) -> int:
    """Return how often a step was tried: again only after a failure, not where a run joined it."""
    tries, fresh = 0, True
    for entry in mine:
        if entry.kind == "intent" and fresh:
            tries, fresh = tries + 1, False
        elif entry.kind == "result":
            fresh = entry.status in ("failed", "refused")
    return tries


def _span(mine: Sequence[Entry], outcome: str) -> tuple[Any, Any]:
    """Return when a step began and ended; of one done in several tries, from the first on."""
    if not mine:
        return None, None
    if mine[-1].kind == "transcribed":
        return mine[-1].began, mine[-1].ended
    acted = [e for e in mine if e.kind in ("intent", "left") or e.why is None]
    if not acted:
        return mine[-1].utc, mine[-1].utc
    ended = None if outcome == "unfinished" else acted[-1].utc
    return acted[0].utc, ended


def _pauses(mine: Sequence[Entry]) -> list[Record]:
    """Return when no run was at a step: each time that one had left it, until the next entry."""
    left = [(n, entry) for n, entry in enumerate(mine, 1) if entry.kind == "left"]
    return [{"from": entry.utc, "to": mine[n].utc if n < len(mine) else None} for n, entry in left]


def _longest_try(mine: Sequence[Entry]) -> int | None:
    """Return the seconds of the longest single try; None where the end of none is on record.

    The time between two runs is nobody's: a step that was left and gone on with is not late.
    """
    if mine and mine[-1].kind == "transcribed":
        return between(mine[-1].began, mine[-1].ended)
    told = [entry for entry in mine if entry.kind in ("intent", "left", "result")]
    tries = [
        between(one.utc, other.utc)
        for one, other in pairwise(told)
        if one.kind == "intent" and other.kind != "intent" and other.why is None
    ]
    return max((seconds for seconds in tries if seconds is not None), default=None)


def _people(mine: Sequence[Entry]) -> list[str]:
    """Return the names of those who did or saw it, in order."""
    names: list[str] = []
    for entry in mine:
        own = {"name": entry.name, "second_name": entry.second_name}
        told = (entry.result or {}).get("confirmation") or {}
        names += [
            str(record[key])
            for record in (own, entry.confirmation or {}, told)
            if isinstance(record, Mapping)
            for key in ("name", "second_name", "confirmed_by")
            if record.get(key)
        ]
    return list(dict.fromkeys(names))


def _interlock(told: Mapping[str, Any]) -> Record:
    words, found = condition(told["ref"]), found_by(told["ref"])
    return {
        "asks": {"en": words["en"] + found, "ja": words["ja"] + found},
        "holds": told.get("holds"),
        "seen": read(told),
        "evidence": str(told.get("evidence", "")),
    }


def _facts(result: Any) -> dict[str, Any]:
    """Return what of a module's result is worth telling."""
    if not isinstance(result, Mapping):
        return {}
    found = {key: result[key] for key in _FACTS if result.get(key) not in (None, "", [])}
    if isinstance(result.get("explanation"), Mapping):
        found["explanation"] = same(result["explanation"])
    return found


def happened(entries: Sequence[Entry]) -> list[Record]:
    """Return the entries that are about the host and no step: runs, ends, what others add."""
    words = {
        "begin": text("A run begins", "実行開始"),
        "end": text("The end of the plan is reached", "計画の終了"),
        "left": text("A run leaves, the step may go on", "実行を離脱(手順は継続の可能性あり)"),
        "refused": text("Not begun: not as it was approved", "未着手: 承認時と状態が異なる"),
        "soak": text("Watched after its plan", "計画終了後の監視"),
        "deviation": text("Went on in spite of it", "強行"),
        "owner_broken": text("The hold on the system was broken", "占有記録の解除"),
        "closed_unfinished": text(
            "The change was closed before its plan ended", "計画の終了前に変更をクローズ"
        ),
    }
    return [
        {
            "utc": entry.utc,
            "kind": entry.kind,
            "text": words.get(entry.kind) or same(entry.kind.replace("_", " ")),
            "detail": said(entry) or (entry.status and same(entry.status)),
            "user": str((entry.by or {}).get("user") or "") or None,
        }
        for entry in entries
        if entry.kind not in ("intent", "result", "transcribed", "confirmation", "acceptance")
    ]
