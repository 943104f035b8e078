"""Answers that no shipped script gives: something else in one place of a good one.

A host that is broken or in somebody else's hands answers like this: other types, numbers that
nothing holds, half a surrogate pair, texts that would repaint a terminal or pass for Ansible's own.
"""

from __future__ import annotations

import random
from typing import Any

FORGED = "x\r\nfatal: [forged]: FAILED! => {}\x1b]0;owned\x07\x1b[2J\x1b[31m\u202e"


def spoil(result: dict[str, Any], seed: int) -> dict[str, Any]:
    """Return the result with something else in one place; the same place for the same seed."""
    chooser = random.Random(seed)
    error = {"kind": FORGED, "message": FORGED, "line": FORGED, "type": FORGED, "code": FORGED}
    if chooser.random() < 0.15:
        return {"ok": False, "script": result["script"], "error": error}
    part: Any = result
    while True:
        key = chooser.choice(sorted(part) if isinstance(part, dict) else range(len(part)))
        deeper = isinstance(part[key], dict | list) and part[key]
        if not deeper or chooser.random() < 0.2:
            part[key] = chooser.choice(_things(chooser))
            return result
        part = part[key]


def _things(chooser: random.Random) -> list[Any]:
    deep: Any = 1
    for _ in range(chooser.choice((40, 2000))):
        deep = [deep]
    return [None, True, [], {}, [FORGED], {FORGED: 1}, FORGED, "\ud83d", "", -1, 1e999, 2.5,
            10**400, deep]  # fmt: skip
