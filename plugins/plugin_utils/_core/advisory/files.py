# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An advisory's files: what its folder holds, and that of the advisory which it builds on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from ..formats import nearest
from .read import AdvisoryError, Fault, Source, parse

# Of each advisory: the vendor's words, our texts, and the logic.
FILES: Final = ("notice", "words", "logic")


@dataclass(frozen=True)
class Files:
    """The files of an advisory, by name; base: those of the advisory that it builds on."""

    folder: Path
    texts: tuple[tuple[str, str], ...]
    base: Files | None = None

    def path(self, name: str) -> Path:
        """Return where a file is."""
        return self.folder / f"{name}.yml"


def bundled_folder() -> Path:
    """Return the folder of the advisories that come with the collection."""
    return Path(__file__).parents[4] / "advisories"


def folders_in(path: Path) -> Iterator[Path]:
    """Yield the folders of advisories at a path: itself, or those in it."""
    if _is_one(path):
        yield path
    elif path.is_dir():
        yield from sorted(p for p in path.iterdir() if p.is_dir() and _is_one(p))


def _is_one(folder: Path) -> bool:
    return any((folder / f"{name}.yml").is_file() for name in FILES)


def read_files(folder: Path, among: Sequence[Path] = ()) -> Files:
    """Return the files of an advisory. Raises AdvisoryError: one is missing or not readable.

    among: folders of advisories that it may build on, besides those beside it and the bundled ones.
    """
    return _read(folder, among, ())


def _read(folder: Path, among: Sequence[Path], builders: tuple[str, ...]) -> Files:
    """Return the files of an advisory. builders: the ids of those that build on it."""
    texts: dict[str, str] = {}
    faults: list[Fault] = []
    for name in FILES:
        try:
            texts[name] = _text(folder / f"{name}.yml")
        except AdvisoryError as error:
            faults += error.faults
    notice = _parsed(folder / "notice.yml", texts.get("notice", ""))
    data = notice.data if notice else None
    has_base = isinstance(data, dict) and "base" in data
    if has_base or (notice is None and "notice" in texts):  # what is not there may be the base's
        faults = [fault for fault in faults if fault.file.exists()]
    if has_base and "logic" in texts:
        text = "with a base the logic is the base's; remove this file, or the key base"
        faults.append(Fault(folder / "logic.yml", 1, text))
    if faults:
        raise AdvisoryError(faults)
    if notice is None or not has_base:
        return Files(folder, tuple(texts.items()))
    me = (*builders, str(notice.data.get("id")))
    base = _base(notice, [*among, folder.parent, bundled_folder()], me)
    try:
        return Files(folder, tuple(texts.items()), _read(base, among, me))
    except AdvisoryError as error:
        raise AdvisoryError([of_base(notice, error.faults[0])]) from error


def of_base(notice: Source, fault: Fault) -> Fault:
    """Return a fault in the files of a base as one of the notice that builds on it."""
    return notice.fault(("base",), f"base: {fault}")


def _text(file: Path) -> str:
    content = b""
    try:
        content = file.read_bytes()
        return content.decode("utf-8-sig")
    except OSError as error:
        text = f"cannot be read ({error.strerror}); write it"
        raise AdvisoryError([Fault(file, 0, text)]) from error
    except UnicodeDecodeError as wrong:
        line = content.count(b"\n", 0, wrong.start) + 1
        text = f"cannot be read ({wrong.reason}); save it as UTF-8"
        raise AdvisoryError([Fault(file, line, text)]) from wrong


def _base(notice: Source, among: Sequence[Path], builders: tuple[str, ...]) -> Path:
    """Return the folder of the advisory that a notice builds on."""
    name = str(notice.data["base"])
    known: dict[str, Path] = {}
    for folder in (each for path in among for each in folders_in(path)):
        known.setdefault(_id_of(folder), folder)
    known.pop("", None)
    if name in builders:
        circle = " → ".join([*builders[builders.index(name) :], name])
        text = f"base: goes in a circle ({circle}); build on a notice that stands for itself"
    elif name not in known:
        text = f"base: there is no advisory {name}; {nearest(name, known)}"
    else:
        return known[name]
    raise AdvisoryError([notice.fault(("base",), text)])


def _id_of(folder: Path) -> str:
    """Return the id of the advisory in a folder; empty: it has none."""
    try:
        notice = _parsed(folder / "notice.yml", _text(folder / "notice.yml"))
    except AdvisoryError:
        return ""
    data: Any = notice.data if notice else None
    return str(data.get("id", "")) if isinstance(data, dict) else ""


@cache
def _parsed(file: Path, text: str) -> Source | None:
    """Return a file's data; None where it cannot be read, which whoever judges it tells."""
    try:
        return parse(file, text)
    except AdvisoryError:
        return None
