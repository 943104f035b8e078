# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One file of an advisory: its YAML, the line of each place in it, and its form."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

# ansible-test imports every plugin file without third-party libraries. Not imported where it is
# used: then each of Ansible's workers would import it anew, instead of inheriting it.
try:
    import jsonschema
except ImportError:  # pragma: no cover
    jsonschema = None  # type: ignore[assignment]

from ..model import CoreError
from ..observation import quote

# libyaml's loader is some ten times as fast; both are safe.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_KEYS: Final = ("tag:yaml.org,2002:str", "tag:yaml.org,2002:merge")

_SAID: Final = 4
Place = tuple[str | int, ...]


@dataclass(frozen=True, order=True)
class Fault:
    """What is wrong with an advisory, and where: FILE:LINE: what is wrong; what to do."""

    file: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


class AdvisoryError(CoreError):
    """A broken advisory. faults: all that was found; the message has the first, a line each."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = sorted(set(faults))
        said = [quote(fault, 400) for fault in self.faults[:_SAID]]
        more = len(self.faults) - len(said)
        super().__init__("\n".join([*said, f"and {more} more"] if more else said))


@dataclass(frozen=True)
class Source:
    """A file that was read: its data as JSON types, and the line of each place."""

    file: Path
    text: str
    data: Any
    lines: Mapping[Place, int]

    def fault(self, place: Iterable[str | int], text: str) -> Fault:
        """Return a fault at a place, or at the nearest place around it."""
        where = tuple(place)
        while where not in self.lines and where:
            where = where[:-1]
        return Fault(self.file, self.lines.get(where, 1), text)


@dataclass(frozen=True)
class At:
    """A value of a file, and where it stands."""

    source: Source
    place: Place
    value: Any

    def __getitem__(self, key: str) -> At:
        return At(self.source, (*self.place, str(key)), self.value[key])

    def get(self, key: str) -> At | None:
        """Return the value of a key; None where it is not there."""
        return self[key] if self.value is not None and key in self.value else None

    def items(self) -> Iterator[tuple[str, At]]:
        """Yield the members of a mapping."""
        for key in self.value or ():
            yield str(key), self[key]

    def members(self) -> Iterator[At]:
        """Yield the members of a list; what is no list is its own only member."""
        if not isinstance(self.value, list):
            yield self
            return
        for index, value in enumerate(self.value):
            yield At(self.source, (*self.place, index), value)

    def fault(self, text: str) -> Fault:
        """Return a fault of this value."""
        return self.source.fault(self.place, text)


def parse(file: Path, text: str) -> Source:
    """Return a file's data, with the line of each of its places. Raises AdvisoryError."""
    loader = _Loader(text)
    lines: dict[Place, int] = {}
    try:
        node = loader.get_single_node()
        if node is None:
            raise AdvisoryError([Fault(file, 1, "the file is empty; write it or remove it")])
        twice = [Fault(file, line, words) for line, words in _walk(node, (), lines)]
        if twice:
            raise AdvisoryError(twice)
        return Source(file, text, loader.construct_document(node), lines)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        fault = Fault(file, line, f"{error.problem}; correct the YAML")
        raise AdvisoryError([fault]) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        fault = Fault(file, 0, f"not readable as YAML ({error}); correct it")
        raise AdvisoryError([fault]) from error
    finally:
        loader.dispose()


def _walk(node: yaml.Node, place: Place, lines: dict[Place, int]) -> Iterator[tuple[int, str]]:
    """Note the line of every place; yield line and text of a key that is there twice."""
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        for index, member in enumerate(node.value):
            yield from _walk(member, (*place, index), lines)
    if isinstance(node, yaml.MappingNode):
        for key, member in node.value:
            inner = (*place, str(key.value))
            if key.tag not in _KEYS:
                yield key.start_mark.line + 1, f"key {key.value} is no text; put it in quotes"
                continue
            if inner in lines:
                yield key.start_mark.line + 1, f"{key.value} is there twice; keep one"
                continue
            lines[inner] = key.start_mark.line + 1
            yield from _walk(member, inner, lines)


@cache
def _schema(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def check_form(source: Source, schema: Path) -> Iterator[Fault]:
    """Yield what of a file is not as its schema says, as near to the cause as can be told."""
    if jsonschema is None:
        raise CoreError("The Python library jsonschema is missing: install it beside Ansible.")
    validator = jsonschema.Draft202012Validator(_schema(schema))
    for error in validator.iter_errors(source.data):
        best = jsonschema.exceptions.best_match([error])
        where = ".".join(map(str, best.absolute_path)) or "the file"
        text = f"{where}: {best.message}; see docs/advisories.md for what may stand there"
        yield source.fault(map(_key, best.absolute_path), text)


def _key(part: Any) -> str | int:
    return part if isinstance(part, int) else str(part)


def nearest(word: object, known: Iterable[object]) -> str:
    """Return what somebody may have meant: the nearest of the known words, or all of them."""
    words = sorted(map(str, known))
    close = get_close_matches(str(word), words, 1)
    if close:
        return f"did you mean {close[0]}?"
    return f"there are {', '.join(words)}" if words else "there are none"
