# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages as text: escaped, self-contained, complete in both languages."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._report import render, report
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._report.labels import (
    WORDS,
    took,
    word,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._report.report import build_report
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._report.runbook import (
    Place,
    build_runbook,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._report.sheets import quoted
from legacyops_model.ft.site import HOST

TOKYO = ZoneInfo("Asia/Tokyo")
LANGUAGES = ("en", "ja")
JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")


class Elements(HTMLParser):
    """Names of the elements and all attributes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes += attrs


@pytest.fixture(scope="module")
def hostile_pages(hostile, hostile_sources):
    sources = hostile_sources
    told = build_report(sources)
    place = Place({"coserver1": {"label": hostile, "serial": hostile}}, {"x": hostile}, [hostile])
    runbook = build_runbook(hostile, sources.plan, {}, {HOST: place})
    pages = [render.report_page(told, language, TOKYO) for language in LANGUAGES]
    return pages + [render.runbook_page(runbook, language, TOKYO) for language in LANGUAGES]


def test_a_server_needs_neither_farm_nor_silo(hostile_sources):
    """The README's own inventory gives neither to its test server."""
    told = build_report(hostile_sources)
    told["hosts"][HOST]["about"] = report.about({"farm_role": "test"})
    for language in LANGUAGES:
        assert "<small>test</small>" in render.report_page(told, language, TOKYO)


def test_hostile_texts_become_no_elements(hostile_pages):
    for page in hostile_pages:
        found = Elements(page)
        assert not found.names & {"script", "iframe", "object", "img", "form", "base"}
        assert "&lt;script&gt;alert(1)" in page
        assert not [name for name, _value in found.attributes if name.startswith("on")]
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x1b]", page)


def test_a_page_names_nothing_outside_of_itself(hostile_pages):
    for page in hostile_pages:
        found = Elements(page)
        links = {v for name, v in found.attributes if name in ("href", "src", "action", "data")}
        assert all(link == "data:," or str(link).startswith("#") for link in links)
        assert "@import" not in page
        assert "url(" not in page
        assert "style" not in {name for name, _value in found.attributes}


def test_only_its_own_style_sheet_is_allowed(hostile_pages):
    for page in hostile_pages:
        policy = next(v for _n, v in Elements(page).attributes if v and "default-src" in v)
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


def test_no_text_ends_a_string_of_the_style_sheet(hostile):
    """Nor is a line end or a closing tag of it left as it is; what is cut is marked."""
    said = quoted(f'"; }}\n</style>\\{hostile}')
    assert re.fullmatch(r'"(?:[0-9A-Za-z]|\\[0-9a-f]+ )*"', said)
    assert len(re.findall(r"\\2026 ", said)) == 1
    assert quoted("CHG-1 現") == r'"CHG\2d 1\20 \73fe "'


def test_each_sheet_of_the_runbook_says_change_system_and_number(night):
    page = render.runbook_page(build_runbook("CHG1", night().plan, {}, {}), "en", TOKYO)
    assert f"@page system-1 {{ @top-left {{ content: {quoted(f'CHG1 · {HOST}')}; }} }}" in page
    assert "#system-1 { page: system-1; }" in page
    assert 'content: "Page " counter(page) " of " counter(pages) ""' in page


def test_both_languages_say_everything():
    for key, (en, ja) in WORDS.items():
        assert en, key
        assert ja, key
        assert not JAPANESE.search(en), key


def test_the_templates_use_no_word_that_is_not_there():
    used = set()
    for path in render.TEMPLATES.glob("*.j2"):
        text = path.read_text(encoding="utf-8")
        used |= set(re.findall(r"w\('(\w+)'\)", text))
    assert len(used) > 60
    assert used <= set(WORDS)


def test_a_page_in_japanese_has_no_english_label(night, words):
    page = render.report_page(build_report(night().run().sources(advisories=words)), "ja", TOKYO)
    for label in ("Summary", "Deviations", "Timeline", "Outcome", "Began", "class_", "hash_"):
        assert label not in re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    assert "すべてのコンポーネントが濃い緑色の表示になっていることを確認します" in page


def test_what_did_not_go_well_is_said_in_japanese_from_codes_and_conditions(night, words):
    """Of English, a page in Japanese has the evidence of findings, marked so: it is a record."""
    told = night().run(until="virtual_server1_enable")
    step = next(each for each in told.steps if each.name == "virtual_server1_enable")
    down = next(ref for ref in step.interlocks if ref["check"] == "ft_component")
    power = next(r for s in told.steps for r in s.interlocks if r["check"] == "ft_power")
    guards = [
        {"ref": down, "holds": False, "evidence": "the board says light green", "value": "waiting"},
        {"ref": power, "holds": None, "evidence": "no driver answers"},
    ]
    told.note("result", step=step.id, status="refused", reason="interlock",
              message="It would hit the wrong side.", interlocks=guards)  # fmt: skip
    report = build_report(told.sources(advisories=words))
    page = render.report_page(report, "ja", TOKYO)
    assert "条件を満たさない: Virtual Server1 が Fail (故障) または Disabled (無効)" in page
    assert "(確認結果: Virtual Server1 が薄い緑色)" in page
    assert "不明: CoServer2 が電源断" in page
    for english in ("It would hit", "the board says", "no driver answers", "nothing to do:"):
        assert english not in page
    for entry in told.journal:
        for each in entry.get("interlocks") or ():
            said = report_evidence(page)
            assert each["evidence"] not in said
    in_english = render.report_page(report, "en", TOKYO)
    for english in ("It would hit", "the board says", "no driver answers"):
        assert english in in_english


def report_evidence(page: str) -> str:
    """Return the part of a report that has the evidence, step by step."""
    return page.partition('<h2 id="evidence">')[2].partition('<h2 id="clauses">')[0]


def test_steps_are_called_by_number_and_title_and_not_by_id(night, words):
    told = night().run(until="virtual_server1_enable")
    report = build_report(told.sources(advisories=words))
    page = render.report_page(report, "en", TOKYO)
    ids = [step.id for step in told.steps]
    assert ids
    assert not [each for each in ids if each in page]
    assert "16 Enable Virtual Server1" in page


@pytest.mark.parametrize(("systems", "there"), [(5, False), (6, True)])
def test_beyond_five_systems_there_are_contents(night, systems, there):
    report = build_report(night().run().sources())
    report["hosts"] = {f"{HOST}-{n}": report["hosts"][HOST] for n in range(systems)}
    page = render.report_page(report, "ja", TOKYO)
    assert ("目次" in page) is there
    links = set(re.findall(r'href="#([\w-]+)"', page))
    assert links <= set(re.findall(r'id="([\w-]+)"', page))


def test_whom_to_call_is_said_in_the_pages_language_and_a_sites_own_roles_as_they_are(night):
    place = Place({}, {"data_centre": "Mori 9"}, [])
    page = render.runbook_page(
        build_runbook("CHG1", night("ft-failed1").plan, {}, {HOST: place}), "ja", TOKYO
    )
    roles = re.findall(r'<td class="soft nowrap">([^<]+)</td><td><b>', page)
    assert roles == ["運用担当者", "システム責任者", "ベンダー窓口", "data_centre"]


def test_times_are_those_of_the_zone(night):
    page = render.report_page(build_report(night().run().sources()), "en", TOKYO)
    assert "2026-11-22 21:00:00 (UTC+0900)" in page


@pytest.mark.parametrize(
    ("seconds", "en", "ja"),
    [
        (None, "", ""),
        (0, "0 s", "0 秒"),
        (119, "119 s", "119 秒"),
        (600, "10 min", "10 分"),
        (28800, "8 h", "8 時間"),
        (9000, "2 h 30 min", "2 時間 30 分"),
    ],
)
def test_durations(seconds, en, ja):
    assert (took(seconds, "en"), took(seconds, "ja")) == (en, ja)


def test_a_word_that_nobody_knows_is_shown():
    assert word("brand_new", "ja") == "brand_new"
