# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad inventories in real ansible-playbook processes: told at once, and nothing is contacted.

The relay's address is a listener of the test, which counts who calls.
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from bad_cases import CANARY, CASES, case_id, hostvars

LIVE = [case for case in CASES if case.get("live")]


class Relay:
    """A listener in a relay's place: counts the calls and hangs up."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.calls = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                call, _address = self._socket.accept()
            except OSError:  # closed
                return
            self.calls += 1
            call.close()

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def relay() -> Iterator[Relay]:
    listener = Relay()
    yield listener
    listener.close()


class Controller:
    """An inventory on a controller whose relays are the listener."""

    def __init__(self, folder: Path, environment: dict[str, str], port: int) -> None:
        self.folder, self.environment, self.port = folder, environment, port
        self.change = folder / "change"

    def play(self, playbook: str, case: dict[str, Any], *more: str) -> tuple[int, str]:
        hosts = hostvars(case)
        for variables in hosts.values():
            variables |= {
                "ansible_host": "127.0.0.1",
                "ansible_port": self.port,
                "ansible_winrm_scheme": "http",
                "ansible_user": "relay",
                "ansible_password": CANARY,
            }
        inventory = self.folder / "inventory.yml"
        text = yaml.safe_dump({"ft": {"hosts": hosts}}, allow_unicode=True)
        inventory.write_text(text, encoding="utf-8")
        extra = {"legacyops_change_dir": str(self.change), "legacyops_change_id": "CHG1"}
        words = [str(Path(sys.executable).parent / "ansible-playbook"), playbook]
        run = subprocess.run(
            [*words, "-i", str(inventory), "-e", json.dumps(extra), *more],
            env=self.environment, cwd=self.folder, capture_output=True, text=True, timeout=300,
            check=False,
        )  # fmt: skip
        return run.returncode, run.stdout + run.stderr


@pytest.fixture
def controller(tmp_path: Path, ansible_environment: dict[str, str], relay: Relay) -> Controller:
    return Controller(tmp_path, ansible_environment, relay.port)


def message(output: str) -> str:
    """The message of the host's one failed task."""
    failed = re.findall(r"^fatal: \[ft01\]: FAILED! => (\{.*\})$", output, re.MULTILINE)
    assert len(failed) == 1, output
    result = json.loads(failed[0])
    assert result["reason"] == "mistake"
    return str(result["msg"])


@pytest.mark.parametrize("case", LIVE, ids=case_id)
def test_assess_tells_it_and_contacts_nothing(
    case: dict[str, Any], controller: Controller, relay: Relay
) -> None:
    code, output = controller.play("legacyops.hotfix.assess", case)
    assert code != 0
    told = message(output)
    for words in case["says"]:
        assert words in told
    assert "Traceback" not in output
    assert CANARY not in output
    assert relay.calls == 0
    assert not controller.change.exists()


def test_the_good_inventory_does_contact_the_relay(controller: Controller, relay: Relay) -> None:
    """Else the tests above prove nothing. A run that could read nothing is no success."""
    code, output = controller.play("legacyops.hotfix.assess", {})
    assert code != 0, output
    assert "could be read" in output
    assert relay.calls > 0


def test_a_model_that_no_notice_knows(controller: Controller, relay: Relay) -> None:
    code, output = controller.play("legacyops.hotfix.assess", {"set": {"model": "RX300 S4"}})
    assert code != 0
    told = message(output)
    assert "legacyops_ft_system.model is 'RX300 S4', which no advisory is about" in told
    assert "PGT20126F2" in told
    assert "Copy the number from the type plate" in told
    assert relay.calls == 0


def test_plan_asks_for_what_assess_did_not_need(controller: Controller, relay: Relay) -> None:
    case = {"remove": ["windows_update"]}
    code, output = controller.play("legacyops.hotfix.plan", case, "--skip-tags", "assess")
    assert code != 0
    said = "legacyops_ft_system.windows_update is not given: give its package and sha256."
    assert said in message(output)
    assert relay.calls == 0


VAULT = {f"vault_{name}_password": CANARY for name in ("ft01", "ft02", "boards")}


def example(controller: Controller, host: str, secrets: dict[str, str]) -> str:
    """What plan says of a system of the example inventory; nobody has assessed it."""
    hosts = Path(__file__).parents[2] / "inventories" / "example" / "hosts.yml"
    extra = {"legacyops_change_dir": str(controller.change), "legacyops_change_id": "CHG1"}
    playbook = str(Path(sys.executable).parent / "ansible-playbook")
    words = [playbook, "legacyops.hotfix.plan", "-i", str(hosts), "--limit", host]
    run = subprocess.run(
        [*words, "--skip-tags", "assess", "-e", json.dumps({**extra, **secrets})],
        env=controller.environment, cwd=controller.folder, capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip
    return run.stdout + run.stderr


@pytest.mark.parametrize("host", ["ft01", "ft02"])
def test_the_example_inventory_has_no_mistake(controller: Controller, host: str) -> None:
    output = example(controller, host, VAULT)
    assert f"{host} has not been assessed for this change" in output
    assert "mistake" not in output


def test_a_vault_that_is_not_there_is_named(controller: Controller) -> None:
    output = example(controller, "ft01", {})
    assert "vault_ft01_password" in output
    assert "Traceback" not in output
