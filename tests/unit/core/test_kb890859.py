# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The advisory on KB890859 laid beside the notice: cases, order, interlocks, words."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import entry_double
import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import plan as core
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.checks import CHECKS
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.decision import (
    decide,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.plan.file import written

LISTS = {
    "2003": "The Endurance Kernel Driver detected a failure.",
    "2000": (
        "CoServer1.MtcScp status: The Windows operating system on the active Virtual Server(s) has "
        "been shut down due to a system failure."
    ),
}
CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲"


@pytest.fixture
def planned(kit, kb890859):
    """Return a function that plans a system."""

    def plan(data: dict[str, Any], **form: Any) -> core.HostPlan:
        settings = {"ft_system": kit.ft_form(**form)}
        return core.plan_host(kb890859, settings, kit.ft_observation(data), kit.ft_context())

    return plan


def branch(plan: core.HostPlan) -> str:
    """Return the branch that was chosen, or the first blocker."""
    if plan.blocked:
        return "!" + next(f.id for f in plan.findings if f.severity == "blocker")
    ids = [f.id for f in plan.findings if f.id.startswith("branch_")]
    assert len(ids) == 1
    return ids[0].removeprefix("branch_")


# --- Which case is it? All models × Windows × states ------------------------------------------

F2 = ["PGT20124F2", "PGT20126F2", "PGT20127F2", "PGT20144F2", "PGT20146F2", "PGT20147F2"]
F2 += ["PGT20164F2", "PGT20166F2", "PGT20167F2"]
F = [model.removesuffix("2") for model in F2]
STATES = {
    ("runs", "none"): {"2003": "prevention_2003", "2000": "prevention_2000"},
    ("runs", "all"): {"2003": "latent_2003", "2000": "recovery_2000_running"},
    ("runs", "coservers"): {"2003": "latent_2003", "2000": "latent_2000_coservers"},
    ("runs", "ftvirtual"): {"2003": "!no_branch", "2000": "recovery_2000_running"},
    ("runs", "fixed"): {"2003": "protected_2003", "2000": "protected_2000"},
    ("down", "all"): {"2003": "recovery_2003", "2000": "recovery_2000_failed"},
    ("down", "coservers"): {"2003": "recovery_2003", "2000": "recovery_2000_failed"},
    ("down", "unreadable"): {
        "2003": "recovery_2003_by_events",
        "2000": "recovery_2000_failed_by_events",
    },
    ("down", "unreadable, no event"): {"2003": "!branch_unknown", "2000": "!branch_unknown"},
    ("down", "fixed"): {"2003": "!fix_unknown", "2000": "!fix_unknown"},
}


def state(kit, windows: str, service: str, what: str) -> dict[str, Any]:
    kb: Any = {"all": True, "fixed": True, "coservers": ("coserver1", "coserver2")}.get(what, False)
    kb = ("ftvirtual",) if what == "ftvirtual" else kb
    make = kit.ft_data if service == "runs" else kit.ft_failed
    data = make(windows, kb=kb, fix="V1.0L40" if what == "fixed" else "")
    if what == "unreadable":
        entries = [{"utc": kit.NOW, "text": LISTS[windows]}]
        data["nodes"]["coserver1"]["events"] = {"entries": entries}
    return data


@pytest.mark.parametrize("model", [*F2, *F, "TX150FT S2"])
@pytest.mark.parametrize(("windows", "case"), list(itertools.product(("2003", "2000"), STATES)))
def test_case(kit, planned, model, windows, case):
    plan = planned(state(kit, windows, *case), model=model)
    if model in F2 and windows == "2000":
        assert branch(plan) == "!windows_disagree"
        assert plan.steps == []
    elif model == "TX150FT S2":
        assert branch(plan) == "no_action"
        assert plan.steps == []
        assert [f.clause for f in plan.findings] == [["補足"]]
    else:
        assert branch(plan) == STATES[case][windows]
        assert bool(plan.steps) == (plan.blocked is None and case[1] != "fixed")


@pytest.mark.parametrize(
    ("change", "blocker"),
    [
        (lambda d, k: d["nodes"]["coserver1"]["system"].update(service_pack=1), "windows_disagree"),
        (
            lambda d, k: [n["system"].update(service_pack=2) for n in d["nodes"].values()],
            "outside_service_pack",
        ),
        (
            lambda d, k: [n.update(fix_level=None) for n in d["nodes"].values()],
            "fix_unknown",
        ),
        (
            lambda d, k: d["nodes"]["coserver2"]["updates"]["KB890859"].update(hotfix_key=True),
            "kb_disagrees",
        ),
        (
            lambda d, k: d["nodes"]["coserver2"]["files"].update({"win32k.sys": "5.2.3790.999"}),
            "branch_unknown",
        ),
        (lambda d, k: d.update(endurance=[]) or d["nodes"].update(ftvirtual={}), "branch_unknown"),
        (lambda d, k: d.update(relay=None), "relay_unknown"),
        (lambda d, k: d.update(owner={"change": "X", "run": "9"}), "owned_by_another"),
        (lambda d, k: d.update(packages={}), "fix_file_unknown"),
        (lambda d, k: d["power"]["coserver2"].update(state="off"), "power_conflict_2"),
        (
            lambda d, k: d["power"].update(coserver1={"driver": "ipmi", "wiring": "wrong"}),
            "wiring_wrong_1",
        ),
    ],
)
def test_what_blocks_a_healthy_system(kit, planned, change, blocker):
    data = kit.ft_data()
    change(data, kit)
    plan = planned(data)
    blockers = [f.id for f in plan.findings if f.severity == "blocker"]
    assert blocker in blockers
    assert plan.steps == []


def test_what_is_wrong_with_a_removal_is_found_before_anything_is_switched_off(kit, planned):
    data = kit.ft_failed()
    data["nodes"]["coserver2"]["updates"]["KB890859"]["uninstaller"] = False
    assert branch(planned(data)) == "!no_uninstall_folder"
    data = kit.ft_failed()
    data["nodes"]["coserver1"]["later_updates"] = [{"id": "KB999999"}]
    assert branch(planned(data)) == "!later_updates"
    assert branch(planned(kit.ft_failed(), accepted={})) == "!removal_unreadable"
    found = {f.id: f.severity for f in planned(kit.ft_failed()).findings}
    assert found["removal_unreadable_accepted"] == "warning"
    assert branch(planned(kit.ft_failed(), backups={})) == "!no_backups"


# --- The order, beside the notice -------------------------------------------------------------


def cited(plan: core.HostPlan, prefix: str) -> list[str]:
    """Return the circled numbers that a plan's steps cite, in order, repetitions in ⑦ included."""
    clauses = [clause for step in plan.steps for clause in step.clause]
    return [clause.removeprefix(prefix) for clause in clauses if clause.startswith(prefix)]


def first_mention(numbers: list[str]) -> str:
    return "".join(dict.fromkeys(n for n in numbers if n in CIRCLED))


@pytest.mark.parametrize(
    ("windows", "service", "what", "model", "prefix", "last"),
    [
        ("2003", "down", "all", "PGT20124F2", "2003-", "⑲"),
        ("2003", "down", "all", "PGT20124F", "2003-", "⑲"),
        ("2003", "runs", "all", "PGT20124F2", "2003-", "⑲"),
        ("2000", "runs", "all", "PGT20124F", "2000起動-", "⑥"),
        ("2000", "down", "all", "PGT20124F", "2000失敗-", "⑪"),
    ],
)
def test_the_plan_has_every_number_of_the_notice_in_its_order(
    kit, planned, windows, service, what, model, prefix, last
):
    plan = planned(state(kit, windows, service, what), model=model)
    expected = CIRCLED[: CIRCLED.index(last) + 1]
    assert first_mention(cited(plan, prefix)) == expected
    # ⑦ is ① to ⑥ on CoServer2, between ⑥ and ⑧.
    if "⑦" in expected and windows == "2003":
        names = [step.name for step in plan.steps]
        assert names.index("coserver1_off") < names.index("coserver2_uninstall")
        assert names.index("coserver2_off_again") < names.index("coserver1_on_again")


def test_the_latent_case_begins_with_a_downtime_of_ours(kit, planned):
    data = kit.ft_data(kb=True)
    for node in data["nodes"].values():
        node["restart_pending"] = True
    plan = planned(data)
    found = {f.id: f for f in plan.findings}
    assert found["latent"].title["en"].startswith("RESTART NOTHING")
    ours = [step.name for step in plan.steps if not step.clause]
    assert ours == ["shut_down_ftvirtual", "latent_coserver2_off", "latent_coserver1_off"]
    assert [step.name for step in plan.steps[:3]] == ours


def test_prevention_in_the_order_of_the_fixs_readme_then_the_update(kit, planned):
    fix = kit.ft_form()["vendor_fix"]
    nodes = ("coserver2", "coserver1", "ftvirtual")
    fix["steps"] = [f"{do} {node}" for do in ("install", "restart") for node in nodes]
    names = [(s.name, s.node) for s in planned(kit.ft_data(), vendor_fix=fix).steps]
    assert names == [
        ("fix_install", "coserver2"),
        ("fix_install", "coserver1"),
        ("fix_install", "ftvirtual"),
        ("fix_restart", "coserver2"),
        ("fix_gate", None),
        ("fix_restart", "coserver1"),
        ("fix_gate", None),
        ("fix_restart", "ftvirtual"),
        ("fix_gate", None),
        ("ftvirtual_kb", "ftvirtual"),
        ("ftvirtual_kb_restart", "ftvirtual"),
        ("ftvirtual_kb_gate", None),
        ("coserver1_kb", "coserver1"),
        ("coserver1_kb_restart", "coserver1"),
        ("coserver1_kb_gate", None),
        ("coserver2_kb", "coserver2"),
        ("coserver2_kb_restart", "coserver2"),
        ("coserver2_kb_gate", None),
    ]


def test_the_case_where_it_starts_never_touches_a_coservers_update(kit, planned):
    plan = planned(kit.ft_data("2000", kb=True), model="PGT20124F")
    assert {
        step.node
        for step in plan.steps
        if step.action == "update_exe" and step.arguments["update"] == "KB890859"
    } == {"ftvirtual"}
    assert not [step for step in plan.steps if step.action == "power"]


def test_resting_points(kit, planned):
    plan = planned(kit.ft_failed())
    resting = [step.name for step in plan.steps if step.resting_point]
    assert resting[:2] == ["ftvirtual_runs", "all_dark_green"]
    assert set(resting[2:]) == {
        "fix_gate",
        "ftvirtual_kb_gate",
        "coserver1_kb_gate",
        "coserver2_kb_gate",
    }


def test_what_only_becomes_readable_later_is_shown_both_ways(kit, planned):
    steps = {step.name: step for step in planned(kit.ft_failed()).steps}
    for name in ("coserver2_look", "coserver2_cut", "coserver1_cut", "ftvirtual_restart"):
        assert steps[name].conditional, name
    assert not steps["coserver1_uninstall"].conditional


# --- Interlocks (issue: at least these) ---------------------------------------------------------


def refs(step: dict[str, Any], key: str = "interlocks") -> list[tuple[str, Any, Any]]:
    """Return (check, its node or component, wanted) of a step's references."""
    found = []
    for ref in getattr(step, key):
        given = ref.get("with", {})
        about = (
            given.get("nodes") or given.get("node") or given.get("coserver") or given.get("name")
        )
        wanted = ref.get("is", ref.get("is_one_of"))
        found.append((ref["check"], "+".join(about) if isinstance(about, list) else about, wanted))
    return found


def every_step(kit, planned) -> list[dict[str, Any]]:
    data = [
        (kit.ft_failed(), "PGT20124F2"),
        (kit.ft_data(kb=True), "PGT20124F2"),
        (kit.ft_data(), "PGT20124F2"),
        (kit.ft_data("2000", kb=True), "PGT20124F"),
        (kit.ft_failed("2000"), "PGT20124F"),
        (kit.ft_data("2000"), "PGT20124F"),
    ]
    return [step for each, model in data for step in planned(each, model=model).steps]


def test_interlocks(kit, planned):
    peer = {"coserver1": "coserver2", "coserver2": "coserver1"}
    for step in every_step(kit, planned):
        held, given, target = refs(step), step.arguments, step.node
        assert ("change_state", None, "open") in held, step.name
        assert ("owner", None, "ours") in held, step.name
        if given.get("operation") == "install" and given["update"] == "KB890859":
            everywhere = "coserver1+coserver2+ftvirtual"
            assert ("fix_level", everywhere, "reached") in held, step.name
        if given.get("operation") == "uninstall" and target in peer:
            assert ("ft_power", peer[target], "off") in held, step.name
        if given.get("operation") == "uninstall":
            assert ("uninstallable", target, "yes") in held, step.name
            assert ("update_state", target, "installed") in held, step.name
        if step.action == "power" and given["state"] == "off":
            assert ("ft_mirrors", None, ["idle", "complete"]) in held, step.name
            assert ("ft_service", None, "down") in held, step.name
            wired = ["proven", "not_needed"] if given["way"] != "cut" else "proven"
            assert ("ft_wiring", target, wired) in held, step.name
            phases = [
                wanted for check, about, wanted in held if (check, about) == ("ft_phase", target)
            ]
            assert phases, step.name
            assert not {"chkdsk", "booting", "unseen"} & set(phases[0]), step.name
            assert ("ft_power_kept", peer[target], "yes") in refs(step, "expect"), step.name
        if step.action == "virtual_server":
            assert ("update_gone", "coserver1+coserver2", "proven") in held, step.name
            assert ("ft_phase", "coserver1", "up") in held, step.name
            assert ("ft_phase", "coserver2", "up") in held, step.name
        if given.get("name") == "virtual_server2":
            assert ("update_gone", "ftvirtual", "proven") in held, step.name
            assert ("ft_runs_on", None, "virtual_server1") in held, step.name
        if step.action == "restart" and target in peer:
            assert ("ft_health", None, "healthy") in held, step.name
            assert ("ft_mirrors", None, "complete") in held, step.name


def test_where_everything_is_unknown_every_step_is_refused(kit, planned):
    """Whatever a system tells, silence makes no step act."""
    for data in ({}, {"nodes": {n: {"reachable": False} for n in kit.FT_NODES}}):
        observation = kit.ft_observation(data)
        for step in every_step(kit, planned):
            decision = decide(step, observation, kit.ft_context())
            assert decision.action != "act", step.name


def test_each_single_unknown_refuses(kit, planned):
    """Of each step that would act, every interlock is needed: unknown alone refuses it."""
    plan = planned(kit.ft_data())
    [first] = plan.steps[:1]
    good = kit.ft_observation(kit.ft_data())
    assert decide(first, good, kit.ft_context()).action == "act"
    for part in ("owner", "endurance", "nodes", "packages"):
        data = kit.ft_data(**{part: None})
        seen = kit.ft_observation(data)
        assert decide(first, seen, kit.ft_context()).action == "refuse", part
    for change in ({"approved": False}, {"stopped": True}, {"window_open": False}):
        assert decide(first, good, kit.ft_context(**change)).action == "refuse"


# --- Words --------------------------------------------------------------------------------------


def test_a_person_is_told_the_notices_words_and_what_to_look_for(kit, planned, kb890859):
    for step in every_step(kit, planned):
        if step.action == "staged_package":
            continue
        assert step.instruction, step.name
        assert [w["clause"] for w in step.instruction] == [None, *step.clause]
        for words in step.instruction:
            assert words["en"]
            assert words["ja"]
            if words["clause"]:
                assert words["ja"] == kb890859.data["clauses"][words["clause"]]["ja"]
        assert step.contact, step.name
        assert step.seconds["expected"] <= step.seconds["longest"]
        assert step.by in ("relay", "operator")


def test_a_person_is_told_which_machine(kit, planned):
    """The notice's words may speak of the other node (⑦) or of more than the step (⑧, ⑲)."""
    title = {"coserver1": "CoServer1", "coserver2": "CoServer2", "ftvirtual": "FTvirtual Server"}
    for step in every_step(kit, planned):
        for ours in step.instruction[:1]:
            for text in (ours["en"], ours["ja"]):
                assert "{target}" not in text
                assert not step.node or title[step.node] in text, step.name


def test_a_plan_made_between_removal_and_restart_goes_on_with_the_restart(kit, planned):
    """Whatever the icon shows: that a removal is complete without it, no source says."""
    for windows, model in (("2003", "PGT20124F2"), ("2000", "PGT20124F")):
        data = kit.ft_data(windows, kb=("ftvirtual",))
        node = data["nodes"]["ftvirtual"]
        node["restart_pending"] = True
        node["updates"]["KB890859"].update(updates_key=False, hotfix_key=False)
        plan = planned(data, model=model)
        assert plan.steps[0].name == "ftvirtual_restart_running", branch(plan)
        assert not plan.steps[0].conditional


def test_who_acts(kit, planned):
    form = {"power_off": "shutdown"}
    form["coserver1"] = {**kit.ft_form()["coserver1"], "access": "operator"}
    ipmi = {"driver": "ipmi", "address": "192.0.2.21", "credentials": "bmc"}
    form["coserver2"] = {**kit.ft_form()["coserver2"], "power": ipmi}
    steps = {step.name: step.by for step in planned(kit.ft_failed(), **form).steps}
    assert steps["coserver2_off"] == "ipmi"
    assert steps["coserver1_off"] == "operator"
    assert steps["coserver1_uninstall"] == "operator"
    assert steps["coserver2_uninstall"] == "relay"
    assert steps["virtual_server1_enable"] == "operator"
    assert steps["coserver2_look"] == "operator"


def test_every_clause_of_the_procedures_is_carried_out(kb890859):
    data = kb890859.data
    used = set()
    for procedure in data["procedures"].values():
        used |= set(procedure["clause"])
        for entry in procedure["steps"]:
            for each in entry.get("steps", [entry]):
                used |= set(each["clause"])
    for kind in ("findings", "branches", "event_groups"):
        for each in data[kind]:
            used |= set(each.get("clause", []))
    for question in data["questions"].values():
        used |= set(question.get("clause", []))
    # The causes (3) are told, not carried out.
    assert set(data["clauses"]) - used <= {"2003-3", "2000-3"}


def test_no_knowledge_of_the_notice_stands_in_code():
    folder = Path(core.__file__).parents[1]
    told = re.compile(
        r"PGT\d|TX200|TX150|890859|V1\.0L[1-9]\d*\"|Mtc|ntoskrnl|3790|2195|5\.1\b.*KB"
    )
    for file in sorted([*folder.glob("*.py"), *folder.glob("plan/*.py")]):
        code = re.sub(r'""".*?"""', "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
        code = re.sub(r"#.*", "", code)
        assert not told.search(code), file.name


def test_only_registered_checks_are_used(kb890859):
    assert {each["check"] for each in kb890859.data["questions"].values()} <= set(CHECKS)


# --- The plan as a file ---------------------------------------------------------------------------


def test_a_plan_of_systems_and_its_verification(kit, planned):
    one = planned(kit.ft_failed())
    plan = core.make_plan([one], {"failure_budget": 0}, change="CHG1", created=kit.NOW)
    assert plan["waves"] == [["ft01"]]
    core.read_plan(written(plan))
    again = core.make_plan(
        [planned(kit.ft_failed())], {"failure_budget": 0}, change="CHG1", created="x"
    )
    assert core.same_plan(plan, again)
    steps = plan["hosts"]["ft01"]["steps"]
    steps[0] = replace(steps[0], interlocks=[])
    with pytest.raises(core.PlanError, match="altered"):
        core.read_plan(written(plan))


def test_what_a_run_asks_of_the_relay(kit, kb890859, planned):
    request = core.assess_request(kb890859, {"ft_system": kit.ft_form()})
    assert set(kit.FT_NODES) <= set(request["nodes"])
    assert [update["id"] for update in request["updates"]] == ["KB890859"]
    assert {file["path"] for file in request["files"]} == {
        r"C:\Hotfix\kb.exe",
        r"C:\Hotfix\fix.exe",
    }


def test_a_removal_of_an_earlier_run_is_joined(kit, planned):
    step = next(s for s in planned(kit.ft_failed()).steps if s.name == "coserver1_uninstall")
    data = kit.ft_failed()
    job = {"state": "running", "operation": "uninstall", "update": "KB890859"}
    data["nodes"]["coserver1"]["job"] = job
    observation = kit.ft_observation(data)
    assert decide(step, observation, kit.ft_context()).action == "resume"
    job["state"] = "finished"
    assert decide(step, observation, kit.ft_context()).action == "refuse"
    begun = kit.ft_context(journal=[entry_double.entry("intent", step=step.id)])
    assert decide(step, observation, begun).action == "resume"


def board(kit, planned, driver="command", **data):
    """Return the marks on the plan of a system whose board is asked by a site's command."""
    plan = planned({**kit.ft_data("2003"), **data}, endurance={"driver": driver, "status": ["x"]})
    return plan, [f for f in plan.findings if f.id == "refused_as_things_are"]


def test_a_board_that_says_nothing_to_be_read_is_marked_in_the_plan(kit, planned):
    garbage = {"endurance": [], "errors": {"endurance": "no state was recognised in the output"}}
    _plan, (mark,) = board(kit, planned, **garbage)
    assert mark.severity == "warning"
    assert "not known: all components are dark green" in mark.evidence[0]
    # A person who has the board before him is asked when the step comes.
    assert board(kit, planned, driver="operator", endurance=[])[1] == []


def test_a_mirror_copy_under_way_is_marked_in_the_plan(kit, planned):
    copying = kit.ft_endurance(mirror1={"state": "Transitioning"})
    plan, (mark,) = board(kit, planned, endurance=copying)
    assert plan.steps
    assert any("mirror" in text for text in mark.evidence)
    assert board(kit, planned)[1] == []


def test_a_system_with_a_node_that_only_rpc_reads_has_a_plan(kit, planned):
    """What a person will see on its screen is not foreseen: it may be cut, and comes up again."""
    data = kit.ft_failed()
    data["nodes"]["coserver2"] |= {"source": "rpc", "wmi_error": "wmi: it fails"}
    data["nodes"]["coserver2"]["system"]["boot_token"] = None
    plan = planned(data)
    assert branch(plan) == "recovery_2003"
    assert "read_by_rpc" in {finding.id for finding in plan.findings}
    names = [step.name for step in plan.steps]
    assert {"coserver2_look", "coserver2_cut", "coserver2_uninstall"} <= set(names)
