# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A person's word is asked for, given once, and answers one wait only."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.confirmations import (
    ConfirmationError,
    Confirmations,
    PersonsTask,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.waiting import Progress, Stop

SAY = {"en": "Press the button.", "ja": "電源ボタンを押してください。"}


@pytest.fixture
def records(tmp_path: Path) -> Confirmations:
    return Confirmations(tmp_path)


def ask(records: Confirmations, step: str = "06-cut", **more: Any) -> PersonsTask:
    return records.ask("ft03", step, SAY, **more)


def refused(records: Confirmations, step: str = "06-cut", **more: Any) -> str:
    with pytest.raises(ConfirmationError) as caught:
        records.confirm("ft03", step, **{"name": "Sato", **more})
    assert caught.value.remedy
    return caught.value.reason


def test_asked_confirmed_taken(records: Confirmations, tmp_path: Path) -> None:
    request = ask(records)
    assert records.answer(request) is None
    given, new = records.confirm("ft03", "06-cut", name=" Sato  Hanako ", note="at the screen")
    assert new
    assert records.answer(request) == given
    assert (given.name, given.note) == ("Sato Hanako", "at the screen")
    records.settle(request)
    assert records.waiting("ft03") == []
    assert len(list(tmp_path.glob("confirmations/ft03/*.json"))) == 1
    assert refused(records) == "not_waiting"


def test_the_same_question_is_the_same_wait(records: Confirmations) -> None:
    first = ask(records, plan="sha256:1", choices=("post", "windows"))
    assert ask(records, plan="sha256:1", choices=("post", "windows")) == first
    assert ask(records, plan="sha256:2", choices=("post", "windows")).id != first.id


def test_an_old_answer_answers_no_new_wait(records: Confirmations) -> None:
    first = ask(records)
    records.confirm("ft03", "06-cut", name="Sato")
    records.settle(first)
    assert records.answer(ask(records)) is None


def test_a_step_that_does_not_wait(records: Confirmations) -> None:
    assert refused(records) == "not_waiting"
    ask(records, "08-on")
    with pytest.raises(ConfirmationError, match=r"It waits for: 08-on\."):
        records.confirm("ft03", "06-cut", name="Sato")


@pytest.mark.parametrize("name", ["", "  ", "\x1b", "x" * 81])
def test_a_name_is_mandatory(records: Confirmations, name: str) -> None:
    ask(records)
    assert refused(records, name=name) == "name_missing"


def test_two_people_where_two_are_asked_for(records: Confirmations) -> None:
    ask(records, second_name=True)
    assert refused(records) == "second_name_missing"
    assert refused(records, second_name="sato") == "second_name_missing"
    assert records.confirm("ft03", "06-cut", name="Sato", second_name="Ito")[1]


def test_what_is_to_be_seen(records: Confirmations) -> None:
    ask(records, choices=("post", "windows"))
    assert refused(records) == "saw_missing"
    assert refused(records, saw="blue") == "saw_missing"
    assert records.confirm("ft03", "06-cut", name="Sato", saw="post")[0].saw == "post"
    ask(records, "08-on")
    assert refused(records, "08-on", saw="post") == "saw_missing"


def test_what_was_said_stays_said(records: Confirmations) -> None:
    request = ask(records)
    given, _ = records.confirm("ft03", "06-cut", name="Sato")
    assert records.confirm("ft03", "06-cut", name="Sato") == (given, False)
    assert refused(records, name="Ito") == "already_confirmed"
    assert records.answer(request) == given


def test_of_many_at_once_one_is_first(records: Confirmations) -> None:
    request = ask(records)
    news, errors = [], []

    def confirm(number: int) -> None:
        try:
            news.append(records.confirm("ft03", "06-cut", name=f"Person {number}")[1])
        except ConfirmationError as error:
            errors.append(error.reason)

    threads = [threading.Thread(target=confirm, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (news, errors) == ([True], ["already_confirmed"] * 7)
    assert records.answer(request) is not None


def test_check_mode_writes_nothing(records: Confirmations, tmp_path: Path) -> None:
    request = ask(records)
    assert records.confirm("ft03", "06-cut", name="Sato", write=False)[1]
    assert records.answer(request) is None
    assert not (tmp_path / "confirmations").exists()


def test_names_stay_inside_the_change_directory(records: Confirmations, tmp_path: Path) -> None:
    request = records.ask("..", "../../x", SAY)
    records.confirm("..", "../../x", name="Sato")
    assert records.answer(request)
    assert all(tmp_path in path.parents for path in tmp_path.rglob("*.json"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["confirmations", "waiting"]


def test_a_damaged_record_is_named(records: Confirmations, tmp_path: Path) -> None:
    request = ask(records)
    records.confirm("ft03", "06-cut", name="Sato")
    [path] = tmp_path.glob("confirmations/ft03/*.json")
    for text in ("{", "[]", "{}"):
        path.write_text(text)
        with pytest.raises(ConfirmationError, match=path.name):
            records.answer(request)


def test_waiting_for_the_answer(records: Confirmations) -> None:
    request = ask(records)
    said: list[str] = []
    wait = {"interval": 0.01, "stop": Stop(), "progress": Progress(said.append)}
    assert records.await_answer(request, deadline=0, **wait) is None
    assert "waits for a person" in said[0]
    timer = threading.Timer(0.1, records.confirm, ("ft03", "06-cut"), {"name": "Sato"})
    timer.start()
    found = records.await_answer(request, deadline=10, **wait)
    assert found is not None
    assert found.name == "Sato"
