# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a host's inventory, found before anything is contacted.

Reads variables only: the host's own, and of an FT system the forms of all others too, since a node
that stands in two systems would be acted on for both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.ft.inventory import validate_ft_connection, validate_ft_estate
from .._core.ft.system import CREDENTIALS, SETTING
from .._core.schema import unknown_settings
from .._core.settings import validate_settings
from .settings import plain, settings_of


def mistakes(
    host: str, hostvars: Mapping[str, Mapping[str, Any]], *, complete: bool = True
) -> list[str]:
    """Return what is wrong with one host's inventory, one sentence each.

    hostvars: the variables of every host, as Ansible gives them.
    complete: also what only a plan needs must be given, for an FT system; of a server the
    advisory's findings tell what is not there yet.
    """
    variables = hostvars[host]
    settings = settings_of(variables)
    unknown = unknown_settings(map(str, variables))
    if not any(name.startswith("ft_") for name in settings):
        return list(dict.fromkeys([*unknown, *validate_settings(settings, complete=False)]))
    form = settings.get("ft_system")
    if form is None:
        return [f"{SETTING} is not given, but other legacyops_ft_… settings are: describe it."]
    # No table at all is as bad as an empty one: each name that the form uses is missing.
    credentials = plain(variables[CREDENTIALS]) if CREDENTIALS in variables else {}
    wrong = validate_settings(settings, credentials, complete=complete)
    connection = variables.get("ansible_connection")
    wrong += validate_ft_connection(form, connection, variables.get("ansible_host"))
    wrong += validate_ft_estate(_forms(host, form, hostvars), host)
    return list(dict.fromkeys([*unknown, *wrong]))


def _forms(host: str, form: Any, hostvars: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The forms of all systems. One that cannot be read is its own host's mistake."""
    forms = {host: form}
    for other in hostvars:
        if other == host:
            continue
        try:
            variables = hostvars[other]
            if SETTING in variables:
                forms[str(other)] = plain(variables[SETTING])
        except Exception:  # a template of another host that fails, whatever the reason
            continue
    return forms


def told(wrong: list[str]) -> str:
    """The mistakes as one message."""
    if len(wrong) == 1:
        return wrong[0]
    numbered = (f"({number}) {sentence}" for number, sentence in enumerate(wrong, 1))
    return f"The inventory has {len(wrong)} mistakes: {' '.join(numbered)}"
