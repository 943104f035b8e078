"""Plain commands, known and unknown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from .conftest import BOOT_TEXT, PACKAGE, Terminal, encode, host_spec

Make = Callable[..., Terminal]


def test_known_commands(make: Make) -> None:
    lab = make(XA01=host_spec())

    def run(line: str) -> tuple[bytes, bytes, int]:
        return asyncio.run(lab.command("XA01", line))

    assert run("hostname") == (b"XA01\r\n", b"", 0)
    assert run(encode("hostname")) == (b"XA01\r\n", b"", 0)
    assert run("whoami") == (b"xa01\\admin\r\n", b"", 0)
    assert run(encode("exit 7")) == (b"", b"", 7)
    assert run("cmd /c exit 3") == (b"", b"", 3)
    assert run("echo hello there") == (b"hello there\r\n", b"", 0)
    assert run(encode("echo 'hello there' you")) == (b"hello there\r\nyou\r\n", b"", 0)
    assert b"6.0.6002" in run("ver")[0]
    assert b"STATE              : 4  RUNNING" in run("sc query IMAService")[0]
    assert run("sc query none")[2] == 1060
    assert lab.host().counters["powershell_starts"] == 3


def test_naive_installation_through_powershell(make: Make) -> None:
    lab = make(XA01=host_spec())
    line = encode(f'msiexec /p "{PACKAGE}" /qn /norestart')
    assert asyncio.run(lab.command("XA01", line))[2] == 1603
    assert lab.violations() == ["a hotfix installation failed with error 26005"]


@pytest.mark.parametrize(
    ("language", "page", "words"),
    [("en", "cp437", "is not recognized"), ("ja", "cp932", "認識されていません")],
)
def test_unknown_commands(make: Make, language: str, page: str, words: str) -> None:
    lab = make(XA01={**host_spec(), "language": language})
    out, error, code = asyncio.run(lab.command("XA01", "frobnicate /all"))
    assert (out, code) == (b"", 1)
    assert words in error.decode(page)
    assert "'frobnicate'" in error.decode(page)
    shell = asyncio.run(lab.command("XA01", encode("Get-Frobnication")))
    assert shell[1].startswith(b"#< CLIXML")
    assert "Get-Frobnication" in shell[1].decode(page)
    assert lab.host().unrecognised == ["cmd: frobnicate /all", "PowerShell: Get-Frobnication"]


def test_without_powershell(make: Make) -> None:
    lab = make(XA01={**host_spec(), "powershell": None})
    out, error, code = asyncio.run(lab.command("XA01", encode(BOOT_TEXT)))
    assert (out, code) == (b"", 1)
    assert b"'PowerShell' is not recognized" in error
    assert lab.host().counters["powershell_starts"] == 0


def test_powershell_that_is_too_old(make: Make) -> None:
    lab = make(XA01={**host_spec(), "powershell": "1.0"})
    out, _, code = asyncio.run(lab.command("XA01", encode(BOOT_TEXT)))
    assert (out, code) == (b"LEGACYOPS-POWERSHELL-TOO-OLD\r\n", 91)
