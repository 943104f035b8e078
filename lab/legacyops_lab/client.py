"""Which client a command comes from: the wire says it, the world asks."""

from __future__ import annotations

from contextvars import ContextVar

# The remote shell that the running command belongs to; a new connection begins with a new one.
CLIENT: ContextVar[str] = ContextVar("CLIENT", default="")
