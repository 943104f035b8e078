#!/usr/bin/env python3
# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A site's command: site_double.py FOLDER VERB [WHO]. States stand in FOLDER/states.json.

It writes down how it was called. FOLDER/fault may hold: slow, silent, refuses, deaf, leaks, peer
(switches the other one), goes_off (coserver1 goes off after the first look at it).
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

OTHER = {"coserver1": "coserver2", "coserver2": "coserver1"}


def main() -> int:
    folder, verb, *who = sys.argv[1:]
    name = who[0] if who else ""
    base = Path(folder)
    given = sys.stdin.read()
    call = {"argv": sys.argv, "stdin": given, "environment": dict(os.environ)}
    with (base / "calls").open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(call) + "\n")
    fault = (base / "fault").read_text(encoding="utf-8") if (base / "fault").exists() else ""
    states = json.loads((base / "states.json").read_text(encoding="utf-8"))
    if fault == "slow":
        time.sleep(60)
    if fault == "leaks":
        print("login with", *given.split(), os.environ.get("LEGACYOPS_PASSWORD", ""))
    if verb == "status":
        if fault != "silent":
            print(states[name] if name else "\n".join(f"{k} = {v}" for k, v in states.items()))
        if fault == "goes_off":
            (base / "states.json").write_text(
                json.dumps({**states, "coserver1": "off"}), encoding="utf-8"
            )
        return 0
    if fault == "refuses":
        print("permission denied")
        return 7
    target = OTHER.get(name, name) if fault == "peer" else name
    if fault != "deaf":
        states[target] = {"enable": "light green"}.get(verb, verb)
        (base / "states.json").write_text(json.dumps(states), encoding="utf-8")
    print("done")
    return 0


if __name__ == "__main__":
    sys.exit(main())
