# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A few IPMI commands over LAN, each in a child process of its own.

pyghmi keeps sockets, sessions and a thread for a whole process, and waits without a deadline. A
child that is forked for one call can be killed at the deadline, and leaves nothing behind in
Ansible's worker, which loads pyghmi once and never uses it. Credentials pass by memory only.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from ..site_command import Credentials, DriverError
from ..wire import RemoteError

_APPLICATION, _CHASSIS = 6, 0
_GET_SYSTEM_GUID, _CHASSIS_STATUS, _CHASSIS_CONTROL = 0x37, 1, 2
_CONTROL: Final = {"off": 0, "on": 1}
_LONGEST_ANSWER: Final = 65536
_ACKNOWLEDGE_SECONDS: Final = 5.0
_PUMP_SECONDS: Final = 0.1
# What pyghmi says where nothing came back.
_SILENCE: Final = ("None", "timeout", "Session no longer connected")
# IPMI 2.0, table 5-2: the command was not processed, for want of resources; ask again.
_NODE_BUSY: Final = 0xC0
# IPMI 2.0, table 13-15: no resources for a session, or for one of the role. Nothing was executed.
_NO_SESSION: Final = (0x01, 0x0B)
# IPMI 1.5, Activate Session (18.15 there): no slot for a session, for this user, for this role.
_ACTIVATE_SESSION: Final = (7, 0x3A)
_NO_SLOT: Final = (0x81, 0x82, 0x83)
# A board lets a session go that has been silent for 60 s, 3 s more or less (IPMI 2.0, 6.12.15).
_BUSY_SECONDS: Final = 75.0
# An act is right for the moment that its guards were read at: its caller may guard and ask again.
_BUSY_ACT_SECONDS: Final = 10.0
_BUSY_PAUSE: Final = 1.0


class _BusyError(Exception):
    """The board has executed nothing, because it is busy."""


@dataclass(frozen=True)
class Board:
    """A management board.

    seconds: the deadline of each call, its login included.
    busy_seconds: how long a busy one is asked again; an act, ten seconds at most.
    """

    address: str
    port: int
    credentials: Credentials
    seconds: float
    busy_seconds: float = _BUSY_SECONDS

    def power(self) -> str:
        """``on`` or ``off``, as the board says.

        Raises DriverError: it did not say.
        """
        return str(self._ask(_power))

    def guid(self) -> str:
        """The system's GUID as 32 hex digits, in the order in which the board sends it.

        Raises DriverError: it did not say.
        """
        return str(self._ask(_guid))

    def control(self, state: str) -> bool:
        """Ask for power ``on`` or ``off``, once: a cut that comes twice may come too late.

        Returned: whether the board acknowledged. Without that only its later state tells.
        Raises DriverError: it refused, or could not be logged in to; ``power_busy``: it did
            nothing.
        """
        longest = min(self.busy_seconds, _BUSY_ACT_SECONDS)
        return bool(self._ask(lambda board: _control(board, state), longest))

    def boot_to_setup(self) -> None:
        """Have the next start, and only that, end in the BIOS setup.

        Raises DriverError: the board did not take it, or does not show it afterwards.
        """
        self._ask(_boot_to_setup)

    def _ask(self, question: Callable[[Any], Any], busy_seconds: float | None = None) -> Any:
        """The answer to a question, which is asked anew as long as the board only says: busy."""
        _load_pyghmi()

        def talk() -> Any:
            with _told_when_busy():
                board = _command_class()(
                    bmc=self.address,
                    userid=self.credentials.username,
                    password=self.credentials.password,
                    port=self.port,
                )
                try:
                    return question(board)
                finally:
                    board.ipmi_session.logout()

        longest = self.busy_seconds if busy_seconds is None else busy_seconds
        end = time.monotonic() + longest
        while True:
            answer = in_child(talk, self.seconds)
            busy = answer is not None and answer.get("type") == _BusyError.__name__
            if not busy or time.monotonic() >= end:
                return self._value(answer, busy, longest)
            time.sleep(_BUSY_PAUSE)

    def _value(self, answer: dict[str, Any] | None, busy: bool, longest: float) -> Any:
        """The value of an answer.

        Raises DriverError: there is none.
        """
        if answer is None or answer.get("error") in _SILENCE:
            raise DriverError(
                "power_timeout",
                f"The management board {self.address} port {self.port} did not answer.",
                "Look at its address, its network, and whether it knows the user.",
            )
        if "error" not in answer:
            return answer["value"]
        text = self.credentials.scrub(answer["error"])[:200]
        if busy:
            raise DriverError(
                "power_busy",
                f"The management board {self.address} port {self.port} is busy ({text}): asked"
                f" again for {longest:g} seconds, it has executed nothing.",
                "End other sessions to it (its web page, monitoring), or wait a minute; if it"
                " stays so, restart the board itself. Then run again.",
            )
        raise DriverError(
            "power_refused",
            f"The management board {self.address} refused: {text}.",
            "Look at its user, its password and its access to IPMI over LAN.",
        )


def _power(board: Any) -> str:
    return "on" if _raw(board, _CHASSIS, _CHASSIS_STATUS)[0] & 1 else "off"


def _guid(board: Any) -> str:
    return bytes(_raw(board, _APPLICATION, _GET_SYSTEM_GUID)[:16]).hex()


def _control(board: Any, state: str) -> bool:
    """Send it without pyghmi's retries, which it then does not wait for either: pump instead."""
    board.raw_command(_CHASSIS, _CHASSIS_CONTROL, data=(_CONTROL[state],), retry=False)
    end = time.monotonic() + _ACKNOWLEDGE_SECONDS
    answer = None
    while answer is None and time.monotonic() < end:
        board.wait_for_rsp(_PUMP_SECONDS)
        answer = board.ipmi_session.lastresponse
    if answer:
        _data(answer)
    return answer is not None


def _boot_to_setup(board: Any) -> None:
    board.set_bootdev("setup")
    now = board.get_bootdev()
    if now.get("bootdev") != "setup" or now.get("persistent"):
        raise ValueError(f"the boot device is {now.get('bootdev')} and not setup for one start")


def _raw(board: Any, netfn: int, command: int) -> Any:
    return _data(board.raw_command(netfn, command))


def _data(answer: Any) -> Any:
    """What an answer brings.

    Raises ValueError: it is a refusal.
    """
    if "error" in answer:
        raise ValueError(answer["error"])
    return answer["data"]


@contextmanager
def _told_when_busy() -> Iterator[None]:
    """Within pyghmi, whose texts lose the code: any error that only says busy is a _BusyError."""
    try:
        yield
    except Exception as error:
        if str(error).startswith(_busy_texts()):  # where it was said may follow
            raise _BusyError(str(error)) from None
        raise


def _busy_texts() -> tuple[str, ...]:
    """How pyghmi puts the codes by which a board says that it did nothing, for now."""
    from pyghmi.ipmi.private import constants

    slots = constants.command_completion_codes[_ACTIVATE_SESSION]
    return (
        constants.ipmi_completion_codes[_NODE_BUSY],
        *(constants.rmcp_codes[code] for code in _NO_SESSION),
        *(slots[code] for code in _NO_SLOT),
    )


def _load_pyghmi() -> None:
    """Load the library, unused, for all children to come: it costs more than what they do with it.

    Raises RemoteError: it is not there.
    """
    try:
        from pyghmi.ipmi import command  # noqa: F401
    except ImportError as error:
        raise RemoteError(
            "controller",
            f"The Python library pyghmi is missing on the controller ({error}).",
            "Install it there (pip install 'legacyops-hotfix[ipmi]').",
        ) from error


def _command_class() -> Any:
    """pyghmi's client class, as nobody has used it: a fork keeps sockets, but not their thread."""
    from pyghmi.ipmi.private import session

    if session.iothread is not None:
        for name in [name for name in sys.modules if name.split(".")[0] == "pyghmi"]:
            del sys.modules[name]
    from pyghmi.ipmi.command import Command

    return Command


def in_child(task: Callable[[], Any], seconds: float) -> dict[str, Any] | None:
    """What a task returned in a forked child: ``{"value": …}`` or ``{"error": text, "type": …}``.

    task: its value must be JSON.
    Returned: None when the deadline passed; the child is killed then.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _child(task, writer)
    os.close(writer)
    try:
        raw = _read(reader, time.monotonic() + seconds)
    finally:
        os.close(reader)
        os.kill(child, signal.SIGKILL)  # it is no zombie yet: nobody has waited for it
        os.waitpid(child, 0)
    if raw is None:
        return None
    try:
        answer: dict[str, Any] = json.loads(raw)
    except ValueError:
        return {"error": "the call ended without an answer"}
    return answer


def _child(task: Callable[[], Any], writer: int) -> NoReturn:
    """Do the task and be gone, without any of what Ansible does at a worker's end."""
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        try:
            answer = {"value": task()}
        except BaseException as error:  # whatever it is, the parent tells it
            name = type(error).__name__
            answer = {"error": str(error) or name, "type": name}
        os.write(writer, json.dumps(answer).encode()[:_LONGEST_ANSWER])
    finally:
        os._exit(0)


def _read(reader: int, end: float) -> bytes | None:
    """All that comes until the other side closes; None when the deadline passed."""
    raw = b""
    while True:
        ready, _writable, _failed = select.select([reader], [], [], max(end - time.monotonic(), 0))
        if not ready:
            return None
        piece = os.read(reader, _LONGEST_ANSWER)
        if not piece:
            return raw
        raw += piece
