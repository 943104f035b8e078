# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts a root certificate, pinned by SHA-256, into the machine's root store, or takes it out."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from ansible.errors import AnsibleError

from ..plugin_utils._action import (
    ActionError,
    HotfixAction,
    changed,
    known_part,
    pinned,
    unknown_part,
)
from ..plugin_utils._core.observation import Observation
from ..plugin_utils._io.certificates import Certificate, read_certificate
from ..plugin_utils._io.remote import Remote

BUNDLED = "bundled_g5"
OBJECTIONS = ["not_self_signed", "expired", "disallowed"]

ARGUMENT_SPEC: dict[str, Any] = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "source": {"type": "str", "default": BUNDLED},
    "sha256": {"type": "str", "required": True},
    "allow": {"type": "list", "elements": "str", "choices": OBJECTIONS, "default": []},
}

_G5 = Path(__file__).resolve().parent.parent / "plugin_utils/_data/verisign-class3-g5-root.pem"
_STORE = "LocalMachine\\Root"
_OTHER_STORES = ("auth_root", "enterprise_root", "policy_root")


class ActionModule(HotfixAction):
    argument_spec = ARGUMENT_SPEC

    def act(self, remote: Remote, args: dict[str, Any]) -> dict[str, Any]:
        pin = pinned(args["sha256"])
        certificate = self._load(args["source"], pin) if args["state"] == "present" else None
        observation = remote.observe({"want": ["stores", "clock"]})
        there = next((c for c in readable(observation, "root") if c.get("sha256") == pin), None)
        shown = there or {}
        if certificate is not None:
            self._object(certificate, observation, args["allow"])
            shown = vars(certificate)
        entry = {key: shown.get(key) for key in ("thumbprint", "subject")}
        result = {"sha256": pin, **entry, **_about(certificate, observation)}
        if (there is None) == (certificate is None):
            return result
        if not self.check_mode:
            self._write(remote, pin, entry["thumbprint"], certificate)
        states: list[list[Any]] = [[], [entry]]
        before, after = states if certificate is not None else states[::-1]
        return {**result, **changed(_STORE, before, after)}

    def _load(self, source: str, pin: str) -> Certificate:
        """The certificate from the controller, compared with its pin.

        Raises ActionError: it cannot be read, or is another one.
        """
        try:
            path = _G5 if source == BUNDLED else Path(self._find_needle("files", source))
            certificate = read_certificate(path)
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
        """Raises ActionError: the certificate should not be trusted and nobody allowed it."""
        for objection, text in objections(certificate, observation):
            if objection not in allowed:
                raise ActionError(
                    objection,
                    f"The certificate {certificate.thumbprint} {text}."
                    f" Choose another, or add {objection} to allow if it is meant.",
                )

    def _write(
        self, remote: Remote, pin: str, thumbprint: Any, certificate: Certificate | None
    ) -> None:
        """Change the store and believe only what the host reads back from it."""
        parameters = {
            "op": "remove" if certificate is None else "add",
            "sha256": pin,
            "thumbprint": str(thumbprint),
            "der": certificate and base64.b64encode(certificate.der).decode(),
        }
        data = remote.act("root_certificate", parameters)
        if data.get("after") is not (certificate is not None):
            raise ActionError(
                "not_verified",
                f"The store {_STORE} is not as it should be after the change."
                " Look for a policy or an agent that manages it.",
                before=data.get("before"),
                after=data.get("after"),
            )


def _about(certificate: Certificate | None, observation: Observation) -> dict[str, Any]:
    """What else the result says of a certificate that is to be there."""
    if certificate is None:
        return {}
    stores = observation.part("stores") or {}
    return {
        "not_after": certificate.not_after.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "self_signature": "not_checked",
        "other_stores": [
            name
            for name in _OTHER_STORES
            if any(c.get("sha256") == certificate.sha256 for c in stores.get(name) or [])
        ],
    }


def readable(observation: Observation, store: str) -> list[dict[str, Any]]:
    """The certificates of one store.

    Raises ActionError: unknown is not the same as empty.
    """
    certificates = known_part(observation, "stores").get(store)
    if certificates is None:
        raise unknown_part(observation, "stores")
    return cast("list[dict[str, Any]]", certificates)


def objections(certificate: Certificate, observation: Observation) -> Iterator[tuple[str, str]]:
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
