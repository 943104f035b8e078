# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people say of an FT system becomes parts of its observation, as long as it counts."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.actions import answers_to
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.entry import Entry
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.ft.reported import (
    BOARD,
    fold,
    wrong_words,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.ft.update_checks import (
    update_state,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.observation import Observation
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.records import Step
from entry_double import entry
from step_double import planned

FORM = {
    "coserver1": {"access": "operator"},
    "coserver2": {"access": "relay"},
    "ftvirtual": {"access": "operator"},
    "windows_update": {"sha256": "aa" * 32},
    "vendor_fix": {"level": "V1.0L20", "steps": ["install coserver1", "restart coserver1"]},
}
SAID = {
    "by": "Sato",
    "utc": "2026-11-22T05:00:00Z",
    "coserver1": {
        "screen": "windows",
        "listed": {"KB890859": True},
        "uninstaller": {"KB890859": True},
        "fix_level": "",
        "restart_pending": False,
    },
    "power": {"coserver1": True, "coserver2": "off"},
    "board": "failed",
    "packages": ["windows_update"],
}


def step(number: int, action: str, **arguments: Any) -> Step:
    target = arguments.get("node") or arguments.get("coserver")
    return planned(f"{number:02d}-x", action, arguments=arguments, node=target)


OFF = step(1, "power", coserver="coserver1", state="off", way="at_post")
OUT = step(2, "update_exe", node="coserver1", operation="uninstall", update="KB890859")
LOOK = step(3, "operator_confirm", node="coserver2", ask="screen")
ENABLE = step(4, "virtual_server", name="virtual_server1", state="enabled")
FIX = step(5, "update_exe", node="coserver1", operation="install", update="fix")
LOG_ON = step(6, "operator_confirm", node="coserver1", ask="done")
RESTART = step(7, "restart", node="coserver1")
DOWN = step(8, "shutdown", node="ftvirtual")
STEPS = [OFF, OUT, LOOK, ENABLE, FIX, LOG_ON, RESTART, DOWN]


def confirmed(step: Step, saw: str | None, second: int, look: str = "") -> dict[str, Any]:
    utc = f"2026-11-22T06:00:{second:02d}Z"
    return {"step": step.id + look, "saw": saw, "name": "Suzuki", "utc": utc}


def began(step: Step, second: int) -> Entry:
    return entry("intent", step=step.id, utc=f"2026-11-22T06:00:{second:02d}Z")


def words(*confirmations: dict[str, Any], acts: Any = (), said: Any = SAID) -> dict[str, Any]:
    return fold(said, STEPS, confirmations, acts, FORM)  # type: ignore[arg-type]


def test_what_was_said_at_first():
    found = words()
    one = found["nodes"]["coserver1"]
    assert one["source"] == "operator"
    assert one["updates"] == {"KB890859": {"listed": True, "uninstaller": True}}
    assert one["reported"]["screen"] == {"value": "windows", "by": "Sato", "utc": SAID["utc"]}
    assert found["power"] == {"coserver1": "on", "coserver2": "off"}
    assert found["endurance"][0]["source"] == "operator Sato"
    assert found["packages"] == {"AA" * 32: {"by": "Sato"}}
    # Of a node that the relay reads nothing was said, so nothing is there.
    assert "coserver2" not in found["nodes"]


def test_the_checks_understand_it():
    observation = Observation("ft", "t", "operator", words())
    update = {"id": "KB890859", "files": {}}
    reading = update_state(observation, {"nodes": ["coserver1"], "update": update})
    assert reading.value == "installed"


def test_an_act_outdates_what_was_said_of_its_machine():
    found = words(acts=[began(OFF, 1)])
    assert "reported" not in found["nodes"]["coserver1"]
    assert found["power"] == {"coserver2": "off"}
    assert found["endurance"] == []


@pytest.mark.parametrize("act", [OFF, ENABLE, LOG_ON, RESTART, DOWN], ids=lambda s: s.action)
def test_what_moves_endurance_outdates_its_board(act):
    """Else a gate that comes after it would be passed by what was seen before it."""
    assert words()["endurance"]
    assert words(acts=[began(act, 1)])["endurance"] == []


@pytest.mark.parametrize("act", [OUT, LOOK, FIX], ids=lambda s: s.action)
def test_what_does_not_leaves_its_board(act):
    assert words(acts=[began(act, 1)])["endurance"] == words()["endurance"]


@pytest.mark.parametrize(("saw", "power"), [("dark", "off"), ("booting", "on")])
def test_what_a_person_saw_after_the_button(saw, power):
    found = words(confirmed(OFF, saw, 2), acts=[began(OFF, 1)])
    assert found["power"]["coserver1"] == power
    assert found["nodes"]["coserver1"]["reported"]["screen"]["value"] == saw


def test_a_start_is_told_from_the_one_before():
    on = step(1, "power", coserver="coserver1", state="on")
    form = {**FORM, "coserver2": {"access": "operator"}}
    records = [confirmed(on, "windows", 1)]
    tokens = {
        name: fold(SAID, [on], records, (), form)["nodes"][name]["system"]["starts_told"]  # type: ignore[list-item]
        for name in ("coserver1", "coserver2")
    }
    assert tokens["coserver1"] != words()["nodes"]["coserver1"]["system"]["starts_told"]
    assert tokens["coserver2"] == words()["nodes"]["ftvirtual"]["system"]["starts_told"]


@pytest.mark.parametrize(
    ("saw", "now", "counts"),
    [
        ("stop", "2026-11-22T06:09:00Z", True),
        ("stop", "2026-11-22T06:20:00Z", False),
        ("dark", "2026-11-29T06:00:00Z", True),
    ],
)
def test_a_screen_that_goes_on_by_itself_counts_for_minutes(saw, now, counts):
    records = [confirmed(LOOK, saw, 1)]
    nodes = fold(SAID, STEPS, records, (), FORM, now)["nodes"]  # type: ignore[arg-type]
    assert ("coserver2" in nodes) is counts


def test_the_next_act_in_the_same_second_still_outdates():
    found = words(confirmed(OFF, "dark", 1), acts=[began(OFF, 1), began(ENABLE, 1)])
    assert found["endurance"] == []
    assert found["power"]["coserver1"] == "off"


def test_a_removal_waits_for_its_restart():
    one = words(confirmed(OUT, "removed", 1))["nodes"]["coserver1"]
    assert one["updates"]["KB890859"] == {"listed": False, "uninstaller": False}
    assert one["restart_pending"] is True
    one = words(confirmed(OUT, "not_removed", 1))["nodes"]["coserver1"]
    assert one["updates"]["KB890859"]["listed"] is True


def test_a_fix_waits_for_the_restart_of_its_readme():
    one = words(confirmed(FIX, "installed", 1))["nodes"]["coserver1"]
    assert one["fix_level"] == {"text": "V1.0L20"}
    assert one["restart_pending"] is True


def test_a_look_tells_of_a_node_that_the_relay_reads():
    found = words(confirmed(LOOK, "stop", 1))["nodes"]["coserver2"]
    assert found == {
        "reported": {"screen": {"value": "stop", "by": "Suzuki", "utc": "2026-11-22T06:00:01Z"}}
    }


def test_a_look_at_the_board_besides_a_step():
    found = words(confirmed(OFF, "offline", 3, look="+board"), acts=[began(OFF, 1)])
    assert found["endurance"][0]["components"]["virtual_server1"] == {"state": "Offline"}


@pytest.mark.parametrize(("saw", "power"), [("windows", "on"), ("dark", "off"), ("stop", "on")])
def test_a_look_at_a_screen_besides_a_step(saw, power):
    found = words(confirmed(ENABLE, saw, 3, look="+coserver1"), acts=[began(OFF, 1)])
    assert found["nodes"]["coserver1"]["reported"]["screen"]["value"] == saw
    assert found["power"]["coserver1"] == power


def test_that_two_people_answer_for_an_act_tells_of_no_machine():
    assert words(confirmed(OFF, None, 3, look="+go")) == words()


def test_a_logon_starts_the_ftvirtual_server_and_touches_no_machine():
    """What was said of Endurance counts no more; once it runs, nothing waits for its restart."""
    said = {**SAID, "ftvirtual": {"screen": "dark"}}
    acts = [began(LOG_ON, 1)]
    found = words(confirmed(LOG_ON, None, 2), acts=acts, said=said)
    assert found["endurance"] == []
    assert "reported" not in found["nodes"]["ftvirtual"]
    assert found["nodes"]["coserver1"]["reported"]["screen"]["value"] == "windows"
    board = confirmed(LOG_ON, "light_green", 3, look="+board")
    later = confirmed(LOG_ON, "dark_green", 4, look="+board")
    found = words(confirmed(LOG_ON, None, 2), board, later, acts=acts, said=said)
    assert found["nodes"]["ftvirtual"]["restart_pending"] is False
    assert found["nodes"]["ftvirtual"]["system"] == {"starts_told": 1}


def test_virtual_server1_alone_carries_the_service():
    found = words(confirmed(ENABLE, "virtual_server1_only", 1))
    components = found["endurance"][0]["components"]
    assert components["virtual_server1"] == {"colour": "dark_green"}
    assert components["virtual_server2"] == {"state": "Failed"}
    assert found["nodes"]["ftvirtual"]["reported"]["screen"]["value"] == "windows"


def test_words_of_another_plan_mean_nothing():
    other = {**confirmed(OFF, "dark", 1), "step": "07-other"}
    assert words(other) == words()


def test_what_was_said_again_later_replaces_what_was_confirmed_before():
    later = {**SAID, "utc": "2026-11-22T07:00:00Z"}
    assert words(confirmed(OFF, "dark", 1), said=later) == words(said=later)


def test_each_answer_that_counts_is_one_that_may_be_given():
    for each in STEPS:
        choices, wanted = answers_to(each).choices, answers_to(each).good
        assert set(wanted) <= set(choices)
    assert set(answers_to(ENABLE).choices) == set(BOARD)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"by": ""}, "by is not given"),
        ({"utc": "yesterday"}, "utc must say when"),
        ({"coserver1": {"screen": "blue"}}, "coserver1.screen must be one of"),
        ({"coserver1": {"listed": {"KB890859": "yes"}}}, "listed.KB890859 must say true or false"),
        ({"coserver3": {}}, "coserver3 is unknown"),
        ({"board": "green"}, "board is 'green'"),
        ({"power": {"ftvirtual": "on"}}, "power must name CoServers"),
        ({"power": {"coserver1": "maybe"}}, "power.coserver1 must say on or off"),
        ({"packages": ["both"]}, "packages must be a list"),
    ],
)
def test_a_mistake_is_one_sentence(change, sentence):
    (found,) = wrong_words({**SAID, **change})
    assert sentence in found


def test_what_is_still_to_come_nobody_has_seen():
    (found,) = wrong_words(SAID, "2026-11-22T04:54:00Z")
    assert "2026-11-22T05:00:00Z, which is still to come (it is 2026-11-22T04:54:00Z)" in found
    assert wrong_words(SAID, "2026-11-22T04:56:00Z") == []  # a watch may be ahead


def test_without_mistakes():
    assert wrong_words(SAID) == []
    assert wrong_words(None) == []
