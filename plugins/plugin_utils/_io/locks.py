# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One worker at a time acts on a host.

The lock belongs to the worker process: after SIGKILL of ansible-playbook an orphaned worker
finishes its step and keeps the lock so long, while the re-run waits here and says for whom.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from .files import private_opener
from .waiting import Progress, Stop
from .wire import RemoteError

try:
    from filelock import FileLock, Timeout
except ImportError as error:  # reported when a lock is asked for
    FILELOCK_ERROR: ImportError | None = error
else:
    FILELOCK_ERROR = None

_RETRY_SECONDS = 0.5


@contextmanager
def host_lock(
    path: Path, host: str, *, wait_seconds: float, progress: Progress, stop: Stop
) -> Iterator[None]:
    """Hold the host's lock within the block.

    path: the lock file; its directory exists. Who holds it stands beside it, in .owner.
    wait_seconds: how long to wait for another holder.
    Raises RemoteError: reason ``locked`` when that was not long enough.
    Raises StoppedError: see waiting.Stop.
    """
    if FILELOCK_ERROR is not None:
        raise RemoteError(
            "controller",
            f"{host}: The Python library filelock is missing on the controller.",
            "Install it there (pip install filelock).",
        )
    lock = FileLock(path, mode=0o600)
    owner = path.with_suffix(".owner")
    end = time.monotonic() + wait_seconds
    while True:
        stop.check()
        try:
            lock.acquire(timeout=0)
            break
        except Timeout:
            if time.monotonic() >= end:
                raise _locked(host, owner) from None
        progress(f"waits: {_describe(owner)} still acts on this host")
        stop.sleep(_RETRY_SECONDS)
    try:
        since = datetime.now(UTC).isoformat("T", "seconds")
        with open(owner, "w", encoding="utf-8", opener=private_opener) as stream:
            stream.write(json.dumps({"pid": os.getpid(), "since": since}))
        yield
    finally:
        owner.unlink(missing_ok=True)
        lock.release()


def is_held(path: Path) -> bool:
    """Whether somebody acts on the host right now.

    path: the lock file. Whoever wants the lock in the moment in which this looks tries again.
    """
    if FILELOCK_ERROR is not None or not path.exists():
        return False
    try:
        with FileLock(path, mode=0o600, timeout=0):
            return False
    except Timeout:
        return True


def _describe(owner: Path) -> str:
    """Who holds the lock, as far as is known."""
    try:
        record = json.loads(owner.read_text(encoding="utf-8"))
        return f"process {record['pid']} (since {record['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"


def _locked(host: str, owner: Path) -> RemoteError:
    return RemoteError(
        "locked",
        f"{host}: {_describe(owner)} still acts on this host.",
        "Wait until it has ended, then run again; do not remove the lock.",
    )
