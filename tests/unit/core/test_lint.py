# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each mistake of a notice's author is told with file, line and what was meant, all at once."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.advisory import (
    AdvisoryError,
    bundled_folder,
    lint,
    load,
)
from notice_double import FILES, Notice

HERE = Path(__file__).parent
MISTAKES = yaml.safe_load((HERE / "notice_mistakes.yml").read_text(encoding="utf-8"))


@pytest.fixture
def notice(tmp_path):
    return Notice(tmp_path)


def test_the_guides_notice_and_ours_have_no_fault(notice):
    assert notice.faults() == []
    for folder in sorted(path for path in bundled_folder().iterdir() if path.is_dir()):
        assert lint(folder)[1] == []


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: m["case"])
def test_a_mistake_is_told_where_it_is(notice, mistake: dict[str, Any]):
    for change in (mistake, *([mistake["also"]] if "also" in mistake else [])):
        notice.change(change["old"], change["new"])
    faults = notice.faults()
    found = [f for f in faults if all(word in f.text for word in mistake["says"])]
    assert found, [str(fault) for fault in faults]
    assert found[0].warning is mistake.get("warning", False)
    at = mistake.get("at", mistake["new"])
    [file] = [n for n in FILES if at in notice.texts[n] and found[0].file.stem == n]
    assert found[0].line == notice.line_of(file, at), [str(fault) for fault in faults]
    assert len(faults) <= 1 + mistake.get("more", 0), [str(fault) for fault in faults]


def test_the_faults_of_a_notice_are_told_in_one_run(notice):
    """Whatever the place: its form, its names, its values, its sense."""
    single = [m for m in MISTAKES if m["case"] in TOGETHER]
    assert len(single) == len(TOGETHER)
    for mistake in single:
        notice.change(mistake["old"], mistake["new"])
    said = [fault.text for fault in notice.faults()]
    for mistake in single:
        assert any(all(word in text for word in mistake["says"]) for text in said), mistake["case"]


TOGETHER = (
    "argument of an action",
    "key of a step that leads to others",
    "value of a check in expect",
    "clause cited as number",
    "default less safe",
    "full-width digit",
    "number for an id",
    "an empty text",
    "member of a setting",
    "on for a switch",
    "texts of nothing",
)


def test_a_notice_may_begin_with_a_byte_order_mark(notice):
    notice.texts["logic"] = "\ufeff" + notice.texts["logic"]
    assert notice.faults() == []


def test_a_notice_in_another_encoding_is_refused_at_its_line(notice):
    assert notice.faults() == []
    text = notice.texts["notice"]
    (notice.folder / "notice.yml").write_bytes(text.replace("①", "(1)").encode("shift_jis"))
    _advisory, [fault] = lint(notice.folder)
    assert (fault.file.name, fault.line) == ("notice.yml", notice.line_of("notice", "title:"))
    assert "save it as UTF-8" in fault.text


def test_steps_that_stand_by_for_each_other(notice):
    steps = """  look: {action: node_info, time: [1, 2], standby_for: [install]}
  install:
    standby_for: [look]
"""
    notice.change("  install:\n    action", f"{steps}    action")
    [found] = [f for f in notice.faults() if "stand by for each other" in f.text]
    assert found.line == notice.line_of("logic", "  look: {action")


def test_what_is_only_a_warning_is_loaded(notice):
    notice.change("    requires: {file: match}\n", "")
    notice.change(
        "  file: {ask: package_on_hand, file: $hotfix.package, sha256: $hotfix.sha256}\n", ""
    )
    [fault] = notice.faults()
    assert fault.warning
    assert load(notice.folder).id == "example"


def test_a_broken_notice_is_refused_with_all_faults(notice):
    notice.change("{file: match}", "{file: matches}")
    notice.change("expect: {patch: installed}", "expect: {patch: instaled}")
    faults = notice.faults()
    with pytest.raises(AdvisoryError) as caught:
        load(notice.folder)
    assert caught.value.faults == faults


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "steps: [{install: ①}]",
            "steps: [{for_each: hotfix, steps: [install]}]",
            "within for_each",
        ),
        ("remedy: install", "remedy: [install]", "defaults.remedy is ['install']"),
        (
            "clauses:\n  ①: {en:",
            "clauses: [1]\nx:\n  ①: {en:",
            "clauses: is [1]; it must be a table",
        ),
    ],
)
def test_a_form_that_nobody_expects(notice, old, new, says):
    notice.change(old, new)
    said = [fault.text for fault in notice.faults()]
    assert any(says in text for text in said), said


# What stands where something else belongs.
JUNK = (
    *(None, True, 3, 1.5, "", "x", "$x", "$hotfix.x", "$ft_system.a.b", "me", "{me}", "unknown"),
    *("install", "all", [], {}, [1], [None], [[]], ["a", "a"], {"x": 1}, {"x": None}),
    *({"at_least": "x"}, {"one_of": "$x"}),
)


def places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield place
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from places(value[key], (*place, key))


@pytest.mark.parametrize("seed", range(40))
def test_whatever_is_written_is_told_and_never_an_exception(notice, seed):
    choose = random.Random(seed)
    texts = {name: yaml.safe_load(text) for name, text in notice.texts.items()}
    for _ in range(4):
        changed = copy.deepcopy(texts)
        for _ in range(choose.choice((1, 1, 2, 4))):
            name = choose.choice(FILES)
            place = choose.choice([p for p in places(changed[name]) if p] or [("title",)])
            into = changed[name]
            for key in place[:-1]:
                into = into[key]
            if choose.random() < 0.7:
                into[place[-1]] = copy.deepcopy(choose.choice(JUNK))
            else:
                del into[place[-1]]
        for name, data in changed.items():
            notice.texts[name] = yaml.safe_dump(data, allow_unicode=True, sort_keys=False)
        notice.faults()
