# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of docs/proof-of-order.md: every mutant of the advisory, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.advisory import (
    Advisory,
    bundled_folder,
    load_advisories,
)
from legacyops_model.ft.byhand import judged
from legacyops_model.ft.starts import KINDS
from mutants import Mutant, expect_mutants, interlock_mutants, order_mutants

BEGIN = "<!-- What follows is written by `make mutations`. -->"
_TITLES = {"windows_2003": "Windows 2003 type", "windows_2000": "Windows 2000 type"}


def write(path: Path) -> int:
    """Write the tables into the document; return 1 where a mutant lives without a reason."""
    advisory = load_advisories([bundled_folder()])["kb890859_tx200ft"]
    lines, unexplained = _document(advisory)
    head = path.read_text(encoding="utf-8").split(BEGIN)[0]
    path.write_text(head + "\n".join([BEGIN, "", *lines]) + "\n", encoding="utf-8")
    for mutant in unexplained:
        print(f"lives, and nobody says why: {' / '.join(mutant.what)}")
    return bool(unexplained)


def _document(advisory: Advisory) -> tuple[list[str], list[Mutant]]:
    lines: list[str] = []
    mutants: list[Mutant] = []
    tables: list[str] = []
    for kind in KINDS:
        judgement = judged(advisory, kind)
        slipped = {name: dict(c) for name, c in judgement[1].unsound.items() if c}
        if slipped:
            raise AssertionError(f"harm with all interlocks: {slipped}")
        found = list(interlock_mutants(advisory, judgement))
        expected = list(expect_mutants(advisory, judgement))
        tables += _table(f"{_TITLES[kind]}: an interlock less", ("step", "", "interlock"), found)
        tables += _table(
            f"{_TITLES[kind]}: an expectation less", ("step", "", "expectation"), expected
        )
        lines += [_count(f"{_TITLES[kind]}, an interlock less", found)]
        lines += [_count(f"{_TITLES[kind]}, an expectation less", expected)]
        mutants += found + expected
    order = list(order_mutants(advisory))
    lines += [_count("A step left out, or swapped with its neighbour", order)]
    tables += _table("A step left out or moved", ("procedure", "change"), order)
    mutants += order
    head = ["| Mutants | all | killed | no worse, with the reason |", "|---|---|---|---|"]
    lives = [mutant for mutant in mutants if not mutant.dead and not mutant.why]
    return [*head, *lines, "", *tables], lives


def _count(title: str, mutants: list[Mutant]) -> str:
    dead = sum(mutant.dead for mutant in mutants)
    return f"| {title} | {len(mutants)} | {dead} | {len(mutants) - dead} |"


def _table(title: str, columns: tuple[str, ...], mutants: Iterable[Mutant]) -> Iterator[str]:
    shown = [i for i, name in enumerate(columns) if name]
    yield from (f"## {title}", "")
    yield "| " + " | ".join(columns[i] for i in shown) + " | | |"
    yield "|" + "---|" * (len(shown) + 2)
    for mutant in mutants:
        cells = [f"`{mutant.what[i]}`" for i in shown]
        cells += ["killed" if mutant.dead else "no worse", mutant.why]
        yield "| " + " | ".join(cells) + " |"
    yield ""


def rows(path: Path, title: str) -> list[tuple[str, str]]:
    """Return the first two cells of each row of the tables under titles that hold a text."""
    found = []
    for part in path.read_text(encoding="utf-8").split("\n## ")[1:]:
        if title in part.splitlines()[0]:
            cells = [line.split(" | ") for line in part.splitlines() if line.startswith("| `")]
            found += [(each[0].strip("| `"), each[1].strip("`")) for each in cells]
    return found


def killed_by(path: Path, title: str) -> list[str]:
    """Return what killed mutants, from the tables under titles that hold a text."""
    found = []
    for part in path.read_text(encoding="utf-8").split("\n## ")[1:]:
        if title in part.splitlines()[0]:
            cells = [line.strip("| ").split(" | ") for line in part.splitlines()]
            found += [each[3] for each in cells if len(each) > 3 and each[2] == "killed"]
    return found
