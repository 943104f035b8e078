# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Closing a change's journals, and verifying them afterwards or meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .._core.journal import (
    Closing,
    JournalError,
    JournalReport,
    closing_of,
    sealed,
    verify_sealed,
)
from .._io.ssh_signature import SignatureError
from .._io.ssh_signature import verify as verify_signature
from .approval import signature_of
from .directory import ChangeDirectory, ChangeError
from .journal import JournalFile, journals, now

NOT_PROVEN = (
    "Not closed: that nothing was cut off its end is not proven. The last entry is {head}; "
    "compare it with a record kept elsewhere."
)


def closing_record(directory: ChangeDirectory) -> Closing | None:
    """The record that closed the change, or None while it is open.

    Raises ChangeError: it is none of ours.
    """
    document = directory.read(directory.closed)
    try:
        return None if document is None else closing_of(document)
    except JournalError as problem:
        raise ChangeError(f"{directory.closed}: {problem} Restore it from a copy.") from None


def seal(
    directory: ChangeDirectory, change_id: str, plan_digest: str, closed_by: str, comment: str
) -> Closing:
    """What closes the journals as they are now.

    Raises ChangeError: one of them is not as it was written.
    """
    seals = {}
    for host, journal in journals(directory).items():
        try:
            seals[host] = sealed(journal.content(), journal.report())
        except JournalError as problem:
            raise ChangeError(
                f"{journal.path}: {problem}. Keep it as it is and find out who changed it; a "
                "change is not closed over that."
            ) from None
    return Closing(change_id, plan_digest, closed_by, now(), comment, seals)


def verified(
    directory: ChangeDirectory, closing: Closing | None, heads: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """What verifying each journal found, by host.

    heads: host → the hash of its last entry, where it is known from elsewhere.
    """
    found = journals(directory)
    recorded = {} if closing is None else dict(closing.journals)
    return {
        host: _verified(
            found.get(host),
            recorded.get(host),
            heads.get(host),
            closed=closing is not None,
        )
        for host in sorted({*found, *recorded, *heads})
    }


def _verified(
    journal: JournalFile | None, seal: Mapping[str, Any] | None, head: str | None, *, closed: bool
) -> dict[str, Any]:
    """One journal: ok where nothing speaks against it, proven where nothing can be missing."""
    content = b"" if journal is None else journal.content()
    if journal is None or not content:
        return _told(JournalReport(False, [], [], ["the journal is missing"]), proven=False)
    report = verify_sealed(content, seal) if seal else journal.report(head)
    problems = list(report.problems)
    if closed and not seal:
        problems.append("the change was closed without this journal")
    if seal and head is not None and head != seal["head"]:
        problems.append(f"it was closed with {seal['head']}, but {head} is on record")
    report = JournalReport(not problems, report.entries, report.torn, problems, report.head)
    return _told(report, proven=report.ok and bool(seal or head))


def _told(report: JournalReport, *, proven: bool) -> dict[str, Any]:
    note = "" if proven or report.problems else NOT_PROVEN.format(head=report.head)
    return {
        "ok": report.ok,
        "proven": proven,
        "entries": len(report.entries),
        "torn_lines": list(report.torn),
        "problems": list(report.problems),
        "head": report.head,
        "note": note,
    }


def signer_of(directory: ChangeDirectory, closing: Closing, signers: str | None) -> str | None:
    """By whom the closing is signed; None where it is not, or nobody says whose key counts.

    Raises ChangeError: the signature is not that of the one who closed the change.
    """
    signature = signature_of(directory.closed)
    if signers is None or not signature.exists():
        return None
    try:
        verify_signature(
            closing.signed_bytes(), signature, Path(signers).expanduser(), closing.closed_by
        )
    except SignatureError as problem:
        raise ChangeError(str(problem)) from None
    return closing.closed_by
