# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A kind of system: what the core's root asks where kinds differ. All of them: kinds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from .model import Ref
from .people import GO_AHEAD
from .records import Step
from .schema import Read

Settings = Mapping[str, Any]
Form = Mapping[str, Any]


class Kind:
    """A kind of system that an inventory host may be. What stands here is the plain case.

    name: as plan and report call it. also: the kinds that it is one of, besides itself: what is
    theirs is its own, too. setting: the one that makes a host such a system; empty: none.
    prefix: of all of its settings; empty: none. secrets: settings that its own refer to, and no
    plan holds. must_be_whole: the inventory must have what only a plan needs (else findings tell).
    group: of its settings in the schema. not_planned: those that say where and how a run works, not
    what is done. named_by_model: its product is known by the model number in its form.
    nodes: its installations of Windows. machines: those that a person stands in front of.
    serving_node: the one that serves the users; empty: the host itself.
    titles: parts of such a system → what the vendor calls them.
    shares_users: its users are those of other hosts, too (a silo).
    identity: the check that tells whether the machine is the planned one, and its good value.
    moves: the parts of an observation that change by themselves once something was done.
    order_setting: the setting that gives an order of steps; empty: none does.
    loops: what for_each may repeat over: the name of an item, and its keys.
    looks: what is added to a step's id where a person is asked for a look, or a go-ahead, besides.
    """

    name = ""
    also: Sequence[str] = ()
    setting = ""
    prefix = ""
    secrets: Sequence[str] = ()
    must_be_whole = False
    group = ""
    not_planned: Sequence[str] = ()
    named_by_model = False
    nodes: Sequence[str] = ()
    machines: Sequence[str] = ()
    serving_node = ""
    titles: Mapping[str, str] = {}
    shares_users = True
    identity = ("identity", "as_planned")
    moves: Sequence[str] = ()
    order_setting = ""
    loops: Mapping[str, frozenset[str]] = {}
    looks: Sequence[str] = (GO_AHEAD,)

    def is_of(self, name: str) -> bool:
        """Return whether what is for a kind, by its name, is for this one; empty: for any."""
        return name in ("", self.name, *self.also)

    def is_meant(self, settings: Settings) -> bool:
        """Return whether one of its settings is given, right or wrong."""
        return bool(self.prefix) and any(name.startswith(self.prefix) for name in settings)

    def form(self, settings: Settings) -> Form | None:
        """Return what the inventory says of a system of nodes; None: the host is none."""
        return None

    def identity_of(self, form: Form | None) -> Ref:
        """Return the interlock that the machine is the planned one."""
        check, good = self.identity
        return {"check": check, "is": good}

    def article(self, name: str) -> str:
        """Return the English article of a part within a sentence, with its space."""
        return ""

    def is_asked(self, form: Form | None, parts: Sequence[str]) -> bool:
        """Return whether a person is asked for one of these parts when a step needs it."""
        return False

    def after(self, step: Step, before: Mapping[str, Any], data: dict[str, Any]) -> dict[str, Any]:
        """Return what is known once a step went well: data, less what nobody knows any more.

        before: what was known before the step.
        """
        return data

    def completed(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Return settings with what stands where a person wrote nothing."""
        return settings

    def between_settings(
        self, settings: Settings, wrong: Collection[str], secrets: Settings
    ) -> list[str]:
        """Return what is wrong between a host's settings, one sentence each.

        wrong: the sentences on single settings; what they are about is compared with nothing.
        secrets: those of this kind; one that is not there is not compared.
        """
        return []

    def between_hosts(self, host: str, hosts: Iterable[str], read: Read) -> list[str]:
        """Return what is wrong between a host and the others, and how Ansible reaches it."""
        return []

    def items(self, scope: Settings) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Return the items of each of its loops, by a host's settings."""
        return {}

    def backups(self, settings: Settings) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield each backup's place in the settings, as it is written there, and its record."""
        yield from ()
