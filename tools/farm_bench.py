"""What a step costs on a large farm beside a small one: on the lab, and in the change directory.

Processor seconds of `ansible-playbook` and of its workers, as the kernel counted them; each pair
of figures is taken in one run, one after the other. The farm is plain: members in silos of four
behind one test server and one collector, all without the root certificate.
"""

from __future__ import annotations

import importlib
import os
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.advisory import (
    bundled_folder,
    load_advisories,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.decision import (
    decide,
    remaining,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.observation import (
    merge_requests,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.plan import (
    make_plan,
    plan_host,
    step_request,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.approved import approved
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.change import Change
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.directory import (
    ChangeDirectory,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.evidence import sources_of
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.outcome import outcome
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.record import told
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._report.render import report_page
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._report.report import build_report
from lab_session import ENVIRONMENT, ESTATES, ROOT, CommandError, lab, run

SPEED = "600"


def members(number: int) -> dict[str, Any]:
    """Return the estate of a plain farm of so many servers."""
    farm = yaml.safe_load((ESTATES / "farm.yml").read_text(encoding="utf-8"))
    packages = farm["hosts"]["XATEST01"]["xenapp"]["packages"]

    def server(silo: str, role: str = "member", **variables: Any) -> dict[str, Any]:
        return {
            "language": "en",
            "groups": ["xenapp"],
            "vars": {"legacyops_silo": silo, "legacyops_farm_role": role, **variables},
            "xenapp": {
                "role": role,
                "zone": "main",
                "silo": silo,
                "root_update": {"policy_value": 1},
                "packages": packages,
            },
        }

    alone = {"legacyops_single_server_silo": "accept_outage"}
    farm["hosts"] = {
        "TEST01": server("test", "test", **alone),
        "DC01": server(
            "dc", "most_preferred_data_collector", legacyops_data_store_host=True, **alone
        ),
    }
    for each in range(number - 2):
        farm["hosts"][f"APP{each + 1:04}"] = server(f"silo{each // 4 + 1:03}")
    return dict(farm)


def command(name: str, inventory: Path, change: Path, *settings: str) -> list[str]:
    """Return the command of one of the collection's playbooks."""
    settings = (
        "legacyops_change_id=BENCH",
        f"legacyops_change_dir={change}",
        "legacyops_approve_plan=true",
        *settings,
    )
    extra = [word for setting in settings for word in ("-e", setting)]
    return ["ansible-playbook", f"legacyops.hotfix.{name}", "-i", str(inventory), *extra]


def spent(process: int) -> float:
    """Return the processor seconds of a process and of its children that have ended."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def results(change: Path) -> int:
    """Return how many steps have ended."""
    journals = (change / "journal").glob("*.jsonl")
    return sum(path.read_bytes().count(b'"kind":"result"') for path in journals)


def apply(inventory: Path, change: Path) -> tuple[float, int]:
    """Carry out what comes first of a plan; return the processor seconds and the steps.

    Measured is from the first result on, until the test server and the collector have ended: one
    after the other, the same work on every farm. Then the run is interrupted.
    """
    words = command("apply", inventory, change)
    begun: tuple[float, int] | None = None
    with (
        (change / "output").open("wb") as output,
        subprocess.Popen(
            words, cwd=ROOT, env=ENVIRONMENT, stdout=output, stderr=subprocess.STDOUT
        ) as process,
    ):
        while process.poll() is None:
            now = spent(process.pid), results(change)
            if begun is None and now[1]:
                begun = now
            if ChangeDirectory(change, "BENCH").state("DC01")["status"] == "done":
                break
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
    if begun is None:
        raise CommandError((change / "output").read_text(encoding="utf-8")[-4000:])
    return now[0] - begun[0], now[1] - begun[1]


def step_cost(number: int, work: Path) -> Mapping[str, float]:
    """Return what a step costs on a farm of so many servers, on the lab."""
    work.mkdir(parents=True, exist_ok=True)
    estate = work / f"members{number}.yml"
    estate.write_text(yaml.safe_dump(members(number), allow_unicode=True), encoding="utf-8")
    change = work / f"change{number}"
    with lab(estate, work / f"lab{number}", "--speed", SPEED, quiet=True) as inventory:
        run(*command("plan", inventory, change), quiet=True)
        seconds, steps = apply(inventory, change)
    size = sum(p.stat().st_size for p in change.glob("plan/*/**/*") if p.is_file())
    return {"hosts": number, "steps": steps, "step": seconds / steps, "plan_bytes": size}


# --- The change directory alone ---------------------------------------------------------------

NOW = "2026-11-30T00:00:00Z"
STEPS = 20


def generated(number: int, root: Path) -> Any:
    """Write the directory of a change of so many servers; all but the last wave have ended.

    The servers are those of the tests' kit, in silos of four. Returns the change, and the
    processor seconds of planning.
    """
    kit = tests_kit()
    shutil.rmtree(root, ignore_errors=True)
    (advisory,) = (a for a in load_advisories([bundled_folder()]).values() if a.id == "ctx130025")
    began = time.process_time()
    plans = []
    for each in range(number):
        settings = kit.settings(farm="Farm", silo=f"silo{each // 4:03}")
        seen = kit.observation(f"app{each:04}", root=False)
        plans.append(plan_host(advisory, settings, seen))
    middle = time.process_time()
    plan = make_plan(plans, {}, change="BENCH", created=NOW)
    directory = ChangeDirectory(root, "BENCH")
    directory.write_plan(plan)
    written = time.process_time() - middle
    spent_planning = {"plan: each host": middle - began, "plan: the whole, written": written}
    change = Change.load(directory, "BENCH", {}, approve_plan=True)
    for wave in plan["waves"][:-1]:
        for host in wave:
            change.set_state(host, "done")
    return change, spent_planning


def tests_kit() -> Any:
    """Return the servers of plain data that the unit tests have."""
    for folder in ("model", "unit/core"):
        if str(ROOT / "tests" / folder) not in sys.path:
            sys.path.insert(0, str(ROOT / "tests" / folder))
    return importlib.import_module("conftest")


def one_step(root: Path, host: str) -> float:
    """Do what a step's worker does with its change directory; return the processor seconds.

    All but reaching the host: the plan, two looks' context and what remains, the decision, the
    comparison, the journal and the state.
    """
    seen = tests_kit().observation(host, root=False)
    began = time.process_time()
    change = Change.load(ChangeDirectory(root, "BENCH"), "BENCH", {}, approve_plan=True)
    entry = change.entry(host)
    step = change.step(host, entry["steps"][0].id)
    merge_requests([entry["request"], *(step_request(s, probe=False) for s in entry["steps"])])
    for _look in ("first", "after"):
        context = change.context(seen)
        remaining(change.plan, host, seen, context)
    decision = decide(step, seen, context.at_step(seen, NOW))
    change.compared(seen, context)
    about: dict[str, Any] = {"step": step.id, "plan": change.digest}
    change.journal(host).append("intent", **about, interlocks=told(decision.verdicts))
    change.set_state(host, "under_way", step=step.id)
    change.journal(host).append("result", **about, status="ok", why="measured")
    return time.process_time() - began


def whole_costs(root: Path) -> dict[str, float]:
    """Return the processor seconds of what reads all of a change, once."""
    costs: dict[str, float] = {}

    def measured(name: str, do: Callable[[], Any]) -> Any:
        began = time.process_time()
        result = do()
        costs[name] = time.process_time() - began
        return result

    directory = ChangeDirectory(root, "BENCH")
    change = measured(
        "open: the whole plan verified",
        lambda: Change.load(directory, "BENCH", {}, whole=True, approve_plan=True),
    )
    hosts = change.plan["hosts"]
    measured("approve: what is approved", lambda: approved(change.plan, None))
    measured("summary", lambda: [outcome(change, host, "") for host in hosts])
    advisories = load_advisories([bundled_folder()])
    report = measured("report", lambda: build_report(sources_of(change, advisories)))
    measured("report: its page", lambda: report_page(report, "en", None))
    return costs


def directory_lines(work: Path) -> Iterator[str]:
    """Yield what a change directory costs, large beside small, for people."""
    small, middle, large = 18, 100, 1000
    planning, waves = {}, {}
    for number in (small, middle, large):
        change, planning[number] = generated(number, work / f"core{number}")
        waves[number] = change.plan["waves"][-1]
    steps: dict[int, list[float]] = {small: [], large: []}
    for each in range(2 * STEPS):
        for number, taken in steps.items():
            host = waves[number][each % len(waves[number])]
            for path in (work / f"core{number}" / "journal").glob(f"{host}.*"):
                path.unlink()
            taken.append(one_step(work / f"core{number}", host))
    ratio = statistics.median(steps[large]) / statistics.median(steps[small])
    yield f"one step without its host, {large} hosts / {small}: {ratio:.2f} (goal 1.3)"
    few = {**planning[middle], **whole_costs(work / f"core{middle}")}
    many = {**planning[large], **whole_costs(work / f"core{large}")}
    for name, seconds in few.items():
        yield f"{name}, {large} hosts / {middle}: {many[name] / seconds:.1f}"


def lab_lines(work: Path) -> Iterator[str]:
    """Yield what a step costs on the lab, large beside small, for people."""
    small, large = (step_cost(number, work) for number in (18, 202))
    ratio = large["step"] / small["step"]
    for cost in (small, large):
        yield (
            f"{cost['hosts']} hosts, {cost['steps']} steps: {cost['step']:.2f} processor seconds a "
            f"step; the plan {cost['plan_bytes'] / 1e6:.1f} MB"
        )
    yield f"a step, {large['hosts']} hosts / {small['hosts']}: {ratio:.2f} (was 5.2, goal 1.15)"
