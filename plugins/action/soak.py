# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Watches a host for a while after it was treated, before the next batch begins."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from ..plugin_utils._action import ActionError
from ..plugin_utils._core.context import DONE, FAILED
from ..plugin_utils._io.remote import Remote
from ..plugin_utils._io.waiting import ChangeStoppedError
from ..plugin_utils._procedure.action import CHANGE_OPTIONS
from ..plugin_utils._procedure.advisories import ADVISORY_OPTIONS
from ..plugin_utils._procedure.assessment import LookAction
from ..plugin_utils._procedure.batch import Batch
from ..plugin_utils._procedure.change import Change
from ..plugin_utils._procedure.text import in_language
from .audit import ARGUMENT_SPEC as AUDIT_OPTIONS
from .batch import BATCH_OPTIONS

ARGUMENT_SPEC: dict[str, Any] = {
    **CHANGE_OPTIONS,
    **ADVISORY_OPTIONS,
    **BATCH_OPTIONS,
    "forks": {"type": "int", "required": True},
    "fail_on": AUDIT_OPTIONS["fail_on"],
}

Result = dict[str, Any]
# A host is looked at about this often while it is watched, and at least every five minutes.
LOOKS = 10
LONGEST_INTERVAL = 300.0
# How long an answer may get lost before the host counts as unhealthy.
PATIENCE_SECONDS = 300.0


class ActionModule(LookAction):
    """Looks again and again, as the audit does; what is amiss makes the host a failed one."""

    argument_spec = ARGUMENT_SPEC

    def proceed(self, remote: Remote, args: dict[str, Any]) -> Result:
        change = self.change(args)
        seconds = 60.0 * change.entry(self.host)["settings"].get("soak_minutes", 0)
        if self.check_mode or not seconds:
            return {"soaked": False, "looks": 0}
        batch = Batch(change, args["run"], self.host, args["hosts"], self.locked)
        batch.arrive("arrived", last_act(change, self.host))
        if change.state(self.host)["status"] != DONE or not more_to_come(change, self.host):
            return {"soaked": False, "looks": 0}
        self.stop.change_stopped = change.directory.stopped
        # With fewer forks than hosts, some begin only when others have ended: none may wait.
        together = args["forks"] >= len(args["hosts"])
        watch = _Watch(self, remote, args, batch, seconds, together)
        try:
            watch.until_over()
        except ChangeStoppedError as error:
            return {"soaked": False, "looks": watch.looks, "msg": f"Not watched on: {error}."}
        self._record(change, "ok")
        return {"soaked": True, "looks": watch.looks}

    def unhealthy(self, change: Change, text: str) -> ActionError:
        """The refusal of a host that is not well, which also spends the failure budget."""
        message = (
            f"After its plan was carried out it did not stay healthy: {text}. "
            "Look at the host; nobody else begins until the failure budget allows it."
        )
        self._record(change, "failed", message=message)
        with self.locked(change, self.host):
            change.set_state(self.host, FAILED, reason="unhealthy", message=message)
        return ActionError("unhealthy", message)

    def _record(self, change: Change, status: str, **more: Any) -> None:
        with self.locked(change, self.host):
            change.journal(self.host).append("soak", status=status, plan=change.digest, **more)


class _Watch:
    """The looks at one host, until the whole batch has been quiet for so long."""

    def __init__(
        self,
        action: ActionModule,
        remote: Remote,
        args: Result,
        batch: Batch,
        seconds: float,
        together: bool,
    ) -> None:
        self._action = action
        self._remote = remote
        self._args = {**args, "quiet": True}
        self._batch = batch
        self._seconds = seconds
        self._together = together
        self._progress = action.progress()
        self._answered = time.time()
        self.looks = 0

    def until_over(self) -> None:
        """Raises ActionError: the host is not healthy, or did not answer for too long."""
        shortest = self._action.poll_seconds({})
        interval = min(max(self._seconds / LOOKS, shortest), LONGEST_INTERVAL)
        while True:
            left = self._left()
            well = self._look()
            if well and left is not None and left <= 0:
                return
            waits = interval if well else shortest
            self._action.stop.sleep(min(waits, left) if left and left > 0 else waits)

    def _left(self) -> float | None:
        """Seconds that are left; None while others of the batch are still being treated."""
        away = self._batch.missing("arrived") if self._together else []
        if away:
            self._progress(f"is watched until {', '.join(away)} has ended, and then on")
            return None
        end = self._quiet_since() + self._seconds
        shown = datetime.fromtimestamp(end).strftime("%H:%M:%S")
        self._progress(f"is watched until {shown} before the next batch begins")
        return end - time.time()

    def _quiet_since(self) -> float:
        """When a host of the batch was last acted on, as seconds since the epoch."""
        batch = self._batch
        acted = batch.acted() if self._together else last_act(batch.change, self._action.host)
        return datetime.fromisoformat(acted).timestamp() if acted else 0.0

    def _look(self) -> bool:
        """Whether the host answered and is well.

        Raises ActionError: it is not, or has not answered for too long.
        """
        self.looks += 1
        result, _observation = self._action.look(self._remote, self._args, "audit")
        if result["reachable"]:
            self._answered = time.time()
        elif time.time() - self._answered < PATIENCE_SECONDS:
            self._progress(f"no answer ({result['reason']}), asks again")
            return False
        amiss = [f for f in result["findings"] if f["severity"] in self._args["fail_on"]]
        if amiss:
            titles = "; ".join(in_language(f["title"], self._args["language"]) for f in amiss)
            raise self._action.unhealthy(self._batch.change, titles)
        return True


def last_act(change: Change, host: str) -> str:
    """When a host was last acted on, ISO 8601 UTC; empty: it was not."""
    entries = change.journal(host).entries()
    return max((entry.utc for entry in entries if entry.kind == "result"), default="")


def more_to_come(change: Change, host: str) -> bool:
    """Whether a later batch has a host that is not done."""
    waves = dict(change.queue)
    later = [name for name, wave in change.queue if wave > waves.get(host, 0)]
    return any(change.state(name)["status"] != DONE for name in later)
