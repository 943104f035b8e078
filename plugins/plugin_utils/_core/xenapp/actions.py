# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The actions on a XenApp server: its users, and Citrix' services."""

from __future__ import annotations

from functools import partial

from ..actions import Argument
from ..actions import register as _register

register = partial(_register, kind="xenapp")


register(
    "ima_service",
    "Has the IMA service running, and staying so for stable_seconds.",
    touches=(("services",),),
    state=Argument("text", True, ("running",), what=True),
    stable_seconds=Argument("seconds"),
    deadline_seconds=Argument("seconds"),
)
register(
    "logon_mode",
    "Refuses or accepts new logons; may wait for sessions to end, and log users off.",
    takes_out={"state": "drained"},
    touches=(("sessions",),),
    logons=lambda a: str(a["state"]),
    state=Argument("text", True, ("drained", "enabled"), what=True),
    method=Argument("text", False, ("change_logon", "external")),
    wait_for_sessions=Argument("flag"),
    deadline_seconds=Argument("seconds"),
    forced_logoff=Argument("flag"),
)
