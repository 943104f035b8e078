# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings: the inventory's ``legacyops_*`` variables of a host, as plain data.

They go into the plan file and so into its digest. Secrets and what belongs to one run
(where the directory is, who approved) stay outside.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ansible.module_utils.common.validation import (
    check_type_bool,
    check_type_float,
    check_type_int,
)

from .._core.approval import FLAGS, RULES
from .._core.ft.drivers import key_name
from .._core.settings import DEFAULTS, KNOWN_SETTINGS

PREFIX = "legacyops_"
OF_THE_RUN = frozenset(
    {
        "advisory_paths",
        "approve_plan",
        "approved_digest",
        "change_dir",
        "change_id",
        "change_statuses",
        "close_unfinished",
        "closed_by",
        "closing_comment",
        "confirm_name",
        "confirm_note",
        "confirm_saw",
        "confirm_second_name",
        "confirm_step",
        "confirm_wait_seconds",
        "audit_probe_chains",
        "fail_on",
        "hook",
        "hooks",
        "hosts",
        "journal_heads",
        "language",
        "owner_dir",
        "plan_blocked",
        "plan_digest",
        "plan_path",
        "plan_waves",
        "prompt",
        "queue",
        "quiet",
        "report_language",
        "runbook_results",
        "signing_key",
        "stop_name",
        "stop_reason",
        "time_zone",
    }
)
# What people said, and what the runbook prints: read by name, and no rule of a plan.
ON_PAPER = frozenset({"acceptance_checks", "chassis", "contacts", "ft_said"})
# Asked for where they are needed; no part of a plan, and never written anywhere.
SECRETS = frozenset({"ft_credentials", "package_username", "package_password"})
SECRET = re.compile(r"pass(word|phrase|wd)?$|secret|token|credential", re.IGNORECASE)


_KNOWN = KNOWN_SETTINGS | RULES | OF_THE_RUN | ON_PAPER
# Setting → a value of its type; of a table, key → such a value.
_TYPES = {**DEFAULTS, **FLAGS, "backup_max_days": 0, "soak_minutes": 0.0}
_CHECKS = {bool: check_type_bool, int: check_type_int, float: check_type_float}


def is_harmless(variable: str) -> bool:
    """Whether the value of a variable may stand in a journal: one of our settings, no secret."""
    return variable.startswith(PREFIX) and variable.removeprefix(PREFIX) in _KNOWN


def unknown_settings(variables: Iterable[str]) -> list[str]:
    """What is wrong with the names of a host's variables, one sentence for each.

    A setting that nobody reads would be taken for a control that is on.
    """
    known = sorted(_KNOWN | SECRETS)
    wrong = []
    for variable in sorted(variables):
        name = variable.removeprefix(PREFIX)
        if not variable.startswith(PREFIX) or name in known:
            continue
        near = difflib.get_close_matches(name, known, n=1)
        remedy = f"write {PREFIX}{near[0]}, or remove it." if near else "remove it."
        wrong.append(f"{key_name(variable)} is unknown: {remedy}")
    return wrong


def settings_of(variables: Mapping[str, Any]) -> dict[str, Any]:
    """The settings among a host's variables, without their prefix."""
    names = [str(name) for name in variables if str(name).startswith(PREFIX)]
    return {
        name.removeprefix(PREFIX): _typed(name.removeprefix(PREFIX), plain(variables[name]))
        for name in sorted(names)
        if name.removeprefix(PREFIX) not in OF_THE_RUN and not SECRET.search(name)
    }


def _typed(name: str, value: Any) -> Any:
    """A flag or a number as Ansible's modules take them: ``-e NAME=yes`` gives a text.

    What is neither stays as it is, for the judge of the settings to refuse it by name.
    """
    return _as(_TYPES.get(name), value)


def _as(wanted: Any, value: Any) -> Any:
    if isinstance(wanted, Mapping) and isinstance(value, Mapping):
        return {key: _as(wanted.get(key), item) for key, item in value.items()}
    check = _CHECKS.get(type(wanted))
    # A flag may also be 0 or 1; what is a number already stays one, and true is none.
    if check is None or not isinstance(value, (str, int) if check is check_type_bool else str):
        return value
    try:
        return check(value)
    except TypeError:
        return value


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
