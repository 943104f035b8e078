# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The notice's events are recognised: most specific group, both languages, hostile texts."""

from __future__ import annotations

import time

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import checks, events
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.context import NO_CHANGE

KERNEL = "The Endurance Kernel Driver detected a failure."
DISK = (
    "ディスクのファイル システム構造は壊れていて使えません。"
    "chkdsk ユーティリティをボリューム C: で実行してください。"
)
LINK = (
    "CoServer.MtcComx status: A message-send timeout occurred which has caused loss of "
    "CoServer Link redundancy."
)
POPUP = (
    "アプリケーション ポップアップ: explorer.exe - 壊れたファイル : ファイルまたはディレクトリ "
    "C:¥Documents and Settings が壊れており、読み取ることができません。"
    "CHKDSK ユーティリティを実行してください。"
)
POPUP_EN = (
    "Application popup: explorer.exe - Corrupt File : The file or directory "
    "C:\\Documents and Settings is corrupt and unreadable. Please run the Chkdsk utility."
)
ASSEMBLY = (
    "Resolve Partial Assembly が Microsoft.Windows.Common-Controls に失敗しました。"
    "参照エラー メッセージ : ファイルまたはディレクトリが壊れているため、読み取ることができません。"
)
DCOM = (
    "DCOM サーバーを起動できません: {73E709EA-5D93-4B2E-BBB0-99B7938DA9E4}。エラー: “この"
    "アプリケーションの構成が正しくないため、アプリケーションを開始できませんでした。”は、次の"
    "コマンドの起動中に発生しました ::\n¥WINDOWS¥system32¥wbem¥wmiprvse.exe -Embedding"
)
SYNC = (
    "CoServer1.MtcScp status: Virtual FTserver synchronization cannot be performed at this "
    "time. Windows is not fully loaded.\r\nThe operation will be retried at a later time."
)
FAILED = (
    "CoServer2.MtcScp status: The Windows operating system on the active Virtual Server(s) has "
    "been shut down due to a system failure."
)


def group(kit, advisory, *texts: str) -> object:
    data = kit.ft_data()
    entries = [{"utc": kit.NOW, "text": text} for text in texts]
    data["nodes"]["coserver1"]["events"] = {"entries": entries}
    arguments = {"groups": advisory.data["event_groups"]}
    ref = {"check": "event_groups", "with": arguments}
    return checks.read(ref, kit.ft_observation(data), NO_CHANGE).value  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([], "none"),
        (["The Endurance service was started."], "none"),
        ([KERNEL], "list_1"),
        (["CoServer1.MtcScp status: Failed to load MtcCeb.exe into Virtual Server2."], "list_1"),
        (["CoServern.MtcScp status: Failed to load MtcCeb.exe into Virtual Serverx."], "list_1"),
        (["CoServer2.MtcScp status: Virtual Server1 failed to initialize."], "list_1"),
        (["coserver2.mtcscp STATUS:  Virtual  Server1\nis failed."], "list_1"),
        (["CoServer2.MtcScp status: Virtual Server1 could not be reset."], "list_1"),
        (
            [DISK],
            "list_1",
        ),
        (
            [DISK.replace("ファイル システム", "ファイルシステム").replace("。c", "。\nC")],
            "list_1",
        ),
        ([LINK], "list_2"),
        ([KERNEL, POPUP], "list_2"),
        ([POPUP.replace("¥", "\\")], "list_2"),
        ([POPUP_EN, KERNEL], "list_2"),
        (
            ["The bugcheck was: 0x0000000a (0x05a00034, 0x00000002, 0x00000001, 0xe0b24ff3)."],
            "list_2",
        ),
        (["0x0000000A (0x11111111, 0x00000002, 0x00000000, 0xdeadbeef)"], "list_2"),
        (["0x0000007b (0x05a00034, 0x00000002, 0x00000001, 0xe0b24ff3)"], "none"),
        ([KERNEL, ASSEMBLY], "list_3"),
        ([DCOM], "list_3"),
        ([DCOM.replace("¥", "\\")], "list_3"),
        ([ASSEMBLY, DCOM, LINK, KERNEL], "list_3"),  # more of ③ than of ②
        ([SYNC], "cannot_synchronise"),
        ([FAILED], "system_failure"),
    ],
)
def test_group(kit, kb890859, texts, expected):
    assert group(kit, kb890859, *texts) == expected


@pytest.mark.parametrize(
    "text",
    [
        "CoServer1.MtcScp status: Virtual Server1 is not failed.",
        "CoServer12345.MtcScp status: Virtual Server1 is failed.",
        "CoServer.*.MtcScp status: Virtual Server1 is failed.",
        "Resolve Partial Assembly が" + "x" * 2000 + ASSEMBLY.partition("Controls ")[2],
    ],
)
def test_what_only_resembles_is_no_event_of_the_notice(kit, kb890859, text):
    assert group(kit, kb890859, text) == "none"


@pytest.mark.parametrize(
    "text",
    [
        "- 壊れたファイル :" * 50_000,
        "Resolve Partial Assembly が" * 20_000,
        "(" * 100_000,
        "{{ lookup('pipe', 'touch /tmp/x') }}",
        "\x00\x1b[2J\ud800",
        "",
    ],
)
def test_hostile_texts_cost_no_time(kit, kb890859, text):
    begin = time.process_time()
    assert group(kit, kb890859, text) == "none"
    assert time.process_time() - begin < 2


def test_every_text_of_the_advisory_matches_itself(kb890859):
    for each in kb890859.data["event_groups"]:
        for template in each["texts"]:
            filled = template
            for place in ("n", "x"):
                filled = filled.replace(f"{{{place}}}", "1")
            filled = filled.replace("{name}", "svchost.exe").replace("{hex}", "0x0000000a")
            assert events.matches(template, filled), template
