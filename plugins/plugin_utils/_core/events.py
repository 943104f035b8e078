# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Events by the texts of a notice: templates with placeholders, in the languages it may have."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

# What stands in braces in an advisory's event texts. A number may be missing, or still be the
# notice's own letter.
PLACEHOLDERS: Final[dict[str, str]] = {
    "n": r"(?:\d{0,3}|[nx])",
    "x": r"(?:\d{0,3}|[nx])",
    "name": r".{0,300}?",
    "hex": r"0x[0-9a-f]{8,16}",
}
_PLACEHOLDER: Final = re.compile(r"\\\{(" + "|".join(PLACEHOLDERS) + r")\\\}")
# An event text is a few hundred characters; what is longer is cut, not searched for minutes.
LONGEST: Final = 4000
_SAME: Final = str.maketrans(
    {"¥": "\\", "\u201c": '"', "\u201d": '"', "\u2018": "'", "\u2019": "'", "〜": "~"}
)


def flat(text: str) -> str:
    """Return text as it is compared: one form of letters, quotes, backslashes, and no spaces.

    Spaces are left out because Japanese lines break anywhere and logs wrap where they like.
    """
    text = unicodedata.normalize("NFKC", text[:LONGEST].replace("¥", "\\"))
    return "".join(text.translate(_SAME).split()).casefold()


@lru_cache(maxsize=512)
def pattern(template: str) -> re.Pattern[str]:
    """Return the pattern of one event text of an advisory ({n}, {x}, {name}, {hex})."""
    escaped = re.escape(flat(template))
    return re.compile(_PLACEHOLDER.sub(lambda found: PLACEHOLDERS[found[1]], escaped))


@lru_cache(maxsize=4096)
def matches(template: str, text: str) -> bool:
    """Return whether an event's text holds the text of a template."""
    return pattern(template).search(flat(text)) is not None


def matching_groups(
    groups: Sequence[Mapping[str, Any]], texts: Sequence[str]
) -> list[tuple[Mapping[str, Any], list[str]]]:
    """Return the groups of which a text was found, the most specific first, with those texts.

    Only a group's own texts speak for it: one that includes another group's texts (includes) is
    more specific, and is reported alone instead of those it includes.
    """
    found = []
    for group in groups:
        hits = [text for text in texts if any(matches(t, text) for t in group["texts"])]
        if hits:
            found.append((group, list(dict.fromkeys(hits))))
    covered = {name for group, _hits in found for name in group.get("includes", ())}
    found = [pair for pair in found if pair[0]["id"] not in covered]
    return sorted(found, key=lambda pair: -len(pair[1]))
