# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Restarts a legacy Windows host once and waits until it is back."""

from __future__ import annotations

import typing as t

from ..plugin_utils._action import ActionError, HotfixAction
from ..plugin_utils._core.observation import Observation
from ..plugin_utils._core.windows.starts import Mark, mark_of, position, started_since
from ..plugin_utils._io.failures import is_passing
from ..plugin_utils._io.remote import Remote, RemoteError
from ..plugin_utils._io.waiting import poll

ARGUMENT_SPEC: dict[str, t.Any] = {
    "since": {"type": "dict"},
    "reason": {"type": "str", "default": "Hotfix"},
    "deadline_seconds": {"type": "int", "default": 3600},
    "poll_seconds": {"type": "int"},
}

_ATTEMPT_SECONDS = 90.0
# A domain's account may be refused while its logon server is out of sight; more would lock it.
_REFUSALS = 3
_BACK_OFF = 6


class ActionModule(HotfixAction):
    argument_spec = ARGUMENT_SPEC

    def act(self, remote: Remote, args: dict[str, t.Any]) -> dict[str, t.Any]:
        now = system(remote)
        before = mark_of(args["since"]) or now
        result = {"before": before, "start": now, "elapsed": 0, "already": False}
        if args["since"]:
            start = started_since(before, now)
            if start.proven:
                return {**result, "already": True, "evidence": start.evidence}
            if start.proven is None:
                raise self._unknown(start.evidence)
        record = position(now)
        if record is None:
            raise self._unknown("the System log could not be read")
        diff = {"before": {"start": f"record {record}"}, "after": {"start": "(a new one)"}}
        if self.check_mode:
            return {**result, "changed": True, "diff": diff}
        self._restart(remote, record, args["reason"])
        back, evidence, warnings = self._await_return(remote, now, args)
        diff["after"] = {"start": f"record {position(back)}"}
        return {
            **result,
            "changed": True,
            "start": back,
            "evidence": evidence,
            "elapsed": self.elapsed(),
            "diff": diff,
            **({"warnings": warnings} if warnings else {}),
        }

    @staticmethod
    def _unknown(evidence: str) -> ActionError:
        """Why a restart could not be proven, before anything is done."""
        return ActionError(
            "unknown",
            f"It cannot be told whether the host is restarted ({evidence}). Nothing was done. See"
            " that its System log can be read and is written, or restart it by hand.",
        )

    def _restart(self, remote: Remote, record: int, reason: str) -> None:
        """Ask for the restart. A lost answer is no failure: the host's next start will tell."""
        try:
            data = remote.run("restart", {"start_record": record, "reason": reason})
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

    def _await_return(
        self, remote: Remote, before: Mark, args: dict[str, t.Any]
    ) -> tuple[Mark, str, list[str]]:
        """The start once it is another one, what proves it, and what waits again."""
        progress = self.progress()
        refusals, seen = 0, ""

        def look() -> tuple[Mark, str, list[str]] | None:
            nonlocal refusals, seen
            try:
                observation = read(remote, _ATTEMPT_SECONDS)
            except RemoteError as error:
                refused = error.reason == "authentication_refused"
                refusals += refused
                if not is_passing(error) and (not refused or refusals >= _REFUSALS):
                    raise
                progress(f"restarts: {error.reason.replace('_', ' ')}")
                return None
            start = started_since(before, observation.part("system"))
            if start.proven:
                now = mark_of(observation.part("system")) or {}
                return now, start.evidence, waiting_again(observation)
            seen = f" Seen last: {start.evidence}."
            progress("is still going down" if start.proven is False else start.evidence)
            return None

        seconds = self.poll_seconds(args)
        back: tuple[Mark, str, list[str]] | None = poll(
            look,
            deadline=args["deadline_seconds"],
            interval=seconds,
            longest_interval=seconds * _BACK_OFF,
            stop=self.stop,
        )
        if back is None:
            raise ActionError(
                "deadline",
                f"The host has not come back within {args['deadline_seconds']} seconds.{seen}"
                " Look at its console: a disk check or an update may be running; do not cut the"
                " power. Run again once it is back.",
                before=before,
            )
        return back


def read(remote: Remote, deadline: float | None = None) -> Observation:
    """What tells of the host's last start, and what waits for another one."""
    return remote.observe({"want": ["system", "pending_restart"]}, deadline=deadline)


def system(remote: Remote) -> Mark:
    """The mark of the host's last start.

    :raises ActionError: the host does not tell when it started.
    """
    observation = read(remote)
    mark = mark_of(observation.part("system"))
    if mark is None:
        raise ActionError(
            "unknown",
            f"The time of the last start could not be read ({observation.why_unknown('system')})."
            " Check the host's WMI service.",
        )
    return mark


def waiting_again(observation: Observation) -> list[str]:
    """A warning where files wait to be renamed although the host has just started."""
    pending = observation.data.get("pending_restart") or {}
    renames = pending.get("file_renames")
    if not renames:
        return []
    return [
        f"{observation.host}: {renames} file renames wait again after the start. Antivirus, a"
        " spooler or the like may put them back at each start; another restart does not help."
    ]
