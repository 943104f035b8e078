# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is an FT system's own on the way of a step: what people see, power, and its journal's head.

What Endurance Manager, a screen or a list of programs shows, only a person may be able to tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, Final

from ..._core.actions import action_of, effect_of
from ..._core.checks import Verdict, check_of, value_of
from ..._core.ft.machine_checks import SCREENS
from ..._core.ft.reported import (
    BOARD,
    BOARD_LOOK,
    LOOKS,
    SCREEN_LOOKS,
    UPDATE,
    UPDATE_LOOK,
)
from ..._core.ft.system import COSERVERS, TITLES
from ..._core.model import Ref
from ..._core.observation import UNKNOWN, Observation
from ..._core.records import Step
from ..._io.remote import RemoteError
from ..hooks import Entries, Hooks
from ..people import Instruction, Look
from .observer import FtObserver

if TYPE_CHECKING:
    from ..step import Result

_SWITCHES: Final = ("switches_on", "switches_off")
# After these a node comes up, or is on its way down.
_STARTS: Final = ("restarts", *_SWITCHES)
_BOARD: Final = Look(
    BOARD_LOOK,
    {
        "en": "Look at Endurance Manager and say what it shows.",
        "ja": "Endurance Manager の表示を確認し、報告してください。",
    },
    tuple(BOARD),
)
_SCREEN: Final = {
    "en": "Look at the screen of {node} and say what it shows. Press nothing.",
    "ja": "{node} の画面の表示を確認し、報告してください。操作はしないでください。",
}
_PROGRAMS: Final = {
    "en": "On {node}, look whether {update} is in the list of installed programs, and whether its "
    "folder $NtUninstall{update}$ is in %windir%.",
    "ja": "{node} の「プログラムの追加と削除」に {update} があるか、%windir% に "
    "$NtUninstall{update}$ フォルダーがあるかを確認してください。",
}


class FtHooks(Hooks):
    """An FT system."""

    observer: FtObserver
    go_ahead: ClassVar[Mapping[str, str]] = {
        "en": "Two people answer for it. Look at both machines and say that the driver may go "
        "ahead:",
        "ja": "2 名での確認が必要です。両方の機械を確認し、ドライバーによる実施を承認してください:",
    }
    suffixes: ClassVar[tuple[str, ...]] = LOOKS

    # --- Acting -----------------------------------------------------------------------------

    def arguments(self, step: Step, before: Observation, journal: Entries) -> Result:
        """Of power: what is proven of its wiring, and what the other machine is to stay like."""
        if effect_of(step) not in _SWITCHES:
            return super().arguments(step, before, journal)
        power, target = before.data["power"], step.node
        peer = next(name for name in COSERVERS if name != target)
        driven = power[peer]["driver"] != "operator" and power[peer]["state"] in ("on", "off")
        return {
            "wiring_proven": power[target]["wiring"] == "proven",
            "machine_uuid": power[target].get("machine_uuid"),
            "peer_uuid": power[peer].get("machine_uuid"),
            **({"peer_state": power[peer]["state"]} if driven else {}),
        }

    def acted(self, step: Step, result: Result) -> None:
        if effect_of(step) in _SWITCHES:
            self.observer.wiring_shown(str(step.node), result.get("wiring"))

    def persons_part(self, step: Step) -> Instruction | None:
        if action_of(step).fetches and self.observer.relay is None:
            return [_at_hand(step)]
        return super().persons_part(step)

    def note_head(self, head: str) -> None:
        with suppress(RemoteError):  # an older head on record proves less, and nothing wrong
            self.observer.owner.note_head(self.change.id, self.change.run(), head)

    # --- What people see --------------------------------------------------------------------

    def looks(self, step: Step, missing: Sequence[Verdict]) -> list[Look]:
        listed = [verdict for verdict in missing if self._is_listed(step, verdict)]
        screens = {node for v in missing if (node := self._unseen_screen(v)) is not None}
        rest = [v for v in missing if v not in listed and self._unseen_screen(v) is None]
        if rest and not self.would_be_told(rest):
            return []
        looks = [_programs(step)] if listed else []
        looks += [_screen(node) for node in sorted(screens)]
        return [*looks, _BOARD] if rest else looks

    def look_for(self, step: Step, missing: Sequence[Verdict]) -> Look | None:
        # What is waited for, and what only a person sees come, is asked for again.
        awaited = action_of(step).waits and self.only_people_tell(missing)
        return _BOARD if awaited or self.would_be_told(missing) else None

    def would_be_told(self, missing: Sequence[Verdict]) -> bool:
        """Whether all that is missing is what a person would see in Endurance Manager."""
        return (
            bool(missing)
            and self.only_people_tell(missing)
            and all(_may_still_come(verdict) for verdict in missing)
        )

    def only_people_tell(self, missing: Sequence[Verdict]) -> bool:
        if self.observer.form["endurance"]["driver"] != "operator":
            return False
        return all(self._is_on_the_board(verdict.ref) for verdict in missing)

    def seconds_of_start(self, step: Step, journal: Entries) -> float:
        """As long as a start takes as a rule, where it was the last act on the node.

        0 where it was not, and where nobody but a person can hear of the node.
        """
        node = str(step.node)
        if step.arguments.get("ask") != "screen" or self._is_a_persons(node):
            return 0.0
        steps = {each.id: each for each in self.change.entry(self.action.host)["steps"]}
        for entry in reversed([entry for entry in journal if entry.kind == "intent"]):
            act: Step | None = steps.get(str(entry.step))
            if act is not None and act.node == node and effect_of(act) in _STARTS:
                return float(act.seconds["expected"])
        return 0.0

    def _is_a_persons(self, node: str) -> bool:
        return bool(self.observer.form[node]["access"] == "operator")

    def _unseen_screen(self, verdict: Verdict) -> str | None:
        """The node at whose screen a person sees what is missing; None where it is no screen."""
        given = verdict.ref.get("with", {})
        node = given.get("node")
        if check_of(verdict.ref).seen_at != "screen" or node not in COSERVERS:
            return None
        return node if self._is_a_persons(node) and _may_still_come(verdict) else None

    def _is_listed(self, step: Step, verdict: Verdict) -> bool:
        """Whether a person at the step's node sees in its list of programs what is missing."""
        given = verdict.ref.get("with", {})
        return (
            verdict.holds is None
            and check_of(verdict.ref).seen_at == "programs"
            and list(given["nodes"]) == [step.node]
            and given["update"]["id"] == step.arguments.get("update")
            and self._is_a_persons(str(step.node))
        )

    def _is_on_the_board(self, ref: Ref) -> bool:
        """Whether Endurance Manager shows it; so it does whether the FTvirtual Server runs."""
        if check_of(ref).seen_at == "screen" and ref["with"].get("node") == "ftvirtual":
            return self._is_a_persons("ftvirtual")
        return check_of(ref).seen_at == "board"


def _may_still_come(verdict: Verdict) -> bool:
    return verdict.value is UNKNOWN or value_of(verdict).course == "coming"


def _screen(node: str) -> Look:
    """What a node's screen shows."""
    words = {language: text.format(node=TITLES[node]) for language, text in _SCREEN.items()}
    return Look(SCREEN_LOOKS[node], words, tuple(sorted(SCREENS)))


def _programs(step: Step) -> Look:
    """Whether the step's update is on its node."""
    names = {"node": TITLES[str(step.node)], "update": step.arguments["update"]}
    words = {language: text.format(**names) for language, text in _PROGRAMS.items()}
    return Look(UPDATE_LOOK, words, tuple(UPDATE))


def _at_hand(step: Step) -> dict[str, Any]:
    given = step.arguments
    return {
        "clause": None,
        "en": f"Have {given['path']} at hand, and compare its SHA-256 with {given['sha256']}.",
        "ja": f"{given['path']} を用意し、SHA-256 が {given['sha256']} であることを確認します。",
    }
