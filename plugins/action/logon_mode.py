# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes a XenApp server out of service for new sessions, and back."""

from __future__ import annotations

from typing import Any

from ..plugin_utils._action import ActionError, HotfixAction, known_part, unknown_part
from ..plugin_utils._core.xenapp.checks import is_session
from ..plugin_utils._io.failures import is_passing
from ..plugin_utils._io.remote import Remote, RemoteError

ARGUMENT_SPEC: dict[str, Any] = {
    "state": {"type": "str", "choices": ["enabled", "drained"], "required": True},
    "method": {
        "type": "str",
        "choices": ["change_logon", "external"],
        "default": "change_logon",
    },
    "wait_for_sessions": {"type": "bool", "default": False},
    "deadline_seconds": {"type": "int", "default": 3600},
    "forced_logoff": {"type": "bool", "default": False},
    "poll_seconds": {"type": "int"},
}

# TSServerDrainMode: 1 would readmit users at the next restart, before IMA is proven.
_MODES = {"enabled": 0, "drained": 2}
_BACK_OFF = 4  # people leave within minutes or hours, and each look is a PowerShell start
_LOGOFF_SECONDS = 120  # a session that was told to end still runs its log-off scripts
_OPS = {"enabled": "enable", "drained": "drain"}

Session = dict[str, Any]


class ActionModule(HotfixAction):
    argument_spec = ARGUMENT_SPEC

    def act(self, remote: Remote, args: dict[str, Any]) -> dict[str, Any]:
        before = sessions_part(remote)
        result: dict[str, Any] = {
            "before": mode(before),
            "after": mode(before),
            "sessions": people(before),
            "logged_off": [],
        }
        if args["method"] == "change_logon" and not is_mode(before, args["state"]):
            result.update(self._switch(remote, args["state"], result["before"]))
        if args["state"] == "drained" and args["wait_for_sessions"] and not self.check_mode:
            result.update(self._empty(remote, args, bool(result.get("changed"))))
        return result

    def _switch(self, remote: Remote, state: str, before: dict[str, Any]) -> dict[str, Any]:
        """Change the mode and believe only the number that is read back."""
        after = {"drain_mode": _MODES[state], "logons_disabled": False}
        if not self.check_mode:
            data = remote.act("logon_mode", {"op": _OPS[state], "log_off": []})
            after = data.get("after") or {}
            if not is_mode(after, state):
                raise ActionError(
                    "not_verified",
                    f"Logons are not {state} after change.exe ended with"
                    f" {data.get('exit_code')}. Look for a policy that sets the logon mode.",
                    before=before,
                    after=after,
                )
        return {"changed": True, "after": after, "diff": {"before": before, "after": after}}

    def _empty(self, remote: Remote, args: dict[str, Any], changed: bool) -> dict[str, Any]:
        """Wait until nobody is logged on; log off who is left only where that was told."""
        left = self._await_empty(remote, args)
        if not left:
            return {"sessions": []}
        if not args["forced_logoff"]:
            raise ActionError(
                "sessions_remain",
                f"{len(left)} sessions are still there after {args['deadline_seconds']} seconds."
                " Logons stay as they are now; ask the users, or set forced_logoff if it is"
                " approved.",
                changed=changed,
                sessions=left,
            )
        ids = [session["id"] for session in left]
        data = remote.act("logon_mode", {"op": "drain", "log_off": ids})
        remaining = self._await_empty(remote, {**args, "deadline_seconds": _LOGOFF_SECONDS})
        if remaining:
            raise ActionError(
                "sessions_remain",
                f"{len(remaining)} sessions are still there after the forced logoff."
                " Look at them on the host.",
                changed=True,
                sessions=remaining,
            )
        return {"changed": True, "sessions": [], "logged_off": data.get("logged_off") or ids}

    def _await_empty(self, remote: Remote, args: dict[str, Any]) -> list[Session]:
        """Who is left when nobody is, or when deadline_seconds have passed."""
        progress = self.progress()
        last: list[Session] = []

        def look() -> bool | None:
            nonlocal last
            try:
                last = people(sessions_part(remote))
            except RemoteError as error:
                if not is_passing(error):
                    raise
                progress(f"connection lost ({error.reason}), asks again")
                return None
            progress(f"waits for {len(last)} sessions to end")
            return None if last else True

        self.wait(look, args, back_off=_BACK_OFF)
        return last


def sessions_part(remote: Remote) -> dict[str, Any]:
    """The observation's sessions part.

    Raises ActionError: unknown is neither drained nor empty.
    """
    observation = remote.observe({"want": ["sessions"]})
    part = known_part(observation, "sessions")
    if not isinstance(part.get("list"), list):
        raise unknown_part(observation, "sessions")
    return part


def people(sessions: dict[str, Any]) -> list[Session]:
    """The sessions that an installation would disturb, as the check ``sessions`` counts them."""
    return [session for session in sessions["list"] if is_session(session)]


def mode(sessions: dict[str, Any]) -> dict[str, Any]:
    return {key: sessions.get(key) for key in ("drain_mode", "logons_disabled")}


def is_mode(reading: dict[str, Any], state: str) -> bool:
    """Whether the host's two numbers say this state; unknown is neither."""
    drained = reading.get("drain_mode") == _MODES[state]
    return drained and (state == "drained" or reading.get("logons_disabled") is False)
