# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shuts the Windows of a node of an FT system down, and waits until it is silent."""

from __future__ import annotations

import typing as t

from ..plugin_utils._action import ActionError
from ..plugin_utils._core.windows.starts import Mark, position
from ..plugin_utils._io.failures import is_passing
from ..plugin_utils._io.ft.relay import Relay
from ..plugin_utils._io.remote import Remote, RemoteError
from ..plugin_utils._io.waiting import poll
from ..plugin_utils._procedure.ft.action import (
    NODE_OPTIONS,
    NodeAction,
    mark,
    node_title,
    started_anew,
)

ARGUMENT_SPEC: dict[str, t.Any] = {
    "power_off": {"type": "bool", "default": True},
    **NODE_OPTIONS,
}


class ActionModule(NodeAction):
    argument_spec = ARGUMENT_SPEC

    def act(self, remote: Remote, args: dict[str, t.Any]) -> dict[str, t.Any]:
        node = args["node"]
        title = node_title(node)
        if self.is_operators(args, node):
            self.guard(remote, args)
            instruction = {
                "en": f"Shut the Windows of {title} down.",
                "ja": f"{title} の Windows をシャットダウンしてください。",
            }
            return self.by_operator(args, instruction, node=node)
        relay = self.relay(remote, args)
        record = relay.system(node)
        if record.get("reachable") is False:
            return {"node": node, "evidence": f"{title} did not answer before", "elapsed": 0}
        self.answering(record, node)
        self.without_job(record, node)
        self.guard(remote, args)
        diff = {"before": {node: "answers"}, "after": {node: "silent"}}
        result = {"node": node, "changed": True, "diff": diff, "elapsed": 0}
        if self.check_mode:
            return result
        before = mark(record)
        last, power_off = position(before), args["power_off"]
        said = self.ask(node, lambda: relay.shutdown(node, last, power_off), "shutdown")
        self._await_silence(relay, before, args, said)
        return {**result, "evidence": f"{said}; {title} is silent", "elapsed": self.elapsed()}

    def _await_silence(self, relay: Relay, before: Mark, args: dict[str, t.Any], said: str) -> None:
        """:raises ActionError: it still answers at the deadline, or it has started again."""
        node, title = args["node"], node_title(args["node"])
        progress = self.progress()

        def look() -> bool | None:
            try:
                record = relay.system(node)
            except RemoteError as error:
                if not is_passing(error):
                    raise
                progress(f"{title} shuts down; the relay does not answer ({error.reason})")
                return None
            if record.get("reachable") is False:
                return True
            if started_anew(before, record).proven:
                raise ActionError(
                    "not_verified",
                    f"{title} was to shut down and has started again ({said}). Look at who or what"
                    " started it.",
                    node=node,
                    changed=True,
                )
            progress(f"{title} still answers")
            return None

        silent = poll(
            look,
            deadline=args["deadline_seconds"],
            interval=self.poll_seconds(args),
            stop=self.stop,
        )
        if silent is None:
            raise ActionError(
                "deadline",
                f"{title} still answers after {args['deadline_seconds']} seconds ({said}). Look at"
                " its screen, since a program may hold the shutdown up; cut nothing.",
                node=node,
                changed=True,
            )
