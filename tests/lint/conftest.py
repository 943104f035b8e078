# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every linter is a test, so that one summary tells everything. `make lint` runs only these.

The two that take longest have a file of their own: files are what make test runs side by side.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.lint)


@pytest.fixture
def finds_nothing(
    repository: Path, ansible_environment: dict[str, str]
) -> Callable[[list[str]], None]:
    """Run a linter: it ends with exit code 0; what it found is the failure's message."""

    def run(words: list[str]) -> None:
        command, *arguments = words
        program = (
            repository / command
            if "/" in command
            else shutil.which(command, path=ansible_environment["PATH"])
        )
        assert program, f"{command} is not installed; run `make lint`, which makes its environment"
        result = subprocess.run(
            [str(program), *arguments],
            cwd=repository,
            env=ansible_environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if result.returncode:
            told = f"{command}: exit code {result.returncode}\n{result.stdout}"
            pytest.fail(told, pytrace=False)
        sys.stdout.write(result.stdout)

    return run
