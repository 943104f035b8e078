# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a host's inventory, found before anything is contacted.

Reads variables only: the host's own, and of the others what must not stand in two of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.kinds import meant
from .._core.schema import PREFIX, unknown_settings
from .._core.settings import validate_settings
from .settings import plain, settings_of


def mistakes(
    host: str, hostvars: Mapping[str, Mapping[str, Any]], *, complete: bool = True
) -> list[str]:
    """Return what is wrong with one host's inventory, one sentence each.

    hostvars: the variables of every host, as Ansible gives them.
    complete: also what only a plan needs must be given, where the kind asks it of the inventory.
    """
    variables = hostvars[host]
    settings = settings_of(variables)
    kind = meant(settings)
    # No table at all is as bad as an empty one: each name that the settings use is missing.
    secrets = {name: plain(variables.get(PREFIX + name, {})) for name in kind.secrets}

    def read(other: str, name: str) -> Any:
        try:
            return plain(hostvars[other].get(name))
        except Exception:  # a template of another host that fails, whatever the reason, is its own
            return None

    wrong = unknown_settings(map(str, variables))
    wrong += validate_settings(settings, secrets, complete=complete and kind.must_be_whole)
    wrong += kind.between_hosts(host, map(str, hostvars), read)
    return list(dict.fromkeys(wrong))


def told(wrong: list[str]) -> str:
    """The mistakes as one message."""
    if len(wrong) == 1:
        return wrong[0]
    numbered = (f"({number}) {sentence}" for number, sentence in enumerate(wrong, 1))
    return f"The inventory has {len(wrong)} mistakes: {' '.join(numbered)}"


_NAMED = 8


def told_of(wrong: Mapping[str, list[str]], hosts: int) -> str:
    """The mistakes of several hosts as one message, each told once.

    wrong: the hosts that have it, by mistake. hosts: how many were looked at.
    """
    return told([f"{_whose(having, hosts)}: {sentence}" for sentence, having in wrong.items()])


def _whose(having: list[str], hosts: int) -> str:
    if len(having) == hosts > 1:
        return f"all {hosts} hosts"
    more = len(having) - _NAMED
    return ", ".join(having[:_NAMED]) + (f" and {more} more" if more > 0 else "")
