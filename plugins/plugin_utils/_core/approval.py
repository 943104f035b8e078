# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The approval of a plan, and the rules of the site for changes (docs/change-control.md)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from .actions import ACTIONS, action_of
from .digest import canonical
from .model import CoreError
from .people import is_nobody, same_person
from .records import Step
from .schema import default_of, judged, rules_of
from .window import Window, window_of

FORMAT: Final = 1
_TEXTS: Final = (
    "allowed_signers",
    "approval_comment",
    "approved_at",
    "approved_by",
    "change_id_pattern",
    "emergency_reason",
    "operator",
)
_LONGEST: Final = 2000
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")


class ApprovalError(CoreError):
    """A rule or an approval that cannot be meant."""


@dataclass(frozen=True)
class Control:
    """The site's rules for a change, as the inventory's legacyops_* variables give them.

    window: None where none is given. second_name_for: actions that two people must answer for.
    emergency_reason: why this run may go on although the state or the window says no.
    """

    window: Window | None = None
    window_required: bool = True
    window_estimate: str = "longest"
    change_id_pattern: str | None = None
    allowed_signers: str | None = None
    signature_required: bool = False
    separate_duties: bool = False
    operator: str | None = None
    second_name_for: tuple[str, ...] = ()
    emergency_reason: str | None = None
    approved_by: str | None = None
    approved_at: str | None = None
    approval_comment: str | None = None

    @property
    def needs_approver(self) -> bool:
        """Return whether somebody must have approved, so that approve_plan does not count."""
        return self.signature_required or self.separate_duties

    def needs_second_name(self, step: Step) -> bool:
        """Return whether two people must answer for a step."""
        named = step.action in self.second_name_for
        return named and action_of(step).two_people(step.arguments)


def control_of(settings: Mapping[str, Any]) -> Control:
    """Return the rules among a host's settings. Raises CoreError: one sentence."""
    rules = rules_of("rules")
    given: dict[str, Any] = {name: settings.get(name) for name in rules}
    for fault in judged(given):
        raise ApprovalError(fault)
    given = {name: default_of(rules[name]) if v is None else v for name, v in given.items()}
    for name in _TEXTS:
        given[name] = (given[name] or "").strip()[:_LONGEST] or None
    given["window"] = window_of(given["window"]) if given["window"] else None
    given["second_name_for"] = _actions(given["second_name_for"])
    return Control(**given)


def _actions(names: Sequence[str]) -> tuple[str, ...]:
    for name in names:
        if name not in ACTIONS:
            raise ApprovalError(
                f"legacyops_second_name_for names {name!r}, which is no action; there are "
                f"{', '.join(sorted(ACTIONS))}."
            )
    return tuple(names)


@dataclass(frozen=True)
class Approval:
    """What somebody approved. approved_at: ISO 8601. window: the window it is for, or None."""

    change: str
    digest: str
    approved_by: str
    approved_at: str
    comment: str = ""
    window: Mapping[str, Any] | None = None

    def document(self) -> dict[str, Any]:
        """Return the approval as it is written, and signed."""
        return {
            "format": FORMAT,
            "change": self.change,
            "digest": self.digest,
            "approved_by": self.approved_by,
            "approved_at": self.approved_at,
            "comment": self.comment,
            "window": None if self.window is None else dict(self.window),
        }

    def signed_bytes(self) -> bytes:
        """Return what a signature is over: the document as canonical JSON (RFC 8785)."""
        return canonical(self.document())


def approval_of(value: Mapping[str, Any]) -> Approval:
    """Return the approval that a document holds. Raises ApprovalError: one sentence."""
    keys = set(Approval("", "", "", "").document())
    if value.get("format") != FORMAT or set(value) != keys:
        raise ApprovalError(
            f"The approval is not one of format {FORMAT} with {', '.join(sorted(keys))}: write it "
            "with the playbook legacyops.hotfix.approve."
        )
    texts = {k: value[k] for k in ("change", "digest", "approved_by", "approved_at", "comment")}
    for name, text in texts.items():
        if not isinstance(text, str) or (name != "comment" and is_nobody(text)):
            raise ApprovalError(f"The approval has no {name}: say who approved which plan, when.")
    if not _DIGEST.fullmatch(texts["digest"]):
        raise ApprovalError("The approval's digest is not one of a plan (sha256:…).")
    try:
        moment = datetime.fromisoformat(texts["approved_at"])
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ApprovalError(
            "The approval's approved_at must be a date and time with its time zone, as "
            "2026-11-28T09:00:00+09:00."
        )
    window = value["window"]
    if window is not None:
        window_of(window)
    return Approval(window=window, **texts)


Refusal = tuple[str, str]  # a reason for programs, and a sentence


def refused_change_id(change_id: str, control: Control) -> Refusal | None:
    """Return why a change may not be named like this, or None."""
    if control.change_id_pattern is None:
        return None
    try:
        fits = re.fullmatch(control.change_id_pattern, change_id)
    except re.error as error:
        raise ApprovalError(
            f"legacyops_change_id_pattern is no regular expression ({error}): correct it."
        ) from None
    if fits:
        return None
    return "bad_change_id", (
        f"{change_id!r} is no change of this site: legacyops_change_id must be as "
        f"legacyops_change_id_pattern says, {control.change_id_pattern}."
    )


def refused_approval(
    approval: Approval | None,
    change_id: str,
    plan_digest: str,
    operators: Sequence[str],
    control: Control,
) -> Refusal | None:
    """Return why an approval does not count, or None. Its signature is not looked at here.

    operators: who carries the change out, by every name that is known of that person.
    """
    if approval is None:
        lab = (
            "legacyops_approve_plan does not count beside legacyops_signature_required or "
            "legacyops_separate_duties"
            if control.needs_approver
            else "in a lab: legacyops_approve_plan=true"
        )
        return "not_approved", (
            f"The plan of change {change_id} is not approved. Its digest is {plan_digest}: have "
            "it approved with the playbook legacyops.hotfix.approve, or give "
            "legacyops_approved_digest, legacyops_approved_by and legacyops_approved_at "
            f"({lab})."
        )
    if approval.digest != plan_digest:
        return "not_approved", (
            f"{approval.approved_by} approved another plan ({approval.digest}) than the one that "
            f"is there. Its digest is {plan_digest}: have this one approved."
        )
    if approval.change != change_id:
        return "not_approved", (
            f"The approval is for change {approval.change}, this is change {change_id}: have it "
            "approved under this one."
        )
    if control.separate_duties and any(
        same_person(approval.approved_by, name) for name in operators
    ):
        return "same_person", (
            f"{approval.approved_by} approved the plan and runs it ({' / '.join(operators)}): "
            "somebody else has to do one of the two (legacyops_separate_duties)."
        )
    return None


def window_for(approval: Approval | None, control: Control) -> Window | None:
    """Return the window of the change: the approved one. Raises ApprovalError where they differ."""
    approved = None if approval is None or approval.window is None else window_of(approval.window)
    if approved is None or control.window is None:
        return approved or control.window
    if (approved.start, approved.end) != (control.window.start, control.window.end):
        raise ApprovalError(
            f"legacyops_window is not the window that {approval.approved_by} approved: leave it "  # type: ignore[union-attr]
            "out, or have the plan approved for this window."
        )
    return approved


def refused_window(window: Window | None, control: Control) -> Refusal | None:
    """Return why a change may not do without a window, or None."""
    if window is not None or not control.window_required:
        return None
    return "no_window", (
        "The change has no window: give legacyops_window {start, end} with a time zone "
        "(or say that it needs none: legacyops_window_required=false)."
    )
