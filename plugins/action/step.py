# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries out one step of an approved plan."""

from __future__ import annotations

from typing import Any, Final, cast

from ansible.errors import AnsibleError

from ..plugin_utils._action import ActionError, plain
from ..plugin_utils._core.actions import action_of
from ..plugin_utils._core.records import Step
from ..plugin_utils._io.remote import Remote
from ..plugin_utils._procedure.action import APPROVAL_OPTIONS, CHANGE_OPTIONS
from ..plugin_utils._procedure.kinds import hooks_of
from ..plugin_utils._procedure.record import about
from ..plugin_utils._procedure.step import Result, StepAction, StepRun
from ..plugin_utils._procedure.text import in_language

ARGUMENT_SPEC: dict[str, Any] = {
    **CHANGE_OPTIONS,
    **APPROVAL_OPTIONS,
    "step": {"type": "str", "required": True},
    "predict": {"type": "bool", "default": False},
}


# Tasks that loop over steps, and the step at which this worker has ended them: Ansible would go on
# with the next item.
_ENDED: Final[dict[str, str]] = {}


class ActionModule(StepAction):
    """One step: look, guard, note the intent, act, look again, note the result."""

    argument_spec = ARGUMENT_SPEC

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> Result:
        if not self._task.loop:
            return super().run(tmp, task_vars)
        loop = self._task._uuid
        if loop in _ENDED:
            return _not_reached(_ENDED[loop])
        # Until it has gone well: Ansible's own timeout of a task leaves this without a result, and
        # so does a mistake of ours.
        _ENDED[loop] = str(self._task.args.get("step"))
        result = super().run(tmp, task_vars)
        if not result.get("failed"):
            del _ENDED[loop]
        return result

    def proceed(self, remote: Remote, args: dict[str, Any]) -> Result:
        change = self.change(args)
        step = change.step(self.host, args["step"])
        self.stop_file = change.directory.stopped
        self.language = args["language"]
        if self.check_mode and args["predict"]:
            return self._predicted(step)
        with self.locked(change, self.host), self.looks_on(change):
            self.stop.check()
            hooks = hooks_of(self, self.observer(remote, change.directory), change)
            return StepRun(self, hooks, change, step).result()

    def _predicted(self, step: Step) -> Result:
        """What the plan says, for a step that follows one which check mode has not carried out."""
        text = in_language(step.changes, self.language)
        self.say(f"[{self.host}] {step.id}: predicted by the plan, not checked. {text}")
        return {
            **about(step),
            "outcome": "predicted",
            "changed": not action_of(step).looks,
            "msg": text,
        }

    def dispatch(self, step: Step, **more: Any) -> Result:
        """Run the step's module as a task of its own would (as builtin.package does).

        more: arguments that belong to this run and not to the plan.
        """
        name = f"legacyops.hotfix.{step.action}"
        task = self._task.copy()
        task.action = name
        task.args = {**step.arguments, **more}
        action = self._shared_loader_obj.action_loader.get(
            name,
            task=task,
            connection=self._connection,
            play_context=self._play_context,
            loader=self._loader,
            templar=self._templar,
            shared_loader_obj=self._shared_loader_obj,
        )
        if action is None:
            raise ActionError("mistake", f"There is no module {name}; the plan asks for it.")
        action.of_a_step = True
        action.last_look = self.last_look
        if _ends_with_the_change(step):
            action.change_stopped = self.stop_file
        try:
            return cast("Result", plain(action.run(task_vars=self.task_vars)))
        except AnsibleError as error:
            return self.failure("mistake", f"{name} refuses its arguments: {error}")


def _not_reached(step: str) -> Result:
    """The result of an item of a loop that has ended before."""
    why = f"Not reached: the host was left at step {step}."
    return {"changed": False, "skipped": True, "skip_reason": why, "outcome": "not_reached"}


def _ends_with_the_change(step: Step) -> bool:
    """Whether the step's waits are left when the change is stopped.

    Only where the step would not even begin then: what comes after that point goes on to the
    next resting point.
    """
    return step.interruptible and "change" not in step.without_brakes
