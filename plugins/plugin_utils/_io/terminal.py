# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines on the terminal, as long as somebody is there to print them.

A worker's lines go through a pipe that ansible-playbook empties. After its SIGKILL nobody does: the
pipe fills, and whoever writes into it hangs for ever, with the host's lock in his hands. Unless
nobody has its other end open any more: then writing fails, which a step does not care about.
"""

from __future__ import annotations

import multiprocessing
import os
from contextlib import suppress

from ansible import constants
from ansible.utils.display import Display

# Callbacks whose output is read by programs: ansible.posix.json, ansible.posix.jsonl.
_FOR_PROGRAMS = ("json", "jsonl")


def is_orphan() -> bool:
    """Whether this is a worker whose ansible-playbook is gone."""
    parent = multiprocessing.parent_process()
    return parent is not None and os.getppid() != parent.pid


def is_for_programs() -> bool:
    """Whether a program reads stdout: then nothing may stand there but what the callback writes."""
    return str(constants.DEFAULT_STDOUT_CALLBACK).rpartition(".")[2] in _FOR_PROGRAMS


def tell(text: str) -> None:
    """Print on the terminal and into Ansible's log; an orphan tells nobody.

    Where a program reads stdout, on stderr, as Ansible's own warnings are. What is told stands in
    the task's result, too.
    """
    if not is_orphan():
        with suppress(OSError):  # it has ended since
            Display().display(text, stderr=is_for_programs())


def only_writes() -> None:
    """Close this worker's copy of the end of the pipe that only ansible-playbook reads."""
    queue = getattr(Display(), "_final_q", None)
    if queue is not None and multiprocessing.parent_process() is not None:
        queue._reader.close()
