# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One interface for the three ways to a Windows; what each of them makes of the same calls."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.observation import Observation
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.ft.relay import Relay
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.jobs import Job
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.site_command import (
    OperatorNeededError,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.windows import (
    PersonsWindows,
    Windows,
    WinrmWindows,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.wire import RemoteError
from start_signs import start

TASK = {"en": "Restart it.", "ja": "再起動してください。"}
JOB = Job("msp-1", r"C:\msiexec.exe", ("/p", r"C:\a b.msp", "/qn", "/l*v", r"C:\x.log"))
FORM = {"coserver1": {"access": "relay", "address": "192.0.2.11", "credentials": "nodes"}}
CREDENTIALS = {"nodes": {"username": "admin", "password": "Canary-Pass-7"}}
TASK_RUNS = {"existed": False, "started": True, "state": 4, "last_result": 0x41301}
NODE_RUNS = {"existed": False, "started": True, "state": "running", "exit_code": None}


class Host:
    """Answers of a host, by script."""

    host = "xa01"

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.calls: list[tuple[str, Any]] = []
        self.resets = 0

    def run(self, script: str, params: Any, **_more: Any) -> Any:
        self.calls.append((script, params))
        answer = self.answers[script.replace("/", "_")]
        if isinstance(answer, Exception):
            raise answer
        return answer

    act = run

    def observe(self, request: Any, **_more: Any) -> Observation:
        return Observation("xa01", "2026-11-22T05:00:00Z", "winrm", self.run("observe", request))

    def reset(self) -> None:
        self.resets += 1


def winrm(**answers: Any) -> tuple[Windows, Host]:
    host = Host(**answers)
    return WinrmWindows(host), host  # type: ignore[arg-type]


def relay(**answers: Any) -> tuple[Windows, Host]:
    host = Host(**answers)
    return Relay(host, FORM, CREDENTIALS).windows("coserver1"), host  # type: ignore[arg-type]


def node(**more: Any) -> dict[str, Any]:
    seen = {"reachable": True, "system": start(1), "job": {"state": "none"}, **more}
    return {"nodes": {"coserver1": seen}}


def test_each_way_starts_and_asks_for_the_same_job() -> None:
    for way, answers in ((winrm, {"job": TASK_RUNS}), (relay, {"ft_act": NODE_RUNS})):
        windows, host = way(**answers)
        for record in (windows.start(JOB, 15), windows.ask_for(JOB, 15)):
            assert (record.state, record.exit_code) == ("running", None)
        assert [params["op"] for _script, params in host.calls] == ["start", "status"]


def test_a_command_line_quotes_what_is_no_switch() -> None:
    windows, host = winrm(job=TASK_RUNS)
    windows.start(JOB, 15)
    assert host.calls[0][1]["arguments"] == r'/p "C:\a b.msp" /qn /l*v "C:\x.log"'


@pytest.mark.parametrize("way", [winrm, relay])
def test_what_is_asked_of_windows_it_may_refuse_and_the_answer_may_be_lost(way: Any) -> None:
    lost = RemoteError("timeout", "xa01: lost.", "Look.")
    for answer, said in (({"return_value": 0}, "asked for the restart"), (lost, "(timeout)")):
        windows, _host = way(restart=answer, ft_act=answer)
        assert windows.restart(start(1), "x").endswith(said)
    windows, _host = way(restart={"return_value": 1314}, ft_act={"return_value": 1314})
    with pytest.raises(RemoteError, match="refuses the restart with code 1314"):
        windows.restart(start(1), "x")


def test_a_restarted_hosts_connection_is_not_used_again() -> None:
    windows, host = winrm(restart={"return_value": 0})
    windows.restart(start(1), "x")
    assert host.resets == 1


def test_a_host_whose_start_is_not_known_must_not_be_acted_on() -> None:
    assert winrm(observe={"system": start(1)})[0].look().obstacle is None
    unread, _host = winrm(observe={"system": {**start(1), "start_record": None}})
    obstacle = unread.look().obstacle
    assert obstacle is not None
    assert obstacle.reason == "unknown"


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        ({"reachable": False}, "node_unreachable"),
        ({"error": "access_denied: x"}, "access_denied"),
        ({"source": "rpc", "wmi_error": "x"}, "wmi_fails"),
        ({"system": None}, "unknown"),
        ({"job": {"state": "waiting"}}, "installer_busy"),
        ({"job": None}, "installer_busy"),
        ({"job": {"state": "finished"}}, None),
    ],
)
def test_why_a_node_must_not_be_acted_on(seen: dict[str, Any], reason: str | None) -> None:
    obstacle = relay(ft_observe=node(**seen))[0].look().obstacle
    assert (obstacle.reason if obstacle else None) == reason


def test_whatever_is_asked_of_a_persons_windows_is_that_persons_task() -> None:
    windows = PersonsWindows("ft01", TASK)
    asked = (
        windows.look,
        lambda: windows.observe({}),
        lambda: windows.start(JOB, 1),
        lambda: windows.ask_for(JOB, 1),
        lambda: windows.delete("x"),
        lambda: windows.restart(start(1), "x"),
        lambda: windows.shut_down(start(1), power_off=True),
    )
    for ask in asked:
        with pytest.raises(OperatorNeededError) as caught:
            ask()
        assert caught.value.instruction == TASK


def test_a_host_is_not_shut_down_over_its_own_line() -> None:
    windows, host = winrm()
    with pytest.raises(RemoteError, match="Nobody could switch it on again"):
        windows.shut_down(start(1), power_off=True)
    assert host.calls == []
