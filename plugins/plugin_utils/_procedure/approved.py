# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an approver answers for, in a few lines: packages, restarts, users, deviations, time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from .._core.actions import effect_of
from .._core.backups import records
from .._core.kinds import form_of
from .._core.window import Window
from .layout import duration, harmless, in_language, wrapped

Record = dict[str, Any]

_EN: Final[dict[str, Any]] = {
    "package": "package",
    "restarts": "restarts",
    "power": "power-offs",
    "forced": "USERS ARE LOGGED OFF BY FORCE",
    "outage": "THE ONLY SERVER OF ITS SILO: its users have no server meanwhile",
    "renames": "file renames wait for a restart, accepted by",
    "otherwise": "NOT AS THE NOTICE SAYS",
    "backup": "backup",
    "by": "{taken}, by {by}, {where}",
    "takes": "takes",
    "took": "about {expected}, at most {longest}",
    "all": "{hosts}, wave after wave: about {expected}, at most {longest}.",
    "hosts": ("{n} host", "{n} hosts"),
    "begin": "Begin by {at} for what is expected.",
    "begin_longest": "Begin by {at} for the longest, by {expected_at} for what is expected.",
    "window": "The window is {window} long ({start} to {end}).",
    "none": "There is no window: one that holds even the longest is {longest} long.",
    "fits": "It holds even the longest.",
    "expected": "IT HOLDS WHAT IS EXPECTED, NOT THE LONGEST: what has not begun by then waits.",
    "short": "IT IS SHORTER THAN WHAT IS EXPECTED: the plan will not end within it.",
    "nothing": "NOTHING WOULD BEGIN: {host} alone needs {needed} to its first resting point.",
}
_JA: Final[dict[str, Any]] = {
    "package": "パッケージ",
    "restarts": "再起動",
    "power": "電源断",
    "forced": "ユーザーを強制ログオフします",
    "outage": "サイロで唯一のサーバー: その間ユーザーは利用できません",
    "renames": "ファイル名変更の保留を承諾",
    "otherwise": "本資料と異なる方法",
    "backup": "バックアップ",
    "by": "{taken}、{by}、{where}",
    "takes": "所要",
    "took": "約 {expected}、最長 {longest}",
    "all": "全 {hosts}、ウェーブ順: 約 {expected}、最長 {longest}。",
    "hosts": ("{n} ホスト", "{n} ホスト"),
    "begin": "見込みどおりなら {at} までに開始してください。",
    "begin_longest": "最長の場合は {at}、見込みどおりなら {expected_at} までに開始してください。",
    "window": "作業時間帯は {window}({start} から {end})。",
    "none": "作業時間帯の指定はありません。最長の場合も収まる長さは {longest} です。",
    "fits": "最長の場合も収まります。",
    "expected": "見込みは収まりますが、最長の場合は収まりません。未着手のホストは次回になります。",
    "short": "見込みより短いため、計画は時間帯内に終わりません。",
    "nothing": "何も開始されません: {host} は最初の中断可能点までに {needed} 必要です。",
}


def approved(plan: Mapping[str, Any], window: Window | None) -> Record:
    """Return what is approved with a plan, as data.

    Returned: hosts (name → packages, restarts, power_offs, forced_logoff, outage, renames,
        otherwise, backups, seconds), seconds of each wave and of the whole plan, and of the window
        (None without one).
    """
    hosts = {host: _host(plan["hosts"][host]) for wave in plan["waves"] for host in wave}
    of_waves = [[hosts[host]["seconds"] for host in wave] for wave in plan["waves"]]
    keys = ("expected", "longest")
    waves = [{k: max((s[k] for s in wave), default=0) for k in keys} for wave in of_waves]
    return {
        "hosts": hosts,
        "waves": waves,
        "seconds": {k: sum(wave[k] for wave in waves) for k in keys},
        "window_seconds": (
            None if window is None else round((window.end - window.start).total_seconds())
        ),
    }


def _host(entry: Mapping[str, Any]) -> Record:
    steps, settings = entry["steps"], entry["settings"]
    packages = {
        (str(path), str(step.arguments["sha256"]).upper()): step.item
        for step in steps
        if step.arguments.get("sha256")
        and (path := step.arguments.get("package") or step.arguments.get("path"))
    }
    first = next((n for n, step in enumerate(steps, 1) if step.resting_point), len(steps))
    longest = [step.seconds["longest"] for step in steps]
    return {
        "packages": [
            {"id": item, "path": path, "sha256": pin} for (path, pin), item in packages.items()
        ],
        "restarts": sum(effect_of(step) in ("restarts", "shuts_down") for step in steps),
        "power_offs": sum(effect_of(step) == "switches_off" for step in steps),
        "forced_logoff": any(step.arguments.get("forced_logoff") for step in steps),
        "outage": settings.get("single_server_silo") == "accept_outage",
        "renames": _renames_accepted_by(settings),
        "otherwise": [{"step": step.id, **step.departure} for step in steps if step.departure],
        "backups": {where: dict(record) for where, record in records(settings)},
        "seconds": {
            "expected": sum(step.seconds["expected"] for step in steps),
            "longest": sum(longest),
            "to_rest": sum(longest[:first]),
        },
    }


def approved_lines(told: Record, window: Window | None, language: str) -> list[str]:
    """Return it for a terminal; hosts for which the same is approved stand together."""
    words = _JA if language == "ja" else _EN
    alike: dict[str, list[str]] = {}
    for host, record in told["hosts"].items():
        alike.setdefault(json.dumps(record, sort_keys=True), []).append(host)
    lines: list[str] = []
    for hosts in alike.values():
        lines += wrapped(harmless(", ".join(hosts)), "  ")
        for label, text in _of_a_host(told["hosts"][hosts[0]], words, language):
            head = f"    {label}: " if text else f"    {label}"
            lines += wrapped(harmless(text), head, " " * 8)
    return [*lines, *wrapped(_in_all(told, window, words), "  ")]


def _of_a_host(record: Record, words: Mapping[str, Any], language: str) -> list[tuple[str, str]]:
    rows = [
        (words["package"], " ".join(filter(None, (each["id"], each["path"], each["sha256"]))))
        for each in record["packages"]
    ]
    if record["restarts"]:
        rows.append((words["restarts"], str(record["restarts"])))
    if record["power_offs"]:
        rows.append((words["power"], str(record["power_offs"])))
    rows += [(words[key], "") for key in ("forced", "outage") if record[_KEYS[key]]]
    if record["renames"]:
        rows.append((words["renames"], record["renames"]))
    rows += [
        (words["otherwise"], f"{each['step']}: {in_language(each, language)}")
        for each in record["otherwise"]
    ]
    rows += [
        (
            words["backup"],
            words["by"].format_map({k: str(each.get(k)) for k in ("taken", "by", "where")}),
        )
        for each in record["backups"].values()
    ]
    return [*rows, (words["takes"], words["took"].format_map(_durations(record["seconds"])))]


def _renames_accepted_by(settings: Mapping[str, Any]) -> str | None:
    """Who takes the risk that file renames wait, on a server or on the nodes of an FT system."""
    system = form_of(settings) or {}
    name = settings.get("renames_accepted_by") or (system.get("accepted") or {}).get("renames")
    return str(name) if name else None


_KEYS: Final = {"forced": "forced_logoff", "outage": "outage"}


def _durations(seconds: Mapping[str, int]) -> dict[str, str]:
    return {key: duration(value) for key, value in seconds.items()}


def _in_all(told: Record, window: Window | None, words: Mapping[str, Any]) -> str:
    """The time that the plan is reckoned with, beside the window's."""
    seconds, length = told["seconds"], told["window_seconds"]
    number = len(told["hosts"])
    hosts = words["hosts"][number != 1].format(n=number)
    said = [words["all"].format(hosts=hosts, **_durations(seconds))]
    if window is None or length is None:
        return " ".join([*said, words["none"].format(**_durations(seconds))])
    start, end = (moment.isoformat(" ", "minutes") for moment in (window.start, window.end))
    said.append(words["window"].format(window=duration(length), start=start, end=end))
    host, least = min(
        ((host, record["seconds"]["to_rest"]) for host, record in told["hosts"].items()),
        key=lambda pair: pair[1],
        default=("", 0),
    )
    if least > length:
        said.append(words["nothing"].format(host=harmless(host), needed=duration(least)))
    elif seconds["longest"] <= length:
        said.append(words["fits"])
    else:
        said.append(words["expected" if seconds["expected"] <= length else "short"])
    return " ".join([*said, *_begin_by(seconds, window, words)])


def _begin_by(seconds: Mapping[str, int], window: Window, words: Mapping[str, Any]) -> list[str]:
    """Until when the change may begin and still end within its window."""
    last = {key: window.end - timedelta(seconds=seconds[key]) for key in ("expected", "longest")}
    shown = {key: _clock(moment, window) for key, moment in last.items()}
    if last["longest"] >= window.start:
        return [words["begin_longest"].format(at=shown["longest"], expected_at=shown["expected"])]
    return [words["begin"].format(at=shown["expected"])] if last["expected"] >= window.start else []


def _clock(moment: datetime, window: Window) -> str:
    """A moment of the window, in its time zone; with its date where that is not the start's."""
    there = moment.astimezone(window.start.tzinfo)
    return there.strftime("%H:%M" if there.date() == window.start.date() else "%Y-%m-%d %H:%M")
