# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What .NET 2.0 has, and what of it a PowerShell script uses.

The API is what mono-api-info lists of Mono's reference assemblies of 2.0. The uses are found in the
script's tree. Of a variable, only what stands in the same function or script body is known: a cast,
New-Object, or the type that a .NET member gives. Whose type is not known (COM, WMI, parameters
without a type) is passed over.
"""

from __future__ import annotations

import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ps2lint import parsed
from tree_sitter import Node

REFERENCES = Path("/usr/lib/mono/2.0-api")
# What a PowerShell 2.0 has loaded, and what the scripts add. System.Core is of .NET 3.5: the one
# script that asks for it goes on without.
ASSEMBLIES = (
    "mscorlib",
    "System",
    "System.Xml",
    "System.Management",
    "System.Security",
    "System.ServiceProcess",
)
OPTIONAL_ASSEMBLIES = ("System.Core",)

# PowerShell 2.0's own names for types.
ACCELERATORS = {
    "array": "System.Array",
    "bool": "System.Boolean",
    "byte": "System.Byte",
    "char": "System.Char",
    "datetime": "System.DateTime",
    "double": "System.Double",
    "guid": "System.Guid",
    "hashtable": "System.Collections.Hashtable",
    "int": "System.Int32",
    "long": "System.Int64",
    "regex": "System.Text.RegularExpressions.Regex",
    "string": "System.String",
    "timespan": "System.TimeSpan",
    "type": "System.Type",
    "uint16": "System.UInt16",
    "uint32": "System.UInt32",
    "uint64": "System.UInt64",
    "version": "System.Version",
    "void": "System.Void",
    "wmi": "System.Management.ManagementObject",
    "wmiclass": "System.Management.ManagementClass",
    "xml": "System.Xml.XmlDocument",
}
# PowerShell's own, which no assembly of Mono has; and a type that is not public.
NOT_DOTNET = ("System.Management.Automation.", "LegacyOps.")
POWERSHELLS_OWN = {"switch", "scriptblock", "psobject", "cmdletbinding", "parameter", "ref"}
PRIVATE = {"System.__ComObject"}
# PowerShell shows an object's data as if they were members of these.
ADAPTED = ("System.Xml.Xml", "System.Management.Management", "System.Collections.Hashtable")
ADDED = {"psbase", "psobject", "pstypenames", "count"}


@dataclass
class Kind:
    """A class, enumeration or interface: (name, number of arguments) to the type that it gives."""

    name: str
    bases: list[str] = field(default_factory=list)
    members: dict[str, set[str]] = field(default_factory=dict)
    arguments: dict[str, set[int]] = field(default_factory=dict)


class Api:
    """The public types of assemblies."""

    def __init__(self, *assemblies: str) -> None:
        self.kinds: dict[str, Kind] = {}
        for assembly in assemblies:
            listed = subprocess.run(
                ["mono-api-info", str(REFERENCES / f"{assembly}.dll")],
                capture_output=True, check=True, timeout=300,
            )  # fmt: skip
            for space in ElementTree.fromstring(listed.stdout).iter("namespace"):
                for found in space.findall("classes/class"):
                    kind = _kind(f"{space.get('name')}.{found.get('name')}", found)
                    self.kinds[kind.name.lower()] = kind

    def find(self, name: str) -> Kind | None:
        """By a name as PowerShell takes it: any case, with or without System, or its own word."""
        name = ACCELERATORS.get(name.lower(), name)
        if name.endswith("[]"):
            return self.kinds["system.array"]
        return self.kinds.get(name.lower()) or self.kinds.get(f"system.{name.lower()}")

    def line(self, kind: Kind) -> Iterator[Kind]:
        """The type and all that it inherits from."""
        yield kind
        for base in kind.bases:
            above = self.find(base)
            if above is not None:
                yield from self.line(above)

    def gives(self, kind: Kind, member: str) -> set[str] | None:
        """The types that a member may give; None where there is no such member."""
        found = [k.members[member.lower()] for k in self.line(kind) if member.lower() in k.members]
        return set().union(*found) if found else None

    def takes(self, kind: Kind, member: str) -> set[int]:
        """With how many arguments a method (".ctor": New-Object) can be called."""
        found = [k.arguments.get(member.lower(), set()) for k in self.line(kind)]
        return found[0] if member == ".ctor" else set().union(*found)


def _kind(name: str, found: ElementTree.Element) -> Kind:
    kind = Kind(name, [base] if (base := found.get("base")) else ["System.Object"])
    kind.bases += [str(each.get("name")) for each in found.findall("interfaces/interface")]
    if name == "System.Object":
        kind.bases = []
    for each in found.iterfind("fields/field"):
        kind.members.setdefault(str(each.get("name")).lower(), set()).add(
            str(each.get("fieldtype"))
        )
    for each in found.iterfind("properties/property"):
        kind.members.setdefault(str(each.get("name")).lower(), set()).add(str(each.get("ptype")))
    for each in [*found.iterfind("methods/method"), *found.iterfind("constructors/constructor")]:
        method = str(each.get("name")).partition("(")[0].lower()
        kind.members.setdefault(method, set()).add(str(each.get("returntype")))
        parameters = each.findall("parameters/parameter")
        counts = kind.arguments.setdefault(method, set())
        counts.add(len(parameters))
        if parameters and parameters[-1].get("params") == "true":
            counts.update(range(len(parameters) - 1, 20))
    if found.get("type") == "struct":
        kind.arguments.setdefault(".ctor", set()).add(0)
    return kind


@dataclass(frozen=True, order=True)
class Use:
    """One type, or one member of it, that a script uses; what is wrong with it, if anything."""

    line: int
    what: str
    wrong: str = ""


class Uses:
    """What a script uses of .NET."""

    def __init__(self, text: str, api: Api) -> None:
        self.api = api
        self.found: set[Use] = set()
        self._scope: dict[str, str] = {}
        self._body(parsed(text))

    def _body(self, root: Node) -> None:
        """A script's or a function's own statements; functions in it on their own."""
        outer, self._scope = self._scope, {}
        inner = []
        stack = [root]
        while stack:
            node = stack.pop()
            if node.type == "function_statement" and node is not root:
                inner.append(node)
                continue
            self._look(node)
            stack.extend(reversed(node.children))
        for function in inner:
            self._body(function)
        self._scope = outer

    def _use(self, node: Node, what: str, wrong: str = "") -> None:
        self.found.add(Use(node.start_point[0] + 1, what, wrong))

    def _look(self, node: Node) -> None:
        if node.type == "type_literal":
            self._type(node, _text(node)[1:-1])
        elif node.type == "command" and _new_object(node):
            self._new(node)
        elif node.type in ("member_access", "invocation_expression"):
            self._member(node)
        elif node.type == "assignment_expression":
            self._assign(node)
        elif node.type == "script_parameter":
            literal = _first(node, "type_literal")
            if literal is not None:
                self._scope[_text(_first(node, "variable")).lower()] = _text(literal)[1:-1]

    def _type(self, node: Node, name: str) -> Kind | None:
        plain = name.removesuffix("[]")
        if plain.lower() in POWERSHELLS_OWN or plain.startswith(NOT_DOTNET) or plain in PRIVATE:
            return None
        kind = self.api.find(plain)
        self._use(node, plain, "" if kind else "no such type")
        return self.api.find(name)

    def _new(self, node: Node) -> None:
        name = _new_object(node)
        kind = self._type(node, name)
        count = _constructor_arguments(node)
        if kind is not None and not name.endswith("[]") and count is not None:
            wrong = "" if count in self.api.takes(kind, ".ctor") else "no such constructor"
            self._use(node, f"New-Object {kind.name} ({count})", wrong)

    def _member(self, node: Node) -> None:
        kind = self._kind_of(node.children[0])
        member = _text(_first(node, "simple_name"))
        if kind is None or not member or kind.name.startswith(ADAPTED):
            return
        if member.lower() in ADDED and "::" not in [c.type for c in node.children]:
            return
        what = f"{kind.name}.{member}"
        if self.api.gives(kind, member) is None:
            self._use(node, what, "no such member")
        elif node.type == "member_access":
            self._use(node, what)
        else:
            count = _argument_count(node)
            fits = count in self.api.takes(kind, member)
            self._use(node, f"{what} ({count})", "" if fits else "not with so many arguments")

    def _assign(self, node: Node) -> None:
        left, value = node.children[0], node.children[-1]
        variable = _first(left, "variable")
        if variable is None or _text(left).rstrip() not in (_text(variable), _cast(left)):
            return
        name = _text(variable).lower()
        literal = _first(left, "type_literal")
        given = _text(literal)[1:-1] if literal else self._type_name(value)
        if self._scope.get(name, given) != given:
            given = ""  # it is one thing here and another there
        self._scope[name] = given or ""

    def _kind_of(self, node: Node) -> Kind | None:
        name = self._type_name(node)
        return self.api.find(name) if name else None

    def _type_name(self, node: Node) -> str:
        """The type of an expression; empty where it is not known."""
        while len(node.children) == 1 and node.type not in ("type_literal", "variable"):
            node = node.children[0]
        if node.type == "type_literal":
            return _text(node)[1:-1]
        if node.type == "variable":
            return self._scope.get(_text(node).lower(), "")
        if node.type == "parenthesized_expression" and len(node.children) == 3:
            return self._type_name(node.children[1])
        if node.type == "cast_expression":
            return _text(node.children[0])[1:-1]
        if node.type == "command":
            return _new_object(node)
        if node.type == "string_literal" or node.type.endswith("string_characters"):
            return "System.String"
        if node.type in ("member_access", "invocation_expression"):
            kind = self._kind_of(node.children[0])
            if kind is None or kind.name.startswith(ADAPTED):
                return ""
            gives = self.api.gives(kind, _text(_first(node, "simple_name"))) or set()
            return next(iter(gives)) if len(gives) == 1 else ""
        return ""


def _text(node: Node | None) -> str:
    return "" if node is None or node.text is None else node.text.decode("utf-8", "replace")


def _first(node: Node, kind: str) -> Node | None:
    """The last node of a kind among the children's children, but not in arguments or targets."""
    for child in reversed(node.children):
        if child.type == kind:
            return child
        if child.type in ("member_name", "attribute_list", "attribute", "unary_expression",
                          "expression_with_unary_operator", "cast_expression"):  # fmt: skip
            found = _first(child, kind)
            if found is not None:
                return found
    return None


def _cast(left: Node) -> str:
    """The text of a left side that is a variable with a type."""
    literal, variable = _first(left, "type_literal"), _first(left, "variable")
    return _text(literal) + _text(variable)


def _new_object(node: Node) -> str:
    """The type that a command New-Object makes; empty where it makes none of .NET's."""
    words = _text(node).split()
    if words[0].lower() != "new-object" or len(words) < 2 or words[1].lower() == "-comobject":
        return ""
    return words[2 if words[1].lower() == "-typename" else 1].strip("'\"")


def _constructor_arguments(node: Node) -> int | None:
    """How many arguments New-Object hands on; None where the text does not say."""
    elements = next(c for c in node.children if c.type == "command_elements")
    given = [c for c in elements.children if c.type != "command_argument_sep"][1:]
    if not given:
        return 0
    if len(given) > 1:
        return None
    if given[0].type == "array_literal_expression":
        return sum(c.type != "," for c in given[0].children)
    inside = _text(given[0])
    return None if inside.startswith("@(") or "," in inside else 1


def _argument_count(node: Node) -> int:
    arguments = next(c for c in node.children if c.type == "argument_list")
    listed = [c for c in arguments.children if c.type == "argument_expression_list"]
    return sum(c.type == "argument_expression" for c in listed[0].children) if listed else 0
