"""What is going to happen by itself in the world, and when.

The world has no background tasks: whoever looks at it first lets everything that
is due happen, in order of time. So it is deterministic apart from the clock.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .times import parse


@dataclass(order=True)
class Event:
    """One thing that will happen to a host."""

    due: datetime
    order: int
    host: str = field(compare=False)
    what: str = field(compare=False)
    arguments: dict[str, Any] = field(compare=False, default_factory=dict)


class Agenda:
    """All coming events of all hosts, in order of time, then of entry."""

    def __init__(self) -> None:
        """Start empty."""
        self._events: list[Event] = []
        self._entered = 0

    def add(self, due: datetime, host: str, what: str, **arguments: Any) -> None:
        """Enter an event."""
        self._entered += 1
        heapq.heappush(self._events, Event(due, self._entered, host, what, arguments))

    def cancel(self, host: str, matches: Callable[[Event], bool]) -> None:
        """Drop a host's events that match."""
        self._events = [e for e in self._events if e.host != host or not matches(e)]
        heapq.heapify(self._events)

    def next_due(self) -> datetime | None:
        """Return when the next event is due, None when there is none."""
        return self._events[0].due if self._events else None

    def pop_due(self, now: datetime) -> Event | None:
        """Take the next event that is due, None when there is none."""
        if self._events and self._events[0].due <= now:
            return heapq.heappop(self._events)
        return None

    def of(self, host: str) -> Iterator[Event]:
        """Yield a host's events in order."""
        return (event for event in sorted(self._events) if event.host == host)

    def dump(self, host: str) -> list[dict[str, Any]]:
        """Return a host's events as JSON data."""
        return [
            {"due": event.due.isoformat(), "what": event.what, "arguments": event.arguments}
            for event in self.of(host)
        ]

    def load(self, host: str, events: list[dict[str, Any]], now: datetime) -> None:
        """Take events back; one without a time (from a snapshot) is due at once."""
        for event in events:
            due = parse(event["due"]) if "due" in event else now
            self.add(due, host, event["what"], **event["arguments"])
