# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages in a real browser: nothing is asked of anybody, nothing runs, all can be read."""

from __future__ import annotations

import base64
import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.advisory import (
    bundled_folder,
    load_advisories,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._report import render
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._report.report import build_report
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._report.review import build_review
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._report.runbook import (
    Place,
    build_runbook,
)
from legacyops_model.ft.site import HOST

pytestmark = [pytest.mark.slow, pytest.mark.needs("chromium", "chromedriver")]
webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is in the extra dev")
pypdf = pytest.importorskip("pypdf", reason="pypdf is in the extra dev")

TOKYO = ZoneInfo("Asia/Tokyo")
A4, DESKTOP, PHONE = 794, 1280, 400
# Two characters that look alike only where a font lacks both.
DRAWN = """
const draw = (char) => {
  const canvas = document.createElement('canvas'); canvas.width = canvas.height = 40;
  const pen = canvas.getContext('2d');
  pen.font = '30px ' + getComputedStyle(document.body).fontFamily;
  pen.fillText(char, 2, 32);
  return canvas.toDataURL();
};
return [draw(arguments[0]), draw(arguments[1])];
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = webdriver.ChromeService(executable_path=str(shutil.which("chromedriver")))
    driver = webdriver.Chrome(options=options, service=service)
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def pages(
    night: Any, words: Any, hostile: str, hostile_sources: Any, tmp_path_factory: Any
) -> dict[str, Path]:
    """Return every page by name: reports and runbooks, in both languages, and hostile ones."""
    folder = tmp_path_factory.mktemp("pages")
    whole = night().run().sources(advisories=words)
    place = Place({"coserver1": {"label": hostile, "serial": hostile}}, {"x": hostile}, [hostile])
    texts = {}
    for language in ("en", "ja"):
        report = build_report(whole)
        runbook = build_runbook("CHG-1", whole.plan, words, {})
        texts[f"report-{language}"] = render.report_page(report, language, TOKYO)
        texts[f"runbook-{language}"] = render.runbook_page(runbook, language, TOKYO)
        review = build_review(load_advisories([bundled_folder()])["kb890859_tx200ft"])
        texts[f"review-{language}"] = render.review_page(review, language)
    bad = build_runbook(hostile, whole.plan, words, {HOST: place})
    texts["report-hostile"] = render.report_page(build_report(hostile_sources), "ja", TOKYO)
    texts["runbook-hostile"] = render.runbook_page(bad, "en", TOKYO)
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in texts}


KINDS = ["report", "runbook", "review"]
NAMES = [
    *(f"{kind}-{language}" for kind in KINDS for language in ("en", "ja")),
    *("report-hostile", "runbook-hostile"),
]


def opened(browser: Any, page: Path, width: int = DESKTOP) -> list[str]:
    """Open a page at a width, and return the addresses that it asked for."""
    browser.get_log("performance")
    browser.set_window_size(width, 1000)
    browser.get(page.as_uri())
    messages = [json.loads(each["message"])["message"] for each in browser.get_log("performance")]
    return [
        each["params"]["request"]["url"]
        for each in messages
        if each["method"] == "Network.requestWillBeSent"
    ]


@pytest.mark.parametrize("name", NAMES)
def test_no_error_and_no_request(browser, pages, name):
    asked = opened(browser, pages[name])
    assert [url for url in asked if not url.startswith("data:")] == [pages[name].as_uri()]
    assert browser.get_log("browser") == []
    assert browser.execute_script("return document.scripts.length") == 0


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [DESKTOP, A4, PHONE])
def test_nothing_sticks_out(browser, pages, name, width):
    opened(browser, pages[name])
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": False},
    )
    wide, there = browser.execute_script(
        "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert there <= width
    assert wide <= there


@pytest.mark.parametrize("name", ["report-ja", "runbook-ja", "report-en"])
def test_japanese_glyphs_are_drawn(browser, pages, name):
    opened(browser, pages[name])
    one, other = browser.execute_script(DRAWN, "電", "濃")
    assert one != other


def printed(browser: Any, page: Path) -> list[Any]:
    """Return the sheets of a page as it is printed."""
    opened(browser, page)
    pdf = browser.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})["data"]
    return list(pypdf.PdfReader(io.BytesIO(base64.b64decode(pdf))).pages)


@pytest.mark.parametrize("name", NAMES)
def test_it_prints_on_a4(browser, pages, name):
    width, height = (round(mm / 25.4 * 72) for mm in (210, 297))
    for sheet in printed(browser, pages[name]):
        assert (round(sheet.mediabox.width), round(sheet.mediabox.height)) == (width, height)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("report-en", "Page {0} of {1}"),
        ("report-ja", "{0} / {1} "),
        ("runbook-en", "Page {0} of {1}"),
        ("runbook-ja", "{0} / {1} "),
    ],
)
def test_each_sheet_says_what_it_is_of_and_its_number(browser, pages, name, number):
    sheets = [sheet.extract_text() for sheet in printed(browser, pages[name])]
    assert len(sheets) > 5
    for count, text in enumerate(sheets, 1):
        assert "CHG-1" in text
        assert number.format(count, len(sheets)) in text
        if name.startswith("runbook") and count > 1:  # the first is the cover, of all systems
            assert f"CHG-1 · {HOST}" in text


@pytest.mark.parametrize("name", ["runbook-en", "runbook-ja", "report-en", "report-ja"])
def test_no_sheet_has_a_few_lost_lines(browser, pages, name):
    """In the margins alone there are about 50 characters."""
    for count, sheet in enumerate(printed(browser, pages[name]), 1):
        assert len(sheet.extract_text()) > 400, count


def test_evidence_that_is_folded_on_the_screen_is_printed(browser, pages):
    opened(browser, pages["report-en"])
    visible = "return document.querySelector('details .guards').checkVisibility()"
    assert not browser.execute_script(visible)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    shown = browser.execute_script(visible)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert shown
