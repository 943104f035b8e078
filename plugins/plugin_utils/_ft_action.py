# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the actions on power and Endurance of an FT system have in common."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from ._action import ActionError, HotfixAction, plain
from ._io.power import OperatorNeededError

SYSTEM = "legacyops_ft_system"
CREDENTIALS = "legacyops_ft_credentials"

FT_OPTIONS: dict[str, t.Any] = {
    "ft_system": {"type": "dict"},
    "ft_credentials": {"type": "dict", "no_log": True},
    "confirmed_by": {"type": "str"},
}


class FtAction(HotfixAction):
    """An action that a driver of the inventory carries out, or a person."""

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
