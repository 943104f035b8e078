# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the schema cannot say of an FT system's inventory: parts against each other, and systems.

Each rule is one sentence with its remedy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from ..formats import FORMATS, is_blank, line_fault, shown
from ..schema import Read, judged
from .machine_uuid import nobodys, parsed
from .system import COSERVERS, CREDENTIALS, NODES, SETTING, Form, fix_steps, part_of


def _uuid(value: str) -> str | None:
    fault = line_fault(value)
    if fault:
        return fault
    found = parsed(value.strip())
    if found is None:
        return f"is {shown(value)}, which is no UUID: copy it from the machine's SMBIOS."
    why = nobodys(found)
    return f"{why}: it proves nothing; leave the line out." if why else None


FORMATS["uuid"] = _uuid


def between_settings(
    settings: Mapping[str, Any], wrong: Collection[str], secrets: Mapping[str, Any]
) -> list[str]:
    """Return what is wrong between an FT system's settings, one sentence each.

    wrong: the sentences on single parts; only parts that are right by themselves are compared.
    secrets: with ft_credentials, or only its names (not there, or None: not compared).
    """
    found = []
    if settings.get("product") is not None:
        found.append(
            f"legacyops_product is given beside {SETTING}: a host is a server or an FT system, "
            "whose model says which notice is its; remove one of the two."
        )
    form = settings.get("ft_system")
    if not isinstance(form, Mapping):
        return found

    def is_right(part: str) -> bool:
        return not any(re.match(rf"{SETTING}\.{part}\b", sentence) for sentence in wrong)

    for rule, parts in _BETWEEN.items():
        found += rule(form) if all(map(is_right, parts)) else []
    if all(map(is_right, (*NODES, "endurance"))):
        found += _known_credentials(form, secrets.get("ft_credentials"))
    return found


def _distinct(form: Form) -> list[str]:
    """Two nodes of one system that are the same, or whose power is."""
    wrong = []
    for key in ("address", "name"):
        seen: dict[str, str] = {}
        for node in NODES:
            value = str(part_of(form, node).get(key) or "").strip().casefold()
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
    addresses = {str(part_of(form, node).get("address") or "").strip().casefold() for node in NODES}
    for node in COSERVERS:
        board = str(part_of(part_of(form, node), "power").get("address") or "").strip()
        if board and board.casefold() in addresses:
            wrong.append(
                f"{SETTING}.{node}.power.address {board} is a node's own address: give the "
                "management board's."
            )
    return wrong


def _power_off(form: Form) -> list[str]:
    """The way of cutting power must be one that the drivers can go (at POST, a person does it)."""
    way = form.get("power_off") or "at_post"
    wrong = []
    for node in COSERVERS:
        power = part_of(part_of(form, node), "power")
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
    source = part_of(form, "fix_level").get("source")
    if source == "operator" or any(part_of(form, node).get("access") == "relay" for node in NODES):
        return []
    return [
        f"{SETTING}.fix_level.source is {source}, but no node has the access relay, so nothing "
        "can read it: say operator."
    ]


def _references(form: Form) -> Iterator[tuple[str, Any, Mapping[str, Any]]]:
    """Where credentials are named, the name, and the driver that uses them."""
    for node in NODES:
        part = part_of(form, node)
        yield f"{node}.credentials", part.get("credentials"), {}
        power = part_of(part, "power")
        yield f"{node}.power.credentials", power.get("credentials"), power
    endurance = part_of(form, "endurance")
    yield "endurance.credentials", endurance.get("credentials"), endurance


def _known_credentials(form: Form, credentials: Any) -> list[str]:
    if credentials is None:
        return []
    if isinstance(credentials, str) or not isinstance(credentials, Collection):
        return judged({"ft_credentials": credentials})
    wrong = []
    for where, name, driver in _references(form):
        if not isinstance(name, str) or not name:
            continue
        if name not in credentials:
            wrong.append(f"{SETTING}.{where} is {shown(name)}, which {CREDENTIALS} lacks: add it.")
        elif isinstance(credentials, Mapping):
            faults = judged({"ft_credentials": {name: credentials[name]}})
            wrong += faults or _login(credentials[name], f"{SETTING}.{where}", driver)
    return list(dict.fromkeys(wrong))


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


def _same_package(form: Form) -> list[str]:
    packages = [part_of(form, name) for name in ("windows_update", "vendor_fix")]
    sums = [str(package.get("sha256") or "").casefold() for package in packages]
    if not sums[0] or sums[0] != sums[1]:
        return []
    text = "windows_update and vendor_fix have the same sha256: pin each of the two packages."
    return [f"{SETTING}: {text}"]


def _fix_steps(form: Form) -> list[str]:
    where = f"{SETTING}.vendor_fix.steps"
    names = [item["id"] for item in fix_steps(form)]
    if not names:
        return []
    wrong = [
        f"{where}: {n} is there twice; keep one." for n in sorted(set(names)) if names.count(n) > 1
    ]
    missing = [node for node in NODES if f"install_{node}" not in names]
    if missing:
        names_left = ", ".join(missing)
        wrong.append(f"{where} leaves out {names_left}: every node needs the fix.")
    return wrong or _early_restart(names, where)


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


# What compares which parts.
_BETWEEN: Final[Mapping[Callable[[Form], list[str]], Collection[str]]] = {
    _distinct: NODES,
    _power_off: (*COSERVERS, "power_off"),
    _readable: (*NODES, "fix_level"),
    _fix_steps: ("vendor_fix",),
    _same_package: ("windows_update", "vendor_fix"),
}


# --- Between systems, and between a system and how Ansible reaches it -----------------------------


def between_hosts(host: str, hosts: Iterable[str], read: Read) -> list[str]:
    """Return what is wrong with how Ansible reaches a system, and between it and all others.

    A node that stands in two systems would be acted on for both.
    """
    form = read(host, SETTING)
    if not isinstance(form, Mapping):
        return []
    wrong = _connection(form, read(host, "ansible_connection"), read(host, "ansible_host"))
    return wrong + between_systems({name: read(name, SETTING) for name in hosts}, host)


def _connection(form: Form, connection: Any, address: Any) -> list[str]:
    """What is wrong with how Ansible reaches a system: its connection is its relay's."""
    relayed = [node for node in NODES if part_of(form, node).get("access") == "relay"]
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
        if str(part_of(form, node).get("address") or "").strip().casefold()
        == str(address).strip().casefold()
    ]


def between_systems(systems: Mapping[str, Any], host: str | None = None) -> list[str]:
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
        part = part_of(form, node)
        for key in ("name", "address"):
            if isinstance(part.get(key), str) and part[key].strip():
                yield key, part[key].strip(), node
        yield from _switches(form, node)
    enable = part_of(form, "endurance").get("enable")
    if isinstance(enable, list):
        yield "endurance command", " ".join(map(str, enable)), "endurance"


def _switches(form: Form, node: str) -> Iterator[tuple[str, str, str]]:
    """What tells which machine a power driver switches."""
    part = part_of(form, node)
    power = part_of(part, "power")
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
