"""Services of a host; IMAService checks its modules' signatures at every start."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from .machine import Machine
from .trust import Trust

IMA = "IMAService"
RUNNING, STOPPED = "Running", "Stopped"
START_PENDING, STOP_PENDING = "Start Pending", "Stop Pending"
NOT_STARTED_CODE = 1066
REFUSED_SECONDS = 20
STOP_SECONDS = 5
PLUGIN = "ImaPsSs.dll"

_OTHERS = {
    "TermService": ("NT AUTHORITY\\NetworkService", r"C:\Windows\System32\svchost.exe -k ts"),
    "CryptSvc": ("NT AUTHORITY\\NetworkService", r"C:\Windows\System32\svchost.exe -k ns"),
    "msiserver": ("LocalSystem", r"C:\Windows\system32\msiexec /V"),
}


@dataclass
class Service:
    """One service as WMI shows it."""

    state: str
    start_mode: str
    account: str
    path: str
    exit_code: int = 0
    process_id: int = 0


class Services:
    """All services of one host."""

    def __init__(self, host: Machine, trust: Trust, spec: dict[str, Any]) -> None:
        """Read `ima` of the estate's xenapp part; null: there is no such service."""
        self._host = host
        self._trust = trust
        ima = spec.get("ima", {}) or {}
        self.start_seconds: int = ima.get("start_seconds", 90)
        self.start_fails: str | None = ima.get("start_fails")
        self.modules: list[str] = []
        running = ima.get("state", "running") == "running"
        self._services = {
            IMA: Service(
                RUNNING if running else STOPPED,
                ima.get("start_mode", "Auto"),
                "NT AUTHORITY\\NetworkService",
                f'"{host.ima_folder}\\ImaSrv.exe"',
                process_id=2000 if running else 0,
            )
        }
        if spec.get("ima", {}) is None:
            del self._services[IMA]
        for number, (name, (account, path)) in enumerate(_OTHERS.items()):
            state, mode = (STOPPED, "Manual") if name == "msiserver" else (RUNNING, "Auto")
            pid = 900 + 4 * number if state == RUNNING else 0
            self._services[name] = Service(state, mode, account, path, 0, pid)

    @property
    def ima(self) -> Service:
        """IMAService; where there is none, one that never runs."""
        return self._services.get(IMA) or Service(STOPPED, "Disabled", "", "")

    def get(self, name: str) -> Service | None:
        """Return a service by name without regard to case, None for an unknown one."""
        by_name = {known.lower(): service for known, service in self._services.items()}
        return by_name.get(name.lower())

    def bad_modules(self, *, update: bool) -> list[str]:
        """Return the IMA modules whose signature does not verify (or that are missing)."""
        bad = []
        for path in self.modules:
            file = self._host.files.get(path)
            if file is None or not self._trust.runs(file, update=update):
                bad.append(path)
        return bad

    def start(self, name: str) -> None:
        """Begin to start a service that is stopped."""
        service = self.get(name)
        if service is None or service.state != STOPPED:
            return
        if service is not self.ima:
            service.state, service.process_id = RUNNING, 3000
            return
        service.state, service.exit_code = START_PENDING, 0
        broken = self._host.needs_reconfiguration or self.start_fails is not None
        refused = broken or bool(self.bad_modules(update=True))
        seconds = REFUSED_SECONDS if refused else self.start_seconds
        self._host.later(seconds, "ima_start_ends", ok=not refused)
        self._host.changed()

    def ima_start_ends(self, ok: bool) -> None:
        """End IMA's start, well or badly, and tell the installer that waits for it."""
        self.ima.state = RUNNING if ok else STOPPED
        self.ima.exit_code = 0 if ok else NOT_STARTED_CODE
        self.ima.process_id = 2000 + 4 * self._host.next_number() if ok else 0
        self._host.changed()
        self._host.ima_start_ended(ok)

    def stop(self, name: str) -> None:
        """Begin to stop a service that runs or starts."""
        service = self.get(name)
        if service is None or service.state in (STOPPED, STOP_PENDING):
            return
        if service is not self.ima:
            service.state, service.process_id = STOPPED, 0
            return
        self._host.cancel("ima_start_ends")
        service.state = STOP_PENDING
        self._host.later(STOP_SECONDS, "ima_stop_ends")
        self._host.changed()

    def ima_stop_ends(self) -> None:
        """End IMA's stop."""
        self.halt()

    def halt(self) -> None:
        """Take IMA down at once (an installer does, and so does a shutdown)."""
        self._host.cancel("ima_start_ends")
        self._host.cancel("ima_stop_ends")
        self.ima.state, self.ima.process_id = STOPPED, 0
        self._host.changed()

    def record(self, name: str) -> dict[str, Any]:
        """Return a service as an observation shows it."""
        service = self.get(name)
        if service is None:
            empty = ("state", "start_mode", "account", "path", "exit_code", "process_id")
            return {"exists": False, **dict.fromkeys(empty)}
        return {"exists": True, **asdict(service)}

    def loading_plugin(self) -> str | None:
        """Return the plug-in that IMA is loading (HKLM, CurrentlyLoadingPlugin)."""
        starting = self.ima.state == START_PENDING and self.start_fails is None
        return PLUGIN if starting else None

    def dump(self) -> dict[str, Any]:
        """Return what can change, as JSON data."""
        return {name: asdict(service) for name, service in self._services.items()}

    def load(self, data: dict[str, Any]) -> None:
        """Take `dump` back."""
        self._services = {name: Service(**values) for name, values in data.items()}
