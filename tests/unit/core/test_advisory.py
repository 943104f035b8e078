# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Broken advisories are refused with file, line and reason; ours says what the notice says."""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
import ssl
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import advisory as module
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import settings
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.model import CoreError

REPOSITORY = Path(__file__).resolve().parents[3]
FOLDER = REPOSITORY / "advisories"


class Broken:
    """An advisory of ours with one text replaced, and what it is refused for."""

    def __init__(self, folder: Path, name: str, old: str, new: str) -> None:
        self.folder = Path(shutil.copytree(FOLDER / name, folder / "broken"))
        files = [self.folder / f"{part}.yml" for part in ("notice", "words", "logic")]
        texts = {file: file.read_text(encoding="utf-8") for file in files}
        [self.file] = [file for file, text in texts.items() if text.count(old) == 1]
        self.line = texts[self.file].partition(old)[0].count("\n") + 1
        self.file.write_text(texts[self.file].replace(old, new), encoding="utf-8")

    def faults(self) -> list[module.Fault]:
        """Return what it is refused for."""
        with pytest.raises(module.AdvisoryError) as caught:
            module.load_advisories([self.folder])
        assert str(caught.value).startswith(f"{caught.value.faults[0].file}:")
        return caught.value.faults


@pytest.fixture
def broken(tmp_path):
    """Return a function that changes an advisory of ours: file, line and faults of its refusal."""

    def change(old: str, new: str, name: str = "ctx130025") -> Broken:
        shutil.rmtree(tmp_path / "broken", ignore_errors=True)
        return Broken(tmp_path, name, old, new)

    return change


def refused(broken: Broken, words: str, lines: int = 0) -> None:
    """Assert that it is refused for these words, at the line that was changed."""
    found = [fault for fault in broken.faults() if words in fault.text]
    assert found, [str(fault) for fault in broken.faults()]
    assert found[0].file == broken.file
    assert broken.line <= found[0].line <= broken.line + lines


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "sessions: {at_most: 0}",
            "sessions: nobody",
            "sessions is a number, never nobody; say at",
        ),
        ("{ask: installer}", "{ask: instaler}", "no check instaler; did you mean installer?"),
        ("{ask: turn}", "{ask: turn, servise: x}", "check turn has no argument servise"),
        (
            "{ask: signature, file: $hotfix.package, cl",
            "{ask: signature, cl",
            "needs the argument file",
        ),
        ("action: {restart: {", "action: {restrat: {", "no action restrat; did you mean restart?"),
        (
            "{state: drained, method: $drain_method, wait_for_sessions: false",
            "{state: gone",
            "must",
        ),
        ("{package: $hotfix.package, sha", "{sha", "needs the argument package"),
        ("$run_as", "$runas", "there is no setting runas; did you mean run_as?"),
        (
            "patch_installed, patch_code: $hotfix.patch_code",
            "patch_installed, patch_code: $hotfix.code",
            "a hotfix has no code",
        ),
        ("install_hotfix: 対策2-7", "install_hotfix: 対策2-8", "clause 対策2-8 is not in clauses"),
        ("begins: {turn:", "begins: {trun:", "there is no question trun; did you mean turn?"),
        ("blocker: {ima: missing}", "blocker: {package_file: missing}", "only within for_each"),
        (
            "requires: [begins, {root: absent}]",
            "requires: [begin, {root: absent}]",
            "no guard begin; did you mean begins?",
        ),
        (
            "- {start_ima: 原因-起動時,",
            "- {start_im: 原因-起動時,",
            "there is no step start_im, and no sequence",
        ),
        (
            "do: after_installation, action: node_info",
            "do: after_instalation, action: node_info",
            "no act after_instalation; did you mean after_installation?",
        ),
        (
            "remedy: import_root\n  root_source",
            "remedy: hope\n  root_source",
            "defaults.remedy is hope",
        ),
        (
            "healthy: {good:",
            "healthy: {fine:",
            "healthy.fine: there is no such key here; there are blocker",
        ),
        ("format: 2", "format: 1", "format: is 1; it must be 2"),
        (
            "only_with: [install_hotfix], again_after: [install_hotfix]}",
            "only_with: [enable_logons]}",
            "does not come before",
        ),
        (
            "start_ima: {do:",
            "start_ima: {when: x == 1, do:",
            "start_ima.when: there is no such key here",
        ),
        ('version: "2.0.0"', 'version: "2.0.0"\nversion: "3"', "version is there twice"),
        ("{vendor: Citrix,", "{vendor: [,", "correct the YAML"),
        ("{vendor: Citrix,", "{vendor: !!python/object:os.system x,", "correct the YAML"),
        (
            "ima_unknown: {title:",
            "ima_unknow: {title:",
            "nothing of the logic uses ima_unknow; did you mean ima_unknown?",
        ),
        (
            "title: ima_cannot_start, remedy: remedy_root}",
            "title: ima_cannot_start, remedy: remedy_rot}",
            "no text remedy_rot; did you mean remedy_root?",
        ),
        (
            "  turn: {ask: turn}\n",
            "  turn: {ask: turn}\n  fun: {ask: turn}\n",
            "question fun is used nowhere",
        ),
        ("{hotfix_job: running}}", "{hotfix_job me: running}}", "me has no meaning here"),
        ("{installer: busy}", "{installer xa01: busy}", "there is no subject xa01"),
        (
            "requires: [begins], expect: {root_update: allowed}",
            "requires: [begins, {root: unknown}], expect: {root_update: allowed}",
            "only a finding may do that",
        ),
    ],
)
def test_a_broken_advisory_is_refused(broken, old, new, words):
    refused(broken(old, new), words, lines=2)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        # What an act or a guard says wrongly stands where it says it, not where it is used.
        (
            "peer_off: {clause: 2003-① 2000失敗-①, power peer",
            "peer_off: {power pear",
            "no subject pear",
        ),
        (
            "action: {virtual_server: {",
            "acton: {virtual_server: {",
            "acton: there is no such key here; did you mean action?",
        ),
        (
            "{phase me: up, wiring_shutdown me:",
            "{phase me: upp, wiring_shutdown me:",
            "ft_phase is never upp; did you mean up?",
        ),
        (
            'requires: [peer_off, {power me: "off"}]',
            "requires: [peer_off, {power me: off}]",
            "put the word in quotes",
        ),
        (
            'latent: {warning: [latent, {windows: "2003"}]',
            'latent: {warning: [latent, {windows: "2004"}]',
            "ft_windows is never 2004; did you mean 2003?",
        ),
        (
            "{events: list_3}",
            "{events: list_4}",
            "event_groups is never list_4; did you mean list_",
        ),
        ("kb_unknown: {warning: {kb all:", "kb_unknown: {warning: {kb:", "is about a subject"),
        # It may be asked of a host's own Windows, but here are several.
        (
            'service: runs, pending all: "yes"',
            'service: runs, pending: "yes"',
            "is about a subject",
        ),
        ("done_when: {gone me: proven}", "done_when: {gon me: proven}", "no question gon"),
        (
            "coserver2_look: {do: look coserver2}",
            "coserver2_look: {do: look coserver3}",
            "no subject coserver3; did you mean coserver",
        ),
        (
            "coserver2_look: {do: look coserver2}",
            "coserver2_look: {do: loook coserver2}",
            "no act loook; did you mean look?",
        ),
        ("coserver1: {peer: coserver2}", "coserver1: {peer: coserver3}", "no subject coserver3"),
        (
            "virtual_server1_enable: ⑨ ⑩ ⑪",
            "virtual_server1_enable: ⑨ ⑩ ⑳",
            "clause 2003-⑳ is not in clauses",
        ),
        (
            "both_up: {phase coserver1:",
            "both_up: {phase both:",
            "is about one subject, and both are several",
        ),
    ],
)
def test_a_fault_of_a_template_stands_at_its_line(broken, old, new, words):
    refused(broken(old, new, "kb890859-tx200ft"), words)


def test_all_faults_are_found_at_once(broken):
    one = broken("{installer: busy}", "{instaler: busy}")
    text = one.file.read_text(encoding="utf-8").replace("clause: 対策1 原因", "clause: 対策3 原因")
    one.file.write_text(text, encoding="utf-8")
    said = [fault.text for fault in one.faults()]
    assert sum("instaler" in text for text in said) == 1
    assert sum("対策3" in text for text in said) == 3


def test_a_brake_is_taken_away_in_so_many_words_only(broken):
    loose = broken(
        "requires: [{failure_budget: unspent}, users_kept_away]",
        "requires: [{failure_budget: [unspent, spent]}, users_kept_away]",
    )
    refused(loose, "accepts spent, but the brake failure_budget does not; take it away with")
    reason = "without_brakes: {change: hotfix_is_in, failure_budget: hotfix_is_in}"
    refused(broken(reason, "without_brakes: {change: true}"), "change: is true to YAML")
    refused(
        broken(reason, "without_brakes: {capacity: hotfix_is_in}"),
        "capacity: there is no such key here",
    )


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
def test_a_default_is_judged_as_a_setting_and_takes_away_no_safety(broken, default, said):
    refused(broken("defaults:\n", f"defaults:\n  {default}\n"), said, lines=1)


@pytest.mark.parametrize(
    "default", ["minimum_capacity_percent: 75", "soak_minutes: 5", "deadlines: {ima_seconds: 5000}"]
)
def test_a_default_may_be_safer(broken, default):
    ours = module.load(broken("defaults:\n", f"defaults:\n  {default}\n").folder)
    full = ours.effective({"minimum_capacity_percent": 60})
    assert full["minimum_capacity_percent"] == 60  # the site's word stands
    assert full["deadlines"].keys() == settings.DEFAULTS["deadlines"].keys()


def test_whether_users_are_logged_off_is_no_literal(broken):
    refused(broken("$forced_logoff", "true"), "the site's to say")


def test_an_id_that_is_there_twice(tmp_path):
    shutil.copytree(FOLDER / "ctx130025", tmp_path / "copy")
    with pytest.raises(module.AdvisoryError, match="id ctx130025 is also in"):
        module.load_advisories([module.bundled_folder(), tmp_path])


def test_a_path_is_one_advisory_or_a_folder_of_them(tmp_path):
    one = module.load_advisories([FOLDER / "ctx130025"])
    assert list(one) == ["ctx130025"]
    assert sorted(module.load_advisories([FOLDER])) == [
        "ctx130025",
        "kb890859_tx200ft",
        "sha2_server_2008",
    ]
    shutil.copytree(FOLDER / "ctx130025", tmp_path / "mine" / "copy")
    (tmp_path / "mine" / "README.txt").write_text("notes")
    (tmp_path / "mine" / "copy" / "words.yml").unlink()
    with pytest.raises(module.AdvisoryError, match=r"words\.yml:0: cannot be read"):
        module.load_advisories([tmp_path / "mine"])


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"- 1", b"a: &a [*a]", b"? [x]\n: 1", b"a: 2026-13-45"]
)
def test_what_is_no_advisory(tmp_path, content):
    folder = Path(shutil.copytree(FOLDER / "ctx130025", tmp_path / "x"))
    (folder / "logic.yml").write_bytes(content)
    with pytest.raises(module.AdvisoryError, match=r"logic\.yml:\d+: .+;"):
        module.load_advisories([tmp_path])


def test_a_path_that_is_not_there(tmp_path):
    with pytest.raises(module.AdvisoryError, match="no such folder"):
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
        clause for each in ctx130025.data["questions"].values() for clause in each.get("clause", [])
    }
    for procedure in ctx130025.data["procedures"].values():
        cited |= set(procedure["clause"])
        for entry in procedure["steps"]:
            for each in entry.get("steps", [entry]):
                cited |= set(each["clause"])
    for part in [*ctx130025.data["findings"], *ctx130025.data["symptoms"]]:
        cited |= set(part["clause"])
    assert set(clauses) - cited == set()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "operator_confirm: {node: me, ask: done}",
            "operator_confirm: {ask: done}",
            "nobody knows where the person is to be; give operator_confirm its node",
        ),
        (
            "operator_confirm: {node: me, ask: done}",
            "operator_confirm: {node: cosrver1, ask: done}",
            "there is no node cosrver1; did you mean coserver1?",
        ),
        (
            "action: {update_exe: {node: me, operation: uninstall,",
            "action: {update_exe: {node: $ft_system.contact, operation: uninstall,",
            "ft_system has no contact; did you mean contacts?",
        ),
        (
            "  protected_2003: {good:",
            '  all_2003: {good: {windows: "2003"}}\n  protected_2003: {good:',
            "branch protected_2003 is never taken: all_2003 comes first",
        ),
        (
            "relay: {ask: ft_relay, used: $ft_system.used_access}",
            "relay: {ask: ft_relay, used: $ft_system.used_acces}",
            "ft_system has no used_acces; did you mean used_access?",
        ),
        (
            "  stage_kb: {do: stage,",
            "  stage_kb: {action: {msp_patch: {package: x, patch_code: y}},",
            "action msp_patch is for a host of the kind windows",
        ),
    ],
)
def test_what_a_system_of_nodes_does_not_have(broken, old, new, words):
    refused(broken(old, new, "kb890859-tx200ft"), words, lines=1)
