# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run has journalled of a refusal or a failure, said in the reader's language.

The journal has a message in English, and what it came from: the reason, a word of ours, and the
conditions with what was read. English is said by the message, Japanese by what it came from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from .._core.conditions import condition, found_by
from .._core.entry import Entry
from .texts import text

Record = dict[str, Any]

_REASONS: Final = {
    "interlock": "インターロックの条件を満たさない",
    "expectation": "実施後に確認する状態にならない",
    "plan_differs": "承認時と状態が異なる",
    "waiting_operator": "担当者の実施・確認待ち",
    "reported": "担当者の報告内容が期待と異なる",
    "not_done": "担当者が未実施と報告",
    "deadline": "制限時間を超過",
    "interrupted": "実行が中断された",
    "worker_lost": "処理プロセスが強制終了された",
    "stopped": "変更が停止されている",
    "window": "作業時間帯の外",
    "unreachable": "ホストに接続できない",
    "node_unreachable": "ノードに接続できない",
    "timeout": "応答がない",
    "locked": "別の実行が処理中",
    "owned": "別の実行が占有中",
    "order": "先に実施すべきホストが未完了",
    "installer_busy": "別のインストーラーが実行中",
    "installer_failed": "インストーラーが失敗",
    "exit_code": "インストーラーが異常終了",
    "job_gone": "開始した処理の記録がない",
    "not_started": "処理を開始できない",
    "hash_mismatch": "ファイルのハッシュ値が指定と一致しない",
    "not_found": "ファイルまたは対象がない",
    "source_unreadable": "配布元のファイルを読み取れない",
    "not_verified": "署名を検証できない",
    "sessions_remain": "ユーザーのセッションが残っている",
    "unhealthy": "監視で異常を検出",
    "disk_full": "ディスクの空き容量不足",
    "hook": "サイトのフックが失敗",
    "not_possible": "この方法では実施できない",
    "peer_state": "もう一方の CoServer の状態が条件を満たさない",
    "wiring_wrong": "電源ドライバーが別の機械に接続されている",
    "wiring_unproven": "電源ドライバーの接続先が未確認",
    "authentication_refused": "認証が拒否された",
    "account_refused": "アカウントが拒否された",
    "not_administrator": "管理者権限がない",
    "winrm_quota": "WinRM の上限に達した",
    "output_truncated": "応答が途中で切れた",
    "output_foreign": "応答を解釈できない",
    "answer_malformed": "応答の形式が不正",
}
_HOW: Final = {False: "条件を満たさない", None: "不明"}


def said(entry: Entry) -> dict[str, str] | None:
    """Return what an entry says of why it did not go well; None: nothing."""
    told = [*(entry.interlocks or ()), *(entry.unmet or ())]
    missing = [_unmet(each) for each in told if each["holds"] is not True]
    return said_by(entry.reason, entry.message, missing)


def said_by(reason: Any, message: Any, more: Iterable[str] = ()) -> dict[str, str] | None:
    """Return a message in both languages, by the reason that came with it; None: there is none."""
    if not (reason or message):
        return None
    parts = [_REASONS.get(str(reason), f"理由コード {reason}")] if reason else []
    ja = "\n".join([*parts, *more]) or str(message)
    return text(str(message or reason), ja)


def _unmet(told: Mapping[str, Any]) -> str:
    words = f"{_HOW[told['holds']]}: {condition(told['ref'])['ja']}{found_by(told['ref'])}"
    seen = read(told)
    return words if seen is None else f"{words} (確認結果: {seen['ja']})"


def read(told: Mapping[str, Any]) -> dict[str, str] | None:
    """Return what a condition's check has read, in words; None: that is not on record."""
    value, ref = told.get("value"), told["ref"]
    if value is None:
        return None
    words = condition({"check": ref["check"], "with": ref.get("with", {}), "is": value})
    return {key: words[key] for key in ("en", "ja")}


def why(entries: Iterable[Entry]) -> dict[str, str] | None:
    """Return why nothing was done in a step, by its last entry; None: it was done."""
    last = next((entry for entry in reversed(list(entries)) if entry.why), None)
    if last is None:
        return None
    ja = "実施条件に該当しない" if last.status == "skipped" else "目的の状態を確認済み"
    return text(str(last.why), ja)
