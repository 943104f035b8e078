# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the report of a change. Works on the controller; contacts no host."""

from __future__ import annotations

from typing import Any, Final

from ..plugin_utils._io.remote import Remote
from ..plugin_utils._procedure.action import CHANGE_OPTIONS, ProcedureAction
from ..plugin_utils._procedure.advisories import ADVISORY_OPTIONS, advisories_of
from ..plugin_utils._procedure.evidence import sources_of, write_page, zone_of
from ..plugin_utils._report.junit import junit_xml
from ..plugin_utils._report.labels import word
from ..plugin_utils._report.render import report_page
from ..plugin_utils._report.report import build_report

ARGUMENT_SPEC: dict[str, Any] = {
    **CHANGE_OPTIONS,
    **ADVISORY_OPTIONS,
    "time_zone": {"type": "str", "default": ""},
}

_SAID: Final = {
    "en": "The report of change {change} ({outcome}) is in {path}.",
    "ja": "変更 {change} の作業報告書({outcome})は {path} にあります。",
}


class ActionModule(ProcedureAction):
    """Puts what the change directory holds into one page, one JSON file and JUnit XML."""

    argument_spec = ARGUMENT_SPEC

    def proceed(self, remote: Remote, args: dict[str, Any]) -> dict[str, Any]:
        change = self.change(args, whole=True)
        zone, language = zone_of(args["time_zone"]), args["language"]
        report = build_report(sources_of(change, advisories_of(args)))
        directory = change.directory
        page_path = directory.root / f"report-{language}.html"
        json_path = directory.root / "report.json"
        junit_path = directory.root / "report.junit.xml"
        before = directory.read(json_path) or {}
        page = report_page(report, language, zone)
        # The time it is made at is no news.
        news = {**before, "made": None} != {**report, "made": None} or not page_path.exists()
        if not self.check_mode:
            directory.write(json_path, report)
            write_page(directory, page_path, page)
            write_page(directory, junit_path, junit_xml(report, language))
            self.say(_SAID[language].format(
                change=report["change"], outcome=word(report["outcome"], language), path=page_path
            ))  # fmt: skip
        return {
            "changed": news,
            "path": str(page_path),
            "json_path": str(json_path),
            "junit_path": str(junit_path),
            "outcome": report["outcome"],
            "summary": report["summary"],
        }
