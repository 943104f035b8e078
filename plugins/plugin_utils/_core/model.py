# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Words shared by the pure core: texts, references, and what is wrong with what a person wrote.

These are small parts of JSON that stay plain dictionaries, described by TypedDicts. What is made
of them, a step, a finding, is an object: records.py.
"""

from __future__ import annotations

from typing import Any, Final, Literal, NotRequired, TypedDict

Json = Any
Severity = Literal["blocker", "warning", "info", "good"]


class CoreError(Exception):
    """A mistake in what a person wrote, as one sentence that says what to do."""


class Text(TypedDict):
    """One text in both languages of the reports."""

    en: str
    ja: str


# A reference is {"check": NAME, "with": {...}} and one of "is", "is_one_of", "at_most",
# "at_least" (and, in findings only, "is_unknown"). What it is called by people: the question's
# "name", the "guard" that it came by, and the "clause" that asks for it. "with" and "is" are
# keywords of Python, hence the functional syntax.
Ref = TypedDict(
    "Ref",
    {
        "check": str,
        "with": NotRequired[dict[str, Json]],
        "is": NotRequired[Json],
        "is_one_of": NotRequired[list[Json]],
        "at_most": NotRequired[int],
        "at_least": NotRequired[int],
        "is_unknown": NotRequired[bool],
        "name": NotRequired[str],
        "guard": NotRequired[str],
        "clause": NotRequired[list[str]],
    },
)


# The members of a step that are lists of references.
CONDITIONS: Final = (
    "interlocks",
    "done_when",
    "only_if",
    "resume_when",
    "collect_when",
    "expect",
)
# The keys of a reference that say which value is wanted; there is one of them.
WANTED: Final = ("is", "is_one_of", "at_most", "at_least", "is_unknown")


class Seconds(TypedDict):
    """How long a step is expected to take, and at most."""

    expected: int
    longest: int
