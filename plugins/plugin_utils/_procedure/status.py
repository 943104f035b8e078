# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a change stands: read from its directory, and told as text and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from .._core.journal import JournalReport
from .._io.confirmations import Confirmations
from .._report.status import STATUSES, Known, Moment, change_status
from .change import Change
from .layout import (
    WIDTH,
    Paint,
    clauses,
    cut,
    duration,
    harmless,
    in_language,
    padded,
    unpainted,
    wide,
    wrapped,
)
from .runs import Run, acting, runs

Record = dict[str, Any]

# A journal that is written to just now is read again before it is called damaged.
_LOOKS: Final = 5
COLUMNS: Final = (
    "host", "status", "wave", "steps", "steps_left", "step", "title", "clause", "since",
    "expected_end", "latest_end", "waits_for", "reason", "text", "rests", "to_rest_expected",
    "to_rest_longest",
)  # fmt: skip
_COLOURS: Final = {
    "failed": "red", "interrupted": "red", "waiting": "yellow", "under_way": "yellow",
    "left_alone": "red", "done": "green",
}  # fmt: skip
_NAMES: Final = {
    "failed": {"en": "failed", "ja": "失敗"},
    "interrupted": {"en": "interrupted", "ja": "中断"},
    "waiting": {"en": "waiting", "ja": "担当者待ち"},
    "under_way": {"en": "under way", "ja": "実行中"},
    "not_begun": {"en": "not begun", "ja": "未着手"},
    "left_alone": {"en": "left alone", "ja": "対象外"},
    "done": {"en": "done", "ja": "完了"},
    "nothing": {"en": "nothing to do", "ja": "作業なし"},
}
_SAID: Final = {
    "change": {"en": "Change {id}: {counts}", "ja": "変更 {id}: {counts}"},
    "run": {
        "en": "A run goes on: process {process} of {user} on {controller}, since {since}.",
        "ja": "実行中: {controller} の {user} のプロセス {process}（{since} から）。",
    },
    "elsewhere": {
        "en": "A run on {controller} (process {process} of {user}, since {since}) cannot be seen "
        "from here.",
        "ja": "{controller} での実行（{user} のプロセス {process}、{since} から）は"
        "ここからは確認できません。",
    },
    "no_run": {"en": "No run goes on.", "ja": "実行中のプロセスはありません。"},
    "stopped": {"en": "The change is stopped: {why}.", "ja": "変更は停止されています: {why}。"},
    "closed": {"en": "The change is closed.", "ja": "変更はクローズ済みです。"},
    "not_yet": {
        "en": "The window opens at {start} and ends at {end}.",
        "ja": "作業時間帯は {start} から {end} までです。",
    },
    "open": {
        "en": "The window ends at {end}: {left} left.",
        "ja": "作業時間帯は {end} まで、残り {left}。",
    },
    "over": {"en": "The window ended at {end}.", "ja": "作業時間帯は {end} に終了しました。"},
    "no_window": {"en": "There is no window.", "ja": "作業時間帯の指定はありません。"},
    "step": {"en": "step {n} of {of} {title}{clause}", "ja": "手順 {n}/{of} {title}{clause}"},
    "next": {
        "en": "before step {n} of {of} {title}{clause}",
        "ja": "次は手順 {n}/{of} {title}{clause}",
    },
    "since": {
        "en": "since {since}, expected until {expected}, at the latest {latest}",
        "ja": "{since} から、終了見込み {expected}、遅くとも {latest}",
    },
    "late": {"en": "LATER THAN PLANNED", "ja": "予定超過"},
    "for": {"en": "waits for {who}", "ja": "{who} 待ち"},
    "person": {"en": "a person", "ja": "担当者"},
    "people": {"en": "two people", "ja": "担当者2名"},
    "to_rest": {
        "en": "to the next resting point about {expected}, at most {longest}",
        "ja": "次の中断可能点まで 約 {expected}、最長 {longest}",
    },
    "rests": {"en": "rests: stopping is safe", "ja": "中断可能点で停止中"},
}


def status_of(change: Change) -> Record:
    """Where the change stands at this moment, as data. Contacts no host."""
    control, at = change.control, datetime.now(UTC)
    standing = change.standing
    every, stopped = runs(change.directory), change.directory.stopped()
    going = [run for run in every if run.alive is not False]
    moment = Moment(at, standing.window, control.window_estimate, len(change.plan["waves"]))
    waves = dict(change.queue)
    hosts = [*waves, *sorted(set(change.plan["hosts"]) - set(waves))]
    known = [_known(change, host, waves.get(host), every, going) for host in hosts]
    return {
        "change": change.id,
        "plan": change.digest,
        **change_status(known, moment),
        "runs": [
            {"controller": run.controller, "process": run.process, "user": run.user,
             "since": run.utc, "seen": run.alive is True}
            for run in going
        ],
        "stopped": stopped,
        "closed": change.directory.closed.exists(),
        "refused": change.refused[1] if change.refused else None,
    }  # fmt: skip


def _known(
    change: Change, host: str, wave: int | None, every: list[Run], going: list[Run]
) -> Known:
    entry = change.plan["hosts"][host]
    report = _journal(change, host)
    state = change.state(host)
    theirs = [run for run in every if host in run.hosts]
    own = next((run for run in every if run.id == state.get("run")), None)
    if own is None and not state.get("run"):  # steps of a playbook that names no run
        own = next(iter(theirs[::-1]), None)
    desk = Confirmations(change.directory.root)
    requests = desk.waiting(host)
    asked = [each for each in requests if desk.answer(each) is None]
    refused = (None, "") if change.refused else change.why_not_begin(host)
    return Known(
        host=host,
        steps=entry["steps"],
        wave=wave,
        blocked=entry.get("blocked"),
        state=state,
        entries=[each for each in report.entries if each.plan == change.digest],
        damaged=None if report.ok else report.problems[0],
        asked=[
            {"step": each.step, "since": each.since, "second_name": each.second_name}
            for each in asked
        ],
        answered=len(asked) < len(requests),
        alive=own.alive if own else False,
        worker=acting(change.directory, host),
        queued=any(host in run.hosts for run in going),
        refused=None if refused is None else refused[1],
    )


def _journal(change: Change, host: str) -> JournalReport:
    """The host's journal; one that is being written to is looked at again."""
    journal = change.journal(host)
    for _look in range(_LOOKS):
        report = journal.report()
        if report.ok:
            break
    return report


def status_csv(status: Record, language: str = "en") -> str:
    """One row a host, for spreadsheets."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\r\n")
    table.writerow(COLUMNS)
    for host in status["hosts"]:
        to_rest = host["to_rest"] or {}
        row = {
            **host,
            "clause": ", ".join(host["clause"]),
            "title": in_language(host["title"], language),
            "text": in_language(host["text"], language),
            "waits_for": _who(host, language, status["utc"]) if host["waits_for"] else "",
            "to_rest_expected": to_rest.get("expected"),
            "to_rest_longest": to_rest.get("longest"),
        }
        table.writerow(_cell(row[column]) for column in COLUMNS)
    return text.getvalue()


def _cell(value: Any) -> Any:
    """A cell; a text that a spreadsheet would take for a formula stays a text."""
    shown = "" if value is None else harmless(value) if isinstance(value, str) else value
    return f"'{shown}" if isinstance(shown, str) and shown[:1] in ("=", "+", "-", "@") else shown


def status_text(status: Record, language: str = "en", paint: Paint = unpainted) -> str:
    """The change in a few lines, then one line a host with what it is at."""
    lines = ["", *wrapped(_headline(status, language), "")]
    for text in _about_all(status, language):
        lines += wrapped(harmless(text), "  ")
    lines.append("")
    longest = max([wide(harmless(host["host"])) for host in status["hosts"]] or [0])
    broad = max([wide(_name(host["status"], language)) for host in status["hosts"]] or [0])
    ordered = sorted(status["hosts"], key=lambda host: STATUSES.index(host["status"]))
    for host in ordered:
        name = padded(harmless(host["host"]), longest)
        start = f"  {name}  {padded(_name(host['status'], language), broad)}  "
        first, *rest = _of_a_host(host, status["utc"], language) or [""]
        line = cut(start + harmless(first), WIDTH).rstrip()
        lines.append(paint(line, _COLOURS.get(host["status"], "normal")))
        for text in rest:
            lines += wrapped(harmless(text), " " * (longest + 4))
    return "\n".join(lines)


def _headline(status: Record, language: str) -> str:
    counts = ("、" if language == "ja" else ", ").join(
        f"{number} {_name(name, language)}"
        if language == "en"
        else f"{_name(name, language)}{number}"
        for name, number in status["counts"].items()
    )
    return _say("change", language).format(id=harmless(status["change"]), counts=counts)


def _about_all(status: Record, language: str) -> list[str]:
    """What is about all hosts: runs, what keeps the change from going on, the window."""
    told = [
        _say("run" if run["seen"] else "elsewhere", language).format(
            **{**run, "since": _clock(run["since"], status["utc"])}
        )
        for run in status["runs"]
    ] or [_say("no_run", language)]
    if status["closed"]:
        return [_say("closed", language)]
    if status["stopped"]:
        told.append(_say("stopped", language).format(why=str(status["stopped"]).rstrip(".")))
    if status["refused"]:
        told.append(status["refused"])
    window = status["window"]
    if window is None:
        told.append(_say("no_window", language))
    else:
        told.append(
            _say(window["state"], language).format(
                start=_clock(window["start"], status["utc"]),
                end=_clock(window["end"], status["utc"]),
                left=duration(window["left_seconds"]),
            )
        )
    return told


def _of_a_host(host: Record, utc: str, language: str) -> list[str]:
    """What a host is at: the first of it fits on its line."""
    lines = []
    if host["step"] is not None:
        kind = "step" if host["since"] else "next"
        lines.append(
            _say(kind, language).format(
                n=host["number"],
                of=host["steps"],
                title=in_language(host["title"], language),
                clause=clauses(host["clause"]),
            )
        )
    if host["waits_for"]:
        lines.append(_say("for", language).format(who=_who(host, language, utc)))
    if host["since"] and host["status"] in ("under_way", "interrupted"):
        times = {
            "since": _clock(host["since"], utc),
            "expected": _clock(host["expected_end"], utc),
            "latest": _clock(host["latest_end"], utc),
        }
        late = host["latest_end"] and utc > host["latest_end"]
        said = _say("since", language).format(**times)
        lines.append(f"{said}: {_say('late', language)}" if late else said)
    if host["to_rest"]:
        seconds = {key: duration(max(host["to_rest"][key], 0)) for key in ("expected", "longest")}
        lines.append(_say("to_rest", language).format(**seconds))
    elif host["rests"] and host["status"] in ("failed", "interrupted", "waiting"):
        lines.append(_say("rests", language))
    if host["text"]:
        lines.append(in_language(host["text"], language))
    return lines


def _who(host: Record, language: str, utc: str) -> str:
    waits = host["waits_for"]
    person = _say("people" if waits["two_people"] else "person", language)
    who = f"{waits['contact']}" if waits["contact"] else person
    since = f" ({_clock(host['since'], utc)})" if host["since"] else ""
    return f"{who}{since}"


def _clock(utc: Any, now: Any) -> str:
    """A moment by the controller's clock; with its date where that is not today's."""
    moment, today = (datetime.fromisoformat(str(each)).astimezone() for each in (utc, now))
    same_day = moment.date() == today.date()
    return moment.strftime("%H:%M" if same_day else "%Y-%m-%d %H:%M")


def _name(status: str, language: str) -> str:
    return _in(_NAMES[status], language)


def _say(name: str, language: str) -> str:
    return _in(_SAID[name], language)


def _in(words: Mapping[str, str], language: str) -> str:
    return words.get(language) or words["en"]
