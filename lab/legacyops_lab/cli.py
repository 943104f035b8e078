"""The command `legacyops-lab`.

What only some commands need is imported by them: asking a running lab is to be quick.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from legacyops_lab import control, endurance_command
from legacyops_lab.files import read_json

DEFAULT_STATE = Path(".lab")
START_SECONDS = 60.0
STOP_SECONDS = 30.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code: 0 done, 1 not possible, 2 wrong usage."""
    options = parser().parse_args(arguments)
    try:
        result: int | None = options.run(options)
    except (control.ControlError, ValueError, OSError) as error:
        print(f"legacyops-lab: {error}", file=sys.stderr)
        return 1
    return result or 0


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    top = argparse.ArgumentParser(prog="legacyops-lab", description="A simulated estate.")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--state", metavar="DIR", type=Path, default=DEFAULT_STATE,
        help="directory of the lab's inventory, log and state (default: %(default)s)",
    )  # fmt: skip
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: Any, text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text, parents=[shared])
        command.set_defaults(run=run)
        return command

    for name, run, text in (
        ("up", up, "Start the hosts of an estate file in the background."),
        ("serve", serve_here, "Start them in the foreground."),
    ):
        command = add(name, run, text)
        command.add_argument("estate", metavar="ESTATE.yml", type=Path)
        command.add_argument("--speed", type=float, help="simulated seconds in a real one")
        command.add_argument("--fresh", action="store_true", help="forget the state kept in DIR")
    for name, run, text in (
        ("status", status, "Show every host's true state."),
        ("ledger", ledger, "List violations and minutes without service."),
        ("counters", counters, "Show what was counted: PowerShell starts, HTTP requests, shells."),
    ):
        add(name, run, text).add_argument("--json", action="store_true", help="as JSON")
    command = add("inject", inject, "Let a fault happen to a host; see the README for them.")
    command.add_argument("host", metavar="HOST")
    command.add_argument("fault", metavar="FAULT")
    command.add_argument("arguments", metavar="KEY=VALUE", nargs="*")
    command = add("operator", operator, "Do what a person does at an FT system's machines.")
    command.add_argument("system", metavar="SYSTEM")
    command.add_argument("verb", metavar="VERB", help="see the README; `look` and `board` look")
    command.add_argument("node", metavar="NODE", nargs="?", help="or the Virtual Server to enable")
    command.add_argument("--when", metavar="SCREEN", help="wait for this screen first (50 s)")
    command.add_argument("--level", help="of the fix that is installed, e.g. V1.0L20")
    command.add_argument(
        "--no-restart", action="store_true", help="the installer leaves the restart to you"
    )
    command = add("endurance", endurance, "Stand in for a site's command of Endurance.")
    command.add_argument("system", metavar="SYSTEM")
    command.add_argument("verb", choices=("status", "enable"))
    command.add_argument("component", metavar="COMPONENT", nargs="?")
    command = add("watch", watch, "Show the estate until Ctrl-C; without a terminal once.")
    command.add_argument(
        "--seconds", type=float, default=0.5, help="between two looks (default: %(default)s)"
    )
    add("snapshot", snapshot, "Print the world's state as JSON and write it to DIR/state.json.")
    command = add("check", check, "Check an estate file without starting it.")
    command.add_argument("estate", metavar="ESTATE.yml", type=Path)
    command = add("learn", learn, "Let the lab know the PowerShell scripts of a directory.")
    command.add_argument("scripts", metavar="DIRECTORY", type=Path)
    add("down", down, "Stop the lab; its state stays in DIR.")
    return top


# Starting and stopping ------------------------------------------------------------------


def up(options: argparse.Namespace) -> int:
    """Start a lab as a process of its own and wait until it answers."""
    _load(options.estate)
    state: Path = options.state
    state.mkdir(parents=True, exist_ok=True)
    if _pid(state) is not None:
        raise ValueError(f"a lab runs in {state} already; stop it: legacyops-lab down")
    if options.fresh:
        _forget(state)
    log_file = state / "lab.log"
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            _serve_command(options),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    _wait_until_ready(process, state, log_file)
    print(f"{_counted(read_json(state / 'lab.json'))} up. Inventory: {state / 'inventory.yml'}")
    return 0


def _counted(running: dict[str, Any]) -> str:
    """Return how much of an estate runs, as the begin of a sentence."""
    parts = [(running["hosts"], "host"), (running["ft_systems"], "FT system")]
    shown = [f"{count} {word}{'s' * (count != 1)}" for count, word in parts if count]
    alone = sum(count for count, _ in parts) == 1
    return f"{' and '.join(shown)} {'is' if alone else 'are'}"


def _load(path: Path) -> dict[str, Any]:
    from legacyops_lab import estate

    return estate.load(path)


def _serve_command(options: argparse.Namespace) -> list[str]:
    command = [sys.executable, "-m", "legacyops_lab", "serve", str(options.estate)]
    command += ["--state", str(options.state)]
    return command + (["--speed", str(options.speed)] if options.speed else [])


def _wait_until_ready(process: subprocess.Popen[bytes], state: Path, log_file: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while _pid(state) != process.pid:
        if process.poll() is not None:
            tail = log_file.read_text("utf-8", "replace").strip().splitlines()[-1:]
            raise ValueError(f"the lab did not start: {''.join(tail)} (log: {log_file})")
        if time.monotonic() > end:
            process.terminate()
            raise ValueError(f"the lab did not start in time (log: {log_file})")
        time.sleep(0.05)
    _ask(state, "counters")


def _forget(state: Path) -> None:
    for name in ("state.json", "resume.json", "lab.json"):
        (state / name).unlink(missing_ok=True)


def serve_here(options: argparse.Namespace) -> None:
    """Run the lab in this process."""
    from legacyops_lab.daemon import main as serve

    options.state.mkdir(parents=True, exist_ok=True)
    if options.fresh:
        _forget(options.state)
    serve(options.estate, options.state, options.speed)


def down(options: argparse.Namespace) -> int:
    """Stop the lab; nothing to do is fine as well."""
    pid = _pid(options.state)
    if pid is None:
        print(f"No lab runs in {options.state}.")
        return 0
    try:
        _ask(options.state, "down")
    except control.ControlError:
        os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + STOP_SECONDS
    while _pid(options.state) is not None:
        if time.monotonic() > end:
            raise ValueError(f"the lab (process {pid}) does not stop")
        time.sleep(0.05)
    return 0


def _pid(state: Path) -> int | None:
    """Return the process id of the lab that runs in a directory, None when there is none."""
    try:
        pid = int((state / "lab.pid").read_text("utf-8"))
        os.kill(pid, 0)
    except (FileNotFoundError, ValueError, ProcessLookupError, PermissionError):
        return None
    return pid if _is_lab(pid) else None


def _is_lab(pid: int) -> bool:
    """Whether a live process is a lab: a killed lab's number may be somebody else's now.

    A process that ended but was not waited for has no command line left.
    """
    if not Path("/proc/self").exists():
        return True
    try:
        return b"legacyops" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _ask(state: Path, command: str, arguments: dict[str, Any] | None = None) -> Any:
    return control.ask(Path(_lab(state)["control"]), command, arguments)


def _lab(state: Path) -> Any:
    lab = read_json(state / "lab.json")
    if lab is None:
        raise control.ControlError(f"there is no lab in {state}")
    return lab


# Looking --------------------------------------------------------------------------------


def _print_json(data: Any) -> None:
    print(json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False))


def status(options: argparse.Namespace) -> None:
    """Show the hosts' true state."""
    answer = _ask(options.state, "status")
    if options.json:
        _print_json(answer["hosts"])
        return
    from rich.console import Console

    from legacyops_lab import shown

    Console().print(shown.estate(answer["clock"], answer["hosts"]))


def watch(options: argparse.Namespace) -> None:
    """Show the hosts' true state as it changes."""
    from rich.console import Console
    from rich.live import Live

    from legacyops_lab import shown

    def look() -> Any:
        answer = _ask(options.state, "status")
        return shown.estate(answer["clock"], answer["hosts"])

    console = Console()
    if not console.is_terminal:
        console.print(look())
        return
    # Asked for between two looks: an exception in the middle of one may be swallowed there.
    ends = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    with Live(look(), console=console, screen=True, auto_refresh=False) as live:
        while signal.sigtimedwait(ends, options.seconds) is None:
            live.update(look(), refresh=True)


def ledger(options: argparse.Namespace) -> None:
    """List what went wrong."""
    entries = _ask(options.state, "ledger")
    if options.json:
        _print_json(entries)
        return
    if not entries:
        print("The ledger is empty: no violation, no minute without service.")
        return
    from rich.console import Console
    from rich.table import Column, Table

    table = Table(
        Column("UTC (simulated)", no_wrap=True),
        "host",
        "kind",
        "what",
        Column("minutes", justify="right"),
    )
    for entry in entries:
        minutes = entry.get("minutes")
        shown = "" if minutes is None else f"{minutes:.1f}"
        table.add_row(entry["utc"], entry["host"], entry["kind"], entry["text"], shown)
    Console().print(table)


def counters(options: argparse.Namespace) -> None:
    """Show the counters."""
    answer = _ask(options.state, "counters")
    if options.json:
        _print_json(answer)
        return
    from rich.console import Console
    from rich.table import Table

    names = sorted(answer["total"])
    table = Table("host", *(name.replace("_", " ") for name in names))
    for host, values in {**answer["hosts"], "total": answer["total"]}.items():
        table.add_row(host, *(str(values.get(name, 0)) for name in names))
    accounts = Table("account", "bad logons", "locked")
    for name, counted in answer["accounts"].items():
        accounts.add_row(name, str(counted["bad_logons"]), "yes" if counted["locked"] else "")
    Console().print(table, accounts)


def snapshot(options: argparse.Namespace) -> None:
    """Print the world's state."""
    _print_json(_ask(options.state, "snapshot"))


def inject(options: argparse.Namespace) -> None:
    """Let a fault happen."""
    arguments: dict[str, Any] = {"host": options.host, "fault": options.fault}
    for text in options.arguments:
        key, separator, value = text.partition("=")
        if not separator or key in arguments:
            raise ValueError(f"{text!r} is not KEY=VALUE")
        arguments[key] = _number(value)
    _ask(options.state, "inject", arguments)


def operator(options: argparse.Namespace) -> None:
    """Do, or look at, something at a machine."""
    arguments = {
        "system": options.system,
        "verb": options.verb,
        "node": options.node,
        "when": options.when,
        "level": options.level,
        "restart": not options.no_restart,
    }
    answer = _ask(options.state, "operator", arguments)
    if isinstance(answer, str):
        print(answer)
    elif answer is not None:
        _print_json(answer)


def endurance(options: argparse.Namespace) -> None:
    """Print one line for each component, as a site's command would."""
    for line in endurance_command.lines(
        _lab(options.state), options.system, options.verb, options.component
    ):
        print(line)


def _number(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def check(options: argparse.Namespace) -> None:
    """Check an estate file."""
    data = _load(options.estate)
    counts = {"hosts": len(data["hosts"]), "ft_systems": len(data["ft_systems"])}
    print(f"{options.estate}: {_counted(counts)} described, no mistake found")


def learn(options: argparse.Namespace) -> None:
    """Write down which scripts the lab knows: a person has read them."""
    from legacyops_lab.world import known

    before = {name: digest for digest, name in known.known().items()}
    after = known.learn(options.scripts)
    for name in sorted(before.keys() | after.keys()):
        print(f"{name}: {_change(before.get(name), after.get(name))}")


def _change(before: str | None, after: str | None) -> str:
    if before == after:
        return "as before"
    if before is None:
        return "new"
    return "gone" if after is None else "changed"
