# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The records of who holds what, on the machine that every controller sees.

A server's own record is on the server itself, whatever a controller calls it; that of an FT system
is on its relay, under the system's inventory name.
"""

from __future__ import annotations

import re
from typing import Any, Final

from .remote import Remote
from .wire import RemoteError

_OWN: Final = {"want": ["owner"]}  # of an observation: the machine's own record
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,100}")


class OwnerRecords:
    """The owner records on one machine. Every call is one PowerShell start.

    A name of None is the machine's own record. Texts are one line of 1 to 4,000 characters.

    remote: the machine.
    """

    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    def owner_read(self, name: str | None) -> str | None:
        """The record's text; None where nobody holds it.

        Raises RemoteError: the machine could not be asked; so do the others.
        """
        known = self._remote.last_look.covering(_OWN) if name is None else None
        record = self._run("read", name) if known is None else known.data["owner"]
        text = record.get("text")
        return None if text is None else str(text)

    def owner_take(self, name: str | None, text: str) -> dict[str, Any]:
        """Write the record unless there is one: {taken, text}."""
        return self._run("take", name, text=text)

    def owner_replace(self, name: str | None, expected: str, text: str) -> dict[str, Any]:
        """Write the record over the one that is expected there: {replaced, text}."""
        return self._run("replace", name, expected=expected, text=text)

    def owner_free(self, name: str | None, expected: str) -> dict[str, Any]:
        """Remove the record that is expected there: {freed, text}."""
        return self._run("free", name, expected=expected)

    def _run(self, op: str, name: str | None, **given: str) -> dict[str, Any]:
        if name is not None and not _NAME.fullmatch(name):
            raise RemoteError(
                "bad_settings",
                f"The relay cannot keep an owner record for the name {name!r}.",
                "Name the system with letters, digits, dots, hyphens and underscores.",
            )
        parameters = {"op": op, "name": name, "text": None, "expected": None, **given}
        run = self._remote.act if op == "take" else self._remote.run
        return run("owner", parameters)
