# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The advisories of the actions that have the option for them; the others start without.

The import of such an action reads and checks the bundled ones: once, by ansible-playbook, before it
forks a worker for each host and task.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from .._core.advisory import Advisory, bundled_folder, load_advisories
from .._core.model import CoreError

ADVISORY_OPTIONS: dict[str, Any] = {
    "advisory_paths": {"type": "list", "elements": "path", "default": []},
}

with suppress(CoreError):  # whoever needs them says so
    load_advisories([bundled_folder()])


def advisories_of(args: Mapping[str, Any]) -> dict[str, Advisory]:
    """The bundled advisories and the user's own, by id.

    Raises AdvisoryError: one of them is broken.
    """
    return load_advisories([bundled_folder(), *map(Path, args["advisory_paths"])])
