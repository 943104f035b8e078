# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the author of a notice is told: the way to the harm that a missing condition lets happen."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.advisory import (
    Advisory,
    bundled_folder,
    load,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.author import main
from legacyops_lab.ft import violations
from legacyops_model.events import Event
from legacyops_model.ft import prove, words
from legacyops_model.ft.byhand import judged
from prooftable import killed_by

OURS = bundled_folder() / "kb890859-tx200ft"
ANOTHER = Path(__file__).parents[1] / "advisories" / "another-kb-tx200ft"
TABLE = Path(__file__).parents[2] / "docs" / "proof-of-order.md"


@pytest.fixture
def mine(tmp_path: Path) -> Callable[..., Path]:
    """Return what makes a notice about another update on the same machines, with a change."""

    def edition(old: str, new: str) -> Path:
        folder = Path(shutil.copytree(OURS, tmp_path / "mine"))
        for file in folder.glob("*.yml"):
            text = file.read_text(encoding="utf-8").replace("KB890859", "KB899588")
            text = text.replace("id: kb890859_tx200ft", "id: mine")
            assert file.name != "logic.yml" or old in text
            file.write_text(text.replace(old, new), encoding="utf-8")
        return folder

    return edition


@pytest.mark.slow
def test_another_update_on_the_same_machines_does_no_harm(capsys):
    assert main(["prove", str(ANOTHER)]) == 0
    assert "kb999001_tx200ft: no harm was found" in capsys.readouterr().out


@pytest.mark.slow
def test_the_way_to_the_harm_is_told(mine, capsys):
    """By hand it needs no way: both CoServers are on at the beginning."""
    assert main(["prove", str(mine("&alone [known, peer_off, ", "&alone [known, "))]) == 1
    told = " ".join(capsys.readouterr().out.split())
    harm = "CoServer1: uninstall while the other CoServer was not powered off"
    assert f"coserver1_uninstall does harm by hand: {harm}" in told
    assert "coserver2_uninstall does harm by hand" in told
    # In a plan it takes a board that lies, since the plan has switched the other one off.
    assert f"coserver1_uninstall does harm: {harm}" in told
    assert "the driver of CoServer2 always says off" in told


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "step", "interlock", "harm"),
    [
        ("windows_2003", "coserver1_kb_restart", "health", "not healthy"),
        ("windows_2003", "coserver1_off", "job coserver1", "an installer is cut off"),
        ("windows_2000", "coserver2_uninstall", "power coserver1", "was not powered off"),
    ],
)
def test_an_interlock_less_is_found_by_hand(kind, step, interlock, harm):
    _steps, found = judged(without(load(OURS), step, interlock), kind, thin=200)
    (told,) = [each for each in prove._by_hand(found, {}) if each["step"] == step]
    assert harm in told["what"]["en"]
    assert told["way"][-1]["en"].startswith(f"Somebody carries out {step} by hand")
    assert {each["step"] for each in prove._by_hand(found, {})} == {step}


def without(advisory: Advisory, name: str, interlock: str) -> Advisory:
    step = advisory.data["steps"][name]
    left = [ref for ref in step["interlocks"] if ref["ask"] != interlock]
    assert len(left) == len(step["interlocks"]) - 1
    steps = {**advisory.data["steps"], name: {**step, "interlocks": left}}
    return replace(advisory, data={**advisory.data, "steps": steps})


# --- Words ----------------------------------------------------------------------------------------


def test_every_harm_is_told_in_both_languages():
    texts = {*killed_by(TABLE, "interlock less"), *(f"{k} on coserver1" for k in violations.TEXTS)}
    assert len(texts) > 30
    told = {text: words.harm(text) for text in texts}
    assert [text for text, each in told.items() if each["ja"] == each["en"]] == []
    assert not any("coserver" in each["en"] for each in told.values())


def test_every_event_is_told_in_both_languages():
    for what in words.EVENTS:
        about = {"person": "power_off coserver1", "wrong": "coserver2 board_wired"}.get(what, "")
        told = words.event(Event(what, "03-x", about, "why"), {"03-x": {"en": "Do", "ja": "行う"}})
        assert "{" not in told["en"] + told["ja"]
        assert ("03-x (Do)" in told["en"]) is ("03-x (行う)" in told["ja"])


def test_two_violations_are_told_together():
    told = words.harm("cut_running on coserver2, data_lost on ftvirtual")
    assert told["en"].startswith(
        "CoServer2: power cut while Windows was running; FTvirtual Server:"
    )
