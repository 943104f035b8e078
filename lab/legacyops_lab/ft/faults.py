"""What can be wrong with a BMC, and with a node's network."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, cast

from .state import Node

BMC_FAULTS = (
    "bmc_late",
    "bmc_lies",
    "bmc_deaf",
    "bmc_silent",
    "bmc_busy",
    "bmc_full",
    "bmc_wired_to",
    "bmc_recovers",
)

# wmi_hangs: port 135 answers and WMI never does. wmi_dead: it answers with an error.
# rpc_closed: port 135 does not answer. smb_closed: its shares and named pipes do not, and with them
# the second way to read it. rpc_dead: its named pipes do not. registry_stopped: the service of its
# remote registry is not started.
NODE_FAULTS = (
    "wmi_hangs",
    "wmi_dead",
    "rpc_closed",
    "smb_closed",
    "rpc_dead",
    "registry_stopped",
)


@dataclass(frozen=True)
class BmcFault:
    """`late`: real seconds before each answer. `lies`: the power state that it always tells.

    `deaf`: takes power commands and does nothing. `silent`: answers nothing at all.
    `busy`: so many more commands are answered with 0xC0 and not executed, on chassis and system;
    `full`: so many more sessions are refused with 0x01 for want of resources. -1: all of them.
    `wired_to`: the CoServer that it really watches and switches.
    """

    late: float = 0.0
    lies: Literal["on", "off"] | None = None
    deaf: bool = False
    silent: bool = False
    busy: int = 0
    full: int = 0
    wired_to: Node | None = None


def first_bmc_faults(description: dict[str, Any]) -> dict[Node, BmcFault]:
    """Return what is wrong with the BMCs from the start, by a system's description."""
    boards = {n: description.get(n, {}).get("bmc") or {} for n in ("coserver1", "coserver2")}
    return {
        cast("Node", node): BmcFault(busy=board.get("busy", 0), full=board.get("full", 0))
        for node, board in boards.items()
    }


def bmc_fault(fault: str, arguments: dict[str, Any], before: BmcFault | None) -> BmcFault:
    """Return what is wrong after one more fault.

    Arguments: bmc_late seconds=N, bmc_lies says=on|off, bmc_wired_to node=NODE, and, if it is not
    for good, times=N of bmc_busy and bmc_full. ValueError for an unknown fault or a missing
    argument.
    """
    had = before or BmcFault()
    try:
        match fault:
            case "bmc_late":
                return replace(had, late=float(arguments["seconds"]))
            case "bmc_lies":
                return replace(had, lies=arguments["says"])
            case "bmc_deaf":
                return replace(had, deaf=True)
            case "bmc_silent":
                return replace(had, silent=True)
            case "bmc_busy":
                return replace(had, busy=int(arguments.get("times", -1)))
            case "bmc_full":
                return replace(had, full=int(arguments.get("times", -1)))
            case "bmc_wired_to":
                return replace(had, wired_to=arguments["node"])
            case "bmc_recovers":
                return BmcFault(wired_to=had.wired_to)
    except KeyError as missing:
        raise ValueError(f"{fault} needs {missing}") from missing
    raise ValueError(f"unknown fault {fault}; known are {', '.join(BMC_FAULTS)}")
