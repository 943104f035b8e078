# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Installs a package of a Windows update (.msu) with wusa.exe, detached, at most once.

In a remote session wusa is refused (KB2773898): it runs as a task of SYSTEM. What it did, its exit
code does not tell for certain; the state of the update does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..._action import ActionError, pinned
from ..._core.checks import Reading, read
from ..._core.context import NO_CHANGE
from ..._core.model import Ref
from ..._core.observation import UNKNOWN, Observation
from ..._core.windows.checks import installer_job_name, pending_signs
from ..._core.windows.explanations import ExitCode
from ..._core.windows.jobs import JobRecord
from ..._core.windows.starts import started_since
from ..._core.windows.wusa import explain_wusa
from ..._io.jobs import Job, JobResult
from ..._io.windows import Windows
from .install import OwnInstall, Result, check_package

ARGUMENT_SPEC: dict[str, Any] = {
    "package": {"type": "str", "required": True},
    "sha256": {"type": "str", "required": True},
    "update": {"type": "str", "required": True},
    "restart": {"type": "str", "choices": ["when_asked", "always"], "default": "when_asked"},
    "retry": {"type": "bool", "default": False},
    "deadline_seconds": {"type": "int", "default": 7200},
    "poll_seconds": {"type": "int"},
}

_IN = ("installed", "superseded", "install_pending")


class Package(OwnInstall):
    argument_spec = ARGUMENT_SPEC

    def refuse(self, args: dict[str, Any]) -> None:
        args["sha256"] = pinned(args["sha256"])
        args["update"] = args["update"].upper()
        self.refuse_path(args["package"])
        if not re.fullmatch(r"KB\d{6,7}", args["update"]):
            raise ActionError("bad_update", "update is no number of an update, as KB4474419.")
        if not args["package"].lower().endswith(".msu"):
            raise ActionError(
                "not_possible",
                f"{args['package']} is no .msu. For a Windows Installer patch take msp_patch, for a"
                " package of the update.exe family update_exe.",
            )

    def about_of(self, args: Mapping[str, Any]) -> Result:
        return {"update_id": args["update"]}

    def job_of(self, args: Mapping[str, Any]) -> Job:
        return Job(
            installer_job_name(args["update"]),
            r"%SystemRoot%\System32\wusa.exe",
            (args["package"], "/quiet", "/norestart"),
            update=args["update"],
            as_system=True,
            guard={"path": args["package"], "sha256": args["sha256"]},
        )

    def meaning(self, code: int) -> ExitCode:
        return explain_wusa(code)

    def request(self, args: Mapping[str, Any]) -> Result:
        return request(args["update"], args["package"])

    def is_there(self, args: Mapping[str, Any], record: JobRecord, joins: bool) -> bool:
        value = state_of(self.before, args["update"])
        if value is None:
            raise self._unknown(args, self.before)
        return value in _IN and record.state != "running"

    def left_over(self, windows: Windows, record: JobRecord) -> Result:
        if record.is_finished and not self.check_mode:
            windows.delete(self.job.name)
        required = self._asked_for_restart(record)
        return {"exit_code": record.exit_code, "start": record.start, "reboot_required": required}

    def _asked_for_restart(self, record: JobRecord) -> bool | None:
        """Whether a restart is asked for that is not proven to have been.

        Without a job: whether Windows waits for one; None where that is unknown.
        """
        if record.exit_code is None:
            value = read({"check": "pending_restart"}, self.before, NO_CHANGE).value
            return None if value is UNKNOWN else value == "yes"
        asked = self.always or self.meaning(record.exit_code).outcome == "restart"
        return asked and not started_since(record.start, self.before.part("system")).proven

    def proceed(self, remote: Any, windows: Windows, args: dict[str, Any]) -> Result:
        self.always = args["restart"] == "always"
        return super().proceed(remote, windows, args)

    def may_start(self, windows: Windows, args: Mapping[str, Any]) -> None:
        check_package(self.before, args["package"], args["sha256"], "host", "Stage it first.")

    def verified(self, windows: Windows, args: Mapping[str, Any], result: Result) -> Result:
        after = windows.observe(request(args["update"]))
        value = state_of(after, args["update"])
        facts = {**self.about, **result, "state": value, "changed": True}
        if value is None:
            raise self._unknown(args, after, **facts)
        if value not in _IN:
            raise ActionError(
                "not_verified",
                f"wusa ended with {result['exit_code']}, and {args['update']} is {value}. "
                f"{result['explanation']['en']} Compare the package with the edition, architecture "
                "and service pack of the host, and with what it needs to be installed before it.",
                **facts,
            )
        signs = set(pending_signs(after)) - set(pending_signs(self.before))
        asked = result["reboot_required"] or self.always or value == "install_pending"
        result = super().verified(windows, args, result)
        return {**result, "state": value, "reboot_required": asked or bool(signs)}

    def failed(
        self, windows: Windows, args: Mapping[str, Any], ended: JobResult, result: Result
    ) -> ActionError:
        when = f" on {ended.record.started}, in an earlier run," if ended.found else ""
        said = (result["explanation"] or {}).get("en", "")
        code = "without an exit code" if ended.exit_code is None else _told(ended.exit_code)
        return ActionError(
            "installer_failed",
            f"wusa ended{when} with {code}. {said} Look into %windir%\\Logs\\CBS\\CBS.log and "
            "%windir%\\WindowsUpdate.log; once a person has removed the cause, run with"
            " retry: true.",
            **result,
        )

    def _unknown(self, args: Mapping[str, Any], seen: Observation, **facts: Any) -> ActionError:
        return ActionError(
            "unknown",
            f"Whether {args['update']} is in could not be read"
            f" ({reading_of(seen, args['update']).evidence})."
            " Look at the host before you run again.",
            **facts,
        )


def _told(code: int) -> str:
    """An exit code as people look it up: HRESULTs in hexadecimal."""
    return f"{code:#010x}" if code > 0xFFFF else str(code)


def request(update: str, package: str | None = None) -> Result:
    """What to read before and after an installation."""
    file = {"path": package, "hash": True, "signature": False}
    return {
        "want": ["system", "pending_restart"],
        "windows_updates": [update],
        "files": [file] if package else [],
        "jobs": [installer_job_name(update)],
    }


def reading_of(observation: Observation, update: str) -> Reading:
    """What the check of an update reads."""
    ref: Ref = {"check": "update_installed", "with": {"update": update}}
    return read(ref, observation, NO_CHANGE)


def state_of(observation: Observation, update: str) -> str | None:
    """The state of an update; None where it is unknown."""
    value = reading_of(observation, update).value
    return None if value is UNKNOWN else str(value)
