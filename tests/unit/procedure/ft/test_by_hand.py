# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module that is called by hand meets the same refusals as a step."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._action import ActionError
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.ft import by_hand
from legacyops_lab.ft import estate
from legacyops_lab.ft.physics import Action, act, advance
from legacyops_model.ft.site import State, do, form, observe, remembered, with_

SYSTEMS = estate.load(Path(__file__).parents[4] / "lab" / "estates" / "ft" / "systems.yml")
KB_OUT = {"node": "coserver1", "operation": "uninstall", "update": "KB890859"}
KB_IN = {"node": "ftvirtual", "operation": "install", "update": "KB890859"}
ENABLE = {"name": "virtual_server1", "state": "enabled"}
CUT = {"coserver": "coserver1", "state": "off", "way": "cut"}


class Observer:
    """Sees one state of the model; the owner's record is somebody's or nobody's."""

    def __init__(self, state: State, held: Any = None) -> None:
        self.state = state
        self.held = held or {"free": True}

    @property
    def owner(self) -> Observer:
        return self

    def read(self) -> Any:
        return self.held

    def observe(self, request: Any, since: Any = None) -> Any:
        return observe(self.state)


def guard(
    monkeypatch: pytest.MonkeyPatch, state: State, action: str, given: Any, held: Any = None
) -> None:
    model = SYSTEMS["ft-failed1"]["model"]
    monkeypatch.setattr(by_hand, "observer_of", lambda *_a, **_k: Observer(state, held))
    variables = {"legacyops_ft_system": form(model), "legacyops_ft_credentials": {}}
    by_hand.guard(None, json.loads(json.dumps(variables)), action, given)  # type: ignore[arg-type]


def begin(name: str = "ft-failed1") -> State:
    return remembered(State(estate.first_state(SYSTEMS[name])))


def coserver2_off(state: State) -> State:
    system = act(state.system, Action("shutdown", "coserver2"))
    return remembered(with_(state, system=advance(system, 3600)))


def test_uninstalling_with_the_peer_on_is_refused(monkeypatch):
    with pytest.raises(ActionError, match="not so: CoServer2 is off") as refusal:
        guard(monkeypatch, begin(), "update_exe", KB_OUT)
    assert refusal.value.reason == "interlock"


def test_what_another_change_holds_is_left_alone(monkeypatch):
    held = {"change": "CHG-9", "run": "other"}
    with pytest.raises(ActionError, match="CHG-9, run other, holds the system") as refusal:
        guard(monkeypatch, coserver2_off(begin()), "update_exe", KB_OUT, held)
    assert refusal.value.reason == "owned"


def test_uninstalling_with_the_peer_off_is_as_good_as_a_step(monkeypatch):
    guard(monkeypatch, coserver2_off(begin()), "update_exe", KB_OUT)


def test_the_update_before_the_fix_is_refused(monkeypatch):
    with pytest.raises(ActionError, match="not so: the fix has the level that protects"):
        guard(monkeypatch, begin("ft-healthy"), "update_exe", KB_IN)


def test_enabling_a_virtual_server_over_an_unclean_coserver_is_refused(monkeypatch):
    with pytest.raises(ActionError, match="not so: KB890859 is proven off CoServer1"):
        guard(monkeypatch, begin(), "virtual_server", ENABLE)


def test_cutting_a_running_machine_is_refused(monkeypatch):
    with pytest.raises(ActionError, match="not so: CoServer1 shows a STOP screen"):
        guard(monkeypatch, begin(), "power", CUT)


def test_what_no_procedure_does_is_refused(monkeypatch):
    state = do(begin(), "shutdown", "coserver2")
    with pytest.raises(ActionError, match="No procedure") as refusal:
        guard(monkeypatch, state, "shutdown", {"node": "coserver1"})
    assert refusal.value.reason == "by_hand"
