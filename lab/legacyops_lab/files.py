"""Small files of a lab's state directory."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def write_json(path: Path, data: Any) -> None:
    """Write JSON so that a reader never sees half of it."""
    draft = path.with_suffix(path.suffix + ".new")
    draft.write_text(json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False) + "\n", "utf-8")
    os.replace(draft, path)


def read_json(path: Path) -> Any:
    """Return a JSON file's data, None where there is no such file."""
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
