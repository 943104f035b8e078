# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The results form of a runbook: what a person wrote on paper, and typed in afterwards.

It is YAML (JSON is YAML too). Every value is taken as text, so that 22:05 is no number and no
name is a truth value. The whole form is judged before anything of it is used.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import yaml

from .._core.kinds import LOOKS
from .._core.model import CoreError
from .._core.people import is_later
from .labels import WORDS
from .texts import visible

FORMAT: Final = "1"
# What may be written as a result, and as an acceptance: our word, or what the paper prints.
RESULTS: Final = {
    "done": "done", "not_needed": "skipped", "failed": "failed",
    **dict.fromkeys(WORDS["box_done"], "done"),
    **dict.fromkeys(WORDS["box_not_needed"], "skipped"),
    **dict.fromkeys(WORDS["box_failed"], "failed"),
}  # fmt: skip
ACCEPTANCE: Final = {
    **dict.fromkeys(WORDS["accepted"], True),
    "rejected": False,
    **dict.fromkeys(WORDS["rejected"], False),
}

_LARGEST: Final = 2_000_000
_DEEPEST: Final = 20  # brackets within brackets; a form has two
_TOP: Final = frozenset({"legacyops_results", "change", "plan", "utc_offset", "hosts"})
_ROW: Final = ("step", "result", "worker", "checker", "began", "ended", "saw", "note")
_ACCEPT: Final = ("result", "by", "at", "note")
_OFFSET: Final = re.compile(r"[+-](?:0\d|1[0-4]):[0-5]\d")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d)?")
_NAME: Final = 80
_NOTE: Final = 2000


class FormError(CoreError):
    """The form cannot be used; the text says what is wrong, where, and what to do."""


@dataclass(frozen=True)
class Filled:
    """What a form says of one host: bodies of journal entries, in order.

    rows: kind transcribed, one a step that was filled in.
    acceptance: kind acceptance, the owner's word; None where it was left blank.
    """

    host: str
    rows: list[dict[str, Any]]
    acceptance: dict[str, Any] | None


def read_form(
    data: bytes, change: str, plan: Mapping[str, Any], now: str | None = None
) -> list[Filled]:
    """Return what a form says, by host in its order; what was left blank is left out.

    now: ISO 8601 UTC; what ended later than that, nobody has done yet. None: not judged.

    Raises FormError: it is no such form, not this plan's, or a row of it is not complete.
    """
    form = _parsed(data)
    if form.get("legacyops_results") != FORMAT or set(form) - _TOP:
        raise FormError(
            "It is no results form of ours (legacyops_results: 1). Fill in the file that the "
            "runbook came with."
        )
    if form.get("change") != change or form.get("plan") != plan["digest"]:
        raise FormError(
            f"The form is of change {visible(str(form.get('change'))[:80])} and plan "
            f"{visible(str(form.get('plan'))[:80])}, not of {change} and {plan['digest']}. Fill in "
            "the form of this plan's runbook."
        )
    offset = str(form.get("utc_offset") or "")
    if not _OFFSET.fullmatch(offset):
        raise FormError(
            'utc_offset must be of the form "+09:00": the time zone of what is written.'
        )
    reader = _Reader(offset, "sha256:" + hashlib.sha256(data).hexdigest(), plan, now)
    return [reader.host(host, part) for host, part in _mapping(form.get("hosts"), "hosts").items()]


class _Shallow(yaml.BaseLoader):
    """Reads no brackets within brackets without end: each level makes all that follows slower."""

    def fetch_flow_collection_start(self, TokenClass: Any) -> None:  # noqa: N803
        if self.flow_level >= _DEEPEST:
            raise RecursionError
        super().fetch_flow_collection_start(TokenClass)


def _parsed(data: bytes) -> Mapping[str, Any]:
    if len(data) > _LARGEST:
        raise FormError(f"The form is larger than {_LARGEST:,} bytes. Is it the right file?")
    try:
        loaded = yaml.load(data.decode("utf-8"), Loader=_Shallow)
    except RecursionError:
        raise FormError("The form is nested too deep. Restore its layout.") from None
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        raise FormError(
            f"The form is no YAML ({where}{getattr(error, 'problem', None) or error}). Put texts "
            "in double quotes."
        ) from None
    return _mapping(loaded, "the form")


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        name = visible(where[:200])
        raise FormError(f"{name} is no table of names and values. Restore its layout.")
    return value


@dataclass(frozen=True)
class _Reader:
    """One form's time zone, hash and plan."""

    offset: str
    form: str
    plan: Mapping[str, Any]
    now: str | None

    def host(self, host: str, part: Any) -> Filled:
        entry = self.plan["hosts"].get(host)
        if entry is None:
            raise FormError(f"{visible(host[:200])} is not in the plan. Correct the host's name.")
        known = {step.id + look for step in entry["steps"] for look in ("", *LOOKS)}
        part = _mapping(part, host)
        listed = part.get("steps") or []
        if not isinstance(listed, list):
            raise FormError(f"{host}: steps is no list. Restore its layout.")
        rows = [row for each in listed for row in self._row(host, each, known)]
        steps = [row["transcribed_step"] for row in rows]
        for step in steps:
            if steps.count(step) > 1:
                raise FormError(f"{host}, {step}: it is there twice. Leave one of the two.")
        return Filled(host, rows, self._acceptance(host, part.get("acceptance") or {}))

    def _row(self, host: str, row: Any, known: set[str]) -> Iterator[dict[str, Any]]:
        row = _texts(_mapping(row, f"{host}: a row"), _ROW, f"{host}, {_shown(row)}")
        where = f"{host}, {row['step'] or 'a row without a step'}"
        if row["step"] not in known:
            raise FormError(f"{where}: the plan has no such step. Leave the ids as they were.")
        if not row["result"]:
            filled = [key for key in _ROW[2:] if row[key]]
            if filled:
                raise FormError(
                    f"{where}: {filled[0]} is filled in and result is not. Say done, not_needed or "
                    "failed."
                )
            return
        if row["result"] not in RESULTS:
            raise FormError(f"{where}: result must be done, not_needed or failed.")
        if "+" in row["step"] and RESULTS[row["result"]] != "done":
            raise FormError(f"{where}: a look is done, or its row is left out.")
        name = _person(row["worker"], f"{where}: worker")
        second = _person(row["checker"], f"{where}: checker") if row["checker"] else None
        if second and second.casefold() == name.casefold():
            raise FormError(
                f"{where}: worker and checker are the same person. Name the second one."
            )
        began = self._time(row["began"], f"{where}: began") if row["began"] else None
        ended = self._time(row["ended"], f"{where}: ended")
        if began and began > ended:
            raise FormError(f"{where}: it ended before it began. Correct the times.")
        yield {
            "transcribed_step": row["step"],
            "status": RESULTS[row["result"]],
            "name": name,
            "second_name": second,
            "began": began or ended,
            "ended": ended,
            "saw": row["saw"] or None,
            "note": _note(row["note"]),
            "form": self.form,
        }

    def _acceptance(self, host: str, part: Any) -> dict[str, Any] | None:
        where = f"{host}, acceptance"
        told = _texts(_mapping(part, where), _ACCEPT, where)
        if not any(told.values()):
            return None
        if told["result"] not in ACCEPTANCE:
            raise FormError(f"{where}: result must be accepted or rejected.")
        return {
            "accepted": ACCEPTANCE[told["result"]],
            "accepted_by": _person(told["by"], f"{where}: by"),
            "accepted_at": self._time(told["at"], f"{where}: at"),
            "note": _note(told["note"]),
            "form": self.form,
        }

    def _time(self, written: str, where: str) -> str:
        """Return a moment as ISO 8601 UTC."""
        try:
            if not _TIME.fullmatch(written):
                raise ValueError
            moment = datetime.fromisoformat(written.replace(" ", "T") + self.offset)
        except ValueError:
            raise FormError(f'{where} must be a time of the form "2026-11-22 22:05".') from None
        utc = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        if self.now is not None and is_later(utc, self.now):
            raise FormError(
                f"{where} is still to come (it is {self.now}). Correct it, or utc_offset."
            )
        return utc


def _texts(part: Mapping[str, Any], keys: tuple[str, ...], where: str) -> dict[str, str]:
    """Return the part's texts, each key there; trimmed, and without control characters."""
    strange = sorted(str(key) for key in part if key not in keys)
    if strange:
        raise FormError(f"{where}: {visible(strange[0][:80])} is unknown. Remove it.")
    found = {}
    for key in keys:
        value = part.get(key) or ""
        if not isinstance(value, str):
            raise FormError(f"{where}: {key} must be a text. Put it in double quotes.")
        found[key] = visible(value).strip()
    return found


def _shown(row: Any) -> str:
    step = row.get("step") if isinstance(row, Mapping) else None
    return visible(step[:80]) if isinstance(step, str) else "a row"


def _person(name: str, where: str) -> str:
    text = " ".join(name.split())
    if not text or len(text) > _NAME:
        raise FormError(f"{where} must say who, in 1 to {_NAME} characters.")
    return text


def _note(note: str) -> str:
    return note[:_NOTE]
