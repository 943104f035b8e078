# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A service of Windows, whatever it is; what is IMA's own is tested with ima_service."""

from __future__ import annotations

from typing import Any

import pytest


def service(state: str, pid: int = 1) -> dict[str, Any]:
    return {"exists": True, "state": state, "process_id": pid, "exit_code": 0}


def answers(host: Any, first: str, *later: str) -> Any:
    """A host whose service wuauserv is in these states, one after the other."""
    then = [{"before": service(first), "after": service(state)} for state in later]
    return host(observe=[{"services": {"wuauserv": service(first)}}], service=then or [{}])


def test_it_is_stopped_once_and_waited_for(run, host) -> None:
    remote = answers(host, "Running", "Stop Pending", "Stopped")
    result = run("service", remote, name="wuauserv", state="stopped")
    assert result["changed"]
    assert result["service"]["state"] == "Stopped"
    assert remote.ops("service") == ["stop", "status"]
    assert "currently_loading_plugin" not in result


def test_one_that_runs_is_only_watched(run, host) -> None:
    remote = answers(host, "Running", "Running")
    assert not run("service", remote, name="wuauserv", state="running", stable_seconds=10)[
        "changed"
    ]
    assert remote.ops("service") == ["status"]


@pytest.mark.parametrize("state", ["running", "stopped"])
def test_one_that_does_not_get_there_is_told_without_a_word_of_citrix(run, host, state) -> None:
    first = {"running": "Stopped", "stopped": "Running"}[state]
    remote = answers(host, first, *[first] * 3)
    result = run("service", remote, name="wuauserv", state=state, deadline_seconds=1)
    assert result["reason"].startswith("service_not_")
    assert "event log" in result["msg"]
    assert "logons" not in result["msg"]


def test_one_that_is_not_there(run, host) -> None:
    remote = host(observe=[{"services": {"nothing": {"exists": False}}}])
    assert run("service", remote, name="nothing", state="running")["reason"] == "not_found"
