# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the actions on one Windows have in common, whatever way leads to it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar

from ..._core import kinds
from ..._io.failures import is_passing
from ..._io.remote import Remote, RemoteError
from ..._io.site_command import OperatorNeededError
from ..._io.windows import Look, Windows, WinrmWindows
from ..kinds import NODE_OPTIONS, SystemAction

T = TypeVar("T")

WINDOWS_OPTIONS: dict[str, Any] = {
    **NODE_OPTIONS,
    "deadline_seconds": {"type": "int", "default": 3600},
    "poll_seconds": {"type": "int"},
}

_BACK_OFF = 6
_ATTEMPT_SECONDS = 90.0  # for one look at a Windows that restarts


class WindowsAction(SystemAction):
    """An action on one Windows, whatever way leads to it: the host's own, or a node's.

    task: what a person is told where only a person reaches it; {title} is its name.
    """

    task: ClassVar[dict[str, str]] = {}

    def act(self, remote: Remote, args: dict[str, Any]) -> dict[str, Any]:
        self.refuse(args)
        self.about = self.about_of(args)
        windows = self.windows(remote, args)
        try:
            return {**self.about, **self.proceed(remote, windows, args)}
        except OperatorNeededError as needed:
            self.guard(remote, args)
            return self.by_person(args, needed, **self.about)

    @abstractmethod
    def proceed(self, remote: Remote, windows: Windows, args: dict[str, Any]) -> dict[str, Any]:
        """Do the work; see HotfixAction.act.

        Raises OperatorNeededError: a person must do it.
        """

    def refuse(self, args: dict[str, Any]) -> None:
        """Raises ActionError: the arguments cannot be meant, or must not be."""

    def about_of(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """What the result says in any case."""
        return {"node": args["node"]} if args.get("node") else {}

    def instruction(self, args: Mapping[str, Any]) -> dict[str, str]:
        """What a person is to do, in both languages."""
        title = kinds.title(str(args.get("node") or ""))
        return {key: text.format(title=title) for key, text in self.task.items()}

    def windows(self, remote: Remote, args: Mapping[str, Any]) -> Windows:
        """The Windows that is meant, by the way that leads to it.

        Raises ActionError: the form does not have the node, or none is named.
        """
        if not args.get("node") and not self.is_system(args):
            return WinrmWindows(remote)
        return self.node_windows(remote, args, self.instruction(args))

    def await_windows(
        self,
        windows: Windows,
        judge: Callable[[Look, Callable[[str], None]], T | None],
        args: Mapping[str, Any],
        what: str,
    ) -> T | None:
        """Look until ``judge`` finds what is waited for; None where the deadline passes before.

        A lost answer is passed over, and so is an account that is refused once or twice while a
        domain's logon server is out of sight, too.

        what: what the Windows does meanwhile, for the progress.
        """
        tell, refusals = self.progress(), 0
        label = f"{windows.title} " if windows.node else ""

        def progress(text: str) -> None:
            tell(f"{label}{text}")

        def look() -> T | None:
            nonlocal refusals
            try:
                seen = windows.look(_ATTEMPT_SECONDS)
            except RemoteError as error:
                refused = error.reason == "authentication_refused"
                refusals += refused
                if not is_passing(error) and (not refused or refusals >= windows.logons):
                    raise
                progress(f"{what}: {error.reason.replace('_', ' ')}")
                return None
            return judge(seen, progress)

        return self.wait(look, args, back_off=_BACK_OFF)
