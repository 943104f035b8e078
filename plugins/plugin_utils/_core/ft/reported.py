# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people say of an FT system, and what it means for the observation.

Two sources: ``legacyops_ft_reported``, what somebody has seen before there was a plan, and the
confirmations of a change. Both are folded, in the order of their time, into the parts of an
observation (docs/ft-observation.md). What was said of a node or of Endurance before something
was done to it is outdated, and left out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from ..actions import action_of, answers_to, effect_of, touched
from ..entry import Entry
from ..formats import moment
from ..people import is_later
from ..records import Step
from ..schema import judged
from .system import COSERVERS, NODES, fix_steps

Form = Mapping[str, Any]
Words = dict[str, Any]

SETTING: Final = "legacyops_ft_reported"
# Added to a step's id: a look that is asked for besides the step itself. At Endurance Manager; or
# at the list of programs of the step's node, for the update that the step is about; or at a node's
# screen (STEP+coserver1).
BOARD_LOOK: Final = "+board"
UPDATE_LOOK: Final = "+update"
SCREEN_LOOKS: Final = {name: f"+{name}" for name in NODES}
LOOKS: Final = (BOARD_LOOK, UPDATE_LOOK, *SCREEN_LOOKS.values())
# What the list of programs and %windir% may show: is it listed, is its uninstall folder there.
UPDATE: Final = {
    "installed": (True, True),
    "installed_without_folder": (True, False),
    "not_installed": (False, False),
}
# What Endurance Manager shows as a whole: Virtual Server1, Virtual Server2, the mirror sets.
# Colours are the notice's; the states' words are those of Endurance's guide.
_GREEN, _LIGHT = {"colour": "dark_green"}, {"colour": "light_green"}
_FAILED, _OFFLINE, _DEGRADED = {"state": "Failed"}, {"state": "Offline"}, {"state": "Degraded"}
BOARD: Final[dict[str, tuple[dict[str, str], ...]]] = {
    "dark_green": (_GREEN, _GREEN, _GREEN),
    "light_green": (_LIGHT, _LIGHT, _LIGHT),
    "virtual_server1_only": (_GREEN, _FAILED, _DEGRADED),
    "virtual_server1_starting": (_LIGHT, _FAILED, _DEGRADED),
    "virtual_server2_only": (_FAILED, _GREEN, _DEGRADED),
    "failed": (_FAILED, _FAILED, _DEGRADED),
    "offline": (_OFFLINE, _OFFLINE, _DEGRADED),
}
# How long a screen counts that goes on by itself; others stay until somebody does something.
SCREEN_SECONDS: Final = 600
_LASTING: Final = ("windows", "dark")
# Screens that a start, or a shutdown, shows on its way.
STARTING: Final = ("post", "booting", "chkdsk")
STOPPING: Final = ("shutting_down",)
_RUNS: Final = ("dark_green", "virtual_server1_only", "virtual_server2_only")
_DOWN: Final = ("failed", "offline")


def fold(
    said: Mapping[str, Any] | None,
    steps: Sequence[Step],
    confirmations: Iterable[Mapping[str, Any]],
    acts: Iterable[Entry],
    form: Form,
    now: str | None = None,
) -> Words:
    """Return the parts of an observation that rest on people's words.

    said: legacyops_ft_reported. confirmations: records as _io.confirmations keeps them, looks at
    the board (STEP+board) among them. acts: journal entries; one of kind intent outdates what was
    said before of what it acts on. now: ISO 8601 UTC; a screen that goes on by itself (a STOP
    screen restarts, POST passes) is believed for some minutes only. None: for ever.
    """
    book = _Book(form)
    book.begin(said or {})
    order = {step.id: number for number, step in enumerate(steps)}
    began = [(act.utc, str(act.step), None) for act in acts if act.kind == "intent"]
    told = [(str(record["utc"]), str(record["step"]), record) for record in confirmations]
    since = str((said or {}).get("utc") or "")

    def when(event: tuple[str, str, Mapping[str, Any] | None]) -> tuple[str, int, bool]:
        """Within one second the steps' order tells: a step begins, then a person confirms it."""
        utc, step, record = event
        return utc, order[_step_of(step)], record is not None

    known = [e for e in (*began, *told) if _step_of(e[1]) in order and e[0] >= since]
    for _utc, step_id, record in sorted(known, key=when):
        step = steps[order[_step_of(step_id)]]
        if record is None:
            book.acted(step)
        else:
            book.told(step, record)
    return book.words(now)


def _step_of(asked: str) -> str:
    """Return the step that a look was asked for; any other is a step itself."""
    step, plus, look = asked.rpartition("+")
    return step if plus + look in LOOKS else asked


class _Book:
    """The words that still count."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.nodes: dict[str, dict[str, Any]] = {name: {} for name in NODES}
        # How often each node was started by a person's word: what tells one start from the next.
        self.starts = dict.fromkeys(NODES, 0)
        self.power: dict[str, str] = {}
        self.components: dict[str, dict[str, str]] = {}
        self.by = ""
        # Whether something was done that starts the FTvirtual Server, which was down.
        self.starts_ftvirtual = False
        self.packages: dict[str, dict[str, str]] = {}

    def begin(self, said: Mapping[str, Any]) -> None:
        record = {"name": said.get("by"), "utc": said.get("utc")}
        for name in NODES:
            self._tell(name, said.get(name) or {}, record)
        for name, state in (said.get("power") or {}).items():
            self.power[name] = _on_or_off(state)
        if said.get("board"):
            self.board(str(said["board"]), record)
        for name in said.get("packages") or ():
            self._has(str((self.form.get(name) or {}).get("sha256", "")), record)

    def _tell(self, name: str, words: Mapping[str, Any], record: Mapping[str, Any]) -> None:
        node = self.nodes[name]
        if "screen" in words:
            self._screen(name, str(words["screen"]), record)
        for key in ("listed", "uninstaller"):
            for update, there in (words.get(key) or {}).items():
                node.setdefault("updates", {}).setdefault(update, {})[key] = bool(there)
        if words.get("fix_level") is not None:
            node["fix_level"] = {"text": str(words["fix_level"])}
        if "restart_pending" in words:
            node["restart_pending"] = bool(words["restart_pending"])

    def _screen(self, name: str, value: str, record: Mapping[str, Any]) -> None:
        said = {"value": value, "by": record.get("name"), "utc": record.get("utc")}
        self.nodes[name].setdefault("reported", {})["screen"] = said

    def _has(self, sha256: str, record: Mapping[str, Any]) -> None:
        if sha256:
            self.packages[sha256.upper()] = {"by": str(record["name"])}

    def board(self, word: str, record: Mapping[str, Any]) -> None:
        """What Endurance Manager shows as a whole, and so whether the FTvirtual Server runs."""
        one, two, mirrors = BOARD[word]
        whole = _DEGRADED if word not in ("dark_green", "light_green") else one
        whole = _FAILED if word in _DOWN else whole
        self.components = {
            "virtual_server1": dict(one),
            "virtual_server2": dict(two),
            "mirrors": dict(mirrors),
            "ftvirtual": dict(whole),
        }
        for name, side in zip(COSERVERS, (one, two), strict=True):
            self.components[name] = dict(side if side in (_GREEN, _LIGHT) else _DEGRADED)
        self.by = str(record.get("name") or "")
        if word in _RUNS:
            self._screen("ftvirtual", "windows", record)
            if self.starts_ftvirtual:
                self.starts_ftvirtual = False
                self._started("ftvirtual")
        elif word in _DOWN:
            self._screen("ftvirtual", "dark", record)

    def told(self, step: Step, record: Mapping[str, Any]) -> None:
        """What a person has answered to a step, or to a look that it asked for."""
        look, saw = str(record["step"]).removeprefix(step.id), str(record["saw"])
        if look == BOARD_LOOK:
            self.board(saw, record)
        elif look == UPDATE_LOOK:
            self.listed(step, saw)
        elif look:
            self.seen(look.removeprefix("+"), saw, record)
        else:
            self.confirmed(step, record)

    def seen(self, name: str, screen: str, record: Mapping[str, Any]) -> None:
        """What a node's screen shows, and so whether a CoServer is on."""
        self._screen(name, screen, record)
        if name in COSERVERS:
            self.power[name] = "off" if screen == "dark" else "on"

    def acted(self, step: Step) -> None:
        """Something is about to be done: what was said of it counts no more."""
        if action_of(step).word_alone(step.arguments):
            # A logon starts the FTvirtual Server, and leaves the node itself as it is.
            self.starts_ftvirtual = True
            self.components = {}
            self.nodes["ftvirtual"].pop("reported", None)
        effect = effect_of(step)
        if ("endurance",) not in touched(step):
            return
        screen = self.nodes["ftvirtual"].get("reported", {}).get("screen", {}).get("value")
        if not effect and screen == "dark":
            self.starts_ftvirtual = True
        self.components = {}
        name = str(step.node or "ftvirtual")
        self.nodes[name].pop("reported", None)
        self.nodes["ftvirtual"].pop("reported", None)
        if effect in ("switches_on", "switches_off"):
            self.power.pop(name, None)

    def confirmed(self, step: Step, record: Mapping[str, Any]) -> None:
        """A person has done what the step asks, or has looked."""
        given, saw = step.arguments, record.get("saw")
        name, effect = str(step.node or ""), effect_of(step)
        match answers_to(step).about, saw:
            case "screen", str() if effect in ("switches_on", "switches_off"):
                self._powered(name, saw, record, started=effect == "switches_on")
            case "screen", str():
                self._screen(name, saw, record)
                if saw == "windows" and effect == "restarts":
                    self._started(name)
            case "update", ("removed" | "installed"):
                self._updated(name, given, there=saw == "installed")
            case "shutdown", "down":
                self.board("offline", record)
            case "board", str():
                self.board(saw, record)
            case "package", "at_hand":
                self._has(str(given["sha256"]), record)

    def _powered(self, name: str, saw: str, record: Mapping[str, Any], *, started: bool) -> None:
        self.seen(name, saw, record)
        if saw == "dark" or (started and saw == "windows"):
            self._started(name)

    def _started(self, name: str) -> None:
        """It runs nothing any more that it had loaded before; so it is as soon as it is off."""
        self.starts[name] += 1
        self.nodes[name]["restart_pending"] = False

    def listed(self, step: Step, saw: str) -> None:
        """What a person found of an update on the step's node."""
        listed, folder = UPDATE[saw]
        signs = self.nodes[str(step.node)].setdefault("updates", {})
        signs[step.arguments["update"]] = {"listed": listed, "uninstaller": folder}

    def _updated(self, name: str, given: Mapping[str, Any], *, there: bool) -> None:
        node = self.nodes[name]
        if given["update"] == "fix":
            fix = self.form.get("vendor_fix") or {}
            node["fix_level"] = {"text": str(fix.get("level", ""))}
            node["restart_pending"] = f"restart_{name}" in {s["id"] for s in fix_steps(self.form)}
            return
        signs = node.setdefault("updates", {}).setdefault(given["update"], {})
        signs.update({"listed": there, "uninstaller": there})
        node["restart_pending"] = True

    def words(self, now: str | None) -> Words:
        """The parts, in the form of docs/ft-observation.md."""
        nodes = {}
        for name, words in self.nodes.items():
            if now is not None and _has_passed(words.get("reported", {}).get("screen"), now):
                words.pop("reported")
            if (self.form.get(name) or {}).get("access") == "operator":
                system = {"starts_told": self.starts[name]}
                nodes[name] = {
                    "source": "operator",
                    "system": system,
                    "job": {"state": "none"},
                    **words,
                }
            elif "reported" in words:
                nodes[name] = {"reported": words["reported"]}
        endurance = [{"source": f"operator {self.by}", "components": self.components}]
        return {
            "nodes": nodes,
            "power": self.power,
            "endurance": endurance if self.components else [],
            "packages": self.packages,
        }


def _has_passed(screen: Mapping[str, Any] | None, now: str) -> bool:
    """Whether a screen was seen too long ago to be still there; one without a time was."""
    if screen is None or screen["value"] in _LASTING:
        return False
    if not _is_utc(screen["utc"]):
        return True
    age = dt.datetime.fromisoformat(now) - dt.datetime.fromisoformat(screen["utc"])
    return age.total_seconds() > SCREEN_SECONDS


def _on_or_off(value: Any) -> str:
    """YAML 1.1 reads on and off as true and false."""
    return (
        {True: "on", False: "off"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    )


def wrong_words(said: Any, now: str | None = None) -> list[str]:
    """Return what is wrong with legacyops_ft_reported, one sentence each that says what to do.

    now: ISO 8601 UTC; what was seen later than in some minutes, nobody has seen. None: not judged.
    """
    wrong = judged({"ft_reported": said})
    if said is None or wrong or now is None or not is_later(said["utc"], now):
        return wrong
    return [
        f"{SETTING}.utc is {said['utc']}, which is still to come (it is {now}): say when it was "
        "seen, in UTC."
    ]


def _is_utc(value: Any) -> bool:
    return isinstance(value, str) and value.endswith("Z") and moment(value) is not None
