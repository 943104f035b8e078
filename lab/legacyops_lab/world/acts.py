"""The scripts that act: each changes one thing on the host and returns before and after."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import AsyncIterator
from typing import Any

from . import certificates, files, images
from .failures import ScriptError
from .files import File
from .host import Host
from .jobs import RUNNING
from .observe import start_signs
from .sessions import ALL, DRAIN
from .texts import text

Pieces = AsyncIterator[bytes]
IO_EXCEPTION = "System.IO.IOException"
DISK_FULL, LOGON_FAILURE, NO_NETWORK_PATH = 0x80070070, 0x8007052E, 0x80070035
NO_SUCH_SESSION = 7022
ALREADY_RUNNING, CANNOT_BE_CONTROLLED = 10, 5
LONGEST_WAIT_SECONDS, LONGEST_JOB_WAIT_SECONDS = 50, 120
BEGIN_SECONDS = 20
_THUMBPRINT = re.compile(r"[0-9A-F]{40}")
_JOB_NAME = re.compile(r"[A-Za-z0-9._-]+")


async def root_certificate(
    host: Host, parameters: dict[str, Any], _pieces: Pieces
) -> dict[str, Any]:
    """Add a root to the physical store of LocalMachine\\Root or remove it."""
    thumbprint = parameters["thumbprint"]
    if not _THUMBPRINT.fullmatch(thumbprint):
        raise ScriptError("refused", "thumbprint must be 40 upper-case hex digits")
    host.acts()
    before = thumbprint in host.trust.stores["root"]
    if parameters["op"] == "add":
        certificate = _pinned(host, base64.b64decode(parameters["der"]), parameters["sha256"])
        if certificate.thumbprint != thumbprint:
            raise ScriptError("hash_mismatch", f"its thumbprint is {certificate.thumbprint}")
        if not before:
            _import_root(host, certificate)
    else:
        host.trust.remove("root", thumbprint)
    return {"before": before, "after": thumbprint in host.trust.stores["root"]}


def _pinned(host: Host, der: bytes, sha256: str) -> certificates.Certificate:
    """Return the certificate that arrived after comparing its hash."""
    digest = hashlib.sha256(der).hexdigest().upper()
    if digest != sha256.upper():
        raise ScriptError("hash_mismatch", f"the certificate's SHA-256 is {digest}")
    try:
        return certificates.from_der(der)
    except ValueError as error:
        crypto = "System.Security.Cryptography.CryptographicException"
        message = text("no_certificate", host.language)
        raise ScriptError("script_error", message, type_name=crypto, code=0x80092009) from error


def _import_root(host: Host, certificate: certificates.Certificate) -> None:
    """Put a certificate into the physical store Root."""
    if certificate.thumbprint != certificates.catalogue()["g5"].thumbprint:
        host.violation(f"a root other than the G5 was imported: {certificate.subject}")
    host.trust.add("root", certificate)


async def root_update_policy(
    host: Host, parameters: dict[str, Any], _pieces: Pieces
) -> dict[str, Any]:
    """Set DisableRootAutoUpdate, or remove it with null."""
    host.acts()
    before = host.trust.policy_value
    host.trust.set_policy(parameters["value"])
    return {"before": before, "after": host.trust.policy_value}


async def job(host: Host, parameters: dict[str, Any], _pieces: Pieces) -> dict[str, Any]:
    """Start a detached job that has never run, look at it, or delete it."""
    name, op = parameters["name"], parameters["op"]
    existed, started = host.jobs.get(name) is not None, False
    if not _JOB_NAME.fullmatch(name):
        raise ScriptError("refused", f"not a name of a job: {name}")
    if op == "delete":
        if _runs(host, name):
            raise ScriptError("refused", "the job is running")
        host.acts()
        host.jobs.delete(name)
    if op == "start":
        if host.jobs.never_ran(name):  # told to run already, it may be: it gets time to begin
            await host.until(lambda: not host.jobs.never_ran(name), BEGIN_SECONDS)
        started = _start_job(host, name, parameters)
    if op in ("start", "status"):
        await host.until(
            lambda: _is_over(host, name), _wait_seconds(parameters, LONGEST_JOB_WAIT_SECONDS)
        )
    record = host.jobs.record(name)
    del record["exists"]
    log = parameters.get("log")
    return {
        "existed": existed,
        "started": started,
        **record,
        "log": _read_log(host, log) if log else None,
    }


def _wait_seconds(parameters: dict[str, Any], longest: float = LONGEST_WAIT_SECONDS) -> float:
    """Return how long a script waits on the host."""
    return min(float(parameters.get("wait_seconds") or 0), longest)


def _start_job(host: Host, name: str, parameters: dict[str, Any]) -> bool:
    """Register where there is no such task, run where it has never run."""
    found = host.jobs.get(name)
    if found is not None and not host.jobs.never_ran(name):
        return False
    start = start_signs(host)
    if found is not None and found["start"]["start_record"] != start["start_record"]:
        host.jobs.delete(name)  # registered before the last start: it is registered anew
        found = None
    for guard in parameters.get("guard") or ():
        _check_guard(host, guard)
    if found is None:
        host.jobs.register(
            name,
            parameters["executable"],
            parameters.get("arguments") or "",
            bool(parameters.get("as_system")),
            start,
        )
    host.acts()
    host.jobs.run(name)
    return True


def _check_guard(host: Host, guard: dict[str, Any]) -> None:
    """Compare a file's hash right before a start."""
    file = host.files.get(guard["path"])
    if file is None:
        raise ScriptError("not_found", f"{guard['path']} is not there")
    if file.sha256 != guard["sha256"].upper():
        raise ScriptError("hash_mismatch", f"the SHA-256 of {file.path} is {file.sha256}")


def _runs(host: Host, name: str) -> bool:
    """Whether a job is running."""
    found = host.jobs.get(name)
    return found is not None and found["state"] == RUNNING


def _is_over(host: Host, name: str) -> bool:
    """Whether a job has ended, or there is none."""
    return not _runs(host, name) and not host.jobs.never_ran(name)


def _read_log(host: Host, log: dict[str, Any]) -> dict[str, Any]:
    """Return a log's matching lines and its last bytes."""
    file = host.files.get(log["path"])
    if file is None or file.content is None:
        return {"exists": False, "size": 0, "utf_16": False, "matches": [], "tail": ""}
    patterns = [re.compile(pattern) for pattern in log.get("patterns") or ()]
    lines = file.content.decode("utf-16").splitlines()
    tail = file.content[-int(log.get("tail_bytes") or 0) :] if log.get("tail_bytes") else b""
    return {
        "exists": True,
        "size": file.size,
        "utf_16": file.content.startswith(b"\xff\xfe"),
        "matches": [line for line in lines if any(p.search(line) for p in patterns)],
        "tail": base64.b64encode(tail).decode(),
    }


async def service(host: Host, parameters: dict[str, Any], _pieces: Pieces) -> dict[str, Any]:
    """Start or stop a service, or wait for a state of it."""
    name = parameters["name"]
    before = host.services.record(name)
    if not before["exists"]:
        raise ScriptError("not_found", f"there is no service {name}")
    answer = None
    if parameters["op"] in ("start", "stop"):
        host.acts()
    if parameters["op"] == "start":
        answer = 0 if before["state"] == "Stopped" else ALREADY_RUNNING
        host.services.start(name)
    elif parameters["op"] == "stop":
        answer = 0 if before["state"] == "Running" else CANNOT_BE_CONTROLLED
        host.services.stop(name)
    wanted = parameters.get("wait_for")
    if wanted:
        await host.until(
            lambda: host.services.record(name)["state"] == wanted,
            _wait_seconds(parameters),
        )
    return {"before": before, "after": host.services.record(name), "return_value": answer}


async def restart(host: Host, parameters: dict[str, Any], _pieces: Pieces) -> dict[str, Any]:
    """Restart the host, once for each start."""
    record = start_signs(host)["start_record"]
    if record is not None and record > parameters["start_record"]:
        raise ScriptError("refused", f"the host has been restarted since: start record {record}")
    host.acts()
    host.restart()
    return {"return_value": 0}


async def logon_mode(host: Host, parameters: dict[str, Any], _pieces: Pieces) -> dict[str, Any]:
    """Drain the host or let users in again; log off the sessions that are named."""
    host.acts()
    before = host.sessions.mode_record()
    host.sessions.set_mode(DRAIN if parameters["op"] == "drain" else ALL)
    wanted = list(parameters.get("log_off") or ())
    gone = host.sessions.log_off(wanted)
    failed = [{"id": session, "code": NO_SUCH_SESSION} for session in wanted if session not in gone]
    return {
        "before": before,
        "after": host.sessions.mode_record(),
        "exit_code": 0,
        "logged_off": gone,
        "not_logged_off": failed,
    }


async def receive_file(host: Host, parameters: dict[str, Any], pieces: Pieces) -> dict[str, Any]:
    """Take a file in pieces; only its first bytes are kept, its size and hash are true."""
    path = parameters["path"]
    digest, size, head = hashlib.sha256(), 0, b""
    async for piece in pieces:
        host.acts()
        if host.disk_full:
            raise _disk_full(host)
        digest.update(piece)
        size += len(piece)
        head += piece[: max(0, images.HEAD_BYTES - len(head))]
    found = digest.hexdigest().upper()
    if found != parameters["sha256"].upper() or size != parameters["size"]:
        raise ScriptError("hash_mismatch", f"received {size} bytes with SHA-256 {found}")
    host.files.put(File(path, size, found, images.recognise(head)))
    return {"size": size, "sha256": found}


def _disk_full(host: Host) -> ScriptError:
    """Return the failure of a write to a full disk."""
    message = text("disk_full", host.language)
    return ScriptError("script_error", message, type_name=IO_EXCEPTION, code=DISK_FULL)


async def fetch_file(host: Host, parameters: dict[str, Any], _pieces: Pieces) -> dict[str, Any]:
    """Let the host pull a file from a share, an address or its own disk."""
    path, sha256 = parameters["path"], parameters["sha256"].upper()
    there = host.files.get(path)
    if there is not None and there.sha256 == sha256:
        return {"size": there.size, "sha256": there.sha256, "changed": False}
    source = _source(host, parameters)
    if host.disk_full:
        raise _disk_full(host)
    if source.sha256 != sha256:
        raise ScriptError("hash_mismatch", f"the source's SHA-256 is {source.sha256}")
    host.acts()
    host.files.put(File(path, source.size, source.sha256, source.image, source.content))
    return {"size": source.size, "sha256": source.sha256, "changed": True}


def _source(host: Host, parameters: dict[str, Any]) -> File:
    """Return the file at the source; failures as of a real network."""
    source = parameters["source"]
    local = host.files.get(source)
    if local is not None:
        return local
    share = next((s for s in host.shares if s["source"].lower() == source.lower()), None)
    if share is None and not source.startswith(("\\\\", "http:", "https:")):
        raise ScriptError("not_found", f"file not found: {source}")
    if share is None:
        message = text("network_path", host.language)
        raise ScriptError("script_error", message, type_name=IO_EXCEPTION, code=NO_NETWORK_PATH)
    given = (parameters.get("username"), parameters.get("password"))
    if "username" in share and given != (share["username"], share["password"]):
        message = text("logon_failure", host.language)
        raise ScriptError("script_error", message, type_name=IO_EXCEPTION, code=LOGON_FAILURE)
    return files.of_package(source, share["package"])
