# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of whole nights: true to the journal, valid by its schema, inert."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import journal
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._report.kinds import board
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._report.report import build_report
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from legacyops_model.ft.site import HOST


@pytest.fixture(scope="session")
def schema(repository) -> Any:
    path = repository / "docs" / "report.schema.json"
    loaded = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(loaded)
    return loaded


def valid(report: dict[str, Any], schema: Any) -> dict[str, Any]:
    """Return the report once the schema and JSON itself have taken it."""
    jsonschema.Draft202012Validator(schema).validate(report)
    loaded: dict[str, Any] = json.loads(json.dumps(report))
    assert loaded == report
    return loaded


def kinds(report: dict[str, Any]) -> list[str]:
    return [each["kind"] for each in report["deviations"]]


def test_a_night_that_went_well(night, words, schema):
    report = valid(build_report(night().run().sources(advisories=words)), schema)
    assert report["outcome"] == "completed"
    assert report["deviations"] == []
    record = report["hosts"][HOST]
    assert record["remaining"] == []
    assert {step["outcome"] for step in record["steps"]} <= {"done", "already", "skipped"}
    assert report["summary"]["steps_over"] == report["summary"]["steps"] == len(record["steps"])
    cited = {clause for step in record["steps"] for clause in step["clause"]}
    assert cited <= set(report["clauses"]["kb890859_tx200ft"])
    assert "CoServer1 を起動します" in report["clauses"]["kb890859_tx200ft"]["2003-①"]["ja"]


def test_the_board_turns_dark_green(night, schema):
    report = valid(build_report(night().run().sources()), schema)
    told = {each["id"]: each for each in report["hosts"][HOST]["board"]["components"]}
    assert told["virtual_server1"]["before"] == {"class": "failed", "read": "Fail"}
    assert {each["after"]["class"] for each in told.values()} == {"healthy"}


def test_a_night_that_was_left_says_what_remains(night, schema):
    left = night().run(until="virtual_server1_enable")
    report = valid(build_report(left.sources()), schema)
    assert report["outcome"] == "not_completed"
    record = report["hosts"][HOST]
    assert record["remaining"][0].endswith("-virtual_server1_enable")
    assert kinds(report) == ["not_done"]
    assert record["board"]["after"]["utc"] == left.utc
    assert not record["service"]["back"]


def test_what_was_seen_before_the_change_began_is_not_its_end(night):
    report = build_report(night().sources())
    assert report["hosts"][HOST]["board"]["after"] is None


def test_nothing_has_happened_yet(night, schema):
    report = valid(build_report(night().sources()), schema)
    assert report["outcome"] == "not_begun"
    assert kinds(report) == []


@pytest.mark.parametrize("name", ["ft-s2", "ft-sp1"])
def test_systems_that_are_left_alone_have_no_steps(night, schema, name):
    report = valid(build_report(night(name).sources()), schema)
    record = report["hosts"][HOST]
    assert record["steps"] == []
    assert report["outcome"] == "nothing_to_do"
    assert record["status"] == ("left_alone" if name == "ft-sp1" else "nothing_to_do")


def test_another_way_to_switch_off_than_the_notices_is_told_but_not_in_red(night, schema):
    """The notice cuts at POST; a shutdown instead was approved with the plan."""
    report = valid(build_report(night(power_off="shutdown").run().sources()), schema)
    assert set(kinds(report)) == {"other_way"}
    assert report["outcome"] == "completed"
    assert all(each["planned"] for each in report["deviations"])


def test_no_approval_is_a_deviation(night, schema):
    told = night()
    told.approved = False
    report = valid(build_report(told.run().sources()), schema)
    assert kinds(report) == ["no_approval"]
    assert report["outcome"] == "completed_with_deviations"


def test_an_approval_of_another_plan_is_a_deviation(night, schema):
    other = {"digest": "sha256:0", "approved_by": "Suzuki"}
    assert kinds(build_report(night().sources(approval=other))) == ["other_approval"]


def test_an_altered_journal_is_reported_not_refused(night, schema):
    told = night().run()
    lines = [journal.to_line(entry) for entry in told.journal]
    del lines[5]
    altered = {HOST: journal.verify(lines)}
    report = valid(build_report(told.sources(journals=altered)), schema)
    assert "journal" in kinds(report)
    assert report["outcome"] == "completed_with_deviations"
    assert [each["whole"] for each in report["hashes"] if each["kind"] == "journal"] == [False]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)


@pytest.fixture(scope="module")
def noisy(night):
    """A journal with an entry of every kind."""
    told = night().run()
    told.note("deviation", what="window", operator="sato", reason="Fire.", differences=[])
    told.note("soak", status="failed", message="IMA stopped.")
    told.note("owner_broken", record={"user": "sato", "reason": "dead"})
    told.note("closed_unfinished", left_as="failed", message="Replaced next week.")
    told.note("confirmation", step=told.steps[0].id, confirmation={"name": "Sato"})
    told.note("transcribed", transcribed_step=told.steps[0].id, status="done", name="Sato",
              began=told.utc, ended=told.utc)  # fmt: skip
    told.note("acceptance", accepted=True, accepted_by="Ito", accepted_at=told.utc, note="")
    return told


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_whatever_is_written_into_a_journal_by_hand_there_is_a_report(noisy, schema, data):
    entries = [dict(entry) for entry in noisy.journal]
    entry = data.draw(st.sampled_from(entries))
    key = data.draw(st.sampled_from(sorted(set(entry) - {"seq", "prev", "hash"})))
    entry[key] = data.draw(JSON)
    altered = journal.verify(json.dumps(each) for each in entries)
    report = valid(build_report(noisy.sources(journals={HOST: altered})), schema)
    assert "journal" in kinds(report)


def test_a_torn_line_is_told(night, schema):
    told = night().run()
    lines = [journal.to_line(entry) for entry in told.journal]
    lines.append(lines[5][:40])
    report = valid(build_report(told.sources(journals={HOST: journal.verify(lines)})), schema)
    assert kinds(report) == ["torn"]


def noted(told: Any, kind: str, **body: Any) -> dict[str, Any]:
    """Return the report once one more entry was journalled."""
    told.note(kind, **body)
    return build_report(told.sources())


def test_a_failed_and_a_repeated_step_are_told(night):
    told = night().run(until="virtual_server1_enable")
    step = next(each for each in told.steps if each.name == "virtual_server1_enable")
    told.note("intent", step=step.id, interlocks=[])
    report = noted(told, "result", step=step.id, status="failed", reason="deadline",
                   message="It took too long.")  # fmt: skip
    assert kinds(report) == ["failed", "not_done"]
    assert report["deviations"][0]["detail"] == {
        "en": "It took too long.",
        "ja": "制限時間を超過",
    }
    assert {each["host"] for each in report["deviations"]} == {HOST}
    assert report["hosts"][HOST]["deviations"] == 2
    assert report["deviations"][0]["step"] == step.id
    told.note("intent", step=step.id, interlocks=[])
    told.at = told.at.replace(hour=23)
    report = noted(told, "result", step=step.id, status="ok", result={})
    assert kinds(report) == ["again", "overdue", "not_done"]


def test_an_override_and_an_earlier_plan_are_told(night):
    told = night().run()
    differs = {"what": {"en": "package"}, "path": "kb", "planned": "AA", "now": "BB"}
    told.note("deviation", what="plan_differs", operator="sato", reason="Fire.",
              differences=[differs])  # fmt: skip
    report = noted(told, "result", step="01-x", plan="sha256:1", status="ok", result={})
    assert kinds(report) == ["earlier_plan", "emergency_plan_differs"]
    assert report["deviations"][1]["detail"]["ja"] == "sato\nFire.\nkb: AA → BB"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("refused", {"reason": "plan_differs", "differences": []}),
        ("soak", {"status": "failed", "message": "IMA stopped."}),
        ("owner_broken", {"record": {"user": "sato", "reason": "The run is dead."}}),
        ("closed_unfinished", {"left_as": "failed", "message": "Replaced next week."}),
    ],
)
def test_what_runs_journal_besides_their_steps_is_told(night, schema, kind, body):
    report = valid(noted(night().run(), kind, **body), schema)
    assert kinds(report) == [kind]
    assert kind in [each["kind"] for each in report["hosts"][HOST]["timeline"]]


def test_a_closed_change_says_by_whom(night, schema):
    closing = {"closed_by": "Ito", "closed_at": "2026-11-22T13:00:00Z", "comment": "",
               "digest": "sha256:2"}  # fmt: skip
    report = valid(build_report(night().run().sources(closing=closing)), schema)
    assert report["closing"] == closing
    assert report["hashes"][-1]["value"] == "sha256:2"


def test_a_stop_is_told(night):
    assert "stopped" in kinds(build_report(night().sources(stopped="The manager called.")))


def test_a_step_outside_of_the_window_is_told(night):
    told = night()
    told.window = {"start": "2026-11-22T13:00:00+09:00", "end": "2026-11-22T15:00:00+09:00",
                   "warn_minutes": 30}  # fmt: skip
    report = build_report(told.run().sources())
    assert set(kinds(report)) == {"window"}
    late = [each["step"] for each in report["deviations"]]
    assert len(late) < len(told.steps)


def test_acceptance_by_the_owner_is_told(night, schema):
    told = night().run()
    word = {"accepted": False, "accepted_by": "田中", "accepted_at": "2026-11-22T13:00:00Z",
            "note": "Orders are missing.", "form": "sha256:1"}  # fmt: skip
    report = valid(noted(told, "acceptance", **word), schema)
    assert kinds(report) == ["rejected"]
    assert report["hosts"][HOST]["acceptance"]["by"] == "田中"


def test_hostile_texts_are_inert_in_the_json(hostile, hostile_sources, schema):
    report = valid(build_report(hostile_sources), schema)
    text = json.dumps(report, ensure_ascii=False)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    assert "A" * 5000 not in text
    assert hostile[:20] in text  # told, not hidden


def test_a_source_that_disagrees_makes_a_component_unknown(night):
    told = night()
    two = [
        {"source": "a", "components": {"ftvirtual": {"colour": "dark_green"}}},
        {"source": "b", "components": {"ftvirtual": {"state": "Failed"}}},
    ]
    seen = replace(told.observation, data={"endurance": two})
    shown = board(told.plan["hosts"][HOST]["settings"], seen, None)
    assert shown is not None
    lamp = next(each for each in shown["components"] if each["id"] == "ftvirtual")["before"]
    assert lamp == {"class": "conflict", "read": "dark green / Failed"}


def test_no_board_without_endurance(night):
    assert board({}, night().observation, None) is None
