# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Says which change holds a server or an FT system, gives it back, or breaks a dead hold."""

from __future__ import annotations

from typing import Any, ClassVar

from ..plugin_utils._io.remote import Remote
from ..plugin_utils._procedure.action import CHANGE_OPTIONS, ProcedureAction
from ..plugin_utils._procedure.journal import JournalFile
from ..plugin_utils._procedure.owner import run_of

ARGUMENT_SPEC: dict[str, Any] = {
    **CHANGE_OPTIONS,
    "state": {"type": "str", "choices": ["read", "freed", "broken"], "default": "read"},
    "run": {"type": "str"},
    "name": {"type": "str"},
    "reason": {"type": "str"},
}


class ActionModule(ProcedureAction):
    argument_spec = ARGUMENT_SPEC
    argument_rules: ClassVar[dict[str, Any]] = {
        "required_if": [("state", "broken", ["run", "name", "reason"])]
    }

    def proceed(self, remote: Remote, args: dict[str, Any]) -> dict[str, Any]:
        directory = self.directory(args)
        observer = self.observer(remote, directory)
        before = observer.owner.read()
        if args["state"] == "read" or before.get("free"):
            return {"owner": before}
        if args["state"] == "freed":
            mine = (args["change_id"], run_of(directory))
            if (before.get("change"), before.get("run")) != mine:
                return {"owner": before}
            if not self.check_mode:
                observer.owner.free(*mine)
        elif not self.check_mode:
            broken = observer.owner.break_(args["run"], args["name"], args["reason"])
            JournalFile(directory, self.host).append(
                "owner_broken", change=args["change_id"], record=broken
            )
        after = {"free": True}
        return {"changed": True, "owner": after, "diff": {"before": before, "after": after}}
