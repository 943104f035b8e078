# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the actions on power and Endurance of an FT system have in common."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from ..._action import ActionError, HotfixAction, plain
from ..._core.ft.system import CREDENTIALS, NODES, TITLES
from ..._core.ft.system import SETTING as SYSTEM
from ..._core.windows.starts import Mark, Start, mark_of, position, started_since
from ..._io.ft.power import OperatorNeededError
from ..._io.ft.relay import Data, Relay, is_unclear
from ..._io.remote import Remote, RemoteError
from .. import by_hand

FT_OPTIONS: dict[str, t.Any] = {
    "ft_system": {"type": "dict"},
    "ft_credentials": {"type": "dict", "no_log": True},
    "confirmed_by": {"type": "str"},
}

NODE_OPTIONS: dict[str, t.Any] = {
    "node": {"type": "str", "choices": list(NODES), "required": True},
    "deadline_seconds": {"type": "int", "required": True},
    "poll_seconds": {"type": "int"},
    **FT_OPTIONS,
}


class FtAction(HotfixAction):
    """An action that a driver of the inventory carries out, or a person."""

    # A step has evaluated its own interlocks; who calls the module by hand has not.
    of_a_step = False

    def guard(self, remote: Remote, args: Mapping[str, t.Any]) -> None:
        """Right before acting: called by hand, meet the interlocks of the notice's steps.

        :raises ActionError: they do not hold.
        """
        if self.of_a_step:
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
        form = self._given(args["ft_system"], SYSTEM)
        if not isinstance(form, dict):
            raise ActionError(
                "bad_settings",
                f"{SYSTEM} is not given: describe the system in the inventory, or give ft_system.",
            )
        return form

    def credentials(self, args: Mapping[str, t.Any]) -> t.Any:
        """legacyops_ft_credentials; None where there is none. Never a part of a plan."""
        return self._given(args["ft_credentials"], CREDENTIALS)

    def _given(self, option: t.Any, variable: str) -> t.Any:
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


class NodeAction(FtAction):
    """An action on the Windows of one node: through the system's relay, or by a person."""

    def relay(self, remote: Remote, args: Mapping[str, t.Any]) -> Relay:
        """The relay of the system; whether it reaches the node, its calls say."""
        return Relay(remote, self.system(args), self.credentials(args))

    def is_operators(self, args: Mapping[str, t.Any], node: str) -> bool:
        """Whether a person acts on the node; so where the form does not say otherwise.

        :raises ActionError: the form does not have the node.
        """
        part = self.system(args).get(node)
        if not isinstance(part, Mapping):
            raise ActionError("bad_settings", f"{SYSTEM}.{node} is not given: describe the node.")
        return part.get("access") != "relay"

    def by_operator(
        self, args: Mapping[str, t.Any], instruction: dict[str, str], **facts: t.Any
    ) -> dict[str, t.Any]:
        """What a person has done is reported by name; otherwise tell what to do.

        :raises ActionError: reason waiting_operator: nobody says that it is done.
        """
        needed = OperatorNeededError(instruction)
        name = self.person(args)
        if not name and not self.check_mode:
            raise self.waiting(needed, **facts)
        evidence = f"{name} says so" if name else ""
        return {"changed": True, "evidence": evidence, "instruction": instruction, **facts}

    def answering(self, record: Data, node: str) -> Data:
        """The same record of a node, which answers, and whose last start was read.

        :raises ActionError: it does not, or was not.
        """
        title, error = node_title(node), str(record.get("error") or record.get("errors"))
        if record.get("reachable") is not True or error.startswith("node_unreachable:"):
            raise ActionError(
                "node_unreachable",
                f"{title} does not answer the relay ({error}). Look at its screen: it may be off,"
                " starting, or at a STOP screen.",
            )
        if error.startswith("access_denied:"):
            raise ActionError(
                "access_denied",
                f"{title} rejects the credentials ({error}). Check its entry in {CREDENTIALS}.",
            )
        if record.get("source") == "rpc":
            raise ActionError(
                "wmi_fails",
                f"{title} can be read, but not acted on: its WMI fails ({record.get('wmi_error')})."
                " Mend WMI there, or give it access: operator for this change.",
            )
        if position(mark(record)) is None:
            raise ActionError(
                "unknown",
                f"{title} answers, but could not be read ({error}). Let a person look at it.",
            )
        return record

    def without_job(self, record: Data, node: str) -> None:
        """:raises ActionError: an installer of ours may be at work on the node."""
        job = record.get("job")
        state = job.get("state") if isinstance(job, Mapping) else None
        if state not in ("none", "finished"):
            raise ActionError(
                "installer_busy",
                f"On {node_title(node)} an installer of ours is {state or 'perhaps at work'}."
                " Wait until it has ended, then run again; never end it.",
            )

    def ask(self, node: str, act: t.Callable[[], Data], what: str) -> str:
        """Ask a node's Windows to restart or to shut down; what came of it, in words.

        A lost answer is no failure: the node's next start will tell.

        :raises ActionError: Windows refuses.
        """
        try:
            value = act().get("return_value")
        except RemoteError as error:
            if not is_unclear(error):
                raise
            return f"asked for the {what}; the answer was lost ({error.reason})"
        if value != 0:
            raise ActionError(
                "refused",
                f"The Windows of {node_title(node)} refuses the {what} with code {value}."
                " Look the code of Win32Shutdown up, or let a person do it.",
            )
        return f"asked for the {what}"


def mark(record: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The mark of a node's last start; empty where it was not read."""
    return mark_of(record.get("system")) or {}


def started_anew(before: Mark, record: Mapping[str, t.Any]) -> Start:
    """Whether a node was started anew since, by what was read of it now."""
    return started_since(before, record.get("system"))


def node_title(node: str) -> str:
    """The node as the notice writes it."""
    return TITLES[node]
