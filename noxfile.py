# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The unit and integration tests on the oldest and the newest supported ansible-core.

``nox -s tests`` runs all, ``nox -s "tests(ansible_core='2.16')"`` one. Linters run in `make test`
only, on the newest ansible-core that the Python allows.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import nox

ROOT = Path(__file__).resolve().parent
# ansible-core release: Pythons it runs on, the newest first
PYTHONS = {
    "2.16": ["3.11"],
    "2.17": ["3.11"],
    "2.21": ["3.14", "3.13", "3.12"],
    "2.22.0rc1": ["3.14", "3.13"],  # the pre-release, until it is out
}


def find_python(ansible_core: str) -> str:
    """Return the path of the newest working Python for this ansible-core."""
    command = [ROOT / "tools" / "find-python.sh", *PYTHONS[ansible_core]]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@nox.session(python=False)
@nox.parametrize("ansible_core", list(PYTHONS))
def tests(session: nox.Session, ansible_core: str) -> None:
    """Run the unit and integration tests on one ansible-core; arguments after -- go to pytest."""
    environment = ROOT / ".nox" / f"ansible-core-{ansible_core}"
    python = environment / "bin" / "python"
    if not python.exists():
        session.run(find_python(ansible_core), "-m", "venv", str(environment), external=True)
    session.run(
        *[python, "-m", "pip", "install", "--quiet", "-e", ".[test]", "-e", "lab"],
        f"ansible-core~={ansible_core}{'' if 'rc' in ansible_core else '.0'}",
        external=True,
    )
    session.run(python, "tools/link_collection.py", external=True)
    session.run(
        *[python, "-m", "pytest", "-m", "not lint and not packaging", *session.posargs],
        env={"ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections")},
        external=True,
    )
