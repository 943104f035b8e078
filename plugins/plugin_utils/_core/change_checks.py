# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks that ask something of a change under way, or of a setting."""

from __future__ import annotations

from collections.abc import Mapping

from .checks import ANY, Arguments, Reading, Value, register
from .context import DONE, FAILED, UNDER_WAY, Context
from .observation import UNKNOWN, Observation, quote


@register(
    "setting",
    Value(ANY, "the setting is|{value}", "設定値が|{value}"),
    about="setting",
    value=False,
)
def setting(_observation: Observation, arguments: Arguments) -> Reading:
    """The value of a setting."""
    value = arguments.get("value")
    return Reading(value, f"the setting is {quote(value)}")


@register(
    "given",
    Value("yes", "|what the site has to give is given", "|必要な情報が指定されている"),
    Value("no", "|what the site has to give is not given", "|必要な情報が指定されていない"),
    about="setting",
    value=False,
)
def given(_observation: Observation, arguments: Arguments) -> Reading:
    """Is a setting given, with all of its members?"""
    value = arguments.get("value")
    members = value.values() if isinstance(value, Mapping) else [value]
    there = bool(value) and all(member not in (None, "") for member in members)
    return Reading("yes" if there else "no", quote(value) if there else "not given")


@register(
    "change_state",
    Value("open", "the change is|open", "変更が|実施可能"),
    Value("stopped", "the change is|stopped", "変更が|停止中"),
    Value("window_closed", "the change is|past its window", "変更が|時間帯終了後"),
    Value("not_approved", "the change is|not approved", "変更が|未承認"),
    about="change",
)
def change_state(_observation: Observation, _arguments: Arguments, context: Context) -> Reading:
    """Is the change approved, its window open, and not stopped?"""
    if context.change is None:
        return Reading(UNKNOWN, "there is no change")
    name = quote(context.change)
    if not context.approved:
        return Reading("not_approved", f"change {name} is not approved for this plan")
    if context.stopped:
        return Reading("stopped", f"change {name} is stopped")
    if context.window_open is False:
        return Reading("window_closed", f"the window of change {name} is closed")
    return Reading("open", f"change {name} is open")


@register(
    "owner",
    Value("ours", "|the system is held by this run", "|この実行がシステムを占有中"),
    Value("free", "|the system is held by nobody", "|システムを占有する実行なし"),
    Value("another", "|the system is held by another run", "|他の実行がシステムを占有中"),
    reads={"want": ["owner"]},
    about="change",
)
def owner(observation: Observation, _arguments: Arguments, context: Context) -> Reading:
    """Whom does the server or FT system belong to right now? ours: this change, this run.

    Check mode takes nothing: what nobody has counts as ours.
    """
    held = observation.part("owner")
    if not isinstance(held, Mapping):
        return Reading(UNKNOWN, observation.why_unknown("owner"))
    if held.get("free") is True:
        return Reading("ours" if context.predicted else "free", "nobody holds it")
    text = f"held by {quote(held.get('change'), 60)}, run {quote(held.get('run'), 60)}"
    mine = context.is_ours(held)
    if mine is None:
        return Reading(UNKNOWN, f"{text}; there is no change to compare with")
    return Reading("ours" if mine else "another", text)


@register(
    "turn",
    Value("reached", "|every earlier server has ended", "|先行サーバーはすべて終了"),
    Value("waiting", "|an earlier server has not ended", "|先行サーバーが未終了"),
    about="change",
)
def turn(observation: Observation, _arguments: Arguments, context: Context) -> Reading:
    """Has every server of the earlier waves ended? (Whether it failed: failure_budget.)"""
    wave = context.hosts[observation.host].wave
    if wave is None:
        return Reading(UNKNOWN, f"{observation.host} is in no wave")
    before = {h: p for h, p in context.hosts.items() if p.wave is not None and p.wave < wave}
    open_ = sorted(h for h, place in before.items() if place.status not in (DONE, FAILED))
    if open_:
        return Reading("waiting", f"wave {wave + 1} waits for {', '.join(open_)}")
    return Reading("reached", f"wave {wave + 1}; every server before it has ended")


@register(
    "failure_budget",
    Value("unspent", "the failure budget is|unspent", "失敗の許容数が|残っている"),
    Value("spent", "the failure budget is|spent", "失敗の許容数が|超過"),
    Value(
        "spent_under_way",
        "the failure budget is|spent, and this system goes on",
        "失敗の許容数が|超過、実施中につき継続",
    ),
    about="change",
)
def failure_budget(observation: Observation, _arguments: Arguments, context: Context) -> Reading:
    """Have no more servers failed than the change allows?

    spent_under_way: it is spent, but this server has begun and may go on to a resting point.
    """
    hosts, budget = context.hosts, context.failure_budget
    failed = sorted(
        h for h, place in hosts.items() if place.status == FAILED and h != observation.host
    )
    if budget is None:
        return Reading(UNKNOWN, "the failure budget is not known")
    evidence = f"{len(failed)} failed of {budget} allowed" + (
        f": {', '.join(failed)}" * bool(failed)
    )
    if len(failed) <= budget:
        return Reading("unspent", evidence)
    begun = hosts[observation.host].status == UNDER_WAY
    return Reading("spent_under_way" if begun else "spent", evidence)
