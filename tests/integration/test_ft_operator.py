# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A failed system without relay, board and network is recovered by a person, told step by step."""

from __future__ import annotations

import os
import pty
import select
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Run
from ft_lab import FtLab, demo_systems, ft_lab
from person import NAME, Person

pytestmark = pytest.mark.slow

HOST = "ft09"
KB = "KB890859"
CLEAN = {"listed": {KB: True}, "uninstaller": {KB: True}, "fix_level": "", "restart_pending": False}


def system(folder: Path) -> dict[str, Any]:
    """The failed system of the demonstration, and what a person has seen of it."""
    without_boards = {"power": {"driver": "operator"}}
    said = {
        "by": "Sato",
        "utc": "2026-11-22T05:00:00Z",
        "coserver1": {"screen": "windows", **CLEAN},
        "coserver2": {"screen": "windows", **CLEAN},
        "ftvirtual": {"screen": "dark", "fix_level": ""},
        "power": {"coserver1": "on", "coserver2": "on"},
        "board": "failed",
        "packages": ["windows_update", "vendor_fix"],
    }
    form = {
        "power_off": "at_post",
        "coserver1": without_boards,
        "coserver2": without_boards,
        "accepted": {"unreadable": "Sato"},
    }
    failed = {**demo_systems()["ft01"], "language": "en"}
    del failed["relay"], failed["fix_level"]
    failed["vars"] = {
        "legacyops_ft_reported": said,
        "legacyops_ft_system": form,
        "legacyops_owner_dir": str(folder / "owners"),
        "legacyops_second_name_for": ["virtual_server"],
    }
    return failed


@pytest.fixture(scope="module")
def lab(
    tmp_path_factory: pytest.TempPathFactory, ansible_environment: dict[str, str]
) -> Iterator[FtLab]:
    folder = tmp_path_factory.mktemp("operator")
    systems = {HOST: system(folder)}
    with ft_lab(folder / "lab", ansible_environment, systems, speed=60) as lab:
        yield lab


@pytest.fixture(scope="module")
def person(lab: FtLab) -> Person:
    return lab.person()


@pytest.fixture(scope="module")
def recovered(lab: FtLab, person: Person) -> Run:
    plan = lab.playbook("plan")
    assert plan.code == 0, plan.output[-3000:]
    return lab.apply(person=person)


def test_it_ends_healthy_and_nothing_was_harmed(lab: FtLab, recovered: Run) -> None:
    assert recovered.code == 0, recovered.output[-5000:]
    assert lab.status()[HOST]["healthy"]
    assert lab.ledger("violation") == []


def test_nobody_was_asked_over_the_network(lab: FtLab, recovered: Run) -> None:
    # The relay of the estate runs beside it, and stands for any network there is.
    counters = lab.counters()
    assert not any(counts.get("powershell_starts") for counts in counters.values())


def test_each_confirmation_stands_in_the_journal(
    lab: FtLab, recovered: Run, person: Person
) -> None:
    told = [e["confirmation"] for e in lab.journal(HOST) if e["kind"] == "confirmation"]
    assert [(each["step"], each["saw"]) for each in told] == [
        (step, saw) for _host, step, saw in person.answered
    ]
    assert {each["name"] for each in told} == {NAME}
    pairs = {each["step"].partition("-")[2] for each in told if each["second_name"]}
    assert {"virtual_server1_enable", "virtual_server2_enable"} <= pairs


def test_the_words_are_the_notices(lab: FtLab, recovered: Run) -> None:
    told = "".join(recovered.output.split())  # wherever a line of the terminal ends
    assert "AtthePOSTscreen,switchCoServer1offwiththepowerbutton" in told
    assert "POST画面で、CoServer1の電源をサーバ本体の電源ボタンから切ります。" in told
    assert "legacyops_confirm_saw=WHAT_YOU_SAW" in told


def test_again_nothing_is_asked(lab: FtLab, recovered: Run) -> None:
    again = lab.playbook("apply")
    assert again.code == 0, again.output[-3000:]
    assert again.changed == set()


def test_who_wants_it_is_asked_at_the_terminal(
    tmp_path: Path, ansible_environment: dict[str, str]
) -> None:
    systems = {HOST: system(tmp_path)}
    with ft_lab(tmp_path / "lab", ansible_environment, systems, speed=60) as lab:
        assert lab.playbook("plan").code == 0
        words = lab.arguments("apply", "-e", "legacyops_prompt=true")
        words += ["-e", "legacyops_confirm_wait_seconds=0"]
        with Terminal(words, lab) as terminal:
            terminal.read_until("Your name")
            person = lab.person()
            person.operator(HOST, "shutdown", "coserver2")
            person.operator(HOST, "look", "coserver2", when="dark")
            terminal.type("Sato Hanako")
            terminal.read_until("Seen (")
            terminal.type("dark")
            terminal.read_until("Your name")
            terminal.type("")
            terminal.read_until("waiting_operator")
        told = [e["confirmation"] for e in lab.journal(HOST) if e["kind"] == "confirmation"]
        assert [(each["name"], each["saw"]) for each in told] == [("Sato Hanako", "dark")]
        journal = lab.change_dir / "journal" / f"{HOST}.jsonl"
        whole = journal.read_text(encoding="utf-8").splitlines(keepends=True)
        journal.write_text("".join(whole[:-1]), encoding="utf-8")
        journal.with_suffix(".head").unlink()  # the relay knows it, too
        cut = lab.playbook("apply")
        assert cut.code == 2
        assert '"reason": "journal_cut"' in cut.output


class Terminal:
    """A command on a terminal of its own, and a person's fingers on it."""

    def __init__(self, words: list[str], lab: FtLab) -> None:
        self.pid, self.line = pty.fork()
        if self.pid == 0:
            os.chdir(lab.state)
            os.execvpe(words[0], words, lab.environment)
        self.seen = ""

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_error: object) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.line)

    def read_until(self, text: str) -> None:
        while text not in self.seen:
            ready, _, _ = select.select([self.line], [], [], 90)
            assert ready, f"{text!r} was not shown: {self.seen[-2000:]}"
            self.seen += os.read(self.line, 65536).decode(errors="replace")
        self.seen = self.seen.partition(text)[2]

    def type(self, text: str) -> None:
        time.sleep(1)  # a prompt throws away what was typed before it listened
        os.write(self.line, f"{text}\r".encode())
