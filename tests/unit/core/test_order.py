# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of a farm."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.order import (
    PlanError,
    Server,
    short_of,
    waves,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.schema import judged
from hypothesis import given
from hypothesis import strategies as st


def test_the_order_of_a_farm():
    farm = [
        Server("m1"),
        Server("m2"),
        Server("backup", role="backup_data_collector"),
        Server("collector", role="most_preferred_data_collector"),
        Server("trial", role="test"),
        Server("store", data_store_host=True, data_store_position="last"),
    ]
    assert waves(farm) == [["trial"], ["collector"], ["backup"], ["m1", "m2"], ["store"]]
    farm[-1] = Server("store", data_store_host=True, data_store_position="first")
    assert waves(farm)[:3] == [["trial"], ["store"], ["collector"]]


def test_the_data_stores_host_has_no_default_position():
    with pytest.raises(PlanError, match="legacyops_data_store_position is not given"):
        waves([Server("a", data_store_host=True), Server("b")])


def test_a_silo_of_one_server_needs_its_outage_accepted():
    with pytest.raises(PlanError, match="accept_outage"):
        waves([Server("a")])
    assert waves([Server("a", single_server_silo="accept_outage")]) == [["a"]]
    assert waves([Server("a", out_of_service=False)]) == [["a"]]


def test_a_capacity_that_lets_none_out_is_one_sentence():
    with pytest.raises(PlanError, match="none can be patched"):
        waves([Server(n, minimum_capacity_percent=80) for n in "abc"])


def test_a_farm_has_one_most_preferred_data_collector():
    role = "most_preferred_data_collector"
    with pytest.raises(PlanError, match="2 most preferred"):
        waves([Server("a", farm="f", role=role), Server("b", farm="f", role=role)])
    assert waves([Server(n, farm=n, role=role, single_server_silo="accept_outage") for n in "ab"])


def test_zones_have_one_each_and_all_collectors_lead_their_own():
    role = "most_preferred_data_collector"
    east = [Server("dc-e", zone="e", role=role), Server("m-e", zone="e")]
    west = [Server("dc-w", zone="w", role=role), Server("m-w", zone="w")]
    assert waves([*east, *west]) == [["dc-e", "dc-w"], ["m-e", "m-w"]]
    with pytest.raises(PlanError, match=r"Zone e of farm .* has 2 most preferred"):
        waves([*east, Server("dc-2", zone="e", role=role), *west])
    with pytest.raises(PlanError, match="legacyops_zone"):
        waves([Server("a", role=role), Server("b", role=role)])


def dead(*names: str) -> list[Server]:
    return [Server(name, acts=False, serves=False) for name in names]


def test_who_was_not_seen_serving_spares_nobody():
    assert "0 would serve without it and 1 must; not seen serving: b" in short_of(
        [Server("a"), *dead("b")]
    ).get("a", "")
    seven = [*map(Server, "abc"), *dead(*"defg")]
    assert set(short_of(seven)) == set("abc")
    enough = [replace(server, minimum_capacity_percent=25) for server in seven]
    assert short_of(enough) == {}
    assert waves(enough) == [["a"], ["b"], ["c"]]


def test_a_dead_server_that_the_plan_brings_back_counts_from_then_on():
    silo = [Server("a"), Server("b", serves=False)]
    assert waves(silo) == [["b"], ["a"]]
    silo = [Server("a"), Server("b", serves=False, returns=False)]
    assert set(short_of(silo)) == {"a"}
    assert waves([Server("a", acts=False), Server("b", serves=False, returns=False)]) == [["b"]]


def test_no_percentage_takes_the_last_server():
    two = [Server(n, minimum_capacity_percent=0) for n in "ab"]
    assert waves(two) == [["a"], ["b"]]
    assert set(short_of([two[0], *dead("b")])) == {"a"}


def outside(name: str, **more: object) -> Server:
    return Server(name, acts=False, outside=True, **more)  # type: ignore[arg-type]


def test_the_farm_outside_of_the_run_counts_for_silos_and_order():
    assert waves([Server("a"), outside("b"), outside("c")]) == [["a"]]
    collector = "most_preferred_data_collector"
    for first in (
        outside("t", role="test"),
        outside("dc", role=collector),
        outside("s", data_store_host=True, data_store_position="first"),
    ):
        with pytest.raises(PlanError, match=rf"a would be patched before {first.name}"):
            waves([Server("a"), outside("b"), first])
    known = outside("dc", role=collector, settled=True)
    assert waves([Server("a"), outside("b"), known]) == [["a"]]
    other_zone = outside("dc", role=collector, zone="w")
    assert waves([Server("a", zone="e"), outside("b"), other_zone]) == [["a"]]
    later = outside("s", data_store_host=True, data_store_position="last")
    assert waves([Server("a"), outside("b"), later]) == [["a"]]


def test_ft_systems_are_in_no_silo():
    systems = [Server("ft", in_silo=False, out_of_service=False)]
    with pytest.raises(PlanError, match="the only server"):
        waves([Server("a"), *systems])


def test_servers_with_nothing_to_do_are_in_no_wave_but_count_for_their_silo():
    assert waves([Server("a"), Server("b", acts=False)]) == [["a"]]


def systems(count: int) -> list[Server]:
    """FT systems: their users stay served, so nothing but the batches keeps them apart."""
    return [Server(f"ft{number:02d}", out_of_service=False) for number in range(1, count + 1)]


def sizes(servers: list[Server], *batches: int | str) -> list[int]:
    return [len(wave) for wave in waves(servers, batches)]


def test_batches_grow_from_the_canary_on_and_the_last_size_stays():
    assert sizes(systems(20), 1, 3, "25%") == [1, 3, 5, 5, 5, 1]
    assert sizes(systems(4), 1, 2) == [1, 2, 1]
    assert sizes(systems(7)) == [7]
    assert sizes(systems(3), 10) == [3]


def test_a_percentage_is_of_the_servers_that_act_and_at_least_one():
    idle = [Server(f"idle{number}", acts=False, out_of_service=False) for number in range(90)]
    assert sizes([*systems(8), *idle], "25%") == [2, 2, 2, 2]
    assert sizes(systems(3), "1%") == [1, 1, 1]
    assert sizes(systems(3), "100%") == [3]


def test_batches_do_not_move_servers_out_of_their_order():
    farm = [
        *[Server(f"m{number}") for number in range(1, 7)],
        Server("collector", role="most_preferred_data_collector"),
        Server("trial", role="test"),
    ]
    assert waves(farm, [1, 2]) == [
        ["trial"],
        ["collector"],
        ["m1", "m2"],
        ["m3", "m4"],
        ["m5", "m6"],
    ]


@pytest.mark.parametrize("good", [[], [1], [1, 3, "25%"], ["100%"]])
def test_batches_that_can_be_meant(good):
    assert judged({"batches": good}) == []


@pytest.mark.parametrize(
    "bad", [{"a": 1}, 1, "25%", [0], [-1], [True], [1.5], ["0%"], ["101%"], ["25"], ["a"], [None]]
)
def test_batches_that_cannot_be_meant_are_one_sentence(bad):
    assert "legacyops_batches" in str(judged({"batches": bad}))


SERVERS = st.lists(
    st.builds(
        Server,
        name=st.uuids().map(str),
        farm=st.sampled_from(["f", "g"]),
        silo=st.sampled_from([None, "s", "t"]),
        role=st.sampled_from(["test", "backup_data_collector", "member"]),
        minimum_capacity_percent=st.integers(0, 100),
        single_server_silo=st.just("accept_outage"),
        acts=st.booleans(),
        out_of_service=st.booleans(),
    ),
    max_size=12,
)


BATCHES = st.lists(
    st.integers(1, 9) | st.integers(1, 100).map(lambda percent: f"{percent}%"), max_size=3
)


@given(SERVERS, BATCHES)
def test_never_a_whole_silo_at_once(servers, batches):
    try:
        order = waves(servers, batches)
    except PlanError:
        return
    assert sorted(n for wave in order for n in wave) == sorted(s.name for s in servers if s.acts)
    assert order == waves(list(reversed(servers)), batches)
    for wave in order:
        for group in {s.group for s in servers}:
            silo = [s for s in servers if s.group == group]
            out = [s for s in silo if s.name in wave and s.out_of_service]
            if len(silo) > 1 and out:
                assert len(out) < len(silo)
                staying = 100 * (len(silo) - len(out)) / len(silo)
                assert staying >= max(s.minimum_capacity_percent for s in silo)
