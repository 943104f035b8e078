# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IPMI between what is ours and what is not: pyghmi at both ends would share its own mistakes.

A foreign board: OpenIPMI's ipmi_sim, whose program for the chassis acts on a CoServer of the lab;
the shipped driver switches it. Foreign clients: ipmitool and FreeIPMI on the lab's own board.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.ft import power
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.site_command import DriverError
from bmc_process import PASSWORD, Boards, boards
from patience import until

pytest.importorskip("pyghmi")
ONE, TWO = "coserver1", "coserver2"
LAN = """
name "coserver1"
set_working_mc 0x20
  startlan 1
    addr 127.0.0.1 {port}
    priv_limit admin
    allowed_auths_callback none md2 md5 straight
    allowed_auths_user none md2 md5 straight
    allowed_auths_operator none md2 md5 straight
    allowed_auths_admin none md2 md5 straight
    guid {guid}
  endlan
  chassis_control "{chassis}"
  user 1 true "" "" user 10 none md2 md5 straight
  user 2 true "admin" "{password}" admin 10 none md2 md5 straight
"""
SETUP = """
mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02
mc_enable 0x20
"""
# ipmi_sim starts it with get and what, or with set, what, and to what.
CHASSIS = """#!{python}
import socket, sys
with socket.socket(socket.AF_UNIX) as wire:
    wire.connect({path!r})
    wire.sendall(" ".join(sys.argv[1:]).encode())
    wire.shutdown(socket.SHUT_WR)
    print(wire.makefile().read(), end="")
"""


@pytest.fixture
def lab() -> Iterator[Boards]:
    with boards() as both:
        yield both


# --- A foreign board ----------------------------------------------------------------------------


class Chassis:
    """What hangs on the foreign board: a CoServer of the lab."""

    def __init__(self, lab: Boards, path: Path) -> None:
        self._lab = lab
        self.asked: list[str] = []
        self.boot = "none"
        self._wire = socket.socket(socket.AF_UNIX)
        self._wire.bind(str(path))
        self._wire.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self._wire.accept()
            except OSError:
                return
            with peer, peer.makefile() as asked:
                peer.sendall(self._answer(*asked.read().split()).encode())

    def _answer(self, verb: str, *words: str) -> str:
        self.asked.append(" ".join((verb, *words)))
        if verb == "get":
            known = {"power": int(self._lab.power(ONE) == "on"), "boot": self.boot}
            return "".join(f"{name}:{known.get(name, 0)}\n" for name in words)
        for name, value in zip(words[::2], words[1::2], strict=True):
            if name == "power":
                self._lab.do("act", "power_on" if value == "1" else "power_off", ONE)
            elif name == "boot":
                self.boot = value
        return ""

    def close(self) -> None:
        self._wire.close()


@contextmanager
def foreign_board(lab: Boards, folder: Path) -> Iterator[tuple[int, Chassis]]:
    """Its UDP port, and what hangs on it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program, path = folder / "chassis", folder / "socket"
    program.write_text(CHASSIS.format(python=sys.executable, path=str(path)))
    program.chmod(0o700)
    guid = lab.do("uuid", ONE).replace("-", "")
    given = {"port": port, "chassis": program, "password": PASSWORD, "guid": guid}
    (folder / "lan.conf").write_text(LAN.format(**given))
    (folder / "setup").write_text(SETUP)
    chassis = Chassis(lab, path)
    process = subprocess.Popen(
        ["ipmi_sim", "-n", "-c", "lan.conf", "-f", "setup", "-s", "."], cwd=folder,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield port, chassis
    finally:
        process.kill()
        process.wait()
        chassis.close()


def driver(port: int, password: str = PASSWORD) -> power.PowerDriver:
    part = {"driver": "ipmi", "address": "127.0.0.1", "port": port, "credentials": "bmc"}
    form = {ONE: {"name": ONE, "power": {**part, "seconds": 20}}}
    credentials = {"bmc": {"username": "admin", "password": password}}
    return power.power_driver(form, ONE, credentials)


@pytest.fixture
def foreign(lab: Boards, tmp_path: Path) -> Iterator[tuple[power.PowerDriver, Chassis]]:
    with foreign_board(lab, tmp_path) as (port, chassis):
        shipped = driver(port)
        until(lambda: shipped.status().state == "on", 60)
        chassis.asked.clear()
        yield shipped, chassis


@pytest.mark.needs("ipmi_sim")
def test_the_driver_switches_what_hangs_on_a_foreign_board(
    lab: Boards, foreign: tuple[power.PowerDriver, Chassis]
) -> None:
    shipped, chassis = foreign
    assert shipped.off() == "the board took it"
    assert (lab.power(ONE), lab.power(TWO)) == ("off", "on")
    assert shipped.status().state == "off"
    assert shipped.on() == "the board took it"
    assert shipped.status().state == lab.power(ONE) == "on"
    assert [each for each in chassis.asked if each.startswith("set")] == [
        "set power 0",
        "set power 1",
    ]


@pytest.mark.needs("ipmi_sim")
def test_the_driver_proves_the_wiring_of_a_foreign_board(
    lab: Boards, foreign: tuple[power.PowerDriver, Chassis]
) -> None:
    seen = foreign[0].guid()
    assert power.wiring_by_uuid(seen, lab.do("uuid", ONE), lab.do("uuid", TWO)).result == "proven"
    assert power.wiring_by_uuid(seen, lab.do("uuid", TWO), lab.do("uuid", ONE)).result == "wrong"


@pytest.mark.needs("ipmi_sim")
def test_a_foreign_board_that_does_not_show_setup_as_valid_is_not_believed(
    foreign: tuple[power.PowerDriver, Chassis],
) -> None:
    """OpenIPMI 2.0.33 takes the device, and shows it without the bit that makes it count."""
    shipped, chassis = foreign
    with pytest.raises(DriverError, match="not setup for one start"):
        shipped.boot_to_setup()
    assert chassis.boot == "bios"


@pytest.mark.needs("ipmi_sim")
def test_a_wrong_password_is_a_foreign_boards_refusal(lab: Boards, tmp_path: Path) -> None:
    with foreign_board(lab, tmp_path) as (port, chassis):
        until(lambda: driver(port).status().state == "on", 60)
        with pytest.raises(DriverError) as refused:
            driver(port, "wrong").off()
        assert refused.value.reason in ("power_refused", "power_timeout")
        assert "wrong" not in refused.value.message
        assert "set power 0" not in chassis.asked
        assert lab.power(ONE) == "on"


# --- Foreign clients ----------------------------------------------------------------------------


def ipmitool(port: int, *words: str) -> str:
    login = ["-H", "127.0.0.1", "-p", str(port), "-U", "admin", "-P", PASSWORD]
    return _said("ipmitool", "-I", "lanplus", "-C", "3", *login, *words)


def freeipmi(program: str, port: int, *words: str) -> str:
    login = ["-h", f"127.0.0.1:{port}", "-u", "admin", "-p", PASSWORD, "-l", "ADMIN"]
    return _said(program, "-D", "LAN_2_0", "-I", "3", *login, *words)


def _said(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.needs("ipmitool")
def test_ipmitool_switches_the_labs_board(lab: Boards) -> None:
    port = lab.ports[ONE]
    assert "System Power         : on" in ipmitool(port, "chassis", "status")
    assert ipmitool(port, "chassis", "power", "status") == "Chassis Power is on\n"
    ipmitool(port, "chassis", "power", "off")
    assert (lab.power(ONE), lab.power(TWO)) == ("off", "on")
    assert ipmitool(port, "chassis", "power", "status") == "Chassis Power is off\n"
    ipmitool(port, "chassis", "power", "on")
    assert lab.power(ONE) == "on"
    ipmitool(port, "chassis", "bootdev", "bios")
    assert lab.do("device", ONE) == "setup"


@pytest.mark.needs("ipmitool")
def test_ipmitool_and_the_driver_see_the_same_machine(lab: Boards) -> None:
    told = ipmitool(lab.ports[ONE], "raw", "6", "0x37").split()
    assert "".join(told) == driver(lab.ports[ONE]).guid()


@pytest.mark.needs("ipmi-chassis", "ipmipower")
def test_freeipmi_switches_the_labs_board(lab: Boards) -> None:
    port = lab.ports[ONE]
    status = freeipmi("ipmi-chassis", port, "--get-chassis-status")
    assert "System Power                        : on" in status
    freeipmi("ipmi-chassis", port, "--chassis-control=POWER-DOWN")
    assert (lab.power(ONE), lab.power(TWO)) == ("off", "on")
    assert freeipmi("ipmipower", port, "--stat").split()[-1] == "off"
    freeipmi("ipmi-chassis", port, "--chassis-control=POWER-UP")
    assert lab.power(ONE) == "on"
