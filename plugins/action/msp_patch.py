# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Installs a Windows Installer patch, detached, at most once."""

from __future__ import annotations

import re
import time
import typing as t
from dataclasses import asdict

from ..plugin_utils._action import ActionError, HotfixAction, file_record, pinned
from ..plugin_utils._core.advisory import bundled_folder, load_advisories
from ..plugin_utils._core.checks import installer_job_name, pending_signs, read
from ..plugin_utils._core.observation import UNKNOWN, Observation
from ..plugin_utils._core.windows.explanations import (
    disk_full,
    explain_exit_code,
    explain_log,
    log_patterns,
)
from ..plugin_utils._core.windows.signature import Stores, judge
from ..plugin_utils._core.windows.starts import started_since
from ..plugin_utils._io.jobs import (
    Job,
    JobResult,
    decode_log,
    delete_job,
    has_run,
    is_busy,
    run_detached,
)
from ..plugin_utils._io.remote import Remote, RemoteError
from ..plugin_utils._io.waiting import poll

ARGUMENT_SPEC: dict[str, t.Any] = {
    "package": {"type": "str", "required": True},
    "sha256": {"type": "str", "required": True},
    "patch_code": {"type": "str", "required": True},
    "run_as": {"type": "str", "choices": ["system", "user"], "default": "system"},
    "retry": {"type": "bool", "default": False},
    "deadline_seconds": {"type": "int", "default": 3600},
    "poll_seconds": {"type": "int"},
}

_GUID = re.compile(r"\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}")
_TAIL_BYTES = 24_000
# How long another installation is waited for: most take seconds.
BUSY_SECONDS = 300.0


class ActionModule(HotfixAction):
    argument_spec = ARGUMENT_SPEC

    def act(self, remote: Remote, args: dict[str, t.Any]) -> dict[str, t.Any]:
        self._advisories = list(load_advisories([bundled_folder()]).values())
        self._package = args["package"]
        code, job = self._job(args)
        look = request(args["package"], job.name)
        observation = remote.observe(look)
        was = is_installed(observation, code)
        state: dict[str, t.Any] = (observation.data.get("jobs") or {}).get(job.name) or {}
        result: dict[str, t.Any] = {"patch_code": code, "job": job.name}
        result.update(exit_code=None, reboot_required=None)
        if was and not is_busy(state):
            if has_run(state):  # a run that died had no time to take the result, and to tidy up
                result["exit_code"] = int(state["last_result"]) & 0xFFFFFFFF
                if not self.check_mode:
                    delete_job(remote, job.name)
            result["start"] = state.get("start")
            return {**result, "reboot_required": asked_for_restart(state, observation)}
        changes = {
            "changed": True,
            "diff": {"before": {code: "absent"}, "after": {code: "installed"}},
        }
        fresh = not is_busy(state) and (args["retry"] or not has_run(state))
        if fresh:
            observation = self._idle(remote, look, observation, args)
            self._may_start(observation, args["package"], job.guard[0]["sha256"])
        if self.check_mode:
            return {**result, **changes}
        if fresh and has_run(state):
            delete_job(remote, job.name)
        end = time.monotonic() + BUSY_SECONDS
        ended = self._run(remote, job, args)
        while is_refused(ended) and time.monotonic() < end:
            delete_job(remote, job.name)  # it did nothing, and may be started again
            self._idle(remote, look, remote.observe(look), args)
            ended = self._run(remote, job, args)
        return {**result, **changes, **self._judge(remote, ended, observation, code)}

    def _job(self, args: dict[str, t.Any]) -> tuple[str, Job]:
        """The patch code in its usual form, and the one job that installs this patch.

        :raises ActionError: the arguments cannot be meant.
        """
        package, code = args["package"], args["patch_code"].upper()
        if not _GUID.fullmatch(code):
            raise ActionError("bad_patch_code", "patch_code is no GUID in braces. Correct it.")
        if not re.match(r"[A-Za-z]:\\", package) or set(package) & set('"*?'):
            raise ActionError(
                "bad_path",
                "package is no path of one file on the host's own disk."
                " Stage it first (legacyops.hotfix.staged_package); SYSTEM sees no shares.",
            )
        name = installer_job_name(code)
        patterns = [re.escape(text) for text in log_patterns(self._advisories)]
        log = f"{package}-{name}.log"
        return code, Job(
            name=name,
            executable=r"%SystemRoot%\System32\msiexec.exe",
            arguments=f'/p "{package}" /qn /norestart /l*v "{log}"',
            as_system=args["run_as"] == "system",
            guard=({"path": package, "sha256": pinned(args["sha256"])},),
            log={"path": log, "patterns": patterns, "tail_bytes": _TAIL_BYTES},
        )

    def _idle(
        self,
        remote: Remote,
        look: dict[str, t.Any],
        observation: Observation,
        args: dict[str, t.Any],
    ) -> Observation:
        """The observation once no other installation runs, or as it is when that takes long."""
        progress = self.progress()

        def asked() -> bool | None:
            nonlocal observation
            if self.check_mode or not _others(observation):
                return True
            progress("waits for another installation on the host")
            observation = remote.observe(look)
            return None

        poll(asked, deadline=BUSY_SECONDS, interval=self.poll_seconds(args), stop=self.stop)
        return observation

    def _may_start(self, observation: Observation, package: str, pin: str) -> None:
        """:raises ActionError: the package is not the pinned one, or an installation runs."""
        record = file_record(observation, package)
        if record.get("exists") is not True:
            raise ActionError("not_found", f"{package} is not on the host. Stage it first.")
        if record.get("sha256") != pin:
            raise ActionError(
                "hash_mismatch",
                f"{package} has SHA-256 {record.get('sha256') or 'unknown'}, pinned is {pin}."
                " Stage the vendor's own file, or correct the pin.",
            )
        if _others(observation) is not False:
            raise ActionError(
                "installer_busy",
                "Another installation runs on the host, or it cannot be told."
                " Wait until it has ended, then run again.",
            )

    def _run(self, remote: Remote, job: Job, args: dict[str, t.Any]) -> JobResult:
        progress = self.progress()
        return run_detached(
            remote, job, args["deadline_seconds"], self.poll_seconds(args), progress, self.stop
        )

    def _judge(
        self, remote: Remote, ended: JobResult, before: Observation, code: str
    ) -> dict[str, t.Any]:
        """The result of an ended installation.

        :raises ActionError: it failed, or Windows Installer does not have the patch on record.
        """
        system = before.data.get("system") or {}
        meaning = explain_exit_code(ended.exit_code)
        log = decode_log(ended.log, system.get("oem_code_page"))
        result: dict[str, t.Any] = {
            "exit_code": ended.exit_code,
            "explanation": dict(meaning.text),
            "symptoms": [],
            "found": ended.found,
            "connection_losses": ended.losses,
            "last_run": ended.last_run,
            "start": ended.start,
            "log": log,
        }
        if is_refused(ended):
            delete_job(remote, ended.name)
            raise ActionError("installer_busy", meaning.text["en"], **result)
        if meaning.outcome == "failed":
            disk = self._disk_full(remote, before)
            result["symptoms"] = self._symptoms(remote, log) + disk
            raise failed(ended, result)
        after = remote.observe(request(None, ended.name))
        if not is_installed(after, code):
            raise ActionError(
                "not_verified",
                f"msiexec ended with {ended.exit_code}, but Windows Installer does not have"
                f" {code} on record. Compare patch_code with the package's own.",
                **{**result, "changed": True},
            )
        delete_job(remote, ended.name)
        signs = set(pending_signs(after)) - set(pending_signs(before))
        restart = meaning.outcome == "restart" or bool(signs)
        return {**result, "reboot_required": restart, "elapsed": self.elapsed()}

    def _symptoms(self, remote: Remote, log: dict[str, t.Any] | None) -> list[dict[str, t.Any]]:
        """The notices' symptoms that the log shows; a cause is named only where it is proven."""
        lines = (log or {}).get("matches") or []
        try:
            chain = self._chain(remote) if lines else None
        except RemoteError:
            chain = None  # the failure of the installation is what has to be told
        return [asdict(each) for each in explain_log(self._advisories, lines, chain)]

    def _disk_full(self, remote: Remote, before: Observation) -> list[dict[str, t.Any]]:
        """The full system drive as a cause of the failure, where it is one."""
        size = file_record(before, self._package).get("size")
        try:
            disk = remote.observe({"want": ["disk"]}).data.get("disk") or {}
        except RemoteError:
            return []  # the failure of the installation is what has to be told
        found = disk_full(disk.get("free_bytes"), size)
        return [asdict(found)] if found else []

    def _chain(self, remote: Remote) -> object:
        """What the package's signature is worth on the host, as it is now."""
        package = self._package
        file = {"path": package, "hash": False, "signature": True}
        observation = remote.observe({"want": ["stores", "clock"], "files": [file]})
        return judge(
            file_record(observation, package) or None,
            Stores.from_data(observation.data.get("stores")),
            (observation.data.get("clock") or {}).get("utc"),
        ).status


def _others(observation: Observation) -> t.Any:
    """Whether an installation runs on the host; None where that is unknown."""
    return (observation.data.get("installer") or {}).get("in_progress")


def is_refused(ended: JobResult) -> bool:
    """Whether Windows Installer did nothing because another installation ran."""
    return explain_exit_code(ended.exit_code).outcome == "busy"


def failed(ended: JobResult, result: dict[str, t.Any]) -> ActionError:
    """What a failed installation is called, and what has to be done before the next."""
    when = f" on {ended.last_run}, in an earlier run," if ended.found else ""
    symptoms = result["symptoms"]
    told = (f"{each['title']['en']}. {each['text']['en']}" for each in symptoms)
    said = [result["explanation"]["en"], *told]
    full = any(each["id"] == "disk_full" for each in symptoms)
    ima = any("ima" in each["id"].split("_") for each in symptoms)
    return ActionError(
        "ima_not_started" if ima else "disk_full" if full else "installer_failed",
        f"msiexec ended{when} with {ended.exit_code}. {' '.join(said)}"
        " Leave logons off; once a person has removed the cause, run with retry: true.",
        **{**result, "changed": True},
    )


def request(package: str | None, job: str) -> dict[str, t.Any]:
    """What to read before and after an installation."""
    file = {"path": package, "hash": True, "signature": False}
    return {
        "want": ["system", "patches", "pending_restart", "installer"],
        "files": [file] if package else [],
        "jobs": [job],
    }


def is_installed(observation: Observation, code: str) -> bool:
    """Whether Windows Installer has the patch, or a later one that contains it, on record.

    :raises ActionError: unknown is neither.
    """
    reading = read({"check": "patch_installed", "with": {"patch_code": code}}, observation)
    if reading.value is UNKNOWN:
        raise ActionError(
            "unknown",
            f"The installed patches could not be read ({reading.evidence})."
            " Look at the host before you run again.",
        )
    return str(reading.value) != "not_installed"


def asked_for_restart(state: dict[str, t.Any], observation: Observation) -> bool | None:
    """Whether an ended job asked for a restart that is not proven to have been since.

    Without such a job: whether Windows waits for one; None where that is unknown.
    """
    if not has_run(state):
        value = read({"check": "pending_restart"}, observation).value
        return None if value is UNKNOWN else value == "yes"
    if explain_exit_code(int(state["last_result"])).outcome != "restart":
        return False
    return not started_since(state.get("start"), observation.part("system")).proven
