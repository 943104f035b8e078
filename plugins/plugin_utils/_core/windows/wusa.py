# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What exit codes of wusa.exe mean, in words: the installer of packages of Windows updates."""

from __future__ import annotations

from typing import Final

from .explanations import ExitCode, explain_exit_code, row

# 0x24xxxx are WU_S_ codes, 0x8024xxxx WU_E_ codes, 0x800fxxxx those of component based servicing.
_CODES: Final[dict[int, ExitCode]] = dict(
    [
        # Windows Server 2008 without KB949545 ends with S_FALSE in both cases (KB949545).
        row(
            1,
            "S_FALSE",
            "unclear",
            "The update is in already, or does not apply to this Windows (another edition, "
            "architecture or service pack); wusa says the same for both.",
            "すでに適用済みか、この Windows (エディション、アーキテクチャ、Service Pack) には"
            "適用できません。wusa はどちらの場合も同じコードを返します。",
        ),
        row(
            5,
            "ERROR_ACCESS_DENIED",
            "failed",
            "Access was denied. In a remote session wusa always is; as a task of SYSTEM, which it "
            "was, something else denies it.",
            "アクセスが拒否されました。リモート セッションでは常に拒否されますが、SYSTEM の"
            "タスクとして実行したため、別の原因があります。",
        ),
        row(
            0x240005,
            "WU_S_REBOOT_REQUIRED",
            "restart",
            "Installed; a restart is needed.",
            "インストールに成功しました。再起動が必要です。",
        ),
        row(
            0x240006,
            "WU_S_ALREADY_INSTALLED",
            "unclear",
            "The update is in already.",
            "すでに適用済みです。",
        ),
        row(
            0x240007,
            "WU_S_ALREADY_UNINSTALLED",
            "failed",
            "The update was removed already; nothing was installed.",
            "すでにアンインストール済みで、適用されていません。",
        ),
        row(
            0x80070005,
            "E_ACCESSDENIED",
            "failed",
            "Access was denied. In a remote session wusa always is; as a task of SYSTEM, which it "
            "was, something else denies it.",
            "アクセスが拒否されました。リモート セッションでは常に拒否されますが、SYSTEM の"
            "タスクとして実行したため、別の原因があります。",
        ),
        row(
            0x80092004,
            "CRYPT_E_NOT_FOUND",
            "failed",
            "Windows cannot verify the package's signature: support for SHA-2 is missing, or waits "
            "for a restart.",
            "パッケージの署名を検証できません。SHA-2 対応が未適用か、再起動待ちです。",
        ),
        row(
            0x80096010,
            "TRUST_E_BAD_DIGEST",
            "failed",
            "The package's signature did not verify: support for SHA-2 is missing, or waits for a "
            "restart.",
            "パッケージの署名を検証できません。SHA-2 対応が未適用か、再起動待ちです。",
        ),
        row(
            0x80240017,
            "WU_E_NOT_APPLICABLE",
            "unclear",
            "The update does not apply to this Windows (edition, architecture, service pack), or "
            "is in already.",
            "この Windows (エディション、アーキテクチャ、Service Pack) に適用できないか、"
            "適用済みです。",
        ),
        row(
            0x800F0823,
            "CBS_E_NEW_SERVICING_STACK_REQUIRED",
            "failed",
            "The package needs a later servicing stack: install that first.",
            "より新しいサービス スタックが必要です。先に適用してください。",
        ),
        row(
            0x800F0922,
            "CBS_E_INSTALLERS_FAILED",
            "failed",
            "An installer within the package failed; CBS.log tells which.",
            "パッケージ内のインストーラーが失敗しました。CBS.log を確認してください。",
        ),
    ]
)


def explain_wusa(code: int) -> ExitCode:
    """Return what an exit code of wusa means. It shares the common ones with Windows Installer."""
    return _CODES.get(code) or explain_exit_code(code)
