# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who opens a batch, who is the last one, and that runs do not mix."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.action.soak import more_to_come
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.batch import Batch
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.directory import (
    ChangeDirectory,
)

HOSTS = ["ft01", "ft02"]
QUEUE = [("canary", 0), ("ft01", 1), ("ft02", 1), ("last", 2)]


def change_in(folder: Path, **states: str) -> Any:
    """As much of a change as a batch asks for."""
    return SimpleNamespace(
        directory=ChangeDirectory(folder, "C1"),
        queue=QUEUE,
        state=lambda host: {"status": states.get(host, "not_begun")},
    )


@pytest.fixture
def batch(tmp_path: Path) -> Callable[..., Batch]:
    def of(host: str, run: str = "one", hosts: list[str] = HOSTS) -> Batch:
        change = change_in(tmp_path, ft01="done")
        return Batch(change, run, host, hosts, lambda _change, _name: nullcontext())

    return of


def test_one_host_opens_and_the_others_wait_for_it(batch: Callable[..., Batch]) -> None:
    assert batch("ft01").opens()
    assert not batch("ft02").opens()
    assert not batch("ft02").is_open()
    batch("ft01").opened()
    assert batch("ft02").is_open()


def test_the_last_one_knows_that_it_is(batch: Callable[..., Batch]) -> None:
    assert batch("ft01").missing("left") == HOSTS
    assert not batch("ft01").arrive("left")
    assert not batch("ft01").arrive("left"), "told twice, it is still one host"
    assert batch("ft02").missing("left") == ["ft02"]
    assert batch("ft02").arrive("left")


def test_when_a_batch_was_last_acted_on_needs_no_journal_of_others(
    batch: Callable[..., Batch],
) -> None:
    assert batch("ft01").acted() == ""
    batch("ft02").arrive("arrived", "2026-11-30T00:00:02Z")
    batch("ft01").arrive("arrived", "2026-11-30T00:00:01Z")
    batch("ft01").arrive("left")
    assert batch("ft01").acted() == "2026-11-30T00:00:02Z"


def test_a_host_that_dropped_out_is_not_waited_for(batch: Callable[..., Batch]) -> None:
    assert batch("ft01").opens()
    assert batch("ft02", hosts=["ft02"]).arrive("left")


def test_another_run_and_another_batch_begin_anew(batch: Callable[..., Batch]) -> None:
    assert batch("ft01").opens()
    assert batch("ft01", run="two").opens()
    assert batch("last", hosts=["last"]).opens()
    assert [batch(host).number for host in ("canary", "ft02", "last")] == [1, 2, 3]


def test_its_hosts_are_told_with_their_statuses(batch: Callable[..., Batch]) -> None:
    assert batch("ft02").statuses() == {"ft01": "done", "ft02": "not_begun"}


@pytest.mark.parametrize(
    ("host", "done", "more"),
    [
        ("ft01", [], True),
        ("ft01", ["last"], False),
        ("last", [], False),
        ("canary", ["last"], True),
    ],
)
def test_only_a_later_batch_is_soaked_for(
    tmp_path: Path, host: str, done: list[str], more: bool
) -> None:
    assert more_to_come(change_in(tmp_path, **dict.fromkeys(done, "done")), host) is more
