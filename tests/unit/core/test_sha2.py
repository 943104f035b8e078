# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The notice on SHA-2 says the same of each update that it installs."""

from __future__ import annotations

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.advisory import (
    bundled_folder,
    load,
)


@pytest.mark.parametrize("update", ["earlier", "stack", "support", "later"])
@pytest.mark.parametrize(
    "finding",
    [
        "{}_unknown",
        "{}_missing",
        "{}_differs",
        "{}_running",
        "{}_failed",
        "{}_waits",
        "no_backup_for_{}",
    ],
)
def test_each_update_has_each_finding(update: str, finding: str) -> None:
    advisory = load(bundled_folder() / "sha2-server-2008")
    assert finding.format(update) in {rule["id"] for rule in advisory.data["findings"]}
