# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Has a service of Windows running, and proves that it stays so; or has it stopped."""

from __future__ import annotations

from typing import Any

from ..._action import ActionError, HotfixAction, changed, known_part
from ..._io.failures import is_passing
from ..._io.remote import Remote, RemoteError

ARGUMENT_SPEC: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["running", "stopped"], "required": True},
    "stable_seconds": {"type": "int", "default": 60},
    "deadline_seconds": {"type": "int", "default": 1800},
    "poll_seconds": {"type": "int"},
}

_LONGEST_HOST_WAIT = 50
_STATES = {"running": "Running", "stopped": "Stopped"}

Service = dict[str, Any]


class ServiceAction(HotfixAction):
    argument_spec = ARGUMENT_SPEC

    def cause(self, remote: Remote, target: str) -> tuple[dict[str, Any], str]:
        """What helps to find the cause of a failure: for the result, and in words."""
        return {}, "Look at the host's event log."

    def act(self, remote: Remote, args: dict[str, Any]) -> dict[str, Any]:
        self._args = args
        self._poll = self.poll_seconds(args)
        self._progress = self.progress()
        target = _STATES[args["state"]]
        name = args["name"]
        services = known_part(remote.observe({"services": [name]}), "services")
        before: Service = services.get(name) or {}
        if not before.get("exists"):
            raise ActionError("not_found", f"There is no service {name} on the host. Correct name.")
        result: dict[str, Any] = {"service": before}
        self._changed = before.get("state") != target
        if self._changed:
            result.update(changed(name, before.get("state"), target))
        if self.check_mode:
            return result
        if self._changed:
            result["service"] = self._reach(remote, before, target)
        if target == "Running":
            result["service"] = self._stay(remote, result["service"])
        return {**result, "elapsed": self.elapsed()}

    def _reach(self, remote: Remote, before: Service, target: str) -> Service:
        """Start or stop it, and wait for as long as it may need.

        The service manager gives up on a start after six minutes, while the service may still come
        up: so only one without a process has failed.
        """
        op = "start" if target == "Running" else "stop"
        pending = str(before.get("state")).endswith("Pending")
        ops = iter(["status" if pending else op])
        gone = 0

        def look() -> Service | None:
            nonlocal gone
            now = self._ask(remote, next(ops, "status"), target, self._wait_seconds())
            self._progress(f"{self._args['name']} is {now.get('state')}, awaited is {target}")
            gone = gone + 1 if now.get("state") == "Stopped" and target == "Running" else 0
            done = now.get("state") == target or gone > 1
            return now if done else None

        now = self.wait(look, self._args, interval=0.5)
        if now is None or now.get("state") != target:
            raise self._failed(remote, now, target)
        return now

    def _stay(self, remote: Remote, started: Service) -> Service:
        """Watch the service for stable_seconds; the host itself does the watching."""
        left = self._args["stable_seconds"]
        now = started
        while left > 0:
            self.stop.check()
            wait = min(left, _LONGEST_HOST_WAIT)
            left -= wait
            now = self._ask(remote, "status", "Stopped", wait, last=left <= 0)
            same = now.get("process_id") == started.get("process_id")
            if now.get("state") != "Running" or not same:
                raise self._failed(remote, now, "Running")
            self._progress(f"{self._args['name']} runs, watched for {left} s more")
        return now

    def _wait_seconds(self) -> int:
        return int(min(self._poll, _LONGEST_HOST_WAIT))

    def _ask(
        self, remote: Remote, op: str, wait_for: str | None, seconds: int, *, last: bool = False
    ) -> Service:
        """The service after the operation; a lost answer is asked for again, once a poll.

        last: nothing is asked afterwards, so that the host is looked at in the same start.
        """
        parameters = {
            "op": op,
            "name": self._args["name"],
            "wait_for": wait_for,
            "wait_seconds": seconds,
        }
        try:
            data = (remote.act if last else remote.run)("service", parameters)
        except RemoteError as error:
            if not is_passing(error) or wait_for is None:
                raise
            self._progress(f"connection lost ({error.reason}), asks again")
            self.stop.sleep(self._poll)
            data = remote.run("service", {**parameters, "op": "status", "wait_seconds": 0})
        return data.get("after") or {}

    def _failed(self, remote: Remote, now: Service | None, target: str) -> ActionError:
        """The failure with what helps to find its cause."""
        now = now or {}
        facts, words = self.cause(remote, target)
        return ActionError(
            "service_not_" + target.lower(),
            f"{self._args['name']} is {now.get('state', 'of unknown state')} instead of {target}"
            f" (exit code {now.get('exit_code')}). {words}",
            changed=self._changed,
            service=now,
            **facts,
        )
