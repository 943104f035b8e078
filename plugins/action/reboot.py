# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Restarts a legacy Windows host once and waits until it is back."""

from __future__ import annotations

import typing as t

from ..plugin_utils._action import ActionError, HotfixAction
from ..plugin_utils._io.failures import is_passing
from ..plugin_utils._io.remote import Remote, RemoteError
from ..plugin_utils._io.waiting import poll

ARGUMENT_SPEC: dict[str, t.Any] = {
    "boot_token": {"type": "str", "no_log": False},
    "reason": {"type": "str", "default": "Hotfix"},
    "deadline_seconds": {"type": "int", "default": 3600},
    "poll_seconds": {"type": "int"},
}

_ATTEMPT_SECONDS = 90.0
# A domain's account may be refused while its logon server is out of sight; more would lock it.
_REFUSALS = 3
_BACK_OFF = 6

System = dict[str, t.Any]


class ActionModule(HotfixAction):
    argument_spec = ARGUMENT_SPEC

    def act(self, remote: Remote, args: dict[str, t.Any]) -> dict[str, t.Any]:
        now = system(remote)
        token = args["boot_token"] or now["boot_token"]
        result = {"boot_token_before": token, "boot_token": now["boot_token"], "elapsed": 0}
        if now["boot_token"] != token:
            return {**result, "last_boot": now.get("last_boot"), "already": True}
        result["already"] = False
        diff = {"before": {"boot_token": token}, "after": {"boot_token": "(a new one)"}}
        if self.check_mode:
            return {**result, "changed": True, "diff": diff}
        self._restart(remote, token, args["reason"])
        back = self._await_return(remote, token, args)
        diff["after"] = {"boot_token": back["boot_token"]}
        return {
            **result,
            "changed": True,
            "boot_token": back["boot_token"],
            "last_boot": back.get("last_boot"),
            "elapsed": self.elapsed(),
            "diff": diff,
        }

    def _restart(self, remote: Remote, token: str, reason: str) -> None:
        """Ask for the restart. A lost answer is no failure: the boot token will tell."""
        try:
            data = remote.run("restart", {"boot_token": token, "reason": reason})
        except RemoteError as error:
            if not is_passing(error):
                raise
        else:
            if data.get("return_value") not in (0, None):
                raise ActionError(
                    "refused",
                    f"Windows refuses the restart with code {data['return_value']}."
                    " Look up the code of Win32_OperatingSystem.Reboot, and restart by hand.",
                )
        remote.reset()

    def _await_return(self, remote: Remote, token: str, args: dict[str, t.Any]) -> System:
        """The host's system part once it has started anew."""
        progress = self.progress()
        refusals = 0

        def look() -> System | None:
            nonlocal refusals
            try:
                now = system(remote, _ATTEMPT_SECONDS)
            except RemoteError as error:
                refused = error.reason == "authentication_refused"
                refusals += refused
                if not is_passing(error) and (not refused or refusals >= _REFUSALS):
                    raise
                progress(f"restarts: {error.reason.replace('_', ' ')}")
                return None
            if now["boot_token"] != token:
                return now
            progress("is still going down")
            return None

        seconds = self.poll_seconds(args)
        back: System | None = poll(
            look,
            deadline=args["deadline_seconds"],
            interval=seconds,
            longest_interval=seconds * _BACK_OFF,
            stop=self.stop,
        )
        if back is None:
            raise ActionError(
                "deadline",
                f"The host has not come back within {args['deadline_seconds']} seconds."
                " Look at its console: a disk check or an update may be running; do not cut the"
                " power. Run again once it is back.",
                boot_token_before=token,
            )
        return back


def system(remote: Remote, deadline: float | None = None) -> System:
    """The observation's system part.

    :raises ActionError: the host does not tell when it started.
    """
    observation = remote.observe({"want": ["system"]}, deadline=deadline)
    part = observation.part("system")
    if not isinstance(part, dict) or not part.get("boot_token"):
        raise ActionError(
            "unknown",
            f"The time of the last start could not be read ({observation.why_unknown('system')})."
            " Check the host's WMI service.",
        )
    return part
