# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the states of Endurance's components."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final

from ..._action import ActionError
from ..._core.ft.system import TITLES
from ..._io.ft.endurance import STATES, Components, endurance_driver
from ..._io.remote import Remote
from ..._io.site_command import OperatorNeededError
from .action import FT_OPTIONS, FtAction

ARGUMENT_SPEC: dict[str, Any] = {
    "seen": {"type": "dict"},
    "deadline_seconds": {"type": "int", "default": 0},
    "poll_seconds": {"type": "int"},
    **FT_OPTIONS,
}

# What a person may say: the notice's two colours, or one of the words of a site's patterns.
_WORDS: Final = {"dark_green": STATES["good"], "light_green": STATES["synchronising"], **STATES}


class EnduranceInfo(FtAction):
    argument_spec = ARGUMENT_SPEC
    argument_rules: ClassVar[dict[str, Any]] = {"required_by": {"seen": ("confirmed_by",)}}

    def act(self, remote: Remote, args: dict[str, Any]) -> dict[str, Any]:
        driver = endurance_driver(self.system(args), self.credentials(args))
        if args["seen"] is not None:
            name = self.person(args)
            if not name:
                raise ActionError("bad_settings", "seen needs confirmed_by: say who has looked.")
            return self._told(f"operator {name}", _seen(args["seen"]), f"{name} says so")
        try:
            components, evidence = self._settled(driver.read, args)
        except OperatorNeededError as needed:
            raise self.waiting(needed, source="operator", components={}) from None
        return self._told(driver.name, components, evidence)

    def _settled(
        self, read: Callable[[], tuple[Components, str]], args: dict[str, Any]
    ) -> tuple[Components, str]:
        """Read until nothing is light green any more, or the deadline has passed."""
        progress = self.progress()
        last: tuple[Components, str] = ({}, "")

        def look() -> bool | None:
            nonlocal last
            last = read()
            green = [n for n, state in last[0].items() if state == STATES["synchronising"]]
            if not green:
                return True
            progress(f"{', '.join(green)}: light green, waits for dark green")
            return None

        self.wait(look, args)
        return last

    @staticmethod
    def _told(source: str, components: Components, evidence: str) -> dict[str, Any]:
        states = list(components.values())
        healthy: bool | None = all(state == STATES["good"] for state in states)
        if not healthy and all(state in ({}, STATES["good"]) for state in states):
            healthy = None
        return {
            "source": source,
            "components": components,
            "evidence": evidence,
            "healthy": healthy,
        }


def _seen(seen: dict[str, Any]) -> Components:
    """What a person saw; a component that was not named is unknown.

    Raises ActionError: a word is none of those that we know.
    """
    for name, word in seen.items():
        if word not in _WORDS:
            raise ActionError(
                "bad_settings", f"seen: {name} is {word!r}; say one of {', '.join(_WORDS)}."
            )
    return {name: dict(_WORDS.get(seen.get(name, ""), {})) for name in {**TITLES, **seen}}
