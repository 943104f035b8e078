# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The notice on SHA-2: every way through it, killed and restarted at any moment, keeps order."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.advisory import (
    Advisory,
    bundled_folder,
    load,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.plan import (
    HostPlan,
    plan_host,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.windows.checks import (
    installer_job_name,
)
from updates import (
    FIRST,
    LAST,
    LATER,
    OF_THE_NOTICE,
    ORDER,
    STACK,
    SUPPORT,
    Case,
    Server,
    Walk,
    observe,
)

BEGINNINGS = {
    "fresh": Server(),
    "staged": Server(("in", "staged", "staged", "absent", "in")),
    "stack": Server(("in", "in", "absent", "absent", "in")),
    "sha2": Server(("in", "in", "in", "absent", "in"), sha2=True),
}
QUIET = [frozenset(c) for n in range(4) for c in itertools.combinations(OF_THE_NOTICE, n)]


@pytest.fixture(scope="module")
def sha2() -> Advisory:
    return load(bundled_folder() / "sha2-server-2008")


@pytest.mark.parametrize("between", ["when_asked", "always"])
@pytest.mark.parametrize("quiet", QUIET, ids=lambda q: "-".join(sorted(q)) or "none")
@pytest.mark.parametrize("begin", BEGINNINGS)
def test_every_way_keeps_the_order_and_comes_to_its_end(sha2, begin, quiet, between):
    deaths = 2 if begin == "fresh" else 1
    walk = Walk(sha2, Case(BEGINNINGS[begin], quiet, between), deaths=deaths)
    walk.all()
    assert walk.found == [], f"{len(walk.found)} of {len(walk.seen)}: {walk.found[0]}"
    assert walk.ends
    assert len(walk.seen) > 5


@pytest.mark.parametrize("quiet", [(), (FIRST, LATER), (STACK, SUPPORT, LAST)])
def test_so_does_every_way_with_more_updates_before_and_after(sha2, quiet):
    walk = Walk(sha2, Case(Server(("absent",) * 5), frozenset(quiet)), deaths=1)
    names = [step.name for step in walk.steps if step.action in ("package", "restart")]
    assert names == [
        f"{act}_{what}"
        for what in ("earlier", "stack", "support", "later", "later")
        for act in ("install", "restart")
    ]
    walk.all()
    assert walk.found == [], f"{len(walk.found)} of {len(walk.seen)}: {walk.found[0]}"
    assert walk.ends


def changed(advisory: Advisory, step: str, **more) -> Advisory:
    """Return the notice with something else in a step."""
    steps = dict(advisory.data["steps"])
    steps[step] = {**steps[step], **more}
    return replace(advisory, data={**advisory.data, "steps": steps})


def test_without_the_restart_after_sha2_support_the_walk_finds_the_harm(sha2):
    """Its installer may have said nothing: then only the notice asks for the start."""
    arguments = {**sha2.data["steps"]["install_support"]["arguments"], "restart": "when_asked"}
    walk = Walk(changed(sha2, "install_support", arguments=arguments),
                Case(Server(), frozenset({SUPPORT})))  # fmt: skip
    walk.all()
    assert any("before SHA-2 is understood" in text for text, _way in walk.found)


def test_without_a_restart_of_its_own_a_killed_run_does_not_come_to_its_end(sha2):
    """As it was: whatever waits for a start makes every restart step due."""
    questions = {
        name: {"check": q["check"]} if q["check"] == "restart_owed" else q
        for name, q in sha2.data["questions"].items()
    }
    one = replace(sha2, data={**sha2.data, "questions": questions})
    walk = Walk(one, Case(Server(), frozenset({STACK})))
    walk.all()
    assert any("restart_stack comes first" in text for text, _way in walk.found)


def test_a_result_that_was_lost_with_its_run_must_count_as_asking_for_a_start(sha2):
    """Nothing shows it: the job is tidied up, and the installer has left no sign."""
    case = Case(Server(), frozenset({SUPPORT}))
    walk = Walk(sha2, case, deaths=1, others=0, tells_what_it_installs=False)
    walk.all()
    assert any("before SHA-2 is understood" in text for text, _way in walk.found)


def planned(advisory: Advisory, *, out: str = "", told=lambda _data: None, **inputs) -> HostPlan:
    """Return the plan of a server on which all is in, but one update; told: what else is read."""
    server = Server(tuple("absent" if name == out else "in" for name in ORDER), sha2=True)
    settings = Case(Server(("absent",) * 5)).settings()
    settings["inputs"]["sha2_server_2008"].update(inputs)
    seen = observe(server)
    told(seen.data)
    return plan_host(advisory, settings, seen)


@pytest.mark.parametrize("update", ORDER)
def test_what_is_neither_in_nor_out_is_not_fine_though_windows_shows_no_sign(sha2, update):
    def waiting(data):
        data["windows_updates"][update] = {"listed": False, "packages": {"Package": 0x60}}

    assert planned(sha2).standing == "fine"
    plan = planned(sha2, told=waiting)
    (warning,) = [finding for finding in plan.findings if finding.severity == "warning"]
    assert (plan.standing, warning.item) == (
        "look",
        update if update in (FIRST, LATER, LAST) else None,
    )


@pytest.mark.parametrize("update", ORDER)
def test_whatever_update_is_to_come_a_plan_needs_a_backup_and_no_failed_or_running_job(
    sha2, update
):
    def job(state):
        task = {
            "exists": True,
            "state": state,
            "last_result": 1,
            "last_run": "2026-11-22T05:00:00Z",
        }
        return lambda data: data["jobs"].update({installer_job_name(update): task})

    assert planned(sha2, out=update).standing == "todo"
    for wrong in ({"backup": None}, {"told": job(3)}, {"told": job(4)}):
        assert planned(sha2, out=update, **wrong).standing == "person", wrong


def test_a_xenapp_server_is_left_alone_as_nothing_keeps_its_users_away(sha2):
    case = Case(Server())
    for kind in ({"kind": "xenapp"}, {}):
        settings = {k: v for k, v in case.settings().items() if k != "kind"}
        plan = plan_host(sha2, {**settings, "silo": "office", **kind}, observe(case.begin))
        assert (plan.standing, plan.steps) == ("person", [])
