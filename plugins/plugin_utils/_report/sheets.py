# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in the margins of each sheet of paper: sheets fall, and get mixed up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from .labels import word

_LONGEST: Final = 60


@dataclass(frozen=True)
class Sheets:
    """The sheets of a document.

    document: what it is, in its language.
    about: the change, or the notice.
    made_from: the plan, or the notice's version.
    systems: id of a section → the system that all of its sheets are about.
    """

    document: str
    about: str
    made_from: str
    systems: Mapping[str, str] = field(default_factory=dict)

    def style(self, language: str) -> str:
        """Return the rules of the margins; a browser without margin boxes leaves them out."""
        number = word("page_of", language).format(
            page='" counter(page) "', pages='" counter(pages) "'
        )
        rules = [
            f"@page {{ @top-left {{ content: {quoted(self.about)}; }}"
            f" @top-right {{ content: {quoted(self.document)}; }}"
            f" @bottom-left {{ content: {quoted(self.made_from)}; }}"
            f' @bottom-right {{ content: "{number}"; }} }}'
        ]
        for section, system in self.systems.items():
            head = quoted(f"{self.about} · {system}")
            rules.append(f"#{section} {{ page: {section}; }}")
            rules.append(f"@page {section} {{ @top-left {{ content: {head}; }} }}")
        return "\n".join(["", *rules, ""])


def quoted(text: str) -> str:
    """Return a text as a string of CSS, in which nothing of it can end the string or the sheet."""
    cut = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    safe = (c if c.isascii() and c.isalnum() else f"\\{ord(c):x} " for c in cut)
    return f'"{"".join(safe)}"'
