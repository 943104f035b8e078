# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ansible-playbook says is written at once, and what its workers inherit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

# Importing an action is all that ansible-playbook does before it starts a worker for it.
PROGRAM = """
import os, signal
from ansible.utils.display import Display
from ansible_collections.legacyops.hotfix.plugins.action import node_info
for number in range(1000):
    Display().display(f"line {number}")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_run_has_written_its_last_line(
    tmp_path: Path, ansible_environment: dict[str, str]
) -> None:
    with (tmp_path / "log").open("w") as log:
        words = [sys.executable, "-c", PROGRAM]
        subprocess.run(words, env=ansible_environment, stdout=log, timeout=60, check=False)
    assert (tmp_path / "log").read_text().endswith("line 998\nline 999\n")


FROZEN = """
import gc
from ansible_collections.legacyops.hotfix.plugins.action import node_info
print(gc.get_freeze_count())
"""


def test_no_worker_looks_for_circles_in_what_it_inherits() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FROZEN], check=True, capture_output=True, text=True
    )
    assert int(done.stdout) > 10_000


# ansible-core 2.21 serves its workers by such a socket, and one of them outlives it here.
ORPHAN = """
import os, socket, sys
from ansible_collections.legacyops.hotfix.plugins.action import node_info
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
end, kept = os.pipe()
if os.fork():
    os._exit(0)
os.close(kept)
os.read(end, 1)
socket.socket(socket.AF_UNIX).connect(sys.argv[1])
"""


def test_who_outlives_ansible_playbook_does_not_ask_itself(tmp_path: Path) -> None:
    words = [sys.executable, "-c", ORPHAN, str(tmp_path / "socket")]
    done = subprocess.run(words, check=True, stderr=subprocess.PIPE, text=True, timeout=60)
    assert "ConnectionRefusedError" in done.stderr
