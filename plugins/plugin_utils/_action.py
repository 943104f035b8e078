# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every action of the collection has in common."""

from __future__ import annotations

import json
import time
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, TypeVar, cast

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase

from ._core.observation import Observation
from ._io.failures import connection_failure
from ._io.looks import LastLook
from ._io.remote import Remote, RemoteError
from ._io.steady import keep_going
from ._io.terminal import only_writes, tell
from ._io.waiting import ChangeStoppedError, Progress, Stop, StoppedError, poll

T = TypeVar("T")

POLL_SECONDS = 15

# ansible-playbook imports an action before it forks a worker for it.
keep_going()


class ActionError(Exception):
    """An action's own refusal.

    reason: one word for programs.
    msg: what is wrong, and what to do about it.
    facts: added to the result; JSON types only.
    """

    def __init__(self, reason: str, msg: str, **facts: Any) -> None:
        super().__init__(msg)
        self.reason = reason
        self.msg = msg
        self.facts = facts


def pinned(text: str) -> str:
    """A SHA-256 pin as upper-case hex; colons and blanks between the digits are allowed.

    Raises ActionError: it is no SHA-256.
    """
    pin = text.replace(":", "").replace(" ", "").upper()
    if len(pin) != 64 or set(pin) - set("0123456789ABCDEF"):
        raise ActionError("bad_pin", "sha256 is no SHA-256: give its 64 hexadecimal digits.")
    return pin


def file_record(observation: Observation, path: str) -> dict[str, Any]:
    """What was read of one file; empty where that is unknown."""
    found = observation.files(path)
    return next(iter(found.values()), {}) if isinstance(found, dict) else {}


def known_part(observation: Observation, part: str) -> dict[str, Any]:
    """A part of an observation that is a table.

    Raises ActionError: unknown is no state of it.
    """
    found = observation.part(part)
    if not isinstance(found, dict):
        raise unknown_part(observation, part)
    return found


def unknown_part(observation: Observation, part: str) -> ActionError:
    """The refusal where a part, or a member of it, could not be read."""
    return ActionError(
        "unknown",
        f"The part {part} could not be read ({observation.why_unknown(part)})."
        " Look at the host before you run again.",
    )


def changed(what: str, before: Any, after: Any) -> dict[str, Any]:
    """What a result says of a change, with its diff."""
    return {"changed": True, "diff": {"before": {what: before}, "after": {what: after}}}


class ReadOnce(Mapping[str, Any]):
    """The variables of all hosts; Ansible makes and templates one anew each time that it is read.

    levels: 2 for the hosts and their variables; what is in a variable is as it is.
    """

    def __init__(self, source: Mapping[str, Any], levels: int = 2) -> None:
        self._source, self._levels = source, levels
        self._known: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._known:
            value = self._source[name]
            inner = self._levels > 1 and isinstance(value, Mapping)
            self._known[name] = ReadOnce(value, self._levels - 1) if inner else value
        return self._known[name]

    def __contains__(self, name: object) -> bool:
        return name in self._source

    def __iter__(self) -> Iterator[str]:
        return iter(self._source)

    def __len__(self) -> int:
        return len(self._source)


class HotfixAction(ActionBase):  # type: ignore[misc]  # ansible-core ships no types
    """Template of an action: validates, lets ``act`` work, and names every failure.

    No failure leaves as AnsibleConnectionFailure: an UNREACHABLE host would skip the playbook's
    rescue and always sections.
    """

    argument_spec: ClassVar[dict[str, Any]] = {}
    # mutually_exclusive, required_if and so on, as validate_argument_spec takes them.
    argument_rules: ClassVar[dict[str, Any]] = {}
    # Set by a step whose waits end when the change is stopped: says why it is, or None.
    change_stopped: Callable[[], str | None] | None = None
    # A step has evaluated its own interlocks; who calls a module by hand has not.
    of_a_step = False
    # The last look at the host: a step shares it with the module that it runs.
    last_look: LastLook
    _supports_async = False
    _supports_check_mode = True

    @abstractmethod
    def act(self, remote: Remote, args: dict[str, Any]) -> dict[str, Any]:
        """Do the work and return the result.

        args: the validated arguments, with defaults, as plain JSON types.
        Raises RemoteError: the host could not be asked, or refused.
        Raises ActionError: the action itself refuses.
        """

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        self.task_vars = task_vars or {}
        hosts = self.task_vars.get("hostvars")
        if hosts is not None and not isinstance(hosts, ReadOnce):
            self.task_vars = {**self.task_vars, "hostvars": ReadOnce(hosts)}
        self.host = str(self.task_vars.get("inventory_hostname") or "the host")
        _validation, args = self.validate_argument_spec(self.argument_spec, **self.argument_rules)
        only_writes()
        self.last_look = getattr(self, "last_look", None) or LastLook()
        self.stop = Stop(self.change_stopped, self.last_look.forget)
        self._began = time.monotonic()
        with self.stop.listening():
            result.update(self._guarded(Remote(self, self.host, self.last_look), plain(args)))
        return result

    def _guarded(self, remote: Remote, args: dict[str, Any]) -> dict[str, Any]:
        """The result of ``act``, or the failed result that says why there is none."""
        try:
            result = {"changed": False, **self.act(remote, args)}
        except ActionError as error:
            result = self.failure(error.reason, f"{self.host}: {error.msg}", **error.facts)
        except RemoteError as error:
            result = self.failure(error.reason, str(error), detail=error.detail)
        except ChangeStoppedError as error:
            result = self.failure("stopped", f"{self.host}: {error.told}")
        except StoppedError as error:
            result = self.failure("interrupted", f"{self.host}: {error.told}")
        except OSError as error:
            result = self.failure("controller", f"{self.host}: {_of_a_file(error)}")
        except AnsibleConnectionFailure as error:
            named = connection_failure(error, 0)
            result = self.failure(named.reason, f"{self.host}: {named}")
        return cast("dict[str, Any]", plain(result))

    @staticmethod
    def failure(reason: str, msg: str, **facts: Any) -> dict[str, Any]:
        """A failed result."""
        return {"changed": False, **facts, "failed": True, "reason": reason, "msg": msg}

    @property
    def check_mode(self) -> bool:
        return bool(self._task.check_mode)

    def poll_seconds(self, args: Mapping[str, Any]) -> float:
        """Seconds between two looks: the argument's, else the inventory's, else 15."""
        given = args.get("poll_seconds") or self.task_vars.get("legacyops_poll_seconds")
        return max(float(given or POLL_SECONDS), 0.1)

    def wait(
        self,
        look: Callable[[], T | None],
        args: Mapping[str, Any],
        *,
        deadline: float | None = None,
        interval: float | None = None,
        back_off: int = 1,
    ) -> T | None:
        """What ``look`` finds at last; None where the deadline passes before.

        deadline: seconds; the argument deadline_seconds without it.
        interval: seconds between two looks; those of poll_seconds without it.
        back_off: by how much the interval may grow.
        Raises StoppedError: see waiting.Stop.
        """
        seconds = self.poll_seconds(args) if interval is None else interval
        found: T | None = poll(
            look,
            deadline=args["deadline_seconds"] if deadline is None else deadline,
            interval=seconds,
            longest_interval=seconds * back_off,
            stop=self.stop,
        )
        return found

    def progress(self, interval: float = 60.0) -> Progress:
        """Lines on the terminal that carry the host's name."""
        return Progress(lambda text: tell(f"[{self.host}] {text}"), interval)

    def elapsed(self) -> int:
        """Whole seconds since the action began."""
        return round(time.monotonic() - self._began)


def _of_a_file(error: OSError) -> str:
    """The sentence for a file or folder of the controller that nobody expected to fail."""
    what = error.filename or "A file on the controller"
    return (
        f"{what} cannot be used ({error.strerror or type(error).__name__}). Make room or mend its "
        "rights, then run the same command again."
    )


def plain(value: Any) -> Any:
    """The same value in JSON's own types: without ansible-core's tagged strings, for one."""
    return json.loads(json.dumps(value, default=str))
