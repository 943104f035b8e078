# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What exit codes of Windows Installer, or of its task, and lines of its log mean, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from ..advisory import Advisory
from ..model import Text
from ..observation import quote

Outcome = Literal["success", "restart", "busy", "failed", "unclear"]


@dataclass(frozen=True)
class ExitCode:
    """An exit code of an installer.

    outcome: restart: installed, and a restart is asked for. unclear: only the state tells.
    """

    code: int
    name: str
    outcome: Outcome
    text: Text


def row(code: int, name: str, outcome: Outcome, en: str, ja: str) -> tuple[int, ExitCode]:
    """Return an exit code with what it means."""
    return code, ExitCode(code, name, outcome, {"en": en, "ja": ja})


# Windows Installer's documented error codes (MsiExec.exe and InstMsi.exe error messages).
_CODES: Final[dict[int, ExitCode]] = dict(
    [
        row(0, "ERROR_SUCCESS", "success", "Installed.", "インストールに成功しました。"),
        row(
            3010,
            "ERROR_SUCCESS_REBOOT_REQUIRED",
            "restart",
            "Installed; a restart is needed.",
            "インストールに成功しました。再起動が必要です。",
        ),
        row(
            1641,
            "ERROR_SUCCESS_REBOOT_INITIATED",
            "restart",
            "Installed; the installer has begun a restart.",
            "インストールに成功し、インストーラーが再起動を開始しました。",
        ),
        row(
            1601,
            "ERROR_INSTALL_SERVICE_FAILURE",
            "failed",
            "The Windows Installer service could not be reached; see that it can start.",
            "Windows インストーラー サービスにアクセスできません。サービスを確認してください。",
        ),
        row(
            1602,
            "ERROR_INSTALL_USEREXIT",
            "failed",
            "The installation was cancelled.",
            "インストールが取り消されました。",
        ),
        row(
            1603,
            "ERROR_INSTALL_FAILURE",
            "failed",
            "The installation failed and was rolled back, or should have been; the log tells why.",
            "インストールに失敗しました(ロールバックは実行または試行済み)。原因はログを参照してください。",
        ),
        row(
            1604,
            "ERROR_INSTALL_SUSPEND",
            "failed",
            "The installation was suspended, not completed; restart the server, then try again.",
            "インストールが中断され、完了していません。サーバーを再起動してから再実行してください。",
        ),
        row(
            1605,
            "ERROR_UNKNOWN_PRODUCT",
            "failed",
            "The product that the patch is for is not installed.",
            "修正プログラムの対象製品がインストールされていません。",
        ),
        row(
            1612,
            "ERROR_INSTALL_SOURCE_ABSENT",
            "failed",
            "The product's installation source is not available; make it available.",
            "製品のインストール元が見つかりません。利用できるようにしてください。",
        ),
        row(
            1613,
            "ERROR_INSTALL_PACKAGE_VERSION",
            "failed",
            "This Windows Installer is too old for the package; update Windows Installer first.",
            "この Windows インストーラーはパッケージに対して古すぎます。先に更新してください。",
        ),
        row(
            1618,
            "ERROR_INSTALL_ALREADY_RUNNING",
            "busy",
            "Another installation is running; nothing was changed. Let it end, then try again.",
            "別のインストールが実行中です。変更はありません。終了後に再実行してください。",
        ),
        row(
            1619,
            "ERROR_INSTALL_PACKAGE_OPEN_FAILED",
            "failed",
            "The package could not be opened; see that it exists and may be read.",
            "パッケージを開けません。存在とアクセス権を確認してください。",
        ),
        row(
            1620,
            "ERROR_INSTALL_PACKAGE_INVALID",
            "failed",
            "The file is no valid Windows Installer package.",
            "有効な Windows インストーラー パッケージではありません。",
        ),
        row(
            1622,
            "ERROR_INSTALL_LOG_FAILURE",
            "failed",
            "The log could not be opened; see that its folder exists and may be written.",
            "ログ ファイルを開けません。フォルダーと書き込み権限を確認してください。",
        ),
        row(
            1625,
            "ERROR_INSTALL_PACKAGE_REJECTED",
            "failed",
            "Policy forbids this installation.",
            "システム ポリシーによりインストールが禁止されています。",
        ),
        row(
            1632,
            "ERROR_INSTALL_TEMP_UNWRITABLE",
            "failed",
            "The folder for temporary files is full or cannot be written.",
            "一時フォルダーがいっぱいか、書き込めません。",
        ),
        row(
            1633,
            "ERROR_INSTALL_PLATFORM_UNSUPPORTED",
            "failed",
            "The package is for another platform (x86 or x64).",
            "このプラットフォーム(x86/x64)用のパッケージではありません。",
        ),
        row(
            1635,
            "ERROR_PATCH_PACKAGE_OPEN_FAILED",
            "failed",
            "The patch could not be opened; see that it exists and may be read.",
            "修正プログラムを開けません。存在とアクセス権を確認してください。",
        ),
        row(
            1636,
            "ERROR_PATCH_PACKAGE_INVALID",
            "failed",
            "The file is no valid Windows Installer patch.",
            "有効な Windows インストーラー修正プログラムではありません。",
        ),
        row(
            1637,
            "ERROR_PATCH_PACKAGE_UNSUPPORTED",
            "failed",
            "This Windows Installer is too old for the patch; update Windows Installer first.",
            "この Windows インストーラーは修正プログラムに対して古すぎます。先に更新してください。",
        ),
        row(
            1638,
            "ERROR_PRODUCT_VERSION",
            "failed",
            "Another version of the product is installed already.",
            "この製品の別のバージョンがすでにインストールされています。",
        ),
        row(
            1639,
            "ERROR_INVALID_COMMAND_LINE",
            "failed",
            "Windows Installer does not understand the command line that it was given.",
            "Windows インストーラーがコマンド ラインを解釈できません。",
        ),
        row(
            1642,
            "ERROR_PATCH_TARGET_NOT_FOUND",
            "failed",
            "The patch does not fit what is installed: product missing, or another version.",
            "対象の製品がないか、バージョンが異なるため適用できません。",
        ),
        row(
            1643,
            "ERROR_PATCH_PACKAGE_REJECTED",
            "failed",
            "Policy forbids this patch.",
            "システム ポリシーにより修正プログラムが禁止されています。",
        ),
        row(
            1646,
            "ERROR_PATCH_REMOVAL_UNSUPPORTED",
            "failed",
            "This patch cannot be removed.",
            "この修正プログラムは削除できません。",
        ),
        row(
            1647,
            "ERROR_UNKNOWN_PATCH",
            "failed",
            "The patch is not applied to this product.",
            "この修正プログラムは製品に適用されていません。",
        ),
        row(
            1648,
            "ERROR_PATCH_NO_SEQUENCE",
            "failed",
            "No valid order was found for the patches that were given.",
            "指定された修正プログラムの適用順序を決定できません。",
        ),
        row(
            1649,
            "ERROR_PATCH_REMOVAL_DISALLOWED",
            "failed",
            "Policy forbids the removal of this patch.",
            "システム ポリシーにより修正プログラムの削除が禁止されています。",
        ),
        row(
            1650,
            "ERROR_INVALID_PATCH_XML",
            "failed",
            "The XML data of the patch is invalid.",
            "修正プログラムの XML データが無効です。",
        ),
        row(
            1651,
            "ERROR_PATCH_MANAGED_ADVERTISED_PRODUCT",
            "failed",
            "The patch cannot be applied to a managed product that is only advertised.",
            "アドバタイズのみの管理対象製品には修正プログラムを適用できません。",
        ),
        # Not the installer's: what the Task Scheduler says of its task (SCHED_S_).
        row(
            0x41301,
            "SCHED_S_TASK_RUNNING",
            "failed",
            "The Task Scheduler says that the installer is still running, so its end is unknown.",
            "タスク スケジューラによればインストーラーは実行中で、終了コードは不明です。",
        ),
        row(
            0x41306,
            "SCHED_S_TASK_TERMINATED",
            "failed",
            "The installer was ended before its time, by a shutdown of the server or by somebody; "
            "see in which state it has left the product.",
            "インストーラーは途中で終了しました(サーバーのシャットダウンまたは強制終了)。"
            "製品の状態を確認してください。",
        ),
    ]
)


def explain_exit_code(code: int) -> ExitCode:
    """Return what an exit code of msiexec means; one that is not documented here has failed."""
    known = _CODES.get(code)
    if known is not None:
        return known
    return ExitCode(
        code,
        "?",
        "failed",
        {
            "en": f"The installation failed with code {code}; the log tells more.",
            "ja": f"コード {code} で失敗しました。詳細はログを参照してください。",
        },
    )


@dataclass(frozen=True)
class Explanation:
    """A symptom found in a log. cause_proven: the notice's cause is really there."""

    id: str
    clause: list[str]
    title: Text
    text: Text
    line: str
    cause_proven: bool


def log_patterns(advisories: Iterable[Advisory]) -> list[str]:
    """Return literal texts to look for in a log; a line with one of them is worth bringing back."""
    return sorted(
        {text for a in advisories for symptom in a.data["symptoms"] for text in symptom["all_of"]}
    )


def explain_log(
    advisories: Iterable[Advisory], lines: Iterable[str], chain: object = None
) -> list[Explanation]:
    """Return the advisories' symptoms that log lines show, each once.

    chain: value of the check signature or chain_on_host for the package on this host (None or
    UNKNOWN: not known). The notice's cause is named as the cause only where the chain fails.
    """
    found: dict[str, Explanation] = {}
    symptoms = [symptom for advisory in advisories for symptom in advisory.data["symptoms"]]
    for line in lines:
        for symptom in symptoms:
            if symptom["id"] not in found and _shows(symptom, line):
                proven = isinstance(chain, str) and chain in symptom["cause_if"]
                found[symptom["id"]] = Explanation(
                    id=symptom["id"],
                    clause=list(symptom.get("clause", [])),
                    title=symptom["title"],
                    text=symptom["cause" if proven else "other_causes"],
                    line=quote(line.strip(), 400),
                    cause_proven=proven,
                )
    return list(found.values())


def disk_full(free_bytes: object, package_bytes: object) -> Explanation | None:
    """Return the explanation of a failed installation on a full system drive, or None.

    free_bytes: of the system drive, as read afterwards. package_bytes: the package's size, of
    which Windows Installer keeps a copy there. What is not known is no cause.
    """
    least = package_bytes if isinstance(package_bytes, int) else 1
    if not isinstance(free_bytes, int) or free_bytes >= least:
        return None
    return Explanation(
        id="disk_full",
        clause=[],
        title={"en": "The system drive is full", "ja": "システムドライブの空き容量が不足"},
        text={
            "en": "Less is free than the package's own size: make room before trying again.",
            "ja": "空き容量がパッケージのサイズ未満です。確保してから再実行してください。",
        },
        line=f"{free_bytes:,} bytes free",
        cause_proven=True,
    )


def _shows(symptom: Mapping[str, Any], line: str) -> bool:
    return all(text.casefold() in line.casefold() for text in symptom["all_of"])


NEEDS_RECONFIGURATION: Final[Text] = {
    "en": (
        "The installation failed and the server did not come back to what it was: its rollback "
        "failed too, or is incomplete. An operator must reconfigure the system with the vendor's "
        "documentation and the backup of the data store, with logons left off until then; CHFARM "
        "and dsmaint are never run by this collection."
    ),
    "ja": (
        "インストールに失敗し、サーバーは元の状態に戻っていません(ロールバックの失敗または不完全)。"
        "運用担当者が、ベンダーの資料とデータストアのバックアップに基づきシステムを再構成してください。"
        "それまでログオンは禁止のままにします。本コレクションは CHFARM と dsmaint を実行しません。"
    ),
}


def needs_reconfiguration(exit_code: int, service_state: object, patch: object) -> bool:
    """Return whether a failed installation left the server needing an operator.

    service_state, patch: values of the checks service_state (IMA) and patch_installed, read
    after the installation. After a rollback that succeeded IMA runs and the patch is not there;
    whatever else is seen, unknown included, is not called healthy. An installation that did not
    begin (1618) left nothing behind.
    """
    if explain_exit_code(exit_code).outcome != "failed":
        return False
    return service_state != "Running" or patch != "not_installed"
