"""Whatever is done in whatever order: the model holds, and what must stay true stays true."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from legacyops_lab.ft.physics import (
    FAULTS,
    Action,
    act,
    advance,
    inject,
    next_event,
    possible,
    rest,
)
from legacyops_lab.ft.state import NODES, SIDES, System, half, node_of, runs_on, windows

from .conftest import SYSTEMS, begin

RUNNING = ("good", "starting", "sync", "waiting")


def check(before: System, after: System) -> None:
    """Assert what holds of every transition."""
    assert not before.lost or after.lost
    assert after.violations[: len(before.violations)] == before.violations
    assert after.without_service >= before.without_service
    assert after.lost == all(half(after, n).member != "valid" for n in SIDES)
    assert not (after.lost and after.ft.phase != "off")
    assert (after.ft.phase == "off") == (not runs_on(after))
    for n in SIDES:
        mine = half(after, n)
        assert mine.virtual not in RUNNING or mine.windows.phase == "up"
        assert mine.virtual != "good" or mine.member == "valid"
        assert (mine.left > 0) == (mine.virtual == "sync")
        assert mine.member != "copying" or mine.virtual == "sync"
        alone = half(after, 3 - n).virtual in ("good", "starting")
        assert not alone or mine.virtual in RUNNING or mine.member == "stale"
        broken = windows(before, node_of(n)).broken
        assert not broken or mine.windows.phase not in ("boot", "up")
    for node in NODES:
        mine_windows = windows(after, node)
        assert (mine_windows.task != "") == (mine_windows.task_left > 0)
        assert mine_windows.left >= 0


@given(data=st.data(), name=st.sampled_from(sorted(SYSTEMS)))
def test_random_actions(data: st.DataObject, name: str) -> None:
    system = begin(name)
    for _ in range(40):
        choices: list[Action | str] = [*possible(system), "wait", "next", "fault"]
        choice = data.draw(st.sampled_from(choices))
        if isinstance(choice, Action):
            after = act(system, choice)
        elif choice == "wait":
            after = advance(system, data.draw(st.integers(0, 5000)))
        elif choice == "next":
            after = advance(system, next_event(system) or 0)
        else:
            node = data.draw(st.sampled_from(NODES))
            after = inject(system, data.draw(st.sampled_from(FAULTS)), node)
        check(system, after)
        system = after
    check(system, rest(system))


@given(name=st.sampled_from(sorted(SYSTEMS)), cuts=st.lists(st.integers(0, 4000), max_size=6))
def test_time_may_be_cut_into_pieces(name: str, cuts: list[int]) -> None:
    """Advancing in pieces or at once is the same."""
    system = act(begin(name), next(iter(possible(begin(name)))))
    pieces = system
    for seconds in cuts:
        pieces = advance(pieces, seconds)
    whole = advance(system, sum(cuts))
    assert pieces == whole
    assert pieces.without_redundancy == whole.without_redundancy
