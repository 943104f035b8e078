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
    DIR/locks/HOST.lock         held while a worker acts on the host
    DIR/closed.json(.sig)       the record that closed the change, and the signature
    DIR/STOP                    while this file is there no host begins, and nothing is installed
"""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

NOT_BEGUN = "not_begun"
UNDER_WAY = "under_way"
DONE = "done"
FAILED = "failed"
WAITING = "waiting"


class ChangeError(Exception):
    """The change directory or a file in it cannot be used; the text says why and what to do."""


class ChangeDirectory:
    """Paths and files of one change.

    Reading tolerates what is not there yet (``None``); a file that is there and is not
    JSON is a :class:`ChangeError`. Writing is atomic: a killed process leaves the old file
    or the new one, never half of one.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def find(cls, change_dir: str | None, change_id: str) -> ChangeDirectory:
        """The directory that was named, or ``./legacyops-changes/CHANGE_ID``."""
        if change_dir:
            return cls(Path(change_dir).expanduser().absolute())
        return cls(Path.cwd() / "legacyops-changes" / quote(change_id, safe=" "))

    @property
    def plan(self) -> Path:
        return self.root / "plan.json"

    @property
    def approval(self) -> Path:
        return self.root / "approval.json"

    @property
    def closed(self) -> Path:
        return self.root / "closed.json"

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
            value = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as problem:
            raise ChangeError(
                f"{path} cannot be read ({problem}). Restore it, or make it again."
            ) from problem
        if not isinstance(value, dict):
            raise ChangeError(f"{path} is not one of our files: it holds no JSON object.")
        return value

    def write(self, path: Path, value: Mapping[str, Any]) -> None:
        """Write one JSON object atomically and durably."""
        text = json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
        self.write_bytes(path, text.encode("utf-8"))

    def write_bytes(self, path: Path, content: bytes) -> None:
        """Write a whole file atomically and durably."""
        temporary: str | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            Path(temporary).replace(path)
        except OSError as problem:
            if temporary is not None:
                with suppress(OSError):
                    Path(temporary).unlink()
            raise ChangeError(
                f"{path} cannot be written ({problem.strerror}). Make room or mend the rights "
                "of the change directory, then run the same command again."
            ) from problem
        sync_folder(path.parent)

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
        self.root.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError), self.stop.open("x", encoding="utf-8") as stream:
            stream.write(reason + "\n")


def create(path: Path, text: str) -> bool:
    """Write a whole new file, or leave the one that is there; whether it was written.

    :raises OSError: neither is possible.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = private(path)
    whole.write_text(text, encoding="utf-8")
    try:
        os.link(whole, path)  # a name that is taken stays as it is
    except FileExistsError:
        return False
    finally:
        whole.unlink()
    return True


def private(path: Path) -> Path:
    """A name beside a file that nobody else uses."""
    return path.with_name(f".{path.name}.{secrets.token_hex(6)}")


def sync_folder(folder: Path) -> None:
    """Make a new or replaced name in the folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
