# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The FT procedures against the lab's physics: no way leads to harm, and all lead to health.

Explored: each starting state, each step carried out, cut short at every point, refused, and run
again at once or later, and tried by a second run. Prints what was explored (pytest -s).
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.advisory import (
    Advisory,
    bundled_folder,
    load_advisories,
)
from legacyops_model.ft.starts import (
    FAULTS,
    KINDS,
    LIES,
    SWITCHES,
    Start,
    fix_anywhere,
    lab_systems,
    update_anywhere,
)

Check = Callable[..., Counter[str]]
TESTS = 6  # functions that explore; together they explore what the issue of the model asks for


@pytest.fixture(scope="session")
def advisory() -> Advisory:
    """Return the advisory on FT systems."""
    return load_advisories([bundled_folder()])["kb890859_tx200ft"]


@pytest.fixture(scope="module")
def explored() -> dict[str, Counter[str]]:
    """Return what each test has explored."""
    return {}


@pytest.fixture
def check(
    advisory: Advisory,
    explored: dict[str, Counter[str]],
    request: pytest.FixtureRequest,
    capsys: pytest.CaptureFixture[str],
) -> Check:
    """Return a function that explores, prints how much that was, and demands that all went well.

    Nothing may be harmed, and no plan may end short of its goal. Unless heals is False, a way to
    the goal leads from everywhere.
    """

    def check(
        starts: Iterable[tuple[str, Start]], *, heals: bool = True, **options: bool
    ) -> Counter[str]:
        found = Counter[str]()
        harmed, stuck = {}, {}
        for name, start in starts:
            result = start.explore(advisory, **options)
            if result is None:
                found["nothing is planned"] += 1
                continue
            found.update(starts=1, states=result.places, transitions=result.transitions)
            found["healed"] += bool(result.good and not result.stuck)
            if result.faults:
                harmed[name] = result.faults[:3]
            if result.stuck or not result.good:
                stuck[name] = result.stuck[:3]
        explored.setdefault(request.node.originalname, Counter()).update(found)
        with capsys.disabled():
            print("\n" + ", ".join(f"{number:,} {word}" for word, number in found.items()))
        assert harmed == {}
        assert not heals or stuck == {}
        return found

    return check


QUICK = (
    "operator, shutdown",
    "ipmi with UUID, shutdown",
)  # the others are left out of `make quick`


@pytest.mark.parametrize(
    "switch", [s if s in QUICK else pytest.param(s, marks=pytest.mark.slow) for s in SWITCHES]
)
def test_the_labs_systems(check, switch):
    systems = {name: replace(start, switch=switch) for name, start in lab_systems().items()}
    if "without UUID" in switch or "command" in switch:
        # What hangs must be cut, and nothing can prove the wiring first: it stops before ①.
        hangs = systems.pop("ft-failed3")
        assert check([("ft-failed3", hangs)], heals=False)["healed"] == 0
    found = check(systems.items())
    assert found["nothing is planned"] == 4  # ft-fixed, ft-low, ft-s2, ft-sp1


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_the_update_on_any_nodes_and_nodes_in_any_state(check, kind):
    check(update_anywhere(kind))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_the_fix_at_any_level_on_any_node(check, kind):
    starts = dict(fix_anywhere(kind))
    cut_short = {n: start for n, start in starts.items() if not {"below", "above"} & words(n)}
    check(cut_short.items())
    check(((n, start) for n, start in starts.items() if n not in cut_short), crashes=False)


def words(name: str) -> set[str]:
    return set(name.replace(",", "").split())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ft-failed1", "ft-latent", "ft-w2000-dead-all"])
def test_one_fault(check, name):
    start = lab_systems()[name]
    check((" ".join(fault), replace(start, fault=fault)) for fault in FAULTS)


def lying_drivers() -> Iterator[tuple[str, Start]]:
    """Yield systems with one power driver that is wrong."""
    switches = [s for s in SWITCHES if not s.startswith("operator")]
    systems = lab_systems()
    names = ("ft-failed1", "ft-failed2", "ft-failed3", "ft-latent", "ft-w2000-dead-all")
    for switch, lie, side, name in itertools.product(switches, LIES, (0, 1), names):
        lying = replace(systems[name], switch=switch, lie=(side, lie))
        yield f"{name} {switch} {lie} {side}", lying


@pytest.mark.slow
def test_a_power_driver_that_is_wrong(check):
    """It is found, and stops the procedure where nothing has been harmed."""
    check(lying_drivers(), heals=False)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ft-failed1", "ft-latent", "ft-w2000-dead-all", "ft-w2000-runs"])
def test_any_step_by_hand_at_any_time(check, name):
    check([(name, lab_systems()[name])], by_hand=True, crashes=False)


def test_it_was_enough(explored, capsys):
    if len(explored) < TESTS:
        pytest.skip("only after all of the tests above")
    total = sum(explored.values(), Counter[str]())
    with capsys.disabled():
        print("\nIn all: " + ", ".join(f"{number:,} {word}" for word, number in total.items()))
    assert total["transitions"] >= 100_000
