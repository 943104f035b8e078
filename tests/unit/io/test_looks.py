# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One look may stand for another: just now, of all that is asked, and with nothing in between."""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.observation import Observation
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io import looks
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.looks import LastLook
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.remote import Remote
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.waiting import Stop
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.wire import RemoteError
from io_doubles import FakeAction, bad, good

WIDE = {"want": ["system", "sessions"], "files": [{"path": "C:\\a.msp", "hash": True}]}


def remote(*answers: Any) -> tuple[Remote, FakeAction]:
    action = FakeAction(*answers)
    return Remote(action, "xa01"), action


def looked(n: int) -> str:
    return good("observe", system={"start_record": n})


@pytest.mark.parametrize(
    "asked",
    [
        {"want": ["system"]},
        {"want": ["sessions", "system"]},
        {"files": [{"path": "c:\\A.MSP", "hash": True}]},
        {"files": [{"path": "C:\\a.msp", "hash": False, "signature": False}]},
    ],
)
def test_a_part_of_what_was_just_read_is_not_read_again(asked: dict[str, Any]) -> None:
    host, action = remote(looked(1))
    assert host.observe(WIDE) is host.observe(asked)
    assert len(action.commands) == 1


@pytest.mark.parametrize(
    "asked",
    [
        {"want": ["stores"]},
        {"want": ["system"], "services": ["IMAService"]},
        {"files": [{"path": "C:\\a.msp", "hash": True, "signature": True}]},
        {"files": [{"path": "C:\\b.msp"}]},
        {"chains": ["C:\\a.msp"]},
        {"jobs": ["msp-1"]},
    ],
)
def test_what_was_not_read_is_read(asked: dict[str, Any]) -> None:
    host, action = remote(looked(1), looked(2))
    host.observe(WIDE)
    assert host.observe(asked).data["system"]["start_record"] == 2
    assert len(action.commands) == 2


def _runs(host: Remote, action: FakeAction) -> None:
    action.answers.insert(0, good("service"))
    host.run("service", {})


def _run_fails(host: Remote, action: FakeAction) -> None:
    action.answers.insert(0, bad("service", "refused", "no"))
    with pytest.raises(RemoteError):
        host.run("service", {})


def _act_fails(host: Remote, action: FakeAction) -> None:
    host.last_look.next = WIDE
    action.answers.insert(0, bad("service", "refused", "no") + looked(9))
    with pytest.raises(RemoteError):
        host.act("service", {})


def _waits(host: Remote, _action: FakeAction) -> None:
    Stop(waits=host.last_look.forget).sleep(0)


@pytest.mark.parametrize("happens", [_runs, _run_fails, _act_fails, _waits])
def test_whatever_happens_in_between_outdates_it(
    happens: Callable[[Remote, FakeAction], None],
) -> None:
    host, action = remote(looked(1), looked(2))
    host.observe(WIDE)
    happens(host, action)
    assert host.observe(WIDE).data["system"]["start_record"] == 2


def test_and_so_does_time(monkeypatch: pytest.MonkeyPatch) -> None:
    host, _action = remote(looked(1), looked(2))
    host.observe(WIDE)
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + looks.LOOK_SECONDS + 0.1)
    assert host.observe(WIDE).data["system"]["start_record"] == 2


def test_a_look_that_could_not_read_everything_stands_for_no_other() -> None:
    host, _action = remote(good("observe", errors={"stores": "denied"}), looked(2))
    host.observe(WIDE)
    assert host.observe({"want": ["system"]}).data["system"]["start_record"] == 2


def test_an_act_and_the_look_after_it_are_one_start() -> None:
    host, action = remote(good("service", after={"state": "Running"}) + looked(7))
    host.last_look.next = WIDE
    assert host.act("service", {"op": "start"})["after"] == {"state": "Running"}
    assert host.observe({"want": ["system"]}).data["system"]["start_record"] == 7
    assert len(action.commands) == 1
    lines = action.stdin[0].splitlines()
    assert [line == b"-" for line in lines] == [False, False, True, False, False]
    assert b"Invoke-Script" in base64.b64decode(lines[0])
    assert b"C:\\a.msp" in base64.b64decode(lines[4])


@pytest.mark.parametrize("cut", ["", looked(7)[:-60], bad("observe", "script_error", "WMI")])
def test_an_act_is_done_also_where_the_look_after_it_fails(cut: str) -> None:
    host, _action = remote(good("service", after={}) + cut, looked(8))
    host.last_look.next = WIDE
    assert host.act("service", {}) == {"after": {}}
    assert host.observe(WIDE).data["system"]["start_record"] == 8


def test_who_looks_at_nothing_afterwards_only_acts() -> None:
    host, action = remote(good("service"))
    host.act("service", {})
    assert len(action.stdin[0].splitlines()) == 2


class TestTheNextWorker:
    def seen(self) -> LastLook:
        look = LastLook()
        look.note(WIDE, Observation("xa01", "2026-11-22T05:00:00Z", "winrm", {"system": {}}))
        return look

    def test_it_takes_up_what_the_one_before_has_seen(self) -> None:
        taken = LastLook()
        taken.take_up(self.seen().to_dict())
        found = taken.covering(WIDE)
        assert found is not None
        assert found.taken == "2026-11-22T05:00:00Z"

    @pytest.mark.parametrize(
        "other",
        [
            {"process": os.getppid() + 1},  # of another run
            {"moment": time.monotonic() + 3600},  # of before the controller's restart
            {"moment": "soon"},
            {"observation": {}},
            {"request": None},
        ],
    )
    def test_it_takes_up_nothing_else(self, other: dict[str, Any]) -> None:
        taken = LastLook()
        taken.take_up({**(self.seen().to_dict() or {}), **other})
        assert taken.covering(WIDE) is None

    def test_there_may_be_nothing(self) -> None:
        taken = LastLook()
        assert taken.to_dict() is None
        taken.take_up(None)
        assert taken.covering({}) is None
