# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The form of a fault-tolerant system, legacyops_ft_system, and what can be wrong with it.

One inventory host is one system: two CoServers and the FTvirtual Server, three installations of
Windows. What is valid for a product (its model numbers) stands in the advisories, not here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from .levels import level_of

Form = Mapping[str, Any]

COSERVERS: Final = ("coserver1", "coserver2")
NODES: Final = (*COSERVERS, "ftvirtual")
SETTING: Final = "legacyops_ft_system"
CREDENTIALS: Final = "legacyops_ft_credentials"

_TOP: Final = frozenset(
    "model windows coserver1 coserver2 ftvirtual endurance fix_level power_off contacts backups kb "
    "fix accepted".split()
)
_NODE: Final = frozenset({"name", "address", "access", "credentials"})
_ACCESS: Final = ("relay", "operator")
_WINDOWS: Final = ("2000", "2003")
_POWER_OFF: Final = ("at_post", "bios_setup", "shutdown")
# Driver → its settings, those that must be given first.
_POWER: Final[dict[str, tuple[frozenset[str], frozenset[str]]]] = {
    "operator": (frozenset(), frozenset()),
    "ipmi": (frozenset({"address", "credentials"}), frozenset({"port", "uuid"})),
    "command": (frozenset({"status", "on", "off"}), frozenset({"boot_setup"})),
}
_ENDURANCE: Final[dict[str, tuple[frozenset[str], frozenset[str]]]] = {
    "operator": (frozenset(), frozenset()),
    "command": (frozenset({"status", "enable", "states"}), frozenset()),
}
_FIX_LEVEL: Final[dict[str, tuple[frozenset[str], frozenset[str]]]] = {
    "operator": (frozenset(), frozenset()),
    "registry": (frozenset({"key", "value"}), frozenset()),
    "file": (frozenset({"path"}), frozenset()),
}
_FIX_STEP: Final = re.compile(rf"(install|restart) ({'|'.join(NODES)})")
_SHA256: Final = re.compile(r"[0-9A-Fa-f]{64}")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,14}")


def fix_steps(form: Form) -> list[dict[str, str]]:
    """Return the steps of the fix's own readme as a person entered them, one item each."""
    fix = form.get("fix")
    steps = fix.get("steps") if isinstance(fix, Mapping) else None
    items = []
    for text in steps if isinstance(steps, list) else []:
        found = _FIX_STEP.fullmatch(" ".join(str(text).split()))
        if found:
            items.append({"id": f"{found[1]}_{found[2]}", "do": found[1], "node": found[2]})
    return items


def done_by(form: Form, action: str, arguments: Mapping[str, Any]) -> str | None:
    """Return who or what carries out a step: relay, operator, or the name of a driver.

    None: the connection of the inventory host.
    """
    if action == "operator_confirm":
        return "operator"
    if arguments.get("by"):
        return str(arguments["by"])
    if action == "power":
        power = _part(form, str(arguments["coserver"])).get("power")
        return str(power["driver"]) if isinstance(power, Mapping) else "operator"
    if action in ("virtual_server", "endurance_info"):
        return str(_part(form, "endurance").get("driver", "operator"))
    if "node" in arguments:
        return str(_part(form, str(arguments["node"])).get("access", "operator"))
    return None


def completed(form: Form) -> dict[str, Any]:
    """Return a form with what stands where a person wrote nothing: the operator's way.

    A fix without switches is installed by an operator: no source names its switches.
    """
    fix = dict(_part(form, "fix"))
    fix["by"] = None if fix.get("switches") else "operator"
    return {
        "power_off": "at_post",
        "endurance": {"driver": "operator"},
        **form,
        "fix": fix,
        "used_access": sorted({str(_part(form, n).get("access")) for n in NODES}),
    }


def _part(form: Form, name: str) -> Mapping[str, Any]:
    part = form.get(name)
    return part if isinstance(part, Mapping) else {}


def validate_ft_system(form: Any, credentials: Collection[str] | None = None) -> list[str]:
    """Return what is wrong with one system's form, one sentence each that says what to do.

    credentials: the names that legacyops_ft_credentials has (None: not compared). Whether an
    advisory knows the model is not judged here (select_advisory).
    """
    if not isinstance(form, Mapping):
        return [f"{SETTING} is not given: describe the system (model, coserver1, coserver2, …)."]
    wrong = [f"{SETTING}.{key} is unknown: remove it." for key in _unknown(form, _TOP)]
    if not isinstance(form.get("model"), str) or not form["model"].strip():
        wrong.append(f"{SETTING}.model is not given: copy the model number from the type plate.")
    wrong += _choice(form, "windows", _WINDOWS, required=False)
    wrong += _choice(form, "power_off", _POWER_OFF, required=False)
    for node in NODES:
        wrong += _node(form, node)
    wrong += _distinct(form)
    wrong += _drivers(form)
    wrong += _power_off(form)
    wrong += _papers(form)
    wrong += _packages(form)
    wrong += _known_credentials(form, credentials)
    return wrong


def _unknown(part: Mapping[Any, Any], known: Collection[str]) -> list[str]:
    return sorted(str(key) for key in part if key not in known)


def _choice(form: Form, name: str, values: tuple[str, ...], *, required: bool) -> list[str]:
    value = form.get(name)
    if (value is None and not required) or (isinstance(value, str) and value in values):
        return []
    words = ", ".join(f'"{value}"' for value in values)
    return [f"{SETTING}.{name} is {value!r}: it must be one of {words} (text)."]


def _node(form: Form, node: str) -> list[str]:
    part, where = form.get(node), f"{SETTING}.{node}"
    if not isinstance(part, Mapping):
        return [f"{where} is not given: an FT system has coserver1, coserver2 and ftvirtual."]
    known = _NODE | {"power"} if node in COSERVERS else _NODE
    wrong = [f"{where}.{key} is unknown: remove it." for key in _unknown(part, known)]
    if node == "ftvirtual" and "power" in part:
        wrong = [f"{where}.power: the FTvirtual Server has no power of its own; remove it."]
    if not _NAME.fullmatch(str(part.get("name") or "")):
        wrong.append(f"{where}.name must be the computer name of its Windows.")
    access = part.get("access")
    if access not in _ACCESS:
        wrong.append(f"{where}.access is {access!r}: it must be relay or operator.")
    if access == "relay":
        if not _is_text(part.get("address")):
            wrong.append(f"{where}.address is not given: the relay must know where to reach it.")
        if not _is_text(part.get("credentials")):
            wrong.append(
                f"{where}.credentials is not given: name an entry of legacyops_ft_credentials."
            )
    if not isinstance(part.get("credentials"), str | None):
        wrong.append(f"{where}.credentials must be a name; passwords never stand in this form.")
    return wrong


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _distinct(form: Form) -> list[str]:
    """Two nodes of one system with the same name or address."""
    wrong = []
    for key in ("address", "name"):
        seen: dict[str, str] = {}
        for node in NODES:
            value = str(_part(form, node).get(key) or "").strip().casefold()
            if value and value in seen:
                wrong.append(
                    f"{SETTING}: {seen[value]} and {node} have the same {key} {value}: they are "
                    "two installations of Windows; correct one."
                )
            seen.setdefault(value, node)
    boards: dict[str, str] = {}
    for node in COSERVERS:
        power = _part(form, node).get("power")
        address = str((power or {}).get("address") or "") if isinstance(power, Mapping) else ""
        if address and address.casefold() in boards:
            wrong.append(
                f"{SETTING}: both CoServers have the power driver's address {address}: a cut "
                "would hit the wrong one; correct it."
            )
        if address and address in {str(_part(form, n).get("address")) for n in NODES}:
            wrong.append(
                f"{SETTING}.{node}.power.address {address} is a node's own address: give the "
                "management board's."
            )
        boards.setdefault(address.casefold(), node)
    return wrong


def _drivers(form: Form) -> list[str]:
    wrong = []
    for node in COSERVERS:
        if "power" in _part(form, node):
            part = _part(form, node)["power"]
            wrong += _driver(part, f"{SETTING}.{node}.power", "driver", _POWER)
    if "endurance" in form:
        wrong += _driver(form["endurance"], f"{SETTING}.endurance", "driver", _ENDURANCE)
    wrong += _driver(
        form.get("fix_level"), f"{SETTING}.fix_level", "source", _FIX_LEVEL, required=True
    )
    return wrong


def _driver(
    part: Any,
    where: str,
    key: str,
    kinds: Mapping[str, tuple[frozenset[str], frozenset[str]]],
    *,
    required: bool = False,
) -> list[str]:
    """Return what is wrong with a driver and its settings."""
    if part is None and required:
        return [f"{where} is not given: no source tells where it is recorded; say {key}: operator."]
    kind = part.get(key) if isinstance(part, Mapping) else None
    if not isinstance(part, Mapping) or not isinstance(kind, str) or kind not in kinds:
        return [f"{where}.{key} is {kind!r}: it must be one of {', '.join(kinds)}."]
    must, may = kinds[kind]
    wrong = [
        f"{where}.{name} is unknown to {key} {kind}: remove it."
        for name in _unknown(part, must | may | {key})
    ]
    for name in sorted(must):
        if not part.get(name):
            wrong.append(f"{where}.{name} is not given: {key} {kind} needs it.")
        elif kind == "command" and name != "states" and not _is_argv(part[name]):
            wrong.append(f"{where}.{name} must be a command as a list of words (no shell).")
    return wrong


def _is_argv(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(word, str) for word in value)


def _power_off(form: Form) -> list[str]:
    """The way of cutting power must be one that the drivers can go (⑥ is cut at POST)."""
    way = form.get("power_off") or "at_post"
    wrong = []
    for node in COSERVERS:
        power = _part(_part(form, node), "power")
        driver = power.get("driver", "operator")
        if way == "at_post" and driver != "operator":
            wrong.append(
                f"{SETTING}.power_off is at_post, but {node} has the power driver {driver}: no "
                "network sees POST; say bios_setup or shutdown, or leave the button to an operator."
            )
        if way == "bios_setup" and driver == "command" and not power.get("boot_setup"):
            wrong.append(
                f"{SETTING}.{node}.power.boot_setup is not given: power_off bios_setup needs a "
                "command that makes the next start end in the BIOS setup."
            )
    return wrong


def _papers(form: Form) -> list[str]:
    """Whom to call, and where the backups are."""
    wrong = []
    contacts = form.get("contacts")
    for name in ("operator", "owner", "vendor"):
        if not isinstance(contacts, Mapping) or not _is_text(contacts.get(name)):
            wrong.append(f"{SETTING}.contacts.{name} is not given: say whom to call.")
    backups = form.get("backups")
    if backups is not None and not isinstance(backups, Mapping):
        return [*wrong, f"{SETTING}.backups must name each node (taken, by, where)."]
    for node, backup in (backups or {}).items():
        if node not in NODES:
            wrong.append(f"{SETTING}.backups.{node} is unknown: there are {', '.join(NODES)}.")
        elif not isinstance(backup, Mapping) or not all(
            _is_text(str(backup.get(key) or "")) for key in ("taken", "by", "where")
        ):
            wrong.append(f"{SETTING}.backups.{node} must say taken, by and where.")
    accepted = form.get("accepted")
    if accepted is not None and not isinstance(accepted, Mapping):
        wrong.append(f"{SETTING}.accepted must name who accepts what.")
    elif accepted:
        wrong += [f"{SETTING}.accepted.{k} is unknown." for k in _unknown(accepted, {"unreadable"})]
    return wrong


def _packages(form: Form) -> list[str]:
    wrong: list[str] = []
    kb, fix = form.get("kb"), form.get("fix")
    wrong += _package(kb, "kb", {"package", "sha256", "source", "switches"})
    wrong += _package(fix, "fix", {"package", "sha256", "source", "switches", "level", "steps"})
    if isinstance(fix, Mapping):
        if level_of(str(fix.get("level") or ""), "") is None:
            wrong.append(f"{SETTING}.fix.level must be the package's level, as V1.0L20.")
        wrong += _fix_steps(form, fix.get("steps"))
    return wrong


def _package(part: Any, name: str, known: Collection[str]) -> list[str]:
    where = f"{SETTING}.{name}"
    if not isinstance(part, Mapping):
        return [f"{where} is not given: give its package and sha256."]
    wrong = [f"{where}.{key} is unknown: remove it." for key in _unknown(part, known)]
    package = str(part.get("package") or "")
    if not re.fullmatch(r"[A-Za-z]:\\[^<>\"|*?\x00-\x1f]+\.(exe|msi)", package, re.IGNORECASE):
        wrong.append(f"{where}.package {package!r} must be an absolute path on the relay (C:\\…).")
    elif ".." in package.split("\\"):
        wrong.append(f"{where}.package {package!r} must not hold '..'.")
    if not _SHA256.fullmatch(str(part.get("sha256") or "")):
        wrong.append(f"{where}.sha256 must be the 64 hexadecimal digits of its SHA-256.")
    switches = part.get("switches")
    if switches is not None and not _is_argv(switches):
        wrong.append(f"{where}.switches must be a list of words.")
    elif any("nobackup" in word.casefold() for word in switches or ()):
        wrong.append(f"{where}.switches has /nobackup, which takes away the way back: remove it.")
    return wrong


def _fix_steps(form: Form, steps: Any) -> list[str]:
    where = f"{SETTING}.fix.steps"
    if not isinstance(steps, list) or not steps:
        return [
            f"{where} is not given: enter the order and the restarts of the fix's own readme, as "
            '"install ftvirtual", "restart ftvirtual", …'
        ]
    found = fix_steps(form)
    if len(found) != len(steps):
        return [f'{where}: each must be "install NODE" or "restart NODE" ({", ".join(NODES)}).']
    names = [item["id"] for item in found]
    wrong = [
        f"{where}: {n} is there twice; keep one." for n in sorted(set(names)) if names.count(n) > 1
    ]
    missing = [node for node in NODES if f"install_{node}" not in names]
    if missing:
        wrong.append(f"{where} leaves out {', '.join(missing)}: the notice (5.1) asks for all.")
    return wrong


def _references(form: Form) -> Iterator[tuple[str, Any]]:
    for node in NODES:
        part = _part(form, node)
        yield f"{node}.credentials", part.get("credentials")
        power = part.get("power")
        if isinstance(power, Mapping):
            yield f"{node}.power.credentials", power.get("credentials")


def _known_credentials(form: Form, credentials: Collection[str] | None) -> list[str]:
    if credentials is None:
        return []
    return [
        f"{SETTING}.{where} is {name!r}, which legacyops_ft_credentials lacks: add it there."
        for where, name in _references(form)
        if isinstance(name, str) and name and name not in credentials
    ]


def validate_ft_estate(systems: Mapping[str, Form]) -> list[str]:
    """Return what is wrong between systems: a node or a power board that is in two of them."""
    wrong = []
    seen: dict[tuple[str, str], tuple[str, str]] = {}
    for host in sorted(systems):
        for what, value, node in _marks(systems[host]):
            key = (what, value.casefold())
            if key in seen and seen[key][0] != host:
                other_host, other = seen[key]
                wrong.append(
                    f"{what} {value} is {other} of {other_host} and {node} of {host}: "
                    "a node belongs to one system; correct one."
                )
            seen.setdefault(key, (host, node))
    return wrong


def _marks(form: Form) -> Iterator[tuple[str, str, str]]:
    for node in NODES:
        part = _part(form, node)
        for key in ("name", "address"):
            if _is_text(part.get(key)):
                yield key, str(part[key]).strip(), node
        power = part.get("power")
        if isinstance(power, Mapping) and _is_text(power.get("address")):
            yield "power address", str(power["address"]).strip(), node
