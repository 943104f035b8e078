# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of an FT system's drivers: power, Endurance, and where the fix level is read.

The drivers of _io take exactly these settings (a test compares them). Here they are judged before
anything is touched, and every fault is the end of a sentence that begins with the setting's name.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from .machine_uuid import nobodys, parsed

# A value's fault, as the end of a sentence, or None.
Judge = Callable[[Any], str | None]

_LONGEST_TEXT: Final = 500
_SHOWN: Final = 60
_HOST_NAME: Final = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(\.(?!-)[A-Za-z0-9_-]{1,63})*\.?")
_PLACEHOLDER: Final = re.compile(r"\{([a-z_]+)\}")
YAML_ON_OFF: Final = 'YAML reads on, off, yes and no as true and false; write them in quotes ("on")'


def shown(value: Any) -> str:
    """Return a value as it may stand in a sentence: short, on one line, nothing that acts."""
    text = repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def key_name(key: Any) -> str:
    """Return a key as it may stand behind a setting's name."""
    text = str(key)
    return text if re.fullmatch(r"[\w-]{1,40}", text, re.ASCII) else shown(text)


def is_boolean_key(key: Any) -> bool:
    """Return whether a key is what YAML made of on, off, yes or no."""
    return str(key).casefold() in ("true", "false")


def is_blank(value: Any) -> bool:
    """Return whether nothing is given."""
    return value is None or (isinstance(value, str) and not value.strip())


def text_fault(value: Any) -> str | None:
    """Return why a value is no line of text, or None."""
    if value is None:
        return "is empty: write it, or leave the line out."
    if isinstance(value, bool):
        return f"is {str(value).lower()}: {YAML_ON_OFF}."
    if isinstance(value, int | float):
        return f"is the number {shown(value)}: put it in quotes, or YAML alters it."
    if not isinstance(value, str):
        return "must be one line of text."
    if not value.strip():
        return "is empty: write it, or leave the line out."
    if any(unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") for char in value):
        return "holds a line break or characters that do not print: write one line of plain text."
    if len(value) > _LONGEST_TEXT:
        return f"is longer than {_LONGEST_TEXT} characters: shorten it."
    return None


def address_fault(value: Any) -> str | None:
    """Return why a value is no IP address and no host name, or None."""
    fault = text_fault(value)
    if fault:
        return fault
    try:
        ipaddress.ip_address(value.strip())
    except ValueError:
        # Four numbers with dots are meant as an address, and 192.0.2.300 is none.
        if re.fullmatch(r"[\d.]+", value.strip()) or not _HOST_NAME.fullmatch(value.strip()):
            return f"is {shown(value)}: give an IP address or a host name."
    return None


def choice(*values: str) -> Judge:
    """Return the judge of one word out of some."""

    def judge(value: Any) -> str | None:
        if isinstance(value, str) and value in values:
            return None
        words = " or ".join(values)
        hint = f"; {YAML_ON_OFF}" if isinstance(value, bool) else ""
        return f"is {shown(value)}: say {words}{hint}."

    return judge


def argv(
    *placeholders: str, needs: str | None = None, never: str | None = None, why: str = ""
) -> Judge:
    """Return the judge of a command as a list of words, with only these placeholders.

    never: a word that must not stand in it, and why.
    """

    def judge(value: Any) -> str | None:
        if not isinstance(value, list) or not value or is_blank(value[0]):
            return "must be a command as a list of words (no shell)."
        for word in value:
            if not isinstance(word, str):
                hint = YAML_ON_OFF if isinstance(word, bool) else "put every word in quotes"
                return f"must be a command as a list of words, and {shown(word)} is none: {hint}."
            if "\0" in word:
                return "must be a command as a list of words, without NUL characters."
            for name in _PLACEHOLDER.findall(word):
                if name not in placeholders:
                    known = ", ".join("{" + each + "}" for each in placeholders)
                    return f"has the placeholder {{{name}}}, which there is not: there is {known}."
        if needs and not any("{" + needs + "}" in word for word in value):
            return f"does not say which: put {{{needs}}} into it."
        if never and any(never in word.casefold() for word in value):
            return f"speaks of the {never}, {why}"
        return None

    return judge


def number(low: int, high: int, *, whole: bool = False) -> Judge:
    """Return the judge of a number between two limits, both included."""

    def judge(value: Any) -> str | None:
        kinds = (int,) if whole else (int, float)
        if type(value) in kinds and low <= value <= high:
            return None
        return f"is {shown(value)}: it must be a number, {low} to {high}, without quotes."

    return judge


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def exit_codes(value: Any) -> str | None:
    """Judge a list of exit codes."""
    if isinstance(value, list) and value and all(map(_is_whole, value)):
        return None
    return "must be a list of numbers, as [0]."


def pattern(value: Any) -> str | None:
    """Judge what an answer must look like: a regular expression, or {pattern, exit_codes}."""
    part = {"pattern": value} if isinstance(value, str) else value
    if not isinstance(part, Mapping) or not part or set(part) - {"pattern", "exit_codes"}:
        return "must be a regular expression, or {pattern, exit_codes}."
    if "exit_codes" in part and exit_codes(part["exit_codes"]):
        return f"has exit_codes that are none: it {exit_codes(part['exit_codes'])}"
    text = part.get("pattern")
    if not isinstance(text, str | None):
        return f"has the pattern {shown(text)}: write a regular expression, in quotes."
    try:
        re.compile(text or "")
    except (re.error, OverflowError, RecursionError) as error:
        return f"is no regular expression ({error}): correct it."
    return None


def states(needed: Sequence[str], known: Sequence[str]) -> Judge:
    """Return the judge of a table of patterns, one for each state."""

    def judge(value: Any) -> str | None:
        if not isinstance(value, Mapping):
            return f"must give a pattern for each of {', '.join(needed)}."
        if any(map(is_boolean_key, value)):
            return f"has the key true or false: {YAML_ON_OFF}."
        for key in value:
            if key not in known:
                names = ", ".join(known)
                return f"has the state {shown(key)}, which there is not: there are {names}."
        for key in needed:
            if key not in value:
                return f"must tell {', '.join(needed)}: a pattern for {key} is missing."
        for key, look in value.items():
            fault = pattern(look)
            if fault:
                return f"cannot be used: {key} {fault}"
        return None

    return judge


def components(value: Any) -> str | None:
    """Judge a table of the site's words for Endurance's components."""
    if not isinstance(value, Mapping):
        return "must name components: NAME: the site's word for it."
    for key, word in value.items():
        fault = text_fault(word)
        if fault:
            return f"cannot be used: {key_name(key)} {fault}"
    return None


def uuid_fault(value: Any) -> str | None:
    """Judge the UUID of a machine."""
    fault = text_fault(value)
    if fault:
        return fault
    found = parsed(value.strip())
    if found is None:
        return f"is {shown(value)}, which is no UUID: copy it from the machine's SMBIOS."
    why = nobodys(found)
    return f"{why}: it proves nothing; leave the line out." if why else None


def registry_key(value: Any) -> str | None:
    """Judge a registry key below HKEY_LOCAL_MACHINE."""
    fault = text_fault(value)
    if fault:
        return fault
    if re.match(r"\\|HK", value, re.IGNORECASE) or value.endswith("\\") or "/" in value:
        return f"is {shown(value)}: give the key below HKEY_LOCAL_MACHINE, as SOFTWARE\\…"
    return None


def node_path(value: Any) -> str | None:
    """Judge the absolute path of a file on a node."""
    fault = text_fault(value)
    if fault:
        return fault
    # %windir% and its like, or a drive.
    if not re.fullmatch(r'([A-Za-z]:|%[A-Za-z]+%)\\[^<>"|*?]+', value) or ".." in value.split("\\"):
        return f"is {shown(value)}: give an absolute path, as C:\\… or %windir%\\…"
    return None


@dataclass(frozen=True)
class Setting:
    """A setting of a driver."""

    judge: Judge
    required: bool = False


def _must(judge: Judge) -> Setting:
    return Setting(judge, True)


_QUORUM: Final = {
    "never": "quorum",
    "why": "whose override may split the system: take it out; that is the vendor's decision.",
}
# What every command of the site may have besides.
_COMMAND: Final = {
    "exit_codes": Setting(exit_codes),
    "credentials": Setting(text_fault),
    "credentials_by": Setting(choice("stdin", "environment")),
    "seconds": Setting(number(1, 600)),
}
_SWITCH: Final = argv("coserver", "name", "address")
Kinds = Mapping[str, Mapping[str, Setting]]
# Kind → its settings.
POWER: Final[Kinds] = {
    "operator": {},
    "ipmi": {
        "address": _must(address_fault),
        "credentials": _must(text_fault),
        "port": Setting(number(1, 65535, whole=True)),
        "seconds": Setting(number(1, 120)),
    },
    "command": {
        "status": _must(_SWITCH),
        "on": _must(_SWITCH),
        "off": _must(_SWITCH),
        "boot_setup": Setting(_SWITCH),
        "states": Setting(states(("on", "off"), ("on", "off"))),
        **_COMMAND,
    },
}
ENDURANCE: Final[Kinds] = {
    "operator": {},
    "command": {
        "status": _must(argv("component", **_QUORUM)),
        "enable": _must(argv("component", needs="component", **_QUORUM)),
        "states": _must(
            states(
                ("good", "synchronising", "failed"),
                ("good", "synchronising", "failed", "degraded", "disabled", "offline"),
            )
        ),
        "components": Setting(components),
        **_COMMAND,
    },
}
FIX_LEVEL: Final[Kinds] = {
    "operator": {},
    "registry": {"key": _must(registry_key), "value": _must(text_fault)},
    "file": {"path": _must(node_path)},
}


def driver_faults(part: Any, where: str, key: str, kinds: Kinds) -> list[str]:
    """Return what is wrong with a driver and its settings, one sentence each.

    key: the setting that names the kind (driver, source).
    """
    kind = part.get(key) if isinstance(part, Mapping) else None
    if not isinstance(part, Mapping):
        return [f"{where} must be a table with {key}: one of {', '.join(kinds)}."]
    if not isinstance(kind, str) or kind not in kinds:
        return [f"{where}.{key} is {shown(kind)}: it must be one of {', '.join(kinds)}."]
    known = kinds[kind]
    if any(map(is_boolean_key, part)):
        return [f"{where} has the key true or false: {YAML_ON_OFF}."]
    wrong = [
        f"{where}.{key_name(name)} is unknown to {key} {kind}: remove it."
        for name in sorted(map(str, unknown_keys(part, {*known, key})))
    ]
    for name, setting in known.items():
        value = part.get(name)
        if setting.required and (is_blank(value) or value in ([], {})):
            wrong.append(f"{where}.{name} is not given: {key} {kind} needs it.")
        elif name in part:
            fault = setting.judge(value)
            wrong += [f"{where}.{name} {fault}"] if fault else []
    return wrong


def unknown_keys(part: Mapping[Any, Any], known: Collection[str]) -> list[Any]:
    """Return the keys of a table that nobody reads."""
    return [key for key in part if key not in known]
