"""The script `ft_owner`: the record of who holds a system, one file a system on the relay."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, cast

from ..world.failures import ScriptError
from ..world.host import Host

if TYPE_CHECKING:
    from .host import RelayHost

_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
_LINE = re.compile(r"[^\x00-\x1f]{1,4000}")
_DONE = {"take": "taken", "replace": "replaced", "free": "freed"}


async def ft_owner(
    host: Host, parameters: dict[str, Any], _pieces: AsyncIterator[bytes]
) -> dict[str, Any]:
    """Take, read, replace or free a record; what is there is never changed by mistake."""
    relay = cast("RelayHost", host)
    name, operation = str(parameters["name"]), parameters["op"]
    if operation not in ("take", "read", "replace", "free"):
        raise ScriptError("refused", "op must be take, read, replace or free")
    if not _NAME.fullmatch(name):
        raise ScriptError("refused", f"not a name of a system: {name}")
    there, text = relay.owners.get(name), str(parameters.get("text") or "")
    if operation in ("take", "replace") and not _LINE.fullmatch(text):
        raise ScriptError("refused", "the record must be one line of 1 to 4000 characters")
    if operation == "read":
        return {"text": there}
    as_expected = there is not None and there == parameters.get("expected")
    done = {
        "take": there is None,
        "replace": as_expected,
        "free": there is None or as_expected,
    }[operation]
    if done and operation == "free":
        relay.owners.pop(name, None)
    elif done:
        relay.owners[name] = text
    return {_DONE[operation]: done, "text": relay.owners.get(name)}
