# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The change directory: what survives a crash, a hostile text, and an ordinary mistake."""

from __future__ import annotations

import datetime as dt
import os
import resource
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.cli.playbook import PlaybookCLI
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.records import Finding
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.schema import unknown_settings
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.locks import host_lock
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.waiting import Progress, Stop
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure import text
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.closing import verified
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.command import (
    MASK,
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
    path = ChangeDirectory(tmp_path, "C1").host_file("state", "../../etc/passwd")
    assert path.parent == tmp_path / "state"


def test_writing_is_atomic_and_leaves_nothing_behind(tmp_path: Path) -> None:
    directory = ChangeDirectory(tmp_path, "C1")
    path = directory.host_file("state", "xa01")
    directory.write(path, {"status": "done"})
    with pytest.raises(TypeError):
        directory.write(path, {"status": object()})
    assert directory.read(path) == {"status": "done"}
    assert [p.name for p in path.parent.iterdir()] == ["xa01.json"]


def test_a_broken_file_is_told_by_name(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text("{", encoding="utf-8")
    directory = ChangeDirectory(tmp_path, "C1")
    with pytest.raises(ChangeError, match=r"plan\.json cannot be read"):
        directory.read(directory.plan)


def test_stop_keeps_its_first_reason(tmp_path: Path) -> None:
    directory = ChangeDirectory(tmp_path, "C1")
    assert directory.stopped() is None
    directory.stop_all("the first")
    directory.stop_all("the second")
    assert directory.stopped() == "the first"


def test_stop_by_touch(tmp_path: Path) -> None:
    (tmp_path / "STOP").touch()
    assert ChangeDirectory(tmp_path, "C1").stopped() == "stopped by hand"


def test_journal_goes_on_after_a_torn_line(tmp_path: Path) -> None:
    journal = JournalFile(ChangeDirectory(tmp_path, "C1"), "xa01")
    journal.append("begin", plan="sha256:1")
    with journal.path.open("a", encoding="utf-8") as stream:
        stream.write('{"kind": "intent", "st')
    journal.append("intent", step="01")
    assert [entry.kind for entry in journal.entries()] == ["begin", "intent"]
    assert len(journal.lines()) == 3


def journal_of(folder: Path, host: str = "xa01", change: str = "C1") -> JournalFile:
    journal = JournalFile(ChangeDirectory(folder, change), host)
    for number in range(3):
        journal.append("result", step=f"{number:02d}-x", status="ok")
    return journal


def swapped(one: JournalFile, other: JournalFile) -> None:
    mine = one.content()
    one.path.write_bytes(other.content())
    other.path.write_bytes(mine)


TAMPERING: dict[str, Callable[[Path], JournalFile]] = {}


def tampering(function: Callable[[Path], JournalFile]) -> None:
    TAMPERING[function.__name__.replace("_", " ")] = function


@tampering
def two_hosts_journals_swapped(folder: Path) -> JournalFile:
    one, other = journal_of(folder), journal_of(folder, "xa02")
    swapped(one, other)
    return other


@tampering
def the_journal_of_another_change(folder: Path) -> JournalFile:
    one, other = journal_of(folder / "1"), journal_of(folder / "2", change="C2")
    swapped(one, other)
    return one


@tampering
def an_older_copy_put_back(folder: Path) -> JournalFile:
    journal = journal_of(folder)
    older = journal.content()
    journal.append("end")
    journal.path.write_bytes(older)
    return journal


@tampering
def a_missing_file(folder: Path) -> JournalFile:
    journal = journal_of(folder)
    journal.path.unlink()
    return journal


@tampering
def a_forged_line_in_the_middle(folder: Path) -> JournalFile:
    journal = journal_of(folder)
    lines = journal.content().splitlines(keepends=True)
    journal.path.write_bytes(b"".join([lines[0], b'{"kind":"result"}\n', *lines[1:]]))
    return journal


@tampering
def windows_line_ends(folder: Path) -> JournalFile:
    journal = journal_of(folder)
    journal.path.write_bytes(journal.content().replace(b"\n", b"\r\n"))
    return journal


@pytest.mark.parametrize("kind", TAMPERING)
def test_tampering_is_found_and_stops_everything(tmp_path: Path, kind: str) -> None:
    journal = TAMPERING[kind](tmp_path)
    for attempt in (journal.entries, lambda: journal.append("begin", plan="sha256:1")):
        with pytest.raises(ChangeError, match="is not as it was written"):
            attempt()
    host = journal.of["host"]
    told = verified(ChangeDirectory(journal.path.parents[1], journal.of["change"]), None, {})
    assert not told[host]["ok"]
    assert told[host]["problems"][0].isprintable()


def test_a_crash_at_any_byte_is_no_tampering(tmp_path: Path) -> None:
    """Cut the last entry short anywhere: the journal goes on, and tells of it for good."""
    whole = journal_of(tmp_path / "whole").content()
    last = whole.rstrip(b"\n").rfind(b"\n") + 1
    for at in range(last + 1, len(whole), 7):
        journal = journal_of(tmp_path / str(at))
        head = journal.entries()[1].hash
        journal.path.write_bytes(journal.content()[: at - len(whole)])
        journal.path.with_suffix(".head").write_text(head, encoding="utf-8")
        journal.append("begin", plan="sha256:1")
        journal.append("end")
        assert [entry.kind for entry in journal.entries()] == [
            "result",
            "result",
            "begin",
            "end",
        ]
        assert journal.report().torn == [3]


@pytest.mark.parametrize("name", ["", "  ", ".", "..", "a\nb", "x" * 300, "変" * 60])
def test_a_change_id_that_is_no_name_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ChangeError, match=r"^legacyops_change_id .*: give the change's number"):
        ChangeDirectory.find(None, name)


@pytest.mark.parametrize("name", ["CHG0042", "a/../b", "...", "変更 42"])
def test_a_changes_folder_is_below_the_working_directory(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    root = ChangeDirectory.find(None, name).root
    assert root.parent == tmp_path / "legacyops-changes"
    assert root.resolve() == root


def test_a_home_that_nobody_has_is_refused() -> None:
    with pytest.raises(ChangeError, match="whose user this controller does not know"):
        ChangeDirectory.find("~nosuchuser/x", "C1")


def test_what_a_change_holds_is_its_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        directory = ChangeDirectory(tmp_path / "changes" / "C1", "C1")
        directory.write(directory.plan, {"a": 1})
        directory.stop_all("enough")
        JournalFile(directory, "xa01").append("begin", plan="sha256:1")
        with host_lock(
            directory.root / "x.lock", "xa01", wait_seconds=1, progress=Progress(print), stop=Stop()
        ):
            owner_mode = (directory.root / "x.owner").stat().st_mode
    finally:
        os.umask(before)
    for path in (tmp_path / "changes", *(tmp_path / "changes").rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path
    assert owner_mode & 0o077 == 0


@pytest.fixture
def full_disk() -> Iterator[None]:
    """Let this process write nothing any more, as where a disk is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_leaves_no_empty_stop(tmp_path: Path, full_disk: None) -> None:
    directory = ChangeDirectory(tmp_path, "C1")
    with pytest.raises(ChangeError, match="NOT stopped"):
        directory.stop_all("enough")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ChangeError, match="cannot be written"):
        directory.write(directory.plan, {"a": 1})
    with pytest.raises(ChangeError, match="nothing is done without a journal"):
        JournalFile(directory, "xa01").append("begin", plan="sha256:1")


def test_altered_journal_is_refused(tmp_path: Path) -> None:
    journal = JournalFile(ChangeDirectory(tmp_path, "C1"), "xa01")
    journal.append("result", step="01", status="failed")
    journal.append("end")
    journal.path.write_text(
        journal.path.read_text(encoding="utf-8").replace("failed", "ok"), encoding="utf-8"
    )
    with pytest.raises(ChangeError, match="not as it was written"):
        journal.append("begin", plan="sha256:1")


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


def continued(words: list[str]) -> str:
    """The command that continues a run, its words read by ansible-playbook's own parser."""
    line = ["ansible-playbook", "x.yml", *words]
    playbook = PlaybookCLI(line)
    playbook.init_parser()
    values = playbook.parser.parse_args(line[1:]).extra_vars
    return continue_command(line, Path("/srv/a b"), values)


@pytest.mark.parametrize(
    "words",
    [
        ["-e", "ansible_password=canary"],
        ["--extra-vars", '{"ansible_password": "canary"}'],
        ["--extra-vars=api_token=canary"],
        ["-eansible_password=canary"],
        ["-ve", "legacyops_package_password=canary"],
        ["-vvelegacyops_package_password=canary"],
        ["--extra-var", "site_pw=canary"],
        ["--ext=wlan_psk=canary"],
        ["-e", "site_key='canary bird'"],
        ["-e", "{site: {deep: canary}}"],
        ["-e", "legacyops_ft_credentials={{ canary }}"],
        ["-e", '{"legacyops_change_id": "C1", "x": ["canary"]}'],
        ["-e", "legacyops_change_id=C1 pin=canary"],
        ["-e", "broken='canary"],
        ["-e", "[canary]"],
        ["-e", "{canary"],
    ],
)
def test_continue_command_keeps_no_foreign_value(words: list[str]) -> None:
    command = continued(words)
    assert "canary" not in command
    assert MASK in command
    assert command.startswith("cd '/srv/a b' && ansible-playbook x.yml -")


def test_continue_command_keeps_the_rest() -> None:
    words = [
        "-i",
        "hosts.yml",
        "-e",
        "@pass.yml",
        "-e",
        "legacyops_change_id='b c'",
        "--limit",
        "a",
    ]
    assert continued(words).endswith(f"ansible-playbook x.yml {shlex.join(words)}")
    kept = continued(["-e", '{"legacyops_change_id": "C 1", "site_pw": "canary"}'])
    assert '"legacyops_change_id": "C 1"' in kept
    assert continued(["-ve", "legacyops_language=ja x=1"]).endswith(
        shlex.join(["-ve", f"legacyops_language=ja x={MASK}"])
    )


@pytest.mark.parametrize(
    ("name", "given", "taken"),
    [
        ("window_required", "false", False),
        ("separate_duties", "Yes", True),
        ("signature_required", "on", True),
        ("forced_logoff", 1, True),
        ("forced_logoff", "maybe", "maybe"),
        ("failure_budget", " 2 ", 2),
        ("failure_budget", True, True),
        ("soak_minutes", "0.5", 0.5),
        ("deadlines", {"drain_seconds": "60"}, {"drain_seconds": 60}),
        ("silo", "1", "1"),
    ],
)
def test_flags_and_numbers_are_taken_as_ansible_takes_them(
    name: str, given: object, taken: object
) -> None:
    found = settings_of({f"legacyops_{name}": given})[name]
    assert (found, type(found)) == (taken, type(taken))


def test_a_setting_that_nobody_reads_is_named_with_the_nearest() -> None:
    names = ["legacyops_signature_requird", "legacyops_xyzzy", "ansible_user", "legacyops_silo"]
    assert unknown_settings(names) == [
        "legacyops_signature_requird is unknown: write legacyops_signature_required, or remove it.",
        "legacyops_xyzzy is unknown: remove it.",
    ]


def test_terminal_text_is_inert() -> None:
    shown = text.harmless("a\x1b[2Jb\u202ec\nd")
    assert shown == "a [2Jb\ufffdc d"


def finding(**said: Any) -> Finding:
    common = {"id": "x", "item": None, "clause": [], "evidence": [], "remedy": {"en": "Mend it."}}
    return Finding(**{**common, **said})


def test_findings_stand_worst_first_and_within_the_width() -> None:
    findings = [
        finding(severity="good", title={"en": "Fine"}),
        finding(
            severity="blocker",
            title={"en": "Damaged", "ja": "壊れています" * 20},
            clause=["4"],
            evidence=["x" * 10] * 30,
        ),
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
