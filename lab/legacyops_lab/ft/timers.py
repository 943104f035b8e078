"""What happens by itself once its time has come."""

from __future__ import annotations

from .endurance import boot_ft, crash, settle
from .installers import finish_task
from .state import (
    NODES,
    RUNS,
    SIDES,
    Half,
    Node,
    Side,
    System,
    Windows,
    changed,
    half,
    put,
    put_half,
    put_loaded,
    put_off,
    side_of,
    take_fault,
    windows,
)


def next_event(system: System) -> int | None:
    """Return the seconds until something happens by itself, None if nothing will."""
    pending = [
        left
        for node in NODES
        for left in (windows(system, node).left, windows(system, node).task_left)
        if left > 0
    ]
    pending += [half(system, n).left for n in SIDES if half(system, n).left > 0]
    return min(pending, default=None)


def let_pass(system: System, seconds: int) -> System:
    """Return the system with all timers moved on; no timer may be overrun."""
    return changed(
        system,
        one=_half_passes(system.one, seconds),
        two=_half_passes(system.two, seconds),
        ft=_windows_passes(system.ft, seconds),
        without_service=system.without_service + (seconds if system.ft.phase != "up" else 0),
        without_redundancy=system.without_redundancy + (0 if _redundant(system) else seconds),
    )


def _redundant(system: System) -> bool:
    return system.ft.phase == "up" and system.one.virtual == system.two.virtual == "good"


def _half_passes(mine: Half, seconds: int) -> Half:
    passed = _windows_passes(mine.windows, seconds)
    if mine.left == 0:
        return mine if passed is mine.windows else changed(mine, windows=passed)
    return changed(mine, windows=passed, left=mine.left - seconds)


def _windows_passes(mine: Windows, seconds: int) -> Windows:
    if mine.left == 0 and mine.task_left == 0:
        return mine
    return changed(
        mine,
        left=mine.left - seconds if mine.left else 0,
        task_left=mine.task_left - seconds if mine.task_left else 0,
    )


def fire(system: System) -> System:
    """Return the system after everything that is due, in a fixed order."""
    for node in NODES:
        mine = windows(system, node)
        if mine.task and mine.task_left == 0:
            system = settle(finish_task(system, node))
        if mine.left == 0 and mine.phase in ("post", "chkdsk", "boot", "down", "stop"):
            system = settle(_phase_ends(system, node))
    for n in SIDES:
        if half(system, n).virtual == "sync" and half(system, n).left == 0:
            system = settle(put_half(system, n, virtual="good", member="valid"))
    return system


def _phase_ends(system: System, node: Node) -> System:
    side = side_of(node)
    if side is None:
        return _ft_phase_ends(system)
    match windows(system, node).phase:
        case "post":
            return _post_ends(system, node, side)
        case "chkdsk":
            return _load(put(system, node, dirty=False, hurt=False), node)
        case "boot":
            return _coserver_starts(system, node, side)
        case "stop":
            return put(system, node, phase="post", left=system.rules.post)
        case _:
            return _coserver_is_down(system, node, side)


def _post_ends(system: System, node: Node, side: Side) -> System:
    """After POST: BIOS setup, nothing at all, chkdsk (①※, ⑧※), or Windows."""
    if half(system, side).setup:
        return put(put_half(system, side, setup=False), node, phase="setup")
    system, stays_down = take_fault(system, "stays_down", node)
    if stays_down or windows(system, node).broken:
        return put(system, node, phase="stuck")
    if windows(system, node).dirty:
        return put(system, node, phase="chkdsk", left=system.rules.chkdsk)
    return _load(system, node)


def _load(system: System, node: Node) -> System:
    """Load what is on the disk, and go on booting."""
    return put_loaded(system, node, phase="boot", left=system.rules.boot)


def _coserver_starts(system: System, node: Node, side: Side) -> System:
    """A CoServer is up, unless it crashes once more (②)."""
    mine = windows(system, node)
    system = put(system, node, phase="up")
    if mine.crashes:
        return crash(put(system, node, crashes=mine.crashes - 1))
    if system.rules.kind == "windows_2000" and half(system, side).virtual == "failed":
        system = put_half(system, side, virtual="offline")
    return changed(system, stopped=False)


def _coserver_is_down(system: System, node: Node, side: Side) -> System:
    system = put_half(system, side, logged_on=False)
    if windows(system, node).then == "restart":
        return put(system, node, phase="post", left=system.rules.post)
    return put_off(system, node)


def _ft_phase_ends(system: System) -> System:
    """The FTvirtual Server's Windows goes on: chkdsk, boot, up, down."""
    ft = system.ft
    if ft.phase == "chkdsk":
        return put(system, "ftvirtual", phase="boot", left=system.rules.boot, dirty=False)
    if ft.phase == "boot":
        for n in SIDES:
            if half(system, n).virtual == "starting":
                system = put_half(system, n, virtual="good")
        return put(system, "ftvirtual", phase="up")
    if ft.then == "restart":
        return boot_ft(system, tuple(n for n in SIDES if half(system, n).virtual in RUNS))
    return _ft_is_down(system)


def _ft_is_down(system: System) -> System:
    """A clean shutdown leaves the members as they are; a copy under way is worth nothing."""
    for n in SIDES:
        mine = half(system, n)
        if mine.virtual in ("good", "sync", "waiting"):
            member = "stale" if mine.member == "copying" else mine.member
            system = put_half(system, n, virtual="offline", left=0, member=member)
    return changed(put_off(system, "ftvirtual"), stopped=True)
