# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The other servers of a silo: which of them take users, looked at when a step takes one out.

Each is read by its own connection, by one PowerShell start, from the worker that acts. A lock of
the silo keeps two servers of one controller from counting on each other.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ansible import constants
from ansible.errors import AnsibleError

from .._core.checks import check_of, request_for
from .._core.context import FAILED, UNDER_WAY, WAITING, Context, Place
from .._core.model import Ref
from .._core.observation import Observation
from .._core.plan import serves
from .._core.records import Step
from .._io.remote import Remote, RemoteError
from .change import Change

if TYPE_CHECKING:
    from .action import ProcedureAction

# A server that does not answer within this time serves nobody who logs on now.
LOOK_SECONDS = 60.0
# Where the site keeps users away by its own method, what a server shows tells nothing of it.
_OUT = (UNDER_WAY, FAILED, WAITING)


class Silo:
    """The servers that share their users with one host.

    action: the action that is about to act on the host.
    """

    def __init__(self, action: ProcedureAction, change: Change) -> None:
        self._action, self._change = action, change
        self._host = action.host

    @contextmanager
    def spared(self, step: Step, observation: Observation, context: Context) -> Iterator[None]:
        """Within the block nobody else is taken out of the silo, if the step may take the host out.

        observation: the host's own.
        """
        if not _asked(step) or not self._serves(self._host, observation)[0]:
            yield
            return
        me = context.hosts[self._host]
        with self._action.locked(self._change, f".silo {me.farm} {me.silo}"):
            yield

    def seen(self, step: Step, observation: Observation, context: Context) -> Context:
        """The context with what the step must know of the others, looked at right now."""
        asked = _asked(step)
        if not asked:
            return context
        hosts = dict(context.hosts)
        own, why = self._serves(self._host, observation)
        hosts[self._host] = replace(hosts[self._host], serving=own, seen=why)
        if own or not all((ref.get("with") or {}).get("only_if_serving") for ref in asked):
            hosts = self._looked_at(hosts, asked)
        return replace(context, hosts=hosts)

    def _looked_at(self, hosts: dict[str, Place], asked: list[Ref]) -> dict[str, Place]:
        """The hosts, with which of the others of the silo take users.

        As soon as enough do, nobody else is asked: a silo may have many servers, and each one
        that hangs would hold the step up.
        """
        me = hosts[self._host]
        others = [h for h, place in hosts.items() if h != self._host and place.shares_users(me)]
        limits = [ref.get("at_least") for ref in asked]
        least = max([limit for limit in limits if isinstance(limit, int)] or [100])
        enough = max(-(-least * (len(others) + 1) // 100), 1)
        # First those that most likely do.
        others.sort(key=lambda host: (hosts[host].status in _OUT, host))
        serving = 0
        for host in others:
            if serving >= enough:
                hosts[host] = replace(hosts[host], seen="not asked: enough others serve")
                continue
            found, why = self._look(host)
            hosts[host] = replace(hosts[host], serving=found, seen=why)
            serving += found
        return hosts

    def _look(self, host: str) -> tuple[bool, str]:
        """Whether another server takes users right now, and what speaks against it."""
        refs = self._change.serving(host)
        if not refs:
            return self._serves(host, None)
        try:
            remote = other_remote(self._action, host)
            try:
                observation = remote.observe(request_for(refs), deadline=LOOK_SECONDS)
            finally:
                remote.reset()
        except RemoteError as error:
            return False, f"could not be read: {error.reason.replace('_', ' ')}"
        except AnsibleError as error:  # its connection settings
            return False, f"could not be read: {error}"
        return self._serves(host, observation)

    def _serves(self, host: str, observation: Observation | None) -> tuple[bool, str]:
        unread = observation or Observation(host, "", "unreachable", {})
        found, why = serves(self._change.serving(host), unread)
        away = self._change.drain_method(host) == "external"
        if found and away and self._change.state(host)["status"] in _OUT:
            return False, "the site keeps its users away"
        return found, why


def _asked(step: Step) -> list[Ref]:
    """The interlocks of a step for which the silo has to be looked at."""
    return [ref for ref in step.interlocks if check_of(ref).silo]


def other_remote(action: ProcedureAction, host: str) -> Remote:
    """Another host of the inventory, by its own connection.

    Raises AnsibleError: its connection variables cannot be meant.
    """
    variables = action.task_vars["hostvars"][host]
    context = action._play_context.copy()
    context.remote_addr = str(variables.get("ansible_host") or host)
    kind = str(variables.get("ansible_connection") or action._task.connection or "ssh")
    # Before ansible-core 2.19 a connection insists on new_stdin.
    loader = action._shared_loader_obj.connection_loader
    connection = loader.get(kind, context, new_stdin=None)
    if connection is None:
        raise AnsibleError(f"there is no connection plugin {kind}")
    options = _options(connection, variables)
    keywords = {**action._task.dump_attrs(), "timeout": context.timeout}
    keywords.pop("retries", None)
    if context.password:
        keywords["password"] = context.password
    connection.set_options(task_keys=keywords, var_options=options)
    connection._shell.set_options(task_keys=keywords, var_options=options)
    other = copy.copy(action)
    other._connection, other._play_context = connection, context
    return Remote(other, host)


def _options(connection: Any, variables: Mapping[str, Any]) -> dict[str, Any]:
    """The variables of a host that its connection knows, as Ansible's task executor gives them."""
    known: Callable[[str, str], Iterable[str]] = constants.config.get_plugin_vars
    names = {
        *known("connection", connection._load_name),
        *known("shell", connection._shell._load_name),
    }
    options: dict[str, Any] = {name: variables[name] for name in names if name in variables}
    if getattr(connection, "allow_extras", False):
        prefix = f"ansible_{connection.extras_prefix}_"
        extras = [str(name) for name in variables if str(name).startswith(prefix)]
        options["_extras"] = {name: variables[name] for name in extras}
    return options
