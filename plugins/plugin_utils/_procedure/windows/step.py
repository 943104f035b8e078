# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is a single server's own on the way of a step: an installation that has failed before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._core.actions import action_of
from ..._core.observation import Observation
from ..._core.records import Step
from ..hooks import Entries, Hooks

if TYPE_CHECKING:
    from ..step import Result


class WindowsHooks(Hooks):
    """A single server."""

    def arguments(self, step: Step, before: Observation, journal: Entries) -> Result:
        if not action_of(step).installs:
            return super().arguments(step, before, journal)
        last = [entry for entry in journal if entry.step == step.id][-1:]
        return {"retry": any(e.kind == "result" and e.status == "failed" for e in last)}
