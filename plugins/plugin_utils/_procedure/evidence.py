# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What report and runbook read out of a change directory, and how they write into it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .._core.journal import Closing, JournalReport, verify_sealed
from .._core.model import CoreError
from .._core.observation import Observation
from .._core.records import Finding
from .._report.sources import Sources
from .change import Change
from .closing import closing_record
from .directory import ChangeDirectory
from .journal import now


def sources_of(change: Change, advisories: Mapping[str, Any]) -> Sources:
    """Return everything that the directory of a change holds on its hosts.

    An altered journal is read all the same: that it was altered is what the report has to tell.

    advisories: those that are at hand; only the very ones of the plan are quoted.
    Raises ChangeError: a file cannot be read.
    """
    directory = change.directory
    hosts = list(change.plan["hosts"])
    closing = closing_record(directory)

    def each(kind: str) -> dict[str, dict[str, Any]]:
        read = {host: directory.read(directory.host_file(kind, host)) for host in hosts}
        return {host: record for host, record in read.items() if record is not None}

    return Sources(
        change=change.id,
        plan=change.plan,
        made=now(),
        journals=_journals(change, hosts, closing),
        audits={
            host: [Finding.from_json(finding) for finding in record["findings"]]
            for host, record in each("audit").items()
        },
        observations={
            host: Observation.from_dict(record) for host, record in each("observations").items()
        },
        seen={host: Observation.from_dict(record) for host, record in each("seen").items()},
        states=each("state"),
        confirmations=_confirmations(directory.root, directory.read),
        approval=directory.read(directory.approval),
        closing=None if closing is None else {**closing.document(), "digest": closing.digest()},
        stopped=directory.stopped(),
        advisories=quoted(change.plan, advisories),
    )


def _journals(
    change: Change, hosts: list[str], closing: Closing | None
) -> dict[str, JournalReport]:
    """Return each host's journal as it was verified, after a closing against its seal."""
    seals = {} if closing is None else dict(closing.journals)
    found = {}
    for host in hosts:
        journal = change.journal(host)
        report = journal.report()
        if host in seals:
            found[host] = verify_sealed(journal.content(), seals[host])
        elif report.entries or report.problems or report.torn:
            found[host] = report
    return found


def _confirmations(
    root: Path, read: Callable[[Path], dict[str, Any] | None]
) -> list[dict[str, Any]]:
    """Return every confirmation of the change, oldest first."""
    paths = sorted((root / "confirmations").glob("*/*.json"))
    records = [record for record in map(read, paths) if record]
    return sorted(records, key=lambda record: str(record.get("utc")))


def quoted(plan: Mapping[str, Any], advisories: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return title and clauses of the advisories that the plan was made from, byte for byte."""
    made_from = {each["id"]: each["sha256"] for each in plan["advisories"]}
    return {
        name: json.loads(json.dumps({"title": each.data["title"], "clauses": each.data["clauses"]}))
        for name, each in advisories.items()
        if made_from.get(name) == each.sha256
    }


def zone_of(name: str) -> tzinfo | None:
    """Return the time zone of a page by its IANA name; None, the controller's, where empty.

    Raises CoreError: the controller does not know it.
    """
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise CoreError(
            f"time_zone is {name!r}, which this controller does not know. Give a name such as "
            "Asia/Tokyo (and install tzdata), or leave it out for the controller's own."
        ) from None


def write_page(directory: ChangeDirectory, path: Path, text: str, *, write: bool = True) -> bool:
    """Write a page whole or not at all; return whether that changes the file.

    write: False only tells (check mode).

    Raises ChangeError: it cannot be written.
    """
    data = text.encode("utf-8")
    if path.exists() and path.read_bytes() == data:
        return False
    if write:
        directory.write_bytes(path, data)
    return True
