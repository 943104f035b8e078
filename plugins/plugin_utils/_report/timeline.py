# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the bars of the timeline stand, in thousandths of its width."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from .history import OVER
from .texts import when

_STEPS: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200,
                 86400)  # fmt: skip
_TICKS: Final = 8
_THINNEST: Final = 3.0


def timeline(report: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return ticks and, for each host that began, bars; None where nothing was carried out."""
    start, end = when(report["summary"]["began"]), when(report["summary"]["ended"])
    if not start or not end:
        return None
    span = max((end - start).total_seconds(), 1.0)

    def at(utc: Any) -> float:
        moment = when(utc) or end
        return min(max((moment - start).total_seconds() / span, 0.0), 1.0) * 1000

    def placed(first: Any, last: Any, kind: str, title: Any) -> dict[str, Any]:
        left = min(at(first), 1000 - _THINNEST)
        width = max(at(last) - left, _THINNEST)
        return {"x": round(left, 1), "width": round(width, 1), "kind": kind, "title": title}

    rows = []
    for host, record in report["hosts"].items():
        if not record["begun"]:
            continue
        bars = [
            placed(step["began"], step["ended"], _kind(step), step["title"])
            for step in record["steps"]
            if step["began"] and step["outcome"] != "not_reached"
        ]
        away = (record["service"] or {}).get("periods", [])
        lines = [placed(each["from"], each["to"], "away", None) for each in away]
        rows.append({"host": host, "bars": bars, "away": lines})
    step = next((each for each in _STEPS if span / each <= _TICKS), _STEPS[-1])
    ticks = [
        {"x": round(after / span * 1000, 1), "utc": (start + timedelta(seconds=after)).isoformat()}
        for after in range(0, int(span) + 1, step)
    ]
    return {"rows": rows, "ticks": ticks, "seconds": step < 60}


def _kind(step: Mapping[str, Any]) -> str:
    return "over" if step["outcome"] in OVER else "wrong"
