# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""FT systems that are not what they say: a blocker that names it, and not one step.

The other half of the table, what is wrong in the inventory: tests/integration/bad_inventories.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.plan import plan_host

Data = dict[str, Any]


def put(path: str, value: Any) -> Callable[[Data], None]:
    """Return a change of the data at a path with slashes."""

    def change(data: Data) -> None:
        *outer, last = path.split("/")
        part: Any = data
        for name in outer:
            part = part[name]
        part[last] = value

    return change


def both(*changes: Callable[[Data], None]) -> Callable[[Data], None]:
    def change(data: Data) -> None:
        for each in changes:
            each(data)

    return change


ONE, TWO = "nodes/coserver1", "nodes/coserver2"
KB = "updates/KB890859"
HOSTILE = "ntoskrnl\x1b[2J {{ lookup('pipe', 'id') }} <script>"

# What it is; what changes; the finding; what its evidence says.
LIES: list[tuple[str, Callable[[Data], None], str, str]] = [
    (
        "the two CoServers answer for each other",
        both(
            put(f"{ONE}/system/computer_name", "COSERVER2"),
            put(f"{TWO}/system/computer_name", "COSERVER1"),
        ),
        "roles_swapped",
        "coserver1 is coserver2",
    ),
    (
        "one node answers as another",
        put(f"{ONE}/system/computer_name", "COSERVER2"),
        "roles_swapped",
        "coserver1 is coserver2",
    ),
    (
        "a machine of another name",
        put(f"{TWO}/system/computer_name", "MAIL01"),
        "another_machine",
        "coserver2 is mail01",
    ),
    (
        "a machine without a name",
        put(f"{TWO}/system/computer_name", None),
        "identity_unknown",
        "coserver2",
    ),
    (
        "a name that is a table",
        put(f"{TWO}/system/computer_name", {"a": 1}),
        "identity_unknown",
        "coserver2",
    ),
    (
        "two kinds of Windows in one system",
        put(f"{ONE}/system/version", "5.0.2195"),
        "windows_disagree",
        "coserver1",
    ),
    (
        "Service Pack 1",
        both(
            put(f"{ONE}/system/service_pack", 1),
            put(f"{TWO}/system/service_pack", 1),
        ),
        "outside_service_pack",
        "",
    ),
    (
        "a Windows that the notice does not know",
        both(
            put(f"{ONE}/system/version", "6.1.7601"),
            put(f"{TWO}/system/version", "6.1.7601"),
        ),
        "outside_windows",
        "6.1.7601",
    ),
    (
        "a Windows version that is none",
        both(put(f"{ONE}/system/version", HOSTILE), put(f"{TWO}/system/version", HOSTILE)),
        "outside_windows",
        "ntoskrnl?[2J",
    ),
    (
        "one sign of the update without the other",
        put(f"{ONE}/{KB}/hotfix_key", False),
        "kb_disagrees",
        "coserver1",
    ),
    (
        "the update's keys over old files",
        put(
            f"{ONE}/files",
            dict.fromkeys(("ntoskrnl.exe", "win32k.sys", "winsrv.dll"), "5.2.3790.1"),
        ),
        "kb_disagrees",
        "coserver1",
    ),
    (
        "a fix level that is a poem",
        both(*(put(f"{node}/fix_level/text", HOSTILE) for node in (ONE, TWO))),
        "fix_unknown",
        "",
    ),
    (
        "two fix levels at once",
        both(
            *(put(f"{node}/fix_level/text", "V6 緊急修正 V1.0L10 V1.0L20") for node in (ONE, TWO))
        ),
        "fix_unknown",
        "",
    ),
    (
        "the fix level of the other product line",
        both(*(put(f"{node}/fix_level/text", "V5 緊急修正#001 V1.0L40") for node in (ONE, TWO))),
        "fix_unknown",
        "",
    ),
    (
        "another run holds the system",
        put("owner", {"change": "CHG-2", "run": "9"}),
        "owned_by_another",
        "CHG-2",
    ),
    ("a relay without SMB 1", put("relay/smb1", False), "relay_not_ready", "smb1"),
    ("a relay that tells nothing", put("relay", None), "relay_unknown", ""),
    (
        "no folder to uninstall from",
        put(f"{ONE}/{KB}/uninstaller", False),
        "no_uninstall_folder",
        "coserver1",
    ),
    (
        "an update installed over it",
        put(f"{ONE}/later_updates", [{"id": "KB999999"}]),
        "later_updates",
        "KB999999",
    ),
    (
        "a driver that says off of a node that answers",
        put("power/coserver1", {"driver": "ipmi", "state": "off", "wiring": "proven"}),
        "power_conflict_1",
        "coserver1",
    ),
]


@pytest.mark.parametrize(("lie", "change", "finding", "evidence"), LIES, ids=[x[0] for x in LIES])
def test_it_is_named_and_nothing_is_done(kit, kb890859, lie, change, finding, evidence):
    data = kit.ft_failed()
    change(data)
    seen = kit.ft_observation(data)
    plan = plan_host(kb890859, {"ft_system": kit.ft_form()}, seen, kit.ft_context())
    blockers = {f.id: f for f in plan.findings if f.severity == "blocker"}
    assert finding in blockers, {f.id: f.evidence for f in plan.findings}
    assert evidence in " ".join(blockers[finding].evidence)
    assert plan.blocked
    assert plan.steps == []
    told = [text for f in plan.findings for text in f.evidence]
    assert all(text.isprintable() and len(text) < 1000 for text in told)


def test_without_the_lie_there_is_a_plan(kit, kb890859):
    """Else the tests above prove nothing."""
    observation = kit.ft_observation(kit.ft_failed())
    assert plan_host(kb890859, {"ft_system": kit.ft_form()}, observation).steps
