# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Advisories: a vendor's notice as data, read from YAML and checked before anything else.

This is the only module of the core that reads files. A broken advisory is refused with file,
line and reason; nothing of it is used.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

# ansible-test imports every plugin file without third-party libraries. Not imported where it is
# used: then each of Ansible's workers would import it anew, instead of inheriting it.
try:
    import jsonschema
except ImportError:  # pragma: no cover
    jsonschema = None  # type: ignore[assignment]

from . import kinds  # noqa: F401  # registers the checks
from . import settings as settings_module
from .actions import ACTIONS, is_setting, takes_out, wrong_arguments
from .brakes import loosened
from .checks import CHECKS
from .model import CoreError

# libyaml's loader is some ten times as fast; both are safe.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Place = tuple[str | int, ...]

# The settings that the planner binds beside the inventory's: the server's product as the
# advisory describes it, the advisory's groups of events, and within for_each the item at hand.
PRODUCT_SCOPE: Final = "product_facts"
EVENTS_SCOPE: Final = "event_groups"


class AdvisoryError(CoreError):
    """A broken advisory: FILE:LINE: what is wrong; what to do."""


@dataclass(frozen=True)
class Advisory:
    """A checked advisory. sha256: of the file's bytes. data: the YAML as JSON types."""

    id: str
    version: str
    sha256: str
    path: Path
    data: Mapping[str, Any]

    def effective(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return a server's settings with the defaults of this advisory and of the core."""
        return settings_module.effective(settings, self.data.get("defaults"))

    def product(self, settings: Mapping[str, Any]) -> str | None:
        """Return the product that settings name, or that has the FT system's model number."""
        named = settings.get("product")
        if named is not None:
            return str(named)
        model = (settings.get("ft_system") or {}).get("model")
        for name, facts in self.data["applies_to"]["products"].items():
            if _same_model(model) in map(_same_model, facts.get("models", ())):
                return str(name)
        return None

    def identity(self) -> dict[str, str]:
        """Return what a plan records of the advisory it was made from."""
        return {"id": self.id, "version": self.version, "sha256": self.sha256}


def _same_model(model: object) -> str:
    """Return a model number as it is compared: without case and spaces."""
    return "".join(str(model).split()).casefold()


def bundled_folder() -> Path:
    """Return the folder of the advisories that come with the collection."""
    return Path(__file__).parents[3] / "advisories"


@cache
def _schema() -> dict[str, Any]:
    path = bundled_folder() / "advisory.schema.json"
    schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return schema


def load_advisories(paths: Sequence[Path]) -> dict[str, Advisory]:
    """Return the advisories of files and folders (*.yml, *.yaml), by id.

    Raises AdvisoryError at the first broken file, at an id that is there twice, and where a
    path does not exist.
    """
    found: dict[str, Advisory] = {}
    for file in _files(paths):
        advisory = load(file)
        if advisory.id in found:
            raise AdvisoryError(
                f"{file}:1: id {advisory.id} is also in {found[advisory.id].path}; "
                "give each advisory an id of its own"
            )
        found[advisory.id] = advisory
    return found


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.iterdir() if p.suffix in (".yml", ".yaml"))
        elif path.is_file():
            yield path
        else:
            raise AdvisoryError(f"{path}:0: no such file or folder; correct the path")


def load(file: Path) -> Advisory:
    """Return the advisory of one file. Raises AdvisoryError."""
    try:
        text = file.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise AdvisoryError(f"{file}:0: cannot be read ({error}); save it as UTF-8") from error
    return _checked(file, text)


@cache
def _checked(file: Path, text: str) -> Advisory:
    """Return the advisory of a file's content: checking it costs more than reading a host."""
    data, lines = _parse(file, text)
    _check_schema(file, data, lines)
    for place, fault in _faults(data):
        raise AdvisoryError(f"{file}:{_line(lines, place)}: {fault}")
    sha256 = hashlib.sha256(text.encode("utf-8")).hexdigest()
    return Advisory(data["id"], data["version"], sha256, file, data)


def _parse(file: Path, text: str) -> tuple[Any, dict[Place, int]]:
    """Return the data of a YAML file and the line of each of its places."""
    loader = _Loader(text)
    lines: dict[Place, int] = {}
    try:
        node = loader.get_single_node()
        if node is None:
            raise AdvisoryError(f"{file}:1: the file is empty; write an advisory or remove it")
        fault = _walk(node, (), lines)
        if fault:
            raise AdvisoryError(f"{file}:{fault[0]}: {fault[1]}")
        return loader.construct_document(node), lines
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        raise AdvisoryError(f"{file}:{line}: {error.problem}; correct the YAML") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise AdvisoryError(f"{file}:0: not readable as YAML ({error}); correct it") from error
    finally:
        loader.dispose()


def _walk(node: yaml.Node, place: Place, lines: dict[Place, int]) -> tuple[int, str] | None:
    """Note the line of every place; return line and text of a key that is there twice."""
    lines[place] = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        for index, member in enumerate(node.value):
            fault = _walk(member, (*place, index), lines)
            if fault:
                return fault
    if isinstance(node, yaml.MappingNode):
        for key, member in node.value:
            inner = (*place, str(key.value))
            if inner in lines:
                return key.start_mark.line + 1, f"{key.value} is there twice; keep one"
            fault = _walk(member, inner, lines)
            if fault:
                return fault
            lines[inner] = key.start_mark.line + 1
    return None


def _line(lines: Mapping[Place, int], place: Iterable[str | int]) -> int:
    """Return the line of a place, or of the nearest place around it."""
    where = tuple(place)
    while where not in lines and where:
        where = where[:-1]
    return lines.get(where, 1)


def _check_schema(file: Path, data: Any, lines: Mapping[Place, int]) -> None:
    if jsonschema is None:
        raise CoreError("The Python library jsonschema is missing: install it beside Ansible.")
    validator = jsonschema.Draft202012Validator(_schema())
    error = jsonschema.exceptions.best_match(validator.iter_errors(data))
    if error is not None:
        where = ".".join(map(str, error.absolute_path)) or "the advisory"
        raise AdvisoryError(
            f"{file}:{_line(lines, error.absolute_path)}: {where}: {error.message}; "
            "see docs/advisories.md for what may stand there"
        )


Fault = tuple[Place, str]


def _faults(data: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield what the schema cannot say: references that lead nowhere."""
    yield from _default_faults(data)
    yield from _check_faults(data)
    yield from _event_faults(data)
    yield from _branch_faults(data)
    yield from _finding_faults(data)
    yield from _step_faults(data)
    yield from _procedure_faults(data)


def _clause_faults(
    data: Mapping[str, Any], place: Place, clauses: Sequence[str]
) -> Iterator[Fault]:
    for clause in clauses:
        if clause not in data["clauses"]:
            yield (*place, "clause"), f"clause {clause} is not in clauses; quote it there"


def _default_faults(data: Mapping[str, Any]) -> Iterator[Fault]:
    for name, text in settings_module.wrong_defaults(data.get("defaults", {})):
        yield ("defaults", name), f"default {name}: {text}"


def _check_faults(data: Mapping[str, Any]) -> Iterator[Fault]:
    for name, use in data["checks"].items():
        place: Place = ("checks", name)
        yield from _clause_faults(data, place, use.get("clause", []))
        check = CHECKS.get(use["use"])
        if check is None:
            yield (*place, "use"), f"there is no check {use['use']}; there are {_names(CHECKS)}"
            continue
        given = use.get("with", {})
        for argument in sorted(given.keys() - check.arguments.keys()):
            text = f"check {check.name} has no argument {argument}"
            yield (*place, "with", argument), f"{text}; it has {_names(check.arguments)}"
        for argument, required in check.arguments.items():
            if required and given.get(argument) is None:
                yield place, f"check {check.name} needs the argument {argument}; add it to with"
        yield from _setting_faults(data, (*place, "with"), given, loops=settings_module.LOOPS)


def _event_faults(data: Mapping[str, Any]) -> Iterator[Fault]:
    groups = data.get("event_groups", [])
    names = [group["id"] for group in groups]
    for index, group in enumerate(groups):
        place: Place = ("event_groups", index)
        yield from _clause_faults(data, place, group.get("clause", []))
        if group["id"] in names[:index]:
            yield (*place, "id"), f"id {group['id']} is there twice; give each its own"
        for other in group.get("includes", []):
            if other not in names:
                yield (*place, "includes"), f"{other} is no group of events; name one"


def _branch_faults(data: Mapping[str, Any]) -> Iterator[Fault]:
    branches = data.get("branches", [])
    for index, branch in enumerate(branches):
        place: Place = ("branches", index)
        yield from _clause_faults(data, place, branch.get("clause", []))
        yield from _ref_faults(data, (*place, "when"), branch["when"], loops=())
        procedure = branch.get("procedure")
        if procedure is not None and procedure not in data["procedures"]:
            text = f"there is no procedure {procedure}; there are {_names(data['procedures'])}"
            yield (*place, "procedure"), text
        if branch["id"] in [other["id"] for other in branches[:index]]:
            yield (*place, "id"), f"id {branch['id']} is there twice; give each its own"


def _ref_faults(
    data: Mapping[str, Any],
    place: Place,
    refs: Sequence[Mapping[str, Any]],
    *,
    loops: Collection[str],
) -> Iterator[Fault]:
    for index, ref in enumerate(refs):
        use = data["checks"].get(ref["check"])
        if use is None:
            text = f"check {ref['check']} is not in checks; name it there"
            yield (*place, index, "check"), text
        else:
            for loop in sorted(_loops_of(use) - set(loops)):
                text = f"check {ref['check']} is about one {loop}"
                yield (*place, index, "check"), f"{text}; use it only within for_each: {loop}"
        yield from _setting_faults(data, (*place, index), ref, loops=loops)


def _loops_of(value: Any) -> set[str]:
    """Return the names of for_each whose item a value refers to."""
    firsts = {name.split(".")[0] for _place, name in _setting_names((), value)}
    return firsts & settings_module.LOOPS.keys()


def _setting_names(place: Place, value: Any) -> Iterator[tuple[Place, str]]:
    if is_setting(value):
        yield place, str(value["setting"])
    elif isinstance(value, Mapping):
        for key, member in value.items():
            yield from _setting_names((*place, key), member)
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _setting_names((*place, index), member)


def _setting_faults(
    data: Mapping[str, Any], place: Place, value: Any, *, loops: Collection[str]
) -> Iterator[Fault]:
    known = settings_module.KNOWN_SETTINGS | set(data.get("defaults", {}))
    known |= {PRODUCT_SCOPE, EVENTS_SCOPE}
    for where, name in _setting_names(place, value):
        first, _dot, second = name.partition(".")
        if first in settings_module.LOOPS:
            keys = settings_module.LOOPS[first]
            if first not in loops:
                yield where, f"setting {name} has a meaning only within for_each: {first}"
            elif second not in keys:
                yield where, f"a {first} has no {second}; it has {_names(keys)}"
        elif first not in known:
            yield where, f"there is no setting {first}; correct it or give it in defaults"


def _finding_faults(data: Mapping[str, Any]) -> Iterator[Fault]:
    seen = set()
    for index, condition in enumerate(data["applies_to"]["conditions"]):
        place: Place = ("applies_to", "conditions", index)
        yield from _clause_faults(data, place, condition.get("clause", []))
        yield from _ref_faults(data, place, [condition["condition"]], loops=())
    for kind in ("symptoms", "findings"):
        for index, finding in enumerate(data[kind]):
            place = (kind, index)
            if finding["id"] in seen:
                yield (*place, "id"), f"id {finding['id']} is there twice; give each its own"
            seen.add(finding["id"])
            yield from _clause_faults(data, place, finding.get("clause", []))
            loops = [finding["for_each"]] if "for_each" in finding else []
            refs = finding.get("when", [])
            yield from _ref_faults(data, (*place, "when"), refs, loops=loops)


def _step_faults(data: Mapping[str, Any]) -> Iterator[Fault]:
    yield from _ref_faults(data, ("serving",), data.get("serving", []), loops=())
    for name, step in data["steps"].items():
        place: Place = ("steps", name)
        yield from _clause_faults(data, place, step.get("clause", []))
        if step["action"] not in ACTIONS:
            text = f"there is no action {step['action']}; there are {_names(ACTIONS)}"
            yield (*place, "action"), text
            continue
        arguments = step.get("arguments", {})
        for text in wrong_arguments(step["action"], arguments):
            yield (*place, "arguments"), f"{text}; correct it"
        if takes_out(step) and "serving" not in data:
            text = f"action {step['action']} takes a server out of service"
            yield place, f"{text}: say under serving what a server shows that takes users"
        if arguments.get("forced_logoff") is True:
            text = "whether users are logged off is the site's to say"
            where = (*place, "arguments", "forced_logoff")
            yield where, f"{text}; write {{setting: forced_logoff}}"


def _procedure_faults(data: Mapping[str, Any]) -> Iterator[Fault]:
    remedy = data.get("defaults", {}).get("remedy")
    if "branches" in data and remedy is not None:
        text = "defaults.remedy and branches both choose the procedure; keep one"
        yield ("defaults", "remedy"), text
    elif "branches" not in data and remedy not in data["procedures"]:
        text = f"defaults.remedy is {remedy}; name one of {_names(data['procedures'])}"
        yield ("defaults", "remedy"), text
    used = set()
    for name, procedure in data["procedures"].items():
        before: list[str] = []
        yield from _clause_faults(data, ("procedures", name), procedure.get("clause", []))
        for place, step, loops in steps_of(("procedures", name), procedure):
            used.add(step)
            if step not in data["steps"]:
                yield place, f"step {step} is not in steps; write it there"
            elif step in before:
                yield place, f"step {step} is there twice; name it once"
            else:
                yield from _used_step_faults(data, step, before, loops=loops)
            before.append(step)
    for name in data["steps"]:
        if name not in used:
            yield ("steps", name), f"step {name} is in no procedure; use it or remove it"


def _used_step_faults(
    data: Mapping[str, Any], name: str, before: Sequence[str], *, loops: Collection[str]
) -> Iterator[Fault]:
    step, place = data["steps"][name], ("steps", name)
    for key in ("only_with", "again_after"):
        # A step of another procedure is no mistake; one that comes later is.
        for index, other in enumerate(step.get(key, [])):
            if other not in data["steps"]:
                yield (*place, key, index), f"{key} names {other}, which is not in steps"
            elif other not in before and _in_procedure_with(data, name, other):
                yield (*place, key, index), f"{key} names {other}, which does not come before"
    for index, other in enumerate(step.get("standby_for", [])):
        if other not in data["steps"]:
            yield (*place, "standby_for", index), f"standby_for names {other}, not in steps"
    for key in ("only_if", "done_when", "resume_when", "collect_when", "interlocks", "expect"):
        yield from _ref_faults(data, (*place, key), step.get(key, []), loops=loops)
    yield from _brake_faults(data, (*place, "interlocks"), step.get("interlocks", []))
    for key in ("arguments", "seconds", "contact"):
        yield from _setting_faults(data, (*place, key), step.get(key), loops=loops)


def _brake_faults(
    data: Mapping[str, Any], place: Place, refs: Sequence[Mapping[str, Any]]
) -> Iterator[Fault]:
    """Yield the interlocks that say less than a brake, which is asked all the same."""
    for index, ref in enumerate(refs):
        use = data["checks"].get(ref["check"], {}).get("use", "")
        for brake, more in loosened(use, ref):
            text = f"{ref['check']} accepts {', '.join(more)}, but the brake {brake.name} does not"
            hint = f"take it away with without_brakes: {{{brake.name}: {{en, ja}}}}, saying why"
            yield (*place, index), f"{text}; {hint}"


def _in_procedure_with(data: Mapping[str, Any], one: str, other: str) -> bool:
    for name, procedure in data["procedures"].items():
        names = [step for _place, step, _data in steps_of(("procedures", name), procedure)]
        if one in names and other in names and names.index(other) > names.index(one):
            return True
    return False


def steps_of(place: Place, procedure: Mapping[str, Any]) -> Iterator[tuple[Place, str, list[str]]]:
    """Yield place, name and what it is repeated over of each step of a procedure, in order."""
    for index, entry in enumerate(procedure["steps"]):
        where = (*place, "steps", index)
        if isinstance(entry, str):
            yield where, entry, []
        elif "step" in entry:
            yield (*where, "step"), entry["step"], []
        else:
            for inner, name in enumerate(entry["steps"]):
                yield (*where, "steps", inner), name, [entry["for_each"]]


def _names(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def select_advisories(
    advisories: Mapping[str, Advisory], settings: Mapping[str, Any]
) -> list[Advisory]:
    """Return every advisory that is about a server's product or model. Raises CoreError.

    The setting advisories names the one to take of several editions of one document; what other
    documents say of the same host is judged all the same.
    """
    named = settings.get("advisories") or []
    for name in named:
        if name not in advisories:
            raise CoreError(f"There is no advisory {name}; there are {_names(advisories)}.")
    fits = [name for name in sorted(advisories) if _is_about(advisories[name], settings)]
    mine = [name for name in fits if name in named]
    if not fits or (named and not mine):
        raise CoreError(_about_nothing(advisories, named or sorted(advisories), settings))
    documents: dict[str, list[str]] = {}
    for name in fits:
        documents.setdefault(_document(advisories[name]), []).append(name)
    chosen = []
    for document, editions in documents.items():
        taken = [name for name in editions if name in named] or editions
        if len(taken) > 1:
            raise CoreError(
                f"Several advisories are editions of one notice, {document}, and about this host "
                f"({_names(taken)}); name one in legacyops_advisories."
            )
        chosen += taken
    # What the inventory names comes first.
    return [advisories[name] for name in sorted(chosen, key=lambda name: (name not in mine, name))]


def _is_about(advisory: Advisory, settings: Mapping[str, Any]) -> bool:
    if settings.get("ft_system") is not None and settings.get("product") is None:
        return advisory.product(settings) is not None
    return settings.get("product") in advisory.data["applies_to"]["products"]


def _document(advisory: Advisory) -> str:
    source = advisory.data["source"]
    return f"{source['vendor']} {source['document']}"


def _about_nothing(
    advisories: Mapping[str, Advisory], wanted: Sequence[str], settings: Mapping[str, Any]
) -> str:
    """Return that no advisory is about a host, and what they are about."""
    products = {
        n: f for w in wanted for n, f in advisories[w].data["applies_to"]["products"].items()
    }
    if settings.get("ft_system") is not None and settings.get("product") is None:
        model = (settings["ft_system"] or {}).get("model")
        known = _names({m for facts in products.values() for m in facts.get("models", ())})
        return (
            f"legacyops_ft_system.model is {model!r}, which no advisory is about; "
            f"they are about {known or 'no model'}. Copy the number from the type plate, or leave "
            "the system out."
        )
    return (
        f"legacyops_product is {settings.get('product')!r}, which no advisory is about; "
        f"they are about {_names(products)}."
    )
