# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person confirms, as records in the change directory.

::

    DIR/waiting/HOST/STEP.json                 what a step asks a person for, while it waits
    DIR/confirmations/HOST/STEP-REQUEST.json   what a person answered; never changed, never removed

A confirmation answers one request only: that of an earlier wait proves nothing about this one. Who
waits may end and come back as often as it likes: the request stays until it is settled. The
journal's entry is the waiting step's business.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .._core.people import same_person
from .files import UnreadableError, read_object, write_whole
from .waiting import Progress, Stop, poll
from .wire import RemoteError

_LONGEST_NAME = 80
_LONGEST_NOTE = 2000


class ConfirmationError(RemoteError):
    """A confirmation that is refused, or a record that cannot be read or written."""


@dataclass(frozen=True)
class PersonsTask:
    """What a step asks a person for.

    id: names this wait.
    instruction: what to do, or what to look at: {en, ja}, or a list of such.
    second_name: whether two people must answer for it.
    choices: what the person may have seen (``saw``); empty: nothing is asked.
    about: what else tells this wait from another: the plan's digest, the node.
    """

    id: str
    host: str
    step: str
    since: str
    instruction: Any
    second_name: bool
    choices: tuple[str, ...]
    about: Mapping[str, Any]


@dataclass(frozen=True)
class Confirmation:
    """A person's word. utc: when it was given, by the controller's clock."""

    request: str
    host: str
    step: str
    name: str
    second_name: str | None
    saw: str | None
    note: str
    utc: str

    def record(self) -> dict[str, Any]:
        """As it stands in its file and in a journal."""
        return {**self.__dict__}


class Confirmations:
    """The requests and confirmations of one change.

    root: the change directory.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def ask(
        self,
        host: str,
        step: str,
        instruction: Any,
        *,
        second_name: bool = False,
        choices: tuple[str, ...] = (),
        **about: Any,
    ) -> PersonsTask:
        """Ask a person; the same question of an earlier run is the same request still.

        about: JSON values.
        Raises ConfirmationError: the record cannot be read or written.
        """
        asked = {
            "host": host,
            "step": step,
            "instruction": instruction,
            "second_name": second_name,
            "choices": list(choices),
            "about": about,
        }
        asked = json.loads(json.dumps(asked))
        path = self._waiting(host, step)
        earlier = _read(path)
        if earlier and {key: earlier.get(key) for key in asked} == asked:
            return _request(path, earlier)
        record = {"id": secrets.token_hex(8), "since": _now(), **asked}
        _write(path, record, replace=True)
        return _request(path, record)

    def waiting(self, host: str) -> list[PersonsTask]:
        """Every request of a host that waits for an answer, or whose answer nobody has taken."""
        folder = self._waiting(host, "x").parent
        records = ((path, _read(path)) for path in sorted(folder.glob("*.json")))
        return [_request(path, record) for path, record in records if record]

    def confirm(
        self,
        host: str,
        step: str,
        *,
        name: str,
        second_name: str | None = None,
        saw: str | None = None,
        note: str = "",
        write: bool = True,
    ) -> tuple[Confirmation, bool]:
        """Answer a waiting step.

        write: False only checks (check mode).
        Returned: the confirmation, and whether it is new.
        Raises ConfirmationError: the step does not wait, the answer lacks something, or another
            answer was given already: what was said stays said.
        """
        request = next((r for r in self.waiting(host) if r.step == step), None)
        if request is None:
            raise self._not_waiting(host, step)
        given = Confirmation(
            request.id,
            host,
            step,
            _person(name, "name"),
            _person(second_name, "second_name") if second_name is not None else None,
            saw,
            _note(note),
            _now(),
        )
        _complete(request, given)
        if write and self._store(given):
            return given, True
        earlier = self.answer(request)
        if earlier is None:  # check mode
            return given, True
        if {**earlier.record(), "utc": given.utc} == given.record():
            return earlier, False
        raise ConfirmationError(
            "already_confirmed",
            f"{host}: step {step} was confirmed otherwise by {earlier.name} at {earlier.utc}.",
            "What was confirmed stays as it is; talk to that person.",
        )

    def answer(self, request: PersonsTask) -> Confirmation | None:
        """What was answered to a request; None as long as nothing was."""
        record = _read(self._answer(request.host, request.step, request.id))
        if record is None:
            return None
        path = self._answer(request.host, request.step, request.id)
        return _confirmation(path, record)

    def await_answer(
        self,
        request: PersonsTask,
        *,
        deadline: float,
        interval: float,
        stop: Stop,
        progress: Progress,
    ) -> Confirmation | None:
        """Look for the answer until it is there; None when the deadline passed.

        deadline: seconds from now; 0 looks once.
        Raises StoppedError: see waiting.Stop. The request stays.
        """

        def look() -> Confirmation | None:
            found = self.answer(request)
            if found is None:
                progress(f"step {request.step} waits for a person's confirmation")
            return found

        found: Confirmation | None = poll(look, deadline=deadline, interval=interval, stop=stop)
        return found

    def settle(self, request: PersonsTask) -> None:
        """The step has taken the answer: it waits no more. The answer itself stays for ever."""
        self._waiting(request.host, request.step).unlink(missing_ok=True)

    def _store(self, given: Confirmation) -> bool:
        path = self._answer(given.host, given.step, given.request)
        return _write(path, given.record(), replace=False)

    def _not_waiting(self, host: str, step: str) -> ConfirmationError:
        others = [request.step for request in self.waiting(host)]
        text = f"It waits for: {', '.join(others)}." if others else "No step of it waits."
        return ConfirmationError(
            "not_waiting",
            f"{host}: step {step} does not wait for a confirmation. {text}",
            "Nothing was recorded: confirm what is asked for, when it is asked for.",
        )

    def _waiting(self, host: str, step: str) -> Path:
        return self._root / "waiting" / _file(host) / f"{_file(step)}.json"

    def _answer(self, host: str, step: str, request: str) -> Path:
        return self._root / "confirmations" / _file(host) / f"{_file(step)}-{_file(request)}.json"


def given(root: Path, host: str) -> list[dict[str, Any]]:
    """Every confirmation of a host, as its record.

    root: the change directory.
    Raises ConfirmationError: a record cannot be read.
    """
    folder = root / "confirmations" / _file(host)
    records = ((path, _read(path)) for path in sorted(folder.glob("*.json")))
    return [_confirmation(path, record).record() for path, record in records if record]


def _file(name: str) -> str:
    """A name as one part of a path; never a hidden file, and never the folder above."""
    text = quote(name, safe=" ")
    return f"_{text}" if text.startswith(".") else text


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _person(name: str, what: str) -> str:
    """A person's name as one line.

    Raises ConfirmationError: there is none.
    """
    text = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    if not text or len(text) > _LONGEST_NAME:
        raise ConfirmationError(
            "name_missing",
            f"{what} must say who confirms, in 1 to {_LONGEST_NAME} characters.",
            "Give your name.",
        )
    return text


def _note(note: str) -> str:
    return "".join(c if c.isprintable() or c == "\n" else " " for c in note)[:_LONGEST_NOTE]


def _complete(request: PersonsTask, given: Confirmation) -> None:
    """Raises ConfirmationError: the answer lacks what the request asks for."""
    if request.second_name and given.second_name is None:
        raise ConfirmationError(
            "second_name_missing",
            f"{given.host}: step {given.step} must be confirmed by two people.",
            "Give second_name as well.",
        )
    if given.second_name is not None and same_person(given.second_name, given.name):
        raise ConfirmationError(
            "second_name_missing",
            f"{given.host}: name and second_name are the same person.",
            "Have a second person look.",
        )
    if request.choices and given.saw not in request.choices:
        raise ConfirmationError(
            "saw_missing",
            f"{given.host}: step {given.step} asks what is to be seen.",
            f"Give saw as one of: {', '.join(request.choices)}.",
        )
    if given.saw is not None and not request.choices:
        raise ConfirmationError(
            "saw_missing",
            f"{given.host}: step {given.step} does not ask what is to be seen.",
            "Leave saw out; say more in note.",
        )


_TEXTS_OF_A_REQUEST = ("id", "host", "step", "since")
_TEXTS_OF_AN_ANSWER = ("request", "host", "step", "name", "note", "utc")


def _request(path: Path, record: Mapping[str, Any]) -> PersonsTask:
    choices, about = record.get("choices"), record.get("about")
    good = (
        all(isinstance(record.get(name), str) for name in _TEXTS_OF_A_REQUEST)
        and isinstance(record.get("second_name"), bool)
        and isinstance(choices, list)
        and all(isinstance(choice, str) for choice in choices)
        and isinstance(about, dict)
        and record.keys() == PersonsTask.__dataclass_fields__.keys()
    )
    if not good:
        raise _unreadable(path, "it is no request")
    return PersonsTask(**{**record, "choices": tuple(record["choices"])})


def _confirmation(path: Path, record: Mapping[str, Any]) -> Confirmation:
    good = (
        all(isinstance(record.get(name), str) for name in _TEXTS_OF_AN_ANSWER)
        and all(isinstance(record.get(name), str | None) for name in ("second_name", "saw"))
        and record.keys() == Confirmation.__dataclass_fields__.keys()
    )
    if not good:
        raise _unreadable(path, "it is no confirmation")
    return Confirmation(**record)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        return read_object(path)
    except UnreadableError as problem:
        raise _unreadable(path, str(problem)) from None


def _unreadable(path: Path, why: str) -> ConfirmationError:
    return ConfirmationError(
        "change", f"{path} cannot be read ({why}).", "Restore it, or remove it and wait again."
    )


def _write(path: Path, record: Mapping[str, Any], *, replace: bool) -> bool:
    """Write a whole record at once, or none.

    replace: False leaves a file that is there as it is.
    Returned: whether it was written.
    """
    text = json.dumps(record, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    try:
        return write_whole(path, text.encode("utf-8"), replace=replace)
    except OSError as problem:
        raise ConfirmationError(
            "change", f"{path} cannot be written ({problem.strerror}).", "Make room, and confirm."
        ) from None
