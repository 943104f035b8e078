# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was read of an FT system: its nodes' records, and what earlier looks have shown.

The form of the data: docs/ft-observation.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from ..checks import Arguments
from ..observation import TABLE, Observation, Request, changes_by_itself, quote
from .system import NODES

Record = Mapping[str, Any]
_NOTHING: Final[Record] = {}


changes_by_itself(
    ("endurance",),
    ("power",),
    ("relay",),
    ("nodes", "*", "by_rpc"),
    ("nodes", "*", "clock"),
    ("nodes", "*", "errors"),
    ("nodes", "*", "error"),
    ("nodes", "*", "file_renames"),  # others leave them, and put them back
    ("nodes", "*", "events"),
    ("nodes", "*", "job"),
    ("nodes", "*", "last_seen"),
    ("nodes", "*", "reachable"),
    ("nodes", "*", "reported"),
    ("nodes", "*", "source"),
    ("nodes", "*", "wmi_error"),
    ("nodes", "*", "system", "clock_utc"),
    ("nodes", "*", "system", "last_boot"),
    ("nodes", "*", "system", "start_record"),
    ("nodes", "*", "system", "first_record"),
    ("nodes", "*", "system", "last_record"),
    ("nodes", "*", "system", "starts_told"),
    ("nodes", "*", "services", "*", "process_id"),
    ("power", "*", "followed"),
)


# What is not part of what a silent node was seen with last.
_NOT_LAST_SEEN: Final = ("last_seen", "reported")


def table(value: Any) -> Record:
    """Return what should be a mapping, empty where it is none."""
    return value if isinstance(value, TABLE) else _NOTHING


def node_record(observation: Observation, name: str) -> Record:
    """Return what was read of a node in this observation, empty where nothing was."""
    return table(table(observation.data.get("nodes")).get(name))


def answers(record: Record) -> bool | None:
    """Return whether a node answers. None: nobody asked it over the network."""
    value = record.get("reachable")
    return value if isinstance(value, bool) else None


def managed(record: Record) -> bool:
    """Return whether the relay can act on a node: it answers, and over WMI.

    One that can only be read the second way (source rpc), or not at all, runs something, but
    nothing can be asked of it: what it is doing a person has to see.
    """
    return answers(record) is True and record.get("source") != "rpc" and not record.get("error")


def by_operator(record: Record) -> bool:
    """Return whether a node's record is a person's word."""
    return record.get("source") == "operator"


def disk_record(observation: Observation, name: str, *, fresh: bool = False) -> tuple[Record, str]:
    """Return the record that tells what is on a node's disk, and how old it is (as words).

    A node that does not answer keeps what it was last seen with: its disk changes only while its
    Windows runs, and what is found once it runs again is judged anew (fresh).
    """
    record = node_record(observation, name)
    if answers(record) is True or by_operator(record):
        return record, ""
    last = table(record.get("last_seen"))
    if fresh or not last:
        return _NOTHING, ""
    return last, f" (as last seen, {quote(last.get('taken'), 40)})"


def names_in(value: Any, default: Sequence[str] = NODES) -> Sequence[str]:
    if isinstance(value, str):
        return [value]
    return value if isinstance(value, list) and value else default


def nodes_of(arguments: Arguments) -> Request:
    names = arguments.get("nodes") or arguments.get("node")
    request: Request = {"nodes": list(names_in(names))}
    if isinstance(arguments.get("update"), Mapping):
        request["updates"] = [arguments["update"]]
    return request


ALL_NODES: Final[Request] = {"nodes": list(NODES)}


def remember(fresh: Observation, before: Observation | None) -> Observation:
    """Return an observation that knows what earlier ones have shown.

    Pure; the observation before it comes from the change directory. Each silent node has what it
    was last seen with: that holds as long as it does not run, and is judged anew as soon as it
    answers. Each power driver that said on while its CoServer answered has followed it once, and
    each machine keeps the UUID that its SMBIOS told last.
    """
    nodes, power = fresh.data.get("nodes"), fresh.data.get("power")
    data = dict(fresh.data)
    if isinstance(nodes, Mapping) and before is not None:
        data["nodes"] = {name: _with_last_seen(nodes[name], name, before) for name in nodes}
    if isinstance(power, Mapping):
        data["power"] = {name: _with_memory(fresh, name, before) for name in power}
    return replace(fresh, data=data)


def _with_last_seen(record: Any, name: str, before: Observation) -> Any:
    if not isinstance(record, Mapping) or answers(record) is True or by_operator(record):
        return record
    old = node_record(before, name)
    seen = (
        {
            **{k: v for k, v in old.items() if k not in ("last_seen", "reported")},
            "taken": before.taken,
        }
        if answers(old) is True
        else old.get("last_seen")
    )
    if isinstance(seen, Mapping) and not isinstance(record.get("last_seen"), Mapping):
        return {**record, "last_seen": seen}
    return record


def _with_memory(fresh: Observation, name: str, before: Observation | None) -> Any:
    """Return a CoServer's power with what was ever seen: it follows its machine; whose UUID."""
    mine, record = table(table(fresh.data.get("power")).get(name)), node_record(fresh, name)
    old = table(table(before.data.get("power")).get(name)) if before is not None else _NOTHING
    now = answers(record) is True and mine.get("state") == "on"
    followed = now or (old.get("followed") is True and old.get("driver") == mine.get("driver"))
    seen = record if answers(record) is True else table(record.get("last_seen"))
    uuid = table(seen.get("system")).get("machine_uuid") or old.get("machine_uuid")
    more = {**({"followed": True} if followed else {}), **({"machine_uuid": uuid} if uuid else {})}
    return {**mine, **more} if more else fresh.data["power"][name]
