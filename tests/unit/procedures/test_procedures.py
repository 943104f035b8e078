# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The change directory: what survives a crash, a hostile text, and an ordinary mistake."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure import text
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.command import (
    continue_command,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.directory import (
    ChangeDirectory,
    ChangeError,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.journal import JournalFile
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.settings import (
    common,
    settings_of,
)


def test_directory_defaults_to_the_change_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = ChangeDirectory.find("", "CHG 1/../2")
    assert found.root == tmp_path / "legacyops-changes" / "CHG 1%2F..%2F2"


def test_a_host_name_cannot_leave_the_directory(tmp_path: Path) -> None:
    path = ChangeDirectory(tmp_path).host_file("state", "../../etc/passwd")
    assert path.parent == tmp_path / "state"


def test_writing_is_atomic_and_leaves_nothing_behind(tmp_path: Path) -> None:
    directory = ChangeDirectory(tmp_path)
    path = directory.host_file("state", "xa01")
    directory.write(path, {"status": "done"})
    with pytest.raises(TypeError):
        directory.write(path, {"status": object()})
    assert directory.read(path) == {"status": "done"}
    assert [p.name for p in path.parent.iterdir()] == ["xa01.json"]


def test_a_broken_file_is_told_by_name(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text("{", encoding="utf-8")
    directory = ChangeDirectory(tmp_path)
    with pytest.raises(ChangeError, match=r"plan\.json cannot be read"):
        directory.read(directory.plan)


def test_stop_keeps_its_first_reason(tmp_path: Path) -> None:
    directory = ChangeDirectory(tmp_path)
    assert directory.stopped() is None
    directory.stop_all("the first")
    directory.stop_all("the second")
    assert directory.stopped() == "the first"


def test_stop_by_touch(tmp_path: Path) -> None:
    (tmp_path / "STOP").touch()
    assert ChangeDirectory(tmp_path).stopped() == "stopped by hand"


def test_journal_goes_on_after_a_torn_line(tmp_path: Path) -> None:
    journal = JournalFile(tmp_path / "journal" / "xa01.jsonl")
    journal.append("begin", change="CHG1")
    with journal.path.open("a", encoding="utf-8") as stream:
        stream.write('{"kind": "intent", "st')
    journal.append("intent", step="01")
    assert [entry["kind"] for entry in journal.entries()] == ["begin", "intent"]
    assert len(journal.lines()) == 3


def test_altered_journal_is_refused(tmp_path: Path) -> None:
    journal = JournalFile(tmp_path / "xa01.jsonl")
    journal.append("result", status="failed")
    journal.append("end")
    journal.path.write_text(
        journal.path.read_text(encoding="utf-8").replace("failed", "ok"), encoding="utf-8"
    )
    with pytest.raises(ChangeError, match="not as it was written"):
        journal.append("begin")


def test_settings_are_plain_and_without_secrets() -> None:
    variables = {
        "legacyops_product": "xenapp_5.0_x64",
        "legacyops_data_store_backup": {"taken": dt.datetime(2026, 11, 21, 20, 0)},
        "legacyops_package_password": "canary",
        "legacyops_change_dir": "/srv/change",
        "ansible_password": "canary",
    }
    assert settings_of(variables) == {
        "product": "xenapp_5.0_x64",
        "data_store_backup": {"taken": "2026-11-21T20:00:00"},
    }


def test_common_settings() -> None:
    assert common([{"a": 1, "b": 2}, {"a": 1, "b": 3}, {"a": 1}]) == {"a": 1}
    assert common([]) == {}


@pytest.mark.parametrize(
    "words",
    [
        ["-e", "ansible_password=canary"],
        ["--extra-vars", '{"ansible_password": "canary"}'],
        ["--extra-vars=api_token=canary"],
        ["-eansible_password=canary"],
    ],
)
def test_continue_command_masks_secrets(words: list[str]) -> None:
    command = continue_command(["ansible-playbook", "x.yml", *words], Path("/srv/a b"))
    assert "canary" not in command
    assert command.startswith("cd '/srv/a b' && ansible-playbook x.yml ")


def test_continue_command_keeps_the_rest() -> None:
    words = ["ansible-playbook", "legacyops.hotfix.apply", "-e", "@pass.yml", "-e", "a=b c"]
    assert continue_command(words, Path("/srv")).endswith(
        "ansible-playbook legacyops.hotfix.apply -e @pass.yml -e 'a=b c'"
    )


def test_terminal_text_is_inert() -> None:
    shown = text.harmless("a\x1b[2Jb\u202ec\nd")
    assert shown == "a [2Jb\ufffdc d"


def test_findings_stand_worst_first_and_within_the_width() -> None:
    findings = [
        {"severity": "good", "title": {"en": "Fine"}, "clause": []},
        {
            "severity": "blocker",
            "title": {"en": "Damaged", "ja": "壊れています" * 20},
            "clause": ["4"],
            "evidence": ["x" * 10] * 30,
            "remedy": {"en": "Replace it."},
        },
    ]
    for language in ("en", "ja"):
        shown = text.findings_text("xa01", "Windows", findings, language)
        assert shown.index("BLOCKER") < shown.index("GOOD")
        assert all(text.wide(line) <= text.WIDTH for line in shown.splitlines())


@pytest.mark.parametrize(
    ("seconds", "shown"), [(40, "40 s"), (360, "6 min"), (5400, "90 min"), (9000, "2 h 30 min")]
)
def test_duration(seconds: int, shown: str) -> None:
    assert text.duration(seconds) == shown
