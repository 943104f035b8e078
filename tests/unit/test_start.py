# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the start of a playbook does not do anew each time."""

from __future__ import annotations

import subprocess
import sys

import pytest

PACKAGE = "ansible_collections.legacyops.hotfix.plugins.plugin_utils"
# In a process of its own: Ansible's loader stays installed in the one that asks for it.
PROGRAM = f"""
import sys

import pytest
from ansible.plugins.loader import init_plugin_loader
init_plugin_loader()
import {PACKAGE}._procedure.action
ours = [each for name, each in sys.modules.items() if name.startswith("{PACKAGE}.")]
files = [each for each in ours if each.__file__.endswith(".py")]  # no folder without __init__.py
print(len(files), *{{type(each.__loader__).__name__ for each in files}})
import ansible_collections.ansible.builtin.plugins
print(type(sys.modules["ansible_collections.legacyops.hotfix"].__loader__).__name__)
"""


def test_no_file_of_ours_is_compiled_anew(ansible_environment):
    """Ansible's own loader of collections compiles each; Python's keeps what it has compiled."""
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=ansible_environment, check=True, capture_output=True, text=True,
    )  # fmt: skip
    ours, others = result.stdout.splitlines()
    number, *loaders = ours.split()
    assert int(number) > 50
    assert loaders == ["SourceFileLoader"]
    assert others == "_AnsibleCollectionPkgLoader", "nobody else's import is touched"


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
