# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of an FT system's machines: which they are, their power, their screens, the relay."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from ..checks import ANY, CHECKS, Arguments, Reading, Value, worst
from ..checks import register as _register
from ..context import Context
from ..observation import UNKNOWN, Observation, Unknown, quote
from ..windows.starts import mark_of, started_since
from .observed import (
    ALL_NODES,
    Record,
    answers,
    by_operator,
    disk_record,
    managed,
    names_in,
    node_record,
    nodes_of,
    table,
)
from .system import COSERVERS, NODES

register = partial(_register, kind="ft_system")


@register(
    "ft_identity",
    Value(
        "as_named",
        "|what answers has the computer name {names}",
        "|応答した機械のコンピューター名が {names} である",
    ),
    Value(
        "swapped",
        "|the machine that answers is another node of the inventory",
        "|応答した機械がインベントリの別のノード",
        course="final",
    ),
    Value(
        "another",
        "|the machine that answers is none of the inventory",
        "|応答した機械がインベントリと一致しない",
        course="final",
    ),
    reads=nodes_of,
    names=True,
)
def ft_identity(observation: Observation, arguments: Arguments) -> Reading:
    """Do the nodes that answer have the computer names of the inventory, each in its role?"""
    wanted = {n: str(arguments["names"][n]).casefold() for n in NODES}
    seen = {}
    for name in names_in(arguments.get("nodes")):
        record = node_record(observation, name)
        if answers(record) is True:
            computer = table(record.get("system")).get("computer_name")
            if not isinstance(computer, str) or not computer:
                return Reading(UNKNOWN, f"{name}: its computer name was not read{_why(record)}")
            seen[name] = computer.casefold()
    for name, computer in seen.items():
        if computer != wanted[name]:
            swapped = computer in wanted.values()
            text = f"{name} is {quote(computer)}, expected {quote(wanted[name])}"
            return Reading("swapped" if swapped else "another", text)
    return Reading("as_named", f"{len(seen)} nodes have their names" if seen else "none answers")


def _why(record: Record) -> str:
    """Return what the relay says of a node that it could not read, as the end of a sentence."""
    said = record.get("error") or table(record.get("errors")).get("system")
    return f" ({quote(said)})" if said else ""


def _windows_of(record: Record, systems: Record) -> Reading | None:
    """Return which of the systems a node's Windows is; None where it was not read."""
    system = table(record.get("system"))
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
    Value(ANY, "the nodes run|Windows {value}", "OS が|Windows {value}"),
    Value("service_pack", "the nodes run|another service pack", "OS が|対象外の Service Pack"),
    Value("other", "the nodes run|another Windows", "OS が|対象外の Windows"),
    Value("disagree", "the nodes run|not all the same Windows", "OS が|ノード間で不一致"),
    reads=nodes_of,
    named_by=lambda a: a["systems"],
    systems=True,
    subject="nodes",
    nodes=False,
    declared=False,
)
def ft_windows(observation: Observation, arguments: Arguments) -> Reading:
    """Which Windows do the nodes run, all the same?

    A name of systems ({NAME: {version, service_packs}}). A silent node counts as last seen.
    declared: what the inventory or the model number says, which stands where no node can be read.
    """
    readings, unread = {}, []
    for name in names_in(arguments.get("nodes")):
        record, age = disk_record(observation, name)
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


def screen_of(record: Record) -> str | None:
    """Return what a person said that a node's screen shows, or None."""
    said = table(table(record.get("reported")).get("screen"))
    value = said.get("value")
    return value if value in SCREENS and said.get("by") else None


def ft_power_state(observation: Observation, coserver: str) -> Reading:
    """Return on, off, conflict, claimed_off or UNKNOWN.

    off is believed of a driver and a silent node only, and of a board or a command only where it
    has been seen to follow the machine (see remember) and its wiring is proven, or a person saw a
    dark screen: one that always says off, or tells of the other machine, looks the same as one
    that tells of a silent node that is off.
    """
    record = node_record(observation, coserver)
    power = table(table(observation.data.get("power")).get(coserver))
    state, driver = power.get("state"), quote(power.get("driver"), 40)
    alive = answers(record)
    evidence = f"{coserver}: {driver} says {quote(state)}, " + (
        "not asked" if alive is None else "it answers" if alive else "it does not answer"
    )
    if state == "off":
        dark = screen_of(record) == "dark"
        if alive is True:
            return Reading("conflict", evidence)
        if alive is None:
            return Reading("off" if by_operator(record) and dark else UNKNOWN, evidence)
        if dark or driver == "operator":
            return Reading("off", evidence)
        if power.get("followed") is not True:
            return Reading("claimed_off", f"{evidence}, and the driver was never seen to follow it")
        if power.get("wiring") != "proven":
            return Reading("claimed_off", f"{evidence}, and nothing proves whose power it tells")
        return Reading("off", evidence)
    if alive is True or state == "on":
        return Reading("on", evidence)
    return Reading(UNKNOWN, evidence)


@register(
    "ft_power",
    Value("on", "{on}|is still on", "{on} の電源が|まだ入っている"),
    Value("off", "{on}|is off", "{on} が|電源断", redundancy="lost"),
    Value(
        "conflict",
        "{on}|answers, although its driver says off",
        "{on} が|電源断の表示に反して応答あり",
        course="final",
    ),
    Value(
        "claimed_off",
        "{on} is|off by its driver alone",
        "{on} の電源が|断との表示のみ (未確認)",
        unproven=True,
    ),
    reads=ALL_NODES,
    seen_at="screen",
    settles=True,
    subject="node",
    node=True,
)
def ft_power(observation: Observation, arguments: Arguments) -> Reading:
    """Is a CoServer's power off? Only where its driver says off and the node is silent.

    conflict: its driver says off, and it answers: the driver switches something else.
    claimed_off: nothing has shown yet that the driver follows this machine, and no other.
    """
    return ft_power_state(observation, arguments["node"])


@register(
    "ft_phase",
    Value(
        "up",
        "{on}|runs its Windows",
        "{on} が|Windows 稼働中",
        service="runs",
        service_node="ftvirtual",
    ),
    Value("off", "{on}|is off", "{on} が|電源断", reported="dark", redundancy="lost"),
    Value(
        "conflict",
        "{on}|answers, although its driver says off",
        "{on} が|電源断の表示に反して応答あり",
    ),
    Value(
        "unseen",
        "{on}|is silent, and nobody has looked",
        "{on} が|応答なし (画面未確認)",
        course="coming",
        unproven=True,
    ),
    Value(
        "windows",
        "{on}|shows Windows, but is silent",
        "{on} が|Windows の画面、応答なし",
        reported="windows",
    ),
    Value("post", "{on}|is at POST", "{on} が|POST 画面", course="coming", reported="post"),
    Value(
        "bios_setup",
        "{on}|is in the BIOS setup",
        "{on} が|BIOS セットアップ画面",
        reported="bios_setup",
    ),
    Value("stop", "{on}|shows a STOP screen", "{on} が|STOP 画面", reported="stop"),
    Value("hung", "{on}|hangs", "{on} が|応答なし (変化なし)", reported="hung"),
    Value(
        "chkdsk", "{on}|runs chkdsk", "{on} が|chkdsk 実行中", course="coming", reported="chkdsk"
    ),
    Value("booting", "{on}|is starting", "{on} が|起動中", course="coming", reported="booting"),
    Value(
        "shutting_down",
        "{on}|is shutting down",
        "{on} が|シャットダウン中",
        course="coming",
        reported="shutting_down",
    ),
    reads=nodes_of,
    seen_at="screen",
    settles=True,
    running=True,
    subject="node",
    node=True,
)
def ft_phase(observation: Observation, arguments: Arguments) -> Reading:
    """What is a node doing? up: it answers over WMI. unseen: it is not off, and nobody looked."""
    name = arguments["node"]
    record = node_record(observation, name)
    alive, screen = answers(record), screen_of(record)
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


# What a person may report of a node's screen.
SCREENS: Final = frozenset(v.reported for v in CHECKS["ft_phase"].values.values() if v.reported)


@register(
    "ft_read_by",
    Value("wmi", "the relay reads the nodes|over WMI", "中継サーバーからの読み取りが|WMI で可能"),
    Value(
        "rpc",
        "the relay reads the nodes|the second way only",
        "中継サーバーからの読み取りが|第 2 の方法のみ可能",
    ),
    Value("unread", "the relay reads the nodes|in no way", "中継サーバーからの読み取りが|不可"),
    reads=nodes_of,
    subject="nodes",
    nodes=False,
)
def ft_read_by(observation: Observation, arguments: Arguments) -> Reading:
    """How does the relay read the nodes that answer? Only over WMI can it act on them.

    The worst of them. rpc: WMI fails, and the second way reads it. unread: it answers, and neither
    reads it.
    """
    readings = []
    for name in names_in(arguments.get("nodes")):
        record = node_record(observation, name)
        if answers(record) is True:
            why = record.get("error") or record.get("wmi_error")
            value = "wmi" if managed(record) else "rpc" if not record.get("error") else "unread"
            readings.append((name, Reading(value, f"{value}{f', {quote(why, 200)}' * bool(why)}")))
    if not readings:
        return Reading(UNKNOWN, "no node answers a relay")
    return worst(readings, ("unread", "rpc", "wmi"))


@register(
    "ft_wiring",
    Value(
        "proven",
        "the power driver of {on}|is proven to switch it",
        "{on} の電源ドライバーの接続先が|確認済み",
    ),
    Value(
        "not_needed",
        "the power driver of {on}|needs no such proof for this way",
        "{on} の電源ドライバーの接続先が|この方法では確認不要",
    ),
    Value(
        "unproven",
        "the power driver of {on}|is not proven to switch it",
        "{on} の電源ドライバーの接続先が|未確認",
        unproven=True,
    ),
    Value(
        "wrong",
        "the power driver of {on}|switches another machine",
        "{on} の電源ドライバーの接続先が|別の機械",
    ),
    reads=ALL_NODES,
    subject="node",
    node=True,
    way=False,
)
def ft_wiring(observation: Observation, arguments: Arguments) -> Reading:
    """Is it proven which machine a power driver switches? An operator's hand needs no proof.

    not_needed: unproven, but the way is shutdown: Windows switches the machine off, the driver
    only tells, and what goes off with it is the proof. A driver that says nothing is unknown.
    """
    power = table(table(observation.data.get("power")).get(arguments["node"]))
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


@register(
    "ft_power_kept",
    Value("yes", "the power of {on}|is as before", "{on} の|電源状態に変化なし"),
    Value("no", "the power of {on}|has changed", "{on} の|電源状態が変化", course="final"),
    reads=ALL_NODES,
    within_change=True,
    subject="nodes",
    nodes=True,
)
def ft_power_kept(observation: Observation, arguments: Arguments, context: Context) -> Reading:
    """Is the power of CoServers as before the step?"""
    before = {} if context.before is None else _powers(context.before)
    return _kept(_same_power, observation, arguments, before)


@register(
    "ft_not_restarted",
    Value("yes", "no restart|of {on}", "{on} が|再起動していない"),
    Value("no", "a restart|of {on}", "{on} が|再起動した", course="final"),
    reads=ALL_NODES,
    within_change=True,
    subject="nodes",
    nodes=True,
)
def ft_not_restarted(observation: Observation, arguments: Arguments, context: Context) -> Reading:
    """Is the last start of nodes the one of before the step?"""
    before = {} if context.before is None else _starts(context.before)
    return _kept(_same_start, observation, arguments, before)


def _kept(
    compare: Callable[[Observation, str, Any], Reading],
    observation: Observation,
    arguments: Arguments,
    before: Mapping[str, Any],
) -> Reading:
    return worst(
        ((n, compare(observation, n, before.get(n))) for n in names_in(arguments["nodes"])),
        ("no", UNKNOWN, "yes"),
    )


def _same_power(observation: Observation, name: str, was: Any) -> Reading:
    is_ = _powers(observation).get(name)
    words = f"{quote(was, 40)} before, {quote(is_, 40)} now"
    if was is None or is_ is None:
        return Reading(UNKNOWN, words)
    return Reading("yes" if was == is_ else "no", words)


def _same_start(observation: Observation, name: str, was: Any) -> Reading:
    start = started_since(was, node_record(observation, name).get("system"))
    value: Any = {True: "no", False: "yes", None: UNKNOWN}[start.proven]
    return Reading(value, start.evidence)


def _powers(observation: Observation) -> dict[str, Any]:
    """Return the power of each CoServer; None is unknown."""
    power = {name: ft_power_state(observation, name).value for name in COSERVERS}
    return {name: None if isinstance(v, Unknown) else v for name, v in power.items()}


def _starts(observation: Observation) -> dict[str, Any]:
    """Return the mark of each node's last start; None is unknown."""
    return {name: mark_of(node_record(observation, name).get("system")) for name in NODES}


# --- The relay, and whose system it is ------------------------------------------------------


@register(
    "ft_relay",
    Value("ready", "the relay|has what it needs", "中継サーバーが|使用可能"),
    Value("not_ready", "the relay|lacks something", "中継サーバーが|準備不足"),
    Value("not_needed", "the relay|is not needed", "中継サーバーが|不要"),
    reads=ALL_NODES,
    used=False,
)
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
