"""What Ansible's own PowerShell wrapper gets from a host.

Every PowerShell module of ansible-core starts with a bootstrap script that checks the
version of PowerShell before it reads its payload from stdin. A host whose PowerShell is too
old prints one line of JSON and exits 1. That much is answered here, from reading the
bootstrap scripts of ansible-core 2.16 to 2.21; what lies behind the check (a module's own
work) is not simulated.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

_ENCODED = re.compile(
    r"""^\s*"?(?:\S*\\)?powershell(?:\.exe)?"?\s(?:.*\s)?-e(?:nc(?:odedcommand)?)?\s+(\S+)""",
    re.IGNORECASE | re.DOTALL,
)
# The whole check of the bootstrap script, so that no other text passes for it.
_CHECK = re.compile(
    r"""if \(\$PSVersionTable\.PSVersion -lt \[Version\]"(?P<version>[0-9.]+)"\) \{\s*"""
    r"""'(?P<answer>\{"failed":true,"msg":"Ansible requires PowerShell v[0-9.]+[^"']*"\})'\s*"""
    r"""exit 1\s*\}"""
)


@dataclass(frozen=True, slots=True)
class WrapperAnswer:
    """What the wrapper's version check says: the bytes of stdout and the exit code."""

    stdout: bytes
    exit_code: int


def decode_command(command: str) -> str | None:
    """Return the PowerShell text of a `powershell -EncodedCommand …` line, else None."""
    match = _ENCODED.match(command)
    if match is None:
        return None
    try:
        return base64.b64decode(match[1], validate=True).decode("utf-16-le")
    except (binascii.Error, UnicodeDecodeError):
        return None


def required_version(script: str) -> str | None:
    """Return the PowerShell version that Ansible's wrapper asks for, None for other texts."""
    match = _CHECK.search(script)
    return None if match is None else match["version"]


def wrapper_answer(script: str, powershell: str | None) -> WrapperAnswer | None:
    """Return what Ansible's wrapper answers on a host with this PowerShell.

    None where the text is not the wrapper, or where the host's PowerShell is new enough
    (then the module itself would run, which the lab cannot do). PowerShell 1.0 has no
    $PSVersionTable; comparing $null with a version is true there as well.
    """
    match = _CHECK.search(script)
    if match is None or powershell is None:
        return None
    if _numbers(powershell) >= _numbers(match["version"]):
        return None
    return WrapperAnswer(match["answer"].encode("ascii") + b"\r\n", 1)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
