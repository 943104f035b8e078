# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A loop over steps ends at the first one that has not gone well, though Ansible goes on."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.action import step
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.step import StepAction

WELL = {"changed": True, "outcome": "done"}


class TimedOutError(BaseException):
    """What ansible-core raises in the middle of an action, at the end of the task's timeout."""


@pytest.fixture
def outcomes(monkeypatch: pytest.MonkeyPatch) -> Any:
    """outcomes(ends): what each step of one loop comes to, where the steps end so."""
    monkeypatch.setattr(step, "_ENDED", {})

    def loop(*ends: dict[str, Any] | BaseException) -> list[str]:
        told = []
        for number, end in enumerate(ends, 1):

            def run(*_: Any, end: Any = end) -> dict[str, Any]:
                if isinstance(end, BaseException):
                    raise end
                return dict(end)

            monkeypatch.setattr(StepAction, "run", run)
            action = object.__new__(step.ActionModule)
            action._task = SimpleNamespace(loop=True, _uuid="u", args={"step": f"00{number}"})
            try:
                result = action.run(None, {})
            except BaseException as error:
                told.append(type(error).__name__)
            else:
                told.append("failed" if result.get("failed") else str(result["outcome"]))
        return told

    return loop


def test_what_goes_well_goes_on(outcomes: Any) -> None:
    assert outcomes(WELL, WELL, WELL) == ["done", "done", "done"]


@pytest.mark.parametrize(
    "end", [{"failed": True}, TimedOutError(), ValueError("a mistake of ours")], ids=repr
)
def test_nothing_goes_on_after_what_does_not(outcomes: Any, end: Any) -> None:
    assert outcomes(WELL, end, WELL, WELL)[2:] == ["not_reached", "not_reached"]
