# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a step on an FT system does where the board behind its driver is busy."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._action import ActionError
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.waiting import Stop
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.ft import step as ft_run

BUSY = {"failed": True, "reason": "power_busy", "msg": "It is busy, and has executed nothing."}
TAKEN = {"changed": True, "power": "off"}


class Action:
    """Takes the results of the module one by one."""

    def __init__(self, *results: dict[str, Any]) -> None:
        self.stop = Stop()
        self.results = list(results)
        self.said: list[str] = []

    def dispatch(self, _step: Any, **_more: Any) -> dict[str, Any]:
        self.said.append("asked")
        return self.results.pop(0) if len(self.results) > 1 else self.results[0]

    def patiently(self, attempt: Any, _seconds: float) -> Any:
        return attempt()

    def progress(self) -> Any:
        return lambda text: self.said.append(text)

    def poll_seconds(self, _args: Any) -> float:
        return 0.01


class Run(ft_run.FtRun):
    """A cut, without a system behind it. holds: what its guards say when they are read again."""

    def __init__(self, action: Action, *, holds: bool = True) -> None:
        self.action = action  # type: ignore[assignment]
        self.step = {"id": "cut", "action": "power"}  # type: ignore[typeddict-item]
        self.holds = holds

    def _guard_again(self) -> None:
        self.action.said.append("guarded")  # type: ignore[attr-defined]
        if not self.holds:
            raise ActionError("interlock", "Refused.")


def test_it_is_guarded_anew_before_a_busy_board_is_asked_again() -> None:
    action = Action(BUSY, TAKEN)
    assert Run(action)._taken_by_board({}) == TAKEN
    assert action.said == ["asked", BUSY["msg"], "guarded", "asked"]


def test_what_holds_no_more_is_not_asked_again() -> None:
    action = Action(BUSY, TAKEN)
    with pytest.raises(ActionError, match="Refused"):
        Run(action, holds=False)._taken_by_board({})
    assert action.said.count("asked") == 1


def test_one_that_stays_busy_is_told_after_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ft_run, "PATIENCE_SECONDS", 0.05)
    assert Run(Action(BUSY))._taken_by_board({}) == BUSY


@pytest.mark.parametrize("result", [TAKEN, {"failed": True, "reason": "power_refused"}])
def test_any_other_answer_is_taken_as_it_is(result: dict[str, Any]) -> None:
    action = Action(result)
    assert Run(action)._taken_by_board({}) == result
    assert action.said == ["asked"]
