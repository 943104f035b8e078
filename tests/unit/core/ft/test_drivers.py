# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The form of an FT system and the drivers agree on every setting: its name and what it may be."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import (
    settings as _settings,  # noqa: F401 - the kinds add their formats
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.ft.system import SETTING
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.schema import judged
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.ft.endurance import (
    STATES,
    endurance_driver,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.ft.power import power_driver
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.site_command import DriverError
from ft_doubles import kinds_of

CREDENTIALS = {"site": {"username": "power-user", "password": "secret"}}
PATTERNS = {"good": "g", "synchronising": "s", "failed": "f"}
WORDS = {verb: ["true", "{coserver}"] for verb in ("status", "on", "off")}
GOOD: dict[tuple[str, str], dict[str, Any]] = {
    ("power", "operator"): {},
    ("power", "ipmi"): {"address": "192.0.2.21", "credentials": "site"},
    ("power", "command"): WORDS,
    ("endurance", "operator"): {},
    ("endurance", "command"): {
        "status": ["true"],
        "enable": ["true", "{component}"],
        "states": PATTERNS,
    },
}
# For each optional or required setting: values that both take, and values that both refuse.
VALUES: dict[str, tuple[list[Any], list[Any]]] = {
    "address": (["192.0.2.21", "bmc1.example.com"], ["", None, 5, ["a"]]),
    "credentials": (["site"], []),
    "port": ([1, 65535], [0, 65536, "623", True, 1.5, None]),
    "uuid": (["01234567-89ab-cdef-0123-456789abcdef", "0" * 32], ["none", "0" * 31, 5, ""]),
    "on": ([["true"], ["true", "{name}", "{address}"]], [[], "true", ["true", 1], None]),
    "off": ([["true"]], [[], ["true", "{component}"], ["true", True], [""]]),
    "boot_setup": ([["true"]], [[], "true", ["{password}"]]),
    "exit_codes": ([[0], [0, 3]], [[], 0, ["0"], [True], None]),
    "credentials_by": (["stdin", "environment"], ["argv", None, 5]),
    "components": ([{"mirror1": "Mirror 1"}], [[], {"mirror1": ""}, {"mirror1": 1}, "x"]),
    "enable": ([["true", "{component}"]], [["true"], [], ["true", "{component}", "noquorum"]]),
}
OF_KIND: dict[tuple[str, str, str], tuple[list[Any], list[Any]]] = {
    ("power", "ipmi", "seconds"): ([1, 1.5, 120], [0, 121, "20", True, None]),
    ("power", "command", "seconds"): ([1, 600], [0, 601, "20", None]),
    ("endurance", "command", "seconds"): ([1, 600], [0, 601, "20", None]),
    ("power", "command", "status"): ([["true", "{address}"]], [["true", "{component}"], []]),
    ("endurance", "command", "status"): ([["true", "{component}"]], [["true", "{name}"], []]),
    ("power", "command", "states"): (
        [{"on": "x", "off": {"pattern": "y", "exit_codes": [1]}}],
        [{"on": "x"}, {"on": "(", "off": "y"}, {"on": "x", "off": {}}, {"on": 1, "off": "x"}, "x"],
    ),
    ("endurance", "command", "states"): (
        [dict.fromkeys(STATES, "x"), PATTERNS],
        [{"good": "x"}, {**PATTERNS, "dark": "x"}, {**PATTERNS, "failed": {"pattern": 5}}, []],
    ),
}
KINDS = {of: kinds_of(of) for of in ("power", "endurance")}
EVERY = [
    (of, kind, name) for of in KINDS for kind, names in KINDS[of].items() for name in sorted(names)
]


class Watched(dict[str, Any]):
    """A driver's part of the form that remembers which settings were asked for."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.asked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default)

    def __getitem__(self, key: str) -> Any:
        self.asked.add(key)
        return super().__getitem__(key)


def make(of: str, part: Any) -> Any:
    if of == "power":
        return power_driver({"coserver1": {"name": "C1", "power": part}}, "coserver1", CREDENTIALS)
    return endurance_driver({"endurance": part}, CREDENTIALS)


def faults(of: str, part: Any) -> list[str]:
    form = {"power": {"coserver1": {"power": part}}, "endurance": {"endurance": part}}[of]
    where = f"{SETTING}.coserver1.power" if of == "power" else f"{SETTING}.endurance"
    return [text for text in judged({"ft_system": form}) if text.startswith(where)]


@pytest.mark.parametrize(("of", "kind"), GOOD)
def test_a_driver_asks_for_the_settings_of_the_form_and_no_others(of: str, kind: str) -> None:
    part = Watched({"driver": kind, **GOOD[of, kind]})
    # With credentials and a way into the BIOS setup, so that nothing stays unasked.
    more = {"credentials": "site"} if "credentials" in KINDS[of][kind] else {}
    part.update(more)
    make(of, part)
    assert part.asked == {"driver", *KINDS[of][kind]}
    assert faults(of, part) == []


def values(of: str, kind: str, name: str) -> tuple[list[Any], list[Any]]:
    return OF_KIND.get((of, kind, name)) or VALUES[name]


@pytest.mark.parametrize(("of", "kind", "name"), EVERY)
def test_both_take_and_refuse_the_same_values(of: str, kind: str, name: str) -> None:
    good, bad = values(of, kind, name)
    for value in good:
        part = {"driver": kind, **GOOD[of, kind], name: value}
        assert faults(of, part) == []
        make(of, part)
    for value in bad:
        part = {"driver": kind, **GOOD[of, kind], name: value}
        assert faults(of, part), value
        with pytest.raises(DriverError):
            make(of, part)
