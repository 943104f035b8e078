# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The change directory: every file of one change on the controller.

::

    DIR/plan.json               the plan
    DIR/approval.json(.sig)     who approved it, and the signature
    DIR/observations/HOST.json  what assess read
    DIR/findings/HOST.json      what assess found
    DIR/audit/HOST.json         what the last audit found
    DIR/journal/HOST.jsonl      what happened, append-only
    DIR/state/HOST.json         where the host stands in this change
    DIR/batches/RUN-NNN.json    which hosts of a batch are where, in one run
    DIR/result.json             how the last run ended, for programs
    DIR/locks/HOST.lock         held while a worker acts on the host
    DIR/closed.json(.sig)       the record that closed the change, and the signature
    DIR/STOP                    while this file is there no host begins, and nothing is installed
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .._core.context import NOT_BEGUN
from .._core.plan import PlanError, read_plan
from .._core.plan.file import written
from .._io.files import UnreadableError, json_text, read_object, write_whole

_LONGEST_ID = 200  # of 255 bytes that file systems allow a name


class ChangeError(Exception):
    """The change directory or a file in it cannot be used; the text says why and what to do."""


class ChangeDirectory:
    """Paths and files of one change.

    Reading tolerates what is not there yet (``None``); a file that is there and is not
    JSON is a :class:`ChangeError`. Writing is atomic: a killed process leaves the old file
    or the new one, never half of one.
    """

    def __init__(self, root: Path, change: str) -> None:
        self.root, self.change = root, change
        self._verified: tuple[Mapping[str, Any], dict[str, Any]] | None = None  # file, plan

    @classmethod
    def find(cls, change_dir: str | None, change_id: str) -> ChangeDirectory:
        """The directory that was named, or ``./legacyops-changes/CHANGE_ID``.

        :raises ChangeError: one of the two cannot be meant.
        """
        fault = _id_fault(change_id)
        if fault:
            raise ChangeError(
                f"legacyops_change_id {fault}: give the change's number, such as CHG0042."
            )
        if not change_dir:
            below = Path.cwd() / "legacyops-changes"
            return cls(below / quote(change_id, safe=" "), change_id)
        try:
            return cls(Path(change_dir).expanduser().absolute(), change_id)
        except RuntimeError:  # there is no such user
            raise ChangeError(
                f"legacyops_change_dir is {change_dir!r}, whose user this controller does not "
                "know: give the folder's whole path."
            ) from None

    @property
    def plan(self) -> Path:
        return self.root / "plan.json"

    @property
    def result(self) -> Path:
        return self.root / "result.json"

    @property
    def approval(self) -> Path:
        return self.root / "approval.json"

    @property
    def closed(self) -> Path:
        return self.root / "closed.json"

    def check_open(self) -> None:
        """:raises ChangeError: the change is closed, and so nothing in it is written any more."""
        if self.closed.exists():
            raise ChangeError(
                f"The change in {self.root} is closed ({self.closed.name}): nothing is done in it "
                "any more. Go on under a new change_id."
            )

    @property
    def stop(self) -> Path:
        return self.root / "STOP"

    def host_file(self, kind: str, host: str) -> Path:
        """The file of one host; ``kind`` is a folder's name, as in the table above."""
        suffix = {"journal": "jsonl", "locks": "lock"}.get(kind, "json")
        return self.root / kind / f"{quote(host, safe=' ')}.{suffix}"

    def read(self, path: Path) -> dict[str, Any] | None:
        """One JSON object, or None where there is no such file."""
        try:
            return read_object(path)
        except UnreadableError as problem:
            raise ChangeError(
                f"{path} cannot be read ({problem}). Restore it, or make it again."
            ) from problem

    def write(self, path: Path, value: Mapping[str, Any]) -> None:
        """Write one JSON object atomically and durably."""
        text = json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
        self.write_bytes(path, text.encode("utf-8"))

    def planned(self) -> dict[str, Any] | None:
        """The plan of the change; None where there is none that can be carried out."""
        document = self.read(self.plan)
        try:
            return None if document is None else self.verified(document)
        except PlanError:
            return None

    def verified(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """The plan of a file; verified once, however many ask within a step.

        :raises PlanError: see read_plan.
        """
        if self._verified is None or self._verified[0] != document:
            self._verified = document, read_plan(document)
        return self._verified[1]

    def write_plan(self, plan: Mapping[str, Any]) -> None:
        """Write the plan, so that a person can read it, too."""
        self.write_bytes(self.plan, (json_text(written(plan)) + "\n").encode("utf-8"))

    def write_bytes(self, path: Path, content: bytes) -> None:
        """Write a whole file atomically and durably."""
        try:
            write_whole(path, content)
        except OSError as problem:
            raise not_written(path, problem) from problem

    def state(self, host: str) -> dict[str, Any]:
        """Where the host stands; a host without a file has not begun."""
        return self.read(self.host_file("state", host)) or {"host": host, "status": NOT_BEGUN}

    def states(self, hosts: Iterator[str] | list[str]) -> dict[str, dict[str, Any]]:
        return {host: self.state(host) for host in hosts}

    def stopped(self) -> str | None:
        """Why the change is stopped, or None. The file may be made by hand (``touch``)."""
        try:
            text = self.stop.read_text(encoding="utf-8", errors="replace").strip()
        except FileNotFoundError:
            return None
        except OSError as problem:
            return f"{self.stop} cannot be read ({problem.strerror})"
        return text or "stopped by hand"

    def stop_all(self, reason: str) -> None:
        """Stop the change: no host begins any more; one under way goes on to a resting point.

        The first reason stays: it is the one that a person has to look at.
        """
        try:
            write_whole(self.stop, f"{reason}\n".encode(), replace=False)
        except OSError as problem:
            raise ChangeError(
                f"The change is NOT stopped: {self.stop} cannot be written ({problem.strerror}). "
                "Make room or mend the rights, or make that file by hand (touch)."
            ) from problem


def _id_fault(change_id: str) -> str | None:
    """Why a change cannot be named like this, or None. Its name is also its folder's."""
    if not change_id.strip():
        return "is empty"
    if change_id in (".", "..") or not change_id.isprintable():
        return f"is {change_id[:80]!r}, which is no name"
    if len(quote(change_id, safe=" ")) > _LONGEST_ID:
        return f"is {len(change_id)} characters long, too many for a folder's name"
    return None


def not_written(path: Path, problem: OSError) -> ChangeError:
    """The sentence for a file of a change that cannot be written."""
    return ChangeError(
        f"{path} cannot be written ({problem.strerror}). Make room or mend the rights of the "
        "change directory, then run the same command again."
    )


def private(path: Path) -> Path:
    """A name beside a file that nobody else uses."""
    return path.with_name(f".{path.name}.{secrets.token_hex(6)}")
