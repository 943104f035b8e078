# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The approval in the change directory: its file, its signature, and whether it counts.

::

    DIR/approval.json      the approval, in canonical JSON (RFC 8785) and nothing else
    DIR/approval.json.sig  its signature, made with: ssh-keygen -Y sign -n legacyops-hotfix
    DIR/closed.json(.sig)  the record that closed the change, likewise
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._core.approval import (
    Approval,
    Control,
    Refusal,
    approval_of,
    refused_approval,
    refused_change_id,
    refused_window,
    window_for,
)
from .._core.window import Window
from .._io.ssh_signature import NAMESPACE, SignatureError, verify
from .directory import ChangeDirectory
from .journal import writer
from .runner import is_job


@dataclass(frozen=True)
class Standing:
    """Whether a change may be carried out: refused says why not.

    approval: what was approved (None: a lab's approve_plan). signed: its signature was verified.
    """

    approval: Approval | None
    signed: bool
    window: Window | None
    refused: Refusal | None

    def record(self) -> dict[str, Any]:
        """As it stands in the journal when a host begins."""
        approval = None if self.approval is None else self.approval.document()
        window = None if self.window is None else self.window.to_dict()
        return {"approval": approval, "signed": self.signed, "window": window}


def operator_of(control: Control) -> str:
    """Who carries the change out: the person named, else the account that runs Ansible."""
    return control.operator or str(writer()["user"])


def operators_of(control: Control) -> list[str]:
    """Every name of who carries the change out: naming somebody does not hide the account."""
    return list(dict.fromkeys([operator_of(control), str(writer()["user"])]))


def standing(
    directory: ChangeDirectory,
    change_id: str,
    plan_digest: str,
    control: Control,
    *,
    approved_digest: str = "",
    approve_plan: bool = False,
) -> Standing:
    """Look at approval, signature, names and window of a change.

    approved_digest: an approval by variables; without it the file counts.
    approve_plan: take the plan for approved, whatever it is (labs); where somebody must
        have approved it, it does not count.
    Raises CoreError: what is there cannot be meant.
    """
    lab = approve_plan and not control.needs_approver
    approval = None if lab else _given(directory, change_id, control, approved_digest)
    signed, refused = False, refused_change_id(change_id, control)
    if not lab:
        runs = operators_of(control)
        refused = refused or refused_approval(approval, change_id, plan_digest, runs, control)
        refused = refused or _nobody(control)
    if approval is not None and refused is None:
        signed, refused = _signature(directory.approval, approval, control)
    window = window_for(approval, control)
    if not lab:
        refused = refused or refused_window(window, control)
    return Standing(approval, signed, window, refused)


def _nobody(control: Control) -> Refusal | None:
    """Why nobody is known who carries the change out: a container's account is no person."""
    if control.operator or not is_job():
        return None
    return "no_operator", (
        f"This is a job of ansible-runner (AWX), whose account {writer()['user']} is no person: "
        'say who carries the change out, in AWX with legacyops_operator: "{{ awx_user_name }}".'
    )


def _given(
    directory: ChangeDirectory, change_id: str, control: Control, approved_digest: str
) -> Approval | None:
    """The approval by variables, else that of the file, else None."""
    if approved_digest and not control.signature_required:
        return approval_of(
            Approval(
                change_id,
                approved_digest,
                control.approved_by or "",
                control.approved_at or "",
                control.approval_comment or "",
            ).document()
        )
    document = directory.read(directory.approval)
    return None if document is None else approval_of(document)


def _signature(path: Path, approval: Approval, control: Control) -> tuple[bool, Refusal | None]:
    """Whether the approval is signed by the one who approved, and what is wrong with it.

    Where no signature is demanded, one that is there has to be good all the same.
    """
    signature = signature_of(path)
    if not control.signature_required and not (control.allowed_signers and signature.exists()):
        return False, None
    if control.allowed_signers is None:
        return False, (
            "not_signed",
            "A signature is demanded, but nothing says whose: give legacyops_allowed_signers, the "
            "path of an allowed-signers file (ssh-keygen(1)).",
        )
    if not signature.exists():
        return False, (
            "not_signed",
            f"The approval by {approval.approved_by} is not signed: sign it with "
            f"{signing_command(path)}",
        )
    signers = Path(control.allowed_signers).expanduser()
    try:
        verify(approval.signed_bytes(), signature, signers, approval.approved_by)
    except SignatureError as problem:
        return False, ("not_signed", str(problem))
    return True, None


def signature_of(path: Path) -> Path:
    """Where the signature of a file is, as ssh-keygen names it."""
    return path.with_name(path.name + ".sig")


def signing_command(path: Path) -> str:
    """The command with which a person signs a file by hand."""
    return f"ssh-keygen -Y sign -n {NAMESPACE} -f KEY {shlex.quote(str(path))}"
