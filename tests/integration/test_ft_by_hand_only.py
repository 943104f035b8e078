# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Systems without relay, board and network go all the way, by each way in which people answer.

What was seen before the plan is given to plan only. Each procedure is answered by the command that
the run prints or by the results form alone, and one while no run is there.
"""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import Run
from ft_lab import FtLab, demo_systems, ft_lab
from person import NAME, Person

pytestmark = pytest.mark.slow

HOST = "ft09"
KB = "KB890859"
HAS = {"listed": {KB: True}, "uninstaller": {KB: True}, "fix_level": "", "restart_pending": False}
HAS_NOT = {**HAS, "listed": {KB: False}, "uninstaller": {KB: False}}
UP = {"screen": "windows"}
NO_WAIT = ("-e", "legacyops_confirm_wait_seconds=0")
# The demonstration's system, and what a person has seen of it.
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "prevention": (
        "ft02",
        {
            "coserver1": {**UP, **HAS_NOT},
            "coserver2": {**UP, **HAS_NOT},
            "ftvirtual": {**UP, **HAS_NOT},
            "board": "dark_green",
        },
    ),
    "starts": (
        "ft03",
        {
            "coserver1": {**UP, **HAS_NOT},
            "coserver2": {**UP, **HAS_NOT},
            "ftvirtual": {**UP, **HAS},
            "board": "virtual_server1_only",
        },
    ),
    "fails": (
        "ft04",
        {
            "coserver1": {**UP, **HAS},
            "coserver2": {**UP, **HAS},
            "ftvirtual": {"screen": "dark", "fix_level": ""},
            "board": "failed",
        },
    ),
    "recovery": (
        "ft01",
        {
            "coserver1": {**UP, **HAS},
            "coserver2": {**UP, **HAS},
            "ftvirtual": {"screen": "dark", "fix_level": ""},
            "board": "failed",
        },
    ),
    "latent": (
        "ft-latent",
        {
            "coserver1": {**UP, **HAS, "restart_pending": True},
            "coserver2": {**UP, **HAS, "restart_pending": True},
            "ftvirtual": {**UP, **HAS, "restart_pending": True},
            "board": "dark_green",
        },
    ),
    "prevention_2000": (
        "ft-w2000-healthy",
        {
            "coserver1": {**UP, **HAS_NOT},
            "coserver2": {**UP, **HAS_NOT},
            "ftvirtual": {**UP, **HAS_NOT},
            "board": "dark_green",
        },
    ),
}
SYSTEMS = Path(__file__).parents[2] / "lab" / "estates" / "ft" / "systems.yml"


def system(folder: Path, case: str) -> dict[str, Any]:
    """A system of the demonstration that nothing reaches but hands and eyes."""
    others = yaml.safe_load(SYSTEMS.read_text(encoding="utf-8"))["ft_systems"]
    by_hand = {**{**others, **demo_systems()}[CASES[case][0]], "language": "en"}
    for name in ("relay", "fix_level"):
        by_hand.pop(name, None)
    power = {"power": {"driver": "operator"}}
    form = {"coserver1": power, "coserver2": power, "accepted": {"unreadable": "Sato"}}
    by_hand["vars"] = {
        "legacyops_ft_system": {"power_off": "at_post", **form},
        "legacyops_owner_dir": str(folder / "owners"),
    }
    return by_hand


def planned(lab: FtLab, case: str) -> None:
    """Plan with what a person has said, which no later run is given again."""
    said = {
        "by": "Sato",
        "utc": "2026-11-22T05:00:00Z",
        "power": {"coserver1": "on", "coserver2": "on"},
        "packages": ["windows_update", "vendor_fix"],
        **CASES[case][1],
    }
    file = lab.state / "said.yml"
    file.write_text(yaml.safe_dump({"legacyops_ft_reported": said}), encoding="utf-8")
    plan = lab.playbook("plan", "-e", f"@{file}")
    assert plan.code == 0, plan.output[-3000:]


def healthy(lab: FtLab, run: Run) -> None:
    assert run.code == 0, run.output[-5000:]
    assert lab.status()[HOST]["healthy"]
    assert lab.ledger("violation") == []


def by_command(lab: FtLab, request: Mapping[str, Any], saw: str | None) -> None:
    """Answer with the command that the run has printed for the step."""
    text = (lab.state / "apply.log").read_text(encoding="utf-8")
    (command,) = set(re.findall(rf"confirm: (.*step={re.escape(request['step'])} .*)", text))
    words = [
        word.replace("YOUR NAME", NAME).replace("WHAT_YOU_SAW", str(saw))
        for word in shlex.split(command)
    ]
    done = subprocess.run(
        words, env=lab.environment, cwd=lab.state, capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def by_form(lab: FtLab, request: Mapping[str, Any], saw: str | None) -> None:
    """Answer with a results form of one row."""
    row = {
        "step": request["step"], "result": "完了", "worker": "佐藤", "saw": saw or "",
        "ended": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S"),
    }  # fmt: skip
    form = {
        "legacyops_results": "1", "change": "CHG0042", "utc_offset": "+00:00",
        "plan": lab.read("plan.json")["digest"], "hosts": {HOST: {"steps": [row]}},
    }  # fmt: skip
    file = lab.state / "form.yml"
    file.write_text(json.dumps(form), encoding="utf-8")
    read = lab.playbook("runbook", "-e", f"legacyops_runbook_results={file}")
    assert read.code == 0, read.output


WAYS = {"command": by_command, "form": by_form}
# A sample of each way and type; the rest for long (make soak).
SAMPLE = {("starts", "command"), ("prevention", "form")}


@pytest.mark.parametrize(
    ("case", "way"),
    [
        pytest.param(case, way, marks=[] if (case, way) in SAMPLE else pytest.mark.soak)
        for case in CASES
        for way in WAYS
    ],
)
def test_every_procedure_by_every_way(
    tmp_path: Path, ansible_environment: dict[str, str], case: str, way: str
) -> None:
    with ft_lab(tmp_path / "lab", ansible_environment, {HOST: system(tmp_path, case)}) as lab:
        planned(lab, case)

        def confirm(request: Mapping[str, Any], saw: str | None) -> None:
            WAYS[way](lab, request, saw)

        person = Person(lab.state, lab.change_dir, confirm=confirm)
        healthy(lab, lab.apply(person=person))


def test_while_no_run_is_there(tmp_path: Path, ansible_environment: dict[str, str]) -> None:
    with ft_lab(tmp_path / "lab", ansible_environment, {HOST: system(tmp_path, "fails")}) as lab:
        planned(lab, "fails")
        # Asked twice, it is asked the same, and nothing has failed.
        asked = [waiting(lab) for _ in range(2)]
        assert asked[0] == asked[1]
        assert asked[0]["step"].endswith("-coserver2_off")
        until_asked(lab, "-log_on_to_coserver")
        # A logon that was confirmed is asked for no more; what comes of it, only a person sees.
        person = lab.person()
        assert waiting(lab)["step"].endswith("-log_on_to_coserver")
        person.answer_all()
        assert waiting(lab)["step"].endswith("-ftvirtual_starts+board")
        assert waiting(lab)["step"].endswith("-ftvirtual_starts+board")
        healthy(lab, lab.apply(person=person))


def waiting(lab: FtLab) -> dict[str, Any]:
    """What a run asks that waits for nobody: it ends at once, and nothing has failed."""
    run = lab.playbook("apply", *NO_WAIT)
    assert run.code != 0
    assert lab.read("state", f"{HOST}.json")["status"] == "waiting", run.output[-3000:]
    (request,) = lab.person().waiting()
    return request


def until_asked(lab: FtLab, step: str) -> None:
    """Answer all that is asked for before this step, then interrupt the run."""
    process = lab.start("apply")
    person = lab.person()

    def is_asked() -> bool:
        assert process.poll() is None, process.communicate()[0][-3000:]
        return any(request["step"].endswith(step) for request in person.waiting())

    stopping = Stops(person, step)
    stopping.stay_until(is_asked)
    process.send_signal(signal.SIGINT)
    process.communicate()


class Stops(Person):
    """Answers everything but one step."""

    def __init__(self, person: Person, step: str) -> None:
        super().__init__(person.state, person.change_dir)
        self.left = step

    def waiting(self) -> list[dict[str, Any]]:
        return [each for each in super().waiting() if not each["step"].endswith(self.left)]
