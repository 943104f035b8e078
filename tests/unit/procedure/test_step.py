# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A step on a server of no special kind: a person's, and one that two people answer for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._action import ActionError
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.context import silos_of
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.observation import Observation
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.records import Step
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.confirmations import (
    Confirmations,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.looks import LastLook
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.remote import RemoteError
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.steady import LOST
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.waiting import Stop
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.change import Change
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.directory import (
    ChangeDirectory,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.hooks import Hooks
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.step import StepRun
from step_double import planned

HOST = "xa01"
RUNS = {"check": "service_state", "with": {"name": "IMAService"}, "is": "Running"}
STOPPED = {"check": "service_state", "with": {"name": "IMAService"}, "is": "Stopped"}
TEXT = {"en": "Start IMA by hand.", "ja": "IMA を手動で開始する。"}


def step(**parts: Any) -> Step:
    asked = {"title": TEXT, "instruction": [{"clause": None, **TEXT}], "by": "operator"}
    arguments = {"ask": "done", "deadline_seconds": 5}
    common = {"action": "operator_confirm", "arguments": arguments, **asked}
    return planned("01-start", **{**common, **parts})


class Owner:
    """Nobody else asks for the host."""

    def take(self, change: str, run: str) -> dict[str, Any]:
        return {"change": change, "run": run}

    def free(self, _change: str, _run: str) -> bool:
        return True


class Server:
    """An observer of a server, and the action that runs its steps. states: of IMA, look by look."""

    check_mode = False
    language = "en"
    host = HOST

    def __init__(self, *states: str, **variables: Any) -> None:
        self.states, self.owner, self.stop = list(states), Owner(), Stop()
        self.task_vars = {"hostvars": {HOST: variables}}
        self.said: list[str] = []
        self.dispatched: list[dict[str, Any]] = []
        self.last_look = LastLook()

    def observe(self, _request: Any, _since: Any = None) -> Observation:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        services = {"IMAService": {"exists": True, "state": state}}
        data = {"services": services, "owner": {"free": True}, "sessions": {"drain_mode": 0}}
        return Observation(HOST, "2026-11-22T05:00:00Z", "test", data)

    def look_after_acts(self, _request: Any) -> None:
        pass

    def dispatch(self, _step: Any, **more: Any) -> dict[str, Any]:
        self.dispatched.append(more)
        return {"changed": True}

    def say(self, text: str) -> None:
        self.said.append(text)

    def paint(self, text: str, _colour: str) -> str:
        return text

    def patiently(self, ask: Callable[[], Any], _seconds: float) -> Any:
        return ask()

    def progress(self) -> Callable[[str], None]:
        return self.said.append

    def poll_seconds(self, _args: Any) -> float:
        return 0.01

    def difference(self, *_what: Any) -> None:
        return None


@pytest.fixture
def change(tmp_path: Path) -> Callable[..., Change]:
    """Return a maker of a change whose plan is one step."""

    def make(step: dict[str, Any], **settings: Any) -> Change:
        entry: dict[str, Any] = {
            "settings": {"silo": "s"},
            "steps": [step],
            "facts": {},
            "request": {},
        }
        plan = {"digest": "sha256:d", "waves": [[HOST]], "hosts": {HOST: entry}}
        entry["silo"] = silos_of(plan)[HOST]
        directory = ChangeDirectory(tmp_path, "C1")
        return Change(directory, "C1", plan, settings, {"approve_plan": True})

    return make


def run(server: Any, change: Change) -> dict[str, Any]:
    [step] = change.plan["hosts"][HOST]["steps"]
    return StepRun(server, Hooks(server, server, change), change, step).result()


def kinds(change: Change) -> list[str]:
    return [entry.kind for entry in change.journal(HOST).entries()]


def test_a_person_does_a_step_on_a_server_and_it_comes_true_later(
    change: Callable[..., Change],
) -> None:
    mine = change(step(interlocks=[STOPPED], expect=[RUNS]))
    with pytest.raises(ActionError) as waits:
        run(Server("Stopped"), mine)
    assert (waits.value.reason, mine.state(HOST)["status"]) == ("waiting_operator", "waiting")
    assert TEXT["en"] in str(waits.value)
    assert kinds(mine) == ["intent", "left"]
    desk = Confirmations(mine.directory.root)
    desk.confirm(HOST, "01-start", name="Sato")
    # Meanwhile it starts: it is not asked for again, and what it should bring about is awaited.
    server = Server("Stopped", "Stopped", "Start Pending", "Running")
    result = run(server, mine)
    assert (result["outcome"], mine.state(HOST)["status"]) == ("done", "under_way")
    assert kinds(mine) == ["intent", "left", "confirmation", "intent", "result"]
    assert server.dispatched == []
    assert any("IMAService" in text and "waits" in text for text in server.said)
    assert run(Server("Running"), mine)["outcome"] == "already"


def test_what_was_seen_before_a_person_was_asked_is_not_taken_for_what_is_there(
    change: Callable[..., Change],
) -> None:
    mine = change(step(interlocks=[STOPPED], expect=[RUNS]))
    with pytest.raises(ActionError):
        run(Server("Stopped"), mine)
    Confirmations(mine.directory.root).confirm(HOST, "01-start", name="Sato")
    server = Server("Stopped", "Stopped", "Stopped", "Running")
    server.last_look.note({}, server.observe({}))
    assert run(server, mine)["outcome"] == "done"
    assert server.last_look.covering({}) is None


def test_two_people_answer_for_a_servers_step_where_the_site_wants_that(
    change: Callable[..., Change],
) -> None:
    restart = step(action="restart", by=None, arguments={"deadline_seconds": 5}, interlocks=[RUNS])
    mine = change(restart, second_name_for=["restart"])
    server = Server("Running")
    with pytest.raises(ActionError, match="Two people answer for it"):
        run(server, mine)
    assert server.dispatched == []
    desk = Confirmations(mine.directory.root)
    desk.confirm(HOST, "01-start+go", name="Sato", second_name="Ito")
    assert run(server, mine)["outcome"] == "done"
    assert server.dispatched == [{}]


def test_the_guards_are_asked_again_after_people_have_answered(
    change: Callable[..., Change],
) -> None:
    restart = step(action="restart", by=None, arguments={"deadline_seconds": 5}, interlocks=[RUNS])
    mine = change(restart, second_name_for=["restart"])
    with pytest.raises(ActionError):
        run(Server("Running"), mine)
    desk = Confirmations(mine.directory.root)
    desk.confirm(HOST, "01-start+go", name="Sato", second_name="Ito")
    server = Server("Running", "Stopped")
    with pytest.raises(ActionError, match="Refused after the confirmation"):
        run(server, mine)
    assert server.dispatched == []


def test_what_a_lost_worker_has_failed_at_is_not_tried_again_by_itself(
    change: Callable[..., Change],
) -> None:
    restart = step(action="restart", by=None, arguments={"deadline_seconds": 5}, interlocks=[RUNS])
    mine = change(restart)
    mine.journal(HOST).append("begin", change="C1", plan="sha256:d", remaining=["01-start"])
    server = Server("Running")
    server.dispatch = lambda *_, **__: {"failed": True, "reason": "exit_code", "msg": "It broke."}
    with pytest.raises(ActionError, match="It broke"):
        run(server, mine)
    # The worker was killed before it could hand that over.
    mine.set_state(HOST, "under_way", step="01-start")
    again = Server("Running")
    again.task_vars[LOST] = 4711
    with pytest.raises(ActionError, match="It broke") as failed:
        run(again, mine)
    assert (failed.value.reason, mine.state(HOST)["status"]) == ("exit_code", "failed")
    assert again.dispatched == []
    assert run(Server("Running"), mine)["outcome"] == "done"  # another run tries again


def test_a_failed_installer_is_tried_again_once_whatever_is_lost_meanwhile(
    change: Callable[..., Change],
) -> None:
    """The answer of the second try is lost: what it has left is its own, and no failure of old."""

    class Retries(Hooks):
        def arguments(self, *_: Any) -> dict[str, Any]:
            return {"retry": True}

    class Losing(Server):
        def dispatch(self, _step: Any, **more: Any) -> dict[str, Any]:
            self.dispatched.append(more)
            lost = {"failed": True, "reason": "unreachable", "msg": "Lost."}
            return lost if len(self.dispatched) == 1 else {"changed": True}

        def patiently(self, ask: Callable[[], Any], _seconds: float) -> Any:
            try:
                return ask()
            except RemoteError:
                return ask()

    restart = step(action="restart", by=None, arguments={"deadline_seconds": 5}, interlocks=[RUNS])
    mine, server = change(restart), Losing("Running")
    [only] = mine.plan["hosts"][HOST]["steps"]
    assert StepRun(server, Retries(server, server, mine), mine, only).result()["outcome"] == "done"
    assert server.dispatched == [{"retry": True}, {"retry": False}]
