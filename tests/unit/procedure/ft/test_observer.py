# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What proves a board's wiring where the peer is silent: the peer's UUID must have been known."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.ft.power import (
    IpmiPower,
    PowerReading,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.directory import (
    ChangeDirectory,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.ft.observer import (
    FtObserver,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.ft.step import FtHooks
from legacyops_model.ft.site import form

ONE, TWO = "1d0bdcf5-d429-5bd0-9049-8a468793012b", "5f0a2f0e-7a43-5c6d-8bd2-02ad5f7e2b11"
NOBODYS = "03000200-0400-0500-0006-000700080009"


class Relay:
    """Answers for the nodes with their UUIDs; a node without one is silent."""

    host = "ft01"

    def __init__(self, **uuids: str) -> None:
        self.uuids = uuids

    def run(self, _script: str, _parameters: Any, **_more: Any) -> dict[str, Any]:
        def record(node: str) -> dict[str, Any]:
            uuid = self.uuids.get(node)
            system = None if uuid is None else {"machine_uuid": uuid, "computer_name": node}
            return {"reachable": uuid is not None, "source": "wmi", "system": system}

        return {"nodes": {node: record(node) for node in ("coserver1", "coserver2", "ftvirtual")}}


class Site:
    """A system with two boards, and its change directory."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.directory = ChangeDirectory(folder, "C1")
        self.form = form("PGT20126F2", power_off="bios_setup")
        for number, node in enumerate(("coserver1", "coserver2"), 31):
            board = {"driver": "ipmi", "address": f"192.0.2.{number}", "credentials": "ft01"}
            self.form[node]["power"] = board
        self.boards = {"192.0.2.31": ONE, "192.0.2.32": TWO}
        on = PowerReading("on", "says on")
        monkeypatch.setattr(IpmiPower, "status", lambda _driver: on)
        guid = self.boards.get
        monkeypatch.setattr(IpmiPower, "guid", lambda driver: guid(driver._board.address))

    def look(self, **uuids: str) -> dict[str, Any]:
        """CoServer1's power, as an observation has it."""
        power: dict[str, Any] = self.observer(**uuids).observe({}).data["power"]["coserver1"]
        return power

    def observer(self, **uuids: str) -> FtObserver:
        variables = {
            "legacyops_ft_system": self.form,
            "legacyops_ft_credentials": {"ft01": {"username": "a", "password": "b"}},
        }
        return FtObserver(Relay(**uuids), variables, self.directory)  # type: ignore[arg-type]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(tmp_path / "CHG1", monkeypatch)


def test_both_are_read(site: Site) -> None:
    assert site.look(coserver1=ONE, coserver2=TWO)["wiring"] == "proven"


def test_a_silent_peer_that_was_never_known_proves_nothing(site: Site) -> None:
    power = site.look(coserver1=ONE)
    assert power["wiring"] is None
    assert "once the relay has read the peer" in power["wiring_evidence"]


def test_a_silent_peer_counts_as_last_seen(site: Site) -> None:
    site.look(coserver1=ONE, coserver2=TWO)
    assert site.look(coserver1=ONE)["wiring"] == "proven"
    assert site.look()["wiring"] == "proven"


def test_a_silent_peer_counts_as_the_inventory_states_it(site: Site) -> None:
    site.form["coserver2"]["uuid"] = TWO
    assert site.look(coserver1=ONE)["wiring"] == "proven"


def test_twins_prove_nothing_also_where_one_of_them_is_silent(site: Site) -> None:
    site.look(coserver2=ONE)
    assert site.look(coserver1=ONE)["wiring"] is None


def test_a_placeholder_proves_nothing_while_the_peer_is_silent(site: Site) -> None:
    site.boards["192.0.2.31"] = NOBODYS
    power = site.look(coserver1=NOBODYS)
    assert power["wiring"] is None
    assert "osquery/osquery#4374" in power["wiring_evidence"]


def test_what_the_machine_tells_counts_more_than_the_inventory(site: Site) -> None:
    site.form["coserver1"]["uuid"] = ONE
    assert site.look(coserver1=TWO, coserver2=ONE)["wiring"] == "wrong"


@pytest.mark.parametrize("result", ["proven", "wrong"])
def test_what_an_act_has_just_shown_counts_before_the_journal_has_it(
    site: Site, result: str
) -> None:
    """Else the machine that has switched itself off would not be believed to be off."""
    site.boards.clear()
    observer = site.observer()
    hooks = FtHooks(cast(Any, None), observer, cast(Any, None))
    assert observer.observe({}).data["power"]["coserver1"]["wiring"] is None
    wiring = {"result": result, "evidence": "own driver: on → off"}
    arguments = {"coserver": "coserver1", "state": "off", "way": "shutdown"}
    off = SimpleNamespace(action="power", arguments=arguments, node="coserver1")
    hooks.acted(cast(Any, off), {"wiring": wiring})
    power = observer.observe({}).data["power"]
    assert (power["coserver1"]["wiring"], power["coserver2"]["wiring"]) == (result, None)
