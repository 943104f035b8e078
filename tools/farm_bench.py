"""What a step costs on a large farm beside a small one: on the lab, and in the change directory.

Processor seconds of `ansible-playbook` and of its workers, as the kernel counted them; each pair
of figures is taken in one run, one after the other. The farm is plain: members in silos of four
behind one test server and one collector, all without the root certificate.
"""

from __future__ import annotations

import importlib
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
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
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.change import Change
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.directory import (
    ChangeDirectory,
)
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


def spent() -> float:
    """Return the processor seconds of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def results(change: Path) -> int:
    """Return how many steps have ended."""
    journals = (change / "journal").glob("*.jsonl")
    return sum(path.read_bytes().count(b'"kind":"result"') for path in journals)


def apply(inventory: Path, change: Path, most: int) -> tuple[float, int]:
    """Carry the plan out, so many steps at most; return the processor seconds and the steps."""
    before = spent()
    words = command("apply", inventory, change)
    with subprocess.Popen(
        words, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        while process.poll() is None and results(change) < most:
            time.sleep(1)
        process.send_signal(signal.SIGINT)
        output, _nothing = process.communicate()
    steps = results(change)
    if not steps:
        raise CommandError(output.decode(errors="replace")[-4000:])
    return spent() - before, steps


def step_cost(number: int, work: Path, most: int = 400) -> Mapping[str, float]:
    """Return what a step costs on a farm of so many servers, on the lab."""
    work.mkdir(parents=True, exist_ok=True)
    estate = work / f"members{number}.yml"
    estate.write_text(yaml.safe_dump(members(number), allow_unicode=True), encoding="utf-8")
    change = work / f"change{number}"
    with lab(estate, work / f"lab{number}", "--speed", SPEED, quiet=True) as inventory:
        run(*command("plan", inventory, change), quiet=True)
        seconds, steps = apply(inventory, change, most)
    size = sum(p.stat().st_size for p in change.glob("plan*/**/*") if p.is_file())
    size += (change / "plan.json").stat().st_size
    return {
        "hosts": number,
        "seconds": seconds,
        "steps": steps,
        "step": seconds / steps,
        "plan_bytes": size,
    }


# --- The change directory alone ---------------------------------------------------------------

NOW = "2026-11-30T00:00:00Z"


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
    spent_planning = {"host": middle - began, "plan": time.process_time() - middle}
    change = Change.load(directory, "BENCH", SETTINGS, approve_plan=True)
    for wave in plan["waves"][:-1]:
        for host in wave:
            change.set_state(host, "done")
    return change, spent_planning


SETTINGS: dict[str, Any] = {}


def tests_kit() -> Any:
    """Return the servers of plain data that the unit tests have."""
    sys.path[:0] = [str(ROOT / "tests" / "model"), str(ROOT / "tests" / "unit" / "core")]
    return importlib.import_module("conftest")


def one_step(root: Path, host: str, kit: Any) -> None:
    """Do what a step's worker does with its change directory, but for reaching the host."""
    change = Change.load(ChangeDirectory(root, "BENCH"), "BENCH", SETTINGS, approve_plan=True)
    entry = change.entry(host)
    step = change.step(host, entry["steps"][0].id)
    merge_requests([entry["request"], *(step_request(s, probe=False) for s in entry["steps"])])
    seen = kit.observation(host, root=False)
    for _look in ("first", "after"):
        context = change.context(seen)
        remaining(change.plan, host, seen, context)
    decision = decide(step, seen, context.at_step(seen, NOW))
    change.compared(seen, context)
    journal = change.journal(host)
    journal.append("intent", step=step.id, plan=change.digest, said=decision.reason)
    change.set_state(host, "under_way", step=step.id)
    journal.append("result", step=step.id, plan=change.digest, status="ok")


def core_step(number: int, root: Path) -> dict[str, float]:
    """Return the processor seconds of parts of a change of so many servers, without the hosts."""
    kit = tests_kit()
    change, planning = generated(number, root)
    hosts = change.plan["waves"][-1]
    one_step(root, hosts[0], kit)  # what is imported, or compiled, once
    began = time.process_time()
    for host in hosts[:20]:
        one_step(root, host, kit)
    step = (time.process_time() - began) / len(hosts[:20])
    return {"hosts": number, "step": step, **planning}
