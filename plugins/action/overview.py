# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells what assess or audit has found, once for all hosts. Works on the controller only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ..plugin_utils._action import ActionError
from ..plugin_utils._core.model import CoreError
from ..plugin_utils._core.records import Finding
from ..plugin_utils._io.remote import Remote
from ..plugin_utils._procedure.action import CHANGE_OPTIONS, ProcedureAction
from ..plugin_utils._procedure.directory import ChangeDirectory, ChangeError
from ..plugin_utils._procedure.inventory import told_of
from ..plugin_utils._procedure.overview import (
    LOST,
    MISTAKE,
    UNREACHABLE,
    Found,
    details_text,
    headline,
    overview_text,
)

ARGUMENT_SPEC: dict[str, Any] = {
    **CHANGE_OPTIONS,
    "of": {"type": "str", "choices": ["assess", "audit"], "default": "assess"},
    "hosts": {"type": "list", "elements": "str", "required": True},
    "lost": {"type": "list", "elements": "str", "default": []},
    "found": {"type": "dict", "default": {}},
    "quiet": {"type": "bool", "default": False},
    "details": {"type": "bool", "default": False},
}
# The folder of the results, and the file for people.
_PLACES = {"assess": ("findings", "findings.txt"), "audit": ("audit", "audit.txt")}
_WHERE = {
    "en": "Each finding with what was seen and what to do: {path}",
    "ja": "各指摘の確認内容と対応: {path}",
}


class ActionModule(ProcedureAction):
    """Headline, one line a host, and each finding once; fails where nothing was read."""

    argument_spec = ARGUMENT_SPEC

    def proceed(self, remote: Remote, args: dict[str, Any]) -> dict[str, Any]:
        directory = self.directory(args)
        results = {host: self._result(directory, host, args) for host in args["hosts"]}
        every = [_found(host, result) for host, result in results.items()]
        language = args["language"]
        text = overview_text(every, language)
        told: dict[str, Any] = {
            "headline": headline(every, language),
            "counts": dict(Counter(found.standing for found in every)),
            "standings": {found.host: found.standing for found in every},
            "nothing_read": _nothing_read(results),
            "text": text,
        }
        details = details_text(every, language)
        if not self.check_mode and set(told["counts"]) - {MISTAKE, LOST}:
            path = directory.root / _PLACES[args["of"]][1]
            directory.write_bytes(path, f"{text}\n{details}\n".lstrip().encode("utf-8"))
            told["path"] = str(path)
        if not args["quiet"]:
            self.say(overview_text(every, language, self.paint))
            if args["details"]:
                self.say(details_text(every, language, self.paint))
            if "path" in told:
                self.say("\n" + _WHERE[language].format(path=told["path"]))
        if not args["quiet"] and args["of"] == "assess":  # audit fails by itself
            _judge(results, told)
        return told

    def _result(self, directory: ChangeDirectory, host: str, args: dict[str, Any]) -> Any:
        """What was found on a host in this run; empty where its task failed."""
        given = args["found"].get(host) or {}
        if given or self.check_mode or host in args["lost"]:
            return given
        return directory.read(directory.host_file(_PLACES[args["of"]][0], host)) or {}


def _judge(results: Mapping[str, Any], told: dict[str, Any]) -> None:
    """Raises ActionError: nothing was read, or an inventory has mistakes."""
    wrong: dict[str, list[str]] = {}
    for host, result in results.items():
        for sentence in result.get("mistakes") or ():
            wrong.setdefault(sentence, []).append(host)
    if wrong:
        raise ActionError("mistake", told_of(wrong, len(results)), mistakes=list(wrong), **told)
    if told["nothing_read"]:
        raise ActionError("nothing_read", told["nothing_read"], **told)


def _nothing_read(results: Mapping[str, Any]) -> str | None:
    """Why the run has done nothing, as a sentence; None where at least one host was read."""
    if any(result.get("reachable") for result in results.values()):
        return None
    reasons = sorted({str(result.get("reason") or LOST) for result in results.values()})
    return (
        "No host could be read, so nothing is known of any of them: see above for why "
        f"({', '.join(reasons)})."
    )


def _found(host: str, result: Mapping[str, Any]) -> Found:
    """A host's result as it is told.

    Raises ChangeError: its file is not one that assess has written.
    """
    standing = str(result.get("standing") or (MISTAKE if result.get("mistakes") else LOST))
    why = {
        MISTAKE: " ".join(result.get("mistakes") or ()),
        UNREACHABLE: str(result.get("reason") or ""),
        LOST: str(result.get("msg") or "its task failed"),
    }.get(standing, "")
    try:
        findings = [Finding.from_json(each) for each in result.get("findings") or ()]
    except CoreError as problem:
        raise ChangeError(
            f"The findings of {host} cannot be read: {problem} Assess again."
        ) from None
    return Found(host, standing, bool(result.get("nodes")), findings, why)
