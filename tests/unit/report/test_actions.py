# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What reading a results form back does to a change directory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.legacyops.hotfix.plugins.action import runbook
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._action import ActionError
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.confirmations import (
    ConfirmationError,
    Confirmations,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.waiting import Stop
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.directory import (
    ChangeDirectory,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.journal import JournalFile
from legacyops_model.ft.site import HOST

CHANGE = "CHG-1"


class Task:
    check_mode = False
    async_val = 0


class Desk:
    """A change directory with a plan, and the action that works in it."""

    def __init__(self, root: Path, plan: dict[str, Any]) -> None:
        self.directory = ChangeDirectory(root, CHANGE)
        self.directory.write_plan(plan)
        self.confirmations = Confirmations(root)
        self.journal = JournalFile(self.directory, HOST)
        self.path = Path(self.run()["form_path"])
        self.form = yaml.safe_load(self.path.read_text(encoding="utf-8"))
        self.rows = self.form["hosts"][HOST]["steps"]

    def run(self, check: bool = False, **more: Any) -> dict[str, Any]:
        action = object.__new__(runbook.ActionModule)
        action._task = Task()
        action._task.check_mode = check
        action.host = HOST
        action.task_vars = {"hostvars": {HOST: {}}}
        action.stop = Stop()
        blank = {"change_id": CHANGE, "change_dir": str(self.directory.root), "language": "en",
                 "advisory_paths": [], "time_zone": "Asia/Tokyo", "results": None}  # fmt: skip
        found: dict[str, Any] = action.proceed(None, {**blank, **more})
        return found

    def read(self, check: bool = False) -> dict[str, Any]:
        path = self.directory.root / "filled.json"
        path.write_text(json.dumps(self.form), encoding="utf-8")
        return self.run(check, results=str(path))

    def fill(self, number: int, **more: str) -> str:
        row = self.rows[number]
        row.update({"result": "done", "worker": "佐藤", "ended": "2026-11-22 22:05", **more})
        return str(row["step"])


@pytest.fixture
def desk(night: Any, tmp_path: Path) -> Desk:
    return Desk(tmp_path / "change", night().plan)


def test_a_row_answers_the_step_that_waits(desk: Desk) -> None:
    step = desk.fill(0, checker="Suzuki", note="by hand")
    request = desk.confirmations.ask(HOST, step, {"en": "Do it."}, second_name=True)
    assert desk.read()["transcribed"] == {HOST: 1}
    given = desk.confirmations.answer(request)
    assert given is not None
    assert (given.name, given.second_name) == ("佐藤", "Suzuki")
    assert given.note.startswith("transcribed from the results form; done at 2026-11-22T13:05:00Z")


def test_a_row_that_lacks_what_the_step_asks_for_writes_nothing(desk: Desk) -> None:
    desk.fill(0)
    step = desk.fill(1)
    desk.confirmations.ask(HOST, step, {"en": "Look."}, choices=("windows", "stop"))
    with pytest.raises(ConfirmationError) as refused:
        desk.read()
    assert refused.value.reason == "saw_missing"
    assert desk.journal.entries() == []


def test_what_a_person_saw_is_taken(desk: Desk) -> None:
    step = desk.fill(1, saw="stop")
    request = desk.confirmations.ask(HOST, step, {"en": "Look."}, choices=("windows", "stop"))
    desk.read()
    given = desk.confirmations.answer(request)
    assert given is not None
    assert given.saw == "stop"
    assert desk.read()["transcribed"] == {HOST: 0}


@pytest.mark.parametrize("result", ["failed", "not_needed"])
def test_a_step_that_was_not_done_is_not_confirmed(desk: Desk, result: str) -> None:
    step = desk.fill(0, result=result)
    request = desk.confirmations.ask(HOST, step, {"en": "Do it."})
    desk.read()
    assert desk.confirmations.answer(request) is None
    assert [entry.kind for entry in desk.journal.entries()] == ["transcribed"]


def test_check_mode_judges_and_writes_nothing(desk: Desk) -> None:
    desk.fill(0)
    assert desk.read(check=True)["changed"]
    assert desk.journal.entries() == []
    desk.fill(1, worker="")
    with pytest.raises(ActionError) as refused:
        desk.read(check=True)
    assert refused.value.reason == "form"


def test_a_form_that_is_not_there_is_named(desk: Desk) -> None:
    with pytest.raises(ActionError) as refused:
        desk.run(results="/nowhere/form.yml")
    assert refused.value.reason == "source_unreadable"
    assert "/nowhere/form.yml" in refused.value.msg


def test_a_form_that_somebody_began_to_fill_in_stays(desk: Desk) -> None:
    path = desk.path
    begun = path.read_text(encoding="utf-8").replace('worker: ""', "worker: 佐藤", 1)
    path.write_text(begun, encoding="utf-8")
    desk.run()
    assert path.read_text(encoding="utf-8") == begun


def test_the_same_runbook_again_is_no_change(desk: Desk) -> None:
    assert not desk.run()["changed"]
    assert not desk.run(check=True)["changed"]
    (desk.directory.root / "runbook-en.html").unlink()
    assert desk.run(check=True)["changed"]
    assert not (desk.directory.root / "runbook-en.html").exists()


def test_another_plan_has_another_form(desk: Desk, night: Any) -> None:
    desk.directory.write_plan(night("ft-healthy").plan)
    assert desk.run()["form_path"] != str(desk.path)
    assert desk.path.exists()
