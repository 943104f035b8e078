"""Listening to what is asked of a running lab; `control` asks."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

Handler = Callable[[str, dict[str, Any]], Awaitable[Any]]
_LONGEST = 100  # a unix socket's path ends at 108 bytes
_LIMIT = 64 * 1024 * 1024


def socket_path(state: Path) -> Path:
    """Return where a lab with this state directory listens."""
    path = state.resolve() / "control.sock"
    if len(os.fsencode(path)) <= _LONGEST:
        return path
    return Path(tempfile.mkdtemp(prefix="legacyops-lab-")) / "control.sock"


def forget(path: Path, state: Path) -> None:
    """Remove a lab's socket, and the directory that was made for it."""
    path.unlink(missing_ok=True)
    if path.parent != state.resolve():
        path.parent.rmdir()


async def serve(path: Path, handler: Handler) -> asyncio.Server:
    """Listen on a unix socket; `handler` gets a command's name and arguments."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line = await reader.readline()
            writer.write(json.dumps(await _answer(line, handler)).encode() + b"\n")
            await writer.drain()
        finally:
            writer.close()

    path.unlink(missing_ok=True)
    server = await asyncio.start_unix_server(connected, str(path), limit=_LIMIT)
    path.chmod(0o600)
    return server


async def _answer(line: bytes, handler: Handler) -> dict[str, Any]:
    try:
        message = json.loads(line)
        return {"result": await handler(message["command"], message.get("arguments", {}))}
    except (ValueError, KeyError, TypeError) as error:
        text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
        return {"error": text}
    except Exception as error:
        log.exception("a control command failed")
        return {"error": f"the lab failed: {error!r}; see its log"}
