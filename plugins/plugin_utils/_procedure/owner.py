# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who holds a server or an FT system: a record that every controller sees.

A server keeps its own, an FT system's is on its relay. Where no node is reached through a relay
there is none to keep it, and the record is a file of this controller: then it guards against this
controller's other changes only. A record never expires (a start with chkdsk takes hours); breaking
it is a person's deliberate act.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote as url_quoted

from .._core.context import Context
from .._core.observation import Observation, quote
from .._io.files import write_whole
from .._io.owner import OwnerRecords
from .directory import ChangeDirectory, ChangeError, private
from .journal import now, writer
from .runner import dies_with_the_job, is_job


def run_of(directory: ChangeDirectory) -> str:
    """The run that a change directory stands for: the same after every kill and restart."""
    path = directory.root / "run"
    known = known_run(directory)
    if known:
        return known
    try:
        write_whole(
            path, f"{socket.gethostname()}:{secrets.token_hex(6)}\n".encode(), replace=False
        )
        return path.read_text(encoding="utf-8").strip()
    except OSError as problem:
        raise ChangeError(f"{path} cannot be used ({problem.strerror}). Mend its rights.") from None


def known_run(directory: ChangeDirectory) -> str:
    """As run_of, but writes nothing: empty where the directory has no run yet."""
    try:
        return (directory.root / "run").read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def is_free(observation: Observation) -> bool:
    """Whether nobody holds the host, by what was read."""
    held = observation.part("owner")
    return isinstance(held, Mapping) and held.get("free") is True


def is_anothers(observation: Observation, context: Context) -> bool:
    """Whether another change, or another run, holds the host."""
    held = observation.part("owner")
    if not isinstance(held, Mapping) or held.get("free") is True:
        return False
    return context.is_ours(held) is not True


def held_by(observation: Observation, record: Mapping[str, Any]) -> Observation:
    """The observation with the record that is there by now."""
    return replace(observation, data={**observation.data, "owner": dict(record)})


def held_text(record: Mapping[str, Any]) -> str:
    """Who holds a host, and what to do."""
    who = " ".join(quote(record.get(key), 60) for key in ("user", "controller", "utc"))
    return (
        f"Change {quote(record.get('change'), 60)}, run {quote(record.get('run'), 60)}, holds it "
        f"({who}). Ask there. Only if that run is certainly dead: legacyops.hotfix.owner breaks "
        "the record, by name and for a reason."
    )


class LocalRecords:
    """Owner records as files of this controller, with the operations of OwnerRecords.

    folder: legacyops_owner_dir; None: in the account's home.
    Raises ChangeError: they would die with a job of ansible-runner, whose home is no place either.
    """

    def __init__(self, folder: str | None) -> None:
        if is_job() and (not folder or dies_with_the_job(Path(folder).expanduser())):
            raise ChangeError(
                "No relay keeps the record of who holds the FT system, and what this job of "
                "ansible-runner (AWX) writes itself is thrown away with it: set "
                "legacyops_owner_dir to a folder that all jobs share (docs/awx.md)."
            )
        state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
        self._folder = Path(folder or f"{state}/legacyops/owners").expanduser()

    def owner_read(self, name: str | None) -> str | None:
        try:
            return self._path(name).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def owner_take(self, name: str | None, text: str) -> dict[str, Any]:
        taken = write_whole(self._path(name), text.encode(), replace=False)
        return {"taken": taken, "text": self.owner_read(name)}

    def owner_replace(self, name: str | None, expected: str, text: str) -> dict[str, Any]:
        freed = self.owner_free(name, expected)["freed"]
        replaced = freed and self.owner_take(name, text)["taken"]
        return {"replaced": replaced, "text": self.owner_read(name)}

    def owner_free(self, name: str | None, expected: str) -> dict[str, Any]:
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

    def _path(self, name: str | None) -> Path:
        return self._folder / f"{url_quoted(name or '', safe=' ')}.json"


class Owner:
    """The owner record of one server or FT system.

    name: of an FT system its inventory name; None: the server that keeps the records.
    host: its inventory name, for messages.
    """

    def __init__(
        self, records: OwnerRecords | LocalRecords, name: str | None, host: str | None = None
    ) -> None:
        self._records, self._name = records, name
        self._host = host or name

    def read(self) -> dict[str, Any]:
        """The record, or ``{"free": True}``."""
        return parsed(self._records.owner_read(self._name))

    def take(self, change: str, run: str) -> dict[str, Any]:
        """Take it unless somebody holds it; the record that is there then.

        Raises RemoteError: the machine that keeps the record could not be asked.
        """
        return parsed(self._records.owner_take(self._name, _text(change, run))["text"])

    def free(self, change: str, run: str) -> bool:
        """Give it back, if it is this run's; whether it is free now."""
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

        expected_run: the run whose record is to be broken, as it was told.
        Raises ChangeError: nobody holds it, or another run does.
        """
        text = self._records.owner_read(self._name)
        record = parsed(text)
        if text is None or record.get("run") != expected_run:
            held = f"run {record.get('run')}" if text else "nobody"
            raise ChangeError(f"{self._host} is held by {held}, not by run {expected_run}.")
        if not self._records.owner_free(self._name, text)["freed"]:
            raise ChangeError(f"The record of {self._host} changed meanwhile; look again.")
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
