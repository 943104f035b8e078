# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every linter is a test, so that one summary tells everything. `make lint` runs only these."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

pytestmark = pytest.mark.lint

LINTERS = {
    "ruff check": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "--diff", "."],
    "mypy": ["mypy"],
    "yamllint": ["yamllint", "--strict", "."],
    "ansible-lint": ["ansible-lint", "--profile", "production", "--offline", "--strict"],
    "antsibull-docs": [
        *["antsibull-docs", "lint-collection-docs", ".", "--plugin-docs", "--skip-rstcheck"],
    ],
    "antsibull-changelog": ["antsibull-changelog", "lint"],
    "ansible-test sanity": ["tools/sanity.sh"],
}


@pytest.mark.parametrize("linter", LINTERS)
def test_linter_finds_nothing(linter, repository, ansible_environment):
    """The linter ends with exit code 0; what it found is the failure's message."""
    command, *arguments = LINTERS[linter]
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
        pytest.fail(f"{linter}: exit code {result.returncode}\n{result.stdout}", pytrace=False)
    sys.stdout.write(result.stdout)
