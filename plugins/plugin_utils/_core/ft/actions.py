# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The actions on an FT system: its updates, its power, Endurance, and what only people can do."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from ..actions import Answers, Argument, Arguments, Path, register_of_node
from ..actions import register as _register
from ..windows import actions as _of_any_windows  # noqa: F401  # registered first
from .machine_checks import SCREENS
from .observed import table
from .reported import BOARD, STARTING, STOPPING
from .system import Form

register = partial(_register, kind="ft_system")


# Files that wait for a restart are replaced by it. The FTvirtual Server restarts with its sides.
_RESTARTS: Final[tuple[Path, ...]] = (
    ("nodes", "*", "files"),
    ("nodes", "*", "restart_pending"),
    ("nodes", "*", "services"),
    ("endurance",),
)
_SCREENS: Final = tuple(sorted(SCREENS))
_BOARD: Final = Answers("board", tuple(BOARD), tuple(BOARD))
_STARTS: Final = Answers("screen", _SCREENS, ("windows",), STARTING)


def _by_node(form: Form, arguments: Arguments) -> str:
    """Return relay, or operator: the node's access, where the step does not say otherwise."""
    by = arguments.get("by") or table(form.get(arguments["node"])).get("access", "operator")
    return str(by)


def _by_power(form: Form, arguments: Arguments) -> str:
    power = table(form.get(arguments["coserver"])).get("power")
    return str(power["driver"]) if isinstance(power, Mapping) else "operator"


def _by_endurance(form: Form, _arguments: Arguments) -> str:
    return str(table(form.get("endurance")).get("driver", "operator"))


def _of_update(arguments: Arguments) -> Answers:
    done = "removed" if arguments["operation"] == "uninstall" else "installed"
    return Answers("update", (done, f"not_{done}"), (done,))


def _of_power(arguments: Arguments) -> Answers:
    if arguments["state"] == "on":
        return _STARTS
    good = ("bios_setup", "dark") if arguments.get("way") == "bios_setup" else ("dark",)
    return Answers("screen", _SCREENS, good, STOPPING)


def _of_confirm(arguments: Arguments) -> Answers:
    return Answers("screen", _SCREENS, _SCREENS) if arguments["ask"] == "screen" else Answers()


_NODE: Final = Argument("text", True, what=True, node=True)
_DEADLINE: Final = Argument("seconds", True)

register(
    "update_exe",
    "Installs a Windows update or a vendor's fix on a node of an FT system, or removes an "
    "update; never restarts the node by itself.",
    touches=(
        ("nodes", "{node}", "updates", "{update}"),
        ("nodes", "{node}", "files"),
        ("nodes", "{node}", "fix_level"),
        ("nodes", "{node}", "later_updates"),
        ("nodes", "{node}", "restart_pending"),
    ),
    interruptible=False,
    installs=True,
    done_by=_by_node,
    answers=_of_update,
    # Of a fix its exit code tells; an update always waits for the node's restart.
    owes_restart=lambda a: bool(a["update"] != "fix"),
    node=_NODE,
    operation=Argument("text", True, ("install", "uninstall"), what=True),
    update=Argument("text", True, what=True),
    package=Argument("text"),
    sha256=Argument("sha256"),
    switches=Argument("list"),
    uninstaller=Argument("text"),
    deadline_seconds=_DEADLINE,
    by=Argument("text", False, ("relay", "operator")),
)
register_of_node(
    "restart",
    touches=_RESTARTS,
    done_by=_by_node,
    answers=lambda _: _STARTS,
)
register(
    "shutdown",
    "Shuts the Windows of a node down and waits until it is silent.",
    touches=_RESTARTS,
    interruptible=False,
    effect="shuts_down",
    done_by=_by_node,
    answers=lambda _: Answers("shutdown", ("down", "runs"), ("down",)),
    node=_NODE,
    deadline_seconds=_DEADLINE,
)
register(
    "power",
    "Switches a CoServer on, or off in one of four ways: at_post (restart, an operator "
    "presses the button at POST), bios_setup (restart into it, then off), shutdown "
    "(Windows switches off), cut (at a STOP screen, or where a person says that it hangs).",
    touches=_RESTARTS,
    interruptible=False,
    effect=lambda a: "switches_on" if a["state"] == "on" else "switches_off",
    done_by=_by_power,
    answers=_of_power,
    two_people=lambda a: bool(a["state"] == "off"),
    coserver=_NODE,
    state=Argument("text", True, ("on", "off"), what=True),
    way=Argument("text", False, ("at_post", "bios_setup", "shutdown", "cut"), what=True),
    deadline_seconds=_DEADLINE,
)
register(
    "virtual_server",
    "Has a Virtual Server of Endurance enabled.",
    touches=_RESTARTS,
    done_by=_by_endurance,
    answers=lambda _: _BOARD,
    name=Argument("text", True, what=True),
    state=Argument("text", True, ("enabled",), what=True),
    deadline_seconds=_DEADLINE,
)
register(
    "endurance_info",
    "Reads the states of Endurance's components, until what the step expects is there.",
    looks=True,
    waits=True,
    done_by=_by_endurance,
    answers=lambda _: _BOARD,
    deadline_seconds=_DEADLINE,
)
_register(
    "operator_confirm",
    "Tells a person what to do or to look at, and waits for the confirmation with a name.",
    touches=(("packages",),),
    done_by=lambda _form, _: "operator",
    persons=True,
    answers=_of_confirm,
    word_alone=lambda a: bool(a["ask"] == "done"),
    node=Argument("text", what=True, node=True),  # on a server there is none
    ask=Argument("text", True, ("screen", "done")),
    deadline_seconds=_DEADLINE,
)
