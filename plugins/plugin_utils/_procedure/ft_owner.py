# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who holds an FT system: a record on its relay, which every controller sees.

Where no node is reached through a relay there is none to keep it, and the record is a file of this
controller: then it guards against this controller's other changes only. A record never expires
(a start with chkdsk takes hours); breaking it is a person's deliberate act.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .._io.files import write_whole
from .._io.relay import Relay
from .directory import ChangeDirectory, ChangeError, private
from .journal import now, writer


def run_of(directory: ChangeDirectory) -> str:
    """The run that a change directory stands for: the same after every kill and restart."""
    path = directory.root / "run"
    try:
        write_whole(
            path, f"{socket.gethostname()}:{secrets.token_hex(6)}\n".encode(), replace=False
        )
        return path.read_text(encoding="utf-8").strip()
    except OSError as problem:
        raise ChangeError(f"{path} cannot be used ({problem.strerror}). Mend its rights.") from None


class LocalRecords:
    """Owner records as files of this controller, with the relay's operations."""

    def __init__(self, folder: str | None) -> None:
        state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
        self._folder = Path(folder or f"{state}/legacyops/owners").expanduser()

    def owner_read(self, name: str) -> str | None:
        try:
            return self._path(name).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def owner_take(self, name: str, text: str) -> dict[str, Any]:
        taken = write_whole(self._path(name), text.encode(), replace=False)
        return {"taken": taken, "text": self.owner_read(name)}

    def owner_replace(self, name: str, expected: str, text: str) -> dict[str, Any]:
        freed = self.owner_free(name, expected)["freed"]
        replaced = freed and self.owner_take(name, text)["taken"]
        return {"replaced": replaced, "text": self.owner_read(name)}

    def owner_free(self, name: str, expected: str) -> dict[str, Any]:
        path = self._path(name)
        mine = private(path)
        try:
            path.rename(mine)  # whoever has it under a name of his own decides alone
        except FileNotFoundError:
            return {"freed": False, "text": None}
        freed = mine.read_text(encoding="utf-8") == expected
        if not freed:
            os.link(mine, path)
        mine.unlink()
        return {"freed": freed, "text": self.owner_read(name)}

    def _path(self, name: str) -> Path:
        return self._folder / f"{quote(name, safe=' ')}.json"


class SystemOwner:
    """The owner record of one system.

    :param records: the relay, or LocalRecords.
    """

    def __init__(self, records: Relay | LocalRecords, name: str) -> None:
        self._records, self._name = records, name

    def read(self) -> dict[str, Any]:
        """The record, or ``{"free": True}``."""
        return parsed(self._records.owner_read(self._name))

    def take(self, change: str, run: str) -> dict[str, Any]:
        """Take the system unless somebody holds it; the record that is there then.

        :raises RemoteError: the relay could not be asked.
        """
        return parsed(self._records.owner_take(self._name, _text(change, run))["text"])

    def free(self, change: str, run: str) -> bool:
        """Give the system back, if it is this run's; whether it is free now."""
        text = self._records.owner_read(self._name)
        if text is None:
            return True
        record = parsed(text)
        if (record.get("change"), record.get("run")) != (change, run):
            return False
        return bool(self._records.owner_free(self._name, text)["freed"])

    def note_head(self, change: str, run: str, head: str) -> None:
        """Keep the hash of the journal's last entry beside the record, if it is this run's.

        A run that goes on later finds out by it whether the journal's end was cut off meanwhile.
        """
        text = self._records.owner_read(self._name)
        record = parsed(text)
        if text is not None and (record.get("change"), record.get("run")) == (change, run):
            noted = json.dumps({**record, "head": head}, sort_keys=True)
            self._records.owner_replace(self._name, text, noted)

    def break_(self, expected_run: str, name: str, reason: str) -> dict[str, Any]:
        """Take away somebody's record, for ever on record: the broken record.

        :param expected_run: the run whose record is to be broken, as it was told.
        :raises ChangeError: nobody holds the system, or another run does.
        """
        text = self._records.owner_read(self._name)
        record = parsed(text)
        if text is None or record.get("run") != expected_run:
            held = f"run {record.get('run')}" if text else "nobody"
            raise ChangeError(f"{self._name} is held by {held}, not by run {expected_run}.")
        if not self._records.owner_free(self._name, text)["freed"]:
            raise ChangeError(f"The record of {self._name} changed meanwhile; look again.")
        return {**record, "broken_by": name, "reason": reason, "broken_utc": now()}


def parsed(text: str | None) -> dict[str, Any]:
    """A record's text as the observation's part ``owner``; a damaged one is somebody's still."""
    if text is None:
        return {"free": True}
    try:
        record = json.loads(text)
    except ValueError:
        record = None
    return record if isinstance(record, dict) else {"change": "unreadable", "run": "unreadable"}


def _text(change: str, run: str) -> str:
    who: Mapping[str, Any] = writer()
    return json.dumps(
        {
            "change": change,
            "run": run,
            "user": who["user"],
            "controller": who["controller"],
            "utc": now(),
        },
        ensure_ascii=True,
        sort_keys=True,
    )
