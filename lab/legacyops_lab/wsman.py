"""WS-Management messages: what a request says, how an answer and a fault look.

Only text-based command shells (WinRS) are spoken: [MS-WSMV] 3.1.4. No state is
kept here; see `shells.py` for the shells and `service.py` for the operations.
"""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

SOAP = "http://www.w3.org/2003/05/soap-envelope"
ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
WSMAN = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
FAULT = "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"
ANONYMOUS = f"{ADDRESSING}/role/anonymous"
CMD_SHELL = f"{SHELL}/cmd"

CREATE = f"{TRANSFER}/Create"
DELETE = f"{TRANSFER}/Delete"
COMMAND = f"{SHELL}/Command"
SEND = f"{SHELL}/Send"
RECEIVE = f"{SHELL}/Receive"
SIGNAL = f"{SHELL}/Signal"

_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$")
_ENVELOPE = (
    f'<s:Envelope xml:lang="en-US" xmlns:s="{SOAP}" xmlns:a="{ADDRESSING}"'
    f' xmlns:x="{TRANSFER}" xmlns:w="{WSMAN}" xmlns:rsp="{SHELL}"'
    ' xmlns:p="http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd">'
)


class FaultError(Exception):
    """A SOAP fault: `subcode` such as `w:TimedOut`, `code` the WSManFault code."""

    def __init__(self, subcode: str, code: int, message: str, *, sender: bool = True) -> None:
        super().__init__(message)
        self.subcode = subcode
        self.code = code
        self.message = message
        self.role = "s:Sender" if sender else "s:Receiver"


def timed_out() -> FaultError:
    """Return the fault for an operation without a result in its OperationTimeout."""
    text = (
        "The WS-Management service cannot complete the operation within the time specified"
        " in OperationTimeout.  "
    )
    return FaultError("w:TimedOut", 2150858793, text, sender=False)


def shell_not_found(shell_id: str) -> FaultError:
    """Return the fault for a shell that does not exist or exists no longer."""
    text = (
        f"The request for the Windows Remote Shell with ShellId {shell_id} failed because the"
        " shell was not found on the server. Possible causes are: the specified ShellId is"
        " incorrect or the shell no longer exists on the server. Provide the correct ShellId"
        " or create a new shell and retry the operation. "
    )
    return FaultError("w:InvalidSelectors", 2150858843, text)


def command_not_found() -> FaultError:
    """Return the fault for a CommandId that the shell does not know."""
    return FaultError("w:InvalidSelectors", 87, "The parameter is incorrect. ")


def operation_aborted() -> FaultError:
    """Return the fault of a Receive whose command was terminated meanwhile."""
    text = (
        "The I/O operation has been aborted because of either a thread exit or an"
        " application request. "
    )
    return FaultError("w:InternalError", 995, text, sender=False)


def too_many_shells(limit: int) -> FaultError:
    """Return the fault for a shell above MaxShellsPerUser."""
    text = (
        "The WS-Management service cannot process the request. This user is allowed a maximum"
        f" number of {limit} concurrent shells, which has been exceeded. Close existing shells"
        " or raise the quota for this user. "
    )
    return FaultError("w:QuotaLimit", 2150859173, text)


def too_many_operations(limit: int) -> FaultError:
    """Return the fault for a command above MaxConcurrentOperationsPerUser."""
    text = (
        "The WS-Management service cannot process the request. This user is allowed a maximum"
        f" number of {limit} concurrent operations, which has been exceeded. Close existing"
        " operations for this user, or raise the quota for this user. "
    )
    return FaultError("w:QuotaLimit", 2150859174, text)


def too_many_processes() -> FaultError:
    """Return the fault for a process above MaxProcessesPerShell."""
    text = (
        "The WS-Management service cannot process the request. The maximum number of processes"
        " per shell has been exceeded. Retry later or raise the quota. "
    )
    return FaultError("w:QuotaLimit", 2150858815, text)


def invalid_message(reason: str) -> FaultError:
    """Return the fault for a request that is no WS-Management message."""
    return FaultError("w:SchemaValidationError", 2150858817, reason)


def unsupported_action(action: str) -> FaultError:
    """Return the fault for an action that a command shell does not have."""
    text = (
        "The WS-Management service cannot process the request because it contains the action"
        f" {action}, which the resource does not support. "
    )
    return FaultError("a:ActionNotSupported", 2150858753, text)


def unknown_resource(uri: str) -> FaultError:
    """Return the fault for a resource URI without a provider on this host."""
    text = (
        "The WS-Management service cannot process the request. The service cannot find the"
        f" resource identified by the resource URI and selectors: {uri} "
    )
    return FaultError("a:DestinationUnreachable", 2150858752, text)


@dataclass(slots=True)
class Request:
    """One request's header fields and its Body element."""

    action: str
    message_id: str
    resource_uri: str
    shell_id: str
    timeout: float | None
    max_envelope: int | None
    body: ElementTree.Element
    options: dict[str, str] = field(default_factory=dict)


def parse(envelope: bytes) -> Request:
    """Parse a SOAP envelope; raise FaultError when it is not a usable request."""
    if b"<!DOCTYPE" in envelope[:2048]:
        raise invalid_message("A document type declaration is not allowed.")
    try:
        root = ElementTree.fromstring(envelope)
    except ElementTree.ParseError as error:
        raise invalid_message(f"The request is not well-formed XML: {error}") from error
    header, body = root.find(f"{{{SOAP}}}Header"), root.find(f"{{{SOAP}}}Body")
    if header is None or body is None:
        raise invalid_message("The request has no SOAP header or no SOAP body.")
    request = Request("", "", "", "", None, None, body)
    for element in header:
        _take_header(request, element)
    if not request.action or not request.message_id:
        raise FaultError(
            "a:MessageInformationHeaderRequired",
            2150858814,
            "A required message information header, Action or MessageID, is missing.",
        )
    return request


def _take_header(request: Request, element: ElementTree.Element) -> None:
    text = (element.text or "").strip()
    match element.tag.rpartition("}")[2]:
        case "Action":
            request.action = text
        case "MessageID":
            request.message_id = text
        case "ResourceURI":
            request.resource_uri = text
        case "OperationTimeout":
            request.timeout = seconds(text)
        case "MaxEnvelopeSize":
            request.max_envelope = int(text) if text.isdigit() else None
        case "SelectorSet":
            for selector in element:
                if selector.get("Name") == "ShellId":
                    request.shell_id = (selector.text or "").strip().upper()
        case "OptionSet":
            for option in element:
                request.options[option.get("Name", "").upper()] = (option.text or "").strip()


def seconds(duration: str) -> float:
    """Return the seconds of an xs:duration such as PT20S; raise FaultError if it is none."""
    match = _DURATION.match(duration)
    if match is None or duration in ("P", "PT"):
        raise invalid_message(f"{duration!r} is not a duration.")
    days, hours, minutes, rest = (float(part or 0) for part in match.groups())
    return days * 86400 + hours * 3600 + minutes * 60 + rest


def command_line(request: Request) -> str:
    """Return the command line of a Command request: the command and its arguments."""
    line = request.body.find(f"{{{SHELL}}}CommandLine")
    if line is None:
        raise invalid_message("The Command message has no CommandLine.")
    parts = [
        part.text or ""
        for part in line
        if part.tag in (f"{{{SHELL}}}Command", f"{{{SHELL}}}Arguments")
    ]
    return " ".join(part for part in parts if part)


@dataclass(slots=True)
class Input:
    """What a Send brings: bytes for stdin, and whether they are the last."""

    command_id: str
    data: bytes
    end: bool


def sent_input(request: Request) -> list[Input]:
    """Return the pieces of stdin in a Send request, in order."""
    pieces = []
    for stream in request.body.iterfind(f"{{{SHELL}}}Send/{{{SHELL}}}Stream"):
        try:
            data = base64.b64decode(stream.text or "")
        except binascii.Error as error:
            raise invalid_message(f"The stream is not base64: {error}") from error
        end = stream.get("End", "false").lower() in ("true", "1")
        pieces.append(Input(stream.get("CommandId", "").upper(), data, end))
    if not pieces:
        raise invalid_message("The Send message has no Stream.")
    return pieces


def received_command(request: Request) -> str:
    """Return the CommandId whose output a Receive request wants."""
    desired = request.body.find(f"{{{SHELL}}}Receive/{{{SHELL}}}DesiredStream")
    return "" if desired is None else desired.get("CommandId", "").upper()


def signal(request: Request) -> tuple[str, str]:
    """Return CommandId and the code's last word (terminate, ctrl_c …) of a Signal request."""
    element = request.body.find(f"{{{SHELL}}}Signal")
    if element is None:
        raise invalid_message("The Signal message has no Signal element.")
    code = (element.findtext(f"{{{SHELL}}}Code") or "").strip()
    return element.get("CommandId", "").upper(), code.rpartition("/")[2].lower()


def idle_timeout(request: Request) -> float | None:
    """Return the IdleTimeOut in seconds that a Create request asks for, if any."""
    for name in ("IdleTimeOut", "IdleTimeout"):
        text = request.body.findtext(f"{{{SHELL}}}Shell/{{{SHELL}}}{name}")
        if text:
            return seconds(text.strip())
    return None


def answer(request: Request, body: str = "", *, action: str | None = None) -> bytes:
    """Return the answer's envelope around `body`, which is XML text."""
    return _envelope(action or f"{request.action}Response", request.message_id, body)


def _envelope(action: str, relates_to: str, body: str) -> bytes:
    related = f"<a:RelatesTo>{escape(relates_to)}</a:RelatesTo>" if relates_to else ""
    return (
        f"{_ENVELOPE}<s:Header><a:Action>{escape(action)}</a:Action>"
        f"<a:MessageID>uuid:{new_id()}</a:MessageID><a:To>{ANONYMOUS}</a:To>{related}"
        f"</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def created(address: str, shell_id: str) -> str:
    """Return the body that answers a Create."""
    return (
        f"<x:ResourceCreated><a:Address>{escape(address)}</a:Address><a:ReferenceParameters>"
        f'<w:ResourceURI>{CMD_SHELL}</w:ResourceURI><w:SelectorSet><w:Selector Name="ShellId">'
        f"{shell_id}</w:Selector></w:SelectorSet></a:ReferenceParameters></x:ResourceCreated>"
    )


def started(command_id: str) -> str:
    """Return the body that answers a Command."""
    return f"<rsp:CommandResponse><rsp:CommandId>{command_id}</rsp:CommandId></rsp:CommandResponse>"


def output(command_id: str, pieces: Iterable[tuple[str, bytes]], exit_code: int | None) -> str:
    """Return the body that answers a Receive.

    `pieces` are (stream name, bytes); `exit_code` is None while the command runs.
    """
    parts = ["<rsp:ReceiveResponse>"]
    for name, data in pieces:
        text = base64.b64encode(data).decode("ascii")
        parts.append(f'<rsp:Stream Name="{name}" CommandId="{command_id}">{text}</rsp:Stream>')
    state = "Running" if exit_code is None else "Done"
    if exit_code is not None:
        for name in ("stdout", "stderr"):
            parts.append(f'<rsp:Stream Name="{name}" CommandId="{command_id}" End="true"/>')
    parts.append(f'<rsp:CommandState CommandId="{command_id}" State="{SHELL}/CommandState/{state}"')
    parts.append("/>" if exit_code is None else f"><rsp:ExitCode>{exit_code}</rsp:ExitCode>")
    parts.append("" if exit_code is None else "</rsp:CommandState>")
    parts.append("</rsp:ReceiveResponse>")
    return "".join(parts)


def fault(problem: FaultError, relates_to: str, machine: str) -> bytes:
    """Return the envelope of a fault; HTTP status 500 goes with it."""
    text = escape(problem.message)
    detail = (
        f'<f:WSManFault xmlns:f="{FAULT}" Code="{problem.code}" Machine={quoteattr(machine)}>'
        f"<f:Message>{text}</f:Message></f:WSManFault>"
    )
    body = (
        f"<s:Fault><s:Code><s:Value>{problem.role}</s:Value><s:Subcode><s:Value>"
        f"{problem.subcode}</s:Value></s:Subcode></s:Code><s:Reason>"
        f'<s:Text xml:lang="en-US">{text}</s:Text></s:Reason>'
        f"<s:Detail>{detail}</s:Detail></s:Fault>"
    )
    family = ADDRESSING if problem.subcode.startswith("a:") else WSMAN.removesuffix(".xsd")
    return _envelope(f"{family}/fault", relates_to, body)


def new_id() -> str:
    """Return a new upper-case GUID, as Windows writes them."""
    return str(uuid.uuid4()).upper()
