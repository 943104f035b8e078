# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shows where each system stands, and only what a person has to know."""

from __future__ import annotations

DOCUMENTATION = r"""
---
name: progress
type: stdout
short_description: Show where each system stands, and only what a person has to know
version_added: 0.1.0
author: legacyops.hotfix contributors (!UNKNOWN)
description:
  - For people who watch a change on a terminal, or read afterwards what a scheduled run has said.
  - Shown are what the modules of the collection tell people, what failed and why, the end of each
    system, and one line in place of the recap. Banners of tasks, and results of tasks and steps
    that went well, are not.
  - On a terminal the last lines of the screen show each system that is under way, with the step
    (n of m), its title and the clause of the notice, what is awaited, and since when. There is no
    such table where no terminal is attached (cron, a pipe), and with C(TERM=dumb).
  - When the run is interrupted, it says what remains on each system, and the command to continue.
  - With C(-v) it is exactly the output of P(ansible.builtin.default#callback), which tells of every
    task and step.
  - It only displays. What happened stands in the journal of the change.
requirements:
  - Set as stdout callback, with C(stdout_callback = legacyops.hotfix.progress) below C([defaults])
    of C(ansible.cfg), or with C(ANSIBLE_STDOUT_CALLBACK=legacyops.hotfix.progress).
extends_documentation_fragment:
  - default_callback
  - result_format_callback
"""

EXAMPLES = r"""
ansible.cfg: |
  [defaults]
  stdout_callback = legacyops.hotfix.progress
"""

import atexit
import os
import shutil
import sys
import threading
from datetime import datetime
from typing import Any

from ansible import constants
from ansible.plugins.callback.default import CallbackModule as DefaultCallback

from ..plugin_utils._procedure.layout import harmless, wrapped
from ..plugin_utils._procedure.progress import ProgressTable

COLLECTION = "legacyops.hotfix."
# A terminal's commands: up so many lines, clear from here to the end of the screen.
ERASE = "\x1b[{}A\x1b[J"


class CallbackModule(DefaultCallback):  # type: ignore[misc]  # ansible-core ships no types
    """Ansible's own output, with a table of the systems below it where people watch."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "legacyops.hotfix.progress"

    def __init__(self) -> None:
        super().__init__()
        self._process = os.getpid()
        self._lock = threading.RLock()
        self._table = ProgressTable()
        self._drawn = 0
        self._remaining: dict[str, list[str]] = {}
        self._continue = ""
        self._brief = self._live = False

    def set_options(self, *args: Any, **kwargs: Any) -> None:
        super().set_options(*args, **kwargs)
        if self._brief or self._display.verbosity:
            return
        self._brief = True
        self._live = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        for option in ("display_ok_hosts", "display_skipped_hosts"):
            self.set_option(option, False)
        # What actions say arrives at Display in this process. Nothing else offers those lines to a
        # callback, and whatever is printed has to go above the table.
        self._print = self._display.display
        self._display.display = self._shown
        atexit.register(self._at_exit)

    def _shown(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Display.display, with the table below what it prints."""
        if os.getpid() != self._process:
            self._print(msg, *args, **kwargs)  # a worker: it sends the line to this process
            return
        with self._lock:
            if self._table.hear(msg, datetime.now()):
                kwargs["log_only"] = True
            self._erase()
            self._print(msg, *args, **kwargs)
            if self._live:
                self._draw()

    def _erase(self) -> None:
        if self._drawn:
            sys.stdout.write(ERASE.format(self._drawn))
            sys.stdout.flush()  # what is printed next may go to stderr
            self._drawn = 0

    def _draw(self) -> None:
        size = shutil.get_terminal_size()
        lines = self._table.lines(size.columns, max(size.lines - 2, 1))
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()
        self._drawn = len(lines)

    def _clear(self) -> None:
        with self._lock:
            self._erase()
            self._table = ProgressTable()

    def v2_runner_on_ok(self, result: Any) -> None:
        name, host, found = _of(result)
        if not self._brief or found.get("_ansible_verbose_always"):
            super().v2_runner_on_ok(result)  # debug: somebody wants to see it
            return
        self._handle_warnings(_part(result, "result"))
        if name == "change":
            self._remember(host, found)
        elif name == "step" and "results" not in found:  # each of a loop was told for itself
            self._step_ended(host, found)

    def v2_runner_item_on_ok(self, result: Any) -> None:
        if self._brief and _of(result)[0] == "step":
            self.v2_runner_on_ok(result)
        else:
            super().v2_runner_item_on_ok(result)

    def v2_runner_item_on_failed(self, result: Any) -> None:
        if self._brief and _of(result)[0]:
            self.v2_runner_on_failed(result)
        else:
            super().v2_runner_item_on_failed(result)

    def _remember(self, host: str, found: dict[str, Any]) -> None:
        """Take from the beginning of a host what remains, and from its end that it has ended."""
        self._continue = found.get("continue_command") or self._continue
        if found.get("steps"):
            self._remaining[host] = list(found["steps"])
        elif "status" in found:
            with self._lock:
                self._table.leave(host)
            if found["status"] == "done" and self._remaining.pop(host, None) is not None:
                self._say(host, "done: its plan is carried out", constants.COLOR_OK)

    def _step_ended(self, host: str, found: dict[str, Any]) -> None:
        with self._lock:
            self._table.ended(host)
        left = self._remaining.get(host, [])
        if found.get("step") in left:
            left.remove(found["step"])

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        name, host, found = _of(result)
        if not self._brief or "results" in found or not (name or _says_all(result)):
            super().v2_runner_on_failed(result, ignore_errors)
            return
        self._handle_warnings(_part(result, "result"))
        if not _only_ends(result):
            with self._lock:
                self._table.ended(host)
            text = str(found.get("msg")).removeprefix(f"{host}: ")
            where = "" if _part(result, "task").run_once else host
            reason = f" ({found['reason']})" if found.get("reason") else ""
            self._say(where, f"FAILED{reason}: {text}", constants.COLOR_ERROR)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        if not self._brief or not _only_ends(result):
            super().v2_runner_on_unreachable(result)

    def _say(self, host: str, text: str, colour: str) -> None:
        start = f"{datetime.now():%H:%M:%S} {harmless(host)} ".replace("  ", " ")
        lines = wrapped(harmless(text), start, " " * 9)
        self._display.display("\n".join(lines), color=colour)

    def v2_playbook_on_include(self, included_file: Any) -> None:
        if not self._brief:
            super().v2_playbook_on_include(included_file)

    def v2_playbook_on_play_start(self, play: Any) -> None:
        self._clear()
        super().v2_playbook_on_play_start(play)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        self._clear()
        self._remaining = {}
        if not self._brief:
            super().v2_playbook_on_stats(stats)
            return
        hosts = sorted(map(str, stats.processed))
        summaries = {host: stats.summarize(host) for host in hosts}
        told = [f"PLAY RECAP  {len(hosts)} host{'s' * (len(hosts) != 1)}"]
        for key, word in (
            ("failures", "not as it should be"),
            ("unreachable", "left or not reached"),
        ):
            named = [harmless(host) for host, counts in summaries.items() if counts[key]]
            told += [f"{word}: {', '.join(named)}"] if named else []
        lines = wrapped("; ".join(told), "", "  ")
        self._display.display("\n".join(["", *lines]))

    def _at_exit(self) -> None:
        """An interrupted run ends without its statistics: say what remains."""
        if os.getpid() != self._process or not self._remaining:
            return
        self._clear()
        lines = ["", "The run was interrupted. What remains:"]
        for host, steps in self._remaining.items():
            lines.append(f"  {harmless(host)}: {', '.join(map(harmless, steps)) or 'its end'}")
        lines.append("Steps that are under way leave at a safe point. To continue, run again:")
        lines.append(f"  {harmless(self._continue)}")
        self._display.display("\n".join(lines))
        sys.stdout.flush()


def _of(result: Any) -> tuple[str, str, dict[str, Any]]:
    """The collection's module (empty: another one's), the host, and the result of a task."""
    action = str(_part(result, "task").action)
    name = action.removeprefix(COLLECTION) if action.startswith(COLLECTION) else ""
    return name, str(_part(result, "host").get_name()), dict(_part(result, "result") or {})


def _part(result: Any, name: str) -> Any:
    """A part of a task's result, which has no underscore since ansible-core 2.19."""
    return getattr(result, name, None) or getattr(result, f"_{name}")


def _only_ends(result: Any) -> bool:
    """Whether a task only makes the exit code; what it has to say was told by the summary."""
    return _of(result)[0] == "change" and _part(result, "task").args.get("state") == "verdict"


def _says_all(result: Any) -> bool:
    """Whether a task of Ansible's own fails with a sentence, and with nothing else."""
    return str(_part(result, "task").action).removeprefix("ansible.builtin.") in ("fail", "assert")
