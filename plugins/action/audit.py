# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that a host is still as the vendor's notices demand. Reads only."""

from __future__ import annotations

from typing import Any

from ..plugin_utils._action import ActionError
from ..plugin_utils._io.remote import Remote
from ..plugin_utils._procedure.action import CHANGE_OPTIONS
from ..plugin_utils._procedure.advisories import ADVISORY_OPTIONS
from ..plugin_utils._procedure.assessment import LookAction
from ..plugin_utils._procedure.text import in_language

ARGUMENT_SPEC: dict[str, Any] = {
    **CHANGE_OPTIONS,
    **ADVISORY_OPTIONS,
    "fail_on": {
        "type": "list",
        "elements": "str",
        "choices": ["blocker", "warning", "info"],
        "default": ["blocker", "warning"],
    },
    "probe_chains": {"type": "bool", "default": False},
    "quiet": {"type": "bool", "default": False},
}


class ActionModule(LookAction):
    """Looks, tells, and fails where something is amiss, so that a scheduler sees it."""

    argument_spec = ARGUMENT_SPEC

    def proceed(self, remote: Remote, args: dict[str, Any]) -> dict[str, Any]:
        probe = args["probe_chains"] and not self.check_mode
        result, observation = self.look(remote, args, "audit", probe=probe)
        unread = observation is None  # whatever fail_on says: nobody knows how the host is
        amiss = [f for f in result["findings"] if unread or f["severity"] in args["fail_on"]]
        if amiss:
            titles = "; ".join(in_language(f["title"], args["language"]) for f in amiss)
            reason = result.pop("reason", "findings")
            raise ActionError(reason, f"Something is amiss: {titles}.", **result)
        return result
