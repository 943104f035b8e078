"""Who is calling: NTLM, SPNEGO and Basic, and the encryption of messages.

One security context belongs to one TCP connection, as in WinRM. [MS-WSMV] 2.2.9.1
describes the encrypted messages; over HTTP a host takes nothing else by default.
"""

from __future__ import annotations

import base64
import binascii
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import spnego
from spnego._ntlm_raw.crypto import ntowfv1  # no public way to an NT hash
from spnego.exceptions import SpnegoError

from legacyops_lab.accounts import Accounts, account_name, who

PROTOCOL = "application/HTTP-SPNEGO-session-encrypted"
ENCRYPTED_TYPE = f'multipart/encrypted;protocol="{PROTOCOL}";boundary="Encrypted Boundary"'
_BOUNDARY = b"--Encrypted Boundary"
_PAYLOAD = b"Content-Type: application/octet-stream\r\n"
_NTLM_SIGNATURE = b"NTLMSSP\0"
_EMPTY_LM = "0" * 32


class RefusedError(Exception):
    """Authentication failed or has to go on: answer 401 with these `challenges`."""

    def __init__(self, challenges: list[str]) -> None:
        super().__init__("authentication required")
        self.challenges = challenges


class BadMessageError(Exception):
    """An encrypted message that this connection cannot decrypt: answer 400."""


def write_user_file(path: Path, host: str, users: dict[str, str]) -> None:
    """Write the accounts of a host for pyspnego's acceptor (smbpasswd format, mode 0600).

    A local account is known by its name alone, by `.\\name` and by `HOST\\name`; a name
    that has a domain already is known by that only. Only NT hashes are written.
    """
    lines = []
    for number, (name, password) in enumerate(users.items(), 1000):
        nt_hash = ntowfv1(password).hex().upper()
        spellings = [name] if "\\" in name else [name, f".\\{name}", f"{host}\\{name}"]
        lines += [f"{text}:{number}:{_EMPTY_LM}:{nt_hash}:[U]:LCT-0" for text in spellings]
    path.touch(mode=0o600)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@contextmanager
def _user_file(path: Path) -> Iterator[None]:
    """Let pyspnego read this host's accounts; safe because nothing is awaited inside."""
    before = os.environ.get("NTLM_USER_FILE")
    os.environ["NTLM_USER_FILE"] = str(path)
    try:
        yield
    finally:
        if before is None:
            del os.environ["NTLM_USER_FILE"]
        else:
            os.environ["NTLM_USER_FILE"] = before


class Authenticator:
    """What a host accepts: its accounts and whether Basic is allowed."""

    def __init__(
        self,
        host: str,
        users: dict[str, str],
        user_file: Path,
        accounts: Accounts,
        *,
        basic: bool,
        unencrypted: bool,
    ) -> None:
        self.host = host
        self.accounts = accounts
        self.user_file = user_file
        self.basic = basic
        self.unencrypted = unencrypted
        self._given = users
        self._users = {name.lower(): password for name, password in users.items()}

    def account(self, domain: str, user: str) -> str | None:
        """Return the account that a logon means, None where there is no such one."""
        return account_name(self.host, self._given, domain, user)

    def challenges(self) -> list[str]:
        """Return the WWW-Authenticate values that this host offers."""
        return ["Negotiate", *(['Basic realm="WSMAN"'] if self.basic else [])]

    def check_basic(self, token: str) -> str:
        """Return the user of a Basic token; raise RefusedError where it is wrong."""
        try:
            raw = base64.b64decode(token)
        except binascii.Error:
            raise RefusedError(self.challenges()) from None
        if not self.basic:
            raise RefusedError(self.challenges())
        account = None
        for encoding in ("utf-8", "latin-1"):  # clients differ, and Windows takes both
            name, _, password = raw.decode(encoding, "replace").partition(":")
            domain, _, user = name.rpartition("\\")
            account = self.account(domain, user)
            locked = account is not None and self.accounts.locked(account)
            if account and not locked and self._users.get(name.lower()) == password:
                self.accounts.succeeded(account)
                return name.lower()
        self.accounts.failed(account)
        raise RefusedError(self.challenges())


class ConnectionAuth:
    """The authentication state of one TCP connection."""

    def __init__(self, accepts: Authenticator) -> None:
        self._accepts = accepts
        self._context: spnego.ContextProxy | None = None

    @property
    def user(self) -> str | None:
        """The user whose context this connection carries, or None."""
        context = self._context
        if context is None or not context.complete:
            return None
        return (context.client_principal or "").rpartition("\\")[2].lower()

    def authenticate(self, header: str | None) -> tuple[str, str | None]:
        """Take a request's Authorization header.

        Returns the user and the value of the answer's WWW-Authenticate header, if one is
        due. Raises RefusedError where the answer is 401.
        """
        scheme, _, token = (header or "").partition(" ")
        if scheme.lower() == "basic":
            return self._accepts.check_basic(token), None
        if scheme.lower() == "negotiate" and token:
            return self._step(token.strip())
        if (user := self.user) is not None:
            return user, None
        raise RefusedError(self._accepts.challenges())

    def _step(self, token: str) -> tuple[str, str | None]:
        named: str | None = None
        try:
            raw = base64.b64decode(token)
            if (parts := who(raw)) is not None:
                named = self._accepts.account(*parts)
            with _user_file(self._accepts.user_file):
                reply = self._next_context(raw)
        except (SpnegoError, binascii.Error, ValueError, struct.error):
            self._accepts.accounts.failed(named)
            self._refuse()
        if named is not None and self._accepts.accounts.locked(named):
            self._refuse()
        if named is not None and self.user is not None:
            self._accepts.accounts.succeeded(named)
        header = f"Negotiate {base64.b64encode(reply).decode()}" if reply else None
        if (user := self.user) is not None:
            return user, header
        raise RefusedError([header] if header else self._accepts.challenges())

    def _refuse(self) -> NoReturn:
        self._context = None
        raise RefusedError(self._accepts.challenges()) from None

    def _next_context(self, token: bytes) -> bytes | None:
        """Step the context on; a fresh one starts where the last is complete."""
        if self._context is None or self._context.complete:
            raw = token.startswith(_NTLM_SIGNATURE)
            options = spnego.NegotiateOptions.use_ntlm
            if not raw:
                options = spnego.NegotiateOptions.use_negotiate
            self._context = spnego.server(protocol="ntlm" if raw else "negotiate", options=options)
        reply: bytes | None = self._context.step(token)
        return reply

    def decrypt(self, body: bytes) -> bytes:
        """Return the envelope of an encrypted message; raise BadMessageError if it is foreign."""
        start, end = body.find(_PAYLOAD), body.rfind(_BOUNDARY + b"--")
        if self._context is None or start < 0 or end < start:
            raise BadMessageError
        payload = body[start + len(_PAYLOAD) : end]
        try:
            length = struct.unpack_from("<I", payload)[0]
            header, data = payload[4 : 4 + length], payload[4 + length :]
            envelope: bytes = self._context.unwrap_winrm(header, data)
        except (SpnegoError, struct.error) as error:
            raise BadMessageError from error
        return envelope

    def encrypt(self, envelope: bytes) -> bytes:
        """Return an envelope as the body of an encrypted message."""
        if self._context is None:
            raise BadMessageError
        wrapped = self._context.wrap_winrm(envelope)
        length = len(envelope) + wrapped.padding_length
        head = (
            f"--Encrypted Boundary\r\n\tContent-Type: {PROTOCOL}\r\n"
            f"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length={length}\r\n"
            "--Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n"
        )
        size = struct.pack("<i", len(wrapped.header))
        tail = _BOUNDARY + b"--\r\n"
        return b"".join([head.encode("ascii"), size, wrapped.header, wrapped.data, tail])
