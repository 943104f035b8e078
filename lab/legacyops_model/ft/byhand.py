# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any step at any time: what each interlock alone keeps from happening.

The order of a plan keeps most walks safe even where an interlock is missing. So an interlock is
judged where it matters: somebody carries a step out by hand, on a system in whatever state people
and time may bring it, and all other conditions of the step hold. If that does harm, the mutant
without the interlock is dead; if no such state is found, other conditions say the same.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import checks
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import plan as core
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.advisory import Advisory
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.context import (
    NO_CHANGE,
    Place,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.findings import scope_of
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.records import Step
from legacyops_lab.ft.physics import possible
from legacyops_lab.ft.state import (
    System,
    Windows,
    bad,
    healthy,
    protected,
    put,
    will_be_bad,
    windows,
)

from ..events import Event
from . import site
from .explore import Explorer
from .explore import Place as Walked
from .site import (
    HASHES,
    HOST,
    NODES,
    NOW,
    ActionFailed,
    Power,
    State,
    View,
    _silent,
    at_rest,
    do,
    form,
    interned,
    let_pass,
    moves,
    next_event,
    observe,
    remembered,
    seen_of,
    with_,
    within,
)
from .starts import Start, known_model, lab_systems, update_anywhere

OUTSIDE = "acts on a Windows outside the notice"
INSTALLERS = ("uninstall_kb", "install_kb", "install_fix")


def every_step(advisory: Advisory, kind: str) -> dict[str, Step]:
    """Return each step that a type of system may have, once: by its name and its item.

    Of all procedures: whoever carries a step out by hand may take the wrong one.
    """
    number = kind.removeprefix("windows_")
    given = form(known_model(advisory, "PGT20124F"), windows=number, power_off="bios_setup")
    scope = scope_of(advisory, {"ft_system": given})
    found: dict[str, Step] = {}
    for procedure in advisory.data["procedures"]:
        for step in core.all_steps(advisory, procedure, scope, HOST):
            fixed = [ref for ref in step.only_if if ref["check"] == "setting"]
            if not checks.any_fails(fixed, observe(State(System())), NO_CHANGE):
                name = step.name + (f" {step.item}" if step.item else "")
                found.setdefault(name, interned(step))
    return found


# --- Where a system may be ------------------------------------------------------------------


def seeds(kind: str) -> Iterator[Start]:
    """Yield where systems begin whose ways are followed and left."""
    yield from (start for start in lab_systems().values() if start.kind == kind)
    yield from _odd(kind)
    wanted = ("K-K up up", "-KK up up", "K-- up off", "-K- off up", "--K up up", "KK- up hurt")
    yield from (start for name, start in update_anywhere(kind) if name in wanted)


def _odd(kind: str) -> Iterator[Start]:
    """Yield systems on which somebody has already done things in another order."""
    common = {"model": "PGT20124F", "type": kind}
    kb, off = {"windows": {"kb": True}}, {"phase": "off"}
    one_side = {"coserver1": {"logged_on": True}, "coserver2": {**kb, "virtual": "failed"}}
    yield Start({**common, **one_side, "ftvirtual": {}})
    waits = {**kb, "virtual": "offline"}
    yield Start({**common, "coserver1": waits, "coserver2": waits, "ftvirtual": off}, failed=True)


@dataclass(frozen=True)
class Origin:
    """How a state was come to. before: what it came from, with what happened there.

    place: of a walk, from which its explorer knows the way.
    """

    start: Start
    explorer: Explorer | None = None
    place: Walked | None = None
    before: tuple[Origin, Event] | None = None

    def way(self) -> list[Event]:
        """Return what happened from the start on."""
        if self.before is not None:
            origin, event = self.before
            return [*origin.way(), event]
        if self.explorer is None or self.place is None:
            return []
        return self.explorer.way(self.place)


def universe(advisory: Advisory, kind: str, depth: int = 1) -> dict[State, Origin]:
    """Return states on the ways of the plans, and where people and time lead from there."""
    found: dict[State, Origin] = {}
    for start in seeds(kind):
        steps = start.steps(advisory)
        if steps:
            explorer = Explorer(steps, start.goal(), crashes=True)
            explorer.run(with_(start.state(), events=frozenset()))
            for place in explorer.came:
                found.setdefault(place[0], Origin(start, explorer, place))
        found.setdefault(with_(start.state(), events=frozenset()), Origin(start))
    ring = dict(found)
    for _ in range(depth):
        outer: dict[State, Origin] = {}
        for state, origin in ring.items():
            for event, after in _next(state):
                if after not in found:
                    outer.setdefault(after, Origin(origin.start, before=(origin, event)))
        found |= outer
        ring = outer
    return {state: origin for state, origin in found.items() if not state.system.violations}


def _next(state: State) -> Iterator[tuple[Event, State]]:
    """Yield what one thing that a person does, or time, makes of a state."""
    state = with_(state, boots=(0, 0, 0))
    for action in possible(state.system, site.subject.level):
        if action.verb in INSTALLERS and action.restart:
            continue  # ours never restarts a node by itself
        after = do(state, action.verb, action.node, restart=action.restart, level=action.level)
        yield Event("person", about=f"{action.verb} {action.node}"), after
    soon = next_event(state.system)
    if soon is not None:
        yield Event("time"), let_pass(state, soon)


# --- What harm a step does ------------------------------------------------------------------


def harm(state: State, step: Step) -> str | None:
    """Return the worst that carrying a step out in a state leads to, None if nothing is harmed.

    What the notice forbids speaks first, then the lab's ledger, then what is broken afterwards and
    would not be without the step.
    """
    now = with_(state, boots=(0, 0, 0))
    without = at_rest(now).system
    if without.violations:
        return None  # harmed already, whatever follows
    forbidden = _forbidden(now.system, step)
    if forbidden:
        return forbidden
    ways = list(carried_out(now, step))
    if _presses_a_machine_that_is_on(now, step):
        ways.append(do(now, "power_off", step.node))
    for after in ways:
        for end in (after, at_rest(after)):
            if end.system.violations:
                first = end.system.violations[0]
                return f"{first.key} on {first.node}"
    end = at_rest(ways[-1]).system if ways else without
    return _broken(now.system, without, end, step)


def carried_out(state: State, step: Step) -> Iterator[State]:
    """Yield the states while a step is carried out, also where its module ends with an error."""
    if step.action != "staged_package":
        with suppress(ActionFailed):
            yield from moves(state, step)


def _presses_a_machine_that_is_on(state: State, step: Step) -> bool:
    """Return whether the button of ⑧ would be that of ⑥: it switches a machine that is on off."""
    if step.action != "power" or step.arguments["state"] != "on":
        return False
    number = NODES.index(step.node)
    by_hand = state.power[number].driver == "operator"
    return by_hand and windows(state.system, NODES[number]).phase != "off"


def _forbidden(system: System, step: Step) -> str | None:
    """Return what the notice, or what is told of the procedures, does not allow at all."""
    given, node = step.arguments, step.node
    install = given.get("operation") == "install"
    restart = step.action == "restart"
    down = restart or step.action == "shutdown" or given.get("state") == "off"
    if node and (given.get("operation") or down) and windows(system, node).task:
        return "an installer is cut off, or two run at once"
    again = step.name.endswith("_kb_restart") or step.name == "fix_restart"
    if (install or again) and not healthy(system):
        return "a node is changed or restarted at ⑲ while the system is not healthy"
    if install and given["update"] == "fix" and system.ft.kb and not protected(system):
        return "the fix before the removal (5.2)"
    if restart and node == "ftvirtual" and will_be_bad(system, "ftvirtual"):
        return "an outage, and the update is still in"
    if step.action == "shutdown" and any(_stays(windows(system, n)) for n in NODES):
        return "the service taken down for a removal that cannot be"
    return None


def _stays(mine: Windows) -> bool:
    return mine.kb and (mine.other or not mine.spuninst)


def _broken(now: System, without: System, after: System, step: Step) -> str | None:
    """Return what is worse at the end than it would be without the step."""
    outage = step.action == "shutdown" and step.node == "ftvirtual"
    if now.ft.phase == without.ft.phase == "up" != after.ft.phase and not outage:
        return "the service is gone"
    unclean_pair = any(
        will_be_bad(now, n) or (windows(now, n).phase == "up" and bad(now, n)) for n in NODES[:2]
    )
    if after.ft.dirty and not without.ft.dirty and unclean_pair and not outage:
        return "the FTvirtual Server's volume is damaged"
    fails = _all_failed(after) and not _all_failed(now) and not _all_failed(without)
    if fails and unclean_pair and not outage:
        return "the FTvirtual Server fails to start"
    for name in NODES:
        mine, had, was = windows(after, name), windows(without, name), windows(now, name)
        if (mine.broken, mine.hurt) > max((had.broken, had.hurt), (was.broken, was.hurt)):
            return f"{name} is damaged"
        if had.kb and mine.kb and had.spuninst and not mine.spuninst:
            return f"{name} can no longer lose the update"
        if mine.exit_code == 1603 != had.exit_code:
            return f"an installer on {name} can only fail"
    return None


def _all_failed(system: System) -> bool:
    return system.one.virtual == system.two.virtual == "failed"


# --- The judge ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A state as it is, what is read of it, and what carrying a step out there leads to.

    wrong: what is wrong around it, or could not be read: see words.wrong; empty: nothing.
    """

    state: State
    view: View
    harm: Callable[[State, Step], str | None] = harm
    wrong: str = ""


@dataclass
class Guard:
    """What was found of one interlock.

    alone: how often it alone refused. harms: to what the step would have led then. beside: how
    often others refused too, and which; together: how often that was in all.
    """

    alone: int = 0
    harms: Counter[str] = field(default_factory=Counter)
    together: int = 0
    beside: Counter[int] = field(default_factory=Counter)


@dataclass
class Judgement:
    """Guards by (step, number of the interlock); where each step acted; what slipped through.

    origins: how each state was come to. witnesses: (step, harm) → the first case of it.
    """

    guards: dict[tuple[str, int], Guard] = field(default_factory=lambda: defaultdict(Guard))
    acted: dict[str, list[State]] = field(default_factory=lambda: defaultdict(list))
    unsound: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    origins: dict[State, Origin] = field(default_factory=dict)
    witnesses: dict[tuple[str, str], Case] = field(default_factory=dict)


def refusing(step: Step, view: View) -> list[int] | None:
    """Return the numbers of the interlocks that refuse a step; None where it is not theirs to say.

    -1 stands for an only_if that is unknown.
    """
    if step.resume_when and checks.all_hold(step.resume_when, view, view.context):
        return None
    if step.done_when and checks.all_hold(step.done_when, view, view.context):
        return None
    if checks.any_fails(step.only_if, view, view.context):
        return None
    found = [] if checks.all_hold(step.only_if, view, view.context) else [-1]
    for number, ref in enumerate(step.interlocks):
        if checks.evaluate(ref, view, view.context).holds is not True:
            found.append(number)
    return found


def judge(found: Judgement, steps: Mapping[str, Step], cases: Iterable[Case]) -> None:
    """Judge the interlocks of steps by what carrying them out leads to in each case."""
    for case in cases:
        for name, step in steps.items():
            refused = refusing(step, case.view)
            if refused == []:
                found.acted[name].append(case.state)
                harmed = case.harm(case.state, step)
                if harmed:
                    found.unsound[name][harmed] += 1
                    found.witnesses.setdefault((name, harmed), case)
            elif refused and len(refused) == 1:
                mine = found.guards[name, refused[0]]
                mine.alone += 1
                if not mine.harms:
                    mine.harms.update(filter(None, [case.harm(case.state, step)]))
            elif refused:
                for number in refused:
                    mine = found.guards[name, number]
                    mine.together += 1
                    mine.beside.update(other for other in refused if other != number)


# --- The same states, unread in part ----------------------------------------------------------


def unread(state: State) -> Iterator[Case]:
    """Yield a state of which something could not be read; all that is true remains true."""
    data = within(state).data
    nodes = data["nodes"]
    yield _case(state, {**data, "endurance": []}, "endurance")
    for name in NODES:
        if nodes[name]["reachable"]:
            silent = _silent(state.system.rules.kind, seen_of(windows(state.system, name)), None)
            yield _case(state, {**data, "nodes": {**nodes, name: silent}}, f"{name} silent")
            parts = ("job", "updates", "fix_level", "restart_pending", "later_updates")
            for part in parts:
                less = {**nodes[name], part: None}
                told = {**data, "nodes": {**nodes, name: less}}
                yield _case(state, told, f"{name} {part}")


def _case(state: State, data: Mapping[str, Any], wrong: str, **change: Any) -> Case:
    context = replace(within(state).context, **change)
    return Case(state, View(HOST, NOW, "model", data, context), wrong=wrong)


# --- The same states, and something wrong around them -----------------------------------------


def around(state: State) -> Iterator[Case]:
    """Yield a state in which the change, the owner, a name, a file or a wire is wrong."""
    view = within(state)
    data, nodes = view.data, view.data["nodes"]
    spent = {HOST: Place("not_begun", 0), "ft02": Place("failed", 0)}
    yield _wrong(
        _case(state, data, "window", window_open=False), "acts outside the change's window"
    )
    yield _wrong(
        _case(state, data, "budget", hosts=spent), "begins after the failure budget is spent"
    )
    owner = {"change": "CHG-2", "run": "2"}
    yield _wrong(_case(state, {**data, "owner": owner}, "owner"), "two runs act on one system")
    if any(record["reachable"] for record in nodes.values()):
        others = {n: _with_system(r, computer_name="OTHER") for n, r in nodes.items()}
        yield replace(_case(state, {**data, "nodes": others}, "machine"), harm=_on_another)
    later = {n: _with_system(r, service_pack=1) for n, r in nodes.items()}
    yield _wrong(_case(state, {**data, "nodes": later}, "windows"), OUTSIDE)
    for sha256, text in ((HASHES["kb"], "the update"), (HASHES["fix"], "the fix")):
        left = {k: v for k, v in data["packages"].items() if k != sha256}
        yield replace(_case(state, {**data, "packages": left}, text), harm=_not_at_hand(text))
    yield from _no_folder(state)
    yield from _wires(state)


def _with_system(record: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a node's record with something else in what it tells, or was last seen to tell."""
    if record["reachable"]:
        return {**record, "system": {**record["system"], **changes}}
    last = record.get("last_seen")
    if last is None:
        return dict(record)
    return {**record, "last_seen": {**last, "system": {**last["system"], **changes}}}


def _changes(state: State, step: Step) -> bool:
    if step.action == "staged_package":
        return True
    return any(after.system != state.system for after in carried_out(state, step))


def _wrong(case: Case, text: str) -> Case:
    def harm(state: State, step: Step) -> str | None:
        if text == OUTSIDE and step.action == "staged_package":
            return None  # a file on the relay
        return text if _changes(state, step) else None

    return replace(case, harm=harm)


def _on_another(state: State, step: Step) -> str:
    return "acts on another machine" if _changes(state, step) else "tells of another machine"


def _not_at_hand(text: str) -> Callable[[State, Step], str | None]:
    def harm(state: State, step: Step) -> str | None:
        given = step.arguments
        if given.get("operation") == "install":
            wanted = "the fix" if given["update"] == "fix" else "the update"
            return f"installs another file than {text}" if wanted == text else None
        begins = _begins(state.system, step)
        return f"begins without {text} at hand" if begins else None

    return harm


def _begins(system: System, step: Step) -> bool:
    """Return whether a step begins with ①, or with what comes before it: see before ① in docs."""
    if step.action == "shutdown":
        return True
    if step.arguments.get("operation") == "uninstall" and step.node == "ftvirtual":
        return not any(half.virtual == "failed" for half in (system.one, system.two))
    both_up = all(windows(system, n).phase == "up" for n in NODES[:2])
    update_in = any(windows(system, n).kb for n in NODES[:2])
    shutdown = step.arguments.get("way") == "shutdown"
    return shutdown and both_up and update_in and not system.stopped


def _no_folder(state: State) -> Iterator[Case]:
    """Yield the state where the update cannot be uninstalled from one node."""
    for number, name in enumerate(NODES):
        if windows(state.system, name).kb:
            seen = list(state.seen)
            last = seen[number]
            seen[number] = last and (last[0], last[1], last[2], False, last[4])
            system = put(state.system, name, spuninst=False)
            case = remembered(with_(state, system=system, seen=tuple(seen)))
            yield Case(case, within(case), wrong=f"{name} spuninst")


def _wires(state: State) -> Iterator[Case]:
    """Yield the state with one board that is wired to the other CoServer, or says nothing."""
    plain = Power("ipmi", uuid=False, followed=True)
    for number in (0, 1):
        for wrong in ({"wired_to": NODES[1 - number]}, {"silent": True}):
            power = [plain, plain]
            power[number] = plain._replace(**wrong)
            case = with_(state, power=(power[0], power[1]))
            # What the board reads is read; the module itself is told that its wiring is proven.
            trusting = tuple(each._replace(proven=True) for each in case.power)
            told = _blind(NODES[number]) if "silent" in wrong else harm
            what = f"{NODES[number]} {'board_silent' if 'silent' in wrong else 'board_wired'}"
            yield Case(with_(case, power=trusting), within(case), told, what)


def _blind(coserver: str) -> Callable[[State, Step], str | None]:
    def harm(_state: State, step: Step) -> str | None:
        if step.action == "shutdown":
            return "the service taken down, and nothing tells whether a CoServer is off"
        off = step.arguments.get("state") == "off" and step.node == coserver
        return "switches off what nothing tells the power of" if off else None

    return harm


Judged = tuple[dict[str, Step], Judgement]


def judged(advisory: Advisory, kind: str, thin: int = 40) -> Judged:
    """Judge all interlocks of a type of system. thin: every how many states are read in part."""
    steps, found = every_step(advisory, kind), Judgement()
    for state, origin in universe(advisory, kind).items():
        found.origins.setdefault(remembered(state), origin)
    states = list(found.origins)
    judge(found, steps, (Case(state, within(state)) for state in states))
    judge(found, steps, (case for state in states[::thin] for case in unread(state)))
    few = [state for name in steps for state in _few(found.acted[name])]
    some = list(dict.fromkeys([*few, *states[:20]]))
    judge(found, steps, (case for state in some for case in around(state)))
    staging = {name: step for name, step in steps.items() if step.action == "staged_package"}
    for state in states[:5]:
        empty = {**within(state).data, "packages": {}}
        cases = (_with_data(case, {"packages": {}}) for case in around(state))
        judge(found, staging, [_case(state, empty, "packages"), *cases])
    return steps, found


def _few(states: list[State]) -> list[State]:
    return states[:: max(1, len(states) // 4)][:5]


def _with_data(case: Case, data: Mapping[str, Any]) -> Case:
    view = case.view
    return replace(case, view=View(HOST, NOW, "model", {**view.data, **data}, view.context))
