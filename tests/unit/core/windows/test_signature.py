# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Linkage of a signature to a root, and the chain as the host builds it."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.checks import read
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.context import NO_CHANGE
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.observation import (
    UNKNOWN,
    Observation,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.windows import signature as sig
from hypothesis import given, settings
from hypothesis import strategies as st

STORES = ("root", "auth_root", "enterprise_root", "policy_root", "intermediate", "disallowed")


def status(kit: Any, record: Any, stores: Any, now: str | None = None) -> Any:
    """Return what a file record is worth with these stores."""
    return sig.judge(record, sig.Stores.from_data(stores), now or kit.NOW).status


def stores(kit: Any, **changed: Any) -> dict[str, Any]:
    """Return stores with the roots of the notice's chain and of its timestamp."""
    return {**{name: [] for name in STORES}, "root": [kit.G5, kit.TSA_ROOT], **changed}


def test_expired_certificates_are_judged_at_the_time_of_the_timestamp(kit):
    assert status(kit, kit.file(), stores(kit)) == "trusted"


@pytest.mark.parametrize("store", ["root", "auth_root", "enterprise_root", "policy_root"])
def test_every_root_store_of_the_machine_counts(kit, store):
    there = stores(kit, root=[kit.TSA_ROOT])
    there[store] = [*there[store], kit.G5]
    assert status(kit, kit.file(), there) == "trusted"


def test_without_the_root_it_is_missing_not_expired(kit):
    assert status(kit, kit.file(), stores(kit, root=[kit.TSA_ROOT])) == "root_missing"


def test_the_missing_certificate_is_named_as_a_person_would(kit):
    record = kit.file()
    record["signature"]["signer"] = {**kit.SIGNER, "subject": 'CN="Citrix Systems, Inc", C=US'}
    held = sig.Stores.from_data(stores(kit, root=[kit.TSA_ROOT]))
    evidence = sig.judge(record, held, kit.NOW).evidence
    assert "no path from Citrix Systems, Inc to a trusted root; not there: G5;" in evidence


def test_the_cross_certificate_leads_to_an_older_root(kit):
    there = stores(kit, root=[kit.OLD_ROOT, kit.TSA_ROOT], intermediate=[kit.CROSS])
    assert status(kit, kit.file(), there) == "trusted"
    there["root"] = [kit.TSA_ROOT]
    assert status(kit, kit.file(), there) == "root_missing"


def test_the_cross_certificate_itself_is_no_root(kit):
    assert status(kit, kit.file(), stores(kit, root=[kit.CROSS, kit.TSA_ROOT])) == "root_missing"


def test_an_intermediate_may_come_from_the_store(kit):
    record = kit.file()
    record["signature"]["certificates"] = [kit.SIGNER]
    assert status(kit, record, stores(kit)) == "root_missing"
    assert status(kit, record, stores(kit, intermediate=[kit.INTERMEDIATE])) == "trusted"


def test_disallowed_wins(kit):
    for bad in (kit.SIGNER, kit.INTERMEDIATE, kit.G5):
        assert status(kit, kit.file(), stores(kit, disallowed=[bad])) == "disallowed"


def test_a_timestamp_counts_only_if_its_own_chain_links(kit):
    assert status(kit, kit.file(), stores(kit, root=[kit.G5])) == "expired"
    record = kit.file()
    record["signature"]["timestamp"] = None
    assert status(kit, record, stores(kit)) == "expired"
    assert status(kit, record, stores(kit), "2012-06-01T00:00:00Z") == "trusted"
    record["signature"]["timestamp"] = {"utc": None, "signer": None, "certificates": None}
    assert status(kit, record, stores(kit)) is UNKNOWN


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"state": "unsigned"}, "unsigned"),
        ({"hash_status": 0x800B0100}, "unsigned"),
        ({"hash_status": 0x80096010}, "tampered"),
        ({"hash_status": 0x800B0109}, UNKNOWN),
        ({"hash_status": None}, UNKNOWN),
        ({"state": "unreadable"}, UNKNOWN),
        ({"state": None}, UNKNOWN),
        ({"signer": None}, UNKNOWN),
    ],
)
def test_the_kinds_are_told_apart(kit, change, expected):
    record = kit.file()
    record["signature"].update(change)
    assert status(kit, record, stores(kit)) == expected


def test_what_is_wrong_with_the_file_comes_before_what_is_wrong_with_the_root(kit):
    record = kit.file()
    record["signature"]["hash_status"] = 0x80096010
    assert status(kit, record, stores(kit, root=[])) == "tampered"


@pytest.mark.parametrize("store", STORES)
def test_a_store_that_cannot_be_read_is_unknown_where_it_matters(kit, store):
    there = stores(kit, root=[kit.TSA_ROOT])
    there[store] = None
    assert status(kit, kit.file(), there) is UNKNOWN


@pytest.mark.parametrize("member", [None, 7, {}, {"sha256": None}])
def test_a_certificate_that_cannot_be_read_leaves_its_store_unknown_but_not_the_others(kit, member):
    for store in STORES:
        there = stores(kit, root=[kit.TSA_ROOT])
        there[store] = [*there[store], member]
        assert status(kit, kit.file(), there) is UNKNOWN
    assert status(kit, kit.file(), stores(kit, root=[kit.G5, member, kit.TSA_ROOT])) == "trusted"


def test_no_record_and_no_file(kit):
    assert status(kit, None, stores(kit)) is UNKNOWN
    assert status(kit, kit.missing(), stores(kit)) == "file_missing"


def test_certificates_that_name_each_other_in_a_ring_end(kit):
    ring = [kit.cert(f"R{n}", f"R{(n + 1) % 5}") for n in range(5)]
    record = kit.file()
    record["signature"].update(signer=ring[0], certificates=ring * 40)
    assert status(kit, record, stores(kit)) == "root_missing"


NAMES = st.sampled_from(["A", "B", "C", "D"])


@st.composite
def certs(draw: Any) -> dict[str, Any]:
    """Draw a certificate among few names, so that they link often."""
    name, issuer = draw(NAMES), draw(NAMES)
    return {
        "sha256": f"{name}{issuer}",
        "thumbprint": f"t{name}{issuer}",
        "subject": f"CN={name}",
        "issuer": f"CN={issuer}",
        "subject_hash": name,
        "issuer_hash": issuer,
        "not_before": "2006-01-01T00:00:00Z",
        "not_after": draw(st.sampled_from(["2010-01-01T00:00:00Z", "2040-01-01T00:00:00Z"])),
    }


@settings(max_examples=300)
@given(
    signer=certs(),
    embedded=st.lists(certs(), max_size=3),
    held=st.fixed_dictionaries({name: st.lists(certs(), max_size=3) for name in STORES}),
    data=st.data(),
)
def test_taking_a_certificate_away_never_makes_trust(kit, signer, embedded, held, data):
    record = kit.file()
    record["signature"].update(signer=signer, certificates=embedded, timestamp=None)
    before = status(kit, record, held)
    # Disallowed is the one store whose members take trust away. And where a chain was refused
    # for one of them, taking the certificate that led there away is another chain.
    store = data.draw(st.sampled_from(STORES[:4] if before == "disallowed" else STORES[:5]))
    fewer = copy.deepcopy(held)
    if not fewer[store]:
        return
    fewer[store].pop(data.draw(st.integers(0, len(fewer[store]) - 1)))
    if before != "trusted":
        assert status(kit, record, fewer) != "trusted"
    unread = {**held, store: None}
    if before != "trusted":
        assert status(kit, record, unread) != "trusted"


SERVER_AUTHENTICATION = "1.3.6.1.5.5.7.3.1"
# The package was signed in 2012, by a certificate of 2006.
RESTRICTED = [
    ({}, "trusted"),
    (None, "trusted"),
    ({"enhkey_usage": [sig.CODE_SIGNING]}, "trusted"),
    ({"enhkey_usage": [SERVER_AUTHENTICATION]}, "not_for_code_signing"),
    ({"enhkey_usage": []}, "not_for_code_signing"),
    ({"disallowed_enhkey_usage": [sig.CODE_SIGNING]}, "not_for_code_signing"),
    ({"disallowed_enhkey_usage": [SERVER_AUTHENTICATION]}, "trusted"),
    ({"disallowed_filetime": "2023-08-22T00:00:00Z"}, "trusted"),
    ({"disallowed_filetime": "2012-02-01T00:00:00Z"}, "disallowed"),
    ({"not_before_filetime": "2023-08-22T00:00:00Z"}, "trusted"),
    ({"not_before_filetime": "2005-01-01T00:00:00Z"}, "disallowed"),
    (
        {
            "not_before_filetime": "2005-01-01T00:00:00Z",
            "not_before_enhkey_usage": [SERVER_AUTHENTICATION],
        },
        "trusted",
    ),
]


@pytest.mark.parametrize(("properties", "expected"), RESTRICTED)
@pytest.mark.parametrize("store", ["root", "auth_root", "intermediate"])
def test_an_entrys_properties_in_a_store_limit_what_it_serves_for(kit, properties, expected, store):
    cert = kit.INTERMEDIATE if store == "intermediate" else kit.G5
    there = stores(kit)
    there[store] = [*there[store], {**cert, "properties": properties}]
    if store == "root":
        there["root"] = [kit.TSA_ROOT, {**kit.G5, "properties": properties}]
    assert status(kit, kit.file(), there) == expected


def test_without_a_timestamp_a_date_of_distrust_counts_from_that_day_on(kit):
    record = kit.file()
    record["signature"].update(
        timestamp=None, certificates=[{**kit.INTERMEDIATE, "not_after": "2036-01-01T00:00:00Z"}]
    )
    record["signature"]["signer"] = {**kit.SIGNER, "not_after": "2036-01-01T00:00:00Z"}
    root = {**kit.G5, "properties": {"disallowed_filetime": "2023-08-22T00:00:00Z"}}
    there = stores(kit, root=[root])
    assert status(kit, record, there, now="2023-08-01T00:00:00Z") == "trusted"
    assert status(kit, record, there, now="2023-09-01T00:00:00Z") == "disallowed"


def test_a_timestamp_whose_root_is_not_for_time_stamping_proves_no_time(kit):
    limited = {**kit.TSA_ROOT, "properties": {"enhkey_usage": [sig.CODE_SIGNING]}}
    assert status(kit, kit.file(), stores(kit, root=[kit.G5, limited])) == "expired"


def test_another_path_serves_where_one_is_limited(kit):
    limited = {**kit.G5, "properties": {"enhkey_usage": []}}
    there = stores(kit, root=[kit.OLD_ROOT, kit.TSA_ROOT, limited], intermediate=[kit.CROSS])
    assert status(kit, kit.file(), there) == "trusted"


def chain_value(kit: Any, flags: int, **changed: Any) -> Any:
    """Return what chain_on_host reads of a chain with these status flags."""
    data = {**kit.data(), "chains": {kit.PACKAGE.upper(): kit.chain(flags)}, **changed}
    ref: Any = {"check": "chain_on_host", "with": {"file": kit.PACKAGE}}
    return read(ref, Observation("xa01", kit.NOW, "test", data), NO_CHANGE).value


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (0, "trusted"),
        (0x1, "trusted"),
        (0x2, "untrusted"),
        (0x3, "untrusted"),
        (0x8, "untrusted"),
        (0x10, "not_for_code_signing"),
        (0x11, "not_for_code_signing"),
        (0x20, "root_missing"),
        (0x21, "root_missing"),
        (0x10000, "root_missing"),
        (0x4000000, "disallowed"),
        (0x4000021, "disallowed"),
        (0x40, "untrusted"),
    ],
)
def test_of_the_hosts_chain_only_not_time_valid_is_tolerated(kit, flags, expected):
    assert chain_value(kit, flags) == expected


def test_not_time_valid_is_tolerated_only_with_a_timestamp_that_links(kit):
    files = kit.data()["files"]
    files[kit.PACKAGE]["signature"]["timestamp"] = None
    assert chain_value(kit, 1, files=files) == "expired"
    assert chain_value(kit, 1, stores=stores(kit, root=[kit.G5])) == "expired"


def test_the_hosts_chain_says_nothing_about_a_file_that_is_not_intact(kit):
    for bad, expected in ((0x80096010, "tampered"), (0x800B0100, "unsigned"), (None, UNKNOWN)):
        files = kit.data()["files"]
        files[kit.PACKAGE]["signature"]["hash_status"] = bad
        assert chain_value(kit, 0, files=files) == expected


def test_a_chain_that_was_not_built_or_not_told_is_unknown(kit):
    assert chain_value(kit, 0, chains={}) is UNKNOWN
    assert chain_value(kit, 0, chains=None) is UNKNOWN
    assert chain_value(kit, 0, chains={kit.PACKAGE: {**kit.chain(0), "ok": False}}) is UNKNOWN
    assert chain_value(kit, 0, stores={**stores(kit), "disallowed": None}) is UNKNOWN


def test_modules_are_as_good_as_the_worst_of_them(kit):
    data = kit.data(installed=True)
    ref: Any = {
        "check": "modules_signature",
        "with": {"service": "IMAService", "files": [r"C:\Citrix\Ima*.dll"]},
    }

    def value() -> Any:
        return read(ref, Observation("xa01", kit.NOW, "test", data), NO_CHANGE).value

    assert value() is UNKNOWN  # the modules named were not read
    data["files"][r"C:\Citrix\ImaOne.dll"] = kit.file()
    data["files"][r"c:\citrix\imatwo.DLL"] = kit.file()
    data["files"][r"C:\Citrix\deeper\ImaThree.dll"] = {"exists": True}
    assert value() == "trusted"
    data["files"][r"c:\citrix\imatwo.DLL"]["signature"]["hash_status"] = 0x80096010
    assert value() == "tampered"
    data["service_modules"] = {"IMAService": None}
    assert value() is UNKNOWN


def test_modules_are_asked_of_the_host_only_where_it_was_to_build_chains(kit):
    data = kit.data(installed=True)
    ref: Any = {"check": "modules_on_host", "with": {"service": "IMAService"}}

    def value() -> Any:
        return read(ref, Observation("xa01", kit.NOW, "test", data), NO_CHANGE).value

    assert value() == "not_asked"
    data["errors"] = {"chains": "Add-Type failed"}
    assert value() is UNKNOWN
    data["errors"] = {}
    for flags, expected in ((0, "trusted"), (0x4000000, "disallowed"), (0x8, "untrusted")):
        data["chains"] = {kit.MODULE: kit.chain(flags)}
        assert value() == expected
    data["chains"] = {kit.MODULE: {**kit.chain(0), "status": None, "error": "file not found"}}
    assert value() is UNKNOWN


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({}, "code_signing"),
        ({"enhkey_usage": [SERVER_AUTHENTICATION]}, "not_for_code_signing"),
        ({"disallowed_filetime": "2023-08-22T00:00:00Z"}, "distrusted_from"),
        ({"not_before_filetime": "2023-08-22T00:00:00Z"}, "distrusted_from"),
    ],
)
def test_what_a_root_may_be_used_for(kit, properties, expected):
    root = {**kit.G5, "properties": properties}
    for held in (stores(kit, root=[root]), stores(kit, root=[kit.G5], auth_root=[root])):
        observation = Observation("xa01", kit.NOW, "test", {**kit.data(), "stores": held})
        ref: Any = {"check": "root_purposes", "with": {"sha256": kit.G5_SHA256}}
        assert read(ref, observation, NO_CHANGE).value == expected
    none = Observation("xa01", kit.NOW, "test", {**kit.data(), "stores": stores(kit, root=[])})
    assert read(ref, none, NO_CHANGE).value == "absent"
    none = Observation("xa01", kit.NOW, "test", {**kit.data(), "stores": stores(kit, root=None)})
    assert read(ref, none, NO_CHANGE).value is UNKNOWN
