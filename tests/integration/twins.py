# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab of servers that are all alike and depend on nothing but themselves.

Each needs every step of the procedure: the package is on a share, the root is missing, and the
hotfix wants a restart. So a test can spoil one of them without regard to the others, and many
servers can be spoilt at the same time.
"""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.directory import (
    ChangeDirectory,
)
from journals import entries
from legacyops_lab.control import ask
from legacyops_lab.world import images

FARM = Path(__file__).resolve().parents[2] / "lab" / "estates" / "farm.yml"
SHARE = r"\\files\hotfix\TWIN01.msp"
PATCH = "{6F1C9A52-3B7D-4E0A-9C41-0A5D3E7B1199}"
PACKAGE = {
    "name": "TWIN01",
    "patch_code": PATCH,
    "products": ["xenapp_5.0_x64"],
    "needs_restart": True,
}
HOTFIX = {
    "id": "TWIN01",
    "package": r"C:\Hotfix\TWIN01.msp",
    "sha256": images.package(PACKAGE).sha256(),
    "patch_code": PATCH,
    "source": SHARE,
}
STEPS = (
    "stage_package",
    "drain_logons",
    "import_root",
    "prove_package_chain",
    "wait_for_sessions",
    "install_hotfix",
    "restart_server",
    "prove_ima",
    "prove_modules",
    "enable_logons",
)
# Simulated seconds in a real one: an installation takes three seconds, a restart as many.
SPEED = 120


def estate(names: list[str], **special: dict[str, Any]) -> dict[str, Any]:
    """An estate of these servers.

    special: what is different on a server, laid over it key by key.
    """
    farm = yaml.safe_load(FARM.read_text(encoding="utf-8"))
    settings = {**farm["groups"]["xenapp"], "legacyops_hotfixes": [HOTFIX]}
    hosts = {name: _overlaid(_server(name), special.get(name, {})) for name in names}
    return {"estate": {"name": "Twins"}, "groups": {"xenapp": settings}, "hosts": hosts}


def _server(name: str) -> dict[str, Any]:
    alone = {"legacyops_silo": name, "legacyops_single_server_silo": "accept_outage"}
    return {
        "groups": ["xenapp"],
        "vars": {"legacyops_farm_role": "test", "legacyops_farm": name, **alone},
        "xenapp": {
            "role": "test",
            "silo": name,
            "root_update": {"policy_value": 1},
            "shares": [{"source": SHARE, "package": PACKAGE}],
        },
    }


def _overlaid(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    result = copy.deepcopy(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = _overlaid(result[key], value) if both else value
    return result


@dataclass(frozen=True)
class Change:
    """A change directory, and the command line that carries its plan out on one server."""

    folder: Path
    host: str
    command: list[str]

    @property
    def journal_file(self) -> Path:
        return self.folder / "journal" / f"{self.host}.jsonl"

    def journal(self) -> list[dict[str, Any]]:
        return entries(self.journal_file)

    def state(self, host: str | None = None) -> dict[str, Any]:
        file = self.folder / "state" / f"{host or self.host}.json"
        state: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return state


class Twins:
    """The running lab."""

    def __init__(self, state: Path, environment: dict[str, str]) -> None:
        self.state = state
        self.environment = environment

    def command(self, *words: str) -> str:
        """Run legacyops-lab; its output."""
        return subprocess.run(
            ["legacyops-lab", *words, "--state", str(self.state)],
            env=self.environment, check=True, capture_output=True, text=True, timeout=120,
        ).stdout  # fmt: skip

    def ask(self, what: str, **arguments: Any) -> Any:
        """What legacyops-lab's command of this name does or answers, without a process."""
        lab = json.loads((self.state / "lab.json").read_text(encoding="utf-8"))
        return ask(Path(lab["control"]), what, arguments)

    def inject(self, host: str, fault: str, **arguments: Any) -> None:
        self.ask("inject", host=host, fault=fault, **arguments)

    def status(self) -> Any:
        return self.ask("status")["hosts"]

    def snapshot(self) -> Any:
        return self.ask("snapshot")

    def violations(self) -> list[tuple[str, str]]:
        """Host and text of each violation."""
        entries = self.ask("ledger")
        return [(e["host"], e["text"]) for e in entries if e["kind"] == "violation"]

    def words(self, playbook: str, folder: Path, *extra: str) -> list[str]:
        """The command line of a playbook of the collection."""
        settings = {
            "legacyops_change_id": "CHG0042",
            "legacyops_change_dir": str(folder),
            "legacyops_approve_plan": True,
        }
        program = str(Path(sys.executable).parent / "ansible-playbook")
        inventory = str(self.state / "inventory.yml")
        words = [program, f"legacyops.hotfix.{playbook}", "-i", inventory]
        return [*words, "-e", json.dumps(settings), *extra]

    def run(self, words: list[str]) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; stdout holds stderr too."""
        return subprocess.run(
            words, env=self.environment, cwd=self.state, timeout=300, check=False, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def plan(self) -> dict[str, Any]:
        """Plan all servers, once."""
        folder = self.state / "planned"
        if not folder.exists():
            done = self.run(self.words("plan", folder))
            assert done.returncode == 0, done.stdout
        plan = ChangeDirectory(folder, "").planned()
        assert plan is not None
        return plan

    def change(self, host: str) -> Change:
        """A change of its own for one server, with the plan of all."""
        self.plan()
        folder = self.state / f"change-{host}"
        shutil.copytree(self.state / "planned", folder)
        return Change(folder, host, self.words("apply", folder, "--limit", host))


@contextmanager
def running(
    state: Path, environment: dict[str, str], data: dict[str, Any], speed: float = SPEED
) -> Iterator[Twins]:
    """A lab of this estate."""
    file = state / "estate.yml"
    file.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    path = f"{Path(sys.executable).parent}:{environment['PATH']}"
    lab = Twins(state, {**environment, "PATH": path, "ANSIBLE_FORKS": "6"})
    lab.command("up", str(file), "--speed", str(speed))
    try:
        yield lab
    finally:
        lab.command("down")
