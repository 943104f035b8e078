# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One file of an advisory: its YAML, and the line of each place in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from ..formats import nearest
from ..model import CoreError
from ..observation import quote

# libyaml's loader is some ten times as fast; both are safe.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_SWITCH: Final = "tag:yaml.org,2002:bool"
_KEYS: Final = ("tag:yaml.org,2002:str", "tag:yaml.org,2002:merge")

_SAID: Final = 4
Place = tuple[str | int, ...]


@dataclass(frozen=True, order=True)
class Fault:
    """What is wrong with an advisory, and where: FILE:LINE: what is wrong; what to do.

    warning: it may be meant, so it is told and not refused.
    """

    file: Path
    line: int
    text: str
    warning: bool = False

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
    """A file that was read: its data as JSON types, and the line of each place.

    switches: the words that YAML reads as true or false, each with its line. inherited: the places
    that came of the advisory which this one builds on, each with its file.
    """

    file: Path
    text: str
    data: Any
    lines: Mapping[Place, int]
    switches: Sequence[tuple[int, str]] = ()
    inherited: Mapping[Place, Path] = field(default_factory=dict)

    def fault(self, place: Iterable[str | int], text: str) -> Fault:
        """Return a fault at a place, or at the nearest place around it."""
        where = tuple(place)
        while where not in self.lines and where:
            where = where[:-1]
        return Fault(self.inherited.get(where, self.file), self.lines.get(where, 1), text)


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
        switches: list[tuple[int, str]] = []
        wrong = [Fault(file, line, words) for line, words in _walk(node, (), lines, switches)]
        if wrong:
            raise AdvisoryError(wrong)
        return Source(file, text, loader.construct_document(node), lines, switches)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        fault = Fault(file, line, f"{error.problem}; {_hint(text, line)}")
        raise AdvisoryError([fault]) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        fault = Fault(file, 0, f"not readable as YAML ({error}); correct it")
        raise AdvisoryError([fault]) from error
    finally:
        loader.dispose()


def _hint(text: str, line: int) -> str:
    """Return what to do about a line that is no YAML: of an alias, the nearest anchor."""
    wrong = text.splitlines()[line - 1] if 0 < line <= len(text.splitlines()) else ""
    anchors = re.findall(r"&(\w+)", text)
    strangers = [name for name in re.findall(r"\*(\w+)", wrong) if name not in anchors]
    if strangers:
        return f"there is no anchor &{strangers[0]}; {nearest(strangers[0], anchors)}"
    if wrong.startswith("---"):
        return "a file is one document: remove this line"
    return "indent with spaces, not tabs" if "\t" in wrong else "correct the YAML"


def _walk(
    node: yaml.Node, place: Place, lines: dict[Place, int], switches: list[tuple[int, str]]
) -> Iterator[tuple[int, str]]:
    """Note the line of every place and the words that are switches; yield what keys are wrong."""
    lines.setdefault(place, node.start_mark.line + 1)
    if node.tag == _SWITCH and node.value.lower() not in ("true", "false"):
        switches.append((node.start_mark.line + 1, node.value))
    if isinstance(node, yaml.SequenceNode):
        for index, member in enumerate(node.value):
            yield from _walk(member, (*place, index), lines, switches)
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
            yield from _walk(member, inner, lines, switches)
