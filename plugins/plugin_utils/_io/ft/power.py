# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Power of a CoServer: an operator's hand, a management board (IPMI), or the site's own command.

No driver decides anything. ``off()`` cuts: whether that is allowed now, the interlocks of the step
and the module ``power`` say, before they call it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..._core.ft.machine_uuid import machine_uuid, nobodys, orders, parsed
from ..._core.ft.system import CREDENTIALS, TITLES
from ..site_command import (
    Answer,
    Credentials,
    DriverError,
    OperatorNeededError,
    SiteCommand,
    SitePattern,
    wrong,
)
from .ipmi import Board

UNKNOWN: Final = "unknown"
_IPMI_PORT: Final = 623
_BOARD_SECONDS, _LONGEST_BOARD_SECONDS = 20, 120  # a call's deadline, its login included
# IPMI 2.0, 22.26 and 22.30: what fits into a user's name and password.
_LONGEST_NAME, _LONGEST_PASSWORD = 16, 20
_PLACEHOLDERS: Final = ("coserver", "name", "address")
# Where a site says nothing else, its command prints one word.
_ONE_WORD: Final = {"on": r"\A\s*on\s*\Z", "off": r"\A\s*off\s*\Z"}


@dataclass(frozen=True)
class PowerReading:
    """What a driver says. state: ``on``, ``off`` or ``unknown``; evidence: in its own words."""

    state: str
    evidence: str


class PowerDriver(ABC):
    """Power of one CoServer."""

    name = ""
    boots_to_setup = False

    @abstractmethod
    def status(self) -> PowerReading:
        """What it says now. Never raises for a silent machine: that is ``unknown``."""

    @abstractmethod
    def on(self) -> str:
        """Switch on, once.

        Returned: what the driver said to it; only a later status tells that it is on.
        Raises DriverError: it did not, or says that it could not.
        Raises OperatorNeededError: a person must do it.
        """

    @abstractmethod
    def off(self) -> str:
        """Cut the power at once, once; the rest as ``on``."""

    def boot_to_setup(self) -> str:
        """Have the next start, and only that, end in the BIOS setup; the rest as ``on``."""
        raise DriverError(
            "not_possible",
            f"The power driver {self.name} cannot make a start end in the BIOS setup.",
            "Let an operator press the key at the screen, or choose another power_off.",
        )

    def guid(self) -> str | None:
        """The UUID that the driver's board gives for its machine; None where there is none."""
        return None


class OperatorPower(PowerDriver):
    """A person presses the button of the machine, as the notice says."""

    name = "operator"

    def __init__(self, title: str) -> None:
        self._title = title

    def status(self) -> PowerReading:
        return PowerReading(UNKNOWN, "only a person sees it")

    def on(self) -> str:
        raise OperatorNeededError(
            {
                "en": f"Switch {self._title} on with the power button of the machine. Where its "
                "file system is damaged, chkdsk may run; leave it alone.",
                "ja": f"{self._title} の電源を、サーバ本体の電源ボタンから入れてください。"
                "ファイルシステムに異常が発生している場合は、起動時に「chkdsk」が実行される場合があります。"
                "実行中は操作しないでください。",
            }
        )

    def off(self) -> str:
        raise OperatorNeededError(self.ways()["cut"])

    def ways(self) -> dict[str, dict[str, str]]:
        """What to do, for each way of switching off."""
        title = self._title
        return {
            "cut": {
                "en": f"Switch {title} off with the power button of the machine.",
                "ja": f"{title} の電源を、サーバ本体の電源ボタンから切ってください。",
            },
            "at_post": {
                "en": f"Restart the Windows of {title} unless it restarts already. At the POST "
                f"screen, switch {title} off with the power button of the machine. If POST is "
                "over, do not cut: let Windows finish starting, nobody logs on, and shut it down.",
                "ja": f"{title} の Windows を再起動し(再起動中であればそのまま)、POST 画面で、"
                f"{title} の電源をサーバ本体の電源ボタンから切ってください。"
                "POST を過ぎた場合は電源を切らず、Windows の起動完了を待ち、"
                "ログオンせずにシャットダウンしてください。",
            },
            "bios_setup": {
                "en": f"Restart the Windows of {title}, enter the BIOS setup at POST, and there "
                "switch it off with the power button of the machine.",
                "ja": f"{title} の Windows を再起動し、POST で BIOS セットアップに入り、"
                "そこでサーバ本体の電源ボタンから電源を切ってください。",
            },
            "shutdown": {
                "en": f"Shut the Windows of {title} down, and see that the machine is off. Where "
                "it only says that it may be switched off, use the power button.",
                "ja": f"{title} の Windows をシャットダウンし、電源が切れたことを確認してください。"
                "電源を切る準備ができたとだけ表示される場合は、電源ボタンから切ってください。",
            },
        }

    def shuts_down(self) -> dict[str, str]:
        """What is left to do where Windows has been asked to shut down already."""
        title = self._title
        return {
            "en": f"The Windows of {title} shuts down now. See that the machine is off. Where it "
            "only says that it may be switched off, use the power button.",
            "ja": f"{title} の Windows をシャットダウンしています。"
            "電源が切れたことを確認してください。"
            "電源を切る準備ができたとだけ表示される場合は、電源ボタンから切ってください。",
        }


class IpmiPower(PowerDriver):
    """A management board, by IPMI over LAN."""

    name = "ipmi"
    boots_to_setup = True

    def __init__(self, board: Board) -> None:
        self._board = board

    def status(self) -> PowerReading:
        where = f"the board {self._board.address} port {self._board.port}"
        try:
            state = self._board.power()
        except DriverError as error:
            return PowerReading(UNKNOWN, error.message)
        return PowerReading(state, f"{where} says {state}")

    def on(self) -> str:
        return self._control("on")

    def off(self) -> str:
        return self._control("off")

    def _control(self, state: str) -> str:
        acknowledged = self._board.control(state)
        return "the board took it" if acknowledged else "the board did not acknowledge it"

    def boot_to_setup(self) -> str:
        self._board.boot_to_setup()
        return "the board shows setup for one start"

    def guid(self) -> str | None:
        try:
            return self._board.guid()
        except DriverError:
            return None


class CommandPower(PowerDriver):
    """The site's own commands: status, on, off, and (where given) boot_setup.

    A status command prints ``on`` or ``off`` and ends with 0, unless ``states`` says how to tell.
    """

    name = "command"

    def __init__(
        self,
        commands: Mapping[str, SiteCommand],
        states: Mapping[str, SitePattern],
        done: SitePattern,
        names: Mapping[str, str],
    ) -> None:
        self._commands, self._states, self._done = commands, states, done
        self._names = dict(names)
        self.boots_to_setup = "boot_setup" in commands

    def status(self) -> PowerReading:
        try:
            answer = self._commands["status"].run(**self._names)
        except DriverError as error:
            return PowerReading(UNKNOWN, error.message)
        fitting = [state for state, look in self._states.items() if look.fits(answer)]
        state = fitting[0] if len(fitting) == 1 else UNKNOWN
        return PowerReading(state, f"the site's command: {answer.told()}")

    def on(self) -> str:
        return self._do("on")

    def off(self) -> str:
        return self._do("off")

    def boot_to_setup(self) -> str:
        return self._do("boot_setup") if self.boots_to_setup else super().boot_to_setup()

    def _do(self, verb: str) -> str:
        answer: Answer = self._commands[verb].run(**self._names)
        if not self._done.fits(answer):
            raise DriverError(
                "power_timeout" if answer.exit_code is None else "power_refused",
                f"The site's command for {verb} did not succeed ({answer.told()}).",
                "Look at what it says; only its status tells whether it has switched.",
            )
        return f"the site's command for {verb}: {answer.told()}"


def power_driver(system: Mapping[str, Any], coserver: str, credentials: Any) -> PowerDriver:
    """The driver of one CoServer as the inventory describes it; an operator where it is silent.

    system: legacyops_ft_system.
    credentials: legacyops_ft_credentials, or None.
    Raises DriverError: the settings do not make a driver; one sentence each.
    """
    node = system.get(coserver)
    node = node if isinstance(node, Mapping) else {}
    part, where = node.get("power", {"driver": "operator"}), f"{coserver}.power"
    kind = part.get("driver") if isinstance(part, Mapping) else None
    if kind == "operator":
        return OperatorPower(TITLES[coserver])
    if kind == "ipmi":
        return _ipmi(part, where, credentials)
    if kind == "command":
        names = {"coserver": coserver, "name": node.get("name"), "address": node.get("address")}
        return _command(part, where, credentials, {k: str(v or "") for k, v in names.items()})
    raise wrong(f"{where}.driver is {kind!r}.", "Say operator, ipmi or command.")


def _ipmi(part: Mapping[str, Any], where: str, credentials: Any) -> IpmiPower:
    address, port = part.get("address"), part.get("port", _IPMI_PORT)
    if not isinstance(address, str) or not address.strip():
        raise wrong(f"{where}.address is not given.", "Give the management board's address.")
    if isinstance(port, bool) or not isinstance(port, int) or not 0 < port < 65536:
        raise wrong(f"{where}.port is {port!r}.", "Give a UDP port, or leave it out (623).")
    login = Credentials.of(part.get("credentials"), credentials, where, CREDENTIALS)
    if (
        len(login.username.encode()) > _LONGEST_NAME
        or len(login.password.encode()) > _LONGEST_PASSWORD
    ):
        raise wrong(
            f"{where}.credentials do not fit into IPMI.",
            f"A user has at most {_LONGEST_NAME} bytes and a password {_LONGEST_PASSWORD}.",
        )
    seconds = part.get("seconds", _BOARD_SECONDS)
    if type(seconds) not in (int, float) or not 0 < seconds <= _LONGEST_BOARD_SECONDS:
        raise wrong(f"{where}.seconds is {seconds!r}.", f"Give 1 to {_LONGEST_BOARD_SECONDS}.")
    return IpmiPower(Board(address.strip(), port, login, seconds))


def _command(
    part: Mapping[str, Any], where: str, credentials: Any, names: Mapping[str, str]
) -> CommandPower:
    login = None
    if part.get("credentials") is not None:
        login = Credentials.of(part["credentials"], credentials, where, CREDENTIALS)
    commands = {
        verb: SiteCommand(
            part.get(verb),
            f"{where}.{verb}",
            placeholders=_PLACEHOLDERS,
            credentials=login,
            by=part.get("credentials_by", "stdin"),
            seconds=part.get("seconds", 30),
        )
        for verb in ("status", "on", "off", "boot_setup")
        if verb != "boot_setup" or part.get(verb) is not None
    }
    states = part.get("states", _ONE_WORD)
    if not isinstance(states, Mapping) or set(states) != {"on", "off"}:
        raise wrong(f"{where}.states must tell on and off.", "Give a pattern for each.")
    looks = {
        state: SitePattern.of(states[state], f"{where}.states.{state}") for state in ("on", "off")
    }
    done = SitePattern.of({"exit_codes": part.get("exit_codes", [0])}, where)
    return CommandPower(commands, looks, done, names)


# --- Passive proof of the wiring ------------------------------------------------------------


@dataclass(frozen=True)
class Wiring:
    """What something shows of a driver's wiring: ``proven``, ``wrong`` or ``unknown``, and why.

    Whether that suffices for a cut, the step's interlocks decide.
    """

    result: str
    evidence: str


def wiring_by_uuid(board: str | None, machine: str | None, peer: str | None) -> Wiring:
    """Does the board's UUID say that it belongs to the machine?

    board: as the board sends it (hex, any of the three byte orders that boards use).
    machine: what the machine's SMBIOS, or its inventory, says.
    peer: what the peer's says. Machines that share a UUID prove nothing, and neither does a
        match while nobody ever knew the peer's.
    """
    sent, own, other = parsed(board), machine_uuid(machine), parsed(peer)
    if sent is None:
        return Wiring(UNKNOWN, f"the board gives no UUID; {_PROVES}")
    if nobodys(sent):
        return Wiring(UNKNOWN, f"the board's UUID {sent} {nobodys(sent)}; {_PROVES}")
    if own is None:
        mine = parsed(machine)
        why = f"{mine} {nobodys(mine)}" if mine else "is not known"
        return Wiring(UNKNOWN, f"the machine's own UUID {why}; {_STATE.format('it')}; {_PROVES}")
    if own == other:
        return Wiring(UNKNOWN, f"both machines have the UUID {own}; {_PROVES}")
    if own not in orders(sent):
        whose = "the peer's" if other in orders(sent) else "another machine's"
        return Wiring("wrong", f"the board's UUID is {whose}; the machine has {own}")
    if other is None:
        text = f"the board and the machine both have the UUID {own}, but the peer's is not known"
        return Wiring(UNKNOWN, f"{text}; {_STATE.format('the peer')}; {_PROVES}")
    return Wiring("proven", f"the board and the machine both have the UUID {own}")


# What would prove the wiring where UUIDs do not.
_STATE: Final = "it will once the relay has read {}, or its uuid stands in legacyops_ft_system"
_PROVES: Final = "a machine that shuts itself down proves it too (power_off: shutdown)"


def wiring_by_shutdown(
    before: tuple[PowerReading, PowerReading], after: tuple[PowerReading, PowerReading]
) -> Wiring:
    """A machine shut itself down: did its own driver see that, and the peer's nothing?

    before: own and peer's reading while the machine certainly ran.
    after: both once the machine has certainly switched itself off.
    """
    own = (before[0].state, after[0].state)
    peer = (before[1].state, after[1].state)
    text = f"own driver: {' → '.join(own)}; peer's driver: {' → '.join(peer)}"
    if own == ("on", "off") and peer[0] == peer[1] != UNKNOWN:
        return Wiring("proven", text)
    if own == ("on", "on") and peer == ("on", "off"):
        return Wiring("wrong", f"{text}: the two drivers are exchanged")
    return Wiring(UNKNOWN, text)
