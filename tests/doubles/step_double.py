# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A step of a plan, of which a test says only what it is about."""

from __future__ import annotations

from typing import Any

from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.records import Step

_NOTHING: Any = {"en": "", "ja": ""}


def planned(step_id: str, action: str, **parts: Any) -> Step:
    """Return a step that asks for nothing, expects nothing and stops where it fails."""
    common: dict[str, Any] = {
        "id": step_id,
        "name": step_id.partition("-")[2] or step_id,
        "item": None,
        "clause": [],
        "title": _NOTHING,
        "reason": _NOTHING,
        "host": "-",
        "action": action,
        "arguments": {},
        "node": None,
        "by": None,
        "contact": None,
        "instruction": [],
        "interlocks": [],
        "done_when": [],
        "only_if": [],
        "resume_when": [],
        "collect_when": [],
        "expect": [],
        "without_brakes": {},
        "conditional": False,
        "only_with": None,
        "again_after": [],
        "standby_for": [],
        "changes": _NOTHING,
        "departure": None,
        "resting_point": False,
        "interruptible": True,
        "seconds": {"expected": 60, "longest": 600},
        "rollback": _NOTHING,
        "point_of_no_return": False,
        "on_refusal": "stop",
        "on_failure": "stop",
        "returns_to_service": False,
    }
    return Step(**{**common, **parts})
