# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a line for people goes: stdout, but for where a program reads that."""

from __future__ import annotations

import pytest
from ansible import constants
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.terminal import tell


@pytest.mark.parametrize(
    ("callback", "program"),
    [
        ("default", False),
        ("ansible.builtin.default", False),
        ("legacyops.hotfix.progress", False),
        ("json", True),
        ("ansible.posix.json", True),
        ("ansible.posix.jsonl", True),
    ],
)
def test_what_a_program_reads_has_no_prose(
    callback: str,
    program: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(constants, "DEFAULT_STDOUT_CALLBACK", callback)
    tell("Users are told.")
    told = capsys.readouterr()
    assert ("Users are told." in told.out, "Users are told." in told.err) == (not program, program)
