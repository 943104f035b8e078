#!/usr/bin/env python3
"""Measure on the lab what the collection costs.

Prints the time of assess over 100 hosts, and its processor seconds, divided by those of
`ansible -m raw -a 'exit 0'` over the same hosts, measured one after the other in this run, and the
PowerShell starts and HTTP requests per host of assess and of a whole apply, as the lab counted;
what assess of a crowd costs a host, in processor seconds and memory, beside a smaller one; and the
processor seconds of one FT system's recovery. Then the bad logons of each account in a run over 50
hosts with a wrong password, as a domain controller counts them; more than one is an error. How fast
the model explores (model_bench), and what a step costs on a large farm beside a small one
(farm_bench). The suite and the demonstration have `make cost`.

Where a figure has a goal, it is printed beside it, and what it was before anybody worked on it.
"""

from __future__ import annotations

import itertools
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import farm_bench
import model_bench
import yaml
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.directory import (
    ChangeDirectory,
)
from lab_session import ENVIRONMENT, ESTATES, ROOT, CommandError, ask, lab, run
from person import Person

WORK = ROOT / ".cache" / "bench"
HOSTS = 100
CROWDS = (50, 100, 500)
FT_SPEED = 120  # seconds of the lab in one
LOCKOUT_HOSTS = 50
ACCOUNT = "LAB\\hotfix"
ROUNDS = 3  # each time is the median of so many
COUNTERS = {"powershell_starts": "PowerShell starts", "http_requests": "HTTP requests"}


def crowd(hosts: int = HOSTS, **frame: Any) -> Path:
    """Write an estate of so many hosts, copies of the farm's in turn, and return its path.

    `frame` is laid over what holds for the whole estate.
    """
    farm = yaml.safe_load((ESTATES / "farm.yml").read_text(encoding="utf-8"))
    originals = itertools.cycle(farm["hosts"].values())
    farm["hosts"] = {f"bench{n:03}": without_address(next(originals)) for n in range(1, hosts + 1)}
    farm["estate"] |= frame
    path = WORK / f"crowd{hosts}.yml"
    path.write_text(yaml.safe_dump(farm, allow_unicode=True), encoding="utf-8")
    return path


def without_address(host: dict[str, Any]) -> dict[str, Any]:
    """Return the host without its address, so that the lab chooses one."""
    return {key: value for key, value in host.items() if key != "address"}


def playbook(name: str, inventory: Path, change: str, *settings: str) -> list[str]:
    """Return the command of one of the collection's playbooks."""
    settings = (f"legacyops_change_id={change}", f"legacyops_change_dir={WORK / change}", *settings)
    extra = [word for setting in settings for word in ("-e", setting)]
    return ["ansible-playbook", f"legacyops.hotfix.{name}", "-i", str(inventory), *extra]


def measure(found: dict[str, list[float]], name: str, command: list[str]) -> None:
    """Add what a command takes, in seconds and (NAME cpu) in processor seconds."""
    started = time.monotonic()
    found[f"{name} cpu"].append(used(command, threading.Thread.join)["seconds"])
    found[name].append(time.monotonic() - started)


def used(command: list[str], while_it_runs: Callable[[threading.Thread], None]) -> dict[str, float]:
    """Return what a command needed: processor seconds of all of it, megabytes of its largest part.

    CommandError where its exit code is not 0.
    """
    log = WORK / "output"
    found: dict[str, float] = {}

    def wait() -> None:
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        found.update(seconds=usage.ru_utime + usage.ru_stime, megabytes=usage.ru_maxrss / 1024)

    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=ENVIRONMENT, stdout=output, stderr=subprocess.STDOUT
        )
        waiting = threading.Thread(target=wait)
        waiting.start()
        while_it_runs(waiting)
        waiting.join()
    if process.returncode != 0:
        raise CommandError(log.read_text(encoding="utf-8")[-4000:])
    return found


def counted(before: dict[str, Any], after: dict[str, Any], hosts: Iterable[str]) -> str:
    """Return what the lab counted per host between two readings, as text: mean and most."""
    parts = []
    for name, words in COUNTERS.items():
        values = [after["hosts"][host][name] - before["hosts"][host][name] for host in hosts]
        parts.append(f"{words} {statistics.mean(values):.1f} (most {max(values)})")
    return ", ".join(parts)


def bench_assess() -> None:
    """Compare assess with the cheapest thing that Ansible can do on the same hosts."""
    state = WORK / "crowd"
    with lab(crowd(), state, quiet=True) as inventory:
        raw = ["ansible", "all", "-i", str(inventory), "-m", "ansible.builtin.raw", "-a", "exit 0"]
        assess = playbook("assess", inventory, "assess")
        found: dict[str, list[float]] = {"raw": [], "assess": [], "raw cpu": [], "assess cpu": []}
        for _ in range(ROUNDS):
            before_raw = ask("counters", state)
            measure(found, "raw", raw)
            before_assess = ask("counters", state)
            raw_cost = counted(before_raw, before_assess, before_raw["hosts"])
            measure(found, "assess", assess)
        assess_cost = counted(before_assess, ask("counters", state), before_assess["hosts"])
    middle = {name: statistics.median(times) for name, times in found.items()}
    print(f"{HOSTS} hosts, 20 forks, median of {ROUNDS} rounds, seconds and processor seconds")
    for name, cost in (("raw", raw_cost), ("assess", assess_cost)):
        print(f"  {name:6} {middle[name]:6.1f} {middle[f'{name} cpu']:6.1f}; per host: {cost}")
    time_ratio = middle["assess"] / middle["raw"]
    cpu_ratio = middle["assess cpu"] / middle["raw cpu"]
    print(f"  assess / raw: {time_ratio:.2f} (was 0.86, goal 0.7)")
    print(f"  the same in processor seconds: {cpu_ratio:.2f}")


def bench_crowds() -> None:
    """Tell what assess costs a host of a large crowd, beside one of a smaller."""
    found = {}
    for number in CROWDS:
        with lab(crowd(number), WORK / f"state{number}", quiet=True) as inventory:
            words = playbook("assess", inventory, f"crowd{number}")
            found[number] = used(words, threading.Thread.join)
        shutil.rmtree(WORK / f"state{number}")
        each = found[number]["seconds"] / number
        print(f"assess of {number} hosts: {each:.2f} processor seconds a host")
    few, middle, many = CROWDS
    costs = {number: each["seconds"] / number for number, each in found.items()}
    memory = found[many]["megabytes"] / found[few]["megabytes"]
    print(f"  a host of {many} / a host of {middle}: {costs[many] / costs[middle]:.2f} (goal 1.05)")
    print(f"  memory, {many} hosts / {few}: {memory:.2f} (goal 1.3)")


def bench_apply() -> None:
    """Count what a whole apply costs on the demonstration's farm."""
    state = WORK / "farm"
    with lab(ESTATES / "farm.yml", state, quiet=True) as inventory:
        run(*playbook("plan", inventory, "apply"), quiet=True)
        plan = ChangeDirectory(WORK / "apply", "apply").planned()
        treated = [host for wave in (plan or {})["waves"] for host in wave]
        before = ask("counters", state)
        words = playbook("apply", inventory, "apply", "legacyops_approve_plan=true")
        run(*words, expect=(0, 4), quiet=True)  # 4: it has hosts that every plan leaves alone
        cost = counted(before, ask("counters", state), treated)
    print(f"{len(treated)} hosts hotfixed, each: {cost}")
    print("  (were 33 to 45 PowerShell starts and 192 HTTP requests; goals 13, most 16, and 80)")


def bench_ft() -> None:
    """Tell what the recovery of one FT system costs, while a person's double answers."""
    estate = yaml.safe_load((ESTATES / "demo-ft.yml").read_text(encoding="utf-8"))
    estate["ft_systems"] = {"ft01": estate["ft_systems"]["ft01"]}
    path, state = WORK / "ft.yml", WORK / "ft"
    path.write_text(yaml.safe_dump(estate, allow_unicode=True), encoding="utf-8")
    only = ("legacyops_hosts=ft", "legacyops_confirm_wait_seconds=600")
    with lab(path, state, "--speed", str(FT_SPEED), quiet=True) as inventory:
        for phase in ("assess", "plan"):
            run(*playbook(phase, inventory, "ftchange", *only), quiet=True)
        words = playbook("apply", inventory, "ftchange", *only, "legacyops_approve_plan=true")
        person = Person(state, WORK / "ftchange")
        cost = used(words, lambda run: person.stay_until(lambda: not run.is_alive()))
    print("One FT system recovered, a person answering")
    print(f"  apply: {cost['seconds']:.1f} processor seconds (were 34, goal 12)")


def bench_logons() -> None:
    """Count the bad logons of a wrong password, in playbooks and with a module by hand."""
    state = WORK / "logons"
    wrong = "ansible_password=Wrong-Passw0rd"
    with lab(crowd(LOCKOUT_HOSTS, users={ACCOUNT: "Right-Passw0rd"}), state, quiet=True) as hosts:
        module = ["ansible", "all", "-i", str(hosts), "-m", "legacyops.hotfix.node_info"]
        commands = {
            "assess": playbook("assess", hosts, "logons", wrong),
            "audit": playbook("audit", hosts, "logons", wrong),
            "ansible -m node_info": [*module, "-e", wrong],
        }
        print(f"{LOCKOUT_HOSTS} hosts, 20 forks, a wrong password: bad logons per account")
        for name, command in commands.items():
            before = logons(state)
            run(*command, expect=(2,), quiet=True)
            after = logons(state)
            most = max(after[account] - before.get(account, 0) for account in after)
            print(f"  {name:28} {most:6}")
            if most > 1:
                raise CommandError(f"{name} made {most} bad logons with one account")


def logons(state: Path) -> dict[str, int]:
    """Return the bad logons of each account up to now."""
    counted = ask("counters", state)["accounts"]
    return {account: of["bad_logons"] for account, of in counted.items()}


def bench_model() -> None:
    """Tell how many transitions the model explores."""
    print("The model, in one process")
    for line in model_bench.lines():
        print(f"  {line}")


def bench_farm() -> None:
    """Tell what a step, and what reads a whole change, costs on a large farm beside a small one."""
    print("The change directory alone, without hosts")
    for line in farm_bench.directory_lines(WORK):
        print(f"  {line}")
    print("Steps of a plain farm on the lab")
    for line in farm_bench.lab_lines(WORK):
        print(f"  {line}")


def main() -> int:
    """Measure and print."""
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    try:
        bench_assess()
        bench_crowds()
        bench_apply()
        bench_ft()
        bench_logons()
        bench_model()
        bench_farm()
    except CommandError as error:
        print(f"The measurement failed: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
