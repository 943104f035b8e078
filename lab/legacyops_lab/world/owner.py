"""The script `owner`: who holds a server (on itself) or a system (on its relay), one file each."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

from .failures import ScriptError
from .host import Host

THIS_SERVER = ""
_NAME = re.compile(r"[A-Za-z0-9._-]{0,100}")
_LINE = re.compile(r"[^\x00-\x1f]{1,4000}")
_DONE = {"take": "taken", "replace": "replaced", "free": "freed"}


async def owner(
    host: Host, parameters: dict[str, Any], _pieces: AsyncIterator[bytes]
) -> dict[str, Any]:
    """Take, read, replace or free a record; what is there is never changed by mistake."""
    name, operation = str(parameters["name"] or THIS_SERVER), parameters["op"]
    if operation not in ("take", "read", "replace", "free"):
        raise ScriptError("refused", "op must be take, read, replace or free")
    if not _NAME.fullmatch(name):
        raise ScriptError("refused", f"not a name of a system: {name}")
    there, text = host.owners.get(name), str(parameters.get("text") or "")
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
        host.owners.pop(name, None)
    elif done:
        host.owners[name] = text
    return {_DONE[operation]: done, "text": host.owners.get(name)}
