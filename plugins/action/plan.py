# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes and prints the plan of a change. Works on the controller; contacts no host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..plugin_utils._action import ActionError
from ..plugin_utils._core.advisory import Advisory, select_advisories
from ..plugin_utils._core.approval import control_of, window_for
from ..plugin_utils._core.findings import UNREACHABLE, acts
from ..plugin_utils._core.observation import Observation
from ..plugin_utils._core.plan import (
    HostPlan,
    Outside,
    make_plan,
    outside_of,
    plan_notices,
    same_plan,
)
from ..plugin_utils._io.remote import Remote
from ..plugin_utils._procedure.action import CHANGE_OPTIONS, ProcedureAction
from ..plugin_utils._procedure.advisories import ADVISORY_OPTIONS, advisories_of
from ..plugin_utils._procedure.change import of_change, reason_of
from ..plugin_utils._procedure.command import confirm_command
from ..plugin_utils._procedure.directory import ChangeDirectory
from ..plugin_utils._procedure.farm import incomplete, outside, servers, twins
from ..plugin_utils._procedure.inventory import told_of
from ..plugin_utils._procedure.journal import now
from ..plugin_utils._procedure.settings import common
from ..plugin_utils._procedure.text import plan_text

ARGUMENT_SPEC: dict[str, Any] = {
    **CHANGE_OPTIONS,
    **ADVISORY_OPTIONS,
    "hosts": {"type": "list", "elements": "str", "required": True},
    "quiet": {"type": "bool", "default": False},
}


class ActionModule(ProcedureAction):
    """Plans from what assess observed and from the hosts' settings."""

    argument_spec = ARGUMENT_SPEC
    needs_open = True

    def proceed(self, remote: Remote, args: dict[str, Any]) -> dict[str, Any]:
        directory = self.directory(args)
        advisories = advisories_of(args)
        settings = {host: self.settings(host) for host in args["hosts"]}
        host_plans, seen = [], []
        for host, notices in self._noticed(advisories, settings).items():
            observation = self._observation(directory, host)
            seen.append(observation)
            host_plans.append(plan_notices(notices, settings[host], observation))
        others = self._others(directory, advisories, settings, seen)
        plan, changed = self._made(directory, args["change_id"], host_plans, settings, others)
        sources = self.task_vars.get("ansible_inventory_sources") or []
        confirm = confirm_command(sources, args["change_id"], args["change_dir"])
        window = window_for(None, control_of(self.settings()))
        if not args["quiet"]:
            language = args["language"]
            self.say(plan_text(plan, language, self.paint, confirm=confirm, window=window))
            self.say(f"\nIt is in {directory.plan}.")
        hosts = plan["hosts"]
        return {
            "changed": changed,
            "path": str(directory.plan),
            "digest": plan["digest"],
            "waves": plan["waves"],
            "steps": {host: [s.id for s in entry["steps"]] for host, entry in hosts.items()},
            "blocked": {h: reason_of(e["blocked"]) for h, e in hosts.items() if e.get("blocked")},
            "text": plan_text(plan, args["language"], confirm=confirm, window=window),
        }

    def _noticed(
        self, advisories: Mapping[str, Advisory], settings: Mapping[str, dict[str, Any]]
    ) -> dict[str, list[Advisory]]:
        """The notices for each host.

        Raises ActionError: hosts' inventories have mistakes; all are told, each once.
        """
        found: dict[str, list[Advisory]] = {}
        wrong: dict[str, list[str]] = {}
        for host, theirs in settings.items():
            try:
                self.check_inventory(host, complete=False)
                found[host] = select_advisories(advisories, theirs)
                self.check_inputs(theirs, found[host], list(advisories))
                if any(acts(notice, theirs) for notice in found[host]):
                    self.check_inventory(host)
                    self.check_backups(host, theirs)
            except ActionError as error:
                for sentence in error.facts["mistakes"]:
                    wrong.setdefault(sentence, []).append(host)
        if wrong:
            raise ActionError("mistake", told_of(wrong, len(settings)), mistakes=list(wrong))
        return found

    def _made(
        self,
        directory: ChangeDirectory,
        change_id: str,
        host_plans: list[HostPlan],
        settings: dict[str, dict[str, Any]],
        others: dict[str, Outside],
    ) -> tuple[dict[str, Any], bool]:
        """The plan of the change, and whether it is a new one.

        One that says the same as the plan that is there changes nothing: what was approved stays.

        Raises ChangeError: the directory holds the plan of another change.
        """
        plan = make_plan(
            host_plans,
            common(settings.values()),
            change=change_id,
            created=now(),
            outside=list(others.values()),
        )
        document = directory.read(directory.plan)
        if document is not None:
            of_change(directory, document, change_id)
            before = directory.planned()
            if before is not None and same_plan(before, plan):
                return before, False
        if not self.check_mode:
            directory.write_plan(plan)
        return plan, True

    def _others(
        self,
        directory: ChangeDirectory,
        advisories: Mapping[str, Advisory],
        settings: Mapping[str, Mapping[str, Any]],
        seen: list[Observation],
    ) -> dict[str, Outside]:
        """The servers outside of the run that count for the farms of those inside.

        Raises ActionError: the run does not see the whole of a farm, or may not; a server is there
            under two names.
        """
        hostvars = self.task_vars["hostvars"]
        everybody = servers(hostvars)
        twice = twins(settings, everybody, hostvars, seen)
        if twice:
            raise ActionError("mistake", twice)
        wrong = incomplete(settings, everybody, self.task_vars)
        if wrong:
            raise ActionError("farm_incomplete", wrong)
        found = {}
        for host, theirs in outside(settings, everybody).items():
            record = directory.read(directory.host_file("observations", host))
            read = None if record is None else Observation.from_dict(record)
            found[host] = outside_of(host, theirs, advisories, read)
        return found

    def _observation(self, directory: ChangeDirectory, host: str) -> Observation:
        """What assess read; where it could read nothing, everything is unknown."""
        record = directory.read(directory.host_file("observations", host))
        if record is not None:
            return Observation.from_dict(record)
        found = directory.read(directory.host_file("findings", host))
        if found is None:
            raise ActionError(
                "not_assessed",
                f"{host} has not been assessed for this change. Run legacyops.hotfix.assess with "
                "the same change_id (and change_dir) first.",
            )
        reasons = [str(text) for finding in found["findings"] for text in finding["evidence"]]
        return Observation(
            host=host, taken=now(), source=UNREACHABLE, data={"errors": {"system": reasons[0]}}
        )
