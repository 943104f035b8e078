"""The Ansible inventory of a running lab."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from legacyops_lab.ft import board, packages
from legacyops_lab.ft.state import NODES
from legacyops_lab.https import port_of
from legacyops_lab.relay.observe import fix_level_place

CONNECTION = {
    "ansible_connection": "winrm",
    "ansible_winrm_scheme": "http",
    "ansible_winrm_transport": ["ntlm"],
    "ansible_winrm_message_encryption": "always",
}
# The lab's clock may run much faster than the controller's, and then every host's is ahead.
CLOCK = {"legacyops_clock_tolerance_seconds": 10 * 365 * 86_400}
FT_GROUP = "ft"
_FT_CREDENTIALS = "ft"  # the entry of legacyops_ft_credentials of a system's nodes


def inventory(estate: dict[str, Any], state: Path = Path(".lab")) -> dict[str, Any]:
    """Return the inventory: connection settings, the estate's own variables and groups.

    A relay is no host of its own in it, unless the estate gives it groups: playbooks work on what
    is behind it. `state` is the lab's directory, which the site's command of FT systems needs.
    """
    hosts = {name: host for name, host in estate["hosts"].items() if _is_managed(host)}
    top: dict[str, Any] = {"vars": {**CONNECTION, **CLOCK, **estate.get("vars", {})}}
    top["hosts"] = {name: _variables(name, host, state) for name, host in hosts.items()}
    groups: dict[str, Any] = {
        name: {"vars": variables} if variables else {}
        for name, variables in estate.get("groups", {}).items()
    }
    systems = estate.get("ft_systems", {})
    for name, system in systems.items():
        top["hosts"][name] = _ft_variables(name, system, estate["hosts"], state)
    members = [(name, host.get("groups", ())) for name, host in hosts.items()]
    members += [(name, [FT_GROUP, *system.get("groups", ())]) for name, system in systems.items()]
    for name, mine in members:
        for group in mine:
            groups.setdefault(group, {}).setdefault("hosts", {})[name] = {}
    if groups:
        top["children"] = groups
    return {"all": top}


def _is_managed(host: dict[str, Any]) -> bool:
    return host.get("kind") != "relay" or bool(host.get("groups"))


def _variables(name: str, host: dict[str, Any], state: Path) -> dict[str, Any]:
    return {**_connection(name, host, state), **host.get("vars", {})}


def _connection(name: str, host: dict[str, Any], state: Path) -> dict[str, Any]:
    user, password = next(iter(host["users"].items()))
    https = host["winrm"].get("https")
    variables = {
        "ansible_host": host["address"],
        "ansible_port": port_of(host["winrm"]),
        "ansible_user": user,
        "ansible_password": password,
    }
    if https is not None:
        variables["ansible_winrm_scheme"] = "https"
        if https.get("certificate", {}).get("trusted", True):
            certificate = state.resolve() / "accounts" / f"{name}.pem"
            variables["ansible_winrm_ca_trust_path"] = str(certificate)
    return variables


# FT systems -----------------------------------------------------------------------------


def _ft_variables(
    name: str, system: dict[str, Any], hosts: dict[str, Any], state: Path
) -> dict[str, Any]:
    """Return an FT system's variables: its relay's connection, its form, its credentials."""
    relay = hosts.get(system.get("relay", ""))
    mine = {
        **(
            _connection(system["relay"], relay, state) if relay else {"ansible_connection": "local"}
        ),
        "legacyops_ft_system": _form(name, system, state),
        "legacyops_ft_credentials": _credentials(system),
    }
    merged: dict[str, Any] = merge(mine, system.get("vars", {}))
    return merged


def merge(below: Any, above: Any) -> Any:
    """Return `above` merged into `below`; a part with another driver or source replaces it."""
    if not isinstance(below, Mapping) or not isinstance(above, Mapping):
        return above
    if any(key in above and above[key] != below.get(key) for key in ("driver", "source")):
        return dict(above)
    return {**below, **{key: merge(below.get(key), value) for key, value in above.items()}}


def _form(name: str, system: dict[str, Any], state: Path) -> dict[str, Any]:
    """Return legacyops_ft_system as a person would write it for this system."""
    reachable = "relay" in system
    pinned = packages.pinned(system)
    return {
        "model": system["model"],
        "windows": system["type"].removeprefix("windows_"),
        **{node: _node(system, node, reachable) for node in NODES},
        "endurance": _endurance(name, state) if reachable else {"driver": "operator"},
        "fix_level": fix_level_place(system) if reachable else {"source": "operator"},
        # With boards nobody presses a button at POST; a deviation that the plan shows.
        "power_off": "shutdown" if _boards(system) else "at_post",
        "contacts": {
            "operator": "Sato, machine room (the lab)",
            "owner": "Suzuki, the application's owner (the lab)",
            "vendor": "the vendor's desk (the lab)",
        },
        "backups": {
            node: {"taken": "2026-11-21T20:00:00Z", "by": "the lab", "where": f"tape {number}"}
            for number, node in enumerate(NODES, 1)
        },
        "windows_update": pinned["kb"],
        "vendor_fix": {**pinned["fix"], "switches": packages.SWITCHES, "steps": _fix_steps()},
    }


def _fix_steps() -> list[str]:
    """Return what the lab's readme of the fix asks for: all nodes, then restarts (HYP-FT-21)."""
    nodes = ("ftvirtual", "coserver1", "coserver2")
    return [f"{do} {node}" for do in ("install", "restart") for node in nodes]


def _boards(system: dict[str, Any]) -> bool:
    return all(system[node].get("bmc") is not None for node in NODES[:2])


def _node(system: dict[str, Any], node: str, reachable: bool) -> dict[str, Any]:
    part = system[node]
    windows = part if node == "ftvirtual" else part["windows"]
    form = {"name": windows["computer_name"], "access": "relay" if reachable else "operator"}
    if reachable:
        form |= {"address": windows["address"], "credentials": _FT_CREDENTIALS}
    board_of = part.get("bmc") if node != "ftvirtual" else None
    if board_of is not None:
        peer = NODES[1] if node == NODES[0] else NODES[0]
        if board_of["uuid"] != (system[peer].get("bmc") or {}).get("uuid"):  # no twins, HYP-FT-27
            form["uuid"] = board_of["uuid"]
        form["power"] = {
            "driver": "ipmi",
            "address": board_of["address"],
            "port": board_of["port"],
            "credentials": f"bmc_{node}",
        }
    return form


def _endurance(name: str, state: Path) -> dict[str, Any]:
    """Return the driver that asks the lab's double of a site's command."""
    script = Path(__file__).with_name("endurance_command.py")
    command = [sys.executable, "-I", "-S", str(script), name]
    ending = ["--state", str(state.resolve())]
    return {
        "driver": "command",
        "status": [*command, "status", *ending],
        "enable": [*command, "enable", "{component}", *ending],
        "states": {
            "good": "^{component}: dark green$",
            "synchronising": "^{component}: light green$",
            **{word: f"^{{component}}: {word}$" for word in ("failed", "degraded")},
            **{word: f"^{{component}}: {word}$" for word in ("disabled", "offline")},
        },
        "components": {n: t for n, t in board.TITLES.items() if n.startswith("mirror")},
    }


def _credentials(system: dict[str, Any]) -> dict[str, dict[str, str]]:
    user, password = next(iter(system["users"].items()))
    found = {_FT_CREDENTIALS: {"username": user, "password": password}}
    for node in NODES[:2]:
        part = system[node].get("bmc")
        if part is not None:
            user, password = next(iter(part["users"].items()))
            found[f"bmc_{node}"] = {"username": user, "password": password}
    return found


def as_yaml(estate: dict[str, Any], state: Path = Path(".lab")) -> str:
    """Return the inventory file's text."""
    head = "# Written by `legacyops-lab up`; the hosts in it are simulated.\n---\n"
    data = inventory(estate, state)
    return head + yaml.dump(data, Dumper=_Plain, sort_keys=False, allow_unicode=True)


class _Plain(yaml.SafeDumper):
    """Writes what stands in several places in full: people read this file."""

    def ignore_aliases(self, data: Any) -> bool:
        return True
