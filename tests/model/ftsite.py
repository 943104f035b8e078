# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One FT system of the lab as the collection sees and handles it, without wire and clock.

`State` is all that decides what happens next: the lab's truth, and what earlier observations
left in the change directory. `observe` is the collection's eye, `moves` its hands; both are
cut at any point by a crash.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any, Literal

from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import checks
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.context import (
    NO_CHANGE,
    Context,
    Place,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.observation import Observation
from legacyops_lab.ft import levels
from legacyops_lab.ft.notice import event_text, of_type
from legacyops_lab.ft.physics import Action, Impossible, act, advance, next_event
from legacyops_lab.ft.state import NODES, RUNS, Event, System, Windows, windows

HOST = "ft01"
NOW = "2026-11-22T05:00:00Z"
_NOW = datetime.fromisoformat(NOW)
HASHES = {"kb": "AA" * 32, "fix": "BB" * 32}
SCREENS = {
    "off": "dark",
    "post": "post",
    "setup": "bios_setup",
    "chkdsk": "chkdsk",
    "boot": "booting",
    "down": "shutting_down",
    "stop": "stop",
    "stuck": "hung",
}
_VERSIONS = {"windows_2003": "5.2.3790", "windows_2000": "5.0.2195"}
# What a node's disk told when it was last read: (kb, other, fix, spuninst, restart pending).
Seen = tuple[bool, bool, int, bool, bool]


@dataclass(frozen=True)
class Power:
    """How a CoServer is switched, and what is wrong with that.

    uuid: the inventory has the machine's UUID, so that a board's wiring shows. proven: it has been
    seen to go off with its own machine alone. followed: it said on while that answered. wired_to:
    the CoServer that it really reads and switches. lies: what it always reads. deaf: it takes
    commands and does nothing. silent: it says nothing. misses_post: the person at the screen comes
    too late once, and does as the instruction says.
    """

    driver: Literal["operator", "ipmi", "command"] = "operator"
    uuid: bool = True
    proven: bool = False
    followed: bool = False
    wired_to: str | None = None
    lies: Literal["on", "off"] | None = None
    deaf: bool = False
    silent: bool = False
    misses_post: bool = False


@dataclass(frozen=True)
class State:
    """The truth, and what is remembered of it: last readings, last words about screens, boots."""

    system: System
    seen: tuple[Seen | None, Seen | None, Seen | None] = (None, None, None)
    screens: tuple[str | None, str | None, str | None] = (None, None, None)
    boots: tuple[int, int, int] = (0, 0, 0)
    events: frozenset[tuple[str, str, int, int]] = frozenset()
    power: tuple[Power, Power] = (Power(), Power())

    def __hash__(self) -> int:
        """Hash once: exploration asks for it again and again."""
        known = self.__dict__.get("hash")
        if known is None:
            parts = (self.system, self.seen, self.screens, self.boots, self.events, self.power)
            known = self.__dict__["hash"] = hash(parts)
        return known


class ActionFailed(Exception):  # noqa: N818 - a module's refusal, as the step gets it
    """A module ended with an error; what it has done until then is done."""


def form(model: str, driver: str = "operator", **changed: Any) -> dict[str, Any]:
    """Return a system's form, as a person writes it."""
    backup = {"taken": NOW, "by": "Sato", "where": "tape 7"}
    nodes: dict[str, dict[str, Any]] = {
        name: {
            "name": name.upper(),
            "address": f"192.0.2.{number}",
            "access": "relay",
            "credentials": "ft01",
        }
        for number, name in enumerate(NODES, 11)
    }
    for name in NODES[:2]:
        nodes[name]["power"] = {"driver": driver}
    return {
        "model": model,
        **nodes,
        "endurance": {"driver": "operator"},
        "fix_level": {"source": "operator"},
        "power_off": "at_post",
        "contacts": {"operator": "Sato 1", "owner": "Suzuki 2", "vendor": "Fujitsu 3"},
        "backups": dict.fromkeys(NODES, backup),
        "kb": {"package": r"C:\Hotfix\kb.exe", "sha256": HASHES["kb"]},
        "fix": {
            "package": r"C:\Hotfix\fix.exe",
            "sha256": HASHES["fix"],
            "level": "V1.0L40",
            "switches": ["/q"],
            "steps": [
                "install ftvirtual",
                "install coserver1",
                "install coserver2",
                "restart ftvirtual",
                "restart coserver1",
                "restart coserver2",
            ],
        },
        "accepted": {"unreadable": "Sato"},
        **changed,
    }


# --- The eye --------------------------------------------------------------------------------


def seen_of(mine: Windows) -> Seen:
    """Return what a reading of a node's disk tells."""
    return (mine.kb, mine.other, mine.fix, mine.spuninst, mine.restart_pending)


@cache
def _disk(kind: str, seen: Seen) -> dict[str, Any]:
    kb, other, fix, spuninst, pending = seen
    notice = of_type(kind)
    version = "other" if other else "kb" if kb else "before"
    line = "V6 緊急修正" if kind == "windows_2003" else "V5 緊急修正#001"
    level = levels.text(fix)
    return {
        "updates": {
            "KB890859": {"updates_key": kb, "hotfix_key": kb, "uninstaller": kb and spuninst}
        },
        "files": {name: each[version] for name, each in notice["files"].items()},
        "later_updates": [{"id": "KB999999"}] if other and kb else [],
        "fix_level": {"text": f"{line} {level}" if level else ""},
        "restart_pending": pending,
    }


@cache
def _record(
    name: str, kind: str, pack: int, seen: Seen, boots: int, job: str, texts: tuple[str, ...]
) -> dict[str, Any]:
    version = _VERSIONS[kind]
    operation = {"kb_out": "uninstall", "kb_in": "install", "fix_in": "install"}.get(job)
    update = "fix" if job == "fix_in" else "KB890859"
    return {
        "reachable": True,
        "source": "wmi",
        "system": {
            "computer_name": name.upper(),
            "version": version,
            "service_pack": pack,
            # Its clock is the controller's; each start leaves it with less time since the start.
            "start_record": 4000 + boots,
            "last_boot": f"{_NOW - timedelta(hours=1000 - boots):%Y-%m-%dT%H:%M:%SZ}",
            "clock_utc": NOW,
        },
        "job": {"state": "running", "operation": operation, "update": update}
        if job
        else {"state": "none"},
        "events": {"entries": [{"utc": NOW, "text": text} for text in texts]},
        **_disk(kind, seen),
    }


def _texts(state: State, name: str) -> tuple[str, ...]:
    mine = sorted(entry for entry in state.events if entry[0] == name)
    return tuple(event_text(Event(node, key, n, x), "ja") for node, key, n, x in mine)


def _node_sight(state: State, number: int) -> tuple[Any, ...]:
    """Return all that can be seen of a node, as arguments of _record or _silent."""
    name = NODES[number]
    mine, kind = windows(state.system, name), state.system.rules.kind
    if mine.usable:
        pack = mine.service_pack if kind == "windows_2003" else 4
        boots, texts = state.boots[number], _texts(state, name)
        return True, name, kind, pack, seen_of(mine), boots, mine.task, texts
    return False, kind, state.seen[number], state.screens[number]


@cache
def _silent(kind: str, last: Seen | None, screen: str | None) -> dict[str, Any]:
    record: dict[str, Any] = {"reachable": False}
    if last is not None:
        version = {"version": _VERSIONS[kind], "service_pack": 0 if kind == "windows_2003" else 4}
        record["last_seen"] = {"taken": NOW, "system": version, **_disk(kind, last)}
    if screen is not None:
        record["said"] = {"screen": {"value": screen, "by": "Sato", "utc": NOW}}
    return record


_VIRTUAL = {
    "good": {"colour": "dark_green"},
    "starting": {"colour": "light_green"},
    "sync": {"colour": "light_green"},
    "waiting": {"colour": "light_green"},
    "failed": {"state": "Fail"},
    "disabled": {"state": "Disabled"},
    "offline": {"state": "Offline"},
}
_MEMBER = {
    "valid": {"colour": "dark_green"},
    "copying": {"colour": "light_green"},
    "stale": {"state": "Degraded"},
}


def _endurance_sight(system: System) -> tuple[tuple[str, str, bool], ...]:
    """Return what Endurance Manager has to show, where a CoServer runs that shows it."""
    halves = (system.one, system.two)
    if not any(mine.windows.usable for mine in halves):
        return ()
    return tuple((mine.virtual, mine.member, mine.windows.phase == "up") for mine in halves)


@cache
def _endurance(halves: tuple[tuple[str, str, bool], ...]) -> list[dict[str, Any]]:
    if not halves:
        return []
    parts: dict[str, Any] = {}
    for side, (virtual, member, up) in enumerate(halves, 1):
        parts[f"virtual_server{side}"] = _VIRTUAL[virtual]
        parts[f"mirror{side}"] = _MEMBER[member]
        parts[f"coserver{side}"] = {"state": "Good" if up and virtual == "good" else "Degraded"}
    both = [virtual for virtual, _member, _up in halves]
    waits = {"sync", "waiting", "starting"} & set(both)
    parts["ftvirtual"] = (
        {"colour": "dark_green"}
        if both == ["good", "good"]
        else {"colour": "light_green"}
        if waits
        else {"state": "Degraded" if "good" in both else "Failed"}
    )
    return [{"source": "operator", "components": parts}]


def _phase(state: State, name: str) -> str:
    return windows(state.system, name).phase  # type: ignore[arg-type]


def power_says(state: State, number: int) -> str | None:
    """Return what a CoServer's driver reads."""
    mine = state.power[number]
    if mine.silent:
        return None
    target = mine.wired_to or NODES[number]
    return mine.lies or ("off" if _phase(state, target) == "off" else "on")


def wiring(state: State, number: int) -> str | None:
    """Return what is known of a driver's wiring: by UUID, or by what was seen passively."""
    mine = state.power[number]
    if mine.driver == "ipmi" and mine.uuid and not mine.silent:
        return "wrong" if mine.wired_to not in (None, NODES[number]) else "proven"
    return "proven" if mine.proven else None


Sight = tuple[Any, ...]


def sight(state: State) -> Sight:
    """Return all that can be read in a state; states of equal sight cannot be told apart."""
    power = tuple(
        (state.power[i].driver, power_says(state, i), wiring(state, i), state.power[i].followed)
        for i in (0, 1)
    )
    nodes = tuple(_node_sight(state, i) for i in range(3))
    return nodes, power, _endurance_sight(state.system)


def _power_record(
    driver: str, says: str | None, wired: str | None, followed: bool
) -> dict[str, Any]:
    record = {"driver": driver, "state": says}
    return record if driver == "operator" else {**record, "wiring": wired, "followed": followed}


@dataclass(frozen=True)
class View(Observation):
    """An observation that remembers what its checks have read; the context that it is judged in."""

    context: Context = NO_CHANGE
    known: dict[Any, Any] = field(default_factory=dict, init=False, compare=False)

    def held_by(self, run: str) -> View:
        """Return the same view where another run than this change's holds the system."""
        data = {**self.data, "owner": {"change": "CHG-2", "run": run}}
        other = View(self.host, self.taken, self.source, data, self.context)
        other.known.update({k: v for k, v in self.known.items() if k[0] != "owner"})
        return other


def remember_readings() -> None:
    """Have each check read a view only once. The arguments of its references must be interned."""

    def once(check: checks.Check) -> checks.Check:
        run = check.run

        def remembering(
            observation: Observation, arguments: Mapping[str, Any], *context: Context
        ) -> Any:
            known = observation.__dict__.get("known")
            if known is None:
                return run(observation, arguments, *context)
            key = (check.name, id(arguments) if arguments else 0)
            if key not in known:
                known[key] = run(observation, arguments, *context)
            return known[key]

        return replace(check, run=remembering)

    for name, check in checks.CHECKS.items():
        checks.CHECKS[name] = once(check)


remember_readings()


def observe(state: State) -> Observation:
    """Return what the collection reads outside of a change, with what it remembers."""
    return Observation(HOST, NOW, "model", _data(sight(state)))


@lru_cache(maxsize=2048)
def _data(sight: Sight) -> dict[str, Any]:
    nodes, power, endurance = sight
    records = [_record(*rest) if usable else _silent(*rest) for usable, *rest in nodes]
    return {
        "nodes": dict(zip(NODES, records, strict=True)),
        "power": {n: _power_record(*each) for n, each in zip(NODES[:2], power, strict=True)},
        "endurance": _endurance(endurance),
        "relay": {"smb1": True, "ntlm": True, "rpc": True, "clock": True},
        "owner": {"change": "CHG-1", "run": "1"},
        "packages": {value: {"by": "Sato"} for value in HASHES.values()},
    }


@lru_cache(maxsize=2048)
def _view(sight: Sight, before: Sight) -> View:
    context = _context(Observation(HOST, NOW, "model", _data(before)))
    return View(HOST, NOW, "model", _data(sight), context)


def within(state: State, before: State | None = None) -> View:
    """Return what a step reads: within the change, and knowing how it was right before it."""
    return _view(sight(state), sight(before or state))


def remembered(state: State) -> State:
    """Return the state after an observation was written to the change directory."""
    seen = tuple(
        seen_of(windows(state.system, n)) if windows(state.system, n).usable else old
        for n, old in zip(NODES, state.seen, strict=True)
    )
    power = tuple(
        replace(mine, followed=True)
        if not mine.followed and windows(state.system, NODES[i]).usable and says == "on"
        else mine
        for i, mine in enumerate(state.power)
        for says in [power_says(state, i)]
    )
    return replace(state, seen=seen, power=power)


def _context(before: Observation) -> Context:
    """Return the context of a step in an open change of this one system."""
    return Context(
        change="CHG-1",
        run="1",
        approved=True,
        window_open=True,
        failure_budget=0,
        hosts={HOST: Place("under_way", 0)},
        before=before,
        step_began="9999",  # events are judged by assess; here health is what Endurance shows
    )


# --- The hands ------------------------------------------------------------------------------


def _became(state: State, system: System) -> State:
    """Return the state with a new truth: starts are counted, what a person said is outdated."""
    boots, screens = list(state.boots), list(state.screens)
    for i, name in enumerate(NODES):
        was, now = windows(state.system, name), windows(system, name)
        if was.phase != now.phase:
            screens[i] = None
            if now.phase == "boot":
                boots[i] = (boots[i] + 1) % 4
    # Events decide about cases, when a plan is made, and not about steps here: left out, they keep
    # the number of states small.
    return replace(state, system=system, boots=tuple(boots), screens=tuple(screens))


def do(state: State, verb: str, node: str, **more: Any) -> State:
    """Return the state after somebody does something; unchanged where the world refuses."""
    try:
        return _became(state, act(state.system, Action(verb, node, **more)))  # type: ignore[arg-type]
    except Impossible:
        return state


def wait(state: State, until: Callable[[System], bool], limit: int) -> State:
    """Return the state once a condition holds, or after `limit` seconds, or when all is still."""
    while not until(state.system):
        step = next_event(state.system)
        if step is None or step > limit:
            return state
        state, limit = _became(state, advance(state.system, step)), limit - step
    return state


def let_pass(state: State, seconds: int) -> State:
    """Return the state after so many seconds in which nobody does anything."""
    while (step := next_event(state.system)) is not None and step <= seconds:
        state, seconds = _became(state, advance(state.system, step)), seconds - step
    return _became(state, advance(state.system, seconds)) if seconds else state


def moves(state: State, step: Mapping[str, Any]) -> Iterator[State]:
    """Yield the state after each thing that a step's action does; a crash may follow any."""
    given = step["arguments"]
    limit = given["deadline_seconds"]
    match step["action"]:
        case "power":
            yield from _power(state, given["coserver"], given["state"], given.get("way"), limit)
        case "update_exe":
            yield from _update(state, given, limit)
        case "restart":
            node = given["node"]
            state = do(state, "restart", node)
            yield state
            yield wait(_past(state, node), lambda s: windows(s, node).usable, limit)
        case "shutdown":
            node = given["node"]
            state = do(state, "shutdown", node)
            yield state
            yield wait(state, lambda s: windows(s, node).phase == "off", limit)
        case "virtual_server":
            yield do(state, "enable", "coserver" + given["name"][-1])
        case "operator_confirm":
            yield _operator(state, given)
        case "endurance_info":
            pass  # the caller waits for what the step expects
        case _:
            raise AssertionError(step["action"])


def _past(state: State, node: str) -> State:
    """Return the state once a node has gone down, so that it is not taken as up already."""
    return wait(state, lambda s: windows(s, node).phase != "up", 10**6)


def _power(state: State, node: str, wanted: str, way: str | None, limit: int) -> Iterator[State]:
    """Switch a CoServer on or off, as the module power does; a person does what only one can."""
    number = NODES.index(node)  # type: ignore[arg-type]
    peer = power_says(state, 1 - number)
    if power_says(state, number) == wanted:
        return
    switch = _switch_on(state, number, limit) if wanted == "on" else _off(state, number, way, limit)
    for after in switch:
        state = after
        yield state
    if power_says(state, number) != wanted:
        raise ActionFailed(f"{node} is not {wanted}")
    if peer is not None and power_says(state, 1 - number) != peer:
        raise ActionFailed(f"the peer of {node} has changed")


def _switch_on(state: State, number: int, limit: int) -> Iterator[State]:
    node = NODES[number]
    state = _pressed(state, number, "power_on")
    yield state
    yield wait(state, lambda s: windows(s, node).usable, limit)


def _pressed(state: State, number: int, verb: str) -> State:
    """Return the state after the driver was told to do something."""
    mine = state.power[number]
    if mine.deaf or mine.silent:
        return state
    return do(state, verb, mine.wired_to or NODES[number])


def _off(state: State, number: int, way: str | None, limit: int) -> Iterator[State]:
    node, mine = NODES[number], state.power[number]
    if way == "shutdown":
        yield from _shut_down(state, number, limit)
        return
    if mine.driver != "operator":
        _guard(state, number)
    if way == "cut":
        yield _pressed(state, number, "power_off")
        return
    if way == "bios_setup":
        state = _pressed(state, number, "boot_setup")
        yield state
    state = do(state, "restart", node)
    yield state
    there = "setup" if way == "bios_setup" else "post"
    if mine.misses_post:
        state = _set_power(state, number, misses_post=False)
        state = wait(_past(state, node), lambda s: windows(s, node).usable, limit)
        yield state
        yield from _shut_down(state, number, limit)
        return
    state = wait(state, lambda s: windows(s, node).phase in (there, "stuck"), limit)
    yield state
    if _phase(state, node) == there:
        yield _pressed(state, number, "power_off")


def _guard(state: State, number: int) -> None:
    if power_says(state, number) is None:
        raise ActionFailed("its driver does not say whether it is on")
    if wiring(state, number) != "proven":
        raise ActionFailed("nothing proves which machine the driver switches")


def _shut_down(state: State, number: int, limit: int) -> Iterator[State]:
    """Have Windows switch the machine off; what goes off with it is proven to be its driver."""
    node = NODES[number]
    before = power_says(state, number), power_says(state, 1 - number)
    state = do(state, "shutdown", node)
    yield state
    state = wait(state, lambda s: windows(s, node).phase == "off", limit)
    after = power_says(state, number), power_says(state, 1 - number)
    if before[0] == "on" and after == ("off", before[1]) and before[1] is not None:
        state = _set_power(state, number, proven=True)
    yield state


def _set_power(state: State, number: int, **changes: Any) -> State:
    both = list(state.power)
    both[number] = replace(both[number], **changes)
    return replace(state, power=tuple(both))


def _update(state: State, given: Mapping[str, Any], limit: int) -> Iterator[State]:
    node, kind = given["node"], given["operation"]
    if windows(state.system, node).task == "":
        if kind == "uninstall":
            state = do(state, "uninstall_kb", node, restart=False)
        elif given["update"] == "fix":
            state = do(state, "install_fix", node, restart=False, level=10040)
        else:
            state = do(state, "install_kb", node, restart=False)
        yield state
    yield wait(state, lambda s: windows(s, node).task == "", limit)


def _operator(state: State, given: Mapping[str, Any]) -> State:
    i = NODES.index(given["node"])
    mine = windows(state.system, given["node"])
    if given["ask"] == "done":
        return do(state, "logon", given["node"])
    screen = SCREENS.get(mine.phase) or ("hung" if mine.hurt else "windows")
    return replace(state, screens=(*state.screens[:i], screen, *state.screens[i + 1 :]))


__all__ = [
    "HOST",
    "RUNS",
    "ActionFailed",
    "Power",
    "Sight",
    "State",
    "View",
    "do",
    "form",
    "let_pass",
    "moves",
    "next_event",
    "observe",
    "remembered",
    "sight",
    "wait",
    "within",
]
