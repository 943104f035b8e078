# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The window of a change: when a host may begin, and what may still be begun in what is left.

At a resting point a host goes on only if the next resting point can be reached before the window
ends. Between two resting points the window's end warns and asks; it never abandons a system.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, Final, Literal

from .entry import Entry
from .formats import key_name
from .model import CoreError, Text
from .records import Step

SETTING: Final = "legacyops_window"
_KEYS: Final = frozenset({"start", "end", "time_zone", "warn_minutes"})
_WARN_MINUTES: Final = 30
_EXAMPLE: Final = "2026-11-28T22:00:00+09:00"


class WindowError(CoreError):
    """A window that cannot be meant."""


@dataclass(frozen=True)
class Window:
    """When a change may act. start and end know their time zone; warn: how long before the end."""

    start: datetime
    end: datetime
    warn: timedelta

    def to_dict(self) -> dict[str, Any]:
        """Return the window as a person may write it."""
        return {
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "warn_minutes": int(self.warn.total_seconds() // 60),
        }


@dataclass(frozen=True)
class WindowState:
    """What a window says of a host right now.

    may_go_on: whether the next step may be begun, as far as the window decides. needed: seconds
    to the next resting point (resting_point: its step's id; None: the end of the plan). left:
    seconds until the window ends, negative when it is over. text: what a person has to know, or
    None where there is nothing to say.
    """

    state: Literal["open", "not_yet", "too_late", "over"]
    may_go_on: bool
    needed: int
    left: int
    resting_point: str | None
    text: Text | None


def window_of(value: Any) -> Window:
    """Return the window that a setting describes. Raises WindowError: one sentence."""
    if not isinstance(value, Mapping):
        raise WindowError(f"{SETTING} must have start and end, as {_EXAMPLE}.")
    unknown = sorted(key_name(key) for key in value.keys() - _KEYS)
    if unknown:
        raise WindowError(f"{SETTING}.{unknown[0]} is unknown: it has {', '.join(sorted(_KEYS))}.")
    zone = _zone(value.get("time_zone"))
    start, end = (_moment(value, name, zone) for name in ("start", "end"))
    if end <= start:
        raise WindowError(f"{SETTING}.end is not after its start.")
    minutes = value.get("warn_minutes", _WARN_MINUTES)
    if isinstance(minutes, bool) or not isinstance(minutes, int) or not 0 <= minutes <= 10_080:
        raise WindowError(f"{SETTING}.warn_minutes must be 0 to 10080.")
    return Window(start, end, timedelta(minutes=minutes))


def _zone(name: Any) -> zoneinfo.ZoneInfo | None:
    if name is None:
        return None
    try:
        return zoneinfo.ZoneInfo(str(name))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise WindowError(
            f"{SETTING}.time_zone {name!r} is not known on this controller: use a name as "
            "Asia/Tokyo, or write start and end with their offset from UTC."
        ) from None


def _moment(value: Mapping[str, Any], name: str, zone: zoneinfo.ZoneInfo | None) -> datetime:
    try:
        moment = datetime.fromisoformat(str(value.get(name) or "").strip())
    except ValueError:
        raise WindowError(f"{SETTING}.{name} must be a date and time, as {_EXAMPLE}.") from None
    if moment.tzinfo is None and zone is None:
        raise WindowError(
            f"{SETTING}.{name} has no time zone: write its offset, as {_EXAMPLE}, or give "
            "time_zone."
        )
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
        if moment.utcoffset() != moment.replace(fold=1).utcoffset():
            raise WindowError(
                f"{SETTING}.{name}: {value.get(name)} comes twice, or never, where the clocks are "
                f"changed: write its offset, as {_EXAMPLE}."
            )
    # With the offset itself: a moment of a zone is equal to no other at the hour that comes twice.
    return moment.astimezone(timezone(moment.utcoffset() or timedelta()))


def at_resting_point(steps: Sequence[Step], entries: Iterable[Entry]) -> bool:
    """Return whether a host is where stopping is safe: nothing begun, or a resting point reached.

    entries: the host's journal under this plan. A step that was begun leads away from the last
    resting point, however it ended.
    """
    resting = {step.id for step in steps if step.resting_point}
    rests = True
    for entry in entries:
        if entry.kind == "intent":
            rests = False
        elif entry.kind == "result" and entry.status in ("ok", "skipped"):
            rests = rests or entry.step in resting
    return rests


def judge(
    window: Window, now: datetime, todo: Sequence[Step], *, at_rest: bool, estimate: str = "longest"
) -> WindowState:
    """Return what the window says before the first of the steps that remain is begun.

    todo: in order; all of them up to the next resting point count, needed or not. estimate:
    which of the steps' durations is added up.
    """
    stretch = to_rest(todo)
    needed = sum(step.seconds[estimate] for step in stretch)  # type: ignore[literal-required]
    left = round((window.end - now).total_seconds())
    resting = stretch[-1].id if stretch and stretch[-1].resting_point else None
    state: Literal["open", "not_yet", "too_late", "over"] = "open"
    if now < window.start:
        state = "not_yet"
    elif left <= 0:
        state = "over"
    elif needed > left:
        state = "too_late"
    may = state == "open" or not at_rest or not todo
    warns = state != "open" or left <= window.warn.total_seconds()
    text = _text(window, state, needed, left, resting, may) if warns and todo else None
    return WindowState(state, may, needed, left, resting, text)


def to_rest(todo: Sequence[Step]) -> list[Step]:
    """Return the steps up to the next resting point, that one included; all where there is none."""
    stretch = []
    for step in todo:
        stretch.append(step)
        if step.resting_point:
            break
    return stretch


def _minutes(seconds: int) -> int:
    return -(-seconds // 60)


def _text(
    window: Window, state: str, needed: int, left: int, resting: str | None, may: bool
) -> Text:
    """Return what is said: why nothing is begun, or what the window's end asks of a person."""
    point = f"step {resting}" if resting else "the end of the plan"
    point_ja = f"手順 {resting}" if resting else "計画の最後"
    start, end = (moment.isoformat(" ", "minutes") for moment in (window.start, window.end))
    seen = {
        "not_yet": (
            f"The window opens at {start}.",
            f"作業時間帯は {start} に始まります。",
        ),
        "over": (
            f"The window ended at {end}.",
            f"作業時間帯は {end} に終了しました。",
        ),
        "too_late": (
            f"The window ends at {end}, in {_minutes(left)} min; the next resting point "
            f"({point}) is reckoned with {_minutes(needed)} min.",
            f"作業時間帯は {end} に終了します（あと {_minutes(left)} 分）。次の中断可能点"
            f"（{point_ja}）までの所要時間の見込みは {_minutes(needed)} 分です。",
        ),
        "open": (
            f"The window ends at {end}, in {_minutes(left)} min.",
            f"作業時間帯は {end} に終了します（あと {_minutes(left)} 分）。",
        ),
    }[state]
    if not may:
        what = (
            " Nothing is begun: run the same command within a window that is long enough.",
            " 手順は開始しません。十分な作業時間帯で同じコマンドを再実行してください。",
        )
    elif state == "open":
        what = ("", "")
    else:
        what = (
            f" The system is between two resting points and goes on to {point}: ask for a longer "
            "window now.",
            f" システムは中断可能点の間にあるため、{point_ja}まで続行します。"
            "作業時間帯の延長を依頼してください。",
        )
    return {"en": seen[0] + what[0], "ja": seen[1] + what[1]}
