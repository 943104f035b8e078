# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking at one host: what assess and audit have in common."""

from __future__ import annotations

from collections import Counter
from typing import Any

from .._core.advisory import select_advisories
from .._core.findings import unreadable
from .._core.kinds import kind_of
from .._core.observation import Observation
from .._core.plan import notices_request, plan_notices
from .._io.remote import Remote, RemoteError
from .action import ProcedureAction
from .advisories import advisories_of
from .overview import UNREACHABLE
from .text import ORDER, findings_text, in_language


class LookAction(ProcedureAction):
    """Observes the host once and finds what the advisory makes of it; changes nothing."""

    def look(
        self, remote: Remote, args: dict[str, Any], kind: str, *, probe: bool = False
    ) -> tuple[dict[str, Any], Observation | None]:
        """The result of the task, and what was read (None: the host could not be read).

        kind: the folder of the change directory that takes the findings.
        probe: the host may be made to build chains, which may make it fetch a root.
        """
        self.check_inventory(complete=False)
        settings = self.settings()
        standing: str = UNREACHABLE
        known = advisories_of(args)
        advisories = select_advisories(known, settings)
        self.check_inputs(settings, advisories, list(known))
        observation: Observation | None = None
        result: dict[str, Any] = {"advisory": advisories[0].id}
        try:
            observer = self.observer(remote, self.directory(args))
            observation = observer.observe(notices_request(advisories, settings, probe=probe))
            plan = plan_notices(advisories, settings, observation)
            result["advisory"] = plan.advisory["id"]
            findings, standing = plan.findings, plan.standing
        except RemoteError as error:
            result["reason"] = error.reason
            findings = [unreadable(error.message, {"en": error.remedy, "ja": error.remedy})]
        counts = Counter[str](finding.severity for finding in findings)
        result |= {
            "reachable": observation is not None,
            "standing": standing,
            "nodes": bool(kind_of(settings).nodes),
            "findings": [finding.to_json() for finding in findings],
            "counts": {severity: counts[severity] for severity in ORDER},
        }
        if not args["quiet"]:
            about = _about(observation)
            self.say(findings_text(self.host, about, findings, args["language"], self.paint))
        if not self.check_mode:
            directory = self.directory(args)
            path = directory.host_file(kind, self.host)
            directory.write(path, {"host": self.host, **result})
            result[f"{kind}_path"] = str(path)
        return result, observation


def _about(observation: Observation | None) -> str:
    """The host in a few words."""
    if observation is None:
        return ""
    system = observation.part("system")
    caption = in_language(system.get("caption"), "en") if isinstance(system, dict) else ""
    return f"{caption}, read {observation.taken}".lstrip(", ")
