"""Estate files: read, checked against their schema, every mistake with file and line."""

from __future__ import annotations

import copy
import hashlib
import ipaddress
import json
import random
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from referencing import Registry, Resource

from legacyops_lab.https import port_of

HERE = Path(__file__).parent
DEFAULT_USERS = {"Administrator": "Lab-Passw0rd!"}
DEFAULT_FT_USERS = {"Administrator": "Ft-Passw0rd!"}
DEFAULT_BMC_USERS = {"admin": "Lab-Passw0rd!"}
_PARTS_OF_HOSTS = ("xenapp", "windows", "relay")
_LONGEST_STEM = 11
FT_NODES = ("coserver1", "coserver2", "ftvirtual")
_PARTS = {
    "xenapp.schema.json": HERE / "world" / "xenapp.schema.json",
    "ft.schema.json": HERE / "ft" / "ft.schema.json",
    "windows.schema.json": HERE / "windows" / "windows.schema.json",
}


class EstateError(ValueError):
    """A mistake in an estate file; the text begins with FILE:LINE."""


def load(path: Path) -> dict[str, Any]:
    """Return an estate file's data with every default of the frame filled in.

    Each host has `users` and `winrm` then, each FT system's node a `computer_name`; `address` is
    left out where the file leaves it out (see `assign_addresses`). Raises EstateError with
    FILE:LINE and the reason.
    """
    node = _compose(path)
    _refuse_duplicates(path, node)
    data = yaml.SafeLoader("").construct_document(node)
    _check_schema(path, node, data)
    _check_kinds(path, node, data)
    data = _with_defaults(data)
    _check_addresses(path, node, data)
    _check_ft_names(path, node, data)
    return data


def _compose(path: Path) -> yaml.Node:
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except OSError as error:
        raise EstateError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise EstateError(f"{path}: is not UTF-8 text") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 1 if mark else 1
        raise EstateError(f"{path}:{line}: is not YAML: {error.problem}") from error
    if node is None:
        raise EstateError(f"{path}:1: the file is empty")
    return node


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _refuse_duplicates(path: Path, node: yaml.Node) -> None:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                raise EstateError(f"{path}:{_line(key)}: {key.value} is there twice")
            seen.add(key.value)
            _refuse_duplicates(path, value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _refuse_duplicates(path, value)


def validator() -> Draft202012Validator:
    """Return the validator of estates, the parts of XenApp servers and FT systems included."""
    frame = json.loads((HERE / "estate.schema.json").read_text(encoding="utf-8"))
    parts = [
        (name, Resource.from_contents(json.loads(file.read_text(encoding="utf-8"))))
        for name, file in _PARTS.items()
    ]
    registry: Registry[Any] = Registry().with_resources(parts)
    return Draft202012Validator(frame, registry=registry)


def _check_schema(path: Path, node: yaml.Node, data: Any) -> None:
    error = best_match(validator().iter_errors(data))
    if error is None:
        return
    where = list(error.absolute_path)
    line = _line(_find(node, [*where, *_offending_key(error)]))
    place = ".".join(str(part) for part in where) or "the file"
    raise EstateError(f"{path}:{line}: {place}: {_reason(error)}")


def _offending_key(error: ValidationError) -> list[str]:
    """Return the key to point at where the error is about a key, not about a value."""
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        allowed = _schema(error).get("properties", {})
        return [key for key in error.instance if key not in allowed][:1]
    return []


def _schema(error: ValidationError) -> Mapping[str, Any]:
    return error.schema if isinstance(error.schema, Mapping) else {}


def _reason(error: ValidationError) -> str:
    match error.validator:
        case "additionalProperties":
            allowed = ", ".join(sorted(_schema(error).get("properties", {})))
            return f"{_offending_key(error)[0]} is not known here; known are {allowed}"
        case "pattern":
            meant = _schema(error).get("description", f"a text like {error.validator_value}")
            return f"{error.instance!r} does not fit: {meant}"
        case _:
            return error.message


def _find(node: yaml.Node, where: Sequence[str | int]) -> yaml.Node:
    """Return the node at a path: for a key of a mapping the key's own node, if it is last."""
    for position, part in enumerate(where):
        if isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
        elif isinstance(node, yaml.MappingNode):
            pair = next((pair for pair in node.value if pair[0].value == str(part)), None)
            if pair is None:
                return node
            node = pair[0] if position == len(where) - 1 else pair[1]
    return node


def _check_kinds(path: Path, node: yaml.Node, data: dict[str, Any]) -> None:
    """Refuse what a host of its kind cannot have, and relays that are none."""
    hosts = {name: host or {} for name, host in data.get("hosts", {}).items()}
    for name, host in hosts.items():
        kind = host.get("kind", "xenapp")
        for wrong in (part for part in _PARTS_OF_HOSTS if part != kind and part in host):
            raise _mistake(path, node, ["hosts", name, wrong], f"a host of kind {kind} has none")
        _check_packages(path, node, name, host, data.get("updates", {}))
    for name, system in data.get("ft_systems", {}).items():
        if name in hosts:
            raise _mistake(path, node, ["ft_systems", name], "a host has the same name")
        relay = system.get("relay")
        if relay is not None and hosts.get(relay, {}).get("kind") != "relay":
            where = ["ft_systems", name, "relay"]
            raise _mistake(path, node, where, f"there is no host {relay} of kind relay")


def _check_packages(
    path: Path, node: yaml.Node, name: str, host: dict[str, Any], known: dict[str, Any]
) -> None:
    """Refuse packages of Windows updates that the estate does not describe."""
    windows = host.get("windows", {})
    shared = [share["package"] for share in windows.get("shares", ())]
    for entry in (*windows.get("packages", ()), *shared):
        if entry["name"] not in known:
            where = ["hosts", name, "windows"]
            raise _mistake(path, node, where, f"updates has no package {entry['name']}")


def _mistake(path: Path, node: yaml.Node, where: list[str], reason: str) -> EstateError:
    line = _line(_find(node, where))
    return EstateError(f"{path}:{line}: {'.'.join(where)}: {reason}")


def _check_addresses(path: Path, node: yaml.Node, data: dict[str, Any]) -> None:
    seen: dict[tuple[str, int], str] = {}
    for name, host in data["hosts"].items():
        if "address" not in host:
            continue
        endpoint = (host["address"], port_of(host["winrm"]))
        if endpoint in seen:
            where = ["hosts", name, "address"]
            raise _mistake(path, node, where, f"{seen[endpoint]} has it too")
        seen[endpoint] = name


def _check_ft_names(path: Path, node: yaml.Node, data: dict[str, Any]) -> None:
    """A relay tells nodes apart by address and by name."""
    seen: dict[str, str] = {}
    for name, system in data["ft_systems"].items():
        for part in FT_NODES:
            mine = windows_part(system, part)
            for value in (mine["computer_name"].upper(), mine.get("address")):
                if value is not None and value in seen:
                    reason = f"{part}: {seen[value]} is called {value} too"
                    raise _mistake(path, node, ["ft_systems", name], reason)
                if value is not None:
                    seen[value] = f"{part} of {name}"


def windows_part(system: dict[str, Any], part: str) -> dict[str, Any]:
    """Return the description of a node's Windows, which is made where there is none."""
    mine: dict[str, Any] = system.setdefault(part, {})
    return mine if part == "ftvirtual" else mine.setdefault("windows", {})


def _with_defaults(data: dict[str, Any]) -> dict[str, Any]:
    estate = copy.deepcopy(data)
    users = estate["estate"].setdefault("users", dict(DEFAULT_USERS))
    for name, host in estate.setdefault("hosts", {}).items():
        host = estate["hosts"][name] = host or {}
        host["users"] = {**host.get("users", {}), **_missing(users, host.get("users", {}))}
        host.setdefault("winrm", {})
    for name, system in estate.setdefault("ft_systems", {}).items():
        # Anchors share parts: what is made here is each system's own.
        system = estate["ft_systems"][name] = json.loads(json.dumps(system))
        system.setdefault("users", dict(DEFAULT_FT_USERS))
        for part, ending in zip(FT_NODES, ("CS1", "CS2", "VS"), strict=True):
            windows = windows_part(system, part)
            windows.setdefault("computer_name", f"{_short(name)}-{ending}")
        for part in FT_NODES[:2]:
            if system[part].setdefault("bmc", {}) is not None:
                system[part]["bmc"].setdefault("users", dict(DEFAULT_BMC_USERS))
                system[part]["bmc"].setdefault("uuid", str(machine_uuid(name, part)))
    return estate


def _short(name: str) -> str:
    """Return a name that leaves room for an ending within a computer name's 15 characters."""
    if len(name) <= _LONGEST_STEM:
        return name.upper()
    return f"{name[:7]}{hashlib.sha256(name.encode()).hexdigest()[:4]}".upper()


def machine_uuid(system: str, node: str) -> uuid.UUID:
    """Return the UUID of a machine that is given none."""
    return uuid.uuid5(uuid.NAMESPACE_DNS, f"{node}.{system}.lab.invalid")


def _missing(users: dict[str, str], own: dict[str, str]) -> dict[str, str]:
    return {name: password for name, password in users.items() if name not in own}


def assign_addresses(estate: dict[str, Any], known: dict[str, str]) -> dict[str, str]:
    """Give whatever has no address one, its `known` one or one that is unused; return them all.

    Names: HOST, and SYSTEM.NODE and SYSTEM.NODE.bmc of FT systems. The network is chosen at
    random, so that several labs can run side by side.
    """
    owners = dict(_address_owners(estate))
    taken = {owner["address"] for owner in owners.values() if "address" in owner}
    free = _free_addresses(taken | set(known.values()))
    for name, owner in owners.items():
        if "address" not in owner:
            owner["address"] = known.get(name) or next(free)
    return {name: owner["address"] for name, owner in owners.items()}


def _address_owners(estate: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield everything that has an address, by name."""
    yield from estate["hosts"].items()
    for name, system in estate["ft_systems"].items():
        for part in FT_NODES:
            yield f"{name}.{part}", windows_part(system, part)
        for part in FT_NODES[:2]:
            if system[part]["bmc"] is not None:
                yield f"{name}.{part}.bmc", system[part]["bmc"]


def _free_addresses(taken: set[str]) -> Iterator[str]:
    chooser = random.SystemRandom()
    first = ipaddress.IPv4Address(f"127.{chooser.randint(1, 250)}.{chooser.randint(0, 250)}.1")
    return (str(first + step) for step in range(65536) if str(first + step) not in taken)
