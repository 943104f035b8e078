# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verifies the journals of a change, and closes it. Contacts no host."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar, Final

from ..plugin_utils._action import ActionError
from ..plugin_utils._core.context import DONE
from ..plugin_utils._core.journal import Closing
from ..plugin_utils._io.remote import Remote
from ..plugin_utils._io.ssh_signature import SignatureError, sign
from ..plugin_utils._procedure.action import CHANGE_OPTIONS, ProcedureAction
from ..plugin_utils._procedure.approval import signature_of, signing_command
from ..plugin_utils._procedure.change import Change
from ..plugin_utils._procedure.closing import closing_record, seal, signer_of, verified
from ..plugin_utils._procedure.text import harmless

ARGUMENT_SPEC: dict[str, Any] = {
    **CHANGE_OPTIONS,
    "state": {"type": "str", "choices": ["verified", "closed"], "default": "verified"},
    "closed_by": {"type": "str"},
    "comment": {"type": "str", "default": ""},
    "unfinished": {"type": "bool", "default": False},
    "signing_key": {"type": "path"},
    "heads": {"type": "dict", "default": {}},
    "closing_digest": {"type": "str"},
}

Result = dict[str, Any]

_SAID: Final = {
    "en": "Change {change} is closed by {name}. Keep this digest elsewhere: {digest}",
    "ja": "変更 {change} は {name} によりクローズされました。別に保管するダイジェスト: {digest}",
}


def unfinished(change: Change, hosts: list[str]) -> dict[str, Result]:
    """The hosts that have not reached the end of their plan, and where they stand.

    Each has status and remaining (the ids of its steps that are not carried out, as far as the
    last run knew them).
    """
    left = {}
    for host in hosts:
        state = change.state(host)
        if state["status"] != DONE:
            every = [step.id for step in change.entry(host)["steps"]]
            left[host] = {
                "status": state["status"],
                "rests": change.rests(host),
                "remaining": state.get("remaining") or every,
            }
    return left


def _told(host: str, left: Mapping[str, Any]) -> str:
    """Where a host stands, in words."""
    where = str(left["status"]).replace("_", " ")
    between = "" if left["rests"] else ", between two resting points"
    return f"{host} ({where}{between}, {len(left['remaining'])} steps remain)"


class ActionModule(ProcedureAction):
    """Looks through every journal; closing also writes down where each one ends."""

    argument_spec = ARGUMENT_SPEC
    argument_rules: ClassVar[dict[str, Any]] = {"required_if": [("state", "closed", ["closed_by"])]}

    def proceed(self, remote: Remote, args: dict[str, Any]) -> Result:
        change = self.change(args, whole=True)
        closing = closing_record(change.directory)
        changed = False
        left: dict[str, Result] = {}
        if args["state"] == "closed" and closing is None:
            closing, left = self._close(change, args)
            changed = True
            if self.check_mode:
                return {
                    "changed": True,
                    "closing": closing.document(),
                    "digest": closing.digest(),
                    "unfinished": left,
                }
        return {"changed": changed, "unfinished": left, **self._verify(change, closing, args)}

    def _close(self, change: Change, args: Result) -> tuple[Closing, dict[str, Result]]:
        """Close the change while no worker acts on any of its hosts.

        Returns the closing, and the hosts that it leaves unfinished.
        """
        hosts = [host for host, _wave in change.queue]
        with ExitStack() as locks:
            for host in hosts:
                locks.enter_context(self.locked(change, host))
            name = " ".join(args["closed_by"].split())
            left = unfinished(change, hosts)
            self._may_close(left, args)
            if not self.check_mode:
                for host, told in left.items():
                    change.journal(host).append(
                        "closed_unfinished", change=change.id, plan=change.digest,
                        closed_by=name, message=args["comment"].strip(),
                        left_as=told["status"], rests=told["rests"], remaining=told["remaining"],
                    )  # fmt: skip
            closing = seal(change.directory, change.id, change.digest, name, args["comment"])
            if not self.check_mode:
                self._write(change, closing, args)
        return closing, left

    @staticmethod
    def _may_close(left: Mapping[str, Result], args: Result) -> None:
        """Raises ActionError: hosts have not ended, and nobody says that this is meant."""
        if not left:
            return
        told = "; ".join(_told(host, each) for host, each in left.items())
        if not args["unfinished"]:
            raise ActionError(
                "not_done",
                f"The change is not carried out to its end: {told}. Carry it out first, or say "
                "unfinished (legacyops_close_unfinished=true), and in comment "
                "(legacyops_closing_comment) what becomes of them.",
                unfinished=dict(left),
            )
        if not args["comment"].strip():
            raise ActionError(
                "mistake",
                f"The change is not carried out to its end: {told}. Say in comment "
                "(legacyops_closing_comment) what becomes of them.",
                unfinished=dict(left),
            )

    def _write(self, change: Change, closing: Closing, args: Result) -> None:
        """Sign first, so that the record is never there without the signature it was to have."""
        path, key = change.directory.closed, args["signing_key"]
        try:
            signature = None if key is None else sign(closing.signed_bytes(), Path(key))
        except SignatureError as problem:
            raise ActionError("not_signed", str(problem)) from None
        if signature is not None:
            change.directory.write_bytes(signature_of(path), signature.encode("ascii"))
        change.directory.write_bytes(path, closing.signed_bytes())
        said = _SAID[args["language"]].format(
            change=change.id, name=closing.closed_by, digest=closing.digest()
        )
        self.say(harmless(said))
        if key is None and change.control.signature_required:
            self.say(f"  {signing_command(path)}")

    def _verify(self, change: Change, closing: Closing | None, args: Result) -> Result:
        journals = verified(change.directory, closing, args["heads"])
        signers = change.control.allowed_signers
        result: Result = {
            "journals": journals,
            "closed": closing is not None,
            "closing": None if closing is None else closing.document(),
            "digest": None if closing is None else closing.digest(),
            "signed_by": None if closing is None else signer_of(change.directory, closing, signers),
        }
        wrong = [
            f"{host}: {each['problems'][0]}" for host, each in journals.items() if each["problems"]
        ]
        if args["closing_digest"] and args["closing_digest"] != result["digest"]:
            wrong.append(f"the closing is {result['digest']}, not {args['closing_digest']}")
        for host, each in journals.items():
            if each["torn_lines"]:
                lines = ", ".join(map(str, each["torn_lines"]))
                self.say(f"[{host}] a crash has cut line {lines}; what it was to say is lost.")
            if each["note"]:
                self.say(f"[{host}] {each['note']}")
        if wrong:
            raise ActionError(
                "journal_altered",
                f"Not as it was written: {'; '.join(wrong)}. Keep everything as it is and find "
                "out who changed it.",
                **result,
            )
        return result
