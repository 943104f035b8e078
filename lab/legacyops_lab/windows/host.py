"""A single server: a Windows Server 2008 without XenApp."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..world import files, images
from ..world.course import Course
from ..world.host import NOTHING_OF_CITRIX, Host, Programs

# What the two kinds of servers have in common is described under the same names.
_COMMON = (
    "domain", "utc_offset_minutes", "clock_skew_seconds", "clock_steps", "renames_come_back",
    "uptime_days", "restart_seconds", "free_bytes", "pending_restart", "task_scheduler", "shares",
)  # fmt: skip


class WindowsHost(Host):
    """A host of kind windows."""

    def __init__(
        self,
        course: Course,
        estate: Mapping[str, Host],
        name: str,
        spec: dict[str, Any],
        users: dict[str, str],
        programs: Programs,
    ) -> None:
        """Read a host of kind windows; lay its packages on its disk."""
        windows: dict[str, Any] = spec.get("windows", {})
        common = {key: windows[key] for key in _COMMON if key in windows}
        product = "xenapp_5.0_x86" if windows.get("architecture") == "x86" else "xenapp_5.0_x64"
        frame = {**spec, "xenapp": {**NOTHING_OF_CITRIX, "product": product, **common}}
        super().__init__(course, estate, name, frame, users, programs)
        self.product_name = ""
        for entry in windows.get("packages", ()):
            image = images.update(entry["name"])
            tampered = entry.get("content") == "tampered"
            self.files.put(files.of_image(entry["path"], image, tampered=tampered))

    def serves(self) -> bool:
        """Whether it answers its users: whenever it runs."""
        return self.power == "up"

    def told(self) -> dict[str, Any]:
        """Return its true state in a person's words."""
        violations = [v for v in self.course.book.violations() if v["host"] == self.name]
        return {
            "kind": "windows",
            "power": self.power,
            "reachable": self.reachable(),
            "build": self.updates.build,
            "updates": self.updates.told(),
            "sha2": self.updates.sha2,
            "installer_starts": dict(sorted(self.updates.starts.items())),
            "installing": self.updates.current is not None,
            "pending_restart": self.updates.pending or self.file_renames > 0,
            "restarts": self.boots,
            "faults": [entry["fault"] for entry in self.faults],
            "counters": dict(self.counters),
            "violations": [entry["text"] for entry in violations],
            "unrecognised": self.unrecognised,
        }
