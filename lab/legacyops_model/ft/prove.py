"""Explores a notice about FT systems: all ways of its plans, and any step by hand.

All starts and faults that the tests know (tests/model/test_order.py), and the same judge of steps
that are carried out by hand (byhand): what is found here the conditions of the notice let happen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import plan as core
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.advisory import Advisory
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.findings import scope_of

from ..events import Event
from . import words
from .byhand import Case, Judgement, judged
from .explore import Result, no_search_for_circles
from .site import HOST, NODES, form, speak_of
from .starts import KINDS, SWITCHES, Start, known_model, walks

Record = dict[str, Any]
PARTS = KINDS  # each is explored in a process of its own
MOST = 10  # findings of one sort that are told


def explored(advisory: Advisory, part: str) -> Record:
    """Return what exploring one type of system has found; see run."""
    speak_of(advisory)
    titles = _titles(advisory, part)
    with no_search_for_circles():
        steps, by_hand = judged(advisory, part)
        titles |= {name: dict(step.title) for name, step in steps.items()}
        found = list(_by_hand(by_hand, titles))
        numbers = {"starts": 0, "states": 0, "transitions": 0, "by_hand": len(by_hand.origins)}
        walked: dict[tuple[str, str], Record] = {}
        for start, heals in walks(part):
            result = start.explore(advisory)
            if result is None:
                continue
            numbers["starts"] += 1
            numbers["states"] += result.places
            numbers["transitions"] += result.transitions
            for each in _walked(start, result, heals=heals, titles=titles):
                key = (each["sort"], each["what"]["en"])
                if key not in walked or len(each["way"]) < len(walked[key]["way"]):
                    walked[key] = each
    return {"part": part, **numbers, "found": _few([*found, *walked.values()])}


def _titles(advisory: Advisory, part: str) -> dict[str, words.Text]:
    """Return the title of each step by its id, of any procedure."""
    number = part.removeprefix("windows_")
    given = form(known_model(advisory, "PGT20124F"), windows=number, power_off="bios_setup")
    scope = scope_of(advisory, {"ft_system": given})
    procedures = advisory.data["procedures"]
    steps = [s for name in procedures for s in core.all_steps(advisory, name, scope, HOST)]
    return {step.id: dict(step.title) for step in steps}


def _few(found: Sequence[Record]) -> list[Record]:
    """Return the first of each sort: one mistake does harm in many ways."""
    kept: list[Record] = []
    for each in sorted(found, key=lambda each: len(each["way"])):
        if sum(other["sort"] == each["sort"] for other in kept) < MOST:
            kept.append(each)
    return sorted(kept, key=lambda each: _SORTS.index(each["sort"]))


_SORTS = ("harm_by_hand", "harm", "short_of_goal", "stuck")


def _by_hand(found: Judgement, titles: words.Titles) -> Iterator[Record]:
    """Yield each harm that a step does by hand although its conditions hold."""
    for (name, harm), case in found.witnesses.items():
        origin = _origin(found, case)
        way = [] if origin is None else origin.way()
        if case.wrong:
            way.append(Event("wrong", about=case.wrong))
        way.append(Event("tries", name))
        yield {
            "sort": "harm_by_hand",
            "step": name,
            "what": words.harm(harm),
            "begins": None if origin is None else _begins(origin.start),
            "way": _told(way, titles),
            "stands": words.system(case.state.system),
        }


def _origin(found: Judgement, case: Case) -> Any:
    """Return how a case's state was come to; what is wrong around it may have made it another."""
    if case.state in found.origins:
        return found.origins[case.state]
    same = (o for s, o in found.origins.items() if s.system is case.state.system)
    return next(same, None)


def _walked(start: Start, result: Result, *, heals: bool, titles: words.Titles) -> Iterator[Record]:
    """Yield what the ways of a plan have led to."""
    sorts = [("harm", result.violations), ("short_of_goal", result.untrue)]
    if heals:
        sorts.append(("stuck", result.stuck))
    for sort, found in sorts:
        for text, way in found[:MOST]:
            last = next((each.step for each in reversed(way) if each.step), "")
            yield {
                "sort": sort,
                "step": last.partition("-")[2],
                "what": words.stuck(text) if sort == "stuck" else words.harm(text),
                "begins": _begins(start),
                "way": _told(way, titles),
                "stands": None,
            }
    if heals and not (result.good or result.stuck or result.untrue or result.violations):
        yield {
            "sort": "stuck", "step": "", "what": words.stuck(""), "begins": _begins(start),
            "way": [], "stands": None,
        }  # fmt: skip


def _told(way: Sequence[Event], titles: words.Titles) -> list[words.Text]:
    """Return a way in words, without what nothing happens in."""
    return [words.event(each, titles) for each in way if each.what != "skipped"]


def _begins(start: Start) -> words.Text:
    """Return how a system stands at the beginning, how it is switched, and what is wrong there."""
    driver, way, _special = SWITCHES[start.switch]
    about = [words.system(start.state().system), words.switch(driver, way)]
    if start.fault is not None:
        about.append(words.wrong(f"{start.fault[1]} {start.fault[0]}"))
    if start.lie is not None:
        about.append(words.wrong(f"{NODES[start.lie[0]]} {words.LIES[start.lie[1]]}"))
    return words.joined(about)
