# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of bad inventories (bad_inventories/cases.yml) as the variables of hosts."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import yaml

_TABLE = yaml.safe_load(
    Path(__file__).with_name("bad_inventories").joinpath("cases.yml").read_text(encoding="utf-8")
)
BASE: dict[str, Any] = _TABLE["base"]
CASES: list[dict[str, Any]] = _TABLE["cases"]
CANARY = "a canary"


def case_id(case: dict[str, Any]) -> str:
    return str(case["case"])


def hostvars(case: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The variables of ft01, and of ft02 where a case has a second system."""
    form = case.get("form", BASE["form"])
    hosts = {"ft01": _variables(_changed(form, case), case)}
    if "second" in case:
        other = _changed(BASE["form"], {"set": {**_of_its_own(), **case["second"]}})
        hosts["ft02"] = _variables(other, {"variables": {"ansible_host": "192.0.2.6"}})
    return hosts


def _variables(form: Any, case: dict[str, Any]) -> dict[str, Any]:
    variables = {
        **BASE["variables"],
        "legacyops_ft_system": form,
        "legacyops_ft_credentials": {**BASE["credentials"], **case.get("credentials", {})},
        **case.get("variables", {}),
    }
    return copy.deepcopy(variables)


def _of_its_own() -> dict[str, str]:
    nodes = {"coserver1": "FT02-C1", "coserver2": "FT02-C2", "ftvirtual": "FT02"}
    names = {f"{node}.name": name for node, name in nodes.items()}
    return names | {f"{node}.address": f"198.51.100.{i}" for i, node in enumerate(nodes, 11)}


def _changed(form: Any, case: dict[str, Any]) -> Any:
    form = copy.deepcopy(form)
    for path in case.get("remove", []):
        outer, last = _place(form, path)
        del outer[last]
    for path, value in case.get("set", {}).items():
        outer, last = _place(form, path)
        outer[last] = copy.deepcopy(value)
    return form


def _place(form: dict[str, Any], path: str) -> tuple[dict[str, Any], str]:
    *outer, last = path.split(".")
    part = form
    for name in outer:
        part = part[name]
    return part, last
