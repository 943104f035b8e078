# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mono reads the scripts' .NET: C# 2.0 by its compiler, types and members by its 2.0 API.

Mono's reference assemblies are not Microsoft's. And that a name is there does not say what it does.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from dotnet import ASSEMBLIES, OPTIONAL_ASSEMBLIES, REFERENCES, Api, Uses
from test_scripts import NAMES, SHARED, constant, read

pytestmark = pytest.mark.needs("mcs", "mono-api-info")

SCRIPTS = ["boot", *SHARED, *NAMES]
SOURCES = [
    (name, variable)
    for name in SCRIPTS
    for variable in re.findall(r"(?i)Add-Type -TypeDefinition \$(\w+)", read(name))
]


def compiled(source: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """As C# 2.0, against nothing but the assemblies of .NET 2.0."""
    (folder / "source.cs").write_text(source, encoding="ascii")
    references = [f"-r:{REFERENCES / each}.dll" for each in ASSEMBLIES]
    return subprocess.run(
        ["mcs", "-langversion:ISO-2", "-nostdlib", "-noconfig", "-target:library", *references,
         "source.cs"],
        cwd=folder, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def test_every_source_is_found() -> None:
    assert sum(read(name).count("-TypeDefinition") for name in SCRIPTS) == len(SOURCES) >= 4


@pytest.mark.parametrize(("name", "variable"), SOURCES, ids=[variable for _, variable in SOURCES])
def test_a_source_is_csharp_2(name: str, variable: str, tmp_path: Path) -> None:
    done = compiled(constant(read(name), variable), tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "newer",
    [
        "class C { void F() { var x = 1; } }",
        "class C { int P { get; set; } }",
        "class C { System.Threading.Tasks.Task t; }",
        "class C { bool F(string s) { return string.IsNullOrWhiteSpace(s); } }",
    ],
)
def test_what_csharp_2_lacks_is_refused(newer: str, tmp_path: Path) -> None:
    assert compiled(newer, tmp_path).returncode != 0


@pytest.fixture(scope="module")
def api() -> Api:
    return Api(*ASSEMBLIES, *OPTIONAL_ASSEMBLIES)


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_type_and_member_is_in_the_api_of_2_0(name: str, api: Api) -> None:
    found = Uses(read(name), api).found
    assert [use for use in sorted(found) if use.wrong] == []


def test_the_uses_are_found(api: Api) -> None:
    """A search that finds nothing would find nothing wrong."""
    found = {use.what for name in SCRIPTS for use in Uses(read(name), api).found}
    assert len(found) > 250
    assert {
        "Microsoft.Win32.RegistryKey.OpenSubKey (1)",
        "System.Diagnostics.ProcessStartInfo.UseShellExecute",
        "System.Security.Cryptography.X509Certificates.X509Chain.Build (1)",
    } <= found


@pytest.mark.parametrize(
    ("script", "wrong"),
    [
        ("[System.IO.File]::ReadLines('a')", "no such member"),
        ("[System.Threading.Tasks.Task]::Run(1)", "no such type"),
        ("$w = New-Object System.Diagnostics.Stopwatch; $w.Restart()", "no such member"),
        ("$s = [System.IO.File]::OpenRead('a'); $s.CopyTo($t)", "no such member"),
        ("[Microsoft.Win32.Registry]::LocalMachine.Handle", "no such member"),
        ("[System.IO.Path]::Combine('a', 'b', 'c')", "not with so many arguments"),
        ("New-Object System.IO.FileInfo 'a', 'b'", "no such constructor"),
        ("function f([string]$Text) { $Text.IsNormal }", "no such member"),
    ],
)
def test_what_2_0_lacks_is_found(script: str, wrong: str, api: Api) -> None:
    assert wrong in {use.wrong for use in Uses(script, api).found}
