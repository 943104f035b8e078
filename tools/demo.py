#!/usr/bin/env python3
"""Show the main jobs on simulated systems: assess, plan, apply, audit, and the naive way beside it.

Everything is done by the commands a person would type, and printed before it runs. What they
print is shown in part, with what to look at; all of it is in files, and is shown with VERBOSE=1.
Ends with exit code 0 only if all went as it should: every host that the plan queued is hotfixed
and healthy, every host that needs a person first was left alone, and the lab's ledger has no
violation.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shlex
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.directory import (
    ChangeDirectory,
)
from lab_session import ENVIRONMENT, ESTATES, ROOT, VERBOSE, CommandError, Part, ask, lab, run
from person import Person

WORK = ROOT / ".cache" / "demo"
AMISS = {"blocker", "warning"}
# How long the lab waits for its double of a person.
CONFIRM_SECONDS = 600


@dataclass(frozen=True)
class Change:
    """One of the demonstration's changes: its id, and the lab's inventory."""

    id: str
    inventory: Path

    @property
    def folder(self) -> Path:
        return WORK / self.id

    def command(self, name: str, *settings: str) -> list[str]:
        """The command line of one of the collection's playbooks."""
        given = [f"legacyops_change_id={self.id}", f"legacyops_change_dir={self.folder}", *settings]
        extra = [word for setting in given for word in ("-e", setting)]
        return ["ansible-playbook", f"legacyops.hotfix.{name}", "-i", str(self.inventory), *extra]

    def playbook(
        self, name: str, *settings: str, expect: Sequence[int] = (0,), **part: Any
    ) -> None:
        """Run one of the collection's playbooks. part: see Part; none: all of its output."""
        shown = some(f"{self.id}-{name}", **part) if part else None
        run(*self.command(name, *settings), expect=expect, part=shown)

    def approve(self) -> None:
        """Approve the plan for the time from now on, as the person would who has read it."""
        digest = self.read("plan.json")["digest"]
        now = dt.datetime.now().astimezone()
        # As long as all deadlines of an FT system together: lab time is fast, deadlines are not.
        window = {"start": now.isoformat(), "end": (now + dt.timedelta(days=7)).isoformat()}
        given = [f"legacyops_approved_digest={digest}", "legacyops_approved_by=Tanaka"]
        settings = json.dumps({"legacyops_window": window})
        self.playbook("approve", *given, settings, since="is approved", lines=1)

    def read(self, *parts: str) -> dict[str, Any]:
        """One of the change directory's files."""
        text = self.folder.joinpath(*parts).read_text(encoding="utf-8")
        content: dict[str, Any] = json.loads(text)
        return content

    def files(self, kind: str) -> dict[str, dict[str, Any]]:
        """Host → its file of a kind."""
        return {
            path.stem: self.read(kind, path.name) for path in self.folder.glob(f"{kind}/*.json")
        }

    def amiss(self, kind: str) -> dict[str, list[str]]:
        """Host → the titles of its findings that are amiss; kind is findings or audit."""
        return {
            host: [f["title"]["en"] for f in file["findings"] if f["severity"] in AMISS]
            for host, file in sorted(self.files(kind).items())
        }


def some(name: str, **part: Any) -> Part | None:
    """What is shown of a command's output; None: all of it is."""
    return None if VERBOSE else Part(WORK / f"{name}.txt", **part)


def look(text: str) -> None:
    """Print what is worth looking at in what was just shown."""
    print(
        textwrap.fill(
            textwrap.dedent(text).strip(), 96, initial_indent="-> ", subsequent_indent="   "
        )
    )


def say(text: str) -> None:
    """Print a paragraph of our own, set off from what the commands print."""
    print("\n" + textwrap.fill(textwrap.dedent(text).strip(), 96), flush=True)


def heading(text: str) -> None:
    """Print a heading."""
    print(f"\n=== {text} {'=' * (91 - len(text))}", flush=True)


def the_job() -> None:
    """Assess, plan, apply and audit the farm."""
    heading("1. The farm")
    say(
        "The lab starts a farm of XenApp 5.0 servers on this machine. Each is a WinRM endpoint of "
        "its own, and in a different state. No Windows is involved: README.md says what is "
        "simulated, and what this therefore cannot prove."
    )
    with lab(ESTATES / "farm.yml", WORK / "farm") as inventory:
        change = Change("DEMO-1", inventory)
        if VERBOSE:
            run("legacyops-lab", "status", "--state", WORK / "farm")
        heading("2. Assess: what does Citrix's notice CTX130025 mean for these servers?")
        change.playbook("assess", since="servers:", lines=13)
        look(
            "One PowerShell start a server, and nothing is changed. Most lack the root "
            "certificate: the hotfix would fail there. What a person has to mend first follows "
            "in full, and the same is in findings.txt."
        )
        heading("3. Plan: what would be done, in which order, and why?")
        change.playbook("plan", since="Wave 1", lines=8)
        run("grep", "-A3", "Left alone", WORK / "DEMO-1-plan.txt") if not VERBOSE else None
        look(
            "Each step has the notice's clause and its reason. The test server comes first, then "
            "the data collectors. The plan has a digest: what is approved is that."
        )
        heading("4. Apply: do exactly that")
        say(
            "First somebody approves the plan by its digest: apply takes no other. The lab's time "
            "runs faster than yours; this takes a minute."
        )
        change.approve()
        # 4: all is done but for those that the plan leaves alone.
        change.playbook("apply", expect=(0, 4), since="Change DEMO-1", lines=12)
        look("Each server is read anew before each step. The journal has all of it.")
        heading("5. Audit: is everything as it should be, and will it stay so?")
        change.playbook("audit", expect=(0, 2), lines=0)
        look("Fails as long as one server needs a person, so that a scheduler notices.")
        change.playbook("report", lines=1, since="report of")
        if VERBOSE:
            run("legacyops-lab", "ledger", "--state", WORK / "farm")
        judge(change, WORK / "farm")


def judge(change: Change, state: Path) -> None:
    """Compare the outcome with what was planned, and say it in plain words."""
    plan = ChangeDirectory(change.folder, "").planned() or {}
    treated = {host for wave in plan["waves"] for host in wave}
    blocked = {host for host, entry in plan["hosts"].items() if entry["blocked"]}
    before, after = change.amiss("findings"), change.amiss("audit")
    status = {host: file["status"] for host, file in change.files("state").items()}
    violations = [entry for entry in ask("ledger", state) if entry["kind"] == "violation"]

    heading("What happened")
    for host in sorted(before):
        if host in treated:
            steps = len(plan["hosts"][host]["steps"])
            outcome = f"plan of {steps} steps: {status.get(host)}; now {told(after[host])}"
        elif host in blocked:
            outcome = "left alone, because a person has to look first"
        else:
            outcome = "nothing to do"
        if VERBOSE:
            print(textwrap.fill(f"{host}: {told(before[host])}", 96, subsequent_indent=" " * 6))
            print(f"   -> {outcome}")
        else:
            print(f"{host}: {outcome}")
    print(f"\nThe lab's ledger has {len(violations)} violations.")
    wrong = [host for host in treated if status.get(host) != "done" or after[host]]
    wrong += [host for host in blocked if host in status]
    if wrong or violations or not treated:
        raise CommandError(
            f"not as promised: {', '.join(sorted(wrong)) or violations or 'no plan'}"
        )


def told(titles: list[str]) -> str:
    """Return findings as part of a sentence."""
    return "; ".join(titles) or "nothing amiss"


def the_fault_tolerant_servers() -> None:
    """Heal four FT systems side by side, and leave a fifth alone."""
    heading("7. Fujitsu's notice on KB890859: fault-tolerant servers, in strict order")
    say(
        "Five PRIMERGY systems behind one relay: three installations of Windows each, without "
        "PowerShell. What only a person can do is asked for; a double of that person stands at "
        "the simulated machines and confirms with the same playbook as you would."
    )
    with lab(ESTATES / "demo-ft.yml", WORK / "ft", "--speed", "200") as inventory:
        change = Change("DEMO-2", inventory)
        if VERBOSE:
            run("legacyops-lab", "watch", "--state", WORK / "ft")
        change.playbook("assess", "legacyops_hosts=ft", since="FT systems:", lines=8)
        change.playbook("plan", "legacyops_hosts=ft", since="Wave 1", lines=5)
        look(
            "A plan of a system is a runbook: each step with clause, who does it, what must hold "
            "before, and where stopping is safe."
        )
        change.approve()
        say("Apply, while the double of a person answers what waits; this takes a minute.")
        apply_with_a_person(change, WORK / "ft")
        change.playbook("status", "legacyops_hosts=ft", since="Change DEMO-2", lines=9)
        look("The playbook status can be asked from a second terminal at any time.")
        change.playbook("audit", "legacyops_hosts=ft", expect=(0, 2), lines=0)
        if VERBOSE:
            run("legacyops-lab", "watch", "--state", WORK / "ft")
        change.playbook("report", "legacyops_hosts=ft", lines=1, since="report of")
        if VERBOSE:
            run("legacyops-lab", "ledger", "--state", WORK / "ft")
        judge(change, WORK / "ft")
        for name, system in ask("status", WORK / "ft").items():
            if "without_service" in system:
                outage, single = system["without_service"], system["without_redundancy"]
                print(f"{name}: {outage} minutes without service, {single} without redundancy")
                if system["data_lost"] or not system["healthy"]:
                    raise CommandError(f"{name} is not healthy")


def apply_with_a_person(change: Change, state: Path) -> None:
    """Run apply; meanwhile the double of a person answers what waits."""
    settings = ["legacyops_hosts=ft", f"legacyops_confirm_wait_seconds={CONFIRM_SECONDS}"]
    command = change.command("apply", *settings)

    def confirm(request: dict[str, Any], saw: str | None) -> None:
        answer = [f"legacyops_confirm_step={request['step']}", "legacyops_confirm_name=Sato"]
        answer += [f"legacyops_confirm_saw={saw}"] * (saw is not None)
        words = change.command("confirm", *answer)
        run(*words, "--limit", request["host"], quiet=True)

    print(f"\n$ {shlex.join(command)}\n".replace(f"{ROOT}/", ""), flush=True)
    part = some(f"{change.id}-apply", since=f"Change {change.id}", lines=8)
    with open(os.devnull if part is None else part.log, "w+b") as log:
        output = None if part is None else log
        process = subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, stdout=output, stderr=output)
        answer_until_it_ends(process, change, state, confirm)
    if part is not None:
        print(part.of(part.log.read_text(encoding="utf-8")), flush=True)
    if process.returncode:
        raise CommandError(f"apply ended with exit code {process.returncode}")


def answer_until_it_ends(
    process: subprocess.Popen[bytes], change: Change, state: Path, confirm: Callable[..., None]
) -> None:
    """Stand in for the person for as long as a run goes on."""
    try:
        person = Person(state, change.folder, confirm=confirm)
        person.stay_until(lambda: process.poll() is not None)
    finally:
        process.terminate()


def the_naive_order() -> None:
    """Lose a simulated system in the order that nobody warned of, and see it refused."""
    heading("8. The same system in the naive order, and what refuses it")
    say(
        "What breaks when the other CoServer is on during an uninstallation is the lab's "
        "hypothesis (lab/HYPOTHESES.md); that the order matters is the notice's."
    )
    with lab(ESTATES / "demo-ft.yml", WORK / "naive-ft") as inventory:
        refused_by_hand(inventory)
        say("CoServer2 is not proven off. So somebody does it at the machines, in the naive order:")
        state = WORK / "naive-ft"
        operator = ["legacyops-lab", "operator", "--state", str(state)]
        for node in ("coserver1", "coserver2"):
            run(*operator, "ft01", "uninstall", node, quiet=not VERBOSE)
        for node in ("ftvirtual", "coserver1", "coserver2"):
            run(*operator, "ft02", "install_kb", node, quiet=not VERBOSE)
        say("The installers restart what they have changed. Later:")
        wait_for(lambda: ask("status", state)["ft02"]["screens"]["ftvirtual"] == "dark")
        if VERBOSE:
            run("legacyops-lab", "watch", "--state", state)
        run(
            "legacyops-lab",
            "ledger",
            "--state",
            state,
            part=some("naive-ft-ledger", since="violation", lines=6),
        )
        systems = ask("status", state)
        if not systems["ft01"]["data_lost"] or systems["ft02"]["healthy"]:
            raise CommandError("the naive order was expected to lose a system")


def wait_for(holds: Callable[[], bool]) -> None:
    """Wait until something is true of the lab, at most a minute."""
    end = time.monotonic() + 60
    while not holds() and time.monotonic() < end:
        time.sleep(0.5)


def refused_by_hand(inventory: Path) -> None:
    """Call the module by hand for what the notice forbids; it must refuse by its interlocks."""
    arguments = {
        "node": "coserver1",
        "operation": "uninstall",
        "update": "KB890859",
        "uninstaller": r"%windir%\$NtUninstallKB890859$\spuninst\spuninst.exe",
        "deadline_seconds": 600,
    }
    command = ["ansible", "ft01", "-i", str(inventory), "-m", "legacyops.hotfix.update_exe"]
    command += ["-a", json.dumps(arguments)]
    print(f"\n$ {shlex.join(command)}\n".replace(f"{ROOT}/", ""), flush=True)
    done = subprocess.run(
        command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    told = json.loads(done.stdout.partition("=>")[2] or "{}")
    print(textwrap.fill(str(told.get("msg", done.stdout)), 96))
    if told.get("reason") != "interlock":
        raise CommandError("the module was expected to refuse by its interlocks")


def the_naive_way() -> None:
    """Install the same hotfix without the collection, and show what breaks."""
    heading("6. The same, without this collection")
    say("A second small farm, and the one line that everybody would try first.")
    with lab(ESTATES / "naive.yml", WORK / "naive") as inventory:
        command = r'msiexec /p "{{ legacyops_hotfixes[0].package }}" /qn /norestart'
        naive = ["ansible", "all", "-i", str(inventory), "-m", "ansible.builtin.raw", "-a", command]
        code = run(*naive, expect=range(256), part=some("naive", lines=1))
        run(
            "legacyops-lab",
            "ledger",
            "--state",
            WORK / "naive",
            part=some("naive-ledger", since="violation", lines=2),
        )
        if VERBOSE:
            run("legacyops-lab", "status", "--state", WORK / "naive")
        if code == 0 or not ask("ledger", WORK / "naive"):
            raise CommandError("the naive installation was expected to break something")
    say(
        "msiexec's exit code says only that it failed. Error 26005 is in its log: IMA did not "
        "start, because the root certificate of Citrix's signature is missing. That is what the "
        "notice is about, and what steps 2 to 5 above prevented."
    )


def the_updates() -> None:
    """Carry out a notice for any Windows server, and leave one alone that is not at its level."""
    heading("9. SHA-2 code signing: a notice for Windows servers without XenApp")
    say(
        "Its clauses come out of several documents, each with how certain it is; where they "
        "contradict each other, the site decides, and the cautious way is proposed."
    )
    with lab(ESTATES / "sha2.yml", WORK / "sha2") as inventory:
        change, hosts = Change("DEMO-3", inventory), "legacyops_hosts=W2K8FRESH,W2K8SP1"
        change.playbook("plan", hosts, since="Wave 1", lines=3)
        change.approve()
        change.playbook("apply", hosts, expect=(0, 4), since="Change DEMO-3", lines=3)
        change.playbook("audit", hosts, expect=(0, 2), lines=0)
        judge(change, WORK / "sha2")


def main() -> int:
    """Run the demonstration; 0 if all went as it should."""
    started = time.monotonic()
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    if not VERBOSE:
        ENVIRONMENT["ANSIBLE_STDOUT_CALLBACK"] = "legacyops.hotfix.progress"
    try:
        the_job()
        the_naive_way()
        the_fault_tolerant_servers()
        the_naive_order()
        the_updates()
    except CommandError as error:
        print(f"\nThe demonstration failed: {error}.", file=sys.stderr)
        return 1
    finally:
        print(f"\n({time.monotonic() - started:.0f} seconds)")
    say(
        f"The change directories are left for you to read: {WORK.relative_to(ROOT)}/DEMO-1 to "
        "DEMO-3. Open report-en.html in each with a browser; journal/ has what was done to each "
        "host, plan/ why."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
