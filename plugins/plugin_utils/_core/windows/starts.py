# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a Windows has been started anew: by signs that a step of its clock cannot make.

LastBootUpTime is computed from the clock, so whoever sets the clock, or changes the time zone,
moves it (boostorg/interprocess#96, windows_exporter#74, azure-container-networking#947). A new
start is proven by two signs together:

- the System log has a start record (event 6009 of EventLog, logged at every boot: KB196452) that
  was written after the moment in question. Records are numbered in order of writing, whatever the
  clock says;
- Windows has been up for less time than at that moment, or started later than that moment.

A mark is what is kept of the moment: {start_record, first_record, last_record, last_boot,
clock_utc}, out of the part system of an observation; first_record and last_record (the log's
oldest and newest) are read only where the log has no start record. Of a node that only people
look at it is {starts_told}, how often a person has reported a start.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

Mark = Mapping[str, Any]

RECORDS: Final = ("start_record", "first_record", "last_record")
_KEYS: Final = (*RECORDS, "last_boot", "clock_utc", "starts_told")
# Less is the rounding of two readings, or a clock that is being adjusted slowly.
TOLERANCE_SECONDS: Final = 5.0


@dataclass(frozen=True)
class Start:
    """Whether there was a new start: True is proven, None is unknown. evidence: why, in words."""

    proven: bool | None
    evidence: str


def mark_of(system: Any) -> dict[str, Any] | None:
    """Return what is kept of this start, out of an observation's part system; None: unread."""
    if not isinstance(system, Mapping):
        return None
    mark = {key: system[key] for key in _KEYS if system.get(key) is not None}
    return mark or None


def position(mark: Mark | None) -> int | None:
    """Return the number that the record of any later start exceeds; None where it is unknown."""
    mark = mark or {}
    return _number(mark, "start_record") or _number(mark, "last_record")


def started_since(mark: Mark | None, system: Any) -> Start:
    """Return whether Windows was started anew after a mark, by its part system as read now."""
    now = mark_of(system)
    if not mark:
        return Start(None, "it is not on record which start it was then")
    if now is None:
        return Start(None, "its last start could not be read")
    if "starts_told" in mark or "starts_told" in now:
        return _told(mark, now)
    was, record = position(mark), _number(now, "start_record")
    if was is None:
        return Start(None, "the System log's record of the start of then could not be read")
    if record is None:
        return _without_record(mark, was, now)
    if record == was:
        return Start(False, f"its last start is still that of record {record}")
    if record < was:
        return Start(None, f"the System log was cleared: start record {record}, {was} before")
    younger = _younger(mark, now)
    words = f"start record {record} of the System log, {was} before"
    if younger is None:
        return Start(None, f"{words}, but nothing else shows a new start")
    return Start(True, f"{words}, {younger}")


def _told(mark: Mark, now: Mark) -> Start:
    was, is_ = _number(mark, "starts_told"), _number(now, "starts_told")
    if was is None or is_ is None:
        return Start(None, "a person told of its starts, and its System log did, but not both")
    return Start(is_ > was, f"a person told of {is_} starts, of {was} before")


def _without_record(mark: Mark, was: int, now: Mark) -> Start:
    """The log has no start record: none was written since, if it reaches back to the mark."""
    first, last = _number(now, "first_record"), _number(now, "last_record")
    if first is None or last is None:
        return Start(None, "the System log's record of the last start could not be read")
    if first <= was + 1 and last >= was:
        return Start(False, f"the System log has no start record after {was}")
    return Start(None, f"the System log was cleared or written over since record {was}")


def _younger(mark: Mark, now: Mark) -> str | None:
    """Return in words how the times show a new start, None where they do not."""
    up_then, up_now = _up(mark), _up(now)
    if up_then is not None and up_now is not None and up_now + TOLERANCE_SECONDS < up_then:
        return f"up for {up_now:.0f} seconds, {up_then:.0f} before"
    asked, booted = _time(mark, "clock_utc"), _time(now, "last_boot")
    if asked and booted and (booted - asked).total_seconds() > TOLERANCE_SECONDS:
        return f"started at {booted:%Y-%m-%d %H:%M:%S} UTC, after {asked:%H:%M:%S}"
    return None


def _up(mark: Mark) -> float | None:
    """Return for how many seconds Windows has been up: no step of the clock changes that."""
    now, booted = _time(mark, "clock_utc"), _time(mark, "last_boot")
    return (now - booted).total_seconds() if now and booted else None


def _number(mark: Mark, key: str) -> int | None:
    value = mark.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _time(mark: Mark, key: str) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(str(mark.get(key)))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
