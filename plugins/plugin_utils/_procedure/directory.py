# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The change directory: every file of one change on the controller.

::

    DIR/plan.json               the head of the plan; its digest is over all of the plan
    DIR/plan/DIGEST/hosts/HOST.json   one host's part; common.json: what many parts have;
                                index.json: the digest of each part, in canonical JSON (RFC 8785)
    DIR/approval.json(.sig)     who approved it, and the signature
    DIR/observations/HOST.json  what assess read
    DIR/findings/HOST.json      what assess found
    DIR/audit/HOST.json         what the last audit found
    DIR/journal/HOST.jsonl      what happened, append-only
    DIR/state/HOST.json         where the host stands in this change
    DIR/state/failed/HOST       a mark: it may have failed (its state says whether it has)
    DIR/state/done/DIGEST/HOST  a mark: this plan of it is carried out
    DIR/looks/HOST.json         what the last step saw last, for the next one of the same run
    DIR/batches/RUN-NNN.json    which hosts of a batch are where, in one run
    DIR/result.json             how the last run ended, for programs
    DIR/locks/HOST.lock         held while a worker acts on the host
    DIR/closed.json(.sig)       the record that closed the change, and the signature
    DIR/STOP                    while this file is there no host begins, and nothing is installed
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from .._core.context import DONE, FAILED, NOT_BEGUN
from .._core.digest import canonical, digest_of
from .._core.plan import PlanError, read_head, read_part, read_plan
from .._core.plan.file import KINDS, head_of, plain_head, written
from .._io.files import (
    UnreadableError,
    json_text,
    make_folder,
    object_of,
    read_bytes,
    write_whole,
)
from .runner import dies_with_the_job

NEW_PLAN = "Make the plan again and have it approved."
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
        self._head: tuple[Mapping[str, Any], dict[str, Any]] | None = None  # its file, the plan

    @classmethod
    def find(cls, change_dir: str | None, change_id: str) -> ChangeDirectory:
        """The directory that was named, or ``./legacyops-changes/CHANGE_ID``.

        Raises ChangeError: one of the two cannot be meant, or it would die with its job.
        """
        fault = _id_fault(change_id)
        if fault:
            raise ChangeError(
                f"legacyops_change_id {fault}: give the change's number, such as CHG0042."
            )
        if not change_dir:
            root = Path.cwd() / "legacyops-changes" / quote(change_id, safe=" ")
        else:
            try:
                root = Path(change_dir).expanduser().absolute()
            except RuntimeError:  # there is no such user
                raise ChangeError(
                    f"legacyops_change_dir is {change_dir!r}, whose user this controller does not "
                    "know: give the folder's whole path."
                ) from None
        if dies_with_the_job(root):
            raise ChangeError(
                f"The change directory {root} is in the private folder of this job of "
                "ansible-runner (AWX), and would be thrown away with it: set legacyops_change_dir "
                "to a folder that all jobs of the change share (docs/awx.md)."
            )
        return cls(root, change_id)

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
        """Raises ChangeError: the change is closed, and so nothing in it is written any more."""
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
        return self.root / kind / f"{_name(host)}.{suffix}"

    def read(self, path: Path) -> dict[str, Any] | None:
        """One JSON object, or None where there is no such file."""
        return self._read(path)[0]

    def _read(self, path: Path) -> tuple[dict[str, Any] | None, str | None]:
        """The same, and the digest of the file's bytes."""
        try:
            content = read_bytes(path)
            return (None, None) if content is None else (object_of(content), digest_of(content))
        except UnreadableError as problem:
            raise ChangeError(
                f"{path} cannot be read ({problem}). Restore it, or make it again."
            ) from problem

    def write(self, path: Path, value: Mapping[str, Any]) -> None:
        """Write one JSON object atomically and durably."""
        text = json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
        self.write_bytes(path, text.encode("utf-8"))

    def planned(self) -> dict[str, Any] | None:
        """The whole plan of the change; None where there is none that can be carried out."""
        try:
            return self.whole_plan()
        except PlanError:
            return None

    def planned_for(self, host: str) -> dict[str, Any] | None:
        """A host's part of the plan; None where there is none that can be carried out."""
        try:
            plan = self.load_plan()
            return None if plan is None else plan["hosts"].get(host)
        except (ChangeError, PlanError):
            return None

    def load_plan(self) -> dict[str, Any] | None:
        """The plan, with its head verified, and each part when it is asked for; None without one.

        Raises PlanError: see read_head.
        Raises ChangeError: the file cannot be read; also where a part is asked for, see read_part.
        """
        document = self.read(self.plan)
        if document is None:
            return None
        if self._head is None or self._head[0] != document:
            head = read_head(document, *self._index(document))
            common = _Once(lambda: self.read(self.parts(head) / "common.json"))
            parts = {kind: _Parts(self, head, kind, common) for kind in KINDS}
            self._head = document, {**plain_head(head), **parts}
        return self._head[1]

    def whole_plan(self) -> dict[str, Any] | None:
        """The plan, with all of it verified at once; None without one.

        Raises PlanError: see read_plan.
        Raises ChangeError: a file cannot be read.
        """
        document = self.document()
        return None if document is None else read_plan(document)

    def document(self) -> dict[str, Any] | None:
        """All files of the plan as one (file.written), whatever they hold; None without a plan."""
        head = self.read(self.plan)
        if head is None or not isinstance(head.get("digest"), str):
            return head
        folder, index = self.parts(head), self._index(head)[0] or {}
        common = self.read(folder / "common.json")
        parts: dict[str, Any] = {"index": index, "common": common}
        for kind in KINDS:
            hosts = index.get(kind)
            names = hosts if isinstance(hosts, Mapping) else {}
            parts[kind] = {host: self.read(_part(folder, host)) for host in names}
        return {**head, "parts": parts}

    def _index(self, head: Mapping[str, Any]) -> tuple[dict[str, Any] | None, str | None]:
        """The index of a plan, and the digest of its file, which is that of its content."""
        return self._read(self.parts(head) / "index.json")

    def parts(self, head: Mapping[str, Any]) -> Path:
        """The folder of a plan's parts: each plan has its own, so that they are never mixed."""
        return self.root / "plan" / _short(str(head.get("digest")))

    def write_plan(self, plan: Mapping[str, Any]) -> None:
        """Write the plan, so that a person can read it, too. Its head comes last, and at once.

        Until then the plan before is there, whole.
        """
        document = written(plan)
        folder, parts = self.parts(document), document["parts"]
        self.write_bytes(folder / "index.json", canonical(parts["index"]))
        self._write_text(folder / "common.json", parts["common"])
        for kind in KINDS:
            for host, part in parts[kind].items():
                self._write_text(_part(folder, host), part)
        self.mark_all(document["digest"], plan["hosts"])
        self._write_text(self.plan, head_of(document))
        for other in [*folder.parent.iterdir(), *(self.root / "state" / "done").glob("*")]:
            if other.name != folder.name:
                shutil.rmtree(other, ignore_errors=True)

    def _write_text(self, path: Path, value: Mapping[str, Any]) -> None:
        self.write_bytes(path, (json_text(value) + "\n").encode("utf-8"))

    def write_bytes(self, path: Path, content: bytes) -> None:
        """Write a whole file atomically and durably."""
        try:
            write_whole(path, content)
        except OSError as problem:
            raise not_written(path, problem) from problem

    def state(self, host: str) -> dict[str, Any]:
        """Where the host stands; a host without a file has not begun."""
        return self.read(self.host_file("state", host)) or {"host": host, "status": NOT_BEGUN}

    def write_state(self, host: str, state: Mapping[str, Any]) -> None:
        """Write where a host stands, and its marks.

        A host without the mark of a failure has not failed; one with the mark of its end has ended.
        So a worker that is killed in between makes others look into the state, and no more.
        """
        status, plan = state["status"], str(state.get("plan"))
        failed, done = self._failed / _name(host), self._done(plan) / _name(host)
        if status == FAILED:
            self._mark(failed)
        if status != DONE:
            done.unlink(missing_ok=True)
        self.write(self.host_file("state", host), state)
        if status == DONE:
            self._mark(done)
        if status != FAILED:
            failed.unlink(missing_ok=True)

    def mark_all(self, plan: str, hosts: Iterable[str]) -> None:
        """Make the marks of hosts afresh, by their states: for a plan that begins or goes on."""
        there = self.done(plan)
        for host in hosts:
            state = self.state(host)
            if state["status"] == FAILED:
                self._mark(self._failed / _name(host))
            ended = state["status"] == DONE and state.get("plan") == plan
            if ended and host not in there:
                self._mark(self._done(plan) / _name(host))
            elif host in there and not ended:
                (self._done(plan) / _name(host)).unlink(missing_ok=True)

    def failed(self) -> set[str]:
        """The hosts that may have failed, and no other has."""
        return _marked(self._failed)

    def done(self, plan: str) -> set[str]:
        """Hosts whose plan of this digest is carried out; another one's may be, too."""
        return _marked(self._done(plan))

    @property
    def _failed(self) -> Path:
        return self.root / "state" / "failed"

    def _done(self, plan: str) -> Path:
        return self.root / "state" / "done" / _short(plan)

    @staticmethod
    def _mark(path: Path) -> None:
        try:
            make_folder(path.parent)
            path.touch(mode=0o600)
        except OSError as problem:
            raise not_written(path, problem) from problem

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


class _Once:
    """What is read when it is asked for, and then kept."""

    def __init__(self, read: Callable[[], Any]) -> None:
        self._read, self._value = read, None

    def __call__(self) -> Any:
        if self._value is None:
            self._value = self._read()
        return self._value


class _Parts(Mapping[str, dict[str, Any]]):
    """The parts of a plan by their hosts; each is read and verified when it is asked for."""

    def __init__(
        self, directory: ChangeDirectory, head: Mapping[str, Any], kind: str, common: _Once
    ) -> None:
        self._directory, self._head, self._kind, self._common = directory, head, kind, common
        self._names: Mapping[str, Any] = head[kind]
        self._read: dict[str, dict[str, Any]] = {}

    def __getitem__(self, host: str) -> dict[str, Any]:
        if host not in self._read:
            if host not in self._names:
                raise KeyError(host)
            path = _part(self._directory.parts(self._head), host)
            part = self._directory.read(path)
            try:
                full = read_part(self._head, self._kind, host, part, self._common())
            except PlanError as problem:
                raise ChangeError(f"{path}: {problem} {NEW_PLAN}") from None
            self._read[host] = full
        return self._read[host]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, host: object) -> bool:
        return host in self._names


def _part(folder: Path, host: str) -> Path:
    return folder / "hosts" / f"{_name(host)}.json"


def _name(host: str) -> str:
    return quote(host, safe=" ")


def _short(digest: str) -> str:
    """What a plan's own folders are called: enough of its digest to tell it from others."""
    return digest.removeprefix("sha256:")[:12]


def _marked(folder: Path) -> set[str]:
    with suppress(FileNotFoundError):
        return {unquote(name) if "%" in name else name for name in os.listdir(folder)}
    return set()


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
