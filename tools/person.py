#!/usr/bin/env python3
"""A person's double for demonstrations and tests: does at the lab's machines what a step asks for.

It reads what waits in a change directory, acts on the lab as hands and eyes at the machines would
(legacyops-lab operator), and confirms with the playbook that a person would use, or without it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.confirmations import (
    Confirmations,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.directory import (
    ChangeDirectory,
)
from legacyops_lab.control import ControlError, ask

NAME = "Sato (the lab's double of a person)"
SECOND_NAME = "Suzuki (another double)"
# Endurance Manager's view in one word: (Virtual Server1, Virtual Server2) → that word.
_WORDS = {
    ("good", "good"): "dark_green",
    ("good", "bad"): "virtual_server1_only",
    ("good", "off"): "virtual_server1_only",
    ("bad", "good"): "virtual_server2_only",
    ("off", "good"): "virtual_server2_only",
}
_PATIENCE_SECONDS = 120.0


class Person:
    """One person for all systems of a lab.

    state: the lab's state directory.
    change_dir: where requests wait.
    confirm: how an answer is given; by default straight into the change directory.
    """

    def __init__(
        self,
        state: Path,
        change_dir: Path,
        *,
        confirm: Callable[[dict[str, Any], str | None], None] | None = None,
    ) -> None:
        self.state, self.change_dir = state, change_dir
        self.confirm = confirm or self._confirm
        self.answered: list[tuple[str, str, str | None]] = []

    def waiting(self) -> list[dict[str, Any]]:
        """Every request that nobody has answered yet."""
        found = []
        for path in sorted(self.change_dir.glob("waiting/*/*.json")):
            try:
                request = json.loads(path.read_text(encoding="utf-8"))
            except FileNotFoundError:
                continue  # settled meanwhile
            answers = self.change_dir / "confirmations" / path.parent.name
            if not list(answers.glob(f"*-{request['id']}.json")):
                found.append(request)
        return found

    def answer_all(self) -> int:
        """Answer what waits; how many answers were given."""
        requests = self.waiting()
        for request in requests:
            saw = self._do(request)
            self.confirm(request, saw)
            self.answered.append((request["host"], request["step"], saw))
        return len(requests)

    def stay_until(self, over: Callable[[], bool], *, seconds: float = 1500) -> None:
        """Answer whatever waits, until something is over.

        Raises RuntimeError: it is not over within these seconds.
        """
        end = time.monotonic() + seconds
        while not over():
            if time.monotonic() > end:
                raise RuntimeError(f"not over within {seconds:.0f} seconds")
            if not self.answer_all():
                time.sleep(0.2)

    def operator(
        self,
        host: str,
        verb: str,
        node: str | None = None,
        *,
        when: str | None = None,
        level: str | None = None,
        restart: bool = True,
    ) -> Any:
        """Do, or look at, something at a machine, as `legacyops-lab operator` does.

        Asks the lab without starting a process: a person looks again and again. Its refusal as
        RuntimeError.
        """
        given = {"system": host, "verb": verb, "node": node}
        try:
            return self._ask("operator", **given, when=when, level=level, restart=restart)
        except ControlError as error:
            raise RuntimeError(f"{host} {verb} {node or ''}: {error}") from None

    def _ask(self, what: str, **arguments: Any) -> Any:
        lab = json.loads((self.state / "lab.json").read_text(encoding="utf-8"))
        return ask(Path(lab["control"]), what, arguments)

    def _do(self, request: Mapping[str, Any]) -> str | None:
        """Do what is asked, and return what is to be seen then."""
        host = request["host"]
        if request["step"].endswith("+board"):
            return self.board(host)
        look = request["step"].partition("+")[2]
        if look in ("coserver1", "coserver2", "ftvirtual"):
            return str(self.operator(host, "look", look))
        if look == "go":
            return None
        entry = ChangeDirectory(self.change_dir, "").planned_for(host)
        steps = {step.id: step for step in (entry or {"steps": []})["steps"]}
        step = steps[request["step"].partition("+")[0]]
        given = step.arguments
        node = step.node or ""
        if request["step"].endswith("+update"):
            there = self._node(host, node)
            listed = "installed" if there["uninstall_folder"] else "installed_without_folder"
            return listed if there["kb"] else "not_installed"
        match step.action:
            case "operator_confirm" if given["ask"] == "screen":
                return str(self.operator(host, "look", node))
            case "operator_confirm":
                self.operator(host, "logon", node)
                return None
            case "power":
                return self._power(host, node, given, step.by)
            case "update_exe":
                return self._update(host, node, given)
            case "restart":
                self.operator(host, "restart", node)
                return self._screen(host, node, "windows")
            case "shutdown":
                self._shut_down(host, node)
                return "down"
            case "virtual_server":
                self.operator(host, "enable", given["name"])
                return self.board(host)
            case "endurance_info":
                return self.board(host)
            case "staged_package":
                return "at_hand"
        raise RuntimeError(f"a person does not know {step.action}")

    def _power(self, host: str, node: str, given: Mapping[str, Any], by: str) -> str:
        if given["state"] == "on":
            self.operator(host, "power_on", node)
            return self._screen(host, node, "windows")
        match given["way"]:
            case "at_post":
                if self.operator(host, "look", node) == "windows":
                    self.operator(host, "restart", node)
                try:
                    self.operator(host, "power_off", node, when="post")
                except RuntimeError:  # POST was missed: not cut, but shut down, as the step says
                    self._screen(host, node, "windows")
                    return self._shut_down(host, node)
            case "bios_setup":
                self.operator(host, "restart", node)
                if by != "operator":
                    return self._screen(host, node, "bios_setup")
                self.operator(host, "boot_setup", node)
                self.operator(host, "power_off", node, when="bios_setup")
            case "shutdown":
                if self.operator(host, "look", node) == "windows":
                    return self._shut_down(host, node)
                return self._screen(host, node, "dark")
            case _:
                self.operator(host, "power_off", node)
        return str(self.operator(host, "look", node))

    def _shut_down(self, host: str, node: str) -> str:
        self.operator(host, "shutdown", node)
        return self._screen(host, node, "dark")

    def _update(self, host: str, node: str, given: Mapping[str, Any]) -> str:
        verb = "uninstall"
        if given["operation"] == "install":
            verb = "install_fix" if given["update"] == "fix" else "install_kb"
        self.operator(host, verb, node, restart=False)
        self._until(lambda: not self._node(host, node)["installing"], f"{verb} on {node}")
        return "removed" if verb == "uninstall" else "installed"

    def _node(self, host: str, node: str) -> dict[str, Any]:
        found: dict[str, Any] = self._ask("status")["hosts"][host][node]
        return found

    def _screen(self, host: str, node: str, wanted: str) -> str:
        """Wait for what a screen should show; what it shows when it does, or does no more."""
        lasting = (wanted, "stop", "hung")
        self._until(lambda: self.operator(host, "look", node) in lasting, f"{wanted} on {node}")
        return str(self.operator(host, "look", node))

    @staticmethod
    def _until(holds: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + _PATIENCE_SECONDS
        while not holds():
            if time.monotonic() > end:
                raise RuntimeError(f"a person has waited too long for {what}")
            time.sleep(0.3)

    def board(self, host: str) -> str:
        """Endurance Manager's view in one of the words that a step offers."""
        try:
            shown = self.operator(host, "board")
        except RuntimeError:
            return "offline"  # no CoServer can be used, so nothing runs
        if any(part.get("colour") == "light_green" for part in shown.values()):
            ready = _kind(shown["virtual_server1"]) == "good"
            return "light_green" if ready else "virtual_server1_starting"
        one, two = (_kind(shown[f"virtual_server{side}"]) for side in (1, 2))
        if (one, two) == ("off", "off"):
            return "offline"
        return _WORDS.get((one, two), "failed")

    def _confirm(self, request: Mapping[str, Any], saw: str | None) -> None:
        Confirmations(self.change_dir).confirm(
            request["host"],
            request["step"],
            name=NAME,
            second_name=SECOND_NAME if request["second_name"] else None,
            saw=saw,
        )


def _kind(part: Mapping[str, str]) -> str:
    if part.get("colour") == "dark_green":
        return "good"
    if part.get("colour") == "light_green":
        return "waiting"
    return "off" if part.get("state") == "Offline" else "bad"
