# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A site's commands: how they are called, what is believed of their answers, what is refused."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.ft import endurance, power
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.site_command import (
    Credentials,
    DriverError,
    SiteCommand,
)
from ft_doubles import CANARY, CREDENTIALS, Site, words


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def driver(site: Site, coserver: str = "coserver1", **more: Any) -> power.PowerDriver:
    return power.power_driver(site.system(**more), coserver, CREDENTIALS)


class TestPower:
    def test_status_on_and_off(self, site: Site) -> None:
        assert driver(site).status().state == "on"
        driver(site).off()
        assert site.states() == {"coserver1": "off", "coserver2": "on"}
        assert driver(site).status().state == "off"
        driver(site).on()
        assert driver(site).status().state == "on"

    @pytest.mark.parametrize(
        ("fault", "evidence"), [("silent", "exit code 0"), ("slow", "no end before its deadline")]
    )
    def test_what_it_does_not_say_is_unknown(self, site: Site, fault, evidence) -> None:
        site.fault(fault)
        began = time.monotonic()
        reading = driver(site, seconds=1 if fault == "slow" else 30).status()
        assert reading.state == "unknown"
        assert evidence in reading.evidence
        assert time.monotonic() - began < 10

    @pytest.mark.parametrize(
        ("fault", "reason"), [("refuses", "power_refused"), ("slow", "power_timeout")]
    )
    def test_a_failed_command_is_an_error(self, site: Site, fault, reason) -> None:
        site.fault(fault)
        with pytest.raises(DriverError) as caught:
            driver(site, seconds=1 if fault == "slow" else 30).off()
        assert caught.value.reason == reason

    def test_states_by_pattern_and_exit_code(self, site: Site) -> None:
        site.set(coserver1="Outlet 3: ON (12 W)", coserver2="on")
        states = {"on": r": on\b", "off": {"pattern": ": off", "exit_codes": [0, 3]}}
        assert driver(site, states=states).status().state == "on"
        assert driver(site).status().state == "unknown"
        both = {"on": "Outlet", "off": "Outlet"}
        assert driver(site, states=both).status().state == "unknown"

    def test_boot_setup_where_the_site_has_a_command(self, site: Site) -> None:
        with pytest.raises(DriverError, match="cannot make a start end in the BIOS setup"):
            driver(site).boot_to_setup()
        with_setup = driver(site, boot_setup=words(site.folder, "setup", "{coserver}"))
        with_setup.boot_to_setup()
        assert site.verbs() == ["setup"]

    def test_an_operator_is_the_default_and_is_told_what_to_do(self) -> None:
        by_hand = power.power_driver({"coserver1": {"name": "CO1"}}, "coserver1", None)
        assert by_hand.status().state == "unknown"
        for call in (by_hand.on, by_hand.off):
            with pytest.raises(power.OperatorNeededError) as caught:
                call()
            assert "CoServer1" in caught.value.instruction["en"]
            assert "サーバ本体の電源ボタンから" in caught.value.instruction["ja"]


class TestSecrets:
    @pytest.mark.parametrize("by", ["stdin", "environment"])
    def test_credentials_go_one_way_only(self, site: Site, by, monkeypatch) -> None:
        monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", "/nowhere")
        site.fault("leaks")
        reading = driver(site, credentials_by=by).status()
        [call] = site.calls()
        assert CANARY not in str(call["argv"])
        assert (CANARY in call["stdin"]) is (by == "stdin")
        assert (CANARY in str(call["environment"])) is (by == "environment")
        assert not [name for name in call["environment"] if name.startswith("ANSIBLE_")]
        assert CANARY not in reading.evidence
        assert "***" in reading.evidence

    def test_no_repr_tells_them(self, site: Site) -> None:
        one = Credentials("user", CANARY)
        assert CANARY not in repr(one)
        assert CANARY not in repr(vars(driver(site)))

    def test_without_credentials_nothing_is_handed_over(self, site: Site) -> None:
        driver(site, credentials=None).status()
        [call] = site.calls()
        assert call["stdin"] == ""
        assert "LEGACYOPS_PASSWORD" not in call["environment"]

    def test_no_shell_reads_the_words(self, site: Site) -> None:
        part = site.power(status=[*words(site.folder, "status", "coserver1"), "; touch $HOME/x"])
        form = {"coserver1": {"name": "co1", "power": part}}
        power.power_driver(form, "coserver1", CREDENTIALS).status()
        assert site.calls()[0]["argv"][-1] == "; touch $HOME/x"

    def test_a_value_is_never_taken_for_an_option(self, site: Site) -> None:
        part = site.power(status=[sys.executable, "{name}"])
        form = {"coserver1": {"name": "--help", "power": part}}
        reading = power.power_driver(form, "coserver1", CREDENTIALS).status()
        assert reading.state == "unknown"
        assert "option" in reading.evidence


def test_a_child_that_is_left_behind_does_not_keep_us(tmp_path: Path) -> None:
    script = "import os,time\nif os.fork() == 0: time.sleep(30)\nprint('on')"
    command = SiteCommand([sys.executable, "-c", script], "x", placeholders=(), credentials=None)
    began = time.monotonic()
    assert command.run().output == "on\n"
    assert time.monotonic() - began < 10


def test_a_command_that_is_killed_takes_its_children_along(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    script = f"import os,time\nif os.fork() == 0: open({str(pid)!r},'w').write(str(os.getpid()))\n"
    script += "time.sleep(30)"
    command = SiteCommand(
        [sys.executable, "-c", script], "x", placeholders=(), credentials=None, seconds=1
    )
    assert command.run().exit_code is None
    for _ in range(50):
        try:
            state = Path(f"/proc/{pid.read_text()}/stat").read_text().split()[2]
        except FileNotFoundError:
            return
        if state == "Z":
            return
        time.sleep(0.1)
    os.kill(int(pid.read_text()), 9)
    raise AssertionError("the child lives on")


class TestEndurance:
    @pytest.fixture
    def ft(self, site: Site) -> Site:
        site.set(
            virtual_server1="dark green",
            virtual_server2="failed",
            mirror1="light green",
            ftvirtual="purple",
        )
        return site

    def read(self, site: Site, **more: Any) -> dict[str, dict[str, str]]:
        return endurance.endurance_driver(site.endurance(**more), CREDENTIALS).read()[0]

    def test_each_component_by_its_own_call(self, ft: Site) -> None:
        ft.set(**{**ft.states(), "coserver1": "dark green", "coserver2": "failed"})
        found = self.read(ft)
        assert found["virtual_server1"] == found["coserver1"] == {"colour": "dark_green"}
        assert found["virtual_server2"] == {"state": "Failed"}
        assert found["mirror1"] == {"colour": "light_green"}
        assert found["ftvirtual"] == {}

    def test_all_components_by_one_call(self, ft: Site) -> None:
        states = {
            "good": "^{component} = dark green",
            "synchronising": "^{component} = light green",
            "failed": "^{component} = failed",
            "offline": "^{component} = purple",
        }
        found = self.read(ft, status=words(ft.folder, "status"), states=states)
        assert found["virtual_server1"] == {"colour": "dark_green"}
        assert found["ftvirtual"] == {"state": "Offline"}
        assert found["coserver1"] == {}
        assert len(ft.calls()) == 1

    def test_enable(self, ft: Site) -> None:
        driver = endurance.endurance_driver(ft.endurance(), CREDENTIALS)
        driver.enable("virtual_server2")
        assert ft.states()["virtual_server2"] == "light green"
        ft.fault("refuses")
        with pytest.raises(DriverError) as caught:
            driver.enable("virtual_server2")
        assert caught.value.reason == "endurance_refused"
        assert CANARY not in str(ft.calls()[0]["argv"])

    @pytest.mark.parametrize(
        ("name", "clause"), [("virtual_server1", "左側の"), ("virtual_server2", "右側の")]
    )
    def test_an_operator_hears_the_notices_words(self, name, clause) -> None:
        with pytest.raises(power.OperatorNeededError) as caught:
            endurance.endurance_driver({}, None).enable(name)
        assert f"({clause} FTvirtual Server) を右クリックし、「有効化(E)」" in str(
            caught.value.instruction["ja"]
        )


POWER_MISTAKES: list[tuple[Any, str]] = [
    ("none", "driver is None"),
    ({"driver": "magic"}, "driver is 'magic'"),
    ({"driver": "ipmi"}, "address is not given"),
    ({"driver": "ipmi", "address": "b", "port": 0}, "port is 0"),
    ({"driver": "ipmi", "address": "b", "port": "623"}, "port is '623'"),
    ({"driver": "ipmi", "address": "b"}, "credentials is None"),
    ({"driver": "ipmi", "address": "b", "credentials": "other"}, "'other'"),
    ({"driver": "ipmi", "address": "b", "credentials": "half"}, "half.password"),
    ({"driver": "ipmi", "address": "b", "credentials": "long"}, "do not fit into IPMI"),
    ({"driver": "ipmi", "address": "b", "credentials": "site", "seconds": 0}, "seconds is 0"),
    ({"driver": "command"}, "status is no command"),
    ({"driver": "command", "status": "pdu status"}, "status is no command"),
    ({"driver": "command", "status": [1]}, "status is no command"),
    ({"driver": "command", "status": ["/no/such/pdu"]}, "no executable /no/such/pdu"),
    ({"driver": "command", "status": ["true", "{password}"]}, "placeholder {password}"),
    ({"driver": "command", "status": ["true", CANARY], "credentials": "site"}, "a password on"),
]
TRUE = {"driver": "command", "status": ["true"], "on": ["true"], "off": ["true"]}
POWER_MISTAKES += [
    ({**TRUE, "off": None}, "off is no command"),
    ({**TRUE, "seconds": 0}, "seconds is 0"),
    ({**TRUE, "seconds": "soon"}, "seconds is 'soon'"),
    ({**TRUE, "credentials_by": "argv"}, "credentials_by is 'argv'"),
    ({**TRUE, "states": {"on": "x"}}, "must tell on and off"),
    ({**TRUE, "states": {"on": "(", "off": "x"}}, "no regular expression"),
    ({**TRUE, "states": {"on": {}, "off": "x"}}, "is no pattern"),
    ({**TRUE, "exit_codes": ["0"]}, "no list of numbers"),
]
STATES = {"good": "a", "synchronising": "b", "failed": "c"}
ENDURANCE = {"driver": "command", "status": ["true"], "enable": ["true", "{component}"]}
ENDURANCE_MISTAKES: list[tuple[Any, str]] = [
    ("none", "driver is None"),
    ({"driver": "mtccons"}, "driver is 'mtccons'"),
    ({**ENDURANCE}, "must tell good, synchronising and failed"),
    ({**ENDURANCE, "states": {**STATES, "purple": "d"}}, "must tell good"),
    ({**ENDURANCE, "states": STATES, "enable": ["true"]}, "does not say which"),
    ({**ENDURANCE, "states": STATES, "components": ["x"]}, "must name components"),
    ({**ENDURANCE, "enable": ["true", "/NoQuorum"]}, "speaks of the quorum"),
    ({**ENDURANCE, "status": ["true", "{name}"]}, "placeholder {name}"),
]
ENTRIES = {
    **CREDENTIALS,
    "half": {"username": "u"},
    "long": {"username": "u", "password": "p" * 21},
}


def told(error: DriverError) -> None:
    """One sentence that says what is wrong, and one that says what to do."""
    assert error.reason == "bad_settings"
    assert error.message.endswith(".")
    assert error.remedy.endswith(".")
    assert CANARY not in str(error)


@pytest.mark.parametrize(("part", "sentence"), POWER_MISTAKES)
def test_mistakes_in_a_power_part(part: Any, sentence: str) -> None:
    with pytest.raises(DriverError) as caught:
        power.power_driver({"coserver1": {"name": "x", "power": part}}, "coserver1", ENTRIES)
    assert sentence in caught.value.message
    told(caught.value)


@pytest.mark.parametrize(("part", "sentence"), ENDURANCE_MISTAKES)
def test_mistakes_in_an_endurance_part(part: Any, sentence: str) -> None:
    with pytest.raises(DriverError) as caught:
        endurance.endurance_driver({"endurance": part}, ENTRIES)
    assert sentence in caught.value.message
    told(caught.value)
