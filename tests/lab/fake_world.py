"""A world as small as the wire's tests need it."""

from __future__ import annotations

import asyncio
import base64
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any

_ENCODED = re.compile(r"(?i)^powershell.* -encodedcommand (\S+)")


class FakeHost:
    """Knows a handful of commands."""

    def __init__(self, name: str, address: str, *, basic: bool = False) -> None:
        self.name = name
        self.address = address
        self.users = {"Administrator": "Pass:wörd 1", "other": "secret"}
        self.basic_allowed = basic
        self.code_page = 437
        self.powershell = "2.0"
        self.counters: Counter[str] = Counter()
        self.up = True
        self.cancelled = 0

    def reachable(self) -> bool:
        return self.up

    async def execute(
        self,
        command: str,
        skip_cmd_shell: bool,
        stdin: AsyncIterator[bytes],
        write: Callable[[str, bytes], None],
    ) -> int:
        encoded = _ENCODED.match(command)
        text = base64.b64decode(encoded[1]).decode("utf-16-le") if encoded else command
        word, _, rest = text.strip().partition(" ")
        try:
            match word:
                case "hostname":
                    write("stdout", f"{self.name}\r\n".encode())
                case "exit":
                    return int(rest)
                case "sleep":
                    await asyncio.sleep(float(rest))
                    write("stdout", b"slept\r\n")
                case "count":
                    total = sum([len(piece) async for piece in stdin])
                    write("stdout", str(total).encode())
                case "cat":
                    async for piece in stdin:
                        write("stdout", piece)
                case "big":
                    write("stdout", b"x" * int(rest))
                case "die":
                    raise ConnectionAbortedError
                case _:
                    write("stderr", b"not recognized\r\n")
                    return 1
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return 0


class FakeWorld:
    """Hosts by name."""

    def __init__(self, *hosts: FakeHost) -> None:
        self.hosts = {host.name: host for host in hosts}
        self.injected: list[tuple[str, str, dict[str, Any]]] = []

    def inject(self, host: str, fault: str, **arguments: Any) -> None:
        self.injected.append((host, fault, arguments))
