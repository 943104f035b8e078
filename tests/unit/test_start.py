# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the start of a playbook does not do anew each time."""

from __future__ import annotations

import subprocess
import sys

import pytest

PACKAGE = "ansible_collections.legacyops.hotfix.plugins.plugin_utils"


def test_no_worker_reads_what_ansible_playbook_has_read():
    """There is a worker for each host and task; they inherit what was loaded before."""
    program = f"""
import {PACKAGE}._procedure.action
import yaml
def refuse(*_arguments, **_words):
    raise AssertionError("a worker reads YAML")
yaml.load = yaml.safe_load = refuse
from {PACKAGE}._core.schema import schema
from {PACKAGE}._io.answers import fault
print(len(schema()), fault("observe", {{"os": 1}}))
"""
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(
    ("action", "loads"),
    [("assess", True), ("plan", True), ("change", True), ("soak", True), ("confirm", False)],
)
def test_advisories_are_checked_before_the_workers_and_only_for_who_needs_them(action, loads):
    program = f"""
import {PACKAGE.replace("plugin_utils", "action")}.{action}
from {PACKAGE}._core.advisory import advisory
print(advisory._judged.cache_info().currsize)
"""
    result = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert (int(result.stdout) > 0) is loads
