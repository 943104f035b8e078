# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registered checks, and how references to them are judged."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import checks
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.context import (
    NO_CHANGE,
    Context,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.observation import (
    UNKNOWN,
    Observation,
)
from entry_double import entry
from hypothesis import given
from hypothesis import strategies as st
from start_signs import start


def value(
    observation: Observation, check: str, context: Context = NO_CHANGE, **arguments: Any
) -> Any:
    """Return the value of a check."""
    return checks.read({"check": check, "with": arguments}, observation, context).value


# Checks whose value says by itself that nothing is proven.
NOT_PROVEN = {"modules_on_host": "not_asked", "ft_phase": "unseen", "update_gone": "not_proven"}


@pytest.mark.parametrize("check", sorted(checks.CHECKS))
@pytest.mark.parametrize("data", [{}, None])
def test_of_a_host_that_told_nothing_everything_is_unknown(check, data, kit):
    arguments = dict.fromkeys(checks.CHECKS[check].arguments, "x")
    arguments.update({k: [] for k in ("files", "hotfixes") if k in arguments})
    arguments.pop("declared", None)  # the inventory's word stands where no host was read
    observation = Observation.from_dict(
        {"host": "xa01", "taken": kit.NOW, "source": "test", "data": data}
    )
    if check in ("setting", "given"):
        return
    if check in NOT_PROVEN:
        assert value(observation, check, **arguments) == NOT_PROVEN[check]
        return
    assert value(observation, check, **arguments) is UNKNOWN


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


@given(st.data())
def test_a_lying_host_raises_nothing(kit, drawn):
    data = kit.data()
    for part in drawn.draw(st.sets(st.sampled_from(sorted(data)), min_size=1, max_size=3)):
        data[part] = drawn.draw(JSON)
    context = drawn.draw(st.sampled_from([NO_CHANGE, kit.context()]))
    observation = Observation("xa01", kit.NOW, "test", data)
    arguments: dict[str, Any] = {
        "file": kit.PACKAGE,
        "sha256": kit.HASH,
        "patch_code": kit.PATCH,
        "hotfixes": kit.settings()["hotfixes"],
        "name": "IMAService",
        "service": "IMAService",
        "files": [r"C:\*.dll"],
    }
    for name, check in checks.CHECKS.items():
        given_ = {k: v for k, v in arguments.items() if k in check.arguments}
        ref: Any = {"check": name, "with": given_, "is": object()}
        verdict = checks.evaluate(ref, observation, context)
        assert verdict.holds in (False, None)
        assert verdict.evidence.isprintable()


def test_a_required_argument_that_is_not_given_is_unknown(kit):
    assert value(kit.observation(), "package_on_hand", file=kit.PACKAGE, sha256=None) is UNKNOWN


@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        ({"is": 2}, True),
        ({"is": "2"}, False),
        ({"is_one_of": [1, 2]}, True),
        ({"is_one_of": []}, False),
        ({"at_most": 2}, True),
        ({"at_most": 1}, False),
        ({"at_least": 2}, True),
        ({"at_least": 3}, False),
        ({"at_least": None}, None),
        ({"is_unknown": True}, False),
        ({}, None),
    ],
)
def test_how_a_value_is_judged(kit, ref, expected):
    full = {"check": "setting", "with": {"value": 2}, **ref}
    assert checks.evaluate(full, kit.observation(), NO_CHANGE).holds is expected


@pytest.mark.parametrize("ref", [{"is": None}, {"is_one_of": [None]}, {"at_most": 9}, {}])
def test_unknown_holds_for_nothing_but_its_own_question(kit, ref):
    observation = Observation("xa01", kit.NOW, "test", {})
    asked: Any = {"check": "sessions", **ref}
    assert checks.evaluate(asked, observation, NO_CHANGE).holds is None
    unknown: Any = {"check": "sessions", "is_unknown": True}
    assert checks.evaluate(unknown, observation, NO_CHANGE).holds is True


def test_true_is_not_one(kit):
    ref: Any = {"check": "setting", "with": {"value": True}, "is": 1}
    assert checks.evaluate(ref, kit.observation(), NO_CHANGE).holds is False


@pytest.mark.parametrize(
    ("entry", "count"),
    [
        ({"state": 0, "user": "a", "name": "ICA#1"}, 1),
        ({"state": 4, "user": "a", "name": ""}, 1),
        ({"state": 1, "user": "", "name": "ICA#2"}, 1),  # somebody is logging on
        ({"state": 0, "user": "admin", "name": "Console"}, 1),
        ({"state": 1, "user": "", "name": "Console"}, 0),
        ({"state": 4, "user": "", "name": "Services"}, 0),
        ({"state": 6, "user": "", "name": "ICA-TCP"}, 0),
    ],
)
def test_what_counts_as_a_session(kit, entry, count):
    data = {**kit.data(), "sessions": {"drain_mode": 0, "logons_disabled": False, "list": [entry]}}
    assert value(Observation("x", kit.NOW, "t", data), "sessions") == count


@pytest.mark.parametrize(
    ("mode", "disabled", "method", "expected"),
    [
        (0, False, None, "enabled"),
        (1, False, None, "until_restart"),
        (2, False, None, "drained"),
        (0, True, None, "drained"),
        (0, None, None, UNKNOWN),
        (None, False, None, UNKNOWN),
        (0, False, "external", "external"),
        (2, False, "external", "drained"),
    ],
)
def test_logons(kit, mode, disabled, method, expected):
    data = {**kit.data(), "sessions": {"drain_mode": mode, "logons_disabled": disabled, "list": []}}
    assert value(Observation("x", kit.NOW, "t", data), "logons", method=method) == expected


@pytest.mark.parametrize(
    ("state", "expected"),
    [(1, "installed"), (2, "superseded"), (4, "superseded"), (8, "not_installed"), (None, UNKNOWN)],
)
def test_windows_installers_record_of_a_patch(kit, state, expected):
    data = {**kit.data(), "patches": [{"patch_code": kit.PATCH.lower(), "state": state}]}
    observation = Observation("x", kit.NOW, "t", data)
    assert value(observation, "patch_installed", patch_code=kit.PATCH) == expected


@pytest.mark.parametrize(
    ("root_update", "errors", "expected"),
    [
        ({"policy_value": None}, {}, "allowed"),
        ({"policy_value": 0}, {}, "allowed"),
        ({"policy_value": 1}, {}, "off"),
        ({"policy_value": None}, {"root_update": "denied"}, UNKNOWN),
        ({}, {}, UNKNOWN),
    ],
)
def test_root_update_policy(kit, root_update, errors, expected):
    data = {**kit.data(), "root_update": root_update, "errors": errors}
    assert value(Observation("x", kit.NOW, "t", data), "root_update_policy") == expected


@pytest.mark.parametrize(
    ("others", "argument", "expected"),
    [
        ([], None, -1),
        ([], "accept_outage", 100),
        ([True], None, 50),
        ([False], "accept_outage", -1),
        ([True, True, False], None, 50),
        ([False, None, False], None, -1),
        ([None, None, True, True], None, 40),
    ],
)
def test_capacity_is_who_was_seen_serving(kit, others, argument, expected):
    """Nobody else: neither who was not begun, nor who was not asked (None)."""
    places = {f"o{n}": {"serving": serving} for n, serving in enumerate(others)}
    context = kit.context("xa01", *places, places=places)
    found = value(kit.observation(), "capacity_percent", context, single_server_silo=argument)
    assert found == expected


def test_capacity_is_unknown_where_nobody_was_looked_at(kit):
    names = ("xa01", "xa02")
    context = kit.context(*names, places={key: {"serving": None} for key in names})
    assert value(kit.observation(), "capacity_percent", context) is UNKNOWN


def test_a_server_that_serves_nobody_takes_no_capacity_away(kit):
    names = ("xa01", "xa02")
    context = kit.context(*names, places={key: {"serving": False} for key in names})
    assert value(kit.observation(), "capacity_percent", context, only_if_serving=True) == 100
    assert value(kit.observation(), "capacity_percent", context) == -1


def test_an_ft_system_is_in_nobodys_silo(kit):
    places = {"ft01": {"in_silo": False}, "xa02": {"serving": False}}
    context = kit.context("xa01", "xa02", "ft01", places=places)
    assert value(kit.observation(), "capacity_percent", context) == -1


def test_failure_budget(kit):
    def budget(failed: Any = None, **changed: Any) -> Any:
        context = kit.context("xa01", "xa02", "xa03", places=failed, **changed)
        return value(kit.observation(), "failure_budget", context)

    failed = {"xa02": {"status": "failed"}}
    assert budget() == "unspent"
    assert budget(failed) == "spent"
    failed["xa01"] = {"status": "under_way"}
    assert budget(failed) == "spent_under_way"
    assert budget(failed, failure_budget=1) == "unspent"


def test_requests_are_merged(kit):
    refs: Any = [
        {"check": "signature", "with": {"file": r"C:\A.msp"}},
        {"check": "package_on_hand", "with": {"file": r"c:\a.MSP", "sha256": kit.HASH}},
        {"check": "service_state", "with": {"name": "IMAService"}},
    ]
    request = checks.request_for(refs)
    assert request["files"] == [{"path": r"C:\A.msp", "hash": True, "signature": True}]
    assert request["services"] == ["IMAService"]
    assert request["want"] == ["clock", "ima", "stores"]


def test_hostile_text_is_inert_in_evidence(kit):
    data = kit.data()
    data["services"]["IMAService"]["state"] = "\x1b[31mRunning\u202e" + "x" * 5000
    ref: Any = {"check": "service_state", "with": {"name": "IMAService"}, "is": "Running"}
    evidence = checks.evaluate(ref, Observation("x", kit.NOW, "t", data), NO_CHANGE).evidence
    assert evidence.isprintable()
    assert len(evidence) < 400


@pytest.mark.parametrize(
    ("free", "minimum", "size", "expected"),
    [
        (20_000_000_000, None, 1000, "enough"),
        (999, None, 1000, "short"),
        (0, None, None, "short"),
        (5_000_000, 100, 1000, "short"),
        (200_000_000, 100, None, "enough"),
        (5_000_000, None, None, UNKNOWN),  # nothing says how much is needed
        (None, 100, 1000, UNKNOWN),
        (True, 100, 1000, UNKNOWN),
    ],
)
def test_free_space_is_measured_by_the_package_and_the_sites_wish(
    kit, free, minimum, size, expected
):
    observation = kit.observation(disk={"system_drive": "C:", "free_bytes": free})
    observation.data["files"][kit.PACKAGE]["size"] = size
    found = value(observation, "free_space", file=kit.PACKAGE, minimum_mb=minimum)
    assert found is expected or found == expected


VALIDITY = {"not_before": "2006-11-08T00:00:00Z", "not_after": "2036-07-16T23:59:59Z"}


@pytest.mark.parametrize(
    ("utc", "expected"),
    [
        ("2026-11-22T05:00:00Z", "right"),
        ("2026-11-22T05:05:00Z", "right"),
        ("2026-11-22T04:55:00Z", "right"),
        ("2026-11-22T05:05:01Z", "off"),
        ("2025-11-22T05:00:00Z", "off"),
        ("2005-11-22T05:00:00Z", "outside_validity"),
        ("2037-01-01T00:00:00Z", "outside_validity"),
        ("yesterday", UNKNOWN),
        (None, UNKNOWN),
    ],
)
def test_the_clock_is_compared_with_the_controllers(kit, utc, expected):
    observation = kit.observation(clock={"utc": utc, "offset_minutes": 0})
    found = value(observation, "clock", tolerance_seconds=300, **VALIDITY)
    assert found is expected or found == expected


@pytest.mark.parametrize(
    ("ima", "expected"),
    [
        ({"currently_loading_plugin": "ImaRpc.dll"}, "named"),
        ({"currently_loading_plugin": ""}, "none"),
        ({"currently_loading_plugin": None}, "none"),
        (None, UNKNOWN),
    ],
)
def test_which_plugin_ima_was_loading(kit, ima, expected):
    found = value(kit.observation(ima=ima), "loading_plugin")
    assert found is expected or found == expected


# --- Restarts -------------------------------------------------------------------------------


def restarted(kit: Any, now: Any, told: Any, renames: int = 0, **pending: Any) -> Any:
    """What a check says of a server in a change whose journal tells this of its installations."""
    data = kit.data()
    data["system"].update(now)
    data["pending_restart"].update(file_renames=renames, **pending)
    journal = [] if told is None else [entry("result", restart=told)]
    context = kit.context(journal=journal)

    def ask(check: str, **arguments: Any) -> Any:
        return value(Observation("xa01", kit.NOW, "test", data), check, context, **arguments)

    return ask


def told(owed: Any = None, signs: Any = ()) -> dict[str, Any]:
    since = start(1) if owed is None else owed
    return {"required": owed is not None, "since": since, "signs": list(signs)}


@pytest.mark.parametrize("step", [-86_400, -2, 2, 86_400])
def test_a_restart_is_owed_whatever_is_done_to_the_clock(kit, step):
    asked = told(owed=start(1, up=3600))
    waiting = restarted(kit, start(1, up=4000, clock=step), asked)
    assert waiting("restart_owed") == waiting("pending_restart") == "yes"
    done = restarted(kit, start(2, clock=step), asked)
    assert done("restart_owed") == done("pending_restart") == "no"


@pytest.mark.parametrize("lost", [{"start_record": None}, {"start_record": 3}])
def test_what_cannot_be_told_is_no_restart(kit, lost):
    found = restarted(kit, {**start(2), **lost}, told(owed=start(1)))
    assert found("restart_owed") is found("pending_restart") is UNKNOWN
    unread = restarted(kit, start(2), told(owed={}))
    assert unread("restart_owed") is UNKNOWN


@pytest.mark.parametrize(
    ("now", "installed", "owed", "pending"),
    [
        # Before the change, and in it before an installation.
        (start(1), None, "no", "yes"),
        # They are there since the installation, which ended with 0.
        (start(1, up=900), told(), "yes", "yes"),
        # They have been there before it, or they came back after a start.
        (start(1, up=900), told(signs=["file_renames"]), "no", "returned"),
        (start(2), told(), "no", "returned"),
        (start(2), told(owed=start(1)), "no", "returned"),
    ],
)
def test_renames_that_come_back_ask_for_no_restart(kit, now, installed, owed, pending):
    found = restarted(kit, now, installed, renames=3)
    assert found("restart_owed") == owed
    assert found("pending_restart") == pending


def test_each_installation_has_a_restart_of_its_own(kit):
    """A later one that waits for a start makes no restart step of an earlier one due again."""

    def asks(now: Any, *installed: tuple[str, bool], **pending: Any) -> dict[str, Any]:
        data = kit.data()
        data["system"].update(now)
        data["pending_restart"].update(pending)
        journal = [
            entry("result", result={"update_id": name}, restart=told(start(1) if owed else None))
            for name, owed in installed
        ]
        seen, context = Observation("xa01", kit.NOW, "test", data), kit.context(journal=journal)
        names = ("KB1", "KB2", "")
        return {n: value(seen, "restart_owed", context, update=n.lower()) for n in names}

    still, anew = start(1, up=4000), start(2)
    assert asks(still, ("KB1", True)) == {"KB1": "yes", "KB2": "no", "": "yes"}
    assert asks(anew, ("KB1", True)) == {"KB1": "no", "KB2": "no", "": "no"}
    # The first asked for nothing; what waits now is the second one's.
    both = [("KB1", False), ("KB2", True)]
    waits = {"component_servicing": True}
    assert asks(still, *both, **waits) == {"KB1": "no", "KB2": "yes", "": "yes"}
    both = [("KB1", False), ("KB2", False)]
    assert asks(still, *both, **waits) == {"KB1": "no", "KB2": "yes", "": "yes"}
    both = [("KB1", True), ("KB2", False)]
    assert asks(still, *both) == {"KB1": "yes", "KB2": "no", "": "yes"}


@pytest.mark.parametrize(("now", "owed"), [(start(1, up=4000), "yes"), (start(2), "no")])
def test_a_result_that_was_lost_counts_as_asking_for_a_restart(kit, now, owed):
    """The run died after its installer's job was tidied up, and before it wrote what came of it."""
    data = kit.data()
    data["system"].update(now)
    journal = [entry("intent", step="01-install", installs="KB1", start=start(1))]
    seen, context = Observation("xa01", kit.NOW, "test", data), kit.context(journal=journal)
    assert value(seen, "restart_owed", context, update="KB1") == owed
    assert value(seen, "restart_owed", context, update="KB2") == "no"


def test_renames_are_accepted_by_name_and_nothing_else_is(kit):
    data = kit.data()
    data["pending_restart"].update(file_renames=3)
    ref: Any = {"check": "pending_restart", "with": {"accepted_by": "Sato"}}
    reading = checks.read(ref, Observation("xa01", kit.NOW, "test", data), kit.context())
    assert (reading.value, "accepted by Sato" in reading.evidence) == ("accepted", True)
    for sign in ("component_servicing", "windows_update"):
        more = restarted(kit, start(1), None, renames=3, **{sign: True})
        assert more("pending_restart", accepted_by="Sato") == "yes"
        unread = restarted(kit, start(1), None, renames=3, **{sign: None})
        assert unread("pending_restart", accepted_by="Sato") is UNKNOWN


def test_another_sign_that_stays_after_a_start_is_no_endless_restart(kit):
    found = restarted(kit, start(2), told(owed=start(1)), component_servicing=True)
    assert (found("restart_owed"), found("pending_restart")) == ("no", "yes")


@pytest.mark.parametrize("arguments", [{}, {"update": None}, {"update": ""}])
def test_a_job_of_no_update_is_unknown(kit, arguments):
    """A setting that is not given is null: no exception in an assessment."""
    check = checks.CHECKS["installer_job"]
    assert check.reads(arguments) == {}
    reading = check.run(Observation("xa01", kit.NOW, "test", {"jobs": {}}), arguments)
    assert (reading.value, reading.evidence) == (UNKNOWN, "not known of which update")


def test_what_a_check_needs_besides_its_subject():
    check = checks.CHECKS["installer_job"]
    assert check.needed({}) == ["update"]
    assert check.needed({"node": "coserver1"}) == ["operation"]
