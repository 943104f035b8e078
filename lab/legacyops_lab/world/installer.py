"""Windows Installer on a host: what `msiexec /p` does with a XenApp hotfix.

From the notice: IMA does not start after the files were replaced when the new
signature's chain does not verify; that is error 26005, and the installation is rolled
back; the rollback may fail as well. Everything else is named in lab/HYPOTHESES.md.
"""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

from . import files, images
from .certificates import catalogue
from .images import Image
from .machine import Machine
from .services import Services
from .sessions import Sessions
from .texts import text
from .trust import Trust

SUCCESS, FATAL, BUSY, NO_PACKAGE, BAD_PACKAGE = 0, 1603, 1618, 1635, 1636
BAD_COMMAND, WRONG_PRODUCT, RESTARTS, NEEDS_RESTART = 1639, 1642, 1641, 3010
KILLED = 0x40010004
REFUSAL_SECONDS = 5
NOTHING_TO_DO_SECONDS = 20

_PATCH = re.compile(r'(?i)(?:^|\s)[/-](?:p|update)\s*(?:"([^"]+)"|(\S+))')
_LOG = re.compile(r'(?i)(?:^|\s)[/-]l[a-z*+!]*\s+(?:"([^"]+)"|(\S+))')
_NO_RESTART = re.compile(r"(?i)(?:^|\s)[/-]norestart\b")


class Installer:
    """The installer service of one host: one installation at a time."""

    def __init__(
        self,
        host: Machine,
        trust: Trust,
        services: Services,
        sessions: Sessions,
        spec: dict[str, Any],
    ) -> None:
        """Read `install`, `patches` and `rollback_fails` of the estate's xenapp part."""
        self._host = host
        self._trust, self._services, self._sessions = trust, services, sessions
        times = spec.get("install", {})
        self._install_seconds: float = times.get("minutes", 4) * 60
        self._rollback_seconds: float = times.get("rollback_minutes", 3) * 60
        self.rollback_fails: bool = spec.get("rollback_fails", False)
        self._other_minutes: float = times.get("another_runs_minutes", 0)
        self.other_runs = self._other_minutes > 0
        self.patches: dict[str, dict[str, Any]] = {
            entry["patch_code"]: {
                "display_name": entry.get("display_name"),
                "install_date": entry.get("install_date"),
            }
            for entry in spec.get("patches", ())
        }
        self.current: dict[str, Any] | None = None
        self.running: list[int] = []
        self.codes: dict[int, int] = {}
        self.starts: dict[str, int] = {}

    def begin(self) -> None:
        """Let the other installation of the estate end in time."""
        if self.other_runs:
            self.another(self._other_minutes * 60)

    def another(self, seconds: float) -> None:
        """Let somebody else's installation, of something else than XenApp, run from now on."""
        self.other_runs = True
        self._host.later(seconds, "other_installation_ends")

    def other_installation_ends(self) -> None:
        """End the installation of somebody else."""
        self.other_runs = False

    @property
    def in_progress(self) -> bool:
        """Whether any installation is running."""
        return self.current is not None or self.other_runs

    def start(self, arguments: str) -> int:
        """Start msiexec with these arguments; return the number of its process."""
        number = self._host.next_number()
        self.running.append(number)
        request = _request(arguments)
        file = self._package(request)
        code = self._refusal(request, file)
        if code is None and file is not None and file.image is not None:
            self._begin(number, request, file, file.image)
            return number
        self._write_log(request, [f"MainEngineThread is returning {code}"])
        self._host.later(REFUSAL_SECONDS, "process_ends", number=number, code=code)
        return number

    def _refusal(self, request: dict[str, Any], file: files.File | None) -> int | None:
        """Return the exit code of an installation that cannot begin, None if it can."""
        if not request["package"]:
            return BAD_COMMAND
        if self.current is not None:
            self._host.violation("an installer was started while another one was running")
            return BUSY
        if self.other_runs:
            return BUSY
        if file is None:
            return NO_PACKAGE
        image = file.image
        if image is None or image.kind != "msp":
            return BAD_PACKAGE
        if image.products and self._host.product not in image.products:
            return WRONG_PRODUCT
        if self._host.needs_reconfiguration or self._host.disk_full:
            return FATAL
        return None

    def _package(self, request: dict[str, Any]) -> files.File | None:
        """Return the package; a share cannot be reached without credentials."""
        path = request["package"] or ""
        return None if path.startswith("\\\\") else self._host.files.get(path)

    def _begin(self, number: int, request: dict[str, Any], file: files.File, image: Image) -> None:
        """Begin an installation: IMA is stopped, files will be replaced."""
        patch = str(image.patch_code)
        self.starts[patch] = self.starts.get(patch, 0) + 1
        self.current = {
            "number": number,
            "image": asdict(image),
            "tampered": not file.intact,
            **request,
            "saved": [],
            "lines": ["=== Verbose logging started ==="],
        }
        if patch in self.patches:
            self._host.violation(f"the installer of {image.name} was started again")
            self._host.later(NOTHING_TO_DO_SECONDS, "installation_ends", code=SUCCESS)
            return
        if not file.intact or file.signature is None:
            what = "unsigned" if file.signature is None else "tampered"
            self._host.violation(f"the {what} package {image.name} was installed")
        self._sessions.lose("a hotfix was installed while they were on")
        self._services.halt()
        if self._host.take_fault("root_vanishes") is not None:
            self._trust.lose(catalogue()["g5"].thumbprint)
        self._host.later(self._install_seconds, "modules_are_replaced")

    def modules_are_replaced(self) -> None:
        """Put the package's modules in place and start IMA."""
        current = self._active()
        package = images.load(current["image"])
        for path in self._services.modules:
            name = path.rsplit("\\", 1)[1]
            old = self._host.files.get(path)
            if name not in package.replaces or old is None:
                continue
            current["saved"].append(old.dump())
            image = Image("module", f"{name} {package.name}", images.MODULE_BYTES, package.signer)
            self._host.files.put(files.of_image(path, image, tampered=current["tampered"]))
        current["phase"] = "starting_ima"
        self._services.start("IMAService")

    def ima_start_ended(self, ok: bool) -> None:
        """Go on after IMA's start, which the installer waits for however long it takes."""
        if self.current is None:
            return
        phase = self.current.get("phase")
        if phase == "starting_ima" and ok:
            self._succeed()
        elif phase == "starting_ima":
            self._host.violation("a hotfix installation failed with error 26005")
            self._fail([text("error_26005", self._host.language)])
        elif phase == "rolled_back":
            self._host.later(REFUSAL_SECONDS, "installation_ends", code=FATAL)

    def _succeed(self) -> None:
        """Record the patch and end."""
        current = self._active()
        image = images.load(current["image"])
        self.patches[str(image.patch_code)] = {
            "display_name": image.name,
            "install_date": f"{self._host.now():%Y-%m-%d}",
        }
        self._host.patched()
        code = SUCCESS
        if image.needs_restart:
            self._host.file_renames += 2
            code = NEEDS_RESTART if current["norestart"] else RESTARTS
        self._host.later(REFUSAL_SECONDS, "installation_ends", code=code)

    def _fail(self, lines: list[str]) -> None:
        """Log the error and begin the rollback."""
        current = self._active()
        product = self._host.product_name
        current["lines"] += [f"MSI (s) (38:5C): Product: {product} -- {line}" for line in lines]
        current["phase"] = "rolling_back"
        self._host.later(self._rollback_seconds, "rollback_ends")

    def rollback_ends(self) -> None:
        """Bring the old modules back, or fail half-way and leave a broken system."""
        current = self._active()
        if self.rollback_fails:
            current["lines"].append("MSI (s) (38:5C): Note: 1: rollback script failed")
            self._break("the rollback of a hotfix failed")
            self._host.later(REFUSAL_SECONDS, "installation_ends", code=FATAL)
            return
        for saved in current["saved"]:
            self._host.files.put(files.load(saved))
        current["phase"] = "rolled_back"
        current["lines"].append("MSI (s) (38:5C): Rollback completed")
        self._services.start("IMAService")

    def _break(self, why: str) -> None:
        """Leave the system in the state that needs reconfiguring."""
        self._host.needs_reconfiguration = True
        self._services.halt()
        self._host.violation(f"{why}: the system needs reconfiguring")

    def installation_ends(self, code: int) -> None:
        """End the running installation and its process."""
        current = self._active()
        lines = [*current["lines"], f"MainEngineThread is returning {code}"]
        self._write_log(current, lines)
        self.current = None
        self._sessions.come_back()
        self.process_ends(current["number"], code)
        if code == RESTARTS:
            self._host.restart()

    def process_ends(self, number: int, code: int) -> None:
        """Note a process's exit code."""
        self.running.remove(number)
        self.codes[number] = code
        self._host.process_ended(number, code)

    def cut_off(self, number: int) -> None:
        """Kill a foreground msiexec with its shell: the service rolls back."""
        if self.current is None or self.current["number"] != number:
            return
        self._host.violation("an installer was cut off in mid-installation")
        self._host.cancel("modules_are_replaced")
        self._host.cancel("installation_ends")
        self._host.cancel("ima_start_ends")
        if self.current.get("phase") in (None, "starting_ima"):
            self._services.halt()
            self._fail(["Error 1602. The user cancelled the installation."])

    def shutdown(self) -> None:
        """Lose every process; an installation in the middle breaks the system."""
        if self.current is not None:
            self._break("the host was restarted in mid-installation")
        self.current = None
        for number in self.running:
            self.codes[number] = KILLED
        self.running = []

    def _active(self) -> dict[str, Any]:
        """Return the running installation, which must exist."""
        if self.current is None:
            raise RuntimeError("no installation is running")
        return self.current

    def _write_log(self, request: dict[str, Any], lines: list[str]) -> None:
        """Write the log as msiexec does, in UTF-16 with its mark."""
        if request.get("log"):
            whole = "".join(f"{line}\r\n" for line in lines)
            content = b"\xff\xfe" + whole.encode("utf-16-le")
            self._host.files.put(files.of_content(request["log"], content))

    def dump(self) -> dict[str, Any]:
        """Return what can change, as JSON data."""
        return {
            "patches": self.patches,
            "current": self.current,
            "running": self.running,
            "codes": {str(number): code for number, code in self.codes.items()},
            "starts": self.starts,
            "other_runs": self.other_runs,
            "rollback_fails": self.rollback_fails,
        }

    def load(self, data: dict[str, Any]) -> None:
        """Take `dump` back."""
        self.codes = {int(number): code for number, code in data["codes"].items()}
        for name in ("patches", "current", "running", "starts", "other_runs", "rollback_fails"):
            setattr(self, name, data[name])


def _request(arguments: str) -> dict[str, Any]:
    """Read the package, the log and /norestart out of msiexec's arguments."""
    package, log = _PATCH.search(arguments), _LOG.search(arguments)
    return {
        "package": (package[1] or package[2]) if package else None,
        "log": (log[1] or log[2]) if log else None,
        "norestart": bool(_NO_RESTART.search(arguments)),
    }
