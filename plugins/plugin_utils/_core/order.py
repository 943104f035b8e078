# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of a farm's servers: waves that follow one another.

Sources outside the notice (see docs): the newest IMA version wins the election of a zone's data
collector, so the most preferred one goes before its backups, and both before the members. A
test server goes first. Servers of one wave work at the same time: never all of a silo, and no
more than the batch that the site allows: one first (the canary), then growing numbers.

Who serves is what was observed; a server that could not be read, is drained or down serves nobody.
Servers of the inventory outside of the run count for their silo and for the order of their farm.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from .model import CoreError

_RANKS: Final = {
    "test": 0,
    "most_preferred_data_collector": 2,
    "backup_data_collector": 3,
    "member": 4,
}
_DATA_STORE: Final = {"first": 1, "last": 5}
_NEVER: Final = "The silos never have enough servers for the plan to go on: make smaller changes."


class PlanError(CoreError):
    """No plan can be made, or a plan cannot be used; the text says why."""


Group = tuple[str, str]
Silos = Mapping[Group, Sequence["Server"]]


@dataclass(frozen=True)
class Server:
    """What the order of a server hangs on.

    out_of_service: its steps take it out of service. serves: it was observed to take users.
    returns: when its plan has ended it serves. outside: the inventory has it and the run does
    not. settled: it is known to have nothing to do. in_silo: its users are spread over the servers
    of its silo (an FT system's are not).
    """

    name: str
    farm: str | None = None
    zone: str | None = None
    silo: str | None = None
    role: str = "member"
    data_store_host: bool = False
    data_store_position: str | None = None
    minimum_capacity_percent: int = 50
    single_server_silo: str | None = None
    acts: bool = True
    out_of_service: bool = True
    serves: bool = True
    returns: bool = True
    outside: bool = False
    settled: bool = False
    in_silo: bool = True

    @property
    def group(self) -> Group:
        """The silo, within its farm; servers without a silo are one silo of the farm."""
        return (self.farm or "", self.silo or "")

    @property
    def leaves(self) -> bool:
        """Whether it goes out of service in this change."""
        return self.acts and self.out_of_service and self.in_silo


def waves(servers: Sequence[Server], batches: Sequence[int | str] = ()) -> list[list[str]]:
    """Return the names of the servers that act, in waves. Raises PlanError.

    Servers that their silo cannot spare (short_of) must not be among them.
    batches: how many servers a wave may have at most, the first entry for the first wave and the
    last one for all that follow; "25%" is of the servers that act. Empty: no such limit.
    """
    _check_collectors(servers)
    _check_outside(servers)
    silos = _silos(servers)
    for group in {s.group: None for s in servers if s.leaves}:
        _check_silo(group, silos[group])
    result: list[list[str]] = []
    serving = {s.name for s in servers if s.serves}
    acting = [s for s in servers if s.acts]
    sizes = [_size(batch, len(acting)) for batch in batches] or [len(acting)]
    for waiting in _by_rank(acting):
        while waiting:
            most = sizes[min(len(result), len(sizes) - 1)]
            wave = _take(waiting, silos, serving)[:most]
            if not wave:
                raise PlanError("; ".join(short_of(servers).values()) or _NEVER)
            result.append([s.name for s in wave])
            taken = {s.name for s in wave}
            waiting = [s for s in waiting if s.name not in taken]
            serving = _after(serving, wave)
    return result


def short_of(servers: Sequence[Server]) -> dict[str, str]:
    """Return the servers that their silo cannot spare as it stands, and why, one sentence each.

    A silo that could not spare one even if all served is a mistake in the settings (waves).
    """
    found = {}
    silos = _silos(servers)
    serving = {s.name for s in servers if s.serves}
    for waiting in _by_rank(s for s in servers if s.leaves):
        for silo in _silos(waiting).values():  # each one for itself
            while able := next((s for s in silo if _spared(s, silos, serving)), None):
                silo.remove(able)
                waiting.remove(able)
                serving = _after(serving, [able])
        for server in waiting:
            silo = silos[server.group]
            there = [s.name for s in silo if s.name in serving and s is not server]
            dead = [s.name for s in silo if s.name not in serving]
            found[server.name] = (
                f"Of the {len(silo)} servers of silo {_called(server.group)}, {len(there)} would "
                f"serve without it and {_staying(silo)} must; not seen serving: "
                f"{', '.join(sorted(dead)) or 'none'}."
            )
    return found


def _after(serving: Set[str], wave: Iterable[Server]) -> set[str]:
    """Return who serves when the plans of a wave have ended."""
    gone = {s.name for s in wave if s.leaves and not s.returns}
    return {*(serving - gone), *(s.name for s in wave if s.returns)}


def _by_rank(servers: Iterable[Server]) -> list[list[Server]]:
    """Return servers in the order of their farm: those that may go side by side together."""
    ordered = sorted(servers, key=lambda s: (rank(s), s.name))
    return [list(same) for _rank, same in groupby(ordered, key=rank)]


def _spared(server: Server, silos: Silos, serving: Set[str], gone: int = 0) -> bool:
    """Return whether a silo can do without a server. gone: others that have just been taken."""
    silo = silos[server.group]
    others = sum(s.name in serving for s in silo if s is not server) - gone
    return len(silo) == 1 or others >= _staying(silo)


def _size(batch: int | str, acting: int) -> int:
    """Return a batch as a number of servers: a percentage rounded down, but at least one."""
    if isinstance(batch, int):
        return batch
    return max(acting * int(batch.removesuffix("%")) // 100, 1)


def _take(waiting: Iterable[Server], silos: Silos, serving: Set[str]) -> list[Server]:
    """Return as many servers as may be out of service at the same time."""
    taken: Counter[Group] = Counter()
    wave = []
    for server in waiting:
        if not server.leaves:
            wave.append(server)
        elif _spared(server, silos, serving, taken[server.group]):
            taken[server.group] += server.name in serving
            wave.append(server)
    return wave


def _silos(servers: Iterable[Server]) -> dict[Group, list[Server]]:
    found: dict[Group, list[Server]] = {}
    for server in servers:
        if server.in_silo:
            found.setdefault(server.group, []).append(server)
    return found


def _called(group: Group) -> str:
    return group[1] or "(no silo)"


def _staying(silo: Sequence[Server]) -> int:
    """Return how many servers of a silo must stay in service: never none."""
    minimum = max(s.minimum_capacity_percent for s in silo)
    return max(-(-len(silo) * minimum // 100), 1)


def rank(server: Server) -> int:
    """Return a server's place in the order of its farm. Raises PlanError."""
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


def _check_silo(group: Group, silo: Sequence[Server]) -> None:
    """Raise PlanError where the settings let no server of a silo out, whoever serves."""
    if len(silo) == 1:
        if silo[0].single_server_silo == "accept_outage":
            return
        raise PlanError(
            f"{silo[0].name} is the only server of silo {_called(group)}: its users have no server "
            "while it is patched; accept that with legacyops_single_server_silo: accept_outage."
        )
    if len(silo) - _staying(silo) < 1:
        minimum = max(s.minimum_capacity_percent for s in silo)
        raise PlanError(
            f"Silo {_called(group)} has {len(silo)} servers, of which {minimum} % must stay in "
            "service, so none can be patched; lower legacyops_minimum_capacity_percent."
        )


def _check_collectors(servers: Sequence[Server]) -> None:
    preferred = Counter(
        (s.farm or "", s.zone or "") for s in servers if s.role == "most_preferred_data_collector"
    )
    for (farm, zone), count in preferred.items():
        if count > 1:
            where = f"Zone {zone} of farm" if zone else "Farm"
            raise PlanError(
                f"{where} {farm or '(no name)'} has {count} most preferred data collectors, and a "
                "zone has one: correct legacyops_farm_role, or say with legacyops_zone which "
                "server is in which zone."
            )


def _check_outside(servers: Sequence[Server]) -> None:
    """Raise PlanError where a server of the run would overtake one that is outside of it."""
    for server in (s for s in servers if s.acts and not s.outside):
        earlier = sorted(
            s.name for s in servers if s.outside and not s.settled and leads(s, server)
        )
        if earlier:
            raise PlanError(
                f"{server.name} would be patched before {', '.join(earlier)}, which come first in "
                "the order of their farm and are not in this run: nothing shows that they have "
                "their hotfixes. Plan them too, or assess them for this change (legacyops.hotfix."
                f"assess --limit {','.join(earlier)}) if they have been patched already."
            )


def leads(one: Server, other: Server) -> bool:
    """Return whether a server comes before another of its farm: a collector leads its own zone."""
    if not (one.in_silo and other.in_silo) or one.farm != other.farm or rank(one) >= rank(other):
        return False
    return not collects(one) or one.data_store_host or (one.zone or "") == (other.zone or "")


def collects(server: Server) -> bool:
    """Return whether a server is a data collector of its zone, or may become it first."""
    return server.role in ("most_preferred_data_collector", "backup_data_collector")
