# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registered checks of fault-tolerant systems. The form of the data: docs/ft-observation.md.

What is read of the three nodes, their power and Endurance may be unknown, each part for itself.
No update's number, no version, no level and no event's text stands here: advisories bring them as
arguments. Importing this module registers its checks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from ..checks import Arguments, Reading, file_matches, register, restarts_of
from ..events import matching_groups
from ..levels import level_of, version_of
from ..observation import UNKNOWN, Observation, Request, Unknown, quote
from ..windows.starts import mark_of, started_since
from .system import COSERVERS, NODES

_Record = Mapping[str, Any]
_NONE: Final[_Record] = {}


# --- Reading the parts ----------------------------------------------------------------------


def _map(value: Any) -> _Record:
    return value if isinstance(value, Mapping) else _NONE


def node_record(observation: Observation, name: str) -> _Record:
    """Return what was read of a node in this observation, empty where nothing was."""
    return _map(_map(observation.data.get("nodes")).get(name))


def answers(record: _Record) -> bool | None:
    """Return whether a node answers. None: nobody asked it over the network."""
    value = record.get("reachable")
    return value if isinstance(value, bool) else None


def managed(record: _Record) -> bool:
    """Return whether the relay can act on a node: it answers, and over WMI.

    One that can only be read the second way (source rpc), or not at all, runs something, but
    nothing can be asked of it: what it is doing a person has to see.
    """
    return answers(record) is True and record.get("source") != "rpc" and not record.get("error")


def _by_operator(record: _Record) -> bool:
    return record.get("source") == "operator"


def _disk(observation: Observation, name: str, *, fresh: bool = False) -> tuple[_Record, str]:
    """Return the record that tells what is on a node's disk, and how old it is (as words).

    A node that does not answer keeps what it was last seen with: its disk changes only while its
    Windows runs, and what is found once it runs again is judged anew (fresh).
    """
    record = node_record(observation, name)
    if answers(record) is True or _by_operator(record):
        return record, ""
    last = _map(record.get("last_seen"))
    if fresh or not last:
        return _NONE, ""
    return last, f" (as last seen, {quote(last.get('taken'), 40)})"


def _names(value: Any, default: Sequence[str] = NODES) -> Sequence[str]:
    if isinstance(value, str):
        return [value]
    return value if isinstance(value, list) and value else default


def _nodes_of(arguments: Arguments) -> Request:
    names = arguments.get("nodes") or arguments.get("node")
    request: Request = {"nodes": list(_names(names))}
    if isinstance(arguments.get("update"), Mapping):
        request["updates"] = [arguments["update"]]
    return request


_ALL: Final[Request] = {"nodes": list(NODES)}


def _worst(readings: Iterable[tuple[str, Reading]], order: Sequence[Any]) -> Reading:
    """Return the reading whose value comes first in an order, with the evidence of all."""
    pairs = list(readings)
    value = min((reading.value for _name, reading in pairs), key=order.index)
    return Reading(value, "; ".join(f"{name}: {reading.evidence}" for name, reading in pairs))


# --- Which machine, which Windows -----------------------------------------------------------


@register("ft_identity", "as_named, swapped, another", _nodes_of, names=True, nodes=False)
def ft_identity(observation: Observation, arguments: Arguments) -> Reading:
    """Do the nodes that answer have the computer names of the inventory, each in its role?"""
    wanted = {n: str(arguments["names"][n]).casefold() for n in NODES}
    seen = {}
    for name in _names(arguments.get("nodes")):
        record = node_record(observation, name)
        if answers(record) is True:
            computer = _map(record.get("system")).get("computer_name")
            if not isinstance(computer, str) or not computer:
                return Reading(UNKNOWN, f"{name}: its computer name was not read{_why(record)}")
            seen[name] = computer.casefold()
    for name, computer in seen.items():
        if computer != wanted[name]:
            swapped = computer in wanted.values()
            text = f"{name} is {quote(computer)}, expected {quote(wanted[name])}"
            return Reading("swapped" if swapped else "another", text)
    return Reading("as_named", f"{len(seen)} nodes have their names" if seen else "none answers")


def _why(record: _Record) -> str:
    """Return what the relay says of a node that it could not read, as the end of a sentence."""
    said = record.get("error") or _map(record.get("errors")).get("system")
    return f" ({quote(said)})" if said else ""


def _windows_of(record: _Record, systems: _Record) -> Reading | None:
    """Return which of the systems a node's Windows is; None where it was not read."""
    system = _map(record.get("system"))
    version, pack = system.get("version"), system.get("service_pack")
    if not isinstance(version, str) or isinstance(pack, bool) or not isinstance(pack, int):
        return None
    text = f"Windows {quote(version, 40)} Service Pack {pack}"
    for name, wanted in systems.items():
        if version.startswith(f"{wanted['version']}."):
            return Reading(name if pack in wanted["service_packs"] else "service_pack", text)
    return Reading("other", text)


@register(
    "ft_windows",
    "a name of systems; service_pack (outside of it), other, disagree",
    _nodes_of,
    systems=True,
    nodes=False,
    declared=False,
)
def ft_windows(observation: Observation, arguments: Arguments) -> Reading:
    """Which Windows do the nodes run, all the same?

    systems: {NAME: {version, service_packs}}. A node that does not answer counts as last seen.
    declared: what the inventory or the model number says, which stands where no node can be read.
    """
    readings, unread = {}, []
    for name in _names(arguments.get("nodes")):
        record, age = _disk(observation, name)
        reading = _windows_of(record, arguments["systems"])
        if reading is None:
            unread.append(name)
        else:
            readings[name] = Reading(reading.value, reading.evidence + age)
    evidence = "; ".join(f"{name}: {reading.evidence}" for name, reading in readings.items())
    evidence += f"; not read: {', '.join(unread)}" * bool(unread)
    values = {reading.value for reading in readings.values()}
    given = arguments.get("declared")
    declared = {d for d in (given if isinstance(given, list) else [given]) if d is not None}
    evidence += f"; by inventory and model: {', '.join(sorted(map(quote, declared)))}" * bool(
        declared
    )
    evidence = evidence.removeprefix("; ")
    systems = set(arguments["systems"])
    if not values:
        return Reading(
            declared.pop() if len(declared) == 1 and declared <= systems else UNKNOWN, evidence
        )
    if len(values) > 1 or (values <= systems and declared - values):
        return Reading("disagree", evidence)
    return Reading(values.pop(), evidence)


# --- Power, and what a screen shows ---------------------------------------------------------

# What a person may have seen on a node's screen.
SCREENS: Final = frozenset(
    "windows post bios_setup stop hung dark chkdsk booting shutting_down".split()
)


def _screen(record: _Record) -> str | None:
    """Return what a person said that a node's screen shows, or None."""
    said = _map(_map(record.get("said")).get("screen"))
    value = said.get("value")
    return value if value in SCREENS and said.get("by") else None


def ft_power_state(observation: Observation, coserver: str) -> Reading:
    """Return on, off, conflict, claimed_off or UNKNOWN.

    off is believed of a driver and a silent node only, and of a board or a command only where it
    has been seen to follow the machine (see remember), or a person saw a dark screen: one that
    always says off looks the same as one that tells of a silent node that is off.
    """
    record = node_record(observation, coserver)
    power = _map(_map(observation.data.get("power")).get(coserver))
    state, driver = power.get("state"), quote(power.get("driver"), 40)
    alive = answers(record)
    evidence = f"{coserver}: {driver} says {quote(state)}, " + (
        "not asked" if alive is None else "it answers" if alive else "it does not answer"
    )
    if state == "off":
        dark = _screen(record) == "dark"
        if alive is True:
            return Reading("conflict", evidence)
        if alive is None:
            return Reading("off" if _by_operator(record) and dark else UNKNOWN, evidence)
        if dark or driver == "operator" or power.get("followed") is True:
            return Reading("off", evidence)
        return Reading("claimed_off", f"{evidence}, and the driver was never seen to follow it")
    if alive is True or state == "on":
        return Reading("on", evidence)
    return Reading(UNKNOWN, evidence)


@register(
    "ft_power", "on, off, conflict, claimed_off", _ALL, unproven=["claimed_off"], coserver=True
)
def ft_power(observation: Observation, arguments: Arguments) -> Reading:
    """Is a CoServer's power off? Only where its driver says off and the node is silent.

    conflict: its driver says off, and it answers: the driver switches something else.
    claimed_off: nothing has shown yet that the driver follows this machine.
    """
    return ft_power_state(observation, arguments["coserver"])


@register(
    "ft_phase",
    "up, off, unseen, conflict; windows, post, bios_setup, stop, hung, dark, chkdsk, booting, "
    "shutting_down as a person saw it",
    _nodes_of,
    unproven=["unseen"],
    node=True,
)
def ft_phase(observation: Observation, arguments: Arguments) -> Reading:
    """What is a node doing? up: it answers over WMI. unseen: it is not off, and nobody looked."""
    name = arguments["node"]
    record = node_record(observation, name)
    alive, screen = answers(record), _screen(record)
    if name in COSERVERS:
        power = ft_power_state(observation, name)
        if power.value in ("off", "conflict"):
            return power
    if managed(record):
        return Reading("up", f"{name} answers")
    if screen == "windows" and alive is not False:
        return Reading("up", f"{name}: its screen shows Windows")
    state = f"{name} answers, but not over WMI" if alive is True else f"{name} does not answer"
    if screen is not None and screen != "dark":
        return Reading(screen, f"{state}; its screen shows {screen}")
    return Reading("unseen", f"{state}, and nobody said what its screen shows")


@register(
    "ft_read_by",
    "wmi, rpc, unread: the worst of the nodes that answer",
    _nodes_of,
    nodes=False,
)
def ft_read_by(observation: Observation, arguments: Arguments) -> Reading:
    """How does the relay read the nodes that answer? Only over WMI can it act on them.

    rpc: WMI fails, and the second way reads it. unread: it answers, and neither reads it.
    """
    readings = []
    for name in _names(arguments.get("nodes")):
        record = node_record(observation, name)
        if answers(record) is True:
            why = record.get("error") or record.get("wmi_error")
            value = "wmi" if managed(record) else "rpc" if not record.get("error") else "unread"
            readings.append((name, Reading(value, f"{value}{f', {quote(why, 200)}' * bool(why)}")))
    if not readings:
        return Reading(UNKNOWN, "no node answers a relay")
    return _worst(readings, ("unread", "rpc", "wmi"))


@register(
    "ft_wiring",
    "proven, not_needed, unproven, wrong",
    _ALL,
    unproven=["unproven"],
    coserver=True,
    way=False,
)
def ft_wiring(observation: Observation, arguments: Arguments) -> Reading:
    """Is it proven which machine a power driver switches? An operator's hand needs no proof.

    not_needed: unproven, but the way is shutdown: Windows switches the machine off, the driver
    only tells, and what goes off with it is the proof. A driver that says nothing is unknown.
    """
    power = _map(_map(observation.data.get("power")).get(arguments["coserver"]))
    driver = quote(power.get("driver"), 40)
    if driver == "operator":
        return Reading("proven", "an operator presses the button")
    value = power.get("wiring")
    if value == "wrong":
        return Reading(value, f"the driver {driver} switches another machine")
    if power.get("state") not in ("on", "off"):
        return Reading(UNKNOWN, f"the driver {driver} does not say anything")
    if value == "proven":
        return Reading(value, f"the driver {driver} is proven to switch this machine")
    shutdown = arguments.get("way") == "shutdown"
    text = f"nothing proves which machine the power driver {driver} switches"
    text += f" ({quote(power['wiring_evidence'], 300)})" if power.get("wiring_evidence") else ""
    return Reading("not_needed" if shutdown else "unproven", text)


@register("ft_unchanged", "yes, no", _ALL, of_run=True, what=True, nodes=True)
def ft_unchanged(observation: Observation, arguments: Arguments) -> Reading:
    """Is the power (what: power) or the last start (what: boot) of nodes as before the step?"""
    before = _map(_map((observation.change or {}).get("before")).get(arguments["what"]))
    compare = _same_start if arguments["what"] == "boot" else _same_power
    return _worst(
        ((n, compare(observation, n, before.get(n))) for n in _names(arguments["nodes"])),
        ("no", UNKNOWN, "yes"),
    )


def _same_power(observation: Observation, name: str, was: Any) -> Reading:
    is_ = states(observation)["power"].get(name)
    words = f"{quote(was, 40)} before, {quote(is_, 40)} now"
    if was is None or is_ is None:
        return Reading(UNKNOWN, words)
    return Reading("yes" if was == is_ else "no", words)


def _same_start(observation: Observation, name: str, was: Any) -> Reading:
    start = started_since(was, node_record(observation, name).get("system"))
    value: Any = {True: "no", False: "yes", None: UNKNOWN}[start.proven]
    return Reading(value, start.evidence)


def states(observation: Observation) -> dict[str, dict[str, Any]]:
    """Return what a step must leave alone: {"power": {CoServer: …}, "boot": {node: mark}}.

    The step action puts it into the change as `before`; None is unknown.
    """
    power = {name: ft_power_state(observation, name).value for name in COSERVERS}
    return {
        "power": {n: None if isinstance(v, Unknown) else v for n, v in power.items()},
        "boot": {n: mark_of(node_record(observation, n).get("system")) for n in NODES},
    }


# --- Updates --------------------------------------------------------------------------------


def _files_reach(record: _Record, update: _Record) -> bool | None:
    """Return whether a file is at or above the update's version; None: not all could be read."""
    system = _map(record.get("system")).get("version")
    tables = _map(update.get("files"))
    wanted = next((t for v, t in tables.items() if str(system).startswith(f"{v}.")), None)
    if wanted is None:
        return None
    found, unread = _map(record.get("files")), False
    for name, version in wanted.items():
        text = found.get(name)
        have = version_of(text) if isinstance(text, str) else None
        if have is None:
            unread = True
        elif have >= (version_of(version) or have):
            return True
    return None if unread else False


def update_reading(record: _Record, update: _Record) -> Reading:
    """Return what the signs on one node say about an update.

    installed, absent, disagree, UNKNOWN, or absent_after_restart: its keys are gone, and its
    files are there until the restart that is pending.
    """
    signs = _map(_map(record.get("updates")).get(update["id"]))
    if _by_operator(record) and isinstance(signs.get("listed"), bool):
        text = "is listed" if signs["listed"] else "is not listed"
        return Reading("installed" if signs["listed"] else "absent", f"{text}, by a person's word")
    # An update that the site names may have one key only, and no files.
    names = [n for n in ("keys", "hotfix_key") if update.get(n)]
    keys = [signs.get("updates_key" if name == "keys" else name) for name in names]
    files = _files_reach(record, update) if update.get("files") else None
    called = {"keys": "Updates key", "hotfix_key": "HotFix key"}
    said = [f"{called[name]} {_word(key)}" for name, key in zip(names, keys, strict=True)]
    said += [f"files at its versions: {_word(files)}"] if update.get("files") else []
    text = ", ".join(said)
    if True in keys and False in keys:
        return Reading("disagree", text)
    if keys and all(key is True for key in keys):
        below = files is False and not _waits(record)
        return Reading("disagree" if below else "installed", text)
    if keys and all(key is False for key in keys):
        if files is False or not update.get("files"):
            return Reading("absent", text)
        if files is True and _waits(record):
            return Reading("absent_after_restart", text)
    return Reading(UNKNOWN, text)


def _word(value: Any) -> str:
    return "yes" if value is True else "no" if value is False else "unknown"


def _update(observation: Observation, name: str, arguments: Arguments, fresh: bool) -> Reading:
    record, age = _disk(observation, name, fresh=fresh)
    if not record:
        return Reading(UNKNOWN, "could not be read")
    reading = update_reading(record, arguments["update"])
    return Reading(reading.value, reading.evidence + age)


_UPDATE: Final = ("disagree", "installed", UNKNOWN, "absent_after_restart", "absent")


@register(
    "update_state",
    "installed, absent, absent_after_restart, disagree: the worst of the nodes",
    _nodes_of,
    nodes=True,
    update=True,
    fresh=False,
)
def update_state(observation: Observation, arguments: Arguments) -> Reading:
    """Is a Windows update on the nodes, by two registry signs and its files' versions?

    Files at or above its versions without its keys are unknown. A silent node counts as last
    seen, unless fresh is true.
    """
    fresh = arguments.get("fresh") is True
    return _worst(
        ((n, _update(observation, n, arguments, fresh)) for n in _names(arguments["nodes"])),
        _UPDATE,
    )


@register(
    "update_gone",
    "proven, not_proven",
    _nodes_of,
    unproven=["not_proven"],
    nodes=True,
    update=True,
    settled=False,
)
def update_gone(observation: Observation, arguments: Arguments) -> Reading:
    """Is it proven that an update is off all of the nodes' disks? Unknown is not proven.

    settled: also that no node runs what it has loaded before: no restart is pending.
    """
    readings = {name: _gone(observation, name, arguments) for name in _names(arguments["nodes"])}
    return _worst(readings.items(), ("not_proven", "proven"))


def _gone(observation: Observation, name: str, arguments: Arguments) -> Reading:
    reading = _update(observation, name, arguments, fresh=False)
    if reading.value not in ("absent", "absent_after_restart"):
        return Reading("not_proven", reading.evidence)
    record = node_record(observation, name)
    live = answers(record) is True or _by_operator(record)
    if arguments.get("settled") is True and live and _pending(observation, name).value != "no":
        return Reading("not_proven", f"{reading.evidence}; a restart is pending, or may be")
    return Reading("proven", reading.evidence)


@register(
    "other_updates",
    "some, none",
    lambda a: {"nodes": list(NODES), "updates": list(a.get("updates") or ())},
    updates=True,
    nodes=False,
)
def other_updates(observation: Observation, arguments: Arguments) -> Reading:
    """Is one of other updates, which cause the same trouble, on a node?"""
    found, unknown = [], []
    for update in arguments["updates"]:
        for name in _names(arguments.get("nodes")):
            reading = _update(observation, name, {"update": update}, fresh=False)
            if reading.value in ("installed", "disagree"):
                found.append(f"{quote(update['id'], 40)} on {name}")
            elif reading.value is UNKNOWN:
                unknown.append(f"{quote(update['id'], 40)} on {name}")
    if found:
        return Reading("some", ", ".join(found))
    if unknown:
        return Reading(UNKNOWN, f"not known: {', '.join(unknown)}")
    return Reading("none", f"none of {len(arguments['updates'])} listed updates")


@register(
    "uninstallable",
    "yes, no_folder, later_updates, not_needed: the worst of the nodes",
    _nodes_of,
    nodes=True,
    update=True,
)
def uninstallable(observation: Observation, arguments: Arguments) -> Reading:
    """Can an update be removed: is its uninstall folder there, and nothing installed over it?"""
    return _worst(
        ((n, _removal(observation, n, arguments)) for n in _names(arguments["nodes"])),
        ("no_folder", "later_updates", UNKNOWN, "yes", "not_needed"),
    )


def _removal(observation: Observation, name: str, arguments: Arguments) -> Reading:
    record, age = _disk(observation, name)
    state = update_reading(record, arguments["update"])
    if state.value in ("absent", "absent_after_restart"):
        return Reading("not_needed", state.evidence + age)
    if state.value is UNKNOWN:
        return Reading(UNKNOWN, state.evidence + age)
    folder = _map(_map(record.get("updates")).get(arguments["update"]["id"])).get("uninstaller")
    later = record.get("later_updates")
    if folder is False:
        return Reading("no_folder", f"there is no uninstall folder{age}")
    if isinstance(later, list) and later:
        names = ", ".join(quote(_map(each).get("id"), 40) for each in later[:10])
        return Reading("later_updates", f"installed later over the same files: {names}{age}")
    if folder is True and later == []:
        return Reading("yes", f"its uninstall folder is there{age}")
    if folder is True and _by_operator(record):
        return Reading("yes", "a person saw the uninstall folder")
    return Reading(UNKNOWN, f"the uninstall folder or later updates were not read{age}")


@register(
    "restart_pending",
    "yes, no: the worst of the nodes",
    _nodes_of,
    nodes=True,
)
def restart_pending(observation: Observation, arguments: Arguments) -> Reading:
    """Does the Windows of a node that runs wait for a restart?"""
    return _worst(
        ((n, _pending(observation, n)) for n in _names(arguments["nodes"])), ("yes", UNKNOWN, "no")
    )


def _pending(observation: Observation, name: str) -> Reading:
    record = node_record(observation, name)
    owed = restarts_of(observation, name).get("owed")
    value = record.get("restart_pending")
    if not isinstance(value, bool) or not (answers(record) is True or _by_operator(record)):
        return Reading(UNKNOWN, "not known whether a restart is pending")
    start = None
    if owed is not None:
        start = started_since(owed, record.get("system"))
        if not start.proven:
            words = f"an update was changed; {start.evidence}"
            return Reading(UNKNOWN if start.proven is None else "yes", words)
    if value:
        return Reading("yes", "Windows waits for a restart")
    return _renames(record, start is not None)


def _renames(record: _Record, restarted: bool) -> Reading:
    """Return what file renames that wait mean, where nothing else waits."""
    count, accepted = record.get("file_renames"), _map(record.get("accepted")).get("renames")
    if not count:
        return Reading("no", "no restart is pending")
    words = f"{quote(count, 10)} file renames wait"
    if restarted:
        return Reading("no", f"{words} again after the start; another one does not help")
    if accepted:
        return Reading("no", f"{words}; accepted by {quote(accepted, 80)}")
    return Reading("yes", words)


def _waits(record: _Record) -> bool:
    """Return whether anything on the node waits for a restart, whoever left it there."""
    return record.get("restart_pending") is True or bool(record.get("file_renames"))


@register(
    "update_job",
    "none, running, finished",
    _nodes_of,
    node=True,
    operation=True,
    update=False,
)
def update_job(observation: Observation, arguments: Arguments) -> Reading:
    """Our own detached installer on a node: left by an earlier run, or not there.

    update: its name, or the whole record of an update; without it, any.
    """
    job = node_record(observation, arguments["node"]).get("job")
    if not isinstance(job, Mapping) or job.get("state") not in ("none", "running", "finished"):
        return Reading(UNKNOWN, "not known whether an installer of ours runs")
    wanted = arguments.get("update")
    wanted = wanted.get("id") if isinstance(wanted, Mapping) else wanted
    mine = job.get("operation") == arguments["operation"] or arguments["operation"] == "any"
    if job["state"] == "none" or not mine or (wanted and job.get("update") != wanted):
        if job["state"] == "running":
            return Reading(UNKNOWN, f"another installer runs: {quote(job.get('operation'), 40)}")
        return Reading("none", "no installer of ours")
    return Reading(job["state"], f"our installer is {job['state']}, {quote(job.get('exit_code'))}")


# --- The fix --------------------------------------------------------------------------------


def _level(observation: Observation, name: str, wanted: _Record, settled: bool) -> Reading:
    record, age = _disk(observation, name)
    least = level_of(wanted["at_least"], wanted["line"])
    level = _map(record.get("fix_level"))
    text = level.get("text")
    if not isinstance(text, str) or least is None:
        return Reading(UNKNOWN, "the fix's level was not read")
    if not text.strip():
        return Reading("below", f"the fix is not there{age}")
    found = level_of(text, wanted["line"])
    if found is None:
        return Reading(UNKNOWN, f"{quote(text, 80)} is no level of {quote(wanted['line'], 60)}")
    if found >= least and settled and _pending(observation, name).value != "no":
        return Reading(UNKNOWN, f"{quote(text, 80)}, but a restart is pending, or may be")
    return Reading("reached" if found >= least else "below", quote(text, 80) + age)


@register(
    "fix_level",
    "reached, below: the lowest of the nodes",
    _nodes_of,
    nodes=True,
    levels=True,
    systems=True,
    declared=False,
    settled=False,
)
def fix_level(observation: Observation, arguments: Arguments) -> Reading:
    """Has the vendor's fix reached the level (as V1.0L10) that protects, on all of the nodes?

    levels: {a name of systems: {line, at_least, remedy}}, by the Windows that the nodes run.
    settled: and no restart is pending, so that it is what runs.
    """
    level = _levels_of(observation, arguments)
    if level is None:
        return Reading(UNKNOWN, "which fix it needs is not known, as its Windows is not")
    settled = arguments.get("settled") is True
    return _worst(
        ((n, _level(observation, n, level, settled)) for n in _names(arguments["nodes"])),
        ("below", UNKNOWN, "reached"),
    )


def _levels_of(observation: Observation, arguments: Arguments) -> _Record | None:
    """Return the levels of the Windows that the nodes run, or None."""
    windows = ft_windows(observation, {**arguments, "nodes": None}).value
    level = arguments["levels"].get(windows) if isinstance(windows, str) else None
    return level if isinstance(level, Mapping) else None


@register(
    "package_level",
    "sufficient, too_low",
    _ALL,
    level=True,
    levels=True,
    systems=True,
    declared=False,
)
def package_level(observation: Observation, arguments: Arguments) -> Reading:
    """Is the fix that the inventory brings at the level that the notice asks for, or later?"""
    level = _levels_of(observation, arguments)
    if level is None:
        return Reading(UNKNOWN, "which fix it needs is not known, as its Windows is not")
    found = level_of(str(arguments["level"]), level["line"])
    wanted = level_of(level["remedy"], level["line"])
    if found is None or wanted is None:
        return Reading(UNKNOWN, f"{quote(arguments['level'], 80)} is no level")
    text = f"the package is {quote(arguments['level'], 80)}, asked for is {level['remedy']}"
    return Reading("sufficient" if found >= wanted else "too_low", text)


@register(
    "restart_is_safe",
    "yes, no",
    _nodes_of,
    nodes=True,
    update=True,
    levels=True,
    systems=True,
    declared=False,
    settled=False,
)
def restart_is_safe(observation: Observation, arguments: Arguments) -> Reading:
    """May the nodes load what is on their disks?

    Yes where an update is proven to be off them, or the fix is on all three nodes. settled: and
    none of them still runs what it has loaded of the update.
    """
    gone = update_gone(observation, arguments)
    if gone.value == "proven":
        return Reading("yes", gone.evidence)
    level = fix_level(observation, {**arguments, "nodes": None, "settled": False})
    if level.value == "reached":
        return Reading("yes", level.evidence)
    unknown = level.value is UNKNOWN or UNKNOWN in {
        _update(observation, n, arguments, fresh=False).value for n in _names(arguments["nodes"])
    }
    return Reading(UNKNOWN if unknown else "no", f"{gone.evidence}; {level.evidence}")


@register(
    "package_on_hand",
    "match, differs, missing",
    # A first assess may come before the inventory names any package.
    lambda a: (
        {"files": [{"path": a["file"], "hash": True, "signature": False}]} if a["file"] else {}
    ),
    file=True,
    sha256=True,
)
def package_on_hand(observation: Observation, arguments: Arguments) -> Reading:
    """Is a package at hand, pinned by its SHA-256: on the relay, or by a person's word?"""
    said = _map(_map(observation.data.get("packages")).get(arguments["sha256"].upper()))
    if said.get("by"):
        return Reading("match", f"{quote(said['by'], 60)} has the file of this SHA-256")
    return file_matches(observation, arguments)


# --- Endurance ------------------------------------------------------------------------------

_CLASSES: Final = ("failed", "disabled", "degraded", "offline", UNKNOWN, "waiting", "healthy")


def _class_of(reading: Any, words: _Record) -> Any:
    """Return what one source says of one component, as a class of the advisory's words."""
    found = set()
    for kind, table in (("state", "states"), ("colour", "colours")):
        value = _map(reading).get(kind)
        if value is not None:
            found.add(_class_of_word(str(value).strip().casefold(), _map(words.get(table))))
    return found.pop() if len(found) == 1 else UNKNOWN


def _class_of_word(word: str, table: _Record) -> Any:
    for name, words in table.items():
        if name in _CLASSES and any(word == known.casefold() for known in words):
            return name
    return UNKNOWN


def _components(observation: Observation, words: _Record) -> dict[str, list[tuple[str, Any]]]:
    """Return component → what each source says of it."""
    result: dict[str, list[tuple[str, Any]]] = {}
    sources = observation.data.get("endurance")
    for source in sources if isinstance(sources, list) else ():
        for name, reading in _map(_map(source).get("components")).items():
            said = (quote(_map(source).get("source"), 40), _class_of(reading, words))
            result.setdefault(str(name), []).append(said)
    return result


def _component(name: str, said: list[tuple[str, Any]] | None) -> Reading:
    if not said:
        return Reading(UNKNOWN, f"{quote(name, 40)}: no source tells its state")
    text = f"{quote(name, 40)}: " + ", ".join(f"{value} ({source})" for source, value in said)
    values = {value for _source, value in said}
    return Reading(values.pop() if len(values) == 1 else UNKNOWN, text)


@register(
    "ft_component",
    "healthy, waiting, degraded, offline, disabled, failed",
    {"nodes": ["endurance"]},
    name=True,
    words=True,
)
def ft_component(observation: Observation, arguments: Arguments) -> Reading:
    """State of an Endurance component; sources that disagree are unknown.

    words: {states: {CLASS: [state texts]}, colours: {CLASS: [colours]}}.
    """
    name = arguments["name"]
    return _component(name, _components(observation, arguments["words"]).get(name))


@register(
    "removal_restart",
    "due, not_due",
    lambda a: {"nodes": [a["node"], "endurance"]},
    node=True,
    component=True,
    words=True,
    levels=True,
    systems=True,
    declared=False,
)
def removal_restart(observation: Observation, arguments: Arguments) -> Reading:
    """Does the restart that ends a removal still have to come, on a node that runs?

    Any pending restart is taken for it, but on a node that has the fix and that Endurance shows
    healthy: there it is the fix's own, whose place its readme gives.
    """
    node = arguments["node"]
    pending = _pending(observation, node)
    if pending.value != "yes":
        return Reading("not_due" if pending.value == "no" else UNKNOWN, pending.evidence)
    fix = fix_level(observation, {**arguments, "nodes": [node], "settled": False})
    shown = ft_component(observation, {**arguments, "name": arguments["component"]})
    evidence = "; ".join(each.evidence for each in (pending, fix, shown))
    signs = [(fix.value, "reached"), (shown.value, "healthy")]
    if any(value not in (UNKNOWN, own) for value, own in signs):
        return Reading("due", evidence)
    return Reading(UNKNOWN if UNKNOWN in (fix.value, shown.value) else "not_due", evidence)


@register(
    "ft_runs_on",
    "both, NAME of the one Virtual Server, starting, none",
    {"nodes": ["endurance", "ftvirtual"]},
    virtual_servers=True,
    words=True,
)
def ft_runs_on(observation: Observation, arguments: Arguments) -> Reading:
    """Which Virtual Servers run the FTvirtual Server? It and Endurance must not contradict.

    A second one that is being brought into step does not run it yet.
    """
    said = _components(observation, arguments["words"])
    readings = {name: _component(name, said.get(name)) for name in arguments["virtual_servers"]}
    evidence = "; ".join(reading.evidence for reading in readings.values())
    record = node_record(observation, "ftvirtual")
    alive = answers(record)
    if alive is None and _screen(record):
        alive = _screen(record) == "windows"
    evidence += "; the FTvirtual Server " + (
        "was not asked" if alive is None else "answers" if alive else "does not answer"
    )
    values = [reading.value for reading in readings.values()]
    running = [name for name, reading in readings.items() if reading.value == "healthy"]
    if alive is True and len(running) == 1:
        rest = [value for value in values if value != "healthy"]
        return Reading(UNKNOWN if UNKNOWN in rest else running[0], evidence)
    if UNKNOWN in values:
        return Reading(UNKNOWN, evidence)
    if running:
        return Reading("both" if alive is True else UNKNOWN, evidence)
    if alive is True:
        return Reading(UNKNOWN, evidence)
    return Reading("starting" if "waiting" in values else "none", evidence)


@register(
    "ft_service",
    "runs, down",
    {"nodes": ["endurance", "ftvirtual"]},
    virtual_servers=True,
    words=True,
)
def ft_service(observation: Observation, arguments: Arguments) -> Reading:
    """Does the FTvirtual Server run? down: it is silent, and no Virtual Server runs or starts it.

    A silent FTvirtual Server is also down where both CoServers are proven off.
    """
    if all(ft_power_state(observation, name).value == "off" for name in COSERVERS):
        return Reading("down", "both CoServers are off")
    record = node_record(observation, "ftvirtual")
    if answers(record) is True:
        return Reading("runs", "the FTvirtual Server answers")
    sides = _sides(observation, arguments)
    evidence = "; ".join(reading.evidence for reading in sides)
    values = {reading.value for reading in sides}
    if answers(record) is None and _screen(record) == "windows":
        return Reading(UNKNOWN if values <= {"failed", "offline"} else "runs", evidence)
    if values <= {"failed", "disabled", "offline", "degraded"} and values:
        return Reading("down", f"{evidence}; the FTvirtual Server does not answer")
    return Reading(UNKNOWN, f"{evidence}; the FTvirtual Server does not answer")


# Screens of a machine whose Windows carries nothing.
_DEAD: Final = frozenset({"stop", "hung", "post", "bios_setup"})


def _sides(observation: Observation, arguments: Arguments) -> list[Reading]:
    """Return the state of each Virtual Server; one whose CoServer is off or dead runs nothing."""
    said = _components(observation, arguments["words"])
    readings = []
    for name, coserver in zip(arguments["virtual_servers"], COSERVERS, strict=False):
        screen = _screen(node_record(observation, coserver))
        if ft_power_state(observation, coserver).value == "off":
            readings.append(Reading("offline", f"{coserver} is off"))
        elif screen in _DEAD and not managed(node_record(observation, coserver)):
            readings.append(Reading("offline", f"{coserver}'s screen shows {screen}"))
        else:
            readings.append(_component(name, said.get(name)))
    return readings


@register(
    "ft_health",
    "healthy, waiting, not_healthy",
    _ALL,
    components=True,
    nodes=False,
    words=True,
    failures=False,
)
def ft_health(observation: Observation, arguments: Arguments) -> Reading:
    """Do all sources agree that all is well: components, nodes, and no failure event?

    components: those that must be told. failures: groups of event texts; one that is newer than
    the beginning of the step speaks against health.
    """
    said = _components(observation, arguments["words"])
    wanted = list(dict.fromkeys([*arguments["components"], *said]))
    reading = _worst(
        ((name, _component(name, said.get(name))) for name in wanted),
        _CLASSES,
    )
    names = _names(arguments.get("nodes"))
    silent = [n for n in names if ft_phase(observation, {"node": n}).value != "up"]
    if silent:
        asked = all(answers(node_record(observation, name)) is False for name in silent)
        text = f"{', '.join(silent)}: no answer; {reading.evidence}"
        return Reading("not_healthy" if asked else UNKNOWN, text)
    if reading.value not in ("healthy", "waiting"):
        unknown = reading.value is UNKNOWN
        return Reading(UNKNOWN if unknown else "not_healthy", reading.evidence)
    events = _failures(observation, arguments)
    if events.value == "some":
        return Reading("not_healthy", events.evidence)
    if events.value is UNKNOWN:
        return Reading(UNKNOWN, events.evidence)
    return Reading(reading.value, f"{reading.evidence}; {events.evidence}")


def _failures(observation: Observation, arguments: Arguments) -> Reading:
    """Return whether a node logged a failure since the step began, by the node's own clock."""
    groups = arguments.get("failures")
    since = (observation.change or {}).get("step_began")
    if not groups or not isinstance(since, str):
        return Reading("none", "no step under way")
    for name in _names(arguments.get("nodes")):
        record = node_record(observation, name)
        texts = _texts(record, _by_clock_of(record, since, observation.taken))
        if texts is None:
            if _by_operator(record):
                continue
            return Reading(UNKNOWN, f"{name}: its events were not read")
        hits = matching_groups(groups, texts)
        if hits:
            return Reading("some", f"{name}: {quote(hits[0][1][0])}")
    return Reading("none", "no failure event since the step began")


def _by_clock_of(record: _Record, moment: str, taken: str) -> str:
    """Return what a node's clock showed at a moment of the controller's (ISO 8601 UTC).

    taken: when the record was made, by the controller. Where the node's clock was not read, or
    anything else is no time, the moment as it is.
    """
    clock = _map(record.get("system")).get("clock_utc")
    try:
        read, then, when = (datetime.fromisoformat(str(each)) for each in (clock, taken, moment))
        there = when + (read - then)
    except (ValueError, TypeError, OverflowError):
        return moment
    return there.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _texts(record: _Record, since: str = "") -> list[str] | None:
    """Return the texts of a node's events since a time (ISO 8601 UTC); None: not read."""
    events = _map(record.get("events")).get("entries")
    if not isinstance(events, list):
        return None
    texts = []
    for event in events:
        text, utc = _map(event).get("text"), _map(event).get("utc")
        # An event without a readable time is taken as new.
        if isinstance(text, str) and (not isinstance(utc, str) or utc >= since):
            texts.append(text)
    return texts


@register(
    "ft_mirrors",
    "complete, copying, idle, incomplete",
    _ALL,
    virtual_servers=True,
    words=True,
)
def ft_mirrors(observation: Observation, arguments: Arguments) -> Reading:
    """Are the mirror copies complete? idle: the FTvirtual Server is down, so nothing is copied.

    A component is a mirror set where its name begins with mirror.
    """
    said = _components(observation, arguments["words"])
    mirrors = {n: _component(n, s) for n, s in said.items() if n.startswith("mirror")}
    evidence = "; ".join(reading.evidence for reading in mirrors.values())
    values = {reading.value for reading in mirrors.values()}
    if "waiting" in values or "waiting" in {r.value for r in _sides(observation, arguments)}:
        return Reading("copying", evidence or "a Virtual Server is being brought into step")
    if ft_service(observation, arguments).value == "down":
        return Reading("idle", "the FTvirtual Server is down: nothing is copied")
    if values == {"healthy"}:
        return Reading("complete", evidence)
    if not values or UNKNOWN in values:
        return Reading(UNKNOWN, evidence or "no source tells the mirror sets' state")
    return Reading("incomplete", evidence)


# --- Events ---------------------------------------------------------------------------------


@register(
    "event_groups",
    "the id of the most specific group of which an event was found; none",
    _ALL,
    groups=True,
    nodes=False,
)
def event_groups(observation: Observation, arguments: Arguments) -> Reading:
    """Which of a notice's groups of events do the nodes' logs show? None of them proves nothing."""
    texts: list[str] = []
    unread = []
    for name in _names(arguments.get("nodes")):
        record = node_record(observation, name)
        found = _texts(record)
        if found is None:
            found = _texts(_map(record.get("last_seen")))
        if found is None:
            unread.append(name)
        texts += found or []
    groups = matching_groups(arguments["groups"], texts)
    note = f"; not read: {', '.join(unread)}" * bool(unread)
    if groups:
        group, hits = groups[0]
        shown = "; ".join(quote(" ".join(hit.split()), 120) for hit in hits[:4])
        others = "".join(f"; also {other['id']}" for other, _hits in groups[1:])
        return Reading(group["id"], f"{shown}{others}{note}")
    if len(unread) == len(_names(arguments.get("nodes"))):
        return Reading(UNKNOWN, "no node's events were read")
    return Reading("none", f"none of the notice's events was found{note}")


# --- The relay, and whose system it is ------------------------------------------------------


@register("ft_relay", "ready, not_ready, not_needed", _ALL, used=False)
def ft_relay(observation: Observation, arguments: Arguments) -> Reading:
    """Has the relay what it needs to reach the nodes? used: the nodes' kinds of access."""
    used = arguments.get("used")
    if isinstance(used, list) and used and "relay" not in used:
        return Reading("not_needed", "every node is an operator's")
    relay = observation.part("relay")
    if not isinstance(relay, Mapping) or not relay:
        return Reading(UNKNOWN, observation.why_unknown("relay"))
    missing = sorted(str(name) for name, there in relay.items() if there is False)
    if missing:
        return Reading("not_ready", f"missing: {quote(', '.join(missing))}")
    if not all(there is True for there in relay.values()):
        return Reading(UNKNOWN, "part of the relay's preflight could not be read")
    return Reading("ready", f"{', '.join(sorted(map(str, relay)))}: there")


def remember(fresh: Observation, before: Observation | None) -> Observation:
    """Return an observation that knows what earlier ones have shown.

    Pure; the observation before it comes from the change directory. Each silent node has what it
    was last seen with: that holds as long as it does not run, and is judged anew as soon as it
    answers. Each power driver that said on while its CoServer answered has followed it once, and
    each machine keeps the UUID that its SMBIOS told last.
    """
    nodes, power = fresh.data.get("nodes"), fresh.data.get("power")
    data = dict(fresh.data)
    if isinstance(nodes, Mapping) and before is not None:
        data["nodes"] = {name: _with_last_seen(nodes[name], name, before) for name in nodes}
    if isinstance(power, Mapping):
        data["power"] = {name: _with_memory(fresh, name, before) for name in power}
    return Observation(fresh.host, fresh.taken, fresh.source, data, fresh.change)


def _with_last_seen(record: Any, name: str, before: Observation) -> Any:
    if not isinstance(record, Mapping) or answers(record) is True or _by_operator(record):
        return record
    old = node_record(before, name)
    seen = (
        {**{k: v for k, v in old.items() if k not in ("last_seen", "said")}, "taken": before.taken}
        if answers(old) is True
        else old.get("last_seen")
    )
    if isinstance(seen, Mapping) and not isinstance(record.get("last_seen"), Mapping):
        return {**record, "last_seen": seen}
    return record


def _with_memory(fresh: Observation, name: str, before: Observation | None) -> Any:
    """Return a CoServer's power with what was ever seen: it follows its machine; whose UUID."""
    mine, record = _map(_map(fresh.data.get("power")).get(name)), node_record(fresh, name)
    old = _map(_map(before.data.get("power")).get(name)) if before is not None else _NONE
    now = answers(record) is True and mine.get("state") == "on"
    followed = now or (old.get("followed") is True and old.get("driver") == mine.get("driver"))
    seen = record if answers(record) is True else _map(record.get("last_seen"))
    uuid = _map(seen.get("system")).get("machine_uuid") or old.get("machine_uuid")
    more = {**({"followed": True} if followed else {}), **({"machine_uuid": uuid} if uuid else {})}
    return {**mine, **more} if more else fresh.data["power"][name]
