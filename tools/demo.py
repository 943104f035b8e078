#!/usr/bin/env python3
"""Show the main job on a simulated farm: assess, plan, apply, audit, and the naive way beside it.

Everything is done by the commands a person would type, and printed before it runs. Ends with exit
code 0 only if all went as it should: every host that the plan queued is hotfixed and healthy, every
host that needs a person first was left alone, and the lab's ledger has no violation.
"""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lab_session import ESTATES, ROOT, CommandError, ask, lab, run

WORK = ROOT / ".cache" / "demo"
CHANGE = "DEMO-1"
CHANGE_DIR = WORK / "change"
AMISS = {"blocker", "warning"}


def say(text: str) -> None:
    """Print a paragraph of our own, set off from what the commands print."""
    print("\n" + textwrap.fill(textwrap.dedent(text).strip(), 96), flush=True)


def heading(text: str) -> None:
    """Print a heading."""
    print(f"\n{'=' * 96}\n{text}\n{'=' * 96}", flush=True)


def playbook(name: str, inventory: Path, *settings: str, expect: Sequence[int] = (0,)) -> None:
    """Run one of the collection's playbooks for the demonstration's change."""
    change = [f"legacyops_change_id={CHANGE}", f"legacyops_change_dir={CHANGE_DIR}"]
    extra = [word for setting in [*change, *settings] for word in ("-e", setting)]
    run("ansible-playbook", f"legacyops.hotfix.{name}", "-i", inventory, *extra, expect=expect)


def read(path: Path) -> dict[str, Any]:
    """Return one of the change directory's files."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def amiss(kind: str) -> dict[str, list[str]]:
    """Return the titles of each host's findings that are amiss; kind is findings or audit."""
    return {
        path.stem: [f["title"]["en"] for f in read(path)["findings"] if f["severity"] in AMISS]
        for path in sorted((CHANGE_DIR / kind).glob("*.json"))
    }


def the_job() -> None:
    """Assess, plan, apply and audit the farm."""
    heading("1. The farm")
    say(
        "The lab starts a farm of XenApp 5.0 servers on this machine. Each is a WinRM endpoint of "
        "its own, and in a different state. No Windows is involved: README.md says what is "
        "simulated, and what this therefore cannot prove."
    )
    with lab(ESTATES / "farm.yml", WORK / "farm") as inventory:
        run("legacyops-lab", "status", "--state", WORK / "farm")
        heading("2. Assess: what does Citrix's notice CTX130025 mean for these servers?")
        say("Reads each server with one PowerShell start. Changes nothing.")
        playbook("assess", inventory)
        heading("3. Plan: what would be done, in which order, and why?")
        playbook("plan", inventory)
        heading("4. Apply: do exactly that")
        say(
            "In real life the plan's digest is approved first; here -e legacyops_approve_plan=true "
            "stands for that. The lab's time runs faster than yours."
        )
        playbook("apply", inventory, "legacyops_approve_plan=true")
        heading("5. Audit: is everything as it should be, and will it stay so?")
        say("Fails as long as one server needs a person, so that a scheduler notices.")
        playbook("audit", inventory, expect=(0, 2))
        run("legacyops-lab", "ledger", "--state", WORK / "farm")
        judge_the_job()


def judge_the_job() -> None:
    """Compare the outcome with what was planned, and say it in plain words."""
    plan = read(CHANGE_DIR / "plan.json")
    treated = {host for wave in plan["waves"] for host in wave}
    blocked = {host for host, entry in plan["hosts"].items() if entry["blocked"]}
    before, after = amiss("findings"), amiss("audit")
    status = {path.stem: read(path)["status"] for path in (CHANGE_DIR / "state").glob("*.json")}
    violations = [e for e in ask("ledger", WORK / "farm") if e["kind"] == "violation"]

    heading("What happened")
    for host in sorted(before):
        if host in treated:
            steps = len(plan["hosts"][host]["steps"])
            outcome = f"plan of {steps} steps: {status.get(host)}; now {told(after[host])}"
        elif host in blocked:
            outcome = "left alone, because a person has to look first"
        else:
            outcome = "nothing to do"
        print(textwrap.fill(f"{host}: {told(before[host])}", 96, subsequent_indent=" " * 6))
        print(f"   -> {outcome}")
    say(
        f"The lab's ledger has {len(violations)} violations. The minutes without service in it are "
        "the installations themselves; nobody was on then, and logons were off."
    )

    wrong = [host for host in treated if status.get(host) != "done" or after[host]]
    wrong += [host for host in blocked if host in status]
    if wrong or violations or not treated:
        raise CommandError(
            f"not as promised: {', '.join(sorted(wrong)) or violations or 'no plan'}"
        )


def told(titles: list[str]) -> str:
    """Return findings as part of a sentence."""
    return "; ".join(titles) or "nothing amiss"


def the_naive_way() -> None:
    """Install the same hotfix without the collection, and show what breaks."""
    heading("6. The same, without this collection")
    say("A second small farm, and the one line that everybody would try first.")
    with lab(ESTATES / "naive.yml", WORK / "naive") as inventory:
        command = r'msiexec /p "{{ legacyops_hotfixes[0].package }}" /qn /norestart'
        naive = ["ansible", "all", "-i", str(inventory), "-m", "ansible.builtin.raw", "-a", command]
        code = run(*naive, expect=range(256))
        run("legacyops-lab", "ledger", "--state", WORK / "naive")
        run("legacyops-lab", "status", "--state", WORK / "naive")
        if code == 0 or not ask("ledger", WORK / "naive"):
            raise CommandError("the naive installation was expected to break something")
    say(
        "msiexec's exit code says only that it failed. Error 26005 is in its log: IMA did not "
        "start, because the root certificate of Citrix's signature is missing. That is what the "
        "notice is about, and what steps 2 to 5 above prevented."
    )


def main() -> int:
    """Run the demonstration; 0 if all went as it should."""
    started = time.monotonic()
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    try:
        the_job()
        the_naive_way()
    except CommandError as error:
        print(f"\nThe demonstration failed: {error}.", file=sys.stderr)
        return 1
    finally:
        print(f"\n({time.monotonic() - started:.0f} seconds)")
    say(
        f"The change directory is left for you to read: {CHANGE_DIR.relative_to(ROOT)}. "
        "journal/ has what was done to each server, plan.json why."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
