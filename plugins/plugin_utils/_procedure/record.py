# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written of one step: its entries in the journal, and how it leaves its host."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from .._action import ActionError, plain
from .._core.actions import action_of, installed_by
from .._core.checks import Verdict, blameless, unmet
from .._core.compare import begun_steps
from .._core.context import FAILED, NOT_BEGUN, UNDER_WAY, WAITING
from .._core.entry import Entry
from .._core.model import Ref
from .._core.observation import Observation, observation_digest
from .._core.records import Step
from .._core.windows.checks import pending_signs
from .._core.windows.starts import Mark, mark_of, started_since
from .._io.failures import is_passing
from .._io.remote import RemoteError
from .change import Change
from .hooks import Hooks

if TYPE_CHECKING:
    from .action import Differs
    from .step import Result, StepAction

# Reasons after which the work on the host may still go on by itself: the next run joins it.
# An installation of somebody else's that lasts: the next run tries again.
STILL_UNDER_WAY = ("interrupted", "deadline", "locked", "installer_busy")


class Record:
    """The record of one step.

    returns: gives the server back to its users, where the step says so after it was refused
        or has failed; what came of it, in words.
    """

    def __init__(
        self,
        action: StepAction,
        change: Change,
        step: Step,
        hooks: Hooks,
        returns: Callable[[], str],
    ) -> None:
        self._action, self._change, self._step, self._hooks = action, change, step, hooks
        self._returns = returns
        self._host = action.host
        self.journal = change.journal(action.host)
        self.about = about(step)
        self.todo = [each.id for each in change.entry(action.host)["steps"]]
        self.drained = False
        self._start: Mark | None = None  # of the Windows that is acted on, as observed last
        self._acts_since: float | None = None

    def saw(self, observation: Observation) -> None:
        """Keep of a look what entries are made of."""
        self.drained = _logons_off(observation)
        self._start = mark_of(observation.system(self._step.node))

    # --- What goes well ---------------------------------------------------------------------

    def lost_worker(self, process: Any) -> None:
        """Another worker was at this step and is gone: what it was at, this one finds out.

        Where it had several steps, the first of them that has not had its turn tells of it.
        """
        message = f"The process {process} that carried it out was killed; another one goes on."
        if any(entry.message == message for entry in self.journal.entries()):
            return
        self.journal.append(
            "left", left_step=self._step.id, reason="worker_lost", plan=self._change.digest,
            message=message,
        )  # fmt: skip

    def intent(self, before: Observation, guards: list[Verdict], *, joins: bool) -> None:
        """The act begins now."""
        self.note(
            "intent", joins=joins, interlocks=told(guards), observation=observation_digest(before),
            start=self._start, signs=pending_signs(before, self._step.node or ""),
            installs=installed_by(self._step) if self._step.node is None else None,
        )  # fmt: skip
        self._state(UNDER_WAY)

    def ended(self, result: Result, expected: list[Ref]) -> None:
        """It went well."""
        self.result("ok", result=result, expected=expected)

    def nothing(self, outcome: str, why: str) -> Result:
        """Nothing was to be done."""
        if not self._action.check_mode:
            self.result("skipped" if outcome == "skipped" else "ok", why=why)
        return {**self.about, "outcome": outcome, "msg": why}

    # --- What does not: each of these is raised ---------------------------------------------

    def refused(self, reason: str, message: str, guards: list[Verdict]) -> ActionError:
        """Nothing has been done to the host by this step."""
        missing = unmet(guards)
        status = NOT_BEGUN if all(map(blameless, missing)) else FAILED
        return self._left(
            "refused", reason, message, status, self._step.on_refusal, interlocks=told(missing)
        )

    def differs(self, found: Differs) -> ActionError:
        """Something else than steps of the plan has changed the host."""
        begun = begun_steps(self.journal.entries(), self._change.digest)
        return self._left(
            "refused", "plan_differs", found.message, FAILED if begun else NOT_BEGUN,
            self._step.on_refusal, differences=found.differences,
        )  # fmt: skip

    def unread(self, error: RemoteError) -> ActionError:
        """The host did not answer, before anything was done."""
        return self._left("left", error.reason, str(error), FAILED, "stop")

    def waits(self, message: str) -> ActionError:
        """A person has to act, and has been told what to do."""
        return self._left("left", "waiting_operator", message, WAITING, "stop")

    def failed(self, reason: str, message: str, result: Result, **facts: Any) -> ActionError:
        """The act failed, or may not have ended. What another try cannot mend stops the change."""
        if reason == "stopped":
            policy = self._step.on_refusal
            return self._left("refused", reason, message, NOT_BEGUN, policy, result=result)
        unknown = is_passing(RemoteError(reason, "", ""))
        if unknown or reason in STILL_UNDER_WAY:
            status = FAILED if unknown else UNDER_WAY
            return self._left("left", reason, message, status, "stop", result=result)
        broken = self._hooks.broken(self._step)
        if broken:
            facts["needs_reconfiguration"] = True
            text = f"{self._host}: {broken}"
            self._change.directory.stop_all(text)
            message += f" The change is stopped, no other host begins. {text}"
        policy = self._step.on_failure
        return self._left("failed", reason, message, FAILED, policy, result=result, **facts)

    def failed_before(self, entry: Entry) -> ActionError:
        """A lost worker has it on record that the act failed; how its host is left may not be."""
        reason, message = str(entry.reason), str(entry.message)
        return self._left(
            "failed", reason, message, FAILED, self._step.on_failure, result=entry.result
        )

    def _left(
        self,
        outcome: str,
        reason: str,
        message: str,
        status: str,
        policy: str,
        result: Result | None = None,
        **facts: Any,
    ) -> ActionError:
        """Record how the host is left, and bring it back to service where the step says so.

        status: what the host is from now on; one that may begin again later (not_begun)
            stays under way in mid-procedure, and as long as its users are locked out.
        """
        if outcome == "left":
            # No result of the step: it may still be coming, and the next run collects it.
            self.journal.append(
                "left", left_step=self._step.id, reason=reason, message=message,
                plan=self._change.digest, **self._duration(),
            )  # fmt: skip
        elif not self._action.check_mode:
            self.result(outcome, reason=reason, message=message, result=result, **facts)
            if policy == "return_to_service":
                message += self._returns()
        if self.drained:
            message += " New logons are off and stay off."
        if status == NOT_BEGUN and (self.drained or not self._change.rests(self._host)):
            status = UNDER_WAY
        message = f"Step {self._step.id}: {message.removeprefix(f'{self._host}: ')}"
        if not self._action.check_mode:
            if status == NOT_BEGUN:
                self._give_back()
            self._state(status, reason=reason, message=message, remaining=self.todo)
            self._hooks.note_head(str(self.journal.entries()[-1].hash))
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
        entries, plan = self.journal.entries(), self._change.digest
        if any(e.kind == "intent" and e.plan == plan for e in entries):
            return
        with suppress(RemoteError):  # it stays ours, which harms nobody who asks
            self._hooks.observer.owner.free(self._change.id, self._change.run())

    # --- The entries ------------------------------------------------------------------------

    def note(self, kind: str, **body: Any) -> None:
        """Append an entry about this step, or about another one (for_step)."""
        step = body.pop("for_step", self._step.id)
        if kind == "intent":
            self._acts_since = time.monotonic()
        self.journal.append(kind, step=step, plan=self._change.digest, **plain(body))

    def result(self, status: str, **body: Any) -> None:
        """Append a step's result."""
        self.note(
            "result", status=status, restart=self._restart(body.get("result") or {}),
            start=self._start, node=self._step.node, **self._duration(), **body,
        )  # fmt: skip

    def _state(self, status: str, **more: Any) -> None:
        self._change.set_state(self._host, status, step=self._step.id, **more)

    def _duration(self) -> dict[str, float]:
        """How many seconds the step has acted in this run; empty where it has not."""
        if self._acts_since is None:
            return {}
        return {"seconds": round(time.monotonic() - self._acts_since, 1)}

    def _restart(self, result: Result) -> Result | None:
        """What an installation tells of a restart (journal.restarts); None of any other step."""
        owes = action_of(self._step).owes_restart(self._step.arguments)
        required = result["reboot_required"] is True if "reboot_required" in result else None
        required = (owes and result.get("changed") is True) or required
        if required is None or not (required or result.get("changed")):
            return None
        mine = [e for e in self.journal.entries() if e.step == self._step.id]
        acted = [e for e in mine if e.kind == "intent" and not e.joins][-1:]
        signs = acted[0].signs or [] if acted else []
        return {"required": required, "since": self._installed_in(result), "signs": signs}

    def _installed_in(self, result: Result) -> Mark | None:
        """The start in which the installer ran: it may have been another one than the present."""
        installed = result.get("start")
        if not installed or started_since(installed, self._start).proven is False:
            return self._start
        return dict(installed)


def about(step: Step) -> Result:
    """What every result says of its step."""
    return {"step": step.id, "clause": list(step.clause)}


def told(verdicts: list[Verdict]) -> list[dict[str, Any]]:
    """Verdicts as they stand in an entry; what does not hold, with the value that was read."""
    return [{"ref": v.ref, "holds": v.holds, "evidence": v.evidence, **_value(v)} for v in verdicts]


def _value(verdict: Verdict) -> dict[str, str | int]:
    value = verdict.value
    return {"value": value} if verdict.holds is False and isinstance(value, (str, int)) else {}


def _outcome(outcome: str, status: str) -> str:
    if status == WAITING:
        return "waiting"
    return "refused" if outcome == "refused" else "failed"


def _logons_off(observation: Observation) -> bool:
    """Whether the host certainly refuses new logons."""
    data = observation.part("sessions")
    if not isinstance(data, Mapping):
        return False
    return data.get("logons_disabled") is True or data.get("drain_mode") in (1, 2)
