# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the inventory knows of a farm beyond the hosts of a run.

``--limit`` hides hosts from a run, not from its inventory. A job slice of AWX does: its inventory
has the hosts of the slice alone, and no variable tells a job that it is one. What AWX documents is
that a sliced job runs as a workflow; so a job of a workflow has to be told who is in the farm.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .._core.kinds import kind_of
from .._core.observation import Observation
from .._core.windows.starts import mark_of, position
from .settings import settings_of

Settings = Mapping[str, Any]
# Set for each job that a workflow of AWX starts, and so for each slice.
_OF_A_WORKFLOW = ("awx_workflow_job_id", "tower_workflow_job_id")


def outside(run: Mapping[str, Settings], everybody: Mapping[str, Settings]) -> dict[str, Settings]:
    """The settings of the servers that are not in the run, but in a farm of one that is.

    run: the settings of the run's hosts.
    everybody: those of every server of the inventory (:func:`servers`).
    """
    farms = {settings.get("farm") for settings in run.values() if is_server(settings)}
    return {
        host: settings
        for host, settings in everybody.items()
        if host not in run and is_server(settings) and settings.get("farm") in farms
    }


def incomplete(
    run: Mapping[str, Settings], everybody: Mapping[str, Settings], variables: Mapping[str, Any]
) -> str | None:
    """Why the run may not see the whole of one of its farms, as one sentence; None if it does.

    variables: those of the task, extra variables included.
    """
    workflow = next((name for name in _OF_A_WORKFLOW if variables.get(name)), None)
    for host, settings in run.items():
        if not is_server(settings):
            continue
        farm = settings.get("farm")
        members = settings.get("farm_members")
        called = f"farm {farm}" if farm else "the farm"
        if members is None:
            if workflow is None:
                continue
            return (
                f"This is a job of a workflow ({workflow}), which may be a job slice that sees a "
                f"part of {called} only: name all of its servers in legacyops_farm_members "
                f"(not given for {host}), or start plan without slicing and outside of a workflow."
            )
        missing = sorted(set(map(str, members)) - set(everybody))
        if missing:
            return (
                f"legacyops_farm_members names {', '.join(missing)}, which this inventory does not "
                f"have (a job slice?): neither the order nor the silos of {called} can be kept by "
                "those that are there. Plan with the whole farm in the inventory."
            )
        more = sorted(
            name
            for name, theirs in everybody.items()
            if is_server(theirs) and theirs.get("farm") == farm and name not in members
        )
        if more:
            return (
                f"{', '.join(more)} of {called} is not in legacyops_farm_members of {host}: "
                "correct the list."
            )
    return None


def twins(
    run: Mapping[str, Settings],
    everybody: Mapping[str, Settings],
    hostvars: Mapping[str, Any],
    seen: Iterable[Observation],
) -> str | None:
    """Which machine stands in the inventory under two names, as one sentence; None: none does.

    seen: what was read of the run's hosts: one address may be spelt in two ways.
    """
    known: dict[tuple[str, str], str] = {}
    for host in everybody:
        address = (_text(hostvars[host], "ansible_host") or host.casefold(), _port(hostvars[host]))
        other = known.setdefault(address, host)
        if other != host and {host, other} & set(run):
            return (
                f"{other} and {host} have the same address {address[0]} (ansible_host): one server "
                "under two names would be acted on twice, and count twice. Remove one of them."
            )
    names: dict[tuple[str, str, int], str] = {}
    for observation in seen:
        system = observation.part("system")
        parts = system if isinstance(system, Mapping) else {}
        # Not by the time of its start, which moves with the clock between two readings.
        name, start = parts.get("computer_name"), position(mark_of(parts))
        if not isinstance(name, str) or start is None:
            continue
        domain = str(parts.get("domain") or "").casefold()
        other = names.setdefault((name.casefold(), domain, start), observation.host)
        if other != observation.host:
            return (
                f"{other} and {observation.host} are one machine: both are {name}, and have the "
                "same last start on record. One server under two names would be acted on twice, "
                "and count twice. Remove one of them."
            )
    return None


def _text(variables: Mapping[str, Any], name: str) -> str:
    return str(variables.get(name) or "").strip().casefold()


def _port(variables: Mapping[str, Any]) -> str:
    return _text(variables, "ansible_winrm_port") or _text(variables, "ansible_port")


def is_server(settings: Settings) -> bool:
    """Whether a host shares its users with others: an FT system, or a plain Windows, does not."""
    return settings.get("product") is not None and kind_of(settings).shares_users


def servers(hostvars: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The settings of every server of the inventory, of a farm or not.

    hostvars: the variables of every host, as Ansible gives them; reading them takes long.
    """
    found = {}
    for host in hostvars:
        try:
            settings = settings_of(hostvars[host])
        except Exception:  # a template of a host outside that fails, whatever the reason
            continue
        if settings.get("product") is not None and not kind_of(settings).nodes:
            found[str(host)] = settings
    return found
