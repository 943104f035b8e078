# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that answer nonsense, in a whole change: told in sentences, on record, left alone.

Each fault spoils one place of one answer, by a seed. tests/unit/core/test_hostile_answers.py does
the same a thousand times, without the wire.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.slow

# One after the other, and no zone's collector waits for another.
LIAR, HONEST = "XAAPP01", "XAAPP03"
SPOILT = 6
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f\u202e\ud800-\udfff]")
FOREIGN = ("Traceback", "Unexpected", "Error:", "KeyError", "TypeError", "\nfatal: [forged]")


@pytest.fixture(scope="module")
def planned(start_lab: Callable[..., Any]) -> Any:
    lab = start_lab(LIAR, HONEST)
    run = lab.playbook("plan")
    assert run.code == 0, run.output
    return lab


def harmless(output: str) -> None:
    assert not RAW.search(output), RAW.search(output)
    assert not [word for word in FOREIGN if word in output], output[-4000:]


def settled(entries: list[dict[str, Any]]) -> bool:
    """Whether each intent has its end on record: a result, or that the step was left."""
    open_step = None
    for entry in entries:
        if entry["kind"] == "intent":
            open_step = entry["step"]
        elif open_step in (entry.get("step"), entry.get("left_step")):
            open_step = None
    return open_step is None


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_assessment(planned: Any, seed: int) -> None:
    planned.command("inject", LIAR, "nonsense", f"seed={seed * 100}", "times=1")
    run = planned.playbook("assess")
    harmless(run.output)
    assert "ok=" in run.output
    assert run.recap[HONEST]["failed"] == 0
    planned.command("inject", LIAR, "recover")


def test_a_change_goes_through_nonsense_to_health(planned: Any) -> None:
    """One spoilt answer a run, later in the run at last; then the host answers well again."""
    refused = 0
    for number in range(SPOILT):  # half of them the first answer, each time otherwise
        arguments = (f"seed={number * 13}", f"skip={max(0, number - SPOILT // 2)}", "times=1")
        planned.command("inject", LIAR, "nonsense", *arguments)
        run = planned.playbook("apply")
        harmless(run.output)
        refused += "answer_malformed" in run.output or "not of its form" in run.output
        assert settled(planned.journal(LIAR)), planned.journal(LIAR)[-3:]
        planned.command("inject", LIAR, "recover")
    assert refused, "no answer was ever refused: the lab's nonsense went nowhere"
    run = planned.playbook("apply")
    assert run.code == 0, run.output[-4000:]
    status = planned.status()
    assert all(status[host]["healthy"] for host in (LIAR, HONEST)), status
    assert planned.ledger("violation") == []
    for name in ("report", "audit"):
        harmless(planned.playbook(name).output)
    for page in planned.change_dir.glob("*.html"):
        harmless(page.read_text(encoding="utf-8").replace("Error:", ""))
