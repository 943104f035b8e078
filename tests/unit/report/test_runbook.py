# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The runbook, its form, and what reads the form back."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any

import pytest
import yaml
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._report.render import (
    results_form,
    runbook_page,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._report.results_form import (
    FormError,
    read_form,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._report.runbook import (
    Place,
    build_runbook,
)
from hypothesis import given
from hypothesis import strategies as st
from legacyops_model.ft.site import HOST

CHANGE = "CHG-1"
PLACE = Place(
    {"coserver1": {"label": "FT-A", "serial": "YBNX001234"}},
    {"owner": "Tanaka 3"},
    ["受注画面を開く"],
)
FILLED = {
    "result": "done",
    "worker": "佐藤",
    "checker": "Suzuki",
    "began": "2026-11-22 22:05",
    "ended": "2026-11-22 22:15",
}


@pytest.fixture(scope="module")
def planned(night):
    return night("ft-failed1").plan


@pytest.fixture(scope="module")
def runbook(planned, words):
    return build_runbook(CHANGE, planned, words, {HOST: PLACE})


def steps(runbook: dict[str, Any]) -> list[dict[str, Any]]:
    (system,) = runbook["systems"]
    return list(system["steps"])


def test_every_step_of_the_plan_is_there_in_order(runbook, planned):
    assert [s["id"] for s in steps(runbook)] == [s.id for s in planned["hosts"][HOST]["steps"]]


def test_a_step_has_all_that_a_person_in_the_night_needs(runbook):
    for step in steps(runbook):
        assert step["words"] or step["told"] or step["title"]["ja"]
        assert step["seconds"]["longest"] >= step["seconds"]["expected"] > 0
        assert step["rollback"]["ja"]
        assert step["contact"]
        assert step["machine"]


def test_the_notices_own_words_are_quoted(runbook):
    uninstall = next(s for s in steps(runbook) if s["id"].endswith("-coserver1_uninstall"))
    assert [each["clause"] for each in uninstall["words"]] == ["2003-②", "2003-③", "2003-④"]
    assert (
        "「Windows Server 2003 ホットフィックス KB890859」を選択後" in uninstall["words"][1]["ja"]
    )
    assert uninstall["point_of_no_return"]


def test_chassis_contacts_and_checks_come_from_the_inventory(runbook):
    (system,) = runbook["systems"]
    assert system["units"][0]["label"] == "FT-A"
    assert system["units"][1]["label"] is None
    assert system["contacts"]["owner"] == "Tanaka 3"
    assert system["acceptance"] == [{"en": "受注画面を開く", "ja": "受注画面を開く"}]
    off = next(s for s in steps(runbook) if s["id"].endswith("-coserver1_off"))
    assert (off["machine"], off["serial"], off["person"]) == ("CoServer1", "YBNX001234", True)


def test_conditional_steps_say_on_what_they_hang(runbook):
    look = next(s for s in steps(runbook) if s["id"].endswith("-coserver2_look"))
    said = "CoServer2 の電源がまだ入っている または 断との表示のみ (未確認)"
    assert said in [each["ja"] for each in look["only_if"]]


def test_a_person_counts_from_one_and_the_plans_number_stands_beside(runbook, planned):
    assert [s["n"] for s in steps(runbook)] == list(range(1, len(steps(runbook)) + 1))
    page = runbook_page(runbook, "en", None)
    for step in steps(runbook):
        assert f'<div class="n">{step["n"]}<small>Plan {step["number"]}</small></div>' in page
    text = results_form(runbook, "en", "+09:00")
    for step in steps(runbook):
        line = text[: text.index(f'step: "{step["id"]}"')].rsplit("      # ", 2)
        assert any(each.startswith(f"{step['n']} (Plan {step['number']})") for each in line)


def test_each_step_has_room_for_two_clocks_what_was_seen_and_a_note(runbook):
    page = runbook_page(runbook, "en", None)
    every = len(steps(runbook))
    assert page.count('<span class="clock">:</span>') == 2 * every
    assert page.count('<div class="saw">Saw') == page.count('<div class="note">Note') == every


def test_each_step_says_how_long_it_is_until_stopping_is_safe(runbook):
    rests = [s["n"] for s in steps(runbook) if s["resting_point"]]
    for step in steps(runbook):
        stretch = steps(runbook)[step["n"] - 1 : step["rest"]["n"]]
        assert step["rest"]["n"] == next(n for n in rests if n >= step["n"])
        for key in ("expected", "longest"):
            assert step["rest"][key] == sum(each["seconds"][key] for each in stretch)


def test_a_clause_is_quoted_once_and_named_afterwards(runbook):
    cited = [each for step in steps(runbook) for each in step["words"]]
    whole = [each["clause"] for each in cited if each["at"] is None]
    assert len(whole) == len(set(whole))
    removed = next(s for s in steps(runbook) if s["id"].endswith("-coserver2_uninstall"))
    first = next(s for s in steps(runbook) if s["id"].endswith("-coserver1_uninstall"))
    assert {each["at"] for each in removed["words"][1:]} == {first["n"]}
    page = runbook_page(runbook, "ja", None)
    assert page.count("「Windows Server 2003 ホットフィックス KB890859」を選択後、[削除]") == 1


def test_nobody_who_presses_the_button_is_told_not_to_touch_it(runbook, planned):
    presses = [s.id for s in planned["hosts"][HOST]["steps"] if s.action == "power"]
    assert presses
    for step in steps(runbook):
        if step["id"] in presses:
            assert step["otherwise"] == "keep_the_power"
        else:
            assert step["otherwise"] in (None, "do_not_touch")


def test_before_what_cannot_be_undone_the_peer_is_looked_at(runbook):
    wanted = {"coserver1_uninstall": "CoServer2 is off", "coserver2_uninstall": "CoServer1 is off"}
    for name, look in wanted.items():
        step = next(s for s in steps(runbook) if s["id"].endswith(name))
        assert step["point_of_no_return"]
        assert look in [each["en"] for each in step["look_first"]]
    page = runbook_page(runbook, "en", None)
    assert page.index("Look first") < page.index("You should see")


def test_the_cover_says_case_window_approver_totals_and_how_it_stands(planned, words):
    approval = {"digest": planned["digest"], "approved_by": "Suzuki", "approved_at": None}
    window = {"start": "2026-11-28T13:00:00Z", "end": "2026-11-28T19:00:00Z"}
    whole = build_runbook(CHANGE, planned, words, {HOST: PLACE}, approval, window)
    (system,) = whole["systems"]
    assert [each["clause"] for each in system["cases"]] == [
        ["2003-2-①", "2003-2-②", "2003-2-③", "2003-5.2"]
    ]
    assert "緊急修正が必要なレベルに達していない" in system["start"][0]["title"]["ja"]
    assert system["seconds"]["longest"] == sum(s["seconds"]["longest"] for s in system["steps"])
    page = runbook_page(whole, "en", UTC)
    assert "2026-11-28 13:00 to 2026-11-28 19:00" in page
    assert "<td>Suzuki</td>" in page


def test_an_approval_of_another_plan_is_none(planned, words):
    other = build_runbook(CHANGE, planned, words, {}, {"digest": "sha256:0", "approved_by": "S"})
    assert other["approved_by"] is None
    assert "<td>＿＿" in runbook_page(other, "en", UTC)


def test_who_logs_on_and_when_is_asked_for_in_words(runbook):
    """Where the notice works in a node's Windows; before that, nobody is to log on."""
    said = {s["id"].partition("-")[2]: s["told"][0] for s in steps(runbook) if s["told"]}
    for name in ("coserver1_uninstall", "coserver2_uninstall", "ftvirtual_uninstall",
                 "virtual_server1_enable"):  # fmt: skip
        assert (
            "The worker logs on to" in said[name]["en"]
            or "the worker logs on at" in said[name]["en"]
        )
        assert "管理者としてログオンし" in said[name]["ja"]
    for name in ("coserver1_on", "coserver2_on", "coserver1_on_again"):
        assert "Do not log on before it is asked for" in said[name]["en"]


def test_what_is_to_be_seen_is_said_in_the_notices_kind_of_words(runbook):
    seen = [each["ja"] for step in steps(runbook) for each in step["expect"]]
    assert "CoServer1 の電源状態に変化なし" in seen
    names = "COSERVER1 または COSERVER2 または FTVIRTUAL"
    assert f"応答した機械のコンピューター名が {names} である" in seen


def test_steps_that_the_notice_has_not_in_this_case_are_marked_as_our_reading(night, words):
    plan = night("ft-w2000-dead-all").plan
    (system,) = build_runbook(CHANGE, plan, words, {})["systems"]
    ours = [step for step in system["steps"] if step["our_reading"]]
    assert [step["id"].partition("-")[2] for step in ours] == [
        "ftvirtual_uninstall_running",
        "ftvirtual_restart_running",
    ]
    for step in ours:
        assert not [clause for clause in step["clause"] if clause.startswith("2000失敗")]
    page = runbook_page(build_runbook(CHANGE, plan, words, {}), "ja", None)
    assert page.count('<span class="tag is-warning">当方の解釈</span>') == 2
    (other,) = build_runbook(CHANGE, night("ft-w2000-runs").plan, words, {})["systems"]
    assert not [step for step in other["steps"] if step["our_reading"]]


# --- The form -----------------------------------------------------------------------------------


def form(runbook: dict[str, Any]) -> dict[str, Any]:
    """Return the empty form as it is loaded by any YAML reader."""
    loaded: dict[str, Any] = yaml.safe_load(results_form(runbook, "ja", "+09:00"))
    return loaded


def read(filled: dict[str, Any], plan: dict[str, Any]) -> Any:
    (host,) = read_form(json.dumps(filled).encode(), CHANGE, plan)
    return host


@pytest.mark.parametrize("language", ["en", "ja"])
def test_an_empty_form_says_nothing(runbook, planned, language):
    text = results_form(runbook, language, "+09:00")
    (host,) = read_form(text.encode(), CHANGE, planned)
    assert (host.rows, host.acceptance) == ([], None)


def test_what_is_filled_in_becomes_entries(runbook, planned):
    filled = form(runbook)
    filled["hosts"][HOST]["steps"][3].update(FILLED, note="chkdsk 3 h")
    filled["hosts"][HOST]["acceptance"] = {
        "result": "accepted", "by": "田中", "at": "2026-11-23 09:00", "note": "",
    }  # fmt: skip
    host = read(filled, planned)
    (row,) = host.rows
    assert row["transcribed_step"] == steps(runbook)[3]["id"]
    assert (row["status"], row["name"], row["second_name"]) == ("done", "佐藤", "Suzuki")
    assert (row["began"], row["ended"]) == ("2026-11-22T13:05:00Z", "2026-11-22T13:15:00Z")
    assert row["form"].startswith("sha256:")
    assert host.acceptance["accepted_at"] == "2026-11-23T00:00:00Z"


def test_times_and_names_that_yaml_would_take_for_something_else_stay_texts(runbook, planned):
    """YAML 1.1 reads 2026-11-22 as a date, No as false and 0123 as a number."""
    text = results_form(runbook, "en", "+09:00")
    blank = '        result: ""\n        worker: ""\n        checker: ""\n        began: ""\n'
    blank += '        ended: ""\n'
    row = "        result: done\n        worker: No\n        checker: 0123\n"
    row += "        began: 2026-11-22 22:05\n        ended: 2026-11-22 22:15:00\n"
    assert blank in text
    (host,) = read_form(text.replace(blank, row, 1).encode(), CHANGE, planned)
    assert (host.rows[0]["name"], host.rows[0]["second_name"]) == ("No", "0123")


@pytest.mark.parametrize(
    ("word", "status"),
    [("完了", "done"), ("不要", "skipped"), ("失敗", "failed"), ("not needed", "skipped")],
)
def test_the_words_that_the_paper_prints_are_taken(runbook, planned, word, status):
    filled = form(runbook)
    filled["hosts"][HOST]["steps"][3].update(FILLED, result=word)
    filled["hosts"][HOST]["acceptance"] = {
        "result": "合格", "by": "田中", "at": "2026-11-23 09:00", "note": "",
    }  # fmt: skip
    host = read(filled, planned)
    assert host.rows[0]["status"] == status
    assert host.acceptance["accepted"] is True


def test_a_look_that_a_step_asked_for_is_a_row_of_its_own(runbook, planned):
    filled = form(runbook)
    rows = filled["hosts"][HOST]["steps"]
    rows.append({"step": f"{rows[3]['step']}+board", **FILLED, "saw": "failed"})
    (row,) = read(filled, planned).rows
    assert (row["transcribed_step"], row["saw"]) == (f"{rows[3]['step']}+board", "failed")
    rows[-1]["result"] = "failed"
    with pytest.raises(FormError, match="a look is done"):
        read(filled, planned)


def test_what_is_still_to_come_nobody_has_done(runbook, planned):
    filled = form(runbook)
    filled["hosts"][HOST]["steps"][3].update(FILLED)
    data = json.dumps(filled).encode()
    assert read_form(data, CHANGE, planned, "2026-11-22T13:11:00Z")
    with pytest.raises(FormError, match="ended is still to come"):
        read_form(data, CHANGE, planned, "2026-11-22T13:00:00Z")


def test_the_form_says_what_may_be_seen(runbook):
    text = results_form(runbook, "ja", "+09:00")
    assert "# saw: bios_setup, booting, chkdsk, dark" in text


MISTAKES = [
    ({"worker": ""}, "worker must say who"),
    ({"worker": "x" * 81}, "1 to 80 characters"),
    ({"checker": "佐藤"}, "are the same"),
    ({"result": "OK"}, "result must be done, not_needed or failed"),
    ({"result": ""}, "worker is filled in and result is not"),
    ({"ended": ""}, "ended must be a time"),
    ({"ended": "22:15"}, "ended must be a time"),
    ({"ended": "2026-02-30 10:00"}, "ended must be a time"),
    ({"began": "2026-11-22 23:00"}, "ended before it began"),
    ({"step": "99-nothing"}, "the plan has no such step"),
    ({"step": "04-coserver2_look"}, "it is there twice"),
    ({"extra": "x"}, "extra is unknown"),
    ({"note": ["x"]}, "note must be a text"),
]


@pytest.mark.parametrize(("change", "sentence"), MISTAKES)
def test_a_mistake_is_one_sentence_that_names_the_place(runbook, planned, change, sentence):
    filled = form(runbook)
    rows = filled["hosts"][HOST]["steps"]
    rows[1].update(FILLED)
    rows[3].update(FILLED, **change)
    with pytest.raises(FormError, match=sentence) as refused:
        read(filled, planned)
    assert HOST in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "no table"),
        (b"[1, 2]", "no table"),
        (b"a: [", "no YAML"),
        (b"\xff\xfe", "no YAML"),
        (b"!!python/object/apply:os.system ['id']", "no table|no YAML"),
        (b"a: 1", "no results form"),
        (b"x" * 2_000_001, "larger than"),
    ],
)
def test_another_file_is_refused(planned, data, sentence):
    with pytest.raises(FormError, match=sentence):
        read_form(data, CHANGE, planned)


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("plan", "sha256:0", "not of CHG-1"),
        ("change", "CHG-2", "not of CHG-1"),
        ("utc_offset", "Tokyo", "utc_offset"),
        ("utc_offset", "+15:00", "utc_offset"),
        ("legacyops_results", "2", "no results form"),
        ("more", "x", "no results form"),
        ("hosts", [], "no table"),
        ("hosts", {"elsewhere": {}}, "elsewhere is not in the plan"),
        ("hosts", {HOST: []}, "no table"),
        ("hosts", {HOST: {"steps": "all"}}, "steps is no list"),
        ("hosts", {HOST: {"acceptance": {"result": "fine"}}}, "accepted or rejected"),
    ],
)
def test_the_form_of_another_plan_or_layout_is_refused(runbook, planned, key, value, sentence):
    with pytest.raises(FormError, match=sentence):
        read({**form(runbook), key: value}, planned)


@given(data=st.binary(max_size=400))
def test_no_file_makes_it_stumble(data):
    with pytest.raises(FormError):
        read_form(data, CHANGE, {"digest": "sha256:1", "hosts": {}})


def test_control_characters_of_the_form_stay_out_of_the_journal(runbook, planned):
    filled = form(runbook)
    filled["hosts"][HOST]["steps"][0].update(FILLED, note="a\x1b[2Jb")
    assert read(filled, planned).rows[0]["note"] == "a[U+001B][2Jb"
