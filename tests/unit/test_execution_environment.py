# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""execution-environment.yml has what the collection needs, and no other versions of it."""

from __future__ import annotations

import tomllib

import yaml


def test_the_environment_has_the_collections_dependencies(repository):
    """Python packages and their bounds are those of pyproject.toml."""
    environment = yaml.safe_load((repository / "execution-environment.yml").read_text())
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {*project["dependencies"], *project["optional-dependencies"]["ipmi"]}
    found = {*environment["dependencies"]["python"]}
    found.add(environment["dependencies"]["ansible_core"]["package_pip"])
    assert environment["version"] == 3
    assert found == needed
