"""Levels of Fujitsu's fixes, `V1.0L20`, as numbers that compare."""

from __future__ import annotations

import re

_LEVEL = re.compile(r"V(\d)\.(\d)L(\d{1,3})")


def number(text: str | None) -> int:
    """Return 10020 for V1.0L20, and 0 for None; ValueError for anything else."""
    if text is None:
        return 0
    match = _LEVEL.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no level like V1.0L20")
    major, minor, level = (int(part) for part in match.groups())
    return major * 10000 + minor * 1000 + level


def text(level: int) -> str | None:
    """Return V1.0L20 for 10020, None for 0."""
    if level == 0:
        return None
    return f"V{level // 10000}.{level // 1000 % 10}L{level % 1000}"
