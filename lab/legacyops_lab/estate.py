"""Estate files: read, checked against their schema, every mistake with file and line."""

from __future__ import annotations

import copy
import ipaddress
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from referencing import Registry, Resource

HERE = Path(__file__).parent
DEFAULT_USERS = {"Administrator": "Lab-Passw0rd!"}
_XENAPP = "xenapp.schema.json"


class EstateError(ValueError):
    """A mistake in an estate file; the text begins with FILE:LINE."""


def load(path: Path) -> dict[str, Any]:
    """Return an estate file's data with every default of the frame filled in.

    Each host has `users` and `winrm` then; `address` is left out where the file leaves it
    out (see `assign_addresses`). Raises EstateError with FILE:LINE and the reason.
    """
    node = _compose(path)
    _refuse_duplicates(path, node)
    data = yaml.SafeLoader("").construct_document(node)
    _check_schema(path, node, data)
    _check_addresses(path, node, data)
    return _with_defaults(data)


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
    """Return the validator of estates, the product's part of the schema included."""
    frame = json.loads((HERE / "estate.schema.json").read_text(encoding="utf-8"))
    product_file = HERE / "world" / _XENAPP
    product: Any = {"type": "object"}
    if product_file.exists():
        product = json.loads(product_file.read_text(encoding="utf-8"))
    product.setdefault("$schema", frame["$schema"])
    registry: Registry[Any] = Registry().with_resource(_XENAPP, Resource.from_contents(product))
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


def _check_addresses(path: Path, node: yaml.Node, data: dict[str, Any]) -> None:
    seen: dict[tuple[str, int], str] = {}
    for name, host in data["hosts"].items():
        address = (host or {}).get("address")
        if address is None:
            continue
        endpoint = (address, (host.get("winrm") or {}).get("port", 5985))
        if endpoint in seen:
            line = _line(_find(node, ["hosts", name, "address"]))
            raise EstateError(f"{path}:{line}: hosts.{name}.address: {seen[endpoint]} has it too")
        seen[endpoint] = name


def _with_defaults(data: dict[str, Any]) -> dict[str, Any]:
    estate = copy.deepcopy(data)
    users = estate["estate"].setdefault("users", dict(DEFAULT_USERS))
    for name, host in estate["hosts"].items():
        host = estate["hosts"][name] = host or {}
        host["users"] = {**host.get("users", {}), **_missing(users, host.get("users", {}))}
        host.setdefault("winrm", {})
    return estate


def _missing(users: dict[str, str], own: dict[str, str]) -> dict[str, str]:
    return {name: password for name, password in users.items() if name not in own}


def assign_addresses(estate: dict[str, Any], known: dict[str, str]) -> None:
    """Give every host without an address one: its `known` one, else one that is unused.

    The network is chosen at random, so that several labs can run side by side.
    """
    hosts = estate["hosts"]
    taken = {host["address"] for host in hosts.values() if "address" in host}
    free = _free_addresses(taken | set(known.values()))
    for name, host in hosts.items():
        if "address" not in host:
            host["address"] = known.get(name) or next(free)


def _free_addresses(taken: set[str]) -> Iterator[str]:
    chooser = random.SystemRandom()
    first = ipaddress.IPv4Address(f"127.{chooser.randint(1, 250)}.{chooser.randint(0, 250)}.1")
    return (str(first + step) for step in range(65536) if str(first + step) not in taken)
