# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Restarts the Windows of a node of an FT system once, and waits until it answers again."""

from __future__ import annotations

import typing as t

from ..plugin_utils._action import ActionError
from ..plugin_utils._core.windows.starts import Mark, mark_of, position
from ..plugin_utils._io.failures import is_passing
from ..plugin_utils._io.ft.relay import Data, Relay
from ..plugin_utils._io.remote import Remote, RemoteError
from ..plugin_utils._io.waiting import poll
from ..plugin_utils._procedure.ft.action import (
    NODE_OPTIONS,
    NodeAction,
    mark,
    node_title,
    started_anew,
)

ARGUMENT_SPEC: dict[str, t.Any] = {"since": {"type": "dict"}, **NODE_OPTIONS}

_BACK_OFF = 6


class ActionModule(NodeAction):
    argument_spec = ARGUMENT_SPEC

    def act(self, remote: Remote, args: dict[str, t.Any]) -> dict[str, t.Any]:
        node = args["node"]
        title = node_title(node)
        if self.is_operators(args, node):
            self.guard(remote, args)
            instruction = {
                "en": f"Restart the Windows of {title}.",
                "ja": f"{title} の Windows を再起動してください。",
            }
            return self.by_operator(args, instruction, node=node)
        relay = self.relay(remote, args)
        record = self.answering(relay.system(node), node)
        now = mark(record)
        before = mark_of(args["since"]) or now
        result = {"node": node, "before": before, "start": now, "elapsed": 0}
        start = started_anew(before, record)
        if start.proven:
            return {**result, "evidence": start.evidence, "already": True}
        if start.proven is None:
            raise ActionError(
                "unknown",
                f"It cannot be told whether {title} is restarted ({start.evidence}). Nothing was"
                " done. See that its System log is written, or let a person restart it.",
                node=node,
            )
        self.without_job(record, node)
        self.guard(remote, args)
        diff = {"before": {node: f"record {position(now)}"}, "after": {node: "(a new start)"}}
        result = {**result, "already": False, "changed": True, "diff": diff}
        if self.check_mode:
            return result
        said = self.ask(node, lambda: relay.restart(node, position(now)), "restart")
        back = self._await_return(relay, now, args, said)
        evidence = f"{said}; {started_anew(now, back).evidence}"
        return {**result, "start": mark(back), "evidence": evidence, "elapsed": self.elapsed()}

    def _await_return(self, relay: Relay, before: Mark, args: dict[str, t.Any], said: str) -> Data:
        """The node's record once its Windows has started anew.

        :raises ActionError: it has not within the deadline.
        """
        node, title = args["node"], node_title(args["node"])
        progress, seen = self.progress(), ""

        def look() -> Data | None:
            nonlocal seen
            try:
                record = relay.system(node)
            except RemoteError as error:
                if not is_passing(error):
                    raise
                progress(f"{title} restarts; the relay does not answer ({error.reason})")
                return None
            start = started_anew(before, record)
            if start.proven:
                return record
            seen = f" Seen last: {start.evidence}."
            silent = record.get("reachable") is not True
            progress(f"{title} {'is silent' if silent else 'is still going down or coming up'}")
            return None

        seconds = self.poll_seconds(args)
        back: Data | None = poll(
            look,
            deadline=args["deadline_seconds"],
            interval=seconds,
            longest_interval=seconds * _BACK_OFF,
            stop=self.stop,
        )
        if back is None:
            raise ActionError(
                "deadline",
                f"{title} has not come back within {args['deadline_seconds']} seconds"
                f" ({said}).{seen}"
                " Look at its screen: chkdsk may run for hours; do not cut the power. Run again"
                " once it is back.",
                node=node,
                before=before,
                changed=True,
            )
        return back
