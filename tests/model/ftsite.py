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
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import ft_checks
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.observation import Observation
from legacyops_lab.ft import levels
from legacyops_lab.ft.notice import event_text, of_type
from legacyops_lab.ft.physics import Action, Impossible, act, advance, next_event
from legacyops_lab.ft.state import NODES, RUNS, Event, System, Windows, half, windows

HOST = "ft01"
NOW = "2026-11-22T05:00:00Z"
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
class State:
    """The truth, and what is remembered of it: last readings, last words about screens, boots."""

    system: System
    seen: tuple[Seen | None, Seen | None, Seen | None] = (None, None, None)
    screens: tuple[str | None, str | None, str | None] = (None, None, None)
    boots: tuple[int, int, int] = (0, 0, 0)
    events: frozenset[tuple[str, str, int, int]] = frozenset()


def form(model: str, **changed: Any) -> dict[str, Any]:
    """Return a system's form, as a person writes it."""
    backup = {"taken": NOW, "by": "Sato", "where": "tape 7"}
    nodes = {
        name: {
            "name": name.upper(),
            "address": f"192.0.2.{number}",
            "access": "relay",
            "credentials": "ft01",
        }
        for number, name in enumerate(NODES, 11)
    }
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
            "boot_token": str(boots),
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


def _node(state: State, number: int, name: str) -> dict[str, Any]:
    system, mine = state.system, windows(state.system, name)  # type: ignore[arg-type]
    kind = system.rules.kind
    if mine.usable:
        pack = mine.service_pack if kind == "windows_2003" else 4
        return _record(
            name,
            kind,
            pack,
            seen_of(mine),
            state.boots[number],
            mine.task,
            _texts(state, name),
        )
    record: dict[str, Any] = {"reachable": False}
    last = state.seen[number]
    if last is not None:
        version = {"version": _VERSIONS[kind], "service_pack": 0 if kind == "windows_2003" else 4}
        record["last_seen"] = {"taken": NOW, "system": version, **_disk(kind, last)}
    screen = state.screens[number]
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


def _endurance(system: System) -> list[dict[str, Any]]:
    """Return what Endurance Manager shows, where a CoServer runs that shows it."""
    if not any(half(system, side).windows.usable for side in (1, 2)):
        return []
    parts: dict[str, Any] = {}
    for side in (1, 2):
        mine = half(system, side)  # type: ignore[arg-type]
        parts[f"virtual_server{side}"] = _VIRTUAL[mine.virtual]
        parts[f"mirror{side}"] = _MEMBER[mine.member]
        up, good = mine.windows.phase == "up", mine.virtual == "good"
        parts[f"coserver{side}"] = {"state": "Good" if up and good else "Degraded"}
    both = [half(system, side).virtual for side in (1, 2)]  # type: ignore[arg-type]
    waits = {"sync", "waiting", "starting"} & set(both)
    parts["ftvirtual"] = (
        {"colour": "dark_green"}
        if both == ["good", "good"]
        else {"colour": "light_green"}
        if waits
        else {"state": "Degraded" if "good" in both else "Failed"}
    )
    return [{"source": "operator", "components": parts}]


def observe(state: State, change: Mapping[str, Any] | None = None) -> Observation:
    """Return what the collection reads now, with what the change directory remembers."""
    system = state.system
    power = {
        name: {
            "driver": "operator",
            "state": "off" if windows(system, name).phase == "off" else "on",  # type: ignore[arg-type]
        }
        for name in NODES[:2]
    }
    data = {
        "nodes": {name: _node(state, i, name) for i, name in enumerate(NODES)},
        "power": power,
        "endurance": _endurance(system),
        "relay": {"smb1": True, "ntlm": True, "rpc": True, "clock": True},
        "owner": {"change": "CHG-1", "run": "1"},
        "packages": {value: {"by": "Sato"} for value in HASHES.values()},
    }
    return Observation(HOST, NOW, "model", data, change)


def remembered(state: State) -> State:
    """Return the state after an observation was written to the change directory."""
    seen = tuple(
        seen_of(windows(state.system, n)) if windows(state.system, n).usable else old
        for n, old in zip(NODES, state.seen, strict=True)
    )
    return replace(state, seen=seen)


def change(before: Observation | None = None) -> dict[str, Any]:
    """Return the state of an open change of this one system."""
    return {
        "id": "CHG-1",
        "run": "1",
        "now": NOW,
        "step_began": "9999",  # events are judged by assess; here health is what Endurance shows
        "stopped": False,
        "approved": True,
        "window_open": True,
        "hosts": {HOST: {"status": "under_way", "silo": None, "wave": 0}},
        "failure_budget": 0,
        "before": ft_checks.states(before) if before is not None else {},
    }


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
        case "node_restart":
            node = given["node"]
            state = do(state, "restart", node)
            yield state
            yield wait(_past(state, node), lambda s: windows(s, node).usable, limit)
        case "node_shutdown":
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
    def phase(system: System) -> str:
        return windows(system, node).phase  # type: ignore[arg-type]

    if wanted == "on":
        state = do(state, "power_on", node)
        yield state
        yield wait(state, lambda s: windows(s, node).usable, limit)  # type: ignore[arg-type]
    elif way == "cut":
        yield do(state, "power_off", node)
    elif way == "shutdown":
        state = do(state, "shutdown", node)
        yield state
        yield wait(state, lambda s: phase(s) == "off", limit)
    else:
        if way == "bios_setup":
            state = do(state, "boot_setup", node)
            yield state
        state = do(state, "restart", node)
        yield state
        there = "setup" if way == "bios_setup" else "post"
        state = wait(state, lambda s: phase(s) in (there, "stuck"), limit)
        yield state
        if phase(state.system) == there:
            yield do(state, "power_off", node)


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
    "State",
    "change",
    "do",
    "form",
    "let_pass",
    "moves",
    "next_event",
    "observe",
    "remembered",
    "wait",
]
