# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An FT system's form whose drivers are the site's double or the lab's boards."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.schema import schema

CANARY = "Canary-Pass-7"
CREDENTIALS = {"site": {"username": "power-user", "password": CANARY}}
DOUBLE = str(Path(__file__).with_name("site_double.py"))


def words(folder: Path, verb: str, *who: str) -> list[str]:
    return [sys.executable, "-I", DOUBLE, str(folder), verb, *who]


class Site:
    """A folder with the double's states, and forms that use it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.set(coserver1="on", coserver2="on")

    def set(self, **states: str) -> None:
        (self.folder / "states.json").write_text(json.dumps(states), encoding="utf-8")

    def states(self) -> Any:
        return json.loads((self.folder / "states.json").read_text(encoding="utf-8"))

    def fault(self, fault: str) -> None:
        (self.folder / "fault").write_text(fault, encoding="utf-8")

    def calls(self) -> list[dict[str, Any]]:
        path = self.folder / "calls"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def verbs(self) -> list[str]:
        return [call["argv"][2] for call in self.calls()]

    def power(self, **more: Any) -> dict[str, Any]:
        """The power part of a CoServer."""
        verbs = ("status", "on", "off")
        return {
            "driver": "command",
            **{verb: words(self.folder, verb, "{coserver}") for verb in verbs},
            "credentials": "site",
            **more,
        }

    def system(self, **more: Any) -> dict[str, Any]:
        return {name: {"name": name, "power": self.power(**more)} for name in self.states()}

    def endurance(self, **more: Any) -> dict[str, Any]:
        """A form whose Endurance commands know each component by our name."""
        names = {name: name for name in self.states()}
        part = {
            "driver": "command",
            "status": words(self.folder, "status", "{component}"),
            "enable": words(self.folder, "enable", "{component}"),
            "states": {
                "good": "^dark green",
                "synchronising": "^light green",
                "failed": "^failed",
            },
            "components": names,
            "credentials": "site",
            **more,
        }
        return {"endurance": part}


def kinds_of(of: str) -> dict[str, set[str]]:
    """The kinds of a driver of an FT system's form, each with the settings that it may have."""
    rule = schema()["$defs"][of]
    kinds = {}
    for branch in rule["allOf"]:
        ((name, kind),) = branch["if"]["properties"].items()
        kinds[kind["const"]] = set(branch["then"]["properties"]) - {name}
    return kinds
