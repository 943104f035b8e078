# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the approval of a plan into the change directory. Contacts no host."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Final

from ..plugin_utils._action import ActionError
from ..plugin_utils._core.approval import (
    Approval,
    approval_of,
    refused_change_id,
    window_for,
)
from ..plugin_utils._io.remote import Remote
from ..plugin_utils._io.ssh_signature import SignatureError, sign
from ..plugin_utils._procedure.action import CHANGE_OPTIONS, ProcedureAction
from ..plugin_utils._procedure.approval import signature_of, signing_command
from ..plugin_utils._procedure.approved import approved, approved_lines
from ..plugin_utils._procedure.change import Change
from ..plugin_utils._procedure.text import harmless

ARGUMENT_SPEC: dict[str, Any] = {
    **CHANGE_OPTIONS,
    "digest": {"type": "str", "required": True},
    "approved_by": {"type": "str", "required": True},
    "approved_at": {"type": "str"},
    "comment": {"type": "str", "default": ""},
    "window": {
        "type": "dict",
        "options": {
            "start": {"type": "str", "required": True},
            "end": {"type": "str", "required": True},
            "time_zone": {"type": "str"},
            "warn_minutes": {"type": "int"},
        },
    },
    "signing_key": {"type": "path"},
}

_SAID: Final = {
    "en": "The plan of change {change} is approved by {name}.",
    "ja": "変更 {change} の計画は {name} により承認されました。",
}
_TO_SIGN: Final = {
    "en": "To sign the approval:\n  {command}",
    "ja": "承認に署名するには:\n  {command}",
}


class ActionModule(ProcedureAction):
    """Approves the plan that is there, if it is the one that the approver has seen."""

    argument_spec = ARGUMENT_SPEC
    needs_open = True

    def proceed(self, remote: Remote, args: dict[str, Any]) -> dict[str, Any]:
        change = self.change(args, whole=True)
        refused = refused_change_id(change.id, change.control)
        if refused is not None:
            raise ActionError(*refused)
        if args["digest"] != change.digest:
            raise ActionError(
                "not_approved",
                f"The plan that is there has the digest {change.digest}, not the one given: look "
                "at it, and approve what you have seen.",
            )
        path = change.directory.approval
        earlier = change.directory.read(path)
        approval = self._approval(change, args, earlier)
        for host, _wave in change.queue:
            self.check_backups(host, change.entry(host)["settings"])
        window = window_for(approval, change.control)
        told = approved(change.plan, window)
        self.say("\n".join(approved_lines(told, window, args["language"])))
        changed = approval.document() != earlier
        signature = signature_of(path)
        sign_now = args["signing_key"] is not None and (changed or not signature.exists())
        if not self.check_mode:
            self._write(change, approval, changed, args["signing_key"] if sign_now else None)
            self._tell(change, approval, args["language"], signed=signature.exists())
        return {
            "changed": changed or sign_now,
            "path": str(path),
            "approval": approval.document(),
            "approved": told,
            "signed": sign_now if self.check_mode else signature.exists(),
            "diff": {"before": earlier or {}, "after": approval.document()},
        }

    @staticmethod
    def _approval(change: Change, args: dict[str, Any], earlier: dict[str, Any] | None) -> Approval:
        """The approval to be there; the same one given again keeps its time, and so its signature.

        Raises CoreError: it cannot be meant.
        """
        window = args["window"] and {k: v for k, v in args["window"].items() if v is not None}
        local = datetime.now().astimezone().isoformat(timespec="seconds")
        approval = Approval(
            change.id,
            change.digest,
            " ".join(args["approved_by"].split()),
            args["approved_at"] or local,
            args["comment"].strip(),
            window or None,
        )
        if earlier is not None and args["approved_at"] is None:
            known = {**approval.document(), "approved_at": earlier.get("approved_at")}
            if known == earlier:
                return approval_of(earlier)
        return approval_of(approval.document())

    @staticmethod
    def _write(change: Change, approval: Approval, changed: bool, key: str | None) -> None:
        """Sign first: an approval that was to be signed is never there without its signature."""
        path = change.directory.approval
        data = approval.signed_bytes()
        try:
            signature = None if key is None else sign(data, Path(key))
        except SignatureError as problem:
            raise ActionError("not_signed", str(problem)) from None
        if changed:
            signature_of(path).unlink(missing_ok=True)  # it was over another approval
            change.directory.write_bytes(path, data)
        if signature is not None:
            change.directory.write_bytes(signature_of(path), signature.encode("ascii"))

    def _tell(self, change: Change, approval: Approval, language: str, *, signed: bool) -> None:
        said = _SAID[language].format(change=change.id, name=approval.approved_by)
        self.say(harmless(said))
        if change.control.signature_required and not signed:
            self.say(_TO_SIGN[language].format(command=signing_command(change.directory.approval)))
