# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wine's cscript.exe runs the VBScript wrapper that runs jobs on a node of an FT system.

The wrapper is the shipped text, the registry and the file system are Wine's. Wine's script engine
is no Microsoft code: what passes here is VBScript as documented, not proven on Windows 2000.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from test_scripts import constant, read

pytestmark = pytest.mark.needs("wine")

JOBS = r"HKEY_LOCAL_MACHINE\SOFTWARE\legacyops\Jobs"
ZONE = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\TimeZoneInformation"
WRAPPER = constant(read("ft/act"), "WrapperSource").replace("\n", "\r\n")
LATER, EARLIER = "2999-01-01T00:00:00Z", "2001-01-01T00:00:00Z"
# Daylight saving all year round, an hour ahead of a standard time that is an hour ahead of UTC.
SUMMER, SUMMER_BIAS = "XST-1XDT-2,M1.1.0/0,M12.5.6/23", -120
TIME = "%Y-%m-%dT%H:%M:%SZ"


@dataclass
class Node:
    """A Wine prefix with the wrapper in it."""

    prefix: Path
    environment: dict[str, str]

    @property
    def folder(self) -> Path:
        return self.prefix / "drive_c" / "legacyops"

    def wine(self, *words: str, zone: str = "UTC0") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["wine", *words], env={**self.environment, "TZ": zone}, cwd=self.folder, timeout=600,
            capture_output=True, text=True, errors="replace", check=False,
        )  # fmt: skip

    def write(self, key: str, **values: str | int) -> None:
        """Write into the registry as another program than the wrapper."""
        lines = ["REGEDIT4", "", f"[{key}]"]
        for name, value in values.items():
            if isinstance(value, int):
                lines.append(f'"{name}"=dword:{value & 0xFFFFFFFF:08x}')
            else:
                text = value.replace("\\", "\\\\").replace('"', '\\"')
                lines.append(f'"{name}"="{text}"')
        (self.folder / "given.reg").write_text("\r\n".join([*lines, ""]), encoding="ascii")
        done = self.wine("regedit", "/S", r"C:\legacyops\given.reg")
        assert done.returncode == 0, done.stderr

    def job(self, name: str, command: str, state: str = "waiting", expires: str = LATER) -> None:
        self.write(rf"{JOBS}\{name}", Command=command, State=state, Expires=expires)

    def record(self, name: str) -> dict[str, str]:
        answer = self.wine("reg", "query", rf"{JOBS}\{name}").stdout
        return dict(re.findall(r"(?m)^    (\w+)\s+REG_SZ\s+(.*?)\r?$", answer))

    def start(self, *arguments: str, zone: str = "UTC0") -> int:
        """As the Task Scheduler does; cscript's exit code."""
        words = ["cscript.exe", "//B", "//NoLogo", r"C:\legacyops\job.vbs", *arguments]
        return self.wine(*words, zone=zone).returncode


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    prefix = tmp_path_factory.mktemp("wine")
    # Nobody's .NET and no browser is offered for download, nothing is drawn.
    overrides = {"WINEDLLOVERRIDES": "mscoree,mshtml,winemenubuilder.exe=", "WINEDEBUG": "-all"}
    unset = ("DISPLAY", "WAYLAND_DISPLAY", "WINEARCH")
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    node = Node(prefix, {**environment, **overrides, "WINEPREFIX": str(prefix)})
    node.folder.mkdir(parents=True)
    (node.folder / "job.vbs").write_text(WRAPPER, encoding="ascii", newline="")
    try:
        made = node.wine("wineboot", "--init")
        assert made.returncode == 0, made.stderr
        node.write(ZONE, ActiveTimeBias=0)
        yield node
    finally:
        subprocess.run(["wineserver", "-k"], env=node.environment, timeout=60, check=False)
        # Hundreds of megabytes, which pytest would keep for three runs.
        shutil.rmtree(prefix, ignore_errors=True)


def test_a_job_runs_once(node: Node) -> None:
    node.job("once", r"cmd.exe /c echo ran>> C:\legacyops\ran.txt & exit 3010")
    assert node.start("once") == 0
    first = node.record("once")
    assert (first["State"], first["ExitCode"]) == ("finished", "3010")
    assert first["Started"] <= first["Ended"]

    assert node.start("once") == 91
    assert node.record("once") == first
    assert (node.folder / "ran.txt").read_text().split() == ["ran"]


def test_one_that_comes_too_late_does_nothing(node: Node) -> None:
    node.job("late", r"cmd.exe /c echo ran> C:\legacyops\late.txt", expires=EARLIER)
    assert node.start("late") == 92
    assert node.record("late")["State"] == "expired"
    assert not list(node.folder.glob("late.*"))


def test_one_that_somebody_else_has_claimed_does_nothing(node: Node) -> None:
    node.job("claimed", r"cmd.exe /c echo ran> C:\legacyops\claimed.txt")
    (node.folder / "claimed.claim").touch()
    assert node.start("claimed") == 93
    assert set(node.record("claimed")) == {"Command", "State", "Expires"}
    assert node.record("claimed")["State"] == "waiting"
    assert not (node.folder / "claimed.txt").exists()


def test_a_program_that_is_not_there_is_no_success(node: Node) -> None:
    node.job("missing", r"C:\legacyops\no-such-program.exe /quiet")
    assert node.start("missing") == 0
    record = node.record("missing")
    assert record["State"] == "finished"
    assert int(record["ExitCode"]) != 0


@pytest.mark.parametrize("arguments", [[], ["one", "two"]])
def test_without_exactly_one_name_it_does_nothing(node: Node, arguments: list[str]) -> None:
    assert node.start(*arguments) == 90


def test_without_a_record_it_does_nothing(node: Node) -> None:
    node.start("nobodys")
    assert node.record("nobodys") == {}
    assert not (node.folder / "nobodys.claim").exists()


def test_its_times_are_utc_while_daylight_saving_is_in_force(node: Node) -> None:
    """The active bias counts daylight saving in, and comes out of the registry with its sign."""
    node.write(ZONE, ActiveTimeBias=SUMMER_BIAS)
    soon = (datetime.now(UTC) + timedelta(minutes=50)).strftime(TIME)
    node.job("summer", "cmd.exe /c exit 0", expires=soon)
    try:
        began = datetime.now(UTC).replace(microsecond=0, tzinfo=None)
        assert node.start("summer", zone=SUMMER) == 0
        ended = datetime.now(UTC).replace(tzinfo=None)
    finally:
        node.write(ZONE, ActiveTimeBias=0)
    record = node.record("summer")
    assert began <= datetime.strptime(record["Started"], TIME) <= ended
    assert began <= datetime.strptime(record["Ended"], TIME) <= ended
