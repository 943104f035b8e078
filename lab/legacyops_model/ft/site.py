# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One FT system of the lab as the collection sees and handles it, without wire and clock.

`State` is all that decides what happens next: the lab's truth, and what earlier observations
left in the change directory. `observe` is the collection's observer, `moves` its hands; both are
cut at any point by a crash.
"""

from __future__ import annotations

import json
import marshal
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache, cached_property, lru_cache
from typing import Any, Literal, NamedTuple

from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import checks, decision
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.advisory import Advisory
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.context import (
    NO_CHANGE,
    Context,
    Place,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.findings import (
    resolve,
    scope_of,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.observation import Observation
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.records import Step
from legacyops_lab.ft import levels
from legacyops_lab.ft.notice import event_text, notice, of_type
from legacyops_lab.ft.state import NODES, RUNS, Event, System, Windows, windows

from ..recall import Recall, Watched
from .truth import acted, advanced, next_event, one_system

HOST = "ft01"
LONG = 10**6  # seconds, after which nothing moves any more
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


class Power(NamedTuple):
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


# --- States: of equal ones there is one only -------------------------------------------------


class State:
    """The truth, and what is remembered of it: last readings, last words about screens, boots.

    Of equal states there is one only: a state is compared and hashed by its id, and keeps what was
    worked out of it.
    """

    __slots__ = (
        "boots",
        "events",
        "power",
        "remembered",
        "rest",
        "screens",
        "seen",
        "sight",
        "system",
        "view",
    )
    system: System
    seen: tuple[Seen | None, Seen | None, Seen | None]
    screens: tuple[str | None, str | None, str | None]
    boots: tuple[int, int, int]
    events: frozenset[tuple[str, str, int, int]]
    power: tuple[Power, Power]
    sight: Sight | None
    view: View | None
    remembered: State | None
    rest: State | None

    def __new__(
        cls,
        system: System,
        seen: tuple[Seen | None, Seen | None, Seen | None] = (None, None, None),
        screens: tuple[str | None, str | None, str | None] = (None, None, None),
        boots: tuple[int, int, int] = (0, 0, 0),
        events: frozenset[tuple[str, str, int, int]] = frozenset(),
        power: tuple[Power, Power] = (Power(), Power()),
    ) -> State:
        """Return the state of these parts, which may be there already."""
        system = one_system(system)
        key = (id(system), seen, screens, boots, events, power)
        state = _states.get(key)
        if state is None:
            state = _states[key] = object.__new__(cls)
            state.system, state.seen, state.screens = system, seen, screens
            state.boots, state.events, state.power = boots, events, power
            state.sight = state.view = state.remembered = state.rest = None
        return state

    def __repr__(self) -> str:
        """Return the parts, for whoever looks at a way that failed."""
        return f"State({', '.join(f'{name}={getattr(self, name)!r}' for name in _PARTS_OF_STATE)})"


_states: dict[tuple[Any, ...], State] = {}
_PARTS_OF_STATE = ("system", "seen", "screens", "boots", "events", "power")


def with_(state: State, **changes: Any) -> State:
    """Return the state with changes."""
    return State(**{**{name: getattr(state, name) for name in _PARTS_OF_STATE}, **changes})


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
        "windows_update": {"package": r"C:\Hotfix\kb.exe", "sha256": HASHES["kb"]},
        "vendor_fix": {
            "package": r"C:\Hotfix\fix.exe",
            "sha256": HASHES["fix"],
            "level": levels.text(subject.level),
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


# --- What a notice is about ----------------------------------------------------------------------


class Subject(NamedTuple):
    """What of the lab's own notice another one has otherwise; the physics are the same.

    files: type → name → version by what is on the disk (before, kb, other). lines: type → the
    fix's line. harmless: type → the level from which the fix protects; empty: the lab's. level: of
    the fix that is installed.
    """

    update: str
    files: Mapping[str, Mapping[str, Mapping[str, str]]]
    lines: Mapping[str, str]
    harmless: Mapping[str, int]
    level: int


_LINES = {"windows_2003": "V6 緊急修正", "windows_2000": "V5 緊急修正#001"}
subject = Subject(
    notice()["kb"], {kind: of_type(kind)["files"] for kind in _VERSIONS}, _LINES, {}, 10040
)


def speak_of(advisory: Advisory) -> None:
    """Have the systems hold another notice's update, and its fix; once in a process, at first.

    What the notice's questions do not name is as in the lab's own.
    """
    global subject
    scope = scope_of(advisory, {})
    asked: dict[str, Any] = {}
    for question in advisory.data["questions"].values():
        for key in ("update", "levels"):
            value = resolve(question.get("with", {}), scope).get(key)
            if isinstance(value, Mapping):
                asked.setdefault(key, value)
    update, found = asked.get("update", {}), asked.get("levels", {})
    fixes = {kind: found.get(kind.removeprefix("windows_"), {}) for kind in _VERSIONS}
    least = {kind: levels.number(fix["at_least"]) for kind, fix in fixes.items() if fix}
    named = {str(fix["remedy"]) for fix in fixes.values() if fix.get("remedy")}
    new = Subject(
        str(update.get("id", subject.update)),
        {kind: _versions(kind, update.get("files") or {}) for kind in _VERSIONS},
        {kind: str(fix.get("line", _LINES[kind])) for kind, fix in fixes.items()},
        least,
        max([10040, *least.values(), *map(levels.number, named)]),
    )
    if new != subject and _states:
        raise AssertionError("one notice a process: states of another one are there")
    subject = new


def _versions(kind: str, files: Mapping[str, Any]) -> Mapping[str, Mapping[str, str]]:
    """Return the versions of a notice's files before it, with it, and with a later update."""
    named = next((t for v, t in files.items() if _VERSIONS[kind].startswith(f"{v}.")), None)
    if named is None:
        return of_type(kind)["files"]  # type: ignore[no-any-return]
    return {name: _around(str(version)) for name, version in named.items()}


def _around(version: str) -> dict[str, str]:
    head, _dot, last = version.rpartition(".")
    return {"before": f"{head}.{int(last) - 1}", "kb": version, "other": f"{head}.{int(last) + 1}"}


# --- The observer --------------------------------------------------------------------------------


def seen_of(mine: Windows) -> Seen:
    """Return what a reading of a node's disk tells."""
    return (mine.kb, mine.other, mine.fix, mine.spuninst, mine.restart_pending)


@cache
def _disk(kind: str, seen: Seen) -> dict[str, Any]:
    kb, other, fix, spuninst, pending = seen
    version = "other" if other else "kb" if kb else "before"
    line, level = subject.lines[kind], levels.text(fix)
    return {
        "updates": {
            subject.update: {"updates_key": kb, "hotfix_key": kb, "uninstaller": kb and spuninst}
        },
        "files": {name: each[version] for name, each in subject.files[kind].items()},
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
    update = "fix" if job == "fix_in" else subject.update
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
        record["reported"] = {"screen": {"value": screen, "by": "Sato", "utc": NOW}}
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


# What is read of each part (nodes, drivers, Endurance), as a number: of equal values the same.
Sight = tuple[int, ...]
_numbers: dict[Any, int] = {}
_pieces: list[Any] = []


def sight(state: State) -> Sight:
    """Return all that can be read in a state; states of equal sight cannot be told apart."""
    if state.sight is None:
        pieces = (
            *(_node_sight(state, i) for i in range(3)),
            *(_power_sight(state, i) for i in (0, 1)),
            _endurance_sight(state.system),
        )
        state.sight = tuple(map(_number, pieces))
    return state.sight


def _number(piece: Any) -> int:
    number = _numbers.setdefault(piece, len(_pieces))
    if number == len(_pieces):
        _pieces.append(piece)
    return number


def _power_sight(state: State, number: int) -> tuple[Any, ...]:
    mine = state.power[number]
    return mine.driver, power_says(state, number), wiring(state, number), mine.followed


def _power_record(
    driver: str, says: str | None, wired: str | None, followed: bool
) -> dict[str, Any]:
    record = {"driver": driver, "state": says}
    return record if driver == "operator" else {**record, "wiring": wired, "followed": followed}


# What of a node's record is one part of a view: what is read together, and changes together.
_RECORD = (
    ("reachable", "source", "reported"),
    ("system",),
    ("job",),
    ("events",),
    ("updates", "files", "later_updates"),
    ("fix_level",),
    ("restart_pending",),
    ("last_seen",),
)


def _numbered(first: int) -> tuple[dict[str, Any], int]:
    """Return which part each place of an observation is, numbered from first; and the next."""
    width = len(_RECORD)
    keys = {key: i for i, group in enumerate(_RECORD) for key in group}
    nodes = {
        name: {key: first + n * width + i for key, i in keys.items()}
        for n, name in enumerate(NODES)
    }
    power = first + len(NODES) * width
    parts = {"nodes": nodes, "power": {NODES[0]: power, NODES[1]: power + 1}}
    return {**parts, "endurance": power + 2}, power + 3


_PARTS, _first = _numbered(0)
_BEFORE, _OWNER = _numbered(_first)
_OWNERS = {run: _number(("owner", run)) for run in ("1", "2")}


@lru_cache(maxsize=16384)
def _values(sight: Sight) -> tuple[int, ...]:
    """Return a number for the value of each part of what is read."""
    parts = [number for piece in sight[:3] for number in _record_parts(piece)]
    return (*parts, *sight[3:])


@cache
def _record_parts(piece: int) -> tuple[int, ...]:
    record = _node(piece)
    parts = ({key: record[key] for key in group if key in record} for group in _RECORD)
    return tuple(_number(json.dumps(part, sort_keys=True)) for part in parts)


def _node(piece: int) -> dict[str, Any]:
    usable, *rest = _pieces[piece]
    return _record(*rest) if usable else _silent(*rest)


@dataclass(frozen=True)
class View(Observation):
    """An observation, and the context that it is judged in.

    values: what is read of each part, as a number; empty in a view that a test made up. known: what
    was worked out of this view: what remains of a plan, and in one made up all that was judged.
    """

    context: Context = NO_CHANGE
    values: tuple[int, ...] = field(default=(), compare=False)
    known: dict[Any, Any] = field(default_factory=dict, init=False, compare=False)

    @cached_property
    def held_by_another(self) -> View:
        """The same view where another run of another change holds the system."""
        data = {**self.data, "owner": {"change": "CHG-2", "run": "2"}}
        values = (*self.values[:_OWNER], _OWNERS["2"])
        return View(self.host, self.taken, self.source, data, self.context, values)

    @cached_property
    def watched(self) -> View:
        """The same view; it notes which parts are read."""
        assert self.context.before is not None
        was = replace(self.context.before, data=_watched(self.context.before.data, before=True))
        data = _watched(self.data, before=False)
        context = replace(self.context, before=was)
        view = View(self.host, self.taken, self.source, data, context, self.values)
        view.__dict__["watched"] = view
        return view


_watchers: dict[tuple[int, bool], tuple[Mapping[str, Any], Watched]] = {}


def _watched(data: Mapping[str, Any], *, before: bool) -> Watched:
    """Return data that notes what is read of it, made once of each; it is kept, so is its id."""
    key = id(data), before
    if key not in _watchers:
        watched = Watched(data, _BEFORE if before else {**_PARTS, "owner": _OWNER})
        _watchers[key] = data, watched
    return _watchers[key][1]


_refs: dict[bytes, Mapping[str, Any]] = {}
_ids: set[int] = set()
_steps: dict[tuple[Any, ...], Step] = {}
REFS = ("interlocks", "done_when", "only_if", "resume_when", "collect_when", "expect")
_decisions, _missing = Recall(decision.decide), Recall(decision.unproven)


def interned(step: Step) -> Step:
    """Return a step of which there is one only, and so of its references."""
    refs = {key: [_interned_ref(ref) for ref in getattr(step, key)] for key in REFS}
    rest = _bytes({name: value for name, value in step.to_json().items() if name not in refs})
    key = (rest, *(tuple(map(id, each)) for each in refs.values()))
    if key not in _steps:
        _ids.update(map(id, refs.values()))
        _steps[key] = replace(step, **refs)
    return _steps[key]


def _interned_ref(ref: Mapping[str, Any]) -> Mapping[str, Any]:
    one = _refs.setdefault(_bytes(ref), ref)
    _ids.add(id(one))
    return one


def _bytes(value: Any) -> bytes:
    """Return JSON types as bytes, of equal values the same: up to version 2 those of marshal are.

    A third of the time that JSON takes.
    """
    return marshal.dumps(value, 2)


def remembering(judge: Callable[..., Any], key: str | None = None) -> Callable[..., Any]:
    """Return a judge of interned things (references, lists of them) who judges once what is read.

    key: the list of references by which a step is known, of which a plan makes copies.
    """
    recall = Recall(judge)

    def judged(asked: Any, view: Observation, context: Context) -> Any:
        if view.__class__ is not View or context is not view.context:
            return judge(asked, view, context)
        number = id(asked if key is None else getattr(asked, key))
        if number not in _ids:
            return judge(asked, view, context)
        if view.values and key is None:
            return recall(number, asked, view)
        known = view.known.get((judge, number))  # plans have steps in common
        if known is None:
            known = recall(number, asked, view) if view.values else judge(asked, view, context)
            view.known[judge, number] = known
        return known

    return judged


checks.evaluate = remembering(checks.evaluate)
checks.all_hold = remembering(checks.all_hold)
checks.any_fails = remembering(checks.any_fails)
decision._standing = remembering(decision._standing, "interlocks")
decision._is_done = remembering(decision._is_done, "interlocks")


def decided(step: Step, view: View) -> decision.Decision:
    """Return what the collection decides about an interned step."""
    return _decisions(id(step), step, view)  # type: ignore[no-any-return]


def unproven(step: Step, state: State, before: State) -> list[checks.Verdict]:
    """Return what an interned step should have brought about and is not read. before: it began."""
    return _missing(id(step), step, within(remembered(state), before))  # type: ignore[no-any-return]


_plans: dict[tuple[int, ...], int] = {}


class Plan:
    """Interned steps, in order."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps = [interned(step) for step in steps]
        self._all = {"hosts": {HOST: {"steps": self.steps}}}
        self._key = _plans.setdefault(tuple(map(id, self.steps)), len(_plans))

    def remaining(self, view: View) -> tuple[int, ...]:
        """Return the numbers of the steps that remain by what is read."""
        if self._key not in view.known:
            ids = decision.remaining_ids(self._all, HOST, view, view.context)
            todo = tuple(number for number, step in enumerate(self.steps) if step.id in ids)
            view.known[self._key] = todo
        return view.known[self._key]  # type: ignore[no-any-return]


def observe(state: State) -> Observation:
    """Return what the collection reads outside of a change, with what it remembers."""
    return Observation(HOST, NOW, "model", _data(sight(state)))


@lru_cache(maxsize=16384)
def _data(sight: Sight) -> dict[str, Any]:
    *power, endurance = (_pieces[number] for number in sight[3:])
    return {
        "nodes": {name: _node(piece) for name, piece in zip(NODES, sight[:3], strict=True)},
        "power": {n: _power_record(*each) for n, each in zip(NODES[:2], power, strict=True)},
        "endurance": _endurance(endurance),
        "relay": {"smb1": True, "ntlm": True, "rpc": True, "clock": True},
        "owner": {"change": "CHG-1", "run": "1"},
        "packages": {value: {"by": "Sato"} for value in HASHES.values()},
    }


@lru_cache(maxsize=16384)
def _view(sight: Sight, before: Sight) -> View:
    context = _context(Observation(HOST, NOW, "model", _data(before)))
    values = (*_values(sight), *_values(before), _OWNERS["1"])
    return View(HOST, NOW, "model", _data(sight), context, values)


def within(state: State, before: State | None = None) -> View:
    """Return what a step reads: within the change, and knowing how it was right before it."""
    if before is not None and before is not state:
        return _view(sight(state), sight(before))
    if state.view is None:
        state.view = _view(sight(state), sight(state))
    return state.view


def remembered(state: State) -> State:
    """Return the state after an observation was written to the change directory."""
    if state.remembered is None:
        state.remembered = _remembered(state)
    return state.remembered


def _remembered(state: State) -> State:
    seen = tuple(
        seen_of(mine) if mine.usable else old
        for mine, old in zip(_each_windows(state.system), state.seen, strict=True)
    )
    power = tuple(_followed(state, i) for i in (0, 1))
    if seen == state.seen and power == state.power:
        return state
    return with_(state, seen=seen, power=power)


def _each_windows(system: System) -> tuple[Windows, Windows, Windows]:
    return system.one.windows, system.two.windows, system.ft


def _followed(state: State, number: int) -> Power:
    mine = state.power[number]
    if mine.followed or not _each_windows(state.system)[number].usable:
        return mine
    return mine._replace(followed=True) if power_says(state, number) == "on" else mine


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
    if system is state.system:
        return state
    boots, screens = list(state.boots), list(state.screens)
    each = zip(_each_windows(state.system), _each_windows(system), strict=True)
    for i, (was, now) in enumerate(each):
        if was.phase != now.phase:
            screens[i] = None
            if now.phase == "boot":
                boots[i] = (boots[i] + 1) % 4
    # Events decide about cases, when a plan is made, and not about steps here: left out, they keep
    # the number of states small.
    return State(system, state.seen, tuple(screens), tuple(boots), state.events, state.power)  # type: ignore[arg-type]


def do(state: State, verb: str, node: str, **more: Any) -> State:
    """Return the state after somebody does something; unchanged where the world refuses."""
    return _became(state, acted(state.system, verb, node, **more))


def wait(state: State, until: Callable[[System], bool], limit: int) -> State:
    """Return the state once a condition holds, or after `limit` seconds, or when all is still."""
    while not until(state.system):
        step = next_event(state.system)
        if step is None or step > limit:
            return state
        state, limit = _became(state, advanced(state.system, step)), limit - step
    return state


def at_rest(state: State) -> State:
    """Return the state once nothing moves any more."""
    if state.rest is None:
        state.rest = let_pass(state, LONG)
    return state.rest


def let_pass(state: State, seconds: int) -> State:
    """Return the state after so many seconds in which nobody does anything."""
    while (step := next_event(state.system)) is not None and step <= seconds:
        state, seconds = _became(state, advanced(state.system, step)), seconds - step
    return _became(state, advanced(state.system, seconds)) if step is not None else state


def moves(state: State, step: Step) -> Iterator[State]:
    """Yield the state after each thing that a step's action does; a crash may follow any."""
    given = step.arguments
    limit = given["deadline_seconds"]
    match step.action:
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
            raise AssertionError(step.action)


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
    both[number] = both[number]._replace(**changes)
    return with_(state, power=tuple(both))


def _update(state: State, given: Mapping[str, Any], limit: int) -> Iterator[State]:
    node, kind = given["node"], given["operation"]
    if windows(state.system, node).task == "":
        if kind == "uninstall":
            state = do(state, "uninstall_kb", node, restart=False)
        elif given["update"] == "fix":
            state = do(state, "install_fix", node, restart=False, level=subject.level)
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
    return with_(state, screens=(*state.screens[:i], screen, *state.screens[i + 1 :]))


__all__ = [
    "HOST",
    "LONG",
    "RUNS",
    "ActionFailed",
    "Plan",
    "Power",
    "Sight",
    "State",
    "View",
    "at_rest",
    "decided",
    "do",
    "form",
    "interned",
    "let_pass",
    "moves",
    "next_event",
    "observe",
    "remembered",
    "sight",
    "unproven",
    "wait",
    "with_",
    "within",
]
