# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting in a worker, such that it can always be left at a safe point."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

# A stop is noticed within this time.
_SLICE_SECONDS = 0.5


# What has arrived in this process. A worker carries out several steps, each with a Stop of its own:
# the signal that came too late for one of them ends the next.
_arrived: int | None = None


class StoppedError(Exception):
    """Somebody wants this run to end, or nobody is there any more to take its result."""

    @property
    def told(self) -> str:
        """A sentence for the operator."""
        return f"Waiting was left because {self}; run again to continue."


class ChangeStoppedError(StoppedError):
    """Somebody stopped the change; the text says why."""

    @property
    def told(self) -> str:
        """A sentence for the operator, who has to take the stop back before anything goes on."""
        return f"Waiting was left because {self}."


class Stop:
    """Notices SIGINT, SIGTERM, SIGHUP, the loss of the parent, and what else it is told to ask.

    Ansible's workers die at once on a signal; inside ``listening()`` they finish what they are at,
    and leave at the next check. After SIGKILL of ansible-playbook its workers live on, with
    another parent: then nobody takes the result, and waiting on is pointless.

    change_stopped: says why the change is stopped; None while it is not. Without it, a
        stopped change ends no wait.
    waits: is told of each wait, before it begins.
    """

    def __init__(
        self,
        change_stopped: Callable[[], str | None] | None = None,
        waits: Callable[[], None] | None = None,
    ) -> None:
        self.change_stopped = change_stopped
        self._waits = waits
        parent = multiprocessing.parent_process()
        self._parent = os.getppid() if parent is None else parent.pid
        self._signal: int | None = None if parent is None else _arrived

    @contextmanager
    def listening(self) -> Iterator[Stop]:
        """Take the signals over; does nothing outside the main thread.

        SIGHUP only where it is not ignored: under nohup a lost terminal ends nothing.

        The action that a step dispatches listens in the step's place. What arrived before is not
        forgotten then, and what arrives meanwhile is told afterwards.
        """
        if threading.current_thread() is not threading.main_thread():
            yield self
            return
        numbers = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            numbers.append(signal.SIGHUP)
        before = [signal.signal(number, self._note) for number in numbers]
        outer = getattr(before[0], "__self__", None)
        if isinstance(outer, Stop) and outer._signal is not None:
            self._signal = outer._signal
        try:
            yield self
        finally:
            if multiprocessing.parent_process() is not None:
                global _arrived
                _arrived = self._signal
            for number, handler in zip(numbers, before, strict=True):
                signal.signal(number, handler)
            if isinstance(outer, Stop) and self._signal is not None:
                outer._signal = self._signal

    def _note(self, number: int, _frame: types.FrameType | None) -> None:
        self._signal = number  # no lock, no Event: a handler interrupts its own thread

    def check(self) -> None:
        """Raises StoppedError: when it is time to leave."""
        if self._signal is not None:
            raise StoppedError(f"{signal.Signals(self._signal).name} arrived")
        if os.getppid() != self._parent:
            raise StoppedError("ansible-playbook is gone")
        why = self.change_stopped() if self.change_stopped else None
        if why is not None:
            raise ChangeStoppedError(f"the change is stopped ({why.rstrip('.')})")

    def sleep(self, seconds: float) -> None:
        """Raises StoppedError: as soon as it is time to leave."""
        end = time.monotonic() + seconds
        self.check()
        if self._waits is not None:
            self._waits()
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, _SLICE_SECONDS))
            self.check()


class Progress:
    """Lines about a long wait: at once when the text changes, otherwise seldom.

    say: prints one line.
    interval: seconds after which an unchanged text is repeated.
    """

    def __init__(self, say: Callable[[str], None], interval: float = 60.0) -> None:
        self._say = say
        self._interval = interval
        self._began = time.monotonic()
        self._last: tuple[str, float] | None = None

    def __call__(self, text: str) -> None:
        now = time.monotonic()
        if self._last and self._last[0] == text and now - self._last[1] < self._interval:
            return
        self._last = (text, now)
        self._say(f"{text} ({now - self._began:.0f} s)")


def poll(
    check: Callable[[], Any],
    *,
    deadline: float,
    interval: float,
    stop: Stop,
    longest_interval: float | None = None,
) -> Any:
    """Call ``check`` until it returns something else than None; None when the deadline passed.

    deadline: seconds from now; ``check`` is called at least once.
    interval: seconds between two calls.
    longest_interval: where given, the interval doubles up to this: back-off.
    Raises StoppedError: see Stop.
    """
    end = time.monotonic() + deadline
    while True:
        stop.check()
        found = check()
        if found is not None:
            return found
        left = end - time.monotonic()
        if left <= 0:
            return None
        stop.sleep(min(interval, left))
        interval = min(interval * 2, longest_interval or interval)
