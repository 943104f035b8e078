# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of systems that an inventory host may be. The only way from the core's root to them.

Importing this module registers the checks and the actions of all kinds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from . import change_checks
from .ft import actions as ft_actions
from .ft import endurance_checks, machine_checks, update_checks
from .ft.kind import FtSystem
from .kind import Kind
from .schema import PREFIX
from .windows import actions as windows_actions
from .windows import checks as windows_checks
from .windows import trust
from .windows import update_checks as windows_update_checks
from .windows.kind import WindowsServer
from .xenapp import actions as xenapp_actions
from .xenapp import checks as xenapp_checks
from .xenapp.kind import XenAppServer

# Importing these makes the records of all checks and actions.
_RECORDS: Final = (
    change_checks, ft_actions, endurance_checks, machine_checks, update_checks, windows_actions,
    windows_checks, windows_update_checks, trust, xenapp_actions, xenapp_checks,
)  # fmt: skip
# What a host is whose inventory says nothing else, as all inventories before there were others.
_XENAPP: Final = XenAppServer()
KINDS: Final[tuple[Kind, ...]] = (FtSystem(), _XENAPP, WindowsServer())
# What a step's id may have added, where a person is asked for something besides the step itself.
LOOKS: Final = tuple(look for kind in KINDS for look in kind.looks)
# The variables that hold the passwords of nodes.
CREDENTIALS: Final = " or ".join(f"{PREFIX}{s}" for kind in KINDS for s in kind.secrets)


def kind_of(settings: Mapping[str, Any]) -> Kind:
    """Return the kind of a host with these settings."""
    named = (kind for kind in KINDS if settings.get("kind") == kind.name)
    system = (kind for kind in KINDS if kind.form(settings) is not None)
    return next(system, None) or next(named, _XENAPP)


def meant(settings: Mapping[str, Any]) -> Kind:
    """Return the kind that a host is meant to be: one of its settings is given, right or wrong."""
    return next((kind for kind in KINDS if kind.is_meant(settings)), kind_of(settings))


def kind_named(name: str) -> Kind:
    """Return the kind of this name."""
    return next(kind for kind in KINDS if kind.name == name)


def form_of(settings: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return what the inventory says of a system of nodes; None: the host is a server."""
    return kind_of(settings).form(settings)


def items_of(loop: str, scope: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return what for_each repeats over under a name, by a host's settings."""
    return next((kind.items(scope)[loop] for kind in KINDS if loop in kind.items(scope)), ())


def title(name: str) -> str:
    """Return a part of a system by the name that its notice uses; another name as it is."""
    return next((kind.titles[name] for kind in KINDS if name in kind.titles), name)


def in_sentence(name: str, language: str) -> str:
    """Return the same as it stands in a sentence."""
    article = "".join(kind.article(name) for kind in KINDS) if language == "en" else ""
    return article + title(name)


def serves_users(node: str | None) -> bool:
    """Return whether a node is the one of its system that serves the users."""
    return node is not None and any(node == kind.serving_node for kind in KINDS)
