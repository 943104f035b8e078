# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an execution environment gets: what the collection needs, and no other versions of it."""

from __future__ import annotations

import tomllib

import yaml


def test_the_environment_has_the_collections_dependencies(repository):
    """Python packages and their bounds are those of pyproject.toml."""
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {*project["dependencies"], *project["optional-dependencies"]["ipmi"]}
    lines = (repository / "requirements.txt").read_text(encoding="utf-8").splitlines()
    found = {line for line in lines if not line.startswith("#")}
    environment = yaml.safe_load((repository / "execution-environment.yml").read_text())
    found.add(environment["dependencies"]["ansible_core"]["package_pip"])
    assert environment["version"] == 3
    assert found == needed


def test_the_environment_and_the_collection_name_the_same_files(repository):
    """ansible-builder takes the same lists from the definition and from the collection."""
    environment = yaml.safe_load((repository / "execution-environment.yml").read_text())
    collection = yaml.safe_load((repository / "meta" / "execution-environment.yml").read_text())
    for name, file in collection["dependencies"].items():
        assert environment["dependencies"][name] == file
        assert (repository / file).is_file()
