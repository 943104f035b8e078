# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""List ③ of Fujitsu's notice: on a CoServer nobody can log on to, and its WMI is dead.

Its events are what tells so, and WMI cannot read them there: the relay reads it over RPC.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ft_lab import FtLab, demo_systems, ft_lab

pytestmark = pytest.mark.slow

# Read over RPC, and by neither way.
READ, UNREAD = "ft31", "ft32"


def system(*faults: str) -> dict[str, Any]:
    """A failed system whose CoServer2 is damaged (③)."""
    events = ["kernel_driver", "is_failed", "partial_assembly", "activation_context", "dcom"]
    hurt = {"kb": True, "hurt": True, "dirty": True, "events": events, "faults": list(faults)}
    damaged = {"windows": hurt, "virtual": "failed"}
    accepted = {"legacyops_ft_system": {"accepted": {"unreadable": "Sato"}}}
    return {**demo_systems()["ft01"], "symptom": 3, "coserver2": damaged, "vars": accepted}


@pytest.fixture(scope="module")
def lab(
    tmp_path_factory: pytest.TempPathFactory, ansible_environment: dict[str, str]
) -> Iterator[FtLab]:
    systems = {READ: system(), UNREAD: system("rpc_dead")}
    with ft_lab(tmp_path_factory.mktemp("wmi"), ansible_environment, systems) as lab:
        assert lab.playbook("assess").code == 0
        yield lab


def findings(lab: FtLab, host: str) -> set[str]:
    return {finding["id"] for finding in lab.read("findings", f"{host}.json")["findings"]}


def test_list_3_is_found_on_a_node_with_dead_wmi(lab: FtLab) -> None:
    found = findings(lab, READ)
    assert {"symptoms_list_3", "read_by_rpc", "branch_recovery_2003"} <= found
    assert "not_readable" not in found
    record = lab.read("observations", f"{READ}.json")["data"]["nodes"]["coserver2"]
    assert (record["source"], record["error"]) == ("rpc", None)
    assert record["wmi_error"].startswith("wmi: ")
    assert record["updates"]["KB890859"]["updates_key"] is True


def test_where_rpc_is_dead_too_it_is_said_what_to_do(lab: FtLab) -> None:
    found = findings(lab, UNREAD)
    assert "not_readable" in found
    assert not {"symptoms_list_3", "read_by_rpc"} & found


def test_it_is_recovered_from_there(lab: FtLab) -> None:
    """A person sees that it hangs; it is cut, and its start with chkdsk brings WMI back."""
    assert lab.playbook("plan", "--limit", READ).code == 0
    done = lab.apply("--limit", READ)
    assert done.code == 0, done.output[-6000:]
    assert lab.status()[READ]["healthy"] is True
    assert [entry for entry in lab.ledger("violation") if READ in str(entry)] == []
    names = [step.partition("-")[2] for step in lab.done(READ)]
    assert names.index("coserver2_look") < names.index("coserver2_cut")
    record = lab.read("seen", f"{READ}.json")["data"]["nodes"]["coserver2"]
    assert record["source"] == "wmi"
