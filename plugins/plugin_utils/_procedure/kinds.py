# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a procedure does for one kind of system only: the only way from this floor's root to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from .._core.kind import Kind
from .._core.kinds import KINDS, kind_of
from .._core.schema import PREFIX
from .._io.remote import Remote
from .directory import ChangeDirectory
from .ft import observer as ft_observer
from .ft import step as ft_step
from .ft import text as ft_text
from .ft.action import NODE_OPTIONS, FtAction
from .hooks import Hooks
from .layout import Paint
from .observer import Observer
from .windows import step as windows_step
from .windows.observer import ServerObserver
from .xenapp import step as xenapp_step

if TYPE_CHECKING:
    from .change import Change
    from .step import StepAction

__all__ = ["NODE_OPTIONS", "SystemAction", "hooks_of", "kind_by", "observer_of", "system_lines"]

# An action on a host that may be a system of nodes; their options are NODE_OPTIONS.
SystemAction = FtAction
_HOOKS: Final[Mapping[str, type[Hooks]]] = {
    "ft_system": ft_step.FtHooks,
    "windows": windows_step.WindowsHooks,
    "xenapp": xenapp_step.XenAppHooks,
}


def kind_by(variables: Mapping[str, Any]) -> Kind:
    """The kind of a host by its inventory variables, of which no other is read."""
    names = ["kind", *(kind.setting for kind in KINDS if kind.setting)]
    return kind_of({name: variables.get(PREFIX + name) for name in names})


def observer_of(
    remote: Remote, variables: Mapping[str, Any], directory: ChangeDirectory, *, writes: bool
) -> Observer:
    """What observes a host.

    variables: its inventory variables.
    writes: False leaves the change directory as it is (check mode).
    """
    if kind_by(variables).nodes:
        return ft_observer.observer_of(remote, variables, directory, writes=writes)
    return ServerObserver(remote)


def hooks_of(action: StepAction, observer: Observer, change: Change) -> Hooks:
    """What is special about this kind of system on the way of a step."""
    kind = kind_by(action.task_vars["hostvars"][action.host])
    return _HOOKS[kind.name](action, observer, change)


def system_lines(
    host: str, entry: Mapping[str, Any], confirm: Sequence[str], language: str, paint: Paint
) -> list[str] | None:
    """The steps of a system that is planned by itself; None: of a server, which has its likes.

    entry: its part of the plan.
    """
    if not kind_of(entry["settings"]).nodes:
        return None
    return ft_text.system_lines(host, entry, confirm, language, paint)
