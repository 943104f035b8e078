"""The command, and real Ansible against what it started."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from legacyops_lab.shown import hosts
from rich.console import Console

ESTATE = """\
estate: {name: small, speed: 200}
hosts:
  xa01:
  xa02: {language: ja, code_page: 932}
  xa03: {winrm: {quotas: {max_envelope_kb: 500}}}
  bare: {powershell: null}
"""
PROBE = """\
#!powershell
#AnsibleRequires -CSharpUtil Ansible.Basic
$module = [Ansible.Basic.AnsibleModule]::Create($args, @{options = @{}})
$module.ExitJson()
"""


class Command:
    """`legacyops-lab` with a state directory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / ("long-" * 20 + "name")
        (folder / "estate.yml").write_text(ESTATE, "utf-8")

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "legacyops_lab", *words]
        if words[0] not in ("check",):
            command += ["--state", str(self.state)]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=60)

    def ok(self, *words: str) -> str:
        done = self.run(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def json(self, *words: str) -> Any:
        return json.loads(self.ok(*words))


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    command = Command(tmp_path_factory.mktemp("lab"))
    command.ok("up", "estate.yml")
    yield command
    command.ok("down")


def ansible(lab: Command, hosts: str, *words: str) -> subprocess.CompletedProcess[str]:
    program = str(Path(sys.executable).with_name("ansible"))
    environment = {
        **os.environ,
        "ANSIBLE_HOME": str(lab.folder / "ansible"),
        "ANSIBLE_NOCOLOR": "1",
    }
    environment.pop("ANSIBLE_CONFIG", None)
    command = [program, hosts, "-i", str(lab.state / "inventory.yml"), *words]
    return subprocess.run(
        command, cwd=lab.folder, env=environment, capture_output=True, text=True, timeout=60
    )


def test_status_ledger_counters_and_snapshot(lab: Command) -> None:
    status = lab.json("status", "--json")
    assert set(status) == {"xa01", "xa02", "xa03", "bare"}
    assert "xa01" in lab.ok("status")
    assert isinstance(lab.json("ledger", "--json"), list)
    assert lab.ok("ledger")
    assert "total" in lab.ok("counters")
    before = lab.ok("snapshot")
    assert ansible(lab, "xa01", "-m", "raw", "-a", "hostname").returncode == 0
    assert lab.ok("snapshot") == before
    assert (lab.state / "state.json").read_text("utf-8") == before


def test_ansible_raw(lab: Command) -> None:
    before = lab.json("counters", "--json")["hosts"]["xa01"]
    done = ansible(lab, "xa01,xa02", "-m", "raw", "-a", "hostname")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "xa01 | CHANGED | rc=0 >>" in done.stdout
    after = lab.json("counters", "--json")["hosts"]["xa01"]
    assert after["powershell_starts"] - before["powershell_starts"] == 1
    assert after["shells"] - before["shells"] == 1


@pytest.mark.slow
def test_ansible_raw_gives_the_exit_code_on(lab: Command) -> None:
    done = ansible(lab, "xa01", "-m", "raw", "-a", "exit 3")
    assert "rc=3" in done.stdout
    done = ansible(lab, "bare", "-m", "raw", "-a", "hostname")
    assert "rc=1" in done.stdout
    assert "is not recognized" in done.stdout + done.stderr


@pytest.mark.slow
def test_a_powershell_module_is_refused_by_an_old_powershell(lab: Command) -> None:
    modules = lab.folder / "modules"
    modules.mkdir(exist_ok=True)
    (modules / "win_probe.ps1").write_text(PROBE, "utf-8")
    done = ansible(lab, "xa03", "-M", str(modules), "-m", "win_probe")
    assert "Ansible requires PowerShell v" in done.stdout, done.stdout + done.stderr
    over_quota = ansible(lab, "xa01", "-M", str(modules), "-m", "win_probe")
    assert "Code 413" in over_quota.stdout + over_quota.stderr


def test_wrong_password(lab: Command) -> None:
    done = ansible(lab, "xa01", "-m", "raw", "-a", "hostname", "-e", "ansible_password=no")
    assert "the specified credentials were rejected by the server" in done.stdout
    assert "UNREACHABLE" in done.stdout


def test_inject(lab: Command) -> None:
    lab.ok("inject", "xa02", "half_output")
    assert lab.json("status", "--json")["xa02"]["faults"] == ["half_output"]
    lab.ok("inject", "xa02", "recover")
    assert lab.json("status", "--json")["xa02"]["faults"] == []
    for words, text in (
        (("xa09", "hang"), "there is no host xa09"),
        (("xa01", "earthquake"), "unknown fault"),
        (("xa01", "half_output", "when=now"), "has no argument when"),
        (("xa01", "half_output", "now"), "is not KEY=VALUE"),
    ):
        done = lab.run("inject", *words)
        assert done.returncode == 1
        assert text in done.stderr


def test_a_host_that_hangs_is_unreachable(lab: Command) -> None:
    lab.ok("inject", "xa02", "hang")
    assert "UNREACHABLE" in ansible(lab, "xa02", "-m", "raw", "-a", "hostname").stdout
    lab.ok("inject", "xa02", "recover")
    assert ansible(lab, "xa02", "-m", "raw", "-a", "hostname").returncode == 0


def test_mistakes_are_told_before_anything_starts(tmp_path: Path) -> None:
    command = Command(tmp_path)
    (tmp_path / "bad.yml").write_text("estate: {name: x}\nhosts: {a: {b: 1}}\n", "utf-8")
    for words in (("check", "bad.yml"), ("up", "bad.yml")):
        done = command.run(*words)
        assert done.returncode == 1
        assert "bad.yml:2: hosts.a: b is not known here" in done.stderr
    assert "no mistake found" in command.ok("check", "estate.yml")
    assert command.run("status").returncode == 1
    assert "No lab runs" in command.ok("down")


@pytest.mark.slow
def test_down_keeps_the_state_and_up_goes_on_with_it(tmp_path: Path) -> None:
    command = Command(tmp_path)
    command.ok("up", "estate.yml")
    assert command.run("up", "estate.yml").returncode == 1
    command.ok("inject", "xa01", "rollback_fails")
    inventory = (command.state / "inventory.yml").read_text("utf-8")
    before = command.ok("snapshot")
    command.ok("down")
    assert (command.state / "state.json").read_text("utf-8") == before
    assert not (command.state / "lab.pid").exists()
    command.ok("up", "estate.yml")
    assert command.ok("snapshot") == before
    assert (command.state / "inventory.yml").read_text("utf-8") == inventory
    command.ok("down")
    command.ok("up", "estate.yml", "--fresh")
    assert command.ok("snapshot") != before
    command.ok("down")


def test_the_number_of_a_killed_lab_may_be_another_process_now(tmp_path: Path) -> None:
    command = Command(tmp_path)
    command.state.mkdir()
    with subprocess.Popen(["sleep", "60"]) as other:
        (command.state / "lab.pid").write_text(str(other.pid), "utf-8")
        assert "No lab runs" in command.ok("down")
        assert other.poll() is None
        other.kill()


def test_a_table_never_cuts_a_hosts_name() -> None:
    names = [f"xa-office-berlin-{number:02d}" for number in range(3)]
    long = {name: f"{name} has a value that is much too wide for a column" for name in names}
    status = {name: {"one": long[name], "two": long[name], "three": long[name]} for name in names}
    console = Console(width=60, record=True, file=io.StringIO())
    for part in hosts([status]):
        console.print(part)
    text = console.export_text()
    assert all(name in text for name in names)
    assert max(map(len, text.splitlines())) <= 60
