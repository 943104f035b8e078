# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names the failures of a connection plugin.

By exception class, HTTP status and WS-Man fault code, and by the English texts of the controller's
own libraries (pywinrm, requests, ansible-core); never by the host's texts, which are localised.
"""

from __future__ import annotations

import os
import re
import typing as t

from .watchdog import DeadlineExceeded
from .winrm import SHELL_QUOTA
from .wire import RemoteError

# Codes of wsmerror.h.
_QUOTAS = {
    SHELL_QUOTA: "more shells than MaxShellsPerUser allows are open",
    0x803381A6: "more operations than MaxConcurrentOperationsPerUser allows are running",
    0x803381A7: "the user's quota of requests is used up",
    0x803381A8: "the whole service's quota of requests is used up",
    0x803381AB: "more users than MaxConcurrentUsers allows have a shell open",
    0x80338026: "a message is larger than MaxEnvelopeSizekb",
    0x80338035: "a message is larger than MaxEnvelopeSizekb",
}
_QUOTA_SUBCODES = ("QuotaLimit", "EncodingLimit")
_ACCESS_DENIED = 5
_OPERATION_TIMEOUT = 0x80338029

_FAULT_CODE = re.compile(r"'wsmanfault_code': '?([0-9]+)")
_FAULT_SUBCODE = re.compile(r"'fault_subcode': '(?:\w+:)?(\w+)'")
_HTTP_CODE = re.compile(r"Code ([0-9]{3})\b")
_ERRNO = re.compile(r"(?:\[Errno |Error\()([0-9]+)")
_CREDENTIALS = re.compile(r"credentials were rejected|Kerberos auth failure", re.IGNORECASE)
_TIMED_OUT = re.compile(r"Read timed out|attempt timed out|Operation\s+timed\s+out", re.IGNORECASE)
_CONTROLLER = re.compile(
    r"is not installed|does not support transport|No transport found|library", re.IGNORECASE
)


def connection_failure(failure: BaseException, seconds: float) -> RemoteError:
    """The RemoteError that says what an exception of the connection means.

    :param failure: what was raised. Its cause comes first in the verdict: tidying up on a dead
        line often raises something less telling over it.
    :param seconds: the deadline of the attempt.
    """
    chain = _chain(failure)
    if any(isinstance(link, DeadlineExceeded) for link in chain):
        return _timeout(f"gave no answer within {seconds:g} seconds")
    named = [verdict for verdict in map(_named, chain) if verdict is not None]
    # Every fault comes with HTTP status 500, which pywinrm raises first: alone it says nothing.
    telling = [v for v in named if v.detail.get("http_status") != 500 or v.detail.get("code")]
    if named:
        return (telling or named)[0]
    return RemoteError(
        "unreachable",
        f"No connection to the host's WinRM service{_system_error(failure)}.",
        "Check the host's power, network and WinRM service, then run again.",
        {"exception": type(failure).__name__, "said": _first_line(failure)},
    )


def _chain(failure: BaseException) -> list[BaseException]:
    """The exception and what led to it, the origin first."""
    links: list[BaseException] = []
    link: BaseException | None = failure
    while link is not None and link not in links:
        links.append(link)
        link = link.__cause__ or link.__context__
    return links[::-1]


def _named(link: BaseException) -> RemoteError | None:
    """A verdict on one exception, or None where it does not say enough."""
    text = str(link)
    name = type(link).__name__
    code = _number(_FAULT_CODE, text)
    subcode = _FAULT_SUBCODE.search(text)
    http = _number(_HTTP_CODE, text)
    if code in _QUOTAS or http == 413 or (subcode and subcode[1] in _QUOTA_SUBCODES):
        return _quota(code)
    if code == _OPERATION_TIMEOUT or name == "WinRMOperationTimeoutError":
        return _timeout("did not finish a WinRM operation in time")
    if code == _ACCESS_DENIED:
        return _refused("The host knows the account but denies it access")
    if http == 401 or name in ("InvalidCredentialsError", "BasicAuthDisabledError"):
        return _refused("The host rejects the credentials")
    if _CREDENTIALS.search(text):
        return _refused("The host rejects the credentials")
    if code is not None or http is not None:
        return RemoteError(
            "unreachable",
            f"The host's WinRM service answers with {_fault_name(code, http)}.",
            "Look the code up in the host's WinRM event log.",
            {"code": code, "http_status": http},
        )
    if name == "ReadTimeout" or _TIMED_OUT.search(text):
        return _timeout("did not answer in time")
    if name == "AnsibleError" and _CONTROLLER.search(text):
        return RemoteError(
            "controller",
            f"The controller cannot use this connection: {_first_line(link)}.",
            "Install what is missing on the controller, or choose another transport.",
        )
    return None


def _quota(code: int | None) -> RemoteError:
    what = _QUOTAS.get(code or 0, "a message or a count is above a quota of the service")
    return RemoteError(
        "winrm_quota",
        f"WinRM refuses: {what}.",
        "Wait until other sessions have ended, or raise that quota in winrm/config.",
        {"code": code},
    )


def _refused(what: str) -> RemoteError:
    return RemoteError(
        "authentication_refused",
        f"{what}.",
        "Check ansible_user, ansible_password and ansible_winrm_transport (ntlm or kerberos),"
        " and that the account is an administrator there.",
    )


def _timeout(what: str) -> RemoteError:
    return RemoteError(
        "timeout",
        f"The host {what}.",
        "Look whether it hangs or is very busy, then run again.",
    )


def _system_error(failure: BaseException) -> str:
    """The controller's own error number in words, where the text carries one."""
    text = str(failure)
    match = _ERRNO.search(text)
    if match:
        return f" ({os.strerror(int(match[1]))})"
    return " any more (it was cut)" if "Connection aborted" in text else ""


def _fault_name(code: int | None, http: int | None) -> str:
    return f"fault 0x{code:08X}" if code is not None else f"HTTP status {http}"


def _number(pattern: re.Pattern[str], text: str) -> int | None:
    match = pattern.search(text)
    return int(match[1]) if match else None


def _first_line(failure: BaseException) -> str:
    """The beginning of an exception's text, as part of a sentence."""
    text = " ".join(str(failure).split()) or type(failure).__name__
    return "".join(c for c in text if c.isprintable())[:300].rstrip(".")


def is_passing(error: RemoteError) -> bool:
    """Whether the same question, asked again later, may well be answered.

    Not refused credentials: asking again locks the account.
    """
    passing: t.Final = {
        "unreachable",
        "timeout",
        "winrm_quota",
        "output_truncated",
        "output_foreign",
        "memory_quota",
    }
    return error.reason in passing
