# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the inventory knows of a farm: who is outside, who is missing, who is there twice."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.observation import Observation
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.farm import (
    incomplete,
    outside,
    servers,
    twins,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.settings import (
    settings_of,
)


def farm(*names: str, **more: Any) -> dict[str, dict[str, Any]]:
    """The variables of servers of one farm."""
    return {
        name: {
            "legacyops_product": "xenapp_5.0_x64",
            "legacyops_farm": "tokyo",
            "ansible_host": f"192.0.2.{number}",
            **more,
        }
        for number, name in enumerate(names, 1)
    }


def run_of(hostvars: dict[str, dict[str, Any]], *names: str) -> dict[str, dict[str, Any]]:
    return {name: settings_of(hostvars[name]) for name in names}


def test_outside_is_what_the_inventory_has_of_the_runs_farms() -> None:
    hostvars = farm("a", "b", "c")
    hostvars["c"]["legacyops_farm"] = "osaka"
    hostvars["ft"] = {"legacyops_ft_system": {}}
    hostvars["web"] = {"ansible_host": "192.0.2.9"}
    assert set(outside(run_of(hostvars, "a"), servers(hostvars))) == {"b"}
    assert outside({"ft": settings_of(hostvars["ft"])}, servers(hostvars)) == {}


@pytest.mark.parametrize("name", ["awx_workflow_job_id", "tower_workflow_job_id"])
def test_a_job_of_a_workflow_may_be_a_slice(name: str) -> None:
    hostvars = farm("a", "b")
    run = run_of(hostvars, "a", "b")
    assert incomplete(run, servers(hostvars), {}) is None
    why = incomplete(run, servers(hostvars), {name: 7})
    assert why is not None
    assert "legacyops_farm_members (not given for a)" in why
    assert incomplete({"ft": {"ft_system": {}}}, servers(hostvars), {name: 7}) is None


@pytest.mark.parametrize(
    ("members", "why"),
    [
        (["a", "b"], None),
        (["a", "b", "x"], "names x, which this inventory does not have"),
        (["a"], "b of farm tokyo is not in legacyops_farm_members of a"),
    ],
)
def test_the_declared_members_are_the_farm(members: list[str], why: str | None) -> None:
    hostvars = farm("a", "b", legacyops_farm_members=members)
    for variables in ({}, {"awx_workflow_job_id": 7}):
        found = incomplete(run_of(hostvars, "a"), servers(hostvars), variables)
        assert (found is None) if why is None else why in str(found)


def test_one_address_under_two_names() -> None:
    hostvars = farm("a", "b")
    assert twins(run_of(hostvars, "a"), servers(hostvars), hostvars, []) is None
    hostvars["b"]["ansible_host"] = " 192.0.2.1"
    for name in ("a", "b"):
        assert "a and b have the same address 192.0.2.1" in str(
            twins(run_of(hostvars, name), servers(hostvars), hostvars, [])
        )
    # Another port is another machine, behind one address.
    hostvars["b"]["ansible_port"] = 5986
    assert twins(run_of(hostvars, "a"), servers(hostvars), hostvars, []) is None
    del hostvars["a"]["ansible_host"]
    hostvars["b"].update(ansible_host="A", ansible_port=None)
    assert "the same address a" in str(
        twins(run_of(hostvars, "a"), servers(hostvars), hostvars, [])
    )


def seen(host: str, name: str | None, boot: int = 1) -> Observation:
    system = {"computer_name": name, "domain": "LAB", "start_record": boot}
    return Observation(host, "", "test", {"system": system})


def test_one_machine_under_two_spellings_of_its_address() -> None:
    hostvars = farm("a", "b")
    run = run_of(hostvars, "a", "b")
    assert "a and b are one machine: both are xa01" in str(
        twins(run, servers(hostvars), hostvars, [seen("a", "XA01"), seen("b", "xa01")])
    )
    other = [seen("a", "XA01"), seen("b", "XA01", 2)]
    assert twins(run, servers(hostvars), hostvars, other) is None
    unread = [seen("a", None), seen("b", None)]
    assert twins(run, servers(hostvars), hostvars, unread) is None


def test_a_server_without_xenapp_is_of_no_farm_and_may_be_there_once_only() -> None:
    hostvars = farm("a", "b", "w")
    hostvars["w"]["legacyops_kind"] = "windows"
    everybody = servers(hostvars)
    assert set(outside(run_of(hostvars, "a"), everybody)) == {"b"}
    assert outside(run_of(hostvars, "w"), everybody) == {}
    members = farm("a", "b", "w", legacyops_farm_members=["a", "b"])
    members["w"]["legacyops_kind"] = "windows"
    assert incomplete(run_of(members, "a"), servers(members), {}) is None
    hostvars["w"]["ansible_host"] = hostvars["a"]["ansible_host"]
    for name in ("a", "w"):
        assert "a and w have the same address" in str(
            twins(run_of(hostvars, name), everybody, hostvars, [])
        )
