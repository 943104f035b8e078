# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the runbook of a plan, or reads its results form back into the journals."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from ..plugin_utils._action import ActionError
from ..plugin_utils._io.confirmations import Confirmations
from ..plugin_utils._io.remote import Remote, RemoteError
from ..plugin_utils._procedure.action import CHANGE_OPTIONS, ProcedureAction
from ..plugin_utils._procedure.advisories import ADVISORY_OPTIONS, advisories_of
from ..plugin_utils._procedure.change import Change
from ..plugin_utils._procedure.evidence import quoted, write_page, zone_of
from ..plugin_utils._procedure.journal import now
from ..plugin_utils._procedure.text import harmless
from ..plugin_utils._report.render import results_form, runbook_page
from ..plugin_utils._report.results_form import Filled, FormError, read_form
from ..plugin_utils._report.runbook import Place, build_runbook

ARGUMENT_SPEC: dict[str, Any] = {
    **CHANGE_OPTIONS,
    **ADVISORY_OPTIONS,
    "time_zone": {"type": "str", "default": ""},
    "results": {"type": "path"},
}

# How long a form waits for a run's lock.
_LOCK_SECONDS = 60.0

Result = dict[str, Any]
_SAID: Final = {
    "en": "The runbook is in {path}, its results form in {form}. Print it before the window.",
    "ja": "作業手順書は {path}、結果記入票は {form} にあります。作業時間帯の前に印刷してください。",
}
_READ: Final = {
    "en": "[{host}] {rows} steps transcribed from the results form.",
    "ja": "[{host}] 結果記入票から {rows} 件の手順を転記しました。",
}


class ActionModule(ProcedureAction):
    argument_spec = ARGUMENT_SPEC

    def proceed(self, remote: Remote, args: dict[str, Any]) -> Result:
        change = self.change(args, whole=True)
        if args["results"]:
            return self._read(change, Path(args["results"]).expanduser(), args["language"])
        return self._write(change, args)

    def _write(self, change: Change, args: dict[str, Any]) -> Result:
        zone, language = zone_of(args["time_zone"]), args["language"]
        words = quoted(change.plan, advisories_of(args))
        hosts = self.task_vars["hostvars"]
        places = {host: self._place(host) for host in change.plan["hosts"] if host in hosts}
        approved = change.standing.record()
        runbook = build_runbook(
            change.id, change.plan, words, places, approved["approval"], approved["window"]
        )
        root = change.directory.root
        path, form = root / f"runbook-{language}.html", root / runbook["form"]
        page = runbook_page(runbook, language, zone)
        news = write_page(change.directory, path, page, write=not self.check_mode)
        if not self.check_mode:
            offset = datetime.now().astimezone(zone).strftime("%z")
            if not form.exists():  # somebody may have begun to fill it in
                text = results_form(runbook, language, f"{offset[:3]}:{offset[3:]}")
                write_page(change.directory, form, text)
            self.say(_SAID[language].format(path=path, form=form))
        steps = {each["host"]: len(each["steps"]) for each in runbook["systems"]}
        return {"changed": news, "path": str(path), "form_path": str(form), "steps": steps}

    def _place(self, host: str) -> Place:
        """What the inventory says of where a host stands and whom it serves."""
        settings = self.settings(host)
        return Place(
            chassis=settings.get("chassis") or {},
            contacts=settings.get("contacts") or {},
            acceptance=settings.get("acceptance_checks") or [],
        )

    def _read(self, change: Change, path: Path, language: str) -> Result:
        """Write what a form says into the journals; what is there already is not written again."""
        try:
            data = path.read_bytes()
        except OSError as problem:
            raise ActionError(
                "source_unreadable",
                f"The results form {path} cannot be read ({problem.strerror}). Give the path of "
                "the filled-in form on the controller.",
            ) from None
        try:
            filled = read_form(data, change.id, change.plan, now())
        except FormError as error:
            raise ActionError("form", f"{path}: {error} Nothing was read back.") from None
        confirmations = Confirmations(change.directory.root)
        for each in filled:  # all of them, before the first is written
            change.journal(each.host).entries()
            self._confirm(confirmations, each, write=False)
        # First the answers: a run that waits for one holds its host's lock meanwhile.
        write = not self.check_mode
        answered = {each.host: self._confirm(confirmations, each, write=write) for each in filled}
        counts = {each.host: self._transcribe(change, each, answered[each.host]) for each in filled}
        if not self.check_mode:
            for host, rows in counts.items():
                self.say(harmless(_READ[language].format(host=host, rows=rows)))
        return {"changed": any(counts.values()), "transcribed": counts}

    def _transcribe(self, change: Change, filled: Filled, answered: set[str]) -> int:
        """Append what is new; how many entries that were, or would be.

        What answered a waiting step is put on record by the run that took the answer: it may go
        on to wait for the next one, and hold the lock as long.

        Raises ActionError: a run acts on the host, and there are rows that it does not take.
        """
        others = {row["transcribed_step"] for row in filled.rows} - answered
        alone = bool(answered) and not others and not filled.acceptance
        try:
            return self._append(change, filled, 0 if alone else _LOCK_SECONDS)
        except RemoteError as error:
            if error.reason != "locked":
                raise
            if alone:
                return len(answered)
            raise ActionError(
                "locked",
                f"{filled.host}: a run acts on it. It has the {len(answered)} answers that it "
                "waits for; read the form back again once it has ended, for the other rows.",
            ) from None

    def _append(self, change: Change, filled: Filled, wait_seconds: float) -> int:
        with self.locked(change, filled.host, wait_seconds):
            journal = change.journal(filled.host)
            known = [_body(entry.to_json()) for entry in journal.entries()]
            bodies: list[tuple[str, Result]] = [("transcribed", row) for row in filled.rows]
            if filled.acceptance:
                bodies.append(("acceptance", filled.acceptance))
            news = [(kind, body) for kind, body in bodies if _body(body) not in known]
            if not self.check_mode:
                for kind, body in news:
                    journal.append(kind, plan=change.digest, **body)
            return len(news)

    @staticmethod
    def _confirm(confirmations: Confirmations, filled: Filled, *, write: bool) -> set[str]:
        """Answer the steps that wait for a person, and return them; others need no answer."""
        answered = set()
        waiting = {request.step: request for request in confirmations.waiting(filled.host)}
        for row in filled.rows:
            request = waiting.get(row["transcribed_step"])
            if request is None or row["status"] != "done" or confirmations.answer(request):
                continue
            confirmations.confirm(
                filled.host,
                request.step,
                name=row["name"],
                second_name=row["second_name"],
                saw=row["saw"],
                note=f"transcribed from the results form; done at {row['ended']}. {row['note']}",
                write=write,
            )
            answered.add(request.step)
        return answered


def _body(entry: Mapping[str, Any]) -> Result:
    """What two entries have in common that say the same: all but the form that it stood in."""
    keys = ("transcribed_step", "status", "name", "second_name", "began", "ended", "saw", "note",
            "accepted", "accepted_by", "accepted_at")  # fmt: skip
    named = entry.get("transcribed_step") or entry.get("accepted") is not None
    return {key: entry.get(key) for key in keys} if named else {}
