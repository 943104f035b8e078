"""The demonstration's systems are in the states that they show."""

from __future__ import annotations

from typing import Any

import pytest
from fake_clock import FakeClock
from legacyops_lab import estate, inventory
from legacyops_lab.ft import packages
from legacyops_lab.relay import EstateWorld

from .conftest import CO1, CO2, FT, REPOSITORY


@pytest.fixture
def data() -> dict[str, Any]:
    """Return the estate as a running lab has it."""
    data = estate.load(REPOSITORY / "lab" / "estates" / "demo-ft.yml")
    estate.assign_addresses(data, {})
    for number, system in enumerate(data["ft_systems"].values()):
        for side, node in enumerate((CO1, CO2)):
            system[node]["bmc"]["port"] = 10000 + 2 * number + side
    return data


def test_each_system_is_a_case_of_the_notice(data: dict[str, Any], clock: FakeClock) -> None:
    status = EstateWorld(data, clock).status()
    failed, healthy, runs, dead, supplied = (status[f"ft0{number}"] for number in range(1, 6))
    assert failed["board"]["virtual_server1"] == failed["board"]["virtual_server2"] == "failed"
    assert all(failed[node]["kb"] for node in (CO1, CO2, FT))
    assert healthy["healthy"]
    assert not any(healthy[node]["kb"] or healthy[node]["fix"] for node in (CO1, CO2, FT))
    assert runs["board"]["ftvirtual"] == "light green"
    assert [runs[node]["kb"] for node in (CO1, CO2, FT)] == [False, False, True]
    assert dead["board"]["ftvirtual"] == "failed"
    assert [dead[node]["kb"] for node in (CO1, CO2, FT)] == [True, True, False]
    assert supplied["healthy"]
    assert supplied["model"] == "TX150FT S2"
    assert not any(status[name]["violations"] for name in data["ft_systems"])


def test_pinned_packages_lie_on_the_relay(data: dict[str, Any], clock: FakeClock) -> None:
    relay = EstateWorld(data, clock).hosts["RELAY01"]
    for host in inventory.inventory(data)["all"]["hosts"].values():
        form = host["legacyops_ft_system"]
        for name in ("windows_update", "vendor_fix"):
            file = relay.files.get(form[name]["package"])
            assert file is not None
            assert file.sha256 == form[name]["sha256"]
            assert packages.recognise(file) is not None
