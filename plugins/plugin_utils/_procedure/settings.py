# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings: the inventory's ``legacyops_*`` variables of a host, as plain data.

They go into the plan file and so into its digest. Secrets and what belongs to one run
(where the directory is, who approved) stay outside.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from typing import Any

PREFIX = "legacyops_"
OF_THE_RUN = frozenset(
    {
        "advisory_paths",
        "approve_plan",
        "approved_digest",
        "change_dir",
        "change_id",
        "change_statuses",
        "fail_on",
        "hooks",
        "hosts",
        "language",
        "plan_blocked",
        "plan_digest",
        "plan_path",
        "plan_waves",
        "queue",
        "quiet",
        "stop_name",
        "stop_reason",
    }
)
SECRET = re.compile(r"pass(word|phrase|wd)?$|secret|token|credential", re.IGNORECASE)


def settings_of(variables: Mapping[str, Any]) -> dict[str, Any]:
    """The settings among a host's variables, without their prefix."""
    names = [str(name) for name in variables if str(name).startswith(PREFIX)]
    return {
        name.removeprefix(PREFIX): plain(variables[name])
        for name in sorted(names)
        if name.removeprefix(PREFIX) not in OF_THE_RUN and not SECRET.search(name)
    }


def common(settings: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What all hosts agree on."""
    every = list(settings)
    if not every:
        return {}
    return {
        name: value
        for name, value in every[0].items()
        if all(name in other and other[name] == value for other in every)
    }


def plain(value: Any) -> Any:
    """Ansible's tagged or unsafe values as plain JSON values; dates as ISO 8601 text."""
    if value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, (dt.datetime, dt.date)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, Iterable):
        return [plain(item) for item in value]
    return str(value)
