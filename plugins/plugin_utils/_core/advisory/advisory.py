# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An advisory: a vendor's notice as data, read from its folder and checked as a whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

from .. import settings as settings_module
from ..kinds import form_of
from .check import faults_of, loops_of
from .expand import expand
from .form import Form, judged
from .lint import errors_of, warnings_of
from .read import AdvisoryError, Fault, parse

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

    @cached_property
    def loops(self) -> dict[str, set[str]]:
        """Question → the names of for_each whose item it asks about."""
        return {
            name: loops_of(question, self.data) for name, question in self.data["questions"].items()
        }

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

    Raises AdvisoryError with all that is wrong with any of them: a broken advisory, an id that is
    there twice, a path that is no folder.
    """
    found, faults = lint_all(paths)
    errors = [fault for fault in faults if not fault.warning]
    if errors:
        raise AdvisoryError(errors)
    return found


def lint_all(paths: Sequence[Path]) -> tuple[dict[str, Advisory], list[Fault]]:
    """Return the advisories of some folders that are not broken, and what is to be said of all."""
    found: dict[str, Advisory] = {}
    faults: list[Fault] = []
    for path in paths:
        if not path.is_dir():
            faults.append(Fault(path, 0, "no such folder; correct the path"))
            continue
        folders = list(_folders(path))
        if not folders:
            text = f"no advisory is in this folder; it would have {', '.join(FILES)}.yml"
            faults.append(Fault(path, 0, text, warning=True))
        for folder in folders:
            advisory, told = lint(folder)
            faults += told
            other = found.setdefault(advisory.id, advisory) if advisory else advisory
            if advisory and other is not advisory:
                text = f"id {advisory.id} is also in {other.path if other else ''}"
                hint = "give each advisory an id of its own"
                faults.append(Fault(folder / "notice.yml", 1, f"{text}; {hint}"))
    return found, sorted(set(faults))


def _folders(path: Path) -> Iterator[Path]:
    """Yield the folders of advisories at a path: itself, or those in it."""
    if any(_files(path).values()):
        yield path
    else:
        yield from sorted(p for p in path.iterdir() if p.is_dir() and any(_files(p).values()))


def _files(folder: Path) -> dict[Path, bool]:
    """Return the files of an advisory's folder, and whether each is there."""
    files = [folder / f"{name}.yml" for name in FILES]
    return {file: file.is_file() for file in files}


def load(folder: Path) -> Advisory:
    """Return the advisory of one folder. Raises AdvisoryError with all that is wrong with it."""
    advisory, faults = lint(folder)
    if advisory is None:
        raise AdvisoryError(fault for fault in faults if not fault.warning)
    return advisory


def lint(folder: Path) -> tuple[Advisory | None, list[Fault]]:
    """Return the advisory of one folder, None if it is broken, and all that is to be said of it."""
    texts, faults = [], []
    for file in _files(folder):
        content = b""
        try:
            content = file.read_bytes()
            texts.append(content.decode("utf-8-sig"))
        except OSError as error:
            faults.append(Fault(file, 0, f"cannot be read ({error.strerror}); write it"))
        except UnicodeDecodeError as wrong:
            line = content.count(b"\n", 0, wrong.start) + 1
            faults.append(Fault(file, line, f"cannot be read ({wrong.reason}); save it as UTF-8"))
    if faults:
        return None, sorted(faults)
    return _judged(folder, tuple(texts))


@cache
def _judged(folder: Path, texts: tuple[str, ...]) -> tuple[Advisory | None, list[Fault]]:
    """Judge an advisory by its files' contents: that costs more than reading a host."""
    forms: list[Form] = []
    faults: list[Fault] = []
    for name, text in zip(FILES, texts, strict=True):
        file = folder / f"{name}.yml"
        try:
            source = parse(file, text)
        except AdvisoryError as error:
            faults += error.faults
            continue
        faults += [Fault(file, line, _switch(word), True) for line, word in source.switches]
        forms.append(judged(source, bundled_folder() / f"{name}.schema.json"))
        faults += forms[-1].faults
    if len(forms) < len(FILES):
        return None, sorted(set(faults))
    expanded = expand(*forms)
    names, data = expanded.names, expanded.data
    faults += expanded.faults
    for place, text in (*faults_of(data, names.mentioned), *errors_of(data)):
        faults.append(expanded.fault(place, text))
    for place, text in warnings_of(data):
        faults.append(replace(expanded.fault(place, text), warning=True))
    faults += [replace(fault, warning=True) for fault in names.uncited()]
    faults = sorted(set(faults))
    if any(not fault.warning for fault in faults):
        return None, faults
    sha256 = hashlib.sha256("\0".join(texts).encode("utf-8")).hexdigest()
    return Advisory(data["id"], data["version"], sha256, folder, data), faults


def _switch(word: str) -> str:
    said = "true" if word.lower() in ("yes", "on") else "false"
    return f'YAML reads {word} as {said}; write {said}, or the word in quotes ("{word}")'
