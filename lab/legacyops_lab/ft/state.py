"""What is true about one FT system: immutable, hashable, without a clock.

Three Windows installations (CoServer1, CoServer2, FTvirtual Server), a mirror with a member on
each CoServer, two Virtual Servers. What an assumption of ours decides cites HYP-FT-n; the table
is in lab/HYPOTHESES.md. Circled numbers are clauses of the notice, section 5.2.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

Side = Literal[1, 2]
Node = Literal["coserver1", "coserver2", "ftvirtual"]
Phase = Literal["off", "post", "setup", "chkdsk", "boot", "up", "down", "stop", "stuck"]
Virtual = Literal["good", "starting", "sync", "waiting", "failed", "disabled", "offline"]
Member = Literal["valid", "stale", "copying"]
Task = Literal["", "kb_out", "kb_in", "fix_in"]

SIDES: tuple[Side, Side] = (1, 2)
NODES: tuple[Node, ...] = ("coserver1", "coserver2", "ftvirtual")
RUNS: tuple[Virtual, ...] = ("good", "starting")


@dataclass(frozen=True)
class Rules:
    """What does not change: the type, the fix level that makes the KB harmless, durations.

    Levels are numbers, V1.0L10 is 10010 (see levels.py).
    `symptom` is the group (①, ②, ③) in which a Windows 2003 type breaks, `victim` the CoServer
    that crashes (②) or cannot be logged on to (③). All durations are in seconds (HYP-FT-1).
    """

    kind: Literal["windows_2003", "windows_2000"] = "windows_2003"
    harmless_from: int = 10010
    symptom: Literal[1, 2, 3] = 1
    victim: Side = 2
    fix_needs_restart: bool = True
    post: int = 90
    boot: int = 240
    chkdsk: int = 1800
    down: int = 120
    stop: int = 60
    crashes: int = 2
    install: int = 240
    sync: int = 180
    copy: int = 2700
    slow: int = 10


@dataclass(frozen=True)
class Windows:
    """One installation: what is on its disk, what it has loaded, what it is doing.

    `kernel_loaded` and `fix_loaded` are what the last start found on the disk; a restart is
    pending while the disk differs, and after a removal even where the files were never loaded
    (`removed`); what is off has nothing of the KB loaded.
    `other` is a later update over the same kernel files (HYP-FT-18).
    `hurt`: damaged files, nobody can log on and WMI is dead (③). `broken`: starts no more.
    """

    kb: bool = False
    other: bool = False
    fix: int = 0
    spuninst: bool = True
    service_pack: int = 0
    kernel_loaded: bool = False
    fix_loaded: int = 0
    removed: bool = False
    dirty: bool = False
    hurt: bool = False
    broken: bool = False
    phase: Phase = "up"
    left: int = 0
    then: Literal["off", "restart"] = "off"
    crashes: int = 0
    task: Task = ""
    task_left: int = 0
    task_restart: bool = False
    task_level: int = 0
    exit_code: int | None = None

    @property
    def kernel(self) -> bool:
        """Whether the kernel files on the disk are at or above the KB's."""
        return self.kb or self.other

    @property
    def restart_pending(self) -> bool:
        """Whether what is on the disk is not what runs, or a removal has asked for a restart."""
        loaded = (self.kernel_loaded, self.fix_loaded)
        return self.phase == "up" and (self.removed or (self.kernel, self.fix) != loaded)

    @property
    def usable(self) -> bool:
        """Whether somebody, or WMI, can do anything on it."""
        return self.phase == "up" and not self.hurt


@dataclass(frozen=True)
class Half:
    """One CoServer, its Virtual Server and its member of the mirror.

    `left`: seconds until the Virtual Server is in step. `setup`: the next POST ends in the
    BIOS setup. `logged_on`: somebody has logged on interactively since its start.
    """

    windows: Windows = Windows()
    virtual: Virtual = "good"
    member: Member = "valid"
    left: int = 0
    setup: bool = False
    logged_on: bool = False


@dataclass(frozen=True)
class Violation:
    """Something that was done against the notice: a key of `violations.TEXTS`, and where."""

    key: str
    node: Node


@dataclass(frozen=True)
class Event:
    """An entry in a node's System log: a key of notice.yml with its n and x."""

    node: Node
    key: str
    n: int = 0
    x: int = 0


@dataclass(frozen=True)
class System:
    """One FT system. Equality leaves out the rules, the counted seconds and the news.

    `news` are the events of the last `act` or `advance` alone. `stopped`: somebody shut the
    FTvirtual Server down. `lost`: no valid disk is left; nothing brings it back.
    """

    one: Half = Half()
    two: Half = Half()
    ft: Windows = Windows()
    stopped: bool = False
    lost: bool = False
    faults: frozenset[tuple[str, Node]] = frozenset()
    violations: tuple[Violation, ...] = ()
    rules: Rules = field(default=Rules(), compare=False)
    without_service: int = field(default=0, compare=False)
    without_redundancy: int = field(default=0, compare=False)
    news: tuple[Event, ...] = field(default=(), compare=False)


State = TypeVar("State", System, Half, Windows)


def changed(thing: State, **changes: Any) -> State:
    """Return a copy with changes; TypeError for a field that it does not have.

    Does what dataclasses.replace does, many times faster: exploration lives from it.
    """
    copy = object.__new__(type(thing))
    fields = copy.__dict__
    fields.update(thing.__dict__)
    known = len(fields)
    fields.update(changes)
    if len(fields) != known:
        raise TypeError(f"{type(thing).__name__} has not all of {sorted(changes)}")
    return copy


def half(system: System, side: Side) -> Half:
    """Return one CoServer's half."""
    return system.one if side == 1 else system.two


def other(side: Side) -> Side:
    """Return the other side."""
    return 2 if side == 1 else 1


def side_of(node: Node) -> Side | None:
    """Return a CoServer's side, None for the FTvirtual Server."""
    return {"coserver1": 1, "coserver2": 2}.get(node)  # type: ignore[return-value]


def node_of(side: Side) -> Node:
    """Return the CoServer of a side."""
    return "coserver1" if side == 1 else "coserver2"


def windows(system: System, node: Node) -> Windows:
    """Return a node's Windows."""
    if node == "ftvirtual":
        return system.ft
    return system.one.windows if node == "coserver1" else system.two.windows


def put_half(system: System, side: Side, **changes: Any) -> System:
    """Return the system with one half changed."""
    if side == 1:
        return changed(system, one=changed(system.one, **changes))
    return changed(system, two=changed(system.two, **changes))


def put(system: System, node: Node, **changes: Any) -> System:
    """Return the system with one node's Windows changed."""
    if node == "ftvirtual":
        return changed(system, ft=changed(system.ft, **changes))
    side: Side = 1 if node == "coserver1" else 2
    return put_half(system, side, windows=changed(half(system, side).windows, **changes))


def put_off(system: System, node: Node, **changes: Any) -> System:
    """Return the system with one node off: nothing of the KB is in memory any more."""
    return put(
        system,
        node,
        phase="off",
        left=0,
        task="",
        task_left=0,
        task_level=0,
        task_restart=False,
        kernel_loaded=False,
        fix_loaded=windows(system, node).fix,
        removed=False,
        **changes,
    )


def put_loaded(system: System, node: Node, **changes: Any) -> System:
    """Return the system with one node having loaded what is on its disk."""
    mine = windows(system, node)
    return put(
        system,
        node,
        kernel_loaded=mine.kernel,
        fix_loaded=mine.fix,
        removed=False,
        **changes,
    )


def say(system: System, node: Node, key: str, n: int = 0, x: int = 0) -> System:
    """Return the system with an event in a node's log; a node that is not up logs nothing."""
    if windows(system, node).phase != "up":
        return system
    return changed(system, news=(*system.news, Event(node, key, n, x)))


def blame(system: System, key: str, node: Node) -> System:
    """Return the system with a violation in its ledger, once for each key and node."""
    entry = Violation(key, node)
    if entry in system.violations:
        return system
    return changed(system, violations=(*system.violations, entry))


def take_fault(system: System, fault: str, node: Node) -> tuple[System, bool]:
    """Return the system without this fault, and whether it had it."""
    entry = (fault, node)
    if entry not in system.faults:
        return system, False
    return changed(system, faults=system.faults - {entry}), True


def runs_on(system: System) -> tuple[Side, ...]:
    """Return the sides on which the FTvirtual Server runs or starts."""
    return tuple(n for n in SIDES if half(system, n).virtual in RUNS)


def protected(system: System) -> bool:
    """Whether the fix is active at a sufficient level on all three nodes (5.1; HYP-FT-2)."""
    level = min(system.one.windows.fix_loaded, system.two.windows.fix_loaded, system.ft.fix_loaded)
    return level >= system.rules.harmless_from


def bad(system: System, node: Node) -> bool:
    """Whether a node runs the KB's kernel files without the fix (section 3)."""
    return windows(system, node).kernel_loaded and not protected(system)


def will_be_bad(system: System, node: Node) -> bool:
    """Whether a node's disk holds the KB's kernel files and some node lacks the fix."""
    level = min(system.one.windows.fix, system.two.windows.fix, system.ft.fix)
    return windows(system, node).kernel and level < system.rules.harmless_from


def unclean(system: System, node: Node) -> bool:
    """Whether a node is not proven free of the trouble, on its disk or in memory."""
    return bad(system, node) or will_be_bad(system, node)


def healthy(system: System) -> bool:
    """Whether everything is dark green (⑱): both sides in step, all three nodes up."""
    return (
        not system.lost
        and system.ft.phase == "up"
        and all(half(system, n).virtual == "good" for n in SIDES)
        and all(half(system, n).member == "valid" for n in SIDES)
        and all(windows(system, node).usable for node in NODES)
    )
