"""The power button of a CoServer, and what a cut at the wrong moment destroys."""

from __future__ import annotations

from typing import Any

from .state import (
    RUNS,
    Half,
    Node,
    Side,
    System,
    blame,
    half,
    node_of,
    other,
    put,
    put_half,
    put_off,
    windows,
)

_CUTS = {"chkdsk": "cut_chkdsk", "boot": "cut_boot", "down": "cut_shutdown"}


def button_on(system: System, side: Side) -> System:
    """Switch a CoServer on."""
    return put(system, node_of(side), phase="post", left=system.rules.post)


def button_off(system: System, side: Side) -> System:
    """Cut a CoServer's power; harmless at POST, in the BIOS setup and at a STOP screen (⑥)."""
    node = node_of(side)
    system = _leave(system, side, "cut_copy")
    damage = _damage(half(system, side))
    wrong = _wrong(half(system, side))
    if wrong:
        system = blame(system, wrong, node)
    system = put_off(system, node, **damage)
    return put_half(system, side, setup=False, logged_on=False)


def _wrong(mine: Half) -> str | None:
    """Return the violation that cutting this CoServer now is, None where it is right."""
    if mine.windows.task:
        return "cut_installer"
    if mine.windows.phase == "up":
        return None if mine.windows.hurt else "cut_running"
    return _CUTS.get(mine.windows.phase)


def _damage(mine: Half) -> dict[str, Any]:
    """Return what a cut does to the local Windows (HYP-FT-7)."""
    if mine.windows.phase == "chkdsk":
        return {"broken": True}
    if mine.windows.task == "kb_out":
        return {"dirty": True, "spuninst": False}
    return {"dirty": mine.windows.dirty or mine.windows.phase in ("up", "boot", "down")}


def _leave(system: System, side: Side, copy_key: str) -> System:
    """Enter what stopping a CoServer does to mirror and FTvirtual Server (HYP-FT-6, HYP-FT-16)."""
    node, mine, peer = node_of(side), half(system, side), half(system, other(side))
    if system.ft.phase == "up":
        system = _blame_latent(system, node)
    if "copying" in (mine.member, peer.member):
        system = blame(system, copy_key, node)
        if peer.member == "copying" and copy_key == "cut_copy":
            return put_half(system, side, member="stale")
        return system
    if mine.virtual in RUNS and peer.virtual not in RUNS:
        system = blame(system, "last_side", node)
        if system.ft.phase == "chkdsk" and copy_key == "cut_copy":
            return put_half(blame(system, "cut_chkdsk", "ftvirtual"), side, member="stale")
    return system


def _blame_latent(system: System, node: Node) -> System:
    """Enter that a node stops which will come back with the KB and without its fix."""
    mine = windows(system, node)
    if mine.kernel and not mine.kernel_loaded and mine.fix < system.rules.harmless_from:
        return blame(system, "restart_latent", node)
    return system


def os_down(system: System, node: Node, then: str) -> System:
    """Shut a node's Windows down, or restart it."""
    if node == "ftvirtual":
        system = _blame_latent(system, node) if then == "restart" else system
    else:
        system = _leave(system, 1 if node == "coserver1" else 2, "stop_copy")
    return put(system, node, phase="down", left=system.rules.down, then=then)
