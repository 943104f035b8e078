# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a model has found is told with the way there; where there is no model, nothing is proven."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.advisory import bundled_folder
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure import proving
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.author import main
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._report.lines import wide

NOTICE = str(bundled_folder() / "ctx130025")
NUMBERS = {"starts": 2, "states": 1000, "transitions": 2000, "by_hand": 30}
FOUND = {
    "sort": "harm_by_hand",
    "step": "install_hotfix",
    "what": {"en": "IMA is gone", "ja": "IMA が停止する"},
    "begins": {"en": "a server that serves", "ja": "稼働中のサーバー"},
    "way": [{"en": "A run begins.", "ja": "実行を開始する。"}] * 2,
    "stands": None,
}


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return what installs a model of XenApp servers: a module with this text."""

    def installed(text: str) -> None:
        (tmp_path / "model_of_a_site.py").write_text(text, encoding="utf-8")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        there = [SimpleNamespace(name="xenapp", value="model_of_a_site")]
        monkeypatch.setattr(proving, "entry_points", lambda group: there)

    return installed


def printing(*parts: dict[str, Any]) -> str:
    folder = str(Path(NOTICE).resolve())
    return f"import sys\nassert sys.argv[1] == {folder!r}\nprint({json.dumps(parts)!r})\n"


def test_no_harm(model, capsys):
    model(printing({"part": "a", **NUMBERS, "found": []}, {"part": "b", **NUMBERS, "found": []}))
    assert main(["prove", NOTICE]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert told == (
        "ctx130025: no harm was found. Explored: 4 starts, 2,000 states, 4,000 transitions; any "
        "step by hand in 60 states."
    )


def test_a_model_is_told_where_the_bases_are(model, tmp_path, capsys):
    """The folder of the notice comes first; its base may be in another place that was read."""
    mine, base = tmp_path / "notices" / "mine", tmp_path / "bases" / "base"
    shutil.copytree(NOTICE, base)
    text = (base / "notice.yml").read_text(encoding="utf-8")
    (base / "notice.yml").write_text(text.replace("id: ctx130025", "id: base"), encoding="utf-8")
    mine.mkdir(parents=True)
    own = "format: 2\nid: mine\nversion: '1'\nbase: base\ntitle: {en: a, ja: b}\n"
    own += "source: {vendor: a, document: b}\n"
    (mine / "notice.yml").write_text(own, encoding="utf-8")
    parts = [{"part": "a", **NUMBERS, "found": []}]
    both = [str(mine), str(base)]
    model(f"import sys\nassert sys.argv[1:] in ({both}, {both[1:]})\nprint({json.dumps(parts)!r})")
    assert main(["prove", *both]) == 0
    assert "mine: no harm was found." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            [
                "1. install_hotfix does harm by hand: IMA is gone",
                "2. A run begins.",
                "ways to harm, or to nowhere: 1.",
            ],
        ),
        ("ja", ["1. install_hotfix の単独実施による被害", "2. 実行を開始する。", "1 件"]),
    ],
)
def test_harm_is_told_once_with_the_way_there_and_fails(model, capsys, language, words):
    part = {"part": "a", **NUMBERS, "found": [FOUND]}
    model(printing(part, {**part, "part": "b"}))
    assert main(["prove", "--language", language, NOTICE]) == 1
    told = capsys.readouterr().out
    assert all(told.count(each) == 1 for each in words)
    assert max(map(wide, told.splitlines())) <= 96


def test_what_a_model_prints_cannot_repaint_the_terminal(model, capsys):
    model(printing({"part": "a", **NUMBERS, "found": [{**FOUND, "step": "\x1b[2J"}]}))
    assert main(["prove", NOTICE]) == 1
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize("text", ["raise SystemExit('it is broken')", "pass"])
def test_a_model_that_fails_proves_nothing(model, capsys, text):
    model(text)
    assert main(["prove", NOTICE]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("ctx130025: nothing is proven: the model model_of_a_site failed: it ")


def test_without_a_model_of_its_kind_nothing_is_proven(capsys):
    assert main(["prove", NOTICE]) == 1
    assert (
        "no model of the kind xenapp is installed (there are: ft_system)" in capsys.readouterr().err
    )


def test_a_broken_notice_is_not_explored(tmp_path, capsys):
    assert main(["prove", str(tmp_path / "nowhere")]) == 1
    assert "no such folder" in capsys.readouterr().err
