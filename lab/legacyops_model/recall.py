# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was decided once is recalled by what it was decided from.

A decision reads a few parts of a view: one node's record, say, or one driver's. It is kept in a
tree: which parts it read first; by their values, which ones next; at the end what came out. So
views that differ elsewhere are decided once, and no difference is overlooked: a value that was not
met yet has no branch, and is decided afresh. That is true of pure functions, which decisions are;
one that reads another part first the next time is found out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from operator import itemgetter
from typing import Any, TypeVar

Result = TypeVar("Result")
_noted: list[int] | None = None  # the parts that the decision at hand has read


class _Branch:
    """Parts that are read one after the other whatever they are, and what came of their values."""

    __slots__ = ("by", "parts", "values_of")

    def __init__(self, parts: tuple[int, ...]) -> None:
        self.parts = parts
        self.values_of = itemgetter(*parts)  # of one part its value, of more a tuple
        self.by: dict[Any, Any] = {}

    def parted(self, at: int) -> None:
        """Leave the first `at` parts here; the others come after them."""
        first, rest = self.parts[:at], self.parts[at:]
        one, two = itemgetter(*range(at)), itemgetter(*range(at, len(self.parts)))
        known = self.by
        self.__init__(first)  # type: ignore[misc]
        for values, came in known.items():
            after = self.by.setdefault(one(values), _Branch(rest))
            after.by[two(values)] = came


class Recall:
    """A pure function of a thing and a view, that remembers what it returned.

    decide: takes the thing, a view whose parts are Watched, and that view's context.
    """

    def __init__(self, decide: Callable[[Any, Any, Any], Result]) -> None:
        self._decide = decide
        self._trees: dict[int, Any] = {}

    def __call__(self, what: int, asked: Any, view: Any) -> Any:
        """Return decide(asked, view, its context), from memory where the parts have been met.

        what: a number that nothing else has that is asked. view: has `values`, a number for the
        value of each part, and `watched`, itself with its parts Watched.
        """
        found, values = self._trees.get(what), view.values
        if _noted is not None:
            return self._noting(found, what, asked, view)
        while found.__class__ is _Branch:
            found = found.by.get(found.values_of(values))
        return self._afresh(what, asked, view) if found is None else found

    def _noting(self, found: Any, what: int, asked: Any, view: Any) -> Any:
        """Return the same for another decision, which has read by that what this one reads."""
        read: list[int] = []
        while found.__class__ is _Branch:
            read += found.parts
            found = found.by.get(found.values_of(view.values))
        if found is None:
            return self._afresh(what, asked, view)
        assert _noted is not None
        _noted.extend(read)
        return found

    def _afresh(self, what: int, asked: Any, view: Any) -> Any:
        global _noted
        outer, _noted = _noted, []
        try:
            result = self._decide(asked, view.watched, view.watched.context)
            parts = list(dict.fromkeys(_noted))
        finally:
            _noted = outer
        if outer is not None:
            outer += parts
        self._keep(what, parts, view.values, result)
        return result

    def _keep(self, what: int, parts: list[int], values: tuple[int, ...], result: Any) -> None:
        rest = tuple(parts)
        kept: dict[Any, Any] = self._trees
        key: Any = what
        while key in kept:
            branch = kept[key]
            same = _alike(branch.parts, rest) if branch.__class__ is _Branch else 0
            if same == 0:
                raise AssertionError(f"{what}: {rest} were read where others were before")
            if same < len(branch.parts):
                branch.parted(same)
            kept, key, rest = branch.by, branch.values_of(values), rest[same:]
        if rest:
            branch = kept[key] = _Branch(rest)
            kept, key = branch.by, branch.values_of(values)
        kept[key] = result


def _alike(one: tuple[int, ...], two: tuple[int, ...]) -> int:
    """Return how many parts two orders of reading begin with alike."""
    pairs = enumerate(zip(one, two, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(one), len(two)))


class Watched(Mapping[str, Any]):
    """A table that notes which of its parts are read.

    parts: key → the part's number, or the same of a table within; other keys are not watched.
    """

    def __init__(self, table: Mapping[str, Any], parts: Mapping[str, Any]) -> None:
        self._parts = parts
        self._table = {
            key: Watched(value, parts[key]) if isinstance(parts.get(key), Mapping) else value
            for key, value in table.items()
        }

    def __getitem__(self, key: str) -> Any:
        part = self._parts.get(key)
        if part.__class__ is int and _noted is not None:
            _noted.append(part)
        return self._table[key]

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key, or else the default: that it is missing was read, too."""
        part = self._parts.get(key)
        if part.__class__ is int and _noted is not None:
            _noted.append(part)
        return self._table.get(key, default)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the keys: which there are hangs on all parts."""
        if _noted is not None:
            _noted.extend(part for part in self._parts.values() if part.__class__ is int)
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)
