"""The script `ft_act`: one act on one node of an FT system."""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from ..ft.jobs import Job
from ..ft.physics import Impossible
from ..world.failures import ScriptError
from ..world.files import File
from ..world.host import Host
from ..world.times import dmtf, iso
from .nodes import READ_SECONDS, Reached, enter, open_share
from .observe import OFFSET_MINUTES

if TYPE_CHECKING:
    from .host import RelayHost

STAGE_FOLDER = r"%windir%\legacyops"
LEAD = timedelta(minutes=2)
LONGEST_WAIT_SECONDS = 50
_JOB_NAME = re.compile(r"[A-Za-z0-9._-]+")


async def ft_act(
    host: Host, parameters: dict[str, Any], _pieces: AsyncIterator[bytes]
) -> dict[str, Any]:
    """Do one thing; ScriptError where the node is silent, refuses, or is not as it was."""
    relay = cast("RelayHost", host)
    given = parameters["node"]
    op = _OPERATIONS.get(parameters["op"])
    if op is None:
        raise ScriptError("refused", f"unknown op: {parameters['op']}")
    reached = enter(relay, given)
    if {"wmi_hangs", "wmi_dead"} & reached.faults:
        await host.pause(float(parameters.get("seconds") or READ_SECONDS))
        raise ScriptError("deadline", f"no answer within {parameters.get('seconds')} seconds")
    await host.pause(READ_SECONDS)
    return await op(relay, reached, parameters)


async def _stage(relay: RelayHost, reached: Reached, parameters: dict[str, Any]) -> dict[str, Any]:
    """Copy a file of the relay to the node, and compare its hash there."""
    sha256 = str(parameters["sha256"]).upper()
    source = relay.files.get(parameters["path"])
    if source is None:
        raise ScriptError("not_found", f"file not found: {parameters['path']}")
    if source.sha256 != sha256:
        raise ScriptError("hash_mismatch", f"{source.path} has SHA-256 {source.sha256}")
    open_share(relay, reached)
    jobs = reached.system.jobs
    path = jobs.expand(rf"{STAGE_FOLDER}\{parameters['name']}")
    there = jobs.files[reached.node].get(path)
    existed = there is not None and there.sha256 == sha256
    if not existed:
        copy = File(path, source.size, source.sha256, source.image, source.content)
        jobs.files[reached.node].put(copy)
    return {"path": path, "sha256": sha256, "existed": existed}


async def _start(_relay: RelayHost, reached: Reached, parameters: dict[str, Any]) -> dict[str, Any]:
    """Schedule a job that has never been there, at a full minute of the node's own clock."""
    name, jobs = parameters["job"], reached.system.jobs
    if not _JOB_NAME.fullmatch(name):
        raise ScriptError("refused", f"not a name of a job: {name}")
    found = jobs.get(reached.node, name)
    if found is None:
        guard = parameters.get("guard")
        if guard is not None:
            _check_guard(reached, guard)
        now = jobs.clock(reached.node, reached.system.clock.now())
        due = (now + LEAD + timedelta(seconds=59)).replace(second=0, microsecond=0)
        expires = due + timedelta(minutes=int(parameters["expires_minutes"]))
        job = Job(
            name,
            parameters["operation"],
            parameters["update"],
            parameters["executable"],
            [str(word) for word in parameters.get("arguments") or ()],
            parameters.get("log"),
            guard,
            iso(due),
            iso(expires),
        )
        jobs.add(reached.node, job)
    return {**_record(reached, name), "existed": found is not None, "started": found is None}


def _check_guard(reached: Reached, guard: dict[str, str]) -> None:
    """Compare a pinned file's hash."""
    jobs = reached.system.jobs
    file = jobs.files[reached.node].get(jobs.expand(guard["path"]))
    if file is None:
        raise ScriptError("not_found", f"file not found: {guard['path']}")
    if file.sha256 != guard["sha256"].upper():
        raise ScriptError("hash_mismatch", f"{file.path} has SHA-256 {file.sha256}")


async def _status(relay: RelayHost, reached: Reached, parameters: dict[str, Any]) -> dict[str, Any]:
    """Look at a job, and wait for its end a while."""
    name = parameters["job"]
    seconds = min(float(parameters.get("wait_seconds") or 0), LONGEST_WAIT_SECONDS)

    def over() -> bool:
        job = reached.system.jobs.get(reached.node, name)
        return not reached.alive or job is None or job.state not in ("waiting", "running")

    await relay.until(over, seconds)
    if not reached.alive:
        enter(relay, parameters["node"])
    log = parameters.get("log")
    return {
        **_record(reached, name),
        "existed": reached.system.jobs.get(reached.node, name) is not None,
        "log": _read_log(reached, log) if log else None,
    }


def _record(reached: Reached, name: str) -> dict[str, Any]:
    """Return a job as results show it."""
    job = reached.system.jobs.get(reached.node, name)
    if job is None:
        empty = ("exit_code", "start_utc", "started_utc", "ended_utc")
        return {"state": "none", **dict.fromkeys(empty)}
    return {
        "state": "finished" if job.state == "killed" else job.state,
        "exit_code": job.exit_code,
        "start_utc": job.due,
        "started_utc": job.started,
        "ended_utc": job.ended,
    }


def _read_log(reached: Reached, log: dict[str, Any]) -> dict[str, Any]:
    """Return a log's matching lines and its last bytes."""
    jobs = reached.system.jobs
    file = jobs.files[reached.node].get(jobs.expand(log["path"]))
    if file is None or file.content is None:
        return {"exists": False, "size": 0, "matches": [], "tail": ""}
    patterns = [re.compile(pattern) for pattern in log.get("patterns") or ()]
    lines = file.content.decode("cp932").splitlines()
    count = int(log.get("tail_bytes") or 0)
    return {
        "exists": True,
        "size": file.size,
        "matches": [line for line in lines if any(p.search(line) for p in patterns)],
        "tail": base64.b64encode(file.content[-count:] if count else b"").decode(),
    }


async def _delete(
    _relay: RelayHost, reached: Reached, parameters: dict[str, Any]
) -> dict[str, Any]:
    """Delete a job that does not run."""
    job = reached.system.jobs.get(reached.node, parameters["job"])
    if job is not None and job.state == "running":
        raise ScriptError("refused", "the job is running")
    return {"deleted": reached.system.jobs.delete(reached.node, parameters["job"])}


async def _restart(
    _relay: RelayHost, reached: Reached, parameters: dict[str, Any]
) -> dict[str, Any]:
    """Restart the node's Windows, once for each boot token."""
    return _go_down(reached, parameters, "restart")


async def _shutdown(
    _relay: RelayHost, reached: Reached, parameters: dict[str, Any]
) -> dict[str, Any]:
    """Shut the node's Windows down; the lab's machines always switch off (HYP-FT-25)."""
    return _go_down(reached, parameters, "shutdown")


def _go_down(reached: Reached, parameters: dict[str, Any], verb: Any) -> dict[str, Any]:
    system, node = reached.system, reached.node
    token = dmtf(system.booted(node), OFFSET_MINUTES[system.jobs.language])
    if parameters["boot_token"] != token:
        raise ScriptError("refused", f"restarted since: its boot token is {token}")
    try:
        system.act(verb, node)
    except Impossible as error:
        raise ScriptError("refused", str(error)) from error
    return {"return_value": 0}


_Operation = Callable[["RelayHost", Reached, dict[str, Any]], Awaitable[dict[str, Any]]]
_OPERATIONS: dict[str, _Operation] = {
    "stage": _stage,
    "start": _start,
    "status": _status,
    "delete": _delete,
    "restart": _restart,
    "shutdown": _shutdown,
}
