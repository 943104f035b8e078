"""What a command writes, and what the host did not know."""

from __future__ import annotations

from collections.abc import Callable

from .host import Host

Write = Callable[[str, bytes], None]

KEPT_UNRECOGNISED = 20


class Console:
    """Output of one command, in the host's OEM code page."""

    def __init__(self, host: Host, write: Write) -> None:
        """Write through `write`."""
        self._host = host
        self.write = write

    def out(self, message: str) -> None:
        """Write to stdout."""
        self.write("stdout", self._encode(message))

    def error(self, message: str) -> None:
        """Write to stderr."""
        self.write("stderr", self._encode(message))

    def _encode(self, message: str) -> bytes:
        return message.encode(f"cp{self._host.code_page}", "replace")


def remember(host: Host, what: str) -> None:
    """Keep what the host did not know, for the person who reads the lab's status."""
    host.unrecognised.append(what[:300])
    del host.unrecognised[:-KEPT_UNRECOGNISED]
