"""How Endurance starts the FTvirtual Server and brings its sides into step.

`settle` draws the consequences of whatever has just happened; it is called after every action
and every event of time, and changes nothing when called again.
"""

from __future__ import annotations

from collections.abc import Callable

from .state import (
    RUNS,
    SIDES,
    Half,
    Node,
    Side,
    System,
    bad,
    blame,
    changed,
    half,
    node_of,
    other,
    put,
    put_half,
    put_loaded,
    put_off,
    runs_on,
    say,
    take_fault,
    windows,
)


def settle(system: System) -> System:
    """Return the system after all immediate consequences."""
    if system.lost:
        return _stay_lost(system)
    for rule in _RULES:
        system = rule(system)
    return system


def _lose_sides(system: System) -> System:
    """A Virtual Server whose CoServer is not up is offline."""
    for n in SIDES:
        mine = half(system, n)
        if mine.windows.phase == "up" or mine.virtual in ("failed", "disabled", "offline"):
            continue
        alone = half(system, other(n)).virtual in RUNS
        member = "stale" if alone else _settled(mine)
        system = put_half(system, n, virtual="offline", left=0, member=member)
    return system


def _settled(mine: Half) -> str:
    """Return what a member is once its side has stopped: half a copy is no copy."""
    return "stale" if mine.member == "copying" else mine.member


def _fall(system: System) -> System:
    """Without a side under it the FTvirtual Server is gone, its file system unclean."""
    if system.ft.phase == "off" or runs_on(system):
        return system
    return _ft_off(system, dirty=True)


def _ft_off(system: System, *, dirty: bool) -> System:
    """Stop the FTvirtual Server's Windows, and with it every synchronisation."""
    for n in SIDES:
        mine = half(system, n)
        if mine.virtual in ("good", "starting", "sync", "waiting"):
            system = put_half(system, n, virtual="offline", left=0, member=_settled(mine))
    cut = {"spuninst": False, "exit_code": None} if system.ft.task == "kb_out" else {}
    return put_off(system, "ftvirtual", dirty=dirty or system.ft.dirty, **cut)


def _start(system: System) -> System:
    """Start the FTvirtual Server where it may start by itself.

    Both CoServers must be up: one alone waits for its peer (HYP-FT-3). A Windows 2000 type
    waits besides until somebody has logged on to a CoServer (失敗-⑨).
    """
    if system.ft.phase != "off" or system.stopped:
        return system
    if any(half(system, n).windows.phase != "up" for n in SIDES):
        return system
    if system.rules.kind == "windows_2000" and not any(half(system, n).logged_on for n in SIDES):
        return system
    sides = tuple(n for n in SIDES if _ready(half(system, n)))
    return boot_ft(system, sides) if sides else system


def _ready(mine: Half) -> bool:
    """Whether a side may start the FTvirtual Server: never from a stale member (HYP-FT-4)."""
    return mine.virtual == "offline" and mine.member == "valid"


def boot_ft(system: System, sides: tuple[Side, ...]) -> System:
    """Start the FTvirtual Server's Windows on these sides, or fail (HYP-FT-14, HYP-FT-15)."""
    system = put_loaded(system, "ftvirtual")
    if system.rules.kind == "windows_2003":
        if _pair_is_bad(system) or (len(sides) > 1 and bad(system, "ftvirtual")):
            return both_fail(system)
    else:
        sides = tuple(n for n in sides if not bad(system, node_of(n)))
        if not sides:
            return _start_fails_2000(system)
        if bad(system, "ftvirtual"):
            sides = sides[:1]
    return _begin_boot(system, sides)


def _pair_is_bad(system: System) -> bool:
    """Whether a CoServer that is up runs the KB without the fix."""
    return any(half(system, n).windows.phase == "up" and bad(system, node_of(n)) for n in SIDES)


def _begin_boot(system: System, sides: tuple[Side, ...]) -> System:
    """Boot on these sides; what the other side holds is out of date from now on (HYP-FT-4)."""
    for n in SIDES:
        mine = half(system, n)
        if n in sides:
            system = put_half(system, n, virtual="starting")
        elif mine.virtual in ("good", "starting", "sync", "waiting"):
            system = put_half(system, n, virtual="offline", member="stale", left=0)
        elif mine.member == "valid":
            system = put_half(system, n, member="stale")
    chkdsk = system.ft.dirty
    seconds = system.rules.chkdsk if chkdsk else system.rules.boot
    return put(system, "ftvirtual", phase="chkdsk" if chkdsk else "boot", left=seconds)


def _synchronise(system: System) -> System:
    """Bring a side that is ready into step with the side on which the FTvirtual Server runs."""
    for n in SIDES:
        mine = half(system, n)
        if system.ft.phase != "up" or half(system, other(n)).virtual != "good":
            continue
        if mine.virtual not in ("offline", "waiting") or mine.windows.phase != "up":
            continue
        system = _synchronise_side(system, n)
    return system


def _synchronise_side(system: System, n: Side) -> System:
    """Begin one synchronisation, or fail: the two types fail differently (HYP-FT-14)."""
    nodes: tuple[Node, ...] = ("coserver1", "coserver2", "ftvirtual")
    if system.rules.kind == "windows_2003" and any(bad(system, node) for node in nodes):
        return both_fail(system)
    if bad(system, "ftvirtual"):
        return _cannot_synchronise(system, n)
    if half(system, n).member == "valid":
        return put_half(system, n, virtual="sync", left=system.rules.sync)
    system, slow = take_fault(system, "copy_slow", node_of(n))
    seconds = system.rules.copy * (system.rules.slow if slow else 1)
    return put_half(system, n, virtual="sync", member="copying", left=seconds)


def _cannot_synchronise(system: System, n: Side) -> System:
    """Windows 2000 type: light green for ever, and an event the first time."""
    if half(system, n).virtual == "waiting":
        return system
    system = put_half(system, n, virtual="waiting", member="stale")
    for side in SIDES:
        system = say(system, node_of(side), "cannot_synchronise", n=side)
    return system


def _start_fails_2000(system: System) -> System:
    """Windows 2000 type: the start fails; the next start of a CoServer tries again."""
    system = _ft_off(system, dirty=False)
    for n in SIDES:
        system = put_half(system, n, virtual="failed")
        system = say(system, node_of(n), "system_failure", n=n)
    return system


def both_fail(system: System) -> System:
    """Windows 2003 type: both Virtual Servers fail and stay so (①; HYP-FT-5)."""
    system = _ft_off(system, dirty=True)
    for n in SIDES:
        if half(system, n).virtual != "disabled":
            system = put_half(system, n, virtual="failed")
        system = _say_group_1(system, n)
    return _victim(system)


def _say_group_1(system: System, n: Side) -> System:
    """Log event list ①, except its last entry, which the next start of a disk logs."""
    node = node_of(n)
    for key in ("kernel_driver", "load_failed", "initialize_failed", "is_failed", "not_reset"):
        system = say(system, node, key, n=n, x=n)
    return say(system, node, "file_system")


def _victim(system: System) -> System:
    """Groups ② and ③: one CoServer crashes, or cannot be logged on to (HYP-FT-8)."""
    rules = system.rules
    node = node_of(rules.victim)
    if rules.symptom == 1 or windows(system, node).phase != "up":
        return system
    if rules.symptom == 2:
        system = say(say(system, node, "corrupt_file"), node, "link_timeout")
        return crash(put(system, node, crashes=rules.crashes - 1))
    for key in ("partial_assembly", "activation_context", "dcom"):
        system = say(system, node, key)
    return put(system, node, hurt=True, dirty=True)


def crash(system: System) -> System:
    """Stop the victim with the notice's STOP code; it restarts by itself (②)."""
    node = node_of(system.rules.victim)
    system = say(system, node, "stop_code")
    return put(system, node, phase="stop", left=system.rules.stop, dirty=True, task="", task_left=0)


def _data_lost(system: System) -> System:
    """Without a valid member the data is gone for good (HYP-FT-6)."""
    if any(half(system, n).member == "valid" for n in SIDES):
        return system
    system = blame(changed(system, lost=True), "data_lost", "ftvirtual")
    return _stay_lost(system)


def _stay_lost(system: System) -> System:
    """Keep a lost system down."""
    if system.ft.phase != "off":
        system = _ft_off(system, dirty=True)
    for n in SIDES:
        if half(system, n).virtual != "failed":
            system = put_half(system, n, virtual="failed", member="stale", left=0)
    return system


_RULES: tuple[Callable[[System], System], ...] = (
    _lose_sides,
    _data_lost,
    _fall,
    _start,
    _synchronise,
    _lose_sides,
    _fall,
    _data_lost,
)
