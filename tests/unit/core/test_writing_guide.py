# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What docs/writing-a-notice.md has its reader write is right as it stands there."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.advisory import lint
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.author import main
from legacyops_lab import estate

ROOT = Path(__file__).resolve().parents[3]
GUIDE = (ROOT / "docs" / "writing-a-notice.md").read_text(encoding="utf-8")
YAML = [part.split("```")[0] for part in GUIDE.split("```yaml\n")[1:]]
ANOTHER = ROOT / "tests" / "advisories" / "another-kb-tx200ft" / "notice.yml"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return the folder of the guide's notice, as its reader has it."""
    monkeypatch.chdir(tmp_path)
    mine = Path("advisories") / "my-sha2"
    mine.mkdir(parents=True)
    for name, text in zip(("notice", "logic", "words"), YAML[:3], strict=True):
        (mine / f"{name}.yml").write_text(text, encoding="utf-8")
    return mine


def test_the_notice_has_no_fault(folder):
    assert lint(folder)[1] == []


def test_the_fault_that_the_guide_shows_is_told_so(folder, capsys):
    logic = folder / "logic.yml"
    text = logic.read_text(encoding="utf-8")
    assert "`requires: {stak_file: match}`" in GUIDE
    logic.write_text(
        text.replace("requires: {stack_file: match}", "requires: {stak_file: match}"),
        encoding="utf-8",
    )
    assert main(["lint", str(folder)]) == 1
    assert f"```\n{capsys.readouterr().out}```" in GUIDE


def test_the_estate_has_no_mistake_and_is_asked_for_the_notices_inputs(folder, tmp_path):
    path = tmp_path / "estate.yml"
    path.write_text(YAML[3], encoding="utf-8")
    assert sorted(estate.load(path)["hosts"]) == ["W2K8A", "W2K8B"]
    advisory, _faults = lint(folder)
    assert advisory
    for name in advisory.data["inputs"]:
        assert f"        {name}: {{package:" in YAML[3]


def test_the_other_update_is_the_one_that_is_tested():
    lines = ANOTHER.read_text(encoding="utf-8").splitlines()
    assert YAML[4].splitlines() == [line for line in lines if not line.startswith(("---", "#"))]
    assert len(YAML) == 5
