# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A notice for review: nothing of it is left out, and all of it fits its place."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.advisory import (
    Advisory,
    bundled_folder,
    load_advisories,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.review_text import (
    review_text,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._report.lines import broken, wide
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._report.procedure_graph import drawn
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._report.render import review_page
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._report.review import build_review

NAMES = sorted(load_advisories([bundled_folder()]))
LANGUAGES = ["en", "ja"]


@pytest.fixture(params=NAMES)
def advisory(request: pytest.FixtureRequest) -> Advisory:
    return load_advisories([bundled_folder()])[request.param]


@pytest.fixture
def review(advisory: Advisory) -> dict[str, Any]:
    return build_review(advisory)


def test_every_clause_stands_in_the_vendors_words(advisory, review):
    there = {each["mark"]: each["words"] for each in review["clauses"]}
    assert there == advisory.data["clauses"]
    assert list(there) == list(advisory.data["clauses"])


def test_everything_of_the_logic_is_somewhere(advisory, review):
    data = advisory.data
    every = [*review["additions"], *(made for c in review["clauses"] for made in c["made"])]
    there = {each["name"] for each in every}
    rules = [*data["findings"], *data.get("branches", []), *data["symptoms"], *data["event_groups"]]
    assert {rule["id"] for rule in rules} <= there
    steps = {step["name"] for each in review["procedures"] for step in each["steps"]}
    assert {*data["procedures"], *steps} <= there


def test_a_clause_has_all_that_cites_it(advisory, review):
    for rule in advisory.data["findings"]:
        for clause in review["clauses"]:
            cites = clause["mark"] in rule["clause"]
            assert (rule["id"] in [made["name"] for made in clause["made"]]) is cites


def test_a_guard_is_said_in_words_where_its_clause_stands():
    review = build_review(load_advisories([bundled_folder()])["kb890859_tx200ft"])
    clause = next(each for each in review["clauses"] if each["mark"] == "2003-①")
    (peer,) = (
        m
        for m in clause["made"]
        if (m["name"], m["title"]["en"]) == ("peer_off", "CoServer2 is off")
    )
    assert peer["title"]["ja"] == "CoServer2 が電源断"
    assert {"coserver1_on", "coserver1_uninstall"} <= set(peer["in"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_text_fits_80_columns(review, language):
    lines = review_text(review, language).splitlines()
    assert max(map(wide, lines)) < 80
    # Side by side: the middle stands in one column, whatever the characters' widths.
    beside = [wide(line.partition(" | ")[0]) for line in lines if " | " in line]
    assert len(set(beside)) == 1


def test_the_text_has_both_languages_whatever_the_headings(review):
    for text in (review_text(review, "en"), review_text(review, "ja")):
        flat = re.sub(r"[\s|]", "", text)
        for clause in review["clauses"]:
            for words in clause["words"].values():
                assert re.sub(r"\s", "", words)[:12] in flat


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_loads_nothing(review, language):
    page = review_page(review, language)
    assert f'<html lang="{language}">' in page
    assert not re.search(r"<script|\b(src|href)=\"(?!data:)|url\(|@import", page)
    assert page.count("<svg") == len(review["procedures"])


# --- The graph ----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_lies_over_another_in_the_graph(review, language):
    for procedure in review["procedures"]:
        graph = procedure["graph"][language]
        lanes = [lane["x"] for lane in graph["lanes"]]
        for one, two in pairwise(graph["boxes"]):
            assert one["y"] + one["room"] < two["y"]
        for box in graph["boxes"]:
            assert box["x"] in lanes
            assert box["x"] + box["width"] <= graph["beside"]
            assert 15 * len(box["guards"]) <= box["room"]
            assert all(wide(line) * 6 < box["width"] for line in box["lines"])
        assert graph["boxes"][-1]["y"] + graph["boxes"][-1]["room"] <= graph["height"]


def test_a_step_stands_in_the_lane_of_its_node_with_its_marks():
    review = build_review(load_advisories([bundled_folder()])["kb890859_tx200ft"])
    procedure = next(each for each in review["procedures"] if each["name"] == "recovery_2003")
    graph = procedure["graph"]["en"]
    lanes = {lane["title"]: lane["x"] for lane in graph["lanes"]}
    boxes = {box["name"]: box for box in graph["boxes"]}
    assert list(lanes) == ["the host", "CoServer1", "CoServer2", "FTvirtual Server"]
    uninstall = boxes["coserver2_uninstall"]
    assert (uninstall["x"], uninstall["point_of_no_return"]) == (lanes["CoServer2"], True)
    assert boxes["coserver1_look"]["person"]
    assert boxes["coserver1_look"]["conditional"]
    assert boxes["all_dark_green"]["resting_point"]
    said = [line["text"] for line in boxes["coserver1_on"]["guards"]]
    assert {"peer_off: CoServer2 is off", "CoServer1 is off"} <= set(said)
    # What an item of a loop names may be any node: it stands over all lanes, in its loop.
    fix = boxes["fix_install"]
    assert (fix["x"], fix["x"] + fix["width"] + 24) == (lanes["the host"], graph["beside"])
    (loop,) = graph["loops"]
    assert loop["y"] == fix["y"]
    assert loop["y"] + loop["height"] == boxes["fix_gate"]["y"] + boxes["fix_gate"]["room"]


def test_a_step_goes_from_lane_to_lane():
    lanes = [{"name": n, "title": {"en": n, "ja": n}} for n in ("one", "two")]
    marks = dict.fromkeys(("person", "resting_point", "point_of_no_return"), False)
    guards: dict[str, list[Any]] = {"only_if": [], "interlocks": [], "expect": []}
    step = {"number": "01", "name": "s", "clause": [], "title": {"en": "A", "ja": "A"}}
    step |= {"loop": None, "again_after": [], "guards": guards, **marks}
    steps = [{**step, "lane": lane} for lane in ("one", "one", "two")]
    straight, aside = drawn({"lanes": lanes, "steps": steps}, "en")["ways"]
    assert "H" not in straight
    assert "H" in aside


# --- Lines ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("one two three", ["one two", "three"]),
        ("確認してください。", ["確認して", "くださ", "い。"]),
        ("電源ドライバー", ["電源ドラ", "イバー"]),  # ー begins no line
        ("(注)の後", ["(注)の後"]),
        ("abcdefghijkl", ["abcdefghi", "jkl"]),
        ("a abcdefghijkl", ["a", "abcdefgh", "ijkl"]),
    ],
)
def test_lines_are_broken_where_they_may_be(text, lines):
    assert broken(text, 9) == lines
