"""What every part of a host has under it: its time, its disk, its faults; not the parts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from .course import Course
from .files import Files

LOOK_SECONDS = 5.0
FREE_BYTES = 21_474_836_480


class Machine(ABC):
    """A host as its own parts see it: they are given it, and what they need of one another."""

    # What the parts ask of the product; told by whoever joins them.
    product: str
    product_name: str
    ima_folder: str
    architecture: str

    def __init__(
        self, course: Course, name: str, spec: dict[str, Any], users: dict[str, str]
    ) -> None:
        """Read what every host of an estate has, XenApp or not."""
        self.course = course
        self.name = name
        self.address: str = spec["address"]
        self.language: str = spec.get("language", "en")
        self.code_page: int = spec.get("code_page", 932 if self.language == "ja" else 437)
        self.powershell: str | None = spec.get("powershell", "2.0")
        winrm: dict[str, Any] = spec.get("winrm", {})
        self.basic_allowed: bool = winrm.get("basic", False)
        self.shell_memory_mb: int = winrm.get("quotas", {}).get("max_memory_per_shell_mb", 150)
        self.users: dict[str, str] = {**users, **spec.get("users", {})}
        self.counters = {"powershell_starts": 0, "http_requests": 0, "shells": 0}
        self.power = "up"
        self.hung = False
        self.faults: list[dict[str, Any]] = []
        # The records of who holds this server, or which system: scripts write and read them.
        self.owners: dict[str, str] = {}
        self.unrecognised: list[str] = []
        self.files = Files()
        self.disk_full = False
        xenapp: dict[str, Any] = spec.get("xenapp", {})
        # How many file renames something puts back at each start (H31).
        self.renames_come_back: int = xenapp.get("renames_come_back", 0)
        self.file_renames: int = 2 if xenapp.get("pending_restart", False) else 0
        self.file_renames += self.renames_come_back
        self.needs_reconfiguration: bool = xenapp.get("needs_reconfiguration", False)
        self.free_bytes: int = xenapp.get("free_bytes", FREE_BYTES)
        self._number = 0

    # What a part tells its host, for the others ---------------------------------------

    @abstractmethod
    def now(self) -> datetime:
        """Return what the host's own clock shows, UTC."""

    @abstractmethod
    def serves(self) -> bool:
        """Whether users can work here."""

    @abstractmethod
    def changed(self) -> None:
        """Note that service may have been lost or gained."""

    @abstractmethod
    def restart(self) -> None:
        """Begin a restart."""

    @abstractmethod
    def patched(self) -> None:
        """Note that a hotfix is in."""

    @abstractmethod
    def launch(self, program: str, arguments: str) -> int | None:
        """Start a program; return its number, None when there is no such program."""

    @abstractmethod
    def process_ended(self, number: int, code: int) -> None:
        """Note the exit code of a program."""

    @abstractmethod
    def ima_start_ended(self, ok: bool) -> None:
        """Note that IMA has started, or has not."""

    # Time -----------------------------------------------------------------------------

    def later(self, seconds: float, what: str, **arguments: Any) -> None:
        """Let something happen to this host in so many simulated seconds."""
        due = self.course.time() + timedelta(seconds=seconds)
        self.course.agenda.add(due, self.name, what, **arguments)

    def cancel(self, what: str) -> None:
        """Let it not happen."""
        self.course.agenda.cancel(self.name, lambda event: event.what == what)

    async def until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait for a condition, at most so many simulated seconds; return whether it holds.

        ConnectionAbortedError when the host goes away meanwhile.
        """
        end = self.course.time() + timedelta(seconds=seconds)
        while True:
            self.course.advance()
            if not self.reachable():
                raise ConnectionAbortedError(self.name)
            left = (end - self.course.time()).total_seconds()
            if condition() or left <= 0:
                return condition()
            await self.course.clock.sleep(min(left, self.course.seconds_to_next(), LOOK_SECONDS))

    async def pause(self, seconds: float) -> None:
        """Let simulated time pass."""
        await self.until(lambda: False, seconds)

    # State ----------------------------------------------------------------------------

    def reachable(self) -> bool:
        """Whether the host answers at all: not while it restarts or hangs."""
        self.course.advance()
        return self.power != "down" and not self.hung

    def violation(self, text: str) -> None:
        """Enter into the ledger that something was done that must not be done."""
        self.course.book.violation(self.course.time(), self.name, text)

    def next_number(self) -> int:
        """Return a new number on this host."""
        self._number += 1
        return self._number

    def take_fault(self, fault: str, script: str | None = None) -> dict[str, Any] | None:
        """Take a waiting fault; one that names a script hits that script only.

        `skip` (occasions to let pass) and `times` (default 1) are counted down.
        """
        for entry in self.faults:
            if entry["fault"] != fault or entry.get("script") not in (None, script):
                continue
            if int(entry.get("skip", 0)) > 0:
                entry["skip"] = int(entry["skip"]) - 1
                continue
            entry["times"] = int(entry.get("times", 1)) - 1
            if entry["times"] <= 0:
                self.faults.remove(entry)
            numbers = {"seconds", "after"} & entry.keys()
            return {**entry, **{key: float(entry[key]) for key in numbers}}
        return None
