# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records that a person has done, or seen, what a waiting step asked for."""

from __future__ import annotations

from typing import Any, Final

from ..plugin_utils._io.confirmations import Confirmations
from ..plugin_utils._io.remote import Remote
from ..plugin_utils._procedure.action import CHANGE_OPTIONS, ProcedureAction
from ..plugin_utils._procedure.text import harmless

ARGUMENT_SPEC: dict[str, Any] = {
    **CHANGE_OPTIONS,
    "step": {"type": "str", "required": True},
    "name": {"type": "str", "required": True},
    "second_name": {"type": "str"},
    "saw": {"type": "str"},
    "note": {"type": "str", "default": ""},
}

_SAID: Final = {
    "en": "[{host}] step {step} is confirmed by {name}",
    "ja": "[{host}] 手順 {step} は {name} により確認されました",
}


class ActionModule(ProcedureAction):
    argument_spec = ARGUMENT_SPEC
    needs_open = True

    def proceed(self, remote: Remote, args: dict[str, Any]) -> dict[str, Any]:
        confirmations = Confirmations(self.directory(args).root)
        given, new = confirmations.confirm(
            self.host,
            args["step"],
            name=args["name"],
            second_name=args["second_name"] or None,
            saw=args["saw"] or None,
            note=args["note"],
            write=not self.check_mode,
        )
        record = given.record()
        names = " / ".join(filter(None, (given.name, given.second_name)))
        text = _SAID[args["language"]].format(host=self.host, step=given.step, name=names)
        if not self.check_mode:
            self.say(harmless(text))
        result: dict[str, Any] = {"changed": new, "confirmation": record}
        if new:
            result["diff"] = {"before": {}, "after": record}
        return result
