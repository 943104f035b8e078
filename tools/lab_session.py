"""Starting the lab and running commands against it: what demo.py and bench.py share."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ESTATES = ROOT / "lab" / "estates"
ENVIRONMENT = {
    **os.environ,
    "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
    "ANSIBLE_CONFIG": str(ROOT / "tools" / "ansible.cfg"),
    "ANSIBLE_DISPLAY_OK_HOSTS": "false",
    "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false",
    "ANSIBLE_FORKS": "20",
    "COLUMNS": str(shutil.get_terminal_size((110, 24)).columns),
}
LINES = 40  # of a quiet command's output, when it fails


# Whether commands show all that they print (VERBOSE=1).
VERBOSE = os.environ.get("VERBOSE", "0") not in ("", "0")


@dataclass(frozen=True)
class Part:
    """What is shown of a command's output, all of which is in a file; nothing of it: lines is 0.

    since: from the first line with these words on. last: the last lines, and not the first.
    """

    log: Path
    lines: int = 12
    since: str = ""
    last: bool = False

    def of(self, output: str) -> str:
        """The part, and where the whole is."""
        every = output.strip("\n").splitlines()
        start = next((n for n, line in enumerate(every) if self.since in line), 0)
        found = every[-self.lines :] if self.last and self.lines else every[start:][: self.lines]
        if len(found) < len(every):
            found.append(f"   ({len(every)} lines: {self.log.relative_to(ROOT)})")
        return "\n".join(found)


class CommandError(Exception):
    """Something did not go as it should; the text says what."""


def run(
    *command: str | Path,
    expect: Sequence[int] = (0,),
    quiet: bool = False,
    part: Part | None = None,
) -> int:
    """Print a command, run it with its output on the terminal, and return its exit code.

    Quiet: neither the command nor its output is shown. part: this of its output is. Raises
    CommandError for any exit code that is not expected.
    """
    words = [str(word) for word in command]
    if not quiet:
        told = f"\n$ {shlex.join(words)}".replace(f"{ROOT}/", "")
        print(told if part else f"{told}\n", flush=True)
    output = subprocess.PIPE if quiet or part else None
    errors = subprocess.STDOUT if part else output
    result = subprocess.run(
        words, cwd=ROOT, env=ENVIRONMENT, stdout=output, stderr=errors, text=True, check=False
    )
    if part is not None:
        part.log.parent.mkdir(parents=True, exist_ok=True)
        part.log.write_text(result.stdout, encoding="utf-8")
        print(part.of(result.stdout), flush=True)
    if result.returncode not in expect:
        shown = "".join([result.stdout or "", result.stderr or ""]).splitlines()[-LINES:]
        code = f"{words[0]} ended with exit code {result.returncode}"
        raise CommandError("\n".join([code, *shown]))
    return result.returncode


@contextmanager
def lab(estate: Path, state: Path, *arguments: str, quiet: bool = False) -> Iterator[Path]:
    """Start an estate and give the inventory that the lab wrote; stop the lab whatever happens."""
    try:
        run("legacyops-lab", "up", estate, "--state", state, "--fresh", *arguments, quiet=quiet)
        yield state / "inventory.yml"
    finally:
        run("legacyops-lab", "down", "--state", state, quiet=True)


def ask(what: str, state: Path) -> Any:
    """Return what `legacyops-lab WHAT --json` says of the lab in this state directory."""
    command = ["legacyops-lab", what, "--json", "--state", str(state)]
    shown = subprocess.run(command, env=ENVIRONMENT, check=True, capture_output=True, text=True)
    return json.loads(shown.stdout)
