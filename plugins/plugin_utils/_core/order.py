# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of a farm's servers: waves that follow one another.

Sources outside the notice (see docs): the newest IMA version wins the election of a data
collector, so the most preferred one goes before its backups, and both before the members. A
test server goes first. Servers of one wave work at the same time: never all of a silo, and no
more than the batch that the site allows: one first (the canary), then growing numbers.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from .model import CoreError

_RANKS: Final = {
    "test": 0,
    "most_preferred_data_collector": 2,
    "backup_data_collector": 3,
    "member": 4,
}
_DATA_STORE: Final = {"first": 1, "last": 5}
_PERCENT: Final = re.compile(r"([1-9][0-9]?|100)%")


class PlanError(CoreError):
    """No plan can be made, or a plan cannot be used; the text says why."""


@dataclass(frozen=True)
class Server:
    """What the order of a server hangs on. out_of_service: its steps take it out of service."""

    name: str
    farm: str | None = None
    silo: str | None = None
    role: str = "member"
    data_store_host: bool = False
    data_store_position: str | None = None
    minimum_capacity_percent: int = 50
    single_server_silo: str | None = None
    acts: bool = True
    out_of_service: bool = True

    @property
    def group(self) -> tuple[str, str]:
        """The silo, within its farm; servers without a silo are one silo of the farm."""
        return (self.farm or "", self.silo or "")


def waves(servers: Sequence[Server], batches: Sequence[int | str] = ()) -> list[list[str]]:
    """Return the names of the servers that act, in waves. Raises PlanError.

    batches: how many servers a wave may have at most, the first entry for the first wave and the
    last one for all that follow; "25%" is of the servers that act. Empty: no such limit.
    """
    _check_collectors(servers)
    room = {group: _room(group, servers) for group in {s.group for s in servers if s.acts}}
    result: list[list[str]] = []
    acting = sorted((s for s in servers if s.acts), key=lambda s: (_rank(s), s.name))
    sizes = [_size(batch, len(acting)) for batch in batches] or [len(acting)]
    for rank in sorted({_rank(s) for s in acting}):
        waiting = [s for s in acting if _rank(s) == rank]
        while waiting:
            most = sizes[min(len(result), len(sizes) - 1)]
            wave = _take(waiting, room)[:most]
            result.append([s.name for s in wave])
            waiting = [s for s in waiting if s not in wave]
    return result


def wrong_batches(value: Any) -> str | None:
    """Return what is wrong with a site's batches, as one sentence, or None."""
    allowed = "each entry must be a number of servers from 1 on or a percentage such as '25%'."
    if not isinstance(value, list):
        return f"legacyops_batches must be a list; {allowed}"
    for entry in value:
        number = isinstance(entry, int) and not isinstance(entry, bool) and entry >= 1
        if not number and not (isinstance(entry, str) and _PERCENT.fullmatch(entry)):
            return f"legacyops_batches has {entry!r}; {allowed}"
    return None


def _size(batch: int | str, acting: int) -> int:
    """Return a batch as a number of servers: a percentage rounded down, but at least one."""
    if isinstance(batch, int):
        return batch
    return max(acting * int(batch.removesuffix("%")) // 100, 1)


def _take(waiting: Iterable[Server], room: dict[tuple[str, str], int]) -> list[Server]:
    """Return as many servers as may be out of service at the same time."""
    taken: Counter[tuple[str, str]] = Counter()
    wave = []
    for server in waiting:
        if not server.out_of_service:
            wave.append(server)
        elif taken[server.group] < room[server.group]:
            taken[server.group] += 1
            wave.append(server)
    return wave


def _rank(server: Server) -> int:
    if server.role not in _RANKS:
        raise PlanError(f"{server.name}: legacyops_farm_role {server.role!r} is unknown.")
    if not server.data_store_host:
        return _RANKS[server.role]
    if server.data_store_position not in _DATA_STORE:
        raise PlanError(
            f"{server.name} is the data store's host, but legacyops_data_store_position is not "
            "given: say first or last."
        )
    return _DATA_STORE[server.data_store_position]


def _room(group: tuple[str, str], servers: Sequence[Server]) -> int:
    """Return how many servers of a silo may be out of service at once. Raises PlanError."""
    silo = [s for s in servers if s.group == group]
    name = group[1] or "(no silo)"
    leaving = [s for s in silo if s.acts and s.out_of_service]
    if not leaving:
        return len(silo)
    if len(silo) == 1:
        if silo[0].single_server_silo == "accept_outage":
            return 1
        raise PlanError(
            f"{silo[0].name} is the only server of silo {name}: its users have no server while it "
            "is patched; accept that with legacyops_single_server_silo: accept_outage."
        )
    minimum = max(s.minimum_capacity_percent for s in silo)
    room = len(silo) * (100 - minimum) // 100
    if room < 1:
        raise PlanError(
            f"Silo {name} has {len(silo)} servers, of which {minimum} % must stay in service, so "
            "none can be patched; lower legacyops_minimum_capacity_percent."
        )
    return min(room, len(silo) - 1)


def _check_collectors(servers: Sequence[Server]) -> None:
    preferred = Counter(s.farm or "" for s in servers if s.role == "most_preferred_data_collector")
    for farm, count in preferred.items():
        if count > 1:
            raise PlanError(
                f"Farm {farm or '(no name)'} has {count} most preferred data collectors; "
                "a farm's zone has one: correct legacyops_farm_role."
            )
