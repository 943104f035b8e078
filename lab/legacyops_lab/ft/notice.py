"""Texts, levels and file versions of the notice (notice.yml)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from .state import Event

_NAME = "svchost.exe"


@lru_cache(maxsize=1)
def notice() -> dict[str, Any]:
    """Return notice.yml."""
    path = Path(__file__).with_name("notice.yml")
    data: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return data


def of_type(kind: str) -> dict[str, Any]:
    """Return what the notice says about a type; KeyError for an unknown one."""
    found: dict[str, Any] = notice()["types"][kind]
    return found


def event_text(event: Event, language: str) -> str:
    """Return an event's text on a host of this language (ja or en)."""
    texts = notice()["events"][event.key]
    pattern: str = texts.get("text") or texts[language]
    return pattern.format(n=event.n, x=event.x, name=_NAME)
