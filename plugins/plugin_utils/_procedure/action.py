# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the actions of the procedure modules have in common."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from ansible.utils.color import stringc

from .._action import ActionError, HotfixAction
from .._core.advisory import Advisory, inputs
from .._core.backups import wrong_ages
from .._core.compare import Comparison
from .._core.context import Context
from .._core.model import CoreError
from .._core.observation import Observation
from .._io.failures import is_passing
from .._io.files import make_folder
from .._io.locks import host_lock
from .._io.remote import Remote, RemoteError
from .._io.terminal import is_orphan, tell
from .change import Change
from .directory import ChangeDirectory, ChangeError
from .inventory import mistakes, told
from .kinds import observer_of
from .observer import Observer
from .settings import settings_of
from .text import diff_lines, harmless

T = TypeVar("T")

# An orphaned worker holds the lock for as long as its step takes: installers take long.
LOCK_SECONDS = 3 * 3600.0
MOST_NAMED = 3  # differences that the sentence names; the diff shows all

CHANGE_OPTIONS: dict[str, Any] = {
    "change_id": {"type": "str", "required": True},
    "change_dir": {"type": "path"},
    "language": {"type": "str", "choices": ["en", "ja"], "default": "en"},
}
APPROVAL_OPTIONS: dict[str, Any] = {
    "approved_digest": {"type": "str", "default": ""},
    "approve_plan": {"type": "bool", "default": False},
}


@dataclass(frozen=True)
class Differs:
    """What is not as it was approved.

    message: one sentence that names it, and what to do.
    differences: each with what, path, planned and now.
    """

    message: str
    differences: list[dict[str, Any]]

    @classmethod
    def of(cls, found: Comparison) -> Differs:
        told = [difference.to_dict() for difference in found.differences]
        named = [f"{each['what']['en']} {each['path']}" for each in told]
        more = f" and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
        return cls(
            f"This is not what was approved: {', '.join(named[:MOST_NAMED])}{more}; the "
            "differences stand above. Undo that, or make a new plan and have it approved.",
            told,
        )


class ProcedureAction(HotfixAction):
    """An action that works in a change directory; its refusals name the file and the remedy."""

    # Whether it writes what belongs to the change itself, which a closed change does not take.
    needs_open: ClassVar[bool] = False

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        if is_orphan():
            os._exit(1)  # all is on record, and handing the result over would block for ever
        return result

    def act(self, remote: Remote, args: dict[str, Any]) -> dict[str, Any]:
        try:
            if self.needs_open:
                self.directory(args).check_open()
            return self.proceed(remote, args)
        except ChangeError as error:
            raise ActionError("change", str(error)) from None
        except CoreError as error:
            raise ActionError("mistake", str(error)) from None

    def proceed(self, remote: Remote, args: dict[str, Any]) -> dict[str, Any]:
        """Do the work; see HotfixAction.act."""
        raise NotImplementedError

    @staticmethod
    def say(text: str) -> None:
        """Print on the terminal and into Ansible's log."""
        tell(text)

    @staticmethod
    def paint(text: str, colour: str) -> str:
        """The text in a colour, where Ansible colours at all."""
        return text if colour == "normal" else str(stringc(text, colour))

    @staticmethod
    def directory(args: Mapping[str, Any]) -> ChangeDirectory:
        return ChangeDirectory.find(args["change_dir"], args["change_id"])

    def settings(self, host: str | None = None) -> dict[str, Any]:
        """The settings of a host, this one by default, as its inventory variables give them."""
        return settings_of(self.task_vars["hostvars"][host or self.host])

    def observer(self, remote: Remote, directory: ChangeDirectory) -> Observer:
        """What observes this host."""
        variables = self.task_vars["hostvars"][self.host]
        return observer_of(remote, variables, directory, writes=not self.check_mode)

    def check_inventory(self, host: str | None = None, *, complete: bool = True) -> None:
        """Refuse a host whose inventory has mistakes, before anything is contacted.

        complete: also what only a plan needs must be given.
        Raises ActionError: there are mistakes.
        """
        name = host or self.host
        wrong = mistakes(name, self.task_vars["hostvars"], complete=complete)
        if wrong:
            where = "" if name == self.host else f"{name}: "
            raise ActionError("mistake", where + told(wrong), mistakes=wrong)

    @staticmethod
    def check_inputs(
        settings: Mapping[str, Any], chosen: Iterable[Advisory], known: Sequence[str]
    ) -> None:
        """Refuse a host that gives a notice what it does not ask for, or not in its form.

        chosen: the notices about the host. known: the ids of all there are.
        Raises ActionError: there are mistakes.
        """
        wrong = inputs.unknown_notices(settings, known)
        wrong += [each for notice in chosen for each in inputs.mistakes(notice.data, settings)]
        if wrong:
            raise ActionError("mistake", told(wrong), mistakes=wrong)

    @staticmethod
    def check_backups(host: str, settings: Mapping[str, Any]) -> None:
        """Refuse a host whose recorded backups nobody could rest on.

        Raises ActionError: one is dated in the future, or older than the site allows.
        """
        wrong = wrong_ages(settings, datetime.now().astimezone())
        if wrong:
            raise ActionError("mistake", f"{host}: {' '.join(wrong)}", mistakes=wrong)

    def change(self, args: Mapping[str, Any], *, whole: bool = False) -> Change:
        """The change with its verified plan.

        whole: see Change.load.
        Raises ChangeError: there is no plan, or it was altered.
        """
        return Change.load(
            self.directory(args),
            args["change_id"],
            self.settings(),
            whole=whole,
            approved_digest=args.get("approved_digest") or "",
            approve_plan=bool(args.get("approve_plan")),
        )

    def difference(
        self,
        change: Change,
        observation: Observation,
        context: Context,
        advisories: Mapping[str, Advisory] | None = None,
    ) -> Differs | None:
        """How the host is not as it was approved, shown as a diff; None where it is, or where an
        emergency is reason enough to go on (which is recorded and shown).

        advisories: see :meth:`Change.compared`.
        """
        found = change.compared(observation, context, advisories)
        if found.kind != "different":
            return None
        differs = Differs.of(found)
        self.say(diff_lines(self.host, found.diff(), self.paint))
        reason = change.control.emergency_reason
        if reason is None:
            return differs
        self.say(
            self.paint(
                f"[{self.host}] EMERGENCY ({harmless(reason)}): goes on all the same.", "red"
            )
        )
        if not self.check_mode:
            change.deviate(self.host, "plan_differs", differences=differs.differences)
        return None

    def patiently(self, ask: Callable[[], T], seconds: float) -> T:
        """Ask again while the answer only got lost on the way, at most ``seconds`` long.

        Raises RemoteError: for any other reason, or when the time is up.
        """
        end = time.monotonic() + seconds
        progress = self.progress()
        while True:
            try:
                return ask()
            except RemoteError as error:
                if not is_passing(error) or time.monotonic() > end:
                    raise
                progress(f"no answer ({error.reason.replace('_', ' ')}), asks again")
            self.stop.sleep(self.poll_seconds({}))

    @contextmanager
    def looks_on(self, change: Change) -> Iterator[None]:
        """Take up what the step before has seen last, and leave to the next what this one sees."""
        path = change.directory.host_file("looks", self.host)
        if self.check_mode:
            yield
            return
        with suppress(ChangeError):
            self.last_look.take_up(change.directory.read(path))
        path.unlink(missing_ok=True)  # before anything is done that outdates it
        yield
        seen = self.last_look.to_dict()
        if seen is not None:
            change.directory.write(path, seen)

    @contextmanager
    def locked(
        self, change: Change, name: str, wait_seconds: float = LOCK_SECONDS
    ) -> Iterator[None]:
        """Hold the lock of a host (or of the whole change) within the block.

        Check mode writes nothing and so takes no lock.

        Raises RemoteError: reason ``locked``, when that was not long enough.
        """
        if self.check_mode:
            yield
            return
        path = change.directory.host_file("locks", name)
        make_folder(path.parent)
        with host_lock(
            path,
            self.host,
            wait_seconds=wait_seconds,
            progress=self.progress(15.0),
            stop=self.stop,
        ):
            yield
