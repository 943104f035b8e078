"""The lab's own book: what was done wrong, and who was without service how long."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from .times import iso, parse


class Ledger:
    """Violations as they happen, and outages from their begin to their end.

    An outage is opened and closed under a subject (a host's or a silo's name); what
    is still open is counted up to the moment of reading.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._entries: list[dict[str, Any]] = []
        self._open: dict[str, dict[str, Any]] = {}

    def violation(self, moment: datetime, host: str, text: str) -> None:
        """Enter that something was done that must not be done."""
        self._entries.append(
            {"utc": iso(moment), "host": host, "kind": "violation", "text": text, "minutes": None}
        )

    def watch(self, moment: datetime, subject: str, up: bool, text: str, kind: str) -> None:
        """Open or close the outage of a subject; nothing happens when nothing changed."""
        if not up and subject not in self._open:
            self._open[subject] = {
                "host": subject,
                "kind": kind,
                "text": text,
                "since": moment.isoformat(),
            }
        elif up and subject in self._open:
            self._entries.append(_closed(self._open.pop(subject), moment))

    def entries(self, now: datetime) -> list[dict[str, Any]]:
        """Return all entries in order of time, open outages up to now."""
        still = [_closed(entry, now, " (still)") for entry in self._open.values()]
        return sorted([*self._entries, *still], key=lambda entry: entry["utc"])

    def violations(self) -> list[dict[str, str]]:
        """Return the violations without times, in order of host and text."""
        found = ({"host": e["host"], "text": e["text"]} for e in self._violations())
        return sorted(found, key=lambda entry: (entry["host"], entry["text"]))

    def _violations(self) -> Iterable[dict[str, Any]]:
        """Yield the entries that are violations."""
        yield from (entry for entry in self._entries if entry["kind"] == "violation")
        yield from (entry for entry in self._open.values() if entry["kind"] == "violation")

    def dump(self) -> dict[str, Any]:
        """Return everything as JSON data."""
        return {"entries": self._entries, "open": self._open}

    def load(self, state: dict[str, Any]) -> None:
        """Take `dump` back."""
        self._entries = list(state["entries"])
        self._open = dict(state["open"])


def _closed(entry: dict[str, Any], end: datetime, mark: str = "") -> dict[str, Any]:
    """Return an outage as an entry with its length in simulated minutes."""
    begin = parse(entry["since"])
    return {
        "utc": iso(begin),
        "host": entry["host"],
        "kind": entry["kind"],
        "text": entry["text"] + mark,
        "minutes": round((end - begin).total_seconds() / 60, 1),
    }
