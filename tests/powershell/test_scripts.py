# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shipped PowerShell scripts, as far as they can be checked without a Windows host."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest
from ps2lint import functions_of, lint

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "plugins" / "plugin_utils" / "_powershell"
CORPUS = Path(__file__).resolve().parent / "corpus"
COMMON = (SCRIPTS / "common.ps1").read_text("ascii")
FT_COMMON = (SCRIPTS / "ft" / "common.ps1").read_text("ascii")
SHARED = ["common", "ft/common"]
ALL = {path.relative_to(SCRIPTS).with_suffix("").as_posix() for path in SCRIPTS.rglob("*.ps1")}
NAMES = sorted(ALL - {"boot", *SHARED})
EXPECTED = [
    "fetch_file",
    "ft/act",
    "ft/observe",
    "job",
    "logon_mode",
    "observe",
    "owner",
    "receive_file",
    "restart",
    "root_certificate",
    "root_update_policy",
    "service",
]


def read(name: str) -> str:
    return (SCRIPTS / f"{name}.ps1").read_bytes().decode("ascii")


def constant(text: str, name: str) -> str:
    """A constant text of a script: $NAME = 'many lines'."""
    (found,) = re.findall(rf"(?ms)^\${name} = '\n(.*?)\n'$", text)
    return found.replace("''", "'")


def code_of(name: str) -> str:
    """The script without its comment lines, and without the constant texts for other programs."""
    text = re.sub(r"(?m)^\s*#.*$", "", read(name))
    return re.sub(r"(?ms)^\$(NodeBoot|WrapperSource) = '\n.*?\n'$", "", text)


def shared_with(name: str) -> str:
    """What stands before a script in the text that is sent."""
    return COMMON + (FT_COMMON if name.startswith("ft/") else "")


def stripped(text: str) -> str:
    """What ansible-core 2.16 makes of a command's text before it encodes it."""
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


# --- the linter proves itself ------------------------------------------------------------------


def test_the_corpus_is_large_enough() -> None:
    assert len(list((CORPUS / "bad").glob("*.ps1"))) >= 40


@pytest.mark.parametrize("path", sorted((CORPUS / "bad").glob("*.ps1")), ids=lambda p: p.stem)
def test_a_bad_example_is_caught_by_its_rule(path: Path) -> None:
    first, text = path.read_text("ascii").split("\n", 1)
    rule = re.fullmatch(r"# expect: ([\w.-]+)", first)
    assert rule, f"{path.name} does not say which rule is to catch it"
    assert rule.group(1) in {finding.rule for finding in lint(text)}


@pytest.mark.parametrize("path", sorted((CORPUS / "good").glob("*.ps1")), ids=lambda p: p.stem)
def test_a_good_example_passes(path: Path) -> None:
    assert lint(path.read_text("ascii")) == []


# --- what is shipped ---------------------------------------------------------------------------


def test_every_script_is_there() -> None:
    assert NAMES == EXPECTED


@pytest.mark.parametrize("name", [*SHARED, *NAMES])
def test_a_script_has_nothing_that_powershell_2_lacks(name: str) -> None:
    # Each script defines Invoke-Script, and one that has a child process Invoke-NodeWork.
    known = {*functions_of(shared_with(name)), "invoke-script", "invoke-nodework"}
    assert lint(read(name), known=known) == []


def test_boot_has_nothing_that_powershell_2_lacks() -> None:
    # It runs the script that came through stdin: the only text that becomes code.
    findings = lint(read("boot"), known=functions_of(COMMON), allow={"code-from-data"})
    assert findings == []
    assert code_of("boot").count("[scriptblock]::Create") == 1


def test_boot_can_be_parsed_by_powershell_1() -> None:
    assert not re.search(r"(?i)\b(try|catch|finally|data|dynamicparam)\b\s*\{", code_of("boot"))
    assert not re.search(r"(?i)-(split|join)\b|\[CmdletBinding", code_of("boot"))


def test_boot_is_short_and_survives_stripping() -> None:
    boot = read("boot")
    assert len(boot) < 1500
    # Neither indentation nor an empty line nor a continued string or line means anything in it.
    assert not re.search(r"`|@'|@\"", boot)
    for line in boot.splitlines():
        if not line.startswith("#"):
            assert line.count("'") % 2 == 0
    assert stripped(boot).splitlines() == [s for s in boot.splitlines() if s.strip()]
    assert [f.rule for f in lint(stripped(boot), known=functions_of(COMMON))] == [
        f.rule for f in lint(boot, known=functions_of(COMMON))
    ]


def test_boot_keeps_the_command_line_far_under_the_limit_of_cmd() -> None:
    encoded = base64.b64encode(read("boot").encode("utf-16-le")).decode()
    command = (
        "PowerShell -NoProfile -NonInteractive -ExecutionPolicy Unrestricted -EncodedCommand "
        + encoded
    )
    assert len(command) < 8191 * 0.6


@pytest.mark.parametrize("name", ["boot", *SHARED, *NAMES])
def test_a_script_is_ascii_with_unix_line_ends_and_ends_with_one(name: str) -> None:
    text = read(name)
    assert not re.search(r"[\r\t]", text)
    assert re.search(r"[^\n]\n\Z", text)


def test_line_numbers_of_errors_are_counted_from_the_last_line_of_common() -> None:
    # common.ps1 adds the line end of its last line and the newline that joins it to the script.
    for text in (COMMON, FT_COMMON):
        assert text.endswith("$Legacy.CommonLines = 1 + (Get-CallerLine)\n")


def test_a_chain_is_built_for_code_signing_before_it_is_built() -> None:
    chain = code_of("observe")
    purpose = chain.index("-ArgumentList '1.3.6.1.5.5.7.3.3'")
    assert purpose < chain.index("ApplicationPolicy.Add($purpose)") < chain.index("$chain.Build(")


def test_the_properties_of_a_stores_entry_are_read_by_the_numbers_of_wincrypt() -> None:
    (body,) = re.findall(r"(?ms)^function Get-BlobProperties\b.*?^\}$", code_of("observe"))
    assert dict(re.findall(r"(\d+) \{ \$properties\['(\w+)'\]", body)) == {
        "9": "enhkey_usage",
        "104": "disallowed_filetime",
        "122": "disallowed_enhkey_usage",
        "126": "not_before_filetime",
        "127": "not_before_enhkey_usage",
    }


def test_a_refusal_ends_without_a_line_and_leaves_nothing_behind() -> None:
    """The kind travels with the exception: one that was caught says nothing of the next."""
    stop = re.findall(r"(?ms)^function Stop-Run\b.*?^\}$", COMMON)[0]
    assert "$exception.Data['legacyops'] = $Kind" in stop
    assert "$Legacy" not in stop
    save = re.findall(r"(?ms)^function Save-Failure\b.*?^\}$", COMMON)[0]
    marks = ("if ($null -ne $kind)", "else {", "common.ps1, line")
    assert sorted(marks, key=save.index) == list(marks)
    for name in [*SHARED, *NAMES]:
        assert "$Legacy.Kind" not in code_of(name)


def test_every_whole_number_is_sent_as_one() -> None:
    """As JSON by the scripts and as XML by a relay's child: both ask the same function."""
    test = re.findall(r"(?ms)^function Test-WholeNumber\b.*?^\}$", COMMON)[0]
    assert "($code -ge 5) -and ($code -le 12)" in test
    for text, function in ((COMMON, "Add-Json"), (FT_COMMON, "Add-Xml")):
        (body,) = re.findall(rf"(?ms)^function {function}\(.*?^\}}$", text)
        assert "Test-WholeNumber $Value" in body
        assert "[int16]" not in body


@pytest.mark.parametrize("name", NAMES)
def test_a_script_says_who_it_is_and_has_a_header(name: str) -> None:
    text = read(name)
    assert text.startswith(f"# {name}: ")
    header = text.split("\n\n", 1)[0]
    assert all(line.startswith("#") for line in header.splitlines())
    for word in ("Parameters", "Result", "Source"):
        assert word in header
    assert f"$Legacy.Script = '{name}'" in text
    assert "invoke-script" in functions_of(text)


@pytest.mark.parametrize("name", NAMES)
def test_a_function_is_not_defined_twice(name: str) -> None:
    text = read(name)
    names = [n.lower() for n in re.findall(r"(?m)^function ([\w-]+)", shared_with(name) + text)]
    # receive_file replaces the Add-Piece that refuses every piece.
    doubled = {n for n in names if names.count(n) > 1}
    assert doubled == ({"add-piece"} if name == "receive_file" else set())


# --- parameters never become code or command lines ----------------------------------------------


@pytest.mark.parametrize("name", [*SHARED, *NAMES])
def test_no_parameter_becomes_code(name: str) -> None:
    code = code_of(name)
    assert not re.search(
        r"(?i)invoke-expression|\biex\b|scriptblock|ExecutionContext|-Filter\b|-Query\b|\[wmi",
        code,
    )
    # A double-quoted string may hold line ends, never a variable or a command.
    for text in re.findall(r'"[^"\n]*"', re.sub(r"(?s)'[^']*'", "''", code)):
        assert "$" not in text


@pytest.mark.parametrize("name", [*SHARED, *NAMES])
def test_no_wait_is_measured_by_a_clock_that_may_be_set(name: str) -> None:
    assert not re.search(r"UtcNow\.Add|UtcNow -(ge|gt|le|lt)|- \[DateTime\]::UtcNow", code_of(name))


@pytest.mark.parametrize("name", [*SHARED, *NAMES])
def test_no_start_is_told_by_the_time_of_the_last_one(name: str) -> None:
    """It moves with the clock: only a reading for people, beside the System log's records."""
    lines = [line for line in code_of(name).splitlines() if "LastBootUpTime" in line]
    assert all(line.strip().startswith("last_boot = ") for line in lines)


@pytest.mark.parametrize("name", [*SHARED, *NAMES])
def test_programs_are_started_with_constant_arguments_only(name: str) -> None:
    code = code_of(name)
    assert not re.search(r"(?i)Start-Process|\bcmd(\.exe)?\b|powershell\.exe|WScript\.Shell", code)
    for call in re.findall(r"(?m)^(?!function).*\bInvoke-Program\s+(.*)$", code):
        assert re.search(r"'[^'$]*'\s*\}?$", call) or call.endswith("$arguments")
    for line in re.findall(r"(?m)^\s*\$arguments = (.*)$", code):
        assert re.fullmatch(r"'(?:[^'$]|'')*'", line)


@pytest.mark.parametrize("name", [*SHARED, *NAMES])
def test_no_csharp_source_is_made_of_parts(name: str) -> None:
    code = code_of(name)
    for argument in re.findall(r"Add-Type -TypeDefinition (\S+)", code):
        assert re.search(rf"(?m)^\{argument} = '$", code)
    for source in re.findall(r"(?ms)^\$\w+Source = '\n(.*?)\n'$", code):
        assert "'" not in source
        # C# 2.0: no var, lambdas, automatic properties, initialisers, LINQ, interpolation.
        assert not re.search(r"\bvar\b|=>|\{ get; |\busing System\.Linq|\$\"|\bnameof\b", source)
