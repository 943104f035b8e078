"""What a Windows update does to a server, and what wusa.exe says of it: the estate's data."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fake_clock import FakeClock
from legacyops_lab import estate
from legacyops_lab.relay.world import EstateWorld
from legacyops_lab.windows import WindowsHost
from legacyops_lab.world import images
from legacyops_lab.world.observe import observe

ESTATES = Path(__file__).resolve().parents[3] / "lab" / "estates"
UPDATES: dict[str, Any] = {
    "KB4493730-x64": {"update": "KB4493730", "architecture": "x64", "stack": "6.0.6003.20484"},
    "KB4474419-x64": {
        "update": "KB4474419", "needs": ["KB4493730"], "gives_sha2": True, "needs_restart": True,
    },
    "KB4474419-quiet": {"update": "KB4474419", "needs": ["KB4493730"], "gives_sha2": True},
    "KB4507704-x64": {
        "update": "KB4507704", "signed": "sha2", "needs_restart": True, "build": 6003,
        "supersedes": ["KB4493730"],
    },
}  # fmt: skip
STACK, SUPPORT, QUIET, LATER = UPDATES


class Lab:
    """One host, on whose disk all packages lie."""

    def __init__(self, **windows: Any) -> None:
        packages = [{"path": rf"C:\{name}.msu", "name": name} for name in UPDATES]
        spec = {"kind": "windows", "address": "127.0.0.2",
                "windows": {"packages": packages, **windows}}  # fmt: skip
        self.estate = {"estate": {"name": "x"}, "updates": UPDATES, "hosts": {"W1": spec}}
        self.clock = FakeClock(datetime(2026, 11, 22, 5, 0, tzinfo=UTC))
        self.world = EstateWorld(self.estate, self.clock)

    @property
    def host(self) -> WindowsHost:
        host = self.world.hosts["W1"]
        assert isinstance(host, WindowsHost)
        return host

    def install(self, name: str, switches: str = "/quiet /norestart") -> int | None:
        """Run wusa as a task does; its exit code."""
        return asyncio.run(self.host.foreground("wusa.exe", rf'"C:\{name}.msu" {switches}'))

    def restart(self) -> None:
        async def wait() -> None:
            self.host.restart()
            await self.clock.sleep(1200)
            self.world.advance()

        asyncio.run(wait())

    def seen(self, **parameters: Any) -> dict[str, Any]:
        async def nothing() -> Any:
            return
            yield b""

        return asyncio.run(observe(self.host, parameters, nothing()))

    def violations(self) -> list[str]:
        return [e["text"] for e in self.world.ledger() if e["kind"] == "violation"]


@pytest.fixture
def make() -> Callable[..., Lab]:
    return Lab


def test_the_right_order(make: Callable[..., Lab]) -> None:
    lab = make()
    assert lab.install(STACK) == 0
    assert lab.host.updates.stacks[-1] == "6.0.6003.20484"
    assert lab.install(SUPPORT) == 3010
    seen = lab.seen(want=["pending_restart"], windows_updates=["KB4474419", "KB4493730"])
    assert seen["pending_restart"]["component_servicing"] is True
    assert set(seen["windows_updates"]["KB4474419"]["packages"].values()) == {0x60}
    assert seen["windows_updates"]["KB4474419"]["listed"] is False
    assert seen["windows_updates"]["KB4493730"]["listed"] is True
    lab.restart()
    assert lab.install(LATER) == 3010
    lab.restart()
    assert lab.host.updates.told() == {
        "KB4474419": "installed", "KB4493730": "superseded", "KB4507704": "installed",
    }  # fmt: skip
    assert lab.seen(want=["system"])["system"]["build"] == 6003
    assert lab.violations() == []
    assert lab.host.told()["restarts"] == 2


@pytest.mark.parametrize("package", [SUPPORT, QUIET])
def test_sha2_waits_for_the_start_whatever_the_installer_says(
    make: Callable[..., Lab], package: str
) -> None:
    lab = make()
    lab.install(STACK)
    lab.install(package)
    assert lab.install(LATER) == 0x80096010
    assert lab.violations() == ["KB4507704 was tried before SHA-2 is supported"]
    lab.restart()
    assert lab.install(LATER) == 3010


def test_what_an_update_needs(make: Callable[..., Lab]) -> None:
    lab = make(updates={"KB4493730": {"state": "install_pending", "package": STACK}})
    assert lab.install(SUPPORT) == 0x800F0823
    lab.restart()
    assert lab.install(SUPPORT) == 3010


@pytest.mark.parametrize(
    ("windows", "name", "code"),
    [
        ({"updates": {"KB4493730": None}}, STACK, 1),
        ({"architecture": "x86"}, STACK, 1),
        ({"wusa": {"extended_return_code": True}, "updates": {"KB4493730": None}}, STACK, 0x240006),
        ({"wusa": {"extended_return_code": True}, "architecture": "x86"}, STACK, 0x80240017),
        ({"wusa": {"exit_code": 5}}, STACK, 5),
        ({"updates": {"KB4493730": {"state": "staged"}}}, STACK, 0),
        ({}, "nothing", 0x80070002),
    ],
)
def test_what_does_not_apply_or_is_in(
    make: Callable[..., Lab], windows: dict[str, Any], name: str, code: int
) -> None:
    lab = make(**windows)
    assert lab.install(name) == code
    assert lab.violations() == []


def test_in_a_remote_session_wusa_is_refused(make: Callable[..., Lab]) -> None:
    lab = make()

    async def nothing() -> Any:
        return
        yield b""

    line = rf"wusa.exe C:\{STACK}.msu /quiet /norestart"
    code = asyncio.run(lab.host.execute(line, False, nothing(), lambda _stream, _data: None))
    assert (code, lab.host.updates.told()) == (5, {})


def test_wrong_doing_is_in_the_ledger(make: Callable[..., Lab]) -> None:
    lab = make()
    lab.host.launch("wusa.exe", rf'"C:\{STACK}.msu" /quiet')
    lab.host.launch("wusa.exe", rf'"C:\{STACK}.msu" /quiet /norestart')
    lab.restart()
    assert lab.violations() == [
        "wusa was started for KB4493730 without /norestart",
        "an installer was started while another one was running",
        "the host was restarted while KB4493730 was installed",
    ]
    assert lab.host.updates.told() == {"KB4493730": "staged"}


def test_it_goes_on_where_it_was(make: Callable[..., Lab]) -> None:
    lab = make()
    lab.install(STACK)
    lab.install(SUPPORT)
    kept = lab.world.state()
    lab.world = EstateWorld(lab.estate, lab.clock, state=kept)
    assert lab.host.updates.pending
    lab.restart()
    assert lab.install(LATER) == 3010


def test_the_registry_and_signs_that_disagree(make: Callable[..., Lab]) -> None:
    lab = make(registry={r"SOFTWARE\X\Y": "1"}, signs_disagree=["KB4474419"])
    wanted = [{"key": r"software\x", "name": "y"}, {"key": r"SOFTWARE\X", "name": "Z"}]
    seen = lab.seen(registry=wanted, windows_updates=["KB4474419"])
    assert [entry["value"] for entry in seen["registry"].values()] == ["1", None]
    assert seen["windows_updates"]["KB4474419"] == {"listed": True, "packages": {}}


def test_the_estates_pins_are_those_of_its_packages() -> None:
    data = estate.load(ESTATES / "sha2.yml")
    estate.assign_addresses(data, {})
    world = EstateWorld(data, FakeClock(datetime(2026, 11, 22, 5, 0, tzinfo=UTC)))
    of_group = data["groups"]["windows2008"]["legacyops_inputs"]
    for name, host in data["hosts"].items():
        given = host.get("vars", {}).get("legacyops_inputs", of_group)["sha2_server_2008"]
        pinned = [given["servicing_stack"], given["sha2_support"]]
        for package in (*pinned, *given.get("later_updates", ())):
            file = world.hosts[name].files.get(package["package"])
            if file is None:
                shares = {s["source"]: s["package"] for s in host["windows"]["shares"]}
                sha256 = images.update(shares[package["source"]]["name"]).sha256()
            else:
                sha256 = file.sha256
            assert sha256 == package["sha256"], (name, package)
