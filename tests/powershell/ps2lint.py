# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds in a PowerShell script what PowerShell 2.0 on CLR 2.0 does not have or does otherwise.

The script is parsed by a grammar of today's PowerShell (tree-sitter-pwsh); then every node is
compared with lists of what 2.0 lacks. That proves nothing about how a script behaves: it only
keeps the known mistakes out. Run it as a program: ``python ps2lint.py FILE...``.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import tree_sitter_pwsh
from tree_sitter import Language, Node, Parser

_PARSER = Parser(Language(tree_sitter_pwsh.language()))


@dataclass(frozen=True, order=True)
class Finding:
    """One place that would fail, or behave differently, in PowerShell 2.0."""

    line: int
    rule: str
    text: str

    def __str__(self) -> str:
        return f"{self.line}: {self.rule}: {self.text}"


# Cmdlets and functions of a PowerShell 2.0 without any added module (those a script may need).
COMMANDS = frozenset(
    """
    add-content add-history add-member add-pssnapin add-type clear-content clear-eventlog
    clear-history clear-item clear-itemproperty clear-variable compare-object convertfrom-csv
    convertfrom-securestring convertfrom-stringdata convert-path convertto-csv convertto-html
    convertto-securestring convertto-xml copy-item copy-itemproperty debug-process
    enable-psbreakpoint export-alias export-clixml export-console export-csv export-modulemember
    foreach-object format-custom format-list format-table format-wide get-acl get-alias
    get-authenticodesignature get-childitem get-command get-content get-credential get-culture
    get-date get-event get-eventlog get-eventsubscriber get-executionpolicy get-formatdata get-help
    get-history get-host get-hotfix get-item get-itemproperty get-job get-location get-member
    get-module get-pfxcertificate get-process get-psbreakpoint get-pscallstack get-psdrive
    get-psprovider get-pssession get-pssnapin get-random get-service get-tracesource
    get-transaction get-uiculture get-unique get-variable get-wmiobject group-object import-alias
    import-clixml import-csv import-localizeddata import-module invoke-command invoke-history
    invoke-item invoke-wmimethod join-path limit-eventlog measure-command measure-object move-item
    move-itemproperty new-alias new-event new-eventlog new-item new-itemproperty new-module
    new-modulemanifest new-object new-psdrive new-pssession new-service new-timespan new-variable
    out-default out-file out-host out-null out-printer out-string pop-location push-location
    read-host receive-job register-engineevent register-objectevent register-wmievent
    remove-event remove-eventlog remove-item remove-itemproperty remove-job remove-module
    remove-psdrive remove-pssession remove-pssnapin remove-variable remove-wmiobject rename-item
    rename-itemproperty resolve-path restart-computer restart-service resume-service select-object
    select-string select-xml send-mailmessage set-acl set-alias set-authenticodesignature
    set-content set-date set-executionpolicy set-item set-itemproperty set-location set-psdebug
    set-service set-strictmode set-tracesource set-variable set-wmiinstance show-eventlog
    sort-object split-path start-job start-process start-service start-sleep start-transaction
    start-transcript stop-computer stop-job stop-process stop-service stop-transcript
    suspend-service tee-object test-connection test-path trace-command undo-transaction
    unregister-event update-formatdata update-list update-typedata use-transaction wait-event
    wait-job wait-process where-object write-debug write-error write-eventlog write-host
    write-output write-progress write-verbose write-warning
    cd copy del dir echo exit foreach gc gci gi gm gp gwmi ls measure move pwd rm sc select sleep
    sort tee type where
    """.split()
)

# Parameters that came after 2.0. "*" stands for every command.
PARAMETERS: dict[str, frozenset[str]] = {
    "*": frozenset({"-pipelinevariable", "-informationaction", "-informationvariable"}),
    "get-content": frozenset({"-raw", "-tail", "-stream", "-asbytestream"}),
    "set-content": frozenset({"-nonewline", "-stream", "-asbytestream"}),
    "add-content": frozenset({"-nonewline", "-stream", "-asbytestream"}),
    "out-file": frozenset({"-nonewline", "-literalpath"}),
    "get-childitem": frozenset(
        {"-file", "-directory", "-attributes", "-hidden", "-readonly", "-system", "-depth"}
    ),
    "get-item": frozenset({"-stream"}),
    "remove-item": frozenset({"-stream"}),
    "get-authenticodesignature": frozenset({"-literalpath", "-sourcepathorextension", "-content"}),
    "test-path": frozenset({"-newerthan", "-olderthan"}),
    "select-object": frozenset({"-skiplast", "-skipindex", "-wait"}),
    "select-string": frozenset({"-literalpath", "-raw", "-noemphasis"}),
    "sort-object": frozenset({"-top", "-bottom", "-stable"}),
    "export-csv": frozenset({"-append", "-literalpath", "-includetypeinformation"}),
    "import-csv": frozenset({"-encoding", "-literalpath"}),
    "convertto-csv": frozenset({"-usequotes", "-quotefields"}),
    "import-clixml": frozenset({"-literalpath", "-first", "-skip"}),
    "export-clixml": frozenset({"-literalpath"}),
    "tee-object": frozenset({"-append", "-literalpath"}),
    "get-process": frozenset({"-includeusername"}),
    "get-service": frozenset({"-startuptype"}),
    "get-date": frozenset({"-unixtimeseconds", "-asutc"}),
    "get-random": frozenset({"-shuffle"}),
    "split-path": frozenset({"-leafbase", "-extension"}),
    "start-sleep": frozenset({"-duration"}),
    "restart-computer": frozenset({"-wait", "-for", "-timeout", "-delay", "-protocol"}),
    "stop-process": frozenset({"-includechildprocess"}),
    "stop-service": frozenset({"-nowait"}),
    "set-service": frozenset({"-force", "-credential"}),
    "foreach-object": frozenset({"-parallel", "-throttlelimit", "-membername"}),
    "where-object": frozenset({"-property", "-value", "-eq", "-ne", "-gt", "-lt", "-like"}),
    "invoke-command": frozenset({"-indisconnectedsession", "-sessionname", "-vmname"}),
    "copy-item": frozenset({"-tosession", "-fromsession"}),
    "import-module": frozenset({"-fullyqualifiedname", "-minimumversion"}),
    "measure-object": frozenset({"-allstats", "-standarddeviation"}),
}

# Types that CLR 2.0 does not have (also not in the assemblies of 3.5), and accelerators of 3.0 on.
TYPES = re.compile(
    r"(?ix) \A (?:system\.)? (?:"
    r"threading\.tasks\..* | collections\.concurrent\..* | numerics\..* | lazy | tuple"
    r"| io\.compression\.zip(?:file|archive).* | net\.http(?!.*(?:request|response|listener)).*"
    r"| dynamic\..* | collections\.generic\.(?:sortedset|isetreadonly.*)"
    r"| security\.cryptography\.x509certificates\.(?:rsacertificateextensions|certificaterequest)"
    r"| management\.automation\.language\..* | registryview | text\.json\..*"
    r") \Z"
)
ACCELERATORS = frozenset(
    "cultureinfo bigint mailaddress pscredential ciminstance cimsession dscresource"
    " psmoduleinfo securestring nullstring ordered initialsessionstate x509certificate"
    " x500distinguishedname".split()
)
# In System.Core of .NET 3.5, which Server 2008 need not have.
TYPES_35 = re.compile(
    r"(?i)\A(?:system\.)?(?:linq\..*|collections\.generic\.hashset.*|timezoneinfo|func|"
    r"threading\.readerwriterlockslim|management\.instrumentation\..*)\Z"
)

# Members that came with .NET 3.5 SP1 or later.
MEMBERS = frozenset(
    """
    isnullorwhitespace enumeratefiles enumeratedirectories enumeratefilesystementries readlines
    hasflag openbasekey fromregistryhandle is64bitoperatingsystem is64bitprocess tohexstring
    fromhexstring getawaiter copytoasync readasync writeasync readtoendasync appendalllines
    tls11 tls12 tls13 tounixtimeseconds fromunixtimeseconds getrsapublickey getrsaprivatekey
    getcerthashstring256 clamp
    """.split()
)
_NEW_STATICS = frozenset(
    "guid.parse guid.tryparse enum.tryparse version.parse version.tryparse array.empty".split()
)
_ARRAY_MEMBERS = frozenset(
    "length count rank longlength syncroot isreadonly isfixedsize issynchronized"
    " gettype getenumerator getlength clone copyto getvalue setvalue tostring psobject".split()
)
_PLURAL_COMMANDS = frozenset(
    "get-childitem get-process get-service get-eventlog get-hotfix get-module dir gci ls".split()
)
_NEW_OPERATORS = re.compile(r"(?i)-[ci]?(?:in|notin)\b|-sh[lr]\b")
_NEW_VARIABLES = frozenset(
    "psitem pscommandpath psscriptroot psdefaultparametervalues psedition iswindows islinux"
    " ismacos iscoreclr psversioninfo enabledexperimentalfeatures".split()
)
_DYNAMIC = frozenset({"invoke-expression", "iex"})
# Methods that give something back and are called for what they do: their value must be voided.
_RETURNING = frozenset(
    "add append appendline appendformat seek read transformblock transformfinalblock build waitone"
    " createdirectory connect createfolder registertaskdefinition run deletetask put invoke"
    " reboot startservice stopservice insertrange start push".split()
)


def _text(node: Node | None) -> str:
    return "" if node is None or node.text is None else node.text.decode("utf-8", "replace")


def _walk(node: Node) -> Iterator[Node]:
    """Every node, parents first."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(current.children))


def _child(node: Node, *types: str) -> Node | None:
    return next((c for c in node.children if c.type in types), None)


def parsed(text: str) -> Node:
    """The script's tree.

    Two things that every PowerShell takes are errors to the grammar (tree-sitter-pwsh 0.38): a
    label after break or continue, and a statement in the line in which a param block ends. They
    are rewritten before, with a semicolon in the label's place and after the block; so lines stay.
    """
    source = text.encode()
    while True:
        root = _PARSER.parse(source).root_node
        errors = [node for node in _walk(root) if node.type == "ERROR"]
        rewritten = next(filter(None, (_rewritten(source, node) for node in errors)), None)
        if rewritten is None:
            return root
        source = rewritten


def _rewritten(source: bytes, error: Node) -> bytes | None:
    """The script without this error; None where it is one indeed."""
    for node, after in zip(error.children, [*error.children[1:], None], strict=True):
        if node.type == "param_block":
            return source[: node.end_byte] + b";" + source[node.end_byte :]
        if node.type in ("break", "continue") and after and after.type == "simple_name":
            return source[: after.start_byte] + b";" + source[after.end_byte :]
    return None


def functions_of(text: str) -> set[str]:
    """Names of the functions that a script defines, in lower case."""
    root = parsed(text)
    return {
        _text(_child(node, "function_name")).lower()
        for node in _walk(root)
        if node.type == "function_statement"
    }


class _Linter:
    """One pass over one script; each _on_TYPE method looks at nodes of that type."""

    def __init__(self, text: str, known: Collection[str]) -> None:
        self.root = parsed(text)
        self.known = frozenset(name.lower() for name in known)
        self.findings: set[Finding] = set()

    def report(self, node: Node, rule: str, text: str | None = None) -> None:
        shown = (text or _text(node)).strip().splitlines() or [""]
        self.findings.add(Finding(node.start_point[0] + 1, rule, shown[0][:80]))

    def run(self) -> list[Finding]:
        for node in _walk(self.root):
            if node.type == "ERROR" or node.is_missing:
                self._error(node)
            check: Callable[[Node], None] | None = getattr(self, "_on_" + node.type, None)
            if check is not None:
                check(node)
        return sorted(self.findings)

    def _error(self, node: Node) -> None:
        text = _text(node)
        if "?." in text or "?[" in text:
            self.report(node, "null-conditional")
        elif re.search(r"(?i)(?:\A|\s|-)c?-?(?:not)?in\Z", text.strip()):
            self.report(node, "operator")
        elif text.rstrip().endswith("&"):
            self.report(node, "background")
        else:
            self.report(node, "syntax", text or node.type)

    # --- syntax -------------------------------------------------------------------------------

    def _on_class_statement(self, node: Node) -> None:
        self.report(node, "class")

    def _on_enum_statement(self, node: Node) -> None:
        self.report(node, "enum")

    def _on_using_statement(self, node: Node) -> None:
        self.report(node, "using")

    def _on_ternary_expression(self, node: Node) -> None:
        self.report(node, "ternary")

    def _on_null_coalesce_expression(self, node: Node) -> None:
        self.report(node, "null-coalescing")

    def _on_assignment_operator(self, node: Node) -> None:
        if _text(node) == "??=":
            self.report(node, "null-coalescing")

    def _on_pipeline_chain_tail(self, node: Node) -> None:
        self.report(node, "chain-operator")

    def _on_function_statement(self, node: Node) -> None:
        if _text(node).lower().startswith("workflow"):
            self.report(node, "workflow")

    def _on_comparison_operator(self, node: Node) -> None:
        if _NEW_OPERATORS.fullmatch(_text(node)):
            self.report(node, "operator")

    def _on_file_redirection_operator(self, node: Node) -> None:
        if _text(node)[0] in "*3456":
            self.report(node, "redirection")

    def _on_merging_redirection_operator(self, node: Node) -> None:
        if _text(node) not in ("2>&1", "1>&2"):
            self.report(node, "redirection")

    def _on_requires_statement(self, node: Node) -> None:
        match = re.match(r"(?i)#requires\s+-version\s+(\d+)", _text(node))
        if match and int(match.group(1)) > 2:
            self.report(node, "requires")

    def _on_decimal_integer_literal(self, node: Node) -> None:
        if re.search(r"(?i)u|y|s\Z|n\Z|\A0b", _text(node)):
            self.report(node, "numeric-suffix")

    _on_hexadecimal_integer_literal = _on_decimal_integer_literal

    def _on_expandable_string_literal(self, node: Node) -> None:
        if re.search(r"(?<!`)(?:``)*`(?:e|u\{)", _text(node)):
            self.report(node, "escape")

    _on_expandable_here_string_literal = _on_expandable_string_literal

    def _on_attribute_argument(self, node: Node) -> None:
        if len(node.children) == 1 and node.children[0].type == "simple_name":
            self.report(node, "attribute-shorthand")

    def _on_variable(self, node: Node) -> None:
        name = _text(node).lstrip("$@{").rstrip("}").lower()
        if name.startswith("using:"):
            self.report(node, "using-variable")
        elif name in _NEW_VARIABLES:
            self.report(node, "variable")

    _on_braced_variable = _on_variable

    # --- types and members --------------------------------------------------------------------

    def _on_type_literal(self, node: Node) -> None:
        self._type(node, _text(node).strip("[]"))

    def _on_attribute_name(self, node: Node) -> None:
        if _text(node).lower() in ("validatenotnullorwhitespace", "argumentcompleter"):
            self.report(node, "type")

    def _type(self, node: Node, name: str) -> None:
        if name.lower() == "ordered":
            self.report(node, "ordered")
        elif TYPES.match(name) or name.lower() in ACCELERATORS:
            self.report(node, "type")
        elif TYPES_35.match(name):
            self.report(node, "type-3.5")

    def _on_cast_expression(self, node: Node) -> None:
        kind = _text(_child(node, "type_literal")).lower()
        if kind in ("[pscustomobject]", "[psobject]") and "@{" in _text(node)[:40]:
            self.report(node, "pscustomobject")

    def _on_member_name(self, node: Node) -> None:
        if _text(node).lower() in MEMBERS:
            self.report(node, "member")

    def _on_invocation_foreach_expression(self, node: Node) -> None:
        self.report(node, "magic-method")

    def _on_invocation_where_expression(self, node: Node) -> None:
        self.report(node, "magic-method")

    def _on_invocation_expression(self, node: Node) -> None:
        name = _text(_child(node, "member_name")).lower()
        static = _child(node, "::") is not None
        target = _text(node.children[0]).lower().removeprefix("[system.").strip("[]")
        count = self._argument_count(node)
        if static and name == "new":
            self.report(node, "static-new")
        elif not static and name in ("foreach", "where"):
            self.report(node, "magic-method")
        elif (static and self._new_static(target, name, count)) or (
            not static and self._new_method(target, name, count)
        ):
            self.report(node, "member")
        elif name in ("newscriptblock", "invokescript", "expandstring") or (
            (target, name) == ("scriptblock", "create")
        ):
            self.report(node, "code-from-data")
        self._unused_value(node, name)

    def _on_argument_list(self, node: Node) -> None:
        """A line end between the arguments of a method: 2.0 may not go on in the next line."""
        parts = list(node.children)
        for listed in node.children:
            if listed.type == "argument_expression_list":
                at = parts.index(listed)
                parts[at : at + 1] = listed.children
        for before, after in pairwise(parts):
            if before.end_point[0] != after.start_point[0]:
                self.report(node, "broken-arguments")

    def _new_static(self, target: str, name: str, count: int) -> bool:
        """A static method that CLR 2.0 lacks, or lacks with so many arguments."""
        if (target, name) == ("io.path", "combine"):
            return count > 2
        return f"{target}.{name}" in _NEW_STATICS

    def _new_method(self, target: str, name: str, count: int) -> bool:
        if name == "dispose":
            # Explicit in CLR 2.0: PowerShell does not see it. Close() or Clear() are there.
            return re.search(r"(?i)sha|md5|hash|store|\bkey\b|mutex", target) is not None
        # A stream's CopyTo takes the target alone; an array's takes an index as well.
        return name == "copyto" and count == 1

    def _argument_count(self, node: Node) -> int:
        arguments = _child(node, "argument_list")
        listed = _child(arguments, "argument_expression_list") if arguments else None
        children = listed.children if listed else []
        return sum(c.type == "argument_expression" for c in children)

    def _unused_value(self, node: Node, name: str) -> None:
        """A bare call whose value would become output of the function."""
        if name not in _RETURNING:
            return
        above = node.parent
        while above is not None and above.type in ("unary_expression", "pipeline_chain"):
            above = above.parent
        if above is not None and above.type == "pipeline":
            holder = above.parent
            if holder is not None and holder.type == "statement_list":
                outer = holder.parent
                if outer is not None and outer.type not in (
                    "array_expression",
                    "sub_expression",
                ):
                    self.report(node, "leaking-value")

    def _on_member_access(self, node: Node) -> None:
        target = node.children[0]
        name = _text(_child(node, "member_name")).lower()
        if not name or name in _ARRAY_MEMBERS or _child(node, "::") is not None:
            return
        if target.type == "array_expression":
            self.report(node, "member-enumeration")
        elif target.type == "parenthesized_expression":
            first = re.match(r"\(\s*([\w-]+)", _text(target))
            if first and first.group(1).lower() in _PLURAL_COMMANDS:
                self.report(node, "member-enumeration")

    # --- commands -----------------------------------------------------------------------------

    def _on_command(self, node: Node) -> None:
        if _child(node, "command_invocation_operator") is not None:
            target = _child(node, "command_name_expr")
            if target is None or not re.fullmatch(r"'[^']*'|[\w.\\:-]+", _text(target)):
                self.report(node, "code-from-data")
            return
        name = _text(_child(node, "command_name")).lower()
        if name in ("begin", "process", "end") and "{" in _text(node):
            # The grammar knows the blocks of a script only inside of braces.
            return
        parameters = self._parameters(node)
        if name in ("configuration", "workflow", "inlinescript"):
            self.report(node, "workflow")
        elif name in _DYNAMIC:
            self.report(node, "code-from-data")
        elif name.startswith("0b"):
            self.report(node, "numeric-suffix")
        elif name not in COMMANDS and name not in self.known:
            self.report(node, "command")
        for parameter, value in parameters:
            self._parameter(node, name, parameter, value)
        self._simplified(node, name)
        if name == "new-object":
            self._new_object(node)

    def _parameters(self, node: Node) -> list[tuple[str, str]]:
        """(parameter, what follows it) in lower case."""
        elements = _child(node, "command_elements")
        children = elements.children if elements else []
        items = [c for c in children if c.type != "command_argument_sep"]
        following = [*items[1:], None] if items else []
        return [
            (_text(item).lower().rstrip(":"), _text(after).lower().strip("'\""))
            for item, after in zip(items, following, strict=True)
            if item.type == "command_parameter"
        ]

    def _parameter(self, node: Node, name: str, parameter: str, value: str) -> None:
        if parameter in ("-erroraction", "-ea") and value == "ignore":
            self.report(node, "error-action-ignore")
        # An abbreviation is as new as what it stands for; short ones may mean something older.
        for newer in PARAMETERS["*"] | PARAMETERS.get(name, frozenset()):
            if parameter == newer or (len(parameter) > 4 and newer.startswith(parameter)):
                self.report(node, "parameter", f"{name} {newer}")

    def _simplified(self, node: Node, name: str) -> None:
        if name not in ("where-object", "foreach-object", "where", "foreach", "?", "%"):
            return
        elements = _child(node, "command_elements")
        if elements is None or "{" not in _text(elements):
            self.report(node, "simplified-syntax")

    def _new_object(self, node: Node) -> None:
        for element in _walk(node):
            if element.type in ("generic_token", "verbatim_string_characters"):
                self._type(element, _text(element).strip("'\""))
                return

    def _on_assignment_expression(self, node: Node) -> None:
        if re.match(r"(?i)\$ErrorActionPreference\s*=\s*['\"]ignore", _text(node)):
            self.report(node, "error-action-ignore")


def lint(text: str, *, known: Collection[str] = (), allow: Collection[str] = ()) -> list[Finding]:
    """What PowerShell 2.0 would not take, in the order of lines.

    text: the script.
    known: names of functions that are defined elsewhere (in common.ps1).
    allow: rules that this script may break.
    """
    names = functions_of(text) | set(known)
    return [f for f in _Linter(text, names).run() if f.rule not in allow]


def main(arguments: list[str]) -> int:
    """Lint files; common.ps1 beside a file gives its functions to it."""
    worst = 0
    for argument in arguments:
        path = Path(argument)
        common = path.parent / "common.ps1"
        known = functions_of(common.read_text("ascii")) if common.exists() else set()
        for finding in lint(path.read_text("utf-8"), known=known):
            print(f"{path}:{finding}")
            worst = 1
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
