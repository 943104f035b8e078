# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a step expects and depends on, in plain words of both languages.

A reference that has no phrase here is shown as the refusals show it, never left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from .._core.checks import describe
from .._core.model import Ref
from .texts import NODES, joined, text

Text = dict[str, str]

# check → value → (English, Japanese). {of}: what it is about: nodes, a component, an update.
_PHRASES: Final[dict[str, dict[Any, tuple[str, str]]]] = {
    "change_state": {
        "open": ("the change is open", "変更は実施可能"),
        "stopped": ("stopped (this step may go on)", "停止中(この手順は継続可)"),
        "window_closed": ("its window over (this step may go on)", "時間帯終了(継続可)"),
    },
    "chain_on_host": {
        "trusted": (
            "the signature of {of} leads to a trusted root",
            "{of} の署名が信頼されたルートに到達する",
        )
    },
    "failure_budget": {
        "unspent": ("no more systems failed than allowed", "失敗数が許容範囲内"),
        "spent_under_way": ("spent, and this one goes on", "超過だが実施中につき継続"),
    },
    "file_matches": {"match": ("{of} is the pinned file", "{of} が指定の SHA-256 と一致する")},
    "fix_level": {
        "reached": ("the fix is at the notice's level on {of}", "{of}: 緊急修正が必要なレベル"),
        "below": ("the fix is below the notice's level", "緊急修正が必要なレベル未満"),
    },
    "ft_component": {
        "healthy": ("{of} is dark green", "{of}: 濃い緑色"),
        "waiting": ("{of} is light green (wait)", "{of}: 薄い緑色(待つ)"),
        "degraded": ("{of} is Degraded", "{of}: Degraded"),
        "offline": ("{of} is Offline", "{of}: Offline"),
        "disabled": ("{of} is Disabled", "{of}: Disabled"),
        "failed": ("{of} is in the state Fail", "{of}: Fail(故障)"),
    },
    "ft_health": {
        "healthy": (
            "all components are dark green, all nodes answer, no new failure event",
            "すべてのコンポーネントが濃い緑色、全ノード応答、新たな障害イベントなし",
        )
    },
    "ft_identity": {
        "as_named": (
            "the machine that answers is the one of the inventory",
            "応答した機械がインベントリと一致する",
        )
    },
    "ft_mirrors": {
        "complete": ("all mirror copies are complete", "すべてのミラーコピーが完了"),
        "idle": ("nothing is being copied", "コピー中のものなし"),
    },
    "ft_owner": {"ours": ("the system is held by this run", "この実行がシステムを占有中")},
    "ft_phase": {
        "up": ("{of}: Windows runs", "{of}: Windows が稼働"),
        "off": ("{of} is off", "{of}: 電源断"),
        "stop": ("{of} shows a blue STOP screen", "{of}: STOP 画面(青画面)"),
        "hung": (
            "{of} hangs (no logon, nothing moves)",
            "{of}: ハングアップ(ログオン不可)",
        ),
        "post": ("{of} shows POST", "{of}: POST 画面"),
        "bios_setup": ("{of} shows BIOS setup", "{of}: BIOS セットアップ画面"),
    },
    "ft_power": {
        "off": ("{of} is off, its screen dark", "{of}: 電源断(画面消灯)"),
        "on": ("{of} is on", "{of}: 電源投入済み"),
    },
    "ft_runs_on": {
        "virtual_server1": (
            "the FTvirtual Server runs on Virtual Server1 alone",
            "FTvirtual Server は片系(Virtual Server1 のみ)で稼働",
        )
    },
    "ft_service": {
        "runs": ("the FTvirtual Server runs", "FTvirtual Server が稼働"),
        "down": ("the FTvirtual Server does not run", "FTvirtual Server は停止(Fail のまま)"),
    },
    "ft_unchanged power": {
        "yes": ("the power of {of} is as before", "{of}: 電源状態は手順前と同じ")
    },
    "ft_unchanged boot": {"yes": ("no restart of {of}", "{of}: 再起動していない")},
    "ft_windows": {
        "2003": ("Windows Server 2003 type", "Windows 2003 タイプ"),
        "2000": ("Windows 2000 type", "Windows 2000 タイプ"),
    },
    "ft_wiring": {
        "proven": (
            "the power driver of {of} is proven to switch it",
            "{of}: 電源ドライバーの接続先を確認済み",
        )
    },
    "given": {"yes": ("what the site has to give is given", "必要な情報が指定されている")},
    "hotfixes_installed": {
        "none": ("no hotfix is installed", "Hotfix は未適用"),
        "some": ("not every hotfix is installed", "一部の Hotfix が未適用"),
    },
    "installer": {"idle": ("no other installation runs", "他のインストールなし")},
    "logons": {
        "drained": ("new logons are refused", "新規ログオンは禁止"),
        "enabled": ("users can log on", "ログオン可能"),
        "external": ("as the site's own method leaves it", "サイト独自の方法による"),
    },
    "modules_signature": {
        "trusted": (
            "the signatures of the service's modules lead to a trusted root",
            "サービスのモジュールの署名が信頼されたルートに到達する",
        )
    },
    "package_level": {
        "sufficient": (
            "the fix's package is at the notice's level",
            "用意した緊急修正のレベルが十分",
        )
    },
    "package_on_hand": {
        "match": (
            "the package is at hand, its SHA-256 is the pinned one",
            "パッケージが手元にあり、SHA-256 が一致する",
        )
    },
    "patch_installed": {
        "installed": ("the hotfix is installed", "Hotfix が適用済み"),
        "superseded": ("a later hotfix supersedes it", "後続の Hotfix に置換済み"),
        "not_installed": ("the hotfix is not installed", "Hotfix が未適用"),
    },
    "pending_restart": {
        "no": ("no restart is pending", "再起動の保留なし"),
        "yes": ("a restart is pending", "再起動が保留中"),
    },
    "restart_is_safe": {
        "yes": ("{of} may start with what is on its disk", "{of}: 再起動しても安全な状態")
    },
    "restart_pending": {
        "no": ("{of}: no restart is pending", "{of}: 再起動の保留なし"),
        "yes": ("{of}: a restart is pending", "{of}: 再起動が保留中"),
    },
    "root_present": {
        "present": (
            "the root certificate is in Trusted Root Certification Authorities (local computer)",
            "ルート証明書がローカルコンピュータの「信頼されたルート証明機関」にある",
        ),
        "absent": ("the root certificate is missing", "ルート証明書がない"),
    },
    "root_update_policy": {
        "allowed": (
            "policy allows the automatic update of root certificates",
            "ルート証明書の自動更新が許可されている",
        )
    },
    "service_state": {"Running": ("{of} is running", "{of} が実行中")},
    "turn": {"reached": ("every earlier server has ended", "先行サーバーはすべて終了")},
    "uninstallable": {
        "yes": ("{update} can be removed from {of}", "{of}: {update} は削除可能"),
        "not_needed": ("it is not there", "適用なし"),
    },
    "update_gone": {
        "proven": ("{update} is off {of}", "{of}: {update} は削除済み"),
        "not_proven": (
            "{update} is not proven to be off {of}",
            "{of}: {update} の削除が未確認",
        ),
    },
    "update_job": {"none": ("no installer of ours on {of}", "{of}: 実行中のインストーラーなし")},
    "update_state": {
        "installed": ("{update} is on {of}", "{of}: {update} 適用済み"),
        "absent": ("{update} is not on {of}", "{of}: {update} なし"),
        "absent_after_restart": (
            "{update} is removed from {of}, after its restart",
            "{of}: {update} は再起動後に削除完了",
        ),
    },
}
_ABOUT: Final = ("node", "nodes", "coserver", "name", "file")
# A setting that the plan has already weighed says nothing to somebody at a machine.
_SILENT: Final = frozenset({"setting", "given"})


def phrases(refs: Sequence[Ref]) -> list[Text]:
    """Return what references ask for, one phrase each, none twice."""
    every = [phrase(ref) for ref in refs if ref["check"] not in _SILENT]
    return [each for i, each in enumerate(every) if each not in every[:i]]


def phrase(ref: Ref) -> Text:
    """Return what one reference asks for; its allowed values are alternatives."""
    given = ref.get("with", {})
    if ref["check"] == "sessions" and ref.get("at_most") == 0:
        return text("nobody is logged on", "ログオン中の利用者なし")
    if ref["check"] == "capacity_percent" and "at_least" in ref:
        percent = ref["at_least"]
        return text(f"at least {percent} % of the silo serve", f"サイロの {percent} % 以上が稼働")
    name = ref["check"] + (f" {given['what']}" if "what" in given else "")
    values = [ref["is"]] if "is" in ref else ref.get("is_one_of", [])
    known = _PHRASES.get(name, {})
    if not values or not all(value in known for value in values):
        plain = describe(ref)
        return text(plain, plain)
    about = {"of": _about(given), "update": _id(given.get("update"))}
    said = [text(*(words.format(**about) for words in known[value])) for value in values]
    return joined(_once(said, about["of"]), ", or ", " / ")


def _once(said: Sequence[Text], of: str) -> list[Text]:
    """Return alternatives with what they are about in the first one only."""
    rest = [
        {language: words.removeprefix(of).lstrip(": ") for language, words in each.items()}
        for each in said[1:]
    ]
    return [*said[:1], *rest]


def _about(given: Mapping[str, Any]) -> str:
    """Return what a reference is about, by the names that people use."""
    found = next((given[key] for key in _ABOUT if given.get(key)), "")
    names = found if isinstance(found, list) else [found]
    return ", ".join(NODES.get(str(name), str(name)) for name in names)


def _id(update: Any) -> str:
    return str(update.get("id") or "") if isinstance(update, Mapping) else str(update or "")
