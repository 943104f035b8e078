# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Allows or turns off Windows' automatic update of root certificates."""

from __future__ import annotations

from typing import Any

from ..plugin_utils._action import ActionError, HotfixAction, changed, known_part
from ..plugin_utils._io.remote import Remote

ARGUMENT_SPEC: dict[str, Any] = {
    "state": {"type": "str", "choices": ["allowed", "off"], "required": True},
}

_KEY = r"HKLM\SOFTWARE\Policies\Microsoft\SystemCertificates\AuthRoot\DisableRootAutoUpdate"
_OFF = 1
_WARNING = (
    "The value is a policy's. Whether a group policy sets it cannot be seen in it: where one does,"
    " its next refresh undoes this change, and the group policy itself has to be changed."
)


class ActionModule(HotfixAction):
    argument_spec = ARGUMENT_SPEC

    def act(self, remote: Remote, args: dict[str, Any]) -> dict[str, Any]:
        observation = remote.observe({"want": ["root_update"]})
        before = known_part(observation, "root_update").get("policy_value")
        result = {"key": _KEY, "before": before, "after": before, "group_policy": "unknown"}
        if (before == _OFF) == (args["state"] == "off"):
            return result
        after = _OFF if args["state"] == "off" else None  # no value: Windows updates
        if not self.check_mode:
            self._write(remote, after)
        told = {"after": after, "warnings": [_WARNING]}
        return {**result, **told, **changed(_KEY, before, after)}

    def _write(self, remote: Remote, value: int | None) -> None:
        data = remote.act("root_update_policy", {"value": value})
        if data.get("after") != value:
            raise ActionError(
                "not_verified",
                f"The value is {data.get('after')} after writing {value}."
                " Look for a policy or an agent that manages it.",
            )
