# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One step on an FT system: besides what a step is anyway, it asks people and waits for machines.

What a step expects comes true minutes or hours after the act (a start with chkdsk, a mirror
copy): it is looked for until the step's deadline. What only a person can do or see is asked for
and becomes a record; the run waits for it, or ends and goes on with the next run.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from ansible.errors import AnsibleError
from ansible.utils.display import Display

from ..._action import ActionError
from ..._core.actions import action_of, answers_to, effect_of
from ..._core.checks import Verdict, check_of, evaluate_all, request_for, unmet, value_of
from ..._core.context import WAITING, Context
from ..._core.ft.machine_checks import SCREENS
from ..._core.ft.observed import node_record
from ..._core.ft.reported import (
    BOARD,
    BOARD_LOOK,
    GO_AHEAD,
    LOOKS,
    SCREEN_LOOKS,
    STARTING,
    STOPPING,
    UPDATE,
    UPDATE_LOOK,
)
from ..._core.ft.system import COSERVERS, TITLES
from ..._core.model import Ref, Step
from ..._core.observation import UNKNOWN, Observation, merge_requests
from ..._core.plan import StepDecision, step_decision, step_unproven, was_begun
from ..._core.windows.starts import mark_of
from ..._io.confirmations import Confirmation, ConfirmationError, Confirmations, Request
from ..._io.remote import RemoteError
from ..._io.waiting import poll
from ..change import Change
from ..command import confirm_command, confirm_line
from ..journal import now
from ..step import PATIENCE_SECONDS, Decided, Result, StepAction, StepRun, said, told
from ..text import in_language
from .observer import FtEye
from .text import asked_line, asked_text

# After these a node comes up, or is on its way down.
_STARTS: t.Final = ("restarts", "switches_on", "switches_off")
_LOOK_AT_BOARD: t.Final = {
    "en": "Look at Endurance Manager and say what it shows.",
    "ja": "Endurance Manager の表示を確認し、報告してください。",
}
_LOOK_AT_SCREEN: t.Final = {
    "en": "Look at the screen of {node} and say what it shows. Press nothing.",
    "ja": "{node} の画面の表示を確認し、報告してください。操作はしないでください。",
}
_LOOK_FOR_UPDATE: t.Final = {
    "en": "On {node}, look whether {update} is in the list of installed programs, and whether its "
    "folder $NtUninstall{update}$ is in %windir%.",
    "ja": "{node} の「プログラムの追加と削除」に {update} があるか、%windir% に "
    "$NtUninstall{update}$ フォルダーがあるかを確認してください。",
}
_GO: t.Final = {
    "en": "Two people answer for it. Look at both machines and say that the driver may go ahead:",
    "ja": "2 名での確認が必要です。両方の機械を確認し、ドライバーによる実施を承認してください:",
}


class FtRun(StepRun):
    """One step on one FT system."""

    eye: FtEye

    def __init__(
        self,
        action: StepAction,
        eye: FtEye,
        change: Change,
        step: Step,
        variables: Mapping[str, t.Any],
    ) -> None:
        super().__init__(action, eye, change, step)
        self.variables = variables
        self.target = str(step["target"] or "")
        self.desk = Confirmations(change.directory.root)
        self.began = now()
        self.before: Observation | None = None
        self.only_waits = False

    # --- Looking ----------------------------------------------------------------------------

    def result(self) -> Result:
        if not self.action.check_mode:
            self._take_answers()
        return super().result()

    def _observe(self, *requests: dict[str, t.Any]) -> tuple[Observation, Context]:
        request = merge_requests(requests)
        observation = self.action.patiently(
            lambda: self.eye.observe(request, _day_before(self.began) if self.before else None),
            PATIENCE_SECONDS,
        )
        record = node_record(observation, self.target)
        self.start = mark_of(record.get("system"))
        context = self.change.context(observation, predicted=self.action.check_mode)
        # The first look judges as the queue has judged.
        return observation, context.at_step(self.before, self.began) if self.before else context

    # --- Deciding ---------------------------------------------------------------------------

    def _decide(self, observation: Observation, context: Context) -> Decided:
        self.before = observation
        context = context.at_step(observation, self.began)
        decision = step_decision(self.step, observation, context)
        begun = self._was_begun(context.journal, decision.verdicts)
        confirmed = begun and self._was_confirmed(context.journal)
        # What nothing shows (a logon) is not asked for again once a person has said it.
        told = confirmed and action_of(self.step).word_alone(self.step["arguments"])
        # Nor is it left out, or refused, because of what its own asking has outdated.
        asked = begun and unmet(decision.verdicts) and self.step["by"] == "operator"
        if asked or (told and decision.action == "act"):
            self.only_waits = confirmed
            joined = StepDecision("resume", "a person has it", decision.verdicts)
            return observation, context, joined
        looks = self._looks_that_tell(decision.verdicts) if decision.action == "refuse" else []
        if looks:
            for look in looks:
                look()
            observation, context = self._observe(*self._requests())
            decision = step_decision(self.step, observation, context)
        if decision.action == "refuse" and begun:
            return self._waited_for(observation, context, decision)
        return observation, context, decision

    def _was_confirmed(self, entries: Sequence[Mapping[str, t.Any]]) -> bool:
        """Whether a person has said that the act is done which an earlier run asked for."""
        mine = [entry for entry in entries if entry.get("step") == self.step["id"]]
        since = max(number for number, entry in enumerate(mine) if entry["kind"] == "intent")
        told = [entry["confirmation"] for entry in mine[since:] if entry["kind"] == "confirmation"]
        return any(
            each["step"] == self.step["id"] and not self._is_on_its_way(each["saw"])
            for each in told
        )

    def _waited_for(
        self, observation: Observation, context: Context, refusal: StepDecision
    ) -> Decided:
        """Wait for what an earlier run has begun: until it is there, or the step may act again.

        Where neither comes within the step's deadline, it is refused as it was at first.
        """
        progress = self.action.progress()

        def look() -> Decided | None:
            seen, now_context = self._observe(*self._requests())
            if self.step["expect"] and not step_unproven(self.step, seen, now_context):
                self.only_waits = True
                joined = StepDecision("resume", "an earlier run began it", refusal.verdicts)
                return seen, now_context, joined
            decision = step_decision(self.step, seen, now_context)
            if decision.action != "refuse":
                return seen, now_context, decision
            progress(f"step {self.step['id']} was begun by an earlier run; {decision.reason}")
            return None

        seconds = float(self.step["arguments"].get("deadline_seconds", 0))
        return self._poll(look, seconds) or (observation, context, refusal)

    def _was_begun(
        self, entries: Sequence[Mapping[str, t.Any]], verdicts: Sequence[Verdict]
    ) -> bool:
        """Whether an earlier run began the act, and all that is missing is what comes of that."""
        settles = all(check_of(verdict.ref).settles for verdict in unmet(verdicts))
        return settles and was_begun(self.step, entries)

    def _looks_that_tell(self, verdicts: Sequence[Verdict]) -> list[t.Callable[[], None]]:
        """What to ask a person, where that may tell all that is missing; empty otherwise."""
        missing = unmet(verdicts)
        listed = [verdict for verdict in missing if self._is_listed(verdict)]
        screens = {node for v in missing if (node := self._unseen_screen(v)) is not None}
        rest = [v for v in missing if v not in listed and self._unseen_screen(v) is None]
        if self.action.check_mode or (rest and not self._board_would_tell(rest)):
            return []
        looks: list[t.Callable[[], None]] = [self._look_for_update] if listed else []
        looks += [partial(self._look_at_screen, node) for node in sorted(screens)]
        return [*looks, self._look_at_board] if rest else looks

    def _unseen_screen(self, verdict: Verdict) -> str | None:
        """The node at whose screen a person sees what is missing; None where it is no screen."""
        given = verdict.ref.get("with", {})
        node = given.get("node") or given.get("coserver")
        if check_of(verdict.ref).seen_at != "screen" or node not in COSERVERS:
            return None
        by_hand = self.eye.form[node]["access"] == "operator"
        return node if by_hand and _may_still_come(verdict) else None

    def _is_listed(self, verdict: Verdict) -> bool:
        """Whether a person at the step's node sees in its list of programs what is missing."""
        given = verdict.ref.get("with", {})
        return (
            verdict.holds is None
            and check_of(verdict.ref).seen_at == "programs"
            and list(given["nodes"]) == [self.target]
            and given["update"]["id"] == self.step["arguments"].get("update")
            and bool(self.eye.form[self.target]["access"] == "operator")
        )

    def _board_would_tell(self, verdicts: Sequence[Verdict]) -> bool:
        """Whether all that is missing is what a person would see in Endurance Manager."""
        if self.action.check_mode or self.eye.form["endurance"]["driver"] != "operator":
            return False
        missing = unmet(verdicts)
        return bool(missing) and all(
            self._is_on_the_board(verdict.ref) and _may_still_come(verdict) for verdict in missing
        )

    def _is_on_the_board(self, ref: Ref) -> bool:
        """Whether Endurance Manager shows it; so it does whether the FTvirtual Server runs."""
        if check_of(ref).seen_at == "screen" and ref["with"].get("node") == "ftvirtual":
            return bool(self.eye.form["ftvirtual"]["access"] == "operator")
        return check_of(ref).seen_at == "board"

    # --- Acting -----------------------------------------------------------------------------

    def _arguments_of_the_run(self, before: Observation, joins: bool) -> Result:
        if effect_of(self.step) not in ("switches_on", "switches_off"):
            return super()._arguments_of_the_run(before, joins)
        peer = next(name for name in COSERVERS if name != self.target)
        power = before.data["power"]
        driven = power[peer]["driver"] != "operator" and power[peer]["state"] in ("on", "off")
        return {
            "wiring_proven": power[self.target]["wiring"] == "proven",
            "machine_uuid": power[self.target].get("machine_uuid"),
            "peer_uuid": power[peer].get("machine_uuid"),
            **({"peer_state": power[peer]["state"]} if driven else {}),
        }

    def _rehearsed(self) -> Result:
        if self.step["action"] in ("operator_confirm", "endurance_info"):
            text = in_language(self.step["title"], self.action.language)
            return {"changed": self.step["action"] == "operator_confirm", "msg": text}
        return super()._rehearsed()

    def _dispatched(self, more: Result) -> Result:
        if self.only_waits or action_of(self.step).waits:
            return {"changed": False, "msg": "Waited for what it brings about."}
        if self.step["action"] == "operator_confirm":
            return self._asked_for(self.step["instruction"])
        if action_of(self.step).fetches and self.eye.relay is None:
            return self._asked_for([_at_hand(self.step)])
        if self.step["by"] != "operator" and self.change.control.needs_second_name(self.step):
            self._answered_for()
        result = self._taken_by_board(more)
        if result.get("reason") != "waiting_operator":
            return result
        given = self._ask([*self.step["instruction"], {"clause": None, **result["instruction"]}])
        if self.step["by"] != "operator":
            self._guard_again()
        return self._taken_by_board({**more, "confirmed_by": _names(given)})

    def _taken_by_board(self, more: Result) -> Result:
        """The module's result. A busy board has done nothing: all guards, and it is asked again.

        :raises ActionError: the guards do not hold any more.
        """
        progress = self.action.progress()
        result: Result = {}

        def attempt() -> Result | None:
            nonlocal result
            if result:
                progress(str(result.get("msg")))
                self._guard_again()
            result = super(FtRun, self)._dispatched(more)
            return None if result.get("reason") == "power_busy" else result

        self._poll(attempt, PATIENCE_SECONDS)
        return result

    def _answered_for(self) -> None:
        """Two people answer for what a driver is about to do."""
        title = self.step["title"]
        words = {each: f"{text} {in_language(title, each)}" for each, text in _GO.items()}
        self._look(GO_AHEAD, words, (), second_name=True)
        self._guard_again()

    def _asked_for(self, instruction: Sequence[Mapping[str, t.Any]]) -> Result:
        """The result of a step that is nothing but a person's act or look."""
        if self._is_a_look() and self._came_up():
            return {"changed": False, "msg": "It answers by now; nobody has to look."}
        given = self._ask(instruction)
        return {"changed": True, "confirmation": given.record()}

    def _is_a_look(self) -> bool:
        return self.step["arguments"].get("ask") == "screen"

    def _came_up(self) -> bool:
        """Wait for a node that this change has started, as long as a start takes as a rule."""
        seconds = self._seconds_of_start()
        if not seconds:
            return False
        request = request_for(self.step["expect"])
        progress = self.action.progress()

        def look() -> bool | None:
            if not step_unproven(self.step, *self._observe(request)):
                return True
            progress(f"{self.target} is silent after its start; waits")
            return None

        return bool(self._poll(look, seconds))

    def _seconds_of_start(self) -> float:
        """How long the start of the target may take that the journal tells of as its last act.

        0 where it was not its last act, and where nobody but a person can hear of the node.
        """
        if self.eye.form[self.target]["access"] == "operator":
            return 0.0
        acts = [e for e in self.journal.entries() if e["kind"] == "intent"]
        steps = {step["id"]: step for step in self.steps}
        for entry in reversed(acts):
            step = steps.get(str(entry["step"]))
            if step is not None and step["target"] == self.target and effect_of(step) in _STARTS:
                return float(step["seconds"]["expected"])
        return 0.0

    def _guard_again(self) -> None:
        """A person has taken time: what the driver's act rests on must hold now, too.

        What only a person reads in Endurance Manager was read before the step.

        :raises ActionError: it does not.
        """
        refs = [ref for ref in self.step["interlocks"] if not check_of(ref).running]
        failed = unmet(evaluate_all(refs, *self._observe(*self._requests())))
        if self._board_would_tell(failed):
            return
        if failed:
            message = f"Refused after the confirmation: {said(failed)}."
            raise self._refusal("interlock", message, failed)

    def _left(self, *args: t.Any, **facts: t.Any) -> ActionError:
        error = super()._left(*args, **facts)
        if not self.action.check_mode:
            head = str(self.journal.entries()[-1]["hash"])
            with suppress(RemoteError):  # an older head on record proves less, and nothing wrong
                self.eye.owner.note_head(self.change.id, self.change.run(), head)
        return error

    def _asks_for_restart(self, result: Result) -> bool | None:
        """An update always waits for the node's restart; of a fix its exit code tells."""
        owes = action_of(self.step).owes_restart(self.step["arguments"])
        changed = owes and result.get("changed") is True
        return changed or super()._asks_for_restart(result)

    # --- Verifying --------------------------------------------------------------------------

    def _verify(self, result: Result) -> list[t.Any]:
        """Look until what is expected is there, or cannot come any more."""
        if not self.step["expect"]:
            return []
        request = request_for(self.step["expect"])
        progress = self.action.progress()
        last: list[Verdict] = []

        def look() -> list[Verdict] | None:
            nonlocal last
            observation, context = self._observe(request)
            last = step_unproven(self.step, observation, context)
            if not last or self._is_final(last, context):
                return last
            if self._board_would_tell(last):
                self._look_at_board()
                return None
            if self._only_people_tell(last):
                if not action_of(self.step).waits:
                    return last
                self._look_at_board()  # it is waited for, and only a person sees it come
                return None
            progress(f"step {self.step['id']} waits: {said(last)}")
            return None

        try:
            self._poll(look, float(self.step["arguments"].get("deadline_seconds", 0)))
        except RemoteError as error:
            raise self._failure(error.reason, str(error), result) from None
        if last:
            message = f"It was carried out, but does not show what it should: {said(last)}."
            raise self._failure("expectation", message, result, unmet=told(last))
        return list(self.step["expect"])

    def _only_people_tell(self, missing: Sequence[Verdict]) -> bool:
        """Whether nothing that could be asked again would tell what is missing."""
        if self.eye.form["endurance"]["driver"] != "operator":
            return False
        return all(self._is_on_the_board(verdict.ref) for verdict in missing)

    def _is_final(self, missing: Sequence[Verdict], context: Context) -> bool:
        """Whether something is wrong that was not so before the step, and stays so."""
        wrong = [verdict for verdict in missing if value_of(verdict).course == "final"]
        if not wrong or context.before is None:
            return False
        before = evaluate_all([verdict.ref for verdict in wrong], context.before, context)
        return any(was.value != now.value for was, now in zip(before, wrong, strict=True))

    def _poll(self, look: t.Callable[[], t.Any], seconds: float) -> t.Any:
        interval = self.action.poll_seconds({})
        return poll(look, deadline=seconds, interval=interval, stop=self.action.stop)

    # --- People -----------------------------------------------------------------------------

    def _ask(self, instruction: Sequence[Mapping[str, t.Any]]) -> Confirmation:
        """Ask a person to do what the step says; again, where it was only on its way.

        :raises ActionError: nobody has answered yet, or it did not go well.
        """
        choices = answers_to(self.step).choices
        second = self.change.control.needs_second_name(self.step)
        while True:
            request = self.desk.ask(
                self.host, self.step["id"], list(instruction), second_name=second,
                choices=choices, plan=self.change.digest,
            )  # fmt: skip
            given = self._taken(request, self._answer(request, instruction))
            if not self._is_on_its_way(given.saw):
                return given

    def _is_on_its_way(self, saw: str | None) -> bool:
        """Whether a person reports no end yet: a screen that a start, or a shutdown, passes."""
        effect = effect_of(self.step)
        if effect in ("restarts", "switches_on"):
            return saw in STARTING
        return effect == "switches_off" and saw in STOPPING

    def _look_at_board(self) -> None:
        """Ask a person what Endurance Manager shows."""
        self._look(BOARD_LOOK, _LOOK_AT_BOARD, tuple(BOARD))

    def _look_at_screen(self, node: str) -> None:
        """Ask a person what a node's screen shows."""
        words = {each: text.format(node=TITLES[node]) for each, text in _LOOK_AT_SCREEN.items()}
        self._look(SCREEN_LOOKS[node], words, tuple(sorted(SCREENS)))

    def _look_for_update(self) -> None:
        """Ask a person whether the step's update is on its node."""
        names = {"node": TITLES[self.target], "update": self.step["arguments"]["update"]}
        words = {language: text.format(**names) for language, text in _LOOK_FOR_UPDATE.items()}
        self._look(UPDATE_LOOK, words, tuple(UPDATE))

    def _look(
        self,
        suffix: str,
        words: Mapping[str, str],
        choices: tuple[str, ...],
        *,
        second_name: bool = False,
    ) -> None:
        instruction = [{"clause": None, **words}]
        request = self.desk.ask(
            self.host, f"{self.step['id']}{suffix}", instruction, second_name=second_name,
            choices=choices, plan=self.change.digest,
        )  # fmt: skip
        self._taken(request, self._answer(request, instruction))

    def _answer(self, request: Request, instruction: Sequence[Mapping[str, t.Any]]) -> Confirmation:
        """The answer, once it is there.

        :raises ActionError: it did not come within legacyops_confirm_wait_seconds.
        """
        confirm = self._how_to_confirm(request)
        self.action.say(asked_text(self.host, self.step, request, confirm, self.action.language))
        if self.variables.get("legacyops_prompt"):
            self._prompt(request)
        given = self.desk.await_answer(
            request,
            deadline=float(self.variables.get("legacyops_confirm_wait_seconds") or 0),
            interval=self.action.poll_seconds({}),
            stop=self.action.stop,
            progress=self.action.progress(),
        )
        if given is None:
            about = asked_line(request, self.action.language)
            message = f"{about} {' '.join(confirm)}"
            raise self._left("left", "waiting_operator", message, WAITING, "stop")
        return given

    def _prompt(self, request: Request) -> None:
        """Ask at the terminal, where the site wants that: meanwhile all other hosts' output waits.

        What is typed is recorded as the playbook confirm would; nothing typed leaves it open.
        """
        try:
            name = self._typed(f"[{self.host}] Your name (nothing: confirm later): ")
            if not name:
                return
            second = self._typed("Second name: ") if request.second_name else None
            saw = self._typed(f"Seen ({', '.join(request.choices)}): ") if request.choices else None
            self.desk.confirm(self.host, request.step, name=name, second_name=second, saw=saw)
        except ConfirmationError as error:
            self.action.say(f"[{self.host}] {error}")
        except AnsibleError as error:  # no terminal, or the prompt was interrupted
            self.action.say(f"[{self.host}] Nobody is asked at the terminal: {error}")

    @staticmethod
    def _typed(text: str) -> str:
        typed: bytes = Display().prompt_until(text)
        return typed.decode("utf-8", "replace").strip()

    def _how_to_confirm(self, request: Request) -> list[str]:
        """The command that confirms, and what may be said with it."""
        sources = self.variables.get("ansible_inventory_sources") or ()
        command = confirm_command(sources, self.change.id, str(self.change.directory.root))
        line = confirm_line(
            command, self.host, request.step, request.choices, second_name=request.second_name
        )
        return [line, *([f"WHAT_YOU_SAW: {', '.join(request.choices)}"] * bool(request.choices))]

    def _take_answers(self) -> None:
        """What was answered while no run was there."""
        ids = [f"{self.step['id']}{suffix}" for suffix in ("", *LOOKS)]
        for request in self.desk.waiting(self.host):
            given = self.desk.answer(request) if request.step in ids else None
            if given is not None:
                self._taken(request, given)

    def _taken(self, request: Request, given: Confirmation) -> Confirmation:
        """Record an answer.

        :raises ActionError: it says that the step did not go well.
        """
        self._note("confirmation", confirmation=given.record())
        self.desk.settle(request)
        wanted = answers_to(self.step).good
        told = request.step == self.step["id"] and not self._is_on_its_way(given.saw)
        if told and wanted and given.saw not in wanted:
            where = f" of {TITLES[self.target]}" if self.target in TITLES else ""
            message = (
                f"{given.name} reports {given.saw} instead of {' or '.join(wanted)}{where}. Press "
                "nothing there, and look at it before anything else is done; run again once it is "
                "as it should be."
            )
            raise self._failure("reported", message, {"confirmation": given.record()})
        return given


def _day_before(utc: str) -> str:
    """From when events are read: a node's clock may be behind; what is new, the check tells."""
    return (datetime.fromisoformat(utc) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _may_still_come(verdict: Verdict) -> bool:
    return verdict.value is UNKNOWN or value_of(verdict).course == "coming"


def _names(given: Confirmation) -> str:
    return " / ".join(filter(None, (given.name, given.second_name)))


def _at_hand(step: Step) -> dict[str, t.Any]:
    given = step["arguments"]
    return {
        "clause": None,
        "en": f"Have {given['path']} at hand, and compare its SHA-256 with {given['sha256']}.",
        "ja": f"{given['path']} を用意し、SHA-256 が {given['sha256']} であることを確認します。",
    }
