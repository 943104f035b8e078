# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One step on one host, from the first look to the last."""

from __future__ import annotations

import time
import typing as t
from collections.abc import Mapping
from contextlib import suppress

from .._action import ActionError, plain
from .._core.checks import (
    Verdict,
    any_fails,
    blameless,
    check_of,
    evaluate_all,
    passes,
    request_for,
    unmet,
    value_of,
)
from .._core.compare import begun_steps
from .._core.conditions import refusal
from .._core.context import FAILED, NO_CHANGE, NOT_BEGUN, UNDER_WAY, WAITING, Context
from .._core.model import Step
from .._core.observation import UNKNOWN, Observation, merge_requests, observation_digest
from .._core.plan import (
    StepDecision,
    remaining,
    return_step,
    step_decision,
    step_request,
    step_unproven,
)
from .._core.windows.checks import pending_signs
from .._core.windows.explanations import NEEDS_RECONFIGURATION
from .._core.windows.starts import Mark, mark_of, started_since
from .._io.failures import is_passing
from .._io.remote import RemoteError
from .._io.steady import LOST
from .._io.waiting import StoppedError, poll
from .action import ProcedureAction
from .change import Change
from .journal import JournalFile
from .observer import Eye
from .owner import held_by, held_text, is_anothers, is_free
from .silo import Silo
from .text import clauses, in_language

Result = dict[str, t.Any]
Decided = tuple[Observation, Context, StepDecision]
# How long a host in mid-procedure is asked again when the line to it fails.
PATIENCE_SECONDS = 300.0
# How long what ends by itself (another installation) is waited for before a step.
PASSING_SECONDS = 600.0
# How long a service may take to come up again after a failed installation was rolled back.
SERVICE_SECONDS = 1800.0
# Reasons after which the work on the host may still go on by itself: the next run joins it.
# An installation of somebody else's that lasts: the next run tries again.
STILL_UNDER_WAY = ("interrupted", "deadline", "locked", "installer_busy")


class StepAction(ProcedureAction):
    """The action that runs a step: it also runs the step's own module."""

    language: str

    def dispatch(self, step: Step, **more: t.Any) -> Result:
        """Run the step's module as a task of its own would.

        :param more: arguments that belong to this run and not to the plan.
        """
        raise NotImplementedError


class StepRun:
    """One step on one server."""

    def __init__(self, action: StepAction, eye: Eye, change: Change, step: Step) -> None:
        self.action = action
        self.eye = eye
        self.change = change
        self.step = step
        self.host = action.host
        self.steps: list[Step] = change.entry(self.host)["steps"]
        self.journal: JournalFile = change.journal(self.host)
        self.about = about(step)
        self.todo = [each["id"] for each in self.steps]
        self.silo = Silo(action, change)
        self.drained = False
        self.start: Mark | None = None  # of Windows, as observed last
        self.lost: Result = {}
        self.acts_since: float | None = None

    def result(self) -> Result:
        self._tell_of_lost_worker()
        try:
            observation, context = self._observe(*self._requests())
        except RemoteError as error:
            if self.action.check_mode:
                raise
            raise self._left("left", error.reason, str(error), FAILED, "stop") from None
        todo = remaining(self.change.plan, self.host, observation, context)
        self.todo = [each["id"] for each in todo]
        if self.step["id"] not in self.todo:
            return self._nothing("already", "Its goal is reached already.")
        first = self._comes_first(observation, context)
        if first:
            raise self._refusal("order", f"Refused: step {first} comes first.", [])
        observation = self._held(observation, context)
        with self.silo.spared(self.step, observation, context):
            return self._decided(observation, context)

    def _decided(self, observation: Observation, context: Context) -> Result:
        """Carry the step out, if its interlocks let it."""
        observation, context, decision = self._waited_out(*self._decide(observation, context))
        if decision.action == "skip":
            return self._nothing("skipped", f"{decision.reason}.")
        if decision.action == "refuse" and not self._only_unprobed(decision.verdicts):
            message = f"Refused: {decision.reason}."
            raise self._refusal("interlock", message, decision.verdicts)
        if decision.action != "resume":  # what is under way is joined, come what may
            self._as_approved(observation, context)
        joins = decision.action == "resume"
        return self._act(observation, context, decision.verdicts, joins=joins)

    def _tell_of_lost_worker(self) -> None:
        """Another worker had this step and is gone: what it was at, this one finds out."""
        lost = self.action.task_vars.get(LOST)
        if lost is not None and not self.action.check_mode:
            self.journal.append(
                "left", left_step=self.step["id"], reason="worker_lost", plan=self.change.digest,
                message=f"The process {lost} that carried it out was killed; another one goes on.",
            )  # fmt: skip

    def _held(self, observation: Observation, context: Context) -> Observation:
        """The observation once the host is ours, which it is after the begin of a host.

        Also what is under way is not joined while another run has the host: it is that run's.

        :raises ActionError: another run has it.
        """
        if "owner" in self.step["without_brakes"] or observation.part("owner") is UNKNOWN:
            return observation
        if is_free(observation) and not self.action.check_mode:
            try:
                record = self.eye.owner.take(self.change.id, self.change.run())
            except RemoteError as error:
                raise self._refusal(error.reason, str(error), []) from None
            observation = held_by(observation, record)
        if is_anothers(observation, context):
            message = f"Refused: {held_text(observation.part('owner'))}"
            raise self._refusal("owned", message, [])
        return observation

    def _as_approved(self, observation: Observation, context: Context) -> None:
        """:raises ActionError: something else than steps of the plan has changed the host."""
        differs = self.action.difference(self.change, observation, context)
        if differs is None:
            return
        begun = begun_steps(context.journal, self.change.digest)
        status = FAILED if begun else NOT_BEGUN
        raise self._left(
            "refused", "plan_differs", differs.message, status, self.step["on_refusal"],
            differences=differs.differences,
        )  # fmt: skip

    def _decide(self, observation: Observation, context: Context) -> Decided:
        """What is to be done with the step, and what says so."""
        context = self.silo.seen(self.step, observation, context)
        return observation, context, step_decision(self.step, observation, context)

    def _waited_out(
        self, observation: Observation, context: Context, decision: StepDecision
    ) -> Decided:
        """The same, once nothing stands in the way any more that ends by itself; within a bound."""

        def look() -> Decided | None:
            nonlocal observation, context, decision
            missing = unmet(decision.verdicts)
            busy = decision.action == "refuse" and all(map(passes, missing))
            if self.action.check_mode or not busy:
                return observation, context, decision
            progress(f"step {self.step['id']} waits: {said(missing)}")
            observation, context, decision = self._decide(*self._observe(*self._requests()))
            return None

        progress = self.action.progress()
        seconds = self.action.poll_seconds({"poll_seconds": None})
        poll(look, deadline=PASSING_SECONDS, interval=seconds, stop=self.action.stop)
        return observation, context, decision

    def _comes_first(self, observation: Observation, context: Context) -> str | None:
        """The earlier step that remains, or None.

        Some steps leave nothing behind that could be observed (a check, a wait): such a one
        has had its turn if it went well in this run, that is since the last begin. And one that
        had been reached by the begin stays so while nothing speaks against it: what only a
        person has seen is unknown again after the next restart.
        """
        entries = context.journal
        begins = [number for number, entry in enumerate(entries) if entry["kind"] == "begin"]
        here = entries[begins[-1] if begins else 0 :]
        had_its_turn = {
            entry.get("step")
            for entry in here
            if entry["kind"] == "result" and entry["status"] in ("ok", "skipped")
        }
        given = here[0].get("remaining") if begins else None
        reached = {
            step["id"]
            for step in self.steps
            if given is not None
            and step["id"] not in given
            and step["done_when"]
            and not any_fails(step["done_when"], observation, context)
        }
        before = self.todo[: self.todo.index(self.step["id"])]
        return next((step for step in before if step not in had_its_turn | reached), None)

    def _only_unprobed(self, verdicts: list[Verdict]) -> bool:
        """Whether all that is missing is what check mode does not ask for, as it may act."""
        return self.action.check_mode and all(
            verdict.holds is None and check_of(verdict.ref).probes for verdict in unmet(verdicts)
        )

    def _act(
        self, before: Observation, context: Context, guards: list[Verdict], *, joins: bool
    ) -> Result:
        self._announce(joins)
        self._tell_of_the_window(before, context)
        facts = {**self.about, "interlocks": told(guards)}
        if self.action.check_mode:
            result = self._rehearsed()
            if result.get("failed"):
                raise ActionError(
                    str(result.get("reason", "failed")), str(result.get("msg")), **facts
                )
            return {**_shown(result), **facts, "outcome": "possible", "result": result}
        more = self._arguments_of_the_run(before, joins)
        self._note(
            "intent", joins=joins, interlocks=told(guards), observation=observation_digest(before),
            start=self.start, signs=pending_signs(before, self.step.get("target") or ""),
        )  # fmt: skip
        self._state(UNDER_WAY)
        try:
            result, expected = self._carried_out(more)
        except StoppedError as error:
            raise self._failure("interrupted", error.told, {}) from None
        self._result("ok", result=result, expected=expected)
        return {**_shown(result), **facts, "outcome": "done", "result": result}

    def _carried_out(self, more: Result) -> tuple[Result, list[t.Any]]:
        """The module's result, and what was expected of it and is there.

        :raises StoppedError: while the step itself waits.
        """
        result = self._dispatched(more)
        if result.get("failed"):
            raise self._failure(str(result.get("reason", "failed")), str(result.get("msg")), result)
        return result, self._verify(result)

    def _rehearsed(self) -> Result:
        """What the module says that it would do (check mode)."""
        return self.action.dispatch(self.step)

    def _dispatched(self, more: Result) -> Result:
        """The module's result; tried again where only the line to the host failed.

        Every module may be called again at any time: it looks first, and finds its own job.
        """

        def attempt() -> Result:
            result = self.action.dispatch(self.step, **more)
            reason = str(result.get("reason"))
            if result.get("failed") and is_passing(RemoteError(reason, "", "")):
                self.lost = result
                raise RemoteError(reason, str(result.get("msg")), "")
            return result

        try:
            return self.action.patiently(attempt, PATIENCE_SECONDS)
        except RemoteError:
            return self.lost

    def _arguments_of_the_run(self, before: Observation, joins: bool) -> Result:
        """Arguments that are no part of the plan: a new try after a failure, credentials."""
        if self.step["action"] == "msp_patch" and not joins:
            last = [e for e in self.journal.entries() if e.get("step") == self.step["id"]][-1:]
            return {"retry": any(e["kind"] == "result" and e["status"] == "failed" for e in last)}
        if self.step["action"] == "staged_package":
            variables = self.action.task_vars["hostvars"][self.host]
            names = {name: f"legacyops_package_{name}" for name in ("username", "password")}
            return {name: str(variables[v]) for name, v in names.items() if v in variables}
        return {}

    def _verify(self, result: Result) -> list[t.Any]:
        """Look again: the module's word is not enough. Returns what was expected and is there."""
        if not self.step["expect"]:
            return []
        try:
            observation, context = self._observe(request_for(self.step["expect"]))
        except RemoteError as error:
            raise self._failure(error.reason, str(error), result) from None
        missing = step_unproven(self.step, observation, context)
        if missing:
            message = f"It was carried out, but does not show what it should: {said(missing)}."
            raise self._failure("expectation", message, result, unmet=told(missing))
        return list(self.step["expect"])

    def _requests(self) -> list[dict[str, t.Any]]:
        """What this step, the choice of what remains and the comparison with the plan need.

        Only this step may probe.
        """
        mine = step_request(self.step, probe=not self.action.check_mode)
        planned = self.change.entry(self.host)["request"]
        return [mine, planned, *(step_request(step, probe=False) for step in self.steps)]

    def _observe(self, *requests: dict[str, t.Any]) -> tuple[Observation, Context]:
        """Read everything in one start."""
        always = {"want": ["sessions", "system"]}
        request = merge_requests([always, *requests])
        observation = self.action.patiently(lambda: self.eye.observe(request), PATIENCE_SECONDS)
        self.drained = _logons_off(observation)
        self.start = mark_of(observation.part("system"))
        return observation, self.change.context(observation, predicted=self.action.check_mode)

    def _nothing(self, outcome: str, why: str) -> Result:
        if not self.action.check_mode:
            self._result("skipped" if outcome == "skipped" else "ok", why=why)
        return {**self.about, "outcome": outcome, "msg": why}

    def _announce(self, joins: bool) -> None:
        number = [each["id"] for each in self.steps].index(self.step["id"]) + 1
        title = in_language(self.step["title"], self.action.language)
        joined = " (goes on where an earlier run left it)" if joins else ""
        self.action.say(
            f"[{self.host}] step {number} of {len(self.steps)}: {title}"
            f"{clauses(self.step['clause'])}{joined}"
        )

    def _tell_of_the_window(self, observation: Observation, context: Context) -> None:
        """Between two resting points the window's end warns, and never stops anything."""
        window = self.change.window_state(observation, context)
        if window is not None and window.text is not None:
            text = f"[{self.host}] {in_language(window.text, self.action.language)}"
            self.action.say(self.action.paint(text, "yellow"))

    def _refusal(self, reason: str, message: str, guards: list[Verdict]) -> ActionError:
        """The refusal, recorded; nothing has been done to the host by this step."""
        missing = unmet(guards)
        status = NOT_BEGUN if all(map(blameless, missing)) else FAILED
        policy = self.step["on_refusal"]
        return self._left("refused", reason, message, status, policy, interlocks=told(missing))

    def _failure(self, reason: str, message: str, result: Result, **facts: t.Any) -> ActionError:
        """The failure, recorded. Where the vendor's own rollback failed, the change stops."""
        if reason == "stopped":
            policy = self.step["on_refusal"]
            return self._left("refused", reason, message, NOT_BEGUN, policy, result=result)
        unknown = is_passing(RemoteError(reason, "", ""))
        if unknown or reason in STILL_UNDER_WAY:
            status = FAILED if unknown else UNDER_WAY
            return self._left("left", reason, message, status, "stop", result=result)
        broken = self._broken_services() if self.step["action"] == "msp_patch" else ""
        if broken:
            facts["needs_reconfiguration"] = True
            duty = in_language(NEEDS_RECONFIGURATION, self.action.language)
            text = f"{self.host}: after the failed installation {broken}. {duty}"
            self.change.directory.stop_all(text)
            message += f" The change is stopped, no other host begins. {text}"
        policy = self.step["on_failure"]
        return self._left("failed", reason, message, FAILED, policy, result=result, **facts)

    def _broken_services(self) -> str:
        """Which of the services that this step must leave running are not, after a failure.

        A service that is still starting gets its time: IMA may need more than six minutes.
        """
        refs = [*self.step["expect"], *self.step["interlocks"]]
        refs = [ref for ref in refs if ref["check"] == "service_state"]
        if not refs:
            return ""
        request = request_for(refs)

        def look() -> str | None:
            observation = self.action.patiently(lambda: self.eye.observe(request), PATIENCE_SECONDS)
            verdicts = evaluate_all(refs, observation, NO_CHANGE)
            if any(value_of(verdict).course == "coming" for verdict in verdicts):
                return None
            return "; ".join(v.evidence for v in verdicts if v.holds is False)

        try:
            seconds = self.action.poll_seconds({"poll_seconds": None})
            broken: str | None = poll(
                look, deadline=SERVICE_SECONDS, interval=seconds, stop=self.action.stop
            )
        except RemoteError as error:
            return f"its services could not be read ({str(error).removeprefix(f'{self.host}: ')})"
        return "a service does not come up" if broken is None else broken

    def _left(
        self,
        outcome: str,
        reason: str,
        message: str,
        status: str,
        policy: str,
        result: Result | None = None,
        **facts: t.Any,
    ) -> ActionError:
        """Record how the host is left, and bring it back to service where the step says so.

        :param status: what the host is from now on; one that may begin again later (not_begun)
            stays under way in mid-procedure, and as long as its users are locked out.
        """
        if outcome == "left":
            # No result of the step: it may still be coming, and the next run collects it.
            self.journal.append(
                "left", left_step=self.step["id"], reason=reason, message=message,
                plan=self.change.digest, **self._duration(),
            )  # fmt: skip
        elif not self.action.check_mode:
            self._result(outcome, reason=reason, message=message, result=result, **facts)
            if policy == "return_to_service":
                message += self._return_to_service()
        if self.drained:
            message += " New logons are off and stay off."
        if status == NOT_BEGUN and (self.drained or not self.change.rests(self.host)):
            status = UNDER_WAY
        if status == NOT_BEGUN and not self.action.check_mode:
            self._give_back()
        message = f"Step {self.step['id']}: {message.removeprefix(f'{self.host}: ')}"
        if not self.action.check_mode:
            self._state(status, reason=reason, message=message, remaining=self.todo)
        return ActionError(
            reason,
            message,
            outcome=_outcome(outcome, status),
            remaining=self.todo,
            journal=str(self.journal.path),
            **self.about,
            **facts,
        )

    def _give_back(self) -> None:
        """Let go of a host on which nothing of the plan was begun: others may have it."""
        entries = self.journal.entries()
        if any(e["kind"] == "intent" and e.get("plan") == self.change.digest for e in entries):
            return
        with suppress(RemoteError):  # it stays ours, which harms nobody who asks
            self.eye.owner.free(self.change.id, self.change.run())

    def _return_to_service(self) -> str:
        """Carry out the step that lets users in again, under its own interlocks."""
        back = return_step(self.change.plan, self.host)
        if back is None or not self.drained:
            return ""
        try:
            observation, context = self._observe(step_request(back))
        except RemoteError as error:
            return f" Users were not let in again: {error}"
        decision = step_decision(back, observation, context)
        if decision.action != "act":
            return f" Users are not let in again: {decision.reason}."
        self._note("intent", for_step=back["id"], interlocks=told(decision.verdicts))
        result = self.action.dispatch(back)
        failed = bool(result.get("failed"))
        self._result("failed" if failed else "ok", for_step=back["id"], result=result)
        if failed:
            return f" Letting users in again failed: {result.get('msg')}"
        self.drained = False
        return " The server was returned to service: new logons are on again."

    def _state(self, status: str, **more: t.Any) -> None:
        self.change.set_state(self.host, status, step=self.step["id"], **more)

    def _result(self, status: str, **body: t.Any) -> None:
        self._note(
            "result", status=status, restart=self._restart(body.get("result") or {}),
            start=self.start, target=self.step.get("target"), **self._duration(), **body,
        )  # fmt: skip

    def _restart(self, result: Result) -> Result | None:
        """What an installation tells of a restart (journal.restarts); None of any other step."""
        required = self._asks_for_restart(result)
        if required is None or not (required or result.get("changed")):
            return None
        mine = [e for e in self.journal.entries() if e.get("step") == self.step["id"]]
        acted = [e for e in mine if e["kind"] == "intent" and not e.get("joins")][-1:]
        signs = acted[0].get("signs") or [] if acted else []
        return {"required": required, "since": self._installed_in(result), "signs": signs}

    def _installed_in(self, result: Result) -> Mark | None:
        """The start in which the installer ran: it may have been another one than the present."""
        installed = result.get("start")
        if not installed or started_since(installed, self.start).proven is False:
            return self.start
        return dict(installed)

    def _duration(self) -> dict[str, float]:
        """How many seconds the step has acted in this run; empty where it has not."""
        if self.acts_since is None:
            return {}
        return {"seconds": round(time.monotonic() - self.acts_since, 1)}

    def _asks_for_restart(self, result: Result) -> bool | None:
        """Whether an installation asks for a restart; None where the step installs nothing."""
        return result["reboot_required"] is True if "reboot_required" in result else None

    def _note(self, kind: str, **body: t.Any) -> None:
        step = body.pop("for_step", self.step["id"])
        if kind == "intent":
            self.acts_since = time.monotonic()
        self.journal.append(kind, step=step, plan=self.change.digest, **plain(body))


def _outcome(outcome: str, status: str) -> str:
    if status == WAITING:
        return "waiting"
    return "refused" if outcome == "refused" else "failed"


def about(step: Step) -> Result:
    return {"step": step["id"], "clause": list(step["clause"])}


def _shown(result: Result) -> Result:
    """What of the module's result the task shows as its own."""
    return {key: result[key] for key in ("changed", "diff", "warnings") if key in result}


def told(verdicts: list[Verdict]) -> list[dict[str, t.Any]]:
    return [{"ref": v.ref, "holds": v.holds, "evidence": v.evidence} for v in verdicts]


def said(verdicts: list[Verdict]) -> str:
    """What does not hold, or is not known, with what was seen instead."""
    return refusal(verdicts)["en"]


def _logons_off(observation: Observation) -> bool:
    """Whether the host certainly refuses new logons."""
    data = observation.part("sessions")
    if not isinstance(data, Mapping):
        return False
    return data.get("logons_disabled") is True or data.get("drain_mode") in (1, 2)
