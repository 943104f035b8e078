# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Says where a change stands at this moment. Works on the controller; contacts no host."""

from __future__ import annotations

from typing import Any

from ..plugin_utils._io.remote import Remote
from ..plugin_utils._procedure.action import APPROVAL_OPTIONS, CHANGE_OPTIONS, ProcedureAction
from ..plugin_utils._procedure.status import status_csv, status_of, status_text

ARGUMENT_SPEC: dict[str, Any] = {
    **CHANGE_OPTIONS,
    **APPROVAL_OPTIONS,
    "files": {"type": "bool", "default": False},
}


class ActionModule(ProcedureAction):
    """Reads plan, states and journals only, so it may be asked at any time."""

    argument_spec = ARGUMENT_SPEC

    def proceed(self, remote: Remote, args: dict[str, Any]) -> dict[str, Any]:
        change, language = self.change(args), args["language"]
        status = status_of(change)
        table = status_csv(status, language)
        result = {**status, "text": status_text(status, language), "csv": table}
        self.say(status_text(status, language, self.paint))
        root = change.directory.root
        if args["files"]:
            paths = {"json_path": root / "status.json", "csv_path": root / "status.csv"}
            if not self.check_mode:
                change.directory.write(paths["json_path"], status)
                # With its mark, without which spreadsheets take Japanese for something else.
                change.directory.write_bytes(paths["csv_path"], table.encode("utf-8-sig"))
            result |= {name: str(path) for name, path in paths.items()}
        return result
