# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Broken advisories are refused with file, line and reason; ours says what the notice says."""

from __future__ import annotations

import dataclasses
import hashlib
import re
import ssl
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import advisory as module
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import settings
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.model import CoreError

REPOSITORY = Path(__file__).resolve().parents[3]
OURS = REPOSITORY / "advisories" / "ctx130025.yml"


@pytest.fixture
def refused(tmp_path):
    """Return a function that changes our advisory and returns line and reason of its refusal."""

    def change(old: str, new: str, count: int = 1) -> tuple[int, str]:
        text = OURS.read_text(encoding="utf-8")
        assert old in text
        file = tmp_path / "broken.yml"
        file.write_text(text.replace(old, new, count), encoding="utf-8")
        with pytest.raises(module.AdvisoryError) as caught:
            module.load_advisories([tmp_path])
        match = re.match(rf"{re.escape(str(file))}:(\d+): (.+)", str(caught.value), re.DOTALL)
        assert match, str(caught.value)
        return int(match[1]), match[2]

    return change


def line_of(text: str) -> int:
    """Return the number of the first line of our advisory that holds a text."""
    lines = OURS.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


@pytest.mark.parametrize(
    ("old", "new", "at", "words"),
    [
        ("use: installer}", "use: instaler}", "use: installer}", "there is no check instaler"),
        (
            "service: IMAService",
            "servise: IMAService",
            "service: IMAService",
            "has no argument servise",
        ),
        ("{name: IMAService}", "{}", "  ima: {use", "needs the argument name"),
        ("action: reboot", "action: format_disk", "action: reboot", "there is no action"),
        ("state: drained", "state: gone", "arguments: {state: drained", "must be drained, enabled"),
        (
            "      package: {setting: hotfix.package}\n",
            "",
            "    action: msp_patch",
            "needs the argument package",
        ),
        ("{setting: run_as}", "{setting: runas}", "{setting: run_as}", "there is no setting runas"),
        (
            "{setting: hotfix.patch_code}}}",
            "{setting: hotfix.code}}}",
            "  hotfix: {use",
            "a hotfix has no code",
        ),
        ("clause: [対策2-7]", "clause: [対策2-8]", "clause: [対策2-7]", "clause 対策2-8 is not in"),
        ("check: turn, is", "check: trun, is", "check: turn, is", "check trun is not in checks"),
        (
            "{check: ima, is: missing}",
            "{check: package_file, is: missing}",
            "{check: ima, is: missing}",
            "only within for_each",
        ),
        ("      - drain_logons\n", "      - rain_logons\n", "      - drain_logons", "not in steps"),
        (
            "remedy: import_root\n",
            "remedy: hope\n",
            "remedy: import_root",
            "defaults.remedy is hope",
        ),
        ("severity: good", "severity: fine", "severity: good", "'fine' is not one of"),
        ("id: ima_missing", "id: ima_unknown", "id: ima_missing", "is there twice"),
        ("format: 1", "format: 9", "format: 1", "1 was expected"),
        (
            "only_with: [install_hotfix]",
            "only_with: [enable_logons]",
            "only_with: [install_hotfix]",
            "does not come before",
        ),
        (
            "    returns_to_service: true",
            "    when: x == 1",
            "  enable_logons:",
            "'when' was unexpected",
        ),
        ('version: "1.0.0"', 'version: "1.0.0"\nversion: 2', None, "version is there twice"),
        ("vendor: Citrix", "vendor: [", None, "correct the YAML"),
        ("vendor: Citrix", "vendor: !!python/object:os.system x", None, "correct the YAML"),
    ],
)
def test_a_broken_advisory_is_refused(refused, old, new, at, words):
    line, reason = refused(old, new)
    assert words in reason
    if at is not None:
        assert abs(line - line_of(at)) <= 1


def test_a_finding_may_ask_for_unknown_but_a_step_may_not(refused):
    old = "interlocks: &before\n      - {check: turn, is: reached}"
    refused(old, "interlocks: &before\n      - {check: turn, is_unknown: true}")


def test_a_brake_is_taken_away_in_so_many_words_only(refused):
    old = "- {check: failure_budget, is: unspent}\n    expect: [{check: package_file"
    loose = (
        "- {check: failure_budget, is_one_of: [unspent, spent]}\n    expect: [{check: package_file"
    )
    _line, said = refused(old, loose)
    assert "accepts spent, but the brake failure_budget does not; take it away with" in said
    reason = "failure_budget: *hotfix_is_in}\n    expect: [{check: ima"
    refused(reason, "failure_budget: true}\n    expect: [{check: ima")
    refused(reason, "capacity: *hotfix_is_in}\n    expect: [{check: ima")


@pytest.mark.parametrize(
    ("default", "said"),
    [
        ("failure_budget: 1", "less safe"),
        ("failure_budget: many", "must be 0 to 10000"),
        ("forced_logoff: true", "less safe"),
        ("forced_logoff: 1", "must be true or false"),
        ("minimum_capacity_percent: 10", "less safe"),
        ("single_server_silo: accept_outage", "the site's to say"),
        ("data_store_backup: {taken: x, by: y, where: z}", "the site's to say"),
        ("deadlines: {ima_seconds: 5}", "too short"),
        ("deadlines: {imaseconds: 5000}", "is unknown"),
        ("run_as: anybody", "must be one of"),
    ],
)
def test_a_default_is_judged_as_a_setting_and_takes_away_no_safety(refused, default, said):
    line, reason = refused("defaults:\n", f"defaults:\n  {default}\n")
    assert said in reason
    assert line == line_of("defaults:") + 1


@pytest.mark.parametrize(
    "default", ["minimum_capacity_percent: 75", "soak_minutes: 5", "deadlines: {ima_seconds: 5000}"]
)
def test_a_default_may_be_safer(tmp_path, default):
    file = tmp_path / "ours.yml"
    text = OURS.read_text(encoding="utf-8").replace("defaults:\n", f"defaults:\n  {default}\n")
    file.write_text(text, encoding="utf-8")
    ours = module.load(file)
    full = ours.effective({"minimum_capacity_percent": 60})
    assert full["minimum_capacity_percent"] == 60  # the site's word stands
    assert full["deadlines"].keys() == settings.DEFAULTS["deadlines"].keys()


def test_whether_users_are_logged_off_is_no_literal(refused):
    old = "forced_logoff: {setting: forced_logoff}"
    assert "the site's to say" in refused(old, "forced_logoff: true")[1]


def test_an_id_that_is_there_twice(tmp_path):
    copy = tmp_path / "copy.yml"
    copy.write_bytes(OURS.read_bytes())
    with pytest.raises(module.AdvisoryError, match="id ctx130025 is also in"):
        module.load_advisories([module.bundled_folder(), tmp_path])


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"- 1", b"a: &a [*a]", b"? [x]\n: 1", b"a: 2026-13-45"]
)
def test_what_is_no_advisory(tmp_path, content):
    file = tmp_path / "x.yaml"
    file.write_bytes(content)
    with pytest.raises(module.AdvisoryError, match=r"x\.yaml:\d+: .+;"):
        module.load_advisories([tmp_path])


def test_a_path_that_is_not_there(tmp_path):
    with pytest.raises(module.AdvisoryError, match="no such file or folder"):
        module.load_advisories([tmp_path / "nowhere"])


def test_the_advisory_of_a_product(ctx130025):
    found = {"ctx130025": ctx130025}
    chosen = {"product": "xenapp_fundamentals_3.0"}
    assert module.select_advisories(found, chosen) == [ctx130025]
    with pytest.raises(CoreError, match=r"legacyops_product is 'xenapp_6\.5'"):
        module.select_advisories(found, {"product": "xenapp_6.5"})
    with pytest.raises(CoreError, match="There is no advisory ctx1"):
        module.select_advisories(found, {**chosen, "advisories": ["ctx1"]})
    two = {"a": ctx130025, "b": ctx130025}
    with pytest.raises(CoreError, match="Several advisories are editions of one notice"):
        module.select_advisories(two, chosen)
    assert module.select_advisories(two, {**chosen, "advisories": ["b"]}) == [ctx130025]


def test_every_notice_about_a_host_is_judged_whatever_the_inventory_names(ctx130025):
    source = {**ctx130025.data["source"], "document": "CTX2"}
    other = dataclasses.replace(ctx130025, id="other", data={**ctx130025.data, "source": source})
    found = {"ctx130025": ctx130025, "other": other}
    chosen = {"product": "xenapp_fundamentals_3.0"}
    assert module.select_advisories(found, chosen) == [ctx130025, other]
    named = module.select_advisories(found, {**chosen, "advisories": ["other"]})
    assert named == [other, ctx130025]


def test_the_pin_is_that_of_the_certificate_that_comes_with_the_collection(ctx130025):
    pem = (
        REPOSITORY / "plugins" / "plugin_utils" / "_data" / "verisign-class3-g5-root.pem"
    ).read_text(encoding="utf-8")
    der = ssl.PEM_cert_to_DER_cert(pem[pem.index("-----BEGIN") :])
    root: dict[str, Any] = ctx130025.data["defaults"]["root"]
    assert hashlib.sha256(der).hexdigest().upper() == root["sha256"]
    assert hashlib.sha256(der).hexdigest().upper() == ctx130025.data["defaults"]["root_sha256"]
    assert hashlib.sha1(der).hexdigest().upper() == root["thumbprint"]


def test_every_clause_of_the_notice_is_there_and_used(ctx130025):
    clauses = ctx130025.data["clauses"]
    numbered = [f"確認-{n}" for n in range(1, 5)] + [f"対策2-{n}" for n in range(1, 8)]
    assert {*numbered, "対策1", "原因"} <= set(clauses)
    cited = {
        clause
        for kind in ("steps", "checks", "procedures")
        for part in ctx130025.data[kind].values()
        for clause in part.get("clause", [])
    }
    for part in [*ctx130025.data["findings"], *ctx130025.data["symptoms"]]:
        cited |= set(part.get("clause", []))
    assert set(clauses) - cited == set()
