# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages made of records are up to date, and docs/advisories.md tells the whole form."""

from __future__ import annotations

import json

import checks_page
import pages
import settings_page
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.advisory import load

FILES = ("notice", "words", "logic")
GUIDE = checks_page.PAGE


def test_the_guide_tells_what_is_registered():
    for page in pages.PAGES:
        assert page.PAGE.read_text(encoding="utf-8") == page.page(), "make docs writes it"
    assert {checks_page, settings_page} <= set(pages.PAGES)


def test_the_guide_tells_every_key_of_the_form():
    guide = GUIDE.read_text(encoding="utf-8")
    folder = GUIDE.parents[1] / "advisories"
    notice, words, logic = (
        json.loads((folder / f"{name}.schema.json").read_text(encoding="utf-8")) for name in FILES
    )
    keys = {*notice["properties"], *words["properties"], *logic["properties"]}
    keys |= {*logic["$defs"]["template"]["properties"]}
    for kind in ("steps", "findings", "branches", "procedures"):
        keys |= set(logic["properties"][kind]["additionalProperties"]["properties"])
    assert [key for key in sorted(keys) if f"`{key}" not in guide] == []


def test_the_example_of_the_guide_is_an_advisory(tmp_path):
    examples = GUIDE.read_text(encoding="utf-8").split("```yaml\n")[-3:]
    for name, example in zip(FILES, examples, strict=True):
        (tmp_path / f"{name}.yml").write_text(example.split("```")[0], encoding="utf-8")
    assert load(tmp_path).id == "example"
