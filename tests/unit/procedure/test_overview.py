# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What assess tells of many hosts: a headline, a line each, and each finding once."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.records import Finding
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.layout import WIDTH, wide
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.overview import (
    Found,
    details_text,
    headline,
    overview_text,
)

LONG = {
    "en": "Installed now, the hotfix would fail " * 4,
    "ja": "今インストールすると失敗します" * 6,
}


def finding(severity: str, title: dict[str, str] | None = None, **more: Any) -> Finding:
    values = {
        "id": "x",
        "item": None,
        "clause": ["確認-4"],
        "severity": severity,
        "title": title or {"en": "The root is missing", "ja": "ルート証明書がありません"},
        "evidence": ["it is not there"],
        "remedy": {"en": "Import it.", "ja": "インポートします。"},
    }
    return Finding(**{**values, **more})


def of_each_standing() -> list[Found]:
    warning, blocker = finding("warning", LONG), finding("blocker", LONG, id="y")
    return [
        Found("xa01", "todo", findings=[warning, finding("warning")]),
        Found("xa-office-02", "person", findings=[blocker, warning]),
        Found("xa03", "unreachable", findings=[finding("blocker", id="z")], why="timeout"),
        Found("ft01", "look", nodes=True, findings=[warning]),
        Found("xa04", "fine", findings=[finding("good")]),
        Found("xa05", "mistake", why="legacyops_farm_role is 'tset': it must be …"),
        Found("xa06", "lost", why="its task failed, see above"),
    ]


def test_the_headline_counts_every_host_once() -> None:
    assert headline([Found(f"xa{n}", "todo") for n in range(5)]) == "5 servers: 5 to do"
    assert headline(of_each_standing()) == (
        "6 servers and 1 FT system: 1 to do, 1 needs a person, 1 with a mistake in the inventory, "
        "1 unreachable, 1 not read, 1 to look at, 1 fine"
    )
    japanese = headline(of_each_standing(), "ja")
    assert japanese.startswith("サーバー6台、FTシステム1式: 作業あり1、")


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_host_is_one_line_that_fits_a_terminal_of_80_columns(language: str) -> None:
    lines = overview_text(of_each_standing(), language).splitlines()
    for found in of_each_standing():
        assert sum(line.startswith(f"  {found.host} ") for line in lines) == 1
    assert max(map(wide, lines[2:])) <= WIDTH < 80


def test_the_worst_comes_first_and_what_is_not_shown_is_counted() -> None:
    lines = overview_text(of_each_standing()).splitlines()
    hosts = [line.split()[0] for line in lines[3:10]]
    assert hosts == ["xa06", "xa05", "xa-office-02", "xa03", "xa01", "ft01", "xa04"]
    assert next(line for line in lines if "xa01" in line).endswith("... +1")


def test_what_a_person_has_to_mend_is_told_in_full_and_once() -> None:
    blocked = [Found(f"xa{n}", "person", findings=[finding("blocker")]) for n in range(3)]
    text = overview_text(blocked)
    assert text.count("Import it.") == 1
    assert "all 3" in text


def test_why_a_host_could_not_be_read_is_told_in_full() -> None:
    unread = finding("blocker", evidence=["xa01: the password was refused"])
    text = overview_text([Found("xa01", "unreachable", findings=[unread], why="refused")])
    assert "xa01: the password was refused" in text


def test_the_details_have_each_finding_once_with_what_was_seen_where() -> None:
    seen = [
        Found(name, "todo", findings=[finding("warning", evidence=[evidence])])
        for name, evidence in (("xa01", "1 session"), ("xa02", "3 sessions"), ("xa03", "1 session"))
    ]
    text = details_text([*seen, Found("xa04", "fine")])
    assert text.count("WARNING") == text.count("Import it.") == 1
    assert "seen: xa01, xa03: 1 session\n" in text
    assert "seen: xa02: 3 sessions\n" in text


def test_a_hosts_words_cannot_repaint_the_terminal() -> None:
    bad = finding(
        "warning", {"en": "a\x1b[2Jb", "ja": "a"}, item="\x1b]0;x\x07", evidence=["\x9b2J"]
    )
    text = overview_text([Found("xa\x1b01", "todo", findings=[bad])]) + details_text(
        [Found("xa\x1b01", "todo", findings=[bad])]
    )
    assert not {"\x1b", "\x07", "\x9b"} & set(text)
