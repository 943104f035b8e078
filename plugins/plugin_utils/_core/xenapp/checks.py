# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of a XenApp server: its users, its silo, and Citrix' services."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ..checks import Arguments, Reading, Value, mapping, unknown
from ..checks import register as _register
from ..context import Context, Place
from ..observation import UNKNOWN, Observation, quote

register = partial(_register, kind="xenapp")


@register(
    "loading_plugin",
    Value(
        "named", "the plug-in at which IMA ended is|named", "IMA 停止時のプラグイン名が|記録あり"
    ),
    Value(
        "none", "the plug-in at which IMA ended is|not named", "IMA 停止時のプラグイン名が|記録なし"
    ),
    reads={"want": ["ima"]},
)
def loading_plugin(observation: Observation, _arguments: Arguments) -> Reading:
    """Does Citrix' triage value name the plug-in at which the last start of IMA ended?"""
    data = mapping(observation, "ima")
    if "currently_loading_plugin" not in data:
        return unknown(observation, "ima")
    plugin = data["currently_loading_plugin"]
    if plugin:
        return Reading("named", f"CurrentlyLoadingPlugin is {quote(plugin)}")
    return Reading("none", "CurrentlyLoadingPlugin names no plug-in")


def is_session(session: Mapping[str, Any]) -> bool:
    """Return whether a session is a user's, or somebody is logging in right now.

    Raises TypeError or KeyError where that is not known.
    """
    state, user, name = session["state"], session["user"], session["name"]
    if not (isinstance(state, int) and isinstance(user, str) and isinstance(name, str)):
        raise TypeError("a session's state, user or name is not known")
    if state == 6:  # a listener
        return False
    # Connected without a user: the logon screen. On the console that is the idle state.
    return bool(user) or (state in (0, 1) and name.casefold() != "console")


@register(
    "sessions",
    limits={
        "at_most 0": ("nobody is logged on", "ログオン中の利用者なし"),
        "at_most": ("at most {value} are logged on", "ログオン中の利用者が {value} 以下"),
        "at_least": ("at least {value} are logged on", "ログオン中の利用者が {value} 以上"),
    },
    reads={"want": ["sessions"]},
)
def sessions(observation: Observation, _arguments: Arguments) -> Reading:
    """How many user sessions are there, disconnected ones included?"""
    listed = mapping(observation, "sessions").get("list")
    if not isinstance(listed, list):
        return unknown(observation, "sessions")
    users = [quote(s.get("user") or "(logging on)", 40) for s in listed if is_session(s)]
    return Reading(len(users), f"{len(users)} sessions: {', '.join(users)}" if users else "none")


@register(
    "logons",
    Value("drained", "new logons are|refused", "新規ログオンが|禁止されている"),
    Value(
        "until_restart",
        "new logons are|refused only until the next restart",
        "新規ログオンが|次回の再起動まで禁止されている",
    ),
    Value("enabled", "new logons are|accepted", "新規ログオンが|可能"),
    Value(
        "external",
        "new logons are|left to the site's own method",
        "新規ログオンが|サイト独自の方法による",
    ),
    reads={"want": ["sessions"]},
    method=False,
)
def logons(observation: Observation, arguments: Arguments) -> Reading:
    """Are new logons refused?

    With method external the site keeps users away by its own means: then only the sessions
    prove it, and the value is external unless Windows itself refuses logons.
    """
    data = mapping(observation, "sessions")
    mode, disabled = data.get("drain_mode"), data.get("logons_disabled")
    if disabled is True or mode == 2:
        return Reading("drained", f"drain mode {mode}, logons disabled: {disabled}")
    if arguments.get("method") == "external":
        return Reading("external", "the site keeps users away by its own method")
    if mode == 1:
        return Reading("until_restart", "logons are refused only until the next restart")
    if mode == 0 and disabled is False:
        return Reading("enabled", "new logons are accepted")
    return unknown(observation, "sessions")


@register(
    "capacity_percent",
    limits={
        "at_least": ("at least {value} % of the silo serve", "サイロの {value} % 以上が稼働"),
        "at_most": ("at most {value} % of the silo serve", "サイロの {value} % 以下が稼働"),
    },
    about="change",
    silo=True,
    single_server_silo=False,
    only_if_serving=False,
)
def capacity_percent(observation: Observation, arguments: Arguments, context: Context) -> Reading:
    """How many percent of the silo stay in service while this server is out? -1: nobody would.

    Only who was seen serving counts, right now: not who was not asked, could not be read, is
    drained, down or left alone. A silo of a single server reads 100 where single_server_silo is
    accept_outage. With only_if_serving a server that serves nobody itself reads 100.
    """
    me = context.hosts[observation.host]
    others = {h: place for h, place in context.hosts.items() if h != observation.host}
    silo = {h: place for h, place in others.items() if place.shares_users(me)}
    called = f"silo {quote(me.silo)}"
    if not silo and arguments.get("single_server_silo") == "accept_outage":
        return Reading(100, f"the only server of {called}; its outage is accepted")
    if arguments.get("only_if_serving") and me.serving is False:
        return Reading(100, f"it serves nobody: {_seen(me)}")
    if silo and all(other.serving is None for other in silo.values()):
        return Reading(UNKNOWN, f"the other servers of {called} were not looked at")
    serving = [h for h, other in silo.items() if other.serving is True]
    idle = sorted(f"{h} ({_seen(other)})" for h, other in silo.items() if h not in serving)
    percent = 100 * len(serving) // (len(silo) + 1) if serving else -1
    missing = f"; not: {', '.join(idle)}" if idle else ""
    text = f"{len(serving)} of the other {len(silo)} servers of {called} serve{missing}"
    return Reading(percent, text)


def _seen(place: Place) -> str:
    return quote(place.seen or "not asked")
