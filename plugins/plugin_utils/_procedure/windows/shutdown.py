# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shuts a Windows down, and waits until it is silent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from ..._action import ActionError, changed
from ..._core.windows.starts import started_since
from ..._io.remote import Remote
from ..._io.windows import Look, Windows
from .action import WINDOWS_OPTIONS, WindowsAction

ARGUMENT_SPEC: dict[str, Any] = {
    "power_off": {"type": "bool", "default": True},
    **WINDOWS_OPTIONS,
    "node": {**WINDOWS_OPTIONS["node"], "required": True},
}


class Shutdown(WindowsAction):
    argument_spec = ARGUMENT_SPEC
    task: ClassVar[dict[str, str]] = {
        "en": "Shut the Windows of {title} down.",
        "ja": "{title} の Windows をシャットダウンしてください。",
    }

    def proceed(self, remote: Remote, windows: Windows, args: dict[str, Any]) -> dict[str, Any]:
        seen = windows.look()
        if seen.answers is False:
            return {"evidence": f"{windows.title} did not answer before", "elapsed": 0}
        if seen.obstacle is not None:
            raise seen.obstacle
        self.guard(remote, args)
        result = {**changed(windows.node, "answers", "silent"), "elapsed": 0}
        if self.check_mode:
            return result
        said = windows.shut_down(seen.start, args["power_off"])
        self._await_silence(windows, seen, args, said)
        return {
            **result,
            "evidence": f"{said}; {windows.title} is silent",
            "elapsed": self.elapsed(),
        }

    def _await_silence(
        self, windows: Windows, before: Look, args: dict[str, Any], said: str
    ) -> None:
        """Raises ActionError: it still answers at the deadline, or it has started again."""

        def judge(seen: Look, progress: Callable[[str], None]) -> bool | None:
            if seen.answers is False:
                return True
            if started_since(before.start, seen.system).proven:
                raise ActionError(
                    "not_verified",
                    f"{windows.title} was to shut down and has started again ({said}). Look at who"
                    " or what started it.",
                    changed=True,
                    **self.about,
                )
            progress("still answers")
            return None

        if self.await_windows(windows, judge, args, "shuts down") is None:
            raise ActionError(
                "deadline",
                f"{windows.title} still answers after {args['deadline_seconds']} seconds ({said})."
                " Look at its screen, since a program may hold the shutdown up; cut nothing.",
                changed=True,
                **self.about,
            )
