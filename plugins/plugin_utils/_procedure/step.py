# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One step on one host: look, decide, intend, act, look again, record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from .._action import ActionError
from .._core.actions import action_of
from .._core.checks import Verdict, any_fails, check_of, evaluate_all, unmet
from .._core.conditions import refusal
from .._core.decision import Decision, decide, remaining, return_step, unproven
from .._core.entry import Entry
from .._core.model import Ref
from .._core.observation import UNKNOWN, Observation, Request, merge_requests
from .._core.people import GO_AHEAD
from .._core.plan import part_request, step_request
from .._core.records import Step
from .._io.failures import is_passing
from .._io.remote import RemoteError
from .._io.steady import LOST
from .._io.waiting import StoppedError
from .action import ProcedureAction
from .change import Change
from .hooks import PATIENCE_SECONDS, Hooks
from .journal import now
from .owner import held_by, held_text, is_anothers, is_free
from .people import Look, NobodyYetError, People, WentWrongError, names
from .record import Record, told
from .silo import Silo
from .text import called, in_language
from .until import Seen, Until

Result = dict[str, Any]
# Read with whatever else: whether users are kept out, and when Windows was started.
ALWAYS: Request = {"want": ["sessions", "system"]}


class StepAction(ProcedureAction):
    """The action that runs a step: it also runs the step's own module."""

    language: str

    def dispatch(self, step: Step, **more: Any) -> Result:
        """Run the step's module as a task of its own would.

        more: arguments that belong to this run and not to the plan.
        """
        raise NotImplementedError


class StepRun:
    """One step on one host.

    hooks: what is special about this kind of system.
    """

    def __init__(self, action: StepAction, hooks: Hooks, change: Change, step: Step) -> None:
        self.action, self.hooks, self.change, self.step = action, hooks, change, step
        self.host = action.host
        self.steps: list[Step] = change.entry(self.host)["steps"]
        self.record = Record(action, change, step, hooks, self._return_to_service)
        self.people = People(action, change, step, self.record.note)
        self.until = Until(action, step, self._look)
        self.silo = Silo(action, change)
        self.began = now()
        self.before: Observation | None = None  # the step; None until it is decided about

    def result(self) -> Result:
        """Carry the step out; the result of its task.

        Raises ActionError: it is refused, has failed, or waits for a person; which is on record.
        """
        try:
            return self._result()
        except NobodyYetError as error:
            raise self.record.waits(str(error)) from None
        except WentWrongError as error:
            raise self.record.failed("reported", str(error), error.result) from None

    def _result(self) -> Result:
        if self._lost_worker is not None and self.step.id in had_its_turn(self._entries()):
            return {**self.record.about, "outcome": "already", "msg": "A lost worker has done it."}
        self._take_over()
        seen = self._first_look()
        failed = self._failed_before()
        if failed is not None:
            raise self.record.failed_before(failed)
        todo = [step.id for step in remaining(self.change.plan, self.host, *seen)]
        self.record.todo = todo
        if self.step.id not in todo:
            return self.record.nothing("already", "Its goal is reached already.")
        first = self._comes_first(todo, seen)
        if first:
            raise self.record.refused("order", f"Refused: step {first} comes first.", [])
        seen = self._held(seen)
        with self.silo.spared(self.step, *seen):
            seen, decision = self._decided(seen)
            if decision.action == "skip":
                return self.record.nothing("skipped", f"{decision.reason}.")
            self._guard(seen, decision)
            return self._act(seen, decision)

    # --- Look -------------------------------------------------------------------------------

    def _take_over(self) -> None:
        """Note what has come while no run was there: a lost worker, people's answers."""
        if self.action.check_mode:
            return
        if self._lost_worker is not None:
            self.record.lost_worker(self._lost_worker)
        self.people.take_answers(self.hooks.suffixes)

    @property
    def _lost_worker(self) -> Any:
        """The process that had this task before; None: there was none."""
        return self.action.task_vars.get(LOST)

    def _failed_before(self) -> Entry | None:
        """The result of a lost worker that failed and could not tell so: another try is a person's.

        Not where somebody has begun it anew, or answered, since.
        """
        if self._lost_worker is None or self.action.check_mode:
            return None
        here = [e for e in _since_begin(self._entries()) if e.step == self.step.id]
        last = here[-1] if here else None
        return last if last and last.kind == "result" and last.status == "failed" else None

    def _first_look(self) -> Seen:
        try:
            return self._look()
        except RemoteError as error:
            if self.action.check_mode:
                raise
            raise self.record.unread(error) from None

    def _look(self, *requests: Request) -> Seen:
        """Read everything in one start: what is asked for, or all that the step needs."""
        request = merge_requests([ALWAYS, *(requests or self._requests())])
        since = None if self.before is None else _day_before(self.began)
        observation = self.action.patiently(
            lambda: self.hooks.observer.observe(request, since), PATIENCE_SECONDS
        )
        self.record.saw(observation)
        context = self.change.context(observation, predicted=self.action.check_mode)
        if self.before is not None:  # the first look judges as the queue has judged
            context = context.at_step(self.before, self.began)
        return Seen(observation, context)

    def _requests(self) -> list[Request]:
        """What this step, the choice of what remains and the comparison with the plan need.

        Only this step may probe.
        """
        mine = step_request(self.step, probe=not self.action.check_mode)
        return [mine, part_request(self.change.entry(self.host))]

    def _comes_first(self, todo: list[str], seen: Seen) -> str | None:
        """The earlier step that remains, or None.

        Some steps leave nothing behind that could be observed (a check, a wait): such a one
        has had its turn if it went well in this run, that is since the last begin. And one that
        had been reached by the begin stays so while nothing speaks against it: what only a
        person has seen is unknown again after the next restart.
        """
        here = _since_begin(seen.context.journal)
        given = here[0].remaining if here and here[0].kind == "begin" else None
        reached = {
            step.id
            for step in self.steps
            if given is not None
            and step.id not in given
            and step.done_when
            and not any_fails(step.done_when, *seen)
        }
        before = todo[: todo.index(self.step.id)]
        passed = had_its_turn(here) | reached
        return next((step for step in before if step not in passed), None)

    def _after(self) -> Request:
        """What to look at after an act: all that it should have brought, and the next one needs."""
        return merge_requests([ALWAYS, part_request(self.change.entry(self.host))])

    def _held(self, seen: Seen) -> Seen:
        """The same once the host is ours, which it is after the begin of a host.

        Also what is under way is not joined while another run has the host: it is that run's.

        Raises ActionError: another run has it.
        """
        observation, context = seen
        if "owner" in self.step.without_brakes or observation.part("owner") is UNKNOWN:
            return seen
        if is_free(observation) and not self.action.check_mode:
            try:
                record = self.hooks.observer.owner.take(self.change.id, self.change.run())
            except RemoteError as error:
                raise self.record.refused(error.reason, str(error), []) from None
            observation = held_by(observation, record)
        if is_anothers(observation, context):
            message = f"Refused: {held_text(observation.part('owner'))}"
            raise self.record.refused("owned", message, [])
        return Seen(observation, context)

    # --- Decide -----------------------------------------------------------------------------

    def _decided(self, seen: Seen) -> tuple[Seen, Decision]:
        """What is to be done, once people have told what only they see, and what passes is over."""
        seen, decision = self._decide(seen)
        if self.action.check_mode:
            return seen, decision
        if decision.action in ("wait", "refuse"):
            looks = self.hooks.looks(self.step, unmet(decision.verdicts))
            for look in looks:
                self.people.look(look)
            if looks:
                seen = self._look()
                decision = decide(self.step, *seen)
        if decision.action == "wait":
            return self.until.begun(seen, decision)
        return self.until.free(seen, decision, self._decide)

    def _decide(self, seen: Seen) -> tuple[Seen, Decision]:
        """The decision on a look that is the last one before the step."""
        self.before = seen.observation
        context = self.silo.seen(self.step, *seen).at_step(self.before, self.began)
        seen = Seen(seen.observation, context)
        return seen, decide(self.step, *seen)

    def _guard(self, seen: Seen, decision: Decision) -> None:
        """Raises ActionError: an interlock forbids it, or the host is not as it was approved."""
        if decision.action in ("wait", "refuse") and not self._only_unprobed(decision.verdicts):
            message = f"Refused: {self._said(decision.verdicts)}."
            raise self.record.refused("interlock", message, decision.verdicts)
        if decision.action == "resume":
            return  # what is under way is joined, come what may
        differs = self.action.difference(self.change, *seen)
        if differs is not None:
            raise self.record.differs(differs)

    def _only_unprobed(self, verdicts: list[Verdict]) -> bool:
        """Whether all that is missing is what check mode does not ask for, as it may act."""
        return self.action.check_mode and all(
            verdict.holds is None and check_of(verdict.ref).probes for verdict in unmet(verdicts)
        )

    # --- Intend, act, look again ------------------------------------------------------------

    def _act(self, seen: Seen, decision: Decision) -> Result:
        joins = decision.action == "resume"
        self._announce(seen, joins)
        facts = {**self.record.about, "interlocks": told(decision.verdicts)}
        if self.action.check_mode:
            return {**self._rehearsed(facts), **facts, "outcome": "possible"}
        more = self.hooks.arguments(self.step, seen.observation, seen.context.journal)
        self.record.intent(seen.observation, decision.verdicts, joins=joins)
        self.hooks.observer.look_after_acts(self._after())
        if action_of(self.step).looks and unproven(self.step, *seen):
            self.action.last_look.forget()  # what it is to prove may have come true by the look
        try:
            result = self._done(decision, more)
            if result.get("failed"):
                reason = str(result.get("reason", "failed"))
                raise self.record.failed(reason, str(result.get("msg")), result)
            self.hooks.acted(self.step, result)
            expected = self._proven(result)
        except StoppedError as error:
            raise self.record.failed("interrupted", error.told, {}) from None
        self.record.ended(result, expected)
        return {**_shown(result), **facts, "outcome": "done", "result": result}

    def _announce(self, seen: Seen, joins: bool) -> None:
        """Tell of the step, and of the window: between two resting points its end only warns."""
        number = [each.id for each in self.steps].index(self.step.id) + 1
        title = called(self.step, self.action.language)
        joined = " (goes on where an earlier run left it)" if joins else ""
        self.action.say(f"[{self.host}] step {number} of {len(self.steps)}: {title}{joined}")
        window = self.change.window_state(*seen)
        if window is not None and window.text is not None:
            text = f"[{self.host}] {in_language(window.text, self.action.language)}"
            self.action.say(self.action.paint(text, "yellow"))

    def _rehearsed(self, facts: Result) -> Result:
        """What the step says that it would do (check mode).

        Raises ActionError: its module would fail.
        """
        by_person = self.hooks.persons_part(self.step) is not None
        if by_person or action_of(self.step).waits:
            text = in_language(self.step.title, self.action.language)
            result = {"changed": by_person, "msg": text}
        else:
            result = self.action.dispatch(self.step)
        if result.get("failed"):
            raise ActionError(str(result.get("reason", "failed")), str(result.get("msg")), **facts)
        return {**_shown(result), "result": result}

    def _done(self, decision: Decision, more: Result) -> Result:
        """The result of the act: by an earlier run, by a person, or by the step's module."""
        if decision.only_waits or action_of(self.step).waits:
            return {"changed": False, "msg": "Waited for what it brings about."}
        instruction = self.hooks.persons_part(self.step)
        if instruction is not None:
            if self.until.started(self.hooks.seconds_of_start(self.step, self._entries())):
                return {"changed": False, "msg": "It answers by now; nobody has to look."}
            return {"changed": True, "confirmation": self.people.ask(instruction).record()}
        if self.step.by != "operator" and self.change.control.needs_second_name(self.step):
            self._two_answer_for_it()
        result = self._by_module(more)
        if result.get("reason") != "waiting_operator":
            return result
        asked = [*self.step.instruction, {"clause": None, **result["instruction"]}]
        given = self.people.ask(asked)
        if self.step.by != "operator":
            self._guard_again()
        return self._by_module({**more, "confirmed_by": names(given)})

    def _entries(self) -> list[Entry]:
        return self.record.journal.entries()

    def _by_module(self, more: Result) -> Result:
        """The module's result; it is called again where only the line to the host failed.

        Every module may be called again at any time: it looks first, and finds its own job. Only
        that a failed one is to be tried again is said once: what is found then is of this try.
        """
        result: Result = {}
        again = {**more, "retry": False} if "retry" in more else more
        given = iter([more])

        def attempt() -> Result:
            nonlocal result
            result = self.action.dispatch(self.step, **next(given, again))
            reason = str(result.get("reason"))
            if result.get("failed") and is_passing(RemoteError(reason, "", "")):
                raise RemoteError(reason, str(result.get("msg")), "")
            return result

        def act() -> Result:
            try:
                return self.action.patiently(attempt, PATIENCE_SECONDS)
            except RemoteError:
                return result

        return self.until.taken(act, self._guard_again)

    def _two_answer_for_it(self) -> None:
        """Two people answer for what is about to be done without a person's hand."""
        title = self.step.title
        words = {
            each: f"{text} {in_language(title, each)}" for each, text in self.hooks.go_ahead.items()
        }
        self.people.look(Look(GO_AHEAD, words, second_name=True))
        self._guard_again()

    def _guard_again(self) -> None:
        """A person has taken time: what the driver's act rests on must hold now, too.

        What only a person sees was seen before the step.

        Raises ActionError: it does not.
        """
        refs = [ref for ref in self.step.interlocks if not check_of(ref).running]
        missing = unmet(evaluate_all(refs, *self._look()))
        if missing and not self.hooks.would_be_told(missing):
            message = f"Refused after the confirmation: {self._said(missing)}."
            raise self.record.refused("interlock", message, missing)

    def _said(self, verdicts: list[Verdict]) -> str:
        """What does not hold, or is not known, and what was seen instead, in the run's language."""
        return in_language(refusal(verdicts), self.action.language)

    def _proven(self, result: Result) -> list[Ref]:
        """Look again: the module's word is not enough. What was expected, and is there.

        Raises ActionError: it is not there.
        """
        if not self.step.expect:
            return []
        try:
            missing = self.until.expected(self.hooks, self.people, self._after())
        except RemoteError as error:
            raise self.record.failed(error.reason, str(error), result) from None
        if missing:
            said = self._said(missing)
            message = f"It was carried out, but does not show what it should: {said}."
            raise self.record.failed("expectation", message, result, unmet=told(missing))
        return list(self.step.expect)

    # --- Back to service --------------------------------------------------------------------

    def _return_to_service(self) -> str:
        """Carry out the step that lets users in again, under its own interlocks."""
        back = return_step(self.change.plan, self.host)
        if back is None or not self.record.drained:
            return ""
        try:
            seen = self._look(step_request(back))
        except RemoteError as error:
            return f" Users were not let in again: {error}"
        decision = decide(back, *seen)
        if decision.action != "act":
            return f" Users are not let in again: {decision.reason}."
        self.record.note("intent", for_step=back.id, interlocks=told(decision.verdicts))
        result = self.action.dispatch(back)
        failed = bool(result.get("failed"))
        self.record.result("failed" if failed else "ok", for_step=back.id, result=result)
        if failed:
            return f" Letting users in again failed: {result.get('msg')}"
        self.record.drained = False
        return " The server was returned to service: new logons are on again."


def _since_begin(entries: Sequence[Entry]) -> Sequence[Entry]:
    """The journal from the host's last begin on; all of it where there is none."""
    begins = [number for number, entry in enumerate(entries) if entry.kind == "begin"]
    return entries[begins[-1] if begins else 0 :]


def had_its_turn(entries: Sequence[Entry]) -> set[str | None]:
    """The steps that went well in this run."""
    return {
        entry.step
        for entry in _since_begin(entries)
        if entry.kind == "result" and entry.status in ("ok", "skipped")
    }


def _shown(result: Result) -> Result:
    """What of the module's result the task shows as its own."""
    return {key: result[key] for key in ("changed", "diff", "warnings") if key in result}


def _day_before(utc: str) -> str:
    """From when events are read: a node's clock may be behind; what is new, the check tells."""
    return (datetime.fromisoformat(utc) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
