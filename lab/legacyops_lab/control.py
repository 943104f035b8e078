"""Asking a running lab: one JSON line there, one JSON line back, over a unix socket.

The lab's side is `listener`; apart from it, since asking is to be quick and asyncio is not.
"""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any


class ControlError(Exception):
    """The lab is not running, or it refused what was asked."""


def ask(path: Path, command: str, arguments: dict[str, Any] | None = None) -> Any:
    """Return a running lab's answer; raise ControlError where there is none."""
    message = json.dumps({"command": command, "arguments": arguments or {}}).encode()
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(60)
            line.connect(str(path))
            line.sendall(message + b"\n")
            reply = b"".join(iter(lambda: line.recv(65536), b""))
    except OSError as error:
        raise ControlError(f"no lab answers at {path}: {error.strerror or error}") from error
    answer = json.loads(reply or b'{"error": "the lab went away"}')
    if "error" in answer:
        raise ControlError(answer["error"])
    return answer["result"]
