# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A notice that builds on another: the base's files under its own, its parameters filled in.

Each part keeps file and line of where it stands; the rest of the package sees one set of files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from ..formats import nearest
from ..settings import KNOWN_SETTINGS
from .files import FILES, Files
from .read import AdvisoryError, Fault, Place, Source, parse

# What each notice says of itself, whatever it builds on.
_OWN: Final = ("format", "id", "version", "title", "source", "base")
# How deep a section is taken together with the base's; what stands there is taken as a whole.
_DEPTHS: Final = {"parameters": 2, "clauses": 2, "events": 2, "defaults": 3}
_NAMED: Final = ("parameters", "events")  # sections of which only names of the base have a use
_WORDS_DEPTH: Final = 2
# What braces hold besides: in texts of steps, and in events.
_TAKEN: Final = ("me", "peer", "item", "n", "x", "name", "hex")
_BRACES: Final = re.compile(r"\{([a-z]\w*)\}")


def sources_of(files: Files) -> tuple[dict[str, Source], list[Fault]]:
    """Return the files of an advisory, what it builds on included, and what is wrong with them."""
    sources, faults = _together(files)
    if "notice" in sources:
        parameters = _parameters(sources["notice"])
        faults += _parameter_faults(sources, parameters)
        if files.base is not None:
            faults += _old_values(sources, _together(files.base)[0]["notice"], parameters)
        for name in ("notice", "words"):
            if name in sources:
                sources[name] = _filled(sources[name], parameters)
    return sources, faults


def _together(files: Files) -> tuple[dict[str, Source], list[Fault]]:
    """Return the files of an advisory with the base's under them, parameters not filled in."""
    sources: dict[str, Source] = {}
    faults: list[Fault] = []
    for name, text in files.texts:
        try:
            sources[name] = parse(files.path(name), text)
        except AdvisoryError as error:
            faults += error.faults
    if files.base is None or faults:
        return sources, faults
    base, _told = _together(files.base)  # it has been judged
    faults += _notice_faults(sources["notice"], base["notice"])
    for name in FILES:
        sources[name] = _over(sources[name], base[name], name) if name in sources else base[name]
    return sources, faults


def _notice_faults(own: Source, base: Source) -> Iterator[Fault]:
    """Yield what a notice says that its base has no place for."""
    kinds = [source.data.get("kind") for source in (own, base)]
    if None not in kinds and kinds[0] != kinds[1]:
        yield own.fault(("kind",), f"kind: the base is of the kind {kinds[1]}; remove this line")
    if "inputs" in own.data:
        yield own.fault(("inputs",), "inputs: with a base they are the base's; remove them")
    for section in _NAMED:
        known = _table(base.data.get(section))
        for name in _table(own.data.get(section)):
            if name not in known:
                text = f"{section}.{name}: the base has none of this name; {nearest(name, known)}"
                yield own.fault((section, str(name)), text)
    theirs = _table(base.data.get("defaults"))
    for name, value in _table(own.data.get("defaults")).items():
        place: Place = ("defaults", str(name))
        if name not in theirs and name not in KNOWN_SETTINGS:
            text = f"defaults.{name}: the base has none of this name; {nearest(name, theirs)}"
            yield own.fault(place, text)
        known = _table(theirs.get(name))
        for member in _table(value) if known else ():
            if member not in known:
                text = f"defaults.{name}.{member}: the base has none of this name"
                yield own.fault((*place, str(member)), f"{text}; {nearest(member, known)}")


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _over(own: Source, base: Source, name: str) -> Source:
    """Return one file of a notice with the base's under it."""
    if not isinstance(own.data, Mapping):  # told by its form
        return own
    kept = {k: v for k, v in base.data.items() if name != "notice" or k not in _OWN}
    data, lines, inherited = {**kept}, dict(own.lines), {}
    whole: set[Place] = set()
    for key, value in own.data.items():
        depth = _DEPTHS.get(key, 1) if name == "notice" else _WORDS_DEPTH
        data[key] = _laid(value, kept.get(key), (str(key),), depth, whole)
    for place, line in base.lines.items():
        if (
            place
            and place[0] in kept
            and not any(place[: n + 1] in whole for n in range(len(place)))
        ):
            inherited[place] = base.inherited.get(place, base.file)
            lines.setdefault(place, line)
    return replace(own, data=data, lines=lines, inherited=inherited)


def _laid(own: Any, base: Any, place: Place, depth: int, whole: set[Place]) -> Any:
    """Return a value with the base's under it, and note the places where it is taken as a whole."""
    if depth > 1 and isinstance(own, Mapping) and isinstance(base, Mapping):
        mine = {
            key: _laid(value, base.get(key), (*place, str(key)), depth - 1, whole)
            for key, value in own.items()
        }
        return {**base, **mine}
    whole.add(place)
    return own


# --- Parameters ------------------------------------------------------------------------------


def _parameters(notice: Source) -> dict[str, str]:
    given = _table(_table(notice.data).get("parameters"))
    return {str(name): value for name, value in given.items() if isinstance(value, str)}


def _filled(source: Source, parameters: Mapping[str, str]) -> Source:
    """Return a file with the parameters in the places of their names."""

    def fill(value: Any) -> Any:
        if isinstance(value, str):
            return _BRACES.sub(lambda found: parameters.get(found[1], found[0]), value)
        if isinstance(value, Mapping):
            return {key: fill(member) for key, member in value.items()}
        return [fill(member) for member in value] if isinstance(value, list) else value

    return replace(source, data=fill(source.data)) if parameters else source


def _parameter_faults(
    sources: Mapping[str, Source], parameters: Mapping[str, str]
) -> Iterator[Fault]:
    """Yield parameters whose names are taken or used nowhere, and names of none."""
    notice, used = sources["notice"], set()
    for name in ("notice", "words"):
        for place, text in _texts(sources[name].data) if name in sources else ():
            used.update(_BRACES.findall(text))
            strangers = set(_BRACES.findall(text)) - parameters.keys()
            if name == "notice" and parameters and place[0] != "events":
                for stranger in sorted(strangers):
                    hint = nearest(stranger, parameters)
                    text = f"{{{stranger}}} stands for no parameter; {hint}"
                    yield notice.fault(place, text)
    for name in parameters:
        if name in _TAKEN:
            text = f"parameters.{name}: {{{name}}} means something already; give it another name"
            yield notice.fault(("parameters", name), text)
        elif name not in used and "words" in sources:
            text = f"parameters.{name} is used nowhere; write {{{name}}} in the texts, or remove it"
            yield notice.fault(("parameters", name), text)


def _old_values(
    sources: Mapping[str, Source], base: Source, parameters: Mapping[str, str]
) -> Iterator[Fault]:
    """Yield the base's texts that say what a notice has replaced: they would lie in it."""
    notice = sources["notice"]
    changed = {n: v for n, v in _parameters(base).items() if parameters.get(n) != v}
    for source in sources.values():
        for place, text in _texts(source.data):
            where = source.fault(place, "")
            if where.file.parent == notice.file.parent:
                continue
            for parameter, old in changed.items():
                if re.search(rf"(?<![A-Za-z0-9]){re.escape(old)}(?![A-Za-z0-9])", text):
                    said = f"parameters.{parameter}: {where.file}:{where.line} says {old}"
                    hint = f"write {{{parameter}}} there, or {'.'.join(map(str, place))} here"
                    yield notice.fault(("parameters", parameter), f"{said} all the same; {hint}")


def _texts(value: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Yield each text of a file, and where it stands."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, Mapping):
        for key, member in value.items():
            yield from _texts(member, (*place, str(key)))
    elif isinstance(value, list):
        for number, member in enumerate(value):
            yield from _texts(member, (*place, number))
