# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of FT systems: what was read, what is unknown, and what never counts as good."""

from __future__ import annotations

import copy
import itertools
from datetime import datetime, timedelta
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import checks
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.findings import (
    filled,
    scope_of,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.ft.machine_checks import (
    SCREENS,
    ft_identity,
    ft_wiring,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.ft.observed import (
    remember,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.observation import (
    UNKNOWN,
    Observation,
    facts,
    observation_digest,
)
from entry_double import entry
from hypothesis import given
from hypothesis import strategies as st
from start_signs import start


@pytest.fixture
def ask(kit, kb890859):
    """Return a function that asks a named check of the advisory."""

    def value(name: str, data: dict[str, Any], form: Any = None, **change: Any) -> Any:
        scope = scope_of(kb890859, {"ft_system": form or kit.ft_form()})
        [ref] = filled(kb890859, [{"ask": name, "is": 0}], scope)
        return checks.evaluate(ref, kit.ft_observation(data), kit.ft_context(**change)).value

    return value


# --- The update, by three signs -------------------------------------------------------------


def expected_state(keys: tuple[Any, Any], files: str, pending: Any) -> Any:
    """Return what the signs mean: the truth table, written down independently."""
    if True in keys and False in keys:
        return "disagree"
    if None in keys:
        return UNKNOWN
    if keys == (True, True):
        return "disagree" if files == "below" and pending is not True else "installed"
    if files == "below":
        return "absent"
    if files == "reached" and pending is True:
        return "absent_after_restart"
    return UNKNOWN


SIGNS = list(
    itertools.product(
        itertools.product((True, False, None), repeat=2),
        ("reached", "one_reached", "below", "one_unread", "unread"),
        (True, False, None),
    )
)


@pytest.mark.parametrize("windows", ["2003", "2000"])
@pytest.mark.parametrize(("keys", "files", "pending"), SIGNS)
def test_update_by_its_signs(kit, ask, windows, keys, files, pending):
    data = kit.ft_data(windows)
    node = data["nodes"]["coserver1"]
    node["updates"]["KB890859"].update(updates_key=keys[0], hotfix_key=keys[1])
    node["restart_pending"] = pending
    new, old = kit.FILES[windows], kit.OLD_FILES[windows]
    node["files"] = {
        "reached": new,
        "one_reached": {**old, "win32k.sys": new["win32k.sys"]},
        "below": old,
        "one_unread": {**old, "winsrv.dll": None},
        "unread": {},
    }[files]
    meant = {"one_reached": "reached"}.get(files, files)
    form = kit.ft_form(model="PGT20126F")
    assert ask("kb coserver1", data, form) == expected_state(keys, meant, pending)
    # However it is asked, what is not proven absent is not proven gone.
    gone = ask("gone coserver1", data, form)
    proven = expected_state(keys, meant, pending) in ("absent", "absent_after_restart")
    assert gone == ("proven" if proven else "not_proven")


def test_kernel_files_above_the_updates_without_its_keys_are_unknown(kit, ask):
    data = kit.ft_data()
    data["nodes"]["coserver1"]["files"] = dict.fromkeys(kit.FILES["2003"], "5.2.3790.999")
    assert ask("kb coserver1", data) is UNKNOWN
    assert ask("gone coserver1", data) == "not_proven"
    assert ask("kb all", data) is UNKNOWN


def test_one_node_with_the_update_outweighs_two_that_are_unknown(kit, ask):
    data = kit.ft_data(kb=("coserver2",))
    data["nodes"]["coserver1"] = data["nodes"]["ftvirtual"] = {"reachable": False}
    assert ask("kb all", data) == "installed"
    assert ask("kb coserver1", data) is UNKNOWN


@pytest.mark.parametrize(
    ("folder", "later", "expected"),
    [
        (True, [], "yes"),
        (False, [], "no_folder"),
        (False, None, "no_folder"),
        (True, [{"id": "KB999"}], "later_updates"),
        (True, None, UNKNOWN),
        (None, [], UNKNOWN),
    ],
)
def test_uninstallable(kit, ask, folder, later, expected):
    data = kit.ft_data(kb=True)
    node = data["nodes"]["coserver1"]
    node["updates"]["KB890859"]["uninstaller"] = folder
    node["later_updates"] = later
    assert ask("removable coserver1", data) == expected


def test_a_silent_node_is_judged_as_last_seen_and_anew_once_it_answers(kit, ask):
    before = kit.ft_observation(kit.ft_data(kb=True))
    data = kit.ft_data(kb=True)
    data["nodes"]["coserver2"] = {"reachable": False}
    later = remember(kit.ft_observation(data), before)
    assert ask("kb coserver2", later.data) == "installed"
    assert ask("kb_now coserver2", later.data) is UNKNOWN
    once_more = remember(kit.ft_observation(data), later)
    assert ask("kb coserver2", once_more.data) == "installed"
    data["nodes"]["coserver2"] = kit.ft_node("coserver2", kb=False)
    assert ask("kb coserver2", remember(kit.ft_observation(data), later).data) == "absent"
    assert "last_seen" not in before.data["nodes"]["coserver1"]


def asked_by(node: str, since: Any) -> dict[str, Any]:
    """Return the journal's entry of an installation that asked for a restart."""
    asked = {"required": True, "since": since, "signs": []}
    return entry("result", node=node, restart=asked)


def test_settled_means_that_no_restart_is_pending_or_owed(kit, ask):
    data = kit.ft_data()
    assert ask("clean both", data) == "proven"
    owed = [asked_by("coserver2", start(1))]
    assert ask("clean both", data, journal=owed) == "not_proven"
    assert ask("gone both", data, journal=owed) == "proven"
    system = data["nodes"]["coserver2"]["system"]
    system.update(start(1, up=900, clock=7200))
    assert ask("clean both", data, journal=owed) == "not_proven"
    system.update(start(2, clock=7200))
    assert ask("clean both", data, journal=owed) == "proven"
    system["start_record"] = None
    assert ask("clean both", data, journal=owed) == "not_proven"
    system.update(start(2))
    data["nodes"]["coserver2"]["restart_pending"] = None
    assert ask("clean both", data) == "not_proven"


@pytest.mark.parametrize(
    ("power", "expected"),
    [
        ({"state": "off", "followed": True, "wiring": "proven"}, "proven"),  # nothing is loaded
        ({"state": "off"}, "not_proven"),  # claimed
        ({"state": "on"}, "not_proven"),  # it need not have started anew
        ({"state": None}, "not_proven"),
    ],
)
def test_a_silent_node_has_settled_only_where_it_is_off(kit, ask, power, expected):
    data = kit.ft_data(power={"coserver2": {"driver": "ipmi", **power}})
    seen = {**kit.ft_node("coserver2"), "taken": "2026-11-22T05:00:00Z"}
    data["nodes"]["coserver2"] = {"reachable": False, "last_seen": seen}
    assert ask("clean both", data) == expected
    assert ask("gone coserver2", data) == "proven"


# --- Windows and the fix ----------------------------------------------------------------------

DECLARED = {"PGT20126F2": "2003", "PGT20126F": None}


@pytest.mark.parametrize("model", sorted(DECLARED))
@pytest.mark.parametrize(
    ("version", "pack", "expected"),
    [
        ("5.2.3790", 0, "2003"),
        ("5.2.3790", 1, "service_pack"),
        ("5.2.3790", 2, "service_pack"),
        ("5.0.2195", 4, "2000"),
        ("5.0.2195", 3, "2000"),
        ("5.0.2195", 2, "service_pack"),
        ("5.1.2600", 2, "other"),
        ("6.0.6002", 2, "other"),
        (None, 0, UNKNOWN),
        ("5.2.3790", None, UNKNOWN),
    ],
)
def test_windows(kit, ask, model, version, pack, expected):
    data = kit.ft_data()
    for node in data["nodes"].values():
        node["system"].update(version=version, service_pack=pack)
    if expected is UNKNOWN and DECLARED[model]:
        expected = DECLARED[model]  # the model number's word, where no node could be read
    if expected == "2000" and model.endswith("F2"):
        expected = "disagree"
    assert ask("windows", data, kit.ft_form(model=model)) == expected


def test_windows_of_three_nodes(kit, ask):
    form = kit.ft_form(model="PGT20126F")
    data = kit.ft_data("2000")
    data["nodes"]["ftvirtual"] = {"reachable": False}
    assert ask("windows", data, form) == "2000"
    data["nodes"]["ftvirtual"] = kit.ft_node("ftvirtual", "2003")
    assert ask("windows", data, form) == "disagree"
    assert ask("windows", kit.ft_data("2000"), {**form, "windows": "2003"}) == "disagree"
    nothing = kit.ft_data()
    nothing["nodes"] = {}
    assert ask("windows", nothing, form) is UNKNOWN
    assert ask("windows", nothing, {**form, "windows": "2000"}) == "2000"


@pytest.mark.parametrize(
    ("windows", "levels", "expected"),
    [
        ("2003", ("V1.0L10", "V1.0L10", "V1.0L10"), "reached"),
        ("2003", ("V1.0L9", "V1.0L10", "V1.0L20"), "below"),
        ("2003", ("", "V1.0L20", "V1.0L20"), "below"),
        ("2003", (None, "V1.0L20", "V1.0L20"), UNKNOWN),
        ("2003", (None, "V1.0L9", "V1.0L20"), "below"),
        ("2000", ("V1.0L30", "V1.0L40", "V1.0L40"), "below"),
        ("2000", ("V1.0L40", "V1.0L40", "V1.1L1"), "reached"),
        ("2003", ("garbage", "V1.0L20", "V1.0L20"), UNKNOWN),
    ],
)
def test_fix_level(kit, ask, windows, levels, expected):
    data = kit.ft_data(windows)
    for name, level in zip(kit.FT_NODES, levels, strict=True):
        data["nodes"][name]["fix_level"] = None if level is None else {"text": level}
    assert ask("fix all", data, kit.ft_form(model="PGT20126F")) == expected


def test_a_fix_of_the_other_line_is_unknown(kit, ask):
    data = kit.ft_data("2003")
    data["nodes"]["coserver1"]["fix_level"] = {"text": "V5 緊急修正#001 V1.0L40"}
    for name in ("coserver2", "ftvirtual"):
        data["nodes"][name]["fix_level"] = {"text": "V6 緊急修正 V1.0L20"}
    assert ask("fix all", data) is UNKNOWN


@pytest.mark.parametrize(
    ("windows", "level", "expected"),
    [
        ("2003", "V1.0L10", "too_low"),
        ("2003", "V1.0L20", "sufficient"),
        ("2000", "V1.0L39", "too_low"),
    ],
)
def test_package_level(kit, ask, windows, level, expected):
    form = kit.ft_form(model="PGT20126F")
    form["vendor_fix"]["level"] = level
    assert ask("fix_package", kit.ft_data(windows), form) == expected


@pytest.mark.parametrize(
    ("kb", "fix", "expected"),
    [(False, "", "yes"), (True, "", "no"), (True, "V1.0L20", "yes"), (True, None, UNKNOWN)],
)
def test_what_may_restart(kit, ask, kb, fix, expected):
    data = kit.ft_data(kb=kb, fix=fix or "")
    if fix is None:
        for node in data["nodes"].values():
            node["fix_level"] = None
    assert ask("may_start both", data) == expected


@pytest.mark.parametrize(
    ("pending", "fix", "colour", "expected"),
    [
        (False, "", "light_green", "not_due"),
        (None, "", "light_green", UNKNOWN),
        (True, "", "dark_green", "due"),  # a green icon proves no removal complete
        (True, "", "light_green", "due"),
        (True, "V1.0L20", "light_green", "due"),
        (True, "V1.0L20", "dark_green", "not_due"),  # the fix's own restart
        (True, None, "dark_green", UNKNOWN),
        (True, "V1.0L20", None, UNKNOWN),
    ],
)
def test_the_restart_that_ends_a_removal(kit, ask, pending, fix, colour, expected):
    data = kit.ft_data(fix=fix or "")
    node = data["nodes"]["ftvirtual"]
    node["restart_pending"] = pending
    if fix is None:
        node["fix_level"] = None
    for source in data["endurance"]:
        source["components"]["ftvirtual"] = {"state": None, "colour": colour}
    assert ask("removal_restart ftvirtual", data) == expected


# --- Power and phases -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "reachable", "power", "phase"),
    [
        ("off", False, "off", "off"),
        ("off", True, "conflict", "conflict"),
        ("off", None, UNKNOWN, "unseen"),
        ("on", False, "on", "unseen"),
        ("on", True, "on", "up"),
        (None, False, UNKNOWN, "unseen"),  # silence alone proves nothing
        (None, True, "on", "up"),
        ("odd", False, UNKNOWN, "unseen"),
        (None, None, UNKNOWN, "unseen"),
    ],
)
def test_power_is_off_only_where_the_driver_and_silence_agree(
    kit, ask, state, reachable, power, phase
):
    data = kit.ft_data()
    data["power"]["coserver2"]["state"] = state
    data["nodes"]["coserver2"] = {"reachable": reachable}
    assert ask("power coserver2", data) == power
    assert ask("phase coserver2", data) == phase


@pytest.mark.parametrize("screen", sorted(SCREENS))
def test_what_a_person_sees(kit, ask, screen):
    data = kit.ft_data()
    said = {"screen": {"value": screen, "by": "Sato", "utc": kit.NOW}}
    data["nodes"]["coserver2"] = {"reachable": False, "reported": said}
    phase = ask("phase coserver2", data)
    assert phase == ("unseen" if screen == "dark" else screen)
    assert phase not in ("up", "off")
    # A person's word needs a name, and a node that answers needs no word.
    data["nodes"]["coserver2"] = {"reachable": False, "reported": {"screen": {"value": screen}}}
    assert ask("phase coserver2", data) == "unseen"
    data["nodes"]["coserver2"] = kit.ft_node("coserver2", reported=said)
    assert ask("phase coserver2", data) == "up"


def test_a_system_without_any_network(kit, ask):
    data = kit.ft_data()
    for name in kit.FT_NODES:
        data["nodes"][name] = {
            "reachable": None,
            "source": "operator",
            "reported": {"screen": {"value": "windows", "by": "Sato", "utc": kit.NOW}},
            "updates": {"KB890859": {"listed": False}},
            "fix_level": {"text": "V6 緊急修正 V1.0L20"},
            "restart_pending": False,
        }
    form = kit.ft_form()
    assert ask("phase coserver1", data, form) == "up"
    assert ask("kb all", data, form) == "absent"
    assert ask("fix_runs all", data, form) == "reached"
    assert ask("health", data, form) == "healthy"
    data["nodes"]["coserver2"]["reported"]["screen"]["value"] = "dark"
    data["power"]["coserver2"]["state"] = "off"
    assert ask("power coserver2", data, form) == "off"


def test_the_peer_is_left_as_it_was(kit, ask):
    data = kit.ft_data()
    before = kit.ft_observation(copy.deepcopy(data))
    assert ask("power_kept coserver2", data, before=before) == "yes"
    data["power"]["coserver2"]["state"] = "off"
    data["nodes"]["coserver2"] = {"reachable": False}
    assert ask("power_kept coserver2", data, before=before) == "no"
    assert ask("power_kept coserver2", data) is UNKNOWN
    system = data["nodes"]["coserver1"]["system"]
    data["nodes"]["coserver2"] = kit.ft_node("coserver2")
    for step in (-7200, 2, 7200):
        system.update(start(1, up=900, clock=step))
        assert ask("not_restarted both", data, before=before) == "yes"
    system.update(start(2, clock=7200))
    assert ask("not_restarted both", data, before=before) == "no"
    system["start_record"] = None
    assert ask("not_restarted both", data, before=before) is UNKNOWN


@pytest.mark.parametrize(
    ("power", "cut", "shutdown"),
    [
        ({"driver": "operator"}, "proven", "proven"),
        ({"driver": "ipmi", "state": "on", "wiring": "proven"}, "proven", "proven"),
        ({"driver": "ipmi", "state": "on", "wiring": "wrong"}, "wrong", "wrong"),
        ({"driver": "ipmi", "state": None, "wiring": "wrong"}, "wrong", "wrong"),
        ({"driver": "ipmi", "state": None, "wiring": "proven"}, UNKNOWN, UNKNOWN),
        ({"driver": "ipmi", "state": "on"}, "unproven", "not_needed"),
        ({"driver": "ipmi"}, UNKNOWN, UNKNOWN),
        ({}, UNKNOWN, UNKNOWN),
    ],
)
def test_wiring(kit, ask, power, cut, shutdown):
    data = kit.ft_data(power={"coserver1": power})
    assert ask("wiring coserver1", data) == cut
    assert ask("wiring_shutdown coserver1", data) == shutdown


@pytest.mark.parametrize(
    ("shown", "screen", "expected"),
    [
        ({"followed": True, "wiring": "proven"}, None, ("off", "off")),
        ({"followed": True}, None, ("claimed_off", "unseen")),  # it may be the other's board
        ({"wiring": "proven"}, None, ("claimed_off", "unseen")),  # it may always say off
        ({}, None, ("claimed_off", "unseen")),
        ({}, "dark", ("off", "off")),
        ({"followed": True}, "dark", ("off", "off")),
        ({}, "stop", ("claimed_off", "stop")),
    ],
)
def test_an_off_that_nothing_proves_is_not_believed(kit, ask, shown, screen, expected):
    data = kit.ft_data(power={"coserver2": {"driver": "ipmi", "state": "off", **shown}})
    data["nodes"]["coserver2"] = {"reachable": False}
    if screen:
        data["nodes"]["coserver2"]["reported"] = {"screen": {"value": screen, "by": "Sato"}}
    assert (ask("power coserver2", data), ask("phase coserver2", data)) == expected


def test_a_driver_is_remembered_to_have_followed_its_machine(kit, ask):
    data = kit.ft_data(power={"coserver2": {"driver": "ipmi", "state": "on"}})
    first = remember(kit.ft_observation(data), None)
    data["power"]["coserver2"] = {"driver": "ipmi", "state": "off", "wiring": "proven"}
    data["nodes"]["coserver2"] = {"reachable": False}
    assert ask("power coserver2", data) == "claimed_off"
    assert ask("power coserver2", remember(kit.ft_observation(data), first).data) == "off"
    data["power"]["coserver2"]["driver"] = "command"  # another driver has shown nothing yet
    later = remember(kit.ft_observation(data), first)
    assert ask("power coserver2", later.data) == "claimed_off"


def rpc_node(kit, name="coserver2", **changed):
    """The record of a node whose WMI is dead, read over RPC."""
    node = kit.ft_node(name, kb=True, source="rpc", wmi_error="wmi: it fails", **changed)
    node["system"] |= dict.fromkeys(("start_record", "last_boot", "clock_utc", "machine_uuid"))
    return node


def test_a_node_that_only_rpc_reads_is_not_up(kit, ask):
    data = kit.ft_data(kb=True)
    data["nodes"]["coserver2"] = rpc_node(kit)
    assert ask("phase coserver2", data) == "unseen"
    assert ask("power coserver2", data) == "on"
    assert ask("kb_now coserver2", data) == "installed"
    assert ask("identity", data) == "as_named"
    assert ask("read_by", data) == "rpc"
    for screen, phase in (("hung", "hung"), ("windows", "up"), ("dark", "unseen")):
        said = {"screen": {"value": screen, "by": "Sato"}}
        data["nodes"]["coserver2"] = rpc_node(kit, reported=said)
        assert ask("phase coserver2", data) == phase


def test_a_node_that_answers_and_cannot_be_read_is_not_up_either(kit, ask):
    data = kit.ft_data()
    data["nodes"]["coserver2"] = {"reachable": True, "source": "wmi", "error": "wmi: x; rpc: y"}
    assert ask("phase coserver2", data) == "unseen"
    assert ask("read_by", data) == "unread"
    data["nodes"]["coserver2"] = {"reachable": False}
    assert ask("read_by", data) == "wmi"


def test_its_owed_restart_is_not_known_without_its_last_start(kit, ask):
    data = kit.ft_data()
    data["nodes"]["coserver2"] = rpc_node(kit)
    assert ask("pending coserver2", data) == "no"
    owed = [asked_by("coserver2", start(1))]
    assert ask("pending coserver2", data, journal=owed) is UNKNOWN


def test_the_events_of_list_3_are_found_by_rpc(kit, ask):
    dcom = "Unable to start a DCOM Server: {73E709EA-5D93-4B2E-BBB0-99B7938DA9E4}. The error: …"
    data = kit.ft_data(kb=True)
    data["nodes"]["coserver2"] = rpc_node(kit, events={"entries": [{"utc": "x", "text": dcom}]})
    assert ask("events", data) == "list_3"


def test_a_machine_is_remembered_by_the_uuid_that_it_told_last(kit):
    data = kit.ft_data(power={"coserver2": {"driver": "ipmi", "state": "on"}})
    data["nodes"]["coserver2"]["system"]["machine_uuid"] = "A"
    first = remember(kit.ft_observation(data), None)
    assert first.data["power"]["coserver2"]["machine_uuid"] == "A"
    for silent in ({"reachable": False}, {"reachable": True, "system": None}):
        data["nodes"]["coserver2"] = silent
        later = remember(kit.ft_observation(data), first)
        assert later.data["power"]["coserver2"]["machine_uuid"] == "A"
        assert list(later.data["power"]) == ["coserver2"]


def test_what_would_prove_the_wiring_is_in_the_evidence(kit, kb890859):
    power = {"driver": "ipmi", "state": "on", "wiring": None, "wiring_evidence": "read the peer"}
    observation = kit.ft_observation(kit.ft_data(power={"coserver1": power}))
    reading = ft_wiring(observation, {"node": "coserver1"})
    assert (reading.value, "read the peer" in reading.evidence) == ("unproven", True)


# --- Endurance --------------------------------------------------------------------------------

LIGHT = {"colour": "light_green"}
OFFLINE = {"state": "Offline"}


@pytest.mark.parametrize(
    ("one", "two", "ft_answers", "runs_on", "service"),
    [
        ("dark", "dark", True, "both", "runs"),
        ("dark", "fail", True, "virtual_server1", "runs"),
        ("fail", "dark", True, "virtual_server2", "runs"),
        ("dark", "light", True, "virtual_server1", "runs"),
        ("fail", "fail", False, "none", "down"),
        ("offline", "offline", False, "none", "down"),
        ("light", "fail", False, "starting", UNKNOWN),
        ("fail", "fail", True, UNKNOWN, "runs"),  # a contradiction
        ("dark", "fail", False, UNKNOWN, UNKNOWN),
        (None, "fail", False, UNKNOWN, UNKNOWN),
        ("dark", None, True, UNKNOWN, "runs"),
        (None, None, True, UNKNOWN, "runs"),
    ],
)
def test_where_the_ftvirtual_server_runs(kit, ask, one, two, ft_answers, runs_on, service):
    words = {"dark": kit.DARK, "fail": kit.FAIL, "light": LIGHT, "offline": OFFLINE, None: {}}
    data = kit.ft_data(endurance=kit.ft_endurance(words[one], words[two]))
    if not ft_answers:
        data["nodes"]["ftvirtual"] = {"reachable": False}
    assert ask("runs_on", data) == runs_on
    assert ask("service", data) == service


def test_sources_that_disagree_are_unknown(kit, ask):
    data = kit.ft_data()
    data["endurance"].append({"source": "command", "components": {"virtual_server2": kit.FAIL}})
    assert ask("component virtual_server2", data) is UNKNOWN
    assert ask("health", data) is UNKNOWN
    data["endurance"][1]["components"] = {"virtual_server2": {"state": "Good", "colour": "red"}}
    assert ask("component virtual_server2", data) is UNKNOWN


def test_health_needs_every_source_every_node_and_no_failure(kit, ask):
    assert ask("health", kit.ft_data()) == "healthy"
    assert ask("health", kit.ft_data(endurance=kit.ft_endurance(two=LIGHT))) == "not_healthy"
    assert ask("health", kit.ft_data(endurance=kit.ft_endurance(mirror2=LIGHT))) == "waiting"
    assert ask("health", kit.ft_data(endurance=[])) is UNKNOWN
    data = kit.ft_data()
    del data["endurance"][0]["components"]["ftvirtual"]
    assert ask("health", data) is UNKNOWN
    data = kit.ft_data()
    data["nodes"]["coserver2"] = {"reachable": False}
    assert ask("health", data) == "not_healthy"
    text = "CoServer1.MtcScp status: Virtual Server2 is failed."
    data = kit.ft_data()
    data["nodes"]["coserver1"]["events"] = {"entries": [{"utc": kit.NOW, "text": text}]}
    assert ask("health", data, step_began="2026-11-22T04:00:00Z") == "not_healthy"
    assert ask("health", data, step_began="2026-11-22T06:00:00Z") == "healthy"
    data["nodes"]["coserver1"]["events"] = None
    assert ask("health", data, step_began="2026-11-22T06:00:00Z") is UNKNOWN


@pytest.mark.parametrize("ahead", [-2, 0, 2])
@pytest.mark.parametrize(("minutes", "health"), [(-1, "healthy"), (1, "not_healthy")])
def test_a_failure_is_old_or_new_by_its_nodes_own_clock(kit, ask, ahead, minutes, health):
    """The step began ten minutes before it is looked; the node's clock is hours ahead or behind."""
    taken = datetime.fromisoformat(kit.NOW)
    began = taken - timedelta(minutes=10)
    skew = timedelta(hours=ahead)
    data = kit.ft_data()
    node = data["nodes"]["coserver1"]
    node["system"]["clock_utc"] = utc(taken + skew)
    logged = utc(began + skew + timedelta(minutes=minutes))
    text = "CoServer1.MtcScp status: Virtual Server2 is failed."
    node["events"] = {"entries": [{"utc": logged, "text": text}]}
    assert ask("health", data, step_began=utc(began)) == health


def utc(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_mirrors(kit, ask):
    assert ask("mirrors", kit.ft_data()) == "complete"
    assert ask("mirrors", kit.ft_data(endurance=kit.ft_endurance(mirror2=LIGHT))) == "copying"
    assert ask("mirrors", kit.ft_data(endurance=kit.ft_endurance(two=LIGHT))) == "copying"
    assert ask("mirrors", kit.ft_failed()) == "idle"
    assert ask("mirrors", kit.ft_data(endurance=[])) is UNKNOWN


# --- The rest ---------------------------------------------------------------------------------


def test_identity(kit, ask):
    data = kit.ft_data()
    assert ask("identity", data) == "as_named"
    one, two = data["nodes"]["coserver1"], data["nodes"]["coserver2"]
    data["nodes"].update(coserver1=two, coserver2=one)
    assert ask("identity", data) == "swapped"
    data = kit.ft_data()
    data["nodes"]["ftvirtual"]["system"]["computer_name"] = "ELSEWHERE"
    assert ask("identity", data) == "another"
    data["nodes"]["ftvirtual"]["system"]["computer_name"] = None
    assert ask("identity", data) is UNKNOWN


def test_identity_says_why_a_name_was_not_read(kit):
    data = kit.ft_data()
    data["nodes"]["ftvirtual"].update(system=None, error="deadline: no answer in 30 s")
    names = dict.fromkeys(("coserver1", "coserver2", "ftvirtual"), "ANY")
    reading = ft_identity(kit.ft_observation(data), {"names": names})
    assert reading.value is UNKNOWN
    assert reading.evidence.endswith("was not read (deadline: no answer in 30 s)")


def test_owner_and_relay(kit, ask):
    assert ask("owner", kit.ft_data()) == "ours"
    assert ask("owner", kit.ft_data(owner={"change": "CHG-1", "run": "2"})) == "another"
    assert ask("owner", kit.ft_data(owner={"free": True})) == "free"
    assert ask("owner", kit.ft_data(owner=None)) is UNKNOWN
    assert ask("relay", kit.ft_data()) == "ready"
    assert ask("relay", kit.ft_data(relay={"smb1": False, "rpc": True})) == "not_ready"
    assert ask("relay", kit.ft_data(relay={"smb1": None, "rpc": True})) is UNKNOWN
    assert ask("relay", kit.ft_data(relay=None)) is UNKNOWN


def test_a_digest_changes_with_the_state_and_not_with_the_clock(kit):
    plain = observation_digest(kit.ft_observation(kit.ft_data()))
    data = kit.ft_data()
    data["nodes"]["coserver1"]["system"]["start_record"] = 5000
    data["nodes"]["coserver1"]["events"] = {"entries": [{"utc": kit.NOW, "text": "x"}]}
    assert observation_digest(kit.ft_observation(data)) == plain
    assert observation_digest(kit.ft_observation(kit.ft_data(kb=True))) != plain


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


@given(st.data())
def test_a_lying_system_raises_nothing_and_is_never_better_than_unknown(kit, kb890859, drawn):
    data = kit.ft_data()
    path = drawn.draw(
        st.sampled_from([(part,) for part in data] + [("nodes", n) for n in kit.FT_NODES])
    )
    target = data
    for name in path[:-1]:
        target = target[name]
    junk = drawn.draw(JSON)
    target[path[-1]] = junk
    scope = scope_of(kb890859, {"ft_system": kit.ft_form()})
    observation: Observation = kit.ft_observation(data)
    for name in kb890859.data["questions"]:
        if name == "fix_do" or "$" in name:
            continue
        [ref] = filled(kb890859, [{"ask": name, "is": 0}], scope)
        checks.evaluate(ref, observation, kit.ft_context(before=observation))
    if path[0] == "nodes":
        [ref] = filled(kb890859, [{"ask": "health", "is": "healthy"}], scope)
        assert checks.evaluate(ref, observation, kit.ft_context()).holds is not True
    remember(observation, observation)


@pytest.mark.parametrize(("sign", "expected"), [(True, "some"), (False, "none"), (None, UNKNOWN)])
def test_an_update_that_the_site_names_by_one_key(kit, ask, sign, expected):
    """In its documented form it has no other key, and no files."""
    data = kit.ft_data()
    record = {"updates_key": None, "hotfix_key": sign, "uninstaller": None}
    for node in kit.FT_NODES:
        data["nodes"][node]["updates"]["KB000000"] = record
    update = {"id": "KB000000", "hotfix_key": r"SOFTWARE\HotFix\KB000000"}
    observation = kit.ft_observation(data)
    ref = {"check": "other_updates", "with": {"updates": [update]}, "is": "some"}
    assert checks.evaluate(ref, observation, kit.ft_context()).value == expected


@pytest.mark.parametrize(
    ("since", "accepted", "pending", "settled"),
    [
        (None, None, "yes", "not_proven"),
        (None, "Sato", "accepted", "proven"),
        # After a start since the update was changed, they have come back.
        (start(0), None, "returned", "proven"),
        (start(1), "Sato", "yes", "not_proven"),
    ],
)
def test_renames_that_come_back_on_a_node(kit, ask, since, accepted, pending, settled):
    data = kit.ft_data()
    node = data["nodes"]["coserver2"]
    node.update(file_renames=2, accepted={"renames": accepted})
    journal = [asked_by("coserver2", since)] if since else []
    assert ask("clean both", data, journal=journal) == settled
    assert ask("pending coserver2", data, journal=journal) == pending
    assert ask("pending coserver1", data, journal=journal) == "no"


def test_what_a_person_reported_is_no_fact_that_a_plan_is_bound_to(kit):
    data = kit.ft_data()
    said = {"screen": {"value": "windows", "by": "Sato", "utc": kit.NOW}}
    data["nodes"]["coserver2"] = {"reachable": None, "source": "operator", "reported": said}
    seen = Observation("ft01", kit.NOW, "operator", data)
    assert facts(seen)["nodes"]["coserver2"] == {}
