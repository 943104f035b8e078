# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of what a Windows trusts: root certificates, signatures, and their chains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..checks import Arguments, Reading, Value, mapping, register, unknown
from ..observation import UNKNOWN, Observation, Request, Unknown, quote
from .checks import file_request, one_file, utc_of
from .signature import CODE_SIGNING, Stores, distrust, has_usable_timestamp, judge

# --- Certificates and signatures ------------------------------------------------------------


def _root(arguments: Arguments) -> Mapping[str, Any] | None:
    """Return the certificate that the argument assume_root describes, or None."""
    root = arguments.get("assume_root")
    if not isinstance(root, Mapping) or not root.get("subject_hash"):
        return None
    return {**root, "issuer_hash": root["subject_hash"]}


def _stores(observation: Observation, arguments: Arguments | None = None) -> Stores:
    return Stores.from_data(observation.part("stores"), _root(arguments or {}))


@register(
    "root_present",
    Value(
        "present",
        "|the root certificate is in Trusted Root Certification Authorities (local computer)",
        "|ルート証明書がローカルコンピュータの「信頼されたルート証明機関」にある",
    ),
    Value("absent", "|the root certificate is missing", "|ルート証明書がない"),
    Value(
        "disallowed",
        "|the root certificate is disallowed",
        "|ルート証明書が「信頼されていない証明書」にある",
    ),
    reads={"want": ["stores"]},
    sha256=True,
)
def root_present(observation: Observation, arguments: Arguments) -> Reading:
    """Is a root certificate (by SHA-256) in one of the machine's root stores?"""
    wanted, stores = arguments["sha256"].upper(), _stores(observation)
    if stores.disallowed is None:
        return unknown(observation, "stores")
    if any(str(cert.get("sha256")).upper() == wanted for cert in stores.disallowed):
        return Reading("disallowed", f"{wanted} is in the store Disallowed")
    for name, cert in stores.root_certs():
        if str(cert.get("sha256")).upper() == wanted:
            return Reading("present", f"{wanted} is in the store {name}")
    unread = [name for name in stores.unread if name != "intermediate"]
    if unread:
        return Reading(UNKNOWN, f"not found, but not readable: {', '.join(unread)}")
    return Reading("absent", f"{wanted} is in none of the machine's root stores")


@register(
    "root_purposes",
    Value(
        "code_signing",
        "the root certificate is|trusted for code signing",
        "ルート証明書が|コード署名に使用可能",
    ),
    Value(
        "not_for_code_signing",
        "the root certificate is|not trusted for code signing",
        "ルート証明書が|コード署名に使用不可",
    ),
    Value(
        "distrusted_from",
        "the root certificate is|distrusted from a date on",
        "ルート証明書が|特定の日付以降は信頼されない",
    ),
    Value("absent", "the root certificate is|missing", "ルート証明書が|ない"),
    reads={"want": ["stores"]},
    sha256=True,
)
def root_purposes(observation: Observation, arguments: Arguments) -> Reading:
    """What may a root certificate (by SHA-256) be used for, by its entries in the root stores?

    not_for_code_signing: an entry excludes it. distrusted_from: Microsoft's list has given it a
    date of distrust; signatures of before are to stay valid.
    """
    wanted, stores = arguments["sha256"].upper(), _stores(observation)
    if set(stores.unread) - {"intermediate", "disallowed"}:
        return unknown(observation, "stores")
    entries = [c for _store, c in stores.root_certs() if str(c.get("sha256")).upper() == wanted]
    if not entries:
        return Reading("absent", f"{wanted} is in none of the machine's root stores")
    # Before every date: only the purposes are asked.
    fault = stores.restriction(entries[0], CODE_SIGNING, "", "")
    if fault:
        return Reading("not_for_code_signing", fault[1])
    date = min(filter(None, map(distrust, entries)), default=None)
    if date:
        return Reading("distrusted_from", f"{wanted} is distrusted from {quote(date)} on")
    return Reading("code_signing", f"no entry of {wanted} excludes code signing")


@register(
    "root_update_policy",
    Value(
        "allowed",
        "|policy allows the automatic update of root certificates",
        "|ルート証明書の自動更新が許可されている",
    ),
    Value(
        "off",
        "|policy forbids the automatic update of root certificates",
        "|ルート証明書の自動更新が禁止されている",
    ),
    reads={"want": ["root_update"]},
)
def root_update_policy(observation: Observation, _arguments: Arguments) -> Reading:
    """Does policy allow the automatic update of root certificates?"""
    if observation.error("root_update"):
        return unknown(observation, "root_update")
    value = mapping(observation, "root_update").get("policy_value", UNKNOWN)
    if value is UNKNOWN or not (value is None or isinstance(value, int)):
        return unknown(observation, "root_update")
    text = "is not set" if value is None else f"is {value}"
    return Reading("off" if value else "allowed", f"DisableRootAutoUpdate {text}")


@register(
    "root_update_events",
    Value(
        "succeeded",
        "the last automatic root update|succeeded",
        "最後のルート証明書の自動更新が|成功",
    ),
    Value("failed", "the last automatic root update|failed", "最後のルート証明書の自動更新が|失敗"),
    Value(
        "none",
        "the last automatic root update|is not on record",
        "最後のルート証明書の自動更新が|記録なし",
    ),
    reads={"want": ["root_update_events"]},
)
def root_update_events(observation: Observation, _arguments: Arguments) -> Reading:
    """Newest event of the automatic root update (CAPI2). No event proves nothing."""
    events = observation.part("root_update_events")
    if not isinstance(events, list):
        return unknown(observation, "root_update_events")
    for event in events:
        number = event["id"]
        if number in (1, 2, 4, 7):
            return Reading("succeeded", f"CAPI2 event {number} at {quote(event.get('utc'))}")
        if number in (3, 5, 8, 11):
            return Reading("failed", f"CAPI2 event {number} at {quote(event.get('utc'))}")
    return Reading("none", "no CAPI2 event of the root update")


def _values(en: str, ja: str) -> tuple[Value, ...]:
    """Return the values of a signature, the good one first, each said of a subject."""
    return tuple(
        Value(name, f"{en}|{one}", f"{ja}|{other}")
        for name, one, other in (
            ("trusted", "leads to a trusted root", "信頼されたルートに到達"),
            ("root_missing", "leads to no root that is there", "ルート証明書なし"),
            ("expired", "has expired", "期限切れ"),
            ("tampered", "does not fit the file", "ファイルと不一致"),
            ("unsigned", "is missing", "なし"),
            ("disallowed", "is disallowed", "信頼されていない証明書"),
            ("not_for_code_signing", "leads to a root not for code signing", "コード署名用でない"),
            ("file_missing", "cannot be read, the file is missing", "ファイルなし"),
        )
    )


def _untrusted(en: str, ja: str) -> Value:
    """Return the value that only the host's own chain has."""
    return Value("untrusted", f"{en}|is not trusted by the host", f"{ja}|ホストが信頼しない")


def _signature_request(arguments: Arguments) -> Request:
    return {"want": ["stores", "clock"], **file_request(arguments, signature=True)}


@register(
    "signature",
    *_values("the signature of {file}", "{file} の署名が"),
    reads=_signature_request,
    file=True,
    assume_root=False,
)
def signature(observation: Observation, arguments: Arguments) -> Reading:
    """Does a file's signature link to a root that the machine trusts?

    assume_root ({sha256, subject_hash, not_before, not_after}) asks "and if this root were there".
    """
    record = one_file(observation, arguments["file"])
    reading = judge(record, _stores(observation, arguments), utc_of(observation))
    return Reading(reading.status, f"{quote(arguments['file'])}: {reading.evidence}")


def _modules_request(arguments: Arguments) -> Request:
    return {
        "want": ["stores", "clock"],
        "services": [arguments["service"]],
        "service_modules": [arguments["service"]],
        "files": [
            {"path": path, "hash": False, "signature": True}
            for path in arguments.get("files") or ()
        ],
    }


# Worst first; unknown stands before everything that could be healed.
_WORST: Final = (
    "tampered",
    "unsigned",
    "disallowed",
    "not_for_code_signing",
    "untrusted",
    UNKNOWN,
    "file_missing",
    "expired",
    "root_missing",
    "trusted",
)


@register(
    "modules_signature",
    *_values(
        "the worst signature of the service's modules", "サービスのモジュールの最も悪い署名が"
    ),
    reads=_modules_request,
    service=True,
    files=False,
    assume_root=False,
)
def modules_signature(observation: Observation, arguments: Arguments) -> Reading:
    """Do the installed modules (a service's executable, the files named) link to a root?

    The worst of them.
    """
    stores, now = _stores(observation, arguments), utc_of(observation)
    readings = [
        (name, judge(record, stores, now))
        for name, record in _modules(observation, arguments).items()
    ]
    if not readings:
        return Reading(UNKNOWN, f"the executable of {arguments['service']} is not known")
    name, worst = min(readings, key=lambda pair: _WORST.index(pair[1].status))
    return Reading(worst.status, f"{len(readings)} modules, {quote(name)}: {worst.evidence}")


def _modules(observation: Observation, arguments: Arguments) -> Mapping[str, Any]:
    """Return the records of a service's executable and of the files named; none: not known."""
    executable = mapping(observation, "service_modules").get(arguments["service"])
    if not isinstance(executable, str) or not executable:
        return {}
    records: dict[str, Any] = {}
    for path in [executable, *(arguments.get("files") or ())]:
        found = observation.files(path)
        records.update({path: None} if isinstance(found, Unknown) else found)
    return records


_NOT_TIME_VALID, _UNTRUSTED_ROOT, _PARTIAL_CHAIN = 0x1, 0x20, 0x10000
_EXPLICIT_DISTRUST, _REVOKED, _NOT_VALID_FOR_USAGE = 0x4000000, 0x4, 0x10
# What the records alone show, so that the host's chain has nothing to add.
_SHOWN: Final = ("file_missing", "tampered", "unsigned", "disallowed", "not_for_code_signing")


@register(
    "chain_on_host",
    *_values("the signature of {file}", "{file} の署名が"),
    _untrusted("the signature of {file}", "{file} の署名が"),
    reads=lambda a: {**_signature_request(a), "chains": [a["file"]]},
    probes=True,
    file=True,
)
def chain_on_host(observation: Observation, arguments: Arguments) -> Reading:
    """The chain of a file's signature as the host itself builds it, in the machine context.

    It is built for code signing. Asking may make Windows fetch a root. Of the chain's faults only
    NotTimeValid is tolerated, and only with a timestamp whose own chain links to a root.
    """
    path = arguments["file"]
    return _host_chain(observation, path, one_file(observation, path))


@register(
    "modules_on_host",
    *_values(
        "by the host, the worst signature of the modules", "ホストの検証ではモジュールの署名が"
    ),
    _untrusted(
        "by the host, the worst signature of the modules", "ホストの検証ではモジュールの署名が"
    ),
    Value(
        "not_asked",
        "by the host, the signatures of the modules|were not asked for",
        "ホストの検証ではモジュールの署名が|未確認",
        unproven=True,
    ),
    reads=lambda a: {
        **_modules_request(a),
        "service_chains": [a["service"]],
        "chains": list(a.get("files") or ()),
    },
    probes=True,
    service=True,
    files=False,
)
def modules_on_host(observation: Observation, arguments: Arguments) -> Reading:
    """The chains of the installed modules as the host itself builds them; the worst of them.

    It knows what no store shows: the distrust of Microsoft's list. Asked by an audit that may.
    """
    if observation.error("chains"):
        return unknown(observation, "chains")
    modules, chains = _modules(observation, arguments), mapping(observation, "chains")
    if not {name.casefold() for name in modules} & {name.casefold() for name in chains}:
        return Reading("not_asked", "the host was not asked to build the modules' chains")
    readings = [(name, _host_chain(observation, name, record)) for name, record in modules.items()]
    name, worst = min(readings, key=lambda pair: _WORST.index(pair[1].value))
    return Reading(worst.value, f"{len(readings)} modules, {quote(name)}: {worst.evidence}")


def _host_chain(observation: Observation, path: str, record: Mapping[str, Any] | None) -> Reading:
    stores = _stores(observation)
    linked = judge(record, stores, utc_of(observation))
    if linked.status in _SHOWN:
        return Reading(linked.status, f"{quote(path)}: {linked.evidence}")
    chain = next(
        (c for p, c in mapping(observation, "chains").items() if p.casefold() == path.casefold()),
        None,
    )
    if not isinstance(chain, Mapping) or not isinstance(chain.get("status"), int):
        return unknown(observation, "chains")
    if linked.status is UNKNOWN and (record is None or stores.disallowed is None):
        return Reading(UNKNOWN, f"{quote(path)}: {linked.evidence}")
    if not _intact(record):
        return Reading(UNKNOWN, f"{quote(path)}: {linked.evidence}")
    return _chain_reading(chain, has_usable_timestamp(record, stores))


def _intact(record: Mapping[str, Any] | None) -> bool:
    """Return whether a file record says that the file was not altered since it was signed."""
    signed = (record or {}).get("signature")
    return (
        isinstance(signed, Mapping)
        and signed.get("state") == "signed"
        and signed.get("hash_status") == 0
    )


def _chain_reading(chain: Mapping[str, Any], timestamp: bool) -> Reading:
    flags = chain["status"]
    for element in chain.get("elements") or ():
        flags |= element["status"]
    added = chain.get("roots_added") or []
    text = f"host's chain: status 0x{flags:X}" + (f", roots added: {added}" if added else "")
    if flags & (_EXPLICIT_DISTRUST | _REVOKED):
        return Reading("disallowed", text)
    if flags & (_UNTRUSTED_ROOT | _PARTIAL_CHAIN):
        return Reading("root_missing", text)
    if flags & _NOT_VALID_FOR_USAGE:
        return Reading("not_for_code_signing", text)
    if flags & ~_NOT_TIME_VALID:
        return Reading("untrusted", text)
    if flags:
        tolerated = "tolerated: the timestamp's chain links" if timestamp else "no usable timestamp"
        return Reading("trusted" if timestamp else "expired", f"{text} (NotTimeValid), {tolerated}")
    if chain.get("ok") is not True:
        return Reading(UNKNOWN, f"{text}, but the host says that the chain does not verify")
    return Reading("trusted", text)
