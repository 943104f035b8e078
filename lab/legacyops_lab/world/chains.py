"""Chain building as Windows does it, over the records of the world."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import datetime

from .certificates import Certificate

NOT_TIME_VALID = 0x1
UNTRUSTED_ROOT = 0x20
PARTIAL_CHAIN = 0x10000
EXPLICIT_DISTRUST = 0x4000000

_LONGEST = 10


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
    moment: datetime,
) -> Chain:
    """Return the best of all chains from `leaf` through `known` certificates.

    `trusted` and `disallowed` are thumbprints. Best is the chain with the fewest
    serious faults; Windows too prefers another path where one leads to a trusted root.
    """
    candidates = [
        _judge(path, trusted, disallowed, moment) for path in _paths((leaf,), tuple(known))
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
    path: tuple[Certificate, ...], trusted: Set[str], disallowed: Set[str], moment: datetime
) -> Chain:
    """Put the status flags to a path; PartialChain belongs to the chain as a whole."""
    elements = []
    for certificate in path:
        status = 0 if certificate.valid_at(moment) else NOT_TIME_VALID
        if certificate.thumbprint in disallowed:
            status |= EXPLICIT_DISTRUST
        if certificate.self_signed and certificate.thumbprint not in trusted:
            status |= UNTRUSTED_ROOT
        elements.append((certificate, status))
    total = 0 if path[-1].self_signed else PARTIAL_CHAIN
    for _, status in elements:
        total |= status
    return Chain(tuple(elements), total)


def _weight(status: int) -> int:
    """Return how bad a status is, for comparing chains."""
    order = (NOT_TIME_VALID, UNTRUSTED_ROOT, PARTIAL_CHAIN, EXPLICIT_DISTRUST)
    return sum(1 << place for place, flag in enumerate(order) if status & flag)
