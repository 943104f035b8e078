# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules that hold over the whole repository: headers, who may import what, no private paths."""

from __future__ import annotations

import ast
import graphlib
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

COLLECTION = "ansible_collections.legacyops.hotfix."
UTILS = "plugins.plugin_utils"
HEADER = (
    "# Copyright (c) 2026 legacyops.hotfix contributors\n"
    "# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)\n"
    "# SPDX-License-Identifier: GPL-3.0-or-later\n"
)
# Absolute paths and addresses that mean something only on the machine somebody wrote the code on.
PRIVATE = re.compile(r"(?<![\w./}$\\-])/(?:work|opt/(?:dev|wheels|pypi)|home/\w+|root)/")
# Of the two notices: marks of clauses, numbers of updates, articles and errors, machines, words.
NOTICES = re.compile(
    r"[\u2460-\u2473]|\b5\.[12]\)|KB890859|MS05-018|CTX\d{6}|26005|TX200|PRIMERGY|Marathon"
    r"|緊急修正|対策\d|\bkb\b"
)
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


def imports(repository: Path, path: Path) -> Iterator[str]:
    """Yield the full names of everything a Python file imports; `from x import y` gives x.y.

    The collection's own are given as in the repository: plugins.plugin_utils._core.plan.
    """
    package = path.relative_to(repository).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.removeprefix(COLLECTION) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*origin, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}".removeprefix(COLLECTION) for alias in node.names)


def imported(repository: Path, *patterns: str) -> Iterator[tuple[str, str]]:
    """Yield (file, imported name) for every import in the files of these patterns."""
    for path in tracked(repository, *patterns):
        for name in imports(repository, path):
            yield str(path.relative_to(repository)), name


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
    strangers = {"ansible", "ansible_collections", "plugins"}
    lab = imported(repository, "lab/legacyops_lab/*.py")
    found = [pair for pair in lab if first(pair[1]) in (*strangers, "legacyops_model")]
    assert not found


def test_collection_knows_nothing_of_the_lab(repository):
    """Nothing that is shipped can depend on the lab."""
    lab = ("legacyops_lab", "legacyops_model")
    found = [pair for pair in imported(repository, "plugins/*.py") if first(pair[1]) in lab]
    assert not found


def test_core_is_pure(repository):
    """plugin_utils/_core imports no Ansible and nothing that does input or output."""
    core = imported(repository, "plugins/plugin_utils/_core/*.py")
    assert not [pair for pair in core if first(pair[1]) in CORE_MAY_NOT_IMPORT]


# What speaks of FT systems, as a name in code or data does.
OF_FT = re.compile(r"(?<![a-z])ft_|\bft\b|coserver|endurance|ftvirtual|virtual_server")
# Each floor's one way to its kinds, and what an FT system's own modules are called by.
MAY_SPEAK = ("/ft/", "/kinds.py")


def test_only_kinds_and_their_folders_speak_of_ft_systems(repository):
    """What is different with an FT system stands in ft/ on each floor; the root asks kinds.

    The action plugins of an FT system are shims: nothing but the import of what they do.
    """
    found = []
    for path in tracked(repository, "plugins/plugin_utils/*.py", "plugins/action/*.py"):
        name = str(path.relative_to(repository))
        shim = re.compile(r"from \.\.plugin_utils\._procedure\.ft\.\w+ import .*")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            mine = any(part in name for part in MAY_SPEAK)
            mine = mine or (name.startswith("plugins/action/") and shim.fullmatch(line))
            if OF_FT.search(line) and not mine and name not in ACT_ON_NODES:
                found.append(f"{name}:{number}: {line.strip()}")
    assert not found, "\n".join(found)


# They act on a host's Windows, and on a node's: whichever the task names.
ACT_ON_NODES = {
    f"plugins/plugin_utils/_procedure/windows/{name}.py"
    for name in ("install", "restart", "shutdown")
}


@pytest.mark.parametrize("floor", ["_core", "_io", "_report", "_procedure"])
def test_the_root_of_a_floor_knows_no_kind_but_through_kinds(repository, floor):
    """windows/ is no kind: every kind has Windows."""
    folder = f"plugins/plugin_utils/{floor}"
    pairs = [(name, kind) for name in (floor, "_core") for kind in ("ft", "xenapp")]
    kinds = tuple(f"{UTILS}.{name}.{kind}." for name, kind in pairs)
    found = [
        (file, name)
        for file, name in imported(repository, f"{folder}/*.py")
        if name.startswith(kinds)
        and not {"ft", "xenapp", "windows"} & set(file.split("/"))
        and not file.endswith("/kinds.py")
    ]
    assert not found


@pytest.mark.parametrize(
    ("part", "below"),
    [
        ("_core", ["_core"]),
        ("_powershell", ["_powershell"]),
        ("_report", ["_report", "_core"]),
        ("_io", ["_io", "_core", "_powershell"]),
    ],
)
def test_imports_run_one_way(repository, part, below):
    """Imports run action → _procedure → _report, _io → _core, never upwards."""
    allowed = tuple(f"{UTILS}.{name}" for name in below)
    found = [
        pair
        for pair in imported(repository, f"plugins/plugin_utils/{part}/*.py")
        if pair[1].startswith("plugins.") and not pair[1].startswith(allowed)
    ]
    assert not found


def test_the_lab_has_no_import_circle(repository):
    """Neither at module level, nor inside functions, nor for types alone."""
    above: dict[str, set[str]] = {}
    for file, name in imported(repository, "lab/legacyops_lab/*.py"):
        module = file.removeprefix("lab/").removesuffix(".py").replace("/", ".")
        above.setdefault(module.removesuffix(".__init__"), set()).add(name.removeprefix("lab."))
    # `from x import y` gives x.y, which is a module or stands in the module x.
    graph = {
        module: {n if n in above else n.rpartition(".")[0] for n in names} - {module}
        for module, names in above.items()
    }
    graphlib.TopologicalSorter(graph).prepare()  # CycleError names the circle


def test_nothing_of_a_notice_stands_in_code(repository):
    """Clause marks, and what a notice is about, are data; a module's docs may cite its clause."""
    found = []
    for path in tracked(repository, "plugins/*"):
        name = str(path.relative_to(repository))
        if not name.startswith(("plugins/modules/", "plugins/doc_fragments/")):
            lines = enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
            found += [f"{name}:{number}: {line}" for number, line in lines if NOTICES.search(line)]
    assert not found, "\n".join(found)


def test_every_play_names_its_strategy(repository):
    """Another default of the site's ansible.cfg would undo run_once and the order of waves."""
    known = {"ansible.builtin.linear", "ansible.builtin.host_pinned"}
    for playbook in tracked(repository, ":(glob)playbooks/*.yml"):
        plays = yaml.safe_load(playbook.read_text(encoding="utf-8"))
        assert {play.get("strategy") for play in plays} <= known, playbook


def first(name: str) -> str:
    """Return the top-level package of a dotted name."""
    return name.split(".")[0]


def test_docstrings_and_types_are_written_in_one_way(repository):
    """docs/architecture.md says which."""
    other = re.compile(r"^\s*(\"\"\")?:(param|raises|returns?|ivar|cvar)\b|^import typing\b", re.M)
    found = [path for path in tracked(repository, "*.py") if other.search(path.read_text("utf-8"))]
    assert not found
