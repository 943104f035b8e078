# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The form of a fault-tolerant system, legacyops_ft_system, and what it says of a step.

One inventory host is one system: two CoServers and the FTvirtual Server, three installations of
Windows. What may stand in it: _data/inventory.schema.yml, and .inventory.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

Form = Mapping[str, Any]

COSERVERS: Final = ("coserver1", "coserver2")
NODES: Final = (*COSERVERS, "ftvirtual")
# What the notice and Endurance call them.
TITLES: Final[dict[str, str]] = {
    "coserver1": "CoServer1",
    "coserver2": "CoServer2",
    "virtual_server1": "Virtual Server1",
    "virtual_server2": "Virtual Server2",
    "ftvirtual": "FTvirtual Server",
}
SETTING: Final = "legacyops_ft_system"
CREDENTIALS: Final = "legacyops_ft_credentials"

_FIX_STEP: Final = re.compile(rf"(install|restart) ({'|'.join(NODES)})")


def fix_steps(form: Form) -> list[dict[str, str]]:
    """Return the steps of the fix's own readme as a person entered them, one item each."""
    fix = form.get("vendor_fix")
    steps = fix.get("steps") if isinstance(fix, Mapping) else None
    items = []
    for text in steps if isinstance(steps, list) else []:
        found = _FIX_STEP.fullmatch(" ".join(str(text).split()))
        if found:
            items.append({"id": f"{found[1]}_{found[2]}", "do": found[1], "node": found[2]})
    return items


def completed(form: Form) -> dict[str, Any]:
    """Return a form with what stands where a person wrote nothing: the operator's way.

    A fix without switches is installed by an operator: no source names its switches.
    """
    fix = dict(part_of(form, "vendor_fix"))
    fix["by"] = None if fix.get("switches") else "operator"
    return {
        "power_off": "at_post",
        "endurance": {"driver": "operator"},
        **{key: value for key, value in form.items() if value is not None},
        "vendor_fix": fix,
        "used_access": sorted({str(part_of(form, n).get("access")) for n in NODES}),
    }


def stated_uuid(form: Form, coserver: str) -> str | None:
    """Return the UUID of a CoServer's machine as a person entered it, or None."""
    value = part_of(form, coserver).get("uuid")
    return value if isinstance(value, str) else None


def part_of(form: Form, name: str) -> Mapping[str, Any]:
    """Return a part of the form; an empty one where there is none."""
    part = form.get(name)
    return part if isinstance(part, Mapping) else {}
