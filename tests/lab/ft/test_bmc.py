"""The CoServers' BMCs, reached by pyghmi's unmodified client in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fake_clock import FakeClock
from legacyops_lab.ft import FtSystem

from .conftest import CO1, CO2, SYSTEMS

pytest.importorskip("pyghmi")

CLIENT = """
import json, sys
from pyghmi.ipmi import command
port, password, calls = int(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])
bmc = command.Command(bmc="127.0.0.1", userid="admin", password=password, port=port)
answers = []
for name, arguments in calls:
    try:
        answers.append(getattr(bmc, name)(*arguments))
    except Exception as error:
        answers.append({"error": str(error)})
print(json.dumps(answers, default=list))
"""
Ask = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def ft(clock: FakeClock) -> FtSystem:
    """Return a failed system on a clock that stands still."""
    return FtSystem("ft-failed1", SYSTEMS["ft-failed1"], clock)


@pytest.fixture
def ask(ft: FtSystem) -> Iterator[Ask]:
    """Return a function that asks a CoServer's BMC."""
    from legacyops_lab.ft.bmc import CoServerBmc

    bmcs = {node: CoServerBmc(ft, node, "127.0.0.1", 0) for node in (CO1, CO2)}

    def call(node: str, *calls: list[Any], password: str = "Lab-Passw0rd!") -> Any:
        line = [sys.executable, "-c", CLIENT, str(bmcs[node].port), password, json.dumps(calls)]
        done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode:
            print(done.stderr, file=sys.stderr)  # pytest shows it where an answer is missing
            return [{"error": done.stderr.strip().splitlines()[-1]}]
        return json.loads(done.stdout)

    yield call
    for bmc in bmcs.values():
        bmc.close()


def test_power_is_the_systems(ft: FtSystem, ask: Ask) -> None:
    status, off, now, again = ask(
        CO1, ["get_power", []], ["set_power", ["off"]], ["get_power", []], ["set_power", ["off"]]
    )
    assert status["powerstate"] == "on"
    assert off.get("pendingpowerstate", off.get("powerstate")) == "off"
    assert now["powerstate"] == again["powerstate"] == "off"
    assert ft.node(CO1)["power"] == "off"
    assert ft.node(CO2)["power"] == "on"
    assert ask(CO1, ["set_power", ["on"]], ["get_power", []])[1]["powerstate"] == "on"
    assert ft.node(CO1)["phase"] == "post"


def test_boot_into_setup(ft: FtSystem, ask: Ask) -> None:
    boot, device, _ = ask(
        CO1, ["set_bootdev", ["setup"]], ["get_bootdev", []], ["set_power", ["shutdown"]]
    )
    assert (boot["bootdev"], device["bootdev"]) == ("setup", "setup")
    assert ft.node(CO1)["phase"] == "down"
    assert ft.state.one.setup


def test_both_have_their_own_uuid(ask: Ask) -> None:
    first = ask(CO1, ["raw_command", [6, 0x37]])[0]["data"]
    assert first != ask(CO2, ["raw_command", [6, 0x37]])[0]["data"]
    assert len(first) == 16


def test_lies_and_deafness(ft: FtSystem, ask: Ask) -> None:
    ft.inject("bmc_lies", CO1, says="off")
    assert ask(CO1, ["get_power", []])[0]["powerstate"] == "off"
    assert ft.node(CO1)["power"] == "on"
    ft.inject("bmc_recovers", CO1)
    ft.inject("bmc_deaf", CO1)
    assert ask(CO1, ["set_power", ["off"]], ["get_power", []])[1]["powerstate"] == "on"


def test_a_busy_board_executes_nothing(ft: FtSystem, ask: Ask) -> None:
    ft.inject("bmc_busy", CO1, times=1)
    refused, off = ask(CO1, *[["raw_command", [0, 2, [], [0]]]] * 2)
    assert (refused["code"], off["code"]) == (0xC0, 0)
    assert ft.node(CO1)["power"] == "off"
    ft.inject("bmc_full", CO2, times=1)
    assert "Insufficient resources to create new session" in ask(CO2, ["get_power", []])[0]["error"]
    assert ask(CO2, ["get_power", []])[0]["powerstate"] == "on"


def test_a_board_may_be_busy_from_the_start(clock: FakeClock) -> None:
    description = {"model": "test", "type": "windows_2003", CO1: {"bmc": {"busy": 2, "full": -1}}}
    ft = FtSystem("ft-busy", description, clock)
    again = FtSystem("ft-busy", description, clock, state=ft.dump())
    assert [again.bmc_refuses(CO1, "busy") for _ in range(3)] == [True, True, False]
    assert all(again.bmc_refuses(CO1, "full") for _ in range(3))
    assert not again.bmc_refuses(CO2, "busy")


def test_wired_to_the_peer(ft: FtSystem, ask: Ask) -> None:
    ft.inject("bmc_wired_to", CO1, node=CO2)
    ask(CO1, ["set_power", ["off"]])
    assert (ft.node(CO1)["power"], ft.node(CO2)["power"]) == ("on", "off")
    assert [entry["kind"] for entry in ft.ledger()].count("violation") == 1


def test_late_answers_arrive(ft: FtSystem, ask: Ask) -> None:
    ft.inject("bmc_late", CO1, seconds=0.3)
    assert ask(CO1, ["get_power", []])[0]["powerstate"] == "on"


def test_a_closed_board_is_silent_and_stays_known(clock: FakeClock) -> None:
    """pyghmi's thread dies of an entry that goes while it looks: all boards would be silent."""
    from legacyops_lab.ft.bmc import CoServerBmc
    from pyghmi.ipmi.private import session

    board = CoServerBmc(FtSystem("ft-failed1", SYSTEMS["ft-failed1"], clock), CO1, "127.0.0.1", 0)
    before = {address: dict(known) for address, known in session.Session.bmc_handlers.items()}
    board.close()
    assert session.Session.bmc_handlers == before
    assert session.iothread.is_alive()
    assert board.silent


def test_wrong_password_is_refused(ft: FtSystem, ask: Ask) -> None:
    assert "error" in ask(CO1, ["set_power", ["off"]], password="wrong")[0]
    assert ft.node(CO1)["power"] == "on"
