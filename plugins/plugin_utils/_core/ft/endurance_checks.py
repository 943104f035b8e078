# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of Endurance: its components, the FTvirtual Server, the mirrors, the events.

No event's text and no word of Endurance stands here: advisories bring them as arguments.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from ..checks import ANY, Arguments, Reading, Value, worst
from ..checks import register as _register
from ..context import Context
from ..events import matching_groups
from ..observation import UNKNOWN, Observation, quote
from ..windows.checks import NONE_PENDING, pending_reading
from .machine_checks import ft_phase, ft_power_state, screen_of
from .observed import (
    ALL_NODES,
    Record,
    answers,
    by_operator,
    managed,
    names_in,
    node_record,
    table,
)
from .system import COSERVERS
from .update_checks import fix_level

register = partial(_register, kind="ft_system")


# --- Endurance ------------------------------------------------------------------------------

_CLASSES: Final = ("failed", "disabled", "degraded", "offline", UNKNOWN, "waiting", "healthy")


def _class_of(reading: Any, words: Record) -> Any:
    """Return what one source says of one component, as a class of the advisory's words."""
    found = set()
    for kind, words_of in (("state", "states"), ("colour", "colours")):
        value = table(reading).get(kind)
        if value is not None:
            found.add(_class_of_word(str(value).strip().casefold(), table(words.get(words_of))))
    return found.pop() if len(found) == 1 else UNKNOWN


def _class_of_word(word: str, table: Record) -> Any:
    for name, words in table.items():
        if name in _CLASSES and any(word == known.casefold() for known in words):
            return name
    return UNKNOWN


def components_of(observation: Observation, words: Record) -> dict[str, list[tuple[str, Any]]]:
    """Return component → what each source says of it."""
    result: dict[str, list[tuple[str, Any]]] = {}
    sources = observation.data.get("endurance")
    for source in sources if isinstance(sources, list) else ():
        for name, reading in table(table(source).get("components")).items():
            said = (quote(table(source).get("source"), 40), _class_of(reading, words))
            result.setdefault(str(name), []).append(said)
    return result


def component_reading(name: str, said: list[tuple[str, Any]] | None) -> Reading:
    if not said:
        return Reading(UNKNOWN, f"{quote(name, 40)}: no source tells its state")
    text = f"{quote(name, 40)}: " + ", ".join(f"{value} ({source})" for source, value in said)
    values = {value for _source, value in said}
    return Reading(values.pop() if len(values) == 1 else UNKNOWN, text)


@register(
    "ft_component",
    Value("healthy", "{on} is|dark green", "{on} が|濃い緑色", course="final"),
    Value("waiting", "{on} is|light green", "{on} が|薄い緑色", course="coming"),
    Value("degraded", "{on} is|degraded", "{on} が|Degraded", redundancy="lost"),
    Value("offline", "{on} is|offline", "{on} が|Offline", redundancy="lost"),
    Value("disabled", "{on} is|disabled", "{on} が|Disabled (無効)", redundancy="lost"),
    Value("failed", "{on} is|in the state Fail", "{on} が|Fail (故障)", redundancy="lost"),
    reads={"nodes": ["endurance"]},
    seen_at="board",
    settles=True,
    subject="name",
    name=True,
    words=True,
)
def ft_component(observation: Observation, arguments: Arguments) -> Reading:
    """State of an Endurance component; sources that disagree are unknown.

    words: {states: {CLASS: [state texts]}, colours: {CLASS: [colours]}}.
    """
    name = arguments["name"]
    return component_reading(name, components_of(observation, arguments["words"]).get(name))


@register(
    "removal_restart",
    Value(
        "due",
        "the restart after the removal|is still to come, on {on}",
        "削除後の再起動が|{on} で未実施",
    ),
    Value(
        "not_due",
        "the restart after the removal|is not to come, on {on}",
        "削除後の再起動が|{on} で不要、または実施済み",
    ),
    reads=lambda a: {"nodes": [a["node"], "endurance"]},
    in_context=True,
    subject="node",
    node=True,
    component=True,
    words=True,
    levels=True,
    systems=True,
    declared=False,
)
def removal_restart(observation: Observation, arguments: Arguments, context: Context) -> Reading:
    """Does the restart that ends a removal still have to come, on a node that runs?

    Any pending restart is taken for it, but on a node that has the fix and that Endurance shows
    healthy: there it is the fix's own, whose place its readme gives.
    """
    node = arguments["node"]
    pending = pending_reading(observation, node, context)
    if pending.value != "yes":
        none = pending.value in NONE_PENDING
        return Reading("not_due" if none else UNKNOWN, pending.evidence)
    fix = fix_level(observation, {**arguments, "nodes": [node], "settled": False}, context)
    shown = ft_component(observation, {**arguments, "name": arguments["component"]})
    evidence = "; ".join(each.evidence for each in (pending, fix, shown))
    signs = [(fix.value, "reached"), (shown.value, "healthy")]
    if any(value not in (UNKNOWN, own) for value, own in signs):
        return Reading("due", evidence)
    return Reading(UNKNOWN if UNKNOWN in (fix.value, shown.value) else "not_due", evidence)


@register(
    "ft_runs_on",
    Value(
        "both",
        "the FTvirtual Server|runs on both Virtual Servers",
        "FTvirtual Server が|両系で起動",
        course="final",
        service="runs",
    ),
    Value(
        "virtual_server1",
        "the FTvirtual Server|runs on Virtual Server1 alone",
        "FTvirtual Server が|片系 (Virtual Server1 のみ) で起動",
        service="runs",
        redundancy="lost",
    ),
    Value(
        "virtual_server2",
        "the FTvirtual Server|runs on Virtual Server2 alone",
        "FTvirtual Server が|片系 (Virtual Server2 のみ) で起動",
        course="final",
        service="runs",
    ),
    Value(
        "starting",
        "the FTvirtual Server|is starting",
        "FTvirtual Server が|起動中",
        course="coming",
    ),
    Value(
        "none",
        "the FTvirtual Server|runs on neither Virtual Server",
        "FTvirtual Server が|両系とも停止",
    ),
    reads={"nodes": ["endurance", "ftvirtual"]},
    seen_at="board",
    settles=True,
    virtual_servers=True,
    words=True,
)
def ft_runs_on(observation: Observation, arguments: Arguments) -> Reading:
    """Which Virtual Servers run the FTvirtual Server? It and Endurance must not contradict.

    A second one that is being brought into step does not run it yet.
    """
    said = components_of(observation, arguments["words"])
    readings = {
        name: component_reading(name, said.get(name)) for name in arguments["virtual_servers"]
    }
    evidence = "; ".join(reading.evidence for reading in readings.values())
    record = node_record(observation, "ftvirtual")
    alive = answers(record)
    if alive is None and screen_of(record):
        alive = screen_of(record) == "windows"
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
    Value(
        "runs",
        "the FTvirtual Server|runs",
        "FTvirtual Server が|稼働中",
        course="final",
        service="runs",
    ),
    Value(
        "down",
        "the FTvirtual Server|does not run",
        "FTvirtual Server が|停止中",
        service="down",
        redundancy="lost",
    ),
    reads={"nodes": ["endurance", "ftvirtual"]},
    seen_at="board",
    settles=True,
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
    if answers(record) is None and screen_of(record) == "windows":
        return Reading(UNKNOWN if values <= {"failed", "offline"} else "runs", evidence)
    if values <= {"failed", "disabled", "offline", "degraded"} and values:
        return Reading("down", f"{evidence}; the FTvirtual Server does not answer")
    return Reading(UNKNOWN, f"{evidence}; the FTvirtual Server does not answer")


# Screens of a machine whose Windows carries nothing.
_DEAD: Final = frozenset({"stop", "hung", "post", "bios_setup"})


def _sides(observation: Observation, arguments: Arguments) -> list[Reading]:
    """Return the state of each Virtual Server; one whose CoServer is off or dead runs nothing."""
    said = components_of(observation, arguments["words"])
    readings = []
    for name, coserver in zip(arguments["virtual_servers"], COSERVERS, strict=False):
        screen = screen_of(node_record(observation, coserver))
        if ft_power_state(observation, coserver).value == "off":
            readings.append(Reading("offline", f"{coserver} is off"))
        elif screen in _DEAD and not managed(node_record(observation, coserver)):
            readings.append(Reading("offline", f"{coserver}'s screen shows {screen}"))
        else:
            readings.append(component_reading(name, said.get(name)))
    return readings


@register(
    "ft_health",
    Value(
        "healthy",
        "all components|are dark green, all nodes answer, no failure is logged",
        "すべてのコンポーネントが|濃い緑色で、全ノードが応答し、障害イベントがない",
        service="runs",
        redundancy="whole",
    ),
    Value(
        "waiting",
        "all components|are dark or light green, all nodes answer, no failure is logged",
        "すべてのコンポーネントが|濃い緑色または薄い緑色で、全ノードが応答し、障害イベントがない",
        course="coming",
    ),
    Value(
        "not_healthy",
        "|a component is not green, a node is silent, or a failure is logged",
        "|緑色でないコンポーネント、応答しないノード、または障害イベントがある",
    ),
    reads=ALL_NODES,
    seen_at="board",
    settles=True,
    in_context=True,
    components=True,
    subject="nodes",
    nodes=False,
    words=True,
    failures=False,
)
def ft_health(observation: Observation, arguments: Arguments, context: Context) -> Reading:
    """Do all sources agree that all is well: components, nodes, and no failure event?

    components: those that must be told. failures: groups of event texts; one that is newer than
    the beginning of the step speaks against health.
    """
    said = components_of(observation, arguments["words"])
    wanted = list(dict.fromkeys([*arguments["components"], *said]))
    reading = worst(
        ((name, component_reading(name, said.get(name))) for name in wanted),
        _CLASSES,
    )
    names = names_in(arguments.get("nodes"))
    silent = [n for n in names if ft_phase(observation, {"node": n}).value != "up"]
    if silent:
        asked = all(answers(node_record(observation, name)) is False for name in silent)
        text = f"{', '.join(silent)}: no answer; {reading.evidence}"
        return Reading("not_healthy" if asked else UNKNOWN, text)
    if reading.value not in ("healthy", "waiting"):
        unknown = reading.value is UNKNOWN
        return Reading(UNKNOWN if unknown else "not_healthy", reading.evidence)
    events = _failures(observation, arguments, context.step_began)
    if events.value == "some":
        return Reading("not_healthy", events.evidence)
    if events.value is UNKNOWN:
        return Reading(UNKNOWN, events.evidence)
    return Reading(reading.value, f"{reading.evidence}; {events.evidence}")


def _failures(observation: Observation, arguments: Arguments, since: str | None) -> Reading:
    """Return whether a node logged a failure since the step began, by the node's own clock."""
    groups = arguments.get("failures")
    if not groups or since is None:
        return Reading("none", "no step under way")
    for name in names_in(arguments.get("nodes")):
        record = node_record(observation, name)
        texts = event_texts(record, _by_clock_of(record, since, observation.taken))
        if texts is None:
            if by_operator(record):
                continue
            return Reading(UNKNOWN, f"{name}: its events were not read")
        hits = matching_groups(groups, texts)
        if hits:
            return Reading("some", f"{name}: {quote(hits[0][1][0])}")
    return Reading("none", "no failure event since the step began")


def _by_clock_of(record: Record, moment: str, taken: str) -> str:
    """Return what a node's clock showed at a moment of the controller's (ISO 8601 UTC).

    taken: when the record was made, by the controller. Where the node's clock was not read, or
    anything else is no time, the moment as it is.
    """
    clock = table(record.get("system")).get("clock_utc")
    try:
        read, then, when = (datetime.fromisoformat(str(each)) for each in (clock, taken, moment))
        there = when + (read - then)
    except (ValueError, TypeError, OverflowError):
        return moment
    return there.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def event_texts(record: Record, since: str = "") -> list[str] | None:
    """Return the texts of a node's events since a time (ISO 8601 UTC); None: not read."""
    events = table(record.get("events")).get("entries")
    if not isinstance(events, list):
        return None
    texts = []
    for event in events:
        text, utc = table(event).get("text"), table(event).get("utc")
        # An event without a readable time is taken as new.
        if isinstance(text, str) and (not isinstance(utc, str) or utc >= since):
            texts.append(text)
    return texts


@register(
    "ft_mirrors",
    Value("complete", "every mirror copy|is complete", "ミラーのコピーが|すべて完了"),
    Value(
        "copying",
        "every mirror copy|is done or under way",
        "ミラーのコピーが|実行中",
        course="coming",
    ),
    Value("idle", "every mirror copy|rests, as nothing runs", "ミラーのコピーが|停止中"),
    Value("incomplete", "a mirror copy|is incomplete", "ミラーのコピーが|未完了"),
    reads=ALL_NODES,
    seen_at="board",
    settles=True,
    virtual_servers=True,
    words=True,
)
def ft_mirrors(observation: Observation, arguments: Arguments) -> Reading:
    """Are the mirror copies complete? idle: the FTvirtual Server is down, so nothing is copied.

    A component is a mirror set where its name begins with mirror.
    """
    said = components_of(observation, arguments["words"])
    mirrors = {n: component_reading(n, s) for n, s in said.items() if n.startswith("mirror")}
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
    Value(
        ANY,
        "the events that were logged are|those of {value}",
        "記録されたイベントが|{value} に該当",
    ),
    Value(
        "none",
        "the events that were logged are|none of the notice's",
        "記録されたイベントが|本資料に該当なし",
    ),
    reads=ALL_NODES,
    named_by=lambda a: [group["id"] for group in a["groups"]],
    groups=True,
    subject="nodes",
    nodes=False,
)
def event_groups(observation: Observation, arguments: Arguments) -> Reading:
    """Which group of a notice's events, the most specific, do the nodes' logs show?

    That none of them does proves nothing.
    """
    texts: list[str] = []
    unread = []
    for name in names_in(arguments.get("nodes")):
        record = node_record(observation, name)
        found = event_texts(record)
        if found is None:
            found = event_texts(table(record.get("last_seen")))
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
    if len(unread) == len(names_in(arguments.get("nodes"))):
        return Reading(UNKNOWN, "no node's events were read")
    return Reading("none", f"none of the notice's events was found{note}")
