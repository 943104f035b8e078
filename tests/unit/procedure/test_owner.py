# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who holds a system: taken once, freed by its holder, broken on purpose only."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.directory import (
    ChangeDirectory,
    ChangeError,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.owner import (
    LocalRecords,
    Owner,
    run_of,
)


@pytest.fixture
def owner(tmp_path: Path) -> Owner:
    return Owner(LocalRecords(str(tmp_path / "owners")), "ft01")


def test_the_first_one_takes_it(owner):
    assert owner.read() == {"free": True}
    assert owner.take("CHG1", "a:1")["run"] == "a:1"
    assert owner.take("CHG2", "b:2")["run"] == "a:1"
    assert owner.take("CHG1", "a:1")["run"] == "a:1"


def test_of_many_at_once_one_takes_it(tmp_path):
    folder = str(tmp_path / "owners")

    def take(number: int) -> str:
        record = Owner(LocalRecords(folder), "ft01").take("CHG", str(number))
        return str(record["run"])

    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(take, range(64)))) == 1


def test_only_its_holder_frees_it(owner):
    owner.take("CHG1", "a:1")
    assert not owner.free("CHG2", "b:2")
    assert owner.free("CHG1", "a:1")
    assert owner.read() == {"free": True}
    assert owner.free("CHG1", "a:1")


def test_breaking_names_the_run_and_stays_on_record(owner):
    owner.take("CHG1", "a:1")
    with pytest.raises(ChangeError, match="held by run a:1, not by run b:2"):
        owner.break_("b:2", "Sato", "dead")
    broken = owner.break_("a:1", "Sato", "the controller burnt down")
    assert (broken["change"], broken["broken_by"]) == ("CHG1", "Sato")
    assert owner.read() == {"free": True}
    with pytest.raises(ChangeError, match="held by nobody"):
        owner.break_("a:1", "Sato", "again")


def test_a_damaged_record_is_somebodys_still(owner, tmp_path):
    owner.take("CHG1", "a:1")
    (tmp_path / "owners" / "ft01.json").write_text("{", encoding="utf-8")
    assert owner.read()["change"] == "unreadable"
    assert not owner.free("CHG1", "a:1")


def test_a_change_directory_is_one_run(tmp_path):
    one, two = (ChangeDirectory(tmp_path / name, "C1") for name in ("one", "two"))
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(run_of, [one] * 32))) == 1
    assert run_of(one) != run_of(two)


def test_the_journals_head_is_kept_for_its_holder_only(owner):
    owner.take("CHG1", "a:1")
    owner.note_head("CHG2", "b:2", "sha256:bb")
    assert "head" not in owner.read()
    owner.note_head("CHG1", "a:1", "sha256:aa")
    assert owner.take("CHG1", "a:1")["head"] == "sha256:aa"
    assert owner.free("CHG1", "a:1")
