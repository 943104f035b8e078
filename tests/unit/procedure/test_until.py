# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a step waits for, and what it does where the board behind its driver is busy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._action import ActionError
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.context import NO_CHANGE
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.observation import Observation
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.waiting import Stop
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure import until
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.hooks import Hooks
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.until import Seen, Until
from step_double import planned

BUSY = {"failed": True, "reason": "power_busy", "msg": "It is busy, and has executed nothing."}
TAKEN = {"changed": True, "power": "off"}
RUNS = {"check": "service_state", "with": {"name": "IMAService"}, "is": "Running"}


class Action:
    """Tells its progress."""

    language = "en"

    def __init__(self) -> None:
        self.stop = Stop()
        self.said: list[str] = []

    def progress(self) -> Callable[[str], None]:
        return self.said.append

    def poll_seconds(self, _args: Any) -> float:
        return 0.01


def acts(action: Action, *results: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """A module that has these results, one by one; the last one for ever."""
    left = list(results)

    def act() -> dict[str, Any]:
        action.said.append("asked")
        return left.pop(0) if len(left) > 1 else left[0]

    return act


def waits(action: Action, *states: str, by: str | None = "operator", deadline: float = 5) -> Until:
    """The waits of a step that expects IMA to run, of which these looks tell."""
    left = list(states)
    arguments = {"deadline_seconds": deadline}
    step = planned("01-x", "ima_service", by=by, expect=[RUNS], arguments=arguments)

    def look(*_requests: Any) -> Seen:
        state = left.pop(0) if len(left) > 1 else left[0]
        services = {"IMAService": {"exists": True, "state": state}}
        return Seen(Observation("xa01", "t", "test", {"services": services}), NO_CHANGE)

    return Until(action, step, look)  # type: ignore[arg-type]


def guards(action: Action, *, hold: bool = True) -> Callable[[], None]:
    def guard() -> None:
        action.said.append("guarded")
        if not hold:
            raise ActionError("interlock", "Refused.")

    return guard


def test_it_is_guarded_anew_before_a_busy_board_is_asked_again() -> None:
    action = Action()
    found = waits(action, "").taken(acts(action, BUSY, TAKEN), guards(action))
    assert found == TAKEN
    assert action.said == ["asked", BUSY["msg"], "guarded", "asked"]


def test_what_holds_no_more_is_not_asked_again() -> None:
    action = Action()
    with pytest.raises(ActionError, match="Refused"):
        waits(action, "").taken(acts(action, BUSY, TAKEN), guards(action, hold=False))
    assert action.said.count("asked") == 1


def test_one_that_stays_busy_is_told_after_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(until, "BUSY_SECONDS", 0.05)
    action = Action()
    assert waits(action, "").taken(acts(action, BUSY), guards(action)) == BUSY


@pytest.mark.parametrize("result", [TAKEN, {"failed": True, "reason": "power_refused"}])
def test_any_other_answer_is_taken_as_it_is(result: dict[str, Any]) -> None:
    action = Action()
    assert waits(action, "").taken(acts(action, result), guards(action)) == result
    assert action.said == ["asked"]


PLAIN: Any = Hooks.__new__(Hooks)  # a Windows server: nothing is special about it


def test_what_a_person_brings_about_on_a_server_comes_true_within_the_deadline() -> None:
    action = Action()
    found = waits(action, "Stopped", "Start Pending", "Running").expected(PLAIN, None)  # type: ignore[arg-type]
    assert found == []
    assert len(action.said) == 2
    [missing] = waits(action, "Stopped", deadline=0.03).expected(PLAIN, None)  # type: ignore[arg-type]
    assert missing.value == "Stopped"


def test_what_a_servers_own_module_brings_about_is_there_when_it_ends() -> None:
    action = Action()
    [missing] = waits(action, "Stopped", "Running", by=None).expected(PLAIN, None)  # type: ignore[arg-type]
    assert missing.value == "Stopped"
    assert not action.said[1:]
