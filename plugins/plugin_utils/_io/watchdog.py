# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An end to waiting for a host that neither answers nor hangs up.

pywinrm retries the Receive of a running command forever. Ansible's workers run an action in their
main thread (2.16 to 2.21), so an interval timer and its signal can end it.
"""

from __future__ import annotations

import signal
import threading
import time
import types
from collections.abc import Iterator
from contextlib import contextmanager

# After the deadline a connection plugin still tidies up on the same dead line: end that as well.
_AGAIN_SECONDS = 10.0


class DeadlineExceeded(BaseException):
    """The deadline passed. No Exception, so that no ``except Exception`` on the way keeps it."""


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raise DeadlineExceeded in the block when it has taken ``seconds``.

    A task's own ``timeout`` uses the same timer: the earlier one wins, and what is left of the
    task's is set again afterwards. Outside the main thread there is no timer, and no deadline.
    """
    earlier = signal.getitimer(signal.ITIMER_REAL)[0]
    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or 0 < earlier <= seconds:
        yield
        return
    armed = True

    def ring(_number: int, _frame: types.FrameType | None) -> None:
        if armed:
            raise DeadlineExceeded

    began = time.monotonic()
    handler = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN_SECONDS)
    try:
        yield
    finally:
        armed = False  # a signal that is already on its way does nothing any more
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if earlier:
            left = earlier - (time.monotonic() - began)
            signal.setitimer(signal.ITIMER_REAL, max(left, 0.001))
