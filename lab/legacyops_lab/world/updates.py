"""Updates of a host: component based servicing, and what wusa.exe does with a package (.msu).

What an update is, what it needs, what it brings and with which code it is refused is the
estate's data (`updates`). What no source says of wusa itself is named in lab/HYPOTHESES.md.
"""

from __future__ import annotations

import re
from typing import Any

from .machine import Machine

SUCCESS, NEEDS_RESTART, S_FALSE, DENIED = 0, 3010, 1, 5
ALREADY_INSTALLED, NOT_APPLICABLE = 0x00240006, 0x80240017
BAD_DIGEST, NEWER_STACK, BUSY, NO_PACKAGE = 0x80096010, 0x800F0823, 0x80240016, 0x80070002
REFUSAL_SECONDS, CONFIGURE_SECONDS = 20, 180
# CurrentState of a package, by the estate's words.
STATES = {
    "installed": 0x70,
    "install_pending": 0x60,
    "superseded": 0x50,
    "staged": 0x40,
}
_LISTED = ("installed",)
_WORDS = re.compile(r'"([^"]*)"|(\S+)')


class Updates:
    """What is in, what waits for a restart, and the one installation that may run."""

    def __init__(self, host: Machine, spec: dict[str, Any], catalogue: dict[str, Any]) -> None:
        """Read the estate's `windows` part; catalogue: the estate's `updates`, by package."""
        self._host, self._catalogue = host, catalogue
        self.build: int = spec.get("build", 6002)
        self.service_pack: int = spec.get("service_pack", 2)
        self.edition: str = spec.get("edition", "standard")
        self.registry: dict[str, str] = dict(spec.get("registry", {}))
        self.stacks: list[str] = list(spec.get("servicing_stack", ["6.0.6002.18005"]))
        # Whether signatures of SHA-2 are understood right now: from the start after the update on.
        self.sha2: bool = spec.get("sha2", False)
        wusa = spec.get("wusa", {})
        self._extended: bool = wusa.get("extended_return_code", False)
        self._answers: int | None = wusa.get("exit_code")
        self._slower: float = wusa.get("more_minutes", 0)
        self._signs_disagree: list[str] = list(spec.get("signs_disagree", ()))
        self.found: dict[str, dict[str, Any]] = {
            name: {"state": "installed", "release": "6.0.1.0", **(entry or {})}
            for name, entry in spec.get("updates", {}).items()
        }
        self.current: dict[str, Any] | None = None
        self.starts: dict[str, int] = {}

    # What is read -----------------------------------------------------------------------

    @property
    def pending(self) -> bool:
        """Whether an update waits for a restart."""
        return any(entry["state"] == "install_pending" for entry in self.found.values())

    def record(self, update: str) -> dict[str, Any]:
        """Return an update as an observation shows it, by both signs."""
        entry = self.found.get(update)
        arch = {"x64": "amd64"}.get(self._host.architecture, self._host.architecture)
        packages = {}
        if entry is not None:
            ending = f"for_{update}~31bf3856ad364e35~{arch}~~{entry['release']}"
            number = STATES[entry["state"]]
            packages = {f"Package_{ending}": number, f"Package_1_{ending}": number}
        listed = entry is not None and entry["state"] in _LISTED
        return {"listed": listed != (update in self._signs_disagree), "packages": packages}

    def told(self) -> dict[str, str]:
        """Return every update's state in a word."""
        return {name: entry["state"] for name, entry in sorted(self.found.items())}

    # wusa -------------------------------------------------------------------------------

    def start(self, number: int, arguments: str) -> None:
        """Start wusa with these arguments as the process of a number."""
        words = [quoted or bare for quoted, bare in _WORDS.findall(arguments)]
        path = next((word for word in words if not word.startswith("/")), "")
        file = self._host.files.get(path)
        package = self._catalogue.get(file.image.name) if file and file.image else None
        code = NO_PACKAGE if file is None else self._refusal(package, intact=file.intact)
        if code is not None or package is None:
            self._host.later(REFUSAL_SECONDS, "wusa_ends", number=number, code=code or 0)
            return
        update = package["update"]
        self.starts[update] = self.starts.get(update, 0) + 1
        if "/norestart" not in [word.lower() for word in words]:
            self._host.violation(f"wusa was started for {update} without /norestart")
        self.current = {"number": number, "package": package}
        seconds = (package.get("minutes", 6) + self._slower) * 60
        self._host.later(seconds, "update_is_in", number=number)

    def _refusal(self, package: dict[str, Any] | None, *, intact: bool) -> int | None:
        """Return the exit code of an installation that does not happen; None: it does."""
        if self._answers is not None:
            return self._answers
        if package is None or not intact:
            return BAD_DIGEST
        if self.current is not None:
            self._host.violation("an installer was started while another one was running")
            return BUSY
        if not self._applies(package):
            return NOT_APPLICABLE if self._extended else S_FALSE
        if self.found.get(package["update"], {}).get("state") not in (None, "staged"):
            return ALREADY_INSTALLED if self._extended else S_FALSE
        if package.get("signed") == "sha2" and not self.sha2:
            self._host.violation(f"{package['update']} was tried before SHA-2 is supported")
            return int(package.get("refused_without_sha2", BAD_DIGEST))
        missing = [name for name in package.get("needs", ()) if not self._works(name)]
        if missing:
            self._host.violation(f"{package['update']} was tried before {', '.join(missing)}")
            return int(package.get("refused_without_needs", NEWER_STACK))
        if self._host.disk_full:
            return 0x80070070
        return None

    def _applies(self, package: dict[str, Any]) -> bool:
        """Whether a package is for this Windows."""
        return (
            package.get("architecture", self._host.architecture) == self._host.architecture
            and self.service_pack >= package.get("service_pack", 0)
            and self.edition in package.get("editions", [self.edition])
        )

    def _works(self, update: str) -> bool:
        """Whether an update is in and does not wait for a restart."""
        return self.found.get(update, {}).get("state") in ("installed", "superseded")

    def is_in(self, number: int) -> None:
        """End an installation that went well."""
        if self.current is None:
            return
        package, self.current = self.current["package"], None
        waits = package.get("needs_restart", False)
        state = "install_pending" if waits else "installed"
        self.found[package["update"]] = {
            "state": state,
            "release": package.get("release", "6.0.1.0"),
            "package": package["name"],
        }
        if not waits:
            self._takes_effect(package)
        self._host.later(0, "wusa_ends", number=number, code=NEEDS_RESTART if waits else SUCCESS)

    def _takes_effect(self, package: dict[str, Any]) -> None:
        """Let an update do what it is for; the support of SHA-2 waits for a start in any case."""
        if "stack" in package and package["stack"] not in self.stacks:
            self.stacks.append(package["stack"])
        self.build = max(self.build, package.get("build", 0))
        for name in package.get("supersedes", ()):
            if name in self.found:
                self.found[name]["state"] = "superseded"

    # Restarts ---------------------------------------------------------------------------

    @property
    def configure_seconds(self) -> float:
        """How much longer a restart takes while Windows completes installations."""
        return CONFIGURE_SECONDS if self.pending else 0

    def shutdown(self) -> None:
        """Lose the running installation: what it had unpacked stays staged."""
        if self.current is None:
            return
        package, self.current = self.current["package"], None
        self._host.violation(f"the host was restarted while {package['update']} was installed")
        self.found[package["update"]] = {"state": "staged", "release": package.get("release", "?")}

    def boot(self) -> None:
        """Complete what has waited for the start."""
        for entry in self.found.values():
            if entry["state"] == "install_pending":
                entry["state"] = "installed"
                self._takes_effect(self._catalogue.get(entry.get("package", ""), {}))
        # Understood from this start on.
        gives = (self._catalogue.get(e.get("package", ""), {}) for e in self.found.values())
        self.sha2 = self.sha2 or any(package.get("gives_sha2") for package in gives)

    # Keeping ----------------------------------------------------------------------------

    def dump(self) -> dict[str, Any]:
        """Return what can change, as JSON data."""
        names = ("build", "stacks", "sha2", "found", "current", "starts")
        return {name: getattr(self, name) for name in names}

    def load(self, data: dict[str, Any]) -> None:
        """Take `dump` back."""
        for name, value in data.items():
            setattr(self, name, value)
