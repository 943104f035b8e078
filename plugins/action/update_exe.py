# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Installs or removes an update of the update.exe family on a node of an FT system, detached."""

from __future__ import annotations

import re
import typing as t

from ..plugin_utils._action import ActionError, pinned
from ..plugin_utils._io.ft.relay import Data, Relay, UpdateJob, UpdateResult
from ..plugin_utils._io.jobs import decode_log, job_name
from ..plugin_utils._io.remote import Remote
from ..plugin_utils._procedure.ft.action import NODE_OPTIONS, NodeAction, node_title

ARGUMENT_SPEC: dict[str, t.Any] = {
    "operation": {"type": "str", "choices": ["install", "uninstall"], "required": True},
    "update": {"type": "str", "required": True},
    "package": {"type": "str"},
    "sha256": {"type": "str"},
    "switches": {"type": "list", "elements": "str"},
    "uninstaller": {"type": "str"},
    "by": {"type": "str", "choices": ["relay", "operator"]},
    **NODE_OPTIONS,
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
_DONE, _RESTART, _BUSY = 0, 3010, 1618
_JAPANESE, _JAPANESE_PAGE, _WESTERN_PAGE = 1041, 932, 1252


class ActionModule(NodeAction):
    argument_spec = ARGUMENT_SPEC
    argument_rules: t.ClassVar[dict[str, t.Any]] = {
        "required_if": [
            ("operation", "install", ["package", "sha256"]),
            ("operation", "uninstall", ["uninstaller"]),
        ]
    }

    def act(self, remote: Remote, args: dict[str, t.Any]) -> dict[str, t.Any]:
        self._may_be_meant(args)
        about = {key: args[key] for key in ("node", "operation")}
        about["update_id"] = args["update"]
        if args["by"] == "operator" or (
            args["by"] is None and self.is_operators(args, args["node"])
        ):
            self.guard(remote, args)
            return self.by_operator(args, _instruction(args), **about)
        relay = self.relay(remote, args)
        name = _job_name(args)
        record, file = self._look(relay, args)
        result = {**about, "job": name, "exit_code": None, "reboot_required": None}
        joins = _is_ours(record, name)
        if not joins and _is_there_already(record, args):
            return result
        words = ("absent", "installed")
        before, after = words if args["operation"] == "install" else reversed(words)
        diff = {"before": {args["update"]: before}, "after": {args["update"]: after}}
        result = {**result, "changed": True, "diff": diff}
        if not joins:
            self._may_start(record, file, args)
            self.guard(remote, args)
        if self.check_mode:
            return result
        job = self._job(relay, name, args, staged=not joins)
        ended = self._run(relay, job, args)
        return {**result, **self._judged(relay, job, ended, record, args)}

    def _may_be_meant(self, args: dict[str, t.Any]) -> None:
        """:raises ActionError: a switch, path or pin that must not be used."""
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

    def _look(self, relay: Relay, args: dict[str, t.Any]) -> tuple[Data, Data]:
        """The node's record, and the package's on the relay.

        :raises ActionError: the node does not answer.
        """
        update = {
            "id": args["update"],
            "keys": {},
            "hotfix_key": _HOTFIX_KEYS + args["update"],
            "uninstaller": args["uninstaller"],
        }
        request: Data = {"want": ["system", "updates", "job"], "updates": [update]}
        if args["operation"] == "install":
            request["files"] = [{"path": args["package"], "hash": True, "signature": False}]
        data = relay.observe(request, [args["node"]])
        files = data.get("files")
        file: Data = next(iter(files.values()), {}) if isinstance(files, dict) else {}
        return self.answering(data["nodes"][args["node"]], args["node"]), file

    def _may_start(self, record: Data, file: Data, args: dict[str, t.Any]) -> None:
        """:raises ActionError: another installer, another package, or no way to do it."""
        self.without_job(record, args["node"])
        if not (_is_update_exe(args) or args["switches"]):
            program = args["package"] if args["operation"] == "install" else args["uninstaller"]
            raise ActionError(
                "not_possible",
                f"Nothing says with which switches {program} runs unattended, and without a"
                " restart. Give switches by its readme, or leave it to a person (by: operator).",
            )
        if args["operation"] == "uninstall":
            if _signs(record, args).get("uninstaller") is False:
                raise ActionError(
                    "not_found",
                    f"{args['uninstaller']} is not on {node_title(args['node'])}: {args['update']}"
                    " cannot be uninstalled there. Ask the vendor.",
                )
            return
        if file.get("exists") is not True:
            raise ActionError(
                "not_found", f"{args['package']} is not on the relay. Put it there first."
            )
        if file.get("sha256") != args["sha256"]:
            raise ActionError(
                "hash_mismatch",
                f"{args['package']} has SHA-256 {file.get('sha256') or 'unknown'}, pinned is"
                f" {args['sha256']}. Use the vendor's own file, or correct the pin.",
            )

    def _job(self, relay: Relay, name: str, args: dict[str, t.Any], *, staged: bool) -> UpdateJob:
        """The one job that does this.

        :param staged: the package is copied to the node; False: the job is there already.
        """
        install = args["operation"] == "install"
        program: str = args["uninstaller"]
        words = tuple(args["switches"] or _QUIET)
        guard = log = None
        if install:
            copy = f"{name}.{args['package'].rpartition('.')[2].lower()}"
            if staged:
                relay.stage(args["node"], args["package"], args["sha256"], copy)
            program = _FOLDER + copy
            guard = {"path": program, "sha256": args["sha256"]}
        if _is_update_exe(args):
            log = f"{_FOLDER}{name}.log"
            words = (*_without_restart(words), f"/log:{log}")
        if program.lower().endswith(".msi"):
            program, words = _MSIEXEC, ("/i", program, *words)
        return UpdateJob(
            name, args["operation"], args["update"], program, words, guard=guard, log=log
        )

    def _run(self, relay: Relay, job: UpdateJob, args: dict[str, t.Any]) -> UpdateResult:
        return relay.run_update(
            args["node"],
            job,
            deadline=args["deadline_seconds"],
            poll_seconds=self.poll_seconds(args),
            progress=self.progress(),
            stop=self.stop,
        )

    def _judged(
        self,
        relay: Relay,
        job: UpdateJob,
        ended: UpdateResult,
        record: Data,
        args: dict[str, t.Any],
    ) -> dict[str, t.Any]:
        """The result of an ended installer, whose job is removed: its end has been taken.

        :raises ActionError: it failed.
        """
        language = (record.get("system") or {}).get("language")
        page = _JAPANESE_PAGE if language == _JAPANESE else _WESTERN_PAGE
        result = {
            "exit_code": ended.exit_code,
            "reboot_required": ended.exit_code == _RESTART,
            "found": ended.found,
            "started": ended.started,
            "ended": ended.ended,
            "start": ended.start,
            "connection_losses": ended.losses,
            "log": decode_log(ended.log, page),
            "elapsed": self.elapsed(),
        }
        relay.delete(args["node"], job.name)
        if ended.exit_code in (_DONE, _RESTART):
            return result
        title = node_title(args["node"])
        if ended.exit_code == _BUSY:
            raise ActionError(
                "installer_busy",
                f"Another installation runs on {title}; the installer of {args['update']} did"
                " nothing (1618). Wait until it has ended, then run again.",
                **{**result, "job": job.name, "node": args["node"]},
            )
        how = (
            f"ended with {ended.exit_code}"
            if ended.exit_code is not None
            else "did not come to an end: the node was restarted meanwhile"
        )
        raise ActionError(
            "installer_failed",
            f"The installer of {args['update']} on {title} {how}. The end of its log is in the"
            " result; look at what is installed before anything else is done.",
            **{**result, "changed": True, "job": job.name, "node": args["node"]},
        )


def _job_name(args: dict[str, t.Any]) -> str:
    """The same in every run for the same installer with the same words."""
    kind = re.sub(r"[^A-Za-z0-9]+", "-", f"{args['operation']}-{args['update']}")[:40]
    given = (args["sha256"], args["uninstaller"], *(args["switches"] or ()))
    return job_name(kind.rstrip("-"), *(str(word or "") for word in given))


def _without_restart(words: tuple[str, ...]) -> tuple[str, ...]:
    given = {word.casefold() for word in words}
    return words if "/norestart" in given else (*words, "/norestart")


def _is_microsofts(args: dict[str, t.Any]) -> bool:
    return _MICROSOFTS.fullmatch(args["update"]) is not None


def _is_update_exe(args: dict[str, t.Any]) -> bool:
    return _UPDATE_EXE.fullmatch(args["update"]) is not None


def _is_ours(record: Data, name: str) -> bool:
    """Whether this very job is on the node, in whatever state."""
    job = record.get("job") or {}
    return job.get("name") == name and job.get("state") != "none"


def _signs(record: Data, args: dict[str, t.Any]) -> Data:
    return (record.get("updates") or {}).get(args["update"]) or {}


def _is_there_already(record: Data, args: dict[str, t.Any]) -> bool:
    """Whether the node certainly is as asked, by what one sign (or both) say; unknown is not."""
    signs = _signs(record, args)
    if args["operation"] == "install":
        return _is_microsofts(args) and signs.get("hotfix_key") is True
    return signs.get("hotfix_key") is False and signs.get("uninstaller") is False


def _instruction(args: dict[str, t.Any]) -> dict[str, str]:
    title, update = node_title(args["node"]), args["update"]
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
