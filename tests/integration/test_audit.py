# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An audit of servers whose root is there and does not serve: by the stores, and by the hosts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import Lab, Run, running

ROOTS = Path(__file__).resolve().parents[2] / "lab" / "estates" / "roots.yml"
# What keeps each server from being healthy, without and with the host's own chains.
SHOWN = {
    "XAROOT01": set[str](),
    "XAROOT02": {"root_not_for_code_signing", "modules_not_valid"},
    "XAROOT03": {"root_distrusted_from"},
    "XAROOT04": set[str](),
    "XAROOT05": {"ima_down", "ima_down_no_plugin"},
}
ONLY_THE_HOST_KNOWS = {"XAROOT04": {"modules_refused_on_host"}}


@dataclass
class Story:
    """An audit that only reads, and one that lets the hosts build chains."""

    quiet: Run
    probed: Run
    found: dict[str, dict[str, set[str]]]
    violations: list[dict[str, str]]


def findings(lab: Lab, host: str) -> set[str]:
    """The ids of what is amiss, by the file that the audit leaves."""
    found = lab.read("audit", f"{host}.json")["findings"]
    return {each["id"] for each in found if each["severity"] in ("blocker", "warning")}


@pytest.fixture(scope="module")
def story(
    tmp_path_factory: pytest.TempPathFactory, ansible_environment: dict[str, str]
) -> Iterator[Story]:
    """Audit the estate twice."""
    state = tmp_path_factory.mktemp("audit")
    with running(state, ansible_environment, None, 120, {}, farm=ROOTS) as lab:
        found = {}
        quiet = lab.playbook("audit")
        found["quiet"] = {host: findings(lab, host) for host in SHOWN}
        probed = lab.playbook("audit", "-e", "legacyops_audit_probe_chains=true")
        found["probed"] = {host: findings(lab, host) for host in SHOWN}
        yield Story(quiet, probed, found, lab.ledger("violation"))


def test_without_a_probe_it_tells_what_the_stores_show(story: Story) -> None:
    assert story.found["quiet"] == SHOWN, story.quiet.output
    failed = {host for host, counts in story.quiet.recap.items() if counts["failed"]}
    assert failed == {host for host, ids in SHOWN.items() if ids}


def test_where_the_site_allows_it_the_host_tells_what_no_store_shows(story: Story) -> None:
    assert story.found["probed"] == {**SHOWN, **ONLY_THE_HOST_KNOWS}, story.probed.output
    assert "the next start of IMA will fail" in story.probed.output


def test_it_does_no_harm(story: Story) -> None:
    assert story.violations == []
    assert "Traceback" not in story.quiet.output + story.probed.output
