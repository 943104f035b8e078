# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the author of a notice asks for: the same for the module advisory and for the command.

The command legacyops-advisory is for editors and CI: it starts no Ansible, so it answers at once.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .._core.advisory import FILES, Advisory, Fault, bundled_folder, lint_all
from .._core.model import CoreError
from .._report.render import review_page
from .._report.review import build_review
from .layout import harmless
from .proving import proof_lines, prove
from .review_text import review_text

RIGHT, WRONG, MISUSED = range(3)  # exit codes; argparse's own is the last one, too


def said(fault: Fault) -> str:
    """Return a fault on one line, in the form that editors jump by: FILE:LINE: error: sentence."""
    word = "warning" if fault.warning else "error"
    return harmless(f"{fault.file}:{fault.line}: {word}: {fault.text}")


def counted(faults: Sequence[Fault]) -> str:
    """Return how many errors and warnings there are, in words."""
    numbers = {word: sum(f.warning is (word == "warning") for f in faults) for word in _WORDS}
    return ", ".join(f"{n} {word}{'s' * (n != 1)}" for word, n in numbers.items())


_WORDS = ("error", "warning")


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out what the command line asks for, and return its exit code."""
    asked = _parser().parse_args(arguments)
    code: int = asked.run(asked)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="legacyops-advisory",
        description="Tools for the author of an advisory: a vendor's notice as data.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    lint = _command(commands, _lint, "lint", "tell all that is wrong, as FILE:LINE: error: what")
    show = _command(commands, _show, "show", "show a notice for review, beside the vendor's words")
    show.add_argument("--language", choices=("en", "ja"), default="en", help="of the headings")
    show.add_argument(
        "--html", type=Path, metavar="FOLDER", help="write pages there, and print no text"
    )
    prove_ = _command(commands, _prove, "prove", "explore a notice's procedures for ways to harm")
    prove_.add_argument("--language", choices=("en", "ja"), default="en", help="of what is told")
    lint.add_argument("--strict", action="store_true", help="fail where there is a warning, too")
    return parser


def _command(commands: Any, run: Any, name: str, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=text,
        description=f"{text[0].upper()}{text[1:]}. Exit code: 0 all is well, 1 it is not, "
        "2 the command line is wrong.",
    )
    parser.set_defaults(run=run)
    parser.add_argument(
        "paths",
        nargs="+",
        type=Path,
        metavar="PATH",
        help="an advisory's folder, one of its files, or a folder of many advisories",
    )
    return parser


def _lint(asked: argparse.Namespace) -> int:
    _advisories, faults = lint_all([bundled_folder(), *folders(asked.paths)])
    for fault in faults:
        print(said(fault))
    print(f"{counted(faults)}.", file=sys.stderr)
    return WRONG if any(asked.strict or not fault.warning for fault in faults) else RIGHT


def _show(asked: argparse.Namespace) -> int:
    advisories, faults = named(asked.paths)
    for fault in faults:
        print(said(fault), file=sys.stderr)
    for advisory in advisories:
        review = build_review(advisory)
        if asked.html is None:
            print(review_text(review, asked.language), end="")
        else:
            path = review_path(review, asked.html, asked.language)
            write_review(review, path, asked.language)
            print(path)
    return WRONG if faults else RIGHT


def _prove(asked: argparse.Namespace) -> int:
    advisories, faults = named(asked.paths)
    for fault in faults:
        print(said(fault), file=sys.stderr)
    sound = not faults
    for advisory in advisories:
        try:
            proof = prove(advisory)
        except CoreError as error:
            print(harmless(error), file=sys.stderr)
            sound = False
            continue
        print("\n".join(proof_lines(advisory, proof, asked.language)), flush=True)
        sound &= not proof.found
    return RIGHT if sound else WRONG


def review_path(review: Mapping[str, Any], folder: Path, language: str) -> Path:
    """Return where the page of a review is written."""
    return folder / f"review-{review['id']}-{language}.html"


def write_review(review: Mapping[str, Any], path: Path, language: str) -> None:
    """Write the page of a review."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(review_page(review, language), encoding="utf-8")


def named(paths: Sequence[Path]) -> tuple[list[Advisory], list[Fault]]:
    """Return the advisories of some paths without the bundled ones beside, and all errors."""
    mine = [path.resolve() for path in _meant(paths)]
    found, faults = lint_all([bundled_folder(), *folders(paths)])
    chosen = [a for a in found.values() if {a.path.resolve(), a.path.resolve().parent} & {*mine}]
    return chosen, [fault for fault in faults if not fault.warning]


def folders(paths: Sequence[Path]) -> list[Path]:
    """Return the folders meant by paths, each once: of a file, its own; the bundled are read."""
    bundled = bundled_folder().resolve()
    mine = [p for p in _meant(paths) if bundled not in (p.resolve(), p.resolve().parent)]
    return list(dict.fromkeys(mine))


def _meant(paths: Sequence[Path]) -> list[Path]:
    names = [f"{name}.yml" for name in FILES]
    return [p.parent if p.name in names and not p.is_dir() else p for p in paths]


if __name__ == "__main__":
    sys.exit(main())
