# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a report is made of: the files of one change directory, already read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from .._core.entry import Entry
from .._core.journal import JournalReport
from .._core.observation import Observation
from .._core.records import Finding, Step

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Sources:
    """The parts of a change directory. What is missing is empty or None, and said so.

    change: the change's id.
    plan: the verified plan.
    made: when the report is made, ISO 8601 UTC.
    journals: each host's journal as ``verify`` found it.
    audits: each host's findings of the last audit.
    observations: what assess read of each host.
    seen: what was read last of an FT system, by whatever run.
    states: where each host stands.
    confirmations: the records of what persons confirmed.
    approval: the approval's file. What a run went by stands in its journal's begin.
    closing: the record that closed the change, with its digest.
    stopped: why the change is stopped.
    advisories: id → {title, clauses}, of those advisories that the plan was made from.
    """

    change: str
    plan: Record
    made: str
    journals: Mapping[str, JournalReport] = field(default_factory=dict)
    audits: Mapping[str, Sequence[Finding]] = field(default_factory=dict)
    observations: Mapping[str, Observation] = field(default_factory=dict)
    seen: Mapping[str, Observation] = field(default_factory=dict)
    states: Mapping[str, Record] = field(default_factory=dict)
    confirmations: Sequence[Record] = ()
    approval: Record | None = None
    closing: Record | None = None
    stopped: str | None = None
    advisories: Mapping[str, Record] = field(default_factory=dict)

    def entries(self, host: str) -> list[Entry]:
        """Return a host's journal entries, of every plan of this change."""
        report = self.journals.get(host)
        return report.entries if report else []

    def begins(self, host: str) -> list[Entry]:
        """Return a host's entries of runs that began, under this plan."""
        digest = self.plan["digest"]
        return [e for e in self.entries(host) if e.kind == "begin" and e.plan == digest]

    def latest(self, host: str) -> Observation | None:
        """Return what was read last of a host: after its change began, or by the audit."""
        begins, seen = self.begins(host), self.seen.get(host)
        if seen is None or (not begins and host not in self.audits):
            return None
        return None if begins and seen.taken < begins[0].utc else seen

    def steps(self, host: str) -> list[Step]:
        """Return a host's steps of the plan."""
        steps: list[Step] = self.plan["hosts"][host]["steps"]
        return steps

    def order(self) -> list[str]:
        """Return the plan's hosts: those with steps by waves, then the others."""
        queued = {host: None for wave in self.plan["waves"] for host in wave}
        return [*queued, *sorted(host for host in self.plan["hosts"] if host not in queued)]

    @cached_property
    def all_begins(self) -> list[Entry]:
        """Each host's entries of runs that began, under this plan, in the order of the hosts."""
        return [each for host in self.order() for each in self.begins(host)]

    @cached_property
    def last_begin(self) -> Entry | None:
        """The last one of them; None: none began."""
        return max(self.all_begins, key=lambda entry: entry.utc, default=None)
