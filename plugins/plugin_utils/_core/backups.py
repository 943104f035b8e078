# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The backups that a site has recorded: each with taken, by and where.

A record without a date that can be checked is no evidence: it must be a date, not in the future,
and no older than the site allows (legacyops_backup_max_days; no source names an age).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final

from .formats import moment
from .kinds import kind_of

MAX_DAYS: Final = "backup_max_days"


def records(settings: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each backup's place in the settings, as it is written there, and its record."""
    yield from kind_of(settings).backups(settings)


def wrong_ages(settings: Mapping[str, Any], now: datetime) -> list[str]:
    """Return what is wrong with the age of each recorded backup, one sentence each.

    now: with its time zone, which is also that of a date without one.
    """
    wrong = []
    most = settings.get(MAX_DAYS)
    for where, record in records(settings):
        taken = _moment(record, now.tzinfo)
        if taken is None:
            continue
        if taken > now:
            wrong.append(f"{where}.taken is {record['taken']}, which is in the future: correct it.")
        elif most is not None and now - taken > timedelta(days=most):
            wrong.append(
                f"{where}.taken is {record['taken']}, more than {most} days ago "
                f"(legacyops_{MAX_DAYS}): make a new backup, and say when."
            )
    return wrong


def _moment(record: Mapping[str, Any], zone: tzinfo | None) -> datetime | None:
    found = moment(record.get("taken"))
    return found if found is None or found.tzinfo else found.replace(tzinfo=zone)
