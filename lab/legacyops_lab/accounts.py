"""The accounts of an estate, and their bad logons as domain controllers and hosts count them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

_AUTHENTICATE = b"NTLMSSP\0" + struct.pack("<I", 3)
_UNICODE = 1
LOCKED_MINUTES = 30.0


@dataclass
class Account:
    """One account: bad logons in all and since the last good one, and until when it is locked."""

    bad_logons: int = 0
    in_a_row: int = 0
    locked_until: datetime | None = None


class Accounts:
    """What becomes of logons with the accounts of an estate.

    `lockout` is the estate's: a threshold of bad logons in a row (without it nothing ever locks)
    and the simulated minutes that a locked account stays so. A domain's account is one for all
    hosts, a local one is each host's own. `now` returns the simulated time.
    """

    def __init__(self, lockout: dict[str, Any], now: Callable[[], datetime]) -> None:
        self._threshold: int | None = lockout.get("threshold")
        self._minutes = float(lockout.get("minutes", LOCKED_MINUTES))
        self._now = now
        self._known: dict[str, Account] = {}

    def failed(self, name: str | None) -> None:
        """Count a wrong password; None is an account that nobody has, which nobody counts."""
        if name is None or self.locked(name):
            return
        account = self._known.setdefault(name, Account())
        account.bad_logons += 1
        account.in_a_row += 1
        if self._threshold is not None and account.in_a_row >= self._threshold:
            account.locked_until = self._now() + timedelta(minutes=self._minutes)

    def succeeded(self, name: str) -> None:
        """Begin to count anew."""
        self._known.setdefault(name, Account()).in_a_row = 0

    def locked(self, name: str) -> bool:
        """Whether the account may not log on now, whatever the password is."""
        account = self._known.get(name)
        if account is None or account.locked_until is None:
            return False
        if self._now() < account.locked_until:
            return True
        account.locked_until, account.in_a_row = None, 0
        return False

    def counts(self) -> dict[str, dict[str, Any]]:
        """Return account → {bad_logons, locked}, of all that somebody logged on with."""
        return {
            name: {"bad_logons": account.bad_logons, "locked": self.locked(name)}
            for name, account in sorted(self._known.items())
        }


def account_name(host: str, users: dict[str, str], domain: str, user: str) -> str | None:
    """Return the account that a logon on a host means, DOMAIN\\USER, or None where it has none."""
    spelt = {name.casefold() for name in users}
    if f"{domain}\\{user}".casefold() in spelt:
        return f"{domain}\\{user}".upper()
    local = domain.casefold() in ("", ".", host.casefold())
    return f"{host}\\{user}".upper() if local and user.casefold() in spelt else None


def who(token: bytes) -> tuple[str, str] | None:
    """Return domain and user of an NTLM AUTHENTICATE message ([MS-NLMP] 2.2.1.3).

    Also where SPNEGO is around it; None where there is none: nothing was answered yet.
    """
    at = token.find(_AUTHENTICATE)
    if at < 0 or len(token) < at + 64:
        return None
    message = token[at:]
    flags = struct.unpack_from("<I", message, 60)[0]
    encoding = "utf-16-le" if flags & _UNICODE else "cp437"

    def text(field: int) -> str:
        length, _room, offset = struct.unpack_from("<HHI", message, field)
        return message[offset : offset + length].decode(encoding, "replace")

    return text(28), text(36)
