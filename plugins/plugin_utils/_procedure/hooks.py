# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is special about a kind of system on the way of a step; here is the plain case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from .._core.actions import action_of
from .._core.checks import Verdict
from .._core.entry import Entry
from .._core.observation import Observation
from .._core.records import Step
from .people import Instruction, Look

if TYPE_CHECKING:
    from .change import Change
    from .observer import Observer
    from .step import Result, StepAction

Entries = Sequence[Entry]
# How long a host in mid-procedure is asked again when the line to it fails.
PATIENCE_SECONDS = 300.0


class Hooks:
    """A Windows server: its own connection does everything, and people are asked for nothing else
    than a person's own steps. Other kinds of systems say what is otherwise with them.

    go_ahead: what two people answer for, before a driver acts: {en, ja}.
    suffixes: of the looks that may be asked for besides a step.
    """

    go_ahead: ClassVar[Mapping[str, str]] = {
        "en": "Two people answer for it. Say that it may go ahead:",
        "ja": "2 名での確認が必要です。実施を承認してください:",
    }
    suffixes: ClassVar[tuple[str, ...]] = ()

    def __init__(self, action: StepAction, observer: Observer, change: Change) -> None:
        self.action, self.observer, self.change = action, observer, change

    # --- Acting -----------------------------------------------------------------------------

    def arguments(self, step: Step, before: Observation, journal: Entries) -> Result:
        """Arguments of the step's module that are of this run, and no part of the plan."""
        if not action_of(step).fetches:
            return {}
        variables = self.action.task_vars["hostvars"][self.action.host]
        names = {name: f"legacyops_package_{name}" for name in ("username", "password")}
        return {name: str(variables[v]) for name, v in names.items() if v in variables}

    def persons_part(self, step: Step) -> Instruction | None:
        """What a person is told who does the whole of a step; None: its module acts."""
        return step.instruction if action_of(step).persons else None

    def acted(self, step: Step, result: Result) -> None:
        """Keep what the act has shown that the look after it rests on."""

    def broken(self, step: Step) -> str:
        """What a failed step has left behind, so that the change must stop; empty: nothing."""
        return ""

    def note_head(self, head: str) -> None:
        """Keep the hash of the journal's last entry where another run finds it."""

    # --- What people see --------------------------------------------------------------------

    def looks(self, step: Step, missing: Sequence[Verdict]) -> list[Look]:
        """What to ask people before a step, where that may tell all that is missing; else empty."""
        return []

    def look_for(self, step: Step, missing: Sequence[Verdict]) -> Look | None:
        """What to ask a person for after the act, while something is missing; None: nothing."""
        return None

    def would_be_told(self, missing: Sequence[Verdict]) -> bool:
        """Whether all that is missing is what a person would see who looked once more."""
        return False

    def only_people_tell(self, missing: Sequence[Verdict]) -> bool:
        """Whether nothing that could be asked again would tell what is missing."""
        return False

    def seconds_of_start(self, step: Step, journal: Entries) -> float:
        """How long a start may take that the run has asked for, and that a person would look at."""
        return 0.0
