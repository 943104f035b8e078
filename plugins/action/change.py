# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens a change, begins and ends its hosts, and says where it stands."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from ..plugin_utils._action import ActionError
from ..plugin_utils._core.compare import compare_hosts, diff_text
from ..plugin_utils._core.context import DONE, FAILED, NOT_BEGUN, UNDER_WAY, Context
from ..plugin_utils._core.decision import remaining
from ..plugin_utils._core.observation import Observation, merge_requests, observation_digest
from ..plugin_utils._core.plan import part_request
from ..plugin_utils._core.window import judge
from ..plugin_utils._io.remote import Remote, RemoteError
from ..plugin_utils._io.waiting import poll
from ..plugin_utils._procedure.action import (
    APPROVAL_OPTIONS,
    CHANGE_OPTIONS,
    Differs,
    ProcedureAction,
)
from ..plugin_utils._procedure.advisories import ADVISORY_OPTIONS, advisories_of
from ..plugin_utils._procedure.change import Change
from ..plugin_utils._procedure.command import continue_command
from ..plugin_utils._procedure.journal import now
from ..plugin_utils._procedure.observer import Observer
from ..plugin_utils._procedure.outcome import (
    EXIT_CODES,
    Outcome,
    checked,
    message,
    outcome,
    worst,
)
from ..plugin_utils._procedure.owner import Owner, held_by, held_text, is_anothers, is_free
from ..plugin_utils._procedure.runs import note_run
from ..plugin_utils._procedure.text import diff_lines, harmless, in_language, summary_text

ARGUMENT_SPEC: dict[str, Any] = {
    **CHANGE_OPTIONS,
    **ADVISORY_OPTIONS,
    **APPROVAL_OPTIONS,
    "state": {
        "type": "str",
        "choices": ["open", "begin", "end", "halt", "summary", "verdict"],
        "required": True,
    },
    "hosts": {"type": "list", "elements": "str"},
    "run": {"type": "str", "default": ""},
    "reason": {"type": "str", "default": ""},
    "message": {"type": "str", "default": ""},
    "found": {"type": "dict", "default": {}},
    "outcome": {"type": "str", "choices": ["", *EXIT_CODES], "default": ""},
}

Result = dict[str, Any]
# The lock that every host takes for the moment in which it decides whether it may begin.
EVERYBODY = ".change"
# How long a host that has not begun is asked again when its answer got lost.
PATIENCE_SECONDS = 15.0
# How long the others of a wave wait for one that is tried again to begin; and how often they look.
RETRY_SECONDS, LOOK_SECONDS = 600.0, 0.5
# How often a run looks whether another one has done with an earlier wave.
OTHERS_SECONDS = 2.0


class ActionModule(ProcedureAction):
    """The parts of carrying out a plan that are not a step."""

    argument_spec = ARGUMENT_SPEC
    argument_rules: ClassVar[dict[str, Any]] = {
        "required_if": [("state", each, ["hosts"]) for each in ("open", "summary", "verdict")]
    }

    def proceed(self, remote: Remote, args: dict[str, Any]) -> Result:
        change = self.change(args, whole=args["state"] in ("open", "summary"))
        change.playbook_run = args["run"] or None
        self.language: str = args["language"]
        states: dict[str, Callable[[], Result]] = {
            "open": lambda: self._open(change, args["hosts"]),
            "begin": lambda: self._begin(change, remote, args),
            "end": lambda: self._end(change, remote),
            "halt": lambda: self._halt(change, args),
            "summary": lambda: self._summary(change, args),
            "verdict": lambda: self._verdict(change, args),
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
        self._same_hosts(change, hosts)
        wanted = set(hosts)
        self._window_is_open(change, wanted)
        queue = [
            {"host": host, "wave": wave + 1, "group": f"legacyops_wave_{wave + 1:03d}"}
            for host, wave in sorted(change.queue, key=self._place(change))
            if host in wanted
        ]
        if not self.check_mode:
            change.try_again(wanted)
            note_run(
                change.directory,
                change.playbook_run or now(),
                [str(each["host"]) for each in queue],
            )
        command = continue_command()
        self.say(f"To continue after whatever happens, run again:\n  {harmless(command)}")
        told = [host for host in hosts if host in change.plan["hosts"]]
        about = {"run": change.playbook_run, "continue_command": command}
        return {"queue": queue, "hosts": told, **about}

    def _window_is_open(self, change: Change, hosts: set[str]) -> None:
        """Raises ActionError: no host of the run may act now, so one sentence is enough for all.

        Whoever is between two resting points goes on, in whatever window.
        """
        window = change.standing.window
        if window is None or self.check_mode or change.control.emergency_reason is not None:
            return
        mine = [host for host, _wave in change.queue if host in hosts]
        left = [host for host in mine if change.state(host)["status"] != DONE]
        if not left or not all(change.rests(host) for host in left):
            return
        steps = change.entry(left[0])["steps"]
        state = judge(window, datetime.now(UTC), steps, at_rest=True)
        if state.state in ("not_yet", "over"):
            raise ActionError("window", in_language(state.text, self.language))

    @staticmethod
    def _place(change: Change) -> Callable[[tuple[str, int]], tuple[int, bool]]:
        """The place of a host and its wave in the run: first of a wave come those that failed."""
        return lambda queued: (queued[1], change.state(queued[0])["status"] != FAILED)

    def _same_hosts(self, change: Change, hosts: list[str]) -> None:
        """Raises ActionError: this run has hosts that nobody approved."""
        added = compare_hosts(change.plan, hosts)
        if not added:
            return
        self.say(diff_lines(change.id, diff_text(added), self.paint))
        raise ActionError(
            "plan_differs",
            f"The plan does not have {', '.join(each.path[-1] for each in added)}. Make a new "
            "plan that does and have it approved, or limit the run to the hosts of the plan.",
            differences=[each.to_dict() for each in added],
        )

    @staticmethod
    def _approved(change: Change) -> None:
        """Raises ActionError: the change may not be carried out."""
        if change.refused is not None:
            reason, message = change.refused
            raise ActionError(reason, message)

    def _begin(self, change: Change, remote: Remote, args: dict[str, Any]) -> Result:
        self._approved(change)
        change.entry(self.host)
        self.check_inventory()
        with self.locked(change, self.host), self.looks_on(change):
            before = change.state(self.host)
            self._wait_for_repaired(change)
            self._wait_for_other_runs(change)
            refused = self._may_begin(change)
            if refused is not None:
                reason, text = refused
                self._set_state(change, before["status"], reason=reason, message=text)
                return self._not_begun(change, reason, text)
            observer = self.observer(remote, change.directory)
            try:
                observation = self._observation(change, observer)
                context = change.context(observation, predicted=self.check_mode)
                self._owned(change, observation, context)
            except (ActionError, RemoteError) as error:
                status = before["status"] if error.reason == "owned" else FAILED
                self._set_state(change, status, reason=error.reason, message=str(error))
                raise
            left = remaining(change.plan, self.host, observation, context)
            todo = [step.id for step in left]
            if todo or before["status"] != DONE:  # else nothing would be done anyway
                differs = self.difference(change, observation, context, advisories_of(args))
                if differs is not None:
                    raise self._differs(change, before, differs)
            closed = self._window(change, observation, context)
            if closed is not None:
                self._set_state(change, before["status"], reason="window", message=closed)
                return self._not_begun(change, "window", closed)
            if todo:
                self._take_or_leave(change, observer, observation, context, before)
            elif not self.check_mode and not is_free(observation):
                self._given_back(change, observer.owner)  # no step follows, and so no end either
            return self._begun(change, observation, context, todo)

    def _wait_for_repaired(self, change: Change) -> None:
        """Let the hosts that failed before begin first: if they fail again, nobody else begins."""
        progress = self.progress()

        def look() -> bool | None:
            first = change.waits_for(self.host)
            if first and change.directory.stopped() is None:
                progress(f"waits until {', '.join(first)}, which failed before, begins again")
                return None
            return True

        if not self.check_mode:
            poll(look, deadline=RETRY_SECONDS, interval=LOOK_SECONDS, stop=self.stop)

    def _wait_for_other_runs(self, change: Change) -> None:
        """Let the hosts of earlier waves end that another run treats: several share one change."""
        progress = self.progress()

        def look() -> bool | None:
            first = change.treated_elsewhere(self.host)
            if first and change.directory.stopped() is None:
                progress(f"waits for {', '.join(first)} of an earlier wave, in another run")
                return None
            return True

        if not self.check_mode and change.state(self.host)["status"] == NOT_BEGUN:
            poll(look, deadline=math.inf, interval=OTHERS_SECONDS, stop=self.stop)

    def _begun(
        self, change: Change, observation: Observation, context: Context, todo: list[str]
    ) -> Result:
        """The host begins, or goes on: noted with all that it rests on."""
        command = continue_command()
        if not self.check_mode:
            change.set_state(self.host, UNDER_WAY if todo else DONE)
            change.journal(self.host).append(
                "begin",
                change=change.id,
                plan=change.digest,
                command=command,
                remaining=todo,
                operator=change.operator,
                compared=change.compared(observation, context).kind,
                observation=observation_digest(observation),
                **change.standing.record(),
            )
        return {"steps": todo, "continue_command": command, **self._standing(change)}

    def _window(self, change: Change, observation: Observation, context: Context) -> str | None:
        """Tell of the window; why it does not let the host go on, or None."""
        window = change.window_state(observation, context)
        if window is None or window.text is None:
            return None
        text = in_language(window.text, self.language)
        reason = change.control.emergency_reason
        if window.may_go_on:
            self.say(self.paint(f"[{self.host}] {text}", "yellow"))
        elif reason is None:
            return text
        else:
            text += f" EMERGENCY ({harmless(reason)}): goes on all the same."
            self.say(self.paint(f"[{self.host}] {text}", "red"))
            if not self.check_mode:
                change.deviate(self.host, "window")
        return None

    def _not_begun(self, change: Change, reason: str, message: str) -> Result:
        """The host is left for now, which is no failure of the host; the summary tells of it."""
        return {"steps": [], "reason": reason, "msg": message, **self._standing(change)}

    def _differs(self, change: Change, before: Result, differs: Differs) -> ActionError:
        """The refusal of a host that is not as it was approved, recorded."""
        if not self.check_mode:
            change.journal(self.host).append(
                "refused",
                plan=change.digest,
                reason="plan_differs",
                differences=differs.differences,
            )
        status = before["status"]
        self._set_state(change, status, reason="plan_differs", message=differs.message)
        return ActionError("plan_differs", differs.message, differences=differs.differences)

    def _set_state(self, change: Change, status: str, **more: Any) -> None:
        if not self.check_mode:
            change.set_state(self.host, status, **more)

    def _may_begin(self, change: Change) -> tuple[str, str] | None:
        """Decide and, if the host may begin, count it in before another host decides."""
        with self.locked(change, EVERYBODY):
            refused = change.why_not_begin(self.host)
            begins = refused is None and change.state(self.host)["status"] == NOT_BEGUN
            if begins and not self.check_mode:
                change.set_state(self.host, UNDER_WAY)
            return refused

    def _observation(self, change: Change, observer: Observer) -> Observation:
        """What the plan was made from and its steps need, read afresh."""
        planned = part_request(change.entry(self.host))
        request = merge_requests([{"want": ["owner", "system"]}, planned])
        observer.look_after_acts(request)
        return self.patiently(lambda: observer.observe(request), PATIENCE_SECONDS)

    def _owned(self, change: Change, observation: Observation, context: Context) -> None:
        """Raises ActionError: another run holds the host, or the journal is not the one that its
        record knows.
        """
        if is_anothers(observation, context):
            held = observation.part("owner")
            raise ActionError("owned", held_text(held), owner=dict(held))
        held = observation.part("owner")
        head = held.get("head") if isinstance(held, Mapping) else None
        if head and str(head) not in {entry.hash for entry in context.journal}:
            raise ActionError(
                "journal_cut",
                f"The journal of {self.host} lacks the entry that its owner record names: its "
                "end was cut off. Restore it, or find out who did that and go on under a new "
                "change_id.",
            )

    def _take_or_leave(
        self,
        change: Change,
        observer: Observer,
        observation: Observation,
        context: Context,
        before: Result,
    ) -> None:
        """Raises ActionError, RemoteError: it cannot be taken, which is recorded."""
        try:
            self._take(change, observer, observation, context)
        except (ActionError, RemoteError) as error:
            status = before["status"] if error.reason == "owned" else FAILED
            self._set_state(change, status, reason=error.reason, message=str(error))
            raise

    def _take(
        self, change: Change, observer: Observer, observation: Observation, context: Context
    ) -> None:
        """Take the host for this change; it keeps it until its plan is carried out.

        Raises ActionError: another run has taken it meanwhile.
        """
        if is_free(observation) and not self.check_mode:
            # A lost answer is no refusal: who asks again finds its own record.
            run = change.run()
            record = self.patiently(lambda: observer.owner.take(change.id, run), PATIENCE_SECONDS)
            self._owned(change, held_by(observation, record), context)

    def _given_back(self, change: Change, owner: Owner) -> None:
        """A lost answer is no refusal here either: who asks again finds its record gone."""
        run = change.run()
        self.patiently(lambda: owner.free(change.id, run), PATIENCE_SECONDS)

    def _end(self, change: Change, remote: Remote) -> Result:
        if not self.check_mode:
            with self.locked(change, self.host), self.looks_on(change):
                owner = self.observer(remote, change.directory).owner
                self._given_back(change, owner)
                change.journal(self.host).append("end", change=change.id, plan=change.digest)
                change.set_state(self.host, DONE)
        return self._standing(change)

    def _halt(self, change: Change, args: dict[str, Any]) -> Result:
        """Say how the host was left; a state that a dead worker left open becomes failed."""
        if self.check_mode:
            found = {"reason": args["reason"] or "failed", "msg": args["message"]}
            return {**found, **self._standing(change)}
        text = message(change, self.host, change.state(self.host))
        return {"msg": text, **self._standing(change)}

    def _summary(self, change: Change, args: dict[str, Any]) -> Result:
        """Tell, once for all, where each host stands; it fails no host."""
        mine = [host for host in args["hosts"] if host in change.plan["hosts"]]
        outcomes = self._outcomes(change, mine, args)
        status = worst(outcomes.values())
        told = {
            "outcome": status,
            "exit_code": EXIT_CODES[status],
            "outcomes": {host: each.record() for host, each in outcomes.items()},
        }
        if mine and self.host == args["hosts"][0]:
            self.say(self._table(change, args))
            if EXIT_CODES[status] == 2:
                self.say(f"\nTo continue, run again:\n  {harmless(continue_command())}")
            if not self.check_mode:
                about = {"change": change.id, "plan": change.digest, "run": args["run"]}
                change.directory.write(change.directory.result, {**about, "utc": now(), **told})
        return {**told, **self._standing(change)}

    def _verdict(self, change: Change, args: dict[str, Any]) -> Result:
        """Let the host end as it stands, which makes the exit code of the run.

        A host that could not be reached, or that the plan leaves alone, ends as unreachable for
        Ansible; but not where another one failed: that is the graver thing to tell.
        """
        own = self._outcomes(change, [self.host], args)[self.host]
        told = {"outcome": own.status, **self._standing(change)}
        if own.code == 0:
            return told
        status = own.status.replace("_", " ")
        text = f"Its plan is not carried out ({status}); why, and what to do, stands above."
        status_of_all = args["outcome"] or self._worst(change, args)
        if own.code == EXIT_CODES[status_of_all] == 4:
            return {"unreachable": True, "reason": own.reason, "msg": text, **told}
        raise ActionError(str(own.reason), text, **told)

    def _worst(self, change: Change, args: dict[str, Any]) -> str:
        """The status of the whole run, where no summary has told it."""
        mine = [host for host in args["hosts"] if host in change.plan["hosts"]]
        return worst(self._outcomes(change, mine, args).values())

    def _outcomes(
        self, change: Change, hosts: list[str], args: dict[str, Any]
    ) -> dict[str, Outcome]:
        if self.check_mode:
            return {host: checked(change, host, args["found"].get(host) or None) for host in hosts}
        return {host: outcome(change, host, args["run"]) for host in hosts}

    def _table(self, change: Change, args: dict[str, Any]) -> str:
        """Where every host of the plan stands, also those that this run has nothing to do with."""
        order = [host for host, _wave in change.queue]
        order += [host for host in change.plan["hosts"] if host not in order]
        outcomes = self._outcomes(change, order, args)
        rows = [(host, each.status, each.text) for host, each in outcomes.items()]
        title = f"\nChange {harmless(change.id)}" + (" (check mode)" if self.check_mode else "")
        return f"{title}:" + summary_text(rows, self.paint)

    def _standing(self, change: Change) -> Result:
        return {"status": change.state(self.host)["status"]}
