# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A wrong password makes one bad logon in a run, not one a host: ten of them lock an account.

Until a host has accepted an account with a password, one host at a time is asked with it. The first
refusal is final: nobody else is asked with that account in the run. Once a host has accepted it,
nobody waits any more; a host that refuses it then is asked again by itself, and one other host is
asked before the rest: if that one accepts, the first one's trouble is its own.

Workers share what they know in files below ansible-core's temporary directory of this run, which
only the user may read, and which ansible-core removes. Their names are keyed hashes: the key lives
in the memory of ansible-playbook, which loads this module before it forks its workers.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from ansible import constants

from .failures import REFUSALS
from .wire import RemoteError

try:
    from filelock import FileLock, Timeout
except ImportError as error:  # locks.py reports it, before anything is changed
    FILELOCK_ERROR: ImportError | None = error
else:
    FILELOCK_ERROR = None

_KEY: Final = secrets.token_bytes(32)
_LOOK_SECONDS = 0.05
# A host that takes the connection and then says nothing does not keep the others for longer.
TURN_SECONDS = 30.0
# The host said no, but not to the password.
_KNOWN = frozenset({"not_administrator", "winrm_quota", "ticket_refused", "kerberos_spn"})


class Logon:
    """What this run knows of an account that a host is about to be asked with.

    host: the inventory name.
    user: as the inventory gives it: ``DOMAIN\\user``, ``user@domain``, ``.\\user`` or
        ``user``. An account of the host itself (``.\\user``, ``HOST\\user``) concerns no other.
        Of a bare ``user`` nobody can say which it is: it is one account for each password.
    folder: where the run's workers share what they know.
    """

    def __init__(self, host: str, user: str, password: str, folder: Path | None = None) -> None:
        self.host = host
        self.user = user
        domain, user_name = _parts(user)
        own = domain in (".", host.casefold().partition(".")[0])
        self._account = (host, domain, user_name) if own else (domain, user_name)
        self._folder = folder or Path(str(constants.DEFAULT_LOCAL_TMP)) / "legacyops-accounts"
        with_password = _digest(*self._account, password)
        name = with_password if domain == "" else _digest(*self._account)
        self._refused = self._folder / f"{name}.no"
        self._turn = self._folder / f"{name}.turn"
        self._accepted = self._folder / f"{with_password}.yes"
        self._doubted = self._folder / f"{with_password}.doubt"

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Log on within the block, in turn where that is needed; how it ends is remembered.

        Raises RemoteError: reason ``account_refused``: the host is not to be asked.
        """
        if self.free or FILELOCK_ERROR is not None:
            with self._remembered():
                yield
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._in_turn(), self._remembered():
            yield

    @property
    def free(self) -> bool:
        """Whether the host may be asked at once.

        Raises RemoteError: it is not to be asked at all.
        """
        if not self._accepted.exists():
            self._check_refused()
            return False
        doubt = _read(self._doubted)
        if doubt is None:
            return True
        self._check_refused()
        return doubt.get("host") == self.host

    def _check_refused(self) -> None:
        """Raises RemoteError: the account was refused for good."""
        refused = _read(self._refused)
        if refused is not None:
            raise RemoteError(
                "account_refused",
                f"Not asked, because {refused.get('host')} has refused the account {self.user} in"
                " this run, and each further bad logon may lock it.",
                "Correct ansible_user and ansible_password, or leave that host out if only it is"
                " wrong; then run again.",
                {"refused_by": refused.get("host")},
            )

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """Wait until nobody else asks with this account, or until it is known to be good."""
        lock = FileLock(self._turn, thread_local=False)
        ending = threading.Timer(TURN_SECONDS, lock.release)
        ending.daemon = True
        try:
            while not self.free and not _taken(lock):
                time.sleep(_LOOK_SECONDS)
            if lock.is_locked:
                if self.free:  # what was learnt meanwhile
                    lock.release()
                else:
                    ending.start()
            yield
        finally:
            ending.cancel()
            lock.release()

    @contextmanager
    def _remembered(self) -> Iterator[None]:
        try:
            yield
        except RemoteError as error:
            if error.reason in REFUSALS:
                self._refuse()
            elif error.reason in _KNOWN:
                self._accept()
            raise
        self._accept()

    def _accept(self) -> None:
        """The password is right: nobody has to wait for it."""
        if not self._accepted.exists():
            _write(self._accepted, self.host)
        if self._doubted.exists():
            self._doubted.unlink(missing_ok=True)

    def _refuse(self) -> None:
        """The password is wrong, or this host's trouble is its own."""
        doubt = _read(self._doubted)
        if self._accepted.exists() and (doubt is None or doubt.get("host") == self.host):
            _write(self._doubted, self.host)
        else:
            _write(self._refused, self.host)


def _parts(user: str) -> tuple[str, str]:
    """Domain and name of an account, in one spelling; the domain by its first label."""
    user = user.strip().casefold()
    if "\\" in user:
        domain, _mark, name = user.partition("\\")
    else:
        name, _mark, domain = user.partition("@")
    return domain if domain == "." else domain.partition(".")[0], name


def _taken(lock: FileLock) -> bool:
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    return True


def _digest(*parts: str) -> str:
    return hmac.new(_KEY, "\0".join(parts).encode(), hashlib.sha256).hexdigest()


def _read(path: Path) -> dict[str, Any] | None:
    """A marker, or None where there is none; one that is being written counts as there."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        return None
    with suppress(ValueError):
        found = json.loads(text)
        if isinstance(found, dict):
            return found
    return {}


def _write(path: Path, host: str) -> None:
    """Leave a marker, and who left it."""
    with suppress(OSError):  # ansible-playbook has ended and taken its directory away
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"host": host}), encoding="utf-8")
