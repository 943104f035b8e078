# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A recovery while the nodes' clocks are set all the time, and renames come back at each start."""

from __future__ import annotations

from typing import Any

import pytest
from ft_lab import demo_systems, ft_lab

pytestmark = pytest.mark.slow

HOST = "ft01"
NODES = ("coserver1", "coserver2", "ftvirtual")
# Authentication allows five minutes.
UNKIND = {"clock_steps": {"every_seconds": 300, "up_to_seconds": 100}, "renames_come_back": 2}


def unkind(system: dict[str, Any]) -> dict[str, Any]:
    for node in NODES:
        part = system.setdefault(node, {})
        (part if node == "ftvirtual" else part.setdefault("windows", {})).update(UNKIND)
    form = system.setdefault("vars", {}).setdefault("legacyops_ft_system", {})
    form["accepted"] = {**form.get("accepted", {}), "unreadable": "Sato", "renames": "Sato"}
    return system


def test_no_clock_and_no_rename_makes_or_hides_a_restart(
    tmp_path: Any, ansible_environment: dict[str, str]
) -> None:
    systems = {HOST: unkind(demo_systems()[HOST])}
    with ft_lab(tmp_path, ansible_environment, systems) as lab:
        assert lab.playbook("plan").code == 0
        run = lab.apply()
        assert run.code == 0, run.output
        status = lab.status()[HOST]
        assert status["healthy"], status
        assert status["violations"] == []
        once = {"uninstall KB890859": 1, "install fix": 1, "install KB890859": 1}
        assert status["installer_starts"] == dict.fromkeys(NODES, once)
        assert len(lab.done(HOST)) == len(set(lab.done(HOST)))
