# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the actions on power and Endurance of an FT system have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..._action import ActionError, HotfixAction, plain
from ..._core.ft.system import CREDENTIALS, NODES
from ..._core.ft.system import SETTING as SYSTEM
from ..._io.ft.relay import Relay
from ..._io.remote import Remote
from ..._io.site_command import OperatorNeededError
from ..._io.windows import PersonsWindows, Windows
from . import by_hand

FT_OPTIONS: dict[str, Any] = {
    "ft_system": {"type": "dict"},
    "ft_credentials": {"type": "dict", "no_log": True},
    "confirmed_by": {"type": "str"},
}

# Of an action on a Windows that may be a node's.
NODE_OPTIONS: dict[str, Any] = {"node": {"type": "str", "choices": list(NODES)}, **FT_OPTIONS}


class FtAction(HotfixAction):
    """An action that a driver of the inventory carries out, or a person."""

    def guard(self, remote: Remote, args: Mapping[str, Any]) -> None:
        """Right before acting: called by hand, meet the interlocks of the notice's steps.

        Raises ActionError: they do not hold.
        """
        if self.of_a_step or not self.is_system(args):
            return
        hosts = self.task_vars.get("hostvars") or {}
        variables = {
            **hosts.get(self.host, {}),
            SYSTEM: self.system(args),
            CREDENTIALS: self.credentials(args),
        }
        by_hand.guard(remote, variables, str(self._task.action).rpartition(".")[2], args)

    def is_system(self, args: Mapping[str, Any]) -> bool:
        """Whether the host is an FT system."""
        return self.given(args.get("ft_system"), SYSTEM) is not None

    def system(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """The FT system's form: the option, else the inventory's variable.

        Raises ActionError: there is none.
        """
        form = self.given(args.get("ft_system"), SYSTEM)
        if not isinstance(form, dict):
            raise ActionError(
                "bad_settings",
                f"{SYSTEM} is not given: describe the system in the inventory, or give ft_system.",
            )
        return form

    def credentials(self, args: Mapping[str, Any]) -> Any:
        """legacyops_ft_credentials; None where there is none. Never a part of a plan."""
        return self.given(args.get("ft_credentials"), CREDENTIALS)

    def given(self, option: Any, variable: str) -> Any:
        """An option, else the inventory's variable, else None."""
        if option is not None:
            return option
        hosts = self.task_vars.get("hostvars") or {}
        variables = hosts.get(self.host, self.task_vars)
        return plain(variables[variable]) if variable in variables else None

    def waiting(self, needed: OperatorNeededError, **facts: Any) -> ActionError:
        """The refusal that tells a person what to do."""
        return ActionError(
            needed.reason,
            f"{needed.instruction['en']} ({needed.instruction['ja']}) {needed.remedy}",
            instruction=needed.instruction,
            **facts,
        )

    @staticmethod
    def person(args: Mapping[str, Any]) -> str:
        """Who confirms that it was done; empty where nobody does."""
        return " ".join(str(args["confirmed_by"] or "").split())

    def by_person(
        self, args: Mapping[str, Any], needed: OperatorNeededError, **facts: Any
    ) -> dict[str, Any]:
        """What a person has done is reported by name; otherwise tell what to do.

        Raises ActionError: reason waiting_operator: nobody says that it is done.
        """
        name = self.person(args)
        if not name and not self.check_mode:
            raise self.waiting(needed, **facts)
        evidence = f"{name} says so" if name else ""
        return {"changed": True, "evidence": evidence, "instruction": needed.instruction, **facts}

    def node_windows(
        self, remote: Remote, args: Mapping[str, Any], task: Mapping[str, str]
    ) -> Windows:
        """A node's Windows; a person acts on it where the form does not say otherwise.

        task: what that person is to do.
        Raises ActionError: the form does not have the node, or none is named.
        """
        node = str(args["node"] or "node")
        part = self.system(args).get(node)
        if not isinstance(part, Mapping):
            raise ActionError("bad_settings", f"{SYSTEM}.{node} is not given: describe the node.")
        if part.get("access") != "relay":
            return PersonsWindows(self.host, task)
        return self.relay(remote, args).windows(node)

    def relay(self, remote: Remote, args: Mapping[str, Any]) -> Relay:
        """The relay of the system; whether it reaches the node, its calls say."""
        return Relay(remote, self.system(args), self.credentials(args))
