# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every credential is a canary: none of them stands in anything that a whole change writes.

A XenApp server and an FT system are assessed, planned, hotfixed, audited and reported on, as loud
as ansible-playbook gets. Searched are its output and log, the change directory, the reports, and
the command lines of all processes meanwhile; for the text itself, and for its encoded forms.
"""

from __future__ import annotations

import base64
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from conftest import FARM
from ft_lab import ESTATE, FtLab

pytestmark = pytest.mark.slow

SERVER, SYSTEM = "XATEST01", "ft03"
CANARIES = {
    "server": "Kanaria-Server-7!",
    "relay": "Kanaria-Relay-8!",
    "node": "Kanaria-Node-9!",
    "board": "Kanaria-BMC-6!",
    "share": "Kanaria-Share-5!",
}


def estate() -> dict[str, Any]:
    farm = yaml.safe_load(FARM.read_text(encoding="utf-8"))
    ft = yaml.safe_load(ESTATE.read_text(encoding="utf-8"))
    server = {**farm["hosts"][SERVER], "users": {"Administrator": CANARIES["server"]}}
    server.pop("address", None)
    relay = {**ft["hosts"]["RELAY01"], "users": {"Administrator": CANARIES["relay"]}}
    board = {"bmc": {"users": {"admin": CANARIES["board"]}}}
    system = ft["ft_systems"][SYSTEM]
    system["users"] = {"Administrator": CANARIES["node"]}
    for node in ("coserver1", "coserver2"):
        system[node] = {**system[node], **board}
    share = {
        "legacyops_package_username": "FARM\\hotfix",
        "legacyops_package_password": CANARIES["share"],
    }
    server["vars"] = {**server.get("vars", {}), **share}
    return {
        "estate": {"name": "Canaries"},
        "groups": {**farm["groups"], **ft["groups"]},
        "hosts": {SERVER: server, "RELAY01": relay},
        "ft_systems": {SYSTEM: system},
    }


@pytest.fixture(scope="module")
def lab(
    tmp_path_factory: pytest.TempPathFactory, ansible_environment: dict[str, str]
) -> Iterator[FtLab]:
    state = tmp_path_factory.mktemp("canaries")
    file = state / "estate.yml"
    file.write_text(yaml.safe_dump(estate(), allow_unicode=True), encoding="utf-8")
    log = {"ANSIBLE_LOG_PATH": str(state / "ansible.log")}
    lab = FtLab(state, {**ansible_environment, **log})
    lab.command("up", str(file), "--speed", "200")
    try:
        yield lab
    finally:
        lab.command("down")


@pytest.fixture(scope="module")
def written(lab: FtLab) -> dict[str, bytes]:
    """Name → content of everything that the runs have written, command lines included."""
    found: dict[str, bytes] = {}
    seen: set[bytes] = set()
    for name in ("assess", "plan", "apply", "audit", "report", "runbook"):
        words = [*lab.arguments(name), "-vvvvv", "--limit", f"{SERVER},{SYSTEM}"]
        output = lab.state / f"{name}.out"
        with output.open("wb") as stream:
            process = subprocess.Popen(
                words, env=lab.environment, cwd=lab.state, stdout=stream, stderr=stream
            )
            while process.poll() is None:
                seen |= command_lines()
                time.sleep(0.05)
        found[output.name] = output.read_bytes()
        assert process.returncode in (0, 2), found[output.name][-3000:]
    assert lab.status()[SYSTEM]["healthy"]
    assert lab.status()[SERVER]["healthy"]
    found["command lines"] = b"\n".join(sorted(seen))
    found["ansible.log"] = (lab.state / "ansible.log").read_bytes()
    found.update({str(path): path.read_bytes() for path in files(lab.change_dir)})
    return found


def command_lines() -> set[bytes]:
    lines = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.add(path.read_bytes())
        except OSError:
            continue
    return lines


def files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


def forms(secret: str) -> Iterator[bytes]:
    """The secret as it might be written: as it is, escaped, in UTF-16, and in base64 of both."""
    yield secret.encode()
    yield quote(secret, safe="").encode()
    yield secret.encode("utf-16-le")
    for raw in (secret.encode(), secret.encode("utf-16-le")):
        for shift in range(3):
            whole = base64.b64encode(b"\0" * shift + raw)
            # The ends depend on what stands beside it; the middle does not.
            yield whole[4:-4]


@pytest.mark.parametrize("name", CANARIES)
def test_no_canary_is_found(written: dict[str, bytes], name: str) -> None:
    where = {
        place: form
        for place, content in written.items()
        for form in forms(CANARIES[name])
        if form in content
    }
    assert where == {}


def test_everything_was_searched(lab: FtLab, written: dict[str, bytes]) -> None:
    """The canaries are what the runs really used, and the searched files are not empty."""
    inventory = (lab.state / "inventory.yml").read_text(encoding="utf-8")
    assert all(secret in inventory for secret in CANARIES.values())
    assert len(written["ansible.log"]) > 100_000
    assert b"ansible-playbook" in written["command lines"]
    names = " ".join(written)
    assert all(part in names for part in ("plan.json", ".jsonl", "report.json", "seen"))
