# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the actions on power and Endurance of an FT system have in common."""

from __future__ import annotations

import typing as t
from abc import abstractmethod
from collections.abc import Mapping

from ..._action import ActionError, HotfixAction, plain
from ..._core.ft.system import CREDENTIALS, NODES, TITLES
from ..._core.ft.system import SETTING as SYSTEM
from ..._io.failures import is_passing
from ..._io.ft.relay import Relay
from ..._io.remote import Remote, RemoteError
from ..._io.site_command import OperatorNeededError
from ..._io.waiting import poll
from ..._io.windows import Look, PersonsWindows, Windows, WinrmWindows
from . import by_hand

T = t.TypeVar("T")

FT_OPTIONS: dict[str, t.Any] = {
    "ft_system": {"type": "dict"},
    "ft_credentials": {"type": "dict", "no_log": True},
    "confirmed_by": {"type": "str"},
}

WINDOWS_OPTIONS: dict[str, t.Any] = {
    "node": {"type": "str", "choices": list(NODES)},
    "deadline_seconds": {"type": "int", "default": 3600},
    "poll_seconds": {"type": "int"},
    **FT_OPTIONS,
}

_BACK_OFF = 6
_ATTEMPT_SECONDS = 90.0  # for one look at a Windows that restarts


class FtAction(HotfixAction):
    """An action that a driver of the inventory carries out, or a person."""

    # A step has evaluated its own interlocks; who calls the module by hand has not.
    of_a_step = False

    def guard(self, remote: Remote, args: Mapping[str, t.Any]) -> None:
        """Right before acting: called by hand, meet the interlocks of the notice's steps.

        :raises ActionError: they do not hold.
        """
        if self.of_a_step or self.given(args.get("ft_system"), SYSTEM) is None:
            return
        hosts = self.task_vars.get("hostvars") or {}
        variables = {
            **hosts.get(self.host, {}),
            SYSTEM: self.system(args),
            CREDENTIALS: self.credentials(args),
        }
        by_hand.guard(remote, variables, str(self._task.action).rpartition(".")[2], args)

    def system(self, args: Mapping[str, t.Any]) -> dict[str, t.Any]:
        """The FT system's form: the option, else the inventory's variable.

        :raises ActionError: there is none.
        """
        form = self.given(args.get("ft_system"), SYSTEM)
        if not isinstance(form, dict):
            raise ActionError(
                "bad_settings",
                f"{SYSTEM} is not given: describe the system in the inventory, or give ft_system.",
            )
        return form

    def credentials(self, args: Mapping[str, t.Any]) -> t.Any:
        """legacyops_ft_credentials; None where there is none. Never a part of a plan."""
        return self.given(args.get("ft_credentials"), CREDENTIALS)

    def given(self, option: t.Any, variable: str) -> t.Any:
        """An option, else the inventory's variable, else None."""
        if option is not None:
            return option
        hosts = self.task_vars.get("hostvars") or {}
        variables = hosts.get(self.host, self.task_vars)
        return plain(variables[variable]) if variable in variables else None

    def waiting(self, needed: OperatorNeededError, **facts: t.Any) -> ActionError:
        """The refusal that tells a person what to do."""
        return ActionError(
            needed.reason,
            f"{needed.instruction['en']} ({needed.instruction['ja']}) {needed.remedy}",
            instruction=needed.instruction,
            **facts,
        )

    @staticmethod
    def person(args: Mapping[str, t.Any]) -> str:
        """Who confirms that it was done; empty where nobody does."""
        return " ".join(str(args["confirmed_by"] or "").split())

    def by_person(
        self, args: Mapping[str, t.Any], needed: OperatorNeededError, **facts: t.Any
    ) -> dict[str, t.Any]:
        """What a person has done is reported by name; otherwise tell what to do.

        :raises ActionError: reason waiting_operator: nobody says that it is done.
        """
        name = self.person(args)
        if not name and not self.check_mode:
            raise self.waiting(needed, **facts)
        evidence = f"{name} says so" if name else ""
        return {"changed": True, "evidence": evidence, "instruction": needed.instruction, **facts}


class WindowsAction(FtAction):
    """An action on one Windows, whatever way leads to it: the host's own, or a node's.

    :cvar task: what a person is told where only a person reaches it; {title} is its name.
    """

    task: t.ClassVar[dict[str, str]] = {}

    def act(self, remote: Remote, args: dict[str, t.Any]) -> dict[str, t.Any]:
        self.refuse(args)
        self.about = self.about_of(args)
        windows = self.windows(remote, args)
        try:
            return {**self.about, **self.proceed(remote, windows, args)}
        except OperatorNeededError as needed:
            self.guard(remote, args)
            return self.by_person(args, needed, **self.about)

    @abstractmethod
    def proceed(self, remote: Remote, windows: Windows, args: dict[str, t.Any]) -> dict[str, t.Any]:
        """Do the work; see HotfixAction.act.

        :raises OperatorNeededError: a person must do it.
        """

    def refuse(self, args: dict[str, t.Any]) -> None:
        """:raises ActionError: the arguments cannot be meant, or must not be."""

    def about_of(self, args: Mapping[str, t.Any]) -> dict[str, t.Any]:
        """What the result says in any case."""
        return {"node": args["node"]} if args.get("node") else {}

    def instruction(self, args: Mapping[str, t.Any]) -> dict[str, str]:
        """What a person is to do, in both languages."""
        return {key: text.format(title=TITLES[args["node"]]) for key, text in self.task.items()}

    def windows(self, remote: Remote, args: Mapping[str, t.Any]) -> Windows:
        """The Windows that is meant, by the way that leads to it.

        A person acts on a node where the form does not say otherwise.

        :raises ActionError: the form does not have the node, or none is named.
        """
        node = args.get("node")
        if node is None and self.given(args.get("ft_system"), SYSTEM) is None:
            return WinrmWindows(remote)
        part = self.system(args).get(str(node))
        if not isinstance(part, Mapping):
            where = f"{SYSTEM}.{node}" if node else "node"
            raise ActionError("bad_settings", f"{where} is not given: describe the node.")
        if part.get("access") != "relay":
            return PersonsWindows(self.host, self.instruction(args))
        return self.relay(remote, args).windows(str(node))

    def relay(self, remote: Remote, args: Mapping[str, t.Any]) -> Relay:
        """The relay of the system; whether it reaches the node, its calls say."""
        return Relay(remote, self.system(args), self.credentials(args))

    def await_windows(
        self,
        windows: Windows,
        judge: t.Callable[[Look, t.Callable[[str], None]], T | None],
        args: Mapping[str, t.Any],
        what: str,
    ) -> T | None:
        """Look until ``judge`` finds what is waited for; None where the deadline passes before.

        A lost answer is passed over, and so is an account that is refused once or twice while a
        domain's logon server is out of sight, too.

        :param what: what the Windows does meanwhile, for the progress.
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

        seconds = self.poll_seconds(args)
        found: T | None = poll(
            look,
            deadline=args["deadline_seconds"],
            interval=seconds,
            longest_interval=seconds * _BACK_OFF,
            stop=self.stop,
        )
        return found
