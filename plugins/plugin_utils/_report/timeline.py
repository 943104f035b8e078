# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The night as a picture: where its bars stand, in thousandths of its width.

One row a system: what was expected, and beneath it what happened. Each has the steps, acting or
waiting, and under them when service and when redundancy were away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from .history import OVER
from .texts import when

Record = dict[str, Any]

_STEPS: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200,
                 86400)  # fmt: skip
_TICKS: Final = 8
_THINNEST: Final = 3.0


def timeline(report: Mapping[str, Any]) -> Record | None:
    """Return ticks and, for each host that began, its rows; None where nothing was carried out."""
    begun = {host: record for host, record in report["hosts"].items() if record["begun"]}
    start, end = when(report["summary"]["began"]), when(report["summary"]["ended"])
    if not start or not end:
        return None
    ends = [when(each["to"]) for record in begun.values() for each in record["expected"]["steps"]]
    scale = _Scale(start, max([end, *(each for each in ends if each)]))
    rows = [
        {"host": host, "planned": _expected(record, scale), "real": _happened(record, scale)}
        for host, record in begun.items()
    ]
    return {"rows": rows, **scale.ticks(), "clock": True}


def expected_timeline(runbook: Mapping[str, Any]) -> Record | None:
    """Return the same of what is expected alone; None: no host has anything to do.

    clock: it is known when the change may begin; else the ticks count from its beginning.
    """
    systems = [each for each in runbook["systems"] if each["expected"]["steps"]]
    times = [when(each[key]) for s in systems for each in s["expected"]["steps"]
             for key in ("from", "to")]  # fmt: skip
    moments = [each for each in times if each]
    if not moments:
        return None
    scale = _Scale(min(moments), max(moments))
    rows = [{"host": s["host"], "planned": _expected(s, scale), "real": None} for s in systems]
    return {"rows": rows, **scale.ticks(), "clock": runbook["window"] is not None}


@dataclass(frozen=True)
class _Scale:
    start: datetime
    end: datetime

    @property
    def span(self) -> float:
        return max((self.end - self.start).total_seconds(), 1.0)

    def ticks(self) -> Record:
        """Return the ticks, and whether they are close enough to need seconds."""
        step = next((each for each in _STEPS if self.span / each <= _TICKS), _STEPS[-1])
        ticks = [
            {
                "x": round(after / self.span * 1000, 1),
                "utc": (self.start + timedelta(seconds=after)).isoformat(),
                "after": after,
            }
            for after in range(0, int(self.span) + 1, step)
        ]
        return {"ticks": ticks, "seconds": step < 60}

    def placed(self, first: Any, last: Any, kind: str, title: Any = None) -> Record:
        """Return a bar between two moments; last: None: until the end."""
        left = min(self._at(first), 1000 - _THINNEST)
        width = max(self._at(last) - left, _THINNEST)
        return {"x": round(left, 1), "width": round(width, 1), "kind": kind, "title": title}

    def _at(self, utc: Any) -> float:
        moment = when(utc) or self.end
        return min(max((moment - self.start).total_seconds() / self.span, 0.0), 1.0) * 1000


def _expected(record: Mapping[str, Any], scale: _Scale) -> Record:
    steps = {step["id"]: step for step in record["steps"]}
    told = record["expected"]
    return {
        "bars": [
            scale.placed(each["from"], each["to"], _kind(step), step["title"])
            for each in told["steps"]
            for step in [steps[each["id"]]]
        ],
        "away": _strip(told["away"], scale),
        "lost": _strip(told["lost"], scale),
    }


def _happened(record: Mapping[str, Any], scale: _Scale) -> Record:
    bars = []
    for step in record["steps"]:
        if step["began"] and step["outcome"] != "not_reached":
            kind = _kind(step) if step["outcome"] in OVER else "wrong"
            bars.append(scale.placed(step["began"], step["ended"], kind, step["title"]))
            bars += [
                scale.placed(p["from"], p["to"], "wait", step["title"]) for p in step["pauses"]
            ]
    return {
        "bars": bars,
        "away": _strip((record["service"] or {}).get("periods", ()), scale),
        "lost": _strip(record["redundancy"], scale),
    }


def _strip(periods: Iterable[Mapping[str, Any]], scale: _Scale) -> list[Record]:
    return [scale.placed(each["from"], each["to"], "") for each in periods]


def _kind(step: Mapping[str, Any]) -> str:
    return "wait" if step["waits"] else "act"
