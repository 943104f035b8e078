# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps ansible-playbook from waiting for ever: for a reader of its output, or for a worker.

And what keeps those who read it from waiting: ansible-core leaves it to Python when a line is
written, into a file or a pipe only after 8 KiB. Whoever looks on through ``tee`` would not see what
he is asked to do, and a run that is killed would take its last lines with it.

ansible-core (2.16 to 2.21) prints in the thread that takes the workers' results: a print that fails
(``| head``, a pager that was quit, a terminal that is gone, a full disk) ends that thread, and no
result is ever taken again. And under the strategies free and host_pinned nobody notices that a
worker was killed (by the OOM killer, say): its host stays blocked, and the run never ends. And from
2.21 on a worker that outlives ansible-playbook asks it something over a socket (add_host does) that
its own copy keeps open, and waits for the answer for ever.

Callbacks could watch for that, and run only where a site enables them. What runs in
ansible-playbook itself, whatever is enabled, is the import of an action, before the first worker is
forked for it: there :func:`keep_going` is called. From then on

- each line is written when it is said;
- output that nobody can take any more is dropped, and the run goes on;
- a task whose worker is gone without a result is given to a new worker, where it may be repeated:
  every action of this collection may, it looks first and joins what is under way;
- where it may not, or where results are not taken any more, the run ends: the other workers get
  SIGTERM and leave at a safe point;
- a worker that outlives ansible-playbook finds that nobody is there, and ends;
- while workers are at work, this process sleeps until one of them ends. ansible-core asks a
  thousand times a second whether there is a result, for as long as a host takes, and ten thousand
  times whether a worker is free.
"""

from __future__ import annotations

import errno
import functools
import gc
import multiprocessing
import os
import socket
import stat
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from typing import Any, Final, NoReturn

from ansible.errors import AnsibleError
from ansible.plugins.strategy import StrategyBase
from ansible.utils.display import Display

# A task variable of a repeated task: the process that was lost (int).
LOST: Final = "_legacyops_lost_worker"
_OURS: Final = "legacyops.hotfix."
# Tasks that are nothing but a decision in the worker, or the reading of a file on the controller.
_REPEATABLE: Final = frozenset(
    f"{prefix}{name}"
    for prefix in ("", "ansible.builtin.", "ansible.legacy.")
    for name in ("assert", "debug", "fail", "include_role", "include_tasks", "set_fact")
)
_LOOK_SECONDS: Final = 1.0
# Looks in which a worker was gone, and nothing was on its way from anybody.
_QUIET_LOOKS: Final = 3
# For one task, and for one that loops over steps; then it is the task that kills them.
_MOST_WORKERS: Final = 3
_MOST_IN_A_LOOP: Final = 9
_LOCK_SECONDS: Final = 5.0
# How long the other workers have to reach a safe point before ansible-playbook goes without them.
_END_SECONDS: Final = 60.0
# What else may happen while a worker is at work is noticed after so long.
_NAP_SECONDS: Final = 0.1
_NOBODY_READS: Final = frozenset({errno.EPIPE, errno.EIO, errno.EBADF, errno.ENXIO})

Key = tuple[str, str]


@dataclass
class _Task:
    """A task that a worker has, and looks in which neither it nor its result was there."""

    worker: Any
    quiet: int = 0


@dataclass
class _Watch:
    """The tasks of one play that are with a worker."""

    tasks: dict[Key, _Task] = field(default_factory=dict)
    workers: dict[Key, int] = field(default_factory=dict)
    looked: float = 0.0


def keep_going() -> None:
    """Take care of this process; once, and never in a worker."""
    if multiprocessing.parent_process() is not None or hasattr(StrategyBase, "_legacyops_steady"):
        return
    StrategyBase._legacyops_steady = True
    for stream in (sys.stdout, sys.stderr):
        _outlast(stream)
    StrategyBase._queue_task = _watched(StrategyBase._queue_task)
    StrategyBase._process_pending_results = _looking(StrategyBase._process_pending_results)
    os.register_at_fork(after_in_child=_take_no_connections)
    # Inventory, plays and modules stay for the whole run. Who looks for circles among them, this
    # process and each worker that it forks, does so in vain, and a worker copies what it touches.
    gc.collect()
    gc.freeze()


# --- Output ---------------------------------------------------------------------------------


def _outlast(stream: Any) -> None:
    """Have a stream write each line at once, and never fail.

    ansible-core patches the same two methods.
    """
    try:
        buffer, descriptor = stream.buffer, stream.fileno()
    except (AttributeError, OSError, ValueError):
        return  # not a file: a test's, or a program's own
    buffer.write = _lasting(buffer.write, descriptor)
    buffer.flush = _lasting(buffer.flush, descriptor)
    stream.reconfigure(line_buffering=True)


def _lasting(write: Callable[..., Any], descriptor: int) -> Callable[..., Any]:
    @functools.wraps(write)
    def lasting(*data: Any) -> Any:
        try:
            return write(*data)
        except OSError as error:
            if error.errno in _NOBODY_READS:
                _let_go(descriptor, error)
            return len(data[0]) if data else None

    return lasting


def _let_go(descriptor: int, error: OSError) -> None:
    _replace_by_nothing(descriptor)
    if descriptor == 1:
        sys.stderr.write(
            f"Nobody takes the output any more ({error.strerror}). The run goes on; what happens "
            "stands in the journals of the change.\n"
        )
        sys.stderr.flush()


def _replace_by_nothing(descriptor: int) -> None:
    """Close what a descriptor leads to, and keep its number: whoever has it may close it, too."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, descriptor)
    os.close(nothing)


# --- Workers --------------------------------------------------------------------------------


def _take_no_connections() -> None:
    """Give up a worker's copies of the sockets on which ansible-playbook takes connections."""
    for descriptor in map(int, os.listdir("/dev/fd")):
        with suppress(OSError):  # that of the folder itself is closed by now
            if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                continue
            with socket.socket(fileno=os.dup(descriptor)) as found:
                listens = found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
            if listens:
                _replace_by_nothing(descriptor)


def _watch_of(strategy: Any) -> _Watch:
    watch: _Watch = strategy.__dict__.setdefault("_legacyops_watch", _Watch())
    return watch


def _watched(queue_task: Callable[..., Any]) -> Callable[..., Any]:
    """StrategyBase._queue_task, which remembers the worker that has the task."""

    @functools.wraps(queue_task)
    def queue(self: Any, host: Any, task: Any, *rest: Any, **more: Any) -> Any:
        _nap(self, len(self._workers))
        before = list(self._workers)
        result = queue_task(self, host, task, *rest, **more)
        for worker, earlier in zip(self._workers, before, strict=True):
            if worker is not None and worker is not earlier:
                worker.close = _nothing  # a closed one does not tell any more that it is gone
                _watch_of(self).tasks[host.name, task._uuid] = _Task(worker)
        return result

    return queue


def _nothing() -> None:
    """Instead of multiprocessing.Process.close; what it frees goes with the object."""


def _looking(process: Callable[..., Any]) -> Callable[..., Any]:
    """StrategyBase._process_pending_results, which then looks for workers that are gone."""

    @functools.wraps(process)
    def results(self: Any, *args: Any, **more: Any) -> Any:
        if not self._results:
            _nap(self, self._pending_results)
        found = process(self, *args, **more)
        watch = _watch_of(self)
        if time.monotonic() - watch.looked >= _LOOK_SECONDS:
            watch.looked = time.monotonic()
            _look(self, watch)
        return found

    return results


def _nap(strategy: Any, most: int) -> None:
    """Sleep until a worker ends, where so many are at work: nothing can come from any other."""
    busy = []
    for worker in strategy._workers:
        with suppress(AttributeError, ValueError):  # there is none; it was closed
            if worker.exitcode is None:
                busy.append(worker.sentinel)
    if busy and len(busy) == most:
        wait(busy, _NAP_SECONDS)


def _look(strategy: Any, watch: _Watch) -> None:
    if not strategy._results_thread.is_alive():
        _end("ansible-playbook does not take its workers' results any more")
    quiet = strategy._final_q.empty()
    for key, task in list(watch.tasks.items()):
        if key not in strategy._queued_task_cache:  # its result was taken
            del watch.tasks[key]
            watch.workers.pop(key, None)
        elif task.worker.exitcode is not None:
            task.quiet = task.quiet + 1 if quiet else 0
            if task.quiet >= _QUIET_LOOKS:
                _replace(strategy, watch, key)


def _replace(strategy: Any, watch: _Watch, key: Key) -> None:
    """Give the task of a worker that is gone to a new one.

    Raises AnsibleError: it may not be repeated: the run ends.
    """
    gone = watch.tasks.pop(key).worker
    strategy._workers[:] = [None if each is gone else each for each in strategy._workers]
    _free_queue(strategy._final_q)
    queued = strategy._queued_task_cache[key]
    host, task = queued["host"], queued["task"]
    watch.workers[key] = watch.workers.get(key, 1) + 1
    what = f"{host.name}: the process {gone.pid} that had the task {task.get_name()!r}"
    what += f" is gone without a result (exit code {gone.exitcode})"
    ours = str(task.action).startswith(_OURS) or task.action in _REPEATABLE
    most = _MOST_IN_A_LOOP if task.loop else _MOST_WORKERS
    if not ours or watch.workers[key] > most:
        _end(what)
    Display().warning(f"{what}. Another one does the task again, and joins what was begun.")
    strategy._pending_results -= 1
    variables = {**queued["task_vars"], LOST: gone.pid}
    strategy._queue_task(host, task, variables, queued["play_context"])


def _free_queue(queue: Any) -> None:
    """Free the lock of the results' queue, where the worker that is gone has taken it with it.

    Nothing is on its way, so whoever else holds it has it back in no time.
    """
    if not queue._wlock.acquire(timeout=_LOCK_SECONDS):
        Display().warning("A process died while it handed over its result.")
    queue._wlock.release()


def _end(why: str) -> NoReturn:
    """End the run as ansible-core does where it finds a dead worker.

    Raises AnsibleError: always.
    """
    last = threading.Timer(_END_SECONDS, os._exit, (1,))
    last.daemon = True
    last.start()
    raise AnsibleError(
        f"The run ends: {why}. Hosts that are under way are left at a safe point; run the same "
        "command again."
    )
