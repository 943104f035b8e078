# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a notice asks of the site by names of its own."""

from __future__ import annotations

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.advisory import inputs, load
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.backups import records
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.plan import plan_host
from notice_double import Notice

INPUTS = """inputs:
  fixes: {type: packages, each: fix, about: {en: Fixes., ja: 修正。}}
  order: {type: choice, values: [first, last], default: first, about: {en: Order., ja: 順序。}}
  backup: {type: record, about: {en: Backup., ja: バックアップ。}}
"""
SHA = "AB" * 32


def fix(name: str, **more: str) -> dict[str, str]:
    return {"id": name, "package": rf"C:\Fix\{name}.msu", "sha256": SHA, **more}


@pytest.fixture
def notice(tmp_path):
    """The guide's notice, asked of packages of its own."""
    found = Notice(tmp_path)
    found.change("clauses:\n", f"{INPUTS}clauses:\n")
    logic = found.texts["logic"].replace("hotfix", "fix")
    found.texts["logic"] = logic.replace("patch_code: $fix.patch_code", "patch_code: $fix.id")
    found.change("findings:\n  patch_unknown: {for", "findings:\n  early: {info: {order: first}}\n"
                 "  no_backup: {blocker: {backup: \"no\"}}\n  patch_unknown: {for")  # fmt: skip
    found.change("  logons: {ask: logons}\n", "  logons: {ask: logons}\n"
                 "  order: {ask: setting, value: $order}\n"
                 "  backup: {ask: given, value: $backup}\n")  # fmt: skip
    found.texts["words"] = found.texts["words"].replace(
        "findings:\n", "findings:\n"
        '  early: {title: {en: "E", ja: "E"}, remedy: {en: "E", ja: "E"}}\n'
        '  no_backup: {title: {en: "B", ja: "B"}, remedy: {en: "B", ja: "B"}}\n', 1,
    )  # fmt: skip
    assert [str(fault) for fault in found.faults()] == []
    return found


def given(kit, **table):
    return kit.settings(product="example_1.0", inputs={"example": table})


def test_inputs_are_settings_and_loops_of_their_notice(kit, notice):
    advisory = load(notice.folder)
    backup = {"taken": "2026-11-21", "by": "Sato", "where": "tape 1"}
    settings = given(kit, fixes=[fix("KB4493730"), fix("KB4474419")], backup=backup)
    plan = plan_host(advisory, settings, kit.observation())
    assert [(step.item, step.arguments["package"]) for step in plan.steps] == [
        ("KB4493730", r"C:\Fix\KB4493730.msu"),
        ("KB4474419", r"C:\Fix\KB4474419.msu"),
    ]
    assert "early" in [finding.id for finding in plan.findings]
    assert plan.settings["inputs"] == settings["inputs"]  # what was approved
    assert "legacyops_inputs.example.backup" in dict(records(settings))


def test_what_is_missing_a_finding_says(kit, notice):
    plan = plan_host(load(notice.folder), given(kit), kit.observation())
    assert [f.id for f in plan.findings if f.severity == "blocker"] == ["no_backup"]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"fixes": fix("KB4493730")}, "fixes must be a list"),
        ({"fixes": [fix("4493730")]}, "'4493730' must be the number of an update"),
        ({"fixes": [fix("KB4493730"), fix("KB4493730")]}, "names 'KB4493730' twice"),
        ({"fixes": [fix("KB4493730", sha="x")]}, "(KB4493730).sha is unknown: write sha256"),
        ({"fixes": [{"id": "KB4493730"}]}, "must say id, package and sha256: package is not given"),
        ({"fixes": [fix("KB4493730", package=r"\\files\a.msu")]}, "is a network path"),
        (
            {"fixes": [fix("KB4493730", source="https://u:Secret1@f/a.msu")]},
            "source holds a user name",
        ),
        ({"order": "never"}, "order is 'never': it must be one of first, last"),
        ({"backup": {"taken": "yesterday"}}, "must say taken, by and where"),
        ({"orders": "first"}, "orders is unknown: did you mean order?"),
    ],
)
def test_what_an_input_may_not_be_is_refused_by_name(kit, notice, table, said):
    wrong = inputs.mistakes(load(notice.folder).data, given(kit, **table))
    assert len(wrong) == 1
    assert wrong[0].startswith("legacyops_inputs.example.")
    assert said in wrong[0]
    assert "Secret1" not in wrong[0]


@pytest.mark.parametrize(
    "source",
    [r"\\files\a@b\a.msu", "https://files/a@b.msu", "https://files:8443/a?x=@", "a.msu", None],
)
def test_a_source_without_a_login_is_one(kit, notice, source):
    table = {"fixes": [fix("KB4493730", source=source)]}
    assert inputs.mistakes(load(notice.folder).data, given(kit, **table)) == []


def test_inputs_of_no_notice_are_refused(kit):
    settings = kit.settings(inputs={"exampel": {}})
    (sentence,) = inputs.unknown_notices(settings, ["example"])
    assert "legacyops_inputs.exampel is of no advisory: did you mean example?" in sentence


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("fixes: {type", "hotfixes: {type", "hotfixes means something already"),
        ("each: fix,", "each: hotfix,", "hotfix means something already"),
        ("default: first", "default: frist", "default is none of its values; did you mean first"),
        ("  order: {type: choice", "  spare: {type: text, about: {en: S, ja: S}}\n"
         "  order: {type: choice", "input spare is used nowhere"),
        ("type: packages, each: fix,", "type: packages,", "each: is missing"),
    ],
)  # fmt: skip
def test_an_input_that_cannot_be_meant_is_told(notice, old, new, said):
    notice.change(old, new)
    assert any(said in fault.text for fault in notice.faults()), list(map(str, notice.faults()))


def test_a_member_that_packages_do_not_have_is_told(notice):
    notice.change("file: $fix.package,", "file: $fix.pakage,")
    assert any("a fix has no pakage" in fault.text for fault in notice.faults())
