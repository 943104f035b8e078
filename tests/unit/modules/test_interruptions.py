# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A signal, or a stopped change, in the middle of an action: it is left at a safe point, or ends.

The signal arrives while the host is acting. Whatever was begun there is never begun again, never
killed and never taken back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.actions import ACTIONS
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.waiting import (
    ChangeStoppedError,
    Stop,
    StoppedError,
)
from start_signs import start

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "rollouts.md"
PIN = "AB" * 32
PACKAGE = r"C:\Hotfix\X.msp"
CODE = "{6F1C9A52-3B7D-4E0A-9C41-0A5D3E7B1101}"
JOB = "msp-6F1C9A523B7D4E0A9C410A5D3E7B1101"
NO_ROOT = {
    "stores": {"root": [], "auth_root": [], "disallowed": []},
    "clock": {"utc": "2026-11-22T05:00:00Z"},
}
USERS = {
    "sessions": {
        "drain_mode": 0,
        "logons_disabled": False,
        "list": [{"id": 2, "state": 0, "user": "sato", "name": "x"}],
    }
}
DRAINED = {"after": {"drain_mode": 2, "logons_disabled": False}, "exit_code": 0}
STOPPED_SERVICE = {"exists": True, "state": "Stopped", "process_id": 0, "exit_code": 0}
TO_PATCH = {
    "system": {"oem_code_page": 932},
    "patches": [],
    "pending_restart": {
        "file_renames": 0,
        "component_servicing": False,
        "windows_update": False,
    },
    "installer": {"in_progress": False},
    "files": {PACKAGE: {"exists": True, "sha256": PIN, "size": 5}},
    "jobs": {JOB: {"exists": False, "state": None, "last_result": None, "last_run": None}},
}
UPDATE = r"C:\Updates\KB4474419.msu"
TO_UPDATE = {
    "system": start(1),
    "windows_updates": {"KB4474419": {"listed": False, "packages": {}}},
    "pending_restart": TO_PATCH["pending_restart"],
    "files": {UPDATE: {"exists": True, "sha256": PIN, "size": 5}},
    "jobs": {"msu-KB4474419": {"exists": False}},
}
RUNNING = {"existed": False, "started": True, "state": 4, "last_result": 0x41301}
NODES = {
    "ft_system": {
        node: {"name": node, "address": f"192.0.2.{at}", "access": "relay", "credentials": "nodes"}
        for at, node in enumerate(("coserver1", "coserver2", "ftvirtual"), 11)
    },
    "ft_credentials": {"nodes": {"username": "admin", "password": "x"}},
    "node": "coserver1",
    "deadline_seconds": 60,
}
SPUNINST = r"%windir%\$NtUninstallKB890859$\spuninst\spuninst.exe"
HAS_KB = dict.fromkeys(("updates_key", "hotfix_key", "uninstaller"), True)
NODE_ANSWERS = {
    "nodes": {
        "coserver1": {
            "reachable": True,
            "error": None,
            "system": {**start(1), "language": 1041},
            "job": {"state": "none"},
            "updates": {"KB890859": HAS_KB},
        }
    },
    "files": None,
}
G5 = "9ACFAB7E43C8D880D06B262A94DEEEE4B4659989C3D0CAF19BAF6405E41AB7DF"


@dataclass(frozen=True)
class Case:
    """One action whose host is acting when the signal arrives.

    acts: the script that acts, and the only call of it that there may be.
    """

    action: str
    acts: str
    arguments: dict[str, Any]
    answers: dict[str, list[Any]]
    leaves: bool


CASES = [
    Case(
        "root_certificate",
        "root_certificate",
        {"sha256": G5},
        {"observe": [NO_ROOT], "root_certificate": [{"before": False, "after": True}]},
        leaves=False,
    ),
    Case(
        "root_update_policy",
        "root_update_policy",
        {"state": "off"},
        {
            "observe": [{"root_update": {"policy_value": 0}}],
            "root_update_policy": [{"before": 0, "after": 1}],
        },
        leaves=False,
    ),
    Case(
        "staged_package",
        "fetch_file",
        {"path": PACKAGE, "sha256": PIN, "source": r"\\nas\X.msp"},
        {
            "observe": [{"files": {PACKAGE: {"exists": False, "sha256": None}}}],
            "fetch_file": [{"size": 7, "changed": True}],
        },
        leaves=False,
    ),
    Case(
        "logon_mode",
        "logon_mode",
        {"state": "drained"},
        {"observe": [USERS], "logon_mode": [DRAINED]},
        leaves=False,
    ),
    Case(
        "logon_mode",
        "logon_mode",
        {"state": "drained", "wait_for_sessions": True},
        {"observe": [USERS], "logon_mode": [DRAINED]},
        leaves=True,
    ),
    Case(
        "msp_patch",
        "job",
        {"package": PACKAGE, "sha256": PIN, "patch_code": CODE},
        {"observe": [TO_PATCH], "job": [RUNNING]},
        leaves=True,
    ),
    Case(
        "package",
        "job",
        {"package": UPDATE, "sha256": PIN, "update": "KB4474419"},
        {"observe": [TO_UPDATE], "job": [RUNNING]},
        leaves=True,
    ),
    Case(
        "ima_service",
        "service",
        {},
        {
            "service": [{"before": STOPPED_SERVICE, "after": STOPPED_SERVICE}],
            "observe": [{"services": {"IMAService": STOPPED_SERVICE}}],
        },
        leaves=True,
    ),
    Case(
        "restart",
        "restart",
        {},
        {
            "observe": [{"system": start(1)}],
            "restart": [{"return_value": 0}],
        },
        leaves=True,
    ),
    *[
        Case(
            action,
            "ft_act",
            NODES,
            {"ft_observe": [NODE_ANSWERS], "ft_act": [{"return_value": 0}]},
            leaves=True,
        )
        for action in ("restart", "shutdown")
    ],
    Case(
        "update_exe",
        "ft_act",
        {**NODES, "operation": "uninstall", "update": "KB890859", "uninstaller": SPUNINST},
        {
            "ft_observe": [NODE_ANSWERS],
            "ft_act": [{"existed": False, "started": True, "state": "running", "exit_code": None}],
        },
        leaves=True,
    ),
]


ENDS = {
    "signal": StoppedError("SIGTERM arrived"),
    "stopped": ChangeStoppedError("the change is stopped"),
}


@pytest.fixture(params=ENDS.values(), ids=list(ENDS))
def end_of_waiting(request: pytest.FixtureRequest) -> StoppedError:
    error: StoppedError = request.param
    return error


def acting(call: tuple[str, dict[str, Any]], case: Case) -> bool:
    """Whether a call makes the host act; a service and a job are also asked how they are."""
    script, parameters = call
    return script == case.acts and parameters.get("op", "start") not in ("status",)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.action)
def test_what_was_begun_is_neither_begun_again_nor_cut_off(
    run: Any, host: Any, monkeypatch: pytest.MonkeyPatch, case: Case, end_of_waiting: StoppedError
) -> None:
    remote = host(**case.answers)

    def check(_stop: Stop) -> None:
        if any(acting(call, case) for call in remote.calls):
            raise end_of_waiting

    monkeypatch.setattr(Stop, "check", check)
    result = run(case.action, remote, **case.arguments)
    begun = [call for call in remote.calls if acting(call, case)]
    assert len(begun) == 1, begun
    if case.leaves:
        is_stop = isinstance(end_of_waiting, ChangeStoppedError)
        assert result["reason"] == ("stopped" if is_stop else "interrupted")
        assert remote.calls[-1] == begun[0], "nothing more is asked of the host"
    else:
        assert result["changed"]
        assert not result.get("failed")


def test_the_guide_says_of_every_action_what_an_interruption_does() -> None:
    section = GUIDE.read_text(encoding="utf-8").split("## Interruptions")[1].split("\n## ")[0]
    told = set(re.findall(r"^\| `(\w+)`", section, re.MULTILINE))
    assert told == set(ACTIONS)
