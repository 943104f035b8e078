# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is a XenApp server's own on the way of a step: an installation that failed."""

from __future__ import annotations

from ..._core.actions import action_of
from ..._core.checks import check_of, evaluate_all, request_for, value_of
from ..._core.context import NO_CHANGE
from ..._core.records import Step
from ..._core.windows.explanations import NEEDS_RECONFIGURATION
from ..._io.remote import RemoteError
from ..._io.waiting import poll
from ..hooks import PATIENCE_SECONDS
from ..layout import in_language
from ..windows.step import WindowsHooks

# How long a service may take to come up again after a failed installation was rolled back.
SERVICE_SECONDS = 1800.0


class XenAppHooks(WindowsHooks):
    """A XenApp server."""

    def broken(self, step: Step) -> str:
        """Which of the services that the step must leave running are not, and what to do.

        Where the vendor's own rollback failed, the server needs more than another try.
        """
        if not action_of(step).installs:
            return ""
        found = self._broken_services(step)
        duty = in_language(NEEDS_RECONFIGURATION, self.action.language)
        return f"after the failed installation {found}. {duty}" if found else ""

    def _broken_services(self, step: Step) -> str:
        """A service that is still starting gets its time: IMA may need more than six minutes."""
        refs = [*step.expect, *step.interlocks]
        refs = [ref for ref in refs if check_of(ref).outlives]
        if not refs:
            return ""
        request = request_for(refs)

        def look() -> str | None:
            observation = self.action.patiently(
                lambda: self.observer.observe(request), PATIENCE_SECONDS
            )
            verdicts = evaluate_all(refs, observation, NO_CHANGE)
            if any(value_of(verdict).course == "coming" for verdict in verdicts):
                return None
            return "; ".join(v.evidence for v in verdicts if v.holds is False)

        try:
            seconds = self.action.poll_seconds({})
            broken: str | None = poll(
                look, deadline=SERVICE_SECONDS, interval=seconds, stop=self.action.stop
            )
        except RemoteError as error:
            about = str(error).removeprefix(f"{self.action.host}: ")
            return f"its services could not be read ({about})"
        return "a service does not come up" if broken is None else broken
