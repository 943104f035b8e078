# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A procedure as a graph: a lane for each node, steps downwards, what guards a step beside it.

A column layout of our own: an order of steps has no branches that a layout library would place, and
lanes are what a reviewer looks for. Here are places and lines of text; the template draws them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from .labels import word
from .lines import broken

Record = dict[str, Any]
LANE: Final = (168, 320)  # least and greatest width of a lane, with the gap to the next
_LANES: Final = 560  # width of all, if there are few
GAP: Final = 12
LEFT: Final = 34  # of the lanes; before them stand the loops
GUARDS: Final = 420  # width of what stands beside the steps
HEAD: Final = 40
LINE: Final = 15  # height of a line of text
_COLUMN: Final = 6.4  # width of a column of text
_KINDS: Final = ("only_if", "interlocks", "expect")
_BETWEEN: Final = 22  # rows


def drawn(procedure: Mapping[str, Any], language: str) -> Record:
    """Return places and texts of a procedure in one language.

    procedure: of a review (see review).
    """
    lanes = [lane["name"] for lane in procedure["lanes"]]
    lane_width = min(max(LANE[0], _LANES // len(lanes)), LANE[1])
    places = {name: LEFT + lane_width * i for i, name in enumerate(lanes)}
    beside = LEFT + lane_width * len(lanes) + GAP
    boxes: list[Record] = []
    top = HEAD
    for step in procedure["steps"]:
        x = places.get(step["lane"], LEFT)
        width = lane_width if step["lane"] in places else lane_width * len(lanes)
        boxes.append(_box(step, x, top, width - GAP, language))
        top += boxes[-1]["room"] + _BETWEEN
    return {
        "width": beside + GUARDS,
        "height": top,
        "beside": beside,
        "lanes": [
            {
                "x": places[lane["name"]],
                "width": lane_width - GAP,
                "title": lane["title"][language],
            }
            for lane in procedure["lanes"]
        ],
        "boxes": boxes,
        "ways": [_way(one, two, lane_width - GAP) for one, two in pairwise(boxes)],
        "loops": list(_loops(procedure["steps"], boxes)),
    }


def _box(step: Mapping[str, Any], x: int, top: int, width: int, language: str) -> Record:
    columns = int((width - 12) / _COLUMN)
    marks = ", ".join(step["clause"]) or word("ours", language)
    head = [f"{step['number']} {marks}"]
    lines = [line for each in (*head, step["title"][language]) for line in broken(each, columns)]
    guards = list(_beside(step, language))
    room = max(LINE * len(lines) + 12, LINE * len(guards))
    return {
        "name": step["name"],
        "x": x,
        "y": top,
        "width": width,
        "height": LINE * len(lines) + 12,
        "room": room,
        "lines": lines,
        "heads": len([line for each in head for line in broken(each, columns)]),
        "guards": guards,
        "conditional": bool(step["guards"]["only_if"]),
        "person": step["person"],
        "resting_point": step["resting_point"],
        "point_of_no_return": step["point_of_no_return"],
    }


def _beside(step: Mapping[str, Any], language: str) -> Iterator[Record]:
    """Yield lines that tell what guards a step: (kind, first of its kind, text)."""
    columns = round((GUARDS - 70) / _COLUMN)
    for kind in _KINDS:
        first = True
        for guard in step["guards"][kind]:
            separator = "; " if language == "en" else "、"
            said = separator.join(dict.fromkeys(each[language] for each in guard["words"]))
            named = f"{guard['guard']}: {said}" if guard["guard"] else said
            for line in broken(named, columns):
                label = word(f"asks_{kind}", language) if first else ""
                yield {"kind": kind, "label": label, "text": line}
                first = False
    if step["again_after"]:
        for number, line in enumerate(broken(", ".join(step["again_after"]), columns)):
            label = word("asks_again_after", language) if not number else ""
            yield {"kind": "again_after", "label": label, "text": line}


def _way(one: Mapping[str, Any], two: Mapping[str, Any], lane: int) -> str:
    """Return the line from a step to the next, as an SVG path with right angles."""
    start, end = (int(box["x"] + min(box["width"], lane) // 2) for box in (one, two))
    from_, to = one["y"] + one["height"], two["y"]
    turn = to - _BETWEEN // 2
    aside = f"V{turn}H{end}" if start != end else ""
    return f"M{start} {from_}{aside}V{to - 1}m-4 -6l4 6l4 -6"


def _loops(
    steps: Sequence[Mapping[str, Any]], boxes: Sequence[Mapping[str, Any]]
) -> Iterator[Record]:
    """Yield the brackets around steps that are repeated for each item."""
    first = 0
    for i, step in enumerate(steps):
        if i + 1 == len(steps) or steps[i + 1]["loop"] != step["loop"]:
            if step["loop"]:
                top, last = boxes[first]["y"], boxes[i]
                height = last["y"] + last["room"] - top
                yield {"loop": step["loop"], "y": top, "height": height}
            first = i + 1
