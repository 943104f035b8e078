# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/awx.md, carried out: each job by ansible-runner's transmit, worker and process, as AWX does.

Every job has an empty private folder, and nothing of it is there for the next one; they share the
change directory. Containers take no part: a worker is a process of this machine.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from journals import entries
from twins import Twins, estate, running

pytestmark = pytest.mark.slow

PLAYBOOKS = ("plan", "approve", "apply", "report")
WINDOW = {
    "window_start": "2026-01-01T00:00:00+09:00",
    "window_end": "2099-01-01T00:00:00+09:00",
}
HOSTS = ("one", "two", "dies")


@dataclass
class Job:
    """A job that a controller hands to a worker; both forget it."""

    folder: Path
    environment: dict[str, str]
    playbook: str
    stream: bytes

    def work(self) -> subprocess.Popen[bytes]:
        """A worker in an empty private folder, which is gone when it ends."""
        place = self.folder / "private"
        place.mkdir()
        words = [runner(), "worker", "--private-data-dir", str(place), "--delete"]
        process = subprocess.Popen(
            words, env=self.environment, cwd=self.folder, start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdin is not None
        process.stdin.write(self.stream)
        process.stdin.close()
        process.stdin = None
        return process

    def run(self) -> Ended:
        """Run it to its end."""
        return self.end(self.work())

    def end(self, worker: subprocess.Popen[bytes]) -> Ended:
        """Take what a worker sends back, once it has ended."""
        results, _none = worker.communicate(timeout=1800)
        here = self.folder / "results"
        here.mkdir()
        subprocess.run(
            [runner(), "process", str(here)], env=self.environment, input=results, check=False,
            capture_output=True, timeout=60,
        )  # fmt: skip
        return Ended.of(here / "artifacts")


@dataclass
class Ended:
    """What a controller keeps of a job: exit code, output, and what it hands on (set_stats)."""

    code: int
    output: str
    handed_on: dict[str, Any]

    @classmethod
    def of(cls, artifacts: Path) -> Ended:
        read = {f: (artifacts / f).read_text(encoding="utf-8") for f in ("rc", "stdout")}
        handed_on: dict[str, Any] = {}
        for file in (artifacts / "job_events").glob("*.json"):
            event = json.loads(file.read_text(encoding="utf-8"))
            if event["event"] == "playbook_on_stats":
                handed_on = event["event_data"].get("artifact_data") or {}
        return cls(int(read["rc"]), read["stdout"], handed_on)


def runner() -> str:
    return str(Path(sys.executable).parent / "ansible-runner")


@dataclass
class Awx:
    """A controller with one project and one inventory. shared: what all its workers mount."""

    lab: Twins
    folder: Path
    shared: Path

    def job(self, playbook: str, user: str = "tanaka", limit: str = "", **more: Any) -> Job:
        """A job that a user launches, with the extra variables that docs/awx.md names."""
        number = sum(1 for _ in self.folder.iterdir())
        folder = self.folder / f"job-{number}"
        data = folder / "transmitted"
        for part in ("project", "inventory", "env"):
            (data / part).mkdir(parents=True)
        for name in PLAYBOOKS:
            text = f"- name: {name}\n  ansible.builtin.import_playbook: legacyops.hotfix.{name}\n"
            (data / "project" / f"{name}.yml").write_text(text, encoding="utf-8")
        shutil.copy(self.lab.state / "inventory.yml", data / "inventory")
        variables = {
            "awx_user_name": user,
            "legacyops_change_id": "CHG0042",
            "legacyops_change_dir": str(self.shared / "CHG0042"),
            "legacyops_operator": "{{ awx_user_name }}",
            "legacyops_hosts": limit or "all",
            **more,
        }
        given = {name: value for name, value in variables.items() if value is not None}
        (data / "env" / "extravars").write_text(json.dumps(given), encoding="utf-8")
        words = [runner(), "transmit", str(data), "-p", f"{playbook}.yml"]
        stream = subprocess.run(
            words, env=self.lab.environment, check=True, capture_output=True, timeout=60
        ).stdout
        return Job(folder, self.lab.environment, playbook, stream)

    def journal(self, host: str) -> Path:
        return self.shared / "CHG0042" / "journal" / f"{host}.jsonl"

    def installations(self, host: str) -> int:
        starts: dict[str, int] = self.lab.status()[host]["installer_starts"]
        return sum(starts.values())

    def approve(self, plan: Ended) -> None:
        """Somebody else launches the template Approve, with the digest that he has seen."""
        digest = plan.handed_on["legacyops_plan_digest"]
        survey: dict[str, Any] = {"legacyops_approved_digest": digest, **WINDOW}
        template: dict[str, Any] = {
            "legacyops_approved_by": "{{ awx_user_name }}",
            "legacyops_window": {"start": "{{ window_start }}", "end": "{{ window_end }}"},
        }
        ended = self.job("approve", "suzuki", **survey, **template).run()
        assert ended.code == 0, ended.output


@pytest.fixture(scope="module")
def lab(
    tmp_path_factory: pytest.TempPathFactory, ansible_environment: dict[str, str]
) -> Iterator[Twins]:
    folder = tmp_path_factory.mktemp("runner")
    with running(folder, ansible_environment, estate(list(HOSTS))) as lab:
        yield lab


@pytest.fixture
def awx(lab: Twins, tmp_path: Path) -> Awx:
    for name in ("jobs", "shared"):
        (tmp_path / name).mkdir()
    return Awx(lab, tmp_path / "jobs", tmp_path / "shared")


def test_the_workflow_of_the_guide(awx: Awx) -> None:
    planned = awx.job("plan", limit="one", legacyops_separate_duties=True).run()
    assert planned.code == 0, planned.output
    awx.approve(planned)
    own = awx.job("apply", "suzuki", "one", legacyops_separate_duties=True).run()
    assert own.code != 0
    assert "suzuki approved the plan and runs it" in " ".join(own.output.split())
    applied = awx.job("apply", limit="one", legacyops_separate_duties=True).run()
    assert applied.code == 0, applied.output
    assert applied.handed_on["legacyops_change_statuses"] == {"one": "done"}
    reported = awx.job("report", limit="one").run()
    assert reported.code == 0, reported.output
    report = json.loads((awx.shared / "CHG0042" / "report.json").read_text(encoding="utf-8"))
    assert report["outcome"] == "completed"
    assert report["approval"]["approved_by"] == "suzuki"
    assert report["approval"]["window"]
    [begun] = [e for e in entries(awx.journal("one")) if e["kind"] == "begin"]
    assert begun["operator"] == "tanaka"


def test_nothing_is_begun_in_a_folder_that_dies_with_the_job(awx: Awx) -> None:
    for place in (None, "changes"):
        ended = awx.job("plan", limit="two", legacyops_change_dir=place).run()
        assert ended.code != 0
        assert "would be thrown away with it: set legacyops_change_dir" in " ".join(
            ended.output.split()
        )


def test_a_job_without_a_persons_name_carries_nothing_out(awx: Awx) -> None:
    planned = awx.job("plan", limit="two").run()
    awx.approve(planned)
    ended = awx.job("apply", limit="two", legacyops_operator=None).run()
    assert ended.code != 0
    assert "say who carries the change out" in " ".join(ended.output.split())
    assert not (awx.shared / "CHG0042" / "journal").exists()


def test_a_worker_dies_in_mid_installation_and_another_one_goes_on(awx: Awx) -> None:
    awx.approve(awx.job("plan", limit="dies").run())
    job = awx.job("apply", limit="dies")
    worker = job.work()
    wait_until(lambda: awx.installations("dies"), worker)
    kill(job)
    worker.communicate(timeout=60)
    ended = awx.job("apply", limit="dies").run()
    assert ended.code == 0, ended.output
    assert awx.lab.violations() == []
    assert awx.installations("dies") == 1


def wait_until(true: Callable[[], object], worker: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 300
    while not true():
        assert worker.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)


def kill(job: Job) -> None:
    """The node of a worker is gone, with all that ran on it."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            about = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
        except OSError:  # it has ended
            continue
        if os.fsencode(job.folder / "private") in about:
            os.kill(int(process.name), signal.SIGKILL)


@pytest.fixture(params=[6, pytest.param(60, marks=pytest.mark.soak)])
def farm(
    request: pytest.FixtureRequest, tmp_path: Path, ansible_environment: dict[str, str]
) -> Iterator[Awx]:
    """A farm of silos of six servers."""
    data = estate([f"s{number:02d}" for number in range(request.param)])
    for number, host in enumerate(data["hosts"].values()):
        silo = f"S{number // 6}"
        host["vars"] = {
            "legacyops_farm_role": "test",
            "legacyops_farm": "F",
            "legacyops_silo": silo,
        }
        host["xenapp"]["silo"] = silo
    for name in ("lab", "jobs", "shared"):
        (tmp_path / name).mkdir()
    with running(tmp_path / "lab", ansible_environment, data) as lab:
        yield Awx(lab, tmp_path / "jobs", tmp_path / "shared")


def test_jobs_share_order_capacity_and_failure_budget(farm: Awx) -> None:
    """docs/awx.md, "Several jobs": three jobs on a third of a farm each; a worker dies."""
    everybody = sorted(farm.lab.status())
    parts = [",".join(everybody[n::3]) for n in range(3)]
    farm.approve(farm.job("plan").run())
    jobs = [farm.job("apply", limit=part) for part in parts]
    workers = [job.work() for job in jobs]
    first = everybody[0]
    wait_until(lambda: farm.installations(first), workers[0])
    kill(jobs[0])
    workers[0].communicate(timeout=60)
    try:
        ended = [farm.job("apply", limit=parts[0]).run()]
        ended += [job.end(worker) for job, worker in zip(jobs[1:], workers[1:], strict=True)]
    finally:
        for job in jobs:
            kill(job)
    assert [job.code for job in ended] == [0, 0, 0], [job.output[-3000:] for job in ended]
    assert farm.lab.violations() == []  # the lab's ledger knows when too few of a silo serve
    assert [farm.installations(host) for host in everybody] == [1] * len(everybody)


def test_who_fails_in_one_job_keeps_the_hosts_of_another_from_beginning(farm: Awx) -> None:
    first, second = sorted(farm.lab.status())[:2]
    farm.approve(farm.job("plan").run())
    farm.lab.inject(first, "hang")
    assert farm.job("apply", limit=first).run().code != 0
    ended = farm.job("apply", limit=second).run()
    assert ended.code != 0
    assert f"{first} failed, and the failure budget is 0" in " ".join(ended.output.split())
    assert not farm.installations(second)
