# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a legacy Windows host with one PowerShell start."""

from __future__ import annotations

from typing import Any

from ..plugin_utils._action import HotfixAction
from ..plugin_utils._core.observation import Observation
from ..plugin_utils._core.windows.signature import Stores, judge
from ..plugin_utils._io.remote import Remote

PARTS = [
    "system",
    "clock",
    "stores",
    "root_update",
    "root_update_events",
    "products",
    "patches",
    "sessions",
    "pending_restart",
    "installer",
    "ima",
    "disk",
]
# What the linkage of a signature is computed from, besides the file itself.
SIGNATURE_PARTS = ["stores", "clock"]

ARGUMENT_SPEC: dict[str, Any] = {
    "gather_subset": {"type": "list", "elements": "str", "choices": PARTS, "default": PARTS},
    "services": {"type": "list", "elements": "str", "default": []},
    "files": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "path": {"type": "str", "required": True},
            "hash": {"type": "bool", "default": True},
            "signature": {"type": "bool", "default": True},
        },
    },
    "service_modules": {"type": "list", "elements": "str", "default": []},
    "probe_chains": {"type": "list", "elements": "str", "default": []},
    "deadline_seconds": {"type": "int", "default": 300},
}


class ActionModule(HotfixAction):
    argument_spec = ARGUMENT_SPEC

    def act(self, remote: Remote, args: dict[str, Any]) -> dict[str, Any]:
        probes = args["probe_chains"]
        result: dict[str, Any] = {}
        if probes and self.check_mode:
            result["warnings"] = [
                "probe_chains was left out: building a chain may make Windows fetch a root,"
                " which check mode must not do."
            ]
            probes = []
        if self.of_a_step and "gather_subset" not in self._task.args:
            args = {**args, "gather_subset": []}  # the step knows what it needs, and has read it
        observation = remote.observe(request(args, probes), deadline=args["deadline_seconds"])
        result["observation"] = observation.to_dict()
        result["signatures"] = signatures(observation)
        return result


def request(args: dict[str, Any], probes: list[str]) -> dict[str, Any]:
    """The parameters of observe.ps1 for these arguments."""
    signed = bool(args["service_modules"]) or any(file["signature"] for file in args["files"])
    want = args["gather_subset"] + (SIGNATURE_PARTS if signed else [])
    return {
        "want": [part for part in PARTS if part in want],
        "services": args["services"],
        "files": args["files"],
        "service_modules": args["service_modules"],
        "chains": probes,
        "jobs": [],
    }


def signatures(observation: Observation) -> dict[str, dict[str, Any]]:
    """For each file whose signature was asked for: what the machine's stores make of it."""
    clock = observation.data.get("clock") or {}
    stores = Stores.from_data(observation.data.get("stores"))
    found = {}
    for path, record in (observation.data.get("files") or {}).items():
        if "signature" in record:
            reading = judge(record, stores, clock.get("utc"))
            found[path] = {"value": reading.status or "unknown", "evidence": reading.evidence}
    return found
