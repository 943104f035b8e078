# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A notice that builds on another: the base's steps with its own numbers and words, and no others.

The notice is tests/advisories/another-kb-tx200ft: another update on the same FT machines.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import plan as core
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.advisory import (
    Advisory,
    bundled_folder,
    lint,
    lint_all,
    load,
)

ANOTHER = Path(__file__).parents[2] / "advisories" / "another-kb-tx200ft"
SYSTEMS = ("ft_data", "ft_failed")
FIX = {"": "", "V1.0L40": "V1.0L51"}  # a level of the base's fix, and the like of this one's


@pytest.fixture(scope="module")
def another() -> Advisory:
    return load(ANOTHER)


@pytest.fixture
def built(tmp_path):
    """Return a function that changes a copy of the notice: the faults of the copy, and its file."""
    file = shutil.copytree(ANOTHER, tmp_path / "another") / "notice.yml"
    text = file.read_text(encoding="utf-8")

    def change(old: str, new: str) -> tuple[list[str], Path]:
        assert text.count(old) == 1
        file.write_text(text.replace(old, new), encoding="utf-8")
        return [str(fault) for fault in lint(file.parent)[1] if not fault.warning], file

    return change


def test_it_has_no_fault_and_about_forty_lines():
    assert lint(ANOTHER)[1] == []
    assert [path.name for path in ANOTHER.iterdir()] == ["notice.yml"]
    lines = (ANOTHER / "notice.yml").read_text(encoding="utf-8").splitlines()
    assert 30 <= len(lines) <= 45


def test_its_logic_is_the_bases_and_its_words_are_its_own(another, kb890859):
    for part in ("kind", "applies_to", "inputs", "subjects", "questions", "symptoms"):
        assert another.data[part] == kb890859.data[part]
    for name, step in kb890859.data["steps"].items():
        for key in step.keys() - {"title", "reason", "changes", "rollback", "instruction"}:
            assert another.data["steps"][name][key] == step[key]
    said = json.dumps(another.data, ensure_ascii=False)
    for old in ("890859", "MS05-018", "V1.0L10", "V1.0L20", "V1.0L40", "3790.28", "3790.27"):
        assert old not in said
    assert another.data["clauses"]["2003-③"]["en"].startswith(
        'Select "Windows Server 2003 Hotfix KB999001"'
    )
    assert another.data["clauses"]["前文"]["en"].startswith("MS99-001 (KB999001), published today")
    assert another.data["defaults"]["update"] == {
        "id": "KB999001",
        "keys": {
            "5.2": r"SOFTWARE\Microsoft\Updates\Windows Server 2003\SP2\KB999001",
            "5.0": r"SOFTWARE\Microsoft\Updates\Windows 2000\SP5\KB999001",
        },
        "hotfix_key": r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\HotFix\KB999001",
        "uninstaller": r"%windir%\$NtUninstallKB999001$\spuninst\spuninst.exe",
        "files": {
            "5.2": {"ntoskrnl.exe": "5.2.3790.500", "win32k.sys": "5.2.3790.501"},
            "5.0": {"ntoskrnl.exe": "5.00.2195.7100", "win32k.sys": "5.00.2195.7101"},
        },
    }
    assert (
        another.data["defaults"]["endurance_words"] == kb890859.data["defaults"]["endurance_words"]
    )
    events = {group["id"]: group["texts"] for group in another.data["event_groups"]}
    assert events["system_failure"][0].endswith("has stopped.")
    assert "The Endurance Kernel Driver detected a failure." in events["list_1"]


def of_another(
    data: dict[str, Any], another: Advisory, windows: str, fix: str, before: str
) -> dict[str, Any]:
    """Return a system's data with the other update's numbers in the places of the base's."""
    version = {"2003": "5.2", "2000": "5.0"}[windows]
    versions = another.data["defaults"]["update"]["files"][version]
    for node in data["nodes"].values():
        if node["reachable"]:
            has = node["updates"].pop("KB890859")
            node["updates"]["KB999001"] = has
            node["files"] = {n: v if has["updates_key"] else before for n, v in versions.items()}
            if fix:
                node["fix_level"]["text"] = node["fix_level"]["text"].replace(fix, FIX[fix])
    return data


@pytest.mark.parametrize("windows", ["2003", "2000"])
@pytest.mark.parametrize("kb", [True, False, ("coserver1",), ("ftvirtual",)])
@pytest.mark.parametrize("fix", FIX)
@pytest.mark.parametrize("make", SYSTEMS)
def test_it_plans_the_bases_steps_with_its_own_numbers(
    kit, kb890859, another, windows, kb, fix, make
):
    model = "PGT20126F2" if windows == "2003" else "PGT20126F"
    fixed = kit.ft_form()["vendor_fix"]
    plans = []
    for advisory in (kb890859, another):
        data = getattr(kit, make)(windows, kb=kb, fix=fix)
        level = "V1.0L40"
        if advisory is another:
            before = kit.OLD_FILES[windows]["ntoskrnl.exe"]
            data, level = of_another(data, another, windows, fix, before), FIX[level]
        form = kit.ft_form(model=model, vendor_fix={**fixed, "level": level})
        seen = kit.ft_observation(data)
        plans.append(core.plan_host(advisory, {"ft_system": form}, seen, kit.ft_context()))
    base, mine = plans
    assert [f.id for f in mine.findings] == [f.id for f in base.findings]
    assert [(s.id, s.clause) for s in mine.steps] == [(s.id, s.clause) for s in base.steps]
    assert (mine.blocked is None) == (base.blocked is None)
    written = repr([*mine.steps, *mine.findings])
    assert "890859" not in written
    assert "KB999001" in written


# --- What is refused ----------------------------------------------------------------------------

BASE = "base: kb890859_tx200ft"
REFUSED = {
    "unknown": (BASE, "base: kb890859_tx200", "there is no advisory kb890859_tx200; did you mean"),
    "itself": (BASE, "base: kb999001_tx200ft", "in a circle (kb999001_tx200ft → kb999001_tx200ft)"),
    "another kind": (BASE, f"{BASE}\nkind: windows", "the base is of the kind ft_system"),
    "inputs": (BASE, f"{BASE}\ninputs: {{}}", "inputs: with a base they are the base's"),
    "parameter": ("bulletin: MS", "buletin: MS", "parameters.buletin: the base has none of this"),
    "default": ("  update:\n    keys", "  updates:\n    keys", "did you mean update?"),
    "member of a default": ("    files:", "    file:", "did you mean files?"),
    "group of events": ("  system_failure:", "  system_failures:", "did you mean system_failure?"),
    "stranger in braces": ("published today", "{buletin}", "did you mean bulletin?"),
    "no title": ("title:\n  en", "titles:\n  en", "there is no such key here; did you mean title?"),
    "no version": ('version: "1"\n', "", "version: is missing"),
    "no YAML": ("{ntoskrnl.exe: 5.2.3790.500", "{ntoskrnl.exe: ] 5.2.3790.500", "correct the YAML"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_base_is_refused_where_it_stands_with_the_nearest_name(built, case):
    old, new, says = REFUSED[case]
    faults, file = built(old, new)
    told = [fault for fault in faults if says in fault]
    assert told, faults
    number = int(told[0].removeprefix(f"{file}:").partition(":")[0])
    if new:
        line = file.read_text(encoding="utf-8").partition(new)[0].count("\n") + 1
        assert line <= number <= line + new.count("\n")


def test_what_the_bases_logic_cannot_do_with_its_values_is_told_with_both_places(built):
    new = f"{BASE}\nproducts: {{tx300ft: {{name: TX300FT, models: [TX300FT]}}}}"
    faults, file = built(BASE, new)
    logic = bundled_folder() / "kb890859-tx200ft" / "logic.yml"
    [fault] = [fault for fault in faults if "product_facts has no action" in fault]
    assert fault.startswith(f"{file}:7: base: {logic}:")
    faults, file = built("  update:\n    keys", "  failure_budget: 9\n  update:\n    keys")
    line = file.read_text(encoding="utf-8").partition("failure_budget")[0].count("\n") + 1
    assert any(fault.startswith(f"{file}:{line}: default failure_budget") for fault in faults)


def test_circles_and_broken_bases_are_told_at_the_notice_that_builds_on_them(tmp_path):
    text = (ANOTHER / "notice.yml").read_text(encoding="utf-8")
    folders = {}
    for name, base in (("one", "two"), ("two", "one"), ("three", "worn")):
        folders[name] = tmp_path / name
        folders[name].mkdir()
        said = text.replace("id: kb999001_tx200ft", f"id: {name}").replace(BASE, f"base: {base}")
        (folders[name] / "notice.yml").write_text(said, encoding="utf-8")
    worn = shutil.copytree(bundled_folder() / "kb890859-tx200ft", tmp_path / "worn")
    for file, old, new in (
        ("notice.yml", "id: kb890859_tx200ft", "id: worn"),
        ("logic.yml", "kb: {ask: update_state,", "kb: {ask: update_stat,"),
    ):
        said = (worn / file).read_text(encoding="utf-8")
        assert said.count(old) == 1
        (worn / file).write_text(said.replace(old, new), encoding="utf-8")
    found, faults = lint_all([tmp_path])
    assert found == {}
    told = {fault.file.parent.name: str(fault) for fault in faults}
    assert "in a circle (one → two → one)" in told["one"]
    assert "in a circle (two → one → two)" in told["two"]
    assert f"{folders['three']}/notice.yml:7: base: {worn}/logic.yml:" in told["three"]
    assert "did you mean update_state?" in told["three"]


def test_a_text_of_the_base_that_names_the_old_update_is_refused(tmp_path):
    """Also where the base forgot its own parameter: no notice says another's number."""
    base = shutil.copytree(bundled_folder() / "kb890859-tx200ft", tmp_path / "base")
    words = base / "words.yml"
    said = words.read_text(encoding="utf-8")
    old = 'prevention_2003: {en: "Windows 2003 type: prevention, the fix and then the update"'
    assert said.count(old) == 1
    words.write_text(said.replace(old, old.replace("the update", "KB890859")), encoding="utf-8")
    notice = base / "notice.yml"
    text = notice.read_text(encoding="utf-8")
    notice.write_text(text.replace("id: kb890859_tx200ft", "id: forgetful"), encoding="utf-8")
    mine = tmp_path / "mine"
    mine.mkdir()
    text = (ANOTHER / "notice.yml").read_text(encoding="utf-8")
    (mine / "notice.yml").write_text(text.replace(BASE, "base: forgetful"), encoding="utf-8")
    assert lint(base)[1] == []
    line = said.partition(old)[0].count("\n") + 1
    [fault] = lint(mine)[1]
    assert f"{words}:{line} says KB890859" in fault.text
    assert fault.text.startswith("parameters.update: ")


def test_a_text_of_ours_comes_in_the_place_of_the_bases(tmp_path):
    mine = shutil.copytree(ANOTHER, tmp_path / "mine")
    (mine / "words.yml").write_text(
        "texts:\n  nothing: {en: Nothing at all., ja: 一切なし。}\n"
        'procedures:\n  prevention_2003: {en: "{update} and its fix", ja: "{update}"}\n',
        encoding="utf-8",
    )
    advisory = load(mine)
    assert advisory.data["procedures"]["prevention_2003"]["title"]["en"] == "KB999001 and its fix"
    assert "一切なし。" in json.dumps(advisory.data, ensure_ascii=False)
    (mine / "words.yml").write_text("steps:\n  fix_instal: {title: nothing}\n", encoding="utf-8")
    told = [str(fault) for fault in lint(mine)[1]]
    assert any(f"{mine}/words.yml:2: " in t and "did you mean fix_install?" in t for t in told)


def test_the_logic_is_the_bases(tmp_path):
    mine = shutil.copytree(ANOTHER, tmp_path / "mine")
    (mine / "logic.yml").write_text("findings: {}\n", encoding="utf-8")
    [fault] = lint(mine)[1]
    assert str(fault).startswith(f"{mine}/logic.yml:1: with a base the logic is the base's; remove")


# --- What was approved --------------------------------------------------------------------------


def test_its_digest_changes_with_its_own_files_and_with_the_bases(tmp_path, another):
    base = shutil.copytree(bundled_folder() / "kb890859-tx200ft", tmp_path / "base")
    notice = base / "notice.yml"
    text = notice.read_text(encoding="utf-8").replace("id: kb890859_tx200ft", "id: ours")
    notice.write_text(text, encoding="utf-8")
    mine = tmp_path / "mine"
    mine.mkdir()
    text = (ANOTHER / "notice.yml").read_text(encoding="utf-8").replace(BASE, "base: ours")
    (mine / "notice.yml").write_text(text, encoding="utf-8")
    digests = [another.sha256, load(mine).sha256]
    logic = base / "logic.yml"
    logic.write_text(logic.read_text(encoding="utf-8") + "# one line more\n", encoding="utf-8")
    digests.append(load(mine).sha256)
    (mine / "notice.yml").write_text(text + "# one line more\n", encoding="utf-8")
    digests.append(load(mine).sha256)
    assert len(set(digests)) == 4
    assert another.path == ANOTHER
