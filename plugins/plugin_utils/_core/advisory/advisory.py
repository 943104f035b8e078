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
from typing import Any

from .. import settings as settings_module
from ..kinds import form_of
from .base import sources_of
from .check import faults_of, loops_of
from .expand import Expansion, expand
from .files import FILES, Files, bundled_folder, folders_in, of_base, read_files
from .form import Form, judged
from .lint import errors_of, warnings_of
from .read import AdvisoryError, Fault, parse


@dataclass(frozen=True)
class Advisory:
    """A checked advisory, its data in the expanded form (see expand).

    sha256: of its files' bytes; where it builds on another, also of that one's. bases: the folders
    of those that it builds on, the nearest first.
    """

    id: str
    version: str
    sha256: str
    path: Path
    data: Mapping[str, Any]
    bases: tuple[Path, ...] = ()

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
    among = [folder for path in paths for folder in folders_in(path)]
    for path in paths:
        if not path.is_dir():
            faults.append(Fault(path, 0, "no such folder; correct the path"))
            continue
        folders = list(folders_in(path))
        if not folders:
            text = f"no advisory is in this folder; it would have {', '.join(FILES)}.yml"
            faults.append(Fault(path, 0, text, warning=True))
        for folder in folders:
            advisory, told = lint(folder, among)
            faults += told
            other = found.setdefault(advisory.id, advisory) if advisory else advisory
            if advisory and other is not advisory:
                text = f"id {advisory.id} is also in {other.path if other else ''}"
                hint = "give each advisory an id of its own"
                faults.append(Fault(folder / "notice.yml", 1, f"{text}; {hint}"))
    return found, sorted(set(faults))


def load(folder: Path, among: Sequence[Path] = ()) -> Advisory:
    """Return the advisory of one folder; among: see lint.

    Raises AdvisoryError with all that is wrong with it.
    """
    advisory, faults = lint(folder, among)
    if advisory is None:
        raise AdvisoryError(fault for fault in faults if not fault.warning)
    return advisory


def lint(folder: Path, among: Sequence[Path] = ()) -> tuple[Advisory | None, list[Fault]]:
    """Return the advisory of one folder, None if it is broken, and all that is to be said of it.

    among: folders of advisories that it may build on, besides those beside it and the bundled ones.
    """
    try:
        return _judged(read_files(folder, among))
    except AdvisoryError as error:
        return None, error.faults


@cache
def _judged(files: Files) -> tuple[Advisory | None, list[Fault]]:
    """Judge an advisory by its files' contents: that costs more than reading a host."""
    base = None
    if files.base:
        base, told = _judged(files.base)
        if base is None:
            notice = parse(files.path("notice"), dict(files.texts)["notice"])
            return None, [of_base(notice, next(fault for fault in told if not fault.warning))]
    sources, faults = sources_of(files)
    forms: dict[str, Form] = {}
    for name, source in sources.items():
        faults += [Fault(source.file, line, _switch(word), True) for line, word in source.switches]
        forms[name] = judged(source, bundled_folder() / f"{name}.schema.json")
        faults += forms[name].faults
    if len(forms) < len(FILES):
        return None, sorted(set(faults))
    expanded = expand(*(forms[name] for name in FILES))
    faults += _told(expanded)
    if base is not None:  # what stands in its files has been told with it, but for what is new here
        own = [fault for fault in faults if fault.file.parent == files.folder]
        others = [fault for fault in faults if fault not in own and not fault.warning]
        faults = [*own, *(of_base(sources["notice"], fault) for fault in others)]
    faults = sorted(set(faults))
    if any(not fault.warning for fault in faults):
        return None, faults
    data = expanded.data
    texts = [*(text for _name, text in files.texts), *([base.sha256] if base else [])]
    sha256 = hashlib.sha256("\0".join(texts).encode("utf-8")).hexdigest()
    bases = (base.path, *base.bases) if base else ()
    return Advisory(data["id"], data["version"], sha256, files.folder, data, bases), faults


def _told(expanded: Expansion) -> Iterator[Fault]:
    """Yield what is to be said of the expanded form."""
    names, data = expanded.names, expanded.data
    yield from expanded.faults
    for place, text in (*faults_of(data, names.mentioned), *errors_of(data)):
        yield expanded.fault(place, text)
    for place, text in warnings_of(data):
        yield replace(expanded.fault(place, text), warning=True)
    for fault in names.uncited():
        yield replace(fault, warning=True)


def _switch(word: str) -> str:
    said = "true" if word.lower() in ("yes", "on") else "false"
    return f'YAML reads {word} as {said}; write {said}, or the word in quotes ("{word}")'
