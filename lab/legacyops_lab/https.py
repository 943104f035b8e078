"""Listeners and their ports; those with TLS have the certificates that old servers have."""

from __future__ import annotations

import asyncio
import os
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

# The algorithm identifiers of a signature, in DER; they are equally long.
_SHA256_RSA = bytes.fromhex("06092a864886f70d01010b")
_SHA1_RSA = bytes.fromhex("06092a864886f70d010105")
_TLS_1_0 = b"\x03\x01"
_AES128_SHA = b"\x00\x2f"
_DER = serialization.Encoding.DER
_HANDSHAKE, _SERVER_HELLO = b"\x16", b"\x02"


def port_of(winrm: dict[str, Any]) -> int:
    """Return the port of a host's listener, from the estate's `winrm`."""
    return int(winrm.get("port", 5985 if winrm.get("https") is None else 5986))


def write_certificate(folder: Path, host: str, address: str, settings: dict[str, Any]) -> Path:
    """Write a self-signed certificate (HOST.pem) and its key (HOST.key); return the former.

    `settings` are the estate's `winrm.https.certificate`.
    """
    key = rsa.generate_private_key(65537, settings.get("bits", 2048))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, settings.get("name", host))])
    now, day = datetime.now(UTC), timedelta(days=1)
    first, last = (
        (now - 900 * day, now - day) if settings.get("expired") else (now - day, now + 9 * day)
    )
    names = [x509.DNSName(settings.get("name", host))]
    alternative = names if "name" in settings else [*names, x509.IPAddress(ip_address(address))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(first)
        .not_valid_after(last)
        .add_extension(x509.SubjectAlternativeName(alternative), critical=False)
        .sign(key, hashes.SHA256())
    )
    der = _with_sha1(made, key) if settings.get("sha1") else made.public_bytes(_DER)
    certificate, secret = folder / f"{host}.pem", folder / f"{host}.key"
    certificate.write_text(ssl.DER_cert_to_PEM_cert(der), encoding="ascii")
    secret.touch(mode=0o600)
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate


def _with_sha1(certificate: x509.Certificate, key: rsa.RSAPrivateKey) -> bytes:
    """Return the certificate signed with SHA-1, which cryptography 50 no longer does itself."""
    before = certificate.tbs_certificate_bytes
    after = before.replace(_SHA256_RSA, _SHA1_RSA)
    signature = key.sign(after, padding.PKCS1v15(), hashes.SHA1())
    der = certificate.public_bytes(_DER).replace(before, after)
    return der.replace(_SHA256_RSA, _SHA1_RSA).replace(certificate.signature, signature)


def context(certificate: Path) -> ssl.SSLContext:
    """Return a server's context that is as lenient as an old Windows, but for the version."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.set_ciphers("ALL:@SECLEVEL=0")
    made.load_cert_chain(certificate, certificate.with_suffix(".key"))
    return made


class OldTls(asyncio.Protocol):
    """A host that knows TLS 1.0 only, towards clients that no longer do.

    It takes the ClientHello and answers with its own version, as Windows does (OpenSSL would send
    an alert instead). Every client of today ends there; none that goes on is served (H41).
    """

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answered = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer a ClientHello once; hang up at whatever follows, and at what is no TLS."""
        if self._transport is None:
            return
        if self._answered or not data.startswith(_HANDSHAKE):
            self._transport.close()
            return
        self._answered = True
        body = _TLS_1_0 + os.urandom(32) + b"\x00" + _AES128_SHA + b"\x00"
        message = _SERVER_HELLO + len(body).to_bytes(3, "big") + body
        self._transport.write(_HANDSHAKE + _TLS_1_0 + len(message).to_bytes(2, "big") + message)
