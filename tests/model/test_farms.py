# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Farms: no silo that had a serving server is left without one by what plan and apply do.

Explored: silos with servers that are dead, hang, are drained or limited away, and slices of an
inventory; more of that, repairs and failing steps at every moment. Prints what was explored.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterator

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.advisory import (
    Advisory,
    bundled_folder,
    load_advisories,
)
from farms import Case, Explorer, Server

SEED = 20261129
CONDITIONS = {
    "fresh": Server(),
    "patched": Server(hotfix=True),
    "ima down": Server(ima=False, hotfix=True),
    "hangs": Server(up=False),
    "drained": Server(logons=False, users=False, hotfix=True),
    "drained, fresh": Server(logons=False, users=False),
}


@pytest.fixture(scope="module")
def advisory() -> Advisory:
    return load_advisories([bundled_folder()])["ctx130025"]


@pytest.fixture(scope="module")
def told() -> Counter[str]:
    """What all tests have explored."""
    return Counter()


def farm(conditions: tuple[str, ...], **more: object) -> Case:
    """Return a farm of one silo."""
    servers = [(f"s{number}", "office", "member") for number in range(len(conditions))]
    start = tuple(CONDITIONS[each] for each in conditions)
    return Case(servers, start, **more)  # type: ignore[arg-type]


def small() -> Iterator[Case]:
    """Yield silos of two and three in every mixture that has something to patch."""
    for size in (2, 3):
        for conditions in itertools.combinations_with_replacement(CONDITIONS, size):
            if any("fresh" in each for each in conditions):
                for minimum in (0, 50):
                    yield farm(conditions, minimum=minimum, budget=1)


def chosen(count: int) -> Iterator[Case]:
    """Yield farms by lot: two silos, collectors, limits and slices."""
    lot = random.Random(SEED)
    for _number in range(count):
        size = lot.randint(3, 7)
        names = [f"s{number}" for number in range(size)]
        role = lot.choice(["member", "most_preferred_data_collector"])
        silos = [lot.choice(["office", "office", "web"]) for _name in names]
        servers = [
            (name, silo, role if i == 0 else "member")
            for i, (name, silo) in enumerate(zip(names, silos, strict=True))
        ]
        start = tuple(CONDITIONS[lot.choice(["fresh", "fresh", *CONDITIONS])] for _name in names)
        part = sorted(lot.sample(names, lot.randint(1, size)))
        kind = lot.choice(["whole", "limit", "slice"])
        yield Case(
            servers, start, minimum=lot.choice([0, 25, 50, 75]), budget=lot.choice([0, 1, 9]),
            limit=part if kind == "limit" else None,
            inventory=part if kind == "slice" else None,
            members=kind != "slice" or lot.random() < 0.5,
        )  # fmt: skip


def explore(cases: Iterator[Case], advisory: Advisory, most: int) -> tuple[Counter[str], list[str]]:
    """Explore cases; what was found, and each violation with its way."""
    found, violations = Counter[str](), []
    for number, case in enumerate(cases):
        result = Explorer(case, advisory).run(most, SEED + number)
        found.update(cases=1, transitions=result.transitions, refused=result.refused is not None)
        found.update({f"{action}": n for action, n in result.decisions.items()})
        found["brought to their end"] += bool(result.finished)
        violations += [f"{case}: {what} after {', '.join(way)}" for what, way in result.violations]
    return found, violations


@pytest.mark.slow
@pytest.mark.parametrize(("name", "most"), [("small", 900), ("chosen", 2000)])
def test_no_silo_loses_its_last_server(advisory, told, capsys, name, most):
    found, violations = explore(small() if name == "small" else chosen(160), advisory, most)
    told.update(found)
    with capsys.disabled():
        print("\n" + ", ".join(f"{number:,} {word}" for word, number in found.items()))
    assert violations == []


def test_it_was_enough(told):
    if told["cases"] < 200:
        pytest.skip("only after all of the tests above")
    assert told["transitions"] >= 100_000
    assert told["act"] > 1_000
    assert told["refuse"] > 1_000
    assert told["brought to their end"] > 20


def test_the_model_sees_what_a_wrong_rule_does(advisory):
    """Whoever was not begun counts as serving: the dead, the drained, those left alone."""
    case = farm(("fresh", "patched"), events=1)
    assert Explorer(case, advisory).run(2000, SEED).violations == []
    found = Explorer(case, advisory, naive=True).run(2000, SEED).violations
    assert any("drain_logons done" in what for what, _way in found)


def test_a_slice_that_cannot_see_its_farm_is_not_planned(advisory):
    conditions = ("fresh", "fresh", "fresh")
    for members in (True, False):
        sliced = farm(conditions, inventory=["s0"], members=members)
        refused = Explorer(sliced, advisory).run(10, SEED).refused
        assert "legacyops_farm_members" in str(refused)
