# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of a farm."""

from __future__ import annotations

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.order import (
    PlanError,
    Server,
    waves,
)
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


def test_servers_with_nothing_to_do_are_in_no_wave_but_count_for_their_silo():
    assert waves([Server("a"), Server("b", acts=False)]) == [["a"]]


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


@given(SERVERS)
def test_never_a_whole_silo_at_once(servers):
    try:
        order = waves(servers)
    except PlanError:
        return
    assert sorted(n for wave in order for n in wave) == sorted(s.name for s in servers if s.acts)
    assert order == waves(list(reversed(servers)))
    for wave in order:
        for group in {s.group for s in servers}:
            silo = [s for s in servers if s.group == group]
            out = [s for s in silo if s.name in wave and s.out_of_service]
            if len(silo) > 1 and out:
                assert len(out) < len(silo)
                staying = 100 * (len(silo) - len(out)) / len(silo)
                assert staying >= max(s.minimum_capacity_percent for s in silo)
