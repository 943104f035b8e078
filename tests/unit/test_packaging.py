# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wheel and the tarball: both install, both work from anywhere, both hold the same."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.metadata import metadata
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.packaging

INSIDE = "ansible_collections/legacyops/hotfix/"
BY_GALAXY = {"MANIFEST.json", "FILES.json"}  # galaxy.yml becomes MANIFEST.json in a tarball


def run(command: list[str], **arguments) -> str:
    """Run a command and return what it printed; its output is the failure's message."""
    result = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **arguments,
    )
    if result.returncode:
        pytest.fail(f"{command}: exit code {result.returncode}\n{result.stdout}", pytrace=False)
    return result.stdout


@pytest.fixture(scope="module")
def wheel(repository, tmp_path_factory) -> Path:
    """Return the wheel, built without network."""
    directory = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation"]
    run([*command, "--no-index", "--wheel-dir", str(directory), str(repository)])
    return next(directory.glob("*.whl"))


@pytest.fixture(scope="module")
def tarball(repository, tmp_path_factory, ansible_environment) -> Path:
    """Return the collection's tarball."""
    directory = tmp_path_factory.mktemp("tarball")
    command = ["ansible-galaxy", "collection", "build", "--output-path", str(directory)]
    run(command, cwd=repository, env=ansible_environment)
    return next(directory.glob("*.tar.gz"))


@pytest.fixture(scope="module", params=["wheel", "tarball"])
def installed(request, tmp_path_factory, ansible_environment) -> dict[str, str]:
    """Return an environment in which the collection is found only as this installation."""
    directory = tmp_path_factory.mktemp("installed")
    environment = {
        **ansible_environment,
        "ANSIBLE_COLLECTIONS_PATH": str(tmp_path_factory.mktemp("empty")),
    }
    archive = str(request.getfixturevalue(request.param))
    if request.param == "wheel":
        command = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index"]
        run([*command, "--target", str(directory), archive])
        # Stands for site-packages: ansible-core looks for collections everywhere on sys.path.
        environment["PYTHONPATH"] = str(directory)
    else:
        environment["ANSIBLE_COLLECTIONS_PATH"] = str(directory)
        environment["ANSIBLE_COLLECTIONS_SCAN_SYS_PATH"] = "false"  # the development links
        command = ["ansible-galaxy", "collection", "install", "--offline", "-p", str(directory)]
        run([*command, archive], env=environment)
    environment["LEGACYOPS_INSTALLED_IN"] = str(directory)
    return environment


def test_documentation_is_found_from_anywhere(installed, tmp_path):
    """ansible-doc finds a module in the installation, not in the source tree."""
    command = ["ansible-doc", "legacyops.hotfix.root_certificate"]
    shown = run(command, cwd=tmp_path, env=installed)
    assert installed["LEGACYOPS_INSTALLED_IN"] in shown


def test_playbook_is_found_from_anywhere(installed, tmp_path):
    """ansible-playbook takes the playbook by its fully qualified name."""
    command = ["ansible-playbook", "-i", "localhost,", "--syntax-check", "legacyops.hotfix.assess"]
    run(command, cwd=tmp_path, env=installed)


@pytest.mark.parametrize("installed", ["wheel"], indirect=True)
def test_the_command_for_authors_comes_with_the_wheel(installed, tmp_path):
    """A tarball brings no commands; there the playbook does the same."""
    installation = Path(installed["LEGACYOPS_INSTALLED_IN"])
    command = [str(installation / "bin" / "legacyops-advisory"), "lint"]
    run([*command, str(installation / INSIDE / "advisories")], cwd=tmp_path, env=installed)


def test_wheel_and_tarball_hold_the_same(wheel, tarball):
    """pyproject.toml's list of what to ship and galaxy.yml's list of what not to ship agree."""
    with zipfile.ZipFile(wheel) as archive:
        in_wheel = {n.removeprefix(INSIDE) for n in archive.namelist() if n.startswith(INSIDE)}
    with tarfile.open(tarball) as archive:
        in_tarball = {member.name for member in archive if member.isfile()}
    assert in_wheel - {"galaxy.yml"} == in_tarball - BY_GALAXY


def test_one_version(repository):
    """The wheel and the tarball carry the same version."""
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))
    galaxy = yaml.safe_load((repository / "galaxy.yml").read_text(encoding="utf-8"))
    assert project["project"]["version"] == galaxy["version"]


# What a group's members have in common, so that module_defaults can set it for all of them.
IN_COMMON = {
    "change": {"change_id", "change_dir", "language"},
    "ft": {"ft_system", "ft_credentials", "confirmed_by"},
    "host": {"deadline_seconds", "poll_seconds"},
}


@pytest.fixture(scope="module")
def documented(repository, ansible_environment):
    """Return the documentation of each module, as ansible-doc puts it together."""
    names = [path.stem for path in (repository / "plugins" / "modules").glob("[a-z]*.py")]
    words = ["ansible-doc", "-t", "module", "-j", *(f"legacyops.hotfix.{name}" for name in names)]
    done = subprocess.run(words, env=ansible_environment, check=True, capture_output=True)
    found = {name.rpartition(".")[2]: each["doc"] for name, each in json.loads(done.stdout).items()}
    assert sorted(found) == sorted(names)
    return found


@pytest.mark.parametrize("group", IN_COMMON)
def test_an_action_group_has_all_that_have_its_options(repository, documented, group):
    runtime = yaml.safe_load((repository / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    groups = runtime["action_groups"]
    assert set(groups) == set(IN_COMMON)
    has = {n for n, doc in documented.items() if IN_COMMON[group] <= set(doc.get("options", {}))}
    assert set(groups[group]) == has
    says = {
        name
        for name, doc in documented.items()
        if f"legacyops.hotfix.{group}"
        in doc.get("attributes", {}).get("action_group", {}).get("membership", [])
    }
    assert says == has


@pytest.mark.parametrize("extra", ["kerberos", "credssp"])
def test_extras_of_transports_exist_here_and_in_pywinrm(repository, extra):
    """pip only warns of an extra that a distribution does not have, and installs nothing."""
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (wanted,) = project["optional-dependencies"][extra]
    assert wanted.startswith(f"pywinrm[{extra}]")
    assert extra in metadata("pywinrm").get_all("Provides-Extra")
