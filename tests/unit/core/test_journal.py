# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal's chain."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import journal
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.digest import digest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.entry import Entry, entry_of
from entry_double import body, entry
from hypothesis import given
from hypothesis import strategies as st


def appended(last: Entry | None, said: dict[str, Any]) -> str:
    return journal.to_line(journal.append_entry(last, said))


def chained(said: dict[str, Any]) -> str:
    """Return the first line of a journal, whatever it says."""
    value = {**said, "seq": 0, "prev": journal.FIRST}
    return journal.to_line({**value, "hash": digest(value)})


def lines(count: int = 5) -> list[str]:
    """Return a journal of some entries."""
    last, written = None, []
    for number in range(count):
        written.append(appended(last, body("result", step=f"{number:02d}-日本", status="ok")))
        last = entry_of(json.loads(written[-1]))
    return written


def test_a_whole_journal_verifies():
    report = journal.verify(lines())
    assert report.ok
    assert [entry.seq for entry in report.entries] == [0, 1, 2, 3, 4]
    assert report.head == report.entries[-1].hash
    assert journal.verify([]).ok


def test_a_torn_line_is_told_and_no_fault():
    written = lines()
    torn = [*written[:-1], written[-1][:20]]
    report = journal.verify(torn)
    assert report.ok
    assert report.torn == [5]
    again = appended(report.entries[-1], body("end", torn=report.waste))
    after = [*written[:-1], written[-1][:20] + "\n", again]
    assert journal.verify(after).ok
    assert journal.verify(after).waste is None


@pytest.mark.parametrize(
    "forged", ['{"kind": "result", "status": "ok"}', "x", "", "[1]", "{" * 9999]
)
def test_what_stands_in_the_middle_and_is_no_entry_is_no_crash(forged):
    written = lines()
    report = journal.verify([*written[:2], forged + "\n", *written[2:]])
    assert not report.ok
    assert "not what a crash left there" in report.problems[0]


def test_windows_line_ends_are_not_ours():
    content = "".join(lines()).replace("\n", "\r\n").encode()
    report = journal.verify(journal.file_lines(content))
    assert report.problems[0] == "line 1: the entry was altered"


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({"kind": ["result"]}, "the entry has a wrong kind: it must be a text"),
        ({"kind": None}, "the entry has a wrong kind: it must be a text"),
        ({"interlocks": "none"}, "the entry has a wrong interlocks: it must be a list or null"),
        ({"result": []}, "the entry has a wrong result: it must be an object or null"),
        ({"seconds": "1"}, "the entry has a wrong seconds: it must be a number or null"),
        ({"utc": 5}, "the entry has a wrong utc: it must be a text"),
        ({"utc": "soon"}, "the entry has a wrong utc: it must be a time"),
        ({"status": None}, "the entry has no status"),
        ({"colour": "red"}, "the entry has an unknown 'colour'"),
        ({"expected": ["x"]}, "the entry names a condition that is none"),
        ({"interlocks": [{"ref": {"check": "x"}}]}, "the entry names a condition that is none"),
    ],
)
def test_an_entry_of_a_wrong_form_is_one_sentence_and_is_not_written(said, says):
    said = {**body("result", step="01", status="ok"), **said}
    report = journal.verify([chained(said)])
    assert report.problems == [f"line 1: {says}"]
    assert report.entries == []
    with pytest.raises(journal.JournalError, match="cannot be written"):
        journal.append_entry(None, said)


def test_an_entry_without_a_kind_is_none():
    said = {key: value for key, value in body("end").items() if key != "kind"}
    assert journal.verify([chained(said)]).problems == ["line 1: the entry has no kind"]


def test_an_entry_is_of_its_host_and_change():
    of = {"host": "xa01", "change": "C1"}
    line = appended(None, body("end", **of))
    assert journal.verify([line], of=of).ok
    for other in ({"host": "xa02"}, {"change": "C2"}):
        (problem,) = journal.verify([line], of={**of, **other}).problems
        assert f"it is of another {next(iter(other))}" in problem


@given(st.recursive(st.none() | st.integers() | st.floats() | st.text(), st.lists))
def test_any_value_in_any_place_is_told(value):
    for name in ("kind", "utc", "by", "seq", "hash", "prev", "torn", str(value)):
        entry = {**journal.append_entry(None, body("end")), name: value}
        report = journal.verify([json.dumps(entry) + "\n"] * 2)
        assert all(text.isprintable() for text in report.problems)


def test_reserved_keys_are_refused():
    with pytest.raises(journal.JournalError):
        journal.append_entry(None, body("end", seq=3))


@given(st.data())
def test_any_tampering_with_a_closed_journal_is_found(data):
    written = lines()
    seal = journal.sealed("".join(written).encode())
    kind = data.draw(st.sampled_from(["flip", "remove", "move", "forge", "insert", "cut"]))
    index = data.draw(st.integers(0, len(written) - 1))
    if kind == "flip":
        line = written[index]
        at = data.draw(st.integers(0, len(line) - 1))
        new = data.draw(st.characters(codec="utf-8", exclude_characters=line[at]))
        written[index] = line[:at] + new + line[at + 1 :]
    elif kind == "remove":
        del written[index]
    elif kind == "move":
        to = data.draw(st.integers(0, len(written) - 1).filter(lambda n: n != index))
        written.insert(to, written.pop(index))
    elif kind == "forge":
        forged = appended(entry_of(json.loads(written[index])), body("forged"))
        written.insert(index + 1, forged)
    elif kind == "insert":
        written.insert(index, data.draw(st.text(min_size=1, max_size=9)) + "\n")
    else:
        written = written[:index]
    content = "".join(written).encode("utf-8", "surrogatepass")
    assert not journal.verify_sealed(content, seal).ok


def test_a_sealed_journal_is_what_it_was():
    content = "".join(lines()).encode()
    report = journal.verify_sealed(content, journal.sealed(content))
    assert report.ok
    assert len(report.entries) == 5


def test_a_forged_chain_is_found_by_its_head():
    """Who may write the file can also make a whole new chain; but not with the same end."""
    content = "".join(lines(5)).encode()
    forged = "".join(lines(4)).encode()
    assert journal.verify(journal.file_lines(forged)).ok
    assert not journal.verify_sealed(forged, journal.sealed(content)).ok


def test_a_key_that_is_there_twice_hides_nothing():
    written = lines(1)
    written[0] = written[0].replace("{", '{"step":"hidden",', 1)
    assert not journal.verify(written).ok


def test_what_was_begun_and_whose_result_no_run_has_taken():
    mark = {"start_record": 1}
    intent = entry("intent", step="01-install", installs="KB1", start=mark)
    nothing = entry("result", step="01-install", status="ok", why="nothing to do")
    refused = entry("result", step="01-install", status="refused")
    for later in ([], [nothing], [refused], [entry("intent", step="02-restart")]):
        assert journal.restarts([intent, *later])[""]["begun"] == {"KB1": mark}
    took = {"result": {"exit_code": 0}}
    for ended in (took, {"status": "failed"}):
        found = journal.restarts([intent, entry("result", step="01-install", **ended)])
        assert "begun" not in found.get("", {})


def test_the_restart_that_is_owed():
    entries = [
        entry("result", restart={"required": True, "since": {"start_record": 1}, "signs": []}),
        entry("result"),
        entry("result", restart={"required": False, "since": None, "signs": ["x"]}),
        entry(
            "result",
            node="coserver1",
            restart={"required": True, "since": None, "signs": []},
        ),
    ]
    assert journal.restarts(entries) == {
        "": {
            "owed": {"start_record": 1},
            "installed": {},
            "signs": ["x"],
            "last": "",
            "asked": {},
        },
        "coserver1": {"owed": {}, "installed": {}, "signs": [], "last": "", "asked": {"": {}}},
    }
    assert journal.restarts([]) == {}
