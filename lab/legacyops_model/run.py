"""Runs a model as a program: its parts side by side, and one line of JSON at the end.

The collection finds the models of kinds by the entry points `legacyops.hotfix.models`: the name is
the kind's, the value a module that `python -m MODULE FOLDER [BASE ...]` runs on the advisory of a
folder, with the folders of those that it builds on. The line is a list with a member for each part:
{part, starts, states, transitions, by_hand, found}, and found has {sort, step, what, begins, way,
stands}; texts are {en, ja}.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.advisory import Advisory, load

Explored = Callable[[Advisory, str], dict[str, Any]]


def main(explored: Explored, parts: Sequence[str]) -> None:
    """Explore the advisory that the command line names, and print what was found."""
    folders = [Path(folder) for folder in sys.argv[1:]]
    with ProcessPoolExecutor(len(parts), mp_context=get_context("spawn")) as pool:
        found = list(pool.map(partial(_part, explored, folders), parts))
    print(json.dumps(found, ensure_ascii=True))


def _part(explored: Explored, folders: Sequence[Path], part: str) -> dict[str, Any]:
    advisory, *bases = folders
    return explored(load(advisory, bases), part)
