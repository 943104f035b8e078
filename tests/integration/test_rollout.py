# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches, soak, the site's hooks, and stopping: real runs against the lab."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.directory import (
    ChangeDirectory,
)
from journals import entries
from twins import Twins, estate, running

pytestmark = pytest.mark.slow

EVENTS = ("before_change", "before_batch", "after_batch", "after_change")
SOAK_SECONDS = 6
# Somebody who stays until he is logged off.
PATIENT = {"xenapp": {"sessions": [{"user": "suzuki", "minutes": None}]}}
USERS = ("stopped", "interrupted", "terminated")
HOSTS = ("a1", "a2", "a3", "sick1", "sick2", "hook1", "hook2", *USERS)


@pytest.fixture(scope="module")
def lab(
    tmp_path_factory: pytest.TempPathFactory, ansible_environment: dict[str, str]
) -> Iterator[Twins]:
    data = estate(list(HOSTS), **dict.fromkeys(USERS, PATIENT))
    with running(tmp_path_factory.mktemp("rollout"), ansible_environment, data) as lab:
        yield lab


@dataclass
class Rollout:
    """One change of some of the lab's hosts, and what its hooks noted.

    settings: as the inventory would give them to every playbook.
    """

    lab: Twins
    folder: Path
    hosts: tuple[str, ...]
    settings: dict[str, Any] = field(default_factory=dict)
    extra: tuple[str, ...] = ()

    def words(self, playbook: str, **more: Any) -> list[str]:
        limited = ["--limit", ",".join(self.hosts), "-e", json.dumps({**self.settings, **more})]
        return self.lab.words(playbook, self.folder, *limited, *self.extra)

    def run(self, playbook: str, **more: Any) -> subprocess.CompletedProcess[str]:
        return self.lab.run(self.words(playbook, **more))

    def journal(self, host: str) -> list[dict[str, Any]]:
        return entries(self.folder / "journal" / f"{host}.jsonl")

    def state(self, host: str) -> dict[str, Any]:
        file = self.folder / "state" / f"{host}.json"
        if not file.exists():
            return {"status": "not_begun"}
        state: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return state

    def noted(self) -> list[dict[str, Any]]:
        file = self.folder / "hooks.log"
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]

    def hook(self, fails: str = "") -> dict[str, str]:
        """legacyops_hooks with one file for all events, which fails at one of them."""
        log = self.folder / "hooks.log"
        tasks = [
            {
                "name": "Note the event",
                "ansible.builtin.lineinfile": {
                    "path": str(log),
                    "create": True,
                    "line": "{{ legacyops_hook | to_json }}",
                },
            },
            {
                "name": "Call the monitoring",
                "ansible.builtin.command": {"argv": ["false"]},
                "when": f"legacyops_hook.event == '{fails}'",
            },
        ]
        file = self.folder / "hook.yml"
        file.write_text(json.dumps(tasks), encoding="utf-8")
        return dict.fromkeys(EVENTS, str(file))


@pytest.fixture
def rollout(lab: Twins, tmp_path: Path) -> Callable[..., Rollout]:
    """rollout(host, …, **settings) -> a change with its plan."""

    def plan(*hosts: str, **settings: Any) -> Rollout:
        change = Rollout(lab, tmp_path / "change", hosts, settings)
        planned = change.run("plan")
        assert planned.returncode == 0, planned.stdout
        return change

    return plan


def untouched(lab: Twins, *hosts: str) -> Any:
    every = lab.snapshot()["hosts"]
    return {host: every[host] for host in hosts}


def test_a_canary_then_the_rest_with_hooks_and_soak(rollout: Callable[..., Rollout]) -> None:
    change = rollout(
        "a1", "a2", "a3", legacyops_batches=[1, "67%"], legacyops_soak_minutes=SOAK_SECONDS / 60
    )
    run = change.run("apply", legacyops_hooks=change.hook())
    assert run.returncode == 0, run.stdout
    assert [(e["event"], e.get("batch"), e["hosts"]) for e in change.noted()] == [
        ("before_change", None, ["a1", "a2", "a3"]),
        ("before_batch", 1, ["a1"]),
        ("after_batch", 1, ["a1"]),
        ("before_batch", 2, ["a2", "a3"]),
        ("after_batch", 2, ["a2", "a3"]),
        ("after_change", None, ["a1", "a2", "a3"]),
    ]
    assert change.noted()[-1]["statuses"] == dict.fromkeys(change.hosts, "done")
    soaked = {host: [e["status"] for e in change.journal(host) if e["kind"] == "soak"]
              for host in change.hosts}  # fmt: skip
    assert soaked == {"a1": ["ok"], "a2": [], "a3": []}, "the last batch is not waited for"
    acted = [e["utc"] for e in change.journal("a1") if e["kind"] == "result"]
    for host in ("a2", "a3"):
        waited = when(change.journal(host)[0]["utc"]) - when(acted[-1])
        assert waited.total_seconds() >= SOAK_SECONDS - 1


def when(utc: str) -> datetime:
    return datetime.fromisoformat(utc)


def test_a_host_that_gets_sick_while_it_soaks_stops_the_rollout(
    rollout: Callable[..., Rollout],
) -> None:
    change = rollout("sick1", "sick2", legacyops_batches=[1], legacyops_soak_minutes=1)
    before = untouched(change.lab, "sick2")
    words = change.words("apply")
    with subprocess.Popen(
        words, env=change.lab.environment, cwd=change.lab.state, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        wait_for(lambda: change.state("sick1")["status"] == "done", process)
        remove_root(change)
        output, _nothing = process.communicate(timeout=120)
    assert process.returncode == 2, output
    assert change.state("sick1")["status"] == "failed"
    assert change.state("sick1")["reason"] == "unhealthy"
    assert "did not stay healthy" in output
    assert "sick1 failed, and the failure budget is 0" in output
    assert untouched(change.lab, "sick2") == before


def remove_root(change: Rollout) -> None:
    plan = ChangeDirectory(change.folder, "").planned()
    assert plan is not None
    steps = plan["hosts"]["sick1"]["steps"]
    pin = next(s.arguments["sha256"] for s in steps if s.action == "root_certificate")
    done = change.lab.run(
        ["ansible", "sick1", "-i", str(change.lab.state / "inventory.yml"),
         "-m", "legacyops.hotfix.root_certificate", "-a", f"state=absent sha256={pin}"]
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("event", ["before_change", "before_batch"])
def test_a_failing_hook_before_lets_nothing_begin(
    rollout: Callable[..., Rollout], event: str
) -> None:
    change = rollout("hook1", "hook2")
    before = untouched(change.lab, "hook1", "hook2")
    run = change.run("apply", legacyops_hooks=change.hook(fails=event))
    assert run.returncode == 2, run.stdout
    assert "failed at its task Call the monitoring" in run.stdout
    assert untouched(change.lab, "hook1", "hook2") == before
    assert {change.state(host)["status"] for host in change.hosts} == {"not_begun"}
    events = [entry["event"] for entry in change.noted()]
    if event == "before_change":
        assert events == ["before_change"]
    else:
        assert (change.folder / "STOP").exists()
        assert events == list(EVENTS), "what was put to sleep before is woken up after"


def test_no_hook_of_a_batch_runs_where_nothing_begins(rollout: Callable[..., Rollout]) -> None:
    change = rollout("hook1", "hook2")
    (change.folder / "STOP").write_text("Not tonight.\n", encoding="utf-8")
    run = change.run("apply", legacyops_hooks=change.hook())
    assert run.returncode == 2, run.stdout
    assert [entry["event"] for entry in change.noted()] == ["before_change", "after_change"]


def test_hooks_do_not_run_in_check_mode(rollout: Callable[..., Rollout]) -> None:
    change = rollout("hook1")
    change.extra = ("--check",)
    run = change.run("apply", legacyops_hooks=change.hook())
    assert run.returncode == 0, run.stdout
    assert not (change.folder / "hooks.log").exists()


@pytest.mark.parametrize(
    "hooks", [{"before_batch": "hook.yml"}, {"after": "/dev/null"}, {"after_batch": "/no/such"}]
)
def test_a_hook_that_cannot_be_meant_is_refused_first(
    lab: Twins, tmp_path: Path, hooks: dict[str, str]
) -> None:
    change = Rollout(lab, tmp_path / "change", ("hook1",))
    run = change.run("apply", legacyops_hooks=hooks)
    assert run.returncode == 2
    assert "legacyops_hooks must name existing task files" in " ".join(run.stdout.split())
    assert not change.folder.exists()


def test_stop_is_noticed_by_a_host_that_waits_for_its_users(
    rollout: Callable[..., Rollout],
) -> None:
    change = rollout("stopped")
    with apply_until_it_waits(change) as process:
        stop = change.run("stop", legacyops_stop_reason="The help desk called.")
        assert stop.returncode == 0, stop.stdout
        again = change.run("stop", legacyops_stop_reason="Second thoughts")
        output, _nothing = process.communicate(timeout=60)
    assert "The help desk called" in again.stdout
    assert "Second thoughts" not in (change.folder / "STOP").read_text(encoding="utf-8")
    assert process.returncode == 2, output
    assert "the change is stopped (The help desk called;" in output
    assert "new logons are on again" in output
    assert "Done: 3 of 10 steps. Remains: 04-prove_package_chain" in " ".join(output.split())
    assert f"To continue, run again: cd {change.lab.state} && " in " ".join(output.split())
    assert change.state("stopped")["status"] == "not_begun"
    host = change.lab.status()["stopped"]
    assert (host["logon_mode"], host["installer_starts"]) == (0, {})


def test_stopping_a_change_that_is_not_there_is_refused(lab: Twins, tmp_path: Path) -> None:
    words = lab.words("stop", tmp_path / "elsewhere", "-e", "legacyops_stop_reason=x")
    run = lab.run(words)
    assert run.returncode == 2
    assert "so nothing was stopped" in run.stdout
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(
    ("host", "number"), [("interrupted", signal.SIGINT), ("terminated", signal.SIGTERM)]
)
def test_a_signal_leaves_the_wait_and_the_next_run_goes_on(
    rollout: Callable[..., Rollout], host: str, number: int
) -> None:
    # Whoever is on after this time is logged off; the signal comes before.
    change = rollout(
        host, legacyops_forced_logoff=True,
        legacyops_deadlines={"drain_seconds": 8},
    )  # fmt: skip
    with apply_until_it_waits(change) as process:
        process.send_signal(number)
        process.communicate(timeout=60)
    wait_for(lambda: change.journal(host)[-1]["kind"] == "left")
    left = change.journal(host)[-1]
    assert (left["reason"], change.state(host)["status"]) == ("interrupted", "under_way")
    assert change.lab.status()[host]["installer_starts"] == {}
    go_on = change.run("apply")
    assert go_on.returncode == 0, go_on.stdout
    assert change.state(host)["status"] == "done"
    assert change.lab.violations() == []


@contextmanager
def apply_until_it_waits(change: Rollout) -> Iterator[subprocess.Popen[str]]:
    """A run of apply whose only host waits for its users."""
    (host,) = change.hosts
    process = subprocess.Popen(
        change.words("apply"), env=change.lab.environment, cwd=change.lab.state, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    waits = ("intent", "05-wait_for_sessions")
    try:
        wait_for(
            lambda: waits in [(e["kind"], e.get("step")) for e in change.journal(host)], process
        )
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str] | None = None) -> None:
    end = time.monotonic() + 90
    while not condition():
        assert process is None or process.poll() is None, "the run has ended"
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.1)
