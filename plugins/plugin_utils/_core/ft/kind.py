# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An FT system: two CoServers and the FTvirtual Server, three Windows that are one host."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from ..actions import action_of, effect_of
from ..kind import Form, Kind, Settings
from ..model import Ref
from ..people import GO_AHEAD
from ..records import Step
from ..schema import Read
from . import inventory
from .observed import answers, managed, table
from .reported import LOOKS
from .system import COSERVERS, NODES, SETTING, TITLES, completed, fix_steps

# Of a node's record: what moves by itself once something was done.
_MOVES: Final = ("job", "events", "error", "errors")
# Effects after which a node is something else altogether.
_SWITCHES: Final = frozenset({"switches_on", "switches_off", "shuts_down"})


class FtSystem(Kind):
    """The kind of a host with legacyops_ft_system."""

    name = "ft_system"
    setting = "ft_system"
    prefix = "ft_"
    secrets = ("ft_credentials",)
    must_be_whole = True
    group = "ft"
    not_planned = ("ft_events_days",)
    named_by_model = True
    nodes = NODES
    machines = COSERVERS
    serving_node = "ftvirtual"
    titles = TITLES
    shares_users = False
    identity = ("ft_identity", "as_named")
    moves = ("endurance", "power")
    order_setting = f"{SETTING}.vendor_fix.steps"
    loops: Mapping[str, frozenset[str]] = {"vendor_fix_step": frozenset({"id", "do", "node"})}
    looks = (*LOOKS, GO_AHEAD)

    def form(self, settings: Settings) -> Form | None:
        form = settings.get(self.setting)
        return form if isinstance(form, Mapping) else None

    def identity_of(self, form: Form | None) -> Ref:
        check, good = self.identity
        names = {node: table(table(form).get(node)).get("name") for node in NODES}
        return {"check": check, "with": {"names": names}, "is": good}

    def article(self, name: str) -> str:
        return "the " if name == "ftvirtual" else ""

    def is_asked(self, form: Form | None, parts: Sequence[str]) -> bool:
        asked = [table(table(form).get(name)) for name in (*parts, "endurance")]
        return any("operator" in (part.get("access"), part.get("driver")) for part in asked)

    def after(self, step: Step, before: Mapping[str, Any], data: dict[str, Any]) -> dict[str, Any]:
        if not isinstance(data.get("nodes"), Mapping):
            return data
        nodes = {name: _node_after(step, name, record) for name, record in data["nodes"].items()}
        _keep_pending(step, before["nodes"], nodes)
        return {**data, "nodes": nodes}

    def completed(self, settings: dict[str, Any]) -> dict[str, Any]:
        return {**settings, self.setting: completed(settings[self.setting])}

    def between_settings(
        self, settings: Settings, wrong: Collection[str], secrets: Settings
    ) -> list[str]:
        return inventory.between_settings(settings, wrong, secrets)

    def between_hosts(self, host: str, hosts: Iterable[str], read: Read) -> list[str]:
        return inventory.between_hosts(host, hosts, read)

    def items(self, scope: Settings) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        return {"vendor_fix_step": fix_steps(self.form(scope) or {})}

    def backups(self, settings: Settings) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for node, record in table(table(self.form(settings)).get("backups")).items():
            if isinstance(record, Mapping):
                yield f"{SETTING}.backups.{node}", record


def _node_after(step: Step, name: str, record: Any) -> dict[str, Any]:
    """Return a node's record after a step: one that is silent may come up, and is read anew.

    So may one whose WMI fails; what it is doing a person says at the time.
    """
    switched = effect_of(step) in _SWITCHES and name == step.node
    if not isinstance(record, Mapping) or switched:
        return {}
    if answers(record) is not None and not managed(record):
        return {}
    return {key: value for key, value in record.items() if key not in _MOVES}


def _keep_pending(step: Step, before: Mapping[str, Any], nodes: dict[str, Any]) -> None:
    """A restart that is pending stays so, whatever else is done: only that node's own ends it.

    The FTvirtual Server's may come with that of a CoServer.
    """
    for name in NODES:
        was, after = before.get(name), nodes.get(name)
        own = name != step.node and name in COSERVERS
        if isinstance(was, Mapping) and was.get("restart_pending") is True and after:
            after["restart_pending"] = own or action_of(step).installs or None
