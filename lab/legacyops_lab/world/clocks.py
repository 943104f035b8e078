"""A host's own clock, what its Windows derives from it, and where its System log stands.

LastBootUpTime is the clock less the time since the start: whoever sets the clock, or changes the
time zone, moves it (H30).
Record numbers are given in order of writing, whatever the clock says.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from .machine import Machine
from .times import iso, parse

FIRST_RECORD, RECORDS_A_START, OLDEST = 4000, 60, 100


class HostClock:
    """Clock, time zone, last start and the System log's start records of one host."""

    def __init__(self, host: Machine, spec: dict[str, Any]) -> None:
        """Read what the estate's xenapp part says of clock and start."""
        self._host = host
        default_offset = 540 if host.language == "ja" else 0
        self.offset_minutes: int = spec.get("utc_offset_minutes", default_offset)
        self._zone_moved = 0
        self._skew = float(spec.get("clock_skew_seconds", 0))
        self._steps: dict[str, Any] = spec.get("clock_steps", {})
        self._random = random.Random(f"{host.name} {self._steps.get('seed', 0)}")
        self.booted = host.course.time() - timedelta(days=spec.get("uptime_days", 30))
        # Newest record of a start in the System log; None once it was cleared or written over.
        self.start_record: int | None = FIRST_RECORD
        self.records = (OLDEST, FIRST_RECORD + RECORDS_A_START)
        self.unreadable = False

    def begin(self) -> None:
        """Let the clock be stepped at random points, where the estate says so."""
        if self._steps:
            every = float(self._steps["every_seconds"])
            self._host.later(self._random.uniform(0, 2 * every), "clock_steps")

    def steps(self) -> None:
        """Step the clock, forwards or backwards, and wait for the next time."""
        most = float(self._steps["up_to_seconds"])
        self.step(self._random.uniform(-most, most))
        self.begin()

    def step(self, seconds: float) -> None:
        """Set the clock ahead, or back."""
        self._skew += seconds

    def change_zone(self, offset_minutes: int) -> None:
        """Change the time zone, which moves the last start as well."""
        self._zone_moved += offset_minutes - self.offset_minutes
        self.offset_minutes = offset_minutes

    def now(self) -> datetime:
        """Return what the clock shows, UTC."""
        return self._host.course.time() + timedelta(seconds=self._skew)

    def last_boot(self) -> datetime:
        """Return when Windows says that it was started, UTC."""
        return self.booted + timedelta(seconds=self._skew, minutes=self._zone_moved)

    def boots(self) -> None:
        """Start: the System log gets its record."""
        self.booted = self._host.course.time()
        self._zone_moved = 0
        first, last = self.records
        self.start_record = last + 1
        self.records = (first, last + RECORDS_A_START)

    def clear_log(self) -> None:
        """Clear the System log: numbering begins anew."""
        self.start_record, self.records = None, (1, 2)

    def signs(self) -> dict[str, Any]:
        """Return what tells one start from the next, as a script reads it."""
        first, last = self.records if self.start_record is None else (None, None)
        return {
            "start_record": self.start_record,
            "first_record": first,
            "last_record": last,
            "last_boot": iso(self.last_boot()),
            "clock_utc": iso(self.now()),
        }

    def dump(self) -> dict[str, Any]:
        """Return what can change, as JSON data."""
        return {
            "boot_time": self.booted.isoformat(),
            "offset_minutes": self.offset_minutes,
            "skew": self._skew,
            "zone_moved": self._zone_moved,
            "start_record": self.start_record,
            "records": list(self.records),
            "unreadable": self.unreadable,
        }

    def load(self, data: dict[str, Any]) -> None:
        """Take `dump` back; a snapshot has no times."""
        if "boot_time" in data:
            self.booted = parse(data["boot_time"])
        self.offset_minutes = data["offset_minutes"]
        self._skew = data.get("skew", self._skew)
        self._zone_moved = data["zone_moved"]
        self.start_record = data.get("start_record", self.start_record)
        first, last = data.get("records", self.records)
        self.records = (first, last)
        self.unreadable = data["unreadable"]
