#!/usr/bin/env python3
"""How many transitions the model explores in a processor minute, in one process.

Explored are samples of the tests' own starts: the lab's systems with each way of switching, and
farms by lot. Processor seconds, as a busy machine counts them; a busy machine also makes each of
them worth less, so a plain loop is timed beside it, as a yardstick for comparing two runs.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "model"))

from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.advisory import (  # noqa: E402
    Advisory,
    bundled_folder,
    load_advisories,
)

Found = Iterator[tuple[int, int]]  # places, transitions
# Transitions a processor minute, and a yardstick, when each condition was interpreted for each
# state. The machine of that minute is another one by now; the yardstick is the same.
FIRST = {"FT systems": (190_000, 440)}


def ft_systems(advisory: Advisory) -> Found:
    """Yield what exploring each system of the lab gives."""
    from legacyops_model.ft.starts import SWITCHES, lab_systems

    for switch in SWITCHES:
        for start in lab_systems().values():
            result = replace(start, switch=switch).explore(advisory)
            if result is not None:
                yield result.places, result.transitions


def farms(advisory: Advisory) -> Found:
    """Yield what exploring farms by lot gives; their places are not counted."""
    import test_farms
    from farms import Explorer

    for number, case in enumerate(test_farms.chosen(60)):
        yield 0, Explorer(case, advisory).run(2000, number).transitions


def yardstick() -> float:
    """Return the processor seconds of a loop that does what exploring does: look up in tables."""
    began = time.process_time()
    table = {(n, n + 1): n for n in range(1000)}
    for _ in range(300):
        for n in range(1000):
            table[n, n + 1] = table.get((n, n + 1), 0) + 1
    return time.process_time() - began


def measured(explore: Callable[[Advisory], Found], advisory: Advisory) -> dict[str, Any]:
    """Return places, transitions, processor seconds, and those of the yardstick meanwhile."""
    found, spent, plain = [], 0.0, []
    things = explore(advisory)
    while True:
        began = time.process_time()
        thing = next(things, None)
        spent += time.process_time() - began
        if thing is None:
            break
        found.append(thing)
        if len(found) % 10 == 1:
            plain.append(yardstick())
    places, transitions = (sum(numbers) for numbers in zip(*found, strict=True))
    loop = sum(plain) / len(plain)
    return {"places": places, "transitions": transitions, "seconds": spent, "loop": loop}


def rows() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what was measured of each model."""
    advisories = load_advisories([bundled_folder()])
    yield "FT systems", measured(ft_systems, advisories["kb890859_tx200ft"])
    yield "farms", measured(farms, advisories["ctx130025"])


def lines() -> Iterator[str]:
    """Yield a line for each model, as text."""
    for name, row in rows():
        rate = row["transitions"] / row["seconds"]
        a_minute, a_yardstick = rate * 60, rate * row["loop"]
        line = (
            f"{name}: {row['places']:,} places, {row['transitions']:,} transitions, "
            f"{row['seconds']:.1f} processor seconds: {a_minute:,.0f} a minute, "
            f"{a_yardstick:,.0f} a yardstick of {row['loop']:.3f} s"
        )
        if name in FIRST:
            minute, stick = FIRST[name]
            line += f"; as often as at first: {a_minute / minute:.1f}, {a_yardstick / stick:.1f}"
        yield line


def main() -> int:
    """Print a line for each model."""
    for line in lines():
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
