# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The UUID of a machine, as its SMBIOS and its management board tell it, and which are nobody's."""

from __future__ import annotations

import uuid
from typing import Any, Final


def parsed(text: Any) -> uuid.UUID | None:
    """Return the UUID that a text is, whosever it is; None where it is none."""
    try:
        return uuid.UUID(text) if isinstance(text, str) else None
    except ValueError:
        return None


def orders(found: uuid.UUID) -> set[uuid.UUID]:
    """Return a UUID in each byte order that boards send: RFC 4122, SMBIOS, IPMI (reversed)."""
    raw = found.bytes
    return {found, uuid.UUID(bytes_le=raw), uuid.UUID(bytes=raw[::-1])}


_DMTF: Final = "SMBIOS reference specification (DMTF DSP0134), 7.2.1"
_OSQUERY: Final = "osquery/osquery#4374"
# UUIDs that firmware has where nobody gave it one, each with its source.
PLACEHOLDERS: Final[dict[uuid.UUID, str]] = {
    uuid.UUID(text): source
    for text, source in {
        "00000000-0000-0000-0000-000000000000": _DMTF,
        "ffffffff-ffff-ffff-ffff-ffffffffffff": _DMTF,
        "03000200-0400-0500-0006-000700080009": f"{_OSQUERY}, oshi/oshi#2417",
        "03020100-0504-0706-0809-0a0b0c0d0e0f": _OSQUERY,
        "10000000-0000-8000-0040-000000000000": _OSQUERY,
        "fefefefe-fefe-fefe-fefe-fefefefefefe": "osquery/osquery#8887",
        "00000000-0000-0000-0807-060504030201": "rockstor/rockstor-core#2143",
        "12345678-1234-5678-90ab-cddeefaabbcc": "FOGProject/fogproject, HostManager",
        "ffffff00-ffff-ffff-ffff-ffffffffffff": "FOGProject/fogproject, HostManager",
    }.items()
}
# One that is turned round is the same one: of the third, both forms are seen in public.
_TURNED: Final = {turned: known for known in PLACEHOLDERS for turned in orders(known)}
# A pattern of fewer different bytes was made by no generator, on the list or not.
_FEWEST_BYTES: Final = 5


def nobodys(found: uuid.UUID) -> str | None:
    """Return why a UUID tells no machine from another, as the end of a sentence, or None."""
    if found in _TURNED:
        return f"is one that many machines have ({PLACEHOLDERS[_TURNED[found]]})"
    if len(set(found.bytes)) < _FEWEST_BYTES:
        return "is a mere pattern, which no generator makes"
    return None


def machine_uuid(text: Any) -> uuid.UUID | None:
    """Return the UUID of one machine; None for what is none, and for a placeholder."""
    found = parsed(text)
    return None if found is None or nobodys(found) else found
