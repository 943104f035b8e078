# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command for the author of a notice: what it prints, and its exit codes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.advisory import bundled_folder
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.author import main


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """Return an edition of ours, as a site's own."""
    folder = Path(shutil.copytree(bundled_folder() / "ctx130025", tmp_path / "mine"))
    changed(folder / "notice.yml", "id: ctx130025", "id: mine")
    return folder


def changed(file: Path, old: str, new: str) -> int:
    """Replace what is there once; return its line."""
    before, found, after = file.read_text(encoding="utf-8").partition(old)
    assert found
    file.write_text(before + new + after, encoding="utf-8")
    return before.count("\n") + 1


def test_each_fault_is_a_line_that_an_editor_jumps_by(mine, capsys):
    value = changed(mine / "logic.yml", "{ima: missing}", "{ima: mising}")
    clause = changed(mine / "notice.yml", "clauses:\n", "clauses:\n  ⑲: {en: More., ja: 追加。}\n")
    assert main(["lint", str(mine)]) == 1
    out, err = capsys.readouterr()
    error, warning = out.splitlines()
    assert error.startswith(f"{mine}/logic.yml:{value}: error: service_state is never mising; did")
    assert warning.startswith(f"{mine}/notice.yml:{clause + 1}: warning: nothing cites clause ⑲")
    assert err == "1 error, 1 warning.\n"


@pytest.mark.parametrize(("strict", "code"), [([], 0), (["--strict"], 1)])
def test_a_warning_fails_only_where_that_is_asked_for(mine, strict, code):
    changed(mine / "notice.yml", "clauses:\n", "clauses:\n  ⑲: {en: More., ja: 追加。}\n")
    assert main(["lint", *strict, str(mine)]) == code


@pytest.mark.parametrize("name", ["", "logic.yml", "notice.yml"])
def test_a_file_is_judged_with_the_others_of_its_folder(mine, capsys, name):
    changed(mine / "logic.yml", "{ima: missing}", "{ima: mising}")
    assert main(["lint", str(mine / name)]) == 1
    assert capsys.readouterr().out.count("did you mean missing?") == 1


def test_the_bundled_ones_have_no_fault(capsys):
    assert (
        main(["lint", "--strict", str(bundled_folder()), str(bundled_folder() / "ctx130025")]) == 0
    )
    assert capsys.readouterr().out == ""


def test_a_folder_that_is_not_there_is_named(tmp_path, capsys):
    assert main(["lint", str(tmp_path / "nowhere")]) == 1
    assert "nowhere:0: error: no such folder; correct the path" in capsys.readouterr().out


def test_what_a_fault_quotes_cannot_repaint_the_terminal(mine, capsys):
    changed(mine / "logic.yml", "{ima: missing}", '{ima: "mis\\e[2Jsing"}')
    assert main(["lint", str(mine)]) == 1
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_notice_is_shown_for_review(mine, tmp_path, capsys, language):
    assert main(["show", "--language", language, str(mine)]) == 0
    text = capsys.readouterr().out
    assert "Error 26005" in text
    assert "エラー26005" in text
    assert "kb890859" not in text  # only what is named
    assert main(["show", "--language", language, "--html", str(tmp_path / "r"), str(mine)]) == 0
    page = tmp_path / "r" / f"review-mine-{language}.html"
    assert capsys.readouterr().out == f"{page}\n"
    assert "<svg" in page.read_text(encoding="utf-8")


def test_a_broken_notice_is_not_shown(mine, capsys):
    changed(mine / "logic.yml", "{ima: missing}", "{ima: mising}")
    assert main(["show", str(mine)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "did you mean missing?" in err


def test_a_wrong_command_line_has_a_code_of_its_own(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["lint"])
    assert ended.value.code == 2
    assert "PATH" in capsys.readouterr().err
