# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An advisory: a vendor's notice as data, read from its folder and checked as a whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from .. import settings as settings_module
from ..kinds import form_of
from .check import faults_of
from .expand import expand
from .read import AdvisoryError, Fault, Source, check_form, parse

# Of each advisory: the vendor's words, our texts, and the logic.
FILES: Final = ("notice", "words", "logic")


@dataclass(frozen=True)
class Advisory:
    """A checked advisory. sha256: of its files' bytes. data: the expanded form (see expand)."""

    id: str
    version: str
    sha256: str
    path: Path
    data: Mapping[str, Any]

    def effective(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return a server's settings with the defaults of this advisory and of the core."""
        return settings_module.effective(settings, self.data.get("defaults"))

    def product(self, settings: Mapping[str, Any]) -> str | None:
        """Return the product that settings name, or that has the system's model number."""
        named = settings.get("product")
        if named is not None:
            return str(named)
        model = (form_of(settings) or {}).get("model")
        for name, facts in self.data["applies_to"]["products"].items():
            if _same_model(model) in map(_same_model, facts.get("models", ())):
                return str(name)
        return None

    def identity(self) -> dict[str, str]:
        """Return what a plan records of the advisory it was made from."""
        return {"id": self.id, "version": self.version, "sha256": self.sha256}


def _same_model(model: object) -> str:
    """Return a model number as it is compared: without case and spaces."""
    return "".join(str(model).split()).casefold()


def bundled_folder() -> Path:
    """Return the folder of the advisories that come with the collection."""
    return Path(__file__).parents[4] / "advisories"


def load_advisories(paths: Sequence[Path]) -> dict[str, Advisory]:
    """Return the advisories of some folders, by id: of one each, or of folders of many.

    Raises AdvisoryError at the first broken advisory, at an id that is there twice, and where a
    path is no folder.
    """
    found: dict[str, Advisory] = {}
    for folder in _folders(paths):
        advisory = load(folder)
        if advisory.id in found:
            text = f"id {advisory.id} is also in {found[advisory.id].path}"
            file = folder / "notice.yml"
            raise AdvisoryError([Fault(file, 1, f"{text}; give each advisory an id of its own")])
        found[advisory.id] = advisory
    return found


def _folders(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            raise AdvisoryError([Fault(path, 0, "no such folder; correct the path")])
        if any(_files(path).values()):
            yield path
        else:
            yield from sorted(p for p in path.iterdir() if p.is_dir() and any(_files(p).values()))


def _files(folder: Path) -> dict[Path, bool]:
    """Return the files of an advisory's folder, and whether each is there."""
    files = [folder / f"{name}.yml" for name in FILES]
    return {file: file.is_file() for file in files}


def load(folder: Path) -> Advisory:
    """Return the advisory of one folder. Raises AdvisoryError."""
    texts = []
    for file in _files(folder):
        try:
            texts.append(file.read_bytes().decode("utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            fault = Fault(file, 0, f"cannot be read ({error}); save it as UTF-8")
            raise AdvisoryError([fault]) from error
    return _checked(folder, tuple(texts))


@cache
def _checked(folder: Path, texts: tuple[str, ...]) -> Advisory:
    """Return the advisory of its files' contents: checking it costs more than reading a host."""
    sources: list[Source] = []
    faults: list[Fault] = []
    for name, text in zip(FILES, texts, strict=True):
        sources.append(parse(folder / f"{name}.yml", text))
        faults += check_form(sources[-1], bundled_folder() / f"{name}.schema.json")
    if faults:
        raise AdvisoryError(faults)
    notice, words, logic = sources
    expanded = expand(notice, words, logic)
    # What leads nowhere is missing in the expanded form: checking that would say it once more.
    faults = expanded.faults or [expanded.fault(*each) for each in faults_of(expanded.data)]
    if faults:
        raise AdvisoryError(faults)
    sha256 = hashlib.sha256("\0".join(texts).encode("utf-8")).hexdigest()
    return Advisory(notice.data["id"], notice.data["version"], sha256, folder, expanded.data)
