# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Restarts the Windows of a node of an FT system once, and waits until it answers again."""

from __future__ import annotations

import typing as t

from ..plugin_utils._action import ActionError
from ..plugin_utils._ft_action import NODE_OPTIONS, NodeAction, boot_token, node_title
from ..plugin_utils._io.failures import is_passing
from ..plugin_utils._io.relay import Data, Relay
from ..plugin_utils._io.remote import Remote, RemoteError
from ..plugin_utils._io.waiting import poll

ARGUMENT_SPEC: dict[str, t.Any] = {"boot_token": {"type": "str"}, **NODE_OPTIONS}

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
        now = boot_token(record)
        token = args["boot_token"] or now
        result = {"node": node, "boot_token_before": token, "boot_token": now, "elapsed": 0}
        if now != token:
            return {**result, "last_boot": record["system"].get("last_boot"), "already": True}
        self.without_job(record, node)
        self.guard(remote, args)
        diff = {"before": {node: token}, "after": {node: "(a new start)"}}
        result = {**result, "already": False, "changed": True, "diff": diff}
        if self.check_mode:
            return result
        said = self.ask(node, lambda: relay.restart(node, token), "restart")
        back = self._await_return(relay, token, args, said)
        return {
            **result,
            "boot_token": boot_token(back),
            "last_boot": back["system"].get("last_boot"),
            "evidence": said,
            "elapsed": self.elapsed(),
        }

    def _await_return(self, relay: Relay, token: str, args: dict[str, t.Any], said: str) -> Data:
        """The node's record once its Windows has started anew.

        :raises ActionError: it has not within the deadline.
        """
        node, title = args["node"], node_title(args["node"])
        progress = self.progress()

        def look() -> Data | None:
            try:
                record = relay.system(node)
            except RemoteError as error:
                if not is_passing(error):
                    raise
                progress(f"{title} restarts; the relay does not answer ({error.reason})")
                return None
            if boot_token(record) not in ("", token):
                return record
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
                f"{title} has not come back within {args['deadline_seconds']} seconds ({said})."
                " Look at its screen: chkdsk may run for hours; do not cut the power. Run again"
                " once it is back.",
                node=node,
                boot_token_before=token,
                changed=True,
            )
        return back
