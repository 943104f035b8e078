# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Installs a Windows Installer patch, detached, at most once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ..._action import ActionError, file_record, pinned
from ..._core.advisory import bundled_folder, load_advisories
from ..._core.checks import read
from ..._core.context import NO_CHANGE
from ..._core.model import Ref
from ..._core.observation import UNKNOWN, Observation
from ..._core.windows.checks import installer_job_name, pending_signs
from ..._core.windows.explanations import (
    disk_full,
    explain_exit_code,
    explain_log,
    log_patterns,
)
from ..._core.windows.jobs import JobRecord
from ..._core.windows.signature import Stores, judge
from ..._core.windows.starts import started_since
from ..._io.jobs import Job, JobResult
from ..._io.remote import RemoteError
from ..._io.windows import Windows
from .install import (
    TAIL_BYTES,
    OwnInstall,
    Result,
    check_package,
)

ARGUMENT_SPEC: dict[str, Any] = {
    "package": {"type": "str", "required": True},
    "sha256": {"type": "str", "required": True},
    "patch_code": {"type": "str", "required": True},
    "run_as": {"type": "str", "choices": ["system", "user"], "default": "system"},
    "retry": {"type": "bool", "default": False},
    "deadline_seconds": {"type": "int", "default": 3600},
    "poll_seconds": {"type": "int"},
}

_GUID = re.compile(r"\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}")


class MspPatch(OwnInstall):
    argument_spec = ARGUMENT_SPEC

    def refuse(self, args: dict[str, Any]) -> None:
        args["patch_code"] = args["patch_code"].upper()
        args["sha256"] = pinned(args["sha256"])
        if not _GUID.fullmatch(args["patch_code"]):
            raise ActionError("bad_patch_code", "patch_code is no GUID in braces. Correct it.")
        self.refuse_path(args["package"])

    def about_of(self, args: Mapping[str, Any]) -> Result:
        return {"patch_code": args["patch_code"]}

    def job_of(self, args: Mapping[str, Any]) -> Job:
        self._advisories = list(load_advisories([bundled_folder()]).values())
        name = installer_job_name(args["patch_code"])
        log = f"{args['package']}-{name}.log"
        patterns = [re.escape(text) for text in log_patterns(self._advisories)]
        return Job(
            name,
            r"%SystemRoot%\System32\msiexec.exe",
            ("/p", args["package"], "/qn", "/norestart", "/l*v", log),
            update=args["patch_code"],
            as_system=args["run_as"] == "system",
            guard={"path": args["package"], "sha256": args["sha256"]},
            log={"path": log, "patterns": patterns, "tail_bytes": TAIL_BYTES},
        )

    def request(self, args: Mapping[str, Any]) -> Result:
        return request(args["package"], installer_job_name(args["patch_code"]))

    def is_there(self, args: Mapping[str, Any], record: JobRecord, joins: bool) -> bool:
        return is_installed(self.before, args["patch_code"]) and record.state != "running"

    def left_over(self, windows: Windows, record: JobRecord) -> Result:
        if record.is_finished and not self.check_mode:
            windows.delete(self.job.name)
        return {
            "exit_code": record.exit_code,
            "start": record.start,
            "reboot_required": asked_for_restart(record, self.before),
        }

    def await_idle(self, windows: Windows, args: Mapping[str, Any]) -> None:
        self._idle(windows, windows.observe(self.request(args)), args)

    def _idle(self, windows: Windows, seen: Observation, args: Mapping[str, Any]) -> Observation:
        """What is seen once no other installation runs, or when that takes long."""
        progress = self.progress()

        def look() -> bool | None:
            nonlocal seen
            if self.check_mode or not _others(seen):
                return True
            progress("waits for another installation on the host")
            seen = windows.observe(self.request(args))
            return None

        self.wait(look, args, deadline=self.busy_seconds)
        return seen

    def may_start(self, windows: Windows, args: Mapping[str, Any]) -> None:
        self.before = self._idle(windows, self.before, args)
        check_package(self.before, args["package"], args["sha256"], "host", "Stage it first.")
        if _others(self.before) is not False:
            raise ActionError(
                "installer_busy",
                "Another installation runs on the host, or it cannot be told."
                " Wait until it has ended, then run again.",
            )

    def verified(self, windows: Windows, args: Mapping[str, Any], result: Result) -> Result:
        after = windows.observe({"want": ["patches", "pending_restart"]})
        if not is_installed(after, args["patch_code"]):
            raise ActionError(
                "not_verified",
                f"msiexec ended with {result['exit_code']}, but Windows Installer does not have"
                f" {args['patch_code']} on record. Compare patch_code with the package's own.",
                **{**self.about, **result, "changed": True},
            )
        signs = set(pending_signs(after)) - set(pending_signs(self.before))
        restart = result["reboot_required"] or bool(signs)
        result = super().verified(windows, args, result)
        return {**result, "symptoms": [], "reboot_required": restart}

    def failed(
        self, windows: Windows, args: Mapping[str, Any], ended: JobResult, result: Result
    ) -> ActionError:
        symptoms = self._symptoms(windows, args, result["log"]) + self._disk_full(windows, args)
        when = f" on {ended.record.started}, in an earlier run," if ended.found else ""
        told = (f"{each['title']['en']}. {each['text']['en']}" for each in symptoms)
        said = " ".join([result["explanation"]["en"], *told])
        full = any(each["id"] == "disk_full" for each in symptoms)
        ima = any("ima" in each["id"].split("_") for each in symptoms)
        return ActionError(
            "ima_not_started" if ima else "disk_full" if full else "installer_failed",
            f"msiexec ended{when} with {ended.exit_code}. {said}"
            " Leave logons off; once a person has removed the cause, run with retry: true.",
            **{**result, "symptoms": symptoms},
        )

    def _symptoms(
        self, windows: Windows, args: Mapping[str, Any], log: Mapping[str, Any] | None
    ) -> list[Result]:
        """The notices' symptoms that the log shows; a cause is named only where it is proven."""
        lines = (log or {}).get("matches") or []
        try:
            chain = _chain(windows, args["package"]) if lines else None
        except RemoteError:
            chain = None  # the failure of the installation is what has to be told
        return [asdict(each) for each in explain_log(self._advisories, lines, chain)]

    def _disk_full(self, windows: Windows, args: Mapping[str, Any]) -> list[Result]:
        """The full system drive as a cause of the failure, where it is one."""
        size = file_record(self.before, args["package"]).get("size")
        try:
            disk = windows.observe({"want": ["disk"]}).data.get("disk") or {}
        except RemoteError:
            return []  # the failure of the installation is what has to be told
        found = disk_full(disk.get("free_bytes"), size)
        return [asdict(found)] if found else []


def _chain(windows: Windows, package: str) -> object:
    """What the package's signature is worth on the host, as it is now."""
    file = {"path": package, "hash": False, "signature": True}
    observation = windows.observe({"want": ["stores", "clock"], "files": [file]})
    return judge(
        file_record(observation, package) or None,
        Stores.from_data(observation.data.get("stores")),
        (observation.data.get("clock") or {}).get("utc"),
    ).status


def _others(observation: Observation) -> Any:
    """Whether an installation runs on the host; None where that is unknown."""
    return (observation.data.get("installer") or {}).get("in_progress")


def request(package: str | None, job: str) -> dict[str, Any]:
    """What to read before and after an installation."""
    file = {"path": package, "hash": True, "signature": False}
    return {
        "want": ["system", "patches", "pending_restart", "installer"],
        "files": [file] if package else [],
        "jobs": [job],
    }


def is_installed(observation: Observation, code: str) -> bool:
    """Whether Windows Installer has the patch, or a later one that contains it, on record.

    Raises ActionError: unknown is neither.
    """
    ref: Ref = {"check": "patch_installed", "with": {"patch_code": code}}
    reading = read(ref, observation, NO_CHANGE)
    if reading.value is UNKNOWN:
        raise ActionError(
            "unknown",
            f"The installed patches could not be read ({reading.evidence})."
            " Look at the host before you run again.",
        )
    return str(reading.value) != "not_installed"


def asked_for_restart(record: JobRecord, observation: Observation) -> bool | None:
    """Whether an ended job asked for a restart that is not proven to have been since.

    Without such a job: whether Windows waits for one; None where that is unknown.
    """
    if record.exit_code is None:
        value = read({"check": "pending_restart"}, observation, NO_CHANGE).value
        return None if value is UNKNOWN else value == "yes"
    if explain_exit_code(record.exit_code).outcome != "restart":
        return False
    return not started_since(record.start, observation.part("system")).proven
