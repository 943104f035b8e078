"""One simulated Windows Server 2008 with XenApp 5.0."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from legacyops_lab.client import CLIENT

from . import files, images
from .chains import CODE_SIGNING
from .clocks import HostClock
from .course import Course
from .images import Image
from .installer import Installer
from .jobs import Jobs, exit_code
from .machine import Machine
from .services import IMA, RUNNING, Services
from .sessions import ALL, DRAIN, Sessions
from .trust import Trust
from .updates import Updates

Pieces = AsyncIterator[bytes]
Handler = Callable[["Host", dict[str, Any], Pieces], Awaitable[dict[str, Any]]]
Write = Callable[[str, bytes], None]

# The xenapp part of a host that has nothing of it.
NOTHING_OF_CITRIX: dict[str, Any] = {"ima": None, "modules": {"names": []}}
SHUTDOWN_SECONDS = 60
SERVICES_START_SECONDS = 20
# How PowerShell ends where its shell gives it no more memory (H40), by the fault's `how`.
OUT_OF_MEMORY_EXITS = {"exit": 0xE0434352, "startup": 0xC0000142}
MEMORY_ENDS = (*OUT_OF_MEMORY_EXITS, "message")
DEFAULT_MODULES = ("ImaSrv.exe", "ImaSystem.dll", "MfSrvSs.dll")
HOST_FAULTS = (
    "ima_stops", "ima_starts", "logons_off", "logons_on",
    "hang", "late_restart", "disk_full", "truncate", "nonsense", "rollback_fails", "drop_script",
    "root_vanishes", "another_installation", "ima_start_fails", "out_of_memory",
    "distrust_by_list", "clock_step", "time_zone", "log_cleared", "log_unreadable",
    "renames_come_back",
)  # fmt: skip

PRODUCTS = {
    "xenapp_5.0_x64": ("x64", "Citrix XenApp 5.0 for Windows Server 2008 x64"),
    "xenapp_5.0_x86": ("x86", "Citrix XenApp 5.0 for Windows Server 2008 x86"),
    "xenapp_fundamentals_3.0": ("x86", "Citrix XenApp Fundamentals 3.0"),
}


@dataclass(frozen=True)
class Programs:
    """What runs on a host when somebody calls it: a shell, and the scripts that it knows."""

    shell: Callable[[Host, str, Pieces, Write], Awaitable[int]]
    scripts: Mapping[str, Handler]


class Host(Machine):
    """A host of the estate: what is on it, what runs on it, and what may happen to it."""

    def __init__(
        self,
        course: Course,
        estate: Mapping[str, Host],
        name: str,
        spec: dict[str, Any],
        users: dict[str, str],
        programs: Programs,
    ) -> None:
        """Read a host; `users` are the estate's, the host's own come on top.

        estate: all of its hosts by name, this one among them as soon as there is one.
        """
        super().__init__(course, name, spec, users)
        self.programs = programs
        self.boots = 0
        self._estate = estate
        self._clients: list[str] = []
        xenapp: dict[str, Any] = spec.get("xenapp", {})
        self._read_xenapp(xenapp)
        self.clock = HostClock(self, xenapp)
        self.trust = Trust(self, xenapp)
        self.services = Services(self, self.trust, xenapp)
        self.sessions = Sessions(self, xenapp)
        self.installer = Installer(self, self.trust, self.services, self.sessions, xenapp)
        self.jobs = Jobs(self, xenapp)
        self.updates = Updates(self, spec.get("windows", {}), spec.get("catalogue", {}))
        self._lay_files(xenapp)

    def _read_xenapp(self, xenapp: dict[str, Any]) -> None:
        """Read what the XenApp part says once and for all."""
        self.product = xenapp.get("product", "xenapp_5.0_x64")
        self.architecture, self.product_name = PRODUCTS[self.product]
        self.silo: str | None = xenapp.get("silo")
        self.zone: str | None = xenapp.get("zone")
        self.role: str = xenapp.get("role", "member")
        self.domain: str = xenapp.get("domain", "LAB")
        self._restart_seconds: float = xenapp.get("restart_seconds", 240)
        self.shares: list[dict[str, Any]] = xenapp.get("shares", [])
        suffix = " (x86)" if self.architecture == "x64" else ""
        self.ima_folder = f"C:\\Program Files{suffix}\\Citrix\\System32\\Citrix\\IMA"

    def _lay_files(self, xenapp: dict[str, Any]) -> None:
        """Put IMA's modules and the packages of the estate on the disk."""
        modules = xenapp.get("modules", {})
        signer = modules.get("signer", "citrix_2008")
        for name in modules.get("names", DEFAULT_MODULES):
            path = f"{self.ima_folder}\\{name}"
            image = Image("module", f"{name} of {signer}", images.MODULE_BYTES, signer)
            self.files.put(files.of_image(path, image))
            self.services.modules.append(path)
        for entry in xenapp.get("packages", ()):
            self.files.put(files.of_package(entry["path"], entry))

    # Time ---------------------------------------------------------------------------

    def now(self) -> datetime:
        """Return what the host's own clock shows, UTC."""
        return self.clock.now()

    def happens(self, what: str, arguments: dict[str, Any]) -> None:
        """Let an event of the agenda happen."""
        parts: dict[str, Any] = {
            "ima_start_ends": self.services.ima_start_ends,
            "ima_stop_ends": self.services.ima_stop_ends,
            "user_leaves": self.sessions.user_leaves,
            "user_comes": self.sessions.user_comes,
            "policy_refresh": self.trust.refresh_policy,
            "modules_are_replaced": self.installer.modules_are_replaced,
            "rollback_ends": self.installer.rollback_ends,
            "installation_ends": self.installer.installation_ends,
            "other_installation_ends": self.installer.other_installation_ends,
            "process_ends": self.installer.process_ends,
            "job_begins": self.jobs.begins,
            "update_is_in": self.updates.is_in,
            "wusa_ends": self.installer.process_ends,
            "clock_steps": self.clock.steps,
            "shutdown": self._shutdown,
            "boot": self._boot,
            "services_start": self._start_services,
            "unhang": self._unhang,
        }
        parts[what](**arguments)

    # State --------------------------------------------------------------------------

    def begin(self) -> None:
        """Begin what is under way when the world begins."""
        self.sessions.begin()
        self.installer.begin()
        self.clock.begin()

    def serves(self) -> bool:
        """Whether users can work here."""
        return self.power == "up" and self.services.ima.state == RUNNING

    def accepts_users(self) -> bool:
        """Whether users can begin to work here."""
        return self.serves() and self.sessions.mode == 0

    def changed(self) -> None:
        """Look whether this host, or its whole silo, lost or regained service."""
        moment, book = self.course.time(), self.course.book
        book.watch(moment, self.name, self.serves(), "no service", "outage")
        hosts = self._estate.values()
        members = [h for h in hosts if self.silo and h.silo == self.silo]
        if len(members) > 1:
            text = "no server of the silo took users"
            up = any(member.accepts_users() for member in members)
            book.watch(moment, f"silo {self.silo}", up, text, "violation")

    def patched(self) -> None:
        """Look whether a patched member may now take its zone over."""
        if self.role == "test" or self.zone is None:
            return
        for other in self._estate.values():
            leads = other.zone == self.zone and other.role == "most_preferred_data_collector"
            if leads and other is not self and not other.installer.patches:
                self.violation(f"patched before {other.name}, the zone's data collector")

    def ima_start_ended(self, ok: bool) -> None:
        """Tell the installer, which waits for it."""
        self.installer.ima_start_ended(ok)

    def process_ended(self, number: int, code: int) -> None:
        """Tell the Task Scheduler, whose program it may be."""
        self.jobs.process_ended(number, code)

    def acts(self) -> None:
        """Note that a client changes something here.

        One that comes back after another has acted: the two are at work at the same time.
        """
        client = CLIENT.get()
        if client in self._clients[:-1]:
            self.violation("two clients changed the host at the same time")
        if client not in self._clients[-1:]:
            self._clients.append(client)

    def launch(self, program: str, arguments: str) -> int | None:
        """Start a program; return its number, None when there is no such program."""
        arguments = files.expand(arguments)
        if program in ("msiexec", "msiexec.exe"):
            return self.installer.start(arguments)
        if program in ("wusa", "wusa.exe"):
            number = self.next_number()
            self.installer.running.append(number)
            self.updates.start(number, arguments)
            return number
        code = exit_code(arguments) if program in ("cmd", "cmd.exe") else None
        if code is None:
            return None
        number = self.next_number()
        self.installer.running.append(number)
        self.later(1, "process_ends", number=number, code=code)
        return number

    # Restart ------------------------------------------------------------------------

    def restart(self) -> None:
        """Begin a restart: the answer still gets out, then the host goes down."""
        if self.power != "up":
            return
        self.power = "going down"
        self.later(SHUTDOWN_SECONDS, "shutdown")
        self.changed()

    def _shutdown(self) -> None:
        """Go down: processes and sessions are lost."""
        self.sessions.lose("the host was restarted while they were on")
        self.installer.shutdown()
        self.updates.shutdown()
        self.jobs.shutdown()
        self.power = "down"
        self.course.agenda.cancel(
            self.name, lambda e: e.what not in ("user_comes", "policy_refresh", "clock_steps")
        )
        self.services.halt()
        late = self.take_fault("late_restart") or {}
        seconds = self._restart_seconds + self.updates.configure_seconds
        self.later(seconds + late.get("seconds", 0), "boot")

    def _boot(self) -> None:
        """Come up: the network answers, services start a little later."""
        self.power = "up"
        self.boots += 1
        self.clock.boots()
        self.file_renames = self.renames_come_back
        self.updates.boot()
        self.sessions.after_boot()
        self.later(SERVICES_START_SECONDS, "services_start")

    def _start_services(self) -> None:
        """Start what starts by itself."""
        if self.services.ima.start_mode == "Auto":
            self.services.start(IMA)

    # Faults -------------------------------------------------------------------------

    def inject(self, fault: str, arguments: dict[str, Any]) -> None:
        """Let a fault happen now or at its next chance; `recover` takes all back."""
        if fault == "recover":
            self.faults, self.hung, self.disk_full = [], False, False
            self.services.start_fails = None
            self.trust.list_properties = {}
            self.clock.unreadable = False
            self.cancel("unhang")
            return
        if fault not in HOST_FAULTS:
            raise ValueError(f"unknown fault {fault!r}; known: {', '.join(HOST_FAULTS)}, recover")
        if fault == "out_of_memory" and arguments.get("how", "exit") not in MEMORY_ENDS:
            raise ValueError(f"out_of_memory: how is one of {', '.join(MEMORY_ENDS)}")
        if fault == "hang":
            self.hung = True
            if "seconds" in arguments:
                self.later(float(arguments["seconds"]), "unhang")
        elif fault == "another_installation":
            self.installer.another(float(arguments.get("seconds", 120)))
        elif fault == "clock_step":
            self.clock.step(float(arguments["seconds"]))
        elif fault == "time_zone":
            self.clock.change_zone(int(arguments["minutes"]))
        elif fault == "log_cleared":
            self.clock.clear_log()
        elif fault == "log_unreadable":
            self.clock.unreadable = True
        elif fault == "renames_come_back":
            self.renames_come_back = self.file_renames = int(arguments.get("count", 1))
        elif fault == "disk_full":
            self.disk_full = True
        elif fault == "distrust_by_list":
            self.trust.list_properties = _list_properties(arguments)
        elif fault == "ima_start_fails":
            self.services.start_fails = arguments.get("because", "data_store")
        elif fault == "ima_stops":
            self.services.halt()
        elif fault == "ima_starts":
            self.services.start(IMA)
        elif fault in ("logons_off", "logons_on"):
            self.sessions.set_mode(DRAIN if fault == "logons_off" else ALL)
        elif fault == "rollback_fails":
            self.installer.rollback_fails = True
        else:
            self.faults.append({"fault": fault, **arguments})

    def _unhang(self) -> None:
        """Answer again."""
        self.hung = False

    # Commands -----------------------------------------------------------------------

    async def execute(
        self, command: str, skip_cmd_shell: bool, stdin: AsyncIterator[bytes], write: Write
    ) -> int:
        """Run one command line of a remote shell; return its exit code.

        Output goes to `write("stdout" | "stderr", bytes)` in the OEM code page. When
        the task is cancelled, a foreground installer dies with its shell; jobs live on.
        ConnectionAbortedError when the host goes away or the line is cut.
        """
        self.course.advance()
        if not self.reachable():
            raise ConnectionAbortedError(self.name)
        return await self.programs.shell(self, command, stdin, write)

    async def foreground(self, program: str, arguments: str) -> int | None:
        """Run a program and wait for it; None when there is no such program."""
        number = self.launch(program, arguments)
        if number is None:
            return None
        try:
            while number not in self.installer.codes:
                await self.until(lambda: number in self.installer.codes, 3600)
        except asyncio.CancelledError:
            self.installer.cut_off(number)
            raise
        return self.installer.codes[number]

    # Keeping ------------------------------------------------------------------------

    def dump(self) -> dict[str, Any]:
        """Return the whole state as JSON data."""
        return {
            "agenda": self.course.agenda.dump(self.name),
            "clock": self.clock.dump(),
            "boots": self.boots,
            "counters": self.counters,
            "faults": self.faults,
            "disk_full": self.disk_full,
            "ima_start_fails": self.services.start_fails,
            "file_renames": self.file_renames,
            "renames_come_back": self.renames_come_back,
            "files": self.files.dump(),
            "hung": self.hung,
            "installer": self.installer.dump(),
            "jobs": self.jobs.dump(),
            "needs_reconfiguration": self.needs_reconfiguration,
            "number": self._number,
            "owners": self.owners,
            "power": self.power,
            "services": self.services.dump(),
            "sessions": self.sessions.dump(),
            "trust": self.trust.dump(),
            "updates": self.updates.dump(),
        }

    def load(self, data: dict[str, Any]) -> None:
        """Take `dump`, or this host's part of a snapshot, back."""
        kept = ("boots", "disk_full", "file_renames", "renames_come_back")
        for name in (*kept, "needs_reconfiguration", "power"):
            setattr(self, name, data[name])
        self._number = data["number"]
        self.services.start_fails = data.get("ima_start_fails")
        self.faults = list(data["faults"])
        self.owners = dict(data["owners"])
        self.hung = data["hung"]
        self.counters.update(data.get("counters", {}))
        self.clock.load(data["clock"])
        for name in ("files", "installer", "jobs", "services", "sessions", "trust", "updates"):
            getattr(self, name).load(data[name])
        self.course.agenda.load(self.name, data["agenda"], self.course.time())


def _list_properties(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return what Microsoft's list says of the root: a date of distrust, or no code signing."""
    if "since" in arguments:
        return {"disallowed_filetime": str(arguments["since"])}
    return {"disallowed_enhkey_usage": [CODE_SIGNING]}
