# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an approver is told, and that nothing of weight is missing in it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.records import (
    Finding,
    Step,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.window import Window, window_of
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.approved import (
    approved,
    approved_lines,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.layout import WIDTH, wide
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.text import plan_text
from step_double import planned

SHA256 = "AB" * 32
OTHERWISE = {
    "en": "Switched off by Windows' own shutdown",
    "ja": "Windows のシャットダウンで電源断",
}
BACKUP = {"taken": "2026-11-21", "by": "Sato", "where": "tape 7"}


def step(name: str, action: str, longest: int = 600, **more: Any) -> Step:
    return planned(name, action, seconds={"expected": 60, "longest": longest}, **more)


def server(**settings: Any) -> dict[str, Any]:
    package = {"package": "C:\\fix.msp", "sha256": SHA256.lower()}
    return {
        "settings": {"data_store_backup": BACKUP, **settings},
        "steps": [
            step("01-stage", "staged_package", arguments={"path": "C:\\fix.msp", "sha256": SHA256}),
            step("02-drain", "logon_mode", 7200, arguments={"forced_logoff": True}),
            step("03-install", "msp_patch", arguments=package, item="XA021"),
            step("04-restart", "restart", resting_point=True),
            step("05-enable", "logon_mode"),
        ],
    }


def system() -> dict[str, Any]:
    off = {"coserver": "coserver1", "state": "off", "way": "shutdown"}
    return {
        "settings": {"ft_system": {"backups": {"coserver1": BACKUP}}},
        "steps": [step("01-off", "power", 3600, arguments=off, departure=OTHERWISE)],
    }


def plan(**hosts: Any) -> dict[str, Any]:
    return {"hosts": hosts, "waves": [[host] for host in hosts]}


def window(hours: float) -> Window:
    end = f"2026-11-29T{int(hours):02d}:{round(hours % 1 * 60):02d}:00Z"
    return window_of({"start": "2026-11-29T00:00:00Z", "end": end})


def test_a_server_with_all_that_weighs() -> None:
    (record,) = approved(plan(xa01=server()), None)["hosts"].values()
    assert [(each["path"], each["sha256"]) for each in record["packages"]] == [
        ("C:\\fix.msp", SHA256)
    ]
    assert record["restarts"] == 1
    assert record["forced_logoff"]
    assert record["seconds"] == {"expected": 300, "longest": 9600, "to_rest": 9000}
    assert record["backups"] == {"legacyops_data_store_backup": BACKUP}
    lines = approved_lines(approved(plan(xa01=server()), None), None, "en")
    text = " ".join(" ".join(lines).split())
    for said in ("C:\\fix.msp", SHA256, "restarts: 1", "LOGGED OFF BY FORCE", "tape 7"):
        assert said in text
    assert "There is no window: one that holds even the longest is 2 h 40 min long." in text
    assert "1 host, wave after wave" in text


def test_hosts_alike_stand_together_and_an_outage_is_told() -> None:
    hosts = {"xa01": server(), "xa02": server(), "xa03": server(single_server_silo="accept_outage")}
    lines = approved_lines(approved(plan(**hosts), None), None, "en")
    assert "  xa01, xa02" in lines
    assert sum("ONLY SERVER OF ITS SILO" in line for line in lines) == 1


def test_who_accepts_that_renames_wait_is_told() -> None:
    hosts = {"xa01": server(renames_accepted_by="Sato"), "xa02": server()}
    lines = approved_lines(approved(plan(**hosts), None), None, "en")
    assert sum("file renames wait for a restart, accepted by: Sato" in line for line in lines) == 1


def test_another_way_than_the_notices_is_told() -> None:
    told = approved(plan(ft01=system()), None)
    assert told["hosts"]["ft01"]["power_offs"] == 1
    text = " ".join(" ".join(approved_lines(told, None, "en")).split())
    assert "NOT AS THE NOTICE SAYS: 01-off: Switched off by Windows' own shutdown" in text
    assert "本資料と異なる方法" in "\n".join(approved_lines(told, None, "ja"))


@pytest.mark.parametrize(
    ("hours", "says"),
    [
        (7, "It holds even the longest. Begin by 01:40 for the longest, by 06:50 for what is"),
        (3, "what has not begun by then waits. Begin by 02:50 for what is expected."),
        (3, "IT HOLDS WHAT IS EXPECTED, NOT THE LONGEST"),
        (0.75, "NOTHING WOULD BEGIN: xa01 alone needs 2 h 30 min"),
    ],
)
def test_the_window_beside_the_time_that_the_plan_needs(hours: float, says: str) -> None:
    told = approved(plan(xa01=server(), xa02=server()), window(hours))
    assert told["seconds"] == {"expected": 600, "longest": 19200}
    assert says in " ".join(" ".join(approved_lines(told, window(hours), "en")).split())


def test_side_by_side_takes_no_longer() -> None:
    together = {"hosts": {"a": server(), "b": server()}, "waves": [["a", "b"]]}
    assert approved(together, None)["seconds"]["longest"] == 9600


def finding(severity: str, en: str) -> Finding:
    title: Any = {"en": en, "ja": f"和{en}"}
    return Finding(id="x", item=None, clause=["4"], severity=severity, title=title, evidence=[],
                   remedy=title)  # type: ignore[arg-type]  # fmt: skip


@pytest.mark.parametrize(("language", "mark"), [("en", ""), ("ja", "和")])
def test_the_plan_shows_what_is_approved_and_who_is_left_out(language: str, mark: str) -> None:
    made = plan(xa01={**server(), "findings": []}, xa02={**server(), "findings": []})
    blocked = {"blocked": "not signed", "findings": [finding("blocker", "not signed")]}
    refuses = {"findings": [finding("warning", "Logons are refused"), finding("info", "i")]}
    left = {"xa03": blocked, "xa04": refuses, "xa05": {"findings": [finding("good", "all is in")]}}
    for name, entry in left.items():
        made["hosts"][name] = {"settings": {}, "steps": [], **entry}
    text = plan_text({"advisories": [], "digest": "sha256:0", **made}, language, window=window(7))
    told = " ".join(text.split())
    assert "Wave 2 of 2: about 5 min, at most 2 h 40 min" in told
    assert "the steps of xa01: 01-stage to 05-enable" in told
    assert SHA256 in told
    assert ("Begin by 01:40" in told) == (language == "en")
    assert f"  xa03: {mark}not signed [4]" in text
    assert f"  xa04: {mark}Logons are refused [4]" in text
    assert text.endswith("\n  xa05")
    assert max(map(wide, text.splitlines())) <= WIDTH
