# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules on power, Endurance and confirmations do, and what they refuse to do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.confirmations import (
    Confirmations,
)
from bmc_process import PASSWORD, Boards, boards
from ft_doubles import CANARY, CREDENTIALS, Site, words

Call = Callable[..., dict[str, Any]]
ONE, TWO = "coserver1", "coserver2"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.fixture
def power(run: Call, host: Any, site: Site) -> Iterator[Call]:
    """power(system, **arguments) -> result; no result ever holds the password."""

    def call(system: dict[str, Any], **arguments: Any) -> dict[str, Any]:
        given = {"ft_system": system, "ft_credentials": CREDENTIALS, "deadline_seconds": 0}
        result = run("power", host(), **{"coserver": ONE, **given, **arguments})
        assert CANARY not in json.dumps(result)
        return result

    yield call
    assert all(CANARY not in json.dumps(made["argv"]) for made in site.calls())


class TestPowerByCommand:
    def test_status_only_reads(self, power: Call, site: Site) -> None:
        result = power(site.system())
        assert (result["power"], result["driver"], result["changed"]) == ("on", "command", False)
        assert result["peer"]["state"] == "on"
        assert set(site.verbs()) == {"status"}

    def test_on(self, power: Call, site: Site) -> None:
        site.set(coserver1="off", coserver2="on")
        assert power(site.system(), state="on", check=True)["changed"]
        result = power(site.system(), state="on")
        assert result["changed"]
        assert result["diff"] == {"before": {ONE: "off"}, "after": {ONE: "on"}}
        assert not power(site.system(), state="on")["changed"]
        assert site.verbs().count("on") == 1

    def test_a_cut(self, power: Call, site: Site) -> None:
        site.set(coserver1="on", coserver2="off")
        cut = {"state": "off", "way": "cut", "peer_state": "off", "wiring_proven": True}
        assert power(site.system(), **cut, check=True)["changed"]
        assert site.states()[ONE] == "on"
        result = power(site.system(), **cut)
        assert (result["power"], result["changed"]) == ("off", True)
        assert not power(site.system(), **cut)["changed"]
        assert site.verbs().count("off") == 1

    @pytest.mark.parametrize("check", [False, True])
    @pytest.mark.parametrize(
        ("fault", "arguments", "reason"),
        [
            ("", {"peer_state": "off", "wiring_proven": True}, "peer_state"),
            ("", {"peer_state": "on"}, "wiring_unproven"),
            ("silent", {"wiring_proven": True}, "unknown"),
        ],
    )
    @pytest.mark.parametrize("way", ["cut", "bios_setup"])
    def test_refusals(self, power: Call, site: Site, fault, arguments, reason, way, check) -> None:
        site.fault(fault)
        system = site.system(boot_setup=words(site.folder, "setup", "{coserver}"))
        result = power(system, state="off", way=way, check=check, **arguments)
        assert result["reason"] == reason
        assert set(site.verbs()) == {"status"}

    def test_a_driver_that_switches_the_other_machine(self, power: Call, site: Site) -> None:
        site.fault("peer")
        result = power(site.system(), state="off", way="cut", wiring_proven=True)
        assert result["reason"] == "peer_changed"
        assert result["changed"]

    def test_it_does_not_wait_for_the_deadline_to_see_that(self, power: Call, site: Site) -> None:
        site.fault("peer")
        cut = {"state": "off", "way": "cut", "wiring_proven": True, "deadline_seconds": 3600}
        assert power(site.system(), **cut)["reason"] == "peer_changed"

    @pytest.mark.parametrize("check", [False, True])
    @pytest.mark.parametrize(
        ("way", "reason"), [("at_post", "refused"), ("bios_setup", "not_possible")]
    )
    def test_ways_that_a_driver_cannot_go(
        self, power: Call, site: Site, way: str, reason: str, check: bool
    ) -> None:
        result = power(site.system(), state="off", way=way, wiring_proven=True, check=check)
        assert result["reason"] == reason
        assert set(site.verbs()) == {"status"}

    def test_off_is_what_the_driver_reads(self, power: Call, site: Site) -> None:
        site.fault("deaf")
        result = power(site.system(), state="off", way="cut", wiring_proven=True)
        assert result["reason"] == "not_verified"
        assert "done" in result["msg"]

    def test_shutdown_cuts_nothing_and_proves_the_wiring(self, power: Call, site: Site) -> None:
        assert power(site.system(), state="off", way="shutdown")["reason"] == "not_verified"
        site.fault("goes_off")
        result = power(site.system(), state="off", way="shutdown")
        assert (result["power"], result["changed"]) == ("off", True)
        assert result["wiring"]["result"] == "proven"
        assert set(site.verbs()) == {"status"}

    def test_bios_setup_waits_for_the_person_at_the_screen(self, power: Call, site: Site) -> None:
        site.set(coserver1="on", coserver2="off")
        part = {"boot_setup": words(site.folder, "setup", "peer")}
        off = {"state": "off", "way": "bios_setup", "peer_state": "off", "wiring_proven": True}
        result = power(site.system(**part), **off)
        assert result["reason"] == "waiting_operator"
        assert "BIOS" in result["instruction"]["ja"]
        assert "off" not in site.verbs()
        assert power(site.system(**part), **off, confirmed_by="Sato")["power"] == "off"

    def test_the_form_comes_from_the_inventory(self, run: Call, host: Any) -> None:
        assert run("power", host(), coserver=ONE)["reason"] == "bad_settings"


BY_HAND: dict[str, Any] = {ONE: {"name": "CO1"}, TWO: {"name": "CO2"}}


class TestPowerByOperator:
    @pytest.mark.parametrize(
        ("arguments", "words_ja"),
        [
            ({"state": "on"}, "電源ボタンから入れて"),
            ({"state": "off", "way": "at_post"}, "POST 画面で"),
            ({"state": "off", "way": "bios_setup"}, "BIOS セットアップ"),
            ({"state": "off", "way": "shutdown"}, "シャットダウン"),
            ({"state": "off", "way": "cut"}, "電源ボタンから切って"),
        ],
    )
    def test_it_tells_what_to_do_and_believes_a_name(
        self, power: Call, arguments: dict[str, Any], words_ja: str
    ) -> None:
        result = power(BY_HAND, **arguments)
        assert (result["failed"], result["reason"]) == (True, "waiting_operator")
        assert words_ja in result["instruction"]["ja"]
        assert words_ja in result["msg"]
        assert "CoServer1" in result["instruction"]["en"]
        assert power(BY_HAND, **arguments, check=True)["changed"]
        assert power(BY_HAND, **arguments, confirmed_by="  ")["reason"] == "waiting_operator"
        told = power(BY_HAND, **arguments, confirmed_by="Sato")
        assert (told["power"], told["changed"]) == (arguments["state"], True)
        assert told["evidence"] == "Sato says so"

    def test_status_is_unknown(self, power: Call) -> None:
        assert power(BY_HAND)["power"] == "unknown"


@pytest.fixture(scope="module")
def both() -> Iterator[Boards]:
    pytest.importorskip("pyghmi")
    with boards() as running:
        yield running


@pytest.mark.slow
class TestPowerByIpmi:
    """Against the lab's boards."""

    @pytest.fixture
    def lab(self, both: Boards) -> Boards:
        both.mend()
        return both

    @pytest.fixture
    def ipmi(self, run: Call, host: Any, lab: Boards) -> Call:
        def call(**arguments: Any) -> dict[str, Any]:
            seconds = arguments.pop("seconds", 5)
            uuids = {node: lab.do("uuid", node) for node in (ONE, TWO)} | arguments.pop("uuids", {})
            system = {
                node: {
                    "name": node,
                    "uuid": uuids[node],
                    "power": {
                        "driver": "ipmi",
                        "address": "127.0.0.1",
                        "port": lab.ports[node],
                        "credentials": "bmc",
                        "seconds": seconds,
                    },
                }
                for node in (ONE, TWO)
            }
            entries = {"bmc": {"username": "admin", "password": PASSWORD}}
            given = {"ft_system": system, "ft_credentials": entries, "deadline_seconds": 0}
            result = run("power", host(), **{"coserver": ONE, **given, **arguments})
            assert PASSWORD not in json.dumps(result)
            return result

        return call

    def test_a_cut_with_the_machines_uuid(self, ipmi: Call, lab: Boards) -> None:
        result = ipmi(state="off", way="cut", peer_state="on")
        assert (result["power"], result["wiring"]["result"]) == ("off", "proven")
        assert (lab.power(ONE), lab.power(TWO)) == ("off", "on")

    def test_the_board_of_the_other_machine_cuts_nothing(self, ipmi: Call, lab: Boards) -> None:
        exchanged = {ONE: lab.do("uuid", TWO), TWO: lab.do("uuid", ONE)}
        result = ipmi(state="off", way="cut", uuids=exchanged, wiring_proven=True)
        assert result["reason"] == "wiring_wrong"
        assert (lab.power(ONE), lab.power(TWO)) == ("on", "on")

    def test_without_a_uuid_nothing_is_proven(self, ipmi: Call, lab: Boards) -> None:
        assert ipmi(state="off", way="cut", uuids={ONE: None})["reason"] == "wiring_unproven"
        peerless = ipmi(state="off", way="cut", uuids={TWO: None})
        assert peerless["reason"] == "wiring_unproven"
        assert "the peer's is not known" in peerless["msg"]
        assert lab.power(ONE) == "on"
        told = {"machine_uuid": lab.do("uuid", ONE), "peer_uuid": lab.do("uuid", TWO)}
        assert ipmi(state="off", way="cut", uuids={ONE: None, TWO: None}, **told)["power"] == "off"

    def test_boards_that_lie_about_the_peer(self, ipmi: Call, lab: Boards) -> None:
        lab.inject("bmc_lies", TWO, says="off")
        assert ipmi(state="off", way="cut", peer_state="on")["reason"] == "peer_state"
        lab.inject("bmc_recovers", TWO)
        lab.inject("bmc_silent", TWO)
        assert ipmi(state="off", way="cut", peer_state="on", seconds=5)["reason"] == "peer_state"
        assert lab.power(ONE) == "on"

    def test_a_silent_board_is_never_off(self, ipmi: Call, lab: Boards) -> None:
        lab.inject("bmc_silent", ONE)
        assert ipmi(seconds=1)["power"] == "unknown"
        assert ipmi(seconds=1, state="off", way="cut")["reason"] == "unknown"

    def test_a_deaf_board(self, ipmi: Call, lab: Boards) -> None:
        lab.inject("bmc_deaf", ONE)
        assert ipmi(state="off", way="cut")["reason"] == "not_verified"

    def test_a_board_that_switches_the_peer_is_told_at_once(self, ipmi: Call, lab: Boards) -> None:
        lab.inject("bmc_wired_to", ONE, node=TWO)
        result = ipmi(state="off", way="cut")
        assert result["reason"] == "peer_changed"
        assert "cut nothing more" in result["msg"]

    def test_bios_setup(self, ipmi: Call, lab: Boards) -> None:
        assert ipmi(state="off", way="bios_setup")["reason"] == "waiting_operator"
        assert lab.do("device", ONE) == "setup"
        assert lab.power(ONE) == "on"
        assert ipmi(state="off", way="bios_setup", confirmed_by="Sato")["power"] == "off"


@pytest.fixture
def ft(site: Site) -> Site:
    site.set(
        coserver1="dark green",
        coserver2="dark green",
        virtual_server1="failed",
        virtual_server2="failed",
        ftvirtual="failed",
    )
    return site


class TestVirtualServer:
    def call(self, run: Call, host: Any, site: Site, **arguments: Any) -> dict[str, Any]:
        given = {"ft_system": site.endurance(), "ft_credentials": CREDENTIALS}
        result = run(
            "virtual_server",
            host(),
            **{"name": "virtual_server1", "deadline_seconds": 0, **given, **arguments},
        )
        assert CANARY not in json.dumps(result)
        return result

    def test_it_is_enabled_once(self, run: Call, host: Any, ft: Site) -> None:
        assert self.call(run, host, ft, check=True)["changed"]
        assert "enable" not in ft.verbs()
        result = self.call(run, host, ft)
        assert (result["changed"], result["component"]) == (True, {"colour": "light_green"})
        assert ft.states()["virtual_server2"] == "failed"
        assert not self.call(run, host, ft)["changed"]
        assert ft.verbs().count("enable") == 1

    @pytest.mark.parametrize(
        ("fault", "reason"), [("deaf", "not_verified"), ("refuses", "endurance_refused")]
    )
    def test_a_word_is_not_a_state(self, run: Call, host: Any, ft: Site, fault, reason) -> None:
        ft.fault(fault)
        assert self.call(run, host, ft)["reason"] == reason

    def test_an_operator(self, run: Call, host: Any, ft: Site) -> None:
        by_hand: dict[str, Any] = {"ft_system": {}}
        result = self.call(run, host, ft, name="virtual_server2", **by_hand)
        assert result["reason"] == "waiting_operator"
        assert "“Virtual Server2” (右側の FTvirtual Server)" in result["instruction"]["ja"]
        assert self.call(run, host, ft, check=True, **by_hand)["changed"]
        told = self.call(run, host, ft, confirmed_by="Sato", **by_hand)
        assert (told["changed"], told["component"]) == (True, {})
        assert ft.calls() == []


class TestEnduranceInfo:
    def call(self, run: Call, host: Any, site: Site, **arguments: Any) -> dict[str, Any]:
        given = {"ft_system": site.endurance(), "ft_credentials": CREDENTIALS}
        result = run("endurance_info", host(), **{**given, **arguments})
        assert CANARY not in json.dumps(result)
        return result

    def test_it_reads(self, run: Call, host: Any, ft: Site) -> None:
        result = self.call(run, host, ft)
        assert (result["source"], result["healthy"]) == ("command", False)
        assert result["components"]["virtual_server1"] == {"state": "Failed"}
        ft.set(**dict.fromkeys(ft.states(), "dark green"))
        assert self.call(run, host, ft)["healthy"] is True
        ft.set(**{**ft.states(), "ftvirtual": "grey"})
        assert self.call(run, host, ft)["healthy"] is None

    def test_it_waits_while_something_is_light_green(
        self, run: Call, host: Any, ft: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ft.set(**{**ft.states(), "virtual_server1": "light green"})
        from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.waiting import Stop

        looks = []

        def passes(_stop: Stop, _seconds: float) -> None:
            looks.append(1)
            ft.set(**{**ft.states(), "virtual_server1": "dark green"})

        monkeypatch.setattr(Stop, "sleep", passes)
        assert self.call(run, host, ft)["components"]["virtual_server1"]["colour"] == "light_green"
        found = self.call(run, host, ft, deadline_seconds=60)["components"]["virtual_server1"]
        assert (found, looks) == ({"colour": "dark_green"}, [1])

    def test_an_operator(self, run: Call, host: Any, ft: Site) -> None:
        by_hand: dict[str, Any] = {"ft_system": {}}
        asked = self.call(run, host, ft, **by_hand)
        assert asked["reason"] == "waiting_operator"
        assert "濃い緑色は正常状態" in asked["instruction"]["ja"]
        seen = {"virtual_server1": "dark_green", "mirror1": "failed"}
        told = self.call(run, host, ft, seen=seen, confirmed_by="Sato", **by_hand)
        assert told["source"] == "operator Sato"
        assert told["components"]["mirror1"] == {"state": "Failed"}
        assert told["components"]["virtual_server2"] == {}
        wrong = self.call(run, host, ft, seen={"x": "green"}, confirmed_by="Sato", **by_hand)
        assert wrong["reason"] == "bad_settings"


class TestConfirm:
    def call(self, run: Call, host: Any, folder: Path, **arguments: Any) -> dict[str, Any]:
        given = {"change_id": "CHG1", "change_dir": str(folder), "step": "06-cut", "name": "Sato"}
        result: dict[str, Any] = run("confirm", host(), **{**given, **arguments})
        return result

    def test_it_answers_a_step_that_waits(self, run: Call, host: Any, tmp_path: Path) -> None:
        records = Confirmations(tmp_path)
        assert self.call(run, host, tmp_path)["reason"] == "not_waiting"
        assert list(tmp_path.iterdir()) == []
        request = records.ask("xa01", "06-cut", {"en": "Press it.", "ja": "押してください。"})
        assert self.call(run, host, tmp_path, check=True)["changed"]
        assert records.answer(request) is None
        result = self.call(run, host, tmp_path, note="at the screen")
        assert result["changed"]
        assert result["diff"]["after"]["name"] == "Sato"
        assert records.answer(request).note == "at the screen"  # type: ignore[union-attr]
        assert not self.call(run, host, tmp_path, note="at the screen")["changed"]
        assert self.call(run, host, tmp_path, name="Ito")["reason"] == "already_confirmed"

    def test_a_name_is_mandatory(self, run: Call, host: Any, tmp_path: Path) -> None:
        Confirmations(tmp_path).ask("xa01", "06-cut", {})
        assert self.call(run, host, tmp_path, name=" ")["reason"] == "name_missing"
