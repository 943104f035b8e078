# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal of one host: a file of JSON lines, append-only, each line chained to the last."""

from __future__ import annotations

import os
import pwd
import socket
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from .._core.entry import Entry
from .._core.journal import (
    JournalReport,
    append_entry,
    file_lines,
    storable,
    to_line,
    verify,
)
from .._io.files import make_folder, private_opener, sync_folder
from .directory import ChangeDirectory, ChangeError, private


class JournalFile:
    """The journal of one host. Only its owner of the host's lock appends.

    A torn last line (the writer was killed, or the disk was full) is left where it stands and
    closed with a line end, so that :func:`verify` can still tell of it.
    """

    def __init__(self, directory: ChangeDirectory, host: str) -> None:
        self._directory = directory
        self.path = directory.host_file("journal", host)
        self.of = {"host": host, "change": directory.change}
        # Beside it, which entry was the last: an older copy that is put back is found by it.
        self._head = self.path.with_suffix(".head")

    def lines(self) -> list[str]:
        """Every line as it stands in the file; none where there is no file."""
        return file_lines(self.content())

    def content(self) -> bytes:
        """The file as it is; empty where there is none."""
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as problem:
            raise ChangeError(f"{self.path} cannot be read ({problem.strerror}).") from problem

    def report(self, head: str | None = None) -> JournalReport:
        """What verifying found: the chain, whose it is, and whether its end is there.

        head: the hash of an entry that must be in it, where it is known from elsewhere.
        """
        report = verify(self.lines(), head, self.of)
        noted = self._noted_head()
        if noted in (None, report.head) or any(each.hash == noted for each in report.entries):
            return report
        missing = (
            "the journal is missing"
            if not report.entries
            else (f"its end is missing, or it is an older copy: {noted} is on record")
        )
        return replace(report, ok=False, problems=[*report.problems, missing])

    def _noted_head(self) -> str | None:
        try:
            return self._head.read_text(encoding="utf-8").strip() or None
        except FileNotFoundError:
            return None

    def entries(self) -> list[Entry]:
        """Every entry, oldest first.

        Raises ChangeError: an entry was altered, added or taken away.
        """
        return self._whole().entries

    def _whole(self) -> JournalReport:
        """What verifying found, where it found no fault.

        Raises ChangeError: as entries.
        """
        report = self.report()
        if not report.ok:
            raise ChangeError(
                f"{self.path} is not as it was written ({report.problems[0]}). Keep it as it is, "
                "find out who changed it, and go on under a new change_id."
            )
        return report

    def append(self, kind: str, **body: Any) -> None:
        """Add one entry and make it durable before returning.

        Raises ChangeError: it cannot be written, or the change is closed.
        """
        self._directory.check_open()
        before = self._whole()
        moment = datetime.now(UTC)
        body = {
            "kind": kind,
            "utc": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "local": moment.astimezone().isoformat(timespec="seconds"),
            "by": writer(),
            **storable(body),
            **self.of,
        }
        if before.waste is not None:
            body["torn"] = before.waste
        last = before.entries[-1] if before.entries else None
        entry = append_entry(last, body)
        line = to_line(entry)
        try:
            make_folder(self.path.parent)
            is_new = not self.path.exists()
            with open(self.path, "a+b", opener=private_opener) as stream:
                if not is_new and not _ends_with_line_end(stream):
                    line = "\n" + line
                stream.write(line.encode("utf-8"))
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as problem:
            raise ChangeError(
                f"{self.path} cannot be written ({problem.strerror}); nothing is done without "
                "a journal. Make room or mend the rights, then run the same command again."
            ) from problem
        if is_new:
            sync_folder(self.path.parent)
        self._note_head(entry["hash"])

    def _note_head(self, head: str) -> None:
        """Note the last entry, whole or not at all; a crash before it leaves the one before."""
        fresh = private(self._head)
        with open(fresh, "w", encoding="utf-8", opener=private_opener) as stream:
            stream.write(head)
        fresh.replace(self._head)


def now() -> str:
    """The controller's time as ISO 8601 UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def writer() -> dict[str, Any]:
    """Who writes: account, controller and process.

    The account is the one that the process really runs as: $LOGNAME says whatever one likes.
    """
    try:
        user = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        user = str(os.getuid())
    return {"user": user, "controller": socket.gethostname(), "process": os.getpid()}


def _ends_with_line_end(stream: Any) -> bool:
    if stream.seek(0, os.SEEK_END) == 0:
        return True
    stream.seek(-1, os.SEEK_END)
    return bool(stream.read(1) == b"\n")


def journals(directory: ChangeDirectory) -> dict[str, JournalFile]:
    """The journals of a change, by their hosts; also one that is missing, but left its head."""
    folder = directory.root / "journal"
    files = (*folder.glob("*.jsonl"), *folder.glob("*.head"))
    hosts = sorted({unquote(path.with_suffix("").name) for path in files})
    return {host: JournalFile(directory, host) for host in hosts}
