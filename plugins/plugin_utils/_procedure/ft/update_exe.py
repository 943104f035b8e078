# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Installs or removes an update of the update.exe family on a node of an FT system, detached."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar, cast

from ..._action import ActionError, pinned
from ..._core.ft.system import TITLES
from ..._core.windows.jobs import JobRecord
from ..._io.ft.relay import NodeWindows
from ..._io.jobs import Job, JobResult, job_name
from ..._io.remote import Remote
from ..._io.windows import Look, PersonsWindows, Windows
from ..windows.action import WINDOWS_OPTIONS
from ..windows.install import (
    TAIL_BYTES,
    InstallAction,
    Result,
    check_package,
)

ARGUMENT_SPEC: dict[str, Any] = {
    "operation": {"type": "str", "choices": ["install", "uninstall"], "required": True},
    "update": {"type": "str", "required": True},
    "package": {"type": "str"},
    "sha256": {"type": "str"},
    "switches": {"type": "list", "elements": "str"},
    "uninstaller": {"type": "str"},
    "by": {"type": "str", "choices": ["relay", "operator"]},
    **WINDOWS_OPTIONS,
    "node": {**WINDOWS_OPTIONS["node"], "required": True},
    "deadline_seconds": {"type": "int", "required": True},
}

_HOTFIX_KEYS = "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\HotFix\\"
_FOLDER = "%windir%\\legacyops\\"
_MSIEXEC = "%windir%\\system32\\msiexec.exe"
# What Microsoft calls its updates, in the registry too; a vendor's own package has other names.
_MICROSOFTS = re.compile(r"(KB|Q)\d{6,7}")
# Only these are of the update.exe family for certain: a Q may be a package of the older hotfix.exe,
# which knows neither /quiet nor /norestart nor /log.
_UPDATE_EXE = re.compile(r"KB\d{6,7}")
_QUIET = ("/quiet", "/norestart")
_FORBIDDEN = {
    "nobackup": "it takes the way back away",
    "forcerestart": "the node is restarted in a step of its own",
    "extract": "it installs nothing",
}
_PACKAGE = re.compile(r'[A-Za-z]:\\[^<>"|*?%\x00-\x1f]+\.(exe|msi)', re.IGNORECASE)


class UpdateExe(InstallAction):
    argument_spec = ARGUMENT_SPEC
    argument_rules: ClassVar[dict[str, Any]] = {
        "required_if": [
            ("operation", "install", ["package", "sha256"]),
            ("operation", "uninstall", ["uninstaller"]),
        ]
    }

    def refuse(self, args: dict[str, Any]) -> None:
        for word in args["switches"] or []:
            why = next((_FORBIDDEN[bad] for bad in _FORBIDDEN if bad in word.casefold()), None)
            if why:
                raise ActionError("refused", f"The switch {word} is refused: {why}. Leave it out.")
        if args["operation"] == "install":
            args["sha256"] = pinned(args["sha256"])
            if not _PACKAGE.fullmatch(args["package"]):
                raise ActionError(
                    "bad_path",
                    "package is no full path of an .exe or .msi file on the relay. Correct it.",
                )

    def about_of(self, args: Mapping[str, Any]) -> Result:
        about = {key: args[key] for key in ("node", "operation")}
        return {**about, "update_id": args["update"]}

    def instruction(self, args: Mapping[str, Any]) -> dict[str, str]:
        return _instruction(TITLES[args["node"]], args)

    def windows(self, remote: Remote, args: Mapping[str, Any]) -> Windows:
        if args["by"] == "operator":
            return PersonsWindows(self.host, self.instruction(args))
        if args["by"] == "relay":
            return self.relay(remote, args).windows(args["node"])
        return super().windows(remote, args)

    def job_of(self, args: Mapping[str, Any]) -> Job:
        name = _job_name(args)
        program: str = args["uninstaller"]
        words = tuple(args["switches"] or _QUIET)
        guard = log = None
        if args["operation"] == "install":
            program = _FOLDER + _copy(name, args)
            guard = {"path": program, "sha256": args["sha256"]}
        if _is_update_exe(args):
            log = {"path": f"{_FOLDER}{name}.log", "patterns": [], "tail_bytes": TAIL_BYTES}
            words = (*_without_restart(words), f"/log:{log['path']}")
        if program.lower().endswith(".msi"):
            program, words = _MSIEXEC, ("/i", program, *words)
        return Job(name, program, words, args["operation"], args["update"], guard=guard, log=log)

    def request(self, args: Mapping[str, Any]) -> Result:
        update = {
            "id": args["update"],
            "keys": {},
            "hotfix_key": _HOTFIX_KEYS + args["update"],
            "uninstaller": args["uninstaller"],
        }
        request: Result = {"want": ["system", "updates", "job"], "updates": [update]}
        if args["operation"] == "install":
            request["files"] = [{"path": args["package"], "hash": True, "signature": False}]
        return request

    def seen(self, windows: Windows) -> tuple[JobRecord, Look]:
        node = cast(NodeWindows, windows)
        record = self.before.data["nodes"][node.node]
        job = record.get("job") or {}
        mine = JobRecord.of_record(job if job.get("name") == self.job.name else {"state": "none"})
        self._signs = (record.get("updates") or {}).get(self.job.update) or {}
        return mine, node.seen(self.before)

    def is_there(self, args: Mapping[str, Any], record: JobRecord, joins: bool) -> bool:
        """By what one sign (or both) say; unknown is not."""
        key = self._signs.get("hotfix_key")
        if joins:
            return False
        if args["operation"] == "install":
            return _MICROSOFTS.fullmatch(args["update"]) is not None and key is True
        return key is False and self._signs.get("uninstaller") is False

    def may_start(self, windows: Windows, args: Mapping[str, Any]) -> None:
        install = args["operation"] == "install"
        program = args["package"] if install else args["uninstaller"]
        if not (_is_update_exe(args) or args["switches"]):
            raise ActionError(
                "not_possible",
                f"Nothing says with which switches {program} runs unattended, and without a"
                " restart. Give switches by its readme, or leave it to a person (by: operator).",
            )
        if install:
            pin = args["sha256"]
            check_package(self.before, args["package"], pin, "relay", "Put it there first.")
        elif self._signs.get("uninstaller") is False:
            raise ActionError(
                "not_found",
                f"{args['uninstaller']} is not on {windows.title}: {args['update']} cannot be"
                " uninstalled there. Ask the vendor.",
            )

    def prepare(self, windows: Windows, args: Mapping[str, Any]) -> None:
        if args["operation"] == "install":
            copy = _copy(self.job.name, args)
            cast(NodeWindows, windows).stage(args["package"], args["sha256"], copy)

    def failed(
        self, windows: Windows, args: Mapping[str, Any], ended: JobResult, result: Result
    ) -> ActionError:
        how = (
            f"ended with {ended.exit_code}"
            if ended.exit_code is not None
            else "did not come to an end: the node was restarted meanwhile"
        )
        return ActionError(
            "installer_failed",
            f"The installer of {args['update']} on {windows.title} {how}. The end of its log is in"
            " the result; look at what is installed before anything else is done.",
            **result,
        )


def _job_name(args: Mapping[str, Any]) -> str:
    """The same in every run for the same installer with the same words."""
    kind = re.sub(r"[^A-Za-z0-9]+", "-", f"{args['operation']}-{args['update']}")[:40]
    given = (args["sha256"], args["uninstaller"], *(args["switches"] or ()))
    return job_name(kind.rstrip("-"), *(str(word or "") for word in given))


def _without_restart(words: tuple[str, ...]) -> tuple[str, ...]:
    given = {word.casefold() for word in words}
    return words if "/norestart" in given else (*words, "/norestart")


def _is_update_exe(args: Mapping[str, Any]) -> bool:
    return _UPDATE_EXE.fullmatch(args["update"]) is not None


def _copy(job: str, args: Mapping[str, Any]) -> str:
    """What the package is called on the node's own disk."""
    return f"{job}.{args['package'].rpartition('.')[2].lower()}"


def _instruction(title: str, args: Mapping[str, Any]) -> dict[str, str]:
    update = args["update"]
    if args["operation"] == "uninstall":
        return {
            "en": f"On {title}, open Add or Remove Programs (Windows 2000: Add/Remove Programs) in"
            f" the Control Panel, select {update} and remove it by the wizard. Leave Finish"
            " unpressed: it restarts the machine.",
            "ja": f"{title} の「コントロールパネル」→「プログラムの追加と削除」(Windows 2000 では"
            f"「アプリケーションの追加と削除」)で {update} を選択し、削除ウィザードに従いアンイン"
            "ストールしてください。[完了] ボタンはまだ押さないでください(自動的に再起動します)。",
        }
    name, pin = args["package"].rpartition("\\")[2], args["sha256"]
    return {
        "en": f"Apply {name} to {title}; its SHA-256 must be {pin}. Do not use /nobackup, and do"
        " not restart yet.",
        "ja": f"{title} に {name} を適用してください(SHA-256 が {pin} であることを確認)。"
        "/nobackup は使用せず、再起動はまだ行わないでください。",
    }
