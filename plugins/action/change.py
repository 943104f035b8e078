# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens a change, begins and ends its hosts, and says where it stands."""

from __future__ import annotations

import typing as t

from ..plugin_utils._action import ActionError
from ..plugin_utils._core.observation import merge_requests
from ..plugin_utils._core.plan import remaining, step_request
from ..plugin_utils._io.remote import Remote, RemoteError
from ..plugin_utils._procedure import directory as files
from ..plugin_utils._procedure.action import APPROVAL_OPTIONS, CHANGE_OPTIONS, ProcedureAction
from ..plugin_utils._procedure.change import Change, reason_of
from ..plugin_utils._procedure.command import continue_command
from ..plugin_utils._procedure.text import harmless, summary_text

ARGUMENT_SPEC: dict[str, t.Any] = {
    **CHANGE_OPTIONS,
    **APPROVAL_OPTIONS,
    "state": {
        "type": "str",
        "choices": ["open", "begin", "end", "halt", "summary"],
        "required": True,
    },
    "hosts": {"type": "list", "elements": "str"},
}

Result = dict[str, t.Any]
# The lock that every host takes for the moment in which it decides whether it may begin.
EVERYBODY = ".change"
# How long a host that has not begun is asked again when its answer got lost.
PATIENCE_SECONDS = 15.0


class ActionModule(ProcedureAction):
    """The parts of carrying out a plan that are not a step."""

    argument_spec = ARGUMENT_SPEC
    argument_rules: t.ClassVar[dict[str, t.Any]] = {
        "required_if": [("state", "open", ["hosts"]), ("state", "summary", ["hosts"])]
    }

    def proceed(self, remote: Remote, args: dict[str, t.Any]) -> Result:
        change = self.change(args)
        states: dict[str, t.Callable[[], Result]] = {
            "open": lambda: self._open(change, args["hosts"]),
            "begin": lambda: self._begin(change, remote),
            "end": lambda: self._end(change),
            "halt": lambda: self._halt(change),
            "summary": lambda: self._summary(change, args["hosts"]),
        }
        return {"digest": change.digest, **states[args["state"]]()}

    def _open(self, change: Change, hosts: list[str]) -> Result:
        self._approved(change)
        unknown = sorted(set(change.plan["hosts"]) - set(self.task_vars["hostvars"]))
        if unknown:
            raise ActionError(
                "mistake",
                f"The plan names hosts that this inventory does not have: {', '.join(unknown)}. "
                "Use the inventory that the plan was made with.",
            )
        queue = [
            {"host": host, "wave": wave + 1, "group": f"legacyops_wave_{wave + 1:03d}"}
            for host, wave in change.queue
            if host in set(hosts)
        ]
        command = continue_command()
        self.say(f"To continue after whatever happens, run again:\n  {harmless(command)}")
        return {"queue": queue, "continue_command": command}

    @staticmethod
    def _approved(change: Change) -> None:
        """:raises ActionError: the plan is not approved."""
        if not change.approved:
            raise ActionError(
                "not_approved",
                f"The plan of change {change.id} is not approved. Its digest is {change.digest}: "
                "set legacyops_approved_digest to it once the plan is approved "
                "(in a lab: legacyops_approve_plan=true).",
            )

    def _begin(self, change: Change, remote: Remote) -> Result:
        self._approved(change)
        change.entry(self.host)
        with self.locked(change, self.host):
            refused = self._may_begin(change)
            if refused is not None:
                reason, message = refused
                self.say(f"[{self.host}] {message}")
                return {"steps": [], "reason": reason, "msg": message, **self._standing(change)}
            try:
                todo = self._remaining(change, remote)
            except RemoteError as error:
                if not self.check_mode:
                    change.set_state(
                        self.host, files.FAILED, reason=error.reason, message=str(error)
                    )
                raise
            command = continue_command()
            if not self.check_mode:
                change.set_state(self.host, files.UNDER_WAY if todo else files.DONE)
                change.journal(self.host).append(
                    "begin", change=change.id, plan=change.digest, command=command, remaining=todo
                )
            return {"steps": todo, "continue_command": command, **self._standing(change)}

    def _may_begin(self, change: Change) -> tuple[str, str] | None:
        """Decide and, if the host may begin, count it in before another host decides."""
        with self.locked(change, EVERYBODY):
            refused = change.why_not_begin(self.host)
            begins = refused is None and change.state(self.host)["status"] == files.NOT_BEGUN
            if begins and not self.check_mode:
                change.set_state(self.host, files.UNDER_WAY)
            return refused

    def _remaining(self, change: Change, remote: Remote) -> list[str]:
        """The ids of the steps that remain, by a fresh observation."""
        steps = change.entry(self.host)["steps"]
        requests = [step_request(step, probe=False) for step in steps]
        request = merge_requests([{"want": ["system"]}, *requests])
        observation = self.patiently(lambda: remote.observe(request), PATIENCE_SECONDS)
        observation = change.judged(observation, predicted=self.check_mode)
        entries = change.journal(self.host).entries()
        return [step["id"] for step in remaining(change.plan, self.host, observation, entries)]

    def _end(self, change: Change) -> Result:
        if not self.check_mode:
            with self.locked(change, self.host):
                change.journal(self.host).append("end", change=change.id, plan=change.digest)
                change.set_state(self.host, files.DONE)
        return self._standing(change)

    def _halt(self, change: Change) -> Result:
        """Say how the host was left; a state that a dead worker left open becomes failed."""
        message = self._message(change)
        self.say(f"[{self.host}] {harmless(message)}")
        return {"msg": message, **self._standing(change)}

    def _summary(self, change: Change, hosts: list[str]) -> Result:
        if self.check_mode:
            return self._standing(change)
        if hosts and self.host == hosts[0]:
            self.say(self._table(change))
            if any(change.state(name)["status"] != files.DONE for name, _wave in change.queue):
                self.say(f"\nTo continue, run again:\n  {harmless(continue_command())}")
        standing = self._standing(change)
        if standing["status"] == files.DONE:
            return standing
        reason = str(change.state(self.host).get("reason", "not_done"))
        status = standing["status"].replace("_", " ")
        message = f"Its plan is not carried out ({status}); why, and what to do, stands above."
        raise ActionError(reason, message, **standing)

    def _table(self, change: Change) -> str:
        rows = []
        order = [host for host, _wave in change.queue]
        order += [host for host in change.plan["hosts"] if host not in order]
        for host in order:
            entry = change.plan["hosts"][host]
            if entry.get("blocked"):
                rows.append((host, "left alone", reason_of(entry["blocked"])))
            elif not entry["steps"]:
                rows.append((host, "done", "nothing had to be done"))
            else:
                state = change.state(host)
                done = state["status"] == files.DONE
                text = "its plan is carried out" if done else self._message(change, host)
                rows.append((host, state["status"], text))
        return f"\nChange {harmless(change.id)}:" + summary_text(rows, self.paint)

    def _standing(self, change: Change) -> Result:
        return {"status": change.state(self.host)["status"]}

    def _message(self, change: Change, host: str | None = None) -> str:
        """What happened, what remains, what to do."""
        state = change.state(host or self.host)
        if state["status"] == files.NOT_BEGUN and not state.get("message"):
            why = change.why_not_begin(host or self.host)
            return why[1] if why else "Not begun. Run the same command again."
        text = str(state.get("message") or "The run ended before the plan was carried out.")
        if state.get("remaining"):
            all_steps = len(change.entry(host or self.host)["steps"])
            done = all_steps - len(state["remaining"])
            text += f" Done: {done} of {all_steps} steps. Remains: {', '.join(state['remaining'])}."
        stopped = change.directory.stopped() is not None
        first = f"When that is settled, remove {change.directory.stop}; to" if stopped else "To"
        return text + f" {first} continue, run the same command again."
