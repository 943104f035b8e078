# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of updates and fixes on an FT system's nodes.

No update's number and no level stands here: advisories bring them as arguments.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from ..checks import Arguments, Reading, Value, worst
from ..checks import register as _register
from ..context import Context
from ..levels import level_of, version_of
from ..observation import UNKNOWN, Observation, quote
from ..windows.checks import NONE_PENDING, pending_reading
from .machine_checks import ft_power_state, ft_windows
from .observed import (
    ALL_NODES,
    Record,
    answers,
    by_operator,
    disk_record,
    names_in,
    node_record,
    nodes_of,
    table,
)
from .system import COSERVERS, NODES

register = partial(_register, kind="ft_system")


def _files_reach(record: Record, update: Record) -> bool | None:
    """Return whether a file is at or above the update's version; None: not all could be read."""
    system = table(record.get("system")).get("version")
    tables = table(update.get("files"))
    wanted = next((t for v, t in tables.items() if str(system).startswith(f"{v}.")), None)
    if wanted is None:
        return None
    found, unread = table(record.get("files")), False
    for name, version in wanted.items():
        text = found.get(name)
        have = version_of(text) if isinstance(text, str) else None
        if have is None:
            unread = True
        elif have >= (version_of(version) or have):
            return True
    return None if unread else False


def update_reading(record: Record, update: Record) -> Reading:
    """Return what the signs on one node say about an update.

    installed, absent, disagree, UNKNOWN, or absent_after_restart: its keys are gone, and its
    files are there until the restart that is pending.
    """
    signs = table(table(record.get("updates")).get(update["id"]))
    if by_operator(record) and isinstance(signs.get("listed"), bool):
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


def update_of(observation: Observation, name: str, arguments: Arguments, fresh: bool) -> Reading:
    record, age = disk_record(observation, name, fresh=fresh)
    if not record:
        return Reading(UNKNOWN, "could not be read")
    reading = update_reading(record, arguments["update"])
    return Reading(reading.value, reading.evidence + age)


_UPDATE: Final = ("disagree", "installed", UNKNOWN, "absent_after_restart", "absent")


@register(
    "update_state",
    Value("installed", "{update} is|on {on}", "{on} に {update} が|ある"),
    Value("absent", "{update} is|off {on}", "{on} に {update} が|ない"),
    Value("absent_after_restart", "{update} is|off {on}", "{on} に {update} が|ない"),
    Value("disagree", "{update} is|neither on {on} nor off", "{on} の {update} の有無が|判定不能"),
    reads=nodes_of,
    seen_at="programs",
    settles=True,
    subject="nodes",
    nodes=True,
    update=True,
    fresh=False,
)
def update_state(observation: Observation, arguments: Arguments) -> Reading:
    """Is a Windows update on the nodes (the worst), by two registry signs and files' versions?

    Files at or above its versions without its keys are unknown. A silent node counts as last
    seen, unless fresh is true.
    """
    fresh = arguments.get("fresh") is True
    return worst(
        ((n, update_of(observation, n, arguments, fresh)) for n in names_in(arguments["nodes"])),
        _UPDATE,
    )


@register(
    "update_gone",
    Value("proven", "{update} is|proven off {on}", "{on} の {update} 削除が|確認済み"),
    Value(
        "not_proven",
        "{update} is|not yet proven off {on}",
        "{on} の {update} 削除が|未確認",
        unproven=True,
    ),
    reads=nodes_of,
    seen_at="programs",
    settles=True,
    in_context=True,
    subject="nodes",
    nodes=True,
    update=True,
    settled=False,
)
def update_gone(observation: Observation, arguments: Arguments, context: Context) -> Reading:
    """Is it proven that an update is off all of the nodes' disks? Unknown is not proven.

    settled: also that no node runs what it has loaded before: no restart is pending.
    """
    return worst(
        ((n, _gone(observation, n, arguments, context)) for n in names_in(arguments["nodes"])),
        ("not_proven", "proven"),
    )


def _gone(observation: Observation, name: str, arguments: Arguments, context: Context) -> Reading:
    reading = update_of(observation, name, arguments, fresh=False)
    if reading.value not in ("absent", "absent_after_restart"):
        return Reading("not_proven", reading.evidence)
    if arguments.get("settled") is True and _may_run_the_old(observation, name, context):
        return Reading("not_proven", f"{reading.evidence}; a restart is pending, or may be")
    return Reading("proven", reading.evidence)


def _may_run_the_old(observation: Observation, name: str, context: Context) -> bool:
    """Return whether a node may run what its disk no longer holds.

    One that is off has nothing loaded. Of any other that is silent nobody knows: what does not
    answer need not have started anew.
    """
    record = node_record(observation, name)
    if answers(record) is True or by_operator(record):
        return pending_reading(observation, name, context).value not in NONE_PENDING
    return name not in COSERVERS or ft_power_state(observation, name).value != "off"


@register(
    "other_updates",
    Value("some", "updates of the same kind are|there", "同種の修正が|適用済み"),
    Value("none", "updates of the same kind are|not there", "同種の修正が|未適用"),
    reads=lambda a: {"nodes": list(NODES), "updates": list(a.get("updates") or ())},
    updates=True,
    subject="nodes",
    nodes=False,
)
def other_updates(observation: Observation, arguments: Arguments) -> Reading:
    """Is one of other updates, which cause the same trouble, on a node?"""
    found, unknown = [], []
    for update in arguments["updates"]:
        for name in names_in(arguments.get("nodes")):
            reading = update_of(observation, name, {"update": update}, fresh=False)
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
    Value("yes", "{update} on {on}|can be removed", "{on} の {update} が|削除可能"),
    Value(
        "no_folder",
        "{update} on {on}|has no uninstall folder",
        "{on} の {update} が|アンインストール用フォルダーなし",
    ),
    Value(
        "later_updates",
        "{update} on {on}|has later updates over it",
        "{on} の {update} が|後続の修正あり",
    ),
    Value("not_needed", "{update} on {on}|is not there", "{on} の {update} が|未適用"),
    reads=nodes_of,
    seen_at="programs",
    subject="nodes",
    nodes=True,
    update=True,
)
def uninstallable(observation: Observation, arguments: Arguments) -> Reading:
    """Can an update be removed: is its uninstall folder there, and nothing over it? The worst."""
    return worst(
        ((n, _removal(observation, n, arguments)) for n in names_in(arguments["nodes"])),
        ("no_folder", "later_updates", UNKNOWN, "yes", "not_needed"),
    )


def _removal(observation: Observation, name: str, arguments: Arguments) -> Reading:
    record, age = disk_record(observation, name)
    state = update_reading(record, arguments["update"])
    if state.value in ("absent", "absent_after_restart"):
        return Reading("not_needed", state.evidence + age)
    if state.value is UNKNOWN:
        return Reading(UNKNOWN, state.evidence + age)
    folder = table(table(record.get("updates")).get(arguments["update"]["id"])).get("uninstaller")
    later = record.get("later_updates")
    if folder is False:
        return Reading("no_folder", f"there is no uninstall folder{age}")
    if isinstance(later, list) and later:
        names = ", ".join(quote(table(each).get("id"), 40) for each in later[:10])
        return Reading("later_updates", f"installed later over the same files: {names}{age}")
    if folder is True and later == []:
        return Reading("yes", f"its uninstall folder is there{age}")
    if folder is True and by_operator(record):
        return Reading("yes", "a person saw the uninstall folder")
    return Reading(UNKNOWN, f"the uninstall folder or later updates were not read{age}")


def _waits(record: Record) -> bool:
    """Return whether anything on the node waits for a restart, whoever left it there."""
    return record.get("restart_pending") is True or bool(record.get("file_renames"))


# --- The fix --------------------------------------------------------------------------------


def _level(
    observation: Observation, name: str, wanted: Record, settled: bool, context: Context
) -> Reading:
    record, age = disk_record(observation, name)
    least = level_of(wanted["at_least"], wanted["line"])
    level = table(record.get("fix_level"))
    text = level.get("text")
    if not isinstance(text, str) or least is None:
        return Reading(UNKNOWN, "the fix's level was not read")
    if not text.strip():
        return Reading("below", f"the fix is not there{age}")
    found = level_of(text, wanted["line"])
    if found is None:
        return Reading(UNKNOWN, f"{quote(text, 80)} is no level of {quote(wanted['line'], 60)}")
    if (
        found >= least
        and settled
        and pending_reading(observation, name, context).value not in NONE_PENDING
    ):
        return Reading(UNKNOWN, f"{quote(text, 80)}, but a restart is pending, or may be")
    return Reading("reached" if found >= least else "below", quote(text, 80) + age)


@register(
    "fix_level",
    Value(
        "reached",
        "the fix|has the level that protects, on {on}",
        "修正プログラムが|{on} で必要なレベルに達している",
    ),
    Value(
        "below",
        "the fix|is below the level that protects, on {on}",
        "修正プログラムが|{on} で必要なレベルに達していない",
    ),
    reads=nodes_of,
    settles=True,
    in_context=True,
    said_by_case=True,
    subject="nodes",
    nodes=True,
    levels=True,
    systems=True,
    declared=False,
    settled=False,
)
def fix_level(observation: Observation, arguments: Arguments, context: Context) -> Reading:
    """Has the vendor's fix reached the level (as V1.0L10) that protects, on all of the nodes?

    levels: {a name of systems: {line, at_least, remedy}}, by the Windows that the nodes run.
    settled: and no restart is pending, so that it is what runs.
    """
    level = _levels_of(observation, arguments)
    if level is None:
        return Reading(UNKNOWN, "which fix it needs is not known, as its Windows is not")
    settled = arguments.get("settled") is True
    return worst(
        (
            (n, _level(observation, n, level, settled, context))
            for n in names_in(arguments["nodes"])
        ),
        ("below", UNKNOWN, "reached"),
    )


def _levels_of(observation: Observation, arguments: Arguments) -> Record | None:
    """Return the levels of the Windows that the nodes run, or None."""
    windows = ft_windows(observation, {**arguments, "nodes": None}).value
    level = arguments["levels"].get(windows) if isinstance(windows, str) else None
    return level if isinstance(level, Mapping) else None


@register(
    "package_level",
    Value(
        "sufficient",
        "|the fix's package is at the notice's level",
        "|用意した修正プログラムのレベルが十分",
    ),
    Value(
        "too_low",
        "|the fix's package is below the notice's level",
        "|用意した修正プログラムのレベルが不足",
    ),
    reads=ALL_NODES,
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
    Value("yes", "{on} may|start with what is on its disk", "{on} が|再起動しても安全な状態"),
    Value("no", "{on} must not|start with what is on its disk", "{on} が|再起動すると危険な状態"),
    reads=nodes_of,
    in_context=True,
    subject="nodes",
    nodes=True,
    update=True,
    levels=True,
    systems=True,
    declared=False,
    settled=False,
)
def restart_is_safe(observation: Observation, arguments: Arguments, context: Context) -> Reading:
    """May the nodes load what is on their disks?

    Yes where an update is proven to be off them, or the fix is on all three nodes. settled: and
    none of them still runs what it has loaded of the update.
    """
    gone = update_gone(observation, arguments, context)
    if gone.value == "proven":
        return Reading("yes", gone.evidence)
    level = fix_level(observation, {**arguments, "nodes": None, "settled": False}, context)
    if level.value == "reached":
        return Reading("yes", level.evidence)
    unknown = level.value is UNKNOWN or UNKNOWN in {
        update_of(observation, n, arguments, fresh=False).value
        for n in names_in(arguments["nodes"])
    }
    return Reading(UNKNOWN if unknown else "no", f"{gone.evidence}; {level.evidence}")
