# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan's file holds all of the plan, what repeats itself once, and nothing unnoticed."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import plan as core
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.checks import Verdict
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.conditions import refusal
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.digest import digest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.plan.file import (
    head_of,
    loaded,
    written,
)
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture
def system(kit, kb890859) -> dict[str, Any]:
    """Return the plan of an FT system in recovery, from ① on."""
    settings = {"ft_system": kit.ft_form()}
    one = core.plan_host(kb890859, settings, kit.ft_observation(kit.ft_failed()))
    return core.make_plan([one], {"failure_budget": 0}, change="CHG1", created=kit.NOW)


def farm(kit, ctx130025, number: int) -> dict[str, Any]:
    """Return the plan of servers that are alike, without the root."""
    settings = kit.settings(single_server_silo="accept_outage")
    hosts = [kit.observation(f"xa{n:02}", root=False) for n in range(number)]
    plans = [core.plan_host(ctx130025, settings, each) for each in hosts]
    return core.make_plan(plans, {}, change="CHG1", created=kit.NOW)


def text_of(document: Any) -> str:
    """Return a plan as JSON, in the form of its file or with all its records in full."""
    return json.dumps(document, ensure_ascii=False, default=lambda record: record.to_json())


def size(document: Any) -> int:
    return len(text_of(document).encode())


def read_again(document: dict[str, Any]) -> dict[str, Any]:
    return core.read_plan(json.loads(json.dumps(document)))


def test_the_file_holds_all_of_the_plan(kit, system, ctx130025):
    for plan in (system, farm(kit, ctx130025, 3)):
        document = written(plan)
        assert read_again(document) == plan
        read_again(document)
        upside_down = json.loads(json.dumps(document, sort_keys=True))
        assert read_again(upside_down) == plan


def test_what_repeats_itself_is_there_once(kit, system, ctx130025):
    document = written(system)
    text = text_of(document)
    assert size(document) < 110_000 < size(system)
    whole = text_of(system)
    for once in ("apply MS05-018 (KB890859) again", "Updates\\\\Windows 2000", "Failed/Connected"):
        assert text.count(once) == 1 < 8 < whole.count(once)
    part = document["parts"]["hosts"]["ft01"]
    read = [q for q in part["questions"].values() if q["check"] != "setting"]
    assert len({json.dumps(each, sort_keys=True) for each in read}) == len(read) > 50
    assert size(written(farm(kit, ctx130025, 1))["parts"]) < 25_000
    # Servers that are alike cost little more than one of them.
    assert size(written(farm(kit, ctx130025, 40))) < 4 * size(written(farm(kit, ctx130025, 1)))


def test_a_condition_names_its_question_its_guard_and_the_clause(system):
    steps = {step.name: step for step in system["hosts"]["ft01"]["steps"]}
    (ref,) = [r for r in steps["coserver1_on"].interlocks if r.get("guard") == "peer_off"]
    assert ref == {
        "check": "ft_power",
        "with": {"node": "coserver2"},
        "is": "off",
        "name": "power coserver2",
        "guard": "peer_off",
        "clause": ["2003-①"],
    }
    said = refusal([Verdict(False, "it is on", ref)])
    assert said["en"] == "not so: CoServer2 is off (seen: it is on) [peer_off, 2003-①]"
    assert said["ja"].endswith(" [peer_off, 2003-①]")


def sealed(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document with digests that fit what it holds, as only who makes a plan should."""
    parts = document["parts"]
    for kind in ("hosts", "outside"):
        parts["index"][kind] = {host: digest(part) for host, part in parts[kind].items()}
    head = {**head_of(document), **{name: digest(parts[name]) for name in ("index", "common")}}
    head["digest"] = digest({key: value for key, value in head.items() if key != "digest"})
    return {**head, "parts": parts}


def test_parts_of_another_plan_do_not_fit(kit, ctx130025):
    """Neither another plan's, nor another host's, nor one without what it refers to."""
    plan = written(farm(kit, ctx130025, 4))
    other = written(farm(kit, ctx130025, 5))
    alien = copy.deepcopy(plan["parts"]["hosts"]["xa01"])
    alien["facts"] = {}
    for change in (
        {"hosts": {**plan["parts"]["hosts"], "xa02": plan["parts"]["hosts"]["xa01"]}},
        {"hosts": {**plan["parts"]["hosts"], "xa01": alien}},
        {"common": {}},
    ):
        parts = {**plan["parts"], **change}
        with pytest.raises(core.PlanError, match="another plan; make a new plan"):
            core.read_plan({**plan, "parts": parts})
    with pytest.raises(core.PlanError, match="altered"):
        core.read_head(head_of(plan), other["parts"]["index"])


def test_a_part_is_read_without_the_others(kit, ctx130025):
    plan = farm(kit, ctx130025, 4)
    document = written(plan)
    parts, head = document["parts"], core.read_head(head_of(document), document["parts"]["index"])
    for host in plan["hosts"]:
        part = core.read_part(head, "hosts", host, parts["hosts"][host], parts["common"])
        assert part == plan["hosts"][host]


def test_who_shares_users_is_what_the_parts_say(kit, ctx130025):
    plan = farm(kit, ctx130025, 4)
    assert plan["hosts"]["xa01"]["silo"]["hosts"] == sorted(plan["hosts"])
    plan["hosts"]["xa01"]["silo"]["hosts"].remove("xa02")
    document = written(plan)
    with pytest.raises(core.PlanError, match="altered"):
        core.read_plan(sealed(document))


def test_the_head_stays_small_and_the_common_file_bounded(kit, ctx130025):
    def index(document: dict[str, Any]) -> Any:
        return document["parts"]["index"]

    few, many = (written(farm(kit, ctx130025, number)) for number in (10, 40))
    assert size(index(many)) - size(index(few)) < 30 * 120
    assert size(head_of(many)) - size(head_of(few)) < 30 * 10
    assert size(many["parts"]["common"]) < 1.1 * size(few["parts"]["common"])


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["parts"]["hosts"]["ft01"]["questions"].update(more={"check": "ft_relay"}),
        lambda d: d["parts"]["hosts"]["ft01"]["shared"].update(more=["x"]),
        lambda d: d["parts"]["common"].update(more=["x"]),
        lambda d: d["parts"]["hosts"]["ft01"]["steps"][0].update(resting_point=False),
        lambda d: d["parts"]["hosts"]["ft01"]["steps"][0].update(node="ft02"),
        lambda d: d["parts"]["hosts"]["ft01"]["every_step"].pop(),
    ],
)
def test_nothing_is_put_into_the_file_unnoticed(system, change):
    document = json.loads(json.dumps(written(system)))
    change(document)
    with pytest.raises(core.PlanError, match="altered"):
        core.read_plan(document)


def test_a_step_of_another_form_is_no_plan(system):
    for change, says in ({"rollback": None}, "wrong rollback"), ({"more": 1}, "unknown 'more'"):
        document = json.loads(json.dumps(written(system)))
        document["parts"]["hosts"]["ft01"]["steps"][0].update(change)
        with pytest.raises(core.PlanError, match=f"A step has an? {says}.* Make a new plan"):
            core.read_plan(sealed(document))


def test_a_mark_that_leads_nowhere_or_to_itself_is_no_plan(system):
    document = json.loads(json.dumps(written(system)))
    part = document["parts"]["hosts"]["ft01"]
    for broken in ({"shared": "nothing"}, {"common": "nothing"}, {"shared": "loop"}):
        part["findings"] = broken
        part["shared"]["loop"] = [{"shared": "loop"}]
        with pytest.raises(core.PlanError, match="incomplete"):
            core.read_plan(sealed(document))


VALUES = st.recursive(
    st.none() | st.integers(0, 9) | st.text("ab", max_size=120),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["a", "shared", "common"]), inner)
    ),
    max_leaves=20,
)


@given(VALUES)
def test_whatever_a_host_says_stays_what_it_is(value):
    lists: dict[str, Any] = {"findings": [], "serving": [], "steps": []}
    part = {**lists, "facts": value, "settings": {"again": copy.deepcopy(value)}}
    plan = {"format": core.FORMAT, "hosts": {"x": part, "y": copy.deepcopy(part)}}
    document = json.loads(json.dumps(written(plan)))
    assert loaded(document) == plan
    assert written(loaded(document)) == document
