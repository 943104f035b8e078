# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules that hold over the whole repository: headers, who may import what, no private paths."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

COLLECTION = "ansible_collections.legacyops.hotfix"
UTILS = f"{COLLECTION}.plugins.plugin_utils"
HEADER = (
    "# Copyright (c) 2026 legacyops.hotfix contributors\n"
    "# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)\n"
    "# SPDX-License-Identifier: GPL-3.0-or-later\n"
)
# Absolute paths and addresses that mean something only on the machine somebody wrote the code on.
PRIVATE = re.compile(r"(?<![\w./}$\\-])/(?:work|opt/(?:dev|wheels|pypi)|home/\w+|root)/")
# The pure core reads and writes nothing: no files, processes, sockets, threads, clocks by import.
CORE_MAY_NOT_IMPORT = {
    "ansible",
    "asyncio",
    "http",
    "io",
    "logging",
    "multiprocessing",
    "requests",
    "shutil",
    "signal",
    "socket",
    "subprocess",
    "tempfile",
    "threading",
    "time",
    "urllib",
    "winrm",
}


def tracked(repository: Path, *patterns: str) -> list[Path]:
    """Return the repository's files of these patterns which are tracked, or new and not ignored."""
    command = [
        "git",
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
        "--",
        *patterns,
    ]
    listed = subprocess.run(
        command, cwd=repository, check=True, capture_output=True, text=True
    ).stdout
    paths = [repository / name for name in listed.split("\0") if name]
    return [path for path in paths if path.is_file()]


def imports(path: Path) -> Iterator[str]:
    """Yield the full names of everything a Python file imports; `from x import y` gives x.y."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            yield from (f"{base}.{alias.name}" for alias in node.names)


def test_nothing_names_a_private_path(repository):
    """No file names a path of the machine it was written on."""
    found = []
    for path in tracked(repository):
        if path.suffix in {".pem", ".der", ".png"} or path == Path(__file__):
            continue
        for number, line in enumerate(
            path.read_text(encoding="utf-8", errors="replace").splitlines(), 1
        ):
            if PRIVATE.search(line):
                found.append(f"{path.relative_to(repository)}:{number}: {line.strip()}")
    assert not found, "\n".join(found)


def test_shipped_python_has_the_licence_header(repository):
    """Every Python file under plugins/ says whose it is and under which licence."""
    files = tracked(repository, "plugins/*.py")
    without = [
        str(path.relative_to(repository))
        for path in files
        if path.stat().st_size and HEADER not in path.read_text(encoding="utf-8")[:600]
    ]
    assert not without


def test_lab_knows_nothing_of_the_collection(repository):
    """The lab must not share the collection's mistakes, so it shares none of its code."""
    found = [
        f"{path.relative_to(repository)}: {name}"
        for path in tracked(repository, "lab/*.py")
        for name in imports(path)
        if name.split(".")[0] in {"ansible", "ansible_collections", "plugins"}
    ]
    assert not found


def test_collection_knows_nothing_of_the_lab(repository):
    """Nothing that is shipped can depend on the lab."""
    found = [
        f"{path.relative_to(repository)}: {name}"
        for path in tracked(repository, "plugins/*.py")
        for name in imports(path)
        if name.startswith("legacyops_lab")
    ]
    assert not found


def test_core_is_pure(repository):
    """plugin_utils/_core imports no Ansible and nothing that does input or output."""
    found = [
        f"{path.relative_to(repository)}: {name}"
        for path in tracked(repository, "plugins/plugin_utils/_core/*.py")
        for name in imports(path)
        if name.split(".")[0] in CORE_MAY_NOT_IMPORT
    ]
    assert not found


@pytest.mark.parametrize(
    ("part", "above"),
    [
        ("plugins/plugin_utils/_core/*.py", ("_io", "_powershell", "_action")),
        ("plugins/plugin_utils/_powershell/*.py", ("_core", "_io", "_action")),
        ("plugins/plugin_utils/_io/*.py", ("_action",)),
    ],
)
def test_imports_run_one_way(repository, part, above):
    """Imports run action → _io → _core; nothing imports what stands above it."""
    found = [
        f"{path.relative_to(repository)}: {name}"
        for path in tracked(repository, part)
        for name in imports(path)
        if name.startswith(
            (*(f"{UTILS}.{module}" for module in above), f"{COLLECTION}.plugins.action")
        )
    ]
    assert not found


def test_relative_imports_stay_in_their_package(repository):
    """A relative import that climbs out of its package would escape the rules above."""
    found = [
        f"{path.relative_to(repository)}: {name}"
        for path in tracked(repository, "plugins/*.py")
        for name in imports(path)
        if name.startswith("..")
    ]
    assert not found
