# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's physics of an FT system, worked out once for each system.

Of all equal systems there is one only (one_system), which is known by its id. The physics are
pure, so what comes of it is, too. Thousands of states differ in what is remembered and in how
machines are switched; their systems are few.
"""

from __future__ import annotations

from typing import Any

from legacyops_lab.ft import physics
from legacyops_lab.ft.physics import Action, Impossible
from legacyops_lab.ft.state import Rules, System, changed

_systems: dict[tuple[System, Rules], System] = {}
_ids: set[int] = set()  # of what is kept in there
_acted: dict[tuple[Any, ...], System] = {}
_advanced: dict[tuple[int, int], System] = {}
_next: dict[int, int | None] = {}


def one_system(system: System) -> System:
    """Return the one system of all that are equal, rules included; without news and counters."""
    if id(system) in _ids:
        return system
    plain = changed(system, news=(), without_service=0, without_redundancy=0)
    one = _systems.setdefault((plain, plain.rules), plain)
    _ids.add(id(one))
    return one


def acted(system: System, verb: str, node: str, **more: Any) -> System:
    """Return the system after somebody does something; itself where the world refuses."""
    key = (id(system), verb, node, *more.items())
    after = _acted.get(key)
    if after is None:
        try:
            after = physics.act(system, Action(verb, node, **more))  # type: ignore[arg-type]
        except Impossible:
            after = system
        after = _acted[key] = one_system(after)
    return after


def advanced(system: System, seconds: int) -> System:
    """Return the system after so many seconds in which nobody does anything."""
    after = _advanced.get((id(system), seconds))
    if after is None:
        after = _advanced[id(system), seconds] = one_system(physics.advance(system, seconds))
    return after


def next_event(system: System) -> int | None:
    """Return the seconds until something happens by itself, None if nothing will."""
    if id(system) not in _next:
        _next[id(system)] = physics.next_event(system)
    return _next[id(system)]
