"""The shipped PowerShell scripts, played by the lab.

stdin carries lines of base64: the script, its parameters, then pieces of a file; after a
line of one hyphen the next script. A script is recognised by its SHA-256; its handler
answers from the host's true state.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import textwrap
from collections.abc import AsyncIterator, Awaitable
from typing import Any

from . import acts, known, observe, owner
from .console import Console, remember
from .failures import ScriptError
from .host import Handler, Host, Pieces
from .nonsense import spoil
from .parameters import parse_parameters
from .texts import text

BEGIN = "-----BEGIN LEGACYOPS RESULT-----"
LINE_CHARACTERS = 76
SEPARATOR = b"-"
BOOT_FAILED, BOOT_FAILED_CODE = "LEGACYOPS-BOOT-FAILED", 92

HANDLERS: dict[str, Handler] = {
    "observe": observe.observe,
    "root_certificate": acts.root_certificate,
    "root_update_policy": acts.root_update_policy,
    "job": acts.job,
    "service": acts.service,
    "restart": acts.restart,
    "logon_mode": acts.logon_mode,
    "receive_file": acts.receive_file,
    "fetch_file": acts.fetch_file,
    "owner": owner.owner,
}


class _Part:
    """The lines of one script in stdin, decoded; `more` where another script follows."""

    def __init__(self, lines: AsyncIterator[bytes]) -> None:
        self._lines, self._ended, self.more = lines, False, False

    def __aiter__(self) -> _Part:
        return self

    async def __anext__(self) -> bytes:
        line = None if self._ended else await anext(self._lines, None)
        if line is None or line == SEPARATOR:
            self.more = self.more or line is not None
            self._ended = True
            raise StopAsyncIteration
        return _decode(line)


async def boot(host: Host, stdin: AsyncIterator[bytes], console: Console) -> int:
    """Run what comes over stdin; return PowerShell's exit code."""
    lines = _lines(stdin)
    while True:
        part = _Part(lines)
        code = await _script(host, part, console)
        async for _ in part:
            pass  # what the script did not read
        if code or not part.more:
            return code


async def _script(host: Host, part: _Part, console: Console) -> int:
    """Run one script; return PowerShell's exit code."""
    script = await anext(part, None)
    parameters = await anext(part, None)
    if script is None or parameters is None:
        console.out(f"{BOOT_FAILED}\r\n")
        return BOOT_FAILED_CODE
    digest = known.hash_script(script)
    name = known.known().get(digest)
    handler = host.programs.scripts.get(str(name))
    if handler is None:
        remember(host, f"script with SHA-256 {digest} (see `legacyops-lab learn`)")
        message = text("not_powershell", host.language, name=_first_word(script))
        console.out(f"{BOOT_FAILED} {base64.b64encode(message.encode()).decode()}\r\n")
        return BOOT_FAILED_CODE
    result = await _run(host, str(name), handler, parameters, part)
    _write_result(host, str(name), result, console)
    return 0


async def _run(
    host: Host, name: str, handler: Handler, parameters: bytes, pieces: Pieces
) -> dict[str, Any]:
    """Run a handler; return the result in its outer form."""
    try:
        values = parse_parameters(parameters.decode("utf-8"))
        data = await _cut_or(host, name, handler(host, values, pieces))
    except ScriptError as failure:
        return {"ok": False, "script": name, "error": failure.record()}
    except (ValueError, KeyError) as error:
        bad = ScriptError("script_error", f"bad parameters: {error!r}")
        return {"ok": False, "script": name, "error": bad.record()}
    return {"ok": True, "script": name, "data": data}


async def _cut_or(host: Host, name: str, running: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    """Await a handler, unless the fault `drop_script` cuts it off (after simulated seconds)."""
    fault = host.take_fault("drop_script", name)
    if fault is None:
        return await running
    task = asyncio.ensure_future(running)
    cut = asyncio.ensure_future(host.course.clock.sleep(fault.get("after", 5.0)))
    await asyncio.wait((task, cut), return_when=asyncio.FIRST_COMPLETED)
    task.cancel()
    cut.cancel()
    await asyncio.gather(task, cut, return_exceptions=True)
    raise ConnectionAbortedError(host.name)


def _write_result(host: Host, name: str, result: dict[str, Any], console: Console) -> None:
    """Write a result between its marks.

    The fault `nonsense` puts something else into it, `truncate` takes the end away.
    """
    fault = host.take_fault("nonsense", name)
    if fault is not None:
        # As escapes: half a surrogate pair has no bytes of its own.
        body = json.dumps(spoil(result, int(fault.get("seed", 0)) + int(fault["times"]))).encode()
    else:
        body = json.dumps(result, ensure_ascii=False).encode()
    encoded = base64.b64encode(body).decode()
    lines = [BEGIN, *textwrap.wrap(encoded, LINE_CHARACTERS)]
    lines.append(f"-----END LEGACYOPS RESULT {len(body)}-----")
    if host.take_fault("truncate", name) is not None:
        lines = lines[: max(1, len(lines) - 2)]
    console.out("".join(f"{line}\r\n" for line in lines))


async def _lines(stdin: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the lines of stdin as they come, never holding more than one."""
    rest = bytearray()
    async for data in stdin:
        rest += data
        while (end := rest.find(b"\n")) >= 0:
            line = bytes(rest[:end]).strip()
            del rest[: end + 1]
            if line:
                yield line
    if rest.strip():
        yield bytes(rest).strip()


def _decode(line: bytes) -> bytes:
    """Decode one line; what is not base64 is garbage to the script, here an empty piece."""
    try:
        return base64.b64decode(line, validate=True)
    except binascii.Error:
        return b""


def _first_word(script: bytes) -> str:
    """Return the first word of an unknown script."""
    words = script.decode("utf-8", "replace").split()
    return words[0][:40] if words else "?"
