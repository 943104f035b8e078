# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The relay of an FT system: the Windows host through which its nodes are read and acted on.

The nodes have neither PowerShell nor WinRM. The relay's scripts (ft_observe, ft_act)
reach them by WMI and the administrative share; what they do and what can go wrong there is in
their headers.
"""

from __future__ import annotations

import typing as t
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ..._core.ft.system import NODES
from ..failures import is_passing
from ..remote import Remote
from ..site_command import Credentials
from ..waiting import Progress, Stop, poll
from ..wire import RemoteError, scrubbed

Data = dict[str, t.Any]

PROBE_SECONDS = 10
# A whole reading of a node: an old machine walks through the System log of a month.
NODE_SECONDS = 150
# The second way, after the first has failed or hung: the newest part of one log, and some files.
RPC_SECONDS = 90
_ACT_SECONDS = 120
# A package through SMB 1, read back for its hash.
_STAGE_SECONDS = 900
# The relay's own part of an answer, beside what it may wait for a node.
_RELAY_SECONDS = 60
_LONGEST_WAIT = 50  # seconds that ft_act may wait for a job within one start
# A job begins two to three minutes after it was asked for, or never.
EXPIRES_MINUTES = 10
_TAIL_BYTES = 24_000
_READING: t.Final[Data] = {
    "want": [],
    "updates": [],
    "system_files": [],
    "events": None,
    "preflight": False,
    "owner": None,
    "files": [],
}


@dataclass(frozen=True)
class UpdateJob:
    """An installer to run on a node, detached and as SYSTEM.

    :ivar name: the same in every run, so that a later one finds it.
    :ivar executable: its path on the node; may begin with ``%windir%``.
    :ivar arguments: its arguments, a word each; no secrets.
    :ivar guard: a file that is hashed right before the start: {path, sha256}.
    :ivar log: where it writes its log, or None.
    """

    name: str
    operation: str
    update: str
    executable: str
    arguments: tuple[str, ...]
    guard: Mapping[str, str] | None = None
    log: str | None = None

    def log_request(self) -> Data | None:
        """What to bring back of the log."""
        if self.log is None:
            return None
        return {"path": self.log, "patterns": [], "tail_bytes": _TAIL_BYTES}


@dataclass(frozen=True)
class UpdateResult:
    """How it ended.

    :ivar found: it had been there before this run asked for it.
    :ivar exit_code: unsigned; None: the node was restarted in the middle of it.
    :ivar started: ISO 8601 UTC by the node's clock, as ``ended``.
    :ivar start: mark of the start of Windows in which it ran (_core.starts), or None.
    :ivar log: {exists, size, matches, tail (base64)}, or None where it could not be read.
    :ivar losses: how often the relay or the node did not answer meanwhile.
    """

    found: bool
    exit_code: int | None
    started: str | None
    ended: str | None
    start: Data | None
    log: Data | None
    losses: int


def _start_of(job: Data) -> Data | None:
    """The mark of the start that a job belongs to: when it was scheduled, and when it ended."""
    start = {"start_record": job.get("start_record"), "clock_utc": job.get("ended_utc")}
    return start if None not in start.values() else None


class Relay:
    """The nodes of one FT system with ``access: relay``, as its relay reaches them.

    :param remote: the inventory host's connection, which is the relay's.
    :param form: legacyops_ft_system.
    :param credentials: legacyops_ft_credentials; used for the nodes, never shown.
    """

    def __init__(self, remote: Remote, form: Mapping[str, t.Any], credentials: t.Any) -> None:
        self._remote = remote
        self._form = form
        self._credentials = credentials
        self.nodes = tuple(name for name in NODES if _part(form, name).get("access") == "relay")

    # --- Reading ----------------------------------------------------------------------------

    def observe(self, request: Mapping[str, t.Any], nodes: Collection[str] | None = None) -> Data:
        """Read what the script ft_observe reads, with one PowerShell start.

        :param request: its parameters, without nodes, deadlines and the source of the fix level:
            those come from the form. What is missing is not read.
        :param nodes: only these; None: all that the relay reaches.
        :raises RemoteError: the relay could not be asked. A node's own trouble is in its record.
        """
        names = [name for name in self.nodes if nodes is None or name in nodes]
        given = [self._node(name) for name in names]
        parameters = {
            **_READING,
            **request,
            "nodes": given,
            "fix_level": self._fix_level(),
            "probe_seconds": PROBE_SECONDS,
            "node_seconds": NODE_SECONDS,
            "rpc_seconds": RPC_SECONDS,
        }
        deadline = PROBE_SECONDS + NODE_SECONDS + RPC_SECONDS + _RELAY_SECONDS
        data = self._remote.run("ft_observe", parameters, deadline=deadline)
        secrets = [node["password"] for node in given]
        found = data.get("nodes")
        found = found if isinstance(found, dict) else {}
        return {
            **data,
            "nodes": {name: self._record(found.get(name), secrets) for name in names},
            "errors": scrubbed(data.get("errors") or {}, secrets),
        }

    @staticmethod
    def _record(record: t.Any, secrets: list[str]) -> Data:
        """A node's record; its texts about errors come from Windows, and are scrubbed."""
        if not isinstance(record, dict):
            return {"reachable": None, "source": "wmi", "error": "the relay tells nothing of it"}
        said = ("error", "wmi_error", "errors")
        texts = {key: scrubbed(record.get(key), secrets) for key in said}
        return {**record, **texts}

    def system(self, node: str) -> Data:
        """A node's record with its parts ``system`` and ``job``.

        :raises RemoteError: it is not a node of the relay, or the relay could not be asked.
        """
        self._node(node)
        record: Data = self.observe({"want": ["system", "job"]}, [node])["nodes"][node]
        return record

    # --- Acting -----------------------------------------------------------------------------

    def stage(self, node: str, path: str, sha256: str, name: str) -> Data:
        """Have a file of the relay on a node's own disk: {path, sha256, existed}.

        :param name: the copy's name.
        :raises RemoteError: as ft_act.
        """
        given = {"path": path, "sha256": sha256, "name": name}
        return self._act(node, "stage", _STAGE_SECONDS, given)

    def restart(self, node: str, start_record: int | None) -> Data:
        """Ask a node's Windows to restart: {return_value}, 0 where it has accepted.

        :param start_record: number in its System log that the record of a later start exceeds.
        :raises RemoteError: as ft_act; ``refused`` where it was started anew since.
        """
        return self._act(node, "restart", _ACT_SECONDS, {"start_record": start_record})

    def shutdown(self, node: str, start_record: int | None, power_off: bool = True) -> Data:
        """Ask a node's Windows to shut down; as ``restart``.

        :param power_off: False: it stops where it may be switched off.
        """
        given = {"start_record": start_record, "power_off": power_off}
        return self._act(node, "shutdown", _ACT_SECONDS, given)

    def run_update(
        self,
        node: str,
        job: UpdateJob,
        *,
        deadline: float,
        poll_seconds: float,
        progress: Progress,
        stop: Stop,
    ) -> UpdateResult:
        """Start the job unless it is there already, and wait for its end. It is never ended.

        :param deadline: seconds to wait; a job that runs then goes on by itself.
        :raises RemoteError: reason ``deadline`` where it still runs, ``not_started`` where the
            node's scheduler did not begin it (it is taken out again); or as ft_act.
        :raises StoppedError: see waiting.Stop; the job goes on.
        """
        watch = _Watch(self, node, job, poll_seconds, progress, stop)
        last = poll(watch.look, deadline=deadline, interval=0.5, stop=stop)
        if last is None:
            raise watch.too_late(deadline)
        return UpdateResult(
            found=bool(watch.found),
            exit_code=last.get("exit_code"),
            started=last.get("started_utc"),
            ended=last.get("ended_utc"),
            start=_start_of(last),
            log=last.get("log"),
            losses=watch.losses,
        )

    def start(self, node: str, job: UpdateJob) -> Data:
        """Ask for a job's start, once in its life: {existed, started, state, …}."""
        given = {
            "job": job.name,
            "operation": job.operation,
            "update": job.update,
            "executable": job.executable,
            "arguments": list(job.arguments),
            "guard": None if job.guard is None else dict(job.guard),
            "log": job.log,
            "expires_minutes": EXPIRES_MINUTES,
        }
        return self._act(node, "start", _ACT_SECONDS, given)

    def status(self, node: str, name: str, wait: int, log: Data | None = None) -> Data:
        """A job's state: {existed, state, exit_code, started_utc, ended_utc, log}.

        :param wait: seconds that the relay may wait for its end, at most 50.
        """
        wait = min(wait, _LONGEST_WAIT)
        given = {"job": name, "wait_seconds": wait, "log": log}
        return self._act(node, "status", _ACT_SECONDS + wait, given)

    def delete(self, node: str, name: str) -> bool:
        """Remove a job that does not run; whether there was one."""
        return bool(self._act(node, "delete", _ACT_SECONDS, {"job": name}).get("deleted"))

    def _act(self, node: str, op: str, seconds: int, given: Mapping[str, t.Any]) -> Data:
        parameters = {"op": op, "node": self._node(node), "seconds": seconds, **given}
        deadline = PROBE_SECONDS + seconds + _RELAY_SECONDS
        try:
            return self._remote.run("ft_act", parameters, deadline=deadline)
        except RemoteError as error:
            message = f"{error.message} ({node}, {op})"
            detail = {**error.detail, "node": node, "op": op}
            raise RemoteError(error.reason, message, error.remedy, detail) from None

    # --- The form ---------------------------------------------------------------------------

    def _node(self, name: str) -> Data:
        """A node as the scripts take it, its credentials included.

        :raises RemoteError: the relay does not reach it, or its credentials are not given.
        """
        part = _part(self._form, name)
        if part.get("access") != "relay":
            raise RemoteError(
                "bad_settings",
                f"{name} is not reached through the relay.",
                "Say access: relay in its part of legacyops_ft_system, or let a person do it.",
            )
        login = Credentials.of(part.get("credentials"), self._credentials, name)
        return {
            "node": name,
            "address": str(part.get("address") or "").strip(),
            "username": login.username,
            "password": login.password,
        }

    def _fix_level(self) -> Data | None:
        """The source of the fix level, where it is one that can be read."""
        part = _part(self._form, "fix_level")
        return dict(part) if part.get("source") in ("registry", "file") else None


def is_unclear(error: RemoteError) -> bool:
    """Whether what was asked for may have happened all the same."""
    return is_passing(error) or error.reason in ("node_unreachable", "deadline")


def _part(form: Mapping[str, t.Any], name: str) -> Mapping[str, t.Any]:
    part = form.get(name)
    return part if isinstance(part, Mapping) else {}


class _Watch:
    """Looks at one job until it has ended, whatever is lost meanwhile.

    ``start`` is asked until it has been answered once: ft_act makes a job only where there is
    none, so asking again after a lost answer cannot start it twice.
    """

    def __init__(
        self,
        relay: Relay,
        node: str,
        job: UpdateJob,
        seconds: float,
        progress: Progress,
        stop: Stop,
    ) -> None:
        self._relay, self._node, self._job = relay, node, job
        self._seconds, self._progress, self._stop = seconds, progress, stop
        self._state = "none"
        self._asked = False
        self.found: bool | None = None
        self.losses = 0

    def look(self) -> Data | None:
        """The job's last state once it has ended, otherwise None."""
        try:
            data = self._answer()
        except RemoteError as error:
            if not is_unclear(error):
                raise
            self.losses += 1
            self._progress(f"no answer ({error.reason}); the installer goes on, asks again")
            self._stop.sleep(self._seconds)
            return None
        before, self._state = self._state, str(data.get("state"))
        if self._state == "finished" and self._asked:
            return data
        if self._state == "none":
            raise self._gone() if before == "running" else self._not_started()
        self._asked = True
        self._progress(f"the installer on {self._node} is {self._state}")
        if self._seconds < 1:
            self._stop.sleep(self._seconds)
        return None

    def _answer(self) -> Data:
        if self._asked:
            wait = int(self._seconds)
            return self._relay.status(self._node, self._job.name, wait, self._job.log_request())
        data = self._relay.start(self._node, self._job)
        self.found = bool(data.get("existed")) and not self.losses
        return data

    def too_late(self, seconds: float) -> RemoteError:
        """Why there is no result after the deadline."""
        if self._state == "waiting" and self._relay.delete(self._node, self._job.name):
            return self._not_started()
        return RemoteError(
            "deadline",
            f"The installer on {self._node} has not ended within {seconds:g} seconds; it was not"
            " stopped and goes on.",
            f"Run again to wait for it (job {self._job.name}); never end it.",
            {"job": self._job.name, "state": self._state},
        )

    def _gone(self) -> RemoteError:
        return RemoteError(
            "job_gone",
            f"The installer's job {self._job.name} on {self._node} is gone: somebody removed it,"
            " and how it ended is not known.",
            "Look at the installer's log and at what is installed.",
            {"job": self._job.name},
        )

    def _not_started(self) -> RemoteError:
        return RemoteError(
            "not_started",
            f"The scheduler of {self._node} has not begun the installer in time; it was taken out"
            " again, and nothing has run.",
            "Check the node's Task Scheduler service and its clock, then run again.",
            {"job": self._job.name},
        )
