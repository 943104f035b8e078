# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The conditions of steps as a person would say them, in English and Japanese.

One table for the terminal, the report and the runbook. A reference without words is shown as
the refusals show it, never left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from .._core.checks import describe
from .._core.ft.system import TITLES
from .._core.model import Ref
from .texts import text

Text = dict[str, str]

# (check, value): English and Japanese, each "subject|the rest". Values of one condition that share
# their subject are joined: "CoServer2 shows a STOP screen or hangs".
_WORDS: Final[dict[tuple[str, str], tuple[str, str]]] = {
    ("chain_on_host", "trusted"): (
        "the signature of {on}|leads to a trusted root",
        "{on} の署名が|信頼されたルートに到達",
    ),
    ("change_state", "open"): (
        "the change is|open",
        "変更が|実施可能",
    ),
    ("change_state", "stopped"): (
        "the change is|stopped",
        "変更が|停止中",
    ),
    ("change_state", "window_closed"): (
        "the change is|past its window",
        "変更が|時間帯終了後",
    ),
    ("failure_budget", "spent_under_way"): (
        "the failure budget is|spent, and this system goes on",
        "失敗の許容数が|超過、実施中につき継続",
    ),
    ("failure_budget", "unspent"): (
        "the failure budget is|unspent",
        "失敗の許容数が|残っている",
    ),
    ("free_space", "enough"): (
        "the system drive has|room for the installation",
        "システムドライブの空き容量が|足りる",
    ),
    ("file_matches", "match"): (
        "{on} is|the pinned file",
        "{on} が|指定の SHA-256 と一致",
    ),
    ("identity", "as_planned"): (
        "the server is|the machine that the plan was made for",
        "サーバーが|計画の対象の機械",
    ),
    ("fix_level", "below"): (
        "the fix|is below the level that protects, on {on}",
        "緊急修正が|{on} で必要なレベルに達していない",
    ),
    ("fix_level", "reached"): (
        "the fix|has the level that protects, on {on}",
        "緊急修正が|{on} で必要なレベルに達している",
    ),
    ("ft_component", "degraded"): (
        "{on} is|degraded",
        "{on} が|Degraded",
    ),
    ("ft_component", "disabled"): (
        "{on} is|disabled",
        "{on} が|Disabled (無効)",
    ),
    ("ft_component", "failed"): (
        "{on} is|in the state Fail",
        "{on} が|Fail (故障)",
    ),
    ("ft_component", "healthy"): (
        "{on} is|dark green",
        "{on} が|濃い緑色",
    ),
    ("ft_component", "offline"): (
        "{on} is|offline",
        "{on} が|Offline",
    ),
    ("ft_component", "waiting"): (
        "{on} is|light green",
        "{on} が|薄い緑色",
    ),
    ("ft_health", "healthy"): (
        "all components|are dark green, all nodes answer, no failure is logged",
        "すべてのコンポーネントが|濃い緑色で、全ノードが応答し、障害イベントがない",
    ),
    ("ft_identity", "as_named"): (
        "|the machine that answers is the one of the inventory",
        "|応答した機械がインベントリと一致する",
    ),
    ("ft_mirrors", "complete"): (
        "every mirror copy|is complete",
        "ミラーのコピーが|すべて完了",
    ),
    ("ft_mirrors", "idle"): (
        "every mirror copy|rests, as nothing runs",
        "ミラーのコピーが|停止中",
    ),
    ("owner", "ours"): (
        "|the system is held by this run",
        "|この実行がシステムを占有中",
    ),
    ("ft_phase", "bios_setup"): (
        "{on}|is in the BIOS setup",
        "{on} が|BIOS セットアップ画面",
    ),
    ("ft_phase", "hung"): (
        "{on}|hangs",
        "{on} が|応答なし (変化なし)",
    ),
    ("ft_phase", "off"): (
        "{on}|is off",
        "{on} が|電源断",
    ),
    ("ft_phase", "post"): (
        "{on}|is at POST",
        "{on} が|POST 画面",
    ),
    ("ft_phase", "stop"): (
        "{on}|shows a STOP screen",
        "{on} が|STOP 画面",
    ),
    ("ft_phase", "up"): (
        "{on}|runs its Windows",
        "{on} が|Windows 稼働中",
    ),
    ("ft_power", "claimed_off"): (
        "{on} is|off by its driver alone",
        "{on} の電源が|断との表示のみ (未確認)",
    ),
    ("ft_power", "off"): (
        "{on}|is off",
        "{on} が|電源断",
    ),
    ("ft_power", "on"): (
        "{on}|is still on",
        "{on} の電源が|まだ入っている",
    ),
    ("ft_runs_on", "both"): (
        "the FTvirtual Server|runs on both Virtual Servers",
        "FTvirtual Server が|両系で起動",
    ),
    ("ft_runs_on", "virtual_server1"): (
        "the FTvirtual Server|runs on Virtual Server1 alone",
        "FTvirtual Server が|片系 (Virtual Server1 のみ) で起動",
    ),
    ("ft_service", "down"): (
        "the FTvirtual Server|does not run",
        "FTvirtual Server が|停止中",
    ),
    ("ft_service", "runs"): (
        "the FTvirtual Server|runs",
        "FTvirtual Server が|稼働中",
    ),
    ("ft_unchanged", "boot yes"): (
        "no restart|of {on}",
        "{on} が|再起動していない",
    ),
    ("ft_unchanged", "power yes"): (
        "the power of {on}|is as before",
        "{on} の電源が|元のまま",
    ),
    ("ft_windows", "2000"): (
        "the nodes run|Windows 2000",
        "OS が|Windows 2000",
    ),
    ("ft_windows", "2003"): (
        "the nodes run|Windows Server 2003",
        "OS が|Windows Server 2003",
    ),
    ("ft_wiring", "not_needed"): (
        "the power driver of {on}|needs no such proof for this way",
        "{on} の電源ドライバーの接続先が|この方法では確認不要",
    ),
    ("ft_wiring", "proven"): (
        "the power driver of {on}|is proven to switch it",
        "{on} の電源ドライバーの接続先が|確認済み",
    ),
    ("given", "yes"): (
        "|what the site has to give is given",
        "|必要な情報が指定されている",
    ),
    ("hotfixes_installed", "none"): (
        "hotfixes installed:|none",
        "Hotfix が|未適用",
    ),
    ("hotfixes_installed", "some"): (
        "hotfixes installed:|some",
        "Hotfix が|一部未適用",
    ),
    ("installer", "idle"): (
        "|no other installation runs",
        "|他のインストールなし",
    ),
    ("logons", "drained"): (
        "new logons are|refused",
        "新規ログオンが|禁止されている",
    ),
    ("logons", "enabled"): (
        "new logons are|accepted",
        "新規ログオンが|可能",
    ),
    ("logons", "external"): (
        "new logons are|left to the site's own method",
        "新規ログオンが|サイト独自の方法による",
    ),
    ("modules_signature", "trusted"): (
        "|the signatures of the service's modules lead to a trusted root",
        "|サービスのモジュールの署名が信頼されたルートに到達する",
    ),
    ("package_level", "sufficient"): (
        "|the fix's package is at the notice's level",
        "|用意した緊急修正のレベルが十分",
    ),
    ("package_on_hand", "match"): (
        "the package|is at hand, and is the pinned one",
        "パッケージが|手元にあり、指定のハッシュ値と一致",
    ),
    ("patch_installed", "installed"): (
        "the hotfix is|installed",
        "Hotfix が|適用済み",
    ),
    ("patch_installed", "not_installed"): (
        "the hotfix is|not installed",
        "Hotfix が|未適用",
    ),
    ("patch_installed", "superseded"): (
        "the hotfix is|superseded by a later one",
        "Hotfix が|後続の Hotfix に置換済み",
    ),
    ("pending_restart", "accepted"): (
        "|file renames wait for a restart, which somebody accepts",
        "|ファイル名変更の保留あり(承諾済み)",
    ),
    ("pending_restart", "returned"): (
        "|file renames wait again after a start",
        "|再起動後にファイル名変更の保留が再発",
    ),
    ("restart_owed", "no"): (
        "|no restart is owed for an installation",
        "|インストールに伴う再起動は不要、または実施済み",
    ),
    ("restart_owed", "yes"): (
        "|a restart is owed for an installation",
        "|インストールに伴う再起動が未実施",
    ),
    ("pending_restart", "no"): (
        "|no restart is pending",
        "|再起動の保留なし",
    ),
    ("pending_restart", "yes"): (
        "|a restart is pending",
        "|再起動が保留中",
    ),
    ("removal_restart", "due"): (
        "the restart after the removal|is still to come, on {on}",
        "削除後の再起動が|{on} で未実施",
    ),
    ("restart_is_safe", "yes"): (
        "{on} may|start with what is on its disk",
        "{on} が|再起動しても安全な状態",
    ),
    ("restart_pending", "no"): (
        "no restart of {on}|is pending",
        "{on} の再起動が|保留されていない",
    ),
    ("restart_pending", "yes"): (
        "a restart of {on}|is pending",
        "{on} の再起動が|保留中",
    ),
    ("root_present", "absent"): (
        "|the root certificate is missing",
        "|ルート証明書がない",
    ),
    ("root_present", "present"): (
        "|the root certificate is in Trusted Root Certification Authorities (local computer)",
        "|ルート証明書がローカルコンピュータの「信頼されたルート証明機関」にある",
    ),
    ("root_update_policy", "allowed"): (
        "|policy allows the automatic update of root certificates",
        "|ルート証明書の自動更新が許可されている",
    ),
    ("service_state", "Running"): (
        "{on} is|running",
        "{on} が|実行中",
    ),
    ("turn", "reached"): (
        "|every earlier server has ended",
        "|先行サーバーはすべて終了",
    ),
    ("uninstallable", "not_needed"): (
        "{update} on {on}|is not there",
        "{on} の {update} が|未適用",
    ),
    ("uninstallable", "yes"): (
        "{update} on {on}|can be removed",
        "{on} の {update} が|削除可能",
    ),
    ("update_gone", "not_proven"): (
        "{update} is|not yet proven off {on}",
        "{on} の {update} 削除が|未確認",
    ),
    ("update_gone", "proven"): (
        "{update} is|proven off {on}",
        "{on} の {update} 削除が|確認済み",
    ),
    ("update_job", "finished"): (
        "no installer of ours runs on {on}|any more",
        "{on} の|当方のインストーラーは終了",
    ),
    ("update_job", "none"): (
        "no installer of ours|runs on {on}",
        "{on} のインストーラーが|動作していない",
    ),
    ("update_state", "absent"): (
        "{update} is|off {on}",
        "{on} に {update} が|ない",
    ),
    ("update_state", "absent_after_restart"): (
        "{update} is|off {on}",
        "{on} に {update} が|ない",
    ),
    ("update_state", "installed"): (
        "{update} is|on {on}",
        "{on} に {update} が|ある",
    ),
}
_ABOUT: Final = ("nodes", "node", "coserver", "name", "file")


def phrases(refs: Sequence[Ref]) -> list[Text]:
    """Return what references ask for, one phrase each, none twice.

    Settings are left out: the plan has weighed them, and nobody sees them at a machine.
    """
    every = [phrase(ref) for ref in refs if ref["check"] not in ("setting", "given")]
    return [each for i, each in enumerate(every) if each not in every[:i]]


def phrase(ref: Ref) -> Text:
    """Return what one reference asks for; its allowed values are alternatives."""
    if ref["check"] == "sessions" and ref.get("at_most") == 0:
        return text("nobody is logged on", "ログオン中の利用者なし")
    if ref["check"] == "capacity_percent" and "at_least" in ref:
        percent = ref["at_least"]
        return text(f"at least {percent} % of the silo serve", f"サイロの {percent} % 以上が稼働")
    given = ref.get("with", {})
    what = f"{given['what']} " if "what" in given else ""
    values = ref["is_one_of"] if isinstance(ref.get("is_one_of"), list) else [ref.get("is")]
    found = [_WORDS.get((str(ref["check"]), f"{what}{value}")) for value in values]
    if not found or not all(found):
        return text(describe(ref), describe(ref))
    pairs = [pair for pair in found if pair]
    return text(
        _joined([pair[0] for pair in pairs], _facts(given, " and ", "the "), " or "),
        _joined([pair[1] for pair in pairs], _facts(given, "、", ""), " または "),
    )


def _joined(words: Sequence[str], facts: Mapping[str, str], separator: str) -> str:
    """Return alternatives as one sentence with one subject."""
    texts = [each.format(**facts).split("|") for each in words]
    rests = list(dict.fromkeys(rest for _subject, rest in texts))
    space = " " if texts[0][0] and rests[0][:1].isascii() else ""
    return texts[0][0] + space + separator.join(rests)


def _facts(given: Mapping[str, Any], separator: str, article: str) -> dict[str, str]:
    """Return what a reference is about, by the names that the notice uses."""
    about = next((given[key] for key in _ABOUT if given.get(key)), "")
    names = about if isinstance(about, list) else [about]
    titles = [TITLES.get(str(name), str(name)) for name in names]
    titles = [article + title if title.startswith("FTvirtual") else title for title in titles]
    update = given.get("update")
    named = update.get("id") if isinstance(update, Mapping) else update
    return {"on": separator.join(titles), "update": str(named or "")}
