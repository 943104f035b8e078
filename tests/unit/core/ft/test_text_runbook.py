# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a failed FT system as a runbook: to be laid beside the notice and ticked off."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.actions import answers_to
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.conditions import (
    conditions,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.findings import (
    each,
    filled,
    scope_of,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.plan import (
    make_plan,
    plan_host,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.records import Step
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.confirmations import PersonsTask
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.asked import (
    asked_line,
    asked_text,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.command import (
    confirm_command,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.text import (
    WIDTH,
    plan_text,
    wide,
)
from legacyops_lab.ft import estate
from legacyops_model.ft import site as ftsite

CONFIRM = confirm_command(["hosts.yml"], "CHG 0042", "/srv/changes/CHG 0042")
MARKS = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲"
HEADER = re.compile(r"^  \[ \] (?P<marks>.+?) +(?P<number>\d\d)  (?P<rest>.+)$", re.MULTILINE)


@pytest.fixture
def planned(kit, kb890859):
    """Make the plan of one system."""

    def make(form: Any = None, data: Any = None) -> dict[str, Any]:
        settings = {"ft_system": form or ftsite.form("PGT20126F2")}
        observation = kit.ft_observation(data or kit.ft_failed())
        return make_plan(
            [plan_host(kb890859, settings, observation)], {}, change="CHG1", created=kit.NOW
        )

    return make


def blocks(text: str) -> list[tuple[re.Match[str], str]]:
    """Each step's head line and what follows it, up to the next."""
    heads = list(HEADER.finditer(text))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    return [(head, text[head.end() : end]) for head, end in zip(heads, ends, strict=True)]


def steps_of(plan: dict[str, Any]) -> list[Step]:
    steps: list[Step] = plan["hosts"]["ft01"]["steps"]
    return steps


def command(block: str) -> list[str]:
    """The words of the command that confirms, as a shell reads them."""
    lines = block.splitlines()
    first = next(i for i, line in enumerate(lines) if line.lstrip().startswith("confirm:"))
    last = first
    while lines[last].endswith("\\"):
        last += 1
    text = "\n".join(lines[first : last + 1])
    return shlex.split(text.split("confirm:", 1)[1].replace("\\\n", " "))


def test_the_steps_stand_beside_the_notice(planned):
    plan = planned()
    text = plan_text(plan)
    heads = [head for head, _block in blocks(text)]
    assert [head["number"] for head in heads] == [s.id[:2] for s in steps_of(plan)]
    seen = dict.fromkeys(mark for head in heads for mark in head["marks"] if mark in MARKS)
    assert "".join(seen) == "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲"
    assert text.count("== Part 2003 of the notice ==") == 1


def test_every_step_says_where_who_how_long_whom_to_call_and_the_way_back(planned):
    plan = planned()
    for step, (head, block) in zip(steps_of(plan), blocks(plan_text(plan)), strict=True):
        who = {"operator": "BY HAND", "relay": "by the relay"}[step.by]
        assert who in head["rest"]
        if step.node:
            assert head["rest"].startswith(("CoServer1", "CoServer2", "FTvirtual Server"))
        for label in ("time:", "call:", "undo:", "then:"):
            assert f"        {label}" in block
        assert step.contact in block
        assert ("POINT OF NO RETURN" in block) is step.point_of_no_return
        assert ("RESTING POINT" in block) is step.resting_point
        assert ("must not be interrupted" in block) is not step.interruptible
        assert ("ONLY IF NEEDED" in head["rest"]) is step.conditional
        assert ("        if: " in block) is step.conditional


def test_what_a_person_does_is_an_instruction_in_the_notices_words(planned, kb890859):
    plan = planned()
    for step, (_head, block) in zip(steps_of(plan), blocks(plan_text(plan)), strict=True):
        flat = "".join(block.split())
        title = "".join(step.title["en"].split())
        if step.by != "operator":
            assert title in flat
            assert "confirm:" not in block
            continue
        assert title not in flat or step.title["en"] in str(step.instruction)
        assert "        do: " in block
        assert "        see: " in block
        for clause in step.clause:
            for language in ("ja", "en"):
                words = kb890859.data["clauses"][clause][language]
                assert "".join(words.split()) in flat


def test_the_command_that_confirms_can_be_copied(planned):
    plan = planned()
    for step, (_head, block) in zip(
        steps_of(plan), blocks(plan_text(plan, confirm=CONFIRM)), strict=True
    ):
        if step.by != "operator":
            continue
        words = command(block)
        assert words[:6] == [*CONFIRM[:4], "-e", '{"legacyops_change_id": "CHG 0042"}']
        assert words[words.index("--limit") + 1] == "ft01"
        assert f"legacyops_confirm_step={step.id}" in words
        assert {"legacyops_confirm_name": "YOUR NAME"} in [
            json.loads(word) for word in words if word.startswith("{")
        ]
        asks = bool(answers_to(step).choices)
        assert ("legacyops_confirm_saw=WHAT_YOU_SAW" in words) is asks


def test_conditions_are_told_in_words(planned):
    text = " ".join(plan_text(planned()).split())
    assert "if: CoServer2 shows a STOP screen or hangs or is at POST" in text
    assert "if: a restart of the FTvirtual Server is pending" in text
    japanese = "".join(plan_text(planned(), "ja").split())
    assert "条件:CoServer2がSTOP画面または応答なし" in japanese


def test_every_condition_of_the_advisory_has_words(kit, kb890859):
    scope = scope_of(kb890859, {"ft_system": kit.ft_form()})
    refs = [
        ref
        for step in kb890859.data["steps"].values()
        for key in ("only_if", "expect", "done_when")
        for inner in each("vendor_fix_step", scope)
        for ref in filled(kb890859, step.get(key, []), inner)
    ]
    assert len(refs) > 100
    for ref in refs:
        for said in [text for words in conditions([ref]) for text in words.values()]:
            assert ref["check"] not in said
            assert "{" not in said


def test_a_system_without_network_is_guided_completely(planned, kit):
    form = ftsite.form("PGT20126F2")
    for node in kit.FT_NODES:
        form[node] = {"name": form[node]["name"], "access": "operator"}
    del form["vendor_fix"]["switches"]
    plan = planned(form)
    text = plan_text(plan)
    assert "by the relay" not in text
    for step, (head, block) in zip(steps_of(plan), blocks(text), strict=True):
        assert step.by == "operator"
        assert "BY HAND" in head["rest"]
        assert f"legacyops_confirm_step={step.id}" in command(block)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_lines_fit_and_are_harmless(planned, language):
    form = ftsite.form("PGT20126F2")
    form["contacts"]["operator"] = "Sato\x1b[2J\u202e " + "x" * 60
    text = plan_text(planned(form), language, confirm=CONFIRM)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert max(map(wide, text.splitlines())) <= WIDTH


def test_windows_2000_names_the_parts_of_its_two_cases(planned, kit):
    form = ftsite.form("PGT20126F")
    text = plan_text(planned(form, kit.ft_failed("2000")))
    parts = re.findall(r"== Part (\S+) of the notice ==", text)
    assert parts[0] == "2000失敗"
    assert "2000起動" in parts
    first = [head["marks"] for head, _block in blocks(text)]
    assert first[0] == "①"
    assert "2000-5.2 ① ②" in first  # our reading, marked with the clause that it reads


def test_why_nothing_is_done_is_said(planned, kit):
    text = plan_text(planned(ftsite.form("TX150FT S2"), kit.ft_data()))
    assert "ft01: Nothing to do: this model comes with the fix [補足]" in text


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_plans_of_the_labs_systems(kb890859, repository, language):
    systems = estate.load(repository / "lab" / "estates" / "ft" / "systems.yml")
    plans = []
    for name, description in systems.items():
        state = ftsite.remembered(ftsite.State(estate.first_state(description)))
        windows = description["type"].removeprefix("windows_")
        settings = {"ft_system": ftsite.form(description["model"], windows=windows)}
        observation = ftsite.observe(state)
        found = plan_host(kb890859, settings, observation)
        plans.append(replace(found, host=name))
    plan = make_plan(plans, {}, change="CHG1", created=ftsite.NOW)
    text = plan_text(plan, language, confirm=CONFIRM)
    assert max(map(wide, text.splitlines())) <= WIDTH
    assert len(blocks(text)) == sum(len(entry["steps"]) for entry in plan["hosts"].values())
    for name, entry in plan["hosts"].items():
        assert (f"--limit {name} " in text) is bool(entry["steps"])
        assert name in text


def test_what_is_asked_is_ours_then_the_notices_in_both_languages(planned):
    """The notice's words may speak of more than the step: they never run into the instruction."""
    step = next(each for each in steps_of(planned()) if each.name == "coserver1_on")
    asked = PersonsTask("1", "ft01", step.id, "t", step.instruction, False, ("windows",), {})
    for language in ("en", "ja"):
        text = asked_text("ft01", step, asked, ["confirm --this", "seen: windows"], language)
        flat = "".join(text.split())
        for words in step.instruction:
            assert "".join(words["en"].split()) in flat
            assert "".join(words["ja"].split()) in flat
        ours, _, theirs = text.partition("notice:" if language == "en" else "本資料:")
        assert "Start CoServer1. CoServer2, the other one" not in " ".join(ours.split())
        assert "Start CoServer1. CoServer2, the other one" in " ".join(theirs.split())
        assert text.endswith("confirm --this\n        seen: windows")
    assert asked_line(asked, "ja").startswith(f"手順 {step.id} は")
    assert "The notice says: Start CoServer1." in asked_line(asked, "en")
