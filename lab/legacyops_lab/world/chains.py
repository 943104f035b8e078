"""Chain building as Windows does it, over the records of the world."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .certificates import Certificate
from .times import parse

CODE_SIGNING = "1.3.6.1.5.5.7.3.3"
TIME_STAMPING = "1.3.6.1.5.5.7.3.8"
NOT_TIME_VALID = 0x1
NOT_VALID_FOR_USAGE = 0x10
UNTRUSTED_ROOT = 0x20
PARTIAL_CHAIN = 0x10000
EXPLICIT_DISTRUST = 0x4000000

_LONGEST = 10


@dataclass(frozen=True)
class Question:
    """What a chain is built for: a purpose (an OID) at a time.

    `limits` are the properties that stores and Microsoft's list give certificates, by thumbprint.
    """

    moment: datetime
    purpose: str
    limits: Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class Chain:
    """One built chain: elements from the leaf up, each with X509ChainStatusFlags."""

    elements: tuple[tuple[Certificate, int], ...]
    status: int

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong with the chain."""
        return self.status == 0


def best_chain(
    leaf: Certificate,
    known: Iterable[Certificate],
    trusted: Set[str],
    disallowed: Set[str],
    question: Question,
) -> Chain:
    """Return the best of all chains from `leaf` through `known` certificates.

    `trusted` and `disallowed` are thumbprints. Best is the chain with the fewest
    serious faults; Windows too prefers another path where one leads to a trusted root.
    """
    candidates = [
        _judge(path, trusted, disallowed, question) for path in _paths((leaf,), tuple(known))
    ]
    return min(candidates, key=lambda chain: (_weight(chain.status), len(chain.elements)))


def _paths(
    path: tuple[Certificate, ...], known: tuple[Certificate, ...]
) -> Iterable[tuple[Certificate, ...]]:
    """Yield every path that cannot be continued, or ends at a self-signed certificate."""
    last = path[-1]
    seen = {certificate.thumbprint for certificate in path}
    issuers = {
        certificate.thumbprint: certificate
        for certificate in known
        if certificate.subject_hash == last.issuer_hash and certificate.thumbprint not in seen
    }
    if last.self_signed or not issuers or len(path) >= _LONGEST:
        yield path
        return
    for issuer in issuers.values():
        yield from _paths((*path, issuer), known)


def _judge(
    path: tuple[Certificate, ...], trusted: Set[str], disallowed: Set[str], question: Question
) -> Chain:
    """Put the status flags to a path; PartialChain belongs to the chain as a whole."""
    elements = []
    for certificate in path:
        status = 0 if certificate.valid_at(question.moment) else NOT_TIME_VALID
        for properties in question.limits.get(certificate.thumbprint, ()):
            status |= _limited(properties, question, parse(path[0].not_before))
        if certificate.thumbprint in disallowed:
            status |= EXPLICIT_DISTRUST
        if certificate.self_signed and certificate.thumbprint not in trusted:
            status |= UNTRUSTED_ROOT
        elements.append((certificate, status))
    total = 0 if path[-1].self_signed else PARTIAL_CHAIN
    for _, status in elements:
        total |= status
    return Chain(tuple(elements), total)


def _limited(properties: Mapping[str, Any], question: Question, issued: datetime) -> int:
    """Return the status that one set of properties gives a certificate (H30)."""
    allowed = properties.get("enhkey_usage")
    if allowed is not None and question.purpose not in allowed:
        return NOT_VALID_FOR_USAGE
    if question.purpose in properties.get("disallowed_enhkey_usage", ()):
        return NOT_VALID_FOR_USAGE
    distrusted = properties.get("disallowed_filetime")
    if distrusted is not None and question.moment >= parse(distrusted):
        return EXPLICIT_DISTRUST
    if "not_before_filetime" in properties:
        since = parse(properties["not_before_filetime"])
        usages = properties.get("not_before_enhkey_usage", [question.purpose])
        if question.purpose in usages and min(issued, question.moment) >= since:
            return EXPLICIT_DISTRUST
    return 0


def _weight(status: int) -> int:
    """Return how bad a status is, for comparing chains."""
    order = (NOT_TIME_VALID, NOT_VALID_FOR_USAGE, UNTRUSTED_ROOT, PARTIAL_CHAIN, EXPLICIT_DISTRUST)
    return sum(1 << place for place, flag in enumerate(order) if status & flag)
