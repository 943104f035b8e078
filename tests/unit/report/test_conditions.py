# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a step expects has plain words in both languages, for every step of the notices."""

from __future__ import annotations

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.advisory import (
    bundled_folder,
    load_advisories,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.checks import describe
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._report.conditions import (
    phrase,
    phrases,
)

KEYS = ("interlocks", "expect", "only_if")


def references():
    """Yield every reference of the steps of the bundled advisories."""
    for advisory in load_advisories([bundled_folder()]).values():
        for name, step in advisory.data["steps"].items():
            refs = [ref for key in KEYS for ref in step.get(key, [])]
            for ref in refs:
                use = advisory.data["checks"][ref["check"]]
                full = {**ref, "check": use["use"], "with": use.get("with", {})}
                if full["check"] != "setting":
                    yield pytest.param(full, id=f"{advisory.id}-{name}-{ref['check']}")


@pytest.mark.parametrize("ref", list(references()))
def test_every_expected_state_has_its_phrase(ref):
    said = phrase(ref)
    assert said["en"] != describe(ref)
    assert said["ja"] != said["en"]
    assert "{" not in said["en"].replace("{setting", "").replace("{'", "")


def test_what_is_unknown_is_shown_as_the_refusals_show_it():
    ref = {"check": "ft_phase", "with": {"node": "coserver1"}, "is": "on fire"}
    assert phrase(ref) == {"en": describe(ref), "ja": describe(ref)}


def test_alternatives_name_what_they_are_about_once():
    ref = {"check": "ft_phase", "with": {"node": "coserver2"}, "is_one_of": ["up", "off", "stop"]}
    assert phrase(ref)["en"] == "CoServer2 runs its Windows or is off or shows a STOP screen"
    assert phrase(ref)["ja"] == "CoServer2 が Windows 稼働中 または 電源断 または STOP 画面"


def test_settings_say_nothing_to_a_person_at_the_machine():
    assert phrases([{"check": "setting", "with": {"value": "x"}, "is": "x"}]) == []


def test_nothing_is_said_twice():
    ref = {"check": "sessions", "at_most": 0}
    assert len(phrases([ref, ref])) == 1
