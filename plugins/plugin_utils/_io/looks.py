# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last look at a host, for as long as it may stand for another one.

A guard rests on a look that was taken for it, or on one of a few seconds before with nothing in
between: whatever runs on the host outdates it, and so does every wait.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

from .._core.model import CoreError
from .._core.observation import Observation, Request, merge_requests

# How old a look may be that stands for another one.
LOOK_SECONDS = 10.0


class LastLook:
    """What was read last on a host, and what had been asked for.

    next: what is looked at after an act, in the same PowerShell start; None: nothing.
    """

    def __init__(self) -> None:
        self._seen: tuple[Request, Observation, float] | None = None
        self.next: Request | None = None

    def note(self, request: Mapping[str, Any], observation: Observation) -> None:
        """Keep a look; one that could not read everything stands for no other."""
        self.forget()
        if not observation.data.get("errors"):
            self._seen = merge_requests([request]), observation, time.monotonic()

    def forget(self) -> None:
        """Something was done, or time has passed: it is not how the host is."""
        self._seen = None

    def covering(self, request: Mapping[str, Any]) -> Observation | None:
        """The last look, where all that is asked for was read in it, and just now."""
        asked, observation = self._just_now()
        return observation if merge_requests([asked, request]) == asked else None

    def with_all_of_it(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """The request, and what the last look has read just now: so one look serves both.

        Not what may make Windows fetch a root: that is for who asks for it.
        """
        asked, observation = self._just_now()
        if observation is None:
            return request
        read = {k: v for k, v in asked.items() if k not in ("chains", "service_chains")}
        return merge_requests([read, request])

    def _just_now(self) -> tuple[Request, Observation | None]:
        """What was asked for and read, where that is not too long ago; else nothing."""
        if self._seen is None or not 0 <= time.monotonic() - self._seen[2] <= LOOK_SECONDS:
            return {}, None
        return self._seen[:2]

    # Each step of a playbook has a process of its own; its parent stays.

    def to_dict(self) -> dict[str, Any] | None:
        """What another worker of the same ansible-playbook may take up; None: there is nothing."""
        if self._seen is None:
            return None
        request, observation, moment = self._seen
        return {
            "process": os.getppid(),
            "moment": moment,
            "request": request,
            "observation": observation.to_dict(),
        }

    def take_up(self, record: Mapping[str, Any] | None) -> None:
        """Take up what an earlier worker of this ansible-playbook has left."""
        if record is None or record.get("process") != os.getppid():
            return
        try:
            observation = Observation.from_dict(record["observation"])
            asked = merge_requests([record["request"]])
            self._seen = asked, observation, float(record["moment"])
        except (CoreError, AttributeError, KeyError, TypeError, ValueError):
            self.forget()  # nothing rests on it: the host is looked at
