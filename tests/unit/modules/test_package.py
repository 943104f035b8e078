# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A package of a Windows update: the state decides, the exit code helps."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.windows.wusa import (
    explain_wusa,
)
from start_signs import start

PACKAGE, PIN, KB = r"C:\Updates\KB4474419.msu", "AB" * 32, "KB4474419"
JOB = f"msu-{KB}"
NAME = f"Package_for_{KB}~31bf3856ad364e35~amd64~~6.0.1.4"
ARGUMENTS = {"package": PACKAGE, "sha256": PIN, "update": KB}
STATES: dict[str, tuple[bool, dict[str, int]]] = {
    "absent": (False, {}),
    "staged": (False, {NAME: 0x40}),
    "pending": (False, {NAME: 0x60}),
    "installed": (True, {NAME: 0x70}),
    "superseded": (False, {NAME: 0x50}),
    "disagreeing": (True, {}),
}


def seen(state: str, **more: Any) -> dict[str, Any]:
    listed, packages = STATES[state]
    signs = {"file_renames": 0, "component_servicing": False, "windows_update": False}
    return {
        "system": start(1, up=90_000),
        "windows_updates": {KB: {"listed": listed, "packages": packages}},
        "pending_restart": signs,
        "files": {PACKAGE: {"exists": True, "sha256": PIN, "size": 5}},
        "jobs": {JOB: {"exists": False}},
        **more,
    }


def ended(code: int) -> dict[str, Any]:
    begun = {"existed": False, "started": True, "start": start(1, up=90_000)}
    return {**begun, "state": 3, "last_result": code, "last_run": "2026-11-22T05:00:00Z"}


def waiting_sign() -> dict[str, Any]:
    signs = {"file_renames": 0, "component_servicing": True, "windows_update": False}
    return {"pending_restart": signs}


@pytest.mark.parametrize(
    ("code", "after", "restart"),
    [
        (0, seen("installed"), False),
        (0, seen("superseded"), False),
        (0, seen("pending"), True),
        (0, seen("installed", **waiting_sign()), True),
        (3010, seen("pending"), True),
        (0x240005, seen("pending"), True),
        (0x240006, seen("installed"), False),
        (1, seen("installed"), False),  # already in, as it turns out
        (0x80240017, seen("installed"), False),
    ],
)
def test_an_update_that_is_in_afterwards_was_installed(run, host, code, after, restart) -> None:
    remote = host(observe=[seen("absent"), after], job=[ended(code), {}])
    result = run("package", remote, **ARGUMENTS)
    assert result["changed"], result
    assert (result["exit_code"], result["reboot_required"]) == (code, restart)
    asked = remote.calls[1][1]
    assert asked["executable"].endswith("wusa.exe")
    assert asked["arguments"] == f'"{PACKAGE}" /quiet /norestart'
    assert asked["as_system"] is True  # in a remote session it would be refused
    assert asked["guard"] == [{"path": PACKAGE, "sha256": PIN}]
    assert remote.ops("job") == ["start", "delete"]


@pytest.mark.parametrize(
    ("code", "after", "reason"),
    [
        (0, "absent", "not_verified"),
        (0, "staged", "not_verified"),
        (1, "absent", "not_verified"),  # it does not apply
        (0x80240017, "absent", "not_verified"),
        (0, "disagreeing", "unknown"),
        (0x240007, "absent", "installer_failed"),
        (0x80096010, "absent", "installer_failed"),
        (5, "absent", "installer_failed"),
        (4711, "absent", "installer_failed"),
    ],
)
def test_one_that_is_not_in_was_not(run, host, code, after, reason) -> None:
    remote = host(observe=[seen("absent"), seen(after)], job=[ended(code)])
    result = run("package", remote, **ARGUMENTS)
    assert result["reason"] == reason, result
    assert explain_wusa(code).text["en"] in result["msg"] or reason == "unknown"


def test_a_negative_code_is_the_same_code(run, host) -> None:
    remote = host(observe=[seen("absent")], job=[ended(-2146869232)])
    assert "0x80096010" in run("package", remote, **ARGUMENTS)["msg"]


@pytest.mark.parametrize("state", ["installed", "superseded", "pending"])
def test_one_that_is_there_is_left_alone(run, host, state) -> None:
    remote = host(observe=[seen(state)])
    assert not run("package", remote, **ARGUMENTS)["changed"]
    assert remote.acts() == []


def test_one_that_is_only_staged_is_installed(run, host) -> None:
    remote = host(observe=[seen("staged"), seen("installed")], job=[ended(0), {}])
    assert run("package", remote, **ARGUMENTS)["changed"]


@pytest.mark.parametrize("wanted", [False, True])
def test_a_restart_may_be_owed_whatever_the_code_says(run, host, wanted) -> None:
    """Also where the run that started it has died, and another one takes its end."""
    how = {"restart": "always" if wanted else "when_asked"}
    remote = host(observe=[seen("absent"), seen("installed")], job=[ended(0), {}])
    assert run("package", remote, **ARGUMENTS, **how)["reboot_required"] is wanted
    job = {"exists": True, **ended(0)}
    for now, owed in ((start(1, up=90_500), wanted), (start(2, up=60), False)):
        there = seen("installed", system=now, jobs={JOB: job})
        result = run("package", host(observe=[there], job=[{}]), **ARGUMENTS, **how)
        assert (result["changed"], result["reboot_required"]) == (False, owed)


def test_a_state_that_is_unknown_starts_nothing(run, host) -> None:
    remote = host(observe=[seen("disagreeing")])
    assert run("package", remote, **ARGUMENTS)["reason"] == "unknown"
    assert remote.acts() == []


@pytest.mark.parametrize(
    ("argument", "value", "reason"),
    [
        ("sha256", "x", "bad_pin"),
        ("update", "4474419", "bad_update"),
        ("package", r"\\files\KB4474419.msu", "bad_path"),
        ("package", r"C:\Updates\KB4474419.exe", "not_possible"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_the_host_is_asked(
    run, host, argument, value, reason
) -> None:
    remote = host()
    assert run("package", remote, **{**ARGUMENTS, argument: value})["reason"] == reason
    assert remote.calls == []


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(
    ("file", "reason"),
    [({"exists": False}, "not_found"), ({"exists": True, "sha256": "CD" * 32}, "hash_mismatch")],
)
def test_another_file_than_the_pinned_one_is_not_run(run, host, check, file, reason) -> None:
    remote = host(observe=[seen("absent", files={PACKAGE: file})])
    assert run("package", remote, check=check, **ARGUMENTS)["reason"] == reason
    assert remote.acts() == []


def test_check_mode_says_so_and_does_nothing(run, host) -> None:
    remote = host(observe=[seen("absent")])
    result = run("package", remote, check=True, **ARGUMENTS)
    assert result["changed"]
    assert remote.acts() == []
    assert result["diff"]["before"] != result["diff"]["after"]
