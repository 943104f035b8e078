# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registered actions: the modules a step may name, and their arguments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

Path = tuple[str, ...]


@dataclass(frozen=True)
class Argument:
    """An argument of an action: JSON type's name, whether it must be given, allowed values."""

    type: str
    required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Action:
    """A registered action.

    takes_out: the arguments with which it takes a server out of service; None: it never does.
    touches: the places of an observation that it changes by its nature; * is any member, {NAME} an
    argument. interruptible: whether waiting for it may be left at any time.
    """

    name: str
    doc: str
    arguments: Mapping[str, Argument]
    takes_out: Mapping[str, Any] | None = None
    touches: tuple[Path, ...] = ()
    interruptible: bool = True


_TYPES: Final[dict[str, type | tuple[type, ...]]] = {
    "text": str,
    "seconds": int,
    "flag": bool,
    "list": list,
}


# Files that wait for a restart are replaced by it. The FTvirtual Server restarts with its sides.
_RESTARTS: Final[tuple[Path, ...]] = (
    ("nodes", "*", "files"),
    ("nodes", "*", "restart_pending"),
    ("nodes", "*", "services"),
)


def _action(
    action: str,
    doc: str,
    /,
    *,
    takes_out: Mapping[str, Any] | None = None,
    touches: tuple[Path, ...] = (),
    interruptible: bool = True,
    **arguments: Argument,
) -> tuple[str, Action]:
    return action, Action(action, doc, arguments, takes_out, touches, interruptible)


ACTIONS: Final[dict[str, Action]] = dict(
    [
        _action(
            "node_info",
            "Reads; builds the chains of the files named in probe_chains (may fetch a root).",
            touches=(("stores",), ("chains",)),  # building a chain may fetch a root
            probe_chains=Argument("list"),
        ),
        _action(
            "root_certificate",
            "Puts a root certificate, pinned by SHA-256, into LocalMachine\\Root.",
            touches=(("stores",),),
            state=Argument("text", True, ("present", "absent")),
            source=Argument("text", True),
            sha256=Argument("text", True),
        ),
        _action(
            "root_update_policy",
            "Lets policy allow the automatic update of root certificates.",
            touches=(("root_update",), ("stores",)),
            state=Argument("text", True, ("allowed", "off")),
        ),
        _action(
            "staged_package",
            "Has a file, pinned by SHA-256, on the host; fetches it from source where it is not.",
            touches=(("files", "{path}"),),
            path=Argument("text", True),
            source=Argument("text"),
            sha256=Argument("text", True),
        ),
        _action(
            "msp_patch",
            "Installs a Windows Installer patch, pinned by SHA-256, detached from the session.",
            takes_out={},
            interruptible=False,
            touches=(
                ("patches", "{patch_code}"),
                ("patches", "*", "state"),  # what it supersedes
                ("files",),
                ("service_modules",),
                ("services",),
                ("pending_restart",),
                ("stores",),
            ),
            package=Argument("text", True),
            sha256=Argument("text", True),
            patch_code=Argument("text", True),
            deadline_seconds=Argument("seconds", True),
            run_as=Argument("text", False, ("system", "user")),
        ),
        _action(
            "ima_service",
            "Has the IMA service running, and staying so for stable_seconds.",
            touches=(("services",),),
            state=Argument("text", True, ("running",)),
            stable_seconds=Argument("seconds"),
            deadline_seconds=Argument("seconds"),
        ),
        _action(
            "reboot",
            "Restarts the host once and waits until it answers again.",
            takes_out={},
            interruptible=False,
            touches=(("services",), ("pending_restart",), ("sessions",), ("files",)),
            deadline_seconds=Argument("seconds", True),
            reason=Argument("text"),
        ),
        _action(
            "logon_mode",
            "Refuses or accepts new logons; may wait for sessions to end, and log users off.",
            takes_out={"state": "drained"},
            touches=(("sessions",),),
            state=Argument("text", True, ("drained", "enabled")),
            method=Argument("text", False, ("change_logon", "external")),
            wait_for_sessions=Argument("flag"),
            deadline_seconds=Argument("seconds"),
            forced_logoff=Argument("flag"),
        ),
        _action(
            "update_exe",
            "Installs a Windows update or a vendor's fix on a node of an FT system, or removes an "
            "update; never restarts the node by itself.",
            interruptible=False,
            touches=(
                ("nodes", "{node}", "updates", "{update}"),
                ("nodes", "{node}", "files"),
                ("nodes", "{node}", "fix_level"),
                ("nodes", "{node}", "later_updates"),
                ("nodes", "{node}", "restart_pending"),
            ),
            node=Argument("text", True),
            operation=Argument("text", True, ("install", "uninstall")),
            update=Argument("text", True),
            package=Argument("text"),
            sha256=Argument("text"),
            switches=Argument("list"),
            uninstaller=Argument("text"),
            deadline_seconds=Argument("seconds", True),
            by=Argument("text", False, ("relay", "operator")),
        ),
        _action(
            "node_restart",
            "Restarts the Windows of a node once and waits until it answers again.",
            interruptible=False,
            touches=_RESTARTS,
            node=Argument("text", True),
            deadline_seconds=Argument("seconds", True),
        ),
        _action(
            "node_shutdown",
            "Shuts the Windows of a node down and waits until it is silent.",
            interruptible=False,
            touches=_RESTARTS,
            node=Argument("text", True),
            deadline_seconds=Argument("seconds", True),
        ),
        _action(
            "power",
            "Switches a CoServer on, or off in one of four ways: at_post (restart, an operator "
            "presses the button at POST), bios_setup (restart into it, then off), shutdown "
            "(Windows switches off), cut (at a STOP screen, or where a person says that it hangs).",
            interruptible=False,
            touches=_RESTARTS,
            coserver=Argument("text", True),
            state=Argument("text", True, ("on", "off")),
            way=Argument("text", False, ("at_post", "bios_setup", "shutdown", "cut")),
            deadline_seconds=Argument("seconds", True),
        ),
        _action(
            "virtual_server",
            "Has a Virtual Server of Endurance enabled.",
            touches=_RESTARTS,
            name=Argument("text", True),
            state=Argument("text", True, ("enabled",)),
            deadline_seconds=Argument("seconds", True),
        ),
        _action(
            "endurance_info",
            "Reads the states of Endurance's components, until what the step expects is there.",
            deadline_seconds=Argument("seconds", True),
        ),
        _action(
            "operator_confirm",
            "Tells a person what to do or to look at, and waits for the confirmation with a name.",
            touches=(("packages",),),
            node=Argument("text", True),
            ask=Argument("text", True, ("screen", "done")),
            deadline_seconds=Argument("seconds", True),
        ),
    ]
)


def takes_out(step: Mapping[str, Any]) -> bool:
    """Return whether a step takes a server out of service, as long as it serves."""
    demanded = ACTIONS[step["action"]].takes_out
    return demanded is not None and all(
        step.get("arguments", {}).get(name) == value for name, value in demanded.items()
    )


def leaves_service(steps: Iterable[Mapping[str, Any]]) -> bool:
    """Return whether a plan's steps take their server out of service for a while."""
    return any(takes_out(step) or step["returns_to_service"] for step in steps)


def touched(step: Mapping[str, Any]) -> list[Path]:
    """Return the places of an observation that a step changes by its nature; * is any member."""
    arguments = step["arguments"]
    return [
        tuple(
            str(arguments.get(part[1:-1], part)) if part.startswith("{") else part for part in path
        )
        for path in ACTIONS[step["action"]].touches
    ]


def is_setting(value: Any) -> bool:
    """Return whether a value of an advisory stands for a setting: {setting: NAME}."""
    return isinstance(value, Mapping) and set(value) == {"setting"}


def wrong_arguments(action: str, arguments: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with the arguments of a registered action, one sentence each."""
    known, wrong = ACTIONS[action].arguments, []
    for name in sorted(arguments.keys() - known.keys()):
        wrong.append(f"action {action} has no argument {name}; it has {', '.join(sorted(known))}")
    for name, argument in known.items():
        if argument.required and arguments.get(name) is None:
            wrong.append(f"action {action} needs the argument {name}")
        elif name in arguments and not _fits(arguments[name], argument):
            allowed = ", ".join(argument.choices) or f"a {argument.type}"
            wrong.append(f"argument {name} of action {action} must be {allowed}")
    return wrong


def _fits(value: Any, argument: Argument) -> bool:
    if value is None or is_setting(value):
        return True
    if isinstance(value, bool) and argument.type != "flag":
        return False
    return isinstance(value, _TYPES[argument.type]) and (
        not argument.choices or value in argument.choices
    )
