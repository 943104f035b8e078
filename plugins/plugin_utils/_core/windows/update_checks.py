# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of one Windows' age: its build, its updates, files' versions, registry values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from ..checks import ANY, Arguments, Reading, Value, mapping, register, unknown
from ..levels import Version, version_of
from ..observation import UNKNOWN, Observation, Request, quote
from .checks import one_file


@register(
    "windows_build",
    limits={
        "at_least": ("the build of Windows is {value} or later", "Windows のビルドが {value} 以降"),
        "at_most": (
            "the build of Windows is {value} or earlier",
            "Windows のビルドが {value} 以前",
        ),
    },
    reads={"want": ["system"]},
)
def windows_build(observation: Observation, _arguments: Arguments) -> Reading:
    """The build of Windows: 6001 to 6003 for Windows Server 2008."""
    return _number(observation, "build", "build")


@register(
    "service_pack",
    limits={
        "at_least": ("Service Pack {value} or later is in", "Service Pack {value} 以降が適用済み"),
        "at_most": ("Service Pack {value} or earlier is in", "Service Pack {value} 以前"),
    },
    reads={"want": ["system"]},
)
def service_pack(observation: Observation, _arguments: Arguments) -> Reading:
    """The major version of the installed service pack; 0: none."""
    return _number(observation, "service_pack", "Service Pack")


def _number(observation: Observation, member: str, called: str) -> Reading:
    value = mapping(observation, "system").get(member)
    if isinstance(value, bool) or not isinstance(value, int):
        return unknown(observation, "system")
    return Reading(value, f"{called} {value}")


# --- Installed updates ------------------------------------------------------------------------

# What the CurrentState of a package of component based servicing means (TechNet, "CBS Servicing
# States", which does not name Windows Server 2008). The first that one of an update's packages has
# is what the update is: packages for features that are not there stay absent or staged. Any other
# state, 0x65 (partially installed) too, is unknown: nobody says that the next start completes it.
_STATES: Final[tuple[tuple[frozenset[int], str], ...]] = (
    (frozenset({0x60}), "install_pending"),
    (frozenset({0x70, 0x80}), "installed"),
    (frozenset({0x50}), "superseded"),
    (frozenset({0x40}), "staged"),
    (frozenset({0x00}), "absent"),
)
_KNOWN: Final = frozenset(number for numbers, _word in _STATES for number in numbers)


def _update_request(arguments: Arguments) -> Request:
    stack = {"want": ["servicing_stack"]} if arguments.get("contained_in_stack") else {}
    return {"windows_updates": [arguments["update"]], **stack}


@register(
    "update_installed",
    Value("installed", "the update is|installed", "更新プログラムが|適用済み"),
    Value(
        "superseded",
        "the update is|superseded by a later one",
        "更新プログラムが|後続の更新プログラムに置換済み",
    ),
    Value(
        "install_pending",
        "the update is|installed by the next restart",
        "更新プログラムが|再起動後に適用完了",
    ),
    Value("staged", "the update is|staged, and not installed", "更新プログラムが|展開のみで未適用"),
    Value("absent", "the update is|not installed", "更新プログラムが|未適用"),
    reads=_update_request,
    update=True,
    contained_in_stack=False,
)
def update_installed(observation: Observation, arguments: Arguments) -> Reading:
    """Is a Windows update (its number, as KB4474419) installed, by both signs of Windows?

    They are Win32_QuickFixEngineering, and the states of its packages in component based servicing;
    where they disagree, or one was not read, it is unknown. contained_in_stack: of an update of the
    servicing stack, its version: a later stack has what it brings; where none was read, unknown.
    """
    name = str(arguments["update"])
    record = mapping(observation, "windows_updates").get(name)
    if not isinstance(record, Mapping) or not isinstance(record.get("listed"), bool):
        return unknown(observation, "windows_updates")
    packages, listed = record["packages"], record["listed"]
    state = _state_of(packages.values())
    said = f"{name} is {'listed' if listed else 'not listed'}; {_packages(packages)}"
    if state == "installed" and not listed:
        return Reading(UNKNOWN, f"the signs disagree: {said}")
    if state in ("absent", "staged") and listed:
        return Reading(UNKNOWN, f"the signs disagree: {said}")
    asked = state in ("absent", "staged") and bool(arguments.get("contained_in_stack"))
    versions = mapping(observation, "servicing_stack").get("versions") if asked else []
    if not isinstance(versions, list):
        return unknown(observation, "servicing_stack")
    later = _later_stack(versions, arguments) if asked else None
    if later:
        return Reading("superseded", f"{said}; the servicing stack is {later}")
    return Reading(UNKNOWN if state is None else state, said)


def _state_of(states: Iterable[Any]) -> str | None:
    """Return what an update is by the states of its packages; None: one is not known."""
    found = set(states)
    if not found <= _KNOWN:
        return None
    return next((word for numbers, word in _STATES if numbers & found), "absent")


def _packages(packages: Mapping[str, Any]) -> str:
    if not packages:
        return "no package of it is there"
    told = [f"{quote(name, 90)} {_hex(state)}" for name, state in sorted(packages.items())[:3]]
    more = f" and {len(packages) - 3} more" if len(packages) > 3 else ""
    return f"states of its packages: {', '.join(told)}{more}"


def _hex(state: Any) -> str:
    return f"{state:#04x}" if isinstance(state, int) else "unknown"


def _later_stack(versions: list[Any], arguments: Arguments) -> str | None:
    """Return the version of the servicing stack where it has what the update brings."""
    wanted = version_of(str(arguments["contained_in_stack"]))
    if wanted is None:
        return None
    found: list[Version] = [v for v in map(version_of, map(str, versions)) if v is not None]
    newest = max(found, default=None)
    return ".".join(map(str, newest)) if newest is not None and newest >= wanted else None


# --- Files and the registry -------------------------------------------------------------------


@register(
    "file_version",
    Value("reached", "the file has|the version, or a later one", "ファイルが|必要なバージョン以上"),
    Value("below", "the file has|an earlier version", "ファイルが|必要なバージョン未満"),
    Value("missing", "the file|is not there", "ファイルが|存在しない"),
    reads=lambda a: {"files": [{"path": a["file"], "version": True}]},
    file=True,
    at_least=True,
)
def file_version(observation: Observation, arguments: Arguments) -> Reading:
    """Has a file (path) at least a version of four numbers, by its version resource?"""
    path, wanted = arguments["file"], version_of(str(arguments["at_least"]))
    record = one_file(observation, path)
    if record is None or not isinstance(record.get("exists"), bool):
        return unknown(observation, "files")
    if not record["exists"]:
        return Reading("missing", f"{quote(path)} is not there")
    text = record.get("version")
    have = version_of(text) if isinstance(text, str) else None
    if have is None or wanted is None:
        return Reading(UNKNOWN, quote(record.get("error") or f"{path}: no version was read"))
    words = (
        f"{quote(path)} has version {quote(text, 40)}, {quote(arguments['at_least'], 40)} is asked"
    )
    return Reading("reached" if have >= wanted else "below", words)


@register(
    "registry_value",
    Value("missing", "the registry value|is not there", "レジストリ値が|存在しない"),
    Value(ANY, "the registry value is|{value}", "レジストリ値が|{value}"),
    reads=lambda a: {"registry": [{"key": a["key"], "name": a["name"]}]},
    key=True,
    name=True,
)
def registry_value(observation: Observation, arguments: Arguments) -> Reading:
    """What is a value below HKEY_LOCAL_MACHINE, as text? A number is its decimal digits."""
    wanted = f"{arguments['key']}\\{arguments['name']}"
    record = mapping(observation, "registry").get(wanted)
    if not isinstance(record, Mapping) or not isinstance(record.get("exists"), bool):
        return unknown(observation, "registry")
    if not record["exists"]:
        return Reading("missing", f"{quote(wanted)} is not there")
    value = record.get("value")
    if not isinstance(value, str):
        return unknown(observation, "registry")
    return Reading(value, f"{quote(wanted)} is {quote(value, 80)}")
