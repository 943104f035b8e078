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

from ansible.module_utils.common.validation import (
    check_type_bool,
    check_type_float,
    check_type_int,
)

from .._core.schema import PREFIX, resolved, rules_of

# What belongs to one run; no part of a plan. Secrets neither, and they are never written anywhere.
OF_THE_RUN = frozenset(rules_of("run", "result"))
SECRET = re.compile(r"pass(word|phrase|wd)?$|secret|token|credential", re.IGNORECASE)
_SECRETS = frozenset(rules_of("secret"))
_RULES = {name: rule for name, rule in rules_of().items() if name not in _SECRETS}
_LONGEST_NUMBER = 40
_CHECKS = {"boolean": check_type_bool, "integer": check_type_int, "number": check_type_float}


def is_harmless(variable: str) -> bool:
    """Whether the value of a variable may stand in a journal: one of our settings, no secret."""
    return variable.startswith(PREFIX) and variable.removeprefix(PREFIX) in _RULES


def settings_of(variables: Mapping[str, Any]) -> dict[str, Any]:
    """The settings among a host's variables, without their prefix."""
    names = [str(name) for name in variables if str(name).startswith(PREFIX)]
    return {
        name.removeprefix(PREFIX): _typed(
            _RULES.get(name.removeprefix(PREFIX), {}), plain(variables[name])
        )
        for name in sorted(names)
        if name.removeprefix(PREFIX) not in OF_THE_RUN and not SECRET.search(name)
    }


def _typed(rule: Mapping[str, Any], value: Any) -> Any:
    """A flag or a number as Ansible's modules take them: ``-e NAME=yes`` gives a text.

    Also those in a table with defaults. What is neither stays as it is, for the judge of the
    settings to refuse it by name.
    """
    if isinstance(value, Mapping):
        parts = rule.get("properties", {})
        numbers = {key: resolved(part) for key, part in parts.items() if "default" in part}
        return {key: _typed(numbers.get(key, {}), item) for key, item in value.items()}
    check = _CHECKS.get(str(rule.get("type")))
    # A flag may also be 0 or 1; what is a number already stays one, and true is none.
    if check is None or not isinstance(value, (str, int) if check is check_type_bool else str):
        return value
    if len(str(value)) > _LONGEST_NUMBER:
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
