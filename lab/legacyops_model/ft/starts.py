# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where an FT procedure may begin: the starting states that the notice implies, and the faults."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import plan as core
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.advisory import Advisory
from legacyops_lab.ft import estate
from legacyops_lab.ft.physics import inject

from . import site
from .explore import Explorer, Result
from .site import NODES, Power, State, form, observe, remembered, with_

ESTATES = Path(__file__).with_name("systems.yml")
KINDS = ("windows_2003", "windows_2000")
_EVENTS = {
    "windows_2003": [("coserver1", "kernel_driver", 1, 1), ("coserver2", "is_failed", 2, 2)],
    "windows_2000": [("coserver1", "system_failure", 1, 1), ("coserver2", "system_failure", 2, 2)],
}
_PHASES: dict[str, dict[str, Any]] = {
    "up": {},
    "off": {"phase": "off"},
    "stop": {"phase": "stop", "crashes": 2, "dirty": True},
    "hurt": {"hurt": True, "dirty": True},
}
# How the CoServers are switched: driver, the way of ⑥, and what is special about the drivers.
SWITCHES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "operator at POST": ("operator", "at_post", {}),
    "operator at POST, too late": ("operator", "at_post", {"misses_post": True}),
    "operator in the BIOS setup": ("operator", "bios_setup", {}),
    "operator, shutdown": ("operator", "shutdown", {}),
    "ipmi with UUID in the BIOS setup": ("ipmi", "bios_setup", {}),
    "ipmi with UUID, shutdown": ("ipmi", "shutdown", {}),
    "ipmi without UUID, shutdown": ("ipmi", "shutdown", {"uuid": False}),
    "command, shutdown": ("command", "shutdown", {}),
}
# What can be wrong with a driver; wired_to is filled in.
LIES: dict[str, dict[str, Any]] = {
    "always says off": {"lies": "off"},
    "always says on": {"lies": "on"},
    "deaf": {"deaf": True},
    "silent": {"silent": True},
    "wired to the other": {"wired_to": "peer"},
    "wired to the other, no UUID": {"wired_to": "peer", "uuid": False},
}
FAULTS = list(itertools.product(("stays_down", "copy_slow", "enable_fails", "exit_code"), NODES))


@dataclass(frozen=True)
class Start:
    """A system, how it is switched, and one fault."""

    description: Mapping[str, Any]
    failed: bool = False
    switch: str = "operator at POST"
    fault: tuple[str, str] | None = None
    lie: tuple[int, str] | None = None
    form: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Return the type of the system."""
        return str(self.description["type"])

    def state(self) -> State:
        """Return the truth at the beginning, read once; a failed system has logged it."""
        _driver, _way, special = SWITCHES[self.switch]
        power = [Power(_driver, **special)] * 2
        if self.lie is not None:
            number, name = self.lie
            wrong = {k: v if v != "peer" else NODES[1 - number] for k, v in LIES[name].items()}
            power[number] = power[number]._replace(**wrong)
        events = frozenset(_EVENTS[self.kind] if self.failed else ())
        system = estate.first_state(dict(self.description))
        if self.kind in site.subject.harmless:
            least = site.subject.harmless[self.kind]
            system = replace(system, rules=replace(system.rules, harmless_from=least))
        return remembered(State(system, events=events, power=(power[0], power[1])))

    def steps(self, advisory: Advisory) -> Sequence[Mapping[str, Any]]:
        """Return the plan's steps; none where nothing is to be done, or the plan is blocked."""
        driver, way, _special = SWITCHES[self.switch]
        windows = self.kind.removeprefix("windows_")
        model = known_model(advisory, self.description["model"])
        given = form(model, driver, windows=windows, power_off=way)
        settings = {"ft_system": {**given, **self.form}}
        return core.plan_host(advisory, settings, observe(self.state())).steps

    def goal(self) -> tuple[str, ...]:
        """Return where the update is in the end: ⑥ of "where it starts" names one node alone."""
        ftvirtual = self.description.get("ftvirtual", {})
        starts = ftvirtual.get("phase", "up") == "up" and ftvirtual.get("kb", False)
        return ("ftvirtual",) if self.kind == "windows_2000" and starts else NODES

    def explore(self, advisory: Advisory, **options: Any) -> Result | None:
        """Plan, and explore carrying it out; None where nothing is planned."""
        steps = self.steps(advisory)
        if not steps:
            return None
        # Events decide about cases, when a plan is made, and not about steps here.
        state = with_(self.state(), events=frozenset())
        if self.fault:
            state = with_(state, system=inject(state.system, *self.fault))
        return Explorer(steps, self.goal(), **options).run(state)


def known_model(advisory: Advisory, model: str) -> str:
    """Return a model, or where a notice does not know it the first one that it asks to act on."""
    products = advisory.data["applies_to"]["products"].values()
    if any(model in each.get("models", ()) for each in products):
        return model
    named = [each["models"][0] for each in products if each.get("action") != "none"]
    return str(named[0]) if named else model


@cache
def lab_systems() -> Mapping[str, Start]:
    """Return the lab's FT systems: every branch and every exception of the notice."""
    systems = estate.load(ESTATES)
    return {
        name: Start(description, "failed" in name or "dead" in name)
        for name, description in systems.items()
    }


def _failed(
    kind: str, one: Mapping[str, Any], two: Mapping[str, Any], ft: Mapping[str, Any]
) -> Start:
    """Return a system whose FTvirtual Server is down."""
    description = {
        "model": "PGT20124F",
        "type": kind,
        "victim": 1 if one.get("hurt") or one.get("crashes") else 2,
        "coserver1": {"windows": dict(one), "virtual": "failed"},
        "coserver2": {"windows": dict(two), "virtual": "failed"},
        "ftvirtual": {"phase": "off", "dirty": kind == "windows_2003", **ft},
    }
    return Start(description, failed=True)


def _breaks(kind: str, kb: Sequence[bool]) -> bool:
    """Return whether the update on these nodes lets the start fail (HYP-FT-14, HYP-FT-15)."""
    return any(kb if kind == "windows_2003" else kb[:2])


def update_anywhere(kind: str) -> Iterator[tuple[str, Start]]:
    """Yield failed systems: the update on each subset of the nodes, CoServers up, off, damaged."""
    damaged = ("stop", "hurt")
    couples = [
        (one, two)
        for one, two in itertools.product(_PHASES, repeat=2)
        if not (one in damaged and two in damaged)
    ]
    for kb in itertools.product((True, False), repeat=3):
        if not _breaks(kind, kb):
            continue
        for one, two in couples:
            name = "".join("K" if each else "-" for each in kb) + f" {one} {two}"
            halves = [{"kb": kb[i], **_PHASES[phase]} for i, phase in enumerate((one, two))]
            yield name, _failed(kind, *halves, {"kb": kb[2]})


def fix_anywhere(kind: str) -> Iterator[tuple[str, Start]]:
    """Yield systems with each mixture of fix levels: failed, latent, and without the update."""
    at = "V1.0L10" if kind == "windows_2003" else "V1.0L40"
    words = {"none": None, "below": "V1.0L5", "at": at, "above": "V1.0L60"}
    for levels in itertools.product(words, repeat=3):
        fix = [{} if words[level] is None else {"fix": words[level]} for level in levels]
        name = " ".join(levels)
        if not set(levels) <= {"at", "above"}:
            yield f"failed, {name}", _failed(kind, *({"kb": True, **each} for each in fix))
        yield f"clean, {name}", _running(kind, fix)
        yield f"latent, {name}", _running(kind, [{"kb": True, **_not_loaded(f)} for f in fix])


def _not_loaded(fix: Mapping[str, Any]) -> dict[str, Any]:
    return {**fix, "loaded": {"kernel": False, **fix}}


def _running(kind: str, nodes: Sequence[Mapping[str, Any]]) -> Start:
    logged_on = {"logged_on": True} if kind == "windows_2000" else {}
    description = {
        "model": "PGT20124F",
        "type": kind,
        "coserver1": {"windows": dict(nodes[0]), **logged_on},
        "coserver2": {"windows": dict(nodes[1]), **logged_on},
        "ftvirtual": dict(nodes[2]),
    }
    return Start(description)


LYING = ("ft-failed1", "ft-failed2", "ft-failed3", "ft-latent", "ft-w2000-dead-all")
FAULTY = ("ft-failed1", "ft-latent", "ft-w2000-dead-all")


def lying_drivers() -> Iterator[tuple[str, Start]]:
    """Yield systems with one power driver that is wrong."""
    switches = [s for s in SWITCHES if not s.startswith("operator")]
    for switch, lie, side, name in itertools.product(switches, LIES, (0, 1), LYING):
        lying = replace(lab_systems()[name], switch=switch, lie=(side, lie))
        yield f"{name} {switch} {lie} {side}", lying


def stops_before_1(name: str, switch: str) -> bool:
    """Return whether what hangs must be cut, and nothing can prove the wiring first."""
    return name == "ft-failed3" and ("without UUID" in switch or "command" in switch)


def walks(kind: str) -> Iterator[tuple[Start, bool]]:
    """Yield all starts of a type of system, and whether a plan must heal them."""
    systems = {name: start for name, start in lab_systems().items() if start.kind == kind}
    for switch, (name, start) in itertools.product(SWITCHES, systems.items()):
        yield replace(start, switch=switch), not stops_before_1(name, switch)
    for _name, start in update_anywhere(kind):
        yield start, True
    for fault, (name, start) in itertools.product(FAULTS, systems.items()):
        if name in FAULTY:
            yield replace(start, fault=fault), True
    for _name, start in lying_drivers():
        if start.kind == kind:
            yield start, False
