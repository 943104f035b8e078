# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guides keep up with the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io import connection_faults

# The first argument of these is the `reason` that a user sees.
NAMERS = {"ActionError", "RemoteError", "failure", "_failure", "_refusal"}
WORD = re.compile(r"[a-z]+(_[a-z]+)*")


def reasons(repository) -> Iterator[str]:
    """Yield each reason that stands as a literal in the plugins."""
    for path in (repository / "plugins").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                called = node.func
                name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
                if name in NAMERS:
                    said = node.args[0]
                    either = [said.body, said.orelse] if isinstance(said, ast.IfExp) else [said]
                    yield from (part.value for part in either if isinstance(part, ast.Constant))


def test_every_reason_has_its_remedy(repository):
    """docs/troubleshooting.md has a row for each `reason`."""
    guide = (repository / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    rows = "\n".join(line.split("|")[1] for line in guide.splitlines() if line.startswith("| `"))
    explained = set(re.findall(r"`(\w+)`", rows))
    used = {reason for reason in reasons(repository) if WORD.fullmatch(str(reason))}
    used |= {fault.reason for fault in connection_faults.EVERY}
    assert used, "no reason found: the test looks in the wrong place"
    assert not used - explained


@pytest.mark.parametrize("pattern", ["*.md", "docs/*.md", "roles/*/README.md", "lab/*.md"])
def test_links_lead_somewhere(repository, pattern):
    """Each relative link of a guide leads to a file in the repository."""
    broken = [
        f"{page.relative_to(repository)}: {target}"
        for page in repository.glob(pattern)
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert not broken


def test_the_architecture_names_files_that_there_are(repository):
    """Each path in docs/architecture.md that begins with a floor, or with a folder of the root."""
    page = (repository / "docs" / "architecture.md").read_text(encoding="utf-8")
    told = re.findall(r"`((?:_[a-z]+|plugins|lab|tests|advisories)/[\w./*]*)`", page)
    missing = [
        name
        for name in sorted(set(told))
        if not any(
            any(root.glob(name.replace("NAME", "*").rstrip("/")))
            for root in (repository, repository / "plugins" / "plugin_utils")
        )
    ]
    assert len(told) > 30
    assert not missing
