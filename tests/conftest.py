# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all tests share: where the repository is, and an Ansible that knows only this collection."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest
from hypothesis import settings

REPOSITORY = Path(__file__).resolve().parent.parent

# Whoever imports readline without a terminal (pytest does) hands LINES and COLUMNS on to its
# children, and they come before what a terminal says of itself. With PYTHONUNBUFFERED on somebody's
# machine, what a program forgets to write in time would be seen here and by nobody else. With
# PYTHONDONTWRITEBYTECODE each of the thousands of programs started here is compiled anew.
for name in ("LINES", "COLUMNS", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"):
    os.environ.pop(name, None)

# The same examples on every run, and no deadline: a busy machine is slow, not wrong.
settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=50)
# For long, and other ones each time: make soak.
settings.register_profile("soak", deadline=None, max_examples=3_000, print_blob=True)
settings.load_profile("repeatable")


# The dearest files, roughly in the order of their processor seconds (make cost), for tests side by
# side: a long file that began last would run alone, beside an idle processor.
LONGEST = (
    "lint/test_sanity.py",
    "integration/test_faults.py",
    "integration/test_kills.py",
    "integration/test_random_kills.py",
    "model/test_order.py",
    "integration/test_ft.py",
    "integration/test_endings.py",
    "integration/test_ft_by_hand_only.py",
    "integration/test_ft_kills.py",
    "integration/test_ft_interrupted.py",
    "integration/test_rollout.py",
    "lint/test_ansible_lint.py",
    "model/test_farms.py",
    "model/test_mutants.py",
    "integration/test_secrets.py",
    "integration/test_farm.py",
    "unit/test_packaging.py",
)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose programs of others are not here."""
    for mark in item.iter_markers("needs"):
        missing = [program for program in mark.args if shutil.which(program) is None]
        if missing:
            pytest.skip(f"no {' and no '.join(missing)} here: see tools/judges.sh")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes an hour, unless it is asked for by its name; the longest first."""
    if "soak" not in config.option.markexpr:
        long = [item for item in items if item.get_closest_marker("soak")]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]
    if hasattr(config, "workerinput"):
        places = {REPOSITORY / "tests" / name: place for place, name in enumerate(LONGEST)}
        gone = [str(path) for path in places if not path.is_file()]
        if gone:
            raise pytest.UsageError(f"LONGEST of tests/conftest.py names what is gone: {gone}")
        items.sort(key=lambda item: places.get(item.path, len(places)))


@pytest.fixture(scope="session")
def repository() -> Path:
    """Return the repository's root."""
    return REPOSITORY


@pytest.fixture(scope="session")
def ansible_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the environment for a subprocess which runs Ansible of this Python.

    Nothing of the user's own Ansible takes part: neither configuration nor other collections.
    """
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ANSIBLE_")}
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment["ANSIBLE_HOME"] = str(tmp_path_factory.mktemp("ansible-home"))
    environment["ANSIBLE_NOCOLOR"] = "1"
    environment["ANSIBLE_CONFIG"] = str(REPOSITORY / "tools" / "ansible.cfg")
    environment["ANSIBLE_COLLECTIONS_PATH"] = os.environ.get(
        "ANSIBLE_COLLECTIONS_PATH", str(REPOSITORY / ".collections")
    )
    return environment
