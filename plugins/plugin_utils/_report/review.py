# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A notice as it is reviewed: the vendor's words, clause by clause, and what was made of them.

As JSON; every text is inert and stands in both languages. No host and no inventory is needed: what
only a site knows stands as $NAME, where it can be said at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from .._core.actions import ACTIONS
from .._core.advisory import Advisory
from .._core.checks import check_of
from .._core.conditions import condition
from .._core.findings import filled, resolve, scope_of
from .._core.kinds import KINDS, title
from .._core.model import Ref
from .procedure_graph import drawn
from .texts import same, text, tidy

Record = dict[str, Any]
# Where a step's conditions stand, in the order in which they are asked.
_ASKED: Final = ("only_if", "done_when", "interlocks", "expect")
_NOTHING: Final = text("", "")
EVERYWHERE: Final = "*"  # the lane of a step whose node an item of a loop names


def build_review(advisory: Advisory) -> Record:
    """Return a notice's clauses with all that cites them, what cites none, and the procedures."""
    data, scope = advisory.data, _scope(advisory)
    cited = list(_cited(advisory, scope))
    review = {
        **advisory.identity(),
        "title": same(data["title"]),
        "source": {key: str(value) for key, value in data["source"].items()},
        "products": [str(each.get("name")) for each in data["applies_to"]["products"].values()],
        "clauses": [
            {
                "mark": mark,
                "words": same(words),
                "made": _merged(each for marks, each in cited if mark in marks),
            }
            for mark, words in data["clauses"].items()
        ],
        "additions": _merged(each for marks, each in cited if not marks),
        "procedures": [_procedure(advisory, name, scope) for name in data["procedures"]],
    }
    tidied: Record = tidy(review)
    for procedure in tidied["procedures"]:
        procedure["graph"] = {ln: drawn(procedure, ln) for ln in ("en", "ja")}
    return tidied


def _scope(advisory: Advisory) -> Record:
    """Return what settings are without a site: the notice's own; $LOOP.KEY for a loop's item."""
    loops = {
        loop: {key: f"${loop}.{key}" for key in keys}
        for kind in KINDS
        for loop, keys in kind.loops.items()
    }
    return {**scope_of(advisory, {}), **loops}


# --- What cites a clause ----------------------------------------------------------------------


def _cited(advisory: Advisory, scope: Record) -> Iterator[tuple[Sequence[str], Record]]:
    """Yield everything of the logic that may cite clauses: its marks, and what it is."""
    data = advisory.data
    for each in data["applies_to"]["conditions"]:
        yield each["clause"], _made("condition", each["id"], each["title"], each.get("remedy"))
    for group in data["event_groups"]:
        yield group["clause"], _made("events", group["id"], group["title"])
    for symptom in data["symptoms"]:
        yield symptom["clause"], _made("symptom", symptom["id"], symptom["title"], symptom["cause"])
    for kind in ("findings", "branches"):
        for rule in data.get(kind, ()):
            made = _made(rule["severity"], rule["id"], rule["title"], rule["remedy"])
            yield rule["clause"], made
    for name, procedure in data["procedures"].items():
        yield procedure["clause"], _made("procedure", name, procedure["title"])
        for entry, loop in entries(procedure):
            step = data["steps"][entry["step"]]
            made = _made("step", entry["step"], step["title"], step["reason"])
            yield entry["clause"], {**made, "loop": loop, "in": [name]}
    for name, step in data["steps"].items():
        for key in _ASKED:
            for ref in filled(advisory, step.get(key, []), scope):
                if ref.get("clause"):
                    asked = ref.get("guard") or ref["name"]
                    said = _made("guard", asked, condition(ref))
                    yield ref["clause"], {**said, "loop": None, "in": [name]}


def _made(kind: str, name: str, title_: Any, more: Any = None) -> Record:
    return {
        "kind": kind,
        "name": name,
        "title": same(title_),
        "text": same(more) if more else _NOTHING,
        "loop": None,
        "in": [],
    }


def _merged(every: Iterable[Record]) -> list[Record]:
    """Return what cites a clause, each once, with all the places that it cites it from."""
    found: dict[tuple[str, str, str], Record] = {}
    for each in every:
        key = (each["kind"], each["name"], each["title"]["en"])
        known = found.setdefault(key, {**each, "in": []})
        known["in"] += [place for place in each["in"] if place not in known["in"]]
    return list(found.values())


def entries(procedure: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], str | None]]:
    """Yield each entry of a procedure that names a step, with the loop that it stands in."""
    for entry in procedure["steps"]:
        for inner in entry.get("steps", [entry]):
            yield inner, entry.get("for_each")


# --- Procedures -------------------------------------------------------------------------------


def _procedure(advisory: Advisory, name: str, scope: Record) -> Record:
    procedure = advisory.data["procedures"][name]
    steps = [
        _step(advisory, entry, loop, scope, procedure["part"]) for entry, loop in entries(procedure)
    ]
    return {
        "name": name,
        "title": same(procedure["title"]),
        "clause": list(procedure["clause"]),
        "lanes": _lanes(advisory, {step["lane"] for step in steps}),
        "steps": [{**step, "number": f"{i:02d}"} for i, step in enumerate(steps, 1)],
    }


def _step(
    advisory: Advisory, entry: Mapping[str, Any], loop: str | None, scope: Record, part: str
) -> Record:
    data = advisory.data["steps"][entry["step"]]
    node = ACTIONS[data["action"]].node_of(resolve(data.get("arguments", {}), scope)) or ""
    return {
        "name": entry["step"],
        "clause": list(entry["clause"]),
        "title": same(data["title"]),
        "loop": loop,
        "lane": EVERYWHERE if node.startswith("$") else node,
        "rollback": same(data["rollback"]),
        "resting_point": bool(data.get("resting_point")),
        "point_of_no_return": bool(data.get("point_of_no_return")),
        "person": ACTIONS[data["action"]].persons,
        "again_after": list(data.get("again_after", [])),
        "guards": {key: _guards(advisory, data.get(key, []), scope, part) for key in _ASKED},
    }


def _guards(
    advisory: Advisory, conditions: Sequence[Mapping[str, Any]], scope: Record, part: str
) -> list[Record]:
    """Return conditions in words; those of one guard are one, under its name."""
    found: dict[str, Record] = {}
    for number, ref in enumerate(filled(advisory, conditions, scope, part)):
        guard = ref.get("guard")
        mine = found.setdefault(guard or str(number), {"guard": guard, "clause": [], "words": []})
        mine["clause"] += [mark for mark in ref.get("clause", []) if mark not in mine["clause"]]
        mine["words"].append(_said(ref))
    return list(found.values())


def _said(ref: Ref) -> Record:
    """Return a condition in words; which setting it is about, these do not tell."""
    words: Record = dict(condition(ref))
    if check_of(ref).about == "setting":
        return {language: f"{ref['name']}: {each}" for language, each in words.items()}
    return words


def _lanes(advisory: Advisory, used: set[str]) -> list[Record]:
    """Return the lanes of a procedure, in the order in which the notice names its subjects."""
    named = [*advisory.data["subjects"], *sorted(used)]
    lanes = [name for name in dict.fromkeys(named) if name in used and name not in ("", EVERYWHERE)]
    host = [{"name": "", "title": text("the host", "ホスト")}] if "" in used or not lanes else []
    return [*host, *({"name": name, "title": same(title(name))} for name in lanes)]
