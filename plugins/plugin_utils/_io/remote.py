# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a shipped PowerShell script on a host, over whatever connection the action has.

Works where modules do not: ansible-core's own wrapper refuses PowerShell below 3.0 (5.1 from 2.19
on). Every way this can go wrong becomes a RemoteError with one reason, one sentence and a remedy.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._core.observation import Observation
from . import watchdog
from .accounts import Logon
from .failures import connection_failure, no_password, wrong_connection
from .looks import LastLook
from .terminal import tell
from .winrm import OPERATIONS_QUOTA, SHELL_QUOTA, WinrmConnection
from .wire import SEPARATOR, RemoteError, after_first, decode, payload, scrubbed

if TYPE_CHECKING:
    from ansible.plugins.action import ActionBase

__all__ = ["Remote", "RemoteError"]

# Longer than any script may wait on the host by itself (jobs.LONGEST_WAIT), with a slow old
# machine's start-up.
DEADLINE_SECONDS = 300.0
# http.sys closes idle connections, and pywinrm cannot take an encrypted session up again.
_IDLE_SECONDS = 60.0
# MaxConcurrentOperationsPerUser is 15 in WinRM 2.0, and only the end of a shell gives back what its
# ended commands took of it ([MS-WSMV] 3.1.4.12): so a long wait needs a new shell now and then.
_STARTS_PER_SHELL = 5
# Shells of a run that was killed stay until WinRM 2.0's IdleTimeout of 180 s; a user has five.
_SHELL_PATIENCE_SECONDS = 240.0
_SHELL_RETRY_SECONDS = 10.0
_CLOSE_SECONDS = 10.0
_DIAL_SECONDS = 30.0  # as pywinrm

_SCRIPTS = Path(__file__).resolve().parent.parent / "_powershell"
# A boot token is no secret: messages show it.
_SECRET_NAME = re.compile(r"pass|secret|(?<!boot_)token(?!_)", re.IGNORECASE)


def script_text(name: str) -> str:
    """The text of a shipped script, after what all scripts share, and what those of its folder do.

    name: its path without its ending, such as ``FOLDER/act``.
    Raises ValueError: there is no such script.
    """
    path = _SCRIPTS / f"{name}.ps1"
    if not path.is_file():
        raise ValueError(f"no script is called {name}")
    parts = dict.fromkeys((_SCRIPTS / "common.ps1", path.with_name("common.ps1"), path))
    return "\n".join(part.read_text(encoding="utf-8") for part in parts)


class Remote:
    """One host, as an action plugin's connection reaches it.

    action: the action plugin; its connection does the talking.
    host: the inventory name, for messages; the connection's address without it.
    last_look: where what was read is kept until it is outdated.
    """

    def __init__(
        self, action: ActionBase, host: str | None = None, last_look: LastLook | None = None
    ) -> None:
        self._action = action
        self._connection = WinrmConnection(action._connection)
        self.host = host or self._connection.option("remote_addr") or "the host"
        self.starts = 0
        self.last_look = LastLook() if last_look is None else last_look

    def run(
        self,
        script: str,
        params: Mapping[str, Any],
        *,
        pieces: Iterable[bytes] = (),
        deadline: float | None = None,
    ) -> dict[str, Any]:
        """Run a script once and return its data.

        params: JSON types only; nothing of them appears on a command line or in a message.
        pieces: raw bytes of a file that follow in stdin.
        deadline: seconds until the attempt is given up.
        Raises RemoteError: always, instead of any connection plugin's exception.
        """
        self.last_look.forget()
        return self._run(payload(script_text(script), params, pieces), script, params, deadline)[0]

    def act(
        self, script: str, params: Mapping[str, Any], *, deadline: float | None = None
    ) -> dict[str, Any]:
        """Run a script once, and look in the same PowerShell start at what is looked at next.

        What a step looks at is known to the step (``last_look.next``); without one it only runs.
        """
        request = self.last_look.next
        if request is None:
            return self.run(script, params, deadline=deadline)
        self.last_look.forget()
        parts = (script_text(script), params), (script_text("observe"), request)
        stdin = b"".join([payload(*parts[0]), SEPARATOR, payload(*parts[1])])
        data, rest = self._run(stdin, script, params, deadline)
        with suppress(RemoteError):  # then the next look is one of its own
            self._observed(request, decode(rest, "", 0, "observe"))
        return data

    def observe(self, request: Mapping[str, Any], *, deadline: float | None = None) -> Observation:
        """Read everything in ``request`` (see _core.observation): with one PowerShell start, or
        by the last look where that was just now and nothing has happened since.
        """
        known = self.last_look.covering(request)
        if known is not None:
            return known
        request = self.last_look.with_all_of_it(request)
        return self._observed(request, self.run("observe", request, deadline=deadline))

    def _observed(self, request: Mapping[str, Any], data: dict[str, Any]) -> Observation:
        taken = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        seen = Observation(
            host=self.host, taken=taken, source=self._connection.transport, data=data
        )
        self.last_look.note(request, seen)
        return seen

    def _run(
        self, stdin: bytes, script: str, params: Mapping[str, Any], deadline: float | None
    ) -> tuple[dict[str, Any], str]:
        """The data of the first script in ``stdin``, and what was printed after its answer."""
        seconds = DEADLINE_SECONDS if deadline is None else deadline
        secrets = self.secrets(params)
        try:
            answer = self._execute(stdin, seconds)
            stdout = answer["stdout"]
            return decode(stdout, answer["stderr"], answer["rc"], script, secrets), after_first(
                stdout
            )
        except RemoteError as error:
            raise _scrubbed(error, self.host, secrets) from None

    def reset(self) -> None:
        """Forget the connection; the next run makes a new one. Never fails, never hangs."""
        self._connection.drop(_CLOSE_SECONDS)

    def _execute(self, stdin: bytes, seconds: float) -> dict[str, Any]:
        """Run the boot text with this stdin; waits for a free WinRM shell, within limits."""
        use = self._connection.use
        if use.last is not None and time.monotonic() - use.last > _IDLE_SECONDS:
            self.reset()
        elif use.starts_in_shell >= _STARTS_PER_SHELL:
            self._connection.renew_shell(_CLOSE_SECONDS)
        patience = time.monotonic() + min(_SHELL_PATIENCE_SECONDS, seconds)
        while True:
            try:
                return self._attempt(stdin, seconds)
            except RemoteError as error:
                used_up = error.detail.get("code") in (SHELL_QUOTA, OPERATIONS_QUOTA)
                if not used_up or time.monotonic() > patience:
                    raise
            tell(f"[{self.host}] waits until WinRM's quota has room again")
            time.sleep(_SHELL_RETRY_SECONDS)

    def _attempt(self, stdin: bytes, seconds: float) -> dict[str, Any]:
        """One PowerShell start. A failed one leaves no half-dead connection behind."""
        boot = (_SCRIPTS / "boot.ps1").read_text(encoding="utf-8")
        try:
            with self._connection.tuned(), watchdog.deadline(seconds):
                self._log_on(seconds)
                self.starts += 1
                self._connection.use.starts_in_shell += 1
                result: dict[str, Any] = self._action._low_level_execute_command(
                    boot, in_data=stdin, sudoable=False
                )
                return result
        except RemoteError:
            self.reset()
            raise
        except (Exception, watchdog.DeadlineExceeded) as failure:
            sent = self._connection.send_failure
            self.reset()
            raise connection_failure(sent or failure, seconds) from None
        finally:
            self._connection.use.last = time.monotonic()

    def _log_on(self, seconds: float) -> None:
        """Log on where that is still to be done; see accounts for when the host is not asked.

        Raises RemoteError: it is not, or it refuses.
        """
        if self._connection.transport != "winrm":
            raise wrong_connection(self._connection.transport)
        if self._connection.blank():
            raise no_password()
        account = self._connection.account()
        if account is None or self._connection.connected:
            return
        logon = Logon(self.host, *account)
        if not logon.free:
            self._dial(seconds)
        with logon.asking():
            try:
                self._connection.connect()
            except (Exception, watchdog.DeadlineExceeded) as failure:
                raise connection_failure(failure, seconds) from None

    def _dial(self, seconds: float) -> None:
        """Raises RemoteError: nothing listens there, so that it would only hold up others."""
        try:
            self._connection.dial(min(_DIAL_SECONDS, seconds))
        except OSError as failure:
            raise connection_failure(failure, seconds) from None

    def secrets(self, params: Any) -> list[str]:
        """Every text that must not stand in a message, however deep, longest first."""
        found = set(_secrets_in(params))
        for name in ("remote_password", "password"):
            with suppress(Exception):
                found.add(str(self._connection.option(name) or ""))
        return sorted((s for s in found if len(s) > 2), key=len, reverse=True)


def _secrets_in(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, member in value.items():
            if _SECRET_NAME.search(str(name)) and isinstance(member, str):
                yield member
            yield from _secrets_in(member)
    elif isinstance(value, list | tuple):
        for member in value:
            yield from _secrets_in(member)


def _scrubbed(error: RemoteError, host: str, secrets: list[str]) -> RemoteError:
    """The same error, naming its host, without any secret."""
    detail = scrubbed({**error.detail, "host": host}, secrets)
    message = scrubbed(f"{host}: {error.message}", secrets)
    return RemoteError(error.reason, message, error.remedy, detail)
