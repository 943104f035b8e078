"""The script `ft/act`: one act on one node of an FT system."""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any, cast

from legacyops_lab.client import CLIENT

from ..ft.jobs import Job
from ..ft.physics import Impossible
from ..world.failures import ScriptError
from ..world.files import File
from ..world.host import Host
from ..world.times import iso, parse
from .host import RelayHost
from .nodes import READ_SECONDS, Reached, find, late, open_share, refusal, silence
from .observe import job_record

FOLDER = r"%windir%\legacyops"
PROBE_SECONDS = 10
LONGEST_WAIT_SECONDS = 120
_MINUTES_AHEAD = 3
_LONGEST_LINE = {"windows_2000": 2047, "windows_2003": 8191}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_ARGUMENT = re.compile(r'[^"%\x00-\x1f]+')


async def ft_act(
    host: Host, parameters: dict[str, Any], _pieces: AsyncIterator[bytes]
) -> dict[str, Any]:
    """Do one thing; ScriptError where the node is silent, refuses, or is not as it was."""
    relay = cast(RelayHost, host)
    reached = await _enter(relay, parameters)
    for key in ("job", "name"):
        if parameters.get(key) is not None and not _NAME.fullmatch(str(parameters[key])):
            raise ScriptError("refused", f"not a name of a file or job: {parameters[key]}")
    operation = _OPERATIONS.get(parameters["op"])
    if operation is None:
        raise ScriptError("refused", f"unknown op: {parameters['op']}")
    if operation is not _status:
        reached.system.acted(CLIENT.get())
    return await operation(relay, reached, parameters)


async def _enter(relay: RelayHost, parameters: dict[str, Any]) -> Reached:
    """Return the node once it has let the relay in."""
    reached = find(relay, parameters["node"])
    if reached is None:
        seconds = parameters.get("probe_seconds") or PROBE_SECONDS
        await relay.pause(float(seconds))
        raise ScriptError("node_unreachable", silence(seconds))
    if "wmi_hangs" in reached.faults:
        await relay.pause(float(parameters["seconds"]))
        raise ScriptError("deadline", late(parameters["seconds"]))
    await relay.pause(READ_SECONDS)
    if not reached.alive:
        raise ScriptError("deadline", late(parameters["seconds"]))
    refused = refusal(relay, reached, parameters["node"])
    if refused is not None:
        kind, message = refused
        raise ScriptError("script_error" if kind == "wmi" else kind, message)
    return reached


async def _stage(relay: RelayHost, reached: Reached, parameters: dict[str, Any]) -> dict[str, Any]:
    """Copy a file of the relay to the node, and compare its hash there."""
    sha256 = str(parameters["sha256"]).upper()
    source = relay.files.get(parameters["path"])
    if source is None:
        raise ScriptError("not_found", f"file not found on the relay: {parameters['path']}")
    if source.sha256 != sha256:
        message = f"{source.path} on the relay has SHA-256 {source.sha256}"
        raise ScriptError("hash_mismatch", message)
    open_share(relay, reached, parameters["node"])
    jobs = reached.system.jobs
    path = jobs.expand(rf"{FOLDER}\{parameters['name']}")
    there = jobs.files[reached.node].get(path)
    existed = there is not None and there.sha256 == sha256
    if not existed:
        copy = File(path, source.size, source.sha256, source.image, source.content)
        jobs.files[reached.node].put(copy)
    return {"path": path, "sha256": sha256, "existed": existed}


async def _start(relay: RelayHost, reached: Reached, parameters: dict[str, Any]) -> dict[str, Any]:
    """Schedule a job that is not there, at a full minute of the node's own clock."""
    name, jobs = str(parameters["job"]), reached.system.jobs
    found = _live(reached, name)
    if found is not None:
        told = job_record(found)
        shown = {"state": told["state"], "exit_code": told["exit_code"]}
        return {"existed": True, "started": False, **shown, "start_utc": told["started_utc"]}
    open_share(relay, reached, parameters["node"])
    _check_guard(reached, parameters.get("guard"))
    words = [str(word) for word in parameters.get("arguments") or ()]
    _check_line(reached, parameters["executable"], words)
    now = jobs.clock(reached.node, reached.system.clock.now())
    due = now.replace(second=0, microsecond=0) + timedelta(minutes=_MINUTES_AHEAD)
    job = Job(
        name,
        parameters["operation"],
        parameters["update"],
        parameters["executable"],
        words,
        iso(due),
        iso(now + timedelta(minutes=int(parameters["expires_minutes"]))),
        start_record=reached.system.start_records[reached.node],
    )
    jobs.add(reached.node, job)
    begun = {"state": "waiting", "exit_code": None, "start_utc": iso(due)}
    return {"existed": False, "started": True, **begun}


def _live(reached: Reached, name: str) -> Job | None:
    """Return a job; one that has expired without a beginning is cleared away."""
    jobs = reached.system.jobs
    reached.system.advance()
    job = jobs.get(reached.node, name)
    if job is None:
        return None
    now = jobs.clock(reached.node, reached.system.clock.now())
    if job.state == "expired" or (job.state == "waiting" and now > parse(job.expires)):
        jobs.delete(reached.node, name)
        return None
    return job


def _check_guard(reached: Reached, guard: dict[str, str] | None) -> None:
    """Compare a pinned file's hash."""
    if guard is None:
        return
    jobs = reached.system.jobs
    file = jobs.files[reached.node].get(jobs.expand(guard["path"]))
    if file is None:
        raise ScriptError("not_found", f"file not found on the node: {guard['path']}")
    if file.sha256 != guard["sha256"].upper():
        raise ScriptError("hash_mismatch", f"{file.path} on the node has SHA-256 {file.sha256}")


def _check_line(reached: Reached, executable: str, words: list[str]) -> None:
    """Refuse a command line that this Windows does not take."""
    jobs = reached.system.jobs
    for word in words:
        if not _ARGUMENT.fullmatch(jobs.expand(word)):
            raise ScriptError("refused", f"not an argument: {word}")
    length = len(" ".join([f'"{jobs.expand(executable)}"', *map(jobs.expand, words)]))
    if length > _LONGEST_LINE[jobs.kind]:
        takes = f"and this Windows takes {_LONGEST_LINE[jobs.kind]}"
        raise ScriptError("refused", f"the command line has {length} characters, {takes}")


async def _status(relay: RelayHost, reached: Reached, parameters: dict[str, Any]) -> dict[str, Any]:
    """Look at a job, and wait for its end a while."""
    name = str(parameters["job"])
    seconds = min(float(parameters.get("wait_seconds") or 0), LONGEST_WAIT_SECONDS)

    def over() -> bool:
        job = _live(reached, name)
        return not reached.alive or job is None or job.state not in ("waiting", "running")

    await relay.until(over, seconds)
    if not reached.alive:
        raise ScriptError("deadline", late(parameters["seconds"]))
    job = _live(reached, name)
    told = job_record(job) if job else {"state": "none", **dict.fromkeys(_TOLD)}
    shown = {part: told[part] for part in ("state", *_TOLD)}
    return {"existed": job is not None, **shown, **_log(relay, reached, parameters)}


_TOLD = ("exit_code", "started_utc", "ended_utc", "start_record")


def _log(relay: RelayHost, reached: Reached, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the log that is asked for, or why it could not be read."""
    log = parameters.get("log")
    if not log:
        return {"log": None, "log_error": None}
    try:
        open_share(relay, reached, parameters["node"])
    except ScriptError as error:
        return {"log": None, "log_error": str(error)}
    return {"log": _read_log(reached, log), "log_error": None}


def _read_log(reached: Reached, log: dict[str, Any]) -> dict[str, Any]:
    """Return a log's matching lines and its last bytes."""
    jobs = reached.system.jobs
    file = jobs.files[reached.node].get(jobs.expand(log["path"]))
    if file is None or file.content is None:
        return {"exists": False, "size": 0, "utf_16": False, "matches": [], "tail": ""}
    patterns = [re.compile(pattern) for pattern in log.get("patterns") or ()]
    lines = file.content.decode("cp932").splitlines()
    count = int(log.get("tail_bytes") or 0)
    return {
        "exists": True,
        "size": file.size,
        "utf_16": file.content.startswith(b"\xff\xfe"),
        "matches": [line for line in lines if any(p.search(line) for p in patterns)],
        "tail": base64.b64encode(file.content[-count:] if count else b"").decode(),
    }


async def _delete(
    _relay: RelayHost, reached: Reached, parameters: dict[str, Any]
) -> dict[str, Any]:
    """Delete a job that does not run."""
    name = str(parameters["job"])
    job = _live(reached, name)
    if job is not None and job.state == "running":
        raise ScriptError("refused", "the job is running")
    return {"deleted": job is not None and reached.system.jobs.delete(reached.node, name)}


async def _restart(
    _relay: RelayHost, reached: Reached, parameters: dict[str, Any]
) -> dict[str, Any]:
    """Restart the node's Windows, once for each start."""
    return _go_down(reached, parameters, "restart")


async def _shutdown(
    _relay: RelayHost, reached: Reached, parameters: dict[str, Any]
) -> dict[str, Any]:
    """Shut the node's Windows down; the lab's machines always switch off (HYP-FT-25)."""
    return _go_down(reached, parameters, "shutdown")


def _go_down(reached: Reached, parameters: dict[str, Any], verb: Any) -> dict[str, Any]:
    system, node = reached.system, reached.node
    record = system.start_records[node]
    if record > parameters["start_record"]:
        message = f"the node has been restarted since: start record {record}"
        raise ScriptError("refused", message)
    for job in system.jobs.all(node):
        if job.state in ("waiting", "running") and _live(reached, job.name) is not None:
            raise ScriptError("refused", f"job {job.name} is {job.state} on the node")
    try:
        system.act(verb, node)
    except Impossible as error:
        raise ScriptError("refused", str(error)) from error
    return {"return_value": 0}


_Operation = Callable[[RelayHost, Reached, dict[str, Any]], Awaitable[dict[str, Any]]]
_OPERATIONS: dict[str, _Operation] = {
    "stage": _stage,
    "start": _start,
    "status": _status,
    "delete": _delete,
    "restart": _restart,
    "shutdown": _shutdown,
}
