# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is shown of each system while a change is carried out. Pure: lines in, rows out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from .layout import cut, harmless, padded, wide

# As actions say it: ProcedureAction.say and HotfixAction.progress.
_LINE = re.compile(r"\[(?P<host>[^\]]+)\] (?P<text>.+)")
_STEP = re.compile(
    r"(?P<number>step \d+ of \d+): (?P<title>.+?)(?: \[(?P<clauses>[^\]]+)\](?P<more>.*))?"
)
_WAIT = re.compile(r"(?P<text>.+) \((?P<seconds>\d+) s\)")
SEPARATOR = " | "


@dataclass
class Row:
    """Where one system stands.

    step: "step 3 of 10: title [clauses]" as it was said, or empty between steps.
    short: the same with the clauses before the title, where they are not cut off.
    awaits: what is awaited, or empty.
    since: since when it is awaited.
    """

    step: str = ""
    short: str = ""
    awaits: str = ""
    since: datetime | None = None


class ProgressTable:
    """The rows of the systems that are under way, in the order in which they began."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}

    def hear(self, line: str, now: datetime) -> bool:
        """Take a line that an action says; False where it is not about a step or a wait."""
        said = _LINE.fullmatch(line)
        if said is None:
            return False
        text = harmless(said["text"])
        step, wait = _STEP.fullmatch(text), _WAIT.fullmatch(text)
        if step is not None:
            self.rows[said["host"]] = Row(step=text, short=_short(step))
            return True
        if wait is None:
            return False
        row = self.rows.setdefault(said["host"], Row())
        row.awaits = wait["text"]
        row.since = now - timedelta(seconds=int(wait["seconds"]))
        return True

    def ended(self, host: str) -> str:
        """The step that the system was at, which has ended now; empty where it was at none."""
        row = self.rows.setdefault(host, Row())
        step = row.step
        self.rows[host] = Row()
        return step

    def leave(self, host: str) -> None:
        """Show the system no longer."""
        self.rows.pop(host, None)

    def lines(self, columns: int, most: int) -> list[str]:
        """The rows as lines of fewer than so many columns, and not more of them than fit."""
        busy = {host: row for host, row in self.rows.items() if row.step or row.awaits}
        longest = max([wide(harmless(host)) for host in busy] or [0])
        shown = [_told(host, row, longest, columns - 1) for host, row in busy.items()]
        if len(shown) > most:
            shown = [*shown[: most - 1], f"... and {len(shown) - most + 1} more"]
        return shown


def _short(step: re.Match[str]) -> str:
    """The first of the clauses, how many more there are, then the title."""
    clauses = (step["clauses"] or "").split(", ")
    more = f" +{len(clauses) - 1}" if len(clauses) > 1 else ""
    cited = f" [{clauses[0]}{more}]" if clauses[0] else ""
    return f"{step['number']}{cited} {step['title']}{step['more'] or ''}"


def _told(host: str, row: Row, longest: int, columns: int) -> str:
    """One row; where it gets too long, the step's title is cut first."""
    name = harmless(host)
    parts = [padded(name, longest), row.short]
    if row.awaits:
        parts.append(f"{row.awaits}, since {row.since:%H:%M:%S}")
    too_wide = max(wide(SEPARATOR.join(parts)) - columns, 0)
    parts[1] = cut(row.short, max(wide(row.short) - too_wide, len("step 10 of 10...")))
    return cut(SEPARATOR.join(part for part in parts if part), columns)
