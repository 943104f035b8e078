# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules on power, Endurance and confirmations in real ansible-playbook processes."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.confirmations import (
    Confirmations,
)
from ft_doubles import CANARY, CREDENTIALS, Site

HOST = "ft03"
STEP = "11-enable_virtual_server1"
ANSWER = {"legacyops_confirm_step": STEP, "legacyops_confirm_name": "Sato Hanako"}


class Controller:
    """An inventory of one FT system, whose drivers are the site's double."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.log = folder / "ansible.log"
        self.environment = {**environment, "ANSIBLE_LOG_PATH": str(self.log)}
        self.site = Site(folder)
        self.site.set(
            coserver1="on",
            coserver2="off",
            virtual_server1="light green",
            virtual_server2="failed",
            ftvirtual="dark green",
        )
        system = {**self.site.system(), **self.site.endurance()}
        variables = {
            "ansible_connection": "local",
            "site_password": CANARY,
            "legacyops_ft_system": system,
            # A template, as a vaulted password is.
            "legacyops_ft_credentials": {
                "site": {**CREDENTIALS["site"], "password": "{{ site_password }}"}
            },
            "legacyops_poll_seconds": 1,
            "legacyops_change_id": "CHG1",
            "legacyops_change_dir": str(folder / "change"),
        }
        inventory = {"all": {"hosts": {HOST: variables}}}
        (folder / "inventory.yml").write_text(yaml.safe_dump(inventory), encoding="utf-8")

    def play(self, playbook: str, *more: str) -> tuple[int, str]:
        """Exit code and everything that was printed or logged, as loud as it gets."""
        words = [str(Path(sys.executable).parent / "ansible-playbook"), playbook, "-vvvv", "--diff"]
        run = subprocess.run(
            [*words, "-i", str(self.folder / "inventory.yml"), *more],
            env=self.environment, cwd=self.folder, capture_output=True, text=True, timeout=300,
            check=False,
        )  # fmt: skip
        return run.returncode, run.stdout + run.stderr + self.log.read_text(encoding="utf-8")

    def tasks(self, tasks: list[dict[str, Any]], *more: str) -> tuple[int, str]:
        play = {"hosts": HOST, "gather_facts": False, "tasks": tasks}
        path = self.folder / "tasks.yml"
        path.write_text(yaml.safe_dump([play], allow_unicode=True), encoding="utf-8")
        return self.play(str(path), *more)


@pytest.fixture
def controller(tmp_path: Path, ansible_environment: dict[str, str]) -> Controller:
    return Controller(tmp_path, ansible_environment)


def examples(module: str) -> list[dict[str, Any]]:
    found = importlib.import_module(
        f"ansible_collections.legacyops.hotfix.plugins.modules.{module}"
    )
    tasks: list[dict[str, Any]] = yaml.safe_load(found.EXAMPLES)
    return tasks


def test_the_examples_that_look_run_as_they_stand(controller: Controller) -> None:
    tasks = [examples("power")[0], *examples("endurance_info")]
    # The double stays light green for ever; its deadline need not be four hours.
    tasks[1]["legacyops.hotfix.endurance_info"]["deadline_seconds"] = 1
    Confirmations(controller.folder / "legacyops-changes" / "CHG0042").ask(HOST, STEP, {})
    code, output = controller.tasks([*tasks, *examples("confirm")])
    assert code == 0, output
    assert CANARY not in output


def test_what_acts_is_refused_on_a_system_that_nobody_described(controller: Controller) -> None:
    code, output = controller.tasks([examples("power")[1]])
    assert code == 2
    assert "legacyops_ft_system.model is None" in output
    assert "Traceback" not in output
    assert controller.site.states()["coserver1"] == "on"


def test_no_secret_is_told_when_something_goes_wrong(controller: Controller) -> None:
    cut = {"coserver": "coserver1", "state": "off", "way": "cut", "wiring_proven": True}
    enable = {"name": "virtual_server2", "deadline_seconds": 1}
    tasks = [
        {"legacyops.hotfix.power": {**cut, "deadline_seconds": 1}, "ignore_errors": True},
        {"legacyops.hotfix.virtual_server": enable, "ignore_errors": True},
        {"legacyops.hotfix.endurance_info": {}, "ignore_errors": True},
    ]
    for fault in ("leaks", "refuses", "deaf"):
        controller.site.fault(fault)
        code, output = controller.tasks(tasks)
        assert code == 0, output
        assert CANARY not in output
    assert all(CANARY in call["stdin"] for call in controller.site.calls())
    assert all(CANARY not in str(call["argv"]) for call in controller.site.calls())


def test_confirm(controller: Controller) -> None:
    words = [word for key, value in ANSWER.items() for word in ("-e", f"{key}='{value}'")]
    code, output = controller.play("legacyops.hotfix.confirm", *words)
    assert code != 0
    assert "does not wait for a confirmation" in output
    records = Confirmations(controller.folder / "change")
    request = records.ask(HOST, STEP, {"en": "Enable it.", "ja": "有効化してください。"})
    code, output = controller.play("legacyops.hotfix.confirm", *words[:2])
    assert code != 0
    assert "legacyops_confirm_name (who confirms)" in output
    code, output = controller.play("legacyops.hotfix.confirm", *words)
    assert code == 0, output
    answer = records.answer(request)
    assert answer is not None
    assert answer.name == "Sato Hanako"
