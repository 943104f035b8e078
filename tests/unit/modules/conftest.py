# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs an action against a host that is a list of recorded answers."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.observation import Observation
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.looks import LastLook
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.waiting import Stop

Answer = dict[str, Any] | Exception


class RecordedHost:
    """A Remote whose scripts answer from lists; the last answer of a list stays.

    answers: by script name (ft_act is ft/act), what it answers one after the other;
        exceptions are raised.
    """

    host = "xa01"

    def __init__(self, **answers: list[Answer]) -> None:
        self._answers = {name: list(each) for name, each in answers.items()}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.pieces: list[bytes] = []
        self.resets = 0
        self.last_look = LastLook()

    def run(
        self, script: str, params: dict[str, Any], *, pieces: Any = (), deadline: Any = None
    ) -> dict[str, Any]:
        script = script.replace("/", "_")
        self.calls.append((script, params))
        self.pieces += pieces
        answers = self._answers[script]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    act = run

    def observe(self, request: dict[str, Any], *, deadline: Any = None) -> Observation:
        data = self.run("observe", request)
        return Observation("xa01", "2026-11-22T05:00:00Z", "winrm", data)

    def reset(self) -> None:
        self.resets += 1

    def ops(self, script: str) -> list[str]:
        """What a script was asked to do."""
        return [params["op"] for name, params in self.calls if name == script]

    def acts(self) -> list[str]:
        """Every script but the one that only reads."""
        return [script for script, _ in self.calls if script != "observe"]


class _Task:
    check_mode = False
    async_val = 0
    action = "x"
    args: ClassVar[dict[str, Any]] = {}


@pytest.fixture
def host() -> type[RecordedHost]:
    return RecordedHost


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """run(module, host, check, by_hand, **arguments) -> its result, without any wait."""
    monkeypatch.setattr(Stop, "sleep", lambda self, _seconds: self.check())

    def call(
        name: str,
        remote: RecordedHost,
        /,
        check: bool = False,
        by_hand: bool = False,
        **arguments: Any,
    ) -> dict[str, Any]:
        module = importlib.import_module(
            f"ansible_collections.legacyops.hotfix.plugins.action.{name}"
        )
        validated = ArgumentSpecValidator(
            module.ARGUMENT_SPEC, **module.ActionModule.argument_rules
        )
        found = validated.validate(arguments)
        assert not found.error_messages
        action = object.__new__(module.ActionModule)
        action._task = _Task()
        action._task.check_mode = check
        action._task.args = arguments
        action.task_vars = {}
        action.host = "xa01"
        action.stop = Stop()
        # What a module refuses by hand: tests/unit/procedures/test_by_hand.py
        action.of_a_step = not by_hand
        action._began = 0.0
        action._find_needle = lambda _folder, path: path
        result: dict[str, Any] = action._guarded(remote, found.validated_parameters)
        return result

    return call
