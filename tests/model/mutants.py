# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mutants of the advisory on FT systems: an interlock or an expectation less, a step moved.

Each must die: somewhere the model shows the harm or the untruth that it leads to. One that does
not die is listed with the reason why it is no worse than the original.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import (
    decision as core_decision,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import plan as core
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.advisory import Advisory
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.brakes import BRAKES
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.context import NO_CHANGE
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.findings import scope_of
from legacyops_lab.ft.state import put, put_half, windows
from legacyops_model.ft.byhand import Guard, Judged, Judgement, Step, carried_out
from legacyops_model.ft.site import (
    HASHES,
    HOST,
    NODES,
    NOW,
    State,
    View,
    form,
    let_pass,
    next_event,
    observe,
    remembered,
    unproven,
    with_,
    within,
)
from legacyops_model.ft.starts import (
    KINDS,
    SWITCHES,
    Start,
    fix_anywhere,
    lab_systems,
    update_anywhere,
)


@dataclass(frozen=True)
class Mutant:
    """What was changed, and what became of it. dead: whether the model kills it."""

    what: tuple[str, ...]
    dead: bool
    why: str


# --- An interlock less ------------------------------------------------------------------------

_LOOKS = "reads, waits or asks only; whatever acts next asks the same"
# Why an interlock stays although it alone refuses and the lab then knows no harm.
REASONS: dict[tuple[str, str], str] = {
    ("*", "change"): _LOOKS,
    ("*", "failure_budget"): _LOOKS,
    ("*", "owner"): _LOOKS,
    ("*", "windows"): "what Windows it is could not be read: nothing is done on an unknown one",
    ("*", "health"): "the same as mirrors and jobs see; alone only where a part is unread",
    ("*", "mirrors"): "a shutdown in the middle of a copy wastes the copy and harms nothing else",
    (
        "*",
        "fix $vendor_fix_step.node",
    ): "its level could not be read: nothing is installed on an unknown level",
    ("*", "kb ftvirtual"): "whether the update is in could not be read: unknown is not absent",
    ("*", "kb_now ftvirtual"): "whether the update is in could not be read: unknown is not absent",
    ("*", "kb_now coserver1"): "whether the update is in could not be read: unknown is not absent",
    ("*", "kb_now coserver2"): "whether the update is in could not be read: unknown is not absent",
    ("*", "fix_runs all"): "the fix's level could not be read: unknown is not reached",
    ("*", "fix all"): "the fix's level could not be read: unknown is not reached",
    ("*", "service"): "①'s own condition; the removal itself does no harm beside a service that "
    "runs, and the restart after it asks again",
    ("*", "gone coserver1"): "④ before ⑤⑥: without it nothing breaks, and ① to ④ come once more",
    ("*", "gone coserver2"): "④ before ⑤⑥: without it nothing breaks, and ① to ④ come once more",
    ("*", "gone ftvirtual"): "could not be read: unknown is not removed",
    ("*", "clean ftvirtual"): "could not be read: unknown is not removed",
    ("*", "clean both"): "could not be read, or ⑦ before ⑬: the lab knows no harm of it",
    ("*", "may_start both"): "could not be read: unknown is not safe",
    ("*", "runs_on"): "⑫'s own result; the lab knows no harm of a removal on both sides",
    ("*", "phase coserver1"): "the world refuses: nobody can do it on a CoServer that is not up",
    ("*", "phase coserver2"): "⑧'s own result: the step waits for its peer, or the world refuses",
    ("*", "phase ftvirtual"): "the world refuses: nobody can do it on a node that is not up",
    (
        "*",
        "component virtual_server1",
    ): "the world refuses: only what is failed or disabled can be enabled",
    (
        "*",
        "component virtual_server2",
    ): "the world refuses: only what is failed or disabled can be enabled",
    ("*", "job ftvirtual"): "could not be read: unknown is not idle",
    ("*", "job coserver1"): "could not be read: unknown is not idle",
    ("*", "job coserver2"): "could not be read: unknown is not idle",
    ("*", "job $vendor_fix_step.node"): "could not be read: unknown is not idle",
    ("*", "removable coserver1"): "could not be read: the uninstaller itself refuses",
    ("*", "removable coserver2"): "could not be read: the uninstaller itself refuses",
    ("*", "removable ftvirtual"): "could not be read: the uninstaller itself refuses",
    (
        "*",
        "wiring_shutdown coserver1",
    ): "Windows switches off; the module then sees the peer change",
    (
        "*",
        "wiring_shutdown coserver2",
    ): "Windows switches off; the module then sees the peer change",
    ("*", "may_load $vendor_fix_step.node"): "could not be read, or ②③ come before ⑥: see health",
    ("*", "identity"): "nobody answers by then: the expectation asks after the start",
}
# Conditions whose value stands in the plan: a finding blocks a plan without it.
PLANNED = {"backups": "no_backups", "fix_package": "fix_package_low"}


def interlock_mutants(advisory: Advisory, judgement: Judged) -> Iterator[Mutant]:
    """Yield the mutants with one interlock less: (step, number, check)."""
    steps, found = judgement
    for name, step in _of_this_type(steps, found):
        own = advisory.data["steps"][step.name].get("interlocks", [])
        checks = [*BRAKES, *(ref["ask"] for ref in own)]
        for number, check in enumerate(checks):
            guard = found.guards.get((name, number), Guard())
            dead, why = _verdict(checks, number, guard)
            yield Mutant((name, str(number), check), dead, why)


def _of_this_type(steps: Mapping[str, Step], found: Judgement) -> Iterator[tuple[str, Step]]:
    """Yield the steps that may be carried out at all; the other type's are refused everywhere."""
    return ((name, step) for name, step in steps.items() if found.acted[name])


def _verdict(checks: Sequence[str], number: int, guard: Guard) -> tuple[bool, str]:
    check = checks[number]
    if guard.harms:
        return True, next(iter(guard.harms))
    if check in PLANNED:
        return False, f"stands in the plan; the finding {PLANNED[check]} blocks a plan without it"
    if guard.alone:
        return False, REASONS.get(("*", check), "")
    if not guard.together:
        return False, "where it would refuse, only_if or done_when leaves the step out"
    always = [n for n, times in guard.beside.items() if times == guard.together]
    names = sorted({"only_if" if n < 0 else checks[n] for n in always})
    if names:
        return False, f"the same is said by {' and by '.join(names)}"
    most = [n for n, _times in guard.beside.most_common(3)]
    return False, "always beside " + ", ".join("only_if" if n < 0 else checks[n] for n in most)


# --- A step moved or left out -------------------------------------------------------------------

Entries = list[Any]


def _rearranged(entries: Entries) -> Iterator[tuple[str, Entries]]:
    """Yield the entries of a procedure with one left out, or swapped with its neighbour."""
    for i, entry in enumerate(entries):
        yield f"without {_called(entry)}", entries[:i] + entries[i + 1 :]
        if i + 1 < len(entries):
            swapped = [*entries[:i], entries[i + 1], entry, *entries[i + 2 :]]
            yield f"{_called(entries[i + 1])} before {_called(entry)}", swapped
        if "steps" in entry:
            for text, inner in _rearranged(entry["steps"]):
                yield text, [*entries[:i], {**entry, "steps": inner}, *entries[i + 1 :]]


def _called(entry: Mapping[str, Any]) -> str:
    return str(entry.get("step") or "the fix's steps")


def _with_procedure(advisory: Advisory, name: str, entries: Entries) -> Advisory:
    procedures = {**advisory.data["procedures"]}
    procedures[name] = {**procedures[name], "steps": entries}
    return replace(advisory, data={**advisory.data, "procedures": procedures})


def procedure_of(advisory: Advisory, start: Start) -> str | None:
    """Return the procedure that a start leads to."""
    driver, way, _special = SWITCHES[start.switch]
    windows_ = start.kind.removeprefix("windows_")
    given = form(start.description["model"], driver, windows=windows_, power_off=way)
    scope = scope_of(advisory, {"ft_system": given})
    return core.chosen_procedure(advisory, scope, observe(start.state()), NO_CHANGE)


@cache
def _candidates() -> tuple[Start, ...]:
    starts = list(lab_systems().values())
    for kind in KINDS:
        wanted = (
            "KKK up up",
            "KKK up stop",
            "KKK up hurt",
            "KKK hurt up",
            "KKK stop up",
            "--K up up",
        )
        starts += [s for name, s in update_anywhere(kind) if name in (*wanted, "KK- up off")]
        mixed = dict(fix_anywhere(kind))
        starts += [mixed[f"{what}, none none none"] for what in ("clean", "latent")]
        starts += [mixed["latent, none none at"], mixed["failed, none at none"]]
    half_done = {"windows": {"fix": "V1.0L40"}}
    starts.append(Start({"model": "PGT20124F", "type": "windows_2003", "coserver1": half_done}))
    latent = {"kb": True, "loaded": {"kernel": False}}
    starts.append(Start({"model": "PGT20124F", "type": "windows_2003", "ftvirtual": latent}))
    pending = {"windows": latent}
    starts.append(
        Start(
            {
                "model": "PGT20124F",
                "type": "windows_2003",
                "coserver1": pending,
                "coserver2": pending,
            }
        )
    )
    latent_system = lab_systems()["ft-latent"]
    for node in NODES[:2]:
        starts.append(replace(latent_system, fault=("stays_down", node)))
    only_one = {"type": "windows_2003", "model": "PGT20124F", "coserver1": pending}
    starts.append(Start(only_one))
    for fault in (("stays_down", "coserver1"), ("stays_down", "coserver2")):
        starts.append(replace(Start(only_one), fault=fault))
    return tuple(starts)


def order_mutants(advisory: Advisory, only: int = 1) -> Iterator[Mutant]:
    """Yield the mutants of each procedure's order: (procedure, what). only: every so many."""
    starts: dict[str, list[Start]] = {}
    for start in _candidates():
        starts.setdefault(procedure_of(advisory, start) or "", []).append(start)
    for name, procedure in advisory.data["procedures"].items():
        for number, (text, entries) in enumerate(_rearranged(procedure["steps"])):
            if number % only == 0:
                mutant = _with_procedure(advisory, name, entries)
                why = _killed_by(mutant, starts.get(name, []))
                yield Mutant((name, text), why is not None, why or _no_worse(name, text))


def _killed_by(mutant: Advisory, starts: Sequence[Start]) -> str | None:
    """Return what kills a mutant: harm, an untrue end, or no way to the goal."""
    for crashes, some in ((False, starts), (True, starts[:1])):
        for start in some:
            result = start.explore(mutant, crashes=crashes)
            if result is None:
                return "nothing is planned where something is to be done"
            if result.violations:
                return result.violations[0][0]
            if result.untrue:
                return result.untrue[0][0]
            if result.stuck or not result.good:
                return "no way leads on: " + (result.stuck or [("", [])])[0][0].split(":")[0]
    return None


# Why another order, or a step less, is no worse. The first that is part of the text counts.
_HEALTH = "the next step asks for health itself and refuses until then; a later run goes on"
ORDER_REASONS: dict[str, str] = {
    "stage_kb before stage_fix": "the two files do not depend on each other",
    "stage_": "what needs the file asks for it (kb_file, fix_file: killed by hand above)",
    "fix_restart before fix_install": "each line of the readme is an installation or a restart",
    "_gate": _HEALTH,
    "dark_green": _HEALTH,
    "ftvirtual_runs": "⑬ asks for ⑫ itself (runs_on) and refuses until then; a later run goes on",
    "ftvirtual_starts": "the next step asks for the service itself; a later run goes on",
    "without latent_": "① has it shut down too; the step keeps the planned downtime together",
    "latent_coserver1_off before latent_coserver2_off": "both are shut down before ① either way",
    "coserver2_off before latent_coserver1_off": "both are shut down before ① either way",
    "_look before": "a look changes nothing, and one that came too early is repeated",
    "restart_running": "skipped where nothing waits for a restart, else made up for by a later run",
    "coserver1_on before coserver1_cut": "refused while it is on; a later run begins with the cut",
}


def _no_worse(_procedure: str, text: str) -> str:
    return next((why for part, why in ORDER_REASONS.items() if part in text), "")


# --- An expectation less ------------------------------------------------------------------------


def surprises(state: State) -> Iterator[tuple[str, State]]:
    """Yield what may be found instead of what a step should have brought about."""
    system = state.system
    for number, node in enumerate(NODES):
        boots = list(state.boots)
        boots[number] = (boots[number] + 1) % 4
        yield f"{node} has restarted", with_(state, boots=tuple(boots))
        for phase in ("off", "stuck", "up"):
            yield (
                f"{node} is {phase}",
                with_(state, system=put(system, node, phase=phase, task="")),
            )
        mine = windows(system, node)
        loaded = put(system, node, kernel_loaded=not mine.kernel)
        yield f"{node} has a restart pending", with_(state, system=loaded)
        other = put(system, node, kb=not mine.kb, kernel_loaded=not mine.kb)
        yield f"{node}: the update is {'out' if mine.kb else 'in'}", with_(state, system=other)
        level = 0 if mine.fix else 10040
        fixed = put(system, node, fix=level, fix_loaded=level)
        yield f"{node}: the fix is {'in' if level else 'out'}", with_(state, system=fixed)
    for both in (("good", "good"), ("good", "failed"), ("failed", "good"), ("failed", "failed")):
        for member in ("valid", "copying"):
            changed_ = system
            for side, virtual in enumerate(both, 1):
                changed_ = put_half(changed_, side, virtual=virtual, member=member)  # type: ignore[arg-type]
            phase = "up" if "good" in both else "off"
            text = f"Virtual Servers {both[0]} and {both[1]}, FTvirtual Server {phase}, {member}"
            yield text, with_(state, system=put(changed_, "ftvirtual", phase=phase, task=""))
            yield (
                f"{text}, but silent",
                with_(state, system=put(changed_, "ftvirtual", phase="off")),
            )


def _readings(state: State, before: State) -> Iterator[tuple[str, View]]:
    """Yield what may be read after a step, surprises included."""
    for text, after in surprises(state):
        yield text, within(remembered(after), before)
    view = within(state, before)
    named = {
        n: {**r, "system": {**r["system"], "computer_name": "OTHER"}} if r["reachable"] else r
        for n, r in view.data["nodes"].items()
    }
    yield (
        "another machine answers",
        View(HOST, NOW, "model", {**view.data, "nodes": named}, view.context),
    )
    for sha256 in HASHES.values():
        left = {k: v for k, v in view.data["packages"].items() if k != sha256}
        less = {**view.data, "packages": left}
        yield "the package is not there", View(HOST, NOW, "model", less, view.context)


def _afterwards(state: State, step: Step) -> State:
    """Return the state in which a step ends."""
    after = state
    for moved in carried_out(state, step):
        after = moved
    if step.action == "endurance_info":
        while unproven(step, after, state):
            soon = next_event(after.system)
            if soon is None:
                break
            after = let_pass(after, soon)
    return remembered(after)


def expect_mutants(advisory: Advisory, judgement: Judged) -> Iterator[Mutant]:
    """Yield the mutants with one expectation less: (step, number, check).

    One is dead where something is found of which it alone tells that the clause did not come true.
    """
    steps, found = judgement
    for name, step in _of_this_type(steps, found):
        checks = [ref["ask"] for ref in advisory.data["steps"][step.name].get("expect", [])]
        told: dict[int, str] = {}
        states = found.acted[name]
        some = states[:: max(1, len(states) // 12)]
        for number, state in enumerate((*some, *states)):
            left = {check for n, check in enumerate(checks) if n not in told}
            if number >= len(some) and left <= EXPECT_REASONS.keys():
                break  # a few states have shown it all
            after = _afterwards(state, step)
            for text, view in _readings(after, state):
                missing = [v.ref for v in core_decision.unproven(step, view, view.context)]
                if len(missing) == 1:
                    told.setdefault(step.expect.index(missing[0]), text)
        for number, check in enumerate(checks):
            dead = number in told
            why = f"would pass: {told[number]}" if dead else EXPECT_REASONS.get(check, "")
            yield Mutant((name, str(number), check), dead, why)


_SILENT = "where it is silent, what else is expected is unknown"
EXPECT_REASONS: dict[str, str] = {
    "mirrors": "health says the same of every mirror set that it is told of",
    "phase ftvirtual": _SILENT,
    "phase coserver1": _SILENT,
    "phase coserver2": _SILENT,
    "phase $vendor_fix_step.node": _SILENT,
}
