# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells all that is wrong with advisories. Works on the controller; contacts no host."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..plugin_utils._action import ActionError, plain
from ..plugin_utils._core.advisory import Advisory, Fault, bundled_folder, lint_all
from ..plugin_utils._core.schema import PREFIX
from ..plugin_utils._io.remote import Remote
from ..plugin_utils._procedure.action import ProcedureAction
from ..plugin_utils._procedure.advisories import ADVISORY_OPTIONS
from ..plugin_utils._procedure.author import counted, named, review_path, said, write_review
from ..plugin_utils._procedure.proving import proof_lines, prove
from ..plugin_utils._procedure.text import harmless
from ..plugin_utils._report.review import build_review

ARGUMENT_SPEC: dict[str, Any] = {
    **ADVISORY_OPTIONS,
    "language": {"type": "str", "choices": ["en", "ja"], "default": "en"},
    "prove": {"type": "bool", "default": False},
    "review_dir": {"type": "path"},
}


class ActionModule(ProcedureAction):
    """Lints the advisories of the folders named, or of those that the inventory's hosts name."""

    argument_spec = ARGUMENT_SPEC

    def proceed(self, remote: Remote, args: dict[str, Any]) -> dict[str, Any]:
        paths = [Path(path).expanduser() for path in args["advisory_paths"] or self._configured()]
        advisories, faults = lint_all([bundled_folder(), *paths])
        for fault in faults:
            self.say(self.paint(said(fault), "yellow" if fault.warning else "red"))
        errors = [fault for fault in faults if not fault.warning]
        warnings = [fault for fault in faults if fault.warning]
        facts = {
            "advisories": sorted(advisories),
            "errors": list(map(_told, errors)),
            "warnings": list(map(_told, warnings)),
        }
        if errors:
            text = f"The advisories have {counted(faults)}, each told above; correct them."
            raise ActionError("mistake", text, **facts)
        mine = named(paths)[0] if paths else list(advisories.values())
        if args["review_dir"]:
            facts["reviews"] = self._reviews(mine, args["review_dir"])
        if args["prove"]:
            facts["proofs"] = self._proofs(mine, facts, args["language"])
        self.say(f"{len(advisories)} advisories: {counted(faults)}.")
        return facts

    def _proofs(
        self, advisories: list[Advisory], facts: dict[str, Any], language: str
    ) -> dict[str, Any]:
        """What was explored of each advisory, and what was found.

        Raises ActionError: harm was found.
        Raises CoreError: nothing could be proven, as no model knows such systems.
        """
        proofs = {advisory.id: prove(advisory) for advisory in advisories}
        for advisory in advisories:
            for line in proof_lines(advisory, proofs[advisory.id], language):
                self.say(line)
        told = {name: {**proof.numbers, "found": proof.found} for name, proof in proofs.items()}
        harmful = [name for name, proof in proofs.items() if proof.found]
        if harmful:
            text = f"Ways to harm were found in {', '.join(harmful)}, each told above; close them."
            raise ActionError("harm", text, **facts, proofs=told)
        return told

    def _reviews(self, advisories: list[Advisory], folder: str) -> list[str]:
        """Where the pages for a review are: of each advisory, in both languages."""
        paths = []
        for advisory in advisories:
            review = build_review(advisory)
            for language in ("en", "ja"):
                path = review_path(review, Path(folder).expanduser(), language)
                if not self.check_mode:
                    write_review(review, path, language)
                self.say(harmless(str(path)))
                paths.append(str(path))
        return paths

    def _configured(self) -> list[str]:
        """The folders that the hosts of the inventory name, each once."""
        hosts = self.task_vars.get("hostvars", {})
        named = [hosts[host].get(f"{PREFIX}advisory_paths") or () for host in hosts]
        return list(dict.fromkeys(str(path) for paths in named for path in plain(paths)))


def _told(fault: Fault) -> dict[str, Any]:
    return {"file": str(fault.file), "line": fault.line, "text": fault.text}
