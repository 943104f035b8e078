"""Which scripts the lab knows: by SHA-256, after a person has read them."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

import yaml

KNOWN_SCRIPTS = Path(__file__).with_name("known_scripts.yml")
BOOT, COMMON = "boot", "common"
_HEADER = (
    "# The shipped scripts that the lab plays, by the SHA-256 of their text.\n"
    "# Written by `legacyops-lab learn DIR`; read what changed in a script first, and\n"
    "# bring the lab's handler up to it. boot is hashed without white space at the ends\n"
    "# of lines and without empty lines, the others as common.ps1 + newline + NAME.ps1,\n"
    "# with FOLDER/common.ps1 + newline before a FOLDER/NAME.ps1.\n"
)


def normalised(text: str) -> str:
    """Return a script as ansible-core 2.16 sends it: lines stripped, empty ones dropped."""
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def hash_boot(text: str) -> str:
    """Return the fingerprint of a boot script."""
    return hashlib.sha256(normalised(text).encode()).hexdigest().upper()


def hash_script(text: bytes) -> str:
    """Return the fingerprint of a whole script."""
    return hashlib.sha256(text).hexdigest().upper()


def fingerprints(directory: Path) -> dict[str, str]:
    """Return the fingerprints of the scripts of a directory by name.

    FileNotFoundError where common.ps1 or boot.ps1 is missing.
    """
    common = (directory / f"{COMMON}.ps1").read_bytes()
    found = {BOOT: hash_boot((directory / f"{BOOT}.ps1").read_text(encoding="utf-8"))}
    for path in sorted(directory.rglob("*.ps1")):
        if path.stem not in (BOOT, COMMON):
            name = path.relative_to(directory).with_suffix("").as_posix()
            shared = b"" if path.parent == directory else _shared(path.parent)
            found[name] = hash_script(common + b"\n" + shared + path.read_bytes())
    return found


def _shared(folder: Path) -> bytes:
    """Return what stands before each script of a folder."""
    return (folder / f"{COMMON}.ps1").read_bytes() + b"\n"


def learn(directory: Path, target: Path = KNOWN_SCRIPTS) -> dict[str, str]:
    """Write the fingerprints of a directory's scripts to `target`; return them."""
    found = fingerprints(directory)
    lines = "".join(f"{name}: {digest}\n" for name, digest in found.items())
    target.write_text(f"---\n{_HEADER}{lines}", encoding="utf-8")
    _read.cache_clear()
    return found


def known(path: Path = KNOWN_SCRIPTS) -> dict[str, str]:
    """Return the known fingerprints: SHA-256 to name (empty without a file)."""
    return _read(path)


@lru_cache(maxsize=4)
def _read(path: Path) -> dict[str, str]:
    """Read the file once."""
    if not path.exists():
        return {}
    listed = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    return {str(digest).upper(): str(name) for name, digest in listed.items()}
