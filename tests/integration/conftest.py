# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real ansible-playbook processes against a lab that each test module starts for itself."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.directory import (
    ChangeDirectory,
)
from journals import entries
from legacyops_lab.control import ask

REPOSITORY = Path(__file__).resolve().parents[2]
FARM = REPOSITORY / "lab" / "estates" / "farm.yml"
CHANGE = "CHG0042"
# Simulated seconds in a real one: fast, but an installation takes long enough to be disturbed.
SPEED = 60


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.integration)


@dataclass
class Run:
    """What a playbook run left: its exit code, its output, and each host's line of the recap."""

    code: int
    output: str
    recap: dict[str, dict[str, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, process: subprocess.CompletedProcess[str]) -> Run:
        output = process.stdout + process.stderr
        lines = re.findall(r"^(\S+)\s+: (ok=.*)$", process.stdout, re.MULTILINE)
        recap = {
            host: {key: int(number) for key, number in re.findall(r"(\w+)=(\d+)", counts)}
            for host, counts in lines
        }
        return cls(process.returncode, output, recap)

    @property
    def changed(self) -> set[str]:
        return {host for host, counts in self.recap.items() if counts["changed"]}


class Lab:
    """A running lab and one change directory on it."""

    def __init__(self, state: Path, environment: dict[str, str]) -> None:
        self.state = state
        self.environment = environment
        self.change_dir = state / "change"

    def command(self, *words: str) -> str:
        """Run legacyops-lab; its output."""
        return subprocess.run(
            ["legacyops-lab", *words, "--state", str(self.state)],
            env=self.environment, check=True, capture_output=True, text=True, timeout=120,
        ).stdout  # fmt: skip

    def arguments(self, name: str, *extra: str) -> list[str]:
        """The command line of a playbook of the collection."""
        settings = {
            "legacyops_change_id": CHANGE,
            "legacyops_change_dir": str(self.change_dir),
            "legacyops_approve_plan": True,
            "legacyops_poll_seconds": 1,
        }
        inventory = str(self.state / "inventory.yml")
        playbook = str(Path(sys.executable).parent / "ansible-playbook")
        words = [playbook, f"legacyops.hotfix.{name}", "-i", inventory]
        return [*words, "-e", json.dumps(settings), *extra]

    def playbook(self, name: str, *extra: str) -> Run:
        """Run a playbook of the collection."""
        return Run.of(
            subprocess.run(
                self.arguments(name, *extra), env=self.environment, cwd=self.state,
                capture_output=True, text=True, timeout=600, check=False,
            )
        )  # fmt: skip

    def ask(self, what: str) -> Any:
        """What legacyops-lab's command of this name prints, without a process."""
        lab = json.loads((self.state / "lab.json").read_text(encoding="utf-8"))
        return ask(Path(lab["control"]), what)

    def snapshot(self) -> Any:
        return self.ask("snapshot")

    def ledger(self, kind: str) -> list[dict[str, Any]]:
        return [entry for entry in self.ask("ledger") if entry["kind"] == kind]

    def counters(self) -> Any:
        return self.ask("counters")["hosts"]

    def status(self) -> Any:
        return self.ask("status")["hosts"]

    def read(self, *parts: str) -> dict[str, Any]:
        """A JSON file of the change directory; the whole plan as it is in memory."""
        if parts == ("plan.json",):
            plan = ChangeDirectory(self.change_dir, CHANGE).planned()
            assert plan is not None
            return plan
        content: dict[str, Any] = json.loads(
            self.change_dir.joinpath(*parts).read_text(encoding="utf-8")
        )
        return content

    def journal(self, host: str) -> list[dict[str, Any]]:
        return entries(self.change_dir / "journal" / f"{host}.jsonl")

    def files(self) -> dict[str, bytes]:
        """Every file of the change directory with its content."""
        every = sorted(path for path in self.change_dir.rglob("*") if path.is_file())
        return {str(path.relative_to(self.change_dir)): path.read_bytes() for path in every}


@contextmanager
def running(
    state: Path,
    environment: dict[str, str],
    hosts: Sequence[str] | None,
    speed: int,
    xenapp: dict[str, Any],
    farm: Path = FARM,
) -> Iterator[Lab]:
    """A lab of some hosts of the demonstration's farm (None: all of them).

    xenapp: what is to be different in every host's part of that name.
    farm: another estate of servers.
    """
    estate = yaml.safe_load(farm.read_text(encoding="utf-8"))
    if hosts is not None:
        estate["hosts"] = {name: estate["hosts"][name] for name in hosts}
    # Every host on an address that the lab chooses: test modules run side by side.
    for host in estate["hosts"].values():
        host.pop("address", None)
        if host.get("kind", "xenapp") == "xenapp":
            host["xenapp"].update(xenapp)
    state.mkdir(parents=True, exist_ok=True)
    file = state / "estate.yml"
    file.write_text(yaml.safe_dump(estate, allow_unicode=True), encoding="utf-8")
    path = f"{Path(sys.executable).parent}:{environment['PATH']}"
    # A site's own default must not matter: every play names its strategy.
    theirs = {"ANSIBLE_FORKS": "12", "ANSIBLE_STRATEGY": "ansible.builtin.free"}
    lab = Lab(state, {**environment, "PATH": path, **theirs})
    lab.command("up", str(file), "--speed", str(speed))
    try:
        yield lab
    finally:
        lab.command("down")


@pytest.fixture(scope="module")
def start_lab(
    tmp_path_factory: pytest.TempPathFactory, ansible_environment: dict[str, str]
) -> Iterator[Callable[..., Lab]]:
    """Start a lab with these hosts of the farm, all of them by default; stopped at the end."""
    with ExitStack() as stack:

        def start(*hosts: str, speed: int = SPEED, **xenapp: Any) -> Lab:
            state = tmp_path_factory.mktemp("lab")
            lab = running(state, ansible_environment, hosts or None, speed, xenapp)
            return stack.enter_context(lab)

        yield start
