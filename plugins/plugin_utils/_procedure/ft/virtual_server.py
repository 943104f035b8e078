# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Has a Virtual Server of Endurance enabled."""

from __future__ import annotations

from typing import Any, Final

from ..._action import ActionError
from ..._core.ft.system import TITLES
from ..._io.ft.endurance import (
    STATES,
    VIRTUAL_SERVERS,
    EnduranceDriver,
    OperatorEndurance,
    endurance_driver,
)
from ..._io.remote import Remote
from ..._io.site_command import OperatorNeededError
from .action import FT_OPTIONS, FtAction

ARGUMENT_SPEC: dict[str, Any] = {
    "name": {"type": "str", "choices": list(VIRTUAL_SERVERS), "required": True},
    "state": {"type": "str", "choices": ["enabled"], "default": "enabled"},
    "deadline_seconds": {"type": "int", "default": 1800},
    "poll_seconds": {"type": "int"},
    **FT_OPTIONS,
}

# It runs, or it is on its way: whether it comes up, the expectations of a step say.
_ENABLED: Final = (STATES["good"], STATES["synchronising"])

State = tuple[dict[str, str], str]


class VirtualServer(FtAction):
    argument_spec = ARGUMENT_SPEC

    def act(self, remote: Remote, args: dict[str, Any]) -> dict[str, Any]:
        driver = endurance_driver(self.system(args), self.credentials(args))
        if isinstance(driver, OperatorEndurance):
            self.guard(remote, args)
            return self._by_person(driver, args)
        before = self._read(driver, args)
        if before[0] in _ENABLED:
            return self._result(driver, before, before, changed=False)
        self.guard(remote, args)
        if self.check_mode:
            return self._result(driver, before, before, changed=True)
        said = driver.enable(args["name"])
        after = self._await(driver, args)
        if after[0] not in _ENABLED:
            raise ActionError(
                "not_verified",
                f"{TITLES[args['name']]} is not enabled after {args['deadline_seconds']}"
                f" seconds ({said}; {after[1]}). Look at it in Endurance Manager; enable nothing"
                " else.",
                changed=True,
                component=after[0],
                evidence=after[1],
                driver=driver.name,
            )
        return self._result(driver, before, after, changed=True)

    @staticmethod
    def _read(driver: EnduranceDriver, args: dict[str, Any]) -> State:
        components, evidence = driver.read()
        return components.get(args["name"], {}), evidence

    def _await(self, driver: EnduranceDriver, args: dict[str, Any]) -> State:
        """Its state once it is enabled, or when the deadline has passed."""
        progress = self.progress()
        last: State = ({}, "")

        def look() -> bool | None:
            nonlocal last
            last = self._read(driver, args)
            progress(f"{TITLES[args['name']]} is {_word(last[0])}")
            return True if last[0] in _ENABLED else None

        self.wait(look, args)
        return last

    def _by_person(self, driver: OperatorEndurance, args: dict[str, Any]) -> dict[str, Any]:
        try:
            return {"evidence": driver.enable(args["name"])}
        except OperatorNeededError as needed:
            return self.by_person(args, needed, driver=driver.name, component={})

    def _result(
        self, driver: EnduranceDriver, before: State, after: State, *, changed: bool
    ) -> dict[str, Any]:
        result: dict[str, Any] = {
            "driver": driver.name,
            "component": after[0],
            "evidence": after[1],
            "changed": changed,
        }
        if changed:
            words = (_word(before[0]), "enabled" if self.check_mode else _word(after[0]))
            result["diff"] = dict(zip(("before", "after"), words, strict=True))
        return result


def _word(state: dict[str, str]) -> str:
    return next(iter(state.values()), "unknown")
