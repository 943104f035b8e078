# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Switches a CoServer on or off by its power driver, and believes only what the driver reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final

from ..._action import ActionError
from ..._action import changed as change_of
from ..._core.ft.system import TITLES, stated_uuid
from ..._io.ft.power import (
    UNKNOWN,
    IpmiPower,
    OperatorPower,
    PowerDriver,
    PowerReading,
    Wiring,
    power_driver,
    wiring_by_shutdown,
    wiring_by_uuid,
)
from ..._io.remote import Remote
from ..._io.site_command import OperatorNeededError
from .action import FT_OPTIONS, FtAction

ARGUMENT_SPEC: dict[str, Any] = {
    "coserver": {"type": "str", "choices": ["coserver1", "coserver2"], "required": True},
    "state": {"type": "str", "choices": ["on", "off", "status"], "default": "status"},
    "way": {"type": "str", "choices": ["at_post", "bios_setup", "shutdown", "cut"]},
    "peer_state": {"type": "str", "choices": ["on", "off"]},
    "wiring_proven": {"type": "bool", "default": False},
    "machine_uuid": {"type": "str"},
    "peer_uuid": {"type": "str"},
    "deadline_seconds": {"type": "int", "default": 600},
    "poll_seconds": {"type": "int"},
    **FT_OPTIONS,
}

# Its Windows answers, but must not be asked: in any other case it is off, starting, or in somebody
# else's hands.
_BEGUN: Final = ("wmi_fails", "installer_busy")
_PEER_SECONDS = 60.0  # how long a board that does not answer is asked again
_PEERS: Final = {"coserver1": "coserver2", "coserver2": "coserver1"}


class Power(FtAction):
    argument_spec = ARGUMENT_SPEC
    argument_rules: ClassVar[dict[str, Any]] = {"required_if": [("state", "off", ["way"])]}

    def act(self, remote: Remote, args: dict[str, Any]) -> dict[str, Any]:
        self._args, self._remote = args, remote
        self._title = TITLES[args["coserver"]]
        self._driver = self._driver_of(args["coserver"])
        self._peer = self._driver_of(_PEERS[args["coserver"]])
        self._before = self._driver.status()
        self._peer_before = self._peer.status()
        wanted = args["state"]
        if wanted == "status" or self._before.state == wanted:
            return self._result(self._before, self._peer_before, changed=False)
        self.guard(remote, args)
        try:
            return self._switch(wanted)
        except OperatorNeededError as needed:
            return self._by_operator(needed, wanted)

    def _driver_of(self, coserver: str) -> PowerDriver:
        system, credentials = self.system(self._args), self.credentials(self._args)
        return power_driver(system, coserver, credentials)

    def _switch(self, wanted: str) -> dict[str, Any]:
        if wanted == "on":
            do: Callable[[], str] = self._driver.on
        elif isinstance(self._driver, OperatorPower):
            raise OperatorNeededError(self._left_to_person(self._driver))
        elif self._args["way"] == "shutdown":
            do = self._shut_down
        else:
            do = self._cut
        if self.check_mode:
            if do == self._cut:
                self._guard()
            return self._result(self._before, self._peer_before, changed=True, wanted=wanted)
        return self._verified(wanted, do())

    def _left_to_person(self, driver: OperatorPower) -> dict[str, str]:
        """What a person is to do; a shutdown is begun through the relay where it can be.

        A restart is not: POST is short, so who stands at the screen begins it.
        """
        begins = self._args["way"] == "shutdown" and not self.person(self._args)
        if begins and not self.check_mode and self._ask_windows():
            return driver.shuts_down()
        return driver.ways()[str(self._args["way"])]

    def _shut_down(self) -> str:
        return self._ask_windows() or "Windows switches off by itself"

    def _ask_windows(self) -> str:
        """Ask the node through the relay to go the way it is to go off; in words what was asked.

        Empty where the relay does not reach the node, or it does not answer: then it is off,
        starting, or in somebody else's hands, and is left alone.
        """
        node = self._args["coserver"]
        if (self.system(self._args).get(node) or {}).get("access") != "relay":
            return ""
        windows = self.relay(self._remote, self._args).windows(node)
        seen = windows.look()
        if seen.obstacle is not None:
            if seen.obstacle.reason in _BEGUN:
                raise seen.obstacle
            return ""
        if self._args["way"] == "shutdown":
            return windows.shut_down(seen.start, power_off=True)
        return windows.restart(seen.start, "Hotfix")

    def _cut(self) -> str:
        """Cut, if nothing speaks against it; a way that leads over the BIOS setup begins there."""
        self._guard()
        if self._args["way"] == "bios_setup" and not self.person(self._args):
            said = self._driver.boot_to_setup()
            asked = self._ask_windows()
            facts = self._facts("; ".join(filter(None, (said, asked))))
            raise self.waiting(
                OperatorNeededError(self._into_setup(bool(asked))), changed=True, **facts
            )
        return self._driver.off()

    def _into_setup(self, asked: bool) -> dict[str, str]:
        title = self._title
        if asked:
            return {
                "en": f"The Windows of {title} restarts now, and ends in the BIOS setup. Confirm "
                "once the screen shows that; the power is cut after it.",
                "ja": f"{title} の Windows を再起動しています。BIOS セットアップ画面で停止します。"
                "画面を確認してから承認してください。その後、電源が切断されます。",
            }
        return {
            "en": f"Restart the Windows of {title}: it ends in the BIOS setup. Confirm once the "
            "screen shows that; the power is cut after it.",
            "ja": f"{title} の Windows を再起動してください。BIOS セットアップ画面で停止します。"
            "画面を確認してから承認してください。その後、電源が切断されます。",
        }

    def _guard(self) -> None:
        """Raises ActionError: the way, the state of the machines or the wiring forbids a cut."""
        facts = self._facts("")
        if self._args["way"] == "at_post":
            raise ActionError(
                "refused",
                f"{self._title} has the power driver {self._driver.name}, and no network sees"
                " POST. Leave the button to an operator, or say bios_setup or shutdown.",
                **facts,
            )
        if self._args["way"] == "bios_setup" and not self._driver.boots_to_setup:
            raise ActionError(
                "not_possible",
                f"The power driver of {self._title} cannot make a start end in the BIOS setup."
                " Give it boot_setup, leave it to an operator, or say shutdown.",
                **facts,
            )
        if self._before.state == UNKNOWN:
            raise ActionError(
                "unknown",
                f"The power driver does not say whether {self._title} is on"
                f" ({self._before.evidence}). Nothing is cut on an unknown state.",
                **facts,
            )
        told = self._args["peer_state"]
        if told is not None and self._peer_before.state != told:
            raise ActionError(
                "peer_state",
                f"The peer of {self._title} is {self._peer_before.state} instead of {told}"
                f" ({self._peer_before.evidence}). Nothing was cut; look at both machines.",
                **facts,
            )
        wiring = self._by_uuid()
        if wiring.result == "wrong":
            raise ActionError(
                "wiring_wrong",
                f"The power driver of {self._title} belongs to another machine"
                f" ({wiring.evidence}). Nothing was cut; correct its address or its wiring.",
                **{**facts, "wiring": wiring.__dict__},
            )
        if wiring.result != "proven" and not self._args["wiring_proven"]:
            raise ActionError(
                "wiring_unproven",
                f"Nothing proves that the power driver switches {self._title}"
                f" ({wiring.evidence}). Give both machines' UUIDs, or let the machine shut down"
                " once and see that its driver and no other goes off.",
                **{**facts, "wiring": wiring.__dict__},
            )

    def _by_uuid(self) -> Wiring:
        if not isinstance(self._driver, IpmiPower) or self._before.state == UNKNOWN:
            return Wiring(UNKNOWN, f"the driver {self._driver.name} gives no UUID")
        form, coserver = self.system(self._args), self._args["coserver"]
        machine = self._args["machine_uuid"] or stated_uuid(form, coserver)
        peer = self._args["peer_uuid"] or stated_uuid(form, _PEERS[coserver])
        return wiring_by_uuid(self._driver.guid(), machine, peer)

    def _verified(self, wanted: str, said: str) -> dict[str, Any]:
        """Look until the driver reads it, or the deadline has passed."""
        progress = self.progress()

        def look() -> PowerReading | None:
            now = self._driver.status()
            progress(f"{self._title} is {now.state}, awaited is {wanted}")
            if now.state == wanted:
                return now
            self._peer_kept(self._peer.status(), said)
            return None

        after = self.wait(look, self._args)
        peer = self._peer_after(said)
        if after is None:
            now = self._driver.status()
            raise ActionError(
                "not_verified",
                f"{self._title} is {now.state} instead of {wanted} after"
                f" {self._args['deadline_seconds']} seconds ({said}; {now.evidence})."
                " Look at the machine before anything else is done.",
                changed=True,
                **self._facts(said),
            )
        return self._result(after, peer, changed=True, said=said)

    def _peer_after(self, said: str) -> PowerReading:
        """The peer's reading, which is as before; a silent board is asked for a while.

        Raises ActionError: it is another one, or it cannot be read any more.
        """
        before = self._peer_before.state

        def look() -> PowerReading | None:
            now = self._peer.status()
            return now if before == UNKNOWN or now.state != UNKNOWN else None

        deadline = min(self._args["deadline_seconds"], _PEER_SECONDS)
        peer = self.wait(look, self._args, deadline=deadline, interval=1)
        peer = peer or PowerReading(UNKNOWN, "its driver does not say any more")
        self._peer_kept(peer, said)
        if peer.state != before:
            raise self._peer_lost("unknown", peer, said)
        return peer

    def _peer_kept(self, peer: PowerReading, said: str) -> None:
        """Raises ActionError: the peer's power changed: a driver may have switched the other."""
        if peer.state not in (UNKNOWN, self._peer_before.state):
            raise self._peer_lost("peer_changed", peer, said)

    def _peer_lost(self, reason: str, peer: PowerReading, said: str) -> ActionError:
        return ActionError(
            reason,
            f"The peer of {self._title} was {self._peer_before.state} and is {peer.state}"
            f" ({peer.evidence}). The driver may switch the other machine: cut nothing more, and"
            " look at both.",
            changed=True,
            **{**self._facts(said), "peer": peer.__dict__},
        )

    def _by_operator(self, needed: OperatorNeededError, wanted: str) -> dict[str, Any]:
        """What a person has done is believed by name; otherwise tell what to do."""
        name = self.person(self._args)
        if not name and not self.check_mode:
            raise self.waiting(needed, **self._facts(""))
        after = PowerReading(wanted, f"{name} says so") if name else self._before
        result = self._result(after, self._peer.status(), changed=True, wanted=wanted)
        return {**result, "instruction": needed.instruction}

    def _facts(self, said: str) -> dict[str, Any]:
        return {
            "power": self._before.state,
            "evidence": "; ".join(filter(None, (said, self._before.evidence))),
            "driver": self._driver.name,
            "peer": self._peer_before.__dict__,
        }

    def _result(
        self,
        now: PowerReading,
        peer: PowerReading,
        *,
        changed: bool,
        said: str = "",
        wanted: str = "",
    ) -> dict[str, Any]:
        before, after = self._before.state, wanted or now.state
        shutdown = wiring_by_shutdown((self._before, self._peer_before), (now, peer))
        # Only a machine that went off by itself proves anything; a cut is no passive proof.
        passive = self._args["state"] == "off" and self._args["way"] == "shutdown"
        wiring = shutdown if passive and changed else self._by_uuid()
        return {
            **self._facts(said),
            "power": now.state,
            "evidence": "; ".join(filter(None, (said, now.evidence))),
            "peer": peer.__dict__,
            "wiring": wiring.__dict__,
            **(change_of(self._args["coserver"], before, after) if changed else {}),
        }
