# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes into a shipped PowerShell script's stdin, and what comes back on its stdout.

Nothing here touches a host. In: ASCII lines of base64 (the script, its parameters as XML, then the
pieces of a file). Out: base64 of JSON between two marks, the second of which carries the number of
JSON bytes, so that a cut or mixed-up output is told apart from a good one. Everything on the wire
is ASCII because a legacy host writes its console in an OEM code page.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO, cast

from .._core.kinds import CREDENTIALS
from .answers import AnswerError, fault, loads

BEGIN = "-----BEGIN LEGACYOPS RESULT-----"
# The line of stdin between two scripts of one PowerShell start: the first is complete.
SEPARATOR = b"-\r\n"
TOO_OLD = "LEGACYOPS-POWERSHELL-TOO-OLD"
TOO_OLD_RC = 91
_BOOT_FAILED = re.compile(r"LEGACYOPS-BOOT-FAILED ?([A-Za-z0-9+/=]*)")
# At most this many raw bytes of a file in a line: 40,000 characters per pipeline object.
PIECE_BYTES = 30_000

_END = re.compile(r"-----END LEGACYOPS RESULT ([0-9]+)-----")
# cmd.exe's answer to an unknown command is localised, but it always begins with the quoted name.
_NO_POWERSHELL = re.compile(r"^\s*['\"]?powershell(\.exe)?['\"]?\W", re.IGNORECASE)
# How PowerShell ends where WinRM's job object gives it no more memory: the runtime's own exception
# (before .NET 4.0, from 4.0 on), a DLL that cannot be loaded, no memory, the commitment limit.
_OUT_OF_MEMORY_RC = frozenset({0xE0434F4D, 0xE0434352, 0xC0000142, 0xC0000017, 0xC000012D})
# A type's name is never localised; the second is ERROR_COMMITMENT_LIMIT's text in English, the
# third what it and E_OUTOFMEMORY look like in PowerShell's own messages.
_OUT_OF_MEMORY = re.compile(
    r"OutOfMemoryException|paging\s+file\s+is\s+too\s+small|0x(?:800705AF|8007000E)\b",
    re.IGNORECASE,
)
_OUT_OF_MEMORY_CODES = frozenset({0x800705AF, 0x8007000E})
# What XML 1.0 cannot carry, not even escaped.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL as .NET's exceptions carry them.
_DISK_FULL = (0x80070027, 0x80070070)
# A script's kinds of refusal, and the reason an action reports for each.
_KINDS = {
    "script_error": "script_error",
    "refused": "refused",
    "hash_mismatch": "hash_mismatch",
    "not_found": "not_found",
    "node_unreachable": "node_unreachable",
    "access_denied": "access_denied",
    "deadline": "deadline",
}


class RemoteError(Exception):
    """Why a host could not be asked, or why it refused.

    reason: one word for programs, such as ``unreachable`` or ``hash_mismatch``.
    message: one sentence for people: what happened.
    remedy: one sentence for people: what to do about it.
    detail: facts for whoever looks closer; JSON types only.
    """

    def __init__(
        self, reason: str, message: str, remedy: str, detail: dict[str, Any] | None = None
    ) -> None:
        super().__init__(f"{message} {remedy}")
        self.reason = reason
        self.message = message
        self.remedy = remedy
        self.detail = detail or {}


def parameters_xml(parameters: Mapping[str, Any]) -> str:
    """Parameters as the XML that common.ps1 reads.

    XML because PowerShell 2.0 has no JSON reader; elements named by type, because its XML reader
    knows no types.

    Raises ValueError: a text holds a control character, which XML cannot carry.
    Raises TypeError: a value is neither text, integer, boolean, null, list nor mapping.
    """
    text = ET.tostring(_element(None, dict(parameters)), encoding="unicode")
    # An XML reader turns a bare carriage return into a line feed.
    return text.replace("\r", "&#13;")


def _element(name: str | None, value: Any) -> ET.Element:
    """One value as an element; ``name`` becomes attribute n (list members have none)."""
    attributes = {} if name is None else {"n": name}
    if value is None:
        return ET.Element("z", attributes)
    if isinstance(value, bool):  # before int: a bool is one
        return _text_element("b", attributes, "true" if value else "false")
    if isinstance(value, int):
        return _text_element("i", attributes, str(int(value)))
    if isinstance(value, str):
        if _NOT_XML.search(value):
            raise ValueError(f"parameter {name!r} holds a control character")
        return _text_element("s", attributes, value)
    if isinstance(value, Mapping):
        element = ET.Element("o", attributes)
        element.extend([_element(str(key), member) for key, member in value.items()])
        return element
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        element = ET.Element("l", attributes)
        element.extend([_element(None, member) for member in value])
        return element
    raise TypeError(f"parameter {name!r} is of type {type(value).__name__}")


def _text_element(tag: str, attributes: dict[str, str], text: str) -> ET.Element:
    element = ET.Element(tag, attributes)
    element.text = text
    return element


def payload(script: str, parameters: Mapping[str, Any], pieces: Iterable[bytes] = ()) -> bytes:
    """The whole stdin of one PowerShell start.

    script: the text of common.ps1 and of the script itself.
    pieces: raw bytes of a file, each at most PIECE_BYTES long.
    Raises ValueError: a piece is longer than that, or a parameter does not fit into XML.
    """
    stdin = io.BytesIO()  # getvalue() shares the buffer: a large file is not copied again
    for line in (script.encode(), parameters_xml(parameters).encode()):
        stdin.write(base64.b64encode(line) + b"\r\n")
    for piece in pieces:
        if len(piece) > PIECE_BYTES:
            raise ValueError(f"a piece of {len(piece)} bytes is longer than {PIECE_BYTES}")
        stdin.write(base64.b64encode(piece) + b"\r\n")
    return stdin.getvalue()


def file_pieces(stream: BinaryIO) -> Iterator[bytes]:
    """A binary stream in pieces that ``payload`` takes."""
    while piece := stream.read(PIECE_BYTES):
        yield piece


def decode(
    stdout: str, stderr: str, rc: int, script: str, secrets: Sequence[str] = ()
) -> dict[str, Any]:
    """The data of a script's answer.

    rc: the command's exit code.
    script: the name of the script that was asked.
    secrets: what must stand in no message; taken out before a text is cut or folded.
    Raises RemoteError: whatever is not a complete, good answer, by its own reason.
    """
    if BEGIN not in stdout:
        raise _no_answer(scrubbed(stdout, secrets), scrubbed(stderr, secrets), rc)
    answer = _answer(stdout)
    if answer.get("script") != script:
        raise RemoteError(
            "output_foreign",
            f"The answer came from script {_word(answer.get('script'))} instead of {script}.",
            "Run again; if it stays, another program writes into this host's WinRM sessions.",
        )
    if answer.get("ok") is not True:
        error = answer.get("error")
        raise _script_failure(script, scrubbed(error if isinstance(error, dict) else {}, secrets))
    data = answer.get("data") or {}
    wrong = fault(script, data)
    if wrong is not None:
        raise _malformed(wrong)
    return cast("dict[str, Any]", data)


def after_first(stdout: str) -> str:
    """What was printed after the first answer."""
    end = _END.search(stdout)
    return "" if end is None else stdout[end.end() :]


def _answer(stdout: str) -> dict[str, Any]:
    """The JSON object between the marks.

    Raises RemoteError: reason output_truncated when it is not complete.
    """
    body = stdout.split(BEGIN, 1)[1]
    end = _END.search(body)
    if end is None:
        raise _truncated("the closing mark is missing")
    try:
        raw = base64.b64decode("".join(body[: end.start()].split()), validate=True)
    except (binascii.Error, ValueError):
        raise _truncated("it is not whole base64") from None
    if len(raw) != int(end.group(1)):
        raise _truncated(f"{len(raw)} of {end.group(1)} bytes arrived")
    try:
        answer = loads(raw)
    except AnswerError as problem:
        raise _malformed(str(problem)) from None
    except ValueError:
        raise _truncated("it is not whole JSON") from None
    if not isinstance(answer, dict):
        raise _truncated("it is no JSON object")
    return answer


def _malformed(how: str) -> RemoteError:
    """What arrived whole and cannot be meant: asking again brings the same."""
    return RemoteError(
        "answer_malformed",
        f"The host's answer is not of its form: {how}.",
        "The host is left as it is. See whether something there alters what PowerShell says.",
    )


def _truncated(how: str) -> RemoteError:
    return RemoteError(
        "output_truncated",
        f"The host's answer arrived incomplete: {how}.",
        "Run again; if it stays, look at the host's WinRM event log and free memory.",
    )


def _no_answer(stdout: str, stderr: str, rc: int) -> RemoteError:
    """Why there is no mark at all in the output."""
    if TOO_OLD in stdout or rc == TOO_OLD_RC:
        return RemoteError(
            "powershell_too_old",
            "The host has PowerShell 1.0 only.",
            "Install Windows Management Framework 2.0 on it.",
        )
    if rc and not stdout.strip() and _NO_POWERSHELL.match(stderr):
        return RemoteError(
            "no_powershell",
            "The host has no PowerShell.",
            "Install Windows Management Framework 2.0 on it, or let an operator do its steps.",
        )
    if _is_out_of_memory(stdout, stderr, rc):
        return _out_of_memory({"rc": rc, "stdout": _excerpt(stdout), "stderr": _excerpt(stderr)})
    boot = _BOOT_FAILED.search(stdout)
    if boot:
        return _script_failure("boot", {"message": _boot_message(boot[1])})
    return RemoteError(
        "output_foreign",
        f"The host's output (exit code {rc}) is not the answer of a script of this collection.",
        "See stdout and stderr in the result's detail;"
        " check that ansible_connection is winrm and no profile or agent replaces PowerShell.",
        {"rc": rc, "stdout": _excerpt(stdout), "stderr": _excerpt(stderr)},
    )


def _is_out_of_memory(stdout: str, stderr: str, rc: int) -> bool:
    boot = _BOOT_FAILED.search(stdout)
    said = (stdout, stderr, _boot_message(boot[1]) if boot else "")
    return rc & 0xFFFFFFFF in _OUT_OF_MEMORY_RC or any(map(_OUT_OF_MEMORY.search, said))


def _out_of_memory(detail: dict[str, Any]) -> RemoteError:
    return RemoteError(
        "memory_quota",
        "PowerShell ran out of memory on the host: most likely WinRM's MaxMemoryPerShellMB"
        " (150 in WinRM 2.0) is too small.",
        'Raise it there: winrm set winrm/config/winrs @{MaxMemoryPerShellMB="1024"}. With WMF 3.0'
        " (Windows Server 2012 and 2008 R2) it is ignored until KB2842230 is installed.",
        detail,
    )


def _boot_message(text: str) -> str:
    """Why the script could not even be read out of stdin."""
    try:
        said = base64.b64decode(text, validate=True).decode("utf-8", "replace")
    except ValueError:
        said = ""
    return said or "stdin arrived incomplete"


def _word(value: Any) -> str | None:
    """A name that a host gives, such as an exception's type, where it looks like one."""
    if value is None:
        return None
    known = isinstance(value, str) and re.fullmatch(r"[\w.`+-]{1,120}", value, re.ASCII)
    return str(value) if known else "(a strange name)"


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def scrubbed(value: Any, secrets: Iterable[str]) -> Any:
    """The same value of JSON types, without any of the secrets in its texts."""
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, "********")
    elif isinstance(value, Mapping):
        value = {key: scrubbed(member, secrets) for key, member in value.items()}
    elif isinstance(value, list | tuple):
        value = [scrubbed(member, secrets) for member in value]
    return value


def _excerpt(text: str) -> str:
    """The beginning of foreign text, without anything that could act on a terminal."""
    return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text[:500])


def _script_failure(script: str, error: Mapping[str, Any]) -> RemoteError:
    """The error object of a script as an exception; its text is the host's, so it is quoted."""
    reason = _KINDS.get(str(error.get("kind")), "script_error")
    said = " ".join(_excerpt(str(error.get("message") or "no message")).split())
    detail: dict[str, Any] = {"script": script, "type": _word(error.get("type"))}
    detail |= {key: _number(error.get(key)) for key in ("line", "code")}
    if detail["code"] in _DISK_FULL:
        return RemoteError(
            "disk_full",
            f"A disk of the host is full: {said}",
            "Make room on it, then run again.",
            detail,
        )
    if error.get("code") in _OUT_OF_MEMORY_CODES or _OUT_OF_MEMORY.search(str(error.get("type"))):
        return _out_of_memory(detail)
    if reason == "script_error":
        line = detail["line"]
        where = f"{script}.ps1" if line is None else f"{script}.ps1, line {line}"
        return RemoteError(
            reason,
            f"The script failed on the host ({where}): {said}",
            "Look at the host before you run again.",
            detail,
        )
    remedies = {
        "refused": "Look at why, correct it, then run again.",
        "hash_mismatch": "Replace the file by the vendor's own, or correct the pinned SHA-256.",
        "not_found": "Check the path or name, and that this host can reach it.",
        "node_unreachable": "Check the node's power and network; a person may look at its screen.",
        "access_denied": f"Check the node's entry in {CREDENTIALS} (NODE\\user).",
        "deadline": "What was begun may go on; run again, and the node's state will tell.",
    }
    return RemoteError(reason, f"The host refused: {said}", remedies[reason], detail)
