"""The certificates that exist in the simulated world.

Real values: the G5 root is read from its PEM; the fingerprints, serial numbers and
ends of validity of the cross-certificate and of the code-signing intermediate are
the published ones. Everything marked `invented` is plausible only: its fingerprints
are hashes of a sentence, so that nobody mistakes them for those of a real certificate.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from .times import iso, parse

G5_PEM = "verisign-class3-g5-root.pem"

_PCA3_G5_KEY = "7FD365A7C2DDECBBF03009F34339FA02AF333133"
_VERISIGN = 'O="VeriSign, Inc.", C=US'
_THAWTE = (
    "CN=Thawte Timestamping CA, OU=Thawte Certification, O=Thawte, "
    "L=Durbanville, S=Western Cape, C=ZA"
)
_OLD_ROOT = f"OU=Class 3 Public Primary Certification Authority, {_VERISIGN}"
_CS2010 = (
    "CN=VeriSign Class 3 Code Signing 2010 CA, "
    "OU=Terms of use at https://www.verisign.com/rpa (c)10, "
    f"OU=VeriSign Trust Network, {_VERISIGN}"
)
_CS2004 = (
    "CN=VeriSign Class 3 Code Signing 2004 CA, "
    "OU=Terms of use at https://www.verisign.com/rpa (c)04, "
    f"OU=VeriSign Trust Network, {_VERISIGN}"
)
_CITRIX = (
    'CN="Citrix Systems, Inc.", OU=XenApp, '
    'O="Citrix Systems, Inc.", L=Fort Lauderdale, S=Florida, C=US'
)
_TSA = 'CN=VeriSign Time Stamping Services Signer - G2, O="VeriSign, Inc.", C=US'
_TSA_CA = 'CN=VeriSign Time Stamping Services CA, O="VeriSign, Inc.", C=US'
_MICROSOFT = "CN=Microsoft Root Certificate Authority, DC=microsoft, DC=com"


@dataclass(frozen=True)
class Certificate:
    """Metadata of one certificate, hashes in upper-case hexadecimal."""

    thumbprint: str
    sha256: str
    subject: str
    issuer: str
    subject_hash: str
    issuer_hash: str
    serial: str
    not_before: str
    not_after: str
    key_id: str | None
    invented: bool = False

    @property
    def self_signed(self) -> bool:
        """Whether subject and issuer are the same name."""
        return self.subject_hash == self.issuer_hash

    def valid_at(self, moment: datetime) -> bool:
        """Whether `moment` lies in the validity period."""
        return parse(self.not_before) <= moment <= parse(self.not_after)

    def record(self) -> dict[str, Any]:
        """Return the record that observations show (without the lab's own mark)."""
        record = asdict(self)
        del record["invented"]
        return record


def hash_text(text: str, algorithm: str = "sha1") -> str:
    """Return the upper-case hexadecimal hash of a text's UTF-8."""
    return hashlib.new(algorithm, text.encode()).hexdigest().upper()


def from_der(der: bytes) -> Certificate:
    """Read the metadata of a DER certificate; ValueError when it is none."""
    parsed = x509.load_der_x509_certificate(der)
    return Certificate(
        thumbprint=hashlib.sha1(der).hexdigest().upper(),
        sha256=hashlib.sha256(der).hexdigest().upper(),
        subject=_windows_name(parsed.subject),
        issuer=_windows_name(parsed.issuer),
        subject_hash=hashlib.sha1(parsed.subject.public_bytes()).hexdigest().upper(),
        issuer_hash=hashlib.sha1(parsed.issuer.public_bytes()).hexdigest().upper(),
        serial=f"{parsed.serial_number:X}".zfill(2),
        not_before=iso(parsed.not_valid_before_utc),
        not_after=iso(parsed.not_valid_after_utc),
        key_id=_key_id(parsed),
    )


def _key_id(parsed: x509.Certificate) -> str | None:
    """Return the subject key identifier, or None where the certificate has none."""
    try:
        extension = parsed.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    except x509.ExtensionNotFound:
        return None
    return extension.value.digest.hex().upper()


def _windows_name(name: x509.Name) -> str:
    """Return a name as .NET writes it: last part first, quoted where needed."""
    parts = []
    for attribute in reversed(list(name)):
        key = "S" if attribute.rfc4514_attribute_name == "ST" else attribute.rfc4514_attribute_name
        value = str(attribute.value)
        quoted = f'"{value}"' if any(sign in value for sign in ',+"=<>#;') else value
        parts.append(f"{key}={quoted}")
    return ", ".join(parts)


@cache
def g5_der() -> bytes:
    """Return the DER of the real VeriSign Class 3 G5 root."""
    pem = resources.files(__package__).joinpath(G5_PEM).read_bytes()
    certificate = x509.load_pem_x509_certificate(pem)
    if certificate.signature_hash_algorithm is None or not isinstance(
        certificate.signature_hash_algorithm, hashes.SHA1
    ):
        raise ValueError(f"{G5_PEM} is not the root that it should be")
    return certificate.public_bytes(Encoding.DER)


def _made(
    name: str,
    subject: str,
    issuer: str,
    validity: tuple[str, str],
    **real: Any,
) -> Certificate:
    """Make a record from text; `real` holds the published values, the rest is invented."""
    sentence = f"legacyops-lab invented certificate: {name}"
    root = from_der(g5_der())
    values: dict[str, Any] = {
        "thumbprint": hash_text(sentence),
        "sha256": hash_text(sentence, "sha256"),
        "serial": hash_text(sentence, "md5"),
        "key_id": hash_text(f"key of {sentence}"),
        "subject_hash": root.subject_hash if subject == root.subject else hash_text(subject),
        "issuer_hash": root.subject_hash if issuer == root.subject else hash_text(issuer),
        "invented": "thumbprint" not in real,
    }
    return Certificate(
        subject=subject,
        issuer=issuer,
        not_before=f"{validity[0]}T00:00:00Z",
        not_after=f"{validity[1]}T23:59:59Z",
        **{**values, **real},
    )


@cache
def catalogue() -> Mapping[str, Certificate]:
    """Return every certificate of the world by the lab's short name."""
    g5 = from_der(g5_der())
    made = {
        "g5_cross": _made(
            "g5_cross",
            g5.subject,
            _OLD_ROOT,
            ("2006-11-08", "2021-11-07"),
            thumbprint="32F30882622B87CF8856C63DB873DF0853B4DD27",
            sha256="8420DFBE376F414BF4C0A81E6936D24CCC03F304835B86C7A39142FCA723A689",
            serial="250CE8E030612E9F2B89F7054D7CF8FD",
            key_id=_PCA3_G5_KEY,
        ),
        "code_signing_2010": _made(
            "code_signing_2010",
            _CS2010,
            g5.subject,
            ("2010-02-08", "2020-02-07"),
            thumbprint="495847A93187CFB8C71F840CB7B41497AD95C64F",
            sha256="0CFC19DB681B014BFE3F23CB3A78B67208B4E3D8D7B6A7B1807F7CD6ECB2A54E",
            serial="5200E5AA2556FC1A86ED96C9D44B33C7",
        ),
        "citrix_2011": _made("citrix_2011", _CITRIX, _CS2010, ("2011-06-21", "2014-07-20")),
        "old_root": _made("old_root", _OLD_ROOT, _OLD_ROOT, ("1996-01-29", "2028-08-01")),
        "code_signing_2004": _made(
            "code_signing_2004", _CS2004, _OLD_ROOT, ("2004-07-16", "2014-07-15")
        ),
        "citrix_2008": _made("citrix_2008", _CITRIX, _CS2004, ("2008-05-12", "2011-06-20")),
        "timestamp_root": _made("timestamp_root", _THAWTE, _THAWTE, ("1997-01-01", "2020-12-31")),
        "timestamp_ca": _made("timestamp_ca", _TSA_CA, _THAWTE, ("2003-12-04", "2013-12-03")),
        "timestamp_signer": _made("timestamp_signer", _TSA, _TSA_CA, ("2007-06-15", "2012-06-14")),
        "microsoft_root": _made(
            "microsoft_root", _MICROSOFT, _MICROSOFT, ("2001-05-09", "2037-05-09")
        ),
    }
    return MappingProxyType({"g5": g5, **made})
