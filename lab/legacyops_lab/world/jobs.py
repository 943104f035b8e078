"""Task Scheduler jobs: they live on when a connection drops, and die at a restart."""

from __future__ import annotations

import re
from typing import Any

from .machine import Machine
from .times import iso

READY, RUNNING = 3, 4
HAS_NOT_RUN, IS_RUNNING, TERMINATED = 0x41303, 0x41301, 0x41306
# What the Task Scheduler says of a task that never ran, by its age (H29).
NEVER_RAN = {"before_2016": 1, "since_2016": HAS_NOT_RUN}
_SHOWN = ("state", "last_result", "last_run", "start")
FILE_NOT_FOUND = 0x80070002
_EXIT = re.compile(r"(?i)^/c\s+exit\s+(?:/b\s+)?(\d+)$")


class Jobs:
    """The tasks of the collection's folder on one host."""

    def __init__(self, host: Machine, spec: dict[str, Any]) -> None:
        """Start without tasks; read `task_scheduler` of the estate's xenapp part."""
        self._host = host
        given = spec.get("task_scheduler", {})
        self._never_ran = NEVER_RAN[given.get("age", "before_2016")]
        self._begin_seconds: float = given.get("begin_seconds", 2)
        self._jobs: dict[str, dict[str, Any]] = {}

    def get(self, name: str) -> dict[str, Any] | None:
        """Return a task, None when there is none of that name."""
        return self._jobs.get(name)

    def register(
        self,
        name: str,
        executable: str,
        arguments: str,
        as_system: bool,
        start: dict[str, Any] | None = None,
    ) -> None:
        """Register a task that has not run; `start` is the data that is kept with it."""
        self._jobs[name] = {
            "executable": executable,
            "arguments": arguments,
            "as_system": as_system,
            "start": start,
            "number": None,
            "state": READY,
            "last_result": self._never_ran,
            "last_run": None,
        }

    def never_ran(self, name: str) -> bool:
        """Whether there is a task of that name that has not run."""
        return name in self._jobs and self._jobs[name]["last_run"] is None

    def run(self, name: str) -> None:
        """Tell a registered task to run; the Task Scheduler begins it a little later (H29)."""
        if self._begin_seconds:
            self._host.later(self._begin_seconds, "job_begins", name=name)
        else:
            self.begins(name)

    def begins(self, name: str) -> None:
        """Run a task, unless it is there no more, or runs."""
        if name not in self._jobs or self._jobs[name]["state"] == RUNNING:
            return
        job = self._jobs[name]
        job["last_run"] = iso(self._host.now())
        program = job["executable"].strip('"').rsplit("\\", 1)[-1].lower()
        number = self._host.launch(program, job["arguments"])
        if number is None:
            job["last_result"] = FILE_NOT_FOUND
            return
        job.update(number=number, state=RUNNING, last_result=IS_RUNNING)

    def process_ended(self, number: int, code: int) -> None:
        """Note the exit code of a task's process."""
        for job in self._jobs.values():
            if job["number"] == number:
                job.update(state=READY, last_result=code)

    def shutdown(self) -> None:
        """Kill the running tasks."""
        for job in self._jobs.values():
            if job["state"] == RUNNING:
                job.update(state=READY, last_result=TERMINATED)

    def delete(self, name: str) -> None:
        """Delete a task; its process, if any, goes on."""
        self._jobs.pop(name, None)

    def record(self, name: str) -> dict[str, Any]:
        """Return a task as an observation shows it."""
        job = self._jobs.get(name)
        if job is None:
            return {"exists": False, **dict.fromkeys(_SHOWN)}
        return {"exists": True, **{key: job.get(key) for key in _SHOWN}}

    def dump(self) -> dict[str, Any]:
        """Return the tasks as JSON data."""
        return self._jobs

    def load(self, data: dict[str, Any]) -> None:
        """Take `dump` back."""
        self._jobs = data


def exit_code(arguments: str) -> int | None:
    """Return N of `/c exit N`, None for other arguments of cmd."""
    match = _EXIT.match(arguments.strip())
    return int(match[1]) if match else None
