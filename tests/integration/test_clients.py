# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The clients that people have, unmodified, on a lab host; and a large file through our own one."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import winrm
from ansible.release import __version__
from pypsrp.shell import Process, WinRS
from pypsrp.wsman import WSMan
from twins import Twins, estate, running

pytestmark = pytest.mark.slow

USER, PASSWORD = "Administrator", "Lab-Passw0rd!"
ENGLISH, JAPANESE, ROOMY = "XA01", "XA02", "XA03"
SPECIAL: dict[str, dict[str, Any]] = {
    JAPANESE: {"language": "ja"},
    # Otherwise an ordinary module does not even get through: WinRM 2.0 takes 150 kB at a time.
    ROOMY: {"winrm": {"quotas": {"max_envelope_kb": 500}}},
}
MEGABYTES = 20
NEWEST, OLDEST = "this ansible-core", "ansible-core 2.16"


@pytest.fixture(scope="module")
def lab(
    tmp_path_factory: pytest.TempPathFactory, ansible_environment: dict[str, str]
) -> Iterator[Twins]:
    data = estate([ENGLISH, JAPANESE, ROOMY], **SPECIAL)
    with running(tmp_path_factory.mktemp("clients"), ansible_environment, data) as lab:
        yield lab


@pytest.fixture(scope="module", params=[NEWEST, OLDEST])
def programs(request: pytest.FixtureRequest, repository: Path) -> Path:
    """Where the commands of this, or of the oldest supported, ansible-core are."""
    if request.param == NEWEST:
        return Path(sys.executable).parent
    if __version__.startswith("2.16."):
        pytest.skip("this ansible-core is the oldest supported one itself")
    made = subprocess.run(
        [repository / "tools" / "old-ansible.sh"], capture_output=True, text=True, check=False
    )
    if made.returncode:
        pytest.skip(f"no ansible-core 2.16 beside this one: {made.stderr.strip()}")
    return Path(made.stdout.strip())


def address(lab: Twins, host: str) -> str:
    addresses = json.loads((lab.state / "lab.json").read_text(encoding="utf-8"))["addresses"]
    return str(addresses[host])


def ansible(lab: Twins, programs: Path, host: str, *words: str) -> subprocess.CompletedProcess[str]:
    """An ad-hoc command."""
    inventory = str(lab.state / "inventory.yml")
    return lab.run([str(programs / "ansible"), host, "-i", inventory, *words])


def test_pywinrm(lab: Twins) -> None:
    session = winrm.Session(address(lab, ENGLISH), (USER, PASSWORD), transport="ntlm")
    assert session.run_cmd("hostname").std_out == b"XA01\r\n"
    assert session.run_ps("exit 3").status_code == 3


def test_pypsrp(lab: Twins) -> None:
    where = {"ssl": False, "auth": "negotiate", "username": USER, "password": PASSWORD}
    with WSMan(address(lab, ENGLISH), **where) as wsman, WinRS(wsman) as shell:
        process = Process(shell, "hostname")
        process.invoke()
        assert (process.rc, process.stdout) == (0, b"XA01\r\n")


@pytest.mark.parametrize("host", [ENGLISH, JAPANESE])
def test_raw(lab: Twins, programs: Path, host: str) -> None:
    run = ansible(lab, programs, host, "-m", "ansible.builtin.raw", "-a", "hostname")
    assert run.returncode == 0, run.stdout
    assert f"{host} | CHANGED | rc=0 >>\n{host}" in run.stdout


def test_raw_shows_what_the_host_does_not_know(lab: Twins, programs: Path) -> None:
    run = ansible(lab, programs, ENGLISH, "-m", "ansible.builtin.raw", "-a", "Get-Frobnication")
    assert run.returncode == 2, run.stdout
    assert "'Get-Frobnication' is not recognized" in run.stdout


def test_an_ordinary_module_is_refused_by_this_powershell(
    lab: Twins, programs: Path, tmp_path: Path
) -> None:
    """Why this collection brings scripts of its own."""
    module = "#!powershell\n#AnsibleRequires -CSharpUtil Ansible.Basic\n"
    (tmp_path / "hello.ps1").write_text(module, encoding="utf-8")
    run = ansible(lab, programs, ROOMY, "-M", str(tmp_path), "-m", "hello")
    assert run.returncode == 2
    assert "Ansible requires PowerShell v" in run.stdout, run.stdout


@pytest.mark.parametrize("host", [ENGLISH, JAPANESE])
def test_our_own_module(lab: Twins, programs: Path, host: str) -> None:
    run = ansible(lab, programs, host, "-m", "legacyops.hotfix.node_info")
    assert run.returncode == 0, run.stdout
    assert '"powershell": "2.0"' in run.stdout


def test_a_large_file_arrives_intact(lab: Twins, programs: Path, tmp_path: Path) -> None:
    source = tmp_path / "large.msp"
    version = str(programs).encode()
    source.write_bytes((hashlib.sha256(version).digest() * 32768 * MEGABYTES)[: MEGABYTES * 2**20])
    digest = hashlib.sha256(source.read_bytes()).hexdigest().upper()
    path = rf"C:\Hotfix\{digest[:8]}.msp"
    words = json.dumps({"path": path, "source": str(source), "sha256": digest})
    run = ansible(lab, programs, ENGLISH, "-m", "legacyops.hotfix.staged_package", "-a", words)
    assert run.returncode == 0, run.stdout
    files = lab.snapshot()["hosts"][ENGLISH]["files"]
    there = {file["path"]: (file["size"], file["sha256"]) for file in files}
    assert there[path] == (MEGABYTES * 2**20, digest)
