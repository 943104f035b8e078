"""What is left to run by itself on a system's nodes: Win32_ScheduledJob, and files beside it.

A job starts at a full minute of its node's own clock. A node that is not up then misses it, and
Windows tries again the next day at the same time: an approved act of today done tomorrow.
"""

from __future__ import annotations

import random
import threading
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from ..world import files
from ..world.files import Files
from ..world.times import iso, parse
from . import levels, packages
from .estate import described
from .notice import notice
from .physics import Action, Impossible, Verb
from .state import NODES, Node, System, Windows, windows

State = Literal["waiting", "expired", "running", "finished", "killed"]
# 0x80070002 is what starting a program that is not there gives; the others: HYP-FT-10, HYP-FT-22.
NOT_FOUND, BUSY, REFUSED = 0x80070002, 1618, 1603
_FOLDERS = {"windows_2003": r"C:\WINDOWS", "windows_2000": r"C:\WINNT"}
_LOG_SWITCH = "/log:"
_DAY = timedelta(days=1)


@dataclass
class Job:
    """A job of ours on a node; times are the node's own clock's, UTC.

    expired: it was due too late and did nothing. killed: its node went down under it.
    """

    name: str
    operation: str
    update: str
    executable: str
    arguments: list[str]
    due: str
    expires: str
    state: State = "waiting"
    exit_code: int | None = None
    started: str | None = None
    ended: str | None = None
    start_record: int | None = None


class Jobs:
    """Jobs and files of the three nodes; a system's clock runs them."""

    def __init__(self, description: dict[str, Any], lock: threading.RLock) -> None:
        """Begin with none; `lock` is the system's, whose boards live in another thread."""
        self._lock = lock
        self.kind: str = description["type"]
        self.language: str = description.get("language", "ja")
        parts = {node: described(description, node) for node in NODES}
        self.skew = {node: float(parts[node].get("clock_skew_seconds", 0)) for node in NODES}
        self._steps = {node: parts[node].get("clock_steps") for node in NODES}
        self._jobs: dict[Node, dict[str, Job]] = {node: {} for node in NODES}
        self.files: dict[Node, Files] = {node: Files() for node in NODES}
        # Node → "operation update" → how often a program of that kind was started in all.
        self.starts: dict[Node, dict[str, int]] = {node: {} for node in NODES}

    def clock(self, node: Node, moment: datetime) -> datetime:
        """Return what a node's own clock shows at a moment."""
        return moment + self.ahead(node, moment)

    def ahead(self, node: Node, moment: datetime) -> timedelta:
        """Return how far a node's own clock is ahead at a moment; it may be stepped at random."""
        steps, seconds = self._steps[node], self.skew[node]
        if steps:
            number = moment.timestamp() // steps["every_seconds"]
            chance = random.Random(f"{node} {number} {steps.get('seed', 0)}")
            seconds += chance.uniform(-steps["up_to_seconds"], steps["up_to_seconds"])
        return timedelta(seconds=seconds)

    def expand(self, path: str) -> str:
        """Return a path on a node with its environment variables replaced."""
        for name in ("%windir%", "%systemroot%"):
            at = path.lower().find(name)
            if at >= 0:
                path = path[:at] + _FOLDERS[self.kind] + path[at + len(name) :]
        return path

    def get(self, node: Node, name: str) -> Job | None:
        """Return a job, None where there is none of that name."""
        return self._jobs[node].get(name)

    def all(self, node: Node) -> list[Job]:
        """Return a node's jobs in order of name, as its registry lists them."""
        return [job for _, job in sorted(self._jobs[node].items())]

    def add(self, node: Node, job: Job) -> None:
        """Schedule a job."""
        with self._lock:
            self._jobs[node][job.name] = job

    def delete(self, node: Node, name: str) -> bool:
        """Delete a job; a program that runs goes on. Return whether there was one."""
        with self._lock:
            return self._jobs[node].pop(name, None) is not None

    # What time brings -----------------------------------------------------------------

    def seconds_to_next(self, moment: datetime) -> int | None:
        """Return the whole seconds until a job is due (0: now), None without one."""
        waits = [
            (parse(job.due) - self.clock(node, moment)).total_seconds()
            for node in NODES
            for job in self._jobs[node].values()
            if job.state == "waiting"
        ]
        return max(0, int(-(-min(waits) // 1))) if waits else None

    def run_due(self, moment: datetime, system: System) -> list[tuple[Job, Action]]:
        """Start what is due; return what each of it does to the system."""
        begun = []
        for node in NODES:
            now, mine = self.clock(node, moment), windows(system, node)
            for job in self._jobs[node].values():
                if job.state != "waiting" or parse(job.due) > now:
                    continue
                if mine.phase != "up":
                    job.due = iso(parse(job.due) + _DAY)
                    continue
                if now > parse(job.expires):
                    job.state = "expired"
                    continue
                code = self._start(job, node, mine, now)
                if code is not None:
                    self._end(job, now, code)
                else:
                    begun.append((job, self._action(job, node)))
        return begun

    def _start(self, job: Job, node: Node, mine: Windows, now: datetime) -> int | None:
        """Begin a job; return the exit code where it ends at once."""
        job.started = iso(now)
        kind = f"{job.operation} {job.update}"
        self.starts[node][kind] = self.starts[node].get(kind, 0) + 1
        if self._removes(job):
            there = mine.kb and mine.spuninst
        else:
            there = self.files[node].get(self.expand(job.executable)) is not None
        if not there:
            return NOT_FOUND
        if not self._removes(job) and self._package(job, node) is None:
            return REFUSED
        job.state = "running"
        return None

    def _removes(self, job: Job) -> bool:
        return self.expand(job.executable).lower() == uninstaller(self.kind).lower()

    def _package(self, job: Job, node: Node) -> packages.Package | None:
        """Return the package that a job installs, None for one that does not install here."""
        file = self.files[node].get(self.expand(job.executable))
        package = packages.recognise(file) if file else None
        return package if package and package.fits(self.kind, self.language) else None

    def _action(self, job: Job, node: Node) -> Action:
        """Return what a job's program does."""
        restart = not any(word.lower() == "/norestart" for word in job.arguments)
        package = None if self._removes(job) else self._package(job, node)
        if package is None:
            return Action("uninstall_kb", node, restart)
        verb: Verb = "install_kb" if package.level is None else "install_fix"
        return Action(verb, node, restart, levels.number(package.level))

    def refused(self, job: Job, error: Impossible, node: Node, moment: datetime) -> None:
        """Note that the world does not offer what a job's program does.

        A package that is in already changes nothing; all else is another installer's being busy.
        """
        code = 0 if "is installed" in str(error) else BUSY
        self._end(job, self.clock(node, moment), code)

    def watch(self, moment: datetime, before: System, after: System) -> None:
        """Note which programs have ended, or were cut off with their node."""
        for node in NODES:
            was, now = windows(before, node), windows(after, node)
            if not was.task or now.task == was.task:
                continue
            for job in self._jobs[node].values():
                if job.state != "running":
                    continue
                if now.phase in ("up", "down"):
                    self._end(job, self.clock(node, moment), now.exit_code)
                    self._write_log(job, node)
                else:
                    job.state = "killed"

    def _end(self, job: Job, now: datetime, code: int | None) -> None:
        job.state, job.exit_code, job.ended = "finished", code, iso(now)

    def _write_log(self, job: Job, node: Node) -> None:
        """Write the installer's log, as little of it as matters."""
        path = rf"%windir%\{notice()['kb']}.log"
        for word in job.arguments:
            if word.lower().startswith(_LOG_SWITCH):
                path = word[len(_LOG_SWITCH) :]
        lines = [
            f"{job.started} {job.operation} {job.update}",
            f"{job.ended} exit code {job.exit_code}",
        ]
        content = "".join(f"{line}\r\n" for line in lines).encode("cp932", "replace")
        self.files[node].put(files.of_content(self.expand(path), content))

    # Keeping ----------------------------------------------------------------------------

    def dump(self) -> dict[str, Any]:
        """Return everything as JSON data."""
        return {
            node: {
                "jobs": [asdict(job) for job in self._jobs[node].values()],
                "files": self.files[node].dump(),
                "starts": self.starts[node],
            }
            for node in NODES
        }

    def load(self, data: dict[str, Any]) -> None:
        """Take `dump` back."""
        for node in NODES:
            self._jobs[node] = {entry["name"]: Job(**entry) for entry in data[node]["jobs"]}
            self.files[node].load(data[node]["files"])
            self.starts[node] = dict(data[node]["starts"])

    def snapshot(self) -> dict[str, Any]:
        """Return jobs and files without times."""
        return {
            node: {
                "jobs": [[job.name, job.state, job.exit_code] for job in self.all(node)],
                "files": [[file["path"], file["sha256"]] for file in self.files[node].dump()],
            }
            for node in NODES
        }


def uninstaller(kind: str) -> str:
    """Return the full path of the KB's uninstall program on a node of this type."""
    return rf"{_FOLDERS[kind]}\$NtUninstall{notice()['kb']}$\spuninst\spuninst.exe"
