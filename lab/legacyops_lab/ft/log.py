"""The System logs of one FT system's nodes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ..world.times import iso
from .notice import event_text
from .state import SIDES, Event, Node, node_of


class Log:
    """Events as texts in the hosts' language. IDs and sources are unknown, so there are none.

    Which CoServer logs what is HYP-FT-19.
    """

    def __init__(self, language: str) -> None:
        """Start empty; `language` is ja or en."""
        self._language = language
        self._entries: list[dict[str, Any]] = []

    def begin(self, moment: datetime, description: dict[str, Any]) -> None:
        """Log what the CoServers' logs hold at the beginning."""
        for n in SIDES:
            node = node_of(n)
            for key in description.get(node, {}).get("windows", {}).get("events", ()):
                self.add(moment, Event(node, key, n, n))

    def add(self, moment: datetime, event: Event) -> None:
        """Log an event."""
        text = event_text(event, self._language)
        self._entries.append({"utc": iso(moment), "node": event.node, "text": text})

    def entries(self, node: Node | None = None) -> list[dict[str, Any]]:
        """Return the entries in order of time, of one node or of all."""
        return [dict(entry) for entry in self._entries if node in (None, entry["node"])]

    def load(self, entries: list[dict[str, Any]]) -> None:
        """Take `entries` back."""
        self._entries = [dict(entry) for entry in entries]
