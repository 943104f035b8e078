"""The files of a simulated host."""

from __future__ import annotations

import base64
import fnmatch
import hashlib
import re
from dataclasses import asdict, dataclass
from typing import Any

from . import images, signatures
from .images import Image

_VARIABLES = {
    "systemroot": r"C:\Windows",
    "windir": r"C:\Windows",
    "systemdrive": "C:",
    "programfiles": r"C:\Program Files",
    "programdata": r"C:\ProgramData",
    "temp": r"C:\Windows\Temp",
    "tmp": r"C:\Windows\Temp",
}


@dataclass(frozen=True)
class File:
    """One file. `image` says what a lab file is; `content` is kept for small texts only."""

    path: str
    size: int
    sha256: str
    image: Image | None = None
    content: bytes | None = None

    @property
    def intact(self) -> bool:
        """Whether the bytes are those that were signed."""
        return self.image is not None and self.image.sha256() == self.sha256

    @property
    def signature(self) -> signatures.Signature | None:
        """The signature that the file carries, None for an unsigned file."""
        signer = self.image.signer if self.image else None
        return signatures.SIGNATURES.get(signer) if signer else None

    def signature_record(self) -> dict[str, Any]:
        """Return the signature as an observation shows it."""
        signature = self.signature
        if signature is None:
            return signatures.unsigned()
        return signature.record(signatures.INTACT if self.intact else signatures.DIGEST_MISMATCH)

    def dump(self) -> dict[str, Any]:
        """Return the file as JSON data."""
        content = None if self.content is None else base64.b64encode(self.content).decode()
        return {**asdict(self), "content": content}


def load(data: dict[str, Any]) -> File:
    """Return a file from JSON data."""
    image = images.load(data["image"]) if data["image"] else None
    content = None if data["content"] is None else base64.b64decode(data["content"])
    return File(data["path"], data["size"], data["sha256"], image, content)


def of_image(path: str, image: Image, *, tampered: bool = False) -> File:
    """Return a file that holds a lab image."""
    return File(path, image.size, image.sha256(tampered), image)


def of_package(path: str, entry: dict[str, Any]) -> File:
    """Return a package of the estate at a path: a hotfix, or one of its `updates` (.msu)."""
    if "patch_code" not in entry:
        tampered = entry.get("content") == "tampered"
        return of_image(path, images.update(entry["name"]), tampered=tampered)
    return of_image(path, images.package(entry), tampered=entry.get("content") == "tampered")


def of_content(path: str, content: bytes) -> File:
    """Return a small file with its content, such as a log."""
    digest = hashlib.sha256(content).hexdigest().upper()
    return File(path, len(content), digest, images.recognise(content), content)


def expand(path: str) -> str:
    """Replace the environment variables that every host has."""

    def value(match: re.Match[str]) -> str:
        return _VARIABLES.get(match[1].lower(), match[0])

    return re.sub(r"%(\w+)%", value, path)


class Files:
    """The files of one host by path, without regard to case."""

    def __init__(self) -> None:
        """Start empty."""
        self._files: dict[str, File] = {}

    def get(self, path: str) -> File | None:
        """Return a file, None when there is none."""
        return self._files.get(path.lower())

    def put(self, file: File) -> None:
        """Write a file, in place of another of the same path."""
        self._files[file.path.lower()] = file

    def find(self, pattern: str) -> list[File]:
        """Return the files that match a path with * and ? in any of its parts."""
        parts = [part.replace("[", "[[]") for part in pattern.lower().split("\\")]
        found = []
        for path, file in sorted(self._files.items()):
            names = path.split("\\")
            if len(names) == len(parts) and all(map(fnmatch.fnmatchcase, names, parts)):
                found.append(file)
        return found

    def dump(self) -> list[dict[str, Any]]:
        """Return the files as JSON data, in order of path."""
        return [self._files[path].dump() for path in sorted(self._files)]

    def load(self, data: list[dict[str, Any]]) -> None:
        """Take `dump` back."""
        self._files = {entry["path"].lower(): load(entry) for entry in data}
