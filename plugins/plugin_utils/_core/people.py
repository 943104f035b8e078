# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of people, as they are compared (one person writes a name in many ways), and their watches.

Where two people have to answer, everything that may be the same person is taken for the same: a
second person is asked for once too often rather than once too seldom. What merely looks alike
(a Cyrillic letter for a Latin one) is not found; a signature is what proves who approved.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import Final

# Added to a step's id: two people answer for what is about to be done, before it is done.
GO_AHEAD: Final = "+go"
# Characters that nobody sees: controls, formats (zero width), surrogates, private and unassigned.
_UNSEEN: Final = ("Cc", "Cf", "Cs", "Co", "Cn")
_IN_ANGLES: Final = re.compile(r".*<([^<>]*@[^<>]*)>\Z")
# By how much a person's watch may be ahead of the controller's clock.
CLOCKS_DIFFER_SECONDS: Final = 300


def same_person(one: str, other: str) -> bool:
    """Return whether two names may be those of one person.

    Compared without case, width (NFKC), spaces and what nobody sees. An account is also the
    person whose address or domain account it begins (sato, sato@example.com, EXAMPLE\\sato);
    two addresses of different domains are two people.
    """
    account, domain = _account(one)
    other_account, other_domain = _account(other)
    if account != other_account:
        return False
    # NetBIOS and DNS name of a domain cannot be told to be one or two.
    comparable = bool(domain and other_domain) and ("." in domain) == ("." in other_domain)
    return not comparable or domain == other_domain


def is_nobody(name: str) -> bool:
    """Return whether a name has nothing in it that could be seen."""
    return not _plain(name)


def _account(name: str) -> tuple[str, str]:
    """Return the account and the domain ("" where none is named) of a name."""
    plain = _plain(name)
    in_angles = _IN_ANGLES.match(plain)
    if in_angles:
        plain = in_angles[1]
    if "\\" in plain:
        domain, _backslash, account = plain.rpartition("\\")
        return account, domain
    account, _at, domain = plain.partition("@")
    return account or plain, domain


def _plain(name: str) -> str:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return "".join(
        char for char in folded if not char.isspace() and unicodedata.category(char) not in _UNSEEN
    )


def is_later(utc: str, now: str) -> bool:
    """Return whether a time lies in the future, by more than clocks may differ (ISO 8601 UTC)."""
    ahead = dt.datetime.fromisoformat(utc) - dt.datetime.fromisoformat(now)
    return ahead.total_seconds() > CLOCKS_DIFFER_SECONDS
