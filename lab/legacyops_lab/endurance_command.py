"""A site's command of Endurance, for Python alone (`-I -S`): it is started at each look.

`endurance_command.py SYSTEM status|enable [COMPONENT] --state DIR`
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from legacyops_lab import control


def lines(lab: Any, system: str, verb: str, component: str | None = None) -> Iterator[str]:
    """Yield one line for each component. lab: what lab.json has."""
    arguments = {"system": system, "verb": verb, "component": component}
    for name, word in control.ask(Path(lab["control"]), "endurance", arguments).items():
        yield f"{name}: {word}"


def main(words: list[str]) -> int:
    """Print them; return the exit code: 0 done, 1 not possible."""
    *asked, _option, state = words
    try:
        lab = json.loads((Path(state) / "lab.json").read_text(encoding="utf-8"))
        for line in lines(lab, *asked):
            print(line)
    except (control.ControlError, OSError) as error:
        print(f"legacyops-lab: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
