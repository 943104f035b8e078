"""The signatures that lab files carry, and what a host makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .certificates import Certificate, catalogue

INTACT = 0
DIGEST_MISMATCH = 0x80096010
NO_SIGNATURE = 0x800B0100


@dataclass(frozen=True)
class Signature:
    """Who signed, which certificates are embedded, when it was timestamped (UTC text)."""

    signer: str
    embedded: tuple[str, ...]
    timestamp: str | None

    @property
    def leaf(self) -> Certificate:
        """The signer's certificate."""
        return catalogue()[self.signer]

    @property
    def certificates(self) -> list[Certificate]:
        """The embedded certificates, the signer's first; one set, the timestamp's in it."""
        stamp = () if self.timestamp is None else ("timestamp_signer", "timestamp_ca")
        return [catalogue()[name] for name in (self.signer, *self.embedded, *stamp)]

    @property
    def timestamp_leaf(self) -> Certificate:
        """The timestamp authority's certificate."""
        return catalogue()["timestamp_signer"]

    def record(self, hash_status: int) -> dict[str, Any]:
        """Return the signature as an observation shows it."""
        certificates = [certificate.record() for certificate in self.certificates]
        stamp = {
            "utc": self.timestamp,
            "signature_status": INTACT,
            "signer": self.timestamp_leaf.record(),
            "certificates": certificates,
        }
        return {
            "state": "signed",
            "hash_status": hash_status,
            "signature_status": INTACT,
            "signer": self.leaf.record(),
            "certificates": certificates,
            "timestamp": None if self.timestamp is None else stamp,
        }


_SIGNED = "2011-11-15T09:30:00Z"

SIGNATURES = {
    "citrix_2011": Signature("citrix_2011", ("code_signing_2010",), _SIGNED),
    "citrix_2011_cross": Signature("citrix_2011", ("code_signing_2010", "g5_cross"), _SIGNED),
    "citrix_2011_no_timestamp": Signature("citrix_2011", ("code_signing_2010",), None),
    "citrix_2008": Signature("citrix_2008", ("code_signing_2004",), "2008-10-01T08:00:00Z"),
}


def unsigned() -> dict[str, Any]:
    """Return what an observation shows for a file without a signature."""
    return {
        "state": "unsigned",
        "hash_status": NO_SIGNATURE,
        "signature_status": None,
        "signer": None,
        "certificates": [],
        "timestamp": None,
    }
