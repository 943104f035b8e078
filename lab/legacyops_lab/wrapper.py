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
from typing import Protocol

# ansible-core 2.16 starts the wrapper in a PowerShell of its own inside the first one.
_NESTED = re.compile(r"(?i)^\s*powershell(?:\.exe)?\s[^\n]*\s-EncodedCommand\s+(\S+)\s*$")
# The whole check of the bootstrap script, near its beginning: no other text passes for it.
_NEAR = 200
_CHECK = re.compile(
    r"""if \(\$PSVersionTable\.PSVersion -lt \[Version\]"(?P<version>[0-9.]+)"\) \{\s*"""
    r"""'(?P<answer>\{"failed":true,"msg":"Ansible requires PowerShell v[0-9.]+[^"']*"\})'\s*"""
    r"""exit 1\s*\}"""
)


class HostLike(Protocol):
    """What has to be known of a host."""

    @property
    def powershell(self) -> str | None:
        """The version of its PowerShell, None where there is none."""


def required_version(script: str) -> str | None:
    """Return the PowerShell version that Ansible's wrapper asks for, None for other texts."""
    match = _check_of(script)
    return None if match is None else match["version"]


def answer(command: str, host: HostLike) -> tuple[bytes, bytes, int] | None:
    """Return stdout, stderr and the exit code of Ansible's wrapper on this host.

    `command` is the decoded text. None where it is not the wrapper, or where the host's
    PowerShell is new enough: then the module itself would run, which the lab cannot do.
    PowerShell 1.0 has no $PSVersionTable; $null is less than any version as well.
    """
    match = _check_of(command)
    if match is None or host.powershell is None:
        return None
    if _numbers(host.powershell) >= _numbers(match["version"]):
        return None
    return match["answer"].encode("ascii") + b"\r\n", b"", 1


def _check_of(script: str) -> re.Match[str] | None:
    match = _CHECK.search(_inner(script))
    return match if match is not None and match.start() < _NEAR else None


def _inner(script: str) -> str:
    match = _NESTED.match(script)
    if match is None:
        return script
    try:
        return base64.b64decode(match[1], validate=True).decode("utf-16-le")
    except (binascii.Error, UnicodeDecodeError):
        return script


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
