# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong on the way to a server, and on it: named in one sentence, and survived.

One lab with a server for each fault. They are all planned once and spoilt at the same time.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
import winrm
import yaml
from patience import until
from twins import PATCH, Change, Twins, estate, running

pytestmark = pytest.mark.slow

USER, PASSWORD = "Administrator", "Lab-Passw0rd!"
AT_ONCE = 5

# --- Named ------------------------------------------------------------------------------------

SMALL_ENVELOPE = {"winrm": {"quotas": {"max_envelope_kb": 100}}}
TINY_ENVELOPE = {"winrm": {"quotas": {"max_envelope_kb": 32}}}


@dataclass(frozen=True)
class Named:
    """A fault, the reason that programs get, and the beginning of what a person reads."""

    reason: str
    sentence: str
    special: dict[str, Any] | None = None
    fault: str | None = None
    pushes: bool = False


NAMED = {
    "wrong-password": Named(
        "authentication_refused",
        "The host rejects the credentials.",
        {"vars": {"ansible_password": "Wrong-Passw0rd"}},
    ),
    "unknown-user": Named(
        "authentication_refused",
        "The host rejects the credentials.",
        {"vars": {"ansible_user": "nobody"}},
    ),
    "hangs": Named("unreachable", "No connection to the host's WinRM service", fault="hang"),
    "line-cut": Named(
        "unreachable", "No connection to the host's WinRM service", fault="drop_connection"
    ),
    "half-output": Named(
        "output_truncated", "The host's answer arrived incomplete", fault="half_output"
    ),
    "end-missing": Named(
        "output_truncated", "The host's answer arrived incomplete", fault="truncate"
    ),
    "no-powershell": Named("no_powershell", "The host has no PowerShell.", {"powershell": None}),
    "no-powershell-ja": Named(
        "no_powershell", "The host has no PowerShell.", {"powershell": None, "language": "ja"}
    ),
    "powershell-1": Named(
        "powershell_too_old", "The host has PowerShell 1.0 only.", {"powershell": "1.0"}
    ),
    "memory": Named("memory_quota", "PowerShell ran out of memory", fault="out_of_memory"),
    "memory-ja": Named(
        "memory_quota",
        "PowerShell ran out of memory",
        {"language": "ja", "winrm": {"quotas": {"max_memory_per_shell_mb": 50}}},
    ),
    "tiny-envelope": Named("winrm_quota", "WinRM refuses: ", TINY_ENVELOPE),
    "small-envelope": Named("winrm_quota", "WinRM refuses: ", SMALL_ENVELOPE, pushes=True),
    "disk-full": Named("disk_full", "A disk of the host is full", fault="disk_full", pushes=True),
    "disk-full-ja": Named(
        "disk_full",
        "A disk of the host is full",
        {"language": "ja"},
        fault="disk_full",
        pushes=True,
    ),
}


@dataclass
class Answers:
    """What one playbook showed of every fault, and the lab before and after it."""

    output: str
    results: dict[str, dict[str, Any]]
    before: dict[str, Any]
    after: dict[str, Any]


@pytest.fixture(scope="module")
def answers(
    tmp_path_factory: pytest.TempPathFactory, ansible_environment: dict[str, str]
) -> Iterator[Answers]:
    """Let each server fail once."""
    state = tmp_path_factory.mktemp("named")
    special = {name: case.special for name, case in NAMED.items() if case.special}
    with running(state, ansible_environment, estate(list(NAMED), **special)) as lab:
        for name, case in NAMED.items():
            if case.fault:
                lab.inject(name, case.fault)
        before = state_of(lab)
        output = lab.run(playbook(lab)).stdout
        yield Answers(output, fatal(output), before, state_of(lab))


def playbook(lab: Twins) -> list[str]:
    """One task for those that are only read, one for those that a file is sent to."""
    package = lab.state / "package.bin"
    package.write_bytes(bytes(range(256)) * 2048)
    digest = hashlib.sha256(package.read_bytes()).hexdigest()
    push = {"path": r"C:\Hotfix\pushed.bin", "source": str(package), "sha256": digest}
    names = [name for name, case in NAMED.items() if case.pushes]
    tasks = [
        {"legacyops.hotfix.node_info": {}, "when": f"inventory_hostname not in {names}"},
        {"legacyops.hotfix.staged_package": push, "when": f"inventory_hostname in {names}"},
    ]
    play = {"hosts": "all", "gather_facts": False, "tasks": tasks}
    file = lab.state / "faults.yml"
    file.write_text(yaml.safe_dump([play]), encoding="utf-8")
    program = lab.words("plan", lab.state)[0]
    return [program, str(file), "-i", str(lab.state / "inventory.yml")]


def fatal(output: str) -> dict[str, dict[str, Any]]:
    """The result of each failed task as the terminal shows it."""
    lines = re.findall(r"^fatal: \[(\S+)\]: FAILED! => (\{.*\})$", output, re.MULTILINE)
    return {host: json.loads(result) for host, result in lines}


def state_of(lab: Twins) -> dict[str, Any]:
    """The servers' true state without what was injected."""
    hosts: dict[str, Any] = lab.snapshot()["hosts"]
    return {name: {k: v for k, v in host.items() if k != "faults"} for name, host in hosts.items()}


@pytest.mark.parametrize("name", NAMED)
def test_it_is_named_in_one_sentence(answers: Answers, name: str) -> None:
    case = NAMED[name]
    assert name in answers.results, answers.output
    result = answers.results[name]
    assert result["reason"] == case.reason
    assert result["msg"].startswith(f"{name}: {case.sentence}")
    assert "\n" not in result["msg"]
    assert result["msg"].count(". ") <= 2, "one sentence, and what to do"
    assert result["changed"] is False


@pytest.mark.parametrize("name", NAMED)
def test_the_server_is_as_it_was(answers: Answers, name: str) -> None:
    assert answers.after[name] == answers.before[name]


def test_nobody_sees_a_traceback_or_a_password(answers: Answers) -> None:
    assert "Traceback" not in answers.output
    assert not re.search(r"Passw0rd|File \"/", answers.output)
    assert "unreachable=1" not in answers.output, "it would skip rescue and always"


# --- Survived ---------------------------------------------------------------------------------


def every_third(lab: Twins, host: str, fault: str) -> None:
    """The fault hits every third command: whatever the step, some answer gets lost."""
    for number in range(1, 40, 3):
        lab.inject(host, fault, skip=number)


def in_mid_installation(lab: Twins, change: Change, fault: str, /, **arguments: Any) -> None:
    """The fault comes while the installer runs."""
    in_mid("install_hotfix", 1, lab, change, fault, **arguments)


def while_it_goes_down(lab: Twins, change: Change, fault: str, /, **arguments: Any) -> None:
    """The fault comes as soon as the restart is asked for."""
    in_mid("restart_server", 0, lab, change, fault, **arguments)


def in_mid(
    step: str, later: float, lab: Twins, change: Change, fault: str, /, **arguments: Any
) -> None:
    def wait_and_inject() -> None:
        until(lambda: any(is_intent(e, step) for e in change.journal()), 120)
        time.sleep(later)
        lab.inject(change.host, fault, **arguments)

    threading.Thread(target=wait_and_inject, daemon=True).start()


def is_intent(entry: dict[str, Any], step: str) -> bool:
    return entry["kind"] == "intent" and str(entry["step"]).endswith(step)


def take_all_shells(lab: Twins, host: str) -> None:
    """Somebody else, with the same account, has all five shells open until a run has asked."""
    address = json.loads((lab.state / "lab.json").read_text(encoding="utf-8"))["addresses"][host]
    client = winrm.Protocol(
        f"http://{address}:5985/wsman", transport="ntlm", username=USER, password=PASSWORD
    )
    shells = [client.open_shell() for _ in range(5)]

    def requests() -> int:
        return int(lab.status()[host]["counters"]["http_requests"])

    own = requests()
    assert not (lab.state / f"change-{host}" / "journal").exists()

    def give_back() -> None:
        until(lambda: requests() > own, 120)
        time.sleep(2)  # whoever else has asked is refused by now
        for shell in shells:
            client.close_shell(shell)

    threading.Thread(target=give_back, daemon=True).start()


@dataclass(frozen=True)
class Survived:
    """A fault that apply gets over by itself, and what it says about it meanwhile."""

    happens: Callable[[Twins, Change], None]
    says: str
    special: dict[str, Any] | None = None


# On a busy machine, too, it is still going on when the fault comes.
LONG_INSTALLATION = {"xenapp": {"install": {"minutes": 40}}}

SURVIVED = {
    "no-memory-for-a-while": Survived(
        lambda lab, change: lab.inject(change.host, "out_of_memory", times=2),
        "no answer (memory quota), asks again",
    ),
    "cut-while-it-starts": Survived(
        lambda lab, change: lab.inject(change.host, "drop_script", script="job", after=1),
        "the installer goes on, asks again",
    ),
    "cut-while-it-installs": Survived(
        lambda lab, change: in_mid_installation(lab, change, "drop_connection", after=1),
        "the installer goes on, asks again",
        LONG_INSTALLATION,
    ),
    "answers-lost": Survived(
        lambda lab, change: every_third(lab, change.host, "drop_connection"), "asks again"
    ),
    "answers-halved": Survived(
        lambda lab, change: every_third(lab, change.host, "half_output"), "asks again"
    ),
    "hangs-for-a-while": Survived(
        lambda lab, change: in_mid_installation(lab, change, "hang", seconds=600),
        "the installer goes on, asks again",
        LONG_INSTALLATION,
    ),
    "restarts-late": Survived(
        lambda lab, change: lab.inject(change.host, "late_restart", seconds=900), "restarts: "
    ),
    "sets-its-clock": Survived(
        lambda lab, change: None,
        "(item=11-enable_logons)",
        {"xenapp": {"clock_steps": {"every_seconds": 60, "up_to_seconds": 86_400}}},
    ),
    "sets-its-clock-back": Survived(
        lambda lab, change: while_it_goes_down(lab, change, "clock_step", seconds=-3600),
        "(item=11-enable_logons)",
    ),
    "changes-its-zone": Survived(
        lambda lab, change: while_it_goes_down(lab, change, "time_zone", minutes=60),
        "(item=11-enable_logons)",
    ),
    "renames-come-back": Survived(
        lambda lab, change: None,
        "file renames wait again after the start",
        {
            "vars": {"legacyops_renames_accepted_by": "Sato"},
            "xenapp": {"renames_come_back": 3},
        },
    ),
    "another-installs": Survived(
        lambda lab, change: lab.inject(change.host, "another_installation", seconds=9600),
        "(seen: Windows Installer is busy)",
    ),
    "shells-taken": Survived(
        lambda lab, change: take_all_shells(lab, change.host),
        "waits until WinRM's quota has room again",
        {"winrm": {"quotas": {"idle_timeout_ms": 86_400_000}}},  # nobody ends them but their owner
    ),
    "few-operations": Survived(
        lambda lab, change: None,
        "(item=11-enable_logons)",
        {"winrm": {"quotas": {"max_operations_per_user": 5}}},
    ),
}

# --- Stopped ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stopped:
    """A fault that apply stops at, until somebody has mended it and runs apply again."""

    spoil: Callable[[Twins, Change], None]
    mend: Callable[[Twins, Change], None]
    says: str
    status: str
    words: tuple[str, ...] = ()
    special: dict[str, Any] | None = None


def nothing(lab: Twins, change: Change) -> None:
    """For what needs no more than another command line."""


STOPPED = {
    "stays-away": Stopped(
        lambda lab, change: lab.inject(change.host, "late_restart", seconds=1800),
        lambda lab, change: until(lambda: lab.status()[change.host]["reachable"], 120),
        "The host has not come back within 3 seconds.",
        "under_way",
        special={"vars": {"legacyops_deadlines": {"restart_seconds": 3}}},
    ),
    "fills-its-disk": Stopped(
        lambda lab, change: lab.inject(change.host, "disk_full"),
        lambda lab, change: lab.inject(change.host, "recover"),
        "Too little is free on the system drive",
        "not_begun",
    ),
    "changes-its-password": Stopped(
        nothing,
        nothing,
        "The host rejects the credentials. Check ansible_user",
        "failed",
        words=("-e", "ansible_password=Wrong-Passw0rd"),
    ),
}

# --- Both, at the same time ---------------------------------------------------------------------

Done = subprocess.CompletedProcess[str]


@dataclass
class Story:
    """What apply did on a server, and how it was before, after it, and once it had been mended."""

    run: Done
    again: Done | None
    statuses: list[dict[str, Any]]
    states: list[dict[str, Any]]
    change: Change
    left_as: str = ""

    @property
    def end(self) -> dict[str, Any]:
        return self.statuses[-1]


@pytest.fixture(scope="module")
def stories(
    tmp_path_factory: pytest.TempPathFactory, ansible_environment: dict[str, str]
) -> Iterator[dict[str, Story]]:
    """Spoil every server and apply, several at a time: most of it is waiting."""
    cases: dict[str, Survived | Stopped] = {**SURVIVED, **STOPPED}
    special = {name: case.special for name, case in cases.items() if case.special}
    state = tmp_path_factory.mktemp("faults")
    with running(state, ansible_environment, estate(list(cases), **special)) as lab:
        changes = {name: lab.change(name) for name in cases}
        with ThreadPoolExecutor(AT_ONCE) as pool:
            futures = {name: pool.submit(tell, lab, changes[name]) for name in cases}
            yield {name: future.result() for name, future in futures.items()}


def tell(lab: Twins, change: Change) -> Story:
    """Spoil one server and apply; where it stops, mend it and apply again."""
    name = change.host
    stopped = STOPPED.get(name)
    statuses, states = [lab.status()[name]], [state_of(lab)[name]]

    def look() -> None:
        statuses.append(lab.status()[name])
        states.append(state_of(lab)[name])

    spoil = stopped.spoil if stopped else SURVIVED[name].happens
    spoil(lab, change)
    run = lab.run([*change.command, *(stopped.words if stopped else ())])
    look()
    story = Story(run, None, statuses, states, change, change.state()["status"])
    if stopped:
        stopped.mend(lab, change)
        story.again = lab.run(change.command)
        look()
    return story


@pytest.mark.parametrize("name", SURVIVED)
def test_it_is_got_over(stories: dict[str, Story], name: str) -> None:
    run = stories[name].run
    assert run.returncode == 0, run.stdout
    assert SURVIVED[name].says in run.stdout


@pytest.mark.parametrize("name", STOPPED)
def test_it_is_stopped_and_gone_on_with(stories: dict[str, Story], name: str) -> None:
    story, case = stories[name], STOPPED[name]
    assert story.run.returncode == 2, story.run.stdout
    assert case.says in story.run.stdout
    assert story.left_as == case.status
    assert story.again is not None
    assert story.again.returncode == 0, story.again.stdout


@pytest.mark.parametrize("name", [*SURVIVED, *STOPPED])
def test_it_ends_healthy_and_nothing_was_done_twice(stories: dict[str, Story], name: str) -> None:
    end = stories[name].end
    assert end["healthy"], end
    assert end["installer_starts"] == {PATCH: 1}
    assert end["restarts"] == 1
    assert end["violations"] == []


@pytest.mark.parametrize("name", [*SURVIVED, *STOPPED])
def test_nobody_sees_a_traceback(stories: dict[str, Story], name: str) -> None:
    assert "Traceback" not in stories[name].run.stdout


@pytest.mark.parametrize("name", ["fills-its-disk", "changes-its-password"])
def test_it_stops_before_anybody_is_disturbed(stories: dict[str, Story], name: str) -> None:
    before, after, _end = stories[name].states
    assert {**after, "disk_full": False} == before


def test_a_host_that_stays_away_keeps_its_logons_off(stories: dict[str, Story]) -> None:
    story = stories["stays-away"]
    assert "New logons are off and stay off." in story.run.stdout
    assert story.statuses[1]["logon_mode"] != 0


def test_a_wrong_password_is_tried_once(stories: dict[str, Story]) -> None:
    """Asking again with it would lock the account."""
    story = stories["changes-its-password"]
    before, after, _end = (each["counters"]["http_requests"] for each in story.statuses)
    assert after - before <= 4, "one logon: a request without, and those of one handshake"


# --- A rollback that fails --------------------------------------------------------------------

FIRST, BESIDE, LATER = "first", "beside", "later"
FARM_OF_THREE: dict[str, dict[str, Any]] = {
    FIRST: {"xenapp": {"rollback_fails": True}},
    # In the same wave, but its user stays and keeps it waiting.
    BESIDE: {"xenapp": {"sessions": [{"user": "sato", "minutes": None}]}},
    LATER: {"vars": {"legacyops_farm_role": "member"}, "xenapp": {"role": "member"}},
}


@pytest.fixture(scope="module")
def broken(
    tmp_path_factory: pytest.TempPathFactory, ansible_environment: dict[str, str]
) -> Iterator[tuple[Twins, Done, dict[str, Any], dict[str, Any]]]:
    """The first server's installation fails, and so does its rollback; the run, and the lab."""
    state = tmp_path_factory.mktemp("rollback")
    data = estate(list(FARM_OF_THREE), **FARM_OF_THREE)
    with running(state, ansible_environment, data) as lab:
        assert lab.plan()["waves"] == [[BESIDE, FIRST], [LATER]]
        change = Change(state / "planned", FIRST, lab.words("apply", state / "planned"))
        before = lab.snapshot()["hosts"]
        lab.inject(FIRST, "root_vanishes")
        run = lab.run(change.command)
        yield lab, run, before, lab.snapshot()["hosts"]


Broken = tuple[Twins, Done, dict[str, Any], dict[str, Any]]


def test_the_batch_stops_at_once(broken: Broken) -> None:
    lab, run, before, after = broken
    assert run.returncode == 2, run.stdout
    assert (lab.state / "planned" / "STOP").exists()
    assert after[LATER] == before[LATER]
    assert lab.status()[BESIDE]["installer_starts"] == {}


def test_who_was_under_way_goes_back_to_its_users(broken: Broken) -> None:
    lab, run, _before, _after = broken
    host = lab.status()[BESIDE]
    assert host["healthy"], run.stdout
    assert host["logon_mode"] == 0
    assert host["violations"] == []


def test_the_report_says_what_an_operator_must_do(broken: Broken) -> None:
    _lab, run, _before, _after = broken
    assert "26005" in run.stdout
    assert "its rollback failed too, or is incomplete" in run.stdout
    assert "An operator must reconfigure the system" in run.stdout
    assert "Traceback" not in run.stdout


def test_nothing_pretends_to_repair_it(broken: Broken) -> None:
    """Neither in this run nor in the next: the server stays as the rollback left it."""
    lab, _run, _before, after = broken
    again = lab.run(lab.words("apply", lab.state / "planned"))
    assert again.returncode == 2, again.stdout
    assert lab.snapshot()["hosts"] == after
    host = lab.status()[FIRST]
    assert (host["needs_reconfiguration"], host["ima"]) == (True, "Stopped")
    assert host["installer_starts"] == {PATCH: 1}
    assert host["logon_mode"] != 0
