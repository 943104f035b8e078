# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The context of a decision: what it needs besides the observation of the host.

Approval, window, what was begun, who else serves, what was before the step. It is made here and
passed beside the observation, so that an observation holds only what was read on the host.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

from .actions import leaves_service
from .entry import Entry
from .journal import restarts
from .observation import Observation

NOT_BEGUN: Final = "not_begun"
UNDER_WAY: Final = "under_way"
WAITING: Final = "waiting"  # for a person, who has been told what to do
FAILED: Final = "failed"
DONE: Final = "done"
OUTSIDE: Final = "outside"  # of the run, but in its farm


@dataclass(frozen=True)
class Place:
    """Where a host of the change stands, for the decisions about the others.

    status: not_begun, under_way, waiting, failed, done, or outside (of the run). wave: from 0;
    None: it has nothing to do. serving: whether it was seen to take users just now; None: nobody
    looked. seen: what speaks against it.
    """

    status: str = NOT_BEGUN
    wave: int | None = None
    farm: str | None = None
    silo: str | None = None
    in_silo: bool = True
    serving: bool | None = None
    seen: str = ""

    def shares_users(self, other: Place) -> bool:
        """Return whether two hosts share their users. An FT system shares them with nobody."""
        same = (self.farm, self.silo) == (other.farm, other.silo)
        return same and self.in_silo and other.in_silo


@dataclass(frozen=True)
class Context:
    """What a decision about one host needs besides its observation.

    change, run: to whom the host belongs while this change has it; None outside of a change.
    window_open: None where the change has no window. failure_budget: how many hosts may fail.
    hosts: where those stand that decide about this one, which is there too: who shares its users,
    who has failed, who of the earlier waves has not ended. computer_name: of the machine that the
    plan was made for. journal: the host's entries, oldest first. predicted: check mode, which
    takes no host, and in which those before it have not ended. before: the host right before the
    step at hand, which began at step_began (ISO 8601 UTC); None outside of a step.
    """

    change: str | None = None
    run: str | None = None
    approved: bool = False
    stopped: bool = False
    window_open: bool | None = None
    failure_budget: int | None = None
    hosts: Mapping[str, Place] = field(default_factory=dict)
    computer_name: str | None = None
    journal: Sequence[Entry] = ()
    predicted: bool = False
    before: Observation | None = None
    step_began: str | None = None

    @cached_property
    def restarts(self) -> dict[str, dict[str, Any]]:
        """What the installations of this change tell of restarts (journal.restarts)."""
        return restarts(self.journal)

    def is_ours(self, owner: Mapping[str, Any]) -> bool | None:
        """Return whether an owner's record is that of this run; None outside of a change."""
        if self.change is None or self.run is None:
            return None
        return (owner.get("change"), owner.get("run")) == (self.change, self.run)

    def at_step(self, before: Observation, began: str) -> Context:
        """Return the context of a step that begins now."""
        return replace(self, before=before, step_began=began)


# Of what is asked outside of a change: by assess, by audit, and by a module that is called by hand.
NO_CHANGE: Final = Context()


def context_of(
    plan: Mapping[str, Any],
    host: str,
    states: Mapping[str, Mapping[str, Any]],
    journal: Sequence[Entry],
    *,
    change: str,
    run: str,
    approved: bool,
    stopped: bool,
    predicted: bool = False,
) -> Context:
    """Return the context of a host's next step. The window is not in it yet (in_window).

    states: each host that matters (concerned) → its status, and whether it is tried again (retry).
    journal: the host's. predicted: take for granted that all earlier waves have ended well (check
    mode).
    """
    waves = {n: number for number, wave in enumerate(plan["waves"]) for n in wave if n in states}
    entry = plan["hosts"][host]
    settings, silo = entry["settings"], entry["silo"]
    near = Place(farm=settings.get("farm"), silo=settings.get("silo"), in_silo=bool(silo["hosts"]))
    far, mates = Place(in_silo=False), {host, *silo["hosts"]}
    hosts = {}
    for name, state in states.items():
        status = _status(state, own=name == host, stays=name in silo["stay"])
        if predicted and name != host and waves.get(name, 0) < waves.get(host, 0):
            status = DONE
        place = near if name in mates else far
        hosts[name] = replace(place, status=status, wave=waves.get(name))
    for name in silo["hosts"]:
        if name not in plan["hosts"]:
            hosts[name] = replace(near, status=OUTSIDE)
    return Context(
        change=change,
        run=run,
        approved=approved,
        stopped=stopped,
        failure_budget=failure_budget(plan, host),
        hosts=hosts,
        computer_name=_computer_name(entry),
        journal=journal,
        predicted=predicted,
    )


def silos_of(plan: Mapping[str, Any]) -> dict[str, dict[str, list[str]]]:
    """Return for each host who shares users with it, by the parts of a plan: hosts, itself too.

    stay: those of them whose steps leave them in service. FT systems share users with nobody.
    """
    silos: dict[tuple[str | None, str | None], dict[str, list[str]]] = {}
    found = {}
    for name, entry in [*plan["hosts"].items(), *plan.get("outside", {}).items()]:
        silo: dict[str, list[str]] = {"hosts": [], "stay": []}
        if entry.get("in_silo", True):
            settings = entry["settings"]
            silo = silos.setdefault((settings.get("farm"), settings.get("silo")), silo)
            silo["hosts"].append(name)
            if not leaves_service(entry.get("steps", [])):
                silo["stay"].append(name)
        if name in plan["hosts"]:
            found[name] = silo
    return found


def concerned(
    plan: Mapping[str, Any], host: str, failed: Set[str], ended: Set[str]
) -> tuple[list[str], list[str]]:
    """Return on whose state decisions about a host hang: who shares its users, and the rest.

    failed, ended: the hosts that are known to have failed, and to have ended well.
    """
    mates = plan["hosts"][host]["silo"]["hosts"]
    near = {host, *(name for name in mates if name in plan["hosts"])}
    number = next((n for n, wave in enumerate(plan["waves"]) if host in wave), 0)
    before = {name for wave in plan["waves"][:number] for name in wave}
    return sorted(near), sorted(((before - ended) | failed) - near)


def failure_budget(plan: Mapping[str, Any], host: str) -> int:
    """Return how many hosts may fail before no other one begins."""
    budget = plan["hosts"][host]["settings"].get("failure_budget", 0)
    return budget if isinstance(budget, int) else 0


def _status(state: Mapping[str, Any], *, own: bool, stays: bool) -> str:
    """Return a host's status as the others must take it. stays: it goes on serving its users."""
    status = str(state["status"])
    if status == FAILED and state.get("retry") is True:
        return WAITING  # it counts as failed again where this run fails it
    if status == UNDER_WAY and stays and not own:
        return NOT_BEGUN  # that is nobody's loss
    return status


def _computer_name(entry: Mapping[str, Any]) -> str | None:
    """Return the computer name of the server a plan was made for; None for an FT system."""
    system = (entry.get("facts") or {}).get("system")
    name = system.get("computer_name") if isinstance(system, Mapping) else None
    return name if isinstance(name, str) else None
