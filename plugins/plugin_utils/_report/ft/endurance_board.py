# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Endurance's board of an FT system, before and after, in its words and colours.

Dark green is healthy, light green means wait: the notice names no other colour. The rest is
Endurance's state texts, sorted by the advisory's ``endurance_words``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..._core.ft.system import TITLES
from ..._core.observation import Observation


def board(
    settings: Mapping[str, Any], first: Observation | None, last: Observation | None
) -> dict[str, Any]:
    """Return what Endurance showed before and after.

    first: what assess read.
    last: what was read last since the change began, if anything was.
    """
    words = settings.get("endurance_words") or {}
    before, after = _observed(first), _observed(last)
    names = list(dict.fromkeys([*settings.get("components", []), *before[1], *after[1]]))
    return {
        "before": {"utc": before[0]} if before[1] else None,
        "after": {"utc": after[0]} if after[1] else None,
        "components": [
            {
                "id": name,
                "name": TITLES.get(name, name),
                "before": _shown(before[1].get(name), words),
                "after": _shown(after[1].get(name), words),
            }
            for name in names
        ],
    }


def _observed(observation: Observation | None) -> tuple[str | None, dict[str, list[Any]]]:
    """Return when and what the sources of an observation told, by component."""
    found: dict[str, list[Any]] = {}
    sources = observation.data.get("endurance") if observation else None
    for source in sources if isinstance(sources, list) else []:
        for name, reading in (source.get("components") or {}).items():
            found.setdefault(str(name), []).append(reading)
    return (observation.taken if observation else None), found


def _shown(readings: list[Any] | None, words: Mapping[str, Any]) -> dict[str, Any]:
    """Return one component: its class and what was read; sources that disagree: conflict."""
    told = [each for each in readings or [] if isinstance(each, Mapping) and any(each.values())]
    classes = {_class(each, words) for each in told}
    read = [str(each.get("state") or str(each.get("colour")).replace("_", " ")) for each in told]
    return {
        "class": "unknown" if not classes else "conflict" if len(classes) > 1 else classes.pop(),
        "read": " / ".join(dict.fromkeys(read)),
    }


def _class(reading: Mapping[str, Any], words: Mapping[str, Any]) -> str:
    """Return the class of a state or colour by the advisory's words; unknown where it has none."""
    for key, table in (("state", "states"), ("colour", "colours")):
        said = str(reading.get(key) or "").strip().casefold()
        for kind, known in (words.get(table) or {}).items():
            if said and said in {str(each).casefold() for each in known}:
                return str(kind)
    return "unknown"
