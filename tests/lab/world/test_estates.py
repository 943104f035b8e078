"""The estates that come with the lab."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_clock import FakeClock
from legacyops_lab import estate
from legacyops_lab.world import World, images, known

from .conftest import Terminal

REPOSITORY = Path(__file__).resolve().parents[3]
ESTATES = REPOSITORY / "lab" / "estates"
SCRIPTS = REPOSITORY / "plugins" / "plugin_utils" / "_powershell"


def load(name: str) -> dict[str, Any]:
    """Return an estate with an address for every host."""
    data = estate.load(ESTATES / f"{name}.yml")
    estate.assign_addresses(data, {})
    return data


def variables(data: dict[str, Any], host: dict[str, Any]) -> dict[str, Any]:
    """Return the Ansible variables that a host has."""
    merged = dict(data.get("vars", {}))
    for group in host.get("groups", ()):
        merged.update(data["groups"][group])
    return {**merged, **host.get("vars", {})}


def hosts() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield the variables and the XenApp part of every host of every estate."""
    for path in sorted(ESTATES.glob("*.yml")):
        data = load(path.stem)
        for host in data["hosts"].values():
            if host.get("kind", "xenapp") == "xenapp":
                yield variables(data, host), host["xenapp"]


def test_inventory_and_truth_agree() -> None:
    for given, truth in hosts():
        assert given.get("legacyops_silo") == truth.get("silo")
        assert given.get("legacyops_farm_role", "member") == truth.get("role", "member")
        product = given.get("legacyops_product", "xenapp_5.0_x64")
        assert product == truth.get("product", "xenapp_5.0_x64")


def test_pinned_hashes_are_the_vendors() -> None:
    for given, truth in hosts():
        (pinned,), (package,) = given["legacyops_hotfixes"], truth["packages"]
        assert pinned["sha256"] == images.package(package).sha256()
        assert pinned["patch_code"] == package["patch_code"]
        assert pinned["package"] == package["path"]


def test_ima_modules_of_the_inventory_exist(clock: FakeClock) -> None:
    data = load("farm")
    world = World(data, clock)
    for name, host in data["hosts"].items():
        for path in variables(data, host)["legacyops_ima_modules"]:
            assert world.hosts[name].files.get(path) is not None


def test_farm_is_in_the_states_that_it_shows(clock: FakeClock) -> None:
    status = World(load("farm"), clock).status()
    assert len(status) >= 8
    assert all(host["ima"] == "Running" for host in status.values())
    unhealthy = [name for name, host in status.items() if not host["healthy"]]
    assert unhealthy == ["XAAPP03"]
    assert status["XAAPP02"]["users_on"] == 3


def test_naive_installation_breaks_the_server(clock: FakeClock) -> None:
    lab = Terminal(World(load("naive"), clock), clock)
    line = r'msiexec /p "C:\Hotfix\XAE500W2K8X64R01.msp" /qn /norestart'
    assert asyncio.run(lab.command("XANAIVE01", line))[2] == 1603
    assert lab.world.status()["XANAIVE01"]["needs_reconfiguration"]
    assert len(lab.violations()) == 3


@pytest.mark.parametrize("name", ["farm", "naive", "roots"])
def test_estate_has_nothing_that_the_world_refuses(name: str, clock: FakeClock) -> None:
    world = World(load(name), clock)
    assert World(load(name), clock, state=world.state()).state() == world.state()


def test_lab_knows_the_shipped_scripts() -> None:
    """When this fails: read what changed, then `legacyops-lab learn` the scripts' directory."""
    recorded = known._read(known.KNOWN_SCRIPTS)
    assert {name: digest for digest, name in recorded.items()} == known.fingerprints(SCRIPTS)
