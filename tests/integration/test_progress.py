# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The callback progress: on a terminal, and where there is none."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from twins import Twins, estate, running

pytestmark = pytest.mark.slow

COLUMNS, LINES = 100, 30
ERASE = re.compile(r"\x1b\[(\d+)A\x1b\[J")
USER = {"xenapp": {"sessions": [{"user": "suzuki", "minutes": None}]}}


@pytest.fixture(scope="module")
def lab(
    tmp_path_factory: pytest.TempPathFactory, ansible_environment: dict[str, str]
) -> Iterator[Twins]:
    environment = {
        **ansible_environment,
        "ANSIBLE_STDOUT_CALLBACK": "legacyops.hotfix.progress",
        "TERM": "xterm",
    }
    data = estate(["shown", "busy", "piped", "brief"], busy=USER)
    with running(tmp_path_factory.mktemp("progress"), environment, data) as lab:
        yield lab


@dataclass
class Screen:
    """What a terminal shows: every line that is still there, and every board that was.

    Understands no more than what the callback sends to move about.
    """

    lines: list[str] = field(default_factory=list)
    boards: list[list[str]] = field(default_factory=list)

    def feed(self, text: str) -> None:
        for piece in re.split(r"(\x1b\[\d+A\x1b\[J)", text.replace("\r\n", "\n")):
            erase = ERASE.fullmatch(piece)
            if erase:
                number = int(erase[1])
                assert number <= len(self.lines), "it erases what it has not drawn"
                self.boards.append(self.lines[-number:])
                del self.lines[-number:]
            else:
                assert not piece or piece.endswith("\n")
                self.lines += piece.split("\n")[:-1]

    def text(self) -> str:
        return "\n".join(self.lines)


def on_a_terminal(
    lab: Twins, words: list[str], when: Callable[[str], int | None] = lambda _text: None
) -> tuple[int, Screen]:
    """Run a command with a terminal as its stdout.

    when: asked with all output so far; the signal that the command is to get, once.
    """
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    process = subprocess.Popen(
        words, env=lab.environment, cwd=lab.state, stdout=terminal, stderr=terminal,
        stdin=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    os.close(terminal)
    output = b""
    sent = False
    try:
        while chunk := _read(controller):
            output += chunk
            number = None if sent else when(output.decode(errors="replace"))
            if number is not None:
                process.send_signal(number)
                sent = True
        code = process.wait(timeout=60)
    finally:
        process.kill()
        os.close(controller)
    screen = Screen()
    screen.feed(output.decode())
    return code, screen


def _read(controller: int) -> bytes:
    """What comes next; nothing at the end."""
    ready, _, _ = select.select([controller], [], [], 60)
    assert ready, "nothing was shown for a minute"
    try:
        return os.read(controller, 65536)
    except OSError:  # Linux: nobody has the terminal open any more
        return b""


def test_a_terminal_shows_each_system_and_what_is_awaited(lab: Twins) -> None:
    code, screen = on_a_terminal(lab, lab.change("shown").command)
    assert code == 0, screen.text()
    board = {line for lines in screen.boards for line in lines}
    assert any(
        re.fullmatch(
            r"shown \| step 6 of 10 \[対策2-7\] Install the hotfix.* \| "
            r"the installer runs, since \d\d:\d\d:\d\d",
            line,
        )
        for line in board
    ), board
    left = screen.text()
    assert " | step " not in left, "the board is gone at the end"
    assert re.search(r"\d\d:\d\d:\d\d shown done: its plan is carried out", left)
    assert "TASK [" not in left
    assert "PLAY RECAP" in left


def test_an_interrupted_run_says_what_remains_and_how_to_go_on(lab: Twins) -> None:
    change = lab.change("busy")

    def when(text: str) -> int | None:
        return signal.SIGINT if "waits for 1 sessions to end, since" in text else None

    code, screen = on_a_terminal(lab, change.command, when)
    assert code not in (0, 2), screen.text()
    left = screen.text()
    assert "The run was interrupted. What remains:" in left
    assert "busy: 05-wait_for_sessions, 06-install_hotfix" in left
    command = left.split("To continue, run again:\n")[1]
    assert "ansible-playbook legacyops.hotfix.apply" in " ".join(command.split())
    assert " | step " not in left


def test_verbose_it_is_ansibles_own_output(lab: Twins) -> None:
    words = [*lab.change("piped").command, "--check", "-v"]
    ours = lab.run(words)
    lab_environment = lab.environment
    lab.environment = {**lab_environment, "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default"}
    try:
        plain = lab.run(words)
    finally:
        lab.environment = lab_environment
    assert ours.returncode == plain.returncode == 0, ours.stdout
    assert without_times(ours.stdout) == without_times(plain.stdout)
    assert "TASK [legacyops.hotfix.apply : Carry out step by step]" in ours.stdout
    assert "changed: [piped] => (item=01-stage_package)" in ours.stdout
    assert "\x1b[" not in ours.stdout


def without_times(text: str) -> str:
    return re.sub(r"\(\d+ s\)|\d{8}T\d{12}Z|\d{4}-\d\d-\d\dT[\d:.]+Z?", "", text)


def test_without_a_terminal_it_is_brief_and_has_no_table(lab: Twins) -> None:
    told = lab.run([*lab.change("brief").command, "--check"])
    assert told.returncode == 0, told.stdout
    assert "TASK [" not in told.stdout
    assert "ok: [" not in told.stdout
    assert "\x1b[" not in told.stdout
    assert "step 1 of" not in told.stdout
    assert "To continue after whatever happens" in told.stdout
    assert "would be carried out: 01-stage_package" in " ".join(told.stdout.split())
    assert told.stdout.rstrip().endswith("PLAY RECAP 1 host")


def test_what_is_missing_is_one_sentence(lab: Twins) -> None:
    words = lab.words("stop", lab.state / "missing")
    told = lab.run([*words, "-e", json.dumps({"legacyops_change_id": ""})])
    assert told.returncode == 2
    [line] = [line for line in told.stdout.splitlines() if "FAILED" in line]
    assert "FAILED: Not set, in the inventory or with -e: legacyops_change_id" in line
    assert len(told.stdout.strip().splitlines()) < 8, told.stdout


def test_a_dumb_terminal_has_no_table(lab: Twins, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(lab.environment, "TERM", "dumb")
    _code, screen = on_a_terminal(lab, lab.words("assess", Path(lab.state) / "dumb"))
    assert "4 servers: " in screen.text()
    assert "TASK [" not in screen.text()
    assert screen.boards == []


JSONL = """
import json
from ansible.plugins.callback import CallbackBase

class CallbackModule(CallbackBase):
    CALLBACK_TYPE, CALLBACK_NAME = "stdout", "jsonl"

    def v2_runner_on_ok(self, result):
        task = getattr(result, "task", None) or result._task
        print(json.dumps({"task": task.action}), flush=True)
"""


def test_what_programs_read_is_json_and_nothing_else(lab: Twins, tmp_path: Path) -> None:
    """A double of ansible.posix.jsonl, which need not be installed."""
    (tmp_path / "jsonl.py").write_text(JSONL, encoding="utf-8")
    environment = {
        **lab.environment,
        "ANSIBLE_STDOUT_CALLBACK": "jsonl",
        "ANSIBLE_CALLBACK_PLUGINS": str(tmp_path),
    }
    for name in ("assess", "plan", "status"):
        done = subprocess.run(
            lab.words(name, tmp_path / "change"), env=environment, cwd=lab.state, text=True,
            capture_output=True, check=False, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        tasks = [json.loads(line)["task"] for line in done.stdout.splitlines()]
        assert f"legacyops.hotfix.{name}" in tasks
        assert "brief" in done.stderr, "people are told all the same"
