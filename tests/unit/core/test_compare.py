# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan beside the world as it is now: what stops a run, and what must not."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import compare
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import plan as planning
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.observation import Observation
from entry_double import entry


@dataclass
class World:
    """One host with its plan, and what there is of it now: data and settings may be altered."""

    advisory: Any
    host: str
    data: dict[str, Any]
    settings: dict[str, Any]
    now: str
    plan: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        host_plan = planning.plan_host(self.advisory, self.settings, self.observation())
        self.plan = planning.make_plan([host_plan], self.settings, change="CHG1", created=self.now)
        self.data, self.settings = copy.deepcopy(self.data), copy.deepcopy(self.settings)

    def observation(self) -> Observation:
        return Observation(self.host, self.now, "test", self.data)

    def step(self, action: str) -> str:
        """Return the id of the first step with an action."""
        steps = self.plan["hosts"][self.host]["steps"]
        return next(step.id for step in steps if step.action == action)

    def compared(self, *begun: str) -> compare.Comparison:
        return compare.compare_host(
            self.plan, self.host, self.advisory, self.settings, self.observation(), begun
        )

    def stopped_by(self, *begun: str) -> list[str]:
        """Return the paths of the differences; fails where there are none."""
        found = self.compared(*begun)
        assert found.kind == "different"
        return [each.to_dict()["path"] for each in found.differences]


@pytest.fixture
def server(kit, ctx130025) -> World:
    """A XenApp server whose root is missing."""
    settings = kit.settings(single_server_silo="accept_outage")
    return World(ctx130025, "xa01", kit.data(root=False), settings, kit.NOW)


@pytest.fixture
def system(kit, kb890859) -> World:
    """An FT system that has failed and is to be recovered, fix and KB."""
    return World(kb890859, "ft01", kit.ft_failed(), {"ft_system": kit.ft_form()}, kit.NOW)


def test_the_order_of_members_is_no_difference():
    """The same look, taken up from the step before, has them sorted."""
    one, other = {"state": 1, "code": 2}, {"code": 2, "state": 1}
    told = [compare.Difference(("patches", "x"), None, value).to_dict() for value in (one, other)]
    assert told[0] == told[1]


def test_nothing_has_changed(server, system):
    assert server.compared().kind == "identical"
    assert system.compared().kind == "identical"
    assert server.compared().diff() == ""


def test_time_passes_and_nothing_stops(server):
    server.now = "2027-01-01T00:00:00Z"
    server.data["clock"]["utc"] = server.now
    server.data["system"]["start_record"] = 5000
    server.data["system"]["last_boot"] = server.now
    server.data["sessions"]["list"].append({"id": 7, "state": 0, "user": "u", "name": "ICA-TCP#1"})
    server.data["services"]["IMAService"]["process_id"] = 4711
    server.data["root_update_events"] = [{"id": 2, "utc": server.now}]
    server.data["stores"]["auth_root"] = [server.data["stores"]["root"][0]]
    server.data["errors"] = {"disk": "no answer"}
    assert server.compared().kind == "identical"


def test_a_system_flickers_and_nothing_stops(server, system):
    nodes = system.data["nodes"]
    nodes["coserver1"]["events"] = {"entries": [{"utc": system.now, "text": "<b>{{ x }}"}]}
    nodes["coserver2"] = {"reachable": False, "errors": {"system": "wmi: no answer"}}
    system.data["owner"] = {"change": "CHG-9", "run": "2"}
    assert system.compared().kind in ("identical", "later")


def test_a_blocker_that_was_not_there_stops_also_where_no_fact_differs(system):
    system.data["relay"]["rpc"] = None
    assert system.stopped_by() == ["blocked"]


def test_a_changed_package_is_named(kit, server):
    server.data["files"][kit.PACKAGE]["sha256"] = "CD" * 32
    found = server.compared()
    [difference] = found.differences
    assert difference.called["en"] == "package or file"
    assert found.diff().splitlines() == [
        f"@@ package or file: files.{kit.PACKAGE}.sha256 @@",
        f"-{kit.HASH}",
        f"+{'CD' * 32}",
    ]


def test_a_changed_pin_of_a_package_is_named(server):
    server.settings["hotfixes"][0]["sha256"] = "CD" * 32
    assert server.stopped_by() == ["settings.hotfixes.XAJ001.sha256"]


def test_one_more_installed_hotfix_is_named(server):
    more = {"patch_code": "{9}", "product_code": "{P}", "state": 1}
    server.data["patches"].append(more)
    found = server.compared()
    assert [each.called["en"] for each in found.differences] == ["installed hotfix"]
    assert found.diff().startswith("@@ installed hotfix: patches.{9}/{P} @@\n+")
    # Also after a step that installs another one.
    assert server.stopped_by(server.step("msp_patch")) == ["patches.{9}/{P}"]


def test_a_different_fix_level_is_named(system):
    system.data["nodes"]["coserver1"]["fix_level"] = {"text": "V6 緊急修正 V1.0L20"}
    found = system.compared()
    assert [each.called["ja"] for each in found.differences] == ["修正レベル"]
    assert "+V6 緊急修正 V1.0L20" in found.diff()


def test_one_more_installed_update_is_named(system):
    system.data["nodes"]["coserver2"]["later_updates"] = [{"id": "KB999999"}]
    assert system.stopped_by() == ["nodes.coserver2.later_updates.KB999999"]


def test_an_additional_server_is_named(server):
    assert compare.compare_hosts(server.plan, ["xa01"]) == []
    added = compare.compare_hosts(server.plan, ["xa02", "xa01"])
    assert compare.diff_text(added) == (
        "@@ server: hosts.xa02 @@\n+in the inventory, not in the plan"
    )


def test_another_advisory_is_named(server):
    server.plan["advisories"][0]["version"] = "0"
    assert server.stopped_by() == ["advisory.ctx130025.version"]


def test_a_setting_that_is_gone_or_new_is_a_difference(server):
    server.settings["silo"] = None
    server.settings["farm"] = "new"
    assert server.stopped_by() == ["settings.farm", "settings.silo"]


def test_what_was_unknown_may_become_known(server):
    server.plan["hosts"]["xa01"]["facts"]["pending_restart"] = None
    found = server.compared()
    assert found.kind == "known"
    assert [each.path for each in found.known] == [("pending_restart",)]


def test_a_part_that_is_not_read_again_is_not_compared(server):
    server.data = {"system": server.data["system"]}
    found = compare.compare_facts(server.plan, "xa01", server.observation())
    assert found.kind == "identical"


def test_a_policy_that_was_not_set_was_known(kit, ctx130025):
    data = {**kit.data(root=False), "root_update": {"policy_value": None}}
    world = World(
        ctx130025, "xa01", data, kit.settings(single_server_silo="accept_outage"), kit.NOW
    )
    world.data["root_update"] = {"policy_value": 1}
    assert world.stopped_by() == ["root_update.policy_value"]


def test_what_a_step_brought_about_is_a_later_point(kit, server):
    server.data["stores"]["root"].append(kit.G5)
    assert any(path.startswith("stores.root") for path in server.stopped_by())
    assert server.compared(server.step("root_certificate")).kind == "later"


def test_each_step_explains_what_it_changes_and_no_more(kit, server):
    install = server.step("msp_patch")
    server.data["patches"] = [{"patch_code": kit.PATCH, "product_code": "{P}", "state": 1}]
    server.data["services"]["IMAService"]["state"] = "Stopped"
    server.data["files"][kit.MODULE]["size"] = 2000
    server.data["pending_restart"]["file_renames"] = 3
    assert server.compared(install).kind == "later"
    server.data["files"][kit.PACKAGE]["size"] = 2000
    server.data["sessions"]["drain_mode"] = 1
    server.data["root_update"]["policy_value"] = None
    changed = [f"files.{kit.PACKAGE}.size", "root_update.policy_value", "sessions.drain_mode"]
    assert server.stopped_by(install) == changed
    assert server.stopped_by(install, server.step("logon_mode")) == changed[:2]


def test_a_step_on_one_node_explains_nothing_on_another(system):
    mine = next(
        step.id
        for step in system.plan["hosts"]["ft01"]["steps"]
        if step.action == "update_exe" and step.node == "coserver1"
    )
    gone = {"updates_key": False, "hotfix_key": False, "uninstaller": False}
    system.data["nodes"]["coserver1"]["updates"]["KB890859"] = gone
    assert system.compared(mine).kind == "later"
    system.data["nodes"]["coserver2"]["updates"]["KB890859"] = gone
    assert {path.split(".")[1] for path in system.stopped_by(mine)} == {"coserver2"}


def test_a_system_that_became_another_case_is_not_the_one_that_was_approved(kit, system):
    """No fact of the plan differs; but the FTvirtual Server runs now, so other steps are right."""
    system.data["endurance"] = kit.ft_endurance()
    system.data["nodes"]["ftvirtual"] = kit.ft_node("ftvirtual", kb=True)
    found = system.compared()
    assert found.kind == "different"
    assert all(each.path[0] == "steps" for each in found.differences)


def test_fewer_steps_than_were_approved_are_a_later_point(server):
    steps = server.plan["hosts"]["xa01"]["steps"]
    steps.insert(0, replace(steps[0], id="00-done_meanwhile"))
    assert server.compared().kind == "later"


def test_a_step_that_is_another_one_now_is_named(server):
    steps = server.plan["hosts"]["xa01"]["steps"]
    step = replace(steps[0], arguments={**steps[0].arguments, "method": "external"})
    steps[0] = step
    assert server.stopped_by() == [f"steps.{step.id}.arguments.method"]


def test_a_step_that_was_not_approved_is_named(server):
    gone = server.plan["hosts"]["xa01"]["steps"].pop(0)
    assert server.stopped_by() == [f"steps.{gone.id}"]


def test_begun_steps_are_those_of_this_plan(server):
    entries = [
        entry("intent", step="01", plan="other"),
        entry("result", step="02", plan=server.plan["digest"]),
        entry("intent", step="03", plan=server.plan["digest"]),
    ]
    assert compare.begun_steps(entries, server.plan["digest"]) == {"03"}


def test_texts_of_hosts_are_inert_in_a_diff(server):
    server.data["system"]["caption"] = "\x1b[2J{{ lookup('pipe', 'x') }}\u202e" + "x" * 100_000
    text = server.compared().diff()
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert len(text) < 1000
