"""Contents of the simulated host's signed files.

A file of the lab is a real file: a header that describes it in JSON, then filling up
to its size. So its size and SHA-256 are true, it can be pushed or copied like any
other file, and a single changed byte makes it a tampered one.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

MAGIC = b"LEGACYOPS-LAB FILE\n"
HEAD_BYTES = 4096
PACKAGE_BYTES = 262_144
MODULE_BYTES = 16_384

_FILLING = b"The quick brown fox jumps over the lazy dog. "


@dataclass(frozen=True)
class Image:
    """What a lab file says about itself.

    `signer` names a signature of `signatures.SIGNATURES`, None for an unsigned file.
    `replaces` names the modules that a package puts in place.
    """

    kind: str
    name: str
    size: int
    signer: str | None
    patch_code: str | None = None
    products: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()
    needs_restart: bool = False

    def head(self) -> bytes:
        """Return the header; ValueError when the description is too long."""
        text = json.dumps(asdict(self), sort_keys=True, ensure_ascii=True).encode()
        head = MAGIC + text + b"\n\x1a\n"
        if len(head) > min(HEAD_BYTES, self.size):
            raise ValueError(f"the description of {self.name} does not fit its size")
        return head

    def content(self, tampered: bool = False) -> bytes:
        """Return the whole file; `tampered` changes its last byte."""
        head = self.head()
        body = (_FILLING * (self.size // len(_FILLING) + 1))[: self.size - len(head)]
        whole = head + body
        return whole[:-1] + b"\x00" if tampered else whole

    def sha256(self, tampered: bool = False) -> str:
        """Return the upper-case SHA-256 of the content."""
        return _sha256(self, tampered)


@lru_cache(maxsize=1024)
def _sha256(image: Image, tampered: bool) -> str:
    """Hash an image once."""
    return hashlib.sha256(image.content(tampered)).hexdigest().upper()


def recognise(head: bytes) -> Image | None:
    """Return what a file's first bytes say about it, None when it is no lab file."""
    if not head.startswith(MAGIC):
        return None
    try:
        text = head[len(MAGIC) : head.index(b"\n\x1a\n")]
        return load(json.loads(text))
    except (ValueError, TypeError):
        return None


def load(data: dict[str, Any]) -> Image:
    """Return an image from JSON data."""
    listed = {key: tuple(data.get(key, ())) for key in ("products", "replaces")}
    return Image(**{**data, **listed})


def package(entry: dict[str, Any]) -> Image:
    """Return a package of the estate as the vendor made it (also for a tampered one)."""
    unsigned = entry.get("content") == "unsigned"
    return Image(
        kind="msp",
        name=entry["name"],
        size=entry.get("size", PACKAGE_BYTES),
        signer=None if unsigned else entry.get("signer", "citrix_2011"),
        patch_code=entry["patch_code"],
        products=tuple(sorted(entry.get("products", ()))),
        replaces=tuple(sorted(entry.get("replaces", ("ImaSrv.exe", "ImaSystem.dll")))),
        needs_restart=entry.get("needs_restart", False),
    )


def update(name: str) -> Image:
    """Return a package of a Windows update by its name in the estate's `updates`."""
    return Image(kind="msu", name=name, size=PACKAGE_BYTES, signer="citrix_2008")


def write(path: Path, image: Image, *, tampered: bool = False) -> str:
    """Write a lab file for a controller or a share; return its SHA-256."""
    path.write_bytes(image.content(tampered))
    return image.sha256(tampered)
