# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings Citrix' IMA service up and proves that it stays up; or stops it."""

from __future__ import annotations

from typing import Any

from ..plugin_utils._io.remote import Remote, RemoteError
from ..plugin_utils._procedure.windows import service

ARGUMENT_SPEC: dict[str, Any] = {
    **service.ARGUMENT_SPEC,
    "name": {"type": "str", "default": "IMAService"},
    "state": {"type": "str", "choices": ["running", "stopped"], "default": "running"},
}

_ADVICE = (
    "Leave logons off and look at the signatures of its modules (legacyops.hotfix.audit)"
    " and the host's event log."
)
# What Citrix says of a start that names no plug-in.
_OTHER_CAUSES = (
    " No plug-in is named: other known causes are a data store that IMA cannot reach, and a local"
    " host cache that is missing or damaged."
)


class ActionModule(service.ServiceAction):
    argument_spec = ARGUMENT_SPEC

    def act(self, remote: Remote, args: dict[str, Any]) -> dict[str, Any]:
        return {"currently_loading_plugin": None, **super().act(remote, args)}

    def cause(self, remote: Remote, target: str) -> tuple[dict[str, Any], str]:
        if target != "Running":
            return {"currently_loading_plugin": None}, _ADVICE
        plugin = loading_plugin(remote)
        words = f"It was loading {plugin}. {_ADVICE}" if plugin else f"{_ADVICE}{_OTHER_CAUSES}"
        return {"currently_loading_plugin": plugin}, words


def loading_plugin(remote: Remote) -> str | None:
    """Citrix' own triage value: which plug-in IMA was loading; None where it cannot be read."""
    try:
        part = remote.observe({"want": ["ima"]}).part("ima")
    except RemoteError:
        return None
    return part.get("currently_loading_plugin") if isinstance(part, dict) else None
