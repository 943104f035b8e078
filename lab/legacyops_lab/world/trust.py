"""A host's certificate stores and Windows' automatic root update."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from . import chains
from .certificates import Certificate, catalogue
from .chains import Chain, Question
from .files import File
from .machine import Machine
from .signatures import Signature
from .times import iso, parse

TRUSTED_STORES = ("root", "auth_root", "enterprise_root", "policy_root")
STORES = (*TRUSTED_STORES, "intermediate", "disallowed")
_DEFAULTS = {"root": ["microsoft_root", "timestamp_root"], "auth_root": ["old_root"]}

SUCCEEDED = 4
FAILED = 8
OFFLINE_SECONDS = 15
POLICY_REFRESH_SECONDS = 90 * 60


@dataclass(frozen=True)
class Verification:
    """What a host found when it built the chain of a signature."""

    chain: Chain
    moment: datetime
    roots_added: tuple[str, ...]

    def record(self) -> dict[str, Any]:
        """Return it as an observation shows it."""
        return {
            "ok": self.chain.ok,
            "status": self.chain.status,
            "elements": [
                {"thumbprint": certificate.thumbprint, "status": status}
                for certificate, status in self.chain.elements
            ],
            "verification_time": iso(self.moment),
            "roots_added": list(self.roots_added),
            "error": None,
        }


class Trust:
    """Stores of the machine, and what the automatic update would do."""

    def __init__(self, host: Machine, spec: dict[str, Any]) -> None:
        """Read `stores` and `root_update` of the estate's xenapp part."""
        self._host = host
        update = spec.get("root_update", {})
        self.policy_value: int | None = update.get("policy_value")
        self.group_policy: bool = update.get("group_policy", False)
        self._enforced = self.policy_value
        self.internet: bool = update.get("internet", True)
        self.microsoft_list: str = update.get("microsoft_list", "trusted")
        self.events: list[dict[str, Any]] = []
        self.imported: dict[str, Certificate] = {}
        self.list_properties: dict[str, Any] = update.get("list_properties", {})
        given: dict[str, list[Any]] = {**_DEFAULTS, **spec.get("stores", {})}
        self.properties: dict[str, dict[str, dict[str, Any]]] = {store: {} for store in STORES}
        self.stores: dict[str, list[str]] = {store: [] for store in STORES}
        for store in STORES:
            for entry in given.get(store, ()):
                self._lay(store, entry if isinstance(entry, dict) else {"certificate": entry})

    def _lay(self, store: str, entry: dict[str, Any]) -> None:
        """Put a certificate of the estate into a store, with the properties of its entry."""
        properties = {key: value for key, value in entry.items() if key != "certificate"}
        thumbprint = catalogue()[entry["certificate"]].thumbprint
        self.stores[store].append(thumbprint)
        if properties:
            self.properties[store][thumbprint] = properties

    def certificate(self, thumbprint: str) -> Certificate:
        """Return a certificate of a store; KeyError for one the world does not have."""
        if thumbprint in self.imported:
            return self.imported[thumbprint]
        return next(c for c in catalogue().values() if c.thumbprint == thumbprint)

    def in_store(self, store: str) -> list[Certificate]:
        """Return a store's certificates in order of thumbprint."""
        return [self.certificate(thumbprint) for thumbprint in sorted(self.stores[store])]

    def records(self, store: str) -> list[dict[str, Any]]:
        """Return a store's certificates as an observation shows them, with their properties."""
        mine = self.properties[store]
        return [
            {**certificate.record(), "properties": mine.get(certificate.thumbprint, {})}
            for certificate in self.in_store(store)
        ]

    def add(self, store: str, certificate: Certificate) -> None:
        """Put a certificate into a store (nothing happens when it is there)."""
        if certificate.thumbprint not in self.stores[store]:
            self.stores[store].append(certificate.thumbprint)
        if all(certificate.thumbprint != c.thumbprint for c in catalogue().values()):
            self.imported[certificate.thumbprint] = certificate

    def remove(self, store: str, thumbprint: str) -> None:
        """Take a certificate out of a store."""
        self.stores[store] = [t for t in self.stores[store] if t != thumbprint]
        self.properties[store].pop(thumbprint, None)

    def lose(self, thumbprint: str) -> None:
        """Take a certificate out of every store."""
        for store in self.stores:
            self.remove(store, thumbprint)

    def set_policy(self, value: int | None) -> None:
        """Set the policy value; a group policy puts its own back at the next refresh."""
        self.policy_value = value
        if self.group_policy and value != self._enforced:
            self._host.later(POLICY_REFRESH_SECONDS, "policy_refresh")

    def refresh_policy(self) -> None:
        """Let the group policy write its value again."""
        self.policy_value = self._enforced

    def verify(self, file: File, *, update: bool = True) -> Verification | None:
        """Build the chain of a file's signature; None when it carries none.

        With `update` the build may fetch a missing root, as on a real host. The time
        of the check is the timestamp's where the timestamp's own chain holds.
        """
        signature = file.signature
        if signature is None:
            return None
        moment = self._moment(signature)
        return self._build(signature.leaf, signature.certificates, moment, update)

    def runs(self, file: File, *, update: bool = True) -> bool:
        """Whether a program that insists on a valid signature accepts the file."""
        verification = self.verify(file, update=update)
        return verification is not None and file.intact and verification.chain.ok

    def would_wait(self) -> bool:
        """Whether a chain build tries to reach the internet in vain."""
        return self.policy_value != 1 and not self.internet

    def _moment(self, signature: Signature) -> datetime:
        """Return the time at which a signature is judged."""
        if signature.timestamp is None:
            return self._host.now()
        stamped = parse(signature.timestamp)
        question = Question(stamped, chains.TIME_STAMPING, self._limits())
        judged = self._chain(signature.timestamp_leaf, signature.certificates, question)
        return stamped if judged.ok else self._host.now()

    def _build(
        self, leaf: Certificate, embedded: list[Certificate], moment: datetime, update: bool
    ) -> Verification:
        """Build a chain, fetch the root where that may help, build again."""
        chain = self._chain(leaf, embedded, self._for_code(moment))
        if not update or not chain.status & (chains.PARTIAL_CHAIN | chains.UNTRUSTED_ROOT):
            return Verification(chain, moment, ())
        added = self._update(chain)
        if added is None:
            return Verification(chain, moment, ())
        again = self._chain(leaf, embedded, self._for_code(moment))
        return Verification(again, moment, added)

    def _for_code(self, moment: datetime) -> Question:
        """Return the question that IMA asks, and a chain that is built for code signing."""
        return Question(moment, chains.CODE_SIGNING, self._limits())

    def _limits(self) -> dict[str, list[dict[str, Any]]]:
        """Return the properties of every certificate: each entry's, and the list's for the G5."""
        limits: dict[str, list[dict[str, Any]]] = {}
        for entries in self.properties.values():
            for thumbprint, properties in entries.items():
                limits.setdefault(thumbprint, []).append(properties)
        if self.list_properties:
            limits.setdefault(catalogue()["g5"].thumbprint, []).append(self.list_properties)
        return limits

    def _chain(self, leaf: Certificate, embedded: list[Certificate], question: Question) -> Chain:
        """Build a chain with what the host has now."""
        known = [*embedded]
        for store in (*TRUSTED_STORES, "intermediate"):
            known += self.in_store(store)
        trusted = {t for store in TRUSTED_STORES for t in self.stores[store]}
        return chains.best_chain(leaf, known, trusted, set(self.stores["disallowed"]), question)

    def _update(self, chain: Chain) -> tuple[str, ...] | None:
        """Run the automatic root update for a chain without a trusted root.

        Returns the thumbprints that came into AuthRoot, None when nothing changed.
        """
        if self.policy_value == 1:
            return None
        if not self.internet:
            self._log(FAILED)
            return None
        root = catalogue()["g5"]
        wanted = any(c.issuer_hash == root.subject_hash for c, _ in chain.elements)
        if self.microsoft_list == "absent" or not wanted:
            return None
        self._log(SUCCEEDED)
        if self.microsoft_list == "disallowed":
            self.add("disallowed", root)
            return ()
        self.add("auth_root", root)
        if self.list_properties:
            self.properties["auth_root"][root.thumbprint] = self.list_properties
        return (root.thumbprint,)

    def _log(self, event: int) -> None:
        """Write an event of Microsoft-Windows-CAPI2."""
        self.events.insert(0, {"id": event, "utc": iso(self._host.now())})
        del self.events[100:]

    def dump(self) -> dict[str, Any]:
        """Return what can change, as JSON data."""
        return {
            "policy_value": self.policy_value,
            "events": self.events,
            "stores": {store: sorted(found) for store, found in self.stores.items()},
            "properties": self.properties,
            "list_properties": self.list_properties,
            "imported": {t: vars(c) for t, c in sorted(self.imported.items())},
        }

    def load(self, data: dict[str, Any]) -> None:
        """Take `dump` back."""
        self.policy_value = data["policy_value"]
        self.events = list(data["events"])
        self.stores = {store: list(found) for store, found in data["stores"].items()}
        for store in STORES:
            self.properties[store] = dict(data.get("properties", {}).get(store, {}))
        self.list_properties = dict(data.get("list_properties", {}))
        self.imported = {t: Certificate(**c) for t, c in data["imported"].items()}
