# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets the hosts of a batch begin and end together, for the site's own hooks."""

from __future__ import annotations

from typing import Any

from ..plugin_utils._action import ActionError
from ..plugin_utils._io.remote import Remote
from ..plugin_utils._io.waiting import poll
from ..plugin_utils._procedure.action import CHANGE_OPTIONS, ProcedureAction
from ..plugin_utils._procedure.batch import Batch

BATCH_OPTIONS: dict[str, Any] = {
    "run": {"type": "str", "required": True},
    "hosts": {"type": "list", "elements": "str", "required": True},
}
ARGUMENT_SPEC: dict[str, Any] = {
    **CHANGE_OPTIONS,
    **BATCH_OPTIONS,
    "state": {"type": "str", "choices": ["enter", "opened", "leave"], "required": True},
}

# How long the other hosts wait for the hook of the first one.
HOOK_SECONDS = 3600.0
LOOK_SECONDS = 0.5


class ActionModule(ProcedureAction):
    """Works on the controller; contacts no host. Check mode writes nothing and waits for nobody."""

    argument_spec = ARGUMENT_SPEC

    def proceed(self, remote: Remote, args: dict[str, Any]) -> dict[str, Any]:
        change = self.change(args)
        batch = Batch(change, args["run"], self.host, args["hosts"], self.locked)
        about = {"batch": batch.number, "batches": len(change.plan["waves"])}
        if self.check_mode:
            return {**about, "opens": False, "last": False, "statuses": batch.statuses()}
        if args["state"] == "enter":
            return {**about, "opens": self._enter(batch)}
        if args["state"] == "opened":
            batch.opened()
            return about
        # Where nobody began, nothing was prepared, and so nothing has to be followed up.
        last = batch.arrive("left") and batch.is_open()
        return {**about, "last": last, "statuses": batch.statuses()}

    def _enter(self, batch: Batch) -> bool:
        """Whether this host opens the batch; the others wait until it is open."""
        if batch.opens():
            return True
        progress = self.progress()

        def look() -> bool | None:
            progress("waits for the hook before_batch")
            return batch.is_open() or None

        if not poll(look, deadline=HOOK_SECONDS, interval=LOOK_SECONDS, stop=self.stop):
            raise ActionError(
                "hook",
                f"Not begun: the hook before_batch of batch {batch.number} has not ended within an "
                "hour. See above why, then run the same command again.",
            )
        return False
