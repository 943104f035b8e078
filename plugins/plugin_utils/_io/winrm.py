# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one place that knows what is inside ansible-core's builtin winrm connection.

Everything reached for here is guarded: on another connection plugin, or on a later ansible-core
that looks different inside, nothing is changed and nothing breaks.
"""

from __future__ import annotations

import functools
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from . import watchdog

# 120,000 characters in base64, and the envelope around it: below WinRM 2.0's MaxEnvelopeSizekb of
# 150. ansible-core sends 200,000 bytes at a time, which such a host refuses.
STDIN_BYTES = 90_000
_UTF_8 = 65001  # the code page that the plugin asks for
SHELL_QUOTA = 0x803381A5  # ERROR_WSMAN_QUOTA_MAX_SHELLS
OPERATIONS_QUOTA = 0x803381A6  # ERROR_WSMAN_QUOTA_MAX_OPERATIONS


@dataclass
class Use:
    """What has been done with a connection.

    starts_in_shell: PowerShell starts since its shell was made.
    last: when it was used last, on the monotonic clock; None: it was not.
    """

    starts_in_shell: int = 0
    last: float | None = None


class WinrmConnection:
    """An action's connection, whichever plugin it is.

    send_failure: why stdin could not be sent, or None; the plugin itself only warns of it.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.transport = str(getattr(connection, "transport", "unknown"))
        self.send_failure: Exception | None = None

    def option(self, name: str) -> str | None:
        """A connection option, or None where the plugin has none of that name."""
        try:
            value = self._connection.get_option(name)
        except Exception:  # each plugin and version has its own way to say no
            return None
        return None if value is None else str(value)

    @contextmanager
    def tuned(self) -> Iterator[None]:
        """Within the block, stdin travels in pieces that WinRM 2.0 accepts."""
        self.send_failure = None
        own = vars(self._connection) if hasattr(self._connection, "__dict__") else {}
        replaced = [name for name in self._replacements() if name not in own]
        for name, replacement in self._replacements().items():
            if name in replaced:
                setattr(self._connection, name, replacement)
        try:
            yield
        finally:
            for name in replaced:
                delattr(self._connection, name)

    def _replacements(self) -> dict[str, Callable[..., Any]]:
        """What to replace; empty where the plugin does not look as expected."""
        stream = getattr(self._connection, "_wrapper_payload_stream", None)
        send = getattr(self._connection, "_winrm_send_input", None)
        if self.transport != "winrm" or not callable(stream):
            return {}
        found: dict[str, Callable[..., Any]] = {
            "_wrapper_payload_stream": functools.partial(stream, buffer_size=STDIN_BYTES)
        }
        if callable(send):
            found["_winrm_send_input"] = self._remembering(send)
        return found

    def _remembering(self, send: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(send)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            self.send_failure = None  # the plugin sends again what a busy host refused
            try:
                return send(*args, **kwargs)
            except Exception as failure:
                self.send_failure = failure
                raise

        return wrapper

    @property
    def use(self) -> Use:
        """What has been done with the connection, by whomever: a step and its module share one,
        and so do the steps of one task.
        """
        use: Use | None = vars(self._connection).get("_legacyops_use")
        if use is None:
            use = self._connection._legacyops_use = Use()
        return use

    @property
    def connected(self) -> bool:
        """Whether it is logged on; True also where the plugin does not say."""
        return bool(getattr(self._connection, "_connected", True))

    def connect(self) -> None:
        """Log on and open a shell, as the plugin itself does before its first command."""
        self._connection._connect()

    def account(self) -> tuple[str, str] | None:
        """User and password, where it logs on with both of them."""
        user, password = self.option("remote_user"), self.option("remote_password")
        return (user, password) if user and password else None

    def blank(self) -> bool:
        """Whether the password is empty where one would be sent."""
        user, transports = self.option("remote_user") or "", self.option("transport") or ""
        without = any(name in transports for name in ("kerberos", "certificate", "ssl"))
        ticket = without or (not transports and "@" in user)
        return bool(user) and self.option("remote_password") == "" and not ticket

    def dial(self, seconds: float) -> None:
        """Make and end a TCP connection, where nothing stands between: a silent host is no turn.

        Raises OSError: nothing listens there, or it has no address.
        """
        host, port = self.option("remote_addr"), self.option("port")
        if not host or not port or self._proxied(host):
            return
        socket.create_connection((host, int(port)), timeout=seconds).close()

    def _proxied(self, host: str) -> bool:
        """Whether requests would go through a proxy."""
        try:
            extras = self._connection.get_option("_extras") or {}
        except Exception:  # as in option()
            extras = {}
        try:
            from requests.utils import get_environ_proxies, select_proxy
        except ImportError:  # the plugin will say so
            return True
        scheme = self.option("scheme") or ("http" if self.option("port") == "5985" else "https")
        return "ansible_winrm_proxy" in extras or bool(
            select_proxy(f"{scheme}://{host}", get_environ_proxies(f"{scheme}://{host}"))
        )

    def renew_shell(self, seconds: float) -> None:
        """End the shell and make a new one over the same TCP connection; where that fails within
        ``seconds``, or is not to be had, the next use begins with a new connection.
        """
        try:
            with watchdog.deadline(seconds):
                protocol, shell = self._connection.protocol, self._connection.shell_id
                self._connection.shell_id = None
                protocol.close_shell(shell, close_session=False)
                self._connection.shell_id = protocol.open_shell(codepage=_UTF_8)
            self.use.starts_in_shell = 0
        except (Exception, watchdog.DeadlineExceeded):
            self.drop(seconds)

    def drop(self, seconds: float) -> None:
        """Close the connection within ``seconds``; where that fails, forget it.

        pywinrm cannot go on after a cut: its message encryption belongs to the lost TCP
        connection. So the next use has to begin with a new one.
        """
        self._connection._legacyops_use = Use()
        try:
            with watchdog.deadline(seconds):
                self._connection.close()
        except (Exception, watchdog.DeadlineExceeded):
            for name in ("protocol", "shell_id"):
                if hasattr(self._connection, name):
                    setattr(self._connection, name, None)
            self._connection._connected = False
