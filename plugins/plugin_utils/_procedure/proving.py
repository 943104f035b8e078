# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Has a model explore a notice, and tells what it found with the way there.

What a kind of system does is no knowledge of the collection's: a model comes with what is installed
beside it, by an entry point named as the kind (the lab brings one for FT systems). It runs in a
process of its own: it keeps millions of states, and takes the checks over.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any, Final

from .._core.advisory import Advisory, bundled_folder
from .._core.advisory.check import kind_of_notice
from .._core.model import CoreError
from .layout import harmless, in_language, wrapped

MODELS: Final = "legacyops.hotfix.models"
_ROOT: Final = bundled_folder().parents[3]  # what `import ansible_collections` needs
_NUMBERS: Final = ("starts", "states", "transitions", "by_hand")


@dataclass(frozen=True)
class Proof:
    """What a model has found. parts: as it printed them (lab/legacyops_model/run.py)."""

    parts: Sequence[Mapping[str, Any]]

    @property
    def found(self) -> list[Mapping[str, Any]]:
        """Return every harm, and every way that leads nowhere; what parts have in common, once."""
        found: dict[tuple[str, str, str], Mapping[str, Any]] = {}
        for each in (each for part in self.parts for each in part["found"]):
            found.setdefault((each["sort"], each["step"], each["what"]["en"]), each)
        return list(found.values())

    @property
    def numbers(self) -> dict[str, int]:
        """Return how much was explored."""
        return {name: sum(part[name] for part in self.parts) for name in _NUMBERS}


def _folders(advisory: Advisory) -> list[str]:
    """Return the folder of an advisory, and those of what it builds on."""
    return [str(path.resolve()) for path in (advisory.path, *advisory.bases)]


def prove(advisory: Advisory) -> Proof:
    """Return what the model of an advisory's kind finds.

    Raises CoreError: there is no such model, or it failed.
    """
    kind = kind_of_notice(advisory.data).name
    models = {each.name: each.value for each in entry_points(group=MODELS)}
    if kind not in models:
        known = ", ".join(sorted(models)) or "none"
        raise CoreError(
            f"{advisory.id}: nothing is proven: no model of the kind {kind} is installed (there "
            f"are: {known}). That of FT systems comes with the lab: pip install ./lab, from the "
            "collection's source."
        )
    paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    run = subprocess.run(
        [sys.executable, "-m", models[kind], *_folders(advisory)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    lines = run.stdout.splitlines()
    if run.returncode or not lines:
        why = (run.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise CoreError(f"{advisory.id}: nothing is proven: the model {models[kind]} failed: {why}")
    return Proof(json.loads(lines[-1]))


def proof_lines(advisory: Advisory, proof: Proof, language: str) -> Iterator[str]:
    """Yield what was found, each with the way there, and how much was explored."""
    words = _WORDS[language]
    for number, each in enumerate(proof.found, 1):
        what = in_language(each["what"], language)
        sort = words[each["sort"]].format(step=harmless(each["step"]))
        yield from wrapped(f"{number}. {sort}: {what}", "", "   ")
        yield from _part(words["begins"], each["begins"], language)
        for index, event in enumerate(each["way"], 1):
            yield from wrapped(f"{index:2}. {in_language(event, language)}", "   ", "       ")
        yield from _part(words["stands"], each["stands"], language)
        yield ""
    explored = words["explored"].format(**{k: f"{n:,}" for k, n in proof.numbers.items()})
    found = words["found"].format(number=len(proof.found)) if proof.found else words["nothing"]
    yield from wrapped(f"{advisory.id}: {found} {explored}", "")


def _part(label: str, text: Any, language: str) -> list[str]:
    return wrapped(f"{label} {in_language(text, language)}", "   ", "     ") if text else []


_WORDS: Final = {
    "en": {
        "harm_by_hand": "{step} does harm by hand",
        "harm": "{step} does harm",
        "short_of_goal": "a plan ends too early",
        "stuck": "a plan stops for ever",
        "begins": "It begins with:",
        "stands": "Right before:",
        "found": "ways to harm, or to nowhere: {number}.",
        "nothing": "no harm was found.",
        "explored": "Explored: {starts} starts, {states} states, {transitions} transitions; any "
        "step by hand in {by_hand} states.",
    },
    "ja": {
        "harm_by_hand": "{step} の単独実施による被害",
        "harm": "{step} による被害",
        "short_of_goal": "計画の早すぎる終了",
        "stuck": "計画の続行不能",
        "begins": "開始時:",
        "stands": "直前の状態:",
        "found": "被害または続行不能に至る経路が {number} 件見つかりました。",
        "nothing": "被害は見つかりませんでした。",
        "explored": "探索: 開始状態 {starts}、状態 {states}、遷移 {transitions}、単独実施 "
        "{by_hand} 状態。",
    },
}
