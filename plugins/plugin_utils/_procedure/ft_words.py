# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The conditions of an FT system's steps as a person would say them, in English and Japanese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .._core.checks import describe
from .._io.endurance import COMPONENTS

# What nobody looks for: settings, and that the machine is the one of the inventory.
_UNSAID: Final = ("setting", "ft_identity")
# (check, value): English and Japanese, each "subject|the rest". Values of one condition that share
# their subject are joined: "CoServer2 shows a STOP screen or hangs".
_WORDS: Final[dict[tuple[str, str], tuple[str, str]]] = {
    ("fix_level", "reached"): (
        "the fix|has the level that protects, on {on}",
        "緊急修正が|{on} で必要なレベルに達している",
    ),
    ("fix_level", "below"): (
        "the fix|is below the level that protects, on {on}",
        "緊急修正が|{on} で必要なレベルに達していない",
    ),
    ("ft_component", "healthy"): ("{on} is|dark green", "{on} が|濃い緑色"),
    ("ft_component", "waiting"): ("{on} is|light green", "{on} が|薄い緑色"),
    ("ft_component", "failed"): ("{on} is|in the state Fail", "{on} が|Fail (故障)"),
    ("ft_component", "disabled"): ("{on} is|disabled", "{on} が|Disabled (無効)"),
    ("ft_component", "degraded"): ("{on} is|degraded", "{on} が|Degraded"),
    ("ft_component", "offline"): ("{on} is|offline", "{on} が|Offline"),
    ("ft_health", "healthy"): (
        "all components|are dark green, all nodes answer, no failure is logged",
        "すべてのコンポーネントが|濃い緑色で、全ノードが応答し、障害イベントがない",
    ),
    ("ft_mirrors", "complete"): ("every mirror copy|is complete", "ミラーのコピーが|すべて完了"),
    ("ft_phase", "up"): ("{on}|runs its Windows", "{on} が|Windows 稼働中"),
    ("ft_phase", "off"): ("{on}|is off", "{on} が|電源断"),
    ("ft_phase", "stop"): ("{on}|shows a STOP screen", "{on} が|STOP 画面"),
    ("ft_phase", "hung"): ("{on}|hangs", "{on} が|応答なし (変化なし)"),
    ("ft_phase", "post"): ("{on}|is at POST", "{on} が|POST 画面"),
    ("ft_phase", "bios_setup"): ("{on}|is in the BIOS setup", "{on} が|BIOS セットアップ画面"),
    ("ft_power", "on"): ("{on}|is still on", "{on} の電源が|まだ入っている"),
    ("ft_power", "off"): ("{on}|is off", "{on} が|電源断"),
    ("ft_runs_on", "virtual_server1"): (
        "the FTvirtual Server|runs on Virtual Server1 alone",
        "FTvirtual Server が|片系 (Virtual Server1 のみ) で起動",
    ),
    ("ft_runs_on", "both"): (
        "the FTvirtual Server|runs on both Virtual Servers",
        "FTvirtual Server が|両系で起動",
    ),
    ("ft_service", "runs"): ("the FTvirtual Server|runs", "FTvirtual Server が|稼働中"),
    ("ft_service", "down"): ("the FTvirtual Server|does not run", "FTvirtual Server が|停止中"),
    ("ft_unchanged", "boot yes"): ("no restart|of {on}", "{on} が|再起動していない"),
    ("ft_unchanged", "power yes"): ("the power of {on}|is as before", "{on} の電源が|元のまま"),
    ("package_on_hand", "match"): (
        "the package|is at hand, and is the pinned one",
        "パッケージが|手元にあり、指定のハッシュ値と一致",
    ),
    ("restart_pending", "yes"): ("a restart of {on}|is pending", "{on} の再起動が|保留中"),
    ("restart_pending", "no"): (
        "no restart of {on}|is pending",
        "{on} の再起動が|保留されていない",
    ),
    ("update_gone", "proven"): ("{update} is|proven off {on}", "{on} の {update} 削除が|確認済み"),
    ("update_gone", "not_proven"): (
        "{update} is|not yet proven off {on}",
        "{on} の {update} 削除が|未確認",
    ),
    ("update_state", "installed"): ("{update} is|on {on}", "{on} に {update} が|ある"),
    ("update_state", "absent"): ("{update} is|off {on}", "{on} に {update} が|ない"),
    ("update_state", "absent_after_restart"): ("{update} is|off {on}", "{on} に {update} が|ない"),
}


def title_of(name: str, language: str = "en") -> str:
    """A node or Virtual Server as the notice writes it; the whole system where there is no name."""
    return COMPONENTS.get(name) or name or ("全体" if language == "ja" else "the whole system")


def said(ref: Mapping[str, Any], language: str) -> str:
    """A condition in words; its technical form where there are none, empty where nobody looks."""
    if ref["check"] in _UNSAID:
        return ""
    given = ref.get("with", {})
    values = ref["is_one_of"] if isinstance(ref.get("is_one_of"), list) else [ref.get("is")]
    what = f"{given['what']} " if "what" in given else ""
    found = [_WORDS.get((str(ref["check"]), f"{what}{value}")) for value in values]
    if not all(found):
        return describe(ref)  # type: ignore[arg-type]
    names = given.get("nodes") or [
        given[key] for key in ("node", "coserver", "name") if key in given
    ]
    titles = [title_of(str(name)) for name in names]
    if language != "ja":
        titles = [title.replace("FTvirtual", "the FTvirtual") for title in titles]
    update = given.get("update")
    facts = {
        "on": ("、" if language == "ja" else " and ").join(titles),
        "update": str(update.get("id", "")) if isinstance(update, Mapping) else "",
    }
    texts = [pair[language == "ja"].format(**facts).split("|") for pair in found if pair]
    rests = list(dict.fromkeys(rest for _subject, rest in texts))
    if language != "ja":
        return f"{texts[0][0]} {' or '.join(rests)}"
    space = " " if rests[0][:1].isascii() else ""
    return f"{texts[0][0]}{space}{' または '.join(rests)}"
