# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which runs of ansible-playbook carry a change out, and whether they still go on.

::

    DIR/runs/RUN.json    one run: its process, since when, on which controller, for which hosts

A process that is gone leaves its record; by its number and the time of its start it is known to be
gone. On another controller, or in another container, nobody can tell from here.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .._io.files import UnreadableError, read_object
from .directory import ChangeDirectory
from .journal import now, writer


@dataclass(frozen=True)
class Run:
    """One run. alive: whether it goes on; None: it is on another controller."""

    id: str
    controller: str
    process: int
    user: str
    utc: str
    hosts: tuple[str, ...]
    alive: bool | None


def note_run(directory: ChangeDirectory, run: str, hosts: Sequence[str]) -> None:
    """Write down that this run of ansible-playbook begins; forget those that are gone."""
    folder = directory.root / "runs"
    for known in runs(directory):
        if known.alive is False:
            (folder / f"{quote(known.id, safe='')}.json").unlink(missing_ok=True)
    process = os.getppid()  # of this worker: ansible-playbook itself
    record = {
        "run": run,
        "controller": socket.gethostname(),
        "process": process,
        "started": _started(process),
        "user": writer()["user"],
        "utc": now(),
        "hosts": list(hosts),
    }
    directory.write(folder / f"{quote(run, safe='')}.json", record)


def runs(directory: ChangeDirectory) -> list[Run]:
    """Every run that has left its record, oldest first."""
    found = []
    for path in sorted((directory.root / "runs").glob("*.json")):
        record = directory.read(path) or {}
        here = record.get("controller") == socket.gethostname()
        process, started = int(record.get("process") or 0), record.get("started")
        found.append(
            Run(
                id=str(record.get("run")),
                controller=str(record.get("controller")),
                process=process,
                user=str(record.get("user")),
                utc=str(record.get("utc")),
                hosts=tuple(map(str, record.get("hosts") or ())),
                alive=_alive(process, started) if here else None,
            )
        )
    return found


def acting(directory: ChangeDirectory, host: str) -> int | None:
    """The process on this controller that acts on a host right now, by its lock; None: none."""
    path = directory.host_file("locks", host).with_suffix(".owner")
    record: dict[str, Any] | None = None
    with suppress(UnreadableError):  # it is being written
        record = read_object(path)
    process = (record or {}).get("pid")
    return process if isinstance(process, int) and _started(process) is not None else None


def _alive(process: int, started: Any) -> bool | None:
    """Whether a run's process goes on; None: it is another account's, and hidden from this one."""
    found = _started(process)
    if found is None and process > 0:
        try:
            os.kill(process, 0)  # only asks
        except PermissionError:
            return None
        except OSError:
            return False
    return started is not None and found == started


def _started(process: int) -> str | None:
    """When a process has started, in the kernel's own ticks; None: there is none."""
    with suppress(OSError, IndexError):
        # The name in brackets may itself hold brackets and blanks.
        fields = Path(f"/proc/{process}/stat").read_text("utf-8", "replace").rpartition(")")[2]
        parts = fields.split()
        return None if parts[0] in ("Z", "X") else parts[19]
    return None
