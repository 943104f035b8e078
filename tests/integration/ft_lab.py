# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab of FT systems, playbooks on it, and the double of a person who answers what waits."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from conftest import Lab, Run
from person import Person

ESTATE = Path(__file__).resolve().parents[2] / "lab" / "estates" / "demo-ft.yml"
SPEED = 120


class FtLab(Lab):
    """A lab of FT systems and one change on it."""

    def arguments(self, name: str, *extra: str) -> list[str]:
        wait = ["-e", json.dumps({"legacyops_confirm_wait_seconds": 600})]
        return [*super().arguments(name, "--limit", "ft"), *wait, *extra]

    def person(self) -> Person:
        return Person(self.state, self.change_dir)

    def start(self, name: str, *extra: str) -> subprocess.Popen[str]:
        """Start a playbook in a session of its own."""
        return subprocess.Popen(
            self.arguments(name, *extra), env=self.environment, cwd=self.state, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip

    def apply(self, *extra: str, person: Person | None = None) -> Run:
        """Apply, while a person answers what waits."""
        log = self.state / "apply.log"
        with log.open("w", encoding="utf-8") as output:
            process = subprocess.Popen(
                self.arguments("apply", *extra), env=self.environment, cwd=self.state,
                stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
            (person or self.person()).stay_until(lambda: process.poll() is not None)
        text = log.read_text(encoding="utf-8")
        done = subprocess.CompletedProcess([], process.returncode, text, "")
        return Run.of(done)

    def intents(self, host: str) -> list[str]:
        """The ids of the steps that were begun, in order."""
        return [entry["step"] for entry in self.journal(host) if entry["kind"] == "intent"]

    def done(self, host: str) -> list[str]:
        """The ids of the steps that the journal tells were carried out, in order."""
        return [
            entry["step"]
            for entry in self.journal(host)
            if entry["kind"] == "result" and entry["status"] == "ok"
        ]


@contextmanager
def ft_lab(
    state: Path, environment: Mapping[str, str], systems: Mapping[str, Any], *, speed: int = SPEED
) -> Iterator[FtLab]:
    """A lab of a relay and these systems (name → description, as in demo-ft.yml)."""
    estate = yaml.safe_load(ESTATE.read_text(encoding="utf-8"))
    estate["ft_systems"] = dict(systems)
    state.mkdir(parents=True, exist_ok=True)
    file = state / "estate.yml"
    file.write_text(yaml.safe_dump(estate, allow_unicode=True), encoding="utf-8")
    path = f"{Path(sys.executable).parent}:{environment['PATH']}"
    lab = FtLab(state, {**environment, "PATH": path, "ANSIBLE_FORKS": "8"})
    lab.command("up", str(file), "--speed", str(speed))
    try:
        yield lab
    finally:
        lab.command("down")


def demo_systems() -> dict[str, Any]:
    """The demonstration's systems."""
    systems: dict[str, Any] = yaml.safe_load(ESTATE.read_text(encoding="utf-8"))["ft_systems"]
    return systems
