# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts a pinned root certificate into LocalMachine\\Root, or takes it out."""

from __future__ import annotations

import base64
import datetime as dt
import typing as t
from dataclasses import dataclass
from pathlib import Path

from ansible.errors import AnsibleError

from ..plugin_utils._action import ActionError, HotfixAction, pinned
from ..plugin_utils._core.observation import Observation
from ..plugin_utils._io.remote import Remote

try:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding
except ImportError as error:  # reported when a certificate has to be read
    CRYPTOGRAPHY_ERROR: ImportError | None = error
else:
    CRYPTOGRAPHY_ERROR = None

BUNDLED = "bundled_g5"
OBJECTIONS = ["not_self_signed", "expired", "disallowed"]

ARGUMENT_SPEC: dict[str, t.Any] = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "source": {"type": "str", "default": BUNDLED},
    "sha256": {"type": "str", "required": True},
    "allow": {"type": "list", "elements": "str", "choices": OBJECTIONS, "default": []},
}

_G5 = Path(__file__).resolve().parent.parent / "plugin_utils/_data/verisign-class3-g5-root.pem"
_OTHER_STORES = ("auth_root", "enterprise_root", "policy_root")


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


class ActionModule(HotfixAction):
    argument_spec = ARGUMENT_SPEC

    def act(self, remote: Remote, args: dict[str, t.Any]) -> dict[str, t.Any]:
        pin = pinned(args["sha256"])
        certificate = self._load(args["source"], pin) if args["state"] == "present" else None
        observation = remote.observe({"want": ["stores", "clock"]})
        store = readable(observation, "root")
        there = next((c for c in store if c.get("sha256") == pin), None)
        if certificate is not None:
            self._object(certificate, observation, args["allow"])
            return self._add(remote, certificate, observation, there is not None)
        return self._remove(remote, pin, there)

    def _load(self, source: str, pin: str) -> Certificate:
        """The certificate from the controller, compared with its pin.

        :raises ActionError: it cannot be read, or is another one.
        """
        if CRYPTOGRAPHY_ERROR is not None:
            raise ActionError(
                "controller",
                "The Python library cryptography is missing on the controller."
                " Install it there (pip install cryptography).",
            )
        try:
            path = _G5 if source == BUNDLED else Path(self._find_needle("files", source))
            certificate = parse(path.read_bytes())
        except (AnsibleError, OSError, ValueError) as error:
            raise ActionError(
                "source_unreadable",
                f"{source} cannot be read as a certificate ({' '.join(str(error).split())})."
                " Give a PEM or DER file with one certificate.",
            ) from None
        if certificate.sha256 != pin:
            raise ActionError(
                "hash_mismatch",
                f"{source} has SHA-256 {certificate.sha256}, pinned is {pin}."
                " Replace the file, or correct the pin after comparing it with its publisher's.",
            )
        return certificate

    def _object(
        self, certificate: Certificate, observation: Observation, allowed: list[str]
    ) -> None:
        """:raises ActionError: the certificate should not be trusted and nobody allowed it."""
        for objection, text in objections(certificate, observation):
            if objection not in allowed:
                raise ActionError(
                    objection,
                    f"The certificate {certificate.thumbprint} {text}."
                    f" Choose another, or add {objection} to allow if it is meant.",
                )

    def _add(
        self, remote: Remote, certificate: Certificate, observation: Observation, there: bool
    ) -> dict[str, t.Any]:
        others = [
            name
            for name in _OTHER_STORES
            if any(
                c.get("sha256") == certificate.sha256
                for c in (observation.part("stores") or {}).get(name) or []
            )
        ]
        result = {
            **identity(certificate.sha256, certificate.thumbprint, certificate.subject),
            "not_after": certificate.not_after.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "self_signature": "not_checked",
            "other_stores": others,
        }
        if there:
            return result
        if not self.check_mode:
            self._write(remote, "add", certificate.sha256, certificate.thumbprint, certificate.der)
        return {**result, "changed": True, "diff": difference(result, before=False)}

    def _remove(self, remote: Remote, pin: str, there: dict[str, t.Any] | None) -> dict[str, t.Any]:
        if there is None:
            return identity(pin, None, None)
        result = identity(pin, there.get("thumbprint"), there.get("subject"))
        if not self.check_mode:
            self._write(remote, "remove", pin, str(there.get("thumbprint")), None)
        return {**result, "changed": True, "diff": difference(result, before=True)}

    def _write(
        self, remote: Remote, op: str, sha256: str, thumbprint: str, der: bytes | None
    ) -> None:
        """Change the store and believe only what the host reads back from it."""
        parameters = {
            "op": op,
            "sha256": sha256,
            "thumbprint": thumbprint,
            "der": base64.b64encode(der).decode() if der else None,
        }
        data = remote.run("root_certificate", parameters)
        if data.get("after") is not (op == "add"):
            raise ActionError(
                "not_verified",
                "The store LocalMachine\\Root is not as it should be after the change."
                " Look for a policy or an agent that manages it.",
                before=data.get("before"),
                after=data.get("after"),
            )


def parse(raw: bytes) -> Certificate:
    """A PEM or DER certificate.

    cryptography refuses to verify SHA-1 signatures, which old roots carry over themselves. So only
    issuer and subject are compared; what makes the certificate trusted is its pin.

    :raises ValueError: it is neither.
    """
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


def readable(observation: Observation, store: str) -> list[dict[str, t.Any]]:
    """The certificates of one store.

    :raises ActionError: unknown is not the same as empty.
    """
    stores = observation.part("stores")
    certificates = stores.get(store) if isinstance(stores, dict) else None
    if certificates is None:
        raise ActionError(
            "unknown",
            f"The certificate store {store} could not be read"
            f" ({observation.why_unknown('stores')}). Look at the host before you run again.",
        )
    return t.cast("list[dict[str, t.Any]]", certificates)


def objections(certificate: Certificate, observation: Observation) -> t.Iterator[tuple[str, str]]:
    """Why the certificate should not be trusted: (word, half a sentence)."""
    if not certificate.self_issued:
        yield "not_self_signed", "is not self-signed: its issuer is not its subject"
    now = host_time(observation)
    if now > certificate.not_after:
        yield "expired", f"expired on {certificate.not_after:%Y-%m-%d}"
    elif now < certificate.not_before:
        yield "expired", f"is not valid before {certificate.not_before:%Y-%m-%d}"
    if any(c.get("sha256") == certificate.sha256 for c in readable(observation, "disallowed")):
        yield "disallowed", "is in the host's store Disallowed: somebody distrusts it on purpose"


def host_time(observation: Observation) -> dt.datetime:
    """The host's own time, by which it judges validity; the controller's where it is unknown."""
    clock = observation.part("clock")
    text = clock.get("utc") if isinstance(clock, dict) else None
    return dt.datetime.fromisoformat(str(text or observation.taken))


def identity(sha256: str, thumbprint: str | None, subject: str | None) -> dict[str, t.Any]:
    return {"sha256": sha256, "thumbprint": thumbprint, "subject": subject}


def difference(result: dict[str, t.Any], *, before: bool) -> dict[str, t.Any]:
    """The store's entry before and after."""
    entry = {key: result[key] for key in ("thumbprint", "subject")}
    there = {"LocalMachine\\Root": [entry]}
    none: dict[str, t.Any] = {"LocalMachine\\Root": []}
    return {"before": there if before else none, "after": none if before else there}
