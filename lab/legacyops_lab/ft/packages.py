"""The KB's and the fix's packages, as files that lie on a relay.

Their contents are invented, their hashes true. The names of the fix's packages, their switches
and what their readme asks for are not known: the lab's are invented (HYP-FT-21).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..world import files
from ..world.files import File
from ..world.images import Image
from .notice import notice, of_type

FOLDER = r"C:\Hotfix"
SIZE = 65_536
SWITCHES = ["/quiet", "/norestart"]
_WINDOWS = {"windows_2003": "WindowsServer2003", "windows_2000": "Windows2000"}
_LANGUAGE = {"ja": "JPN", "en": "ENU"}


@dataclass(frozen=True)
class Package:
    """What a package is for. level: the fix's; None for the KB."""

    kind: str
    language: str
    level: str | None

    def fits(self, kind: str, language: str) -> bool:
        """Whether it installs on a node of this type and language."""
        return (self.kind, self.language) == (kind, language)


def of_system(description: dict[str, Any]) -> dict[str, File | None]:
    """Return the KB's and the fix's file of a system, None where it is not there."""
    given = description.get("packages", {})
    kind, language = description["type"], description.get("language", "ja")
    level = given.get("level", of_type(kind)["remedy"])
    packages = {"kb": Package(kind, language, None), "fix": Package(kind, language, level)}
    return {
        name: None
        if given.get(name) == "missing"
        else files.of_image(_path(package), _image(package), tampered=given.get(name) == "tampered")
        for name, package in packages.items()
    }


def pinned(description: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Return path, sha256 and (of the fix) level of the packages as the vendor made them."""
    given = {**description.get("packages", {}), "kb": "genuine", "fix": "genuine"}
    found = of_system({**description, "packages": given})
    shown = {
        name: {"package": file.path, "sha256": file.sha256}
        for name, file in found.items()
        if file is not None
    }
    shown["fix"]["level"] = given.get("level", of_type(description["type"])["remedy"])
    return shown


def recognise(file: File) -> Package | None:
    """Return what a file is, None where it is no package or not as the vendor made it."""
    image = file.image
    if image is None or not file.intact or image.kind not in ("kb", "fix"):
        return None
    kind, language = image.products
    return Package(kind, language, image.name if image.kind == "fix" else None)


def _path(package: Package) -> str:
    stem, language = _WINDOWS[package.kind], _LANGUAGE[package.language]
    if package.level is None:
        return rf"{FOLDER}\{stem}-{notice()['kb']}-x86-{language}.exe"
    line = "V6" if package.kind == "windows_2003" else "V5-001"
    return rf"{FOLDER}\Endurance-{line}-{package.level.replace('.', '')}-{language}.exe"


def _image(package: Package) -> Image:
    """Return the contents; the version's resource language decides where it installs."""
    return Image(
        kind="kb" if package.level is None else "fix",
        name=package.level or notice()["kb"],
        size=SIZE,
        signer=None,
        products=(package.kind, package.language),
    )
