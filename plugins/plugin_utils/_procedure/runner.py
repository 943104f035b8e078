# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A job of ansible-runner, as AWX starts it: what it writes below its own folder dies with it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

# ansible-runner 2 sets it for each job, within a container too: PRIVATE/artifacts/IDENT.
_ARTIFACTS: Final = "AWX_ISOLATED_DATA_DIR"


def is_job() -> bool:
    """Whether this process runs in a job of ansible-runner."""
    return bool(os.environ.get(_ARTIFACTS))


def dies_with_the_job(path: Path) -> bool:
    """Whether a file or folder is in the private folder of the job that this process runs in."""
    artifacts = Path(os.environ.get(_ARTIFACTS, "")).resolve()
    known = (
        is_job() and artifacts.parent.name == "artifacts"
    )  # else somebody has put them elsewhere
    return known and path.resolve().is_relative_to(artifacts.parents[1])
