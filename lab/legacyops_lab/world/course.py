"""The course of events: what time it is in the world, what comes next, and what went wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from .agenda import Agenda
from .ledger import Ledger
from .times import ClockLike

Happens = Callable[[str, dict[str, Any]], None]


class Course:
    """Clock, agenda and ledger of a world; `happens` has what an event does, by host."""

    def __init__(self, clock: ClockLike) -> None:
        """Begin with nothing to come."""
        self.clock = clock
        self.agenda = Agenda()
        self.book = Ledger()
        self.happens: dict[str, Happens] = {}
        self._at: datetime | None = None

    def time(self) -> datetime:
        """Return the time at which things happen: an event's own, or the clock's."""
        return self._at or self.clock.now()

    def advance(self) -> None:
        """Let everything that is due happen."""
        if self._at is not None:
            return
        now = self.clock.now()
        while (event := self.agenda.pop_due(now)) is not None:
            self._at = event.due
            try:
                self.happens[event.host](event.what, event.arguments)
            finally:
                self._at = None

    def seconds_to_next(self) -> float:
        """Return the simulated seconds to the next event (at least a moment)."""
        due = self.agenda.next_due()
        seconds = 3600.0 if due is None else (due - self.clock.now()).total_seconds()
        return max(seconds, 0.001)
