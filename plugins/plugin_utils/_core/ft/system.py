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

from ..backups import KEYS, no_date
from ..levels import level_of
from .drivers import (
    ENDURANCE,
    FIX_LEVEL,
    POWER,
    address_fault,
    choice,
    driver_faults,
    is_blank,
    key_name,
    shown,
    text_fault,
    unknown_keys,
    uuid_fault,
)
from .machine_uuid import parsed

Form = Mapping[str, Any]

COSERVERS: Final = ("coserver1", "coserver2")
NODES: Final = (*COSERVERS, "ftvirtual")
# What the notice and Endurance call them.
TITLES: Final[dict[str, str]] = {
    "coserver1": "CoServer1",
    "coserver2": "CoServer2",
    "virtual_server1": "Virtual Server1",
    "virtual_server2": "Virtual Server2",
    "ftvirtual": "FTvirtual Server",
}
SETTING: Final = "legacyops_ft_system"
CREDENTIALS: Final = "legacyops_ft_credentials"

_TOP: Final = frozenset(
    "model windows coserver1 coserver2 ftvirtual endurance fix_level power_off contacts backups kb "
    "fix accepted".split()
)
_NODE: Final = frozenset({"name", "address", "access", "credentials"})
_PACKAGE: Final = frozenset({"package", "sha256", "source", "switches"})
_CONTACTS: Final = ("operator", "owner", "vendor")
_POWER_OFF: Final = ("at_post", "bios_setup", "shutdown")
_FIX_STEP: Final = re.compile(rf"(install|restart) ({'|'.join(NODES)})")
_SHA256: Final = re.compile(r"[0-9A-Fa-f]{64}")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,14}")
# Switches that do something else than install, or that act on their own. A fix's own are not known.
_NEVER_OF_ANY: Final = {
    "nobackup": "which takes away the way back",
    "forcerestart": "which restarts the node by itself",
}
_NEVER: Final = {
    "kb": {
        **_NEVER_OF_ANY,
        "extract": "which installs nothing",
        # Packages before /nobackup called it so (experience; in none of our sources).
        "n": "which takes away the way back",
    },
    "fix": _NEVER_OF_ANY,
}


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
        **{key: value for key, value in form.items() if value is not None},
        "fix": fix,
        "used_access": sorted({str(_part(form, n).get("access")) for n in NODES}),
    }


def stated_uuid(form: Form, coserver: str) -> str | None:
    """Return the UUID of a CoServer's machine as a person entered it, or None."""
    value = _part(form, coserver).get("uuid")
    return value if isinstance(value, str) else None


def _part(form: Form, name: str) -> Mapping[str, Any]:
    part = form.get(name)
    return part if isinstance(part, Mapping) else {}


def validate_ft_system(form: Any, credentials: Any = None, *, complete: bool = True) -> list[str]:
    """Return what is wrong with one system's form, one sentence each that says what to do.

    credentials: legacyops_ft_credentials, or only its names (None: not compared). complete: also
    what only a plan needs must be given (contacts, kb, fix). Whether an advisory knows the model
    is not judged here (select_advisories).
    """
    if not isinstance(form, Mapping):
        got = "is not given" if form is None else f"is {shown(form)} and no table"
        return [f"{SETTING} {got}: describe the system (model, coserver1, coserver2, …)."]
    wrong = [f"{SETTING}.{key} is unknown: remove it." for key in _unknown(form, _TOP)]
    wrong += _text(form, "model", SETTING, "copy the model number from the type plate.")
    if form.get("windows") not in (None, "2000", "2003"):
        wrong.append(
            f"{SETTING}.windows is {shown(form['windows'])}: it must be one of "
            '"2000", "2003" (text), in quotes.'
        )
    if form.get("power_off") is not None:
        wrong += _fault(f"{SETTING}.power_off", choice(*_POWER_OFF)(form["power_off"]))
    for node in NODES:
        wrong += _node(form, node)
    wrong += _drivers(form)
    # What compares parts with each other is only asked of parts that are right by themselves.
    if not wrong:
        wrong += [*_distinct(form), *_power_off(form), *_readable(form)]
        wrong += _known_credentials(form, credentials)
    wrong += _contacts(form, complete=complete)
    wrong += [*_backups(form), *_accepted(form)]
    wrong += _packages(form, complete=complete)
    return wrong


def _unknown(part: Mapping[Any, Any], known: Collection[str]) -> list[str]:
    return sorted(map(key_name, unknown_keys(part, known)))


def _fault(where: str, fault: str | None) -> list[str]:
    return [f"{where} {fault}"] if fault else []


def _text(part: Mapping[str, Any], name: str, where: str, remedy: str) -> list[str]:
    """A line of text that must be given; the remedy says what to write."""
    if is_blank(part.get(name)):
        return [f"{where}.{name} is not given: {remedy}"]
    return _fault(f"{where}.{name}", text_fault(part[name]))


def _node(form: Form, node: str) -> list[str]:
    part, where = form.get(node), f"{SETTING}.{node}"
    if not isinstance(part, Mapping):
        return [
            f"{where} is not given: an FT system has coserver1, coserver2 and ftvirtual, each "
            "with name and access."
        ]
    if node == "ftvirtual" and "power" in part:
        return [f"{where}.power: the FTvirtual Server has no power of its own; remove it."]
    known = _NODE | {"power", "uuid"} if node in COSERVERS else _NODE
    wrong = [f"{where}.{key} is unknown: remove it." for key in _unknown(part, known)]
    wrong += _node_name(part.get("name"), f"{where}.name")
    relay = part.get("access") == "relay"
    if part.get("access") not in ("relay", "operator"):
        wrong.append(f"{where}.access is {shown(part.get('access'))}: say relay or operator.")
    if not is_blank(part.get("address")):
        wrong += _fault(f"{where}.address", address_fault(part["address"]))
    elif relay:
        wrong.append(f"{where}.address is not given: the relay must know where to reach it.")
    if node in COSERVERS and "uuid" in part:
        wrong += _fault(f"{where}.uuid", uuid_fault(part["uuid"]))
    if isinstance(part.get("credentials"), Mapping):
        wrong.append(f"{where}.credentials must be a name; passwords never stand in this form.")
    elif not is_blank(part.get("credentials")):
        wrong += _fault(f"{where}.credentials", text_fault(part["credentials"]))
    elif relay:
        wrong.append(f"{where}.credentials is not given: name an entry of {CREDENTIALS}.")
    return wrong


def _node_name(name: Any, where: str) -> list[str]:
    if isinstance(name, bool | int | float):
        return _fault(where, text_fault(name))
    if isinstance(name, str) and _NAME.fullmatch(name):
        return []
    return [f"{where} must be the computer name of its Windows, at most 15 letters and digits."]


def _drivers(form: Form) -> list[str]:
    wrong = []
    for node in COSERVERS:
        part = _part(form, node)
        if "power" in part:
            wrong += driver_faults(part["power"], f"{SETTING}.{node}.power", "driver", POWER)
    if "endurance" in form:
        wrong += driver_faults(form["endurance"], f"{SETTING}.endurance", "driver", ENDURANCE)
    if form.get("fix_level") is None:
        wrong.append(
            f"{SETTING}.fix_level is not given: no source tells where it is recorded; say "
            "source: operator."
        )
    else:
        wrong += driver_faults(form["fix_level"], f"{SETTING}.fix_level", "source", FIX_LEVEL)
    return wrong


# --- Parts against each other -------------------------------------------------------------------


def _distinct(form: Form) -> list[str]:
    """Two nodes of one system that are the same, or whose power is."""
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
    one, two = ({what: value for what, value, _node in _switches(form, n)} for n in COSERVERS)
    wrong += [
        f"{SETTING}: both CoServers have the {what} {_plain(one[what])}: a cut would hit the wrong "
        "one; correct it."
        for what in one
        if one[what] == two.get(what)
    ]
    addresses = {str(_part(form, node).get("address") or "").strip().casefold() for node in NODES}
    for node in COSERVERS:
        board = str(_part(_part(form, node), "power").get("address") or "").strip()
        if board and board.casefold() in addresses:
            wrong.append(
                f"{SETTING}.{node}.power.address {board} is a node's own address: give the "
                "management board's."
            )
    return wrong


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


def _readable(form: Form) -> list[str]:
    """Somebody must be able to read the fix level where it is said to be."""
    source = _part(form, "fix_level").get("source")
    if source == "operator" or any(_part(form, node).get("access") == "relay" for node in NODES):
        return []
    return [
        f"{SETTING}.fix_level.source is {source}, but no node has the access relay, so nothing "
        "can read it: say operator."
    ]


def _references(form: Form) -> Iterator[tuple[str, Any, Mapping[str, Any]]]:
    """Where credentials are named, the name, and the driver that uses them."""
    for node in NODES:
        part = _part(form, node)
        yield f"{node}.credentials", part.get("credentials"), {}
        power = _part(part, "power")
        yield f"{node}.power.credentials", power.get("credentials"), power
    endurance = _part(form, "endurance")
    yield "endurance.credentials", endurance.get("credentials"), endurance


def _known_credentials(form: Form, credentials: Any) -> list[str]:
    if credentials is None:
        return []
    if isinstance(credentials, str) or not isinstance(credentials, Mapping | Collection):
        return [f"{CREDENTIALS} must be a table: NAME: {{username, password}}."]
    wrong = []
    for where, name, driver in _references(form):
        if not isinstance(name, str) or not name:
            continue
        if name not in credentials:
            wrong.append(f"{SETTING}.{where} is {shown(name)}, which {CREDENTIALS} lacks: add it.")
        elif isinstance(credentials, Mapping):
            wrong += _entry(credentials[name], f"{CREDENTIALS}.{key_name(name)}")
            wrong += _login(credentials[name], f"{SETTING}.{where}", driver)
    return list(dict.fromkeys(wrong))


def _entry(entry: Any, where: str) -> list[str]:
    """One entry of legacyops_ft_credentials. No sentence tells a value."""
    if not isinstance(entry, Mapping):
        return [f"{where} must be a table with username and password."]
    wrong = [f"{where} has a key that is unknown: it takes username and password."]
    wrong = wrong if unknown_keys(entry, {"username", "password"}) else []
    for key in ("username", "password"):
        value = entry.get(key)
        if is_blank(value):
            wrong.append(f"{where}.{key} is not given: add it (the password from a vault).")
        elif not isinstance(value, str):
            wrong.append(f"{where}.{key} is no text: put it in quotes.")
        elif not value.isprintable():
            wrong.append(f"{where}.{key} is not one line of text: correct it.")
    return wrong


def _login(entry: Any, where: str, driver: Mapping[str, Any]) -> list[str]:
    """What a driver asks of its credentials."""
    name, password = (
        str(entry.get(key) or "") if isinstance(entry, Mapping) else ""
        for key in ("username", "password")
    )
    # IPMI 2.0, 22.26 and 22.30.
    if driver.get("driver") == "ipmi" and (len(name.encode()) > 16 or len(password.encode()) > 20):
        return [f"{where} do not fit into IPMI: at most 16 bytes of user and 20 of password."]
    words = [word for value in driver.values() if isinstance(value, list) for word in value]
    if password and any(password in str(word) for word in words):
        return [
            f"{where}: their password stands in a command, where everybody can read it; let the "
            "command take it from stdin or its environment."
        ]
    return []


# --- What only a plan needs ---------------------------------------------------------------------


def _contacts(form: Form, *, complete: bool) -> list[str]:
    contacts, where = form.get("contacts"), f"{SETTING}.contacts"
    if contacts is None and not complete:
        return []
    if not isinstance(contacts, Mapping):
        return [f"{where} is not given: say whom to call ({', '.join(_CONTACTS)})."]
    wrong = [f"{where}.{key} is unknown: remove it." for key in _unknown(contacts, _CONTACTS)]
    for name in _CONTACTS:
        wrong += _text(contacts, name, where, "say whom to call.")
    return wrong


def _backups(form: Form) -> list[str]:
    backups, where = form.get("backups"), f"{SETTING}.backups"
    if backups is None:
        return []
    if not isinstance(backups, Mapping):
        return [f"{where} must name each node (taken, by, where)."]
    wrong = [
        f"{where}.{key} is unknown: there are {', '.join(NODES)}."
        for key in _unknown(backups, NODES)
    ]
    for node in NODES:
        if node not in backups:
            continue
        backup = backups[node]
        if not isinstance(backup, Mapping) or any(is_blank(backup.get(key)) for key in KEYS):
            wrong.append(f"{where}.{node} must say taken, by and where.")
            continue
        for key in KEYS:
            fault = text_fault(backup[key]) or (no_date(backup) if key == "taken" else None)
            wrong += _fault(f"{where}.{node}.{key}", fault)
    return wrong


# unreadable: whether an update can be uninstalled; renames: file renames that wait again after
# each start.
ACCEPTABLE: Final = frozenset({"unreadable", "renames"})


def _accepted(form: Form) -> list[str]:
    accepted, where = form.get("accepted"), f"{SETTING}.accepted"
    if accepted is None:
        return []
    if not isinstance(accepted, Mapping):
        return [f"{where} must name who accepts what, as unreadable: NAME."]
    wrong = [f"{where}.{key} is unknown: remove it." for key in _unknown(accepted, ACCEPTABLE)]
    for key in sorted(ACCEPTABLE & accepted.keys()):
        wrong += _text(accepted, key, where, "name the person who accepts it.")
    return wrong


def _packages(form: Form, *, complete: bool) -> list[str]:
    wrong: list[str] = []
    for name, known in (("kb", _PACKAGE), ("fix", _PACKAGE | {"level", "steps"})):
        if form.get(name) is not None or complete:
            wrong += _package(form.get(name), f"{SETTING}.{name}", known)
    fix = _part(form, "fix")
    if fix:
        if text_fault(fix.get("level")) or level_of(fix["level"], "") is None:
            wrong.append(f"{SETTING}.fix.level must be the package's level, as V1.0L20.")
        wrong += _fix_steps(form, fix.get("steps"))
    kb_sum, fix_sum = (str(_part(form, n).get("sha256")).casefold() for n in ("kb", "fix"))
    if not wrong and fix and kb_sum == fix_sum:
        wrong.append(f"{SETTING}: kb and fix have the same sha256: pin each of the two packages.")
    return wrong


def _package(part: Any, where: str, known: Collection[str]) -> list[str]:
    if not isinstance(part, Mapping):
        return [f"{where} is not given: give its package and sha256."]
    wrong = [f"{where}.{key} is unknown: remove it." for key in _unknown(part, known)]
    package = part.get("package")
    if is_blank(package):
        wrong.append(f"{where}.package is not given: give its absolute path on the relay (C:\\…).")
    elif (
        not isinstance(package, str)
        or text_fault(package)
        or not re.fullmatch(r"[A-Za-z]:\\[^<>\"|*?]+\.(exe|msi)", package, re.IGNORECASE)
    ):
        wrong.append(
            f"{where}.package {shown(package)} must be an absolute path on the relay (C:\\…), to "
            "an .exe or .msi."
        )
    elif ".." in package.split("\\"):
        wrong.append(f"{where}.package {shown(package)} must not hold '..'.")
    wrong += _pin(part.get("sha256"), f"{where}.sha256")
    if "source" in part:
        wrong += _fault(f"{where}.source", text_fault(part["source"]))
    return [*wrong, *_switches_of(part.get("switches"), where)]


def _pin(value: Any, where: str) -> list[str]:
    if isinstance(value, str) and _SHA256.fullmatch(value):
        return []
    hint = ", in quotes" if isinstance(value, int | float) else ""
    return [f"{where} must be the 64 hexadecimal digits of its SHA-256{hint}."]


def _switches_of(switches: Any, where: str) -> list[str]:
    if switches is None:
        return []
    if not isinstance(switches, list) or any(text_fault(word) for word in switches):
        return [f"{where}.switches must be a list of words, each in quotes."]
    never = _NEVER[where.rpartition(".")[2]]
    for word in switches:
        why = never.get(word.strip().lstrip("/-").split(":")[0].casefold())
        if why:
            return [f"{where}.switches has {shown(word)}, {why}: remove it."]
    return []


def _fix_steps(form: Form, steps: Any) -> list[str]:
    where = f"{SETTING}.fix.steps"
    if not isinstance(steps, list) or not steps:
        return [
            f"{where} is not given: enter the order and the restarts of the fix's own readme, as "
            '"install ftvirtual", "restart ftvirtual", …'
        ]
    for text in steps:
        if not _FIX_STEP.fullmatch(" ".join(str(text).split())):
            return [
                f'{where} has {shown(text)}: each must be "install NODE" or "restart NODE" '
                f"({', '.join(NODES)})."
            ]
    names = [item["id"] for item in fix_steps(form)]
    wrong = [
        f"{where}: {n} is there twice; keep one." for n in sorted(set(names)) if names.count(n) > 1
    ]
    missing = [node for node in NODES if f"install_{node}" not in names]
    if missing:
        wrong.append(f"{where} leaves out {', '.join(missing)}: the notice (5.1) asks for all.")
    if not wrong:
        wrong += _early_restart(names, where)
    return wrong


def _early_restart(names: list[str], where: str) -> list[str]:
    """A node that waits for a restart with the update must not start before all have the fix."""
    last = max(number for number, name in enumerate(names) if name.startswith("install_"))
    early = next((name for name in names[:last] if name.startswith("restart_")), None)
    if early is None:
        return []
    return [
        f"{where}: {early.replace('_', ' ')} comes before {names[last].replace('_', ' ')}, but no "
        "node may start before the fix is on all three (5.1: an update may be waiting there). List "
        "the three installations first, then the restarts; where the readme forbids that, ask the "
        "vendor."
    ]


# --- Between systems, and between a system and how Ansible reaches it -----------------------------


def validate_ft_estate(systems: Mapping[str, Any], host: str | None = None) -> list[str]:
    """Return what is wrong between systems: a node, or what switches it, that is in two of them.

    host: only what concerns this system.
    """
    seen: dict[tuple[str, str], dict[str, str]] = {}
    for name in sorted(systems):
        if isinstance(systems[name], Mapping):
            for what, value, node in _marks(systems[name]):
                seen.setdefault((what, value.casefold()), {}).setdefault(name, node)
    wrong = []
    for (what, value), places in seen.items():
        if len(places) > 1 and (host is None or host in places):
            others = [name for name in places if name != host]
            pair = sorted([host, others[0]] if host else others[:2])
            where = " and ".join(f"{places[name]} of {name}" for name in pair)
            belongs = "it acts on" if what.endswith("command") else "a node belongs to"
            wrong.append(f"{what} {_plain(value)} is {where}: {belongs} one system; correct one.")
    return wrong


def _plain(value: str) -> str:
    """A text as it stands where that is short and harmless."""
    return value if value.isprintable() and len(value) < 80 else shown(value)


def _marks(form: Form) -> Iterator[tuple[str, str, str]]:
    """What must be in one system only: what it is, its value, the node."""
    for node in NODES:
        part = _part(form, node)
        for key in ("name", "address"):
            if isinstance(part.get(key), str) and part[key].strip():
                yield key, part[key].strip(), node
        yield from _switches(form, node)
    enable = _part(form, "endurance").get("enable")
    if isinstance(enable, list):
        yield "endurance command", " ".join(map(str, enable)), "endurance"


def _switches(form: Form, node: str) -> Iterator[tuple[str, str, str]]:
    """What tells which machine a power driver switches."""
    part = _part(form, node)
    power = _part(part, "power")
    if isinstance(power.get("address"), str) and power["address"].strip():
        port = f" port {power['port']}" if "port" in power else ""
        yield "power address", f"{power['address'].strip()}{port}", node
    stated = parsed(part.get("uuid"))
    if stated is not None:
        yield "uuid", str(stated), node
    if isinstance(power.get("off"), list):
        line = " ".join(map(str, power["off"]))
        for name, value in {**part, "coserver": node}.items():
            line = line.replace("{" + str(name) + "}", str(value))
        yield "power command", line, node


def validate_ft_connection(form: Any, connection: Any, address: Any) -> list[str]:
    """Return what is wrong with how Ansible reaches a system: its connection is its relay's.

    connection: ansible_connection, or None where it is not given; address: ansible_host.
    """
    if not isinstance(form, Mapping):
        return []
    relayed = [node for node in NODES if _part(form, node).get("access") == "relay"]
    kind = str(connection or "").rsplit(".", 1)[-1]
    if relayed and kind == "local":
        return [
            f"{SETTING}.{relayed[0]}.access is relay, but ansible_connection is local: give the "
            "relay's connection (winrm, ansible_host), or say operator."
        ]
    if kind == "local" or is_blank(address):
        return []
    return [
        f"ansible_host {shown(address)} is the address of {node}: give the relay's; a node of "
        "this kind has no WinRM."
        for node in NODES
        if str(_part(form, node).get("address") or "").strip().casefold()
        == str(address).strip().casefold()
    ]
