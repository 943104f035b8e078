# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates on the controller."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from .wire import RemoteError

try:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding
except ImportError as error:  # reported when a certificate has to be read
    CRYPTOGRAPHY_ERROR: ImportError | None = error
else:
    CRYPTOGRAPHY_ERROR = None


@dataclass(frozen=True)
class Certificate:
    """What has to be known of a certificate; hashes in upper-case hex."""

    der: bytes
    sha256: str
    thumbprint: str
    subject: str
    self_issued: bool
    not_before: dt.datetime
    not_after: dt.datetime


def read_certificate(path: Path) -> Certificate:
    """The certificate of a PEM or DER file.

    cryptography refuses to verify SHA-1 signatures, which old roots carry over themselves. So only
    issuer and subject are compared; what makes the certificate trusted is its pin.

    Raises RemoteError: reason ``controller``: a library is missing.
    Raises OSError: the file cannot be read.
    Raises ValueError: it is no certificate.
    """
    if CRYPTOGRAPHY_ERROR is not None:
        raise RemoteError(
            "controller",
            "The Python library cryptography is missing on the controller.",
            "Install it there (pip install cryptography).",
        )
    raw = path.read_bytes()
    pem = b"-----BEGIN" in raw
    cert = x509.load_pem_x509_certificate(raw) if pem else x509.load_der_x509_certificate(raw)
    return Certificate(
        der=cert.public_bytes(Encoding.DER),
        sha256=cert.fingerprint(hashes.SHA256()).hex().upper(),
        thumbprint=cert.fingerprint(hashes.SHA1()).hex().upper(),  # Windows' own name for it
        subject=cert.subject.rfc4514_string(),
        self_issued=cert.issuer == cert.subject,
        not_before=cert.not_valid_before_utc,
        not_after=cert.not_valid_after_utc,
    )
