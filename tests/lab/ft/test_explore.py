"""How fast the physics can be explored, and that every state reached is a sound one."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from legacyops_lab.ft.physics import Action, act, advance, next_event, possible, rest
from legacyops_lab.ft.state import System, healthy

from .conftest import begin
from .test_random import check

LIMIT = 20_000


def successors(system: System) -> Iterator[System]:
    """Yield what can come next: every action, or the next event of time."""
    for action in possible(system):
        yield act(system, action)
    step = next_event(system)
    if step is not None:
        yield advance(system, step)


def test_exploration(capsys: pytest.CaptureFixture[str]) -> None:
    first = begin("ft-failed1")
    seen, queue, transitions = {first}, [first], 0
    started = time.process_time()
    for system in queue:
        for after in successors(system):
            transitions += 1
            if after not in seen:
                check(system, after)
                seen.add(after)
                queue.append(after)
        if transitions > LIMIT:
            break
    speed = transitions / (time.process_time() - started)
    with capsys.disabled():
        print(f"\n{len(seen)} states, {transitions} transitions, {speed:,.0f} a CPU second")
    assert speed > 5_000


def test_same_actions_same_states() -> None:
    one, two = list(successors(begin("ft-failed2"))), list(successors(begin("ft-failed2")))
    assert one == two
    assert [hash(s) for s in one] == [hash(s) for s in two]


@pytest.mark.slow
def test_nobody_is_led_into_a_dead_end() -> None:
    """From wherever a healthy system gets to without a violation, there is a way back to health.

    Only actions and resting are tried here, no state in between.
    """
    seen, queue = {(first := begin("ft-healthy"))}, [first]
    back: dict[System, list[System]] = {}
    for system in queue:
        for after in [act(system, a) for a in possible(system) if _plain(a)] + [rest(system)]:
            if after.violations or after == system:
                continue
            back.setdefault(after, []).append(system)
            if after not in seen:
                seen.add(after)
                queue.append(after)
    heal = [system for system in queue if healthy(system)]
    healing = set(heal)
    for system in heal:
        fresh = [before for before in back.get(system, ()) if before not in healing]
        healing.update(fresh)
        heal += fresh
    assert not [s for s in queue if next_event(s) is None and s not in healing]


def _plain(action: Action) -> bool:
    return action.restart and action.verb != "boot_setup"
