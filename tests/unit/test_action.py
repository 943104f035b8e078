# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every action has in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.legacyops.hotfix.plugins.plugin_utils._action import ReadOnce


class Counted(Mapping[str, Any]):
    """A table that counts how often each member is read."""

    def __init__(self, **members: Any) -> None:
        self.members, self.read = members, []

    def __getitem__(self, name: str) -> Any:
        self.read.append(name)
        return self.members[name]

    def __contains__(self, name: object) -> bool:
        return name in self.members

    def __iter__(self) -> Iterator[str]:
        return iter(self.members)

    def __len__(self) -> int:
        return len(self.members)


def test_a_variable_is_templated_once() -> None:
    mine = Counted(legacyops_product="x", legacyops_ft_system={"relay": {}})
    hosts = Counted(xa01=mine)
    variables = ReadOnce(hosts)
    for _ in range(3):
        assert variables["xa01"]["legacyops_product"] == "x"
        assert variables["xa01"]["legacyops_ft_system"] == {"relay": {}}
        assert variables["xa01"].get("other") is None
    assert hosts.read == ["xa01"]
    assert sorted(set(mine.read) - {"other"}) == ["legacyops_ft_system", "legacyops_product"]
    assert mine.read.count("legacyops_product") == mine.read.count("legacyops_ft_system") == 1
    assert type(variables["xa01"]["legacyops_ft_system"]) is dict


def test_who_only_counts_hosts_or_names_reads_none() -> None:
    hosts = Counted(xa01=Counted(a=1), xa02=Counted())
    variables = ReadOnce(hosts)
    assert (list(variables), len(variables), "xa03" in variables) == (["xa01", "xa02"], 2, False)
    assert hosts.read == []
    assert list(variables["xa01"]) == ["a"]
