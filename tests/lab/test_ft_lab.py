"""A running lab with FT systems: its commands, its inventory, its boards, its relay."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from test_cli import Command, ansible

pytest.importorskip("pyghmi")

ESTATE = """\
estate: {name: small, speed: 300}
hosts:
  RELAY01: {kind: relay, language: ja, users: {"LAB\\\\relay": one}}
  RELAY02: {kind: relay, groups: [relays]}
ft_systems:
  ft01:
    model: PGT20126F2
    type: windows_2003
    relay: RELAY01
    coserver1: &failed {windows: {kb: true}, virtual: failed}
    coserver2: *failed
    ftvirtual: {phase: "off", kb: true, dirty: true}
    vars: {legacyops_ft_system: {contacts: {owner: Suzuki}, fix_level: {source: operator}}}
  ft02:
    model: PGT20126F
    type: windows_2000
    users: {admin: "secret: one"}
    coserver1: {bmc: null}
    coserver2: {bmc: null}
"""
IPMI = """
import json, sys
from pyghmi.ipmi import command
address, port, password, word = sys.argv[1:]
bmc = command.Command(bmc=address, userid="admin", password=password, port=int(port))
if word != "status":
    bmc.set_power(word, wait=5)
print(bmc.get_power()["powerstate"], bytes(bmc.raw_command(6, 0x37)["data"]).hex())
"""
# The last one's mainboards have no UUID of their own (HYP-FT-27).
NOBODYS = "{bmc: {uuid: 03000200-0400-0500-0006-000700080009}}"
TWINS = [""] * 19 + [f", coserver1: {NOBODYS}, coserver2: {NOBODYS}"]
MANY_SYSTEMS = "".join(
    f"  ft{number:02}: {{model: PGT20124F2, type: windows_2003, relay: RELAY01{twins}}}\n"
    for number, twins in enumerate(TWINS)
)


class Lab(Command):
    """`legacyops-lab` with an estate of FT systems."""

    def __init__(self, folder: Path, estate: str = ESTATE) -> None:
        super().__init__(folder)
        (folder / "estate.yml").write_text(estate, "utf-8")

    def inventory(self) -> Any:
        return yaml.safe_load((self.state / "inventory.yml").read_text("utf-8"))["all"]

    def screen(self, node: str, system: str = "ft01") -> str:
        return self.ok("operator", system, "look", node).strip()

    def refused(self, *words: str) -> str:
        done = self.run(*words)
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1
        return done.stderr


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab(tmp_path_factory.mktemp("ft"))
    assert lab.ok("up", "estate.yml").startswith("2 hosts and 2 FT systems are up.")
    yield lab
    lab.ok("down")


# The inventory --------------------------------------------------------------------------


def test_a_system_is_one_host_with_its_relays_connection(lab: Lab) -> None:
    top = lab.inventory()
    running = json.loads((lab.state / "lab.json").read_text("utf-8"))
    system = top["hosts"]["ft01"]
    assert system["ansible_host"] == running["addresses"]["RELAY01"]
    assert (system["ansible_user"], system["ansible_password"]) == ("LAB\\relay", "one")
    assert top["children"]["ft"]["hosts"] == {"ft01": {}, "ft02": {}}
    assert set(top["hosts"]) == {"RELAY02", "ft01", "ft02"}
    assert top["children"]["relays"]["hosts"] == {"RELAY02": {}}
    assert top["hosts"]["ft02"]["ansible_connection"] == "local"


def test_the_form_is_complete_and_each_machine_its_own(lab: Lab) -> None:
    form = lab.inventory()["hosts"]["ft01"]["legacyops_ft_system"]
    credentials = lab.inventory()["hosts"]["ft01"]["legacyops_ft_credentials"]
    nodes = [form[node] for node in ("coserver1", "coserver2", "ftvirtual")]
    boards = [node["power"] for node in nodes[:2]]
    places = [part["address"] for part in (*nodes, *boards)]
    assert len(set(places)) == len(places)
    assert len({board["port"] for board in boards}) == 2
    for part in (*nodes, *boards):
        assert set(credentials[part["credentials"]]) == {"username", "password"}
    assert [node["name"] for node in nodes] == ["FT01-CS1", "FT01-CS2", "FT01-VS"]
    assert "password" not in json.dumps(form).lower()
    assert set(form["backups"]) == {"coserver1", "coserver2", "ftvirtual"}


def test_the_estates_variables_are_merged_into_it(lab: Lab) -> None:
    form = lab.inventory()["hosts"]["ft01"]["legacyops_ft_system"]
    assert form["contacts"]["owner"] == "Suzuki"
    assert form["contacts"]["vendor"]
    assert form["fix_level"] == {"source": "operator"}  # another source replaces the whole part


def test_without_a_relay_everything_is_a_persons(lab: Lab) -> None:
    host = lab.inventory()["hosts"]["ft02"]
    form = host["legacyops_ft_system"]
    assert {form[node]["access"] for node in ("coserver1", "coserver2", "ftvirtual")} == {
        "operator"
    }
    assert "power" not in form["coserver1"]
    assert form["endurance"] == {"driver": "operator"}
    assert form["power_off"] == "at_post"
    assert host["legacyops_ft_credentials"] == {
        "ft": {"username": "admin", "password": "secret: one"}
    }


# A person, and the site's command -------------------------------------------------------


def test_what_a_person_sees(lab: Lab) -> None:
    assert lab.screen("ftvirtual") == "dark"
    assert lab.screen("coserver2") == "windows"
    board = lab.json("operator", "ft01", "board")
    assert board["virtual_server1"] == {"state": "Failed"}
    assert board["mirror1"] == {"colour": "dark_green"}
    assert lab.json("operator", "ft02", "board")["ftvirtual"] == {"colour": "dark_green"}


def test_what_is_not_possible_is_said_in_one_line(lab: Lab) -> None:
    for words, text in (
        (("ft02", "power_on", "coserver1"), "it is on"),
        (("ft02", "enable", "virtual_server1"), "it is good"),
        (("ft02", "enable", "mirror1"), "cannot be enabled"),
        (("ft02", "power_off", "ftvirtual"), "only a CoServer has that"),
        (("ft02", "dance", "coserver1"), "nobody can dance"),
        (("ft02", "restart"), "say which of coserver1"),
        (("ft02", "look", "coserver3"), "there is no coserver3"),
        (("ft09", "look", "coserver1"), "there is no FT system ft09"),
    ):
        assert text in lab.refused("operator", *words)


def test_the_sites_command(lab: Lab) -> None:
    lines = lab.ok("endurance", "ft01", "status").splitlines()
    assert "Virtual Server1: failed" in lines
    assert "Mirror2: dark green" in lines
    assert lab.ok("endurance", "ft02", "status", "FTvirtual Server") == (
        "FTvirtual Server: dark green\n"
    )
    assert "it is good" in lab.refused("endurance", "ft02", "enable", "Virtual Server2")
    assert "there is no component" in lab.refused("endurance", "ft02", "status", "Disk")


def test_status_shows_systems_beside_hosts(lab: Lab) -> None:
    status = lab.json("status", "--json")
    assert status["RELAY01"]["systems"] == ["ft01"]
    assert status["ft01"]["virtual_server2"]["state"] == "failed"
    assert status["ft01"]["coserver1"]["kb"] is True
    assert status["ft01"]["screens"]["ftvirtual"] == "dark"
    assert status["ft02"]["healthy"] is True
    for shown in (lab.ok("status"), lab.ok("watch")):
        assert "ft01 · PGT20126F2" in shown
        assert "● dark green" in shown
        assert "\x1b" not in shown


def test_watch_on_a_terminal_shows_changes_until_it_is_interrupted(lab: Lab) -> None:
    command = [sys.executable, "-m", "legacyops_lab", "watch", "--state", str(lab.state)]
    mine, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 60, 140, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color"}
    process = subprocess.Popen(command, stdin=its, stdout=its, stderr=its, env=environment)
    os.close(its)
    try:
        first = read_until(mine, b"ft02")
        assert b"\x1b[" in first
        lab.ok("inject", "ft02.coserver1", "copy_slow")
        read_until(mine, b"copy_slow")
        process.send_signal(signal.SIGINT)
        read_until(mine, b"\x1b[?1049l")  # the terminal is as it was
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()
        os.close(mine)


def read_until(terminal: int, text: bytes) -> bytes:
    """Read what a terminal shows until it shows a text; OSError once it is closed."""
    shown, end = b"", time.monotonic() + 60
    while text not in shown:
        assert select.select([terminal], [], [], 30)[0], shown[-2000:]
        assert time.monotonic() < end, shown[-4000:]
        shown += os.read(terminal, 65536)
    return shown


# Boards ---------------------------------------------------------------------------------


def ipmi(lab: Lab, coserver: str, word: str = "status", password: str | None = None) -> list[str]:
    """Ask a board with pyghmi's client in a process of its own; [state, GUID]."""
    host = lab.inventory()["hosts"]["ft01"]
    power = host["legacyops_ft_system"][coserver]["power"]
    given = password or host["legacyops_ft_credentials"][power["credentials"]]["password"]
    line = [sys.executable, "-c", IPMI, power["address"], str(power["port"]), given, word]
    done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout.split()


@pytest.mark.slow
def test_boards_answer_and_switch_their_own_machine(lab: Lab) -> None:
    first, second = ipmi(lab, "coserver1"), ipmi(lab, "coserver2")
    assert (first[0], second[0]) == ("on", "on")
    assert first[1] != second[1]
    assert ipmi(lab, "coserver1", password="wrong") == []
    lab.ok("operator", "ft01", "shutdown", "coserver1")
    lab.ok("operator", "ft01", "look", "coserver1", "--when", "dark")
    assert ipmi(lab, "coserver1")[0] == "off"
    assert ipmi(lab, "coserver2")[0] == "on"
    assert ipmi(lab, "coserver1", "on")[0] == "on"
    lab.ok("operator", "ft01", "look", "coserver1", "--when", "windows")
    lab.ok("inject", "ft01.coserver1", "bmc_lies", "says=off")
    assert ipmi(lab, "coserver1")[0] == "off"
    assert "bmc coserver1" in lab.json("status", "--json")["ft01"]["faults"]
    lab.ok("inject", "ft01.coserver1", "bmc_recovers")
    assert ipmi(lab, "coserver1")[0] == "on"
    assert lab.json("status", "--json")["ft01"]["violations"] == []


# The relay ------------------------------------------------------------------------------


def test_ansible_reaches_the_relay_in_the_systems_name(lab: Lab) -> None:
    done = ansible(lab, "ft01", "-m", "raw", "-a", "hostname")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "RELAY01" in done.stdout


# A life of its own ----------------------------------------------------------------------


@pytest.mark.slow
def test_a_person_heals_a_system_that_is_cut_at_post(tmp_path: Path) -> None:
    """① to ⑥ of the notice by hand, each wait done by the lab."""
    lab = Lab(tmp_path)
    lab.ok("up", "estate.yml", "--speed", "60")
    try:
        lab.ok("operator", "ft01", "shutdown", "coserver2")
        lab.ok("operator", "ft01", "look", "coserver2", "--when", "dark")
        lab.ok("operator", "ft01", "uninstall", "coserver1")
        lab.ok("operator", "ft01", "power_off", "coserver1", "--when", "post")
        assert lab.screen("coserver1") == "dark"
        status = lab.json("status", "--json")["ft01"]
        assert status["coserver1"]["kb"] is False
        assert status["violations"] == []
        assert "cannot be opened" in lab.refused("operator", "ft01", "board")
        assert "cannot be opened" in lab.refused("endurance", "ft01", "status")
        wrong = lab.run("operator", "ft01", "power_off", "coserver2", "--when", "dark")
        assert "it is off" in wrong.stderr
    finally:
        lab.ok("down")


@pytest.mark.slow
def test_state_ports_and_time_go_on_after_down(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    lab.ok("up", "estate.yml")
    lab.ok("operator", "ft01", "shutdown", "coserver2")
    lab.ok("operator", "ft01", "look", "coserver2", "--when", "dark")
    lab.ok("inject", "ft01.coserver1", "wmi_hangs")
    before, inventory = lab.ok("snapshot"), lab.inventory()
    ended = [entry["utc"] for entry in lab.json("ledger", "--json")]
    assert ended
    assert "minutes" in lab.ok("ledger")
    lab.ok("down")
    lab.ok("up", "estate.yml")
    try:
        assert lab.ok("snapshot") == before
        assert lab.inventory() == inventory
        assert ipmi(lab, "coserver2")[0] == "off"
        assert [entry["utc"] for entry in lab.json("ledger", "--json")] == ended
        lab.ok("operator", "ft01", "power_on", "coserver2")
        assert lab.ok("operator", "ft01", "look", "coserver2", "--when", "windows") == "windows\n"
    finally:
        lab.ok("down")


@pytest.mark.slow
def test_twenty_systems_in_one_process(tmp_path: Path) -> None:
    lab = Lab(tmp_path, f"estate: {{name: x}}\nhosts: {{RELAY01: {{kind: relay}}}}\nft_systems:\n"
              f"{MANY_SYSTEMS}")  # fmt: skip
    lab.ok("up", "estate.yml")
    try:
        forms = [host["legacyops_ft_system"] for host in lab.inventory()["hosts"].values()]
        boards = [form[c]["power"] for form in forms for c in ("coserver1", "coserver2")]
        assert len({board["address"] for board in boards}) == 40
        assert len({board["port"] for board in boards}) == 40
        stated = [[form[c].get("uuid") for c in ("coserver1", "coserver2")] for form in forms]
        assert len({uuid for uuids in stated[:19] for uuid in uuids}) == 38
        assert stated[19] == [None, None]
        assert all(entry["healthy"] for name, entry in lab.json("status", "--json").items()
                   if name != "RELAY01")  # fmt: skip
    finally:
        lab.ok("down")
