"""Bad logons and locked accounts, and listeners with TLS, as real clients meet them."""

from __future__ import annotations

import ssl
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import spnego
import winrm
from cryptography import x509
from legacyops_lab.accounts import Accounts, account_name, who
from legacyops_lab.auth import write_user_file
from legacyops_lab.https import write_certificate
from requests.exceptions import SSLError
from winrm.exceptions import InvalidCredentialsError

PASSWORD = "Pass:wörd 1"


class Calendar:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 29, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time


def logon(host: Any, password: str, user: str = "Administrator", transport: str = "ntlm") -> None:
    url = f"http://{host.address}:5985/wsman"
    client = winrm.Protocol(url, transport=transport, username=user, password=password)
    client.close_shell(client.open_shell())


@pytest.mark.parametrize("transport", ["ntlm", "basic"])
def test_one_attempt_of_a_client_is_one_bad_logon(
    start_lab: Callable[..., Any], transport: str
) -> None:
    lab, host = start_lab(basic=True)
    for expected in (1, 2):
        with pytest.raises(InvalidCredentialsError):
            logon(host, "no", transport=transport)
        counted = {"XA01\\ADMINISTRATOR": {"bad_logons": expected, "locked": False}}
        assert lab.server.accounts.counts() == counted
    with pytest.raises(InvalidCredentialsError):
        logon(host, "no", user="nobody", transport=transport)
    assert lab.server.accounts.counts() == counted


def test_basic_that_is_not_allowed_is_no_bad_logon(start_lab: Callable[..., Any]) -> None:
    lab, host = start_lab()
    with pytest.raises(InvalidCredentialsError):
        logon(host, "no", transport="basic")
    assert lab.server.accounts.counts() == {}


def test_a_locked_account_refuses_the_right_password_too(start_lab: Callable[..., Any]) -> None:
    lab, host = start_lab()
    calendar = Calendar()
    accounts = Accounts({"threshold": 2, "minutes": 30}, calendar.now)
    lab.server.hosts["XA01"]._accepts.accounts = accounts
    for password in ("no", PASSWORD, "no", "no", PASSWORD):
        if password == PASSWORD and not accounts.locked("XA01\\ADMINISTRATOR"):
            logon(host, password)
            continue
        with pytest.raises(InvalidCredentialsError):
            logon(host, password)
    assert accounts.counts() == {"XA01\\ADMINISTRATOR": {"bad_logons": 3, "locked": True}}
    calendar.time += timedelta(minutes=31)
    logon(host, PASSWORD)


@pytest.mark.parametrize(
    ("domain", "user", "account"),
    [
        ("", "Clerk", "XA01\\CLERK"),
        (".", "clerk", "XA01\\CLERK"),
        ("xa01", "clerk", "XA01\\CLERK"),
        ("lab", "hotfix", "LAB\\HOTFIX"),
        ("", "hotfix", None),
        ("LAB", "clerk", None),
        ("", "nobody", None),
    ],
)
def test_which_account_a_logon_means(domain: str, user: str, account: str | None) -> None:
    assert account_name("XA01", {"clerk": "", "LAB\\hotfix": ""}, domain, user) == account


@pytest.mark.parametrize("protocol", ["ntlm", "negotiate"])
def test_who_logs_on_is_read_out_of_the_message(
    protocol: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_user_file(tmp_path / "users", "XA01", {"LAB\\hötfix": "p"})
    monkeypatch.setenv("NTLM_USER_FILE", str(tmp_path / "users"))
    options = spnego.NegotiateOptions.use_ntlm
    if protocol == "negotiate":
        options = spnego.NegotiateOptions.use_negotiate
    client = spnego.client("LAB\\hötfix", "p", protocol=protocol, options=options)
    server = spnego.server(protocol=protocol, options=options)
    first = client.step()
    assert first is not None
    assert who(first) is None
    last = client.step(server.step(first))
    assert last is not None
    assert who(last) == ("LAB", "hötfix")
    assert who(b"NTLMSSP\0" + struct.pack("<I", 3)) is None


def ask(host: Any, certificate: Path | None) -> None:
    trust = {} if certificate is None else {"ca_trust_path": str(certificate)}
    winrm.Protocol(
        f"https://{host.address}:5986/wsman",
        transport="ntlm", username="Administrator", password=PASSWORD, **trust,
    ).open_shell()  # fmt: skip


def test_https_with_channel_binding(start_lab: Callable[..., Any], tmp_path: Path) -> None:
    _, host = start_lab(https={})
    ask(host, tmp_path / "secrets0" / "XA01.pem")
    with pytest.raises(SSLError, match="self-signed certificate"):
        ask(host, None)


def test_a_host_with_tls_1_0_only(start_lab: Callable[..., Any], tmp_path: Path) -> None:
    _, host = start_lab(https={"tls": "1.0"})
    with pytest.raises(SSLError, match="UNSUPPORTED_PROTOCOL"):
        ask(host, tmp_path / "secrets0" / "XA01.pem")


@pytest.mark.parametrize(
    ("settings", "oid", "bits"),
    [({}, "sha256WithRSAEncryption", 2048), ({"sha1": True, "bits": 1024}, "sha1With", 1024)],
)
def test_certificates_are_what_the_estate_says(
    tmp_path: Path, settings: dict[str, Any], oid: str, bits: int
) -> None:
    path = write_certificate(tmp_path, "xa01", "127.0.0.1", settings)
    made = x509.load_pem_x509_certificate(path.read_bytes())
    assert made.signature_algorithm_oid._name.startswith(oid)
    assert made.public_key().key_size == bits  # type: ignore[union-attr]
    assert path.with_suffix(".key").stat().st_mode & 0o777 == 0o600
    ssl.create_default_context(cafile=str(path))
