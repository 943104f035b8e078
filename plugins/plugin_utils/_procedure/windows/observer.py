# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a server is observed: by its own connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..._core.observation import Observation, Request
from ..._io.owner import OwnerRecords
from ..._io.remote import Remote
from ..owner import Owner, parsed


class ServerObserver:
    """A server, by its own connection."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote
        self.owner = Owner(OwnerRecords(remote), None, remote.host)

    def look_after_acts(self, request: Request) -> None:
        self._remote.last_look.next = request

    def observe(self, request: Request, since: str | None = None) -> Observation:
        observation = self._remote.observe(request)
        owner = observation.data.get("owner")
        if not isinstance(owner, Mapping):
            return observation
        return replace(observation, data={**observation.data, "owner": parsed(owner.get("text"))})
