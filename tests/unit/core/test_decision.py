# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be done with a step, by each rule; which steps remain, by each row of the table."""

from __future__ import annotations

import itertools
from typing import Any

import entry_double
import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import decision as module
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.context import Context
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.decision import (
    decide,
    is_final,
    needed,
    unproven,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.entry import Entry
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.observation import Observation
from step_double import planned

SEEN = Observation("ft01", "2026-11-22T05:00:00Z", "test", {"installer": {"in_progress": True}})
YES: Any = {"check": "setting", "with": {"value": True}, "is": True}
NO: Any = {"check": "setting", "with": {"value": True}, "is": False}
# Of the host, not of a setting.
BUSY: Any = {"check": "installer", "is": "busy"}
IDLE: Any = {"check": "installer", "is": "idle"}
# What an act makes unknown for a while; nothing of the system was read.
UP: Any = {"check": "ft_phase", "with": {"node": "coserver1"}, "is": "up"}
# What no act explains.
NAMED: Any = {"check": "ft_identity", "with": {"names": {"coserver1": "A"}}, "is": "as_named"}


def step(name: str = "x", **parts: Any) -> Any:
    return planned(name, **{"action": "power", **parts})


def entry(kind: str, **more: Any) -> Entry:
    return entry_double.entry(kind, **{"step": "x", **more})


def said(saw: str | None = None, of: str = "x") -> Entry:
    return entry("confirmation", confirmation={"step": of, "saw": saw})


BEGUN = [entry("intent")]


@pytest.mark.parametrize(
    ("parts", "journal", "action"),
    [
        # 1. Joined, whatever the interlocks say.
        ({"resume_when": [BUSY], "interlocks": [IDLE]}, [], "resume"),
        ({"resume_when": [IDLE], "interlocks": [IDLE]}, [], "refuse"),
        # 2. Collected, once.
        ({"collect_when": [BUSY], "interlocks": [IDLE]}, BEGUN, "resume"),
        ({"collect_when": [BUSY], "interlocks": [IDLE]}, [], "refuse"),
        ({"collect_when": [BUSY], "interlocks": [IDLE]}, [*BEGUN, entry("result")], "refuse"),
        ({"collect_when": [BUSY], "done_when": [BUSY]}, BEGUN, "resume"),
        # 3. Done.
        ({"done_when": [BUSY], "interlocks": [IDLE]}, [], "skip"),
        ({"done_when": [BUSY], "interlocks": [UP], "by": "operator"}, BEGUN, "skip"),
        # 4. With a person.
        ({"by": "operator", "interlocks": [UP]}, BEGUN, "resume"),
        ({"by": "operator", "only_if": [UP]}, BEGUN, "resume"),
        ({"by": "operator", "interlocks": [UP, NAMED]}, BEGUN, "refuse"),
        ({"by": "operator", "interlocks": [UP]}, [*BEGUN, entry("result")], "refuse"),
        # 5. Not needed.
        ({"only_if": [IDLE], "interlocks": [UP]}, [], "skip"),
        ({"only_if": [IDLE], "by": "operator"}, BEGUN, "skip"),
        # 6. Awaited.
        ({"interlocks": [UP], "by": "relay"}, BEGUN, "wait"),
        ({"interlocks": [UP, NAMED], "by": "relay"}, BEGUN, "refuse"),
        ({"interlocks": [UP], "by": "relay"}, [], "refuse"),
        # 7. Refused: what does not hold, and what is unknown.
        ({"interlocks": [IDLE]}, [], "refuse"),
        ({"only_if": [NAMED]}, [], "refuse"),
        ({"interlocks": [NAMED]}, BEGUN, "refuse"),
        # 8. Free to act; so it is again where an earlier run began it and nothing is missing.
        ({"interlocks": [BUSY], "only_if": [YES]}, [], "act"),
        ({"interlocks": [BUSY], "by": "operator"}, BEGUN, "act"),
    ],
)
def test_the_first_rule_that_fits_decides(
    parts: dict[str, Any], journal: list[Any], action: str
) -> None:
    found = decide(step(**parts), SEEN, Context(journal=journal))
    assert found.action == action, found.reason


@pytest.mark.parametrize(
    ("journal", "only_waits"),
    [
        (BEGUN, False),
        ([*BEGUN, said("windows")], True),
        ([*BEGUN, said("booting")], False),  # it is on its way
        ([*BEGUN, said("windows", of="x+board")], False),  # a look besides the step
        ([said("windows"), *BEGUN], False),  # of an earlier try
    ],
)
def test_what_a_person_has_ended_is_only_waited_for(journal: list[Any], only_waits: bool) -> None:
    on = step(by="operator", interlocks=[UP], arguments={"state": "on"})
    found = decide(on, SEEN, Context(journal=journal))
    assert (found.action, found.only_waits) == ("resume", only_waits)


def test_what_nothing_shows_is_not_asked_for_twice() -> None:
    logon = step(action="operator_confirm", by="operator", arguments={"ask": "done"})
    for journal, expected in (
        ([], ("act", False)),
        (BEGUN, ("act", False)),
        ([*BEGUN, said()], ("resume", True)),
    ):
        found = decide(logon, SEEN, Context(journal=journal))
        assert (found.action, found.only_waits) == expected


def test_what_was_wrong_before_the_step_is_not_final() -> None:
    on: Any = {"check": "ft_power", "with": {"node": "coserver1"}, "is": "off"}
    power = {"coserver1": {"driver": "ipmi", "state": "off", "wiring": "proven"}}
    # It says off, and the machine answers: a conflict.
    nodes = {"coserver1": {"reachable": True, "system": {"computer_name": "A"}}}
    now = Observation("ft01", "t", "test", {"power": power, "nodes": nodes})
    cut = step(expect=[on])
    missing = unproven(cut, now, Context())
    assert [verdict.value for verdict in missing] == ["conflict"]
    before = Observation("ft01", "t", "test", {})
    assert is_final(missing, Context(before=before))
    assert not is_final(missing, Context(before=now))
    assert not is_final(missing, Context())


# --- Which steps remain ---------------------------------------------------------------------


def rows() -> list[tuple[str, ...]]:
    """The rows of the table in the module's own words."""
    lines = (module.__doc__ or "").splitlines()
    rules = [number for number, line in enumerate(lines) if line.startswith("====")]
    assert len(rules) == 3
    widths = [len(part) + 2 for part in lines[rules[0]].split("  ")]
    ends = list(itertools.accumulate(widths, initial=0))
    cut = [[line[a:b].strip() for a, b in itertools.pairwise(ends)] for line in lines]
    return [tuple(row) for row in cut[rules[1] + 1 : rules[2]]]


STATES: dict[str, dict[str, Any]] = {
    "ruled out": {"only_if": [NO], "resume_when": [BUSY]},
    "begun": {"done_when": [BUSY], "resume_when": [BUSY]},
    "to do": {"done_when": [IDLE], "only_if": [BUSY]},
    "not to do": {"done_when": [BUSY]},
}
RELATED = {"one remains": ["stays", "gone"], "none remains": ["gone"]}


def outcome(parts: dict[str, Any], only_with: str, again_after: str, standby_for: str) -> str:
    mine = step(
        **parts,
        only_with=RELATED[only_with],
        again_after=RELATED[again_after],
        standby_for=RELATED[standby_for],
    )
    others = [step("stays"), step("gone", done_when=[BUSY])]
    found = {each.id: each for each in needed([*others, mine], SEEN, Context())}
    assert "stays" in found
    assert "gone" not in found
    if "x" not in found:
        return "goes"
    return "stands by" if found["x"].conditional else "stays"


@pytest.mark.parametrize("row", rows(), ids=" | ".join)
def test_each_row_of_the_table(row: tuple[str, ...]) -> None:
    state, only_with, again_after, standby_for, result = row
    assert outcome(STATES[state], only_with, again_after, standby_for) == result


def test_the_table_leaves_no_case_open() -> None:
    """What a row does not say follows from those that say the same for fewer relations."""
    told = {row[:4]: row[4] for row in rows()}
    words = ("one remains", "none remains")
    for state, only_with, again, standby in itertools.product(STATES, words, words, words):
        found = outcome(STATES[state], only_with, again, standby)
        said_so = told.get((state, only_with, again, standby))
        assert said_so in (None, found)
        kept = state == "begun" or (
            state != "ruled out"
            and only_with == "one remains"
            and (state == "to do" or again == "one remains")
        )
        if kept:
            assert found == "stays"
        elif state == "ruled out" or standby == "none remains":
            assert found == "goes"
        else:
            assert found == "stands by"
