"""Installing and removing the KB and the fix on one node."""

from __future__ import annotations

from .power import os_down
from .state import (
    Node,
    Side,
    System,
    blame,
    half,
    other,
    protected,
    put,
    put_half,
    side_of,
    take_fault,
    will_be_bad,
    windows,
)

DONE, RESTART_REQUIRED, FAILED = 0, 3010, 1603


def uninstall(system: System, node: Node, restart: bool) -> System:
    """Begin the removal of the KB (④, ⑮)."""
    system = _uninstall_beside_peer(system, node)
    return put(system, node, task="kb_out", task_left=system.rules.install, task_restart=restart)


def _uninstall_beside_peer(system: System, node: Node) -> System:
    """Removing the KB while the peer is not off spoils this side's member (①; HYP-FT-9)."""
    side = side_of(node)
    if side is None or not will_be_bad(system, node):
        return system
    if half(system, other(side)).windows.phase == "off":
        return system
    return _spoil(blame(system, "uninstall_peer_on", node), side)


def _spoil(system: System, side: Side) -> System:
    return put_half(system, side, member="stale", virtual="failed", left=0)


def install_kb(system: System, node: Node, restart: bool) -> System:
    """Begin the installation of the KB; before the fix is active everywhere it is wrong (5.1)."""
    if not protected(system) and windows(system, node).service_pack == 0:
        system = blame(system, "kb_before_fix", node)
    return put(system, node, task="kb_in", task_left=system.rules.install, task_restart=restart)


def install_fix(system: System, node: Node, level: int, restart: bool) -> System:
    """Begin the installation of the fix at a level (⑲)."""
    return put(
        system,
        node,
        task="fix_in",
        task_left=system.rules.install,
        task_restart=restart,
        task_level=level,
    )


def finish_task(system: System, node: Node) -> System:
    """End an installer: its exit code, what it changed, and the restart if it does one."""
    mine = windows(system, node)
    system, fails = take_fault(system, "exit_code", node)
    ended = put(system, node, task="", task_left=0, task_level=0, task_restart=False)
    if fails or _refuses(system, node):
        return put(ended, node, exit_code=FAILED)
    if mine.task == "kb_out":
        ended = put(_uninstall_beside_peer(ended, node), node, kb=False, removed=True)
    elif mine.task == "kb_in":
        ended = put(ended, node, kb=True, spuninst=True)
    else:
        ended = _fixed(ended, node, max(mine.fix, mine.task_level))
    if not mine.task_restart:
        return put(ended, node, exit_code=RESTART_REQUIRED)
    return os_down(put(ended, node, exit_code=DONE), node, "restart")


def _fixed(system: System, node: Node, level: int) -> System:
    """Record the fix; whether it waits for a restart is in its readme (HYP-FT-17)."""
    system = put(system, node, fix=level)
    return system if system.rules.fix_needs_restart else put(system, node, fix_loaded=level)


def _refuses(system: System, node: Node) -> bool:
    """Whether an installer can only fail (HYP-FT-10).

    Without its folder, or with a later update over the same files, spuninst stops; a system
    with Service Pack 1 does not take the package.
    """
    mine = windows(system, node)
    if mine.task == "kb_out":
        return mine.other or not mine.spuninst
    return mine.task == "kb_in" and mine.service_pack > 0
