# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Words shared by the pure core: the JSON forms of steps, findings and references.

Plans, findings and journals are JSON, so their parts are plain dictionaries described by
TypedDicts, not objects that would have to be turned to and fro.
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


class Step(TypedDict):
    """One step of a plan: one action on one node (see docs/advisories.md for each key)."""

    id: str  # "03-import_root", unique within the host
    name: str  # the step's name in the advisory
    item: str | None  # id of the item, where the step is repeated (for_each)
    clause: list[str]  # empty: our own addition, not in the notice
    title: Text
    reason: Text
    host: str
    action: str  # name of the module without the collection
    arguments: dict[str, Json]
    node: str | None  # of an FT system: the node that is acted on
    by: str | None  # operator, relay, or the driver that acts; None: the host's own connection
    contact: str | None  # whom to call
    instruction: list[dict[str, str | None]]  # {clause, en, ja}: what a person is told
    interlocks: list[Ref]  # all must hold on a fresh observation, or the step is refused
    without_brakes: dict[str, Text]  # brakes that its advisory takes away, and why
    done_when: list[Ref]  # all hold: nothing to do
    only_if: list[Ref]  # judged right before the step: one is false: skipped
    resume_when: list[Ref]  # all hold: the step is under way already; no interlocks, join it
    collect_when: list[Ref]  # all hold: it ended, and nobody took its result yet; as resume_when
    expect: list[Ref]  # all must hold on a fresh observation after the action
    conditional: bool  # only_if was not certain when the plan was made
    only_with: list[str] | None  # ids: planned only where one of these is
    again_after: list[str]  # ids: while one of these remains, done_when proves nothing
    standby_for: list[str]  # names: while one of these remains, this one is there if needed
    changes: Text
    departure: Text | None  # what it does otherwise than the notice says; the site chose it
    resting_point: bool  # after this step stopping is safe
    interruptible: bool
    seconds: Seconds
    rollback: Text
    point_of_no_return: bool  # from here on the way leads only forward
    on_refusal: str  # stop | return_to_service | leave_logons_off
    on_failure: str  # the same
    returns_to_service: bool  # what on_refusal and on_failure may lead to
