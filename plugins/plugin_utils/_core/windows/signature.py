# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does a file's signature link to a trusted root? Judged from records, nothing is executed.

The notice's steps 確認-1 to 確認-4 ask Windows this question; asking Windows builds a chain, and
that may itself fetch a root. So assess and check mode only read certificates, and the linkage is
computed here: by name (hash of the DER name), through the certificates in the file and the
intermediate store, to a self-signed certificate in one of the machine's root stores. Whether
each signature of the chain is mathematically right is left to the host's own chain
(check chain_on_host), which is always asked again right before an installation.

A store may give a certificate properties of its own: purposes that it is limited to, and the dates
of Microsoft's automatic list, which distrusts a root without putting it into Disallowed. They are
read as Microsoft's page on the deprecation of roots has them; whether a Server 2008 minds the dates
is not known, so they are taken to count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from ..observation import UNKNOWN, Unknown, quote

Cert = Mapping[str, Any]
Status = Literal[
    "trusted",
    "root_missing",
    "expired",
    "tampered",
    "unsigned",
    "disallowed",
    "not_for_code_signing",
    "file_missing",
]

ROOT_STORES: Final = ("root", "auth_root", "enterprise_root", "policy_root")
TRUST_E_BAD_DIGEST: Final = 0x80096010
TRUST_E_NOSIGNATURE: Final = 0x800B0100
CODE_SIGNING: Final = "1.3.6.1.5.5.7.3.3"
_TIME_STAMPING: Final = "1.3.6.1.5.5.7.3.8"
_COMMON_NAME: Final = re.compile(r'(?:^|,)\s*CN=(?:"([^"]*)"|([^,]*))', re.IGNORECASE)
_MOST_PATHS: Final = 200  # a hostile file may embed many certificates of one name


@dataclass(frozen=True)
class SignatureReading:
    """What a signature is worth, and the path or the reason that shows it."""

    status: Status | Unknown
    evidence: str


@dataclass(frozen=True)
class Stores:
    """The machine's certificate stores, as far as they could be read.

    roots: store's name and its certificates. unread: names of the stores of which something
    could not be read, be it a single certificate. disallowed is None where that is one of them.
    """

    roots: tuple[tuple[str, tuple[Cert, ...]], ...]
    intermediate: tuple[Cert, ...]
    disallowed: tuple[Cert, ...] | None
    unread: tuple[str, ...]

    @classmethod
    def from_data(cls, stores: Any, extra_root: Cert | None = None) -> Stores:
        """Return the stores of an observation; extra_root asks "what if it were there"."""
        data = stores if isinstance(stores, Mapping) else {}
        unread: list[str] = []

        def read(name: str) -> tuple[Cert, ...]:
            value = data.get(name)
            members = value if isinstance(value, list) else []
            certs = tuple(cert for cert in members if _readable(cert))
            if not isinstance(value, list) or len(certs) < len(members):
                unread.append(name)
            return certs

        roots = [(name, read(name)) for name in ROOT_STORES]
        if extra_root is not None:
            roots.append(("assumed", (extra_root,)))
        intermediate, disallowed = read("intermediate"), read("disallowed")
        return cls(
            tuple(roots),
            intermediate,
            None if "disallowed" in unread else disallowed,
            tuple(unread),
        )

    def restriction(
        self, cert: Cert, purpose: str, when: str, issued: str
    ) -> tuple[Status, str] | None:
        """Return why a certificate's entry in some store does not serve, or None.

        Where several stores have it, the strictest entry counts: which of them Windows takes is
        not known. purpose: an OID. when: the time that the signature is judged at. issued: when
        the signer's certificate began to be valid. Times are ISO 8601 UTC texts.
        """
        for name, certs in (*self.roots, ("intermediate", self.intermediate)):
            for entry in certs:
                if _same(entry, cert):
                    fault = _restriction(entry.get("properties"), purpose, when, issued)
                    if fault:
                        return fault[0], f"{_name(cert)} (store: {name}) {fault[1]}"
        return None

    def root_certs(self) -> Iterator[tuple[str, Cert]]:
        """Yield every self-signed certificate of the root stores with its store's name."""
        for name, certs in self.roots:
            for cert in certs:
                if self_signed(cert):
                    yield name, cert


def _readable(cert: Any) -> bool:
    """Return whether a record says which certificate it is, and whom it names."""
    return isinstance(cert, Mapping) and all(
        isinstance(cert.get(key), str) and cert[key]
        for key in ("sha256", "subject_hash", "issuer_hash")
    )


def _restriction(
    properties: object, purpose: str, when: str, issued: str
) -> tuple[Status, str] | None:
    """Return how an entry's properties refuse a purpose, or None."""
    if not isinstance(properties, Mapping) or not properties:
        return None

    def named(key: str) -> list[Any] | None:
        value = properties.get(key)
        return value if isinstance(value, list) else None

    allowed, disallowed = named("enhkey_usage"), named("disallowed_enhkey_usage")
    if (allowed is not None and purpose not in allowed) or purpose in (disallowed or ()):
        return "not_for_code_signing", f"is not meant for {_PURPOSES[purpose]}"
    since = properties.get("disallowed_filetime")
    if isinstance(since, str) and when >= since:
        return "disallowed", f"is distrusted from {quote(since)} on"
    until, usages = properties.get("not_before_filetime"), named("not_before_enhkey_usage")
    concerned = usages is None or purpose in usages
    if isinstance(until, str) and concerned and issued >= until and when >= until:
        return "disallowed", f"is distrusted for what was issued from {quote(until)} on"
    return None


_PURPOSES: Final = {CODE_SIGNING: "code signing", _TIME_STAMPING: "time stamping"}


def distrust(cert: Cert) -> str | None:
    """Return the earliest date of distrust that a store gives a certificate, or None."""
    properties = cert.get("properties")
    if not isinstance(properties, Mapping):
        return None
    dates = [properties.get(key) for key in ("disallowed_filetime", "not_before_filetime")]
    return min((date for date in dates if isinstance(date, str)), default=None)


def self_signed(cert: Cert) -> bool:
    """Return whether a certificate names itself as its issuer."""
    return bool(cert.get("subject_hash")) and cert.get("subject_hash") == cert.get("issuer_hash")


def _same(one: Cert, other: Cert) -> bool:
    """Return whether two records are the same certificate (by hash, never by name)."""
    return any(one.get(k) and one.get(k) == other.get(k) for k in ("sha256", "thumbprint"))


def _name(cert: Cert, whose: str = "subject") -> str:
    """Return what a person calls a certificate, or its issuer: the common name."""
    text = str(cert.get(whose) or "?")
    match = _COMMON_NAME.search(text)
    return quote((match[1] or match[2]) if match else text, 80)


def paths(signer: Cert, pool: Iterable[Cert], roots: Iterable[Cert]) -> list[list[Cert]]:
    """Return the paths signer -> ... -> root by name, shortest first, each without repetition."""
    pool, roots = list(pool), list(roots)
    found: list[list[Cert]] = []
    waiting: list[list[Cert]] = [[signer]]
    steps = 0
    while waiting and steps < _MOST_PATHS:
        steps += 1
        path = waiting.pop(0)
        issuer = path[-1].get("issuer_hash")
        if any(_same(path[-1], root) for root in roots):
            found.append(path)
            continue
        if not issuer or self_signed(path[-1]):
            continue
        found += [[*path, root] for root in roots if root.get("subject_hash") == issuer]
        waiting += [
            [*path, cert]
            for cert in pool
            if cert.get("subject_hash") == issuer
            and not self_signed(cert)
            and not any(_same(cert, seen) for seen in path)
        ]
    return found


def _reachable(signer: Cert, pool: Iterable[Cert]) -> list[Cert]:
    """Return the signer and every certificate of pool that it may lead to, by name."""
    pool, reached, waiting = list(pool), [signer], [signer]
    while waiting:
        issuer = waiting.pop().get("issuer_hash")
        for cert in pool:
            new = issuer and cert.get("subject_hash") == issuer
            if new and not any(cert is r or _same(cert, r) for r in reached):
                reached.append(cert)
                waiting.append(cert)
    return reached


def _valid_at(path: Iterable[Cert], when: str) -> bool:
    """Return whether every certificate of a path is valid at a time (ISO 8601 UTC text)."""
    return all(
        cert.get("not_before") and cert["not_before"] <= when <= str(cert.get("not_after") or "")
        for cert in path
    )


def _show(path: Iterable[Cert], store: str) -> str:
    return " > ".join(_name(cert) for cert in path) + f" (store: {store})"


def _link(
    signer: Cert, embedded: Iterable[Cert], stores: Stores, when: str | None, purpose: str
) -> SignatureReading:
    """Judge the linkage of one signer for a purpose at a time; None: the time is not known."""
    pool = [*embedded, *stores.intermediate]
    if stores.disallowed is None:
        return SignatureReading(UNKNOWN, "the store Disallowed could not be read")
    roots = list(stores.root_certs())
    reach = _reachable(signer, [*pool, *(cert for _store, cert in roots), *stores.disallowed])
    for cert in reach:
        if any(_same(cert, bad) for bad in stores.disallowed):
            return SignatureReading(
                "disallowed", f"{_name(cert)} {cert.get('thumbprint')} is in the store Disallowed"
            )
    found = paths(signer, pool, [cert for _store, cert in roots])
    if not found:
        if stores.unread:
            return SignatureReading(
                UNKNOWN, f"no path to a root, but not readable: {', '.join(stores.unread)}"
            )
        there = {cert.get("subject_hash") for cert in reach}
        wanted = {_name(c, "issuer") for c in reach if c.get("issuer_hash") not in there}
        missing = f"; not there: {', '.join(sorted(wanted))}" if wanted else ""
        return SignatureReading(
            "root_missing", f"no path from {_name(signer)} to a trusted root{missing}"
        )
    stores_of = {cert.get("sha256"): name for name, cert in reversed(roots)}
    shown = _show(found[0], stores_of.get(found[0][-1].get("sha256"), "?"))
    if when is None:
        return SignatureReading(UNKNOWN, f"{shown}; the host's time is not known")
    issued, refused = str(signer.get("not_before") or when), None
    for path in found:
        if _valid_at(path, when):
            faults = (stores.restriction(cert, purpose, when, issued) for cert in path)
            fault = next(filter(None, faults), None)
            if fault is None:
                store = stores_of.get(path[-1].get("sha256"), "?")
                return SignatureReading("trusted", f"{_show(path, store)}, valid at {when}")
            refused = refused or fault
    if refused and not stores.unread:
        return SignatureReading(*refused)
    if stores.unread:
        return SignatureReading(
            UNKNOWN, f"{shown} not valid at {when}, but not readable: {', '.join(stores.unread)}"
        )
    return SignatureReading("expired", f"{shown}, not valid at {when}")


def _timestamp(signature: Mapping[str, Any], stores: Stores) -> tuple[str | None, bool, str]:
    """Return the time that a linked timestamp proves (or None), whether that is known, and why."""
    stamp = signature.get("timestamp")
    if not isinstance(stamp, Mapping):
        return None, True, "no timestamp"
    when, signer = stamp.get("utc"), stamp.get("signer")
    if not when or not isinstance(signer, Mapping):
        return None, False, "the timestamp could not be read"
    pool = [*_certs(stamp), *_certs(signature)]
    link = _link(signer, pool, stores, str(when), _TIME_STAMPING)
    if link.status != "trusted":
        return None, link.status is not UNKNOWN, f"timestamp not usable: {link.evidence}"
    return str(when), True, f"timestamp {quote(when)}"


def has_usable_timestamp(record: Mapping[str, Any] | None, stores: Stores) -> bool:
    """Return whether a file record has a timestamp whose own chain links to a root."""
    signature = (record or {}).get("signature")
    return isinstance(signature, Mapping) and _timestamp(signature, stores)[0] is not None


def _certs(record: Mapping[str, Any]) -> list[Cert]:
    value = record.get("certificates")
    return [c for c in value if isinstance(c, Mapping)] if isinstance(value, list) else []


def judge(record: Mapping[str, Any] | None, stores: Stores, now: str | None) -> SignatureReading:
    """Judge the signature of one file record of an observation.

    now: the host's time (ISO 8601 UTC), used where no timestamp proves the time of signing.
    """
    if record is None:
        return SignatureReading(UNKNOWN, "the file was not read")
    if record.get("exists") is False:
        return SignatureReading("file_missing", "the file is not there")
    signature = record.get("signature")
    if record.get("exists") is not True or not isinstance(signature, Mapping):
        return SignatureReading(UNKNOWN, quote(record.get("error") or "signature not read"))
    state, status = signature.get("state"), signature.get("hash_status")
    if state == "unsigned" or (state == "signed" and status == TRUST_E_NOSIGNATURE):
        return SignatureReading("unsigned", "the file has no signature")
    if state != "signed":
        return SignatureReading(UNKNOWN, quote(record.get("error") or "signature unreadable"))
    if status == TRUST_E_BAD_DIGEST:
        return SignatureReading("tampered", "the file was altered after it was signed")
    if status != 0:
        code = f"0x{status:08X}" if isinstance(status, int) else "not read"
        return SignatureReading(UNKNOWN, f"integrity of the file: {code}")
    signer = signature.get("signer")
    if not isinstance(signer, Mapping):
        return SignatureReading(UNKNOWN, "the signer's certificate could not be read")
    when, known, stamp = _timestamp(signature, stores)
    link = _link(signer, _certs(signature), stores, when or now, CODE_SIGNING)
    if link.status == "expired" and not known:
        return SignatureReading(UNKNOWN, f"{link.evidence}; {stamp}")
    return SignatureReading(link.status, f"{link.evidence}; {stamp}")
