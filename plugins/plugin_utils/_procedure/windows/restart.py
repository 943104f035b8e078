# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Restarts a Windows once, and waits until it is back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from ..._action import ActionError, changed
from ..._core.windows.starts import Mark, mark_of, position, started_since
from ..._io.remote import Remote
from ..._io.windows import Look, Windows
from .action import WINDOWS_OPTIONS, WindowsAction

ARGUMENT_SPEC: dict[str, Any] = {
    "since": {"type": "dict"},
    "reason": {"type": "str", "default": "Hotfix"},
    **WINDOWS_OPTIONS,
}


class Restart(WindowsAction):
    argument_spec = ARGUMENT_SPEC
    task: ClassVar[dict[str, str]] = {
        "en": "Restart the Windows of {title}.",
        "ja": "{title} の Windows を再起動してください。",
    }

    def proceed(self, remote: Remote, windows: Windows, args: dict[str, Any]) -> dict[str, Any]:
        seen = windows.look()
        now = seen.start
        if position(now) is None and seen.obstacle is not None:
            raise seen.obstacle
        before = mark_of(args["since"]) or now
        result = {"before": before, "start": now, "elapsed": 0, "already": False}
        start = started_since(before, now)
        if start.proven:
            return {**result, "already": True, "evidence": start.evidence}
        if start.proven is None:
            raise ActionError(
                "unknown",
                f"{windows.title} does not tell whether it is restarted ({start.evidence}). Nothing"
                " was done. See that its System log can be read and is written, or restart it by"
                " hand.",
                **self.about,
            )
        if seen.obstacle is not None:
            raise seen.obstacle
        self.guard(remote, args)
        what, was = windows.node or "start", f"record {position(now)}"
        result = {**result, **changed(what, was, "(a new start)")}
        if self.check_mode:
            return result
        said = windows.restart(now, args["reason"])
        back, evidence = self._await_return(windows, now, args, said)
        return {
            **result,
            "start": back.start,
            "evidence": f"{said}; {evidence}",
            "elapsed": self.elapsed(),
            **changed(what, was, f"record {position(back.start)}"),
            **_renames_again(self.host, back),
        }

    def _await_return(
        self, windows: Windows, before: Mark, args: dict[str, Any], said: str
    ) -> tuple[Look, str]:
        """What it tells once it has started anew, and what proves that.

        Raises ActionError: it has not within the deadline.
        """
        last = ""

        def judge(seen: Look, progress: Callable[[str], None]) -> tuple[Look, str] | None:
            nonlocal last
            start = started_since(before, seen.system)
            if start.proven:
                return seen, start.evidence
            last = f" Seen last: {start.evidence}."
            progress("is still going down" if seen.answers else "is silent")
            return None

        back = self.await_windows(windows, judge, args, "restarts")
        if back is None:
            raise ActionError(
                "deadline",
                f"{windows.title} has not come back within {args['deadline_seconds']} seconds."
                f"{last} It was {said}. Look at its screen: chkdsk or an update may run for hours;"
                " do not cut the power. Run again once it is back.",
                before=before,
                changed=True,
                **self.about,
            )
        return back


def _renames_again(host: str, back: Look) -> dict[str, Any]:
    """A warning where files wait to be renamed although Windows has just started."""
    if not back.renames:
        return {}
    return {
        "warnings": [
            f"{host}: {back.renames} file renames wait again after the start. Antivirus, a spooler"
            " or the like may put them back at each start; another restart does not help."
        ]
    }
