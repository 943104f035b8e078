# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a server, and what happens to it while it is carried out."""

from __future__ import annotations

import copy
import dataclasses
import json
import re
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import plan as planning
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.advisory import (
    select_advisories,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.checks import (
    all_hold,
    evaluate,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.conditions import (
    condition,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.context import (
    NO_CHANGE,
    Context,
    Place,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.decision import (
    decide,
    remaining,
    return_step,
    unproven,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.findings import find
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.model import CoreError
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.observation import Observation
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.plan.file import written
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.text import plan_text
from entry_double import entry
from hypothesis import given
from hypothesis import strategies as st
from start_signs import start
from step_double import planned

FULL = [
    "drain_logons",
    "import_root",
    "prove_package_chain",
    "wait_for_sessions",
    "install_hotfix",
    "restart_server",
    "prove_ima",
    "prove_modules",
    "enable_logons",
]


def names(steps: Any) -> list[str]:
    """Return the steps' names."""
    return [step.name for step in steps]


def plan_of(kit: Any, advisory: Any, observation: Observation, **settings: Any) -> dict[str, Any]:
    """Return the plan file of one server, whose silo has only it."""
    chosen = kit.settings(single_server_silo="accept_outage", **settings)
    host_plan = planning.plan_host(advisory, chosen, observation)
    return planning.make_plan([host_plan], chosen, change="CHG1", created=kit.NOW)


def plans_of_a_silo(kit, advisory, **settings):
    """Return the plans of four servers alike; settings: by host, what is different there."""
    return [
        planning.plan_host(
            advisory,
            kit.settings(minimum_capacity_percent=0, **settings.get(host, {})),
            kit.observation(host, root=False),
        )
        for host in ("xa01", "xa02", "xa03", "xa04")
    ]


def test_the_sites_batches_make_the_waves(kit, ctx130025):
    batches = {host: {"batches": [1, "50%"]} for host in ("xa01", "xa02", "xa03", "xa04")}
    plan = planning.make_plan(
        plans_of_a_silo(kit, ctx130025, **batches), {}, change="CHG1", created=kit.NOW
    )
    assert plan["waves"] == [["xa01"], ["xa02", "xa03"], ["xa04"]]
    planning.read_plan(written(plan))


def test_a_silo_with_dead_servers_spares_nobody_and_the_plan_says_why(kit, ctx130025):
    down = kit.data(installed=True)
    down["services"]["IMAService"]["state"] = "Stopped"
    drained = kit.data(installed=True)
    drained["sessions"]["drain_mode"] = 2
    for there in (
        kit.observation("xa02", **down),
        kit.observation("xa02", **drained),
        Observation("xa02", kit.NOW, "unreachable", {"errors": {"system": "does not answer"}}),
    ):
        observations = [kit.observation("xa01", root=False), there]
        plans = [planning.plan_host(ctx130025, kit.settings(), seen) for seen in observations]
        plan = planning.make_plan(plans, {}, change="CHG-1", created=kit.NOW)
        assert "cannot spare" in plan["hosts"]["xa01"]["blocked"]
        assert all("xa01" not in wave for wave in plan["waves"])
        assert "xa02" in plan["hosts"]["xa01"]["findings"][0].evidence[0]
        planning.read_plan(written(plan))


@pytest.mark.parametrize("notice", ["ctx130025", "bare"])
def test_a_host_that_could_not_be_read_is_a_blocker_whatever_the_notice_says(
    kit, ctx130025, notice
):
    """In those words, and once, also where a notice asks for nothing that it could miss."""
    data = {"applies_to": {**ctx130025.data["applies_to"], "conditions": []}, "findings": []}
    bare = dataclasses.replace(ctx130025, data={**ctx130025.data, **data})
    unread = Observation("xa01", kit.NOW, "unreachable", {"errors": {"system": "does not answer"}})
    advisory = ctx130025 if notice == "ctx130025" else bare
    host_plan = planning.plan_host(advisory, kit.settings(), unread)
    assert [f.title["en"] for f in host_plan.findings] == ["The host could not be read"]
    assert host_plan.blocked == "The host could not be read"
    assert host_plan.findings[0].evidence == ["does not answer"]
    assert host_plan.steps == []


def of_another_update(kb890859, name="KB999999"):
    """Return a second notice about the same models: the same trouble, by another update."""
    data = copy.deepcopy(dict(kb890859.data))
    data["source"]["document"] = "another notice"
    data["defaults"]["update"] = {**data["defaults"]["update"], "id": name}
    return dataclasses.replace(kb890859, id="another", data=data)


def two_notices(kit, kb890859, data, named=None):
    """Return the plan of a system by the notice, and by one on an update that nobody has read."""
    another = of_another_update(kb890859)
    settings = {"ft_system": kit.ft_form(), "advisories": named}
    notices = select_advisories({"kb890859_tx200ft": kb890859, "another": another}, settings)
    observation = Observation("ft01", kit.NOW, "test", data)
    return planning.plan_notices(notices, settings, observation)


@pytest.mark.parametrize("named", [None, ["another"], ["kb890859_tx200ft"]])
def test_of_two_notices_the_one_whose_case_it_is_acts(kit, kb890859, named):
    """Whichever the inventory names: nothing is planned for an update that is not there."""
    data = kit.ft_failed()
    absent = {"updates_key": False, "hotfix_key": False, "uninstaller": False}
    for node in ("coserver1", "coserver2"):
        data["nodes"][node]["updates"]["KB999999"] = absent
        data["nodes"][node]["files"] = dict(kit.OLD_FILES["2003"])
        data["nodes"][node]["restart_pending"] = True
    host_plan = two_notices(kit, kb890859, data, named)
    assert host_plan.advisory["id"] == "kb890859_tx200ft"
    assert host_plan.blocked is None
    assert any("coserver1_uninstall" in step.id for step in host_plan.steps)


def test_two_notices_that_would_both_act_are_a_blocker_that_names_both(kit, kb890859):
    data = kit.ft_failed()
    for node in ("coserver1", "coserver2"):
        updates = data["nodes"][node]["updates"]
        updates["KB999999"] = updates["KB890859"]
    host_plan = two_notices(kit, kb890859, data)
    assert host_plan.steps == []
    assert "More than one notice would act here: another and kb890859_tx200ft" in host_plan.blocked


def test_nobody_is_patched_before_a_collector_of_the_zone_that_is_left_alone(kit, ctx130025):
    """Whoever has the newest IMA may take the zone over. A certificate takes nothing over."""
    role = {"farm_role": "most_preferred_data_collector"}
    unread = Observation("xa01", kit.NOW, "unreachable", {"errors": {"system": "no answer"}})
    zones = {"xa01": {**role, "zone": "e"}, "xa02": {"zone": "e"}, "xa03": {"zone": "w"}}
    seen = {
        "xa02": kit.observation("xa02", root=False),
        "xa03": kit.observation("xa03", root=False),
    }
    seen["xa04"] = kit.observation("xa04", root=False, installed=True)
    seen["xa01"] = unread
    plans = [
        planning.plan_host(ctx130025, kit.settings(**zones.get(host, {"zone": "e"})), seen[host])
        for host in sorted(seen)
    ]
    plan = planning.make_plan(plans, {}, change="CHG-1", created=kit.NOW)
    assert "data collector of its zone" in plan["hosts"]["xa02"]["blocked"]
    assert plan["waves"] == [["xa03", "xa04"]]


def restarting(ctx130025):
    """Return an advisory whose procedure restarts the server, and lets nobody back in."""
    data = copy.deepcopy(dict(ctx130025.data))
    data["steps"]["restart_server"].update(only_with=None, only_if=[])
    data["steps"]["restart_server"] = {
        k: v for k, v in data["steps"]["restart_server"].items() if v not in (None, [])
    }
    data["procedures"]["import_root"]["steps"] = [{"step": "restart_server", "clause": []}]
    return dataclasses.replace(ctx130025, data=data)


def test_a_step_that_restarts_a_server_takes_it_out_of_service(kit, ctx130025):
    advisory = restarting(ctx130025)
    hosts = ("xa01", "xa02", "xa03", "xa04")
    plans = [planning.plan_host(advisory, kit.settings(), kit.observation(h)) for h in hosts]
    assert [[step.name for step in plan.steps] for plan in plans] == [["restart_server"]] * 4
    assert planning.make_plan(plans, {}, change="CHG-1", created=kit.NOW)["waves"] == [
        ["xa01", "xa02"],
        ["xa03", "xa04"],
    ]
    (step,) = plans[0].steps
    mine = [ref for ref in step.interlocks if ref["check"] == "capacity_percent"]
    arguments = {"single_server_silo": None, "only_if_serving": True}
    own = {"check": "capacity_percent", "with": arguments, "at_least": 50}
    assert mine == [{**own, "name": "capacity_while_serving"}]


@pytest.mark.parametrize("odd", [{"batches": [1]}, {"soak_minutes": 5}])
def test_batches_are_one_for_the_whole_change(kit, ctx130025, odd):
    with pytest.raises(planning.PlanError, match="differs from host to host"):
        planning.make_plan(
            plans_of_a_silo(kit, ctx130025, xa03=odd), {}, change="CHG1", created=kit.NOW
        )


def finding_ids(host_plan: planning.HostPlan, severity: str | None = None) -> set[str]:
    """Return the ids of a plan's findings."""
    return {f.id for f in host_plan.findings if severity in (None, f.severity)}


def test_a_server_without_root_gets_the_whole_procedure(kit, ctx130025):
    host_plan = planning.plan_host(ctx130025, kit.settings(), kit.observation(root=False))
    assert host_plan.blocked is None
    assert names(host_plan.steps) == FULL
    assert [s.name for s in host_plan.steps if s.conditional] == ["restart_server"]
    assert {"package_root_missing", "root_absent"} <= finding_ids(host_plan, "warning")


def test_the_notices_check_stands_between_remedy_and_installation(kit, ctx130025):
    steps = planning.plan_host(ctx130025, kit.settings(), kit.observation(root=False)).steps
    clauses = [clause for step in steps for clause in step.clause if clause.startswith("対策2")]
    assert clauses == [f"対策2-{n}" for n in ("入手-1", "入手-2", *range(1, 8))]
    install = next(step for step in steps if step.name == "install_hotfix")
    asked = {ref["check"]: ref for ref in install.interlocks}
    assert asked["chain_on_host"]["with"] == {"file": kit.PACKAGE}
    assert asked["package_on_hand"]["with"] == {"file": kit.PACKAGE, "sha256": kit.HASH}


def test_a_server_with_root_needs_no_import(kit, ctx130025):
    host_plan = planning.plan_host(ctx130025, kit.settings(), kit.observation())
    assert names(host_plan.steps) == [name for name in FULL if name != "import_root"]
    assert "ready" in finding_ids(host_plan, "good")


def test_hotfix_in_but_root_gone_gets_only_the_root(kit, ctx130025):
    observation = kit.observation(root=False, installed=True)
    host_plan = planning.plan_host(ctx130025, kit.settings(), observation)
    assert names(host_plan.steps) == ["import_root", "prove_modules"]
    assert "next_start_fails" in finding_ids(host_plan, "warning")


def test_hotfix_in_root_gone_and_ima_down_is_started_after_the_root(kit, ctx130025):
    data = kit.data(root=False, installed=True)
    data["services"]["IMAService"]["state"] = "Stopped"
    observation = Observation("xa01", kit.NOW, "test", data)
    host_plan = planning.plan_host(ctx130025, kit.settings(), observation)
    assert names(host_plan.steps) == ["import_root", "start_ima", "prove_modules"]


def test_a_healthy_server_gets_nothing(kit, ctx130025):
    host_plan = planning.plan_host(ctx130025, kit.settings(), kit.observation(installed=True))
    assert host_plan.steps == []
    assert host_plan.blocked is None
    assert "healthy" in finding_ids(host_plan, "good")
    assert not finding_ids(host_plan, "warning")


def test_automatic_update_is_proven_by_the_chain(kit, ctx130025):
    chosen = kit.settings(remedy="automatic_update")
    host_plan = planning.plan_host(ctx130025, chosen, kit.observation(root=False))
    expected = ["allow_root_update" if name == "import_root" else name for name in FULL]
    assert names(host_plan.steps) == expected
    proof = host_plan.steps[2]
    assert proof.arguments == {"probe_chains": [kit.PACKAGE]}
    assert proof.expect[0]["check"] == "chain_on_host"


def test_an_unknown_remedy_is_one_sentence(kit, ctx130025):
    with pytest.raises(planning.PlanError, match=r"legacyops_remedy is 'pray'.*import_root"):
        planning.plan_host(ctx130025, kit.settings(remedy="pray"), kit.observation())


def test_two_hotfixes_are_installed_one_after_the_other(kit, ctx130025):
    second = {
        "id": "XAJ002",
        "package": r"C:\Hotfix\two.msp",
        "sha256": kit.HASH,
        "patch_code": kit.PATCH.replace("1", "9"),
    }
    chosen = kit.settings(hotfixes=[*kit.settings()["hotfixes"], second])
    data = kit.data()
    data["files"][second["package"]] = kit.file(kit.HASH)
    observation = Observation("xa01", kit.NOW, "test", data)
    steps = planning.plan_host(ctx130025, chosen, observation).steps
    per_hotfix = ["install_hotfix", "restart_server", "prove_ima"]
    assert names(steps)[4:10] == per_hotfix * 2
    assert [s.item for s in steps[4:10]] == ["XAJ001"] * 3 + ["XAJ002"] * 3
    data["patches"] = kit.data(installed=True)["patches"]
    steps = planning.plan_host(ctx130025, chosen, observation).steps
    assert [s.item for s in steps if s.name in per_hotfix] == ["XAJ002"] * 3


def _tampered(data: dict[str, Any], kit: Any) -> None:
    data["files"][kit.PACKAGE]["signature"]["hash_status"] = 0x80096010


def _unsigned(data: dict[str, Any], kit: Any) -> None:
    data["files"][kit.PACKAGE]["signature"] = {"state": "unsigned", "hash_status": 0x800B0100}


def _another_file(data: dict[str, Any], kit: Any) -> None:
    data["files"][kit.PACKAGE]["sha256"] = "CD" * 32


def _no_file(data: dict[str, Any], kit: Any) -> None:
    data["files"][kit.PACKAGE] = kit.missing()


def _no_timestamp(data: dict[str, Any], kit: Any) -> None:
    data["files"][kit.PACKAGE]["signature"]["timestamp"] = None


def _disallowed(data: dict[str, Any], kit: Any) -> None:
    data["stores"]["disallowed"] = [kit.G5]


def _another_signer(data: dict[str, Any], kit: Any) -> None:
    data["files"][kit.PACKAGE]["signature"]["signer"] = kit.cert("Somebody", "Nowhere")


def _windows_2003(data: dict[str, Any], kit: Any) -> None:
    data["system"]["version"] = "5.2.3790"


def _x86(data: dict[str, Any], kit: Any) -> None:
    data["system"]["architecture"] = "x86"


def _vista(data: dict[str, Any], kit: Any) -> None:
    data["system"]["product_type"] = 1


def _ima_down(data: dict[str, Any], kit: Any) -> None:
    data["services"]["IMAService"]["state"] = "Stopped"


def _no_ima(data: dict[str, Any], kit: Any) -> None:
    data["services"]["IMAService"] = {"exists": False}


def _pending(data: dict[str, Any], kit: Any) -> None:
    data["pending_restart"]["file_renames"] = 2


def _job(data: dict[str, Any], kit: Any) -> None:
    for job in data["jobs"]:
        data["jobs"][job] = {"exists": True, "state": 4, "last_result": 0x41301}


def _failed_job(data: dict[str, Any], kit: Any) -> None:
    for job in data["jobs"]:
        data["jobs"][job] = {"exists": True, "state": 3, "last_result": 1603, "last_run": "t"}


def _bad_module(data: dict[str, Any], kit: Any) -> None:
    data["files"][kit.MODULE]["signature"]["hash_status"] = 0x80096010


@pytest.mark.parametrize(
    ("fault", "finding"),
    [
        (_tampered, "package_tampered"),
        (_unsigned, "package_unsigned"),
        (_another_file, "package_differs"),
        (_no_file, "package_missing"),
        (_no_timestamp, "package_expired"),
        (_disallowed, "root_disallowed"),
        (_another_signer, "package_root_is_another"),
        (_windows_2003, "windows_version_does_not_fit"),
        (_x86, "architecture_does_not_fit"),
        (_vista, "windows_role_does_not_fit"),
        (_ima_down, "ima_down_before"),
        (_no_ima, "ima_missing"),
        (_pending, "pending_restart"),
        (_job, "installation_running"),
        (_failed_job, "installation_failed"),
        (_bad_module, "modules_not_valid"),
    ],
)
def test_a_blocker_leaves_no_steps(kit, ctx130025, fault, finding):
    data = kit.data()
    fault(data, kit)
    observation = Observation("xa01", kit.NOW, "test", data)
    host_plan = planning.plan_host(ctx130025, kit.settings(), observation)
    assert finding in finding_ids(host_plan, "blocker")
    assert host_plan.steps == []
    assert host_plan.blocked


@pytest.mark.parametrize("part", sorted(set("system clock stores patches services".split())))
@pytest.mark.parametrize("how", ["absent", "none", "wrong form"])
def test_an_unknown_part_blocks(kit, ctx130025, part, how):
    data = kit.data()
    data[part] = {"absent": None, "none": None, "wrong form": 7}[how]
    if how == "absent":
        del data[part]
    else:
        data["errors"][part] = "Access is denied."
    if part == "clock":  # needed where no timestamp proves the time
        data["files"][kit.PACKAGE]["signature"]["timestamp"] = None
    observation = Observation("xa01", kit.NOW, "test", data)
    assert planning.plan_host(ctx130025, kit.settings(), observation).blocked


def test_nothing_observed_blocks(kit, ctx130025):
    host_plan = planning.plan_host(
        ctx130025, kit.settings(), Observation("xa01", kit.NOW, "test", {})
    )
    assert host_plan.blocked
    assert not finding_ids(host_plan, "good")


def _places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return every place in nested data."""
    inner: list[tuple[Any, ...]] = []
    members = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, member in members:
        inner += [(*place, key), *_places(member, (*place, key))]
    return inner


@pytest.mark.parametrize("root", [True, False])
@pytest.mark.parametrize("installed", [True, False])
@pytest.mark.parametrize("absent", [True, False])
def test_an_unknown_never_becomes_good(kit, ctx130025, root, installed, absent):
    """Whatever single thing turns unknown, nothing holds that did not hold before."""
    data = kit.data(root=root, installed=installed)
    context = kit.context("xa01", "xa02")
    data["chains"] = {kit.PACKAGE: kit.chain(1)}
    data["sessions"].update(list=[{"id": 3, "state": 4, "user": "tanaka", "name": "ICA#1"}])
    before = Observation("xa01", kit.NOW, "test", data)
    steps = planning.plan_host(ctx130025, kit.settings(), kit.observation(root=False)).steps
    refs = {json.dumps(ref): ref for step in steps for ref in step.interlocks + step.expect}
    held = {key: evaluate(ref, before, context).holds is True for key, ref in refs.items()}
    found = find(ctx130025, kit.settings(), before, context)
    good = {f.id for f in found if f.severity == "good"}
    for place in _places(data):
        spoiled = copy.deepcopy(data)
        target: Any = spoiled
        for key in place[:-1]:
            target = target[key]
        target[place[-1]] = None
        if absent and isinstance(target, dict):
            del target[place[-1]]
        elif place[0] == "root_update":  # there None is a value; unknown is told by an error
            spoiled["errors"]["root_update"] = "Access is denied."
        after = Observation("xa01", kit.NOW, "test", spoiled)
        found = find(ctx130025, kit.settings(), after, context)
        assert {f.id for f in found if f.severity == "good"} <= good, place
        for key, ref in refs.items():
            assert held[key] or evaluate(ref, after, context).holds is not True, (place, ref)


class Server:
    """A server that does what each step is expected to do, and nothing else."""

    def __init__(self, kit: Any, data: dict[str, Any]) -> None:
        self.kit, self.data = kit, data
        self.journal: list[dict[str, Any]] = []

    def observe(self) -> Observation:
        return Observation("xa01", self.kit.NOW, "test", copy.deepcopy(self.data))

    def now(self) -> tuple[Observation, Context]:
        """What a step decides by."""
        return self.observe(), self.kit.context("xa01", "xa02", journal=tuple(self.journal))

    def probe(self) -> None:
        self.data["chains"] = {self.kit.PACKAGE: self.kit.chain(1 if self.has_root() else 0x10000)}

    def has_root(self) -> bool:
        return any(c["sha256"] == self.kit.G5_SHA256 for c in self.data["stores"]["root"])

    def act(self, step: dict[str, Any], *, restart: bool = False) -> None:
        name = step.name
        if name == "drain_logons":
            self.data["sessions"]["drain_mode"] = 2
        elif name == "wait_for_sessions":
            self.data["sessions"]["list"] = []
        elif name == "import_root":
            self.data["stores"]["root"].append(self.kit.G5)
        elif name == "install_hotfix":
            self.data["patches"] = [{"patch_code": self.kit.PATCH, "state": 1}]
            self.data["files"][self.kit.MODULE] = self.kit.file()
            self.data["pending_restart"]["file_renames"] = int(restart)
            asked = {"required": restart, "since": dict(self.data["system"]), "signs": []}
            self.journal.append(entry("result", restart=asked))
        elif name == "restart_server":
            self.data["pending_restart"]["file_renames"] = 0
            self.data["system"].update(start(60))
        elif name in ("start_ima", "prove_ima"):
            self.data["services"]["IMAService"]["state"] = "Running"
        elif name == "enable_logons":
            self.data["sessions"]["drain_mode"] = 0


@given(root=st.booleans(), installed=st.booleans(), restart=st.booleans(), die=st.integers(0, 20))
def test_carrying_the_plan_out_leaves_nothing(kit, ctx130025, root, installed, restart, die):
    """Every step is allowed in its turn and proven; a re-run at any moment goes on rightly."""
    server = Server(kit, kit.data(root=root, installed=installed))
    server.data["sessions"]["list"].append({"id": 5, "state": 0, "user": "tanaka", "name": "ICA"})
    plan = plan_of(kit, ctx130025, server.observe())
    acted: list[str] = []
    for _ in range(2):  # the first run dies after `die` steps, the second one goes on
        for step in remaining(plan, "xa01", *server.now()):
            if len(acted) == die:
                die = -1
                break
            server.probe()
            decision = decide(step, *server.now())
            if decision.action == "skip":
                continue
            assert decision.action == "act", decision.reason
            server.act(step, restart=restart)
            server.probe()
            assert unproven(step, *server.now()) == []
            acted.append(step.name)
    assert remaining(plan, "xa01", *server.now()) == []
    assert ("restart_server" in acted) == (restart and not installed)
    assert acted.count("install_hotfix") == (not installed)
    assert server.data["sessions"]["drain_mode"] == 0
    again = planning.plan_host(ctx130025, kit.settings(), *server.now())
    assert again.steps == []
    assert "healthy" in finding_ids(again)


def test_an_installation_under_way_is_joined_not_started(kit, ctx130025):
    plan = plan_of(kit, ctx130025, kit.observation())
    data = kit.data()
    _job(data, kit)
    data["sessions"]["drain_mode"] = 2
    data["installer"]["in_progress"] = True
    observation = Observation("xa01", kit.NOW, "test", data)
    steps = remaining(plan, "xa01", observation, kit.context())
    install = next(step for step in steps if step.name == "install_hotfix")
    assert decide(install, observation, kit.context()).action == "resume"


@pytest.mark.parametrize(
    ("last", "action"),
    [(None, "refuse"), ("intent", "resume"), ("result", "refuse")],
)
def test_a_result_is_collected_once_and_a_new_try_is_for_the_interlocks(
    kit, ctx130025, last, action
):
    step = _install_step(kit, ctx130025)
    data = kit.data()  # logons are on, so that the interlocks do not hold
    _failed_job(data, kit)
    journal = [entry("intent", step=step.id)]
    journal += [entry(last, step=step.id, status="failed")]
    context = kit.context("xa01", "xa02", journal=journal if last else ())
    decision = decide(step, Observation("xa01", kit.NOW, "test", data), context)
    assert decision.action == action


@pytest.mark.parametrize(("last", "remains"), [("intent", True), ("result", False)])
def test_a_result_that_nobody_took_remains_to_be_taken(kit, ctx130025, last, remains):
    plan = plan_of(kit, ctx130025, kit.observation())
    step = _install_step(kit, ctx130025)
    data = kit.data(installed=True)
    _failed_job(data, kit)  # ended, however
    journal = [entry(last, step=step.id, status="ok")]
    observation = Observation("xa01", kit.NOW, "test", data)
    left = remaining(plan, "xa01", observation, kit.context(journal=journal))
    assert ("install_hotfix" in names(left)) is remains


def test_a_restart_asked_for_by_3010_is_owed_until_the_server_restarted(kit, ctx130025):
    plan = plan_of(kit, ctx130025, kit.observation())
    data = kit.data(installed=True)
    data["sessions"]["drain_mode"] = 2
    data["system"].update(start(1))
    asked = {"required": True, "since": start(1), "signs": []}
    journal = [entry("result", restart=asked)]
    now = (Observation("xa01", kit.NOW, "test", data), kit.context(journal=journal))
    left = remaining(plan, "xa01", *now)
    assert names(left) == ["restart_server", "prove_ima", "enable_logons"]
    data["system"].update(start(1, up=900, clock=2))  # the clock was set, and nothing else
    assert names(remaining(plan, "xa01", *now)) == names(left)
    data["system"].update(start(2))
    data["pending_restart"]["file_renames"] = 3  # and something puts renames back at each start
    left = remaining(plan, "xa01", *now)
    assert names(left) == ["prove_ima", "enable_logons"]


def test_ima_running_right_after_the_installation_is_no_proof_that_it_stays(kit, ctx130025):
    plan = plan_of(kit, ctx130025, kit.observation())
    data = kit.data(installed=True)
    data["sessions"]["drain_mode"] = 2
    now = (Observation("xa01", kit.NOW, "test", data), kit.context())
    assert "prove_ima" in names(remaining(plan, "xa01", *now))
    data["sessions"]["drain_mode"] = 0
    assert names(remaining(plan, "xa01", *now)) == []


def _probed(kit: Any, status: int = 1) -> dict[str, Any]:
    data = kit.data()
    data["sessions"].update(drain_mode=2, list=[])
    data["chains"] = {kit.PACKAGE: kit.chain(status)}
    return data


def _install_step(kit: Any, advisory: Any) -> Any:
    steps = planning.plan_host(advisory, kit.settings(), kit.observation()).steps
    return next(step for step in steps if step.name == "install_hotfix")


def test_the_installation_is_allowed_when_every_interlock_holds(kit, ctx130025):
    observation = Observation("xa01", kit.NOW, "t", _probed(kit))
    context = kit.context("xa01", "xa02")
    decision = decide(_install_step(kit, ctx130025), observation, context)
    assert decision.action == "act", decision.reason


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d, c: d["chains"].clear(),
        lambda d, c: d.pop("chains"),
        lambda d, c: next(iter(d["chains"].values())).update(status=0x10000),
        lambda d, c: d["files"].clear(),
        lambda d, c: next(iter(d["files"].values())).update(sha256="00"),
        lambda d, c: d["sessions"].update(drain_mode=0),
        lambda d, c: d["sessions"].update(drain_mode=1),
        lambda d, c: d["sessions"].update(list=None),
        lambda d, c: d["sessions"]["list"].append({"id": 3, "state": 4, "user": "x", "name": ""}),
        lambda d, c: d["pending_restart"].update(windows_update=True),
        lambda d, c: d["pending_restart"].update(windows_update=None),
        lambda d, c: d["installer"].update(in_progress=True),
        lambda d, c: d["services"]["IMAService"].update(state="Start Pending"),
        lambda d, c: c.update(approved=False),
        lambda d, c: c.update(stopped=True),
        lambda d, c: c.update(window_open=False),
        lambda d, c: c.update(places={"xa02": {"status": "failed"}}),
        lambda d, c: c.update(places={"xa02": {"serving": False}}),
        lambda d, c: c.update(places={"xa02": {"wave": -1}}),
        lambda d, c: c.update(hosts={"xa02": Place(wave=0, serving=True)}),
        lambda d, c: c.update(change=None),
        lambda d, c: c.update(failure_budget=None),
        lambda d, c: d.pop("owner"),
        lambda d, c: d.update(owner={"free": True}),
        lambda d, c: d["owner"].update(run="controller:2"),
        lambda d, c: d["owner"].update(change="CHG-2"),
        lambda d, c: c.update(run=None),
        lambda d, c: d["system"].update(computer_name="XA02"),
        lambda d, c: d["system"].pop("computer_name"),
        lambda d, c: c.update(computer_name=None),
    ],
)
def test_one_interlock_refuses_the_installation(kit, ctx130025, spoil):
    data: dict[str, Any] = _probed(kit)
    changed: dict[str, Any] = {}
    spoil(data, changed)
    observation = Observation("xa01", kit.NOW, "test", data)
    context = kit.context("xa01", "xa02", **changed)
    decision = decide(_install_step(kit, ctx130025), observation, context)
    assert decision.action == "refuse"
    assert decision.reason


def test_after_the_installation_stop_lets_a_server_be_proven_but_not_by_another_run(kit, ctx130025):
    """What the advisory takes away is the change's state, and nothing else."""
    steps = planning.plan_host(ctx130025, kit.settings(), kit.observation()).steps
    for step in (step for step in steps if step.without_brakes):
        assert step.without_brakes.keys() == {"change", "failure_budget"}, step.id
        for spoil, allowed in (
            ({"stopped": True, "window_open": False}, True),
            ({"approved": False}, False),
            ({"run": "controller:2"}, False),
        ):
            context = kit.context("xa01", "xa02", **spoil)
            observation = Observation("xa01", kit.NOW, "test", kit.data(installed=True))
            mine = {"change_state", "failure_budget", "owner", "identity"}
            brakes = [ref for ref in step.interlocks if ref["check"] in mine]
            assert all_hold(brakes, observation, context) is allowed, (step.id, spoil)


@pytest.mark.parametrize(
    ("language", "said"), [("en", "without the brakes:"), ("ja", "適用しない制限:")]
)
def test_the_plan_shows_what_brakes_are_off_and_why(kit, ctx130025, language, said):
    text = " ".join(
        plan_text(plan_of(kit, ctx130025, kit.observation(root=False)), language).split()
    )
    reason = ctx130025.data["steps"]["prove_ima"]["without_brakes"]["change"][language]
    assert f"{said} change, failure_budget" in text
    assert "".join(reason.split()) in "".join(text.split())


def test_a_step_without_a_brake_and_without_a_reason_is_no_plan(kit, ctx130025):
    plan = plan_of(kit, ctx130025, kit.observation(root=False))
    steps = plan["hosts"]["xa01"]["steps"]
    step, whole = steps[0], steps[0].interlocks
    for number, ref in enumerate(whole[:3]):
        fewer = whole[:number] + whole[number + 1 :]
        steps[0] = dataclasses.replace(step, interlocks=fewer)
        plan["digest"] = planning.plan_digest(plan)
        asked = re.escape(condition(ref)["en"])
        with pytest.raises(planning.PlanError, match=f"does not ask whether {asked}, and"):
            planning.read_plan(written(plan))


def test_a_host_under_way_may_go_back_to_service_when_the_budget_is_spent(kit, ctx130025):
    plan = plan_of(kit, ctx130025, kit.observation())
    places = {"xa01": {"status": "under_way"}, "xa02": {"status": "failed"}}
    context = kit.context("xa01", "xa02", places=places)
    observation = Observation("xa01", kit.NOW, "test", _probed(kit))
    install = next(s for s in plan["hosts"]["xa01"]["steps"] if s.name == "install_hotfix")
    assert decide(install, observation, context).action == "refuse"
    assert install.on_refusal == "return_to_service"
    back = return_step(plan, "xa01")
    assert back is not None
    assert decide(back, observation, context).action == "act"


def test_the_plan_is_deterministic_and_verifies(kit, ctx130025):
    one = plan_of(kit, ctx130025, kit.observation(root=False))
    two = plan_of(kit, ctx130025, kit.observation(root=False))
    assert one == two
    planning.read_plan(written(one))


@given(st.data())
def test_an_altered_plan_is_refused(kit, ctx130025, drawn):
    plan = written(plan_of(kit, ctx130025, kit.observation(root=False)))
    place = drawn.draw(st.sampled_from(_places(plan)))
    target: Any = plan
    for key in place[:-1]:
        target = target[key]
    if target[place[-1]] == "altered":
        return
    target[place[-1]] = "altered"
    with pytest.raises(planning.PlanError, match="new plan"):
        planning.read_plan(plan)


@pytest.mark.parametrize(
    "plan",
    [None, [], {}, {"format": 4}, {"format": 5}, {"format": 5, "hosts": 3, "parts": {}}],
)
def test_what_is_no_plan_is_refused(plan):
    with pytest.raises(planning.PlanError, match="new plan"):
        planning.read_plan(plan)


VOLATILE = [
    lambda d: d["clock"].update(utc="2027-01-01T00:00:00Z"),
    lambda d: d["system"].update(last_boot="2027", start_record=9),
    lambda d: d["sessions"]["list"].append({"id": 9, "state": 0, "user": "u", "name": "ICA"}),
    lambda d: d["root_update_events"].append({"id": 8, "utc": "2027"}),
    lambda d: d["services"]["IMAService"].update(process_id=77),
    lambda d: d.update(disk={"system_drive": "C:", "free_bytes": 5_000_000_000}),
]
MATTERS = [
    lambda d: d["stores"]["root"].pop(),
    lambda d: d["patches"].append({"patch_code": "{X}", "state": 1}),
    lambda d: d["system"].update(version="6.0.6001"),
    lambda d: next(iter(d["files"].values())).update(sha256="00" * 32),
    lambda d: d["services"]["IMAService"].update(state="Stopped"),
    lambda d: d["sessions"].update(drain_mode=2),
    lambda d: d["root_update"].update(policy_value=0),
    lambda d: d.update(something_new=1),
    # Not compared with the plan, but a warning tells of it, and so it is to be seen anew.
    lambda d: d["installer"].update(in_progress=True),
]


@pytest.mark.parametrize(
    ("alter", "same"), [*((a, True) for a in VOLATILE), *((a, False) for a in MATTERS)]
)
def test_a_plan_made_anew_is_the_same_unless_something_matters(kit, ctx130025, alter, same):
    data = kit.data(root=False)
    before = plan_of(kit, ctx130025, Observation("xa01", kit.NOW, "test", copy.deepcopy(data)))
    alter(data)
    after = plan_of(kit, ctx130025, Observation("xa01", "2027", "elsewhere", data))
    assert planning.same_plan(before, after) is same


@pytest.mark.parametrize("key", ["change", "created"])
def test_an_approval_is_for_one_plan_of_one_change(kit, ctx130025, key):
    chosen = kit.settings(single_server_silo="accept_outage")
    host_plan = planning.plan_host(ctx130025, chosen, kit.observation(root=False))
    given = {"change": "CHG1", "created": kit.NOW}
    one = planning.make_plan([host_plan], {}, **given)
    other = planning.make_plan([host_plan], {}, **{**given, key: "2027-01-01T00:00:00Z"})
    assert one["digest"] != other["digest"]
    assert planning.same_plan(one, other) is (key == "created")
    planning.read_plan(written(one))


def test_the_digest_covers_what_the_findings_said(kit, ctx130025):
    plan = plan_of(kit, ctx130025, kit.observation(root=False))
    found = plan["hosts"]["xa01"]["findings"]
    found[0] = dataclasses.replace(found[0], evidence=["all is well"])
    with pytest.raises(planning.PlanError, match="altered"):
        planning.read_plan(written(plan))


def test_the_digest_changes_with_settings_but_not_with_where_the_run_works(kit, ctx130025):
    plan = plan_of(kit, ctx130025, kit.observation())
    same = plan_of(kit, ctx130025, kit.observation(), change_id="CHG-9", poll_seconds=3)
    other = plan_of(kit, ctx130025, kit.observation(), forced_logoff=True)
    assert plan["digest"] == same["digest"]
    assert plan["digest"] != other["digest"]


def test_settings_that_are_not_the_collections_never_reach_the_plan(kit, ctx130025):
    plan = plan_of(kit, ctx130025, kit.observation(), package_password="CANARY")
    assert "CANARY" not in str(plan)


def test_assess_asks_for_everything_and_builds_no_chain(kit, ctx130025):
    request = planning.assess_request(ctx130025, kit.settings())
    assert request["chains"] == []
    assert request["service_modules"] == ["IMAService"]
    assert request["files"] == [{"path": kit.PACKAGE, "hash": True, "signature": True}]
    assert {"stores", "patches", "sessions", "system", "clock"} <= set(request["want"])


def test_an_audit_that_may_asks_the_host_for_the_chains_of_its_findings(kit, ctx130025):
    settings = kit.settings(ima_modules=[r"C:\Citrix\Ima*.dll"])
    request = planning.assess_request(ctx130025, settings, probe=True)
    assert request["chains"] == sorted([kit.PACKAGE, r"C:\Citrix\Ima*.dll"])
    assert request["service_chains"] == ["IMAService"]
    quiet = planning.assess_request(ctx130025, settings)
    assert (quiet["chains"], quiet["service_chains"]) == ([], [])


@pytest.mark.parametrize(
    ("properties", "severity", "found"),
    [
        ({"enhkey_usage": []}, "blocker", {"root_not_for_code_signing", "modules_not_valid"}),
        ({"disallowed_filetime": "2023-08-22T00:00:00Z"}, "warning", {"root_distrusted_from"}),
    ],
)
def test_a_root_that_may_not_sign_code_is_told(kit, ctx130025, properties, severity, found):
    observation = kit.observation(installed=True)
    stores = observation.data["stores"]
    stores["root"] = [
        {**cert, "properties": properties if cert["sha256"] == kit.G5_SHA256 else {}}
        for cert in stores["root"]
    ]
    host_plan = planning.plan_host(ctx130025, kit.settings(), observation)
    assert found <= finding_ids(host_plan, severity)


def test_what_only_the_host_knows_is_a_blocker_of_the_audit(kit, ctx130025):
    for flags, found in ((0, "healthy"), (0x4000000, "modules_refused_on_host")):
        chains = {kit.MODULE: kit.chain(flags)}
        observation = kit.observation(installed=True, chains=chains)
        ids = {finding.id for finding in find(ctx130025, kit.settings(), observation)}
        assert {found} == ids & {"healthy", "modules_refused_on_host"}


IN_DOUBT = {
    "ima_down_in_doubt",
    "ima_cannot_start_in_doubt",
    "pending_restart_in_doubt",
    "logons_off_in_doubt",
}


@pytest.mark.parametrize(
    ("settings", "parts", "blocker"),
    [
        ({"hotfixes": []}, {}, "hotfixes_not_named"),
        ({}, {"errors": {"patches": "Access is denied."}}, "patches_unknown"),
    ],
    ids=["none is named", "the record cannot be read"],
)
def test_what_ails_a_server_is_told_without_its_hotfixes(kit, ctx130025, settings, parts, blocker):
    data = {**kit.data(root=False, installed=True), **parts}
    chosen = kit.settings(**settings)
    well = find(ctx130025, chosen, kit.observation(**data))
    data["services"]["IMAService"]["state"] = "Stopped"
    data["sessions"]["drain_mode"] = 2
    data["pending_restart"]["component_servicing"] = True
    found = find(ctx130025, chosen, kit.observation(**data))
    assert {f.id for f in found if f.severity == "blocker"} == {blocker}
    assert {"root_absent", *IN_DOUBT} <= {f.id for f in found if f.severity == "warning"}
    assert not {f.id for f in well} & IN_DOUBT


def test_who_names_no_hotfix_is_asked_for_all_that_is_missing_at_once(kit, ctx130025):
    [asked, *_] = find(ctx130025, kit.settings(hotfixes=[]), kit.observation(root=False))
    for remedy in asked.remedy.values():
        assert "legacyops_hotfixes" in remedy
        assert "legacyops_data_store_backup" in remedy
    host_plan = planning.plan_host(ctx130025, kit.settings(hotfixes=[]), kit.observation())
    assert host_plan.blocked
    assert host_plan.steps == []


def test_a_step_probes_only_when_it_may(kit, ctx130025):
    step = _install_step(kit, ctx130025)
    assert planning.step_request(step)["chains"] == [kit.PACKAGE]
    assert planning.step_request(step, probe=False)["chains"] == []


def test_a_host_that_is_not_in_the_plan_is_one_sentence(kit, ctx130025):
    plan = plan_of(kit, ctx130025, kit.observation())
    with pytest.raises(planning.PlanError, match="xa99 is not in the plan"):
        remaining(plan, "xa99", kit.observation("xa99"), NO_CHANGE)


@pytest.mark.parametrize("hostile", [2**60, float("nan"), "\ud800"])
def test_what_no_digest_can_hold_is_one_sentence(kit, ctx130025, hostile):
    observation = kit.observation(something_new=hostile)
    with pytest.raises(CoreError, match="canonical JSON"):
        planning.plan_host(ctx130025, kit.settings(), observation)


def test_a_product_that_the_advisory_does_not_know_is_never_taken_for_a_fit(kit, ctx130025):
    host_plan = planning.plan_host(ctx130025, kit.settings(product="?"), kit.observation())
    assert "architecture_unknown" in finding_ids(host_plan, "blocker")


@pytest.mark.parametrize(
    ("parts", "severity", "found"),
    [
        ({"disk": {"system_drive": "C:", "free_bytes": 10}}, "blocker", "disk_short"),
        ({"clock": {"utc": "2026-11-22T06:00:00Z"}}, "warning", "clock_off"),
        ({"clock": {"utc": "2001-01-01T00:00:00Z"}}, "blocker", "clock_outside_validity"),
    ],
)
def test_a_full_disk_and_a_wrong_clock_are_told_before(kit, ctx130025, parts, severity, found):
    host_plan = planning.plan_host(ctx130025, kit.settings(), kit.observation(**parts))
    assert found in finding_ids(host_plan, severity)
    assert (host_plan.steps == []) is (severity == "blocker")


def test_the_site_says_what_is_too_little_and_how_far_a_clock_may_be_off(kit, ctx130025):
    full = kit.settings(minimum_free_mb=30_000)
    assert "disk_short" in finding_ids(planning.plan_host(ctx130025, full, kit.observation()))
    late = kit.observation(clock={"utc": "2026-11-22T06:00:00Z"})
    lax = kit.settings(clock_tolerance_seconds=3600)
    assert "clock_off" not in finding_ids(planning.plan_host(ctx130025, lax, late))


def test_an_installation_is_refused_where_the_disk_has_filled_meanwhile(kit, ctx130025):
    step = _install_step(kit, ctx130025)
    assert "free_space" in [ref["check"] for ref in step.interlocks]


@pytest.mark.parametrize(("plugin", "told"), [(None, True), ("ImaRpc.dll", False)])
def test_ima_down_without_a_plugin_names_data_store_and_cache(kit, ctx130025, plugin, told):
    down = kit.observation(
        installed=True,
        services={"IMAService": {"exists": True, "state": "Stopped", "start_mode": "Auto"}},
        ima={"currently_loading_plugin": plugin},
    )
    host_plan = planning.plan_host(ctx130025, kit.settings(), down)
    remedies = [f.remedy["en"] for f in host_plan.findings if f.id == "ima_down_no_plugin"]
    assert bool(remedies) is told
    assert all("data store" in text and "local host cache" in text for text in remedies)


LOGON = planned("16-log_on", "operator_confirm", arguments={"ask": "done"}, again_after=["14-on"])


@pytest.mark.parametrize(
    ("entries", "remains"),
    [
        ([], True),
        ([("intent", "16-log_on")], True),
        ([("intent", "16-log_on"), ("result", "16-log_on")], False),
        ([("result", "16-log_on"), ("intent", "14-on")], True),
        ([("result", "16-log_on"), ("intent", "15-other")], False),
        ([("result", "16-log_on", "another plan")], True),
    ],
)
def test_what_nothing_shows_a_persons_word_ends_until_it_is_to_be_done_again(entries, remains):
    plan = {"digest": "sha256:1", "hosts": {"ft": {"steps": [LOGON]}}}
    journal = [
        entry(kind, step=step, status="ok", plan=(other or ["sha256:1"])[0])
        for kind, step, *other in entries
    ]
    seen = Observation("ft", "t", "operator", {})
    left = remaining(plan, "ft", seen, Context(journal=journal))
    assert bool(left) is remains


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_plan_says_which_item_of_a_loop_a_step_is_about(kit, ctx130025, language):
    """Also where hosts have the same steps about other items: they are not listed as alike."""
    plan = plan_of(kit, ctx130025, kit.observation(root=False))
    steps = plan["hosts"]["xa01"]["steps"]
    of_items = [step for step in steps if step.item]
    assert of_items
    text = "".join(plan_text(plan, language).split())
    for step in of_items:
        assert "".join(f"{step.title[language]} ({step.item})".split()) in text
    others = [dataclasses.replace(step, item=step.item and "OTHER") for step in steps]
    plan["hosts"]["xa02"] = {**plan["hosts"]["xa01"], "steps": others}
    plan["waves"] = [["xa01"], ["xa02"]]
    text = "".join(plan_text(plan, language).split())
    for step in of_items:
        assert "".join(f"{step.title[language]} (OTHER)".split()) in text
