#!/usr/bin/env python3
"""Run a command and print what it cost: processor seconds, and the time that it took.

Counted are the processes that it starts, theirs, and those that outlive their parents, such as a
lab: whoever loses its parent becomes a child of this process (Linux: PR_SET_CHILD_SUBREAPER). Ends
with the command's exit code. Usage: tools/cost.py COMMAND…
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import time

PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


def main(command: list[str]) -> int:
    """Run the command and wait for all that it leaves behind."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    began = time.monotonic()
    process = subprocess.Popen(command)
    code, took = 0, 0.0
    while True:
        try:
            pid, status = os.wait()
        except ChildProcessError:
            break
        if pid == process.pid:
            code, took = os.waitstatus_to_exitcode(status), time.monotonic() - began
    used = os.times()
    seconds = used.children_user + used.children_system
    print(
        f"\n{' '.join(command)}\n  {seconds:.0f} processor seconds, {took:.0f} seconds on "
        f"{len(os.sched_getaffinity(0))} processors; exit code {code}",
        flush=True,
    )
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
