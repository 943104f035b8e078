# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Endurance's components: what they show, and enabling a Virtual Server.

An operator at Endurance Manager, or commands of the site. The syntax of Endurance's own command
line is not known to us for V5 and V6, so none is written here. Booting without the quorum is
never offered, and a command that speaks of it is refused.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Final

from ..._core.ft.system import CREDENTIALS, TITLES
from ..site_command import (
    Credentials,
    DriverError,
    OperatorNeededError,
    SiteCommand,
    SitePattern,
    wrong,
)

# Our names, and the notice's; a site may add more (mirror sets) and name them as it likes.
VIRTUAL_SERVERS: Final = ("virtual_server1", "virtual_server2")
# A site's word → what an observation says: the notice's colours, or a state of Endurance's guide.
STATES: Final[dict[str, dict[str, str]]] = {
    "good": {"colour": "dark_green"},
    "synchronising": {"colour": "light_green"},
    "failed": {"state": "Failed"},
    "degraded": {"state": "Degraded"},
    "disabled": {"state": "Disabled"},
    "offline": {"state": "Offline"},
}
_NEEDED: Final = ("good", "synchronising", "failed")
_SIDE: Final = {"virtual_server1": ("left", "左側"), "virtual_server2": ("right", "右側")}

# Component → {state|colour: …}; empty: unknown.
Components = dict[str, dict[str, str]]


class EnduranceDriver(ABC):
    """Endurance of one FT system."""

    name = ""

    @abstractmethod
    def read(self) -> tuple[Components, str]:
        """Each component's state, and the evidence. A component without a state is unknown.

        Raises OperatorNeededError: a person must look.
        """

    @abstractmethod
    def enable(self, component: str) -> str:
        """Enable a Virtual Server, once.

        Returned: what was said to it; only its state tells that it is enabled.
        Raises DriverError: it did not succeed.
        Raises OperatorNeededError: a person must do it.
        """


class OperatorEndurance(EnduranceDriver):
    """A person at Endurance Manager, told in the notice's words."""

    name = "operator"

    def read(self) -> tuple[Components, str]:
        raise OperatorNeededError(
            {
                "en": "See in Endurance Manager which colour each component has. (Where one is "
                "light green, wait until it turns dark green.) Dark green means normal.",
                "ja": "Endurance Manager 上で、すべてのコンポーネントが濃い緑色の表示に"
                "なっていることを確認してください。(薄い緑色の表示の場合は、"
                "濃い緑色の表示に変化するまで、しばらく待ちます) "
                "※ 濃い緑色は正常状態を意味しています。",
            }
        )

    def enable(self, component: str) -> str:
        side, title = _SIDE[component], TITLES[component]
        raise OperatorNeededError(
            {
                "en": f'In Endurance Manager right-click "{title}" (the FTvirtual Server on the '
                f"{side[0]}) and click Enable.",
                "ja": f"Endurance Manager 上の \u201c{title}\u201d ({side[1]}の "
                "FTvirtual Server) を右クリックし、「有効化(E)」をクリックしてください。",
            }
        )


class CommandEndurance(EnduranceDriver):
    """The site's own commands.

    A status command with the placeholder {component} runs once for each component; without it,
    it runs once for all, and the patterns tell them apart by the same placeholder.
    """

    name = "command"

    def __init__(
        self,
        status: SiteCommand,
        enable: SiteCommand,
        *,
        each: bool,
        states: Mapping[str, SitePattern],
        done: SitePattern,
        components: Mapping[str, str],
    ) -> None:
        self._status, self._enable, self._each = status, enable, each
        self._states, self._done, self._components = states, done, components

    def read(self) -> tuple[Components, str]:
        found: Components = {}
        evidence = []
        shared = None
        for name, title in self._components.items():
            answer = shared or self._status.run(component=title)
            if not self._each:
                shared = answer
            fitting = [s for s, look in self._states.items() if look.fits(answer, component=title)]
            found[name] = dict(STATES[fitting[0]]) if len(fitting) == 1 else {}
            word = " and ".join(fitting) or "no pattern fits"
            evidence.append(f"{name}: {word}" + (f" ({answer.told()})" if self._each else ""))
        if shared is not None:
            evidence.append(f"the site's command: {shared.told()}")
        return found, "; ".join(evidence)

    def enable(self, component: str) -> str:
        answer = self._enable.run(component=self._components.get(component, component))
        if not self._done.fits(answer):
            raise DriverError(
                "endurance_timeout" if answer.exit_code is None else "endurance_refused",
                f"The site's command for enable did not succeed ({answer.told()}).",
                "Look at what it says; only the component's state tells whether it is enabled.",
            )
        return f"the site's command for enable: {answer.told()}"


def endurance_driver(system: Mapping[str, Any], credentials: Any) -> EnduranceDriver:
    """The driver as the inventory describes it; an operator where it is silent.

    system: legacyops_ft_system.
    credentials: legacyops_ft_credentials, or None.
    Raises DriverError: the settings do not make a driver; one sentence each.
    """
    part = system.get("endurance", {"driver": "operator"})
    kind = part.get("driver") if isinstance(part, Mapping) else None
    if kind == "operator":
        return OperatorEndurance()
    if kind == "command":
        return _command(part, credentials)
    raise wrong(f"endurance.driver is {kind!r}.", "Say operator or command.")


def _command(part: Mapping[str, Any], credentials: Any) -> CommandEndurance:
    login = None
    if part.get("credentials") is not None:
        login = Credentials.of(part["credentials"], credentials, "endurance", CREDENTIALS)
    commands = {}
    for verb in ("status", "enable"):
        words = part.get(verb)
        if isinstance(words, list) and any("quorum" in str(word).casefold() for word in words):
            raise wrong(
                f"endurance.{verb} speaks of the quorum, whose override may split the system.",
                "Take it out: starting without the quorum is a decision for the vendor.",
            )
        commands[verb] = SiteCommand(
            words,
            f"endurance.{verb}",
            placeholders=("component",),
            credentials=login,
            by=part.get("credentials_by", "stdin"),
            seconds=part.get("seconds", 60),
        )
    if not any("{component}" in word for word in part["enable"]):
        raise wrong(
            "endurance.enable does not say which Virtual Server.", "Put {component} into it."
        )
    return CommandEndurance(
        commands["status"],
        commands["enable"],
        each=any("{component}" in word for word in part["status"]),
        states=_states(part.get("states")),
        done=SitePattern.of({"exit_codes": part.get("exit_codes", [0])}, "endurance"),
        components=_components(part.get("components")),
    )


def _states(states: Any) -> dict[str, SitePattern]:
    if not isinstance(states, Mapping) or not set(_NEEDED) <= set(states) <= set(STATES):
        raise wrong(
            "endurance.states must tell good, synchronising and failed.",
            f"Give a pattern for each; known are {', '.join(STATES)}.",
        )
    return {str(k): SitePattern.of(v, f"endurance.states.{k}") for k, v in states.items()}


def _components(given: Any) -> dict[str, str]:
    if given is None:
        return dict(TITLES)
    if not isinstance(given, Mapping) or not all(isinstance(v, str) and v for v in given.values()):
        raise wrong("endurance.components must name components.", "Give it as NAME: site's word.")
    return {**TITLES, **{str(k): v for k, v in given.items()}}
