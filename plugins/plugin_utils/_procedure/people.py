# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking people: what only a person can do or see becomes a record, and the step goes on with it.

A question waits in the change directory. The playbook confirm answers it (or the terminal, where
the site wants that), whether a run is there or not. The run waits for the answer, or ends; then the
next run goes on with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible.errors import AnsibleError
from ansible.utils.display import Display

from .._core.actions import answers_to, is_on_its_way
from .._core.kinds import title
from .._core.records import Step
from .._io.confirmations import Confirmation, ConfirmationError, Confirmations, PersonsTask
from .asked import asked_line, asked_text
from .command import confirm_command, confirm_line

if TYPE_CHECKING:
    from .change import Change
    from .step import Result, StepAction

Instruction = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Look:
    """What a person is asked besides the step itself.

    suffix: added to the step's id, it names the question.
    words: {en, ja}.
    choices: what may be answered; empty: only who answers for it.
    second_name: two people must answer for it.
    """

    suffix: str
    words: Mapping[str, str]
    choices: tuple[str, ...] = ()
    second_name: bool = False


class NobodyYetError(Exception):
    """Nobody has answered in the time that the site gives; the text says what is asked."""


class WentWrongError(Exception):
    """A person reports that the step did not go well; the text says what to do.

    result: {confirmation}.
    """

    def __init__(self, message: str, given: Confirmation) -> None:
        super().__init__(message)
        self.result: Result = {"confirmation": given.record()}


class People:
    """The questions of one step, and their answers.

    note: records an answer in the journal.
    """

    def __init__(
        self, action: StepAction, change: Change, step: Step, note: Callable[..., None]
    ) -> None:
        self._action, self._change, self._step, self._note = action, change, step, note
        self._host = action.host
        self._variables: Mapping[str, Any] = action.task_vars["hostvars"][action.host]
        self._desk = Confirmations(change.directory.root)

    def take_answers(self, suffixes: Sequence[str]) -> None:
        """What was answered while no run was there.

        suffixes: of the looks that may have been asked for.
        Raises WentWrongError: see :meth:`ask`.
        """
        ids = [f"{self._step.id}{suffix}" for suffix in ("", *suffixes)]
        for request in self._desk.waiting(self._host):
            given = self._desk.answer(request) if request.step in ids else None
            if given is not None:
                self._taken(request, given)

    def ask(self, instruction: Instruction) -> Confirmation:
        """Ask a person to do what the step says; again, where it was only on its way.

        Raises NobodyYetError: nobody has answered yet.
        Raises WentWrongError: it did not go well.
        """
        choices = answers_to(self._step).choices
        second = self._change.control.needs_second_name(self._step)
        while True:
            request = self._request("", instruction, choices, second_name=second)
            given = self._taken(request, self._answer(request))
            if not is_on_its_way(self._step, given.saw):
                return given

    def look(self, look: Look) -> Confirmation:
        """Ask a person to look at something.

        Raises NobodyYetError: nobody has answered yet.
        """
        words = [{"clause": None, **look.words}]
        request = self._request(look.suffix, words, look.choices, second_name=look.second_name)
        return self._taken(request, self._answer(request))

    def _request(
        self, suffix: str, words: Instruction, choices: tuple[str, ...], *, second_name: bool
    ) -> PersonsTask:
        return self._desk.ask(
            self._host, f"{self._step.id}{suffix}", list(words), second_name=second_name,
            choices=choices, plan=self._change.digest,
        )  # fmt: skip

    def _answer(self, request: PersonsTask) -> Confirmation:
        """The answer, once it is there, within legacyops_confirm_wait_seconds."""
        confirm, language = self._how_to_confirm(request), self._action.language
        self._action.say(asked_text(self._host, self._step, request, confirm, language))
        if self._variables.get("legacyops_prompt"):
            self._prompt(request)
        given = self._desk.await_answer(
            request,
            deadline=float(self._variables.get("legacyops_confirm_wait_seconds") or 0),
            interval=self._action.poll_seconds({}),
            stop=self._action.stop,
            progress=self._action.progress(),
        )
        if given is None:
            raise NobodyYetError(f"{asked_line(request, language)} {' '.join(confirm)}")
        return given

    def _how_to_confirm(self, request: PersonsTask) -> list[str]:
        """The command that confirms, and what may be said with it."""
        sources = self._variables.get("ansible_inventory_sources") or ()
        command = confirm_command(sources, self._change.id, str(self._change.directory.root))
        line = confirm_line(
            command, self._host, request.step, request.choices, second_name=request.second_name
        )
        return [line, *([f"WHAT_YOU_SAW: {', '.join(request.choices)}"] * bool(request.choices))]

    def _prompt(self, request: PersonsTask) -> None:
        """Ask at the terminal, where the site wants that: meanwhile all other hosts' output waits.

        What is typed is recorded as the playbook confirm would; nothing typed leaves it open.
        """
        try:
            name = _typed(f"[{self._host}] Your name (nothing: confirm later): ")
            if not name:
                return
            second = _typed("Second name: ") if request.second_name else None
            saw = _typed(f"Seen ({', '.join(request.choices)}): ") if request.choices else None
            self._desk.confirm(self._host, request.step, name=name, second_name=second, saw=saw)
        except ConfirmationError as error:
            self._action.say(f"[{self._host}] {error}")
        except AnsibleError as error:  # no terminal, or the prompt was interrupted
            self._action.say(f"[{self._host}] Nobody is asked at the terminal: {error}")

    def _taken(self, request: PersonsTask, given: Confirmation) -> Confirmation:
        """Record an answer, whatever it says; who gave it may have done something there."""
        self._action.last_look.forget()
        self._note("confirmation", confirmation=given.record())
        self._desk.settle(request)
        wanted = answers_to(self._step).good
        over = request.step == self._step.id and not is_on_its_way(self._step, given.saw)
        if over and wanted and given.saw not in wanted:
            target = self._step.node
            where = f" of {title(target)}" if target else ""
            raise WentWrongError(
                f"{given.name} reports {given.saw} instead of {' or '.join(wanted)}{where}. Press "
                "nothing there, and look at it before anything else is done; run again once it is "
                "as it should be.",
                given,
            )
        return given


def names(given: Confirmation) -> str:
    """Who has answered for it."""
    return " / ".join(filter(None, (given.name, given.second_name)))


def _typed(text: str) -> str:
    typed: bytes = Display().prompt_until(text)
    return typed.decode("utf-8", "replace").strip()
