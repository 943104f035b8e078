# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stops a change. Works on the controller; contacts no host."""

from __future__ import annotations

from typing import Any

from ..plugin_utils._action import ActionError
from ..plugin_utils._io.remote import Remote
from ..plugin_utils._procedure.action import CHANGE_OPTIONS, ProcedureAction
from ..plugin_utils._procedure.journal import now, writer
from ..plugin_utils._procedure.text import harmless

ARGUMENT_SPEC: dict[str, Any] = {
    **CHANGE_OPTIONS,
    "reason": {"type": "str", "required": True},
    "name": {"type": "str", "default": ""},
}


class ActionModule(ProcedureAction):
    """Puts the file STOP into the change directory; a reason that is there already stays."""

    argument_spec = ARGUMENT_SPEC
    needs_open = True

    def proceed(self, remote: Remote, args: dict[str, Any]) -> dict[str, Any]:
        directory = self.directory(args)
        reason = " ".join(harmless(args["reason"]).split()).rstrip(".")
        if not reason:
            raise ActionError("mistake", "reason is empty: say why the change is stopped.")
        if not directory.root.is_dir():
            raise ActionError(
                "change",
                f"There is no change in {directory.root}, so nothing was stopped. Give the "
                "change_id (and change_dir) of the run that is to stop, on its controller.",
            )
        before = directory.stopped()
        name = " ".join(harmless(args["name"]).split()) or writer()["user"]
        if before is None and not self.check_mode:
            directory.stop_all(f"{reason}; {name}, {now()}")
        told = directory.stopped() or reason
        self.say(f"The change is stopped: {harmless(told)}. To go on, remove {directory.stop}.")
        return {"changed": before is None, "path": str(directory.stop), "told": told}
