# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the author of a notice asks for: the same for the module advisory and for the command.

The command legacyops-advisory is for editors and CI: it starts no Ansible, so it answers at once.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .._core.advisory import FILES, Fault, bundled_folder, lint_all
from .layout import harmless

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


def folders(paths: Sequence[Path]) -> list[Path]:
    """Return the folders that are meant by paths, each once: of a notice's file, its own."""
    names = [f"{name}.yml" for name in FILES]
    meant = [p.parent if p.name in names and not p.is_dir() else p for p in paths]
    bundled = bundled_folder().resolve()
    mine = [p for p in meant if bundled not in (p.resolve(), p.resolve().parent)]
    return list(dict.fromkeys(mine))


if __name__ == "__main__":
    sys.exit(main())
