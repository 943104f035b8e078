"""A small estate, a clock that needs no time, and a way to talk to its hosts."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

import pytest
from fake_clock import FakeClock
from legacyops_lab.world import Host, World, known

PATCH = "{6A1B2C3D-0001-4E5F-8A9B-000000000001}"
PACKAGE = r"C:\Hotfix\XAE500W2K8X64R01.msp"
START = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
BOOT_TEXT = "begin { }\n  process { }\n\n  end { }"


def host_spec(**xenapp: Any) -> dict[str, Any]:
    """Return a host without the root, its automatic update off, with a genuine package."""
    package = {"path": PACKAGE, "name": "XAE500W2K8X64R01", "patch_code": PATCH}
    spec = {"packages": [package], "root_update": {"policy_value": 1}, **xenapp}
    return {"address": "127.0.0.2", "language": "en", "powershell": "2.0", "xenapp": spec}


def encode(command: str) -> str:
    """Return a command line with an encoded PowerShell command."""
    encoded = base64.b64encode(command.encode("utf-16-le")).decode()
    return f"PowerShell -NoProfile -NonInteractive -EncodedCommand {encoded}"


def to_xml(value: Any, name: str | None = None) -> str:
    """Return parameters in the XML form of the wire."""
    n = "" if name is None else f' n="{escape(name)}"'
    if value is None:
        return f"<z{n}/>"
    if isinstance(value, bool):
        return f"<b{n}>{str(value).lower()}</b>"
    if isinstance(value, int):
        return f"<i{n}>{value}</i>"
    if isinstance(value, str):
        return f"<s{n}>{escape(value)}</s>"
    if isinstance(value, list):
        return f"<l{n}>{''.join(to_xml(v) for v in value)}</l>"
    return f"<o{n}>{''.join(to_xml(v, k) for k, v in value.items())}</o>"


def script_text(name: str) -> bytes:
    """Return the stand-in for a shipped script."""
    return f"# stand-in for {name}".encode()


class Terminal:
    """Runs commands on hosts of a world."""

    def __init__(self, world: World, clock: FakeClock) -> None:
        self.world = world
        self.clock = clock

    async def command(
        self, host: str, line: str, stdin: list[bytes] | None = None
    ) -> tuple[bytes, bytes, int]:
        """Run a command line; return stdout, stderr and exit code."""
        out: dict[str, bytes] = {"stdout": b"", "stderr": b""}

        def write(stream: str, data: bytes) -> None:
            out[stream] += data

        async def lines() -> AsyncIterator[bytes]:
            for data in stdin or []:
                yield data

        code = await self.world.hosts[host].execute(line, False, lines(), write)
        return out["stdout"], out["stderr"], code

    async def raw(
        self, host: str, name: str, parameters: dict[str, Any], pieces: list[bytes] | None = None
    ) -> tuple[bytes, bytes, int]:
        """Run a script; return what came over the wire."""
        parts = [script_text(name), to_xml(parameters).encode(), *(pieces or [])]
        whole = b"".join(base64.b64encode(part) + b"\r\n" for part in parts)
        cut = [whole[at : at + 1000] for at in range(0, len(whole), 1000)]
        return await self.command(host, encode(BOOT_TEXT), cut)

    async def result(
        self, host: str, name: str, parameters: dict[str, Any], pieces: list[bytes] | None = None
    ) -> dict[str, Any]:
        """Run a script; return its decoded result."""
        out, error, code = await self.raw(host, name, parameters, pieces)
        assert (error, code) == (b"", 0)
        first, *body, last = out.decode("ascii").splitlines()
        decoded = base64.b64decode("".join(body))
        assert first == "-----BEGIN LEGACYOPS RESULT-----"
        assert last == f"-----END LEGACYOPS RESULT {len(decoded)}-----"
        found: dict[str, Any] = json.loads(decoded)
        return found

    async def data(
        self, host: str, name: str, parameters: dict[str, Any], pieces: list[bytes] | None = None
    ) -> dict[str, Any]:
        """Run a script that succeeds; return its data."""
        found = await self.result(host, name, parameters, pieces)
        assert found["ok"], found
        data: dict[str, Any] = found["data"]
        return data

    async def install(self, host: str, package: str = PACKAGE) -> int:
        """Install a package in the foreground, the naive way."""
        line = f'msiexec /p "{package}" /qn /norestart /l*v C:\\Hotfix\\log.txt'
        return (await self.command(host, line))[2]

    def host(self, name: str = "XA01") -> Host:
        return self.world.hosts[name]

    def violations(self) -> list[str]:
        return [e["text"] for e in self.world.ledger() if e["kind"] == "violation"]


@pytest.fixture(autouse=True)
def _known_scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the lab know the stand-ins instead of the shipped scripts."""
    from legacyops_lab.world.scripts import HANDLERS

    table = {known.hash_script(script_text(name)): name for name in HANDLERS}
    table[known.hash_boot(BOOT_TEXT)] = known.BOOT
    monkeypatch.setattr(known, "known", lambda: table)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(START)


@pytest.fixture
def make(clock: FakeClock) -> Callable[..., Terminal]:
    """Return a function that builds a world from host specs by name."""

    def build(**hosts: dict[str, Any]) -> Terminal:
        estate = {"estate": {"users": {"admin": "secret"}}, "hosts": hosts}
        return Terminal(World(estate, clock), clock)

    return build
