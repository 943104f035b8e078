# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who of a batch is where: one small file for each batch of a run.

``host_pinned`` lets each host go its own way, so this is how the first host of a batch tells the
others that the site is prepared, and how the last one knows that it is the last.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from .change import Change
from .journal import now

Record = dict[str, Any]
Lock = Callable[[Change, str], AbstractContextManager[None]]


class Batch:
    """The hosts of one wave that this run treats, side by side.

    run: tells this run from every other; all its hosts give the same.
    lock: holds a lock of the change by its name, as ProcedureAction.locked.
    """

    def __init__(self, change: Change, run: str, host: str, hosts: list[str], lock: Lock) -> None:
        self.change = change
        self.host = host
        self.hosts = hosts
        self.number = dict(change.queue).get(host, 0) + 1
        self._run = run
        self._lock = lock

    def opens(self) -> bool:
        """Whether this host is the first one that begins, and so prepares the site for all."""
        with self._lock(self.change, ".batch"):
            record = self.read()
            if "began" in record:
                return False
            self._write({**record, "batch": self.number, "hosts": self.hosts, "began": now()})
            return True

    def opened(self) -> None:
        """Let the other hosts go on."""
        self._note({"opened": now()})

    def is_open(self) -> bool:
        return "opened" in self.read()

    def arrive(self, where: str, acted: str | None = None) -> bool:
        """Note that this host has come so far; whether it is the last one of the batch.

        acted: when it was last acted on, ISO 8601 UTC; None: it was not, or it matters not.
        """
        with self._lock(self.change, ".batch"):
            record = self.read()
            arrived = sorted({*record.get(where, []), self.host})
            last = max(record.get("acted") or "", acted or "")
            self._write({**record, "hosts": self.hosts, where: arrived, "acted": last})
            return set(self.hosts) <= set(arrived)

    def acted(self) -> str:
        """When one of those that have arrived was last acted on; empty: none was."""
        return str(self.read().get("acted") or "")

    def missing(self, where: str) -> list[str]:
        """The hosts that have not come so far yet."""
        arrived = set(self.read().get(where, []))
        return [host for host in self.hosts if host not in arrived]

    def statuses(self) -> dict[str, str]:
        return {host: str(self.change.state(host)["status"]) for host in self.hosts}

    def read(self) -> Record:
        """The batch's file; empty where there is none yet."""
        return self.change.directory.read(self._path()) or {}

    def _note(self, more: Record) -> None:
        with self._lock(self.change, ".batch"):
            self._write({**self.read(), **more})

    def _write(self, record: Record) -> None:
        self.change.directory.write(self._path(), record)

    def _path(self) -> Any:
        return self.change.directory.host_file("batches", f"{self._run}-{self.number:03d}")
