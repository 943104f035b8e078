#!/usr/bin/env python3
"""Fill .collections with links to what the collection ships, as Ansible wants to find it.

Ansible looks for ``ansible_collections/NAMESPACE/NAME`` on its path. ``pip install -e .`` puts
``.collections`` on the path; this makes ``.collections/ansible_collections/legacyops/hotfix`` a
real directory of links to the entries that the wheel would include, so an edit is live at once.
With ``--list`` it only prints those entries.
"""

from __future__ import annotations

import os
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINKS = ROOT / ".collections" / "ansible_collections" / "legacyops" / "hotfix"


def shipped_entries() -> list[str]:
    """Return the existing top-level entries which the wheel includes, as pyproject.toml says."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    include = project["tool"]["hatch"]["build"]["targets"]["wheel"]["include"]
    names = [entry.strip("/") for entry in include]
    return sorted(name for name in names if (ROOT / name).exists())


def link() -> None:
    """Make the links that are missing and drop those that lead nowhere."""
    LINKS.mkdir(parents=True, exist_ok=True)
    entries = shipped_entries()
    for old in LINKS.iterdir():
        if old.name not in entries:
            old.unlink()
    for name in entries:
        place = LINKS / name
        if not place.is_symlink():
            place.symlink_to(os.path.relpath(ROOT / name, LINKS))


if __name__ == "__main__":
    if sys.argv[1:] == ["--list"]:
        print(*shipped_entries(), sep="\n")
    else:
        link()
