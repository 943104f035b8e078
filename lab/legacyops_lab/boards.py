"""The CoServers' management boards of a running lab: which there are, and on which ports.

pyghmi is loaded only where there are boards: it keeps sockets and threads for the whole process.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from legacyops_lab.ft import FtSystem
from legacyops_lab.ft.state import NODES, Node


class Boards:
    """All boards of a lab's FT systems."""

    def __init__(self) -> None:
        """Begin with none."""
        self._open: list[Any] = []
        self.ports: dict[str, int] = {}

    def open(self, systems: Mapping[str, FtSystem], known: Mapping[str, int]) -> None:
        """Open every board on its port, its `known` one, or one that is free.

        The port is written into the system's description. Raises OSError where a port that the
        estate gives, or an address, is taken.
        """
        for name, system, node, given in _described(systems):
            port = given.get("port") or 0
            board = _board(system, node, given["address"], port, known.get(name, 0))
            self._open.append(board)
            self.ports[name] = given["port"] = board.port

    def close(self) -> None:
        """Stop answering."""
        for board in self._open:
            board.close()


def _described(
    systems: Mapping[str, FtSystem],
) -> Iterator[tuple[str, FtSystem, Node, dict[str, Any]]]:
    """Yield each board's name, system, CoServer and description."""
    for name, system in systems.items():
        for node in NODES[:2]:
            given = system.description.get(node, {}).get("bmc")
            if given is not None:
                yield f"{name}.{node}", system, node, given


def _board(system: FtSystem, node: Node, address: str, port: int, known: int) -> Any:
    """Open one board; the port of before only where nobody else has it by now."""
    from legacyops_lab.ft.bmc import CoServerBmc

    if not port and known:
        try:
            return CoServerBmc(system, node, address, known)
        except OSError:
            pass
    return CoServerBmc(system, node, address, port)
