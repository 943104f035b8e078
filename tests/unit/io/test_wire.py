# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parameters as XML, stdin as base64 lines, and every form that an output may arrive in."""

from __future__ import annotations

import base64
import io
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.wire import (
    PIECE_BYTES,
    RemoteError,
    decode,
    file_pieces,
    parameters_xml,
    payload,
)
from hypothesis import given
from hypothesis import strategies as st
from io_doubles import BEGIN, answer, bad, good

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
)


def read_back(element: ET.Element) -> Any:
    """What common.ps1 makes of the XML, written independently."""
    match element.tag:
        case "z":
            return None
        case "b":
            return element.text == "true"
        case "i":
            return int(element.text or "")
        case "s":
            return element.text or ""
        case "l":
            return [read_back(child) for child in element]
        case "o":
            return {child.attrib["n"]: read_back(child) for child in element}
    raise AssertionError(element.tag)


@pytest.mark.slow
@given(st.dictionaries(TEXT, VALUES))
def test_parameters_survive_xml(parameters: dict[str, Any]) -> None:
    assert read_back(ET.fromstring(parameters_xml(parameters))) == parameters


def test_line_ends_and_markup_survive_xml() -> None:
    parameters = {"text": "a\r\nb\rc\n<o>&]]>'\"", "ja": "証明書"}
    assert read_back(ET.fromstring(parameters_xml(parameters))) == parameters


def test_lists_have_no_names_and_the_root_is_an_object() -> None:
    xml = parameters_xml({"want": ["system"], "n": 5, "yes": True, "none": None})
    assert xml == (
        '<o><l n="want"><s>system</s></l><i n="n">5</i><b n="yes">true</b><z n="none" /></o>'
    )


@pytest.mark.parametrize("value", ["\x00", "\x1b[31m", "\ud800"])
def test_control_characters_are_refused(value: str) -> None:
    with pytest.raises(ValueError, match="control character"):
        parameters_xml({"x": value})


@pytest.mark.parametrize("value", [1.5, b"raw", object()])
def test_other_types_are_refused(value: object) -> None:
    with pytest.raises(TypeError):
        parameters_xml({"x": value})


def test_stdin_is_lines_of_base64() -> None:
    pieces = list(file_pieces(io.BytesIO(b"\x00\xff" * PIECE_BYTES)))
    lines = payload("'é'", {"a": 1}, pieces).split(b"\r\n")
    assert lines.pop() == b""
    decoded = [base64.b64decode(line, validate=True) for line in lines]
    assert decoded[0] == "'é'".encode()
    assert decoded[1] == b'<o><i n="a">1</i></o>'
    assert b"".join(decoded[2:]) == b"\x00\xff" * PIECE_BYTES
    assert max(map(len, decoded[2:])) == PIECE_BYTES


def test_a_piece_that_is_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="longer"):
        payload("", {}, [b"x" * (PIECE_BYTES + 1)])


def test_a_good_answer() -> None:
    assert decode(good("observe", name="日本"), "", 0, "observe") == {"name": "日本"}


def test_noise_around_the_answer_does_no_harm() -> None:
    out = "ようこそ\r\n" + good("observe", a=1) + "bye"
    assert decode(out, "a warning", 0, "observe") == {"a": 1}


WHOLE = good("observe", names=["x" * 50] * 20)


@pytest.mark.parametrize("cut", range(len(BEGIN), len(WHOLE) - 8, 37))
def test_a_cut_answer_is_never_taken_for_a_whole_one(cut: int) -> None:
    with pytest.raises(RemoteError) as caught:
        decode(WHOLE[:cut], "", 0, "observe")
    assert caught.value.reason == "output_truncated"


@pytest.mark.parametrize(
    "out",
    [
        answer({"ok": True, "script": "observe", "data": {}}, size=7),
        answer(["a list"]),
        f"{BEGIN}\r\n!!!!\r\n-----END LEGACYOPS RESULT 3-----",
        f"{BEGIN}\r\nYWJj\r\n-----END LEGACYOPS RESULT 3-----",
    ],
)
def test_what_is_not_whole_is_truncated(out: str) -> None:
    with pytest.raises(RemoteError) as caught:
        decode(out, "", 0, "observe")
    assert caught.value.reason == "output_truncated"


JA_UNKNOWN = (
    "'PowerShell' は、内部コマンドまたは外部コマンド、\r\n"
    "操作可能なプログラムまたはバッチ ファイルとして認識されていません。\r\n"
)


@pytest.mark.parametrize(
    ("out", "err", "rc", "reason"),
    [
        ("LEGACYOPS-POWERSHELL-TOO-OLD\r\n", "", 91, "powershell_too_old"),
        ("", "", 91, "powershell_too_old"),
        ("", "'PowerShell' is not recognized as an internal command", 1, "no_powershell"),
        ("", JA_UNKNOWN, 1, "no_powershell"),
        ("", JA_UNKNOWN.encode("cp932").decode("utf-8", "replace"), 1, "no_powershell"),
        ("", "", 1, "output_foreign"),
        ("<html>proxy</html>", "", 0, "output_foreign"),
        ("", "At line:1 char:3: PowerShell made a mistake", 1, "output_foreign"),
        ("LEGACYOPS-BOOT-FAILED Ym9vbQ==\r\n", "", 92, "script_error"),
        ("LEGACYOPS-BOOT-FAILED\r\n", "", 92, "script_error"),
        (good("service"), "", 0, "output_foreign"),
        # Ended by WinRM's quota of memory, as ansible#72557, #45134 and #39327 show it, and as a
        # runtime before .NET 4.0 ends; WinRM sends unsigned numbers, others count below zero.
        ("", "", 3762504530, "memory_quota"),
        ("", "", 3221225794, "memory_quota"),
        ("", "", -1073741502, "memory_quota"),
        ("", "", 3762507597, "memory_quota"),
        ("Process is terminated due to\r\nSystem.OutOfMemoryException.", "", 1, "memory_quota"),
        ("", "The paging file is too small for this operation to complete.\r\n", 1, "memory_quota"),
        ("", "ページング ファイルが小さすぎます。(HRESULT: 0x800705AF)", 1, "memory_quota"),
        (
            "LEGACYOPS-BOOT-FAILED "
            + base64.b64encode(
                b"Exception of type 'System.OutOfMemoryException' was thrown."
            ).decode(),
            "",
            92,
            "memory_quota",
        ),
    ],
)
def test_what_is_no_answer_is_named(out: str, err: str, rc: int, reason: str) -> None:
    with pytest.raises(RemoteError) as caught:
        decode(out, err, rc, "observe")
    assert caught.value.reason == reason


def test_foreign_output_cannot_act_on_a_terminal() -> None:
    with pytest.raises(RemoteError) as caught:
        decode("\x1b]0;owned\x07" + "x" * 9000, "\x1b[2J", 0, "observe")
    shown = str(caught.value) + str(caught.value.detail)
    assert "\x1b" not in shown
    assert len(shown) < 2000


@pytest.mark.parametrize("kind", ["script_error", "refused", "hash_mismatch", "not_found"])
def test_a_script_says_why_it_failed(kind: str) -> None:
    with pytest.raises(RemoteError) as caught:
        decode(bad("job", kind, "it did\nnot work", code=0x80070005), "", 0, "job")
    assert caught.value.reason == kind
    assert "it did not work" in caught.value.message
    assert caught.value.detail == {
        "script": "job",
        "line": 12,
        "type": "System.Exception",
        "code": 0x80070005,
    }


@pytest.mark.parametrize("code", [0x80070070, 0x80070027])
def test_a_full_disk_has_its_own_reason(code: int) -> None:
    """By its number: the host's text is in its own language."""
    with pytest.raises(RemoteError) as caught:
        decode(bad("receive_file", "script_error", "x", code=code), "", 0, "receive_file")
    assert caught.value.reason == "disk_full"
    assert "room" in caught.value.remedy


@pytest.mark.parametrize(
    "more", [{"type": "System.OutOfMemoryException"}, {"code": 0x8007000E}, {"code": 0x800705AF}]
)
def test_a_script_that_ran_out_of_memory_names_the_quota(more: dict[str, Any]) -> None:
    with pytest.raises(RemoteError) as caught:
        decode(bad("observe", "script_error", "メモリが不足しています", **more), "", 0, "observe")
    assert caught.value.reason == "memory_quota"
    assert "MaxMemoryPerShellMB" in caught.value.message
    assert "KB2842230" in caught.value.remedy


def test_a_script_error_names_its_line() -> None:
    with pytest.raises(RemoteError, match=r"observe\.ps1, line 12"):
        decode(bad("observe", "script_error", "x"), "", 0, "observe")
