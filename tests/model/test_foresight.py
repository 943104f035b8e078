# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan foresees of itself: never a refusal in a plan that the model carries out to its end.

test_order explores these starts and demands that all of them heal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import plan as core
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.advisory import (
    Advisory,
    bundled_folder,
    load_advisories,
)
from legacyops_model.ft.explore import Explorer
from legacyops_model.ft.site import form, observe
from legacyops_model.ft.starts import (
    KINDS,
    SWITCHES,
    Start,
    fix_anywhere,
    lab_systems,
    update_anywhere,
)

PER_NODE = [
    f"{do} {n}" for n in ("ftvirtual", "coserver1", "coserver2") for do in ("install", "restart")
]


@pytest.fixture(scope="module")
def advisory() -> Advisory:
    return load_advisories([bundled_folder()])["kb890859_tx200ft"]


def plan(advisory: Advisory, start: Start, **changed: Any) -> core.HostPlan:
    driver, way, _special = SWITCHES[start.switch]
    windows = start.kind.removeprefix("windows_")
    given = form(start.description["model"], driver, windows=windows, power_off=way)
    settings = {"ft_system": {**given, **start.form, **changed}}
    return core.plan_host(advisory, settings, observe(start.state()))


def starts() -> Iterator[tuple[str, Start]]:
    for switch in SWITCHES:
        for name, start in lab_systems().items():
            yield f"{name}, {switch}", replace(start, switch=switch)
    for kind in KINDS:
        yield from update_anywhere(kind)
        yield from fix_anywhere(kind)


@pytest.mark.slow
def test_no_plan_that_can_be_carried_out_is_called_impossible(advisory: Advisory) -> None:
    planned = [(name, plan(advisory, start)) for name, start in starts()]
    told = [(name, f.evidence) for name, p in planned for f in p.findings
            if f.id == "cannot_be_carried_out"]  # fmt: skip
    assert told == []
    assert sum(bool(p.steps) for _name, p in planned) > 400


def latent_2000() -> Start:
    """The update waits for a restart on CoServer1 alone (Windows 2000 type)."""
    waits = {"kb": True, "loaded": {"kernel": False}}
    description = {
        "model": "PGT20124F",
        "type": "windows_2000",
        "coserver1": {"windows": waits, "logged_on": True},
        "coserver2": {"windows": {}, "logged_on": True},
        "ftvirtual": {},
    }
    return Start(description)


def test_a_restart_that_will_be_refused_is_told_before_anything_is_restarted(
    advisory: Advisory,
) -> None:
    start = latent_2000()
    fix = {**form("PGT20124F", "operator", windows="2000")["vendor_fix"], "steps": PER_NODE}
    found = plan(advisory, start, vendor_fix=fix)
    assert found.steps == []
    (blocker,) = [f for f in found.findings if f.severity == "blocker"]
    assert blocker.id == "cannot_be_carried_out"
    refused = "fix_restart: not so: CoServer1 may start with what is on its disk (seen: "
    assert refused in blocker.evidence[0]
    # The order that the form asks for can be carried out.
    steps = plan(advisory, start).steps
    assert Explorer(steps, start.goal(), crashes=False).run(start.state()).faults == []
