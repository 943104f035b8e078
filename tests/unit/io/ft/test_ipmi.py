# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The driver ipmi against the lab's real BMCs, with what can be wrong with them."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.ft.machine_uuid import (
    PLACEHOLDERS,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.ft import ipmi, power
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.ft.ipmi import Board, in_child
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.site_command import (
    Credentials,
    DriverError,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.wire import RemoteError
from bmc_process import PASSWORD, Boards, boards

pytest.importorskip("pyghmi")
CREDENTIALS = {"bmc": {"username": "admin", "password": PASSWORD}}
ONE, TWO = "coserver1", "coserver2"


@pytest.fixture(scope="module")
def lab() -> Iterator[Boards]:
    with boards() as both:
        yield both


@pytest.fixture(autouse=True)
def _mended(lab: Boards) -> Iterator[None]:
    yield
    lab.mend()


def board(lab: Boards, node: str = ONE, **more: Any) -> Board:
    login = Credentials("admin", PASSWORD)
    return replace(Board("127.0.0.1", lab.ports[node], login, 10.0), **more)


def driver(lab: Boards, node: str = ONE, **more: Any) -> power.PowerDriver:
    part = {"driver": "ipmi", "address": "127.0.0.1", "port": lab.ports[node], "credentials": "bmc"}
    form = {node: {"name": node, "power": {**part, "seconds": 20, **more}}}
    return power.power_driver(form, node, CREDENTIALS)


def test_status_off_and_on(lab: Boards) -> None:
    one = driver(lab)
    assert one.status().state == "on"
    assert one.off() == "the board took it"
    assert (lab.power(ONE), lab.power(TWO)) == ("off", "on")
    assert one.status().state == "off"
    one.on()
    assert one.status().state == "on"


def test_boot_to_setup_is_for_one_start(lab: Boards) -> None:
    assert driver(lab).boots_to_setup
    driver(lab).boot_to_setup()
    assert lab.do("device", ONE) == "setup"


def test_the_uuid_is_the_machines(lab: Boards) -> None:
    seen = driver(lab).guid()
    assert power.wiring_by_uuid(seen, lab.do("uuid", ONE), lab.do("uuid", TWO)).result == "proven"
    exchanged = power.wiring_by_uuid(seen, lab.do("uuid", TWO), lab.do("uuid", ONE))
    assert exchanged.result == "wrong"
    assert "the peer's" in exchanged.evidence


def test_late_answers_arrive(lab: Boards) -> None:
    lab.inject("bmc_late", ONE, seconds=0.5)
    assert driver(lab).status().state == "on"
    assert board(lab).control("off")
    assert lab.power(ONE) == "off"


@pytest.mark.slow
def test_silence_is_unknown(lab: Boards) -> None:
    lab.inject("bmc_silent", ONE)
    reading = driver(lab, seconds=1).status()
    assert reading.state == "unknown"
    assert "did not answer" in reading.evidence
    assert driver(lab, seconds=1).guid() is None


def test_the_deadline_holds(lab: Boards) -> None:
    lab.inject("bmc_late", ONE, seconds=30)
    began = time.monotonic()
    with pytest.raises(DriverError) as caught:
        board(lab, seconds=1.0).power()
    assert caught.value.reason == "power_timeout"
    assert time.monotonic() - began < 20


@pytest.mark.slow
def test_a_cut_is_sent_once(lab: Boards) -> None:
    """A late board acts on each packet it got: one that comes twice could undo a later on."""
    lab.inject("bmc_late", ONE, seconds=2)
    assert board(lab).control("off")
    lab.inject("bmc_recovers", ONE)
    lab.do("act", "power_on", ONE)
    time.sleep(2)
    assert lab.power(ONE) == "on"


@pytest.mark.slow
class TestABusyBoard:
    """0xC0, and no resources for a session: nothing was executed, so it is asked again."""

    @pytest.mark.parametrize("fault", ["bmc_busy", "bmc_full"])
    def test_is_asked_again(self, lab: Boards, fault: str) -> None:
        lab.inject(fault, ONE, times=2)
        assert driver(lab).status().state == "on"
        lab.inject(fault, ONE, times=2)
        assert driver(lab).guid() is not None
        lab.inject(fault, ONE, times=2)
        assert driver(lab).off() == "the board took it"
        assert lab.power(ONE) == "off"

    def test_in_the_middle_of_two_commands(self, lab: Boards) -> None:
        lab.inject("bmc_busy", ONE, times=1)
        driver(lab).boot_to_setup()
        assert lab.do("device", ONE) == "setup"

    @pytest.mark.parametrize("fault", ["bmc_busy", "bmc_full"])
    def test_within_a_bound_and_then_says_so(self, lab: Boards, fault: str) -> None:
        lab.inject(fault, ONE)
        with pytest.raises(DriverError) as caught:
            board(lab, busy_seconds=1.5).control("off")
        assert caught.value.reason == "power_busy"
        assert "executed nothing" in caught.value.message
        assert "password" not in str(caught.value)
        assert lab.power(ONE) == "on"

    def test_an_act_is_asked_again_for_a_short_time_only(self) -> None:
        """What guards it was read before; who asked guards it anew (StepRun)."""
        assert ipmi._BUSY_ACT_SECONDS <= 10 < 63 <= ipmi._BUSY_SECONDS


@pytest.mark.slow
def test_deaf_and_lying_boards_do_what_they_do(lab: Boards) -> None:
    lab.inject("bmc_deaf", ONE)
    driver(lab).off()
    assert driver(lab).status().state == "on"
    lab.inject("bmc_lies", ONE, says="off")
    assert driver(lab).status().state == "off"
    assert lab.power(ONE) == "on"


def test_refusals_name_no_secret(lab: Boards) -> None:
    wrong = board(lab, credentials=Credentials("admin", "Canary-Pass-7"))
    with pytest.raises(DriverError) as caught:
        wrong.control("off")
    assert caught.value.reason == "power_refused"
    assert "Canary" not in str(caught.value)
    assert "Canary" not in repr(wrong)
    assert lab.power(ONE) == "on"


def test_nothing_of_pyghmi_stays_in_the_worker(lab: Boards) -> None:
    from pyghmi.ipmi.private import session

    def held() -> tuple[object, ...]:
        """What this process holds; other tests may have run the lab's own BMCs in it."""
        return threading.active_count(), session.iothread, list(session.iosockets)

    before = held()
    board(lab).power()
    assert held() == before


def without_pyghmi(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "pyghmi"]:
        monkeypatch.delitem(sys.modules, name)


def test_pyghmi_is_loaded_once_before_the_forks(
    lab: Boards, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_pyghmi(monkeypatch)

    def loaded(_task: object, _seconds: float) -> dict[str, bool]:
        return {"value": "pyghmi.ipmi.command" in sys.modules}

    monkeypatch.setattr(ipmi, "in_child", loaded)
    assert board(lab).power() == "True"


def test_a_child_loads_pyghmi_anew_only_where_it_was_used(monkeypatch: pytest.MonkeyPatch) -> None:
    from pyghmi.ipmi import command
    from pyghmi.ipmi.private import session

    def kept() -> bool:
        return ipmi._command_class() is command.Command

    monkeypatch.setattr(session, "iothread", None)
    assert in_child(kept, 10) == {"value": True}
    monkeypatch.setattr(session, "iothread", threading.current_thread())
    assert in_child(kept, 10) == {"value": False}


def test_a_missing_library_is_named(lab: Boards, monkeypatch: pytest.MonkeyPatch) -> None:
    without_pyghmi(monkeypatch)
    monkeypatch.setitem(sys.modules, "pyghmi", None)
    with pytest.raises(RemoteError) as caught:
        board(lab).power()
    assert "pyghmi is missing on the controller" in str(caught.value)


def test_the_drivers_load_pyghmi_only_when_they_talk() -> None:
    package = "ansible_collections.legacyops.hotfix.plugins"
    code = f"import sys, {package}.action.power; sys.exit('pyghmi' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.slow
class TestShutdownAsProof:
    """A node shuts itself down: its own board must see that, and the peer's nothing."""

    def readings(
        self, lab: Boards, silent: str | None
    ) -> tuple[power.PowerReading, power.PowerReading]:
        one, two = (driver(lab, n, seconds=2 if n == silent else 20).status() for n in (ONE, TWO))
        return one, two

    def shown(self, lab: Boards, silent: str | None = None) -> str:
        before = self.readings(lab, silent)
        lab.do("act", "power_off", ONE)
        return power.wiring_by_shutdown(before, self.readings(lab, silent)).result

    def test_proven(self, lab: Boards) -> None:
        assert self.shown(lab) == "proven"

    def test_exchanged(self, lab: Boards) -> None:
        lab.inject("bmc_wired_to", ONE, node=TWO)
        lab.inject("bmc_wired_to", TWO, node=ONE)
        assert self.shown(lab) == "wrong"

    @pytest.mark.parametrize(("node", "wired_to"), [(ONE, TWO), (TWO, ONE)])
    def test_two_boards_on_one_machine_prove_nothing(self, lab: Boards, node, wired_to) -> None:
        lab.inject("bmc_wired_to", node, node=wired_to)
        assert self.shown(lab) == "unknown"

    @pytest.mark.parametrize("fault", ["bmc_silent", "bmc_lies"])
    @pytest.mark.parametrize("node", [ONE, TWO])
    def test_a_board_that_says_nothing_or_anything(self, lab: Boards, fault, node) -> None:
        arguments = {"says": "off"} if fault == "bmc_lies" else {}
        lab.inject(fault, node, **arguments)
        expected = "proven" if (fault, node) == ("bmc_lies", TWO) else "unknown"
        assert self.shown(lab, node if fault == "bmc_silent" else None) == expected


OWN, PEER = "1D0BDCF5-D429-5BD0-9049-8A468793012B", "5f0a2f0e-7a43-5c6d-8bd2-02ad5f7e2b11"
NOBODYS = [str(each) for each in PLACEHOLDERS] + [
    "00020003-0004-0005-0006-000700080009",  # as Linux reads the third of them
    "abababab-abab-abab-abab-abababababab",
]


@pytest.mark.parametrize(
    ("board_says", "machine", "peer", "result"),
    [
        (None, OWN, PEER, "unknown"),
        ("not hex", OWN, PEER, "unknown"),
        ("1d0bdcf5d4295bd090498a468793012b", OWN, PEER, "proven"),
        ("f5dc0b1d29d4d05b90498a468793012b", OWN, PEER, "proven"),
        ("2b019387468a4990d05b29d4f5dc0b1d", OWN, PEER, "proven"),
        ("1d0bdcf5d4295bd090498a468793012b", OWN, OWN, "unknown"),
        ("1d0bdcf5d4295bd090498a468793012b", OWN, None, "unknown"),
        ("1d0bdcf5d4295bd090498a468793012b", None, PEER, "unknown"),
        ("1d0bdcf5d4295bd090498a468793012c", OWN, None, "wrong"),
        # What the peer has is known, and is not the machine's, whosever it is.
        ("1d0bdcf5d4295bd090498a468793012b", OWN, NOBODYS[2], "proven"),
    ],
)
def test_uuids_in_every_byte_order(board_says, machine, peer, result) -> None:
    assert power.wiring_by_uuid(board_says, machine, peer).result == result


@pytest.mark.parametrize("peer", [None, PEER])
@pytest.mark.parametrize("uuid", NOBODYS)
def test_a_uuid_that_many_machines_have_proves_nothing(uuid: str, peer: str | None) -> None:
    for machine in (uuid, uuid.upper(), OWN):
        found = power.wiring_by_uuid(uuid.replace("-", ""), machine, peer)
        assert found.result == "unknown"
        assert "shuts itself down" in found.evidence
    own = power.wiring_by_uuid(OWN, uuid, peer)
    assert own.result == "unknown"


@pytest.mark.parametrize(
    ("machine", "peer", "says"), [(None, PEER, "read it"), (OWN, None, "read the peer")]
)
def test_what_would_prove_it_is_said(machine: str | None, peer: str | None, says: str) -> None:
    evidence = power.wiring_by_uuid(OWN, machine, peer).evidence
    assert f"once the relay has {says}" in evidence
    assert "its uuid stands in legacyops_ft_system" in evidence


def test_a_child_that_dies_is_an_error() -> None:
    def fail() -> None:
        raise SystemExit(3)

    assert in_child(fail, 5) == {"error": "3", "type": "SystemExit"}
    assert in_child(lambda: {"a": 1}, 5) == {"value": {"a": 1}}
    assert in_child(lambda: time.sleep(30), 0.2) is None
