# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Says what the vendor's notices mean for a host. Reads only."""

from __future__ import annotations

from typing import Any

from ..plugin_utils._action import ActionError
from ..plugin_utils._core.model import CoreError
from ..plugin_utils._io.remote import Remote
from ..plugin_utils._procedure.action import CHANGE_OPTIONS
from ..plugin_utils._procedure.advisories import ADVISORY_OPTIONS
from ..plugin_utils._procedure.assessment import LookAction
from ..plugin_utils._procedure.overview import MISTAKE
from ..plugin_utils._procedure.text import ORDER

ARGUMENT_SPEC: dict[str, Any] = {
    **CHANGE_OPTIONS,
    **ADVISORY_OPTIONS,
    "quiet": {"type": "bool", "default": False},
    "fail_on_mistakes": {"type": "bool", "default": True},
}


class ActionModule(LookAction):
    """Looks, tells, and leaves what it read for the plan."""

    argument_spec = ARGUMENT_SPEC
    needs_open = True

    def proceed(self, remote: Remote, args: dict[str, Any]) -> dict[str, Any]:
        try:
            result, observation = self.look(remote, args, "findings")
        except (ActionError, CoreError) as error:
            wrong = error.facts.get("mistakes") if isinstance(error, ActionError) else [str(error)]
            if args["fail_on_mistakes"] or not wrong:
                raise
            return _mistaken(wrong)
        if self.check_mode:
            return result
        directory = self.directory(args)
        path = directory.host_file("observations", self.host)
        if observation is None:
            path.unlink(missing_ok=True)  # a plan must not be made from what is out of date
            return result
        directory.write(path, observation.to_dict())
        return {**result, "observation_path": str(path)}


def _mistaken(wrong: list[str]) -> dict[str, Any]:
    """The result of a host whose inventory has mistakes; nothing was contacted."""
    return {
        "reason": MISTAKE,
        "standing": MISTAKE,
        "mistakes": wrong,
        "reachable": False,
        "findings": [],
        "counts": dict.fromkeys(ORDER, 0),
    }
