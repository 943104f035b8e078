"""The Ansible inventory of a running lab."""

from __future__ import annotations

from typing import Any

import yaml

CONNECTION = {
    "ansible_connection": "winrm",
    "ansible_winrm_scheme": "http",
    "ansible_winrm_transport": ["ntlm"],
    "ansible_winrm_message_encryption": "always",
}


def inventory(estate: dict[str, Any]) -> dict[str, Any]:
    """Return the inventory: connection settings, the estate's own variables and groups."""
    top: dict[str, Any] = {"vars": {**CONNECTION, **estate.get("vars", {})}}
    top["hosts"] = {name: _variables(host) for name, host in estate["hosts"].items()}
    groups: dict[str, Any] = {
        name: {"vars": variables} if variables else {}
        for name, variables in estate.get("groups", {}).items()
    }
    for name, host in estate["hosts"].items():
        for group in host.get("groups", ()):
            groups.setdefault(group, {}).setdefault("hosts", {})[name] = {}
    if groups:
        top["children"] = groups
    return {"all": top}


def _variables(host: dict[str, Any]) -> dict[str, Any]:
    user, password = next(iter(host["users"].items()))
    return {
        "ansible_host": host["address"],
        "ansible_port": host["winrm"].get("port", 5985),
        "ansible_user": user,
        "ansible_password": password,
        **host.get("vars", {}),
    }


def as_yaml(estate: dict[str, Any]) -> str:
    """Return the inventory file's text."""
    head = "# Written by `legacyops-lab up`; the hosts in it are simulated.\n---\n"
    return head + yaml.safe_dump(inventory(estate), sort_keys=False, allow_unicode=True)
