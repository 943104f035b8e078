# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A condition has plain words in both languages, the same everywhere, whatever a notice asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import kinds
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.advisory import (
    Advisory,
    bundled_folder,
    load_advisories,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.checks import (
    ANY,
    CHECKS,
    evaluate,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.conditions import (
    condition,
    conditions,
    refusal,
    technical,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.context import NO_CHANGE
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.findings import WANTED

KEYS = ("interlocks", "expect", "only_if")


def references() -> Iterator[Any]:
    """Yield every reference of the bundled advisories: of steps, findings and all else."""
    for advisory in load_advisories([bundled_folder()]).values():
        for place, ref in said_in(advisory.data, ()):
            question = advisory.data["questions"][ref["ask"]]
            full = {k: v for k, v in ref.items() if k not in ("ask", "guard", "clause")}
            full |= {"check": question["check"], "with": question.get("with", {})}
            yield pytest.param(advisory, full, id=f"{advisory.id}-{'-'.join(map(str, place))}")


def said_in(value: Any, place: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(value, dict) and "ask" in value and value.keys() & set(WANTED):
        yield place, value
    elif isinstance(value, dict):
        for key, member in value.items():
            yield from said_in(member, (*place, key))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from said_in(member, (*place, index))


@pytest.mark.parametrize(("advisory", "ref"), list(references()))
def test_every_value_that_a_notice_uses_has_words(advisory: Advisory, ref: Any) -> None:
    if ref.get("is_unknown") or any(isinstance(v, dict) for v in (ref.get("is_one_of"),)):
        return
    if ref["check"] in ("ft_windows", "event_groups"):  # their values are the advisory's own
        ref = {**ref, "with": resolved(advisory, ref["with"])}
    said = condition(ref)
    assert said["en"] != technical(ref)
    assert said["ja"] != said["en"]
    assert "{" not in said["en"].replace("{setting", "").replace("{'", "")


def resolved(advisory: Advisory, given: Any) -> Any:
    """Return arguments with what is the same for every host that an advisory is about."""
    values = {**advisory.data.get("defaults", {}), "event_groups": advisory.data["event_groups"]}
    return {
        name: values.get(value["setting"], value) if isinstance(value, dict) else value
        for name, value in given.items()
    }


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_every_value_has_words_in_both_languages(name: str) -> None:
    check = CHECKS[name]
    assert check.values or check.limits
    for value in check.values.values():
        assert value.en.count("|") == value.ja.count("|") == 1, value
        assert value.ja.isascii() is False, value
        assert value.ja.partition("|")[0] or not value.en.partition("|")[0], value
        alone = {"check": name, "with": {}, "is": value.name}
        if ANY not in check.values:
            assert condition(alone)["en"] != technical(alone)
    for limit, (en, ja) in check.limits.items():
        assert en, limit
        assert ja.isascii() is False, limit
    # A number may be asked for from below and from above, whatever the number.
    for limit in ("at_least", "at_most") if check.limits else ():
        asked = {"check": name, "with": {}, limit: 7}
        assert condition(asked)["en"] != technical(asked), limit
        assert condition(asked)["ja"] != condition(asked)["en"], limit


def test_what_has_no_words_is_said_in_its_technical_form():
    ref = {"check": "ft_phase", "with": {"node": "coserver1"}, "is": "on fire"}
    assert condition(ref) == {"en": technical(ref), "ja": technical(ref)}
    assert technical(ref) == "ft_phase(node=coserver1) is on fire"


def test_alternatives_name_what_they_are_about_once():
    ref = {"check": "ft_phase", "with": {"node": "coserver2"}, "is_one_of": ["up", "off", "stop"]}
    assert condition(ref)["en"] == "CoServer2 runs its Windows or is off or shows a STOP screen"
    assert condition(ref)["ja"] == "CoServer2 が Windows 稼働中 または 電源断 または STOP 画面"


def test_numbers_are_said_by_their_limit():
    assert condition({"check": "sessions", "at_most": 0})["en"] == "nobody is logged on"
    assert condition({"check": "sessions", "at_least": 3})["en"] == "at least 3 are logged on"
    ref = {"check": "capacity_percent", "at_least": 50}
    assert condition(ref)["ja"] == "サイロの 50 % 以上が稼働"
    assert condition({**ref, "at_least": None})["en"] != technical(ref)


def test_the_ftvirtual_server_has_its_article():
    assert kinds.in_sentence("ftvirtual", "en") == "the FTvirtual Server"
    assert kinds.in_sentence("ftvirtual", "ja") == "FTvirtual Server"
    assert kinds.in_sentence("coserver1", "en") == "CoServer1"


def test_settings_say_nothing_to_a_person_at_the_machine():
    assert conditions([{"check": "setting", "with": {"value": "x"}, "is": "x"}]) == []


def test_nothing_is_said_twice():
    ref = {"check": "sessions", "at_most": 0}
    assert len(conditions([ref, ref])) == 1


def test_a_refusal_says_the_condition_and_what_was_seen(kit):
    ref = {"check": "ft_power", "with": {"node": "coserver2"}, "is": "off"}
    data = kit.ft_data()
    verdicts = [evaluate(ref, kit.ft_observation(data), NO_CHANGE)]
    assert refusal(verdicts)["en"].startswith("not so: CoServer2 is off (seen: coserver2: ")
    assert refusal(verdicts)["ja"].startswith("条件を満たさない: CoServer2 が電源断 (確認結果: ")
    unknown = [evaluate(ref, kit.ft_observation({}), NO_CHANGE)]
    assert refusal(unknown)["en"].startswith("not known: CoServer2 is off (seen: ")
    held = [evaluate({**ref, "is": "on"}, kit.ft_observation(data), NO_CHANGE)]
    assert refusal(held) == {"en": "", "ja": ""}
