# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host says is text and nothing else: on the terminal, in the plan, in the reports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ft_lab import FtLab, demo_systems, ft_lab

pytestmark = pytest.mark.slow

HOST = "ft03"
ESCAPE, BIDI = "\x1b]0;owned\x07\x1b[2J", "\u202egnp.exe\u202c"


@pytest.fixture(scope="module")
def lab(
    tmp_path_factory: pytest.TempPathFactory, ansible_environment: dict[str, str]
) -> Iterator[FtLab]:
    folder = tmp_path_factory.mktemp("hostile")
    with ft_lab(folder, ansible_environment, {HOST: demo_systems()[HOST]}) as lab:
        yield lab


def hostile(marker: Path) -> str:
    jinja = "{{ lookup('ansible.builtin.pipe', 'touch " + str(marker) + "') }}"
    return f"{jinja}{{% raw %}}<script>alert(1)</script>{ESCAPE}{BIDI}" + "A" * 100_000


def poison(value: Any, text: str) -> Any:
    """Add the text to each event, and replace what else a host may name as it likes."""
    if isinstance(value, dict):
        return {
            key: (text if key in ("computer_name", "evidence") else poison(member, text))
            for key, member in value.items()
        }
    if isinstance(value, list):
        more = [{"utc": "2026-11-22T05:00:00Z", "text": text}] if value and _events(value) else []
        return [poison(each, text) for each in value] + more
    return value


def _events(value: list[Any]) -> bool:
    return isinstance(value[0], dict) and set(value[0]) == {"utc", "text"}


def test_a_hosts_text_does_nothing(lab: FtLab, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    assert lab.playbook("assess").code == 0
    path = lab.change_dir / "observations" / f"{HOST}.json"
    poisoned = poison(json.loads(path.read_text(encoding="utf-8")), hostile(marker))
    path.write_text(json.dumps(poisoned), encoding="utf-8")
    assert marker.name in path.read_text(encoding="utf-8")
    outputs = [
        lab.playbook(name, *words).output
        for name, words in (
            ("plan", ("--skip-tags", "assess", "-vvv")),
            ("report", ("-vvv",)),
            ("runbook", ("-vvv",)),
        )
    ]
    # A machine of another name is a blocker: nothing is planned for it.
    plan = lab.read("plan.json")["hosts"][HOST]
    assert plan["steps"] == []
    assert "Another machine" in plan["blocked"]
    assert not marker.exists()
    for output in outputs:
        assert "\x1b" not in output
        assert "\u202e" not in output
        assert len(output) < 200_000
    for page in lab.change_dir.glob("*.html"):
        html = page.read_text(encoding="utf-8")
        assert "<script>alert" not in html
        assert "\u202e" not in html
        assert "\x1b" not in html
